package place_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/place"
	"github.com/atelier-compute/atelier/internal/store"
)

var t0 = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

const ws = atelier.ID("workspaces/s~g~w")

// world is a store with one cluster and a view of it.
type world struct {
	tb   testing.TB
	db   *store.DB
	view *place.View
	gpu  atelier.ID
}

func newWorld(tb testing.TB, limit int) *world {
	w := &world{tb: tb, db: store.OpenDisk(new(store.Disk), func() time.Time { return t0 }), view: new(place.View), gpu: ws.Child("computes", "gpu")}
	if err := w.db.AddView(w.view); err != nil {
		tb.Fatal(err)
	}
	c := &atelier.Compute{Meta: atelier.Meta{ID: w.gpu, Name: "gpu", CreatedAt: t0}}
	c.Spec.Cluster = &atelier.ClusterSpec{Max: limit}
	w.put(c)
	return w
}

func (w *world) put(list ...atelier.Resource) {
	w.tb.Helper()
	err := w.db.Do(context.Background(), func(tx *store.Tx) error {
		for _, v := range list {
			if err := store.Put(tx, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.tb.Fatal(err)
	}
}

func (w *world) node(name, state string, job atelier.ID) *atelier.Node {
	n := &atelier.Node{Meta: atelier.Meta{ID: w.gpu.Child("nodes", name), Name: name, CreatedAt: t0}, Compute: w.gpu, State: atelier.NodeState(state), Job: job}
	w.put(n)
	return n
}

func (w *world) job(name string, need, priority int) *atelier.Job {
	j := &atelier.Job{Meta: atelier.Meta{ID: ws.Child("jobs", name), Name: name, CreatedAt: t0}}
	j.Spec.Compute, j.Spec.Instances, j.Spec.Priority = w.gpu, need, priority
	w.put(j)
	return j
}

func showPlan(plan []place.Assignment) string {
	var out []string
	for _, a := range plan {
		s := a.Job.Name() + ":"
		for i, n := range a.Nodes {
			if i > 0 {
				s += ","
			}
			s += n.Name()
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

// TestPlan reads a queue "name/need/priority" and nodes "name=state" or
// "name=busy".
func TestPlan(t *testing.T) {
	for _, tt := range []struct {
		name   string
		max    int
		nodes  string
		jobs   string
		after  time.Duration
		want   string
		demand int
	}{
		{name: "nothing-to-do", max: 4, nodes: "a=Ready"},
		{name: "first-in-first-out", max: 4, nodes: "a=Ready b=Ready", jobs: "x/1/0 y/1/0 z/1/0", want: "x:a y:b", demand: 3},
		{name: "priority-first", max: 4, nodes: "a=Ready", jobs: "x/1/0 y/1/5 z/1/5", want: "y:a", demand: 3},
		{name: "busy-and-booting-are-not-free", max: 4, nodes: "a=busy b=Booting c=Draining d=Lost", jobs: "x/1/0", demand: 2},
		{name: "gang-all-at-once", max: 4, nodes: "a=Ready b=Ready", jobs: "x/2/0", want: "x:a,b", demand: 2},
		{name: "gang-never-partly", max: 4, nodes: "a=Ready", jobs: "x/2/0", demand: 2},
		{name: "no-passing-while-nodes-start", max: 2, nodes: "a=Ready b=Booting", jobs: "x/2/0 y/1/0", demand: 2},
		{name: "passing-beside", max: 3, nodes: "a=Ready b=Booting", jobs: "x/2/0 y/1/0", want: "y:a", demand: 3},
		{name: "passing-what-cannot-start-anyway", max: 2, nodes: "a=Ready b=busy", jobs: "x/2/0 y/1/0", want: "y:a", demand: 2},
		{name: "passing-ends-after-hold", max: 2, nodes: "a=Ready b=busy", jobs: "x/2/0 y/1/0", after: place.Hold, demand: 2},
		{name: "never-fits-never-holds", max: 2, nodes: "a=Ready b=busy", jobs: "x/3/0 y/1/0", after: time.Hour, want: "y:a", demand: 2},
		{name: "demand-of-gangs-that-fit", max: 4, jobs: "x/3/0 y/3/0", demand: 3},
		{name: "demand-fills-with-small-ones", max: 4, jobs: "x/3/0 y/3/0 z/1/0", demand: 4},
		{name: "demand-capped", max: 2, nodes: "a=busy", jobs: "x/1/0 y/1/0 z/1/0", demand: 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.max)
			for _, word := range strings.Fields(tt.nodes) {
				name, state, _ := strings.Cut(word, "=")
				if state == "busy" {
					w.node(name, "Ready", ws.Child("jobs", "other"))
				} else {
					w.node(name, state, "")
				}
			}
			for _, word := range strings.Fields(tt.jobs) {
				var need, priority int
				name, rest, _ := strings.Cut(word, "/")
				if _, err := fmt.Sscanf(rest, "%d/%d", &need, &priority); err != nil {
					t.Fatal(err)
				}
				w.job(name, need, priority)
			}
			for range 2 { // planning changes nothing
				if got := showPlan(w.view.Plan(w.gpu, t0.Add(tt.after), 100)); got != tt.want {
					t.Errorf("plan = %q, want %q", got, tt.want)
				}
				if got := w.view.Demand(w.gpu, tt.max); tt.demand > 0 && got != tt.demand {
					t.Errorf("demand = %d, want %d", got, tt.demand)
				}
			}
		})
	}
}

// TestPlanProperties compares a long-lived view with one built anew, and both with
// the rules, over random histories.
func TestPlanProperties(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		h := &history{world: newWorld(t, 6), r: r}
		for step := range 150 {
			h.step(step)
			h.check(seed, step)
		}
	}
}

type history struct {
	*world
	r     *rand.Rand
	jobs  []*atelier.Job
	nodes []*atelier.Node
}

func (h *history) step(step int) {
	switch h.r.IntN(7) {
	case 0, 1:
		h.jobs = append(h.jobs, h.job(fmt.Sprintf("j%d", step), 1+h.r.IntN(3), h.r.IntN(3)))
	case 2:
		if len(h.nodes) < 6 {
			h.nodes = append(h.nodes, h.node(fmt.Sprintf("n%d", step), "Ready", ""))
		}
	case 3:
		if len(h.jobs) > 0 {
			j := h.jobs[h.r.IntN(len(h.jobs))]
			j.Status.State = []atelier.JobState{atelier.JobQueued, atelier.JobRunning, atelier.JobCompleted}[h.r.IntN(3)]
			h.put(j)
		}
	case 6:
		if len(h.jobs) > 0 {
			j := h.jobs[h.r.IntN(len(h.jobs))]
			j.Spec.Priority = h.r.IntN(4)
			h.put(j)
		}
	case 4:
		if len(h.nodes) > 0 {
			n := h.nodes[h.r.IntN(len(h.nodes))]
			n.State = []atelier.NodeState{atelier.Ready, atelier.Ready, atelier.Lost, atelier.Booting}[h.r.IntN(4)]
			n.Job = []atelier.ID{"", "", "other"}[h.r.IntN(3)]
			n.FreedAt = t0.Add(time.Duration(step) * time.Second)
			h.put(n)
		}
	case 5:
		if len(h.nodes) > 0 {
			i := h.r.IntN(len(h.nodes))
			n := h.nodes[i]
			h.nodes = slices.Delete(h.nodes, i, i+1)
			if err := h.db.Do(context.Background(), func(tx *store.Tx) error { return store.Delete(tx, n) }); err != nil {
				h.tb.Fatal(err)
			}
		}
	}
}

func (h *history) check(seed uint64, step int) {
	h.tb.Helper()
	fresh := new(place.View)
	if err := h.db.AddView(fresh); err != nil {
		h.tb.Fatal(err)
	}
	got, want := h.view.Plan(h.gpu, t0, 100), fresh.Plan(h.gpu, t0, 100)
	if showPlan(got) != showPlan(want) || h.view.Demand(h.gpu, 6) != fresh.Demand(h.gpu, 6) {
		h.tb.Fatalf("seed %d step %d: kept %q, built anew %q", seed, step, showPlan(got), showPlan(want))
	}
	used := map[atelier.ID]bool{}
	for _, a := range got {
		i := slices.IndexFunc(h.jobs, func(j *atelier.Job) bool { return j.ID == a.Job })
		if i < 0 || len(a.Nodes) != h.jobs[i].Spec.Instances || h.jobs[i].Status.State != "" && h.jobs[i].Status.State != atelier.JobQueued {
			h.tb.Fatalf("seed %d step %d: %s got %d nodes", seed, step, a.Job, len(a.Nodes))
		}
		for _, id := range a.Nodes {
			n := slices.IndexFunc(h.nodes, func(n *atelier.Node) bool { return n.ID == id && n.State == atelier.Ready && n.Job == "" })
			if n < 0 || used[id] {
				h.tb.Fatalf("seed %d step %d: node %s is not free", seed, step, id)
			}
			used[id] = true
		}
	}
	first := h.firstQueued()
	free := 0
	for _, n := range h.nodes {
		if n.State == atelier.Ready && n.Job == "" {
			free++
		}
	}
	if first != nil && first.Spec.Instances <= free && (len(got) == 0 || got[0].Job != first.ID) {
		h.tb.Fatalf("seed %d step %d: %s is first and fits, the plan is %q", seed, step, first.ID, showPlan(got))
	}
}

func (h *history) firstQueued() *atelier.Job {
	var queued []*atelier.Job
	for _, j := range h.jobs {
		if j.Status.State == "" || j.Status.State == atelier.JobQueued {
			queued = append(queued, j)
		}
	}
	if len(queued) == 0 {
		return nil
	}
	return slices.MinFunc(queued, func(a, b *atelier.Job) int {
		return cmp.Or(cmp.Compare(b.Spec.Priority, a.Spec.Priority), slices.Index(h.jobs, a)-slices.Index(h.jobs, b))
	})
}

// BenchmarkPlace places and frees on 10,000 nodes with 100,000 queued (design 13:
// at least 20,000 placements a second, cost growing with neither).
func BenchmarkPlace(b *testing.B) {
	for _, size := range []struct{ nodes, queued int }{{100, 1000}, {1000, 10_000}, {10_000, 100_000}} {
		b.Run(fmt.Sprintf("%d-nodes-%d-queued", size.nodes, size.queued), func(b *testing.B) {
			w := newWorld(b, size.nodes)
			var nodes []*atelier.Node
			for i := range size.nodes {
				nodes = append(nodes, w.node(fmt.Sprintf("n%d", i), "Ready", "other"))
			}
			for i := range size.queued {
				w.job(fmt.Sprintf("j%d", i), 1, 0)
			}
			b.ResetTimer()
			for i := range b.N {
				n := nodes[i%len(nodes)]
				n.Job = ""
				w.put(n)
				plan := w.view.Plan(w.gpu, t0, 64)
				if len(plan) != 1 {
					b.Fatalf("%d placements, want 1", len(plan))
				}
				n.Job = plan[0].Job
				w.put(n)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "placements/s")
		})
	}
}
