package fleet

import (
	"context"
	"fmt"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
	"github.com/atelier-compute/atelier/internal/wire"
)

// Desired is what the node should hold now, for the session of its last hello.
func (f *Fleet) Desired(ctx context.Context, node atelier.ID) (wire.Desired, error) {
	d, _, err := f.next(ctx, node, "")
	return d, err
}

// next takes content and number in one moment, so that a higher number never comes
// with older content. It reads what is committed and not the views, which are ahead
// of the disk: what an agent starts must not be forgotten by a power cut. Fresh
// says that the content differs from the last one of the session.
func (f *Fleet) next(ctx context.Context, node atelier.ID, session string) (d wire.Desired, fresh bool, err error) {
	l := f.link(node, false)
	if l == nil {
		return d, false, staleSession(node)
	}
	l.turn.Lock()
	defer l.turn.Unlock()
	if l.session == "" || session != "" && session != l.session {
		return d, false, staleSession(node)
	}
	d = wire.Desired{Node: node, Session: l.session, Tasks: []wire.Task{}}
	specs := map[string]wire.TaskSpec{}
	err = f.DB.Read(ctx, func(tx *store.Tx) error {
		n, err := store.Get[atelier.Node](tx, node)
		if d.Leave = atelier.IsKind(err, atelier.NotFound) || err == nil && givenUp(n); d.Leave || err != nil {
			return drop(err, atelier.NotFound)
		}
		list, err := store.All[atelier.Task](tx, store.Query{Kind: atelier.KindTask, Node: node, Active: true})
		if err != nil {
			return err
		}
		for _, t := range list {
			spec, known := l.specs[t.UID]
			if !known { // what a spec is made of never changes
				if spec, err = f.spec(tx, t, n); err != nil {
					return err
				}
			}
			specs[t.UID] = spec
			d.Tasks = append(d.Tasks, wire.Task{
				ID: t.ID, UID: t.UID, Stop: !t.Stop.IsZero(), Attempt: t.Attempt, Rank: t.Rank, Spec: spec,
			})
		}
		return nil
	})
	if err != nil {
		return wire.Desired{}, false, fmt.Errorf("desired of %s: %w", node, err)
	}
	l.specs = specs
	l.seq++
	d.Seq = l.seq
	short := shorthand(d)
	fresh = short != l.last
	l.last = short
	return d, fresh, nil
}

// shorthand is different for different content.
func shorthand(d wire.Desired) string {
	var b strings.Builder
	fmt.Fprint(&b, d.Leave, len(d.Tasks))
	for _, t := range d.Tasks {
		fmt.Fprint(&b, " ", t.UID, t.Stop)
	}
	return b.String()
}
