package fleet

import (
	"context"
	"crypto/subtle"
	"fmt"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
	"github.com/atelier-compute/atelier/internal/wire"
)

// Report takes what an agent says of its tasks and answers with what its node
// should hold. A report that says nothing new writes nothing.
func (f *Fleet) Report(ctx context.Context, key string, r wire.Report) (wire.Desired, error) {
	if err := f.take(ctx, key, r); err != nil {
		return wire.Desired{}, err
	}
	d, _, err := f.next(ctx, r.Node, r.Session)
	return d, err
}

// take is Report without the answer.
func (f *Fleet) take(ctx context.Context, key string, r wire.Report) error {
	news := false
	err := f.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := bound(tx, key, r.Node); err != nil {
			return err
		}
		for _, tr := range r.Tasks {
			t, err := taskOn(tx, r.Node, tr)
			if err != nil {
				return err
			}
			news = news || t != nil && ahead(t, tr)
		}
		return nil
	})
	if err != nil {
		return err
	}
	l := f.link(r.Node, false)
	if l == nil || !l.is(r.Session) {
		return staleSession(r.Node)
	}
	f.touch(l)
	if !news {
		return nil
	}
	return f.DB.Do(ctx, func(tx *store.Tx) error {
		tx.Actor = actor
		n, err := bound(tx, key, r.Node)
		if err != nil {
			return err
		}
		return f.apply(tx, n, r.Tasks)
	})
}

func (l *link) is(session string) bool {
	l.turn.Lock()
	defer l.turn.Unlock()
	return session != "" && l.session == session
}

func staleSession(node atelier.ID) error {
	return atelier.Errorf(atelier.Conflict, "StaleSession", "this is not the session of the last hello of node %q; say hello again", node.Name())
}

// bound returns the node if it is bound to the key.
func bound(tx *store.Tx, key string, node atelier.ID) (*atelier.Node, error) {
	n, err := store.Get[atelier.Node](tx, node)
	if err != nil {
		return nil, err
	}
	if key == "" || n.Key == "" || subtle.ConstantTimeCompare([]byte(key), []byte(n.Key)) != 1 {
		return nil, atelier.Errorf(atelier.Forbidden, "NotThisNode", "the connection does not belong to node %q", node.Name())
	}
	return n, nil
}

// taskOn returns the task that a report is about, or nil if there is none of that
// identity on the node: then the report is late, or about somebody else's task.
func taskOn(tx *store.Tx, node atelier.ID, r wire.TaskReport) (*atelier.Task, error) {
	if r.ID.Kind() != atelier.KindTask {
		return nil, nil
	}
	t, err := store.Get[atelier.Task](tx, r.ID)
	if err != nil {
		return nil, drop(err, atelier.NotFound)
	}
	if t.Node != node || t.UID != r.UID {
		return nil, nil
	}
	return t, nil
}

// ahead reports whether the report is of a later state than the one stored. What
// ended has ended: there is nothing after it.
func ahead(t *atelier.Task, r wire.TaskReport) bool {
	return r.State.Order() > t.State.Order()
}

// apply writes what is new in the reports. A superseded attempt has its own tasks,
// all of which ended before the next attempt began: its late reports find them at
// the end of their life and change nothing.
func (f *Fleet) apply(tx *store.Tx, n *atelier.Node, reports []wire.TaskReport) error {
	for _, r := range reports {
		t, err := taskOn(tx, n.ID, r)
		if err != nil {
			return err
		}
		if t == nil || !ahead(t, r) {
			continue
		}
		t.State = r.State
		if t.StartedAt.IsZero() {
			t.StartedAt = r.StartedAt
		}
		if r.State == atelier.TaskEnded {
			f.end(t, r)
		}
		if err := store.Put(tx, t); err != nil {
			return err
		}
		tx.Note(t.ID, "Task"+string(t.State), "%s", words(t))
	}
	return nil
}

func (f *Fleet) end(t *atelier.Task, r wire.TaskReport) {
	t.ExitCode, t.EndedAt = r.ExitCode, r.EndedAt
	if t.EndedAt.IsZero() {
		t.EndedAt = f.Now()
	}
	if r.Problem != nil {
		p := tidyProblem(*r.Problem)
		t.Problem = &p
	}
}

func words(t *atelier.Task) string {
	where := fmt.Sprintf("attempt %d on node %s", t.Attempt, t.Node.Name())
	switch {
	case t.Problem != nil:
		return where + ": " + t.Problem.Message
	case t.ExitCode != nil:
		return fmt.Sprintf("%s: exit code %d", where, *t.ExitCode)
	}
	return where
}
