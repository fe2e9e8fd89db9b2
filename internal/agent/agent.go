package agent

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/runtime"
	"github.com/atelier-compute/atelier/internal/wire"
)

// LeaveCode is the exit code that says to whatever started the agent: the node is
// not wanted any more, do not start it again.
const LeaveCode = 75

// Config is what an agent needs.
type Config struct {
	Dir     string // of the node; has machine.json and host.json, as the provider left them
	Runtime runtime.Runtime
	Envs    runtime.Environments // nil: there are none here
	Log     *slog.Logger
	Now     func() time.Time
	Grace   time.Duration // 0 is DefaultGrace
}

// agent connects Core to the world.
type agent struct {
	cfg     Config
	machine provider.Machine
	host    atelier.Host
	cert    tls.Certificate
	boot    string
	watch   *notifier
	msi     msi
	ctx     context.Context // of the process: tasks outlive connections
	tasks   sync.WaitGroup

	leave chan struct{} // closed: exit
	news  chan struct{} // the report changed

	mu      sync.Mutex // guards Core and the rest
	core    Core
	told    int64 // the revision of Core that the server was told last, in this session
	workers map[string]*worker
	link    *link
	up      chan struct{} // closed when link is there
}

// Run is the agent's life. It ends with LeaveCode when the node is not wanted any
// more or its directory is gone, and with 0 when ctx ends: the tasks go on then,
// and the next agent on the directory takes them over.
func Run(ctx context.Context, cfg Config) (exitCode int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := &agent{
		cfg: cfg, ctx: ctx, boot: rand.Text(), workers: map[string]*worker{},
		leave: make(chan struct{}), news: make(chan struct{}, 1), up: make(chan struct{}),
	}
	if err := a.load(); err != nil {
		if a.dirGone() {
			return LeaveCode, nil
		}
		return 1, err
	}
	a.msi.a = a
	a.watch = newNotifier()
	defer a.watch.close()
	a.core = Core{Node: a.machine.Node, Grace: cfg.Grace}
	a.core.Begin(cfg.Now())
	if err := a.adopt(); err != nil {
		return 1, err
	}
	a.tasks.Go(a.watchRuntime)
	a.tasks.Go(a.watchTime)
	left := a.stayConnected(ctx)
	cancel()
	a.tasks.Wait()
	if left {
		return LeaveCode, nil
	}
	return 0, nil
}

// spawn does f beside, unless the agent ends.
func (a *agent) spawn(f func()) {
	if a.ctx.Err() == nil {
		a.tasks.Go(f)
	}
}

func (a *agent) load() error {
	if err := readJSON(filepath.Join(a.cfg.Dir, "machine.json"), &a.machine); err != nil {
		return fmt.Errorf("read what machine this is: %w", err)
	}
	if err := readJSON(filepath.Join(a.cfg.Dir, "host.json"), &a.host); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read what the machine has: %w", err)
	}
	var err error
	a.cert, err = identity(filepath.Join(a.cfg.Dir, "agent.key"), a.machine.Name)
	return err
}

func (a *agent) dirGone() bool {
	_, err := os.Stat(filepath.Join(a.cfg.Dir, "machine.json"))
	return errors.Is(err, fs.ErrNotExist)
}

// feed gives Core something and does what it says. Actions of one task never run
// at the same time: each is the answer to the end of the one before, save for
// those that only end something early.
func (a *agent) feed(f func(c *Core) []Action) {
	a.mu.Lock()
	rev, ends := a.core.Rev(), a.core.Ends()
	do := f(&a.core)
	changed, ended := a.core.Rev() != rev, a.core.Ends() != ends
	for _, act := range do {
		if act.Kind != Leave && a.workers[act.Key] == nil {
			a.workers[act.Key] = newWorker(a, act.Key, act.Task)
		}
	}
	a.mu.Unlock()
	switch {
	case ended:
		a.tellNews()
	case changed:
		time.AfterFunc(soon, a.tellNews)
	}
	for _, act := range do {
		a.do(act)
	}
}

func (a *agent) tellNews() {
	select {
	case a.news <- struct{}{}:
	default: // a report is due already
	}
}

// soon is how long news may wait, save that a task ended: a short task has ended by
// then, which saves the server its writes, and some that would hold up the start.
const soon = 20 * time.Millisecond

// obey gives Core what the server wants.
func (a *agent) obey(d wire.Desired) {
	a.feed(func(c *Core) []Action { return c.Desired(a.cfg.Now(), d) })
}

func (a *agent) do(act Action) {
	if act.Kind == Leave {
		close(a.leave)
		return
	}
	a.mu.Lock()
	w := a.workers[act.Key]
	a.mu.Unlock()
	switch act.Kind {
	case Prepare:
		a.spawn(w.prepare)
	case Start:
		w.start()
	case Cancel, Abandon:
		w.interrupt(act.Kind)
	case Stop:
		if err := a.cfg.Runtime.Stop(a.ctx, act.Key, act.Grace); err != nil {
			a.cfg.Log.Error("stop", "task", act.Task.ID, "err", err)
		}
	case Finalize:
		a.spawn(func() { w.finalize(act.Result) })
	case Remove:
		a.spawn(w.remove)
	}
}

// watchRuntime tells Core of commands that ended.
func (a *agent) watchRuntime() {
	for {
		select {
		case <-a.ctx.Done():
			return
		case <-a.cfg.Runtime.Changed():
		}
		a.lookAtRuntime()
	}
}

func (a *agent) lookAtRuntime() {
	list, err := a.cfg.Runtime.List(a.ctx)
	if err != nil {
		if a.ctx.Err() == nil {
			a.cfg.Log.Error("list what runs", "err", err)
		}
		return
	}
	for _, s := range list {
		if s.Running {
			continue
		}
		a.feed(func(c *Core) []Action {
			if !c.Awaits(s.ID) {
				return nil
			}
			return c.Ended(s.ID, resultOf(s))
		})
	}
}

func resultOf(s runtime.State) Result {
	r := Result{StartedAt: s.StartedAt, EndedAt: s.EndedAt, Ran: true}
	if s.Lost != "" {
		r.Problem = &atelier.Problem{Code: "CommandLost", Message: "how the command ended is not known: " + s.Lost}
		return r
	}
	code := s.ExitCode
	r.ExitCode = &code
	return r
}

// watchTime ticks, looks whether the directory is still there, and looks at the
// runtime in case a change was missed.
func (a *agent) watchTime() {
	tick := time.NewTicker(wire.Heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-a.ctx.Done():
			return
		case <-tick.C:
		}
		if a.dirGone() {
			a.feed(func(c *Core) []Action { return c.leave(a.cfg.Now()) })
		}
		a.lookAtRuntime()
		a.feed(func(c *Core) []Action { return c.Tick(a.cfg.Now()) })
	}
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return nil
}

// writeFile replaces a file: a reader sees the old or the new one. It is not
// synced, because a crash of the machine ends the node.
func writeFile(path string, text []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, text, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
