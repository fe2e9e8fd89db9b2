// Package process runs tasks as plain processes of the node.
//
// Every task has a directory, and a small shell process of its own, the keeper,
// which is the command's parent. The keeper claims the task, starts the command,
// waits for it and writes down how it ended, so nothing depends on the agent being
// alive: another Runtime over the same directory reads what happened. A keeper is
// born with a lock (flock) on the task's directory; who gets that lock and finds no
// claim knows that nobody has started the task and nobody will.
//
// Everything that a task starts carries ATELIER_TASK and ATELIER_TASK_DIR in its
// environment. By the latter, by the keeper's session and by descent its processes
// are found and ended, also those that left the group. On Linux only a process that
// dropped its environment, its session and its parents escapes; the node's cgroup
// or process namespace holds that one. Elsewhere only the process group is ended.
package process

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/runtime"
)

// Runtime implements runtime.Runtime. Make one with Open.
type Runtime struct {
	dir     string
	env     []string
	shell   string // for the commands
	changed chan struct{}
	busy    keyed // by task ID

	mu    sync.Mutex
	tasks map[string]*task
}

var _ runtime.Runtime = (*Runtime)(nil)

// Open returns a runtime that keeps its tasks below dir and takes over those that
// are there. env is added to the environment of every task.
func Open(dir string, env []string) (*Runtime, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the tasks' directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the tasks' directory: %w", err)
	}
	r := &Runtime{dir: dir, env: env, shell: "/bin/sh", changed: make(chan struct{}, 1), tasks: map[string]*task{}}
	if _, err := os.Stat("/bin/bash"); err == nil {
		r.shell = "/bin/bash"
	}
	keepFiles()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list the tasks: %w", err)
	}
	var over []*task
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), removed) {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return nil, fmt.Errorf("remove a forgotten task: %w", err)
			}
			continue
		}
		lock, c, err := claimed(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("take over task %s: %w", e.Name(), err)
		}
		if lock != nil { // nobody has started it
			_ = lock.Close()
			continue
		}
		t := newTask(e.Name(), filepath.Join(dir, e.Name()), c, nil)
		if running := r.register(t); !running {
			over = append(over, t)
		}
	}
	sweep(over, false)
	return r, nil
}

// removed ends the name of a directory that is being removed; no ID has a "+".
const removed = "+removed"

// register adds a task and, while it runs, watches it.
func (r *Runtime) register(t *task) (running bool) {
	running = t.cmd != nil || alive(t)
	if running {
		t.state.Running = true
	} else {
		t.state = t.ended("it ended while no agent watched and left no exit code: it was killed from outside, or the machine restarted")
	}
	r.mu.Lock()
	r.tasks[t.id] = t
	r.mu.Unlock()
	if running {
		go r.watch(t)
	}
	r.tell()
	return running
}

func (r *Runtime) tell() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// Changed implements runtime.Runtime.
func (r *Runtime) Changed() <-chan struct{} { return r.changed }

// Start implements runtime.Runtime. Once the keeper is born, ctx is not heeded any
// more: it answers within milliseconds, and half an answer would be none.
func (r *Runtime) Start(ctx context.Context, t runtime.Task) error {
	if err := check(t); err != nil {
		return err
	}
	defer r.busy.lock(t.ID)()
	if r.find(t.ID) != nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("start task %s: %w", t.ID, err)
	}
	dir := filepath.Join(r.dir, t.ID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("start task %s: %w", t.ID, err)
	}
	lock, c, err := claimed(dir)
	if err != nil {
		return fmt.Errorf("start task %s: %w", t.ID, err)
	}
	if lock == nil {
		taken := newTask(t.ID, dir, c, nil)
		if running := r.register(taken); !running {
			sweep([]*task{taken}, false)
		}
		return nil
	}
	cmd, c, err := r.launch(t, dir, lock)
	if err != nil {
		return fmt.Errorf("start task %s: %w", t.ID, err)
	}
	r.register(newTask(t.ID, dir, c, cmd))
	return nil
}

// longest is what Linux takes as one argument of a process.
const longest = 128<<10 - 1

func check(t runtime.Task) error {
	bad := func(format string, args ...any) error {
		return atelier.Errorf(atelier.Invalid, "InvalidTask", format, args...)
	}
	switch {
	case !validID(t.ID):
		return bad("task ID %q is not valid: it must have 1 to 200 letters, digits, dots, underscores and dashes, and be neither . nor ..", t.ID)
	case len(t.Command) > longest:
		return bad("the command of task %s has %d bytes and at most %d are possible; put it into a script and run that", t.ID, len(t.Command), longest)
	case strings.Contains(t.Command, "\x00"):
		return bad("the command of task %s has a NUL byte, which no command line can hold; remove it", t.ID)
	case !filepath.IsAbs(t.Dir) || !filepath.IsAbs(t.Output):
		return bad("task %s: directory %q and output %q must be absolute paths", t.ID, t.Dir, t.Output)
	}
	for _, v := range t.Env {
		name, _, found := strings.Cut(v, "=")
		if !found || name == "" || strings.Contains(v, "\x00") || len(v) > longest {
			return bad("environment variable %.60q of task %s is not possible: it must be NAME=VALUE, without NUL bytes and shorter than 128 KiB", name, t.ID)
		}
	}
	return nil
}

func validID(id string) bool {
	return id != "" && id != "." && id != ".." && len(id) <= 200 && strings.Trim(id, idBytes) == ""
}

const idBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

func (r *Runtime) find(id string) *task {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tasks[id]
}

// Stop implements runtime.Runtime.
func (r *Runtime) Stop(_ context.Context, id string, grace time.Duration) error {
	defer r.busy.lock(id)()
	t := r.find(id)
	if t == nil {
		return nil
	}
	return t.stop(grace)
}

// List implements runtime.Runtime.
func (r *Runtime) List(context.Context) ([]runtime.State, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	states := make([]runtime.State, 0, len(r.tasks))
	for _, t := range r.tasks {
		states = append(states, t.state)
	}
	slices.SortFunc(states, func(a, b runtime.State) int { return strings.Compare(a.ID, b.ID) })
	return states, nil
}

// Remove implements runtime.Runtime.
func (r *Runtime) Remove(_ context.Context, id string) error {
	defer r.busy.lock(id)()
	r.mu.Lock()
	t := r.tasks[id]
	running := t != nil && t.state.Running
	r.mu.Unlock()
	if t == nil {
		return nil
	}
	if running {
		return atelier.Errorf(atelier.Conflict, "TaskRunning", "task %s still runs; stop it before it is removed", id)
	}
	// Renamed first: a directory that is half removed must not look like a task
	// that was never started.
	gone := t.dir + removed
	if err := os.Rename(t.dir, gone); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove task %s: %w", id, err)
	}
	r.mu.Lock()
	delete(r.tasks, id)
	r.mu.Unlock()
	r.tell()
	if err := os.RemoveAll(gone); err != nil {
		return fmt.Errorf("remove task %s: %w", id, err)
	}
	return nil
}

// keyed is one lock per key.
type keyed struct {
	mu   sync.Mutex
	held map[string]*holder
}

type holder struct {
	sync.Mutex
	users int
}

// lock returns what releases the key again.
func (k *keyed) lock(key string) (unlock func()) {
	k.mu.Lock()
	h := k.held[key]
	if h == nil {
		if k.held == nil {
			k.held = map[string]*holder{}
		}
		h = &holder{}
		k.held[key] = h
	}
	h.users++
	k.mu.Unlock()
	h.Lock()
	return func() {
		h.Unlock()
		k.mu.Lock()
		defer k.mu.Unlock()
		if h.users--; h.users == 0 {
			delete(k.held, key)
		}
	}
}
