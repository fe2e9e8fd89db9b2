package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atelier-compute/atelier"
)

// faulty is an engine whose next commit fails.
type faulty struct {
	*Disk
	fails error
}

func (f *faulty) commit(rows []row, log []entry) error {
	if err := f.fails; err != nil {
		f.fails = nil
		return err
	}
	return f.Disk.commit(rows, log)
}

func openFaulty() (*DB, *faulty) {
	db := OpenDisk(new(Disk), time.Now)
	f := &faulty{Disk: db.eng.(*Disk)}
	db.eng = f
	return db, f
}

func task(name string) *atelier.Task {
	return &atelier.Task{Meta: atelier.Meta{ID: atelier.ID("jobs/j/tasks/" + name), Name: name}}
}

// names is a view of what tasks there are.
type names map[string]bool

func (v names) Kinds() []string { return []string{atelier.KindTask} }
func (v names) Reset()          { clear(v) }
func (v names) Apply(c Change)  { v[c.ID.Name()] = !c.Gone }

func TestFailedCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, disk := openFaulty()
		view := names{}
		if err := db.AddView(view); err != nil {
			t.Fatal(err)
		}
		changes := db.Watch()
		release, hold := make(chan bool), make(chan error)
		go func() { hold <- db.Do(t.Context(), func(*Tx) error { <-release; return nil }) }()
		synctest.Wait()
		a := task("a")
		answers := make(chan error)
		for _, f := range []func(tx *Tx) error{
			func(tx *Tx) error { return Put(tx, a) },
			func(tx *Tx) error { return Put(tx, task("a")) },                                 // refused for what will not be
			func(tx *Tx) error { _, err := Get[atelier.Task](tx, task("a").ID); return err }, // saw what will not be
		} {
			go func() { answers <- db.Do(t.Context(), f) }()
			synctest.Wait()
		}
		disk.fails = atelier.Errorf(atelier.Transient, "StorageFull", "full")
		close(release)
		if err := <-hold; err != nil {
			t.Error(err)
		}
		for range 3 {
			if err := <-answers; !atelier.IsKind(err, atelier.Transient) {
				t.Errorf("a caller of the failed batch got %v", err)
			}
		}
		if a.Rev != 0 || view["a"] || len(changes.Take()) > 0 || db.Broken() != nil {
			t.Errorf("traces of the failed batch: revision %d, view %v, broken %v", a.Rev, view, db.Broken())
		}
		if err := db.Do(t.Context(), func(tx *Tx) error { return Put(tx, a) }); err != nil || !view["a"] {
			t.Errorf("the same again: %v, view %v", err, view)
		}
		if err := db.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestFatalCommit(t *testing.T) {
	db, disk := openFaulty()
	disk.fails = fatal{errors.New("input/output error")}
	put := func() error { return db.Do(t.Context(), func(tx *Tx) error { return Put(tx, task("a")) }) }
	for _, try := range []string{"the failed one", "the next"} {
		if err := put(); err == nil || !strings.Contains(err.Error(), "input/output error") || !strings.Contains(err.Error(), "restart") {
			t.Errorf("%s: %v", try, err)
		}
	}
	if db.Broken() == nil {
		t.Error("not broken")
	}
}

// angry is a view that cannot stand the task "b".
type angry struct{ names }

func (v angry) Apply(c Change) {
	if c.ID.Name() == "b" {
		panic("no b")
	}
}

func TestPanicInAView(t *testing.T) {
	db := OpenDisk(new(Disk), time.Now)
	if err := db.AddView(angry{names{}}); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = db.Do(t.Context(), func(tx *Tx) error { return Put(tx, task("b")) })
		t.Error("the panic was swallowed")
	}()
	if err := db.Do(t.Context(), func(*Tx) error { return nil }); err == nil {
		t.Error("the store goes on with a view that missed a change")
	}
}

// TestQueryPlans holds every kind of list against the indexes: it must seek to its
// page and read on in order, or deep pages and long histories cost more.
func TestQueryPlans(t *testing.T) {
	db, err := OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "atelier.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	writer := db.eng.(*sqliteFile).writer
	plan := func(text string, args []any) string {
		rows, err := writer.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		defer func() { _ = rows.Close() }()
		all := ""
		for rows.Next() {
			var detail string
			if err := rows.Scan(new(int), new(int), new(int), &detail); err != nil {
				t.Fatal(err)
			}
			all += detail + "; "
		}
		return all
	}
	q := Query{Kind: "jobs"}
	for bits := range 128 {
		q.Parent = atelier.ID(pick(bits&1, "p"))
		q.State = pick(bits&2, "s")
		q.Compute = atelier.ID(pick(bits&4, "c"))
		q.Node = atelier.ID(pick(bits&8, "n"))
		q.Hash = pick(bits&16, "h")
		q.Newest = bits&32 > 0
		q.After = int64(bits & 64)
		for _, part := range [][2]bool{{false, false}, {true, false}, {false, true}} {
			if (q.Compute != "" || q.Node != "") && q.Hash == "" && part == [2]bool{} {
				continue // asked in two parts
			}
			got := plan(selection(q, part[0], part[1]))
			if !strings.HasPrefix(got, "SEARCH resources USING INDEX") || strings.Contains(got, "TEMP B-TREE") ||
				(q.After > 0) != strings.Contains(got, "rowid") {
				t.Errorf("%+v: %s", q, got)
			}
		}
	}
	for _, q := range []EventQuery{{}, {Newest: true, Limit: 1}, {Before: 9, Reason: "r"}} {
		q.Of = "workspaces/w/computes/c"
		if got := plan(eventSelection(q)); !strings.Contains(got, "events_target (target=? AND rowid>?") || strings.Contains(got, "SCAN") || strings.Contains(got, "ORDER BY") {
			t.Errorf("%+v: %s", q, got)
		}
	}
	for _, under := range []atelier.ID{"", "workspaces/w", "workspaces/w/jobs/j"} {
		for _, q := range []EventQuery{{Limit: 5}, {Limit: 5, Newest: true, Before: 9, Actor: "a", Reason: "r", Verb: "v"}} {
			q.Under = under
			if got := plan(eventSelection(q)); strings.Contains(got, "SCAN") || strings.Contains(got, "ORDER BY") {
				t.Errorf("%+v: %s", q, got)
			}
		}
	}
}

func pick(bit int, s string) string {
	if bit == 0 {
		return ""
	}
	return s
}

func TestErrorsOfSQLite(t *testing.T) {
	if err := classify(errors.New("unheard of")); !errors.As(err, new(fatal)) {
		t.Errorf("an unknown error is not fatal: %v", err)
	}
	if err := classify(fmt.Errorf("wrapped: %w", errors.New("x"))); err.Error() != "wrapped: x" {
		t.Errorf("the cause is lost: %v", err)
	}
}

// ages is a view that notes in what order it hears of tasks.
type ages struct{ seen []string }

func (v *ages) Kinds() []string { return []string{atelier.KindTask} }
func (v *ages) Reset()          { v.seen = nil }
func (v *ages) Apply(c Change) {
	v.seen = append(v.seen, c.ID.Name()+" "+c.Resource().Head().CreatedBy)
}

// TestViewAddedInABatch fills a view with what is stored and what those before it in
// the batch wrote, oldest first.
func TestViewAddedInABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := OpenDisk(new(Disk), time.Now)
		a, b, c := task("a"), task("b"), task("c")
		write := func(list ...*atelier.Task) error {
			return db.Do(t.Context(), func(tx *Tx) (err error) {
				for _, v := range list {
					err = errors.Join(err, Put(tx, v))
				}
				return err
			})
		}
		if err := write(a, b, c); err != nil {
			t.Fatal(err)
		}
		release, answers, view := make(chan bool), make(chan error), new(ages)
		b.CreatedBy = "again"
		for _, f := range []func() error{
			func() error { return db.Do(t.Context(), func(*Tx) error { <-release; return nil }) },
			func() error { return write(task("d"), b) },
			func() error { return db.AddView(view) },
		} {
			go func() { answers <- f() }()
			synctest.Wait()
		}
		close(release)
		if err := errors.Join(<-answers, <-answers, <-answers); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%q", view.seen); got != `["a " "b again" "c " "d "]` {
			t.Errorf("the view saw %s", got)
		}
	})
}
