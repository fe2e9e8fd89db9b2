// Package store keeps resources. All work happens in transactions, which run one
// after another; a write names the revision it read, so lost updates cannot
// happen; every change appends an event in the same transaction. Transactions that
// wait at the same time are committed together, so that they share one sync of the
// disk. It is the only package that knows SQL.
//
// What decisions read is kept in views: in memory, derived from the resources,
// updated by each transaction and rebuilt at the start.
package store

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
)

// DB is a store of resources. It is safe for concurrent use and starts no
// goroutine: of the callers that wait, one commits for all.
type DB struct {
	// Point, if set, is told of every point at which a crash makes a difference.
	// The simulation crashes there; it is nil in production.
	Point func(name string)

	// Now dates events.
	Now func() time.Time

	eng engine

	mu      sync.Mutex // guards waiting and leading
	waiting []*call
	leading bool // one of the callers is committing

	run    sync.RWMutex // guards the views and all below: held while transactions run, not while they sync
	views  []View
	seq    int64 // of the last event
	broken error // why nothing can be written any more

	subMu sync.Mutex
	subs  []*Changes
}

// call is one transaction that waits for its turn. Done receives once: lead means
// that the caller must commit for everybody, itself included.
type call struct {
	f     func(*Tx) error
	done  chan bool // true: lead; false: settled
	err   error
	panic any
}

// engine keeps rows. It is called by one goroutine at a time, save for read.
type engine interface {
	reader
	// commit makes the batch durable, all of it or nothing.
	commit(rows []row, events []atelier.Event) error
	// read gives f a view of one moment's committed rows, while commits go on.
	read(f func(reader) error) error
	lastSeq() (int64, error)
	close() error
}

type reader interface {
	get(id atelier.ID) (row, error) // rev 0 if there is none
	list(q Query) ([]row, error)    // in the order of q, at most q.Limit
	events(q EventQuery) ([]atelier.Event, error)
	// scan calls f for every row of the kinds that is not done, in the order of seq.
	scan(kinds []string, f func(row) error) error
}

// row is one resource as it is stored. A deleted one has rev 0 and no body.
type row struct {
	id      atelier.ID
	seq     int64 // of the event that created it: the order of age
	rev     int64
	index   atelier.Index
	created time.Time
	body    []byte
}

// Do runs f in a serializable transaction and commits it unless f fails. It
// returns when the change is durable and views and watchers know of it. F may be
// abandoned half-way but is never run twice. It must not call Do.
func (db *DB) Do(_ context.Context, f func(*Tx) error) error {
	c := &call{f: f, done: make(chan bool, 1)}
	db.mu.Lock()
	db.waiting = append(db.waiting, c)
	if db.leading {
		db.mu.Unlock()
		if lead := <-c.done; !lead {
			return c.result()
		}
		db.mu.Lock()
	}
	db.leading = true
	batch := db.waiting
	db.waiting = nil
	db.mu.Unlock()
	defer db.handOver()
	db.commit(batch)
	for _, other := range batch {
		if other != c {
			other.done <- false
		}
	}
	return c.result()
}

func (c *call) result() error {
	if c.panic != nil {
		panic(c.panic)
	}
	return c.err
}

// handOver makes the first of those who came meanwhile commit for the rest.
func (db *DB) handOver() {
	db.mu.Lock()
	defer db.mu.Unlock()
	if len(db.waiting) == 0 {
		db.leading = false
		return
	}
	db.waiting[0].done <- true
}

// Read runs f on one moment's committed resources, without waiting for writers. F
// must not write.
func (db *DB) Read(_ context.Context, f func(*Tx) error) error {
	return db.eng.read(func(r reader) error { return f(&Tx{r: r, readOnly: true}) })
}

// Peek runs f while no transaction runs, so that it may read the views.
func (db *DB) Peek(f func()) {
	db.run.RLock()
	defer db.run.RUnlock()
	f()
}

// Close releases the files.
func (db *DB) Close() error { return db.eng.close() }

// Broken returns why nothing can be written any more, or nil.
func (db *DB) Broken() error {
	db.run.RLock()
	defer db.run.RUnlock()
	return db.broken
}

// commit runs the transactions of the batch and makes them durable together.
func (db *DB) commit(batch []*call) {
	rows, events, ids := db.runAll(batch)
	if len(rows) == 0 {
		return
	}
	db.point("before-commit")
	if err := db.eng.commit(rows, events); err != nil {
		err = fmt.Errorf("commit: %w", err)
		db.recoverFrom(err)
		for _, c := range batch {
			if c.err == nil {
				c.err = err
			}
		}
		return
	}
	db.wake(ids)
	db.point("after-commit")
}

func (db *DB) runAll(batch []*call) ([]row, []atelier.Event, []atelier.ID) {
	db.run.Lock()
	defer db.run.Unlock()
	over := &overlay{base: db.eng, rows: map[atelier.ID]row{}}
	var events []atelier.Event
	for _, c := range batch {
		if db.broken != nil {
			c.err = db.broken
			continue
		}
		tx := &Tx{r: over, over: over, undo: map[atelier.ID]*row{}, seq: db.seq, now: db.Now}
		if !c.run(tx) {
			tx.rollback()
			continue
		}
		db.seq = tx.seq
		events = append(events, tx.events...)
		for _, id := range tx.touched {
			db.show(over.rows[id])
		}
	}
	rows := make([]row, 0, len(over.order))
	ids := make([]atelier.ID, 0, len(over.order))
	for _, id := range over.order {
		if r, ok := over.rows[id]; ok {
			rows, ids = append(rows, r), append(ids, id)
		}
	}
	return rows, events, ids
}

func (c *call) run(tx *Tx) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			c.panic, ok = p, false
		}
	}()
	c.err = c.f(tx)
	return c.err == nil
}

// recoverFrom brings the views back to what is stored after a commit failed. If
// that fails too, nothing can be written any more: the process must start again.
func (db *DB) recoverFrom(cause error) {
	db.run.Lock()
	defer db.run.Unlock()
	seq, err := db.eng.lastSeq()
	if err == nil {
		db.seq = seq
		for _, v := range db.views {
			if err = db.load(v); err != nil {
				break
			}
		}
	}
	if err != nil {
		db.broken = fmt.Errorf("%w; restart Atelier when the disk is well again (%v)", cause, err)
	}
}

func (db *DB) point(name string) {
	if db.Point != nil {
		db.Point(name)
	}
}

func decode(r row) (atelier.Resource, error) {
	res := atelier.New(r.id.Kind())
	if res == nil {
		return nil, fmt.Errorf("decode %s: no such kind", r.id)
	}
	if err := json.Unmarshal(r.body, res); err != nil {
		return nil, fmt.Errorf("decode %s: %w", r.id, err)
	}
	return res, nil
}
