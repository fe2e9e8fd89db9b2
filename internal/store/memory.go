package store

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
)

// Disk is storage in memory. It outlives the DB on it, as a disk outlives a
// process, which is what the simulation needs. The zero value is empty.
type Disk struct {
	mu   sync.RWMutex
	rows map[atelier.ID]row
	log  []atelier.Event
}

// OpenDisk returns a store on the disk.
func OpenDisk(d *Disk, now func() time.Time) *DB {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rows == nil {
		d.rows = map[atelier.ID]row{}
	}
	return &DB{eng: d, Now: now, seq: int64(len(d.log))}
}

func (d *Disk) get(id atelier.ID) (row, error) { return d.rows[id], nil }

func (d *Disk) list(q Query) ([]row, error) {
	var list []row
	for _, r := range d.rows {
		if q.selects(r) {
			list = append(list, r)
		}
	}
	q.sort(list)
	if q.Limit > 0 && len(list) > q.Limit {
		list = list[:q.Limit]
	}
	return list, nil
}

func (d *Disk) scan(kinds []string, f func(row) error) error {
	var list []row
	for _, r := range d.rows {
		if !r.index.Done && slices.Contains(kinds, r.id.Kind()) {
			list = append(list, r)
		}
	}
	Query{}.sort(list)
	for _, r := range list {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

func (d *Disk) events(q EventQuery) ([]atelier.Event, error) {
	var list []atelier.Event
	for _, e := range d.log[min(q.After, int64(len(d.log))):] {
		if q.Under == "" || e.Target == q.Under || strings.HasPrefix(string(e.Target), string(q.Under)+"/") {
			list = append(list, e)
		}
	}
	if q.Limit > 0 && len(list) > q.Limit {
		if q.Newest {
			return list[len(list)-q.Limit:], nil
		}
		list = list[:q.Limit]
	}
	return list, nil
}

func (d *Disk) commit(rows []row, events []atelier.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range rows {
		if r.rev == 0 {
			delete(d.rows, r.id)
		} else {
			d.rows[r.id] = r
		}
	}
	d.log = append(d.log, events...)
	return nil
}

func (d *Disk) read(f func(reader) error) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return f(d)
}

func (d *Disk) lastSeq() (int64, error) { return int64(len(d.log)), nil }
func (d *Disk) close() error            { return nil }
