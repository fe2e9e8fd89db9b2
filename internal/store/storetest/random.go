package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// Same does the same random work on two stores: every answer must be the same, the
// views what they are when built anew, and the log whole.
func Same(t *testing.T, one, two func(t *testing.T) *store.DB) {
	rapid.Check(t, func(r *rapid.T) {
		p := &pair{t: t, r: r}
		for i, open := range []func(t *testing.T) *store.DB{one, two} {
			p.dbs[i] = open(t)
			p.views[i] = newQueue()
			if err := p.dbs[i].AddView(p.views[i]); err != nil {
				r.Fatal(err)
			}
		}
		r.Repeat(map[string]func(*rapid.T){
			"transaction": p.transaction,
			"list":        p.list,
			"events":      p.events,
			"":            p.compareViews,
		})
		for i, db := range p.dbs {
			if err := db.Verify(t.Context()); err != nil {
				r.Errorf("store %d: %v", i, err)
			}
			if err := db.Close(); err != nil {
				r.Errorf("close store %d: %v", i, err)
			}
		}
	})
}

type pair struct {
	t     *testing.T
	r     *rapid.T
	dbs   [2]*store.DB
	views [2]*queue
}

// both asks both stores and compares what they say.
func (p *pair) both(r *rapid.T, what string, ask func(db *store.DB) string) {
	if one, two := ask(p.dbs[0]), ask(p.dbs[1]); one != two {
		r.Fatalf("%s: the first store says\n%s\nthe second\n%s", what, one, two)
	}
}

var (
	ids = func() (list []atelier.ID) {
		for _, w := range []atelier.ID{workspace, "workspaces/s~g~other"} {
			for _, n := range []string{"a", "a-b", "b"} {
				list = append(list, w.Child(atelier.KindJob, n), w.Child(atelier.KindJob, n).Child(atelier.KindTask, "1-0"), w.Child(atelier.KindCode, n))
			}
		}
		return list
	}()
	someID    = rapid.SampledFrom(ids)
	someState = rapid.SampledFrom([]string{"Queued", "Running", "Completed", "Assigned", "Ended"})
	compute   = rapid.SampledFrom([]atelier.ID{"", workspace.Child(atelier.KindCompute, "c"), workspace.Child(atelier.KindCompute, "d")})
	node      = rapid.SampledFrom([]atelier.ID{"", workspace.Child(atelier.KindCompute, "c").Child(atelier.KindNode, "n")})
	someHash  = rapid.SampledFrom([]string{"", "h", "i"})
)

// step is one thing that a transaction does.
type step struct {
	verb          string
	id            atelier.ID
	state, hash   string
	compute, node atelier.ID
	created       time.Time
}

func (p *pair) transaction(r *rapid.T) {
	steps := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) step {
		return step{
			verb: rapid.SampledFrom([]string{"create", "update", "update", "update", "delete", "stale", "fail"}).Draw(r, "verb"),
			id:   someID.Draw(r, "id"), state: someState.Draw(r, "state"), hash: someHash.Draw(r, "hash"),
			compute: compute.Draw(r, "compute"), node: node.Draw(r, "node"),
			created: time.Unix(0, rapid.Int64Range(0, 1e18).Draw(r, "created")),
		}
	}), 0, 6).Draw(r, "steps")
	q := someQuery(r)
	p.both(r, "transaction", func(db *store.DB) string {
		inside := ""
		err := db.Do(p.t.Context(), func(tx *store.Tx) error {
			for _, s := range steps {
				if err := s.do(tx); err != nil {
					return err
				}
			}
			inside = listing(tx, q)
			return nil
		})
		return fmt.Sprint(inside, err)
	})
}

var errWanted = errors.New("wanted")

func (s step) do(tx *store.Tx) error {
	tx.Actor = "tester"
	if s.verb == "fail" && s.hash == "" {
		return errWanted
	}
	v, err := stored(tx, s.id)
	if atelier.IsKind(err, atelier.NotFound) {
		v = atelier.New(s.id.Kind())
		v.Head().ID, v.Head().Name, v.Head().UID = s.id, s.id.Name(), fmt.Sprint(s.created.UnixNano())
	} else if err != nil {
		return err
	}
	switch s.verb {
	case "delete":
		if v.Head().Rev > 0 {
			return store.Delete(tx, v)
		}
		return nil
	case "stale":
		if v.Head().Rev > 1 {
			v.Head().Rev--
		}
	case "create":
		if s.hash == "h" {
			v.Head().Rev = 0
		}
	}
	s.fill(v)
	err = store.Put(tx, v)
	tx.Note(s.id, "Because", "of %s", s.state)
	return err
}

func stored(tx *store.Tx, id atelier.ID) (v atelier.Resource, err error) {
	switch id.Kind() {
	case atelier.KindJob:
		v, err = store.Get[atelier.Job](tx, id)
	case atelier.KindTask:
		v, err = store.Get[atelier.Task](tx, id)
	default:
		v, err = store.Get[atelier.Asset](tx, id)
	}
	return v, err
}

func (s step) fill(v atelier.Resource) {
	v.Head().CreatedAt = s.created
	switch v := v.(type) {
	case *atelier.Job:
		v.Status.State, v.Spec.Compute = atelier.JobState(s.state), s.compute
		v.Spec.Priority, v.Spec.Instances = len(s.hash), len(s.state)
	case *atelier.Task:
		v.State, v.Compute, v.Node = atelier.TaskState(s.state), s.compute, s.node
	case *atelier.Asset:
		v.Hash = s.hash
	}
}

func someQuery(r *rapid.T) store.Query {
	q := store.Query{
		Kind:    rapid.SampledFrom([]string{atelier.KindJob, atelier.KindJob, atelier.KindTask, atelier.KindCode}).Draw(r, "kind"),
		Compute: compute.Draw(r, "compute"), Node: node.Draw(r, "node"), Hash: someHash.Draw(r, "hash"),
		Active: rapid.Bool().Draw(r, "active"), Newest: rapid.Bool().Draw(r, "newest"),
		After: rapid.Int64Range(-1, 40).Draw(r, "after"), Limit: rapid.IntRange(0, 4).Draw(r, "limit"),
	}
	if rapid.Bool().Draw(r, "by parent") {
		q.Parent = someID.Draw(r, "below").Parent()
	}
	if rapid.Bool().Draw(r, "by state") {
		q.State = someState.Draw(r, "state")
	}
	return q
}

func listing(tx *store.Tx, q store.Query) string {
	switch q.Kind {
	case atelier.KindJob:
		return listingOf[atelier.Job](tx, q)
	case atelier.KindTask:
		return listingOf[atelier.Task](tx, q)
	}
	return listingOf[atelier.Asset](tx, q)
}

func listingOf[T any](tx *store.Tx, q store.Query) string {
	list, next, err := store.List[T](tx, q)
	text := fmt.Sprintf("next %d, err %v\n", next, err)
	for _, v := range list {
		text += fmt.Sprintf("%+v\n", *v)
	}
	return text
}

func (p *pair) list(r *rapid.T) {
	q := someQuery(r)
	p.both(r, fmt.Sprintf("%+v", q), func(db *store.DB) (text string) {
		err := db.Read(p.t.Context(), func(tx *store.Tx) error {
			text = listing(tx, q)
			return nil
		})
		return fmt.Sprint(text, err)
	})
}

func (p *pair) events(r *rapid.T) {
	q := store.EventQuery{
		After: rapid.Int64Range(0, 40).Draw(r, "after"), Limit: rapid.IntRange(0, 5).Draw(r, "limit"), Newest: rapid.Bool().Draw(r, "newest"),
	}
	if rapid.Bool().Draw(r, "before something") {
		q.Before = rapid.Int64Range(0, 40).Draw(r, "before")
		q.Verb = rapid.SampledFrom([]string{"", "created", "updated", "deleted"}).Draw(r, "verb")
	}
	if rapid.IntRange(0, 3).Draw(r, "of something") == 0 {
		q.Of = someID.Draw(r, "of")
	}
	if rapid.Bool().Draw(r, "under something") {
		q.Under = someID.Draw(r, "under")
	} else if rapid.Bool().Draw(r, "under a workspace") {
		q.Under = workspace
	}
	p.both(r, fmt.Sprintf("%+v", q), func(db *store.DB) (text string) {
		err := db.Read(p.t.Context(), func(tx *store.Tx) error {
			list, err := store.Events(tx, q)
			for _, e := range list {
				e.At = time.Time{}
				text += fmt.Sprintf("%+v\n", e)
			}
			return err
		})
		return fmt.Sprint(text, err)
	})
}

func (p *pair) compareViews(r *rapid.T) {
	if one, two := p.views[0].String(), p.views[1].String(); one != two {
		r.Fatalf("the first store's view is\n%s\nthe second's\n%s", one, two)
	}
	for i, db := range p.dbs {
		if now, anew := p.views[i].String(), rebuilt(p.t, db).String(); now != anew {
			r.Fatalf("the view of store %d is\n%s\nbuilt anew it is\n%s", i, now, anew)
		}
	}
}
