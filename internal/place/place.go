// Package place decides which job runs on which nodes, and how many nodes the
// queue of a compute asks for. It is pure: a View is told of every change and
// answers from memory; what an answer costs grows with what changed and with the
// answer, not with the length of the queue.
package place

import (
	"cmp"
	"container/heap"
	"slices"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// View is the queue and the nodes of every compute. It is a store.View; read it
// inside a transaction or Peek only.
type View struct {
	pools map[atelier.ID]*pool
	jobs  map[atelier.ID]*entry // queued
	nodes map[atelier.ID]*node
}

var _ store.View = (*View)(nil)

// pool is one compute.
type pool struct {
	id      atelier.ID
	max     int
	free    freeNodes            // candidates; stale ones are dropped when they come up
	frees   int                  // nodes that are free
	busy    int                  // nodes that a job has
	trouble map[atelier.ID]*node // nodes with a job that are no use to it any more
	nodes   map[atelier.ID]*node
	buckets []*bucket // by need, ascending
	queued  int
}

type node struct {
	doc   *atelier.Node
	seq   int64
	freed time.Time
}

func (n *node) usable() bool { return n.doc.Open() }

func (n *node) troubled() bool {
	return n.doc.Job != "" && (n.doc.State == atelier.Lost || n.doc.State == atelier.Leaving || n.doc.State == atelier.Gone)
}

// entry is a queued job. It costs little, because there can be many.
type entry struct {
	pool     *pool
	id       atelier.ID
	seq      int64
	created  int64 // Unix seconds
	priority int32
	need     int32
	gone     bool
}

func (e *entry) before(o *entry) bool {
	return e.priority > o.priority || e.priority == o.priority && e.seq < o.seq
}

// bucket is the queued jobs of one need, in order.
type bucket struct {
	need int
	live int
	jobs jobHeap // may hold entries that are gone
}

// Assignment is a job and the nodes it gets, all at once.
type Assignment struct {
	Job   atelier.ID
	Nodes []atelier.ID
}

// Hold is how long a job that cannot start may be passed by smaller ones. After
// that the nodes that become free are kept for it.
const Hold = 10 * time.Minute

// Plan returns up to limit jobs of the compute that can start now, with their
// nodes. Jobs go by priority, then age. A smaller job passes a larger one only
// while that does not delay it: while the larger one could not start even when all
// nodes that are to come are there, or beside it.
func (v *View) Plan(compute atelier.ID, now time.Time, limit int) []Assignment {
	p := v.pools[compute]
	if p == nil || p.frees == 0 || p.queued == 0 {
		return nil
	}
	avail, room := p.frees, max(p.max-p.busy, p.frees)
	var plan []Assignment
	var taken []*entry
	var nodes []*node
	shut := map[int]bool{} // needs that cannot be met in this plan
	held := false
	for len(plan) < limit && avail > 0 {
		b := p.first(shut)
		if b == nil {
			break
		}
		e := b.jobs[0]
		if need := int(e.need); need <= avail {
			a := Assignment{Job: e.id}
			for range need {
				n := p.popFree()
				nodes = append(nodes, n)
				a.Nodes = append(a.Nodes, n.doc.ID)
			}
			plan = append(plan, a)
			taken = append(taken, b.pop())
			avail, room = avail-need, room-need
			continue
		}
		shut[b.need] = true
		if held {
			continue
		}
		switch {
		case b.need <= room: // it waits for nodes that are starting: leave it its share
			room -= b.need
			avail, held = min(avail, room), true
		case now.Unix()-e.created >= int64(Hold/time.Second) && b.need <= p.max:
			avail = 0
		}
	}
	for _, e := range taken {
		p.push(e)
	}
	for _, n := range nodes {
		heap.Push(&p.free, n)
	}
	return plan
}

// first returns the bucket whose first job is first of all, leaving out the shut ones.
func (p *pool) first(shut map[int]bool) (best *bucket) {
	for _, b := range p.buckets {
		if shut[b.need] || !b.trim() {
			continue
		}
		if best == nil || b.jobs[0].before(best.jobs[0]) {
			best = b
		}
	}
	return best
}

// trim drops entries that are gone from the front and reports whether any is left.
func (b *bucket) trim() bool {
	for len(b.jobs) > 0 && b.jobs[0].gone {
		heap.Pop(&b.jobs)
	}
	return len(b.jobs) > 0
}

func (b *bucket) pop() *entry {
	b.live--
	return heap.Pop(&b.jobs).(*entry)
}

func (p *pool) push(e *entry) {
	i, ok := slices.BinarySearchFunc(p.buckets, int(e.need), func(b *bucket, need int) int { return cmp.Compare(b.need, need) })
	if !ok {
		p.buckets = slices.Insert(p.buckets, i, &bucket{need: int(e.need)})
	}
	b := p.buckets[i]
	b.live++
	heap.Push(&b.jobs, e)
}

// drop takes an entry out of the queue. It stays in the heap until it comes up, or
// until the dead outnumber the living.
func (p *pool) drop(e *entry) {
	e.gone = true
	p.queued--
	i, _ := slices.BinarySearchFunc(p.buckets, int(e.need), func(b *bucket, need int) int { return cmp.Compare(b.need, need) })
	b := p.buckets[i]
	b.live--
	switch {
	case b.live == 0:
		p.buckets = slices.Delete(p.buckets, i, i+1)
	case len(b.jobs) > 64 && len(b.jobs) > 2*b.live:
		b.jobs = slices.DeleteFunc(b.jobs, func(e *entry) bool { return e.gone })
		heap.Init(&b.jobs)
	}
}

func (p *pool) popFree() *node {
	for {
		n := heap.Pop(&p.free).(*node)
		if n.usable() && p.nodes[n.doc.ID] == n {
			return n
		}
	}
}

// Demand is how many nodes the compute's running and queued jobs could use, at
// most max.
func (v *View) Demand(compute atelier.ID, max int) int {
	p := v.pools[compute]
	if p == nil {
		return 0
	}
	room := max - p.busy
	if room <= 0 || p.queued == 0 {
		return min(p.busy, max)
	}
	if len(p.buckets) == 1 {
		b := p.buckets[0]
		return p.busy + min(b.live, room/b.need)*b.need
	}
	var taken []*entry
	used, shut := 0, map[int]bool{}
	for used < room {
		b := p.first(shut)
		if b == nil {
			break
		}
		if used+b.need > room {
			shut[b.need] = true
			continue
		}
		used += b.need
		taken = append(taken, b.pop())
	}
	for _, e := range taken {
		p.push(e)
	}
	return p.busy + used
}

// Nodes returns the compute's nodes, oldest first. They must not be changed.
func (v *View) Nodes(compute atelier.ID) []*atelier.Node {
	p := v.pools[compute]
	if p == nil {
		return nil
	}
	list := make([]*node, 0, len(p.nodes))
	for _, n := range p.nodes {
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b *node) int { return cmp.Compare(a.seq, b.seq) })
	docs := make([]*atelier.Node, len(list))
	for i, n := range list {
		docs[i] = n.doc
	}
	return docs
}

// Queued returns up to limit queued jobs of the compute, in no particular but a
// repeatable order, and how many there are.
func (v *View) Queued(compute atelier.ID, limit int) (ids []atelier.ID, n int) {
	p := v.pools[compute]
	if p == nil {
		return nil, 0
	}
	for _, b := range p.buckets {
		for _, e := range b.jobs {
			if len(ids) < limit && !e.gone {
				ids = append(ids, e.id)
			}
		}
	}
	return ids, p.queued
}

// Active returns the jobs that have nodes of the compute, in order of ID; if only
// is "trouble", those with a node that is no use to them any more.
func (v *View) Active(compute atelier.ID, trouble bool) (ids []atelier.ID) {
	p := v.pools[compute]
	if p == nil {
		return nil
	}
	from := p.nodes
	if trouble {
		from = p.trouble
	}
	for _, n := range from {
		if n.doc.Job != "" {
			ids = append(ids, n.doc.Job)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// ComputeOf returns the compute whose queue or nodes a change of the resource
// concerns, or "": a job concerns it while it is queued; after that its nodes do.
func (v *View) ComputeOf(id atelier.ID) atelier.ID {
	if id.Kind() == atelier.KindJob {
		if e := v.jobs[id]; e != nil {
			return e.pool.id
		}
		return ""
	}
	return id.Above(atelier.KindCompute)
}

// JobOf returns the job that has the node.
func (v *View) JobOf(id atelier.ID) (job atelier.ID, ok bool) {
	n := v.nodes[id]
	if n == nil || n.doc.Job == "" {
		return "", false
	}
	return n.doc.Job, true
}

type jobHeap []*entry

func (h jobHeap) Len() int           { return len(h) }
func (h jobHeap) Less(i, j int) bool { return h[i].before(h[j]) }
func (h jobHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *jobHeap) Push(x any)        { *h = append(*h, x.(*entry)) }
func (h *jobHeap) Pop() any {
	last := (*h)[len(*h)-1]
	(*h)[len(*h)-1] = nil
	*h = (*h)[:len(*h)-1]
	return last
}

// freeNodes has the node that was used last first: the others may go idle.
type freeNodes []*node

func (h freeNodes) Len() int { return len(h) }
func (h freeNodes) Less(i, j int) bool {
	if c := h[i].freed.Compare(h[j].freed); c != 0 {
		return c > 0
	}
	return h[i].seq < h[j].seq
}
func (h freeNodes) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *freeNodes) Push(x any)   { *h = append(*h, x.(*node)) }
func (h *freeNodes) Pop() any {
	last := (*h)[len(*h)-1]
	(*h)[len(*h)-1] = nil
	*h = (*h)[:len(*h)-1]
	return last
}
