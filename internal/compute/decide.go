// Package compute turns Compute resources into machines. Decide says what should
// be true; Controller writes that down and then makes it so.
package compute

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/atelier-compute/atelier"
)

// Limits are the times that nothing may exceed.
type Limits struct {
	Boot      time.Duration // from a node's creation to its agent's hello
	Provision time.Duration // from a change of the spec to Succeeded or Failed
}

// DefaultLimits serve every provider: clouds take minutes to make a machine.
var DefaultLimits = Limits{Boot: 10 * time.Minute, Provision: 20 * time.Minute}

// Snapshot is everything Decide may look at.
type Snapshot struct {
	Compute *atelier.Compute
	Nodes   []*atelier.Node // oldest first
	Demand  int             // nodes that queued and running jobs could use
	Queued  int             // jobs that wait for this compute
	Limits  Limits
}

// Plan is what should be true next. Write it down before acting on it.
type Plan struct {
	Nodes  []*atelier.Node // new or changed nodes
	Drop   []*atelier.Node // nodes of which nothing is left
	Status atelier.ComputeStatus
	Wipe   bool          // no machine is left: delete the volume, then the compute itself
	Forget bool          // nothing is left: delete the compute itself
	Again  time.Duration // look again after this long even if nothing changes; 0 is never
}

// due reports whether the moment has come, and brings Again forward to it if not.
func (p *Plan) due(at, now time.Time) bool {
	left := at.Sub(now)
	if left > 0 && (p.Again == 0 || left < p.Again) {
		p.Again = left
	}
	return left <= 0
}

// Decide compares what is wanted with what is there. It is a pure function: same
// arguments, same plan.
func Decide(s Snapshot, now time.Time) Plan {
	spec := s.Compute.Spec.Cluster
	want := min(max(spec.Min, s.Demand-draining(s.Nodes)), spec.Max)
	if s.Compute.Deleting() {
		want = 0
	}
	p := Plan{Status: s.Compute.Status}
	nodes := p.advance(s, now)
	nodes = p.shrink(s, nodes, want, now)
	nodes = p.grow(s, nodes, want, now)
	p.status(s, nodes, now)
	if s.Compute.Deleting() && len(nodes) == 0 {
		p.Forget = s.Queued == 0
		if !p.Forget {
			p.due(now.Add(forgetRetry), now) // jobs that leave the queue wake nobody
		}
	}
	return p
}

// draining is how many nodes end the job that they have, and then go: nobody takes
// their place.
func draining(nodes []*atelier.Node) (n int) {
	for _, x := range nodes {
		ends := x.State == atelier.Draining || x.State == atelier.Ready && !x.DrainAt.IsZero()
		if ends && x.Job != "" && !x.Stuck {
			n++
		}
	}
	return n
}

// forgetRetry is how soon a compute whose queue is being ended is looked at again.
const forgetRetry = 200 * time.Millisecond

// change replaces node i of the list by a copy in the state.
func (p *Plan) change(nodes []*atelier.Node, i int, state atelier.NodeState, problem *atelier.Problem, now time.Time) {
	n := *nodes[i]
	n.State, n.Since = state, now
	if problem != nil {
		n.Problem = problem
	}
	nodes[i] = &n
	p.Nodes = append(p.Nodes, &n)
}

// advance takes every node on that must go for reasons of its own.
func (p *Plan) advance(s Snapshot, now time.Time) []*atelier.Node {
	var nodes []*atelier.Node
	for _, n := range s.Nodes {
		if n.State == atelier.Gone && n.Job == "" {
			p.Drop = append(p.Drop, n)
		} else {
			nodes = append(nodes, n)
		}
	}
	for i, n := range nodes {
		switch n.State {
		case atelier.Wanted, atelier.Booting:
			if !n.DrainAt.IsZero() {
				p.change(nodes, i, atelier.Leaving, drained(n), now)
			} else if p.due(n.CreatedAt.Add(s.Limits.Boot), now) {
				p.change(nodes, i, atelier.Leaving, &atelier.Problem{
					Code:    codeNoBoot,
					Message: fmt.Sprintf("its agent did not report within %s", s.Limits.Boot),
				}, now)
				p.Status.BootFails++
				p.Status.Errors = []atelier.Problem{{
					Code: codeNoBoot, Target: n.ID.Path(),
					Message: fmt.Sprintf("the machine of %s was made, and its agent did not report within %s; others are tried", n.Name, s.Limits.Boot),
				}}
			}
		case atelier.Ready, atelier.Draining:
			switch {
			case n.Stuck:
				p.change(nodes, i, atelier.Leaving, &atelier.Problem{Code: "NodeStuck", Message: "its agent did not do what it was told"}, now)
			case n.State == atelier.Draining && n.Job == "":
				p.change(nodes, i, atelier.Leaving, nil, now)
			case n.DrainAt.IsZero() || n.State == atelier.Draining:
			case n.Job == "":
				p.change(nodes, i, atelier.Leaving, drained(n), now)
			default:
				p.change(nodes, i, atelier.Draining, drained(n), now)
			}
		case atelier.Lost:
			p.change(nodes, i, atelier.Leaving, nil, now)
		}
	}
	return nodes
}

func drained(n *atelier.Node) *atelier.Problem {
	return &atelier.Problem{Code: "NodeDrained", Message: n.DrainBy + " asked that it take no more jobs and go"}
}

const codeNoBoot = "BootTimeout"

// booted forgets that machines did not report, once one does.
func (p *Plan) booted() {
	if p.Status.BootFails > 0 {
		p.Status.BootFails = 0
		p.Status.Errors = slices.DeleteFunc(slices.Clone(p.Status.Errors), func(e atelier.Problem) bool { return e.Code == codeNoBoot })
	}
}

// counts reports whether the node is, or will be, of use.
func counts(n *atelier.Node) bool {
	return n.State == atelier.Wanted || n.State == atelier.Booting || n.State == atelier.Ready
}

// shrink lets go of nodes beyond what is wanted: at once where more than max are
// there or the compute is going, else as their idle time ends, the longest idle
// first. What is starting is not stopped for lack of demand alone: it is paid for.
func (p *Plan) shrink(s Snapshot, nodes []*atelier.Node, want int, now time.Time) []*atelier.Node {
	spec := s.Compute.Spec.Cluster
	useful := 0
	var order []int
	for i, n := range nodes {
		if counts(n) {
			useful++
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(dear(nodes[a]), dear(nodes[b])), idleSince(nodes[a]).Compare(idleSince(nodes[b])))
	})
	must := spec.Max
	if s.Compute.Deleting() {
		must = 0
	}
	for _, i := range order {
		n := nodes[i]
		if useful <= want {
			break
		}
		switch {
		case useful > must && n.Job != "":
			p.change(nodes, i, atelier.Draining, nil, now)
		case useful > must, n.State == atelier.Wanted:
			p.change(nodes, i, atelier.Leaving, nil, now)
		case n.Job != "", n.State == atelier.Booting:
			continue
		case !p.due(idleSince(n).Add(spec.IdleAfter), now):
			continue
		default:
			p.change(nodes, i, atelier.Leaving, nil, now)
		}
		useful--
	}
	return nodes
}

// dear orders nodes by what is lost when they go: nothing yet, a start, a machine
// that is ready, work.
func dear(n *atelier.Node) int {
	switch {
	case n.Job != "":
		return 3
	case n.State == atelier.Ready:
		return 2
	case n.State == atelier.Booting:
		return 1
	}
	return 0
}

func idleSince(n *atelier.Node) time.Time { return latest(n.FreedAt, n.Since) }

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// grow adds nodes up to what is wanted. Machines that are not surely gone count
// against max: there are never more than max.
func (p *Plan) grow(s Snapshot, nodes []*atelier.Node, want int, now time.Time) []*atelier.Node {
	have, there := 0, 0
	for _, n := range nodes {
		if counts(n) {
			have++
		}
		if n.State != atelier.Gone {
			there++
		}
	}
	c := s.Compute
	for ; have < want && there < c.Spec.Cluster.Max; have, there = have+1, there+1 {
		nodes = append(nodes, p.node(c, c.Spec.Cluster.Size, c.Spec.Cluster.Priority, now))
	}
	return nodes
}

// node adds a node that is wanted.
func (p *Plan) node(c *atelier.Compute, size, priority string, now time.Time) *atelier.Node {
	name := NodeName(c, p.Status.Named)
	p.Status.Named++
	n := &atelier.Node{
		Meta:    atelier.Meta{ID: c.ID.Child(atelier.KindNode, name), Name: name, UID: name, Generation: 1, CreatedAt: now, UpdatedAt: now},
		Compute: c.ID, Location: c.Spec.Location, Size: size, Priority: priority,
		State: atelier.Wanted, Since: now,
	}
	p.Nodes = append(p.Nodes, n)
	return n
}

// NodeName is the name of the n-th node that the compute ever had. The compute's
// UID in it makes it unique over all computes, past ones of the same name included.
func NodeName(c *atelier.Compute, n int) string {
	return fmt.Sprintf("%s-%s-%d", c.ID.Name(), c.UID[:min(8, len(c.UID))], n)
}

// VolumeName is the name of the volume of an instance; "" for what has none.
func VolumeName(c *atelier.Compute) string {
	if c.Spec.Instance == nil {
		return ""
	}
	return c.ID.Name() + "-" + c.UID[:min(8, len(c.UID))]
}

// status sums up the nodes of a cluster.
func (p *Plan) status(s Snapshot, nodes []*atelier.Node, now time.Time) {
	ready, starting := p.tally(nodes, now)
	p.provisioning(s, ready, now)
	p.Status.Reasons = p.reasons(s.Compute, nodes, starting, now)
	p.observe(s.Compute, now)
}

// observe says which change of the spec the status is about.
func (p *Plan) observe(c *atelier.Compute, now time.Time) {
	if st := &p.Status; !c.Deleting() && st.Observed != c.Generation {
		st.Observed, st.ObservedAt = c.Generation, now
	}
}

// tally counts the nodes by what users see of them. Starting is the first that is
// on its way.
func (p *Plan) tally(nodes []*atelier.Node, now time.Time) (ready int, starting *atelier.Node) {
	st := &p.Status
	st.Counts, st.Current, st.Target = atelier.Counts{}, 0, 0
	moving := false
	for _, n := range nodes {
		if counts(n) {
			st.Target++
		}
		if n.State != atelier.Wanted && n.State != atelier.Gone {
			st.Current++
		}
		moving = moving || n.State != atelier.Ready
		*shownAs(&st.Counts, n)++
		if n.State == atelier.Ready {
			ready++
		}
		if starting == nil && (n.State == atelier.Wanted || n.State == atelier.Booting) {
			starting = n
		}
	}
	if ready > 0 {
		p.booted()
	}
	if moving != st.Resizing || st.ResizingSince.IsZero() {
		st.Resizing, st.ResizingSince = moving, now
	}
	return ready, starting
}

// shownAs is the count that the node is in.
func shownAs(c *atelier.Counts, n *atelier.Node) *int {
	over := n.State == atelier.Leaving || n.State == atelier.Gone
	switch {
	case n.State == atelier.Wanted || n.State == atelier.Booting:
		return &c.Preparing
	case n.State == atelier.Lost:
		return &c.Unusable
	case over && n.Problem != nil && n.Problem.Code == atelier.ReasonPreempted:
		return &c.Preempted
	case over:
		return &c.Leaving
	case n.Job != "":
		return &c.Running
	case n.State == atelier.Ready:
		return &c.Idle
	}
	return &c.Leaving
}

// provisioning decides what became of the last change of the spec.
func (p *Plan) provisioning(s Snapshot, ready int, now time.Time) {
	c, st := s.Compute, &p.Status
	known := st.Observed == c.Generation
	switch {
	case c.Deleting():
		st.State = atelier.Deleting
	case ready >= c.Spec.Cluster.Min:
		if !known || st.State != atelier.Succeeded {
			st.Errors = nil
		}
		st.State = atelier.Succeeded
	case known && (st.State == atelier.Succeeded || st.State == atelier.Failed):
	case p.due(latest(c.CreatedAt, c.UpdatedAt).Add(s.Limits.Provision), now):
		st.State = atelier.Failed
		if len(st.Errors) == 0 {
			st.Errors = []atelier.Problem{{
				Code:    "ProvisioningTimedOut",
				Message: fmt.Sprintf("%d of the %d nodes that the cluster must have at least were ready after %s; Atelier goes on trying", ready, c.Spec.Cluster.Min, s.Limits.Provision),
			}}
		}
	case c.Generation <= 1:
		st.State = atelier.Creating
	default:
		st.State = atelier.Updating
	}
}

// reasons says why the compute does not have the nodes that it wants.
func (p *Plan) reasons(c *atelier.Compute, nodes []*atelier.Node, starting *atelier.Node, now time.Time) []atelier.Reason {
	st := &p.Status
	failing := st.LaunchFails > 0 || st.BootFails > 0 || st.State == atelier.Failed
	switch {
	case starting == nil && st.State != atelier.Failed:
		return nil
	case st.LaunchFails > 0 && len(st.Errors) > 0 && (st.LaunchKind == atelier.NoQuota || st.LaunchKind == ""):
		p.due(st.LaunchAfter, now)
		return []atelier.Reason{p.noCapacity(firstWanted(nodes, starting))}
	case failing && len(st.Errors) > 0:
		if st.LaunchFails > 0 {
			p.due(st.LaunchAfter, now)
		}
		return []atelier.Reason{p.failed(c, starting)}
	case starting == nil:
		return nil
	}
	return []atelier.Reason{{
		Code: atelier.ReasonScalingUp, Since: starting.CreatedAt,
		Params:   map[string]string{"n": fmt.Sprint(st.Counts.Preparing), "stage": string(starting.State)},
		Message:  startingWords(st.Counts.Preparing, string(starting.State)),
		Evidence: []string{starting.ID.Path()},
	}}
}

// firstWanted is the first node that has no machine yet.
func firstWanted(nodes []*atelier.Node, otherwise *atelier.Node) *atelier.Node {
	for _, n := range nodes {
		if n.State == atelier.Wanted {
			return n
		}
	}
	return otherwise
}

// noCapacity says that the provider has no machine for the node.
func (p *Plan) noCapacity(n *atelier.Node) atelier.Reason {
	st := &p.Status
	last := st.Errors[len(st.Errors)-1]
	r := atelier.Reason{
		Code: atelier.ReasonNoCapacity, Message: last.Message, Blocking: true,
		Params:   map[string]string{"n": fmt.Sprint(st.Counts.Preparing), "cause": last.Code},
		Evidence: []string{last.Code}, Remedies: []string{"another size or location, or wait: Atelier asks again by itself"},
	}
	if n != nil {
		r.Since, r.Params["size"] = n.CreatedAt, n.Size
		r.Evidence = []string{n.ID.Path(), last.Code}
	}
	return r
}

// failed says why machines do not come about, beyond a lack of capacity. What may
// work the next time does not block.
func (p *Plan) failed(c *atelier.Compute, n *atelier.Node) atelier.Reason {
	st := &p.Status
	last := st.Errors[len(st.Errors)-1]
	r := atelier.Reason{
		Code: atelier.ReasonComputeFailed, Message: fmt.Sprintf("%s failed: %s.", c.Name, last.Message), Since: st.ObservedAt,
		Blocking: st.LaunchFails == 0 || st.LaunchKind != atelier.Transient,
		Params:   map[string]string{"name": c.Name, "cause": last.Code},
		Evidence: []string{c.ID.Path(), last.Code}, Remedies: []string{"atelier events --target computes/" + c.ID.Name()},
	}
	if n != nil {
		r.Since, r.Evidence = n.CreatedAt, []string{n.ID.Path(), last.Code}
	}
	return r
}

func startingWords(n int, first string) string {
	if n == 1 {
		return fmt.Sprintf("1 node is starting; it is %s.", first)
	}
	return fmt.Sprintf("%d nodes are starting; the first is %s.", n, first)
}
