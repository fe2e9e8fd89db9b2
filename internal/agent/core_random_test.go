package agent

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/wire"
)

// world is a server, an agent and the wire between, all made up: messages are lost,
// late and repeated, the agent is killed at any action, and results take their
// time. Only Core is real.
type world struct {
	t   *testing.T
	rnd *rand.Rand
	now time.Time

	core    *Core
	faults  bool
	session int
	seq     int64
	mail    []func() // in flight, either way
	work    []func() // results to come; gone when the agent is killed

	// The server's documents.
	tasks map[string]*atelier.Task
	order []string
	byKey map[string]string // Key → task

	// The node's disk and the runtime, which outlive the agent.
	disk    map[string]saved
	runs    map[string]int // how often the command was started
	running map[string]bool
	exits   map[string]int
	removed map[string]bool
}

type saved struct {
	task   wire.Task
	phase  Phase
	result Result
}

func (w *world) chance(percent int) bool { return w.rnd.IntN(100) < percent }

func (w *world) send(f func()) {
	for range w.rnd.IntN(3) { // 0, 1 or 2 times
		w.mail = append(w.mail, f)
	}
}

func (w *world) boot() {
	w.core = &Core{Node: node}
	w.core.Begin(w.now)
	w.work = nil
	for _, key := range slices.Sorted(maps.Keys(w.disk)) {
		s := w.disk[key]
		_, started := w.runs[key]
		w.do(w.core.Adopt(s.task, s.phase, started, s.result))
		if started && !w.running[key] {
			w.ended(key)
		}
	}
	w.hello()
}

func (w *world) hello() {
	w.session++
	w.seq = 0
	w.core.Session(fmt.Sprint(w.session))
	w.report(w.core.Report())
	w.push()
}

// push sends what the server wants now.
func (w *world) push() {
	w.seq++
	d := wire.Desired{Node: node, Session: fmt.Sprint(w.session), Seq: w.seq}
	for _, name := range w.order {
		t := w.tasks[name]
		if t.State != atelier.TaskEnded {
			d.Tasks = append(d.Tasks, wire.Task{ID: t.ID, UID: t.UID, Attempt: 1, Stop: !t.Stop.IsZero()})
		}
	}
	core := w.core
	w.send(func() {
		if core == w.core { // else its connection went with the agent
			w.do(core.Desired(w.now, d))
		}
	})
}

func (w *world) report(r wire.Report) {
	w.send(func() {
		for _, tr := range r.Tasks {
			t := w.tasks[string(tr.ID)]
			if tr.State.Order() > t.State.Order() {
				t.State, t.ExitCode, t.Problem = tr.State, tr.ExitCode, tr.Problem
			}
		}
	})
}

// later gives Core a result some time from now.
func (w *world) later(f func(c *Core) []Action) {
	core := w.core
	w.work = append(w.work, func() { w.do(f(core)) })
}

func (w *world) do(actions []Action) {
	for _, a := range actions {
		if w.faults && w.chance(3) {
			w.boot() // killed before it did this
			return
		}
		w.act(a)
		if w.faults && w.chance(3) {
			w.boot()
			return
		}
	}
}

func (w *world) act(a Action) {
	key := a.Key
	if w.removed[key] && a.Kind != Remove {
		w.t.Fatalf("%s of %s, which was removed", a.Kind, key)
	}
	switch a.Kind {
	case Prepare:
		if w.runs[key] > 0 {
			w.t.Fatalf("%s is made ready again after it was started", key)
		}
		w.disk[key] = saved{task: a.Task, phase: Preparing}
		var problem *atelier.Problem
		if w.chance(10) {
			problem = &atelier.Problem{Code: "Bad"}
		}
		w.later(func(c *Core) []Action { return c.Prepared(key, problem) })
	case Start:
		w.disk[key] = saved{task: a.Task, phase: Starting}
		if w.faults && w.chance(10) {
			w.boot() // killed between the record and the runtime
			return
		}
		w.start(key)
		w.later(func(c *Core) []Action { return c.Started(key, w.now, nil) })
	case Stop:
		if w.running[key] {
			w.running[key], w.exits[key] = false, 143
		}
		w.ended(key)
	case Finalize:
		w.disk[key] = saved{task: a.Task, phase: Finalizing, result: a.Result}
		w.later(func(c *Core) []Action {
			w.disk[key] = saved{task: a.Task, phase: Done, result: a.Result}
			return c.Finalized(w.now, key, nil)
		})
	case Remove:
		if w.running[key] {
			w.t.Fatalf("%s is removed while it runs", key)
		}
		if w.tasks[w.byKey[key]].State != atelier.TaskEnded {
			w.t.Fatalf("%s is removed before the server has its end", key)
		}
		delete(w.disk, key)
		w.removed[key] = true
		w.later(func(c *Core) []Action { return c.Removed(w.now, key) })
	case Leave:
		w.t.Fatal("the agent leaves, and nobody told it to")
	}
}

// start is the runtime's: once, whatever comes.
func (w *world) start(key string) {
	if w.runs[key] > 0 {
		return
	}
	if t := w.tasks[w.byKey[key]]; t.State == atelier.TaskEnded {
		w.t.Fatalf("%s is started after its end was reported", key)
	}
	w.runs[key]++
	w.running[key] = true
}

func (w *world) ended(key string) {
	code := w.exits[key]
	w.later(func(c *Core) []Action { return c.Ended(key, Result{ExitCode: &code}) })
}

// step lets one thing happen.
func (w *world) step() {
	w.now = w.now.Add(time.Millisecond)
	switch n := w.rnd.IntN(12); {
	case n < 4 && len(w.mail) > 0:
		i := w.rnd.IntN(len(w.mail))
		f := w.mail[i]
		w.mail = slices.Delete(w.mail, i, i+1)
		f()
	case n < 8 && len(w.work) > 0:
		i := w.rnd.IntN(len(w.work))
		f := w.work[i]
		w.work = slices.Delete(w.work, i, i+1)
		f()
	case n == 8:
		w.report(w.core.Report())
	case n == 9:
		w.push()
	case n == 10:
		for _, key := range slices.Sorted(maps.Keys(w.running)) {
			if w.running[key] && w.chance(30) {
				w.running[key], w.exits[key] = false, w.rnd.IntN(3)
				w.ended(key)
			}
		}
	case n == 11 && w.faults:
		w.trouble()
	}
}

func (w *world) trouble() {
	switch w.rnd.IntN(5) {
	case 0:
		w.boot()
	case 1:
		w.hello()
	case 2, 3:
		if len(w.order) < 6 {
			job := wireTask(fmt.Sprint("j", len(w.order)))
			w.tasks[string(job.ID)] = &atelier.Task{Meta: atelier.Meta{ID: job.ID, UID: job.UID}, State: atelier.TaskAssigned}
			w.order = append(w.order, string(job.ID))
			w.byKey[Key(job)] = string(job.ID)
		}
	case 4:
		for _, name := range w.order {
			if w.chance(15) {
				w.tasks[name].Stop = w.now
			}
		}
	}
}

func (w *world) check() {
	w.t.Helper()
	for key, name := range w.byKey {
		t := w.tasks[name]
		if t.State != atelier.TaskEnded {
			w.t.Fatalf("%s is %s at the end", key, t.State)
		}
		switch ran := w.runs[key] > 0; {
		case ran && t.Problem == nil && (t.ExitCode == nil || *t.ExitCode != w.exits[key]):
			w.t.Fatalf("%s ended with %v, the server has %v", key, w.exits[key], t.ExitCode)
		case !ran && t.Problem == nil:
			w.t.Fatalf("%s never ran and the server was told that it did", key)
		case w.running[key]:
			w.t.Fatalf("%s still runs", key)
		}
	}
	if len(w.disk) > 0 || w.core.Busy() {
		w.t.Fatalf("left behind: %v", slices.Sorted(maps.Keys(w.disk)))
	}
}

// Whatever becomes of the messages and of the agent: no command is started twice,
// none after its end was told, and every end is told until the server has it.
func TestCoreSurvivesAnything(t *testing.T) {
	ran, restarts := 0, 0
	for seed := range uint64(1500) {
		w := &world{
			t: t, faults: true, rnd: rand.New(rand.NewPCG(seed, 7)), now: start,
			tasks: map[string]*atelier.Task{}, byKey: map[string]string{},
			disk: map[string]saved{}, runs: map[string]int{}, running: map[string]bool{}, exits: map[string]int{}, removed: map[string]bool{},
		}
		t.Logf("seed %d", seed)
		w.boot()
		for range 250 {
			w.step()
		}
		w.faults = false
		w.boot()
		for range 3000 { // the faults are over: it all comes to rest
			w.step()
		}
		w.check()
		ran += len(w.runs)
		restarts += w.session
	}
	if ran < 1000 || restarts < 3000 {
		t.Errorf("only %d commands and %d sessions: this proves nothing", ran, restarts)
	}
}
