package compute

import (
	"fmt"
	"time"

	"github.com/atelier-compute/atelier"
)

// DecideInstance is Decide for a compute instance: one machine while its user wants
// it, and never two, since both would have the same home. A new machine comes only
// when the old one is gone. Every transition ends: what does not come about within
// the limits is said to have failed, goes on being tried, and start, stop, restart
// and delete remain possible.
func DecideInstance(s Snapshot, now time.Time) Plan {
	c := s.Compute
	p := Plan{Status: c.Status}
	st := new(atelier.InstanceStatus)
	if c.Status.Instance != nil {
		*st = *c.Status.Instance
	}
	p.Status.Instance = st
	nodes := p.advance(s, now)
	p.begin(c)
	p.idle(s, nodes, now)
	on := c.Spec.Instance.Asked.On && !c.Deleting() && st.IdleOff != c.Spec.Instance.Asked.Generation
	nodes = p.replace(c, nodes, on, now)
	if on && !there(nodes) {
		n := p.node(c, c.Spec.Instance.Size, atelier.Dedicated, now)
		n.Epoch = c.Spec.Instance.Epoch
		nodes = append(nodes, n)
	}
	_, starting := p.tally(nodes, now)
	p.instance(s, nodes, on, now)
	p.Status.Reasons = p.reasons(c, nodes, starting, now)
	p.observe(c, now)
	if c.Deleting() && len(nodes) == 0 {
		p.Wipe = s.Queued == 0
		if !p.Wipe {
			p.due(now.Add(forgetRetry), now)
		}
	}
	return p
}

// there reports whether any machine may exist.
func there(nodes []*atelier.Node) bool {
	for _, n := range nodes {
		if n.State != atelier.Gone {
			return true
		}
	}
	return false
}

// begin turns to what was asked last.
func (p *Plan) begin(c *atelier.Compute) {
	st, asked := p.Status.Instance, c.Spec.Instance.Asked
	switch {
	case c.Deleting():
		if st.Operation.Name != atelier.OperationDelete {
			st.Operation = atelier.LastOperation{Name: atelier.OperationDelete, At: c.DeletedAt, Status: atelier.OperationInProgress, Trigger: atelier.TriggerUser}
		}
	case st.Seen != asked.Generation:
		st.Seen = asked.Generation
		st.Operation = atelier.LastOperation{Name: asked.Operation, At: asked.At, Status: atelier.OperationInProgress, Trigger: atelier.TriggerUser}
		p.Status.State, p.Status.Errors = "", nil
	}
}

// idle stops an instance that nothing ran on for its idle time. The clock starts at
// the latest of: its machine is ready, its last job ended, the idle time was set.
func (p *Plan) idle(s Snapshot, nodes []*atelier.Node, now time.Time) {
	spec, st := s.Compute.Spec.Instance, p.Status.Instance
	if spec.IdleAfter == 0 || !s.Compute.On() || s.Queued > 0 {
		return
	}
	for _, n := range nodes {
		if n.State != atelier.Ready || n.Job != "" || n.Epoch != spec.Epoch {
			continue
		}
		if p.due(latest(idleSince(n), spec.IdleSetAt).Add(spec.IdleAfter), now) {
			st.IdleOff = spec.Asked.Generation
			st.Operation = atelier.LastOperation{Name: atelier.OperationStop, At: now, Status: atelier.OperationInProgress, Trigger: atelier.TriggerIdle}
		}
	}
}

// replace lets go of the machine if it is not wanted, or is of an earlier epoch.
func (p *Plan) replace(c *atelier.Compute, nodes []*atelier.Node, on bool, now time.Time) []*atelier.Node {
	for i, n := range nodes {
		switch {
		case !counts(n) || on && n.Epoch == c.Spec.Instance.Epoch:
		case c.Deleting() && n.Job != "":
			p.change(nodes, i, atelier.Draining, nil, now)
		case c.Deleting():
			p.change(nodes, i, atelier.Leaving, nil, now)
		case !on:
			p.change(nodes, i, atelier.Leaving, &atelier.Problem{Code: "ComputeStopped", Message: "the instance was stopped"}, now)
		default:
			p.change(nodes, i, atelier.Leaving, &atelier.Problem{Code: "ComputeRestarted", Message: "the instance was restarted"}, now)
		}
	}
	return nodes
}

// instance says where the instance stands.
func (p *Plan) instance(s Snapshot, nodes []*atelier.Node, on bool, now time.Time) {
	c, st := s.Compute, p.Status.Instance
	var ready *atelier.Node
	for _, n := range nodes {
		if n.State == atelier.Ready && n.Epoch == c.Spec.Instance.Epoch {
			ready = n
		}
	}
	was := st.State
	switch {
	case c.Deleting():
		st.State = atelier.InstanceDeleting
	case on && ready != nil:
		p.succeed()
		if st.State = atelier.InstanceRunning; ready.Job != "" {
			st.State = atelier.InstanceJobRunning
		}
	case !on && !there(nodes):
		p.succeed()
		st.State = atelier.InstanceStopped
	case st.Operation.Status == atelier.OperationInProgress && !p.late(s, now):
		st.State = doing(st.Operation.Name)
	case !on:
		st.State = atelier.InstanceStopping
	case st.Operation.Name == atelier.OperationCreate && st.Operation.Status != atelier.OperationSucceeded:
		st.State = atelier.InstanceCreateFailed
	default:
		st.State = atelier.InstanceUnusable
	}
	if st.State != was {
		st.Since = now
	}
	if st.Address = ""; ready != nil {
		st.Address = ready.Host.Address
	}
	switch {
	case c.Deleting():
		p.Status.State = atelier.Deleting
	case st.State == atelier.InstanceCreating:
		p.Status.State = atelier.Creating
	case st.State == atelier.InstanceCreateFailed:
		p.Status.State = atelier.Failed
	default:
		p.Status.State = atelier.Succeeded
	}
}

func (p *Plan) succeed() {
	if op := &p.Status.Instance.Operation; op.Status != atelier.OperationSucceeded {
		op.Status, p.Status.Errors = atelier.OperationSucceeded, nil
	}
}

// late ends an operation that takes too long, or that the provider says can never
// come about.
func (p *Plan) late(s Snapshot, now time.Time) bool {
	op, refused := &p.Status.Instance.Operation, p.Status.State == atelier.Failed
	if !refused && !p.due(op.At.Add(s.Limits.Provision), now) {
		return false
	}
	op.Status = op.Name + "Failed"
	if len(p.Status.Errors) == 0 {
		p.Status.Errors = []atelier.Problem{{
			Code:    op.Status,
			Message: fmt.Sprintf("the instance did not do it (%s) within %s; Atelier goes on trying; restart it, or delete it and create it anew", op.Name, s.Limits.Provision),
		}}
	}
	return true
}

// doing is the state during an operation.
func doing(operation string) atelier.InstanceState {
	switch operation {
	case atelier.OperationCreate:
		return atelier.InstanceCreating
	case atelier.OperationStop:
		return atelier.InstanceStopping
	case atelier.OperationRestart:
		return atelier.InstanceRestarting
	case atelier.OperationResize:
		return atelier.InstanceResizing
	}
	return atelier.InstanceStarting
}

// DecideAttached is Decide for what Atelier does not drive: there is nothing to do,
// and it says so.
func DecideAttached(s Snapshot, now time.Time) Plan {
	c := s.Compute
	p := Plan{Status: c.Status}
	p.Status.State = atelier.Succeeded
	if k, ok := atelier.AttachedKindOf(c.Spec.Kind); ok {
		p.Status.Warnings = []atelier.Problem{k.NotDriven()}
	}
	p.observe(c, now)
	if c.Deleting() {
		p.Status.State = atelier.Deleting
		if p.Forget = s.Queued == 0; !p.Forget {
			p.due(now.Add(forgetRetry), now)
		}
	}
	return p
}

// DecideAny decides by the compute's kind.
func DecideAny(s Snapshot, now time.Time) Plan {
	switch {
	case s.Compute.Spec.Cluster != nil:
		return Decide(s, now)
	case s.Compute.Spec.Instance != nil:
		return DecideInstance(s, now)
	}
	return DecideAttached(s, now)
}
