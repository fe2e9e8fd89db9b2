package azureml

import (
	"context"
	"fmt"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// cloudSizes is a catalogue of a location that can take machines away.
type cloudSizes struct{ sizes }

func (cloudSizes) Preempt(context.Context, string) error { return nil }

func (w *world) addNode(compute atelier.ID, name string, state atelier.NodeState) atelier.ID {
	w.t.Helper()
	n := &atelier.Node{
		Meta:    atelier.Meta{ID: compute.Child(atelier.KindNode, name), Name: name, UID: name},
		Compute: compute, Location: "local", State: state, Since: w.now,
	}
	w.do(func(tx *store.Tx) error { return store.Put(tx, n) })
	return n.ID
}

func (w *world) nodeDoc(id atelier.ID) (n *atelier.Node) {
	w.t.Helper()
	w.do(func(tx *store.Tx) (err error) {
		n, err = store.Get[atelier.Node](tx, id)
		return err
	})
	return n
}

func TestNodesSayWhatCanBeDone(t *testing.T) {
	w := newWorld(t)
	w.api.Catalogs["local"] = cloudSizes{}
	id := w.cluster("gpu")
	states := []atelier.NodeState{atelier.Wanted, atelier.Booting, atelier.Ready, atelier.Draining, atelier.Lost, atelier.Leaving, atelier.Gone}
	for i, state := range states {
		w.addNode(id, fmt.Sprintf("n-%d", i), state)
	}
	r := w.ann("POST", wsURL+"/computes/gpu/listNodes"+own, "").want(200)
	for i, want := range []string{"[drain]", "[drain preempt]", "[drain preempt]", "[preempt]", "[]", "[]", "[]"} {
		at := fmt.Sprintf("nodes.%d.", i)
		r.wantAt(at+"actions", want).wantAt(at+"connection", nil).wantAt(at+"connectionReason", noConnection).wantAt(at+"state", states[i])
	}
	r.wantAt("nodes.6.nodeState", "leaving").wantAt("nodes.0.idleSince", nil).wantAt("nodes.2.idleSince", utc(w.now))
	w.ann("POST", wsURL+"/computes/gpu/listNodes", "").want(200).wantAt("nodes.0.actions", nil).wantAt("nodes.0.connectionReason", nil)
	delete(w.api.Catalogs, "local")
	w.ann("POST", wsURL+"/computes/gpu/listNodes"+own, "").want(200).wantAt("nodes.2.actions", "[drain]")
}

func TestDrain(t *testing.T) {
	w := newWorld(t)
	id := w.cluster("gpu")
	n := w.addNode(id, "n-0", atelier.Ready)
	at := wsURL + "/computes/gpu/nodes/N-0/drain" + own
	w.as("eve", "POST", at, "").want(403)
	w.ann("POST", wsURL+"/computes/gpu/nodes/none/drain"+own, "").wantError(404, "NodeNotFound", "")
	w.ann("POST", wsURL+"/computes/none/nodes/n-0/drain"+own, "").wantError(404, "ComputeNotFound", "")
	if !w.nodeDoc(n).Open() {
		t.Fatal("the node takes no work although nobody may drain it")
	}
	w.ann("POST", at, "").want(200).wantAt("nodeId", "n-0").wantAt("actions", "[]")
	doc := w.nodeDoc(n)
	if !doc.DrainAt.Equal(w.now) || doc.DrainBy != "ann" || doc.Open() || doc.State != atelier.Ready {
		t.Fatalf("node %+v", doc)
	}
	w.tick(1)
	w.ann("POST", at, "").want(200)
	if again := w.nodeDoc(n); again.Rev != doc.Rev {
		t.Error("saying it twice changed the node again")
	}
	w.addNode(id, "n-1", atelier.Leaving)
	w.ann("POST", wsURL+"/computes/gpu/nodes/n-1/drain"+own, "").wantError(409, "NodeStateConflict", "")
	w.ann("GET", wsURL+"/events?target=computes/gpu/nodes/n-0&"+own[1:], "").want(200).
		wantAt("value.1.reason", "NodeDrainAsked").wantAt("value.1.actor", "ann")
}

func TestPreemptOnlyWhereThatIsPossible(t *testing.T) {
	w := newWorld(t)
	n := w.addNode(w.cluster("gpu"), "n-0", atelier.Ready)
	at := wsURL + "/computes/gpu/nodes/n-0/preempt" + own
	w.ann("POST", at, "").wantError(400, "OperationNotSupported", "")
	w.api.Catalogs["local"] = cloudSizes{}
	w.as("eve", "POST", at, "").want(403)
	w.ann("POST", at, "").want(200).wantAt("actions", "[drain]")
	if doc := w.nodeDoc(n); !doc.PreemptAt.Equal(w.now) || doc.PreemptBy != "ann" || !doc.Taken() || doc.Open() {
		t.Errorf("node %+v", doc)
	}
	w.ann("POST", at, "").want(200)
	w.ann("PUT", wsURL+"/computes/dev", `{"location":"local","properties":{"computeType":"ComputeInstance","properties":{"vmSize":"Standard_DS2_v2"}}}`).want(201)
	w.addNode(w.main.ID.Child(atelier.KindCompute, "dev"), "i-0", atelier.Ready)
	for _, verb := range nodeVerbs {
		w.ann("POST", wsURL+"/computes/dev/nodes/i-0/"+verb+own, "").wantError(400, "OperationNotSupported", "")
	}
}
