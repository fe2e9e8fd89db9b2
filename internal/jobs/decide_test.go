package jobs

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
)

var t0 = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// tasks parses words such as "assigned running ended:0 ended:1 ended:error
// stopped-running" into the tasks of attempt 1, as old as t0.
func tasks(words string) (out []*atelier.Task) {
	for rank, w := range strings.Fields(words) {
		w, stopped := strings.CutPrefix(w, "stopped-")
		state, how, _ := strings.Cut(w, ":")
		t := &atelier.Task{Meta: atelier.Meta{CreatedAt: t0}, Rank: rank, Attempt: 1, State: atelier.TaskState(strings.ToUpper(state[:1]) + state[1:])}
		if stopped {
			t.Stop = t0
		}
		var code int
		if _, err := fmt.Sscan(how, &code); err == nil {
			t.ExitCode = &code
		}
		if how == "error" {
			t.Problem = &atelier.Problem{Code: "EnvironmentFailed", Message: "no such package"}
		}
		out = append(out, t)
	}
	return out
}

func nodeRows(words string) (out []*atelier.Node) {
	for _, w := range strings.Fields(words) {
		if w == "-" {
			out = append(out, nil)
			continue
		}
		out = append(out, &atelier.Node{State: atelier.NodeState(strings.ToUpper(w[:1]) + w[1:])})
	}
	return out
}

func show(p Plan) string {
	s := string(p.Status.State)
	if p.Status.Stopping != "" {
		s += " stopping=" + p.Status.Stopping
	}
	for _, t := range p.Tasks {
		switch {
		case t.State == atelier.TaskEnded:
			s += fmt.Sprintf(" end%d", t.Rank)
		case !t.Stop.IsZero():
			s += fmt.Sprintf(" stop%d", t.Rank)
		}
	}
	for _, rank := range p.Stuck {
		s += fmt.Sprintf(" stuck%d", rank)
	}
	if p.Release {
		s += " release"
	}
	if p.Status.Error != nil {
		s += " error=" + p.Status.Error.Code
	}
	return s
}

func TestDecide(t *testing.T) {
	const ready1, ready2 = "ready", "ready ready"
	for _, tt := range []struct {
		name     string
		state    atelier.JobState
		stopping string
		cancel   bool
		compute  string // "", "deleting", "none"
		tasks    string
		nodes    string
		timeout  time.Duration
		lost     int
		after    time.Duration
		want     string
		again    time.Duration
	}{
		{name: "new-waits", want: ""},
		{name: "queued-stays", state: "Queued", want: "Queued"},
		{name: "cancel-while-queued", state: "Queued", cancel: true, want: "Canceled"},
		{name: "compute-deleted-while-queued", state: "Queued", compute: "deleting", want: "Failed error=ComputeDeleted"},
		{name: "compute-gone-while-queued", state: "Queued", compute: "none", want: "Failed error=ComputeDeleted"},
		{name: "assigned", state: "Starting", tasks: "assigned", nodes: ready1, want: "Starting", again: stuckAfter},
		{name: "slowest-task-counts", state: "Starting", tasks: "running preparing", nodes: ready2, want: "Preparing"},
		{name: "all-run", state: "Preparing", tasks: "running running", nodes: ready2, want: "Running"},
		{name: "one-of-two-done", state: "Running", tasks: "ended:0 running", nodes: ready2, want: "Running"},
		{name: "collecting", state: "Running", tasks: "ended:0 finalizing", nodes: ready2, want: "Finalizing"},
		{name: "done", state: "Finalizing", tasks: "ended:0 ended:0", nodes: ready2, want: "Completed release"},
		{name: "failed", state: "Running", tasks: "ended:1", nodes: ready1, want: "Failed release error=ExecutionFailed"},
		{name: "failed-to-prepare", state: "Preparing", tasks: "ended:error", nodes: ready1, want: "Failed release error=EnvironmentFailed"},
		{name: "unknown-end-is-failure", state: "Running", tasks: "ended", nodes: ready1, want: "Failed release error=ExecutionFailed"},
		{name: "one-fails-others-stop", state: "Running", tasks: "running ended:3", nodes: ready2, want: "Running stopping=failed stop0 error=ExecutionFailed", again: stuckAfter},
		{name: "cancel-stops", state: "Running", cancel: true, tasks: "running running", nodes: ready2, want: "Running stopping=cancel stop0 stop1", again: stuckAfter},
		{name: "cancel-waits", state: "Running", stopping: "cancel", cancel: true, tasks: "stopped-running ended:143", nodes: ready2, want: "Running stopping=cancel", again: stuckAfter},
		{name: "canceled", state: "Running", stopping: "cancel", cancel: true, tasks: "ended:143", nodes: ready1, want: "Canceled release"},
		{name: "cancel-wins-over-failure", state: "Running", stopping: "failed", cancel: true, tasks: "ended:1", nodes: ready1, want: "Canceled release"},
		{name: "timeout-not-yet", state: "Running", timeout: time.Minute, tasks: "running", nodes: ready1, after: 20 * time.Second, want: "Running", again: 40 * time.Second},
		{name: "timeout", state: "Running", timeout: time.Minute, tasks: "running", nodes: ready1, after: time.Minute, want: "Running stopping=timeout stop0", again: stuckAfter},
		{name: "timed-out", state: "Running", stopping: "timeout", tasks: "ended:143", nodes: ready1, want: "Canceled release error=JobTimedOut"},
		{name: "lost-waits-until-gone", state: "Running", tasks: "running", nodes: "lost", want: "Running stopping=lost stop0", again: stuckAfter},
		{name: "gone-goes-back", state: "Running", tasks: "running", nodes: "gone", want: "Queued end0 release"},
		{name: "row-gone-goes-back", state: "Running", tasks: "running", nodes: "-", want: "Queued end0 release"},
		{name: "gang-loses-one", state: "Running", tasks: "running running", nodes: "gone ready", want: "Running stopping=lost end0 stop1", again: stuckAfter},
		{name: "lost-too-often", state: "Running", lost: 2, tasks: "running", nodes: "gone", want: "Failed end0 release error=NodeLost"},
		{name: "result-survives-its-node", state: "Running", tasks: "ended:0", nodes: "lost", want: "Completed release"},
		{name: "lost-and-canceled", state: "Running", cancel: true, tasks: "running", nodes: "gone", want: "Canceled end0 release"},
		{name: "compute-deleted-while-running", state: "Running", compute: "deleting", tasks: "running", nodes: ready1, want: "Running stopping=deleted stop0", again: stuckAfter},
		{name: "stopped-for-deletion", state: "Running", stopping: "deleted", compute: "deleting", tasks: "ended:143", nodes: ready1, want: "Failed release error=ComputeDeleted"},
		{name: "agent-does-not-begin", state: "Starting", tasks: "assigned", nodes: ready1, after: stuckAfter, want: "Starting stuck0"},
		{name: "agent-does-not-stop", state: "Running", stopping: "cancel", cancel: true, tasks: "stopped-running", nodes: ready1, after: stuckAfter, want: "Running stopping=cancel stuck0"},
		{name: "terminal-stays", state: "Completed", cancel: true, want: "Completed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := &atelier.Job{Status: atelier.JobStatus{State: tt.state, Stopping: tt.stopping, Since: t0, Attempt: 1, Lost: tt.lost}}
			j.Spec.Timeout, j.Spec.MaxAttempts = tt.timeout, 3
			if tt.cancel {
				j.CancelAt = t0
			}
			if tt.stopping == stopFailed {
				j.Status.Error = &atelier.Problem{Code: "ExecutionFailed"}
			}
			s := Snapshot{Job: j, Compute: &atelier.Compute{}, Tasks: tasks(tt.tasks), Nodes: nodeRows(tt.nodes)}
			for range s.Tasks {
				j.Status.Nodes = append(j.Status.Nodes, "n")
			}
			switch tt.compute {
			case "deleting":
				s.Compute.DeletedAt = t0
			case "none":
				s.Compute = nil
			}
			p := Decide(s, t0.Add(tt.after))
			if got := show(p); got != tt.want || p.Again != tt.again {
				t.Errorf("plan = %q again %s, want %q again %s", got, p.Again, tt.want, tt.again)
			}
		})
	}
}

// TestStarted has a job that ended before anybody saw it run: it took the time that
// its node says.
func TestStarted(t *testing.T) {
	task := tasks("ended:0")[0]
	task.StartedAt, task.EndedAt = t0.Add(time.Hour), t0.Add(time.Hour+time.Second) // the node's clock is wrong
	j := &atelier.Job{Status: atelier.JobStatus{State: atelier.JobStarting, Nodes: []atelier.ID{"n"}, Attempt: 1}}
	p := Decide(Snapshot{Job: j, Compute: &atelier.Compute{}, Tasks: []*atelier.Task{task}, Nodes: nodeRows("ready")}, t0)
	if took := p.Status.EndedAt.Sub(p.Status.StartedAt); took != time.Second {
		t.Errorf("started %s, ended %s, want a second between", p.Status.StartedAt, p.Status.EndedAt)
	}
}

// TestDecideProperties plays random agents and nodes against Decide: every job
// ends, in one terminal state, which stays.
func TestDecideProperties(t *testing.T) {
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 2))
		j := &atelier.Job{Spec: atelier.JobSpec{MaxAttempts: 1 + r.IntN(3), Instances: 1 + r.IntN(3)}}
		if r.IntN(3) == 0 {
			j.Spec.Timeout = time.Minute
		}
		s := Snapshot{Job: j, Compute: &atelier.Compute{}}
		now, canceled := t0, false
		for step := 0; ; step++ {
			if step > 2000 {
				t.Fatalf("seed %d: not ended after %d steps: %+v", seed, step, j.Status)
			}
			p := Decide(s, now)
			apply(&s, p)
			if j.Status.State.Terminal() {
				break
			}
			checkStep(t, seed, s, canceled)
			now = now.Add(time.Duration(r.IntN(60)) * time.Second)
			if len(j.Status.Nodes) == 0 && !canceled {
				assigned(&s, now)
			}
			if r.IntN(40) == 0 {
				j.CancelAt, canceled = now, true
			}
			world(r, &s)
		}
		if canceled && j.Status.State != atelier.JobCanceled {
			t.Fatalf("seed %d: canceled, but ended as %s", seed, j.Status.State)
		}
		if p := Decide(s, now.Add(time.Hour)); p.Status.State != j.Status.State || len(p.Tasks) > 0 {
			t.Fatalf("seed %d: after its end as %s the job became %s", seed, j.Status.State, p.Status.State)
		}
	}
}

func checkStep(t *testing.T, seed uint64, s Snapshot, canceled bool) {
	t.Helper()
	st := s.Job.Status
	if st.Attempt > st.Lost+1 {
		t.Fatalf("seed %d: attempt %d after %d losses", seed, st.Attempt, st.Lost)
	}
	if canceled && len(st.Nodes) > 0 {
		for _, task := range s.Tasks {
			if task.State != atelier.TaskEnded && task.Stop.IsZero() {
				t.Fatalf("seed %d: canceled, but task %d was not told", seed, task.Rank)
			}
		}
	}
}

func apply(s *Snapshot, p Plan) {
	s.Job.Status = p.Status
	for _, t := range p.Tasks {
		s.Tasks[t.Rank] = t
	}
	for _, rank := range p.Stuck {
		s.Nodes[rank].Stuck = true
	}
	if p.Release {
		s.Tasks, s.Nodes = nil, nil
	}
}

func assigned(s *Snapshot, now time.Time) {
	st := &s.Job.Status
	st.Attempt++
	st.State, st.Since = atelier.JobStarting, now
	for rank := range s.Job.Spec.Instances {
		st.Nodes = append(st.Nodes, "n")
		s.Nodes = append(s.Nodes, &atelier.Node{State: atelier.Ready})
		s.Tasks = append(s.Tasks, &atelier.Task{Meta: atelier.Meta{CreatedAt: now}, Rank: rank, Attempt: st.Attempt, State: atelier.TaskAssigned})
	}
}

// world moves one task or node on, as agents, fleet and compute would.
func world(r *rand.Rand, s *Snapshot) {
	if len(s.Tasks) == 0 {
		return
	}
	i := r.IntN(len(s.Tasks))
	n := s.Nodes[i]
	switch {
	case n.State == atelier.Lost || n.Stuck:
		n.State = atelier.Gone
		return
	case n.State == atelier.Gone:
		return
	case r.IntN(30) == 0:
		n.State = atelier.Lost
		return
	}
	t := *s.Tasks[i]
	order := []atelier.TaskState{atelier.TaskAssigned, atelier.TaskPreparing, atelier.TaskRunning, atelier.TaskFinalizing, atelier.TaskEnded}
	if t.State.Order() < len(order)-1 && (r.IntN(3) == 0 || !t.Stop.IsZero()) {
		t.State = order[t.State.Order()+1]
		if t.State == atelier.TaskEnded {
			code := r.IntN(8) / 7
			t.ExitCode = &code
		}
	}
	s.Tasks[i] = &t
}
