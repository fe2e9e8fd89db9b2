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
	"errors"
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
	seq    int64  // of the last event
	head   []byte // hash of the last event
	broken error  // why nothing can be written any more

	subMu sync.Mutex
	subs  []*Changes
}

// call is one transaction that waits for its turn. Done receives once: lead means
// that the caller must commit for everybody, itself included.
type call struct {
	f     func(*Tx) error
	tx    *Tx       // set when it ran and was not rolled back
	done  chan bool // true: lead; false: settled
	err   error
	panic any
}

// engine keeps rows. It is called by one goroutine at a time, save for read.
type engine interface {
	// reader reads what is committed, for the goroutine that commits.
	reader() reader
	// commit makes the batch durable, all of it or nothing. An error that is fatal
	// leaves open what is on the disk: nothing more may be written.
	commit(rows []row, log []entry) error
	// read gives f a view of one moment's committed rows, while commits go on.
	read(f func(reader) error) error
	// tail returns the number and the hash of the last event.
	tail() (int64, []byte, error)
	// check looks for damage below the rows; it may be called at any time.
	check(ctx context.Context) error
	close() error
}

type reader interface {
	get(id atelier.ID) (row, error) // rev 0 if there is none
	list(q Query) ([]row, error)    // in the order of q, at most q.Limit
	events(q EventQuery) ([]atelier.Event, error)
	// scan calls f for every row of the kinds that is not done, in the order of seq.
	// The rows may come without body.
	scan(kinds []string, f func(row) error) error
	all(f func(row) error) error     // every row, in the order of seq
	trail(f func(entry) error) error // the whole log
}

// fatal is an error after which nobody knows what the disk holds.
type fatal struct{ error }

func (f fatal) Unwrap() error { return f.error }

// row is one resource as it is stored. A deleted one has rev 0 and no body.
type row struct {
	id      atelier.ID
	seq     int64 // of the event that created it: the order of age
	rev     int64
	index   atelier.Index
	created time.Time
	body    []byte
	again   bool // created where another was deleted in the same batch
}

// Do runs f in a serializable transaction and commits it unless f fails. It
// returns when the change is durable and views and watchers know of it; an error of
// kind Transient means that it was not saved. F may be abandoned half-way but is
// never run twice. It must be quick, and must not call Do, Peek or AddView.
func (db *DB) Do(_ context.Context, f func(*Tx) error) error { return db.do(f) }

func (db *DB) do(f func(*Tx) error) error {
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
	db.lead(c, batch)
	return c.result()
}

func (c *call) result() error {
	if c.panic != nil {
		panic(c.panic)
	}
	return c.err
}

// lead commits the batch for all its callers, of whom c is one.
func (db *DB) lead(c *call, batch []*call) {
	settled := false
	defer func() {
		if !settled { // a view or Point panicked, or a test ended inside f
			db.refuse(batch)
		}
		for _, other := range batch {
			if other != c {
				other.done <- false
			}
		}
		db.handOver()
	}()
	db.commit(batch)
	settled = true
}

// refuse ends a batch of which nobody can say how far it came.
func (db *DB) refuse(batch []*call) {
	db.run.Lock()
	defer db.run.Unlock()
	if db.broken == nil {
		db.broken = errors.New("a transaction was abandoned half-way; restart Atelier")
	}
	for _, c := range batch {
		c.err = db.broken
	}
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

// Peek runs f while no transaction runs, so that it may read the views. They may be
// ahead of the disk by the batch that is being synced.
func (db *DB) Peek(f func()) {
	db.run.RLock()
	defer db.run.RUnlock()
	f()
}

// Close waits for the transactions under way and releases the files. What is asked
// of the store afterwards fails.
func (db *DB) Close() error {
	_ = db.do(func(*Tx) error { // fails only if the store is broken already
		db.broken = errors.New("the store is closed")
		return nil
	})
	return db.eng.close()
}

// Broken returns why nothing can be written any more, or nil.
func (db *DB) Broken() error {
	db.run.RLock()
	defer db.run.RUnlock()
	return db.broken
}

// commit runs the transactions of the batch and makes them durable together.
func (db *DB) commit(batch []*call) {
	rows, events := db.runAll(batch)
	if len(rows) == 0 {
		return
	}
	db.point("before-commit")
	log := chain(db.head, events)
	if err := db.eng.commit(rows, log); err != nil {
		db.recoverFrom(err, batch)
		return
	}
	db.head = log[len(log)-1].hash
	ids := make([]atelier.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.id
	}
	db.wake(ids)
	db.point("after-commit")
}

func (db *DB) runAll(batch []*call) ([]row, []atelier.Event) {
	db.run.Lock()
	defer db.run.Unlock()
	over := &overlay{base: db.eng.reader(), rows: map[atelier.ID]row{}}
	var events []atelier.Event
	for _, c := range batch {
		if db.broken != nil {
			c.err = db.broken
			continue
		}
		tx := &Tx{r: over, over: over, undo: map[atelier.ID]*row{}, mark: len(over.order), seq: db.seq, now: db.Now}
		if !c.run(tx) {
			tx.rollback()
			continue
		}
		c.tx = tx
		db.seq = tx.seq
		events = append(events, tx.events...)
		for _, id := range tx.touched {
			db.show(over.rows[id])
		}
	}
	return over.written(), events
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

// recoverFrom tells the callers that nothing of the batch is saved, and brings the
// views back to what is. If that cannot be, nothing can be written any more: the
// process must start again.
func (db *DB) recoverFrom(cause error, batch []*call) {
	db.run.Lock()
	defer db.run.Unlock()
	err := cause
	if !errors.As(cause, new(fatal)) {
		err = db.reload()
	}
	if err != nil {
		db.broken = brokenBy(cause)
		cause = db.broken
	}
	for _, c := range batch {
		c.err = cause // also for those who failed by what others in the batch had done
		if c.tx != nil {
			c.tx.moveBack()
		}
	}
}

func (db *DB) reload() error {
	seq, head, err := db.eng.tail()
	if err != nil {
		return err
	}
	db.seq, db.head = seq, head
	for _, v := range db.views {
		if err := load(v, db.eng.reader()); err != nil {
			return err
		}
	}
	return nil
}

func brokenBy(cause error) error {
	e := atelier.Errorf(atelier.Transient, "StorageFailed", "the change may not have been saved, and no more changes are accepted: "+
		"the disk of the data directory failed (%v); check the disk, then restart Atelier", cause)
	return fmt.Errorf("%w (%w)", e, cause)
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
