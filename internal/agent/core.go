// Package agent is the node agent: it dials the server, holds the tasks that the
// server wants its node to hold, runs them through a runtime, ships their logs and
// outputs, and reports. Core decides; the rest of the package does what Core says.
package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/wire"
)

// Times that Core counts on.
const (
	DefaultGrace = 10 * time.Second // between being asked to end and being ended
	IdleLeave    = 2 * time.Minute  // without contact and without tasks
	ResultsLeave = 24 * time.Hour   // without contact and with nothing but results to report
	leaveSlack   = 5 * time.Second  // to leave after, once told to, whatever still runs
	maxForgotten = 10_000           // removed tasks remembered
)

// Core is the agent's mind: it takes messages and results, and says what to do.
// Whoever drives it does the actions of one call in order, and may do those of
// different tasks at the same time. It is not safe for concurrent use.
type Core struct {
	Node  atelier.ID
	Grace time.Duration // 0 is DefaultGrace

	session   string
	seq       int64
	contact   time.Time
	leaveAt   time.Time // told to leave; zero is not
	left      bool
	tasks     map[string]*task
	order     []string        // of tasks, as they came
	forgotten map[string]bool // removed: never to be started again, whatever comes
	oldest    []string        // of forgotten
	revenants []wire.Task     // removed, and asked for again
	rev       int64
	ends      int64 // tasks that came to Done
}

// Phase is how far the agent has come with a task. The agent records it before it
// acts on it.
type Phase string

const (
	Held       Phase = "held"       // taken over from an earlier process, not yet confirmed by the server
	Preparing  Phase = "preparing"  // making it ready
	Starting   Phase = "starting"   // the runtime was, or is about to be, called
	Running    Phase = "running"    // the runtime has it
	Finalizing Phase = "finalizing" // over; logs and outputs are delivered
	Done       Phase = "done"       // nothing left to do but to report it
	removing   Phase = "removing"
)

type task struct {
	key    string
	task   wire.Task
	phase  Phase
	resume Phase // of a held one: where to go on
	stop   bool  // the server wants its end
	gone   bool  // the server does not want it any more
	told   bool  // the current phase was told to end
	result Result
}

// Result is what became of a task.
type Result struct {
	StartedAt time.Time        `json:"startedAt,omitzero"`
	EndedAt   time.Time        `json:"endedAt,omitzero"`
	ExitCode  *int             `json:"exitCode,omitempty"` // nil: it never ran, or nobody knows
	Problem   *atelier.Problem `json:"problem,omitempty"`
	Ran       bool             `json:"ran,omitempty"` // there may be outputs
}

// ActionKind is something to do.
type ActionKind string

const (
	Prepare  ActionKind = "prepare"  // make it ready, then call Prepared
	Cancel   ActionKind = "cancel"   // end a Prepare early
	Start    ActionKind = "start"    // start the command, then call Started; when it ended, Ended
	Stop     ActionKind = "stop"     // end the command, with grace
	Finalize ActionKind = "finalize" // deliver logs and outputs, then call Finalized
	Abandon  ActionKind = "abandon"  // end a Finalize early
	Remove   ActionKind = "remove"   // forget all about it, then call Removed
	Leave    ActionKind = "leave"    // exit: the node is not wanted
)

// Action is something to do about a task, or, to leave, about none.
type Action struct {
	Kind   ActionKind
	Key    string
	Task   wire.Task
	Grace  time.Duration // of Stop
	Result Result        // of Finalize
}

// CodeCanceled is the problem of a task that was stopped before it ran.
const CodeCanceled = "Canceled"

// Key names a task on its node: readable, fit for a file name, and different for
// tasks of different jobs of one name.
func Key(t wire.Task) string {
	sum := sha256.Sum256([]byte(string(t.ID) + "\x00" + t.UID))
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, t.ID.Above(atelier.KindJob).Name())
	return fmt.Sprintf("%s-%d-%d-%s", name[:min(len(name), 40)], t.Attempt, t.Rank, hex.EncodeToString(sum[:6]))
}

// Begin starts the clock of contact.
func (c *Core) Begin(now time.Time) { c.contact = now }

// Session begins a session: messages of others are ignored from now on.
func (c *Core) Session(id string) { c.session, c.seq = id, 0 }

// Rev changes whenever Report would answer differently.
func (c *Core) Rev() int64 { return c.rev }

// Ends changes whenever a task came to its end: news that the server waits for,
// while the rest of what changes may wait a moment.
func (c *Core) Ends() int64 { return c.ends }

// Busy reports whether the agent holds any task.
func (c *Core) Busy() bool { return len(c.tasks) > 0 }

// Awaits reports whether the end of a task's command is something to tell Core.
func (c *Core) Awaits(key string) bool {
	t := c.tasks[key]
	return t != nil && (t.phase == Starting || t.phase == Running)
}

// Adopt takes over a task that an earlier process recorded. Started says that the
// runtime knows it. What was not started yet waits until the server confirms it.
func (c *Core) Adopt(t wire.Task, phase Phase, started bool, r Result) []Action {
	n := c.add(t)
	n.result = r
	switch {
	case phase == Done:
		n.phase = Done
	case phase == Finalizing:
		return c.finalize(n, r)
	case started:
		n.phase = Running
	default:
		n.phase, n.resume = Held, phase
	}
	return nil
}

func (c *Core) add(t wire.Task) *task {
	if c.tasks == nil {
		c.tasks = map[string]*task{}
	}
	n := &task{key: Key(t), task: t, phase: Preparing}
	c.tasks[n.key] = n
	c.order = append(c.order, n.key)
	c.rev++
	return n
}

// Desired takes what the server wants the node to hold.
func (c *Core) Desired(now time.Time, d wire.Desired) (do []Action) {
	if c.session == "" || d.Session != c.session || d.Seq <= c.seq || d.Node != c.Node {
		return nil
	}
	c.seq, c.contact = d.Seq, now
	if d.Leave || !c.leaveAt.IsZero() {
		return c.leave(now)
	}
	wanted := map[string]bool{}
	revenants := len(c.revenants)
	c.revenants = nil
	for _, w := range d.Tasks {
		key := Key(w)
		wanted[key] = true
		switch t := c.tasks[key]; {
		case c.forgotten[key] && t == nil:
			c.revenants = append(c.revenants, w)
		case c.forgotten[key]:
		case t == nil:
			do = append(do, c.begin(w)...)
		default:
			t.stop = t.stop || w.Stop
			do = append(do, c.confirm(t)...)
		}
	}
	if len(c.revenants) != revenants {
		c.rev++
	}
	for _, key := range slices.Clone(c.order) {
		if t := c.tasks[key]; !wanted[key] {
			t.gone = true
			do = append(do, c.end(t)...)
		}
	}
	return do
}

func (c *Core) begin(w wire.Task) []Action {
	t := c.add(w)
	t.stop = w.Stop
	switch {
	case w.Stop:
		t.result = canceled()
		c.enter(t, Done)
	case w.Spec.Refused != nil:
		t.result = Result{Problem: w.Spec.Refused}
		c.enter(t, Done)
	default:
		return []Action{{Kind: Prepare, Key: t.key, Task: t.task}}
	}
	return nil
}

func canceled() Result {
	return Result{Problem: &atelier.Problem{Code: CodeCanceled, Message: "stopped before its command was started"}}
}

// confirm goes on with a task that the server still wants.
func (c *Core) confirm(t *task) []Action {
	if t.phase != Held || c.unwanted(t) {
		return c.end(t)
	}
	t.phase = t.resume
	if t.phase == Starting {
		return []Action{{Kind: Start, Key: t.key, Task: t.task}}
	}
	t.phase = Preparing
	return []Action{{Kind: Prepare, Key: t.key, Task: t.task}}
}

func (c *Core) unwanted(t *task) bool { return t.stop || t.gone || !c.leaveAt.IsZero() }

// end brings an unwanted task one step closer to its end.
func (c *Core) end(t *task) []Action {
	if !c.unwanted(t) {
		return nil
	}
	switch t.phase {
	case Held:
		return c.finalize(t, canceled())
	case Preparing:
		return c.once(t, Cancel)
	case Running:
		return c.once(t, Stop)
	case Finalizing:
		if t.gone || !c.leaveAt.IsZero() { // nobody takes its outputs any more
			return c.once(t, Abandon)
		}
	case Done:
		if t.gone {
			t.phase = removing
			c.forget(t.key)
			return []Action{{Kind: Remove, Key: t.key, Task: t.task}}
		}
	}
	return nil
}

// once tells a phase to end, one time.
func (c *Core) once(t *task, kind ActionKind) []Action {
	if t.told {
		return nil
	}
	t.told = true
	grace := c.Grace
	if grace == 0 {
		grace = DefaultGrace
	}
	return []Action{{Kind: kind, Key: t.key, Task: t.task, Grace: grace}}
}

// enter moves a task to a phase.
func (c *Core) enter(t *task, p Phase) {
	t.phase, t.told = p, false
	c.rev++
	if p == Done {
		c.ends++
	}
}

func (c *Core) forget(key string) {
	if c.forgotten == nil {
		c.forgotten = map[string]bool{}
	}
	c.forgotten[key] = true
	if c.oldest = append(c.oldest, key); len(c.oldest) > maxForgotten {
		delete(c.forgotten, c.oldest[0])
		c.oldest = c.oldest[1:]
	}
}

func (c *Core) finalize(t *task, r Result) []Action {
	c.enter(t, Finalizing)
	t.result = r
	do := []Action{{Kind: Finalize, Key: t.key, Task: t.task, Result: r}}
	return append(do, c.end(t)...)
}

// Prepared says how a Prepare ended.
func (c *Core) Prepared(key string, problem *atelier.Problem) []Action {
	t := c.tasks[key]
	if t == nil || t.phase != Preparing {
		return nil
	}
	switch {
	case c.unwanted(t):
		return c.finalize(t, canceled())
	case problem != nil:
		return c.finalize(t, Result{Problem: problem})
	}
	t.phase, t.told = Starting, false
	return []Action{{Kind: Start, Key: key, Task: t.task}}
}

// Started says how a Start ended.
func (c *Core) Started(key string, at time.Time, problem *atelier.Problem) []Action {
	t := c.tasks[key]
	if t == nil || t.phase != Starting {
		return nil // its end came first
	}
	if problem != nil {
		return c.finalize(t, Result{Problem: problem})
	}
	t.result.StartedAt = at
	c.enter(t, Running)
	return c.end(t)
}

// Ended says that a command ended.
func (c *Core) Ended(key string, r Result) []Action {
	t := c.tasks[key]
	if t == nil || t.phase != Starting && t.phase != Running {
		return nil
	}
	if !t.result.StartedAt.IsZero() {
		r.StartedAt = t.result.StartedAt
	}
	r.Ran = true
	return c.finalize(t, r)
}

// Finalized says that logs and outputs were delivered; a problem is added to the
// result unless it has one already.
func (c *Core) Finalized(now time.Time, key string, problem *atelier.Problem) []Action {
	t := c.tasks[key]
	if t == nil || t.phase != Finalizing {
		return nil
	}
	if t.result.Problem == nil {
		t.result.Problem = problem
	}
	c.enter(t, Done)
	return append(c.end(t), c.mayLeave(now)...)
}

// Removed says that nothing is left of a task.
func (c *Core) Removed(now time.Time, key string) []Action {
	if t := c.tasks[key]; t == nil || t.phase != removing {
		return nil
	}
	delete(c.tasks, key)
	c.order = slices.DeleteFunc(c.order, func(k string) bool { return k == key })
	return c.mayLeave(now)
}

// Result returns what became of a task, as far as it is known.
func (c *Core) Result(key string) Result {
	if t := c.tasks[key]; t != nil {
		return t.result
	}
	return Result{}
}

// Tick tells the time; call it every few seconds.
func (c *Core) Tick(now time.Time) []Action {
	if !c.leaveAt.IsZero() {
		return c.mayLeave(now)
	}
	silent := now.Sub(c.contact)
	if silent >= IdleLeave && len(c.tasks) == 0 || silent >= ResultsLeave && c.restful() {
		return c.leave(now)
	}
	return nil
}

// restful reports whether nothing is under way.
func (c *Core) restful() bool {
	for _, t := range c.tasks {
		if t.phase != Done && t.phase != removing {
			return false
		}
	}
	return true
}

func (c *Core) leave(now time.Time) (do []Action) {
	if c.leaveAt.IsZero() {
		c.leaveAt = now
	}
	for _, key := range c.order {
		do = append(do, c.end(c.tasks[key])...)
	}
	return append(do, c.mayLeave(now)...)
}

// mayLeave leaves once nothing is under way, or when that takes too long: the end
// of the node ends what is left.
func (c *Core) mayLeave(now time.Time) []Action {
	grace := c.Grace
	if grace == 0 {
		grace = DefaultGrace
	}
	if c.left || c.leaveAt.IsZero() || !c.restful() && now.Sub(c.leaveAt) < grace+leaveSlack {
		return nil
	}
	c.left = true
	return []Action{{Kind: Leave}}
}

// Report is all there is to say.
func (c *Core) Report() wire.Report {
	r := wire.Report{Node: c.Node, Session: c.session, Tasks: []wire.TaskReport{}}
	for _, key := range c.order {
		t := c.tasks[key]
		if t.phase == removing {
			continue
		}
		tr := wire.TaskReport{ID: t.task.ID, UID: t.task.UID, State: t.phase.state(), StartedAt: t.result.StartedAt}
		if t.phase == Done {
			tr.EndedAt, tr.ExitCode, tr.Problem = t.result.EndedAt, t.result.ExitCode, t.result.Problem
		}
		r.Tasks = append(r.Tasks, tr)
	}
	for _, w := range c.revenants {
		r.Tasks = append(r.Tasks, wire.TaskReport{ID: w.ID, UID: w.UID, State: atelier.TaskEnded, Problem: forgotten()})
	}
	return r
}

// forgotten is the end of a task that the server wants again after it had taken it
// back: that must not be, and is not waited out.
func forgotten() *atelier.Problem {
	return &atelier.Problem{Code: "TaskForgotten", Message: "the node had been told to give the task up, and has; submit the job again"}
}

func (p Phase) state() atelier.TaskState {
	switch p {
	case Running:
		return atelier.TaskRunning
	case Finalizing:
		return atelier.TaskFinalizing
	case Done, removing:
		return atelier.TaskEnded
	}
	return atelier.TaskPreparing
}
