package store

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
)

// View is what decisions read: kept in memory, derived from the resources. Its
// methods are called while no other transaction runs. A view is disposable: after
// Reset and Apply for every resource that is not done, it must be what it was.
type View interface {
	Kinds() []string // the kinds it wants to hear of
	Reset()
	Apply(c Change)
}

// Change is one resource as a transaction left it.
type Change struct {
	ID      atelier.ID
	Gone    bool  // deleted
	Seq     int64 // position in the order of age
	Index   atelier.Index
	Created time.Time

	row  row
	from reader // where the document is if row was read without it
}

// Resource decodes the document. It is nil if the resource is gone; a document
// that cannot be decoded is a broken store, hence the panic.
func (c Change) Resource() atelier.Resource {
	if c.Gone {
		return nil
	}
	r, err := c.row, error(nil)
	if r.body == nil {
		r, err = c.from.get(c.ID)
	}
	var res atelier.Resource
	if err == nil {
		res, err = decode(r)
	}
	if err != nil {
		panic(err)
	}
	return res
}

// AddView fills the view and keeps it up to date from now on.
func (db *DB) AddView(v View) error {
	return db.do(func(tx *Tx) error { // a turn of its own, so that it misses nothing
		db.views = append(db.views, v)
		ok := false
		defer func() {
			if !ok {
				db.views = db.views[:len(db.views)-1]
			}
		}()
		err := load(v, tx.r)
		ok = err == nil
		return err
	})
}

func load(v View, r reader) error {
	v.Reset()
	return r.scan(v.Kinds(), func(row row) error {
		v.Apply(change(row, r))
		return nil
	})
}

// Scan calls f for every committed resource of the kinds that is not done, oldest
// first, without reading the documents: what a server looks at when it starts.
func (db *DB) Scan(kinds []string, f func(Change)) error {
	return db.eng.read(func(r reader) error {
		return r.scan(kinds, func(row row) error {
			f(change(row, r))
			return nil
		})
	})
}

func (db *DB) show(r row) {
	for _, v := range db.views {
		if slices.Contains(v.Kinds(), r.id.Kind()) {
			v.Apply(change(r, nil))
		}
	}
}

func change(r row, from reader) Change {
	return Change{ID: r.id, Gone: r.rev == 0, Seq: r.seq, Index: r.index, Created: r.created, row: r, from: from}
}

// Changes tells which resources to look at again. It is a wake-up, not a log:
// repeated changes to one resource count once, and the reader must read again.
type Changes struct {
	Wake chan struct{} // receives when Take has something

	mu    sync.Mutex
	dirty map[atelier.ID]bool
}

// Watch returns the changes from now on.
func (db *DB) Watch() *Changes {
	c := &Changes{Wake: make(chan struct{}, 1), dirty: map[atelier.ID]bool{}}
	db.subMu.Lock()
	defer db.subMu.Unlock()
	db.subs = append(db.subs, c)
	return c
}

// Unwatch ends the watch.
func (db *DB) Unwatch(c *Changes) {
	db.subMu.Lock()
	defer db.subMu.Unlock()
	db.subs = slices.DeleteFunc(db.subs, func(x *Changes) bool { return x == c })
}

// Take returns the changed IDs, in order, and forgets them.
func (c *Changes) Take() []atelier.ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := slices.Sorted(maps.Keys(c.dirty))
	clear(c.dirty)
	return ids
}

func (db *DB) wake(ids []atelier.ID) {
	db.subMu.Lock()
	defer db.subMu.Unlock()
	for _, c := range db.subs {
		c.add(ids)
	}
}

func (c *Changes) add(ids []atelier.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		c.dirty[id] = true
	}
	select {
	case c.Wake <- struct{}{}:
	default: // already awake
	}
}
