package compute

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
)

// instance is one that was asked to do what the words say: "Start on", "Stop",
// "Restart on"; seen says that the controller knows.
func instance(asked string, seen bool) *atelier.Compute {
	operation, on, _ := strings.Cut(asked, " ")
	c := &atelier.Compute{
		Meta: atelier.Meta{ID: "workspaces/w/computes/gpu", Name: "gpu", UID: "u", Generation: 1, CreatedAt: t0, UpdatedAt: t0},
		Spec: atelier.ComputeSpec{Kind: atelier.KindInstance, Instance: &atelier.InstanceSpec{
			Size: "S", Asked: atelier.Asked{Operation: operation, On: on == "on", At: t0, Generation: 1},
		}},
	}
	if seen {
		c.Status.State, c.Status.Observed = atelier.Succeeded, 1
		c.Status.Instance = &atelier.InstanceStatus{
			State: atelier.InstanceRunning, Seen: 1,
			Operation: atelier.LastOperation{Name: operation, At: t0, Status: atelier.OperationSucceeded, Trigger: atelier.TriggerUser},
		}
	}
	return c
}

func TestDecideInstance(t *testing.T) {
	for _, tt := range []struct {
		name     string
		asked    string
		seen     bool
		epoch    int
		idle     time.Duration
		queued   int
		nodes    string
		after    time.Duration
		deleting bool
		refused  bool // the provider said Invalid
		want     string
		state    atelier.InstanceState
		shown    atelier.ComputeState
		status   string
		wipe     bool
	}{
		{name: "create", asked: "Create on", want: "gpu-u-0=Wanted", state: "Creating", shown: "Creating", status: "InProgress"},
		{name: "created", asked: "Create on", nodes: "ready", state: "Running", shown: "Succeeded", status: "Succeeded"},
		{name: "create-waits", asked: "Create on", nodes: "booting", state: "Creating", shown: "Creating", status: "InProgress"},
		{name: "create-too-late", asked: "Create on", nodes: "leaving", after: 20 * time.Minute, state: "CreateFailed", shown: "Failed", status: "CreateFailed"},
		{name: "create-refused", asked: "Create on", seen: true, refused: true, nodes: "wanted", state: "CreateFailed", shown: "Failed", status: "CreateFailed"},
		{name: "boot-limit", asked: "Start on", nodes: "booting", after: 10 * time.Minute, want: "n0=Leaving", state: "Starting", shown: "Succeeded", status: "InProgress"},
		{name: "job-runs", asked: "Create on", seen: true, nodes: "busy", state: "JobRunning", shown: "Succeeded", status: "Succeeded"},
		{name: "stop", asked: "Stop", nodes: "ready", want: "n0=Leaving", state: "Stopping", shown: "Succeeded", status: "InProgress"},
		{name: "stop-with-a-job", asked: "Stop", nodes: "busy", want: "n0=Leaving", state: "Stopping", shown: "Succeeded", status: "InProgress"},
		{name: "stop-while-starting", asked: "Stop", nodes: "booting", want: "n0=Leaving", state: "Stopping", shown: "Succeeded", status: "InProgress"},
		{name: "stopped", asked: "Stop", state: "Stopped", shown: "Succeeded", status: "Succeeded"},
		{name: "stopped-once-gone", asked: "Stop", nodes: "gone-busy", state: "Stopped", shown: "Succeeded", status: "Succeeded"},
		{name: "stop-too-late", asked: "Stop", nodes: "leaving", after: 20 * time.Minute, state: "Stopping", shown: "Succeeded", status: "StopFailed"},
		{name: "start", asked: "Start on", want: "gpu-u-0=Wanted", state: "Starting", shown: "Succeeded", status: "InProgress"},
		{name: "start-waits-for-the-old-machine", asked: "Start on", nodes: "leaving", state: "Starting", shown: "Succeeded", status: "InProgress"},
		{name: "start-too-late", asked: "Start on", nodes: "leaving", after: 20 * time.Minute, state: "Unusable", shown: "Succeeded", status: "StartFailed"},
		{name: "restart", asked: "Restart on", epoch: 1, nodes: "ready", want: "n0=Leaving", state: "Restarting", shown: "Succeeded", status: "InProgress"},
		{name: "restart-when-gone", asked: "Restart on", epoch: 1, nodes: "gone", want: "gpu-u-0=Wanted", state: "Restarting", shown: "Succeeded", status: "InProgress"},
		{name: "resize-stopped", asked: "Resize", epoch: 1, state: "Stopped", shown: "Succeeded", status: "Succeeded"},
		{name: "lost-is-replaced-one-after-the-other", asked: "Create on", seen: true, nodes: "lost", want: "n0=Leaving", state: "Unusable", shown: "Succeeded", status: "Succeeded"},
		{name: "a-new-one-when-the-lost-is-gone", asked: "Create on", seen: true, nodes: "gone", want: "gpu-u-0=Wanted", state: "Unusable", shown: "Succeeded", status: "Succeeded"},
		{name: "idle-not-long", asked: "Create on", seen: true, idle: time.Hour, nodes: "ready", after: 59 * time.Minute, state: "Running", shown: "Succeeded", status: "Succeeded"},
		{name: "idle-long-enough", asked: "Create on", seen: true, idle: time.Hour, nodes: "ready", after: time.Hour, want: "n0=Leaving", state: "Stopping", shown: "Succeeded", status: "InProgress"},
		{name: "idle-but-busy", asked: "Create on", seen: true, idle: time.Hour, nodes: "busy", after: 2 * time.Hour, state: "JobRunning", shown: "Succeeded", status: "Succeeded"},
		{name: "idle-but-queued", asked: "Create on", seen: true, idle: time.Hour, queued: 1, nodes: "ready", after: 2 * time.Hour, state: "Running", shown: "Succeeded", status: "Succeeded"},
		{name: "delete", asked: "Create on", seen: true, nodes: "ready", deleting: true, want: "n0=Leaving", state: "Deleting", shown: "Deleting", status: "InProgress"},
		{name: "delete-lets-the-job-end", asked: "Create on", seen: true, nodes: "busy", deleting: true, want: "n0=Draining", state: "Deleting", shown: "Deleting", status: "InProgress"},
		{name: "delete-waits-for-the-queue", asked: "Stop", seen: true, queued: 1, deleting: true, state: "Deleting", shown: "Deleting", status: "InProgress"},
		{name: "delete-done", asked: "Stop", seen: true, nodes: "gone", deleting: true, state: "Deleting", shown: "Deleting", status: "InProgress", wipe: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := instance(tt.asked, tt.seen)
			c.Spec.Instance.Epoch, c.Spec.Instance.IdleAfter = tt.epoch, tt.idle
			if tt.deleting {
				c.DeletedAt = t0
			}
			if tt.refused {
				c.Status.State, c.Status.Instance.Operation.Status = atelier.Failed, atelier.OperationInProgress
			}
			was := *c
			p := DecideInstance(Snapshot{Compute: c, Nodes: nodes(tt.nodes), Queued: tt.queued, Limits: DefaultLimits}, t0.Add(tt.after))
			if c.Status.Instance != was.Status.Instance {
				t.Error("the snapshot was changed")
			}
			st := p.Status.Instance
			if got := show(p.Nodes); got != tt.want {
				t.Errorf("nodes = %q, want %q", got, tt.want)
			}
			if st.State != tt.state || p.Status.State != tt.shown || st.Operation.Status != tt.status || p.Wipe != tt.wipe || p.Forget {
				t.Errorf("state %s, %s, %s, wipe %t; want %s, %s, %s, %t", st.State, p.Status.State, st.Operation.Status, p.Wipe, tt.state, tt.shown, tt.status, tt.wipe)
			}
			if !tt.deleting && st.Seen != 1 {
				t.Error("what was asked is not marked as seen: it would begin anew each time")
			}
			resting := st.Operation.Status != atelier.OperationInProgress || p.Again > 0 || tt.deleting
			if !resting {
				t.Error("an operation is in progress and nobody looks again")
			}
		})
	}
}

func TestIdleOffEndsWithTheNextStart(t *testing.T) {
	c := instance("Create on", true)
	c.Spec.Instance.IdleAfter = time.Hour
	p := DecideInstance(Snapshot{Compute: c, Nodes: nodes("ready"), Limits: DefaultLimits}, t0.Add(time.Hour))
	if op := p.Status.Instance.Operation; op.Trigger != atelier.TriggerIdle || op.Name != atelier.OperationStop {
		t.Fatalf("operation %+v", op)
	}
	c.Status = p.Status
	if p = DecideInstance(Snapshot{Compute: c, Limits: DefaultLimits}, t0.Add(2*time.Hour)); p.Status.Instance.State != atelier.InstanceStopped || len(p.Nodes) > 0 {
		t.Fatalf("%s with %s", p.Status.Instance.State, show(p.Nodes))
	}
	c.Status = p.Status
	if c.On() {
		t.Fatal("it is on")
	}
	c.Generation, c.Spec.Instance.Asked = 2, atelier.Asked{Operation: atelier.OperationStart, On: true, At: t0.Add(3 * time.Hour), Generation: 2}
	if p = DecideInstance(Snapshot{Compute: c, Limits: DefaultLimits}, t0.Add(3*time.Hour)); show(p.Nodes) != "gpu-u-0=Wanted" {
		t.Fatalf("after the start %s with %q", p.Status.Instance.State, show(p.Nodes))
	}
}

// TestDecideInstanceProperties drives an instance through random wishes and faults:
// there is never more than one machine, and at rest the state is as was asked.
func TestDecideInstanceProperties(t *testing.T) {
	for seed := range uint64(500) {
		w := &decideWorld{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 4)), now: t0, c: instance("Create on", false)}
		for step := range 120 {
			if step < 80 {
				w.wish()
			}
			w.instanceStep(step)
			w.move()
		}
		w.settle()
		spec, st := w.c.Spec.Instance, w.c.Status.Instance
		want := atelier.InstanceStopped
		if spec.Asked.On {
			want = atelier.InstanceRunning
		}
		if st.State != want || st.Operation.Status != atelier.OperationSucceeded || (len(w.nodes) > 0) != spec.Asked.On {
			t.Fatalf("seed %d: asked %+v, at rest it is %s (%+v) with %s", seed, spec.Asked, st.State, st.Operation, show(w.nodes))
		}
		w.c.DeletedAt = w.now
		for step := range 20 {
			if p := w.instanceStep(step); p.Wipe {
				break
			} else if step == 19 {
				t.Fatalf("seed %d: a deleted instance is still there with %s", seed, show(w.nodes))
			}
			w.rest()
		}
	}
}

// wish is what a user may ask at any moment.
func (w *decideWorld) wish() {
	s := w.c.Spec.Instance
	ask := func(operation string, on bool) {
		w.c.Generation++
		s.Asked = atelier.Asked{Operation: operation, On: on, At: w.now, Generation: w.c.Generation}
	}
	switch w.r.IntN(16) {
	case 0:
		ask(atelier.OperationStart, true)
	case 1:
		ask(atelier.OperationStop, false)
	case 2:
		s.Epoch++
		ask(atelier.OperationRestart, true)
	case 3:
		s.Epoch++
		ask(atelier.OperationResize, s.Asked.On)
	}
}

func (w *decideWorld) instanceStep(step int) Plan {
	p := DecideInstance(Snapshot{Compute: w.c, Nodes: w.nodes, Limits: DefaultLimits}, w.now)
	for _, n := range p.Nodes {
		if old := w.find(n.ID); old != nil {
			*old = *n
		} else {
			w.nodes = append(w.nodes, n)
		}
	}
	for _, n := range p.Drop {
		w.remove(n.ID)
	}
	machines := 0
	for _, n := range w.nodes {
		if n.State != atelier.Gone {
			machines++
		}
	}
	if machines > 1 {
		w.t.Fatalf("seed %d step %d: %d machines have the same home: %s", w.seed, step, machines, show(w.nodes))
	}
	w.c.Status = p.Status
	return p
}

// settle lets the world do only what is good, until nothing happens any more.
func (w *decideWorld) settle() {
	for step := range 20 {
		w.rest()
		w.instanceStep(1000 + step)
	}
}

func (w *decideWorld) rest() {
	w.now = w.now.Add(time.Second)
	for _, n := range w.nodes {
		n.Job = ""
		switch n.State {
		case atelier.Wanted, atelier.Booting:
			n.State = atelier.Ready
		case atelier.Leaving:
			n.State = atelier.Gone
		}
	}
}

func TestDecideAttached(t *testing.T) {
	c := &atelier.Compute{Meta: atelier.Meta{ID: "workspaces/w/computes/box", UID: "u", Generation: 1, CreatedAt: t0}}
	c.Spec = atelier.ComputeSpec{Kind: atelier.KindVM, Attached: new(atelier.AttachedSpec)}
	p := DecideAny(Snapshot{Compute: c}, t0)
	if p.Status.State != atelier.Succeeded || p.Status.Observed != 1 || len(p.Status.Warnings) != 1 || len(p.Nodes) != 0 || p.Forget {
		t.Errorf("plan %+v", p)
	}
	c.DeletedAt = t0
	if p = DecideAny(Snapshot{Compute: c, Queued: 1}, t0); p.Forget || p.Again == 0 {
		t.Errorf("a queue is waited for: %+v", p)
	}
	if p = DecideAny(Snapshot{Compute: c}, t0); !p.Forget {
		t.Errorf("detached: %+v", p)
	}
}
