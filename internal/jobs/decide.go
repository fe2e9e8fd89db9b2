// Package jobs takes jobs from submission to their one end. Decide says what
// should be true of one job; Controller writes that down, and gives free nodes to
// the queue in the order that package place finds. Agents learn of their tasks
// through package fleet: nothing here talks to a machine.
package jobs

import (
	"fmt"
	"time"

	"github.com/atelier-compute/atelier"
)

// Snapshot is everything Decide may look at.
type Snapshot struct {
	Job     *atelier.Job
	Compute *atelier.Compute // nil if it does not exist
	Tasks   []*atelier.Task  // of the current attempt, by rank
	Nodes   []*atelier.Node  // of the current attempt, by rank; nil where gone
}

// Plan is what should be true next.
type Plan struct {
	Status  atelier.JobStatus
	Tasks   []*atelier.Task // changed
	Release bool            // the attempt is over: its nodes are free
	Stuck   []int           // ranks whose node does not do what it is told
	Reason  string          // a code, for the event
	Message string
	Again   time.Duration // look again after this long even if nothing changes; 0 is never
}

// Why an attempt was told to stop.
const (
	stopCancel  = "cancel"
	stopTimeout = "timeout"
	stopFailed  = "failed"  // another of its tasks failed
	stopLost    = "lost"    // a node went away
	stopDeleted = "deleted" // the compute is being deleted
)

// stuckAfter is how long an agent that is heard of may take to begin with a task,
// or to end it once told to: longer than any grace. Its node is given up then.
const stuckAfter = 5 * time.Minute

// Decide compares what is wanted with what is there. It is a pure function.
func Decide(s Snapshot, now time.Time) Plan {
	p := Plan{Status: s.Job.Status}
	switch {
	case s.Job.Status.State.Terminal():
		return p
	case len(s.Job.Status.Nodes) == 0:
		p.waiting(s, now)
	default:
		p.running(s, now)
	}
	if p.Status.State != s.Job.Status.State {
		p.Status.Since = now
	}
	if p.Status.State.Terminal() {
		p.Status.EndedAt = now
	}
	return p
}

// waiting decides for a job that has no nodes.
func (p *Plan) waiting(s Snapshot, now time.Time) {
	switch {
	case !s.Job.CancelAt.IsZero():
		p.end(atelier.JobCanceled, "JobCanceled", "canceled before it started")
	case s.Job.Spec.Document != nil:
		p.Status.Error = &atelier.Problem{Code: "NotSupportedYet", Message: fmt.Sprintf(
			"%s jobs are kept and shown, but this release of Atelier cannot run them; submit their parts as Command jobs", s.Job.Spec.Type)}
		p.end(atelier.JobFailed, "NotSupportedYet", "%s jobs cannot be run yet", s.Job.Spec.Type)
	case s.Compute == nil || s.Compute.Deleting():
		p.Status.Error = &atelier.Problem{Code: "ComputeDeleted", Message: "the compute was deleted while the job waited for it; submit the job to another compute"}
		p.end(atelier.JobFailed, "ComputeDeleted", "the compute was deleted")
	}
}

func (p *Plan) end(state atelier.JobState, reason, format string, args ...any) {
	p.Status.State, p.Reason, p.Message = state, reason, fmt.Sprintf(format, args...)
}

// running decides for a job that has nodes, until all of its tasks have ended.
func (p *Plan) running(s Snapshot, now time.Time) {
	tasks := endLost(s, p)
	p.whyStop(s, tasks, now)
	if p.Status.Stopping != "" {
		for i, t := range tasks {
			if t.State == atelier.TaskEnded {
				continue
			}
			if t.Stop.IsZero() {
				stopped := *t
				stopped.Stop = now
				tasks[i] = &stopped
				p.Tasks = append(p.Tasks, &stopped)
			}
		}
	}
	p.started(tasks, now)
	left, least := 0, atelier.TaskEnded
	for i, t := range tasks {
		if t.State != atelier.TaskEnded {
			left++
			p.watch(s, t, i, now)
		}
		if t.State.Order() < least.Order() {
			least = t.State
		}
	}
	if left == 0 {
		p.over(s, tasks)
		return
	}
	p.Status.State = shown(least)
}

// started notes when the first command of all started, by our clock: a short one
// has ended before we hear of it.
func (p *Plan) started(tasks []*atelier.Task, now time.Time) {
	for _, t := range tasks {
		if p.Status.StartedAt.IsZero() && !t.StartedAt.IsZero() {
			p.Status.StartedAt = now.Add(-max(0, t.EndedAt.Sub(t.StartedAt)))
		}
	}
}

// watch finds nodes that do not do what they are told.
func (p *Plan) watch(s Snapshot, t *atelier.Task, rank int, now time.Time) {
	since := t.Stop
	if since.IsZero() && t.State == atelier.TaskAssigned {
		since = t.CreatedAt
	}
	if since.IsZero() || s.Nodes[rank] == nil || s.Nodes[rank].Stuck {
		return
	}
	left := since.Add(stuckAfter).Sub(now)
	if left <= 0 {
		p.Stuck = append(p.Stuck, rank)
	} else if p.Again == 0 || left < p.Again {
		p.Again = left
	}
}

func shown(s atelier.TaskState) atelier.JobState {
	switch s {
	case atelier.TaskAssigned:
		return atelier.JobStarting
	case atelier.TaskPreparing:
		return atelier.JobPreparing
	case atelier.TaskRunning:
		return atelier.JobRunning
	}
	return atelier.JobFinalizing
}

// endLost ends the tasks whose node has no machine any more: nobody else will. A
// node that is lost but whose machine may live on is waited for, so that the next
// attempt does not run beside this one.
func endLost(s Snapshot, p *Plan) []*atelier.Task {
	tasks := append([]*atelier.Task(nil), s.Tasks...)
	for i, t := range tasks {
		if t.State == atelier.TaskEnded || i < len(s.Nodes) && s.Nodes[i] != nil && s.Nodes[i].State != atelier.Gone {
			continue
		}
		ended := *t
		ended.State = atelier.TaskEnded
		ended.Problem = lostProblem(s.Nodes, i)
		tasks[i] = &ended
		p.Tasks = append(p.Tasks, &ended)
	}
	return tasks
}

const codeLost = "NodeLost"

func lostProblem(nodes []*atelier.Node, rank int) *atelier.Problem {
	words := "the node went away"
	if rank < len(nodes) && nodes[rank] != nil && nodes[rank].Problem != nil {
		words += ": " + nodes[rank].Problem.Message
	}
	return &atelier.Problem{Code: codeLost, Message: words}
}

// whyStop finds the first cause to stop the attempt and keeps it.
func (p *Plan) whyStop(s Snapshot, tasks []*atelier.Task, now time.Time) {
	if !s.Job.CancelAt.IsZero() { // cancel wins over whatever comes
		p.Status.Stopping = stopCancel
		return
	}
	if p.Status.Stopping != "" {
		return
	}
	for _, t := range tasks {
		switch {
		case t.Problem != nil && t.Problem.Code == codeLost:
			p.Status.Stopping = stopLost
			return
		case t.State == atelier.TaskEnded && failed(t):
			p.Status.Stopping, p.Status.Error, p.Status.ExitCode = stopFailed, failure(t, len(tasks)), t.ExitCode
			return
		}
	}
	for i, n := range s.Nodes {
		if n != nil && tasks[i].State != atelier.TaskEnded && (n.State == atelier.Lost || n.State == atelier.Leaving) {
			p.Status.Stopping = stopLost
			return
		}
	}
	if s.Compute == nil || s.Compute.Deleting() {
		p.Status.Stopping = stopDeleted
		return
	}
	p.timeout(s, tasks, now)
}

// timeout is counted from the start of the attempt's last task on, by our clock.
func (p *Plan) timeout(s Snapshot, tasks []*atelier.Task, now time.Time) {
	if s.Job.Spec.Timeout == 0 || s.Job.Status.State != atelier.JobRunning {
		return
	}
	left := s.Job.Status.Since.Add(s.Job.Spec.Timeout).Sub(now)
	if left <= 0 {
		p.Status.Stopping = stopTimeout
		return
	}
	p.Again = left
}

func failed(t *atelier.Task) bool {
	return t.Problem != nil || t.ExitCode == nil || *t.ExitCode != 0
}

func failure(t *atelier.Task, of int) *atelier.Problem {
	where := ""
	if of > 1 {
		where = fmt.Sprintf(" on node %d of %d", t.Rank, of)
	}
	switch {
	case t.Problem != nil:
		return &atelier.Problem{Code: t.Problem.Code, Message: t.Problem.Message + where}
	case t.ExitCode == nil:
		return &atelier.Problem{Code: "ExecutionFailed", Message: "the command's end is not known" + where}
	}
	return &atelier.Problem{Code: "ExecutionFailed", Message: fmt.Sprintf("the command ended with exit code %d%s; its log says more", *t.ExitCode, where)}
}

// over ends the attempt, and the job with it unless it is worth another.
func (p *Plan) over(s Snapshot, tasks []*atelier.Task) {
	p.Release = true
	p.Status.Nodes = nil
	stopping := p.Status.Stopping
	p.Status.Stopping = ""
	switch stopping {
	case stopCancel:
		p.Status.Error, p.Status.ExitCode = nil, nil
		p.end(atelier.JobCanceled, "JobCanceled", "canceled")
	case stopTimeout:
		p.Status.Error = &atelier.Problem{Code: "JobTimedOut", Message: fmt.Sprintf("the job ran longer than its limit of %s and was stopped; raise limits.timeout", s.Job.Spec.Timeout)}
		p.end(atelier.JobCanceled, "JobTimedOut", "ran longer than its limit")
	case stopDeleted:
		p.Status.Error = &atelier.Problem{Code: "ComputeDeleted", Message: "the compute was deleted while the job ran; submit the job to another compute"}
		p.end(atelier.JobFailed, "ComputeDeleted", "the compute was deleted")
	case stopFailed:
		p.end(atelier.JobFailed, p.Status.Error.Code, "%s", p.Status.Error.Message)
	case stopLost:
		p.lost(s, tasks)
	default:
		zero := 0
		p.Status.ExitCode = &zero
		p.end(atelier.JobCompleted, "JobCompleted", "completed")
	}
}

// lost puts the job back into the queue at the place of its age, unless it had all
// the attempts that it may have or had done its work.
func (p *Plan) lost(s Snapshot, tasks []*atelier.Task) {
	p.Status.Lost++
	for _, t := range tasks {
		if t.Problem != nil && t.Problem.Code == codeLost {
			p.Message = t.Problem.Message
		}
	}
	if p.Status.Lost >= max(s.Job.Spec.MaxAttempts, 1) {
		p.Status.Error = &atelier.Problem{Code: codeLost, Message: fmt.Sprintf("attempt %d ended because %s, and no attempt is left; resubmit it, or allow more attempts", p.Status.Attempt, p.Message)}
		p.end(atelier.JobFailed, codeLost, "%s", p.Message)
		return
	}
	p.Status.State, p.Reason = atelier.JobQueued, "JobRequeued"
}
