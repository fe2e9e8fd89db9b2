package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/client"
)

// Looking again: at once, then less and less often.
const (
	lookFirst  = 25 * time.Millisecond
	lookMost   = time.Second
	watchEvery = 2 * time.Second
)

// deadline bounds ctx by --timeout; 0 is no bound.
func deadline(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, d)
}

// look calls f until it says done, an error comes or ctx ends.
func (a *App) look(ctx context.Context, f func() (done bool, err error)) error {
	for wait := lookFirst; ; wait = min(wait*3/2, lookMost) {
		done, err := f()
		if done || err != nil {
			return err
		}
		if err := a.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// overdue turns the end of --timeout into an error that says so.
func (a *App) overdue(err error, limit time.Duration) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return atelier.Errorf(atelier.Transient, "Timeout", "%s", a.say("timeout", short(limit)))
	}
	return err
}

// waitProvisioned waits until the compute is what was asked for, and prints each
// stage on stderr.
func (a *App) waitProvisioned(ctx context.Context, c *client.Client, name string, limit time.Duration) (*client.Compute, error) {
	bounded, cancel := deadline(ctx, limit)
	defer cancel()
	start, last := a.Now(), ""
	var v *client.Compute
	err := a.look(bounded, func() (bool, error) {
		var err error
		if v, err = c.Compute(bounded, name); err != nil {
			if client.IsStatus(err, 404) {
				err = atelier.Errorf(atelier.NotFound, "ComputeNotFound", "%s", a.say("compute.gone"))
			}
			return false, err
		}
		stage := v.Properties.ProvisioningState
		if len(v.Properties.Reasons) > 0 && stage != "Succeeded" {
			stage += " (" + a.reasonText(v.Properties.Reasons[0]) + ")"
		}
		if stage != last && stage != "Succeeded" && stage != "Failed" {
			fmt.Fprintln(a.Stderr, a.say("compute.stage", plain(name), plain(stage), short(a.Now().Sub(start))))
		}
		last = stage
		switch v.Properties.ProvisioningState {
		case "Succeeded":
			return true, nil
		case "Failed", "Canceled":
			return false, a.provisioning(v)
		}
		return false, nil
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = a.overdue(err, limit)
		if v != nil {
			for _, r := range v.Properties.Reasons {
				err = try(err, a.reasonText(r))
			}
		}
		return v, a.fail(err, "cannot.wait", name)
	}
	return v, err
}

func (a *App) provisioning(v *client.Compute) error {
	p := v.Properties
	errs := p.ProvisioningErrors
	if s := cluster(v); len(errs) == 0 {
		errs = s.Errors
	}
	if len(errs) > 0 {
		return atelier.Errorf(atelier.Transient, errs[0].Code, "%s", errs[0].Message)
	}
	return atelier.Errorf(atelier.Transient, "ProvisioningFailed", "%s", a.say("compute.provision", p.ProvisioningState))
}

// watchList prints a listing; with watch it goes on and prints the rows that change,
// each as a line of the same table, or as a line of JSON.
func (a *App) watchList(ctx context.Context, watch bool, load func(context.Context) (listing, error)) error {
	l, err := load(ctx)
	if err != nil {
		return err
	}
	if !watch {
		return a.list(l)
	}
	if a.output != "table" && a.output != "wide" {
		a.output = "jsonl"
	}
	seen := map[string][]string{}
	t := a.table(l.columns)
	for heads := true; ; heads = false {
		changed := listing{columns: l.columns}
		for _, r := range l.rows {
			if !slices.Equal(seen[r.name], r.cells) {
				changed.rows = append(changed.rows, r)
				t.add(r.cells)
			}
			seen[r.name] = r.cells
		}
		if a.output == "jsonl" {
			err = a.list(changed)
		} else {
			err = t.print(a.Stdout, heads)
		}
		if err != nil {
			return err
		}
		if err := a.Sleep(ctx, watchEvery); err != nil {
			return err
		}
		if l, err = load(ctx); err != nil {
			return err
		}
	}
}
