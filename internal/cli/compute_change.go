package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/client"
)

func (a *App) computeUpdate() *cobra.Command {
	var f clusterFlags
	cmd := &cobra.Command{
		Use: "update NAME", Short: "Change a cluster's scale, idle time, tags or description", Args: a.exactly("NAME"), ValidArgsFunction: a.names(false, computeNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.fail(a.update(cmd, &f, args[0]), "cannot.update", args[0])
		},
	}
	fl := cmd.Flags()
	fl.IntVar(&f.min, "min", 0, "nodes that are always there")
	fl.IntVar(&f.max, "max", 0, "most nodes")
	fl.DurationVar(&f.idle, "idle", 0, "how long a node may be idle before it goes")
	fl.StringArrayVar(&f.tags, "tag", nil, "tag to set, as key=value; key= removes it; may be repeated")
	fl.StringVar(&f.description, "description", "", "description")
	fl.StringVarP(&f.file, "file", "f", "", "YAML of Azure ML's amlCompute schema, or - for standard input")
	fl.BoolVar(&f.noWait, "no-wait", false, "do not wait")
	fl.DurationVar(&f.timeout, "timeout", 0, "longest wait (default: none)")
	return cmd
}

// update reads the compute, changes what was asked for and writes it back, so that
// what the command does not name stays.
func (a *App) update(cmd *cobra.Command, f *clusterFlags, name string) error {
	given := cmd.Flags().Changed
	if !slices.ContainsFunc([]string{"min", "max", "idle", "tag", "description", "file"}, given) {
		return usage(a.say("compute.nothing"))
	}
	ctx := cmd.Context()
	c, err := a.connect()
	if err != nil {
		return err
	}
	old, err := c.Compute(ctx, name)
	if err != nil {
		return a.notFound(ctx, err, name, computeNames)
	}
	patch, err := a.changes(given, f, old)
	if err != nil {
		return err
	}
	var v *client.Compute
	if given("description") || len(patch.rest) > 0 {
		v, _, err = c.PutCompute(ctx, name, patch.over(old.Raw))
	} else {
		v, _, err = c.PatchCompute(ctx, name, patch.body())
	}
	if err != nil {
		return err
	}
	if !f.noWait {
		if v, err = a.waitProvisioned(ctx, c, name, f.timeout); err != nil {
			return err
		}
	}
	fmt.Fprintln(a.Stderr, a.say("compute.updated", name))
	return a.created(v)
}

// computePatch is what may change of a cluster, all of it as it shall be.
type computePatch struct {
	scale       client.ScaleSettings
	tags        map[string]string
	description string
	rest        []func(whole, properties, inner map[string]any) // what else the file asks for, which only a PUT can say
}

// body is the patch for PATCH, which cannot change the description.
func (p *computePatch) body() any {
	return map[string]any{"tags": p.tags, "properties": map[string]any{"properties": map[string]any{"scaleSettings": p.scale}}}
}

// changes is what the file and the flags change.
func (a *App) changes(given func(string) bool, f *clusterFlags, old *client.Compute) (*computePatch, error) {
	scale, tags, description := *cluster(old).ScaleSettings, old.Tags, old.Properties.Description
	var rest []func(whole, properties, inner map[string]any)
	if f.file != "" {
		name, src, err := a.readFile(f.file)
		if err != nil {
			return nil, err
		}
		spec, err := readCluster(name, src)
		if err != nil {
			return nil, err
		}
		if spec.HasMin {
			scale.MinNodeCount = spec.Min
		}
		if spec.HasMax {
			scale.MaxNodeCount = spec.Max
		}
		if spec.HasIdle {
			scale.NodeIdleTimeBeforeScaleDown = atelier.FormatDuration(spec.Idle)
		}
		if spec.Tags != nil {
			tags = spec.Tags
		}
		if spec.Description != "" {
			description = spec.Description
		}
		rest = otherWishes(spec)
	}
	if given("min") {
		scale.MinNodeCount = f.min
	}
	if given("max") {
		scale.MaxNodeCount = f.max
	}
	if given("idle") {
		scale.NodeIdleTimeBeforeScaleDown = atelier.FormatDuration(f.idle)
	}
	set, err := pairs("--tag", f.tags)
	if err != nil {
		return nil, err
	}
	merged := map[string]string{}
	for _, from := range []map[string]string{tags, set} {
		for k, v := range from {
			merged[k] = v
		}
	}
	for k, v := range set {
		if v == "" {
			delete(merged, k)
		}
	}
	if given("description") {
		description = f.description
	}
	return &computePatch{scale, merged, description, rest}, nil
}

// otherWishes is what a file asks for beyond scale and tags. Most of it cannot change
// after creation: the server says so where it differs from what is.
func otherWishes(spec *clusterFile) []func(whole, properties, inner map[string]any) {
	body := wireCluster(spec)
	asked := body.Properties.Properties
	var list []func(whole, properties, inner map[string]any)
	wish := func(asks bool, set func(whole, properties, inner map[string]any)) {
		if asks {
			list = append(list, set)
		}
	}
	wish(spec.Location != "", func(whole, p, _ map[string]any) {
		whole["location"], p["computeLocation"] = spec.Location, spec.Location
	})
	wish(spec.Description != "", func(_, _, _ map[string]any) {}) // it is in the patch; only a PUT takes it
	wish(spec.Size != "", func(_, _, in map[string]any) { in["vmSize"] = spec.Size })
	wish(spec.Priority != "", func(_, _, in map[string]any) { in["vmPriority"] = spec.Priority })
	wish(spec.PublicSSH != "NotSpecified", func(_, _, in map[string]any) { in["remoteLoginPortPublicAccess"] = spec.PublicSSH })
	wish(spec.NoPublicIP, func(_, _, in map[string]any) { in["enableNodePublicIp"] = false })
	wish(asked.Subnet != nil, func(_, _, in map[string]any) { in["subnet"] = asked.Subnet })
	wish(asked.UserAccountCredentials != nil, func(_, _, in map[string]any) { in["userAccountCredentials"] = asked.UserAccountCredentials })
	wish(spec.Identity != "", func(whole, _, _ map[string]any) { whole["identity"] = body.Identity })
	return list
}

// over is the whole object with the changes in it, for a PUT. What this client does
// not know of the object stays in it.
func (p *computePatch) over(raw json.RawMessage) any {
	var whole map[string]any
	if json.Unmarshal(raw, &whole) != nil {
		return p.body()
	}
	properties, _ := whole["properties"].(map[string]any)
	inner, _ := properties["properties"].(map[string]any)
	if inner == nil {
		return p.body()
	}
	whole["tags"], properties["description"], inner["scaleSettings"] = p.tags, p.description, p.scale
	for _, set := range p.rest {
		set(whole, properties, inner)
	}
	return whole
}

func (a *App) computeDelete() *cobra.Command {
	var yes, noWait, missing bool
	var limit time.Duration
	cmd := &cobra.Command{
		Use: "delete NAME…", Aliases: []string{"rm"}, Short: "Delete computes and their nodes", Args: a.atLeastOne("NAME"), ValidArgsFunction: a.names(true, computeNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			ctx, cancel := deadline(cmd.Context(), limit)
			defer cancel()
			args = existing(args, missing, func(name string) error { _, err := c.Compute(ctx, name); return err })
			if len(args) == 0 {
				return nil
			}
			for _, name := range args {
				if _, err := c.Compute(ctx, name); err != nil {
					return a.fail(a.notFound(ctx, err, name, computeNames), "cannot.delete", name)
				}
			}
			if ok, err := a.confirm("compute.delete.ask", args, yes); !ok || err != nil {
				return err
			}
			for _, name := range args {
				if err := a.deleteOne(ctx, c, name, noWait); err != nil {
					return a.fail(a.overdue(err, limit), "cannot.delete", name)
				}
			}
			return nil
		},
	}
	fl := cmd.Flags()
	fl.BoolVarP(&yes, "yes", "y", false, "do not ask")
	fl.BoolVar(&missing, "if-exists", false, "it is fine if there is none")
	fl.BoolVar(&noWait, "no-wait", false, "do not wait until it is gone")
	fl.DurationVar(&limit, "timeout", 0, "longest wait (default: none)")
	return cmd
}

// existing drops the names that are not there, if that is fine.
func existing(names []string, fine bool, look func(string) error) []string {
	if !fine {
		return names
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return client.IsStatus(look(name), 404) })
}

func (a *App) deleteOne(ctx context.Context, c *client.Client, name string, noWait bool) error {
	if _, err := c.DeleteCompute(ctx, name); err != nil {
		return err
	}
	if noWait {
		fmt.Fprintln(a.Stderr, a.say("compute.deleting", name))
		return nil
	}
	err := a.look(ctx, func() (bool, error) {
		_, err := c.Compute(ctx, name)
		if client.IsStatus(err, 404) {
			return true, nil
		}
		return false, err
	})
	if err == nil {
		fmt.Fprintln(a.Stderr, a.say("compute.deleted", name))
	}
	return err
}

// confirm asks on a terminal. Where nobody can be asked, -y must have been given.
func (a *App) confirm(key string, names []string, yes bool) (bool, error) {
	if yes {
		return true, nil
	}
	all := strings.Join(names, ", ")
	if !a.inTTY {
		return false, usage(a.say("usage.yes", all))
	}
	fmt.Fprint(a.Stderr, a.say(key, plain(all)))
	line, _ := bufio.NewReader(a.Stdin).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes", "예", "네":
		return true, nil
	}
	fmt.Fprintln(a.Stderr, a.say("compute.kept"))
	return false, nil
}
