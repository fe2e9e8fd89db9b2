package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Init is what `atelier node-init DIR` runs: the first process of a node, until
// the node ends. It returns the exit code.
func Init(dir string, agentArgv []string) int {
	if dir == "" || len(agentArgv) == 0 {
		fmt.Fprintln(os.Stderr, "node-init needs the directory of a node; servers start it, nobody else")
		return 2
	}
	runtime.LockOSThread() // the agent's parent-death signal is tied to this thread
	ready := readyPipe()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil)).With("node", filepath.Base(dir))
	n, answer := newInit(dir, log)
	if ready != nil {
		_, _ = ready.WriteString(answer) // a Launch that died does not need it
		_ = ready.Close()
	}
	if n == nil {
		if answer == answerHeld || answer == answerGone {
			return 0
		}
		log.Error("node cannot start", "err", answer)
		return 1
	}
	defer n.lock.Close()
	n.run(agentArgv)
	return 0
}

// readyPipe is where a Launch waits for the answer, or nil. Nothing that the init
// starts inherits it.
func readyPipe() *os.File {
	fd, err := strconv.Atoi(os.Getenv(envReady))
	_ = os.Unsetenv(envReady)
	if err != nil || fd < 3 {
		return nil
	}
	unix.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "ready")
}

// node is the init's own view of its node.
type node struct {
	dir  string
	plan plan
	lock *os.File
	log  *slog.Logger
	env  []string
}

// newInit takes the node's lock, joins its cgroups and makes its namespaces its
// own. Without a node, the answer says why.
func newInit(dir string, log *slog.Logger) (n *node, answer string) {
	refuse := func(err error) (*node, string) { return nil, answerRefused + err.Error() }
	me, err := self() // before /proc is the node's own
	if err != nil {
		return refuse(err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, fileLock), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return refuse(err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, answerHeld
	}
	defer func() {
		if n == nil {
			_ = lock.Close() // before the answer: the next init may start at once
		}
	}()
	if exists(filepath.Join(filepath.Dir(dir), dirGone, filepath.Base(dir))) {
		return nil, answerGone
	}
	pl, err := readJSON[plan](filepath.Join(dir, filePlan))
	if err != nil {
		return refuse(err)
	}
	n = &node{dir: dir, plan: pl, lock: lock, log: log, env: os.Environ()}
	n.join()
	if pl.Namespaces {
		if err := n.settle(); err != nil {
			return nil, answerPlain + err.Error()
		}
	} else if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return refuse(fmt.Errorf("become the reaper: %w", err))
	}
	if !pl.PrivateTmp {
		n.env = append(n.env, "TMPDIR="+filepath.Join(dir, dirTmp))
	}
	if err := writeJSON(filepath.Join(dir, fileHost), n.plan.Host); err != nil {
		return refuse(err)
	}
	if err := writeJSON(filepath.Join(dir, fileInit), me); err != nil {
		return refuse(err)
	}
	return n, answerRuns
}

// join moves the init into its cgroups, before it starts anything.
func (n *node) join() {
	for _, g := range n.plan.Groups {
		err := g.join()
		if err == nil {
			continue
		}
		n.log.Warn("cgroup not joined", "path", g.Path, "err", err)
		lost := []string{g.Controller}
		if g.Version == 2 {
			lost = limited
		}
		for _, c := range lost {
			if i := slices.Index(n.plan.Host.Isolation, c); i >= 0 {
				n.plan.Host.Isolation = slices.Delete(n.plan.Host.Isolation, i, i+1)
				n.plan.problem("NoLimits", "this node has no limit on %s: %v", c, err)
			}
		}
	}
}

// settle makes the new namespaces the node's: mounts of its own that go no further,
// its own /proc, /dev/shm and /tmp.
func (n *node) settle() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("separate the mounts: %w", err)
	}
	const flags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	if err := unix.Mount("proc", "/proc", "proc", flags, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	holds := []string{"processes", "mounts"}
	if err := unix.Mount("tmpfs", "/dev/shm", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=1777"); err != nil {
		n.plan.problem("SharedMemory", "this node shares /dev/shm with the machine: %v", err)
	}
	if n.plan.PrivateTmp {
		if err := unix.Mount(filepath.Join(n.dir, dirTmp), "/tmp", "", unix.MS_BIND, ""); err != nil {
			n.plan.PrivateTmp = false
			n.plan.problem("SharedTmp", "this node shares /tmp with the machine: %v", err)
		} else {
			holds = append(holds, "tmp")
		}
	}
	n.plan.Host.Isolation = append(n.plan.Host.Isolation, holds...)
	return nil
}

// Times of the init's life.
const (
	backoffMin = 100 * time.Millisecond
	backoffMax = 5 * time.Second
	longLife   = 10 * time.Second // of an agent: after it the backoff starts anew
	lookEvery  = time.Second      // whether the directory is still there
	agentGrace = 800 * time.Millisecond
)

// run keeps an agent running until the node ends, reaps what dies, and leaves
// nothing behind.
func (n *node) run(argv []string) {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, unix.SIGCHLD, unix.SIGTERM, unix.SIGINT)
	signal.Ignore(unix.SIGHUP)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	here, err := os.Stat(n.dir)
	if err != nil {
		return
	}
	a := agent{node: n, argv: argv, backoff: backoffMin}
	again := time.NewTimer(0)
	var deadline <-chan time.Time
	for done := false; !done; {
		select {
		case <-again.C:
			if deadline == nil && !a.start() {
				again.Reset(a.next())
			}
		case s := <-signals:
			if s != unix.SIGCHLD && deadline == nil {
				a.signal(unix.SIGTERM)
				deadline = time.After(agentGrace)
			}
			ended, code := a.reap()
			switch {
			case ended && code == LeaveCode:
				n.log.Info("agent leaves")
				done = true
			case ended && deadline == nil:
				n.log.Warn("agent ended", "code", code)
				again.Reset(a.next())
			}
			done = done || deadline != nil && a.pid == 0
		case <-deadline:
			done = true
		case <-look.C:
			now, err := os.Stat(n.dir)
			done = err != nil || !os.SameFile(here, now)
		}
	}
	n.end()
}

// end kills all that is left of the node. Process 1 of a namespace need not: the
// kernel does it when this process exits.
func (n *node) end() {
	if os.Getpid() == 1 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), killLimit)
	defer cancel()
	for ctx.Err() == nil {
		killed := killBelow()
		if _, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); errors.Is(err, unix.ECHILD) && killed == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	n.log.Error("processes of the node do not end")
}

// agent is the one child that matters.
type agent struct {
	node    *node
	argv    []string
	pid     int // 0: none runs
	started time.Time
	backoff time.Duration
}

func (a *agent) start() bool {
	path := a.argv[0]
	pid, err := syscall.ForkExec(path, a.argv, &syscall.ProcAttr{
		Dir: a.node.dir, Env: a.node.env, Files: []uintptr{0, 1, 2},
		Sys: &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL},
	})
	a.started = time.Now()
	if err != nil {
		a.node.log.Error("agent cannot start", "path", path, "err", err)
		return false
	}
	a.pid = pid
	return true
}

// next returns how long to wait before the next start.
func (a *agent) next() time.Duration {
	if time.Since(a.started) >= longLife {
		a.backoff = backoffMin
	}
	wait := a.backoff
	a.backoff = min(2*a.backoff, backoffMax)
	return wait
}

func (a *agent) signal(sig syscall.Signal) {
	if a.pid != 0 {
		_ = unix.Kill(a.pid, sig) // our own child, not reaped yet: it cannot be another's id
	}
}

// reap buries all dead children and reports whether the agent was among them.
func (a *agent) reap() (ended bool, code int) {
	for {
		var ws unix.WaitStatus
		pid, err := unix.Wait4(-1, &ws, unix.WNOHANG, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			return ended, code
		}
		if pid == a.pid {
			a.pid, ended, code = 0, true, ws.ExitStatus()
			if ws.Signaled() {
				code = 128 + int(ws.Signal())
			}
		}
	}
}
