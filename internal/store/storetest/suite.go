// Package storetest is what every engine of the store must do, as tests.
package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// Run tests the stores that open makes. Each is empty; open sees to its end.
func Run(t *testing.T, open func(t *testing.T) *store.DB) {
	for _, test := range []struct {
		name string
		f    func(t *testing.T, open func(t *testing.T) *store.DB)
	}{
		{"a-write-names-the-revision-it-read", compareAndSet},
		{"rollback-leaves-no-trace", rollback},
		{"a-refused-write-is-refused-inside-its-transaction", insideOne},
		{"delete-and-create-again", recreate},
		{"filters", filters},
		{"lists-see-the-transactions-own-writes", ownWrites},
		{"pages-hold-each-object-once", pages},
		{"one-event-per-change", events},
		{"events-under-a-resource", eventsUnder},
		{"events-by-what-they-say", eventsBy},
		{"events-keep-details", eventDetails},
		{"events-before-a-time", eventsBefore},
		{"views-follow-and-are-rebuilt-the-same", views},
		{"views-added-in-traffic-miss-nothing", lateView},
		{"watchers-see-every-id", watchers},
		{"those-who-wait-share-a-commit", groupCommit},
		{"a-batch-keeps-its-transactions-apart", apart},
		{"a-panic-hurts-only-its-caller", panics},
		{"a-reading-transaction-sees-those-before-it", predecessors},
		{"reading-never-waits", readingNeverWaits},
		{"a-closed-store-refuses", closed},
	} {
		t.Run(test.name, func(t *testing.T) { test.f(t, open) })
	}
}

const workspace atelier.ID = "workspaces/s~g~w"

func job(name string) *atelier.Job {
	j := &atelier.Job{Meta: atelier.Meta{ID: workspace.Child(atelier.KindJob, name), Name: name, UID: "uid-" + name}}
	j.Status.State = atelier.JobPreparing
	return j
}

func do(t *testing.T, db *store.DB, f func(tx *store.Tx) error) {
	t.Helper()
	if err := db.Do(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, db *store.DB, list ...atelier.Resource) {
	t.Helper()
	do(t, db, func(tx *store.Tx) error { return putAll(tx, list...) })
}

func putAll(tx *store.Tx, list ...atelier.Resource) error {
	for _, r := range list {
		if err := store.Put(tx, r); err != nil {
			return err
		}
	}
	return nil
}

// verify is the last line of most tests.
func verify(t *testing.T, db *store.DB) {
	t.Helper()
	if err := db.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func log(t *testing.T, db *store.DB, q store.EventQuery) (list []atelier.Event) {
	t.Helper()
	err := db.Read(t.Context(), func(tx *store.Tx) (err error) {
		list, err = store.Events(tx, q)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func names(t *testing.T, tx *store.Tx, q store.Query) (list []string) {
	t.Helper()
	if q.Kind == "" {
		q.Kind = atelier.KindJob
	}
	all, err := store.All[atelier.Job](tx, q)
	if err != nil {
		t.Error(err)
	}
	for _, j := range all {
		list = append(list, j.Name)
	}
	return list
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func compareAndSet(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	j := job("a")
	put(t, db, j)
	check(t, "revision after the first write", j.Rev, 1)
	stale := *j
	put(t, db, j)
	try := func(what string, kind atelier.Kind, f func(tx *store.Tx) error) {
		t.Helper()
		if err := db.Do(t.Context(), f); !atelier.IsKind(err, kind) {
			t.Errorf("%s: %v, want %s", what, err, kind)
		}
	}
	again := *job("a")
	try("create what exists", atelier.Conflict, func(tx *store.Tx) error { return store.Put(tx, &again) })
	try("write from an old revision", atelier.Conflict, func(tx *store.Tx) error { return store.Put(tx, &stale) })
	try("delete from an old revision", atelier.Conflict, func(tx *store.Tx) error { return store.Delete(tx, &stale) })
	try("delete what never was", atelier.NotFound, func(tx *store.Tx) error { return store.Delete(tx, job("b")) })
	try("read what never was", atelier.NotFound, func(tx *store.Tx) error {
		_, err := store.Get[atelier.Job](tx, job("b").ID)
		return err
	})
	err := db.Read(t.Context(), func(tx *store.Tx) error { return store.Put(tx, job("b")) })
	if err == nil {
		t.Error("a read-only transaction wrote")
	}
	check(t, "revision of a refused document", stale.Rev, 1)
	check(t, "number of events", len(log(t, db, store.EventQuery{})), 2)
	verify(t, db)
}

var errBoom = errors.New("boom")

func rollback(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	a, b := job("a"), job("b")
	put(t, db, a)
	changes := db.Watch()
	view := newQueue()
	if err := db.AddView(view); err != nil {
		t.Fatal(err)
	}
	before := view.String()
	err := db.Do(t.Context(), func(tx *store.Tx) error {
		a.Spec.Command = "changed"
		if err := putAll(tx, a, b, b); err != nil {
			return err
		}
		return errors.Join(store.Delete(tx, a), errBoom)
	})
	if !errors.Is(err, errBoom) {
		t.Fatalf("got %v, want what the transaction returned", err)
	}
	check(t, "revisions", []int64{a.Rev, b.Rev}, []int64{1, 0})
	check(t, "watched", changes.Take(), []atelier.ID{})
	check(t, "view", view, before)
	check(t, "events", len(log(t, db, store.EventQuery{})), 1)
	put(t, db, b)
	check(t, "events after the next", log(t, db, store.EventQuery{After: 1})[0].Seq, 2)
	verify(t, db)
}

func insideOne(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	do(t, db, func(tx *store.Tx) error {
		a := job("a")
		old := *a
		if err := putAll(tx, a, a); err != nil {
			return err
		}
		if err := store.Put(tx, &old); !atelier.IsKind(err, atelier.Conflict) {
			t.Errorf("create twice in one transaction: %v", err)
		}
		check(t, "revision of the refused", old.Rev, 0)
		return nil
	})
	verify(t, db)
}

func recreate(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	a, b := job("a"), job("b")
	put(t, db, a, b)
	again, third := job("a"), job("a")
	again.UID, third.UID = "second", "third"
	do(t, db, func(tx *store.Tx) error {
		if err := errors.Join(store.Delete(tx, a), store.Put(tx, again)); err != nil {
			return err
		}
		check(t, "order while deleted and created again", names(t, tx, store.Query{}), []string{"b", "a"})
		again.Spec.Command = "x"
		return store.Put(tx, again)
	})
	do(t, db, func(tx *store.Tx) error { return store.Delete(tx, again) })
	put(t, db, third)
	verify(t, db)
	do(t, db, func(tx *store.Tx) error { // never there for anybody else
		c := job("c")
		return errors.Join(store.Put(tx, c), store.Delete(tx, c))
	})
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		got, err := store.Get[atelier.Job](tx, a.ID)
		if err != nil {
			return err
		}
		check(t, "incarnation and revision", []any{got.UID, got.Rev}, []any{"third", 1})
		check(t, "order", names(t, tx, store.Query{}), []string{"b", "a"})
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	var verbs []string
	for _, e := range log(t, db, store.EventQuery{Under: a.ID}) {
		verbs = append(verbs, e.Verb+" "+e.UID)
	}
	check(t, "events", verbs, []string{"created uid-a", "deleted uid-a", "created second", "updated second", "deleted second", "created third"})
	verify(t, db)
}

func filters(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	x, y := workspace.Child(atelier.KindCompute, "x"), workspace.Child(atelier.KindCompute, "y")
	for i := range 12 {
		j := job(fmt.Sprintf("j%02d", i))
		j.Spec.Compute = []atelier.ID{x, y, ""}[i%3]
		j.Status.State = []atelier.JobState{atelier.JobQueued, atelier.JobRunning, atelier.JobCompleted, atelier.JobFailed}[i%4]
		put(t, db, j)
		task := &atelier.Task{Meta: atelier.Meta{ID: j.ID.Child(atelier.KindTask, "1-0"), Name: j.Name}, Compute: x, Node: x.Child(atelier.KindNode, fmt.Sprint(i%2))}
		if i%3 == 0 {
			task.State = atelier.TaskEnded
		}
		put(t, db, task)
	}
	other := job("other")
	other.ID = "workspaces/s~g~v/jobs/other"
	put(t, db, other, &atelier.Asset{Meta: atelier.Meta{ID: workspace.Child(atelier.KindCode, "c:1"), Name: "c"}, Hash: "h"})
	tests := []struct {
		q    store.Query
		want string
	}{
		{store.Query{Parent: workspace}, "[j00 j01 j02 j03 j04 j05 j06 j07 j08 j09 j10 j11]"},
		{store.Query{Parent: workspace, Newest: true, Limit: 3}, "[j11 j10 j09]"},
		{store.Query{Newest: true, Limit: 2}, "[other j11]"},
		{store.Query{Compute: x}, "[j00 j03 j06 j09]"},
		{store.Query{Compute: x, Newest: true, Limit: 2}, "[j09 j06]"},
		{store.Query{Compute: x, Active: true}, "[j00 j09]"},
		{store.Query{Compute: y, State: "Running"}, "[j01]"},
		{store.Query{State: "Failed"}, "[j03 j07 j11]"},
		{store.Query{State: "Failed", Parent: workspace, Active: true}, "[]"},
		{store.Query{Active: true, Parent: workspace}, "[j00 j01 j04 j05 j08 j09]"},
		{store.Query{Active: true, Parent: other.ID.Parent()}, "[other]"},
		{store.Query{Kind: atelier.KindTask, Node: x.Child(atelier.KindNode, "1")}, "[j01 j03 j05 j07 j09 j11]"},
		{store.Query{Kind: atelier.KindTask, Node: x.Child(atelier.KindNode, "1"), Active: true, Newest: true}, "[j11 j07 j05 j01]"},
		{store.Query{Kind: atelier.KindTask, Parent: job("j05").ID}, "[j05]"},
		{store.Query{Kind: atelier.KindCode, Hash: "h"}, "[c]"},
		{store.Query{Kind: atelier.KindCode, Hash: "H"}, "[]"},
		{store.Query{Kind: atelier.KindNode}, "[]"},
	}
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		for _, test := range tests {
			check(t, fmt.Sprintf("%+v", test.q), names(t, tx, test.q), test.want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func ownWrites(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	var stored []*atelier.Job
	for i := range 6 {
		stored = append(stored, job(fmt.Sprint("s", i)))
		put(t, db, stored[i])
	}
	do(t, db, func(tx *store.Tx) error {
		if err := errors.Join(store.Delete(tx, stored[0]), store.Delete(tx, stored[4]), store.Put(tx, job("n0"))); err != nil {
			return err
		}
		stored[2].Status.State = atelier.JobFailed
		if err := store.Put(tx, stored[2]); err != nil {
			return err
		}
		check(t, "all", names(t, tx, store.Query{}), "[s1 s2 s3 s5 n0]")
		check(t, "two", names(t, tx, store.Query{Limit: 2}), "[s1 s2]")
		check(t, "newest", names(t, tx, store.Query{Limit: 3, Newest: true}), "[n0 s5 s3]")
		check(t, "active", names(t, tx, store.Query{Active: true, Limit: 3}), "[s1 s3 s5]")
		check(t, "failed", names(t, tx, store.Query{State: "Failed"}), "[s2]")
		check(t, "preparing", names(t, tx, store.Query{State: "Preparing", Newest: true, Limit: 2}), "[n0 s5]")
		return nil
	})
	verify(t, db)
}

// pages pages through a list while others come and go.
func pages(t *testing.T, open func(t *testing.T) *store.DB) {
	for _, newest := range []bool{false, true} {
		db := open(t)
		var all []string
		for i := range 25 {
			all = append(all, fmt.Sprint("stays", i))
			put(t, db, job(all[i]), job(fmt.Sprint("goes", i)))
		}
		var seen []string
		q := store.Query{Kind: atelier.KindJob, Parent: workspace, Limit: 7, Newest: newest}
		for page := 0; page == 0 || q.After > 0; page++ {
			put(t, db, job(fmt.Sprint("comes", page)))
			do(t, db, func(tx *store.Tx) error {
				gone, err := store.Get[atelier.Job](tx, job(fmt.Sprint("goes", page*3)).ID)
				if err != nil {
					return err
				}
				return store.Delete(tx, gone)
			})
			err := db.Read(t.Context(), func(tx *store.Tx) error {
				list, next, err := store.List[atelier.Job](tx, q)
				for _, j := range list {
					if slices.Contains(all, j.Name) {
						seen = append(seen, j.Name)
					}
				}
				q.After = next
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if newest {
			slices.Reverse(seen)
		}
		check(t, "what existed throughout", seen, all)
	}
}
