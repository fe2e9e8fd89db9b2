package process

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/atelier-compute/atelier/internal/runtime"
)

// task is one task that was started here.
type task struct {
	id    string
	dir   string
	pid   int    // of the keeper, its group and its session; 0 if it made no whole claim
	start uint64 // of the keeper, in the kernel's ticks; 0 when it is not there
	at    time.Time
	gone  chan struct{} // closed when the keeper has ended

	state runtime.State // guarded by Runtime.mu

	mu     sync.Mutex // held while the keeper is signalled, so that its ID stays its own
	cmd    *exec.Cmd  // nil when taken over
	reaped bool
	stopAt time.Time // when it is killed; zero when nobody asked
	killed bool
	// victims were killed while the keeper lived. They are dying, and may be
	// known by nothing else once their parents are dead. Not written after reaped.
	victims map[victim]bool
}

// victim is a process: its ID and when it started.
type victim struct {
	pid   int
	start uint64
}

func newTask(id, dir string, c claim, cmd *exec.Cmd) *task {
	t := &task{
		id: id, dir: dir, pid: c.pid, at: c.at, cmd: cmd, gone: make(chan struct{}), victims: map[victim]bool{},
		state: runtime.State{ID: id, PID: c.pid, StartedAt: c.at},
	}
	t.start = startOf(t)
	return t
}

// watch waits for the end of a running task, cleans up behind it and records it.
func (r *Runtime) watch(t *task) {
	awaitExit(t)
	t.mu.Lock()
	if t.cmd != nil {
		_ = t.cmd.Wait()
	}
	t.reaped = true
	t.mu.Unlock()
	close(t.gone)
	sweep([]*task{t}, true)
	s := t.ended("the process that kept watch over the command was killed from outside (kill -9, or out of memory?), so its exit code is not known")
	r.mu.Lock()
	t.state = s
	r.mu.Unlock()
	r.tell()
}

// ended reads how the task ended; lost says why when nobody wrote that down.
func (t *task) ended(lost string) runtime.State {
	s := runtime.State{ID: t.id, StartedAt: t.at}
	if code, at, ok := t.exit(); ok {
		s.ExitCode, s.EndedAt = code, at
		return s
	}
	if text, at, err := readFile(t.dir, fileLost); err == nil && strings.HasSuffix(text, "\n") {
		s.Lost, s.EndedAt = strings.TrimSpace(text), at
		return s
	}
	if code, ok := t.witnessed(); ok {
		s.ExitCode, s.EndedAt = code, time.Now().UTC()
		_ = writeFile(t.dir, fileExit, strconv.Itoa(code)) // else what List says now is all that there is
		return s
	}
	if t.pid == 0 {
		lost = "its start was interrupted before the command ran"
	}
	s.Lost, s.EndedAt = lost, time.Now().UTC()
	_ = writeFile(t.dir, fileLost, lost)
	return s
}

func (t *task) exit() (code int, at time.Time, ok bool) {
	text, at, err := readFile(t.dir, fileExit)
	if err != nil || !strings.HasSuffix(text, "\n") {
		return 0, time.Time{}, false
	}
	code, err = strconv.Atoi(strings.TrimSpace(text))
	return code, at, err == nil
}

// witnessed returns the exit code that this process knows although the keeper could
// not record it: the disk is full, or the keeper had to be killed with the rest.
func (t *task) witnessed() (code int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cmd != nil && t.cmd.ProcessState != nil && t.cmd.ProcessState.Exited() {
		return t.cmd.ProcessState.ExitCode(), true
	}
	return 128 + int(syscall.SIGKILL), t.killed
}

// stop asks the group to end now and kills the task after grace, or earlier if an
// earlier call said so.
func (t *task) stop(grace time.Duration) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reaped || t.pid == 0 || t.cmd == nil && !alive(t) {
		return nil
	}
	first, at := t.stopAt.IsZero(), time.Now().Add(grace)
	if first {
		if err := syscall.Kill(-t.pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop task %s: %w", t.id, err)
		}
	}
	if first || at.Before(t.stopAt) {
		t.stopAt = at
		time.AfterFunc(grace, t.kill)
	}
	return nil
}

// lenient is how many rounds of kill the keeper has to record the end of its
// command before it is killed itself.
const lenient = 100

// kill ends everything that the task started, again and again until the keeper is
// gone; what is left then is swept by watch.
func (t *task) kill() {
	t.mu.Lock()
	again := t.killed || t.reaped
	t.killed = t.killed || !t.reaped
	t.mu.Unlock()
	if again {
		return
	}
	for round := 0; ; round++ {
		t.mu.Lock()
		if !t.reaped {
			killMembers(t, round >= lenient)
		}
		t.mu.Unlock()
		select {
		case <-t.gone:
			return
		case <-time.After(pause(round)):
		}
	}
}

// sweepRounds bounds how long a sweep waits for processes that do not die, because
// the kernel holds them: about ten seconds.
const sweepRounds = 110

// sweep kills what is left of tasks that have ended. group says that the keepers'
// sessions are still known to be theirs.
func sweep(tasks []*task, group bool) {
	for round := 0; round < sweepRounds && killLeft(tasks, group); round++ {
		<-time.After(pause(round))
	}
}

// pause is short at first, because the dying take less than a millisecond.
func pause(round int) time.Duration {
	return min(time.Millisecond<<min(round, 7), 100*time.Millisecond)
}
