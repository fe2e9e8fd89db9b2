package store

import (
	"slices"

	"github.com/atelier-compute/atelier"
)

// overlay is what the transactions of a batch wrote so far, over what is stored.
type overlay struct {
	base  reader
	rows  map[atelier.ID]row // rev 0: deleted
	order []atelier.ID       // of first write; each once
}

func (o *overlay) put(r row) {
	if _, ok := o.rows[r.id]; !ok {
		o.order = append(o.order, r.id)
	}
	o.rows[r.id] = r
}

// written returns all rows, in the order of their first write.
func (o *overlay) written() []row {
	list := make([]row, 0, len(o.order))
	for _, id := range o.order {
		list = append(list, o.rows[id])
	}
	return list
}

func (o *overlay) get(id atelier.ID) (row, error) {
	if r, ok := o.rows[id]; ok {
		return r, nil
	}
	return o.base.get(id)
}

func (o *overlay) list(q Query) ([]row, error) {
	own, hidden := o.pick(q.selects, q.Kind)
	q.sort(own)
	ask := q
	if ask.Limit > 0 {
		ask.Limit += hidden
	}
	list, err := o.base.list(ask)
	if err != nil || hidden == 0 {
		return list, err
	}
	list = slices.DeleteFunc(list, o.hides)
	list = append(list, own...)
	q.sort(list)
	if q.Limit > 0 && len(list) > q.Limit {
		list = list[:q.Limit]
	}
	return list, nil
}

// pick returns the existing rows that f wants, and how many rows of the kinds the
// overlay has, which is how many stored ones it may hide.
func (o *overlay) pick(f func(row) bool, kinds ...string) (own []row, n int) {
	for _, id := range o.order {
		if !slices.Contains(kinds, id.Kind()) {
			continue
		}
		n++
		if r := o.rows[id]; r.rev > 0 && f(r) {
			own = append(own, r)
		}
	}
	return own, n
}

func (o *overlay) hides(r row) bool {
	_, hidden := o.rows[r.id]
	return hidden
}

func (o *overlay) scan(kinds []string, f func(row) error) error {
	own, _ := o.pick(func(r row) bool { return !r.index.Done }, kinds...)
	Query{}.sort(own)
	err := o.base.scan(kinds, func(r row) error {
		for len(own) > 0 && own[0].seq < r.seq {
			if err := f(own[0]); err != nil {
				return err
			}
			own = own[1:]
		}
		if o.hides(r) {
			return nil
		}
		return f(r)
	})
	for i := 0; err == nil && i < len(own); i++ {
		err = f(own[i])
	}
	return err
}

func (o *overlay) events(q EventQuery) ([]atelier.Event, error) { return o.base.events(q) }
func (o *overlay) all(f func(row) error) error                  { return o.base.all(f) }
func (o *overlay) trail(f func(entry) error) error              { return o.base.trail(f) }
