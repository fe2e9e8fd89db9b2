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
		if err := serve(dir, open, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serve starts the tasks that it reads and answers each with a line.
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

// kill kills the agent (kill -9) and reports whether it had said that the task is
// started.
func (a *agent) kill() (started bool) {
	a.b.Helper()
	if err := a.cmd.Process.Kill(); err != nil {
		a.b.Fatal(err)
	}
	for line := range a.out {
		started = started || line == "started"
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
	a.send(b.task("a", daemons+"trap '' TERM; while :; do sleep 0.05; done"))
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

// killRounds is how often killedDuringStart kills an agent.
const killRounds = 60

// killedDuringStart kills agents at any moment of Start. Afterwards another one may
// be asked for the same task: the command runs at most once, and exactly once when
// either of them said that it is started.
func killedDuringStart(t *testing.T, b *bench) {
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	said, ran := 0, 0
	for round := range killRounds {
		a := b.agent()
		id := "t" + itoa(round)
		task := b.task(id, "echo x >> "+id+".txt; exit 3")
		a.send(task)
		<-time.After(time.Duration(random.Int64N(int64(5 * time.Millisecond))))
		started := a.kill()
		b.rt = b.reopen()
		_, found := b.state(b.rt, id)
		if started {
			said++
		}
		if found {
			ran++
		}
		if started && !found {
			t.Errorf("seed %d, round %d: Start had returned, and the task is not there", seed, round)
		}
		if !found || random.IntN(2) == 0 {
			b.start(id, task.Command)
		}
		if s := b.ended(b.rt, id); b.lines(id+".txt") != 1 || s.ExitCode != 3 || s.Lost != "" {
			t.Errorf("seed %d, round %d: it ran %d times (said started: %t, was there: %t), state %+v", seed, round, b.lines(id+".txt"), started, found, s)
		}
		if err := b.rt.Remove(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	t.Logf("of %d agents %d had said that the task is started, %d had started it", killRounds, said, ran)
	if ran == 0 || said == killRounds {
		t.Errorf("no agent was killed before, or none after the start (seed %d): the test proves nothing", seed)
	}
}

func itoa(i int) string { return strconv.Itoa(i) }
