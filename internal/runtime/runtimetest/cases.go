package runtimetest

import (
	"os/exec"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/runtime"
)

func startTwice(t *testing.T, b *bench) {
	b.start("a", "echo x >> ran.txt")
	b.start("a", "echo other >> ran.txt")
	b.ended(b.rt, "a")
	b.start("a", "echo later >> ran.txt")
	if s := b.ended(b.rt, "a"); s.ExitCode != 0 || b.read("ran.txt") != "x\n" {
		t.Errorf("it wrote %q, state %+v", b.read("ran.txt"), s)
	}
}

func startConcurrently(t *testing.T, b *bench) {
	b.race(func(int) runtime.Runtime { return b.rt })
}

func startInTwoInstances(t *testing.T, b *bench) {
	all := []runtime.Runtime{b.rt, b.reopen()}
	b.race(func(i int) runtime.Runtime { return all[i%2] })
	for _, rt := range all {
		if s := b.ended(rt, "a"); s.ExitCode != 7 || s.Lost != "" {
			t.Errorf("an instance says %+v", s)
		}
	}
}

// race starts one task many times at once; it must run once.
func (b *bench) race(rt func(int) runtime.Runtime) {
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if err := rt(i).Start(b.Context(), b.task("a", "echo x >> ran.txt; exit 7")); err != nil {
				b.Errorf("start %d: %v", i, err)
			}
			if _, found := b.state(rt(i), "a"); !found {
				b.Errorf("start %d returned, and the task is not listed", i)
			}
		})
	}
	all.Wait()
	if s := b.ended(rt(0), "a"); s.ExitCode != 7 || b.lines("ran.txt") != 1 {
		b.Errorf("it ran %d times, state %+v", b.lines("ran.txt"), s)
	}
}

func (b *bench) stop(rt runtime.Runtime, id string, grace time.Duration) {
	b.Helper()
	if err := rt.Stop(b.Context(), id, grace); err != nil {
		b.Fatalf("stop %s: %v", id, err)
	}
}

func stopEnds(t *testing.T, b *bench) {
	b.start("plain", "sleep 60")
	b.start("polite", `trap 'echo bye; exit 5' TERM; echo $$ > polite.pid; while :; do sleep 0.05; done`)
	b.pid("polite.pid")
	before := time.Now()
	for _, id := range []string{"plain", "polite"} {
		b.stop(b.rt, id, time.Hour)
	}
	if s := b.ended(b.rt, "plain"); s.ExitCode != 143 || s.Lost != "" {
		t.Errorf("plain ended as %+v", s)
	}
	if s := b.ended(b.rt, "polite"); s.ExitCode != 5 || !strings.HasSuffix(b.read("polite.log"), "bye\n") {
		t.Errorf("polite ended as %+v and wrote %q", s, b.read("polite.log"))
	}
	if took := time.Since(before); took > limit/2 {
		t.Errorf("it took %v", took)
	}
}

// stopAtOnce: when Start has returned, a stop reaches the command.
func stopAtOnce(t *testing.T, b *bench) {
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		b.start(id, "sleep 60")
		b.stop(b.rt, id, time.Hour)
		if s := b.ended(b.rt, id); s.ExitCode != 143 {
			t.Errorf("ended as %+v", s)
		}
	}
}

func stopKills(t *testing.T, b *bench) {
	b.start("a", `trap '' TERM; echo $$ > a.pid; while :; do sleep 0.05; done`)
	b.pid("a.pid")
	before := time.Now()
	b.stop(b.rt, "a", 200*time.Millisecond)
	if took := time.Since(before); took > 150*time.Millisecond {
		t.Errorf("Stop waited %v; it must return at once", took)
	}
	s := b.ended(b.rt, "a")
	if took := time.Since(before); s.ExitCode != 137 || s.Lost != "" || took < 200*time.Millisecond {
		t.Errorf("ended after %v as %+v", took, s)
	}
}

func stopShortens(t *testing.T, b *bench) {
	b.start("a", `trap '' TERM; echo $$ > a.pid; while :; do sleep 0.05; done`)
	b.pid("a.pid")
	b.stop(b.rt, "a", time.Hour)
	b.stop(b.rt, "a", time.Hour)
	b.stop(b.rt, "a", 0)
	if s := b.ended(b.rt, "a"); s.ExitCode != 137 || s.Lost != "" {
		t.Errorf("ended as %+v", s)
	}
}

func stopNothing(t *testing.T, b *bench) {
	b.stop(b.rt, "unknown", 0)
	b.run("a", "exit 4")
	b.stop(b.rt, "a", 0)
	if s := b.ended(b.rt, "a"); s.ExitCode != 4 {
		t.Errorf("a stop after the end made it %+v", s)
	}
}

// daemons starts processes that leave the group in the usual ways: a session of
// their own, a double fork, an environment without the task's marks.
const daemons = `
d='trap "" TERM HUP; while :; do sleep 0.05; done'
setsid sh -c "echo \$\$ > one.pid; $d" &
setsid sh -c 'sh -c "$0" &' "echo \$\$ > two.pid; $d" &
env -i setsid sh -c "echo \$\$ > three.pid; $d" &
sh -c "trap '' TERM; echo \$\$ > four.pid; while :; do sleep 0.05; done" &
`

func (b *bench) needDaemons() {
	b.Helper()
	if _, err := exec.LookPath("setsid"); err != nil || goruntime.GOOS != "linux" {
		b.Skip("processes that leave the group are found on Linux only, and the test makes them with setsid")
	}
}

func (b *bench) allDead(names ...string) {
	b.Helper()
	for _, name := range names {
		if pid := b.pid(name + ".pid"); !dead(pid) {
			b.Errorf("process %s (%d) outlived its task", name, pid)
		}
	}
}

func stopKillsDaemons(t *testing.T, b *bench) {
	b.needDaemons()
	b.start("a", "trap '' TERM"+daemons+"while :; do sleep 0.05; done")
	for _, name := range []string{"one", "two", "three", "four"} {
		if pid := b.pid(name + ".pid"); dead(pid) {
			t.Errorf("process %s died before the stop", name)
		}
	}
	b.stop(b.rt, "a", 50*time.Millisecond)
	if s := b.ended(b.rt, "a"); s.ExitCode != 137 || s.Lost != "" {
		t.Errorf("ended as %+v", s)
	}
	b.allDead("one", "two", "three", "four")
}

func endKillsDaemons(t *testing.T, b *bench) {
	b.needDaemons()
	b.start("a", daemons+"while [ ! -s one.pid ] || [ ! -s two.pid ] || [ ! -s three.pid ] || [ ! -s four.pid ]; do sleep 0.01; done; exit 6")
	if s := b.ended(b.rt, "a"); s.ExitCode != 6 || s.Lost != "" {
		t.Errorf("ended as %+v", s)
	}
	b.allDead("one", "two", "four")
	if pid := b.pid("three.pid"); !dead(pid) { // beyond the contract: it has hidden in every way
		t.Logf("process three (%d) outlived its task: it dropped the environment and the session, and its parents are gone", pid)
		if p, err := exec.LookPath("kill"); err == nil {
			_ = exec.Command(p, "-KILL", "--", "-"+itoa(pid)).Run()
		}
	}
}

func othersLeftAlone(t *testing.T, b *bench) {
	other := exec.Command("sleep", "60")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	b.start("b", "sleep 60")
	b.start("a", "sleep 60")
	b.stop(b.rt, "a", 0)
	b.ended(b.rt, "a")
	if dead(other.Process.Pid) {
		t.Error("a process that is no task was killed")
	}
	if s, _ := b.state(b.rt, "b"); !s.Running {
		t.Errorf("another task was killed: %+v", s)
	}
	_ = other.Process.Kill()
	_ = other.Wait()
}

func remove(t *testing.T, b *bench) {
	if err := b.rt.Remove(t.Context(), "unknown"); err != nil {
		t.Errorf("remove of an unknown task: %v", err)
	}
	b.start("a", "echo x >> ran.txt; sleep 60")
	if err := b.rt.Remove(t.Context(), "a"); !atelier.IsKind(err, atelier.Conflict) {
		t.Errorf("remove of a running task: %v, want a Conflict", err)
	}
	b.until("it ran", func() bool { return b.lines("ran.txt") == 1 })
	b.stop(b.rt, "a", 0)
	b.ended(b.rt, "a")
	for range 2 {
		if err := b.rt.Remove(t.Context(), "a"); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
	if s, found := b.state(b.rt, "a"); found {
		t.Errorf("it is still there: %+v", s)
	}
	select {
	case <-b.rt.Changed():
	default:
		t.Error("nothing told of the removal")
	}
}
