package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/runtime"
	"github.com/atelier-compute/atelier/internal/wire"
)

// worker does what Core says about one task. All that it has of the task is below
// its directory:
//
//	task.json   the record
//	work/       the command's working directory: code, ./outputs, ./logs
//	inputs/     by name
//	outputs/    by name
//	logs/       the streams that are shipped
//	tmp/        TMPDIR
type worker struct {
	a    *agent
	key  string
	task wire.Task
	dir  string
	ship *shipper

	mu     sync.Mutex
	record record
	stop   map[ActionKind]context.CancelFunc // of the step under way, by what ends it
}

// record is what the next agent needs to go on, written before each step.
type record struct {
	Task   wire.Task     `json:"task"`
	Phase  Phase         `json:"phase"`
	Run    *runtime.Task `json:"run,omitempty"` // when Starting
	Result Result        `json:"result,omitzero"`
}

func newWorker(a *agent, key string, t wire.Task) *worker {
	w := &worker{a: a, key: key, task: t, dir: filepath.Join(a.cfg.Dir, "tasks", key), stop: map[ActionKind]context.CancelFunc{}}
	w.ship = newShipper(a, t, filepath.Join(w.dir, "logs"))
	return w
}

func (w *worker) path(elem ...string) string {
	return filepath.Join(append([]string{w.dir}, elem...)...)
}

func (w *worker) write(r record) error {
	r.Task = w.task
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.Run == nil {
		r.Run = w.record.Run
	}
	w.record = r
	text, err := json.Marshal(r)
	if err == nil {
		err = writeFile(w.path("task.json"), text)
	}
	if err != nil {
		return fmt.Errorf("record the task: %w", err)
	}
	return nil
}

// step returns a context that the given action ends early.
func (w *worker) step(endedBy ActionKind) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(w.a.ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	if early, ok := w.stop[endedBy]; ok && early == nil { // it came before the step began
		cancel()
	}
	w.stop[endedBy] = cancel
	return ctx, cancel
}

func (w *worker) interrupt(kind ActionKind) {
	if kind == Abandon {
		w.ship.stop()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if cancel := w.stop[kind]; cancel != nil {
		cancel()
		return
	}
	w.stop[kind] = nil
}

// prepare makes the task ready and has it started.
func (w *worker) prepare() {
	ctx, cancel := w.step(Cancel)
	defer cancel()
	run, err := w.makeReady(ctx)
	if w.a.ctx.Err() != nil {
		return // the agent ends; the next one begins anew
	}
	w.mu.Lock()
	w.record.Run = run
	w.mu.Unlock()
	w.a.feed(func(c *Core) []Action { return c.Prepared(w.key, problemOf(err, "PreparationFailed")) })
}

// problemOf puts an error into words for the job's user.
func problemOf(err error, code string) *atelier.Problem {
	var e *atelier.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return &atelier.Problem{Code: e.Code, Message: err.Error(), Target: e.Target}
	}
	return &atelier.Problem{Code: code, Message: err.Error()}
}

// start calls the runtime, which starts a task of one ID once and never again.
func (w *worker) start() {
	w.mu.Lock()
	run := w.record.Run
	w.mu.Unlock()
	err := errors.New("the record of the task is not complete")
	if run != nil {
		err = w.write(record{Phase: Starting, Run: run})
	}
	if err == nil {
		w.ship.begin()
		err = w.a.cfg.Runtime.Start(w.a.ctx, *run)
	}
	if w.a.ctx.Err() != nil {
		return
	}
	at := w.a.cfg.Now()
	w.a.feed(func(c *Core) []Action { return c.Started(w.key, at, problemOf(err, "StartFailed")) })
}

// remove forgets the task. The record goes last: what is half removed is removed
// again by the next agent.
func (w *worker) remove() {
	w.ship.end()
	if err := w.a.cfg.Runtime.Remove(w.a.ctx, w.key); err != nil {
		w.a.cfg.Log.Error("remove from the runtime", "task", w.task.ID, "err", err)
	}
	entries, _ := os.ReadDir(w.dir)
	for _, e := range entries {
		if e.Name() != "task.json" {
			w.discard(w.path(e.Name()))
		}
	}
	w.discard(w.dir)
	w.a.mu.Lock()
	delete(w.a.workers, w.key)
	w.a.mu.Unlock()
	w.a.feed(func(c *Core) []Action { return c.Removed(w.a.cfg.Now(), w.key) })
}

func (w *worker) discard(path string) {
	if err := os.RemoveAll(path); err != nil {
		w.a.cfg.Log.Error("remove", "task", w.task.ID, "err", err)
	}
}

// adopt takes over what an earlier process on this directory left.
func (a *agent) adopt() error {
	states, err := a.cfg.Runtime.List(a.ctx)
	if err != nil {
		return fmt.Errorf("list what runs: %w", err)
	}
	started := map[string]bool{}
	for _, s := range states {
		started[s.ID] = true
	}
	entries, err := os.ReadDir(filepath.Join(a.cfg.Dir, "tasks"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("list the tasks: %w", err)
	}
	for _, e := range entries {
		var r record
		err := readJSON(filepath.Join(a.cfg.Dir, "tasks", e.Name(), "task.json"), &r)
		if err != nil || Key(r.Task) != e.Name() {
			continue // nothing was begun without a record
		}
		known := started[e.Name()]
		delete(started, e.Name())
		w := newWorker(a, e.Name(), r.Task)
		w.record = r
		a.workers[w.key] = w
		if known && r.Task.Spec.Identity != "" {
			if err := a.msi.begin(); err != nil {
				a.cfg.Log.Error("serve identities", "err", err)
			}
		}
		if known {
			w.ship.resume()
		}
		a.feed(func(c *Core) []Action { return c.Adopt(r.Task, r.Phase, known, r.Result) })
	}
	for _, s := range states {
		if started[s.ID] && !s.Running { // half removed
			if err := a.cfg.Runtime.Remove(a.ctx, s.ID); err != nil {
				a.cfg.Log.Error("remove from the runtime", "task", s.ID, "err", err)
			}
		}
	}
	a.lookAtRuntime()
	return nil
}
