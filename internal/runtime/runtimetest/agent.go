package runtimetest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/atelier-compute/atelier/internal/runtime"
)

// agentDir is the environment variable that makes the test binary an agent.
const agentDir = "RUNTIMETEST_AGENT_DIR"

// Main is for the TestMain of a runtime.
func Main(m *testing.M, open Open) {
	if dir := os.Getenv(agentDir); dir != "" {
		fmt.Fprintln(os.Stderr, serve(dir, open, os.Stdin, os.Stdout))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// serve starts the tasks that it reads and answers each with a line, until it is
// killed or cannot go on.
func serve(dir string, open Open, in io.Reader, out io.Writer) error {
	rt, err := open(dir)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "open")
	for d := json.NewDecoder(in); ; {
		var t runtime.Task
		if err := d.Decode(&t); err != nil {
			return err
		}
		if err := rt.Start(context.Background(), t); err != nil {
			return err
		}
		fmt.Fprintln(out, "started")
	}
}

// agent is a process that has a runtime.
type agent struct {
	b   *bench
	cmd *exec.Cmd
	in  io.WriteCloser
	out chan string // closed when it is dead
}

func (b *bench) agent() *agent {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	a := &agent{b: b, cmd: exec.Command(exe, "-test.run=^$"), out: make(chan string, 8)}
	a.cmd.Env = append(os.Environ(), agentDir+"="+b.dir)
	a.cmd.Stderr = os.Stderr
	a.in, err = a.cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := a.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	go func() {
		defer close(a.out)
		for s := bufio.NewScanner(out); s.Scan(); {
			a.out <- s.Text()
		}
	}()
	if got := a.answer(); got != "open" {
		b.Fatalf("the agent said %q", got)
	}
	return a
}

func (a *agent) answer() string {
	a.b.Helper()
	select {
	case line := <-a.out:
		return line
	case <-time.After(limit):
		a.b.Fatal("the agent does not answer")
	}
	return ""
}

func (a *agent) send(t runtime.Task) {
	a.b.Helper()
	if err := json.NewEncoder(a.in).Encode(t); err != nil {
		a.b.Fatal(err)
	}
}

// kill kills the agent (kill -9) and returns how many tasks it had said to be
// started since it was last asked.
func (a *agent) kill() (started int) {
	a.b.Helper()
	if err := a.cmd.Process.Kill(); err != nil {
		a.b.Fatal(err)
	}
	for line := range a.out {
		if line == "started" {
			started++
		}
	}
	_ = a.cmd.Wait()
	return started
}

func takesOverRunning(t *testing.T, b *bench) {
	b.start("a", "while [ ! -e go ]; do sleep 0.01; done; exit 9")
	first, _ := b.state(b.rt, "a")
	other := b.reopen()
	s, found := b.state(other, "a")
	if !found || !s.Running || s.PID != first.PID || !s.StartedAt.Equal(first.StartedAt) {
		t.Fatalf("the new instance has %+v, the old one %+v", s, first)
	}
	b.write("go")
	if s := b.ended(other, "a"); s.ExitCode != 9 || s.Lost != "" {
		t.Errorf("the new instance says %+v", s)
	}
}

func (b *bench) write(name string) {
	b.Helper()
	if err := os.WriteFile(b.path(name), nil, 0o600); err != nil {
		b.Fatal(err)
	}
}

func takesOverEnded(t *testing.T, b *bench) {
	s, _ := b.run("a", "echo x >> ran.txt; exit 9")
	b.rt = b.reopen()
	again, found := b.state(b.rt, "a")
	if !found || again != s {
		t.Errorf("the new instance says %+v, the old one %+v", again, s)
	}
	b.start("a", "echo x >> ran.txt")
	if s := b.ended(b.rt, "a"); s.ExitCode != 9 || b.lines("ran.txt") != 1 {
		t.Errorf("started again it is %+v and ran %d times", s, b.lines("ran.txt"))
	}
}

func takesOverRemoved(t *testing.T, b *bench) {
	b.run("a", "true")
	b.run("b", "true")
	if err := b.rt.Remove(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	states, err := b.reopen().List(t.Context())
	if err != nil || len(states) != 1 || states[0].ID != "b" {
		t.Errorf("the new instance has %+v, %v", states, err)
	}
}

func survivesKill(t *testing.T, b *bench) {
	a := b.agent()
	a.send(b.task("a", "echo x >> ran.txt; while [ ! -e go ]; do sleep 0.01; done; exit 9"))
	if got := a.answer(); got != "started" {
		t.Fatalf("the agent said %q", got)
	}
	a.kill()
	b.rt = b.reopen()
	if s, found := b.state(b.rt, "a"); !found || !s.Running {
		t.Fatalf("after the agent was killed the task is %+v, %t", s, found)
	}
	b.start("a", "echo x >> ran.txt")
	b.write("go")
	if s := b.ended(b.rt, "a"); s.ExitCode != 9 || s.Lost != "" || b.lines("ran.txt") != 1 {
		t.Errorf("it ended as %+v and ran %d times", s, b.lines("ran.txt"))
	}
}

func endedUnwatched(t *testing.T, b *bench) {
	a := b.agent()
	a.send(b.task("a", "echo $$ > a.pid; while [ ! -e go ]; do sleep 0.01; done; exit 9"))
	if got := a.answer(); got != "started" {
		t.Fatalf("the agent said %q", got)
	}
	pid := b.pid("a.pid")
	a.kill()
	b.write("go")
	b.until("the command has ended", func() bool { return dead(pid) })
	b.rt = b.reopen()
	if s := b.ended(b.rt, "a"); s.ExitCode != 9 || s.Lost != "" || s.EndedAt.IsZero() {
		t.Errorf("it ended as %+v", s)
	}
}

func stopAfterTakeOver(t *testing.T, b *bench) {
	b.needDaemons()
	a := b.agent()
	a.send(b.task("a", "trap '' TERM"+daemons+"while :; do sleep 0.05; done"))
	if got := a.answer(); got != "started" {
		t.Fatalf("the agent said %q", got)
	}
	for _, name := range []string{"one", "two", "three", "four"} {
		b.pid(name + ".pid")
	}
	a.kill()
	b.rt = b.reopen()
	b.stop(b.rt, "a", 50*time.Millisecond)
	if s := b.ended(b.rt, "a"); s.ExitCode != 137 || s.Lost != "" {
		t.Errorf("ended as %+v", s)
	}
	b.allDead("one", "two", "three", "four")
}

// killedDuringStart kills agents at any moment of Start. Afterwards another one may
// be asked for the same task: the command runs at most once, and exactly once when
// either of them said that it is started.
func killedDuringStart(t *testing.T, b *bench) {
	const rounds, burst = 60, 3
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	said, had := 0, 0
	for round := range rounds {
		a := b.agent()
		id := func(i int) string { return "t" + itoa(round) + "-" + itoa(i) }
		command := func(i int) string { return "echo x >> " + id(i) + ".txt; exit 3" }
		for i := range burst {
			a.send(b.task(id(i), command(i)))
		}
		<-time.After(time.Duration(random.Int64N(int64(6 * time.Millisecond))))
		started := a.kill()
		said += started
		b.rt = b.reopen()
		for i := range burst {
			_, found := b.state(b.rt, id(i))
			if found {
				had++
			} else if i < started {
				t.Errorf("seed %d, round %d: Start had returned, and task %d is not there", seed, round, i)
			}
			if !found || random.IntN(2) == 0 {
				b.start(id(i), command(i))
			}
			if s := b.ended(b.rt, id(i)); b.lines(id(i)+".txt") != 1 || s.ExitCode != 3 || s.Lost != "" {
				t.Errorf("seed %d, round %d: task %d ran %d times (was there: %t), state %+v", seed, round, i, b.lines(id(i)+".txt"), found, s)
			}
			if err := b.rt.Remove(t.Context(), id(i)); err != nil {
				t.Error(err)
			}
		}
	}
	t.Logf("of %d tasks %d were said to be started, and %d were started, when their agent was killed", rounds*burst, said, had)
	if said == 0 || said == rounds*burst || had == rounds*burst {
		t.Errorf("seed %d: no agent was killed before a start, or none after: the test proves nothing", seed)
	}
}

func itoa(i int) string { return strconv.Itoa(i) }
