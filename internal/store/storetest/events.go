package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

func events(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	a, b := job("a"), job("b")
	do(t, db, func(tx *store.Tx) error {
		tx.Actor = "jobs"
		if err := putAll(tx, a, b); err != nil {
			return err
		}
		tx.Note(a.ID, "FirstWords", "for %s", "nothing")
		b.Status.State = atelier.JobCompleted
		if err := store.Put(tx, b); err != nil {
			return err
		}
		tx.Note(b.ID, "JobCompleted", "after %d s", 3)
		tx.Note(job("c").ID, "Nobody", "is told")
		return nil
	})
	do(t, db, func(tx *store.Tx) error { return store.Delete(tx, a) })
	want := []atelier.Event{
		{Seq: 1, Actor: "jobs", Verb: "created", Target: a.ID, UID: "uid-a", Rev: 1, State: "Preparing", Reason: "FirstWords", Message: "for nothing"},
		{Seq: 2, Actor: "jobs", Verb: "created", Target: b.ID, UID: "uid-b", Rev: 1, State: "Preparing"},
		{Seq: 3, Actor: "jobs", Verb: "updated", Target: b.ID, UID: "uid-b", Rev: 2, State: "Completed", Reason: "JobCompleted", Message: "after 3 s"},
		{Seq: 4, Verb: "deleted", Target: a.ID, UID: "uid-a", Rev: 1},
	}
	got := log(t, db, store.EventQuery{})
	for i := range got {
		if got[i].At.IsZero() {
			t.Errorf("event %d has no time", i+1)
		}
		got[i].At = want[i].At
	}
	check(t, "events", got, want)
	verify(t, db)
}

func eventsUnder(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	a, ab := job("a"), job("a-b") // "-" sorts before "/"
	task := &atelier.Task{Meta: atelier.Meta{ID: a.ID.Child(atelier.KindTask, "1-0")}}
	elsewhere := job("a")
	elsewhere.ID = "workspaces/s~g~w2/jobs/a"
	for range 3 {
		put(t, db, a, ab, task, elsewhere)
	}
	tests := []struct {
		q    store.EventQuery
		want string
	}{
		{store.EventQuery{Under: a.ID}, "[1 3 5 7 9 11]"},
		{store.EventQuery{Under: a.ID, After: 5}, "[7 9 11]"},
		{store.EventQuery{Under: a.ID, Limit: 2}, "[1 3]"},
		{store.EventQuery{Under: a.ID, Limit: 2, Newest: true}, "[9 11]"},
		{store.EventQuery{Under: a.ID, Limit: 2, Newest: true, After: 10}, "[11]"},
		{store.EventQuery{Under: ab.ID}, "[2 6 10]"},
		{store.EventQuery{Of: a.ID}, "[1 5 9]"},
		{store.EventQuery{Of: a.ID, Under: ab.ID}, "[1 5 9]"},
		{store.EventQuery{Of: a.ID, After: 1, Before: 9}, "[5]"},
		{store.EventQuery{Of: a.ID, Newest: true, Limit: 1, Before: 9}, "[5]"},
		{store.EventQuery{Of: workspace}, "[]"},
		{store.EventQuery{Under: workspace, Limit: 4}, "[1 2 3 5]"},
		{store.EventQuery{Under: workspace, Limit: 4, Newest: true}, "[7 9 10 11]"},
		{store.EventQuery{Under: a.ID, Limit: 2, Newest: true, Before: 9}, "[5 7]"},
		{store.EventQuery{Under: workspace, Limit: 3, Newest: true, Before: 7}, "[3 5 6]"},
		{store.EventQuery{After: 9}, "[10 11 12]"},
		{store.EventQuery{After: 9, Before: 12}, "[10 11]"},
		{store.EventQuery{After: 99}, "[]"},
		{store.EventQuery{Limit: 2, Newest: true}, "[11 12]"},
	}
	for _, test := range tests {
		var got []int64
		for _, e := range log(t, db, test.q) {
			got = append(got, e.Seq)
		}
		check(t, fmt.Sprintf("%+v", test.q), got, test.want)
	}
}

func eventsBy(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	a, b := job("a"), job("b")
	for _, actor := range []string{"ann", "jobs"} {
		do(t, db, func(tx *store.Tx) error {
			tx.Actor = actor
			err := putAll(tx, a, b)
			tx.Note(b.ID, "Why"+actor, "words")
			return err
		})
	}
	do(t, db, func(tx *store.Tx) error { return store.Delete(tx, a) })
	for _, test := range []struct {
		q    store.EventQuery
		want string
	}{
		{store.EventQuery{Actor: "ann"}, "[1 2]"},
		{store.EventQuery{Verb: "updated"}, "[3 4]"},
		{store.EventQuery{Reason: "Whyjobs"}, "[4]"},
		{store.EventQuery{Actor: "ann", Reason: "Whyjobs"}, "[]"},
		{store.EventQuery{Actor: "jobs", Verb: "updated", Under: a.ID}, "[3]"},
		{store.EventQuery{Actor: "jobs", Under: workspace, Newest: true, Limit: 1, Before: 4}, "[3]"},
		{store.EventQuery{Verb: "deleted", Limit: 5}, "[5]"},
	} {
		var got []int64
		for _, e := range log(t, db, test.q) {
			got = append(got, e.Seq)
		}
		check(t, fmt.Sprintf("%+v", test.q), got, test.want)
	}
}

// eventDetails: the details of a change are in its event, and nowhere else.
func eventDetails(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	view := &details{}
	if err := db.AddView(view); err != nil {
		t.Fatal(err)
	}
	c := &atelier.Compute{Meta: atelier.Meta{ID: workspace.Child(atelier.KindCompute, "c"), Name: "c", UID: "u"}}
	c.Spec.Cluster = &atelier.ClusterSpec{Max: 4}
	put(t, db, c)
	c.Status.Target, c.Status.Counts.Preparing = 3, 2
	put(t, db, c, job("a"))
	do(t, db, func(tx *store.Tx) error { return store.Delete(tx, c) })
	var got []string
	for _, e := range log(t, db, store.EventQuery{}) {
		got = append(got, e.Verb+e.Detail)
	}
	check(t, "details", got, []string{"created[]", "updated[3,0,0,0,2]", "created", "deleted"})
	check(t, "details in the view", view.said, []string{"", "", ""})
	verify(t, db)
}

// details notes those that a view is told of.
type details struct{ said []string }

func (v *details) Kinds() []string      { return []string{atelier.KindCompute} }
func (v *details) Reset()               { v.said = nil }
func (v *details) Apply(c store.Change) { v.said = append(v.said, c.Index.Detail) }

func eventsBefore(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	last := func(at time.Time) (seq int64) {
		t.Helper()
		err := db.Read(t.Context(), func(tx *store.Tx) (err error) {
			seq, err = store.LastBefore(tx, at)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return seq
	}
	check(t, "before everything in an empty store", last(time.Now().Add(time.Hour)), 0)
	for i := range 20 {
		put(t, db, job(fmt.Sprint(i)))
	}
	all := log(t, db, store.EventQuery{})
	for i, e := range all {
		want := int64(i) // unless events are of one time
		for want > 0 && !all[want-1].At.Before(e.At) {
			want--
		}
		check(t, fmt.Sprintf("before event %d", e.Seq), last(e.At), want)
	}
	check(t, "before now", last(time.Now().Add(time.Hour)), 20)
	check(t, "before everything", last(time.Time{}), 0)
}

// queue is a view of the active jobs and tasks, with a document's field as proof
// that documents can be read.
type queue struct{ rows map[atelier.ID]string }

func newQueue() *queue { return &queue{} }

func (v *queue) Kinds() []string { return []string{atelier.KindTask, atelier.KindJob} }
func (v *queue) Reset()          { v.rows = map[atelier.ID]string{} }

func (v *queue) Apply(c store.Change) {
	if c.Gone || c.Index.Done {
		delete(v.rows, c.ID)
		return
	}
	v.rows[c.ID] = fmt.Sprint(c.Seq, c.Index, c.Created.UnixMicro(), c.Resource().Head().UID, c.Resource().Head().Rev)
}

func (v *queue) String() string {
	s := ""
	for _, id := range slices.Sorted(maps.Keys(v.rows)) {
		s += fmt.Sprintln(id, v.rows[id])
	}
	return s
}

func rebuilt(t *testing.T, db *store.DB) *queue {
	t.Helper()
	v := newQueue()
	if err := db.AddView(v); err != nil {
		t.Fatal(err)
	}
	return v
}

func views(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	view := rebuilt(t, db)
	a, b, c := job("a"), job("b"), job("c")
	put(t, db, a, b, c, &atelier.Task{Meta: atelier.Meta{ID: a.ID.Child(atelier.KindTask, "1-0")}})
	c.Status.State = atelier.JobCompleted
	b.Spec.Priority = 7
	do(t, db, func(tx *store.Tx) error { return errors.Join(putAll(tx, c, b), store.Delete(tx, a)) })
	check(t, "view", view, rebuilt(t, db))
	check(t, "size of the view", len(view.rows), 2)
}
