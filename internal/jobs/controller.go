package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/place"
	"github.com/atelier-compute/atelier/internal/store"
)

// Controller reconciles jobs, and places them.
type Controller struct {
	DB    *store.DB
	Queue *place.View
	Now   func() time.Time
	NewID func() string
}

// actor is who the events name.
const actor = "jobs"

// batch bounds what one transaction places or ends, so that others get their turn.
const batch = 64

// Reconcile brings one job a step closer to its end. It is safe to repeat and safe
// to abandon.
func (c *Controller) Reconcile(ctx context.Context, id atelier.ID) (again time.Duration, err error) {
	err = c.DB.Do(ctx, func(tx *store.Tx) error {
		tx.Actor = actor
		again, err = c.step(tx, id)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("reconcile %s: %w", id, err)
	}
	return again, nil
}

// Place gives the free nodes of one compute to its queue, and tends the jobs that
// something happened to: their compute is going, or a node of theirs went away.
func (c *Controller) Place(ctx context.Context, compute atelier.ID) (again time.Duration, err error) {
	err = c.DB.Do(ctx, func(tx *store.Tx) error {
		tx.Actor = actor
		again, err = c.place(tx, compute)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("place on %s: %w", compute, err)
	}
	return again, nil
}

func (c *Controller) place(tx *store.Tx, compute atelier.ID) (again time.Duration, err error) {
	comp, err := store.Get[atelier.Compute](tx, compute)
	if err != nil && !atelier.IsKind(err, atelier.NotFound) {
		return 0, err
	}
	if going := err != nil || comp.Deleting(); going {
		return c.evict(tx, compute)
	}
	for _, id := range c.Queue.Active(compute, true) {
		if _, err := c.step(tx, id); err != nil {
			return 0, err
		}
	}
	plan := c.Queue.Plan(compute, c.Now(), batch)
	for _, a := range plan {
		if err := c.assign(tx, a); err != nil {
			return 0, err
		}
	}
	if len(plan) == batch {
		again = 1 // there may be more
	}
	return again, nil
}

// evict tends every job of a compute that is going away.
func (c *Controller) evict(tx *store.Tx, compute atelier.ID) (again time.Duration, err error) {
	queued, n := c.Queue.Queued(compute, batch)
	if n > len(queued) {
		again = 1
	}
	for _, id := range append(queued, c.Queue.Active(compute, false)...) {
		if _, err := c.step(tx, id); err != nil {
			return 0, err
		}
	}
	return again, nil
}

func (c *Controller) step(tx *store.Tx, id atelier.ID) (again time.Duration, err error) {
	s, err := load(tx, id)
	if atelier.IsKind(err, atelier.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	now := c.Now()
	p := Decide(s, now)
	return p.Again, record(tx, s, p, now)
}

func load(tx *store.Tx, id atelier.ID) (s Snapshot, err error) {
	if s.Job, err = store.Get[atelier.Job](tx, id); err != nil {
		return s, err
	}
	if s.Job.Status.State.Terminal() {
		return s, nil
	}
	if s.Compute, err = optional[atelier.Compute](tx, s.Job.Spec.Compute); err != nil {
		return s, err
	}
	for rank, node := range s.Job.Status.Nodes {
		t, err := store.Get[atelier.Task](tx, id.Child(atelier.KindTask, atelier.TaskName(s.Job.Status.Attempt, rank)))
		if err != nil {
			return s, err
		}
		n, err := optional[atelier.Node](tx, node)
		if err != nil {
			return s, err
		}
		s.Tasks, s.Nodes = append(s.Tasks, t), append(s.Nodes, n)
	}
	return s, nil
}

func optional[T any](tx *store.Tx, id atelier.ID) (*T, error) {
	v, err := store.Get[T](tx, id)
	if atelier.IsKind(err, atelier.NotFound) {
		return nil, nil
	}
	return v, err
}

func record(tx *store.Tx, s Snapshot, p Plan, now time.Time) error {
	for _, t := range p.Tasks {
		if err := store.Put(tx, t); err != nil {
			return err
		}
	}
	for _, rank := range p.Stuck {
		n := s.Nodes[rank]
		n.Stuck = true
		if err := store.Put(tx, n); err != nil {
			return err
		}
	}
	if p.Release {
		for _, n := range s.Nodes {
			if n == nil || n.Job != s.Job.ID {
				continue
			}
			n.Job, n.FreedAt, n.Stuck = "", now, false
			if err := store.Put(tx, n); err != nil {
				return err
			}
		}
	}
	if same(&p.Status, &s.Job.Status) {
		return nil
	}
	s.Job.Status = p.Status
	if err := store.Put(tx, s.Job); err != nil {
		return err
	}
	tx.Note(s.Job.ID, p.Reason, "%s", p.Message)
	return nil
}

// same reports whether nothing that Decide may change was changed.
func same(a, b *atelier.JobStatus) bool {
	return a.State == b.State && a.Stopping == b.Stopping && a.Attempt == b.Attempt && a.Lost == b.Lost &&
		len(a.Nodes) == len(b.Nodes) && a.StartedAt.Equal(b.StartedAt) && a.Error == b.Error
}

// assign gives a job its nodes and makes its tasks, in one transaction: it starts
// with all of them or not at all.
func (c *Controller) assign(tx *store.Tx, a place.Assignment) error {
	j, err := store.Get[atelier.Job](tx, a.Job)
	if err != nil {
		return err
	}
	now := c.Now()
	st := &j.Status
	if st.QueuedAt.IsZero() {
		st.QueuedAt = j.CreatedAt
	}
	st.Attempt++
	st.State, st.Since, st.Nodes = atelier.JobStarting, now, a.Nodes
	for rank, id := range a.Nodes {
		n, err := store.Get[atelier.Node](tx, id)
		if err != nil {
			return err
		}
		n.Job = j.ID
		if err := store.Put(tx, n); err != nil {
			return err
		}
		name := atelier.TaskName(st.Attempt, rank)
		t := &atelier.Task{
			Meta: atelier.Meta{ID: j.ID.Child(atelier.KindTask, name), Name: name, UID: c.NewID(), Generation: 1, CreatedAt: now, UpdatedAt: now},
			Job:  j.ID, Compute: j.Spec.Compute, Node: id, Attempt: st.Attempt, Rank: rank, State: atelier.TaskAssigned,
		}
		if err := store.Put(tx, t); err != nil {
			return err
		}
	}
	if err := store.Put(tx, j); err != nil {
		return err
	}
	tx.Note(j.ID, "JobAssigned", "attempt %d on %d nodes, the first is %s", st.Attempt, len(a.Nodes), a.Nodes[0].Name())
	return nil
}

// OwnerJob maps a change to the job whose life it concerns.
func OwnerJob(changed atelier.ID) atelier.ID { return changed.Above(atelier.KindJob) }
