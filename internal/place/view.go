package place

import (
	"container/heap"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// Kinds implements store.View.
func (v *View) Kinds() []string {
	return []string{atelier.KindCompute, atelier.KindNode, atelier.KindJob}
}

// Reset implements store.View.
func (v *View) Reset() {
	v.pools, v.jobs, v.nodes = map[atelier.ID]*pool{}, map[atelier.ID]*entry{}, map[atelier.ID]*node{}
}

// Apply implements store.View.
func (v *View) Apply(c store.Change) {
	switch c.ID.Kind() {
	case atelier.KindCompute:
		v.applyCompute(c)
	case atelier.KindNode:
		v.applyNode(c)
	case atelier.KindJob:
		v.applyJob(c)
	}
}

func (v *View) pool(id atelier.ID) *pool {
	p := v.pools[id]
	if p == nil {
		p = &pool{id: id, nodes: map[atelier.ID]*node{}, trouble: map[atelier.ID]*node{}}
		v.pools[id] = p
	}
	return p
}

func (v *View) applyCompute(c store.Change) {
	p := v.pool(c.ID)
	if c.Gone {
		p.max = 0
		v.tidy(c.ID, p)
		return
	}
	p.max = c.Resource().(*atelier.Compute).Spec.Most()
}

// tidy forgets a pool that holds nothing.
func (v *View) tidy(id atelier.ID, p *pool) {
	if p.max == 0 && len(p.nodes) == 0 && p.queued == 0 {
		delete(v.pools, id)
	}
}

func (v *View) applyNode(c store.Change) {
	p := v.pool(c.Index.Compute)
	if old := p.nodes[c.ID]; old != nil {
		p.count(old, -1)
		delete(p.nodes, c.ID)
		delete(p.trouble, c.ID)
		delete(v.nodes, c.ID)
	}
	if c.Gone {
		v.tidy(c.Index.Compute, p)
		return
	}
	n := &node{doc: c.Resource().(*atelier.Node), seq: c.Seq}
	n.freed = n.doc.FreedAt
	p.nodes[c.ID], v.nodes[c.ID] = n, n
	p.count(n, 1)
	if n.troubled() {
		p.trouble[c.ID] = n
	}
	if n.usable() {
		p.addFree(n)
	}
}

func (p *pool) count(n *node, by int) {
	if n.doc.Job != "" {
		p.busy += by
	}
	if n.usable() {
		p.frees += by
	}
}

// addFree adds a candidate, and clears out stale ones when they outnumber the rest.
func (p *pool) addFree(n *node) {
	if len(p.free) > 64 && len(p.free) > 2*p.frees {
		kept := p.free[:0]
		for _, f := range p.free {
			if f.usable() && p.nodes[f.doc.ID] == f {
				kept = append(kept, f)
			}
		}
		clear(p.free[len(kept):])
		p.free = kept
		p.free = append(p.free, n)
		heap.Init(&p.free)
		return
	}
	heap.Push(&p.free, n)
}

func (v *View) applyJob(c store.Change) {
	state := atelier.JobState(c.Index.State)
	queued := !c.Gone && (state == atelier.JobQueued)
	e := v.jobs[c.ID]
	if e != nil && (!queued || e.priority != int32(c.Index.Priority) || int(e.need) != c.Index.Need) {
		e.pool.drop(e)
		delete(v.jobs, c.ID)
		v.tidy(e.pool.id, e.pool)
		e = nil
	}
	if !queued || e != nil {
		return
	}
	p := v.pool(c.Index.Compute)
	e = &entry{pool: p, id: c.ID, seq: c.Seq, created: c.Created.Unix(), priority: int32(c.Index.Priority), need: int32(max(c.Index.Need, 1))}
	v.jobs[c.ID] = e
	p.queued++
	p.push(e)
}
