package cli

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier/internal/client"
)

var eventColumns = []column{
	{head: "TIME"}, {head: "TARGET"}, {head: "WHAT"}, {head: "STATE"}, {head: "WHO"}, {head: "REASON"}, {head: "MESSAGE"}, {head: "SEQ", wide: true},
}

func eventRow(e *client.Event) row {
	when := e.At
	if t, err := parseTime(e.At); err == nil {
		when = t.UTC().Format("2006-01-02 15:04:05.000Z")
	}
	return row{fmt.Sprint(e.Seq), []string{when, eventTarget(e.Target), e.Verb, e.State, e.Actor, e.Reason, e.Message, fmt.Sprint(e.Seq)}, e.Raw}
}

// eventTarget leaves out the workspace, which is the same for all.
func eventTarget(id string) string {
	for _, kind := range []string{"/computes/", "/jobs/", "/codes/", "/environments/", "/data/", "/operations/"} {
		if i := strings.Index(strings.ToLower(id), kind); i >= 0 {
			return strings.Trim(id[i:], "/")
		}
	}
	return id
}

func (a *App) eventsCommand() *cobra.Command {
	var watch bool
	var target string
	var since time.Duration
	var q client.EventQuery
	cmd := &cobra.Command{
		Use: "events", Short: "Show what happened", Args: a.exactly(), ValidArgsFunction: nothing,
		Example: "  atelier events --since 1h\n  atelier events -w --target compute/gpu\n  atelier events --actor kim --verb deleted --before 4200",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			if watch && q.Before > 0 {
				return usage(a.say("events.before"))
			}
			q.Target = targetPath(target)
			err = a.events(cmd.Context(), c, q, since, watch)
			if watch && interrupted(cmd.Context()) {
				return quiet(exitInterrupted)
			}
			return a.fail(err, "cannot.events")
		},
	}
	fl := cmd.Flags()
	fl.BoolVarP(&watch, "watch", "w", false, "go on, and print events as they happen")
	fl.StringVar(&target, "target", "", "only of this: compute/NAME or job/NAME, and what is below it")
	fl.DurationVar(&since, "since", 0, "only of the last, for example 1h; with -w, those first")
	fl.Int64Var(&q.After, "after", 0, "only after the event of this number")
	fl.Int64Var(&q.Before, "before", 0, "the last ones before the event of this number")
	fl.StringVar(&q.Actor, "actor", "", "only what they did: a principal, or the part of Atelier that decided")
	fl.StringVar(&q.Reason, "reason", "", "only with this reason, for example PriorityChanged")
	fl.StringVar(&q.Verb, "verb", "", "only created, updated or deleted")
	_ = cmd.RegisterFlagCompletionFunc("verb", fixed("created", "updated", "deleted"))
	return cmd
}

// targetPath turns compute/NAME into computes/NAME, as the API calls it.
func targetPath(s string) string {
	kind, name, ok := strings.Cut(s, "/")
	if !ok {
		return s
	}
	switch kind {
	case "compute", "job":
		kind += "s"
	}
	return kind + "/" + name
}

func (a *App) events(ctx context.Context, c *client.Client, q client.EventQuery, since time.Duration, watch bool) error {
	recent := func(e *client.Event) bool {
		at, err := parseTime(e.At)
		return since <= 0 || err != nil || a.Now().Sub(at) <= since
	}
	if !watch {
		l := listing{columns: eventColumns, empty: a.say("events.none")}
		for e, err := range c.Events(ctx, q) {
			if err != nil {
				return err
			}
			if recent(e) {
				l.rows = append(l.rows, eventRow(e))
			}
		}
		return a.list(l)
	}
	return a.streamEvents(ctx, c, q, since > 0, recent)
}

// streamEvents prints events one by one. Its columns have fixed widths, because what
// is to come is not known.
func (a *App) streamEvents(ctx context.Context, c *client.Client, q client.EventQuery, past bool, recent func(*client.Event) bool) error {
	if a.output != "table" && a.output != "wide" {
		a.output = "jsonl"
	}
	t := a.table(eventColumns)
	for i, w := range []int{24, 28, 8, 10, 10, 16, 0, 0}[:len(t.widths)] {
		t.widths[i] = max(t.widths[i], w)
	}
	heads := true
	show := func(list iter.Seq2[*client.Event, error]) error {
		for e, err := range list {
			if err != nil {
				return err
			}
			if q.After = e.Seq; !recent(e) {
				continue
			}
			if a.output == "jsonl" {
				err = a.jsonLine(e.Raw)
			} else {
				t.add(eventRow(e).cells)
				err = t.print(a.Stdout, heads)
				heads = false
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	if past {
		if err := show(c.Events(ctx, q)); err != nil {
			return err
		}
	}
	return show(c.FollowEvents(ctx, q))
}
