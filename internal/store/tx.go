package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
)

// Tx is a transaction. It is valid only inside the function it was given to.
type Tx struct {
	// Actor is who makes the change: a principal, or the package that decided.
	Actor string

	r        reader
	over     *overlay // nil when read only
	readOnly bool
	undo     map[atelier.ID]*row // what over held before; nil is nothing
	mark     int                 // how long over.order was
	touched  []atelier.ID
	moved    []moved // Revs that Put moved on
	events   []atelier.Event
	seq      int64
	now      func() time.Time
}

// moved is a Meta whose Rev was moved on, and what it was.
type moved struct {
	meta *atelier.Meta
	rev  int64
}

// Query selects resources. Zero fields select everything.
type Query struct {
	Parent  atelier.ID // directly below it
	Kind    string     // required
	State   string
	Compute atelier.ID
	Node    atelier.ID
	Hash    string
	Active  bool  // only what is not done
	After   int64 // only what comes after this position
	Limit   int   // 0 is all
	Newest  bool  // first; the default is oldest first
}

// Get reads one resource.
func Get[T any](tx *Tx, id atelier.ID) (*T, error) {
	r, err := tx.r.get(id)
	if err != nil {
		return nil, err
	}
	if r.rev == 0 {
		return nil, atelier.Errorf(atelier.NotFound, "ResourceNotFound", "%s %q does not exist", id.Kind(), id.Name())
	}
	return decodeAs[T](r)
}

// List reads the resources that q selects. Next is the position to go on after, 0
// at the end.
func List[T any](tx *Tx, q Query) (list []*T, next int64, err error) {
	ask := q
	if ask.Limit > 0 {
		ask.Limit++
	}
	rows, err := tx.r.list(ask)
	if err != nil {
		return nil, 0, err
	}
	if q.Limit > 0 && len(rows) > q.Limit {
		rows = rows[:q.Limit]
		next = rows[q.Limit-1].seq
	}
	for _, r := range rows {
		v, err := decodeAs[T](r)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, v)
	}
	return list, next, nil
}

// All reads all resources that q selects.
func All[T any](tx *Tx, q Query) ([]*T, error) {
	list, _, err := List[T](tx, q)
	return list, err
}

func decodeAs[T any](r row) (*T, error) {
	v := new(T)
	if err := json.Unmarshal(r.body, v); err != nil {
		return nil, fmt.Errorf("decode %s: %w", r.id, err)
	}
	return v, nil
}

// Put writes v. With Rev 0 it creates; any other Rev must be the stored one. It
// moves v's Rev on, and back if the transaction fails.
func Put(tx *Tx, v atelier.Resource) error {
	m := v.Head()
	old, err := tx.current(m)
	if err != nil {
		return err
	}
	tx.moved = append(tx.moved, moved{m, m.Rev})
	m.Rev++
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", m.ID, err)
	}
	verb := "updated"
	seq := old.seq
	tx.seq++
	if old.rev == 0 {
		verb, seq = "created", tx.seq
	}
	index := v.Index()
	detail := index.Detail
	index.Detail = "" // only the event has it
	tx.write(row{
		id: m.ID, seq: seq, rev: m.Rev, index: index, created: micro(m.CreatedAt), body: body,
		again: old.again || old.rev == 0 && old.seq > 0,
	})
	tx.event(verb, m, index.State, detail)
	return nil
}

// Delete removes v, whose Rev must be the stored one.
func Delete(tx *Tx, v atelier.Resource) error {
	m := v.Head()
	old, err := tx.current(m)
	if err != nil {
		return err
	}
	if old.rev == 0 {
		return atelier.Errorf(atelier.NotFound, "ResourceNotFound", "%s %q does not exist", m.ID.Kind(), m.ID.Name())
	}
	tx.seq++
	tx.write(row{id: m.ID, seq: old.seq, index: old.index})
	tx.event("deleted", m, "", "")
	return nil
}

// Note says why the last change of the resource in this transaction was made; the
// event carries it.
func (tx *Tx) Note(id atelier.ID, reason, format string, args ...any) {
	for i := range slices.Backward(tx.events) {
		if e := &tx.events[i]; e.Target == id {
			e.Reason, e.Message = reason, fmt.Sprintf(format, args...)
			return
		}
	}
}

// EventQuery selects events, oldest first.
type EventQuery struct {
	After  int64      // only later ones
	Before int64      // only earlier ones; 0 is no bound
	Under  atelier.ID // only of this resource and what is below it
	Of     atelier.ID // only of this resource itself; Under does not matter then
	Actor  string     // only by them
	Reason string     // only with this code
	Verb   string     // only created, updated or deleted
	Newest bool       // the last Limit ones, still oldest first
	Limit  int        // 0 is all
}

// Events reads committed events.
func Events(tx *Tx, q EventQuery) ([]atelier.Event, error) { return tx.r.events(q) }

// LastBefore returns the number of the last event before the time, 0 if there is
// none. Should the clock have been set back meanwhile, it is one of those that are.
func LastBefore(tx *Tx, at time.Time) (int64, error) {
	last, err := Events(tx, EventQuery{Newest: true, Limit: 1})
	if err != nil || len(last) == 0 {
		return 0, err
	}
	lo, hi := int64(0), last[0].Seq // events are numbered without gaps
	for lo < hi {
		mid := lo + (hi-lo+1)/2
		e, err := Events(tx, EventQuery{After: mid - 1, Limit: 1})
		if err != nil {
			return 0, err
		}
		if len(e) > 0 && e[0].At.Before(at) {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return lo, nil
}

func (tx *Tx) current(m *atelier.Meta) (row, error) {
	if tx.readOnly {
		return row{}, fmt.Errorf("write %s in a read-only transaction", m.ID)
	}
	old, err := tx.r.get(m.ID)
	if err != nil {
		return row{}, err
	}
	if old.rev != m.Rev {
		return row{}, atelier.Errorf(atelier.Conflict, "Conflict", "%s %q changed since it was read; read it again", m.ID.Kind(), m.Name)
	}
	return old, nil
}

func (tx *Tx) write(r row) {
	if _, ok := tx.undo[r.id]; !ok {
		tx.undo[r.id] = nil
		if was, ok := tx.over.rows[r.id]; ok {
			tx.undo[r.id] = &was
		}
		tx.touched = append(tx.touched, r.id)
	}
	tx.over.put(r)
}

func (tx *Tx) event(verb string, m *atelier.Meta, state, detail string) {
	tx.events = append(tx.events, atelier.Event{
		Seq: tx.seq, At: micro(tx.now()), Actor: tx.Actor, Verb: verb, Target: m.ID, UID: m.UID, Rev: m.Rev, State: state, Detail: detail,
	})
}

func (tx *Tx) rollback() {
	for _, id := range tx.touched {
		if was := tx.undo[id]; was == nil {
			delete(tx.over.rows, id)
		} else {
			tx.over.rows[id] = *was
		}
	}
	tx.over.order = tx.over.order[:tx.mark]
	tx.moveBack()
}

// moveBack gives the documents the Revs that they had before the transaction.
func (tx *Tx) moveBack() {
	for _, m := range slices.Backward(tx.moved) {
		m.meta.Rev = m.rev
	}
}

func (q Query) selects(r row) bool {
	return r.id.Kind() == q.Kind &&
		(q.Parent == "" || r.id.Parent() == q.Parent) &&
		(q.State == "" || r.index.State == q.State) &&
		(q.Compute == "" || r.index.Compute == q.Compute) &&
		(q.Node == "" || r.index.Node == q.Node) &&
		(q.Hash == "" || r.index.Hash == q.Hash) &&
		(!q.Active || !r.index.Done) &&
		(q.After <= 0 || q.Newest && r.seq < q.After || !q.Newest && r.seq > q.After)
}

func (q EventQuery) selects(e *atelier.Event) bool {
	return e.Seq > q.After && (q.Before <= 0 || e.Seq < q.Before) &&
		(q.Of == "" || e.Target == q.Of) &&
		(q.Of != "" || q.Under == "" || e.Target == q.Under || strings.HasPrefix(string(e.Target), string(q.Under)+"/")) &&
		(q.Actor == "" || e.Actor == q.Actor) && (q.Reason == "" || e.Reason == q.Reason) && (q.Verb == "" || e.Verb == q.Verb)
}

func (q Query) sort(rows []row) {
	slices.SortFunc(rows, func(a, b row) int {
		if q.Newest {
			a, b = b, a
		}
		return int(min(max(a.seq-b.seq, -1), 1))
	})
}
