package process

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/atelier-compute/atelier/internal/runtime"
)

func begin(t testing.TB, r *Runtime, id, command string) runtime.State {
	t.Helper()
	work := t.TempDir()
	task := runtime.Task{ID: id, Command: command, Dir: work, Output: filepath.Join(work, "log"), Env: []string{"PATH=" + os.Getenv("PATH")}}
	if err := r.Start(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	states, _ := r.List(context.Background())
	for _, s := range states {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("task %s is not listed", id)
	return runtime.State{}
}

func end(t testing.TB, r *Runtime, id string) runtime.State {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		states, _ := r.List(context.Background())
		for _, s := range states {
			if s.ID == id && !s.Running {
				return s
			}
		}
		select {
		case <-r.Changed():
		case <-deadline:
			t.Fatalf("task %s does not end", id)
		}
	}
}

func opened(t testing.TB, dir string) *Runtime {
	t.Helper()
	r, err := Open(dir, []string{"ATELIER_NODE=n1"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// put writes a task's directory as somebody left it.
func put(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestWhatIsLeftInADirectory(t *testing.T) {
	// The ID of a living process, that has nothing to do with a task: it must be taken
	// neither for the keeper nor for something to kill.
	other := exec.Command("sleep", "60")
	other.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	pid := strconv.Itoa(other.Process.Pid)
	reused := pid + "\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string // "" is no task; else "exit N" or the beginning of Lost
	}{
		{"nothing", nil, ""},
		{"only-a-directory", map[string]string{"x/y": ""}, ""},
		{"half-removed", map[string]string{"x+removed/exit": "0\n"}, ""},
		{"recorded", map[string]string{"x/claim": reused, "x/exit": "12\n"}, "exit 12"},
		{"half-a-record", map[string]string{"x/claim": reused, "x/exit": "12"}, "it ended while no agent watched"},
		{"empty-record", map[string]string{"x/claim": reused, "x/exit": ""}, "it ended while no agent watched"},
		{"no-record", map[string]string{"x/claim": reused}, "it ended while no agent watched"},
		{"empty-claim", map[string]string{"x/claim": ""}, "its start was interrupted before"},
		{"half-a-claim", map[string]string{"x/claim": pid}, "its start was interrupted before"},
		{"lost-before", map[string]string{"x/claim": reused, "x/lost": "as said\n"}, "as said"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := put(t, c.files)
			for range 2 { // the second time it must be the same
				r := opened(t, dir)
				states, err := r.List(t.Context())
				switch {
				case err != nil:
					t.Fatal(err)
				case c.want == "":
					if len(states) > 0 {
						t.Errorf("it has %+v", states)
					}
					continue
				case len(states) != 1 || states[0].Running || states[0].EndedAt.IsZero():
					t.Fatalf("it has %+v", states)
				}
				got := states[0].Lost
				if got == "" {
					got = "exit " + strconv.Itoa(states[0].ExitCode)
				}
				if !strings.HasPrefix(got, c.want) {
					t.Errorf("it says %q, want %q", got, c.want)
				}
				if err := r.Stop(t.Context(), "x", 0); err != nil {
					t.Error(err)
				}
			}
			if err := other.Process.Signal(syscall.Signal(0)); err != nil {
				t.Fatalf("the process with the reused ID was killed: %v", err)
			}
		})
	}
}

func TestKeeperKilled(t *testing.T) {
	r := opened(t, t.TempDir())
	s := begin(t, r, "a", "echo $$ > pid; while :; do sleep 0.05; done")
	pid := childOf(t, s.PID)
	if err := syscall.Kill(s.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if s := end(t, r, "a"); !strings.Contains(s.Lost, "killed from outside") {
		t.Errorf("state is %+v", s)
	}
	if p, ok := statOf(pid); ok && !p.ended() {
		t.Errorf("the command runs on without its keeper: %+v", p)
	}
	if s := end(t, opened(t, r.dir), "a"); !strings.Contains(s.Lost, "killed from outside") {
		t.Errorf("another instance says %+v", s)
	}
}

func childOf(t *testing.T, keeper int) int {
	t.Helper()
	for _, p := range processes() {
		if p.parent == keeper {
			return p.pid
		}
	}
	t.Fatalf("process %d has no child", keeper)
	return 0
}

// A task that stops its whole group, the keeper too, can be stopped all the same.
func TestKeeperStopped(t *testing.T) {
	r := opened(t, t.TempDir())
	s := begin(t, r, "a", "kill -STOP 0")
	for p, ok := statOf(s.PID); ok && p.state != 'T'; p, ok = statOf(s.PID) {
		<-time.After(time.Millisecond)
	}
	if err := r.Stop(t.Context(), "a", 0); err != nil {
		t.Fatal(err)
	}
	if s := end(t, r, "a"); s.ExitCode != 137 || s.Lost != "" {
		t.Errorf("state is %+v", s)
	}
}

func TestEndThatCannotBeRecorded(t *testing.T) {
	dir := t.TempDir()
	r := opened(t, dir)
	begin(t, r, "a", "while [ ! -e go ]; do sleep 0.01; done; exit 9")
	// As on a full disk: the keeper finds the file and cannot write it.
	if err := os.WriteFile(filepath.Join(dir, "a", fileExit), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range processes() {
		if cwd, err := os.Readlink("/proc/" + strconv.Itoa(p.pid) + "/cwd"); err == nil && p.session == r.find("a").pid {
			if err := os.WriteFile(filepath.Join(cwd, "go"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if s := end(t, r, "a"); s.ExitCode != 9 || s.Lost != "" {
		t.Errorf("state is %+v", s)
	}
	if s := end(t, opened(t, dir), "a"); s.ExitCode != 9 {
		t.Errorf("another instance says %+v", s)
	}
}

// What a task left behind while no agent lived goes when the next one opens.
func TestLeftoversOfAnUnwatchedEnd(t *testing.T) {
	dir := put(t, map[string]string{"a/claim": "99999\n", "a/exit": "0\n"})
	for _, c := range []struct {
		mark string
		dies bool
	}{{filepath.Join(dir, "a"), true}, {filepath.Join(dir, "ab"), false}, {"/elsewhere" + filepath.Join(dir, "a"), false}} {
		cmd := exec.Command("sleep", "60")
		cmd.Env = []string{"X=1", markerName + c.mark, "Y=2"}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() { _ = cmd.Wait(); close(done) }()
		opened(t, dir)
		select {
		case <-done:
			if !c.dies {
				t.Errorf("a process marked %q was killed", c.mark)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("the process marked %q lives", c.mark)
		case <-notWhen(c.dies):
			_ = cmd.Process.Kill()
			<-done
		}
	}
}

func notWhen(dies bool) <-chan time.Time {
	if dies {
		return nil
	}
	return time.After(20 * time.Millisecond)
}

func TestMarks(t *testing.T) {
	dir := t.TempDir()
	r := opened(t, dir)
	s := begin(t, r, "a", "sleep 60")
	var env []byte
	for deadline := time.Now().Add(20 * time.Second); len(env) == 0; { // a process that becomes another has none for a moment
		var err error
		if env, err = os.ReadFile("/proc/" + strconv.Itoa(childOf(t, s.PID)) + "/environ"); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatal("the command has no environment after 20 s")
		}
	}
	for _, want := range []string{"ATELIER_TASK=a", markerName + filepath.Join(dir, "a"), "ATELIER_NODE=n1"} {
		if !strings.Contains("\x00"+string(env), "\x00"+want+"\x00") {
			t.Errorf("the command has no %q in %q", want, env)
		}
	}
	if err := r.Stop(t.Context(), "a", 0); err != nil {
		t.Fatal(err)
	}
	end(t, r, "a")
}

func TestParseStat(t *testing.T) {
	const tail = " 34 16 50 34816 50 4194304 1 0 0 0 0 0 0 0 20 0 1 0 4711 2 3"
	for _, line := range []string{"12 (sh) S" + tail, "12 (a) b (c)) Z" + tail + "\n"} {
		p, ok := parseStat(line)
		if !ok || p.pid != 12 || p.parent != 34 || p.group != 16 || p.session != 50 || p.start != 4711 || p.ended() != strings.Contains(line, "Z") {
			t.Errorf("%q is %+v, %t", line, p, ok)
		}
	}
	for _, line := range []string{"", "12", "12 (sh", "12 (sh) S", ") (", "x (sh) S" + tail, "12 (sh) S x" + tail} {
		if p, ok := parseStat(line); ok {
			t.Errorf("%q is %+v", line, p)
		}
	}
}

func BenchmarkTask(b *testing.B) {
	r := opened(b, b.TempDir())
	for b.Loop() {
		begin(b, r, "a", "true")
		end(b, r, "a")
		if err := r.Remove(b.Context(), "a"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFloor is what two shells cost that do nothing.
func BenchmarkFloor(b *testing.B) {
	for b.Loop() {
		if err := exec.Command("/bin/sh", "-c", "/bin/bash -c true; exit").Run(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStart(b *testing.B) {
	r := opened(b, b.TempDir())
	for i := 0; b.Loop(); i++ {
		begin(b, r, strconv.Itoa(i), "true")
	}
}

func BenchmarkSweep(b *testing.B) {
	r := opened(b, b.TempDir())
	begin(b, r, "a", "true")
	end(b, r, "a")
	for b.Loop() {
		sweep([]*task{r.find("a")}, true)
	}
	b.ReportMetric(float64(len(processes())), "processes")
}
