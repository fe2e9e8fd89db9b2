// Package runtimetest is the suite that every runtime must pass. It runs real
// commands, and kills real agents: the test binary runs itself again as one, which
// is why the TestMain of a runtime calls Main.
package runtimetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier/internal/runtime"
)

// Open makes a runtime over a directory: a new one, or one that another instance
// has used, or still uses.
type Open func(dir string) (runtime.Runtime, error)

// Run runs the suite against runtimes from open.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *bench)
	}{
		{"exit-codes", exitCodes},
		{"output-is-appended", outputAppended},
		{"environment-and-directory", environment},
		{"odd-environment", oddEnvironment},
		{"standard-input-is-empty", emptyInput},
		{"no-foreign-files", noForeignFiles},
		{"times", times},
		{"list-in-order", listInOrder},
		{"refuses-bad-tasks", badTasks},
		{"unstartable-may-be-repeated", unstartable},
		{"start-twice-runs-once", startTwice},
		{"concurrent-starts-run-once", startConcurrently},
		{"two-instances-run-once", startInTwoInstances},
		{"stop-ends", stopEnds},
		{"stop-at-once-after-start", stopAtOnce},
		{"stop-kills-after-grace", stopKills},
		{"stop-shortens-the-grace", stopShortens},
		{"stop-of-nothing", stopNothing},
		{"stop-kills-daemons", stopKillsDaemons},
		{"end-kills-daemons", endKillsDaemons},
		{"others-are-left-alone", othersLeftAlone},
		{"remove", remove},
		{"takes-over-running", takesOverRunning},
		{"takes-over-ended", takesOverEnded},
		{"takes-over-removed", takesOverRemoved},
		{"survives-kill-of-agent", survivesKill},
		{"ended-while-nobody-watched", endedUnwatched},
		{"stop-after-take-over", stopAfterTakeOver},
		{"killed-during-start", killedDuringStart},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bench{T: t, open: open, dir: t.TempDir(), work: t.TempDir()}
			b.rt = b.reopen()
			c.test(t, b)
		})
	}
}

// bench is where one case runs.
type bench struct {
	*testing.T
	open Open
	dir  string // of the runtime
	work string // of the commands
	rt   runtime.Runtime
}

// limit is how long anything may take before the case fails.
const limit = 20 * time.Second

// reopen makes another instance over the same directory; what runs at the end of
// the case is killed.
func (b *bench) reopen() runtime.Runtime {
	b.Helper()
	rt, err := b.open(b.dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		states, err := rt.List(context.Background())
		if err != nil {
			b.Error(err)
		}
		for _, s := range states {
			if err := rt.Stop(context.Background(), s.ID, 0); err != nil {
				b.Error(err)
			}
		}
		for _, s := range states {
			b.ended(rt, s.ID)
		}
	})
	return rt
}

func (b *bench) task(id, command string) runtime.Task {
	return runtime.Task{
		ID: id, Command: command, Dir: b.work, Output: b.path(id + ".log"),
		Env: []string{"PATH=" + os.Getenv("PATH"), "WORD=a b  c"},
	}
}

func (b *bench) path(name string) string { return filepath.Join(b.work, name) }

func (b *bench) start(id, command string) {
	b.Helper()
	if err := b.rt.Start(b.Context(), b.task(id, command)); err != nil {
		b.Fatalf("start %s: %v", id, err)
	}
}

// run runs a command to its end and returns how it ended and what it wrote.
func (b *bench) run(id, command string) (runtime.State, string) {
	b.Helper()
	b.start(id, command)
	s := b.ended(b.rt, id)
	return s, b.read(id + ".log")
}

func (b *bench) read(name string) string {
	b.Helper()
	text, err := os.ReadFile(b.path(name))
	if err != nil && !os.IsNotExist(err) {
		b.Fatal(err)
	}
	return string(text)
}

func (b *bench) state(rt runtime.Runtime, id string) (s runtime.State, found bool) {
	b.Helper()
	states, err := rt.List(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	i := slices.IndexFunc(states, func(s runtime.State) bool { return s.ID == id })
	if i < 0 {
		return runtime.State{}, false
	}
	return states[i], true
}

// ended waits for the end of a task, and only looks when Changed says so.
func (b *bench) ended(rt runtime.Runtime, id string) runtime.State {
	b.Helper()
	deadline := time.After(limit)
	for {
		s, found := b.state(rt, id)
		if !found {
			b.Fatalf("task %s is not there", id)
		}
		if !s.Running {
			return s
		}
		select {
		case <-rt.Changed():
		case <-deadline:
			b.Fatalf("task %s still runs", id)
		}
	}
}

// until polls, for what real processes do without telling.
func (b *bench) until(what string, done func() bool) {
	b.Helper()
	deadline := time.After(limit)
	for !done() {
		select {
		case <-time.After(2 * time.Millisecond):
		case <-deadline:
			b.Fatalf("waited in vain until %s", what)
		}
	}
}

// pid waits for a process ID that a command writes into a file.
func (b *bench) pid(name string) (pid int) {
	b.Helper()
	b.until(name+" is written", func() bool {
		line, whole := strings.CutSuffix(b.read(name), "\n")
		pid, _ = strconv.Atoi(line)
		return whole && pid > 1
	})
	return pid
}

// dead reports whether a process runs nothing any more. A dead one that its parent
// has not noticed yet counts.
func dead(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z") || strings.HasPrefix(rest, "X")
}

func (b *bench) lines(name string) int { b.Helper(); return strings.Count(b.read(name), "\n") }
