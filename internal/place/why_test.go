package place_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
)

func (w *world) compute() *atelier.Compute {
	return &atelier.Compute{Meta: atelier.Meta{ID: w.gpu, Name: "gpu"}, Spec: atelier.ComputeSpec{Cluster: &atelier.ClusterSpec{Max: 2}}}
}

// why is the codes and words of the reasons for the job.
func (w *world) why(j *atelier.Job) string {
	var out []string
	for _, r := range w.view.Why(j, w.compute()) {
		out = append(out, r.Code+": "+r.Message)
	}
	return strings.Join(out, " | ")
}

func TestWhy(t *testing.T) {
	w := newWorld(t, 2)
	first := w.job("first", 1, 0)
	if got := w.why(first); got != "ScalingUp: 1 node is being asked for." {
		t.Errorf("without nodes: %s", got)
	}
	w.node("a", "Booting", "")
	if got := w.why(first); got != "ScalingUp: 1 node starting, since 00:00:00." {
		t.Errorf("while one boots: %s", got)
	}
	w.node("a2", "Ready", ws.Child("jobs", "other"))
	w.node("a3", "Ready", ws.Child("jobs", "another"))
	second := w.job("second", 1, 0)
	if got := w.why(second); !strings.HasPrefix(got, "QueuedBehind: 1 job ahead.") || !strings.Contains(got, "ClusterAtMax: 2 of at most 2 nodes are busy; the job takes 1.") {
		t.Errorf("behind one, all busy: %s", got)
	}
	if got := w.why(w.job("urgent", 1, 5)); strings.Contains(got, "QueuedBehind") {
		t.Errorf("a job of higher priority: %s", got)
	}
	if got := w.why(w.job("large", 3, 0)); !strings.HasPrefix(got, "SizeMismatch: The job takes 3 nodes at once; gpu has at most 2.") {
		t.Errorf("larger than the cluster: %s", got)
	}
	first.Status.State = atelier.JobRunning
	if got := w.why(first); got != "" {
		t.Errorf("a running job waits: %s", got)
	}
}

// TestReasonsHaveTheirFigures holds what words in other languages are made of.
// TestGangBehindBusyNodes: max leaves room for a node, but not for all that the job
// takes, so none is asked for and none is promised.
func TestGangBehindBusyNodes(t *testing.T) {
	w := newWorld(t, 3)
	w.node("a", "Ready", ws.Child("jobs", "other"))
	w.node("b", "Ready", ws.Child("jobs", "other"))
	pair := w.job("pair", 2, 0)
	if n := w.view.Demand(w.gpu, 3); n != 2 {
		t.Fatalf("%d nodes are asked for", n)
	}
	c := w.compute()
	c.Spec.Cluster.Max = 3
	list := w.view.Why(pair, c)
	if len(list) != 1 || list[0].Code != atelier.ReasonClusterAtMax || list[0].Message != "2 of at most 3 nodes are busy; the job takes 2." {
		t.Errorf("%+v", list)
	}
}

func TestReasonsHaveTheirFigures(t *testing.T) {
	w := newWorld(t, 2)
	early := w.job("early", 1, 0)
	w.node("a", "Wanted", "")
	w.node("b", "Booting", "")
	w.node("c", "Ready", "other")
	w.node("d", "Ready", "another")
	late, large := w.job("late", 1, 0), w.job("large", 3, 0)
	late.Status.Lost = 2
	gone := &atelier.Job{Spec: atelier.JobSpec{Compute: w.gpu}}
	gone.Spec.Instances = 1
	for name, tc := range map[string]struct {
		j    *atelier.Job
		c    *atelier.Compute
		want string
	}{
		"first": {early, w.compute(), "ScalingUp map[n:2 stage:Booting] | ClusterAtMax map[busy:2 max:2 name:gpu need:1]"},
		"later": {late, w.compute(), "QueuedBehind map[n:1] | ScalingUp map[n:2 stage:Booting] | ClusterAtMax map[busy:2 max:2 name:gpu need:1] | Preempted map[n:2]"},
		"large": {large, w.compute(), "SizeMismatch map[max:2 name:gpu need:3]"},
		"gone":  {gone, nil, "ComputeFailed map[cause:Deleting name:gpu]"},
		"off":   {gone, &atelier.Compute{Meta: atelier.Meta{ID: w.gpu, Name: "gpu"}, Spec: atelier.ComputeSpec{Instance: &atelier.InstanceSpec{}}}, "ComputeStopped map[name:gpu]"},
	} {
		var out []string
		for _, r := range w.view.Why(tc.j, tc.c) {
			out = append(out, fmt.Sprint(r.Code, " ", r.Params))
		}
		if got := strings.Join(out, " | "); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

// TestPriorityChanges moves a job ahead of older ones, and back to its age among equals.
func TestPriorityChanges(t *testing.T) {
	w := newWorld(t, 1)
	w.node("a", "Ready", "")
	first, second, third := w.job("first", 1, 0), w.job("second", 1, 0), w.job("third", 1, 0)
	next := func() string { return showPlan(w.view.Plan(w.gpu, t0, 1)) }
	if got := next(); got != "first:a" {
		t.Fatalf("by age: %s", got)
	}
	third.Spec.Priority = 5
	w.put(third)
	if got := next(); got != "third:a" || !strings.HasPrefix(w.why(second), "QueuedBehind: 2 jobs ahead.") {
		t.Errorf("after the third was raised: %s, and the second: %s", got, w.why(second))
	}
	third.Spec.Priority = 0
	first.Spec.Priority = -1
	w.put(third, first)
	if got := next(); got != "second:a" || !strings.HasPrefix(w.why(third), "QueuedBehind: 1 job ahead.") {
		t.Errorf("after it was lowered again, and the first below: %s, and the third: %s", got, w.why(third))
	}
}

// TestWhyCounts has the number of jobs ahead right while it is small, and bounded.
func TestWhyCounts(t *testing.T) {
	w := newWorld(t, 2)
	var jobs []*atelier.Job
	for i := range 1500 {
		jobs = append(jobs, w.job(fmt.Sprintf("j%d", i), 1+i%3, 0))
	}
	for _, i := range []int{1, 2, 700, 999} {
		if got, want := w.why(jobs[i]), fmt.Sprintf("QueuedBehind: %d job", i); jobs[i].Spec.Instances <= 2 && !strings.HasPrefix(got, want) {
			t.Errorf("job %d: %s", i, got)
		}
	}
	if got := w.why(jobs[1498]); !strings.HasPrefix(got, "QueuedBehind: More than 1000 jobs ahead.") {
		t.Errorf("far behind: %s", got)
	}
}

// BenchmarkWhy is what a look at the last of many queued jobs costs.
func BenchmarkWhy(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("%d-queued", n), func(b *testing.B) {
			w := newWorld(b, 2)
			var last *atelier.Job
			for i := range n {
				last = w.job(fmt.Sprintf("j%d", i), 1, 0)
			}
			for b.Loop() {
				w.why(last)
			}
		})
	}
}

// TestRefusalPromisesNoNodes: what a provider refuses to make is not on its way; what
// it made before is.
func TestRefusalPromisesNoNodes(t *testing.T) {
	for _, code := range []string{atelier.ReasonNoCapacity, atelier.ReasonComputeFailed} {
		w := newWorld(t, 4)
		j, c := w.job("first", 3, 0), w.compute()
		c.Spec.Cluster.Max = 4
		c.Status.Reasons = []atelier.Reason{{Code: code, Blocking: true, Message: "no"}}
		w.node("a", "Wanted", "")
		codes := func() (out []string) {
			for _, r := range w.view.Why(j, c) {
				out = append(out, r.Code+r.Params["n"])
			}
			return out
		}
		if got := fmt.Sprint(codes()); got != "["+code+"]" {
			t.Errorf("one is refused: %s", got)
		}
		w.node("b", "Booting", "")
		if got := fmt.Sprint(codes()); got != "["+code+" ScalingUp1]" {
			t.Errorf("one is refused, and one boots: %s", got)
		}
	}
}

// TestClosedNodesGetNoJobs: from the moment that a user wants a node to go, it is
// given no work.
func TestClosedNodesGetNoJobs(t *testing.T) {
	w := newWorld(t, 4)
	w.job("first", 1, 0)
	drained, taken := w.node("a", "Ready", ""), w.node("b", "Ready", "")
	drained.DrainAt, taken.PreemptAt = t0, t0
	w.put(drained, taken)
	if plan := w.view.Plan(w.gpu, t0, 5); len(plan) > 0 {
		t.Errorf("plan %s", showPlan(plan))
	}
	w.node("c", "Ready", "")
	if got := showPlan(w.view.Plan(w.gpu, t0, 5)); got != "first:c" {
		t.Errorf("plan %s, want the open node", got)
	}
}
