package compute

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
)

var t0 = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// nodes parses words such as "wanted booting ready busy draining-busy leaving
// gone-busy stuck ready-drain" into nodes n0, n1, … that are as old as t0.
func nodes(words string) (out []*atelier.Node) {
	for i, w := range strings.Fields(words) {
		w, drain := strings.CutSuffix(w, "-drain")
		state, busy := strings.CutSuffix(w, "-busy")
		n := &atelier.Node{Meta: atelier.Meta{CreatedAt: t0, Name: fmt.Sprintf("n%d", i)}, Since: t0}
		n.ID = atelier.ID("workspaces/w/computes/gpu").Child("nodes", n.Name)
		switch state {
		case "busy":
			n.State, busy = atelier.Ready, true
		case "stuck":
			n.State, busy, n.Stuck = atelier.Ready, true, true
		default:
			n.State = atelier.NodeState(strings.ToUpper(state[:1]) + state[1:])
		}
		if drain {
			n.DrainAt, n.DrainBy = t0, "ann"
		}
		if busy {
			n.Job = "workspaces/w/jobs/j"
		}
		out = append(out, n)
	}
	return out
}

func show(ns []*atelier.Node) string {
	var out []string
	for _, n := range ns {
		out = append(out, n.Name+"="+string(n.State))
	}
	return strings.Join(out, " ")
}

func cluster(lo, hi int) *atelier.Compute {
	return &atelier.Compute{
		Meta: atelier.Meta{ID: "workspaces/w/computes/gpu", Name: "gpu", UID: "u", Generation: 1, CreatedAt: t0, UpdatedAt: t0},
		Spec: atelier.ComputeSpec{Kind: atelier.KindCluster, Cluster: &atelier.ClusterSpec{Min: lo, Max: hi, IdleAfter: 2 * time.Minute}},
	}
}

func TestDecide(t *testing.T) {
	for _, tt := range []struct {
		name     string
		min, max int
		demand   int
		queued   int
		nodes    string
		after    time.Duration
		deleting bool
		want     string
		state    atelier.ComputeState
		forget   bool
		again    time.Duration
	}{
		{name: "empty-cluster-is-done", max: 4, state: atelier.Succeeded},
		{name: "grow-to-min", min: 2, max: 4, want: "gpu-u-0=Wanted gpu-u-1=Wanted", state: atelier.Creating, again: 20 * time.Minute},
		{name: "wait-for-boot", min: 1, max: 4, nodes: "booting", state: atelier.Creating, again: 10 * time.Minute},
		{name: "steady", min: 1, max: 4, nodes: "ready", state: atelier.Succeeded},
		{name: "grow-on-demand", min: 1, max: 4, demand: 3, nodes: "ready", want: "gpu-u-0=Wanted gpu-u-1=Wanted", state: atelier.Succeeded},
		{name: "demand-capped", max: 2, demand: 9, nodes: "busy busy", state: atelier.Succeeded},
		{name: "leaving-counts-against-max", max: 2, demand: 2, nodes: "busy leaving", state: atelier.Succeeded},
		{name: "gone-counts-for-nothing", max: 2, demand: 2, nodes: "busy gone-busy", want: "gpu-u-0=Wanted", state: atelier.Succeeded},
		{name: "idle-but-not-long", max: 4, nodes: "ready", after: time.Minute, state: atelier.Succeeded, again: time.Minute},
		{name: "idle-long-enough", max: 4, nodes: "ready", after: 2 * time.Minute, want: "n0=Leaving", state: atelier.Succeeded},
		{name: "idle-down-to-min-only", min: 1, max: 4, nodes: "ready ready", after: time.Hour, want: "n0=Leaving", state: atelier.Succeeded},
		{name: "never-drop-busy", max: 4, nodes: "busy", after: time.Hour, state: atelier.Succeeded},
		{name: "max-lowered-idle-first", max: 1, demand: 3, nodes: "busy ready busy", want: "n1=Leaving n0=Draining", state: atelier.Succeeded},
		{name: "drained-leaves", max: 4, nodes: "draining draining-busy", want: "n0=Leaving", state: atelier.Succeeded},
		{name: "drain-idle", max: 4, nodes: "ready-drain", want: "n0=Leaving", state: atelier.Succeeded},
		{name: "drain-lets-the-job-end", max: 4, demand: 1, nodes: "busy-drain", want: "n0=Draining", state: atelier.Succeeded},
		{name: "draining-goes-on", max: 4, demand: 1, nodes: "draining-busy-drain", state: atelier.Succeeded},
		{name: "drained-node-is-not-replaced-without-need", max: 4, demand: 2, nodes: "draining-busy-drain ready", state: atelier.Succeeded},
		{name: "drained-node-is-replaced-for-the-queue", max: 4, demand: 2, nodes: "draining-busy-drain", want: "gpu-u-0=Wanted", state: atelier.Succeeded},
		{name: "drain-keeps-min", min: 1, max: 2, nodes: "ready-drain", want: "n0=Leaving gpu-u-0=Wanted", state: atelier.Creating, again: 20 * time.Minute},
		{name: "drain-keeps-min-while-the-job-ends", min: 1, max: 2, demand: 1, nodes: "busy-drain", want: "n0=Draining gpu-u-0=Wanted", state: atelier.Creating, again: 20 * time.Minute},
		{name: "drain-keeps-max", min: 1, max: 1, nodes: "busy-drain", want: "n0=Draining", state: atelier.Creating, again: 20 * time.Minute},
		{name: "drain-what-is-starting", max: 2, demand: 2, nodes: "booting-drain wanted-drain", want: "n0=Leaving n1=Leaving", state: atelier.Succeeded},
		{name: "drain-stuck", max: 2, nodes: "stuck-drain", want: "n0=Leaving", state: atelier.Succeeded},
		{name: "lost-is-replaced", min: 1, max: 2, nodes: "lost", want: "n0=Leaving gpu-u-0=Wanted", state: atelier.Creating, again: 20 * time.Minute},
		{name: "stuck-is-replaced", max: 2, demand: 1, nodes: "stuck", want: "n0=Leaving gpu-u-0=Wanted", state: atelier.Succeeded},
		{name: "no-surge-over-max", max: 1, demand: 1, nodes: "lost-busy", want: "n0=Leaving", state: atelier.Succeeded},
		{name: "boot-limit", min: 1, max: 2, nodes: "booting", after: 10 * time.Minute, want: "n0=Leaving gpu-u-0=Wanted", state: atelier.Creating, again: 10 * time.Minute},
		{name: "starting-without-demand-goes-on", max: 2, nodes: "booting", state: atelier.Succeeded, again: 10 * time.Minute},
		{name: "wanted-without-demand-is-dropped", max: 2, nodes: "wanted", want: "n0=Leaving", state: atelier.Succeeded, again: 10 * time.Minute},
		{name: "provisioning-limit", min: 1, max: 1, nodes: "leaving", after: 20 * time.Minute, state: atelier.Failed},
		{name: "delete-at-once", min: 2, max: 4, nodes: "ready booting busy", deleting: true, want: "n1=Leaving n0=Leaving n2=Draining", state: atelier.Deleting, again: 10 * time.Minute},
		{name: "delete-waits-for-the-job", max: 4, nodes: "gone-busy", deleting: true, state: atelier.Deleting},
		{name: "delete-waits-for-the-queue", max: 4, queued: 1, deleting: true, state: atelier.Deleting, again: forgetRetry},
		{name: "delete-done", max: 4, deleting: true, state: atelier.Deleting, forget: true},
		{name: "delete-drops-the-last-rows", max: 4, nodes: "gone", deleting: true, state: atelier.Deleting, forget: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := cluster(tt.min, tt.max)
			if tt.deleting {
				c.DeletedAt = t0
			}
			p := Decide(Snapshot{Compute: c, Nodes: nodes(tt.nodes), Demand: tt.demand, Queued: tt.queued, Limits: DefaultLimits}, t0.Add(tt.after))
			if got := show(p.Nodes); got != tt.want {
				t.Errorf("nodes = %q, want %q", got, tt.want)
			}
			if p.Status.State != tt.state || p.Forget != tt.forget || p.Again != tt.again {
				t.Errorf("state %s, forget %t, again %s; want %s, %t, %s", p.Status.State, p.Forget, p.Again, tt.state, tt.forget, tt.again)
			}
		})
	}
}

// TestReasonsHaveTheirFigures holds what words in other languages are made of.
func TestReasonsHaveTheirFigures(t *testing.T) {
	c := cluster(0, 4)
	ns := nodes("wanted wanted")
	for _, n := range ns {
		n.Size = "Standard_NC6"
	}
	show := func() string {
		p := Decide(Snapshot{Compute: c, Nodes: ns, Demand: 2, Limits: DefaultLimits}, t0)
		if len(p.Status.Reasons) != 1 {
			t.Fatalf("reasons: %v", p.Status.Reasons)
		}
		return fmt.Sprint(p.Status.Reasons[0].Code, " ", p.Status.Reasons[0].Params)
	}
	if got := show(); got != "ScalingUp map[n:2 stage:Wanted]" {
		t.Errorf("while nodes start: %s", got)
	}
	c.Status.Observed, c.Status.State, c.Status.LaunchFails, c.Status.LaunchAfter = 1, atelier.Succeeded, 1, t0.Add(time.Minute)
	c.Status.Errors = []atelier.Problem{{Code: "OutOfStock", Message: "none left"}}
	if got := show(); got != "NoCapacity map[cause:OutOfStock n:2 size:Standard_NC6]" {
		t.Errorf("when none is to be had: %s", got)
	}
}

// TestDecideProperties drives Decide with a random world until it settles and
// checks what must hold at every step.
func TestDecideProperties(t *testing.T) {
	for seed := range uint64(500) {
		w := &decideWorld{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 1)), now: t0}
		w.c = cluster(0, 1+w.r.IntN(5))
		w.c.Spec.Cluster.Min = w.r.IntN(w.c.Spec.Cluster.Max + 1)
		forgotten := false
		for step := range 200 {
			if step == 60 {
				w.c.DeletedAt = w.now
			}
			if forgotten = w.step(step); forgotten {
				break
			}
			w.move()
		}
		if !forgotten {
			t.Fatalf("seed %d: a deleted compute is still there with %s", seed, show(w.nodes))
		}
	}
}

type decideWorld struct {
	t     *testing.T
	seed  uint64
	r     *rand.Rand
	c     *atelier.Compute
	nodes []*atelier.Node
	now   time.Time
}

func (w *decideWorld) step(step int) (forget bool) {
	spec := w.c.Spec.Cluster
	s := Snapshot{Compute: w.c, Nodes: w.nodes, Demand: w.r.IntN(7), Limits: DefaultLimits}
	p := Decide(s, w.now)
	if again := Decide(s, w.now); show(again.Nodes) != show(p.Nodes) || again.Again != p.Again {
		w.t.Fatalf("seed %d step %d: the same arguments gave two plans", w.seed, step)
	}
	for _, n := range p.Nodes {
		old := w.find(n.ID)
		if old == nil {
			w.nodes = append(w.nodes, n)
			continue
		}
		idle := old.State == atelier.Ready && old.Job == "" && n.State == atelier.Leaving && old.DrainAt.IsZero()
		over := w.c.Deleting() || len(w.nodes) > spec.Max
		if idle && !over && w.now.Sub(idleSince(old)) < spec.IdleAfter {
			w.t.Fatalf("seed %d step %d: %s left after %s of idle time", w.seed, step, n.Name, w.now.Sub(idleSince(old)))
		}
		if old.Job != "" && !old.Stuck && old.State == atelier.Ready && n.State == atelier.Leaving {
			w.t.Fatalf("seed %d step %d: busy node %s told to leave", w.seed, step, n.Name)
		}
		*old = *n
	}
	for _, n := range p.Drop {
		w.remove(n.ID)
	}
	there := 0
	for _, n := range w.nodes {
		if n.State != atelier.Gone {
			there++
		}
		if !n.DrainAt.IsZero() && (counts(n) || n.State == atelier.Draining && n.Job == "") {
			w.t.Fatalf("seed %d step %d: %s was to be drained and is %s", w.seed, step, n.Name, n.State)
		}
	}
	if there > spec.Max {
		w.t.Fatalf("seed %d step %d: %d machines, max %d: %s", w.seed, step, there, spec.Max, show(w.nodes))
	}
	w.c.Status = p.Status
	return p.Forget
}

// move lets the rest of the world do what it may.
func (w *decideWorld) move() {
	w.now = w.now.Add(time.Duration(w.r.IntN(90)) * time.Second)
	for _, n := range append([]*atelier.Node(nil), w.nodes...) {
		was := n.State
		switch {
		case counts(n) && w.r.IntN(25) == 0:
			n.DrainAt, n.DrainBy = w.now, "ann"
		case n.State == atelier.Wanted:
			n.State = atelier.Booting
		case n.State == atelier.Booting && w.r.IntN(2) == 0:
			n.State = atelier.Ready
		case n.State == atelier.Ready && w.r.IntN(20) == 0:
			n.State = atelier.Lost
		case n.State == atelier.Ready && n.Job == "" && w.r.IntN(3) == 0 && !w.c.Deleting():
			n.Job = "j"
		case n.Job != "" && w.r.IntN(2) == 0:
			n.Job, n.FreedAt = "", w.now
		case n.State == atelier.Leaving && w.r.IntN(2) == 0:
			n.State = atelier.Gone
		}
		if n.State != was {
			n.Since = w.now
		}
	}
}

func (w *decideWorld) find(id atelier.ID) *atelier.Node {
	for _, n := range w.nodes {
		if n.ID == id {
			return n
		}
	}
	return nil
}

func (w *decideWorld) remove(id atelier.ID) {
	for i, n := range w.nodes {
		if n.ID == id {
			w.nodes = append(w.nodes[:i], w.nodes[i+1:]...)
			return
		}
	}
}
