package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
)

// Disk is storage in memory. It outlives the DB on it, as a disk outlives a
// process, which is what the simulation needs. The zero value is empty.
type Disk struct {
	mu    sync.RWMutex         // only commit writes; the leader needs no lock to read
	seqs  map[atelier.ID]int64 // of what exists
	kinds map[string][]row     // in the order of seq
	log   []entry
}

// OpenDisk returns a store on the disk.
func OpenDisk(d *Disk, now func() time.Time) *DB {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seqs == nil {
		d.seqs, d.kinds = map[atelier.ID]int64{}, map[string][]row{}
	}
	seq, head, _ := d.tail() // reading memory does not fail
	return &DB{eng: d, Now: now, seq: seq, head: head}
}

func bySeq(r row, seq int64) int { return cmp.Compare(r.seq, seq) }

func (d *Disk) get(id atelier.ID) (row, error) {
	seq, ok := d.seqs[id]
	if !ok {
		return row{}, nil
	}
	list := d.kinds[id.Kind()]
	i, _ := slices.BinarySearchFunc(list, seq, bySeq)
	return list[i], nil
}

func (d *Disk) list(q Query) ([]row, error) {
	rows := d.kinds[q.Kind]
	from, to, step := 0, len(rows), 1
	if q.Newest {
		if from, to, step = len(rows)-1, -1, -1; q.After > 0 {
			from, _ = slices.BinarySearchFunc(rows, q.After, bySeq)
			from--
		}
	} else if q.After > 0 {
		from, _ = slices.BinarySearchFunc(rows, q.After+1, bySeq)
	}
	var list []row
	for i := from; i != to && (q.Limit <= 0 || len(list) < q.Limit); i += step {
		if q.selects(rows[i]) {
			list = append(list, rows[i])
		}
	}
	return list, nil
}

func (d *Disk) scan(kinds []string, f func(row) error) error {
	var list []row
	for _, kind := range slices.Compact(slices.Sorted(slices.Values(kinds))) {
		for _, r := range d.kinds[kind] {
			if !r.index.Done {
				list = append(list, r)
			}
		}
	}
	Query{}.sort(list)
	return each(list, f)
}

func (d *Disk) all(f func(row) error) error {
	var list []row
	for _, kind := range slices.Sorted(maps.Keys(d.kinds)) {
		list = append(list, d.kinds[kind]...)
	}
	Query{}.sort(list)
	return each(list, f)
}

func (d *Disk) trail(f func(entry) error) error { return each(d.log, f) }

func each[T any](list []T, f func(T) error) error {
	for _, v := range list {
		if err := f(v); err != nil {
			return err
		}
	}
	return nil
}

func (d *Disk) events(q EventQuery) ([]atelier.Event, error) {
	var list []atelier.Event
	for _, e := range d.log[min(max(q.After, 0), int64(len(d.log))):] {
		if q.selects(&e.event) {
			list = append(list, e.event)
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

func (d *Disk) reader() reader { return d }

func (d *Disk) commit(rows []row, log []entry) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range rows {
		d.keep(r)
	}
	d.log = append(d.log, log...)
	return nil
}

func (d *Disk) keep(r row) {
	r.again = false
	kind := r.id.Kind()
	list := d.kinds[kind]
	if seq, ok := d.seqs[r.id]; ok {
		i, _ := slices.BinarySearchFunc(list, seq, bySeq)
		if r.seq == seq && r.rev > 0 {
			list[i] = r
			return
		}
		list = slices.Delete(list, i, i+1)
		delete(d.seqs, r.id)
	}
	if r.rev > 0 {
		i, _ := slices.BinarySearchFunc(list, r.seq, bySeq)
		list = slices.Insert(list, i, r)
		d.seqs[r.id] = r.seq
	}
	d.kinds[kind] = list
}

func (d *Disk) read(f func(reader) error) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return f(d)
}

func (d *Disk) tail() (int64, []byte, error) {
	if len(d.log) == 0 {
		return 0, nil, nil
	}
	last := d.log[len(d.log)-1]
	return last.event.Seq, last.hash, nil
}

func (d *Disk) check(context.Context) error { return nil }
func (d *Disk) close() error                { return nil }
