package sim

import (
	"context"
	"fmt"
	"slices"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// instance does something with a compute instance: creates one, or starts, stops,
// restarts or deletes one of a few.
func (u *users) instance() {
	w := u.w
	var live []*promise
	for _, p := range u.instances {
		if p.wanted() {
			live = append(live, p)
		}
	}
	if len(live) == 0 || len(live) < 2 && w.chance(0.3) {
		name := fmt.Sprintf("i%da", len(u.instances))
		p := &promise{name: name, id: ws.Child(atelier.KindCompute, name)}
		u.instances = append(u.instances, p)
		u.putInstance(p)
		return
	}
	p := live[w.rnd.IntN(len(live))]
	switch n := w.rnd.IntN(20); {
	case !p.acked:
		u.putInstance(p)
	case n < 6:
		u.power(p, "start", true)
	case n < 12:
		u.power(p, "stop", false)
	case n < 18:
		u.power(p, "restart", true)
	default:
		u.deleteInstance(p)
	}
}

func (u *users) putInstance(p *promise) {
	r := u.w.call("PUT", wsPath+"/computes/"+p.name+version, `{"location":"sim","properties":{"computeType":"ComputeInstance","properties":{"vmSize":"Standard_DS3_v2"}}}`)
	switch {
	case !r.ok:
		p.power = append(p.power, true)
	case r.status == 200 || r.status == 201:
		p.acked, p.power = true, []bool{true}
		p.poll, p.pollAt = r.header.Get("Azure-AsyncOperation"), u.w.now
	default:
		u.w.flaw("I-2", "PUT of %s answered %d %s: %s", p.id, r.status, r.body.Error.Code, r.body.Error.Message)
	}
}

func (u *users) power(p *promise, verb string, on bool) {
	r := u.w.call("POST", wsPath+"/computes/"+p.name+"/"+verb+version, "")
	switch {
	case !r.ok:
		p.power = append(p.power, on)
	case r.status == 202:
		p.power = []bool{on}
		p.poll, p.pollAt = r.header.Get("Azure-AsyncOperation"), u.w.now
	default:
		u.w.flaw("I-2", "%s of %s answered %d: %s", verb, p.id, r.status, r.body.Error.Message)
	}
}

func (u *users) deleteInstance(p *promise) {
	r := u.w.call("DELETE", wsPath+"/computes/"+p.name+version+"&underlyingResourceAction=Delete", "")
	switch {
	case !r.ok:
		p.maybe = true
	case r.status == 202 || r.status == 204:
		p.gone = true
		p.poll, p.pollAt = r.header.Get("Azure-AsyncOperation"), u.w.now
	default:
		u.w.flaw("I-2", "DELETE of %s answered %d: %s", p.id, r.status, r.body.Error.Message)
	}
}

// home holds that an instance never has two machines: both would write to its home.
func (t *truth) home(comp *atelier.Compute) {
	there := 0
	for id, n := range t.nodes {
		if id.Parent() == comp.ID && n.State != atelier.Gone {
			there++
		}
	}
	if there > 1 {
		t.w.flaw("I-8", "%s has %d machines", comp.ID, there)
	}
}

// restInstances holds that every instance is as was asked last, with its machine if
// it is on and without one if it is off, and that its home is there.
func (t *truth) restInstances(tx *store.Tx) {
	w := t.w
	volumes, err := w.cloud.ListVolumes(context.Background())
	w.must(err)
	for _, p := range w.users.instances {
		c, err := store.Get[atelier.Compute](tx, p.id)
		switch {
		case err != nil && p.acked && p.wanted():
			w.flaw("I-1", "%s: acknowledged and lost", p.id)
			continue
		case err != nil:
			continue
		case p.gone:
			w.flaw("I-11", "%s: deleted long ago and still there: %s", p.id, w.nodesOf(tx, p.id))
			continue
		}
		asked, st, want, nodes := c.Spec.Instance.Asked, c.Status.Instance, atelier.InstanceStopped, 0
		if asked.On {
			want, nodes = atelier.InstanceRunning, 1
		}
		if !slices.Contains(p.power, asked.On) {
			w.flaw("I-1", "%s: on is %t, which nobody asked for last: %v", p.id, asked.On, p.power)
		}
		if st.State != want || c.Status.Current != nodes || st.Operation.Status != atelier.OperationSucceeded {
			w.flaw("I-12", "%s: asked for %+v, it came to rest as %s after %+v with %s", p.id, asked, st.State, st.Operation, w.nodesOf(tx, p.id))
		}
		if asked.On && !slices.Contains(volumes, p.name+"-"+c.UID[:8]) {
			w.flaw("I-1", "%s: its home is gone; there are %v", p.id, volumes)
		}
	}
}
