package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/client"
)

func (a *App) computeCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "compute", Short: "Clusters and instances: create, list, show, update, start, stop, delete"}
	return a.verbs(cmd, a.computeList(),
		a.computeCreate(), a.computeApply(), a.computeShow(), a.computeUpdate(), a.computeDelete(), a.computeDetach(),
		a.computePower("start", "Start instances", "cannot.start", "compute.start"),
		a.computePower("stop", "Stop instances; their home is kept", "cannot.stop", "compute.stop"),
		a.computePower("restart", "Give instances a new machine", "cannot.restart", "compute.restart"),
		a.computeNodes(), a.computeNode(), a.computeSeries(), a.computeTestConnection(), a.computeSizes(), a.computeUsage())
}

var computeColumns = []column{
	{head: "NAME"},
	{head: "TYPE"},
	{head: "STATE"},
	{head: "NODES"},
	{head: "BUSY"},
	{head: "MIN"},
	{head: "MAX"},
	{head: "SIZE"},
	{head: "WAITS FOR"},
	{head: "ALLOCATION", wide: true},
	{head: "TARGET", wide: true},
	{head: "PRIORITY", wide: true},
	{head: "IDLE AFTER", wide: true},
	{head: "LOCATION", wide: true},
	{head: "CREATED", wide: true},
}

func computeRow(c *client.Compute) row {
	p := c.Properties
	s := cluster(c)
	location := p.ComputeLocation
	if location == "" {
		location = c.Location
	}
	busy, reason := "", ""
	if s.NodeStateCounts != nil {
		busy = fmt.Sprint(s.NodeStateCounts.Running)
	}
	if len(p.Reasons) > 0 {
		reason = p.Reasons[0].Code
	}
	least, most := "", ""
	if p.ComputeType == atelier.KindCluster {
		least, most = fmt.Sprint(s.ScaleSettings.MinNodeCount), fmt.Sprint(s.ScaleSettings.MaxNodeCount)
	}
	return row{name: c.Name, raw: c.Raw, cells: []string{
		c.Name, p.ComputeType, state(c), number(s.CurrentNodeCount), busy, least, most, s.VMSize, reason,
		s.AllocationState, number(s.TargetNodeCount), s.VMPriority, shortISO(s.ScaleSettings.NodeIdleTimeBeforeScaleDown), location, p.CreatedOn,
	}}
}

// state is an instance's own state while nothing is wrong with its provisioning, or
// the provisioning state.
func state(c *client.Compute) string {
	if p := c.Properties; p.ProvisioningState == "Succeeded" && p.Properties != nil && p.Properties.State != "" {
		return p.Properties.State
	}
	return c.Properties.ProvisioningState
}

// cluster returns the part of a cluster, never nil, with scale settings.
func cluster(c *client.Compute) client.Cluster {
	s := client.Cluster{}
	if c.Properties.Properties != nil {
		s = *c.Properties.Properties
	}
	if s.ScaleSettings == nil {
		s.ScaleSettings = &client.ScaleSettings{}
	}
	return s
}

func number(n *int) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

func (a *App) computeList() *cobra.Command {
	watch := false
	cmd := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List computes", Args: a.exactly(), ValidArgsFunction: nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			return a.fail(a.watchList(cmd.Context(), watch, func(ctx context.Context) (listing, error) {
				l := listing{columns: computeColumns, empty: a.say("compute.none")}
				for v, err := range c.Computes(ctx) {
					if err != nil {
						return l, err
					}
					l.rows = append(l.rows, computeRow(v))
				}
				return l, nil
			}), "cannot.list", "computes")
		},
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "go on, and print what changes")
	return cmd
}

func (a *App) computeShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Aliases: []string{"get"}, Short: "Show one compute", Args: a.exactly("NAME"), ValidArgsFunction: a.names(false, computeNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			v, err := c.Compute(cmd.Context(), args[0])
			if err != nil {
				return a.fail(a.notFound(cmd.Context(), err, args[0], computeNames), "cannot.show", args[0])
			}
			return a.one(v.Name, v.Raw, func(d *detail) {
				nodes, err := client.Collect(c.Nodes(cmd.Context(), v.Name), 100)
				if err != nil { // the compute itself is worth showing
					nodes = nil
				}
				a.computeDetail(d, v, nodeLimits(nodes)...)
			})
		},
	}
}

func (a *App) computeDetail(d *detail, v *client.Compute, limits ...string) {
	p, s := v.Properties, cluster(v)
	d.field("Name", v.Name)
	d.field("Type", p.ComputeType)
	d.field("State", state(v))
	d.field("Allocation", s.AllocationState)
	if s.CurrentNodeCount != nil {
		nodes := fmt.Sprintf("%d of %d to %d", *s.CurrentNodeCount, s.ScaleSettings.MinNodeCount, s.ScaleSettings.MaxNodeCount)
		if s.TargetNodeCount != nil && *s.TargetNodeCount != *s.CurrentNodeCount {
			nodes += fmt.Sprintf(", going to %d", *s.TargetNodeCount)
		}
		d.field("Nodes", nodes+counts(s.NodeStateCounts))
	} else if p.ComputeType == atelier.KindCluster {
		d.field("Nodes", fmt.Sprintf("%d to %d", s.ScaleSettings.MinNodeCount, s.ScaleSettings.MaxNodeCount))
	}
	d.field("Idle after", shortISO(firstOf(s.ScaleSettings.NodeIdleTimeBeforeScaleDown, s.IdleTimeBeforeShutdown)))
	if o := s.LastOperation; o != nil {
		d.field("Last", fmt.Sprintf("%s %s at %s by %s", o.OperationName, o.OperationStatus, o.OperationTime, o.OperationTrigger))
	}
	d.field("Attached", p.ResourceID)
	d.field("Size", s.VMSize)
	d.field("Priority", s.VMPriority)
	d.field("Location", firstOf(p.ComputeLocation, v.Location))
	d.field("Description", p.Description)
	d.field("Tags", tagText(v.Tags))
	if v.Identity != nil {
		d.field("Identity", v.Identity.Type)
	}
	d.field("SSH", s.RemoteLoginPortPublicAccess)
	if s.Subnet != nil {
		d.field("Subnet", s.Subnet.ID)
	}
	d.field("Created", p.CreatedOn)
	for _, e := range append(p.ProvisioningErrors, s.Errors...) {
		d.field(a.say("error"), fmt.Sprintf("%s  [%s]", e.Message, e.Code))
	}
	for _, w := range p.ProvisioningWarnings {
		d.field("Warning", fmt.Sprintf("%s  [%s]", w.Message, w.Code))
	}
	for _, l := range limits {
		d.field("Note", l)
	}
	d.para(a.reasons(v.Name, p.Reasons)...)
}

func counts(n *client.NodeStateCounts) string {
	if n == nil {
		return ""
	}
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{{n.Idle, "idle"}, {n.Running, "running"}, {n.Preparing, "preparing"}, {n.Unusable, "unusable"}, {n.Leaving, "leaving"}, {n.Preempted, "preempted"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func (a *App) computeNodes() *cobra.Command {
	watch := false
	cmd := &cobra.Command{
		Use: "nodes NAME", Aliases: []string{"list-nodes"}, Short: "List the nodes of a cluster", Args: a.exactly("NAME"), ValidArgsFunction: a.names(false, computeNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			err = a.watchList(cmd.Context(), watch, func(ctx context.Context) (listing, error) {
				l := listing{
					columns: []column{{head: "NODE"}, {head: "STATE"}, {head: "JOB"}, {head: "ADDRESS"}, {head: "SINCE"}, {head: "PROBLEM"}, {head: "VCPUS", wide: true}, {head: "MEMORY GB", wide: true}, {head: "LIMITS", wide: true}, {head: "PORT", wide: true}, {head: "PUBLIC ADDRESS", wide: true}, {head: "ACTIONS", wide: true}, {head: "CONNECTION", wide: true}},
					empty:   a.say("compute.nodes.none", args[0]),
				}
				for n, err := range c.Nodes(ctx, args[0]) {
					if err != nil {
						return l, err
					}
					l.rows = append(l.rows, a.nodeRow(n))
				}
				return l, nil
			})
			return a.fail(a.notFound(cmd.Context(), err, args[0], computeNames), "cannot.nodes", args[0])
		},
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "go on, and print what changes")
	return cmd
}

func (a *App) nodeRow(n *client.Node) row {
	port, problem, vcpus, memory, limits := "", "", "", "", ""
	if n.Port > 0 {
		port = fmt.Sprint(n.Port)
	}
	if n.Problem != nil {
		problem = n.Problem.Message
	}
	if h := n.Host; h != nil {
		vcpus, memory, limits = fmt.Sprintf("%g", h.VCPUs), fmt.Sprintf("%.3g", h.MemoryGiB), firstOf(strings.Join(h.Isolation, ","), "none")
	}
	return row{n.NodeID, []string{n.NodeID, n.NodeState, n.RunID, n.PrivateIPAddress, a.ago(n.Since), problem, vcpus, memory, limits, port, n.PublicIPAddress, strings.Join(n.Actions, ","), firstOf(n.Connection, n.ConnectionReason)}, n.Raw}
}

// nodeLimits says, once, what does not hold on the nodes.
func nodeLimits(nodes []*client.Node) []string {
	var said []string
	for _, n := range nodes {
		if n.Host == nil {
			continue
		}
		for _, p := range n.Host.Problems {
			if !slices.Contains(said, p.Message) {
				said = append(said, p.Message)
			}
		}
	}
	return said
}

// locationOr returns the location asked for, else that of the workspace.
func (a *App) locationOr(ctx context.Context, c *client.Client, flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	ws, err := c.Workspace(ctx)
	if err != nil {
		return "", err
	}
	return ws.Location, nil
}

func (a *App) computeSizes() *cobra.Command {
	location, priority, gpu, available := "", "", false, false
	cmd := &cobra.Command{
		Use: "sizes", Aliases: []string{"list-sizes"}, Short: "List the machine sizes of a location", Args: a.exactly(), ValidArgsFunction: nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			at, err := a.locationOr(cmd.Context(), c, location)
			if err != nil {
				return a.fail(err, "cannot.list", "sizes")
			}
			if available {
				return a.offers(cmd.Context(), c, at, priority, gpu)
			}
			l := listing{
				columns: []column{{head: "NAME"}, {head: "VCPUS"}, {head: "MEMORY GB"}, {head: "GPUS"}, {head: "USD/H"}, {head: "LACKS HERE"}, {head: "GPU", wide: true}, {head: "FAMILY", wide: true}, {head: "LOW PRIORITY", wide: true}, {head: "DISK GB", wide: true}},
				empty:   a.say("sizes.none", at),
			}
			for s, err := range c.Sizes(cmd.Context(), at) {
				if err != nil {
					return a.fail(err, "cannot.list", "sizes")
				}
				if gpu && s.GPUs == 0 {
					continue
				}
				l.rows = append(l.rows, sizeRow(s))
			}
			return a.list(l)
		},
	}
	cmd.Flags().StringVar(&location, "location", "", "location (default: that of the workspace)")
	cmd.Flags().BoolVar(&gpu, "gpu", false, "only sizes with GPUs")
	cmd.Flags().BoolVar(&available, "available", false, "say of each whether it can be had now, and why not")
	cmd.Flags().StringVar(&priority, "priority", "dedicated", "with --available: dedicated, or low")
	_ = cmd.RegisterFlagCompletionFunc("priority", fixed("dedicated", "low"))
	return cmd
}

func sizeRow(s *client.Size) row {
	price := ""
	if s.EstimatedVMPrices != nil {
		for _, v := range s.EstimatedVMPrices.Values {
			if strings.EqualFold(v.VMTier, "Standard") && price == "" && v.RetailPrice > 0 {
				price = fmt.Sprintf("%.3f", v.RetailPrice)
			}
		}
	}
	gpus := ""
	if s.GPUs > 0 {
		gpus = fmt.Sprint(s.GPUs)
	}
	return row{s.Name, []string{
		s.Name, fmt.Sprint(s.VCPUs), fmt.Sprintf("%g", s.MemoryGB), gpus, price, s.Short, s.GPUModel, s.Family, map[bool]string{true: "yes", false: "no"}[s.LowPriorityCapable],
		fmt.Sprint(s.MaxResourceVolumeMB / 1024),
	}, s.Raw}
}

func (a *App) computeUsage() *cobra.Command {
	location, all := "", false
	cmd := &cobra.Command{
		Use: "usage", Aliases: []string{"list-usage"}, Short: "Show what is in use against its limits", Args: a.exactly(), ValidArgsFunction: nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			at, err := a.locationOr(cmd.Context(), c, location)
			if err != nil {
				return a.fail(err, "cannot.list", "usages")
			}
			l := listing{columns: []column{{head: "NAME"}, {head: "IN USE"}, {head: "LIMIT"}, {head: "UNIT", wide: true}}, empty: a.say("usage.none", at)}
			for u, err := range c.Usages(cmd.Context(), at) {
				if err != nil {
					return a.fail(err, "cannot.list", "usages")
				}
				if u.CurrentValue == 0 && u.Limit < 0 && !all && (a.output == "table" || a.output == "wide") {
					continue
				}
				limit := fmt.Sprint(u.Limit)
				if u.Limit < 0 {
					limit = ""
				}
				l.rows = append(l.rows, row{u.Name.Value, []string{firstOf(u.Name.LocalizedValue, u.Name.Value), fmt.Sprint(u.CurrentValue), limit, u.Unit}, u.Raw})
			}
			return a.list(l)
		},
	}
	cmd.Flags().StringVar(&location, "location", "", "location (default: that of the workspace)")
	cmd.Flags().BoolVar(&all, "all", false, "what is not in use and has no limit, too")
	return cmd
}

// ago writes how long a time of the API lies back.
func (a *App) ago(stamp string) string {
	t, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil || t.IsZero() {
		return ""
	}
	return short(a.Now().Sub(t))
}
