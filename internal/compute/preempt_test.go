package compute_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/compute"
	"github.com/atelier-compute/atelier/internal/place"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/provider/fake"
	"github.com/atelier-compute/atelier/internal/store"
)

// deaf is a cloud that does not take machines away for a while.
type deaf struct {
	*fake.Cloud
	refuse bool
}

func (d *deaf) Preempt(ctx context.Context, name string) error {
	if d.refuse {
		return errors.New("no answer")
	}
	return d.Cloud.Preempt(ctx, name)
}

// onlyMachines cannot take machines away.
type onlyMachines struct{ provider.Provider }

type preemptWorld struct {
	*volumeWorld
	cloud *deaf
}

// newPreemptWorld has a cluster of one node, on which a job runs.
func newPreemptWorld(t *testing.T) *preemptWorld {
	w := &preemptWorld{&volumeWorld{t: t, now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}, &deaf{Cloud: new(fake.Cloud)}}
	clock := func() time.Time { return w.now }
	w.db = store.OpenDisk(new(store.Disk), clock)
	queue := new(place.View)
	if err := w.db.AddView(queue); err != nil {
		t.Fatal(err)
	}
	w.ctl = &compute.Controller{
		DB: w.db, Queue: queue, Providers: provider.Set{"sim": w.cloud}, Limits: compute.DefaultLimits, Now: clock,
		Join: func(*atelier.Node) provider.Join { return provider.Join{} }, Log: slog.New(slog.DiscardHandler),
	}
	w.id = atelier.WorkspaceID("s", "g", "w").Child(atelier.KindCompute, "gpu")
	c := &atelier.Compute{Meta: atelier.Meta{ID: w.id, Name: "gpu", UID: "0123456789", Generation: 1, CreatedAt: w.now}}
	c.Spec = atelier.ComputeSpec{Kind: atelier.KindCluster, Location: "sim", Cluster: &atelier.ClusterSpec{
		Size: "Standard_DS3_v2", Priority: atelier.LowPriority, Min: 1, Max: 1, IdleAfter: time.Minute,
	}}
	w.put(c)
	w.reconcile()
	w.node(func(n *atelier.Node) { n.State, n.Job = atelier.Ready, w.id.Workspace().Child(atelier.KindJob, "j") })
	return w
}

// node changes the oldest node, which is also returned.
func (w *preemptWorld) node(f func(n *atelier.Node)) *atelier.Node {
	w.t.Helper()
	nodes := w.ctl.Queue.Nodes(w.id)
	if len(nodes) == 0 {
		w.t.Fatal("there is no node")
	}
	n := *nodes[0]
	if f != nil {
		f(&n)
		w.put(&n)
	}
	return &n
}

func TestPreempt(t *testing.T) {
	w := newPreemptWorld(t)
	first := w.node(func(n *atelier.Node) { n.PreemptAt, n.PreemptBy = w.now, "ann" })
	w.cloud.refuse = true
	w.reconcile()
	if n := w.node(nil); n.State != atelier.Ready || len(w.cloud.Instances()) != 1 {
		t.Fatalf("the cloud did not answer, and the node is %s", n.State)
	}
	w.cloud.refuse = false
	if again, err := w.ctl.Reconcile(t.Context(), w.id); err != nil || len(w.cloud.Instances()) != 0 {
		t.Fatalf("again %s, %v, machines %v", again, err, w.cloud.Instances())
	}
	n := w.node(nil)
	if n.ID != first.ID || n.State != atelier.Leaving || n.Problem == nil || n.Problem.Code != atelier.ReasonPreempted {
		t.Fatalf("after it the node is %s, %+v", n.State, n.Problem)
	}
	w.reconcile()
	c := w.get()
	if n := w.node(nil); n.State != atelier.Gone || c.Status.Counts.Preempted != 1 || c.Status.Counts.Leaving != 0 {
		t.Fatalf("the node that a job has is %s, counts %+v", n.State, c.Status.Counts)
	}
	w.node(func(n *atelier.Node) { n.Job = "" })
	w.reconcile()
	if n := w.node(nil); n.ID == first.ID || n.State != atelier.Booting {
		t.Errorf("no other node took its place: %s is %s", n.Name, n.State)
	}
	var said bool
	err := w.db.Read(t.Context(), func(tx *store.Tx) error {
		events, err := store.Events(tx, store.EventQuery{Under: first.ID, Limit: 100})
		for _, e := range events {
			said = said || e.Reason == atelier.ReasonPreempted
		}
		return err
	})
	if err != nil || !said {
		t.Errorf("no event says that the node was preempted (%v)", err)
	}
}

func TestPreemptWhereItIsNotPossible(t *testing.T) {
	w := newPreemptWorld(t)
	w.ctl.Providers["sim"] = onlyMachines{w.cloud}
	w.node(func(n *atelier.Node) { n.PreemptAt, n.PreemptBy = w.now, "ann" })
	again, err := w.ctl.Reconcile(t.Context(), w.id)
	if n := w.node(nil); err != nil || again == 0 || n.State != atelier.Ready {
		t.Errorf("again %s, %v, the node is %s", again, err, n.State)
	}
}

// Every change of a node that counts is a change of the compute, whose event says
// how many there are now: the chart over time is made of these.
func TestEventsSayHowManyNodes(t *testing.T) {
	w := newPreemptWorld(t)
	job := w.id.Workspace().Child(atelier.KindJob, "j")
	for _, step := range []struct {
		name   string
		change func(n *atelier.Node)
		want   string // target, current, idle, running, preparing, leaving, unusable, preempted
	}{
		{"a-job-runs", func(n *atelier.Node) { n.Job = job }, "[1,1,0,1]"},
		{"it-is-over", func(n *atelier.Node) { n.Job = "" }, "[1,1,1]"},
		{"another", func(n *atelier.Node) { n.Job = job }, "[1,1,0,1]"},
		{"the-node-drains", func(n *atelier.Node) { n.DrainAt, n.DrainBy = w.now, "ann" }, "[0,1,0,1]"},
		{"it-is-lost", func(n *atelier.Node) { n.State = atelier.Lost }, "[1,1,0,0,1,1]"},
	} {
		w.node(step.change)
		w.reconcile()
		var last []atelier.Event
		err := w.db.Read(t.Context(), func(tx *store.Tx) (err error) {
			last, err = store.Events(tx, store.EventQuery{Of: w.id, Newest: true, Limit: 1})
			return err
		})
		if err != nil || len(last) != 1 || last[0].Detail != step.want {
			t.Errorf("%s: the last event of the compute is %+v (%v), want %s", step.name, last, err, step.want)
		}
	}
}
