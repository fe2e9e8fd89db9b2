// Package reconcile decides which resource a controller looks at next: one at a
// time per resource, after a change or a deadline, with backoff after an error. It
// knows no kinds of resources.
package reconcile

import (
	"container/heap"
	"time"

	"github.com/atelier-compute/atelier"
)

const firstRetry, lastRetry = 200 * time.Millisecond, time.Minute

// Queue holds what is due and when. It reads no clock, starts no goroutine and
// does no I/O: Loop drives it in production, the simulation step by step.
type Queue struct {
	items map[atelier.ID]*item
	due   dueHeap
}

type item struct {
	id     atelier.ID
	at     time.Time
	fails  int
	active bool // taken by Start
	queued bool // in due, or, while active, to be queued by Done
	index  int
}

// NewQueue returns an empty queue.
func NewQueue() *Queue { return &Queue{items: map[atelier.ID]*item{}} }

// Add makes the resource due at t, or leaves it due earlier. While it is being
// looked at it becomes due after Done.
func (q *Queue) Add(t time.Time, id atelier.ID) {
	it := q.items[id]
	if it == nil {
		it = &item{id: id}
		q.items[id] = it
	}
	switch {
	case !it.queued:
		it.at, it.queued = t, true
		if !it.active {
			heap.Push(&q.due, it)
		}
	case t.Before(it.at):
		it.at = t
		if !it.active {
			heap.Fix(&q.due, it.index)
		}
	}
}

// Next returns the resource that is due first, and when.
func (q *Queue) Next() (id atelier.ID, at time.Time, ok bool) {
	if len(q.due) == 0 {
		return "", time.Time{}, false
	}
	return q.due[0].id, q.due[0].at, true
}

// Start takes the first resource out of the queue; Done must tell how it went.
func (q *Queue) Start() atelier.ID {
	it := heap.Pop(&q.due).(*item)
	it.active, it.queued = true, false
	return it.id
}

// Done schedules the next look: after the backoff if err is not nil, else after
// again, 0 being not before the resource changes.
func (q *Queue) Done(id atelier.ID, now time.Time, again time.Duration, err error) {
	it := q.items[id]
	it.active = false
	if err != nil {
		again = min(firstRetry<<min(it.fails, 16), lastRetry)
		it.fails++
	} else {
		it.fails = 0
	}
	switch {
	case it.queued: // changed meanwhile
		if err != nil && it.at.Before(now.Add(again)) {
			it.at = now.Add(again)
		}
		heap.Push(&q.due, it)
	case again > 0:
		q.Add(now.Add(again), id)
	default:
		delete(q.items, id)
	}
}

// dueHeap is by time, then by ID, so that the order does not hang on chance.
type dueHeap []*item

func (h dueHeap) Len() int { return len(h) }
func (h dueHeap) Less(i, j int) bool {
	if c := h[i].at.Compare(h[j].at); c != 0 {
		return c < 0
	}
	return h[i].id < h[j].id
}

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *dueHeap) Push(x any) {
	it := x.(*item)
	it.index = len(*h)
	*h = append(*h, it)
}

func (h *dueHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
