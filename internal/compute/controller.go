package compute

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/place"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/store"
)

// Controller reconciles computes.
type Controller struct {
	DB        *store.DB
	Queue     *place.View
	Providers provider.Set
	Join      func(n *atelier.Node) provider.Join
	Limits    Limits
	Now       func() time.Time
	Log       *slog.Logger

	// Each calls f for 0..n-1 and returns when all have returned; several at a
	// time if it can. Nil is one after another.
	Each func(n int, f func(i int))
}

const actor = "compute"

// Reconcile brings one compute a step closer to its spec. It is safe to repeat and
// safe to abandon half-way: intent is committed before any machine is touched, and
// every provider call is idempotent on the node's name.
func (c *Controller) Reconcile(ctx context.Context, id atelier.ID) (again time.Duration, err error) {
	var s Snapshot
	var p Plan
	err = c.DB.Do(ctx, func(tx *store.Tx) error {
		tx.Actor = actor
		if s, err = c.load(tx, id); err != nil {
			return err
		}
		p = DecideAny(s, c.Now())
		return record(tx, s, p)
	})
	if atelier.IsKind(err, atelier.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reconcile %s: %w", id, err)
	}
	retry, err := c.act(ctx, s, p)
	if err == nil && p.Wipe {
		retry, err = c.wipe(ctx, s.Compute)
	}
	return soonest(p.Again, retry), err
}

func soonest(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// load takes the nodes from the view, which is up to date in a transaction.
func (c *Controller) load(tx *store.Tx, id atelier.ID) (s Snapshot, err error) {
	if s.Compute, err = store.Get[atelier.Compute](tx, id); err != nil {
		return s, err
	}
	s.Nodes = c.Queue.Nodes(id)
	s.Demand = c.Queue.Demand(id, s.Compute.Spec.Most())
	_, s.Queued = c.Queue.Queued(id, 0)
	s.Limits = c.Limits
	return s, nil
}

func record(tx *store.Tx, s Snapshot, p Plan) error {
	for _, n := range p.Nodes {
		if err := store.Put(tx, n); err != nil {
			return err
		}
		if n.Problem != nil {
			tx.Note(n.ID, n.Problem.Code, "%s", n.Problem.Message)
		}
	}
	for _, n := range p.Drop {
		gone := *n
		if err := store.Delete(tx, &gone); err != nil {
			return err
		}
	}
	if p.Forget {
		return store.Delete(tx, s.Compute)
	}
	if reflect.DeepEqual(p.Status, s.Compute.Status) {
		return nil
	}
	s.Compute.Status = p.Status
	return store.Put(tx, s.Compute)
}

// outcome is what a provider answered about one node.
type outcome struct {
	node *atelier.Node
	err  error
}

// act calls the provider for every node whose state says so, then records the
// answers in one transaction.
func (c *Controller) act(ctx context.Context, s Snapshot, p Plan) (retry time.Duration, err error) {
	var todo []outcome
	hold := c.Now().Before(p.Status.LaunchAfter)
	for _, n := range current(s, p) {
		if n.State == atelier.Leaving || n.Taken() || n.State == atelier.Wanted && !hold {
			todo = append(todo, outcome{node: n})
		}
	}
	if len(todo) == 0 {
		return 0, nil
	}
	each := c.Each
	if each == nil {
		each = inOrder
	}
	each(len(todo), func(i int) { todo[i].err = c.call(ctx, s.Compute, todo[i].node) })
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	err = c.DB.Do(ctx, func(tx *store.Tx) error {
		tx.Actor = actor
		retry, err = c.answered(tx, s.Compute.ID, todo)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("record what the provider of %s answered: %w", s.Compute.ID, err)
	}
	return retry, nil
}

func inOrder(n int, f func(int)) {
	for i := range n {
		f(i)
	}
}

// current returns the nodes as the plan left them.
func current(s Snapshot, p Plan) []*atelier.Node {
	changed := map[atelier.ID]bool{}
	for _, n := range p.Nodes {
		changed[n.ID] = true
	}
	return append(slices.DeleteFunc(slices.Clone(s.Nodes), func(n *atelier.Node) bool { return changed[n.ID] }), p.Nodes...)
}

func (c *Controller) call(ctx context.Context, comp *atelier.Compute, n *atelier.Node) error {
	prov, ok := c.Providers[n.Location]
	if !ok {
		return atelier.Errorf(atelier.Invalid, "LocationNotFound", "there is no location %q", n.Location)
	}
	switch {
	case n.State == atelier.Leaving:
		return prov.Terminate(ctx, n.Name)
	case n.Taken():
		p, ok := prov.(provider.Preempter)
		if !ok {
			return atelier.Errorf(atelier.Unsupported, "OperationNotSupported", "machines of the location %s cannot be taken away", n.Location)
		}
		return p.Preempt(ctx, n.Name)
	}
	return prov.Launch(ctx, provider.Machine{
		Name: n.Name, Node: n.ID, Size: n.Size, Priority: n.Priority, Volume: VolumeName(comp), Join: c.Join(n),
	})
}

// terminateRetry is how soon a machine that would not go is asked to go again.
const terminateRetry = 5 * time.Second

func (c *Controller) answered(tx *store.Tx, id atelier.ID, todo []outcome) (retry time.Duration, err error) {
	var refusal error
	launched := false
	for _, o := range todo {
		leaving, taken := o.node.State == atelier.Leaving, o.node.Taken()
		switch {
		case (leaving || taken) && o.err != nil:
			c.Log.Warn("end a machine", "node", o.node.Name, "preempt", taken, "err", o.err)
			retry = terminateRetry
		case leaving:
			err = gone(tx, o.node, c.Now())
		case taken:
			err = preempted(tx, o.node, c.Now())
		case o.err != nil:
			refusal = o.err
		default:
			launched = true
			err = booting(tx, o.node, c.Now())
		}
		if err != nil {
			return 0, err
		}
	}
	if !launched && refusal == nil {
		return retry, nil
	}
	wait, err := c.launches(tx, id, refusal)
	return soonest(retry, wait), err
}

// booting records that the provider accepted the launch, unless the agent was faster.
func booting(tx *store.Tx, n *atelier.Node, now time.Time) error {
	n, err := store.Get[atelier.Node](tx, n.ID)
	if err != nil || n.State != atelier.Wanted {
		return ignoreNotFound(err)
	}
	n.State, n.Since = atelier.Booting, now
	return store.Put(tx, n)
}

// preempted records that the provider took the machine away.
func preempted(tx *store.Tx, n *atelier.Node, now time.Time) error {
	n, err := store.Get[atelier.Node](tx, n.ID)
	if err != nil || !n.Taken() {
		return ignoreNotFound(err)
	}
	n.State, n.Since = atelier.Leaving, now
	n.Problem = &atelier.Problem{Code: atelier.ReasonPreempted, Message: "its machine was taken away; " + n.PreemptBy + " asked for that as a drill"}
	if err := store.Put(tx, n); err != nil {
		return err
	}
	tx.Note(n.ID, n.Problem.Code, "%s", n.Problem.Message)
	return nil
}

// gone records that there is no machine any more. A node that a job has stays
// until the job has let it go.
func gone(tx *store.Tx, n *atelier.Node, now time.Time) error {
	n, err := store.Get[atelier.Node](tx, n.ID)
	if err != nil {
		return ignoreNotFound(err)
	}
	if n.Job == "" {
		return store.Delete(tx, n)
	}
	n.State, n.Since = atelier.Gone, now
	return store.Put(tx, n)
}

func ignoreNotFound(err error) error {
	if atelier.IsKind(err, atelier.NotFound) {
		return nil
	}
	return err
}

// launches keeps what a provider refused, for the user and for the next try.
func (c *Controller) launches(tx *store.Tx, id atelier.ID, refusal error) (retry time.Duration, err error) {
	comp, err := store.Get[atelier.Compute](tx, id)
	if err != nil {
		return 0, ignoreNotFound(err)
	}
	st := &comp.Status
	if refusal == nil {
		if st.LaunchFails == 0 {
			return 0, nil
		}
		st.LaunchFails, st.LaunchAfter, st.LaunchKind, st.Errors = 0, time.Time{}, "", nil
		return 0, store.Put(tx, comp)
	}
	retry = min(time.Second<<min(st.LaunchFails, 8), 2*time.Minute)
	st.LaunchFails++
	st.LaunchAfter = c.Now().Add(retry)
	st.Errors, st.LaunchKind = []atelier.Problem{problem(refusal)}, kindOf(refusal)
	if atelier.IsKind(refusal, atelier.Invalid) && st.State != atelier.Succeeded && !comp.Deleting() {
		st.State = atelier.Failed
	}
	if err := store.Put(tx, comp); err != nil {
		return 0, err
	}
	tx.Note(id, st.Errors[0].Code, "%s", st.Errors[0].Message)
	return retry, nil
}

func kindOf(err error) atelier.Kind {
	var e *atelier.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return atelier.Transient
}

func problem(err error) atelier.Problem {
	var e *atelier.Error
	if errors.As(err, &e) {
		return atelier.Problem{Code: e.Code, Message: e.Message, Target: e.Target}
	}
	return atelier.Problem{Code: "LaunchFailed", Message: err.Error()}
}
