package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// together runs the transactions as one batch: they queue behind one that is held
// until all wait. It returns what each caller got.
func together(t *testing.T, db *store.DB, batch ...func(tx *store.Tx) error) []error {
	errs := make([]error, len(batch))
	release := make(chan bool)
	var all sync.WaitGroup
	all.Go(func() {
		do(t, db, func(*store.Tx) error { <-release; return nil })
	})
	synctest.Wait()
	for i, f := range batch {
		all.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					errs[i] = fmt.Errorf("panic: %v", p)
				}
			}()
			errs[i] = db.Do(t.Context(), f)
		})
		synctest.Wait() // so that they wait in this order
	}
	close(release)
	all.Wait()
	return errs
}

func groupCommit(t *testing.T, open func(t *testing.T) *store.DB) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		commits := 0
		db.Point = func(name string) {
			if name == "before-commit" {
				commits++
			}
		}
		var batch []func(tx *store.Tx) error
		for i := range 64 {
			batch = append(batch, func(tx *store.Tx) error { return store.Put(tx, job(fmt.Sprint(i))) })
		}
		check(t, "errors", errors.Join(together(t, db, batch...)...), nil)
		check(t, "commits of 64 transactions", commits, 1)
		check(t, "events", len(log(t, db, store.EventQuery{})), 64)
		verify(t, db)
	})
}

func apart(t *testing.T, open func(t *testing.T) *store.DB) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		put(t, db, job("old"))
		view := newQueue()
		if err := db.AddView(view); err != nil {
			t.Fatal(err)
		}
		changes := db.Watch()
		update := func(command string, fail error) func(tx *store.Tx) error {
			return func(tx *store.Tx) error {
				j, err := store.Get[atelier.Job](tx, job("old").ID)
				if err != nil {
					return err
				}
				j.Spec.Command += command
				return errors.Join(store.Put(tx, j), fail)
			}
		}
		create := func(name string, fail error) func(tx *store.Tx) error {
			return func(tx *store.Tx) error { return errors.Join(store.Put(tx, job(name)), fail) }
		}
		errs := together(t, db, update("1", nil), create("n", errBoom), update("2", errBoom), create("n", nil), create("n", nil),
			update("3", nil), create("m", errBoom))
		var got []string
		for _, err := range errs {
			got = append(got, map[bool]string{true: "ok", false: "failed"}[err == nil])
		}
		check(t, "outcomes", got, "[ok failed failed ok failed ok failed]")
		check(t, "watched", changes.Take(), []atelier.ID{job("n").ID, job("old").ID})
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			j, err := store.Get[atelier.Job](tx, job("old").ID)
			if err == nil {
				check(t, "what the successful ones wrote", []any{j.Spec.Command, j.Rev}, []any{"13", 3})
			}
			return err
		})
		check(t, "error", err, nil)
		check(t, "view", view, rebuilt(t, db))
		verify(t, db)
	})
}

func panics(t *testing.T, open func(t *testing.T) *store.DB) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		errs := together(t, db,
			func(tx *store.Tx) error { return store.Put(tx, job("a")) },
			func(tx *store.Tx) error { _ = store.Put(tx, job("p")); panic("ouch") },
			func(tx *store.Tx) error { return store.Put(tx, job("b")) })
		check(t, "outcomes", errs, "[<nil> panic: ouch <nil>]")
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			check(t, "stored", names(t, tx, store.Query{}), "[a b]")
			return nil
		})
		check(t, "error", err, nil)
		put(t, db, job("c"))
		verify(t, db)
	})
}

func predecessors(t *testing.T, open func(t *testing.T) *store.DB) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		put(t, db, job("stored"))
		var seen []string
		errs := together(t, db,
			func(tx *store.Tx) error { return store.Put(tx, job("a")) },
			func(tx *store.Tx) error { seen = names(t, tx, store.Query{Newest: true, Limit: 1}); return nil },
			func(tx *store.Tx) error { return store.Put(tx, job("b")) })
		check(t, "outcomes", errors.Join(errs...), nil)
		check(t, "seen", seen, "[a]")
	})
}

func readingNeverWaits(t *testing.T, open func(t *testing.T) *store.DB) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		put(t, db, job("a"))
		hold, held := make(chan bool), make(chan bool)
		var writer sync.WaitGroup
		writer.Go(func() {
			do(t, db, func(tx *store.Tx) error {
				close(held)
				<-hold
				return store.Put(tx, job("b"))
			})
		})
		<-held
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			check(t, "read while a transaction runs", names(t, tx, store.Query{}), "[a]")
			return nil
		})
		check(t, "error", err, nil)
		close(hold)
		writer.Wait()
	})
}

func closed(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	put(t, db, job("a"))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Do(t.Context(), func(tx *store.Tx) error { return store.Put(tx, job("b")) }); err == nil {
		t.Error("a closed store took a write")
	}
	if db.Broken() == nil {
		t.Error("a closed store does not say so")
	}
}

func watchers(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	first, late := db.Watch(), db.Watch()
	db.Unwatch(late)
	var all sync.WaitGroup
	var want []atelier.ID
	for i := range 8 {
		for k := range 20 {
			want = append(want, job(fmt.Sprintf("%d-%d", i, k)).ID)
		}
		all.Go(func() {
			for k := range 20 {
				if err := db.Do(t.Context(), func(tx *store.Tx) error { return store.Put(tx, job(fmt.Sprintf("%d-%d", i, k))) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	<-first.Wake
	got := first.Take()
	slices.Sort(want)
	check(t, "changed", got, want)
	check(t, "taken twice", first.Take(), []atelier.ID{})
	check(t, "after the watch ended", late.Take(), []atelier.ID{})
	verify(t, db)
}

func lateView(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for k := range 50 {
				if err := db.Do(t.Context(), func(tx *store.Tx) error { return store.Put(tx, job(fmt.Sprintf("%d-%d", i, k))) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var list []*queue
	for range 10 {
		v := newQueue()
		list = append(list, v)
		if err := db.AddView(v); err != nil {
			t.Fatal(err)
		}
	}
	all.Wait()
	want := rebuilt(t, db)
	for i, v := range list {
		check(t, fmt.Sprint("view ", i), v, want)
	}
}
