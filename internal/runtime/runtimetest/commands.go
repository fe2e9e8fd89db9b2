package runtimetest

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/runtime"
)

func exitCodes(t *testing.T, b *bench) {
	for i, c := range []struct {
		command string
		want    int
	}{
		{"true", 0},
		{"", 0},
		{"exit 3", 3},
		{"false; exit 255", 255},
		{"kill -TERM $$", 143},
		{"kill -KILL $$", 137},
		{"kill -SEGV $$", 139},
		{"sh -c 'kill -INT $$'; exit $?", 130},
		{"no-such-command-anywhere", 127},
		{"kill -TERM 0; wait", 143}, // the whole group, in which more than the command may be
	} {
		s, out := b.run(fmt.Sprintf("t%d", i), c.command)
		if s.ExitCode != c.want || s.Lost != "" || s.Running {
			t.Errorf("%q ended as %+v, want exit code %d; it wrote %q", c.command, s, c.want, out)
		}
	}
}

func outputAppended(t *testing.T, b *bench) {
	if err := os.WriteFile(b.path("a.log"), []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, out := b.run("a", "echo out; echo err >&2; printf end"); out != "before\nout\nerr\nend" {
		t.Errorf("output is %q", out)
	}
	if _, out := b.run("killed", "echo x; kill -KILL $$"); out != "x\n" {
		t.Errorf("output of a killed command is %q: something is added to it", out)
	}
}

func environment(t *testing.T, b *bench) {
	t.Setenv("OF_THE_AGENT", "secret")
	_, out := b.run("a", `pwd; echo "$WORD"; echo "[$OF_THE_AGENT]"`)
	if want := b.work + "\na b  c\n[]\n"; out != want {
		t.Errorf("output is %q, want %q", out, want)
	}
	const command = `printf '%s|' 'it'"'"'s' "\$x" '*' "` + "`echo b`" + `" é`
	if _, out := b.run("quotes", command); out != "it's|$x|*|b|é|" {
		t.Errorf("the command was changed on its way: it wrote %q", out)
	}
}

func oddEnvironment(t *testing.T, b *bench) {
	task := b.task("a", "env")
	task.Env = append(task.Env, "WITH-DASH=1", "with.dot=a b", "LINES=x\ny", "EMPTY=")
	if err := b.rt.Start(t.Context(), task); err != nil {
		t.Fatal(err)
	}
	b.ended(b.rt, "a")
	out := "\n" + b.read("a.log")
	for _, want := range []string{"WITH-DASH=1", "with.dot=a b", "LINES=x\ny", "EMPTY="} {
		if !strings.Contains(out, "\n"+want+"\n") {
			t.Errorf("the command did not get %q; it has%s", want, out)
		}
	}
}

func emptyInput(t *testing.T, b *bench) {
	if s, out := b.run("a", "cat; echo end"); out != "end\n" || s.ExitCode != 0 {
		t.Errorf("output is %q, ended as %+v", out, s)
	}
}

// noForeignFiles opens a file as somebody would who started the agent carelessly.
func noForeignFiles(t *testing.T, b *bench) {
	fd, err := syscall.Open(os.DevNull, syscall.O_RDONLY, 0) // without O_CLOEXEC
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	b.rt = b.reopen()
	_, out := b.run("a", "for f in /proc/self/fd/*; do [ -e $f ] && echo ${f##*/} $(readlink /proc/$$/fd/${f##*/}); done")
	for line := range strings.Lines(out) {
		if n := strings.Fields(line)[0]; n != "0" && n != "1" && n != "2" && n != "255" && strings.Count(line, " ") > 0 && strings.TrimSpace(line) != n {
			t.Errorf("the command has file %q", strings.TrimSpace(line))
		}
	}
	if !strings.Contains(out, os.DevNull) {
		t.Errorf("the command saw no files at all: %q", out)
	}
}

func times(t *testing.T, b *bench) {
	const clock = 20 * time.Millisecond // of files: coarser than the real one
	before := time.Now().Add(-clock)
	s, _ := b.run("a", "sleep 0.1")
	after := time.Now().Add(clock)
	if s.StartedAt.Before(before) || s.EndedAt.After(after) || s.EndedAt.Sub(s.StartedAt) < 100*time.Millisecond-clock {
		t.Errorf("started %v, ended %v; the test ran from %v to %v", s.StartedAt, s.EndedAt, before, after)
	}
	if s.PID != 0 {
		t.Errorf("an ended task has process %d", s.PID)
	}
}

func listInOrder(t *testing.T, b *bench) {
	ids := []string{"z", "A.b", "a_b-c", ".hidden", "0"}
	for _, id := range ids {
		b.start(id, "sleep 60")
	}
	states, err := b.rt.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range states {
		got = append(got, s.ID)
		if !s.Running || s.PID < 2 || s.StartedAt.IsZero() || !s.EndedAt.IsZero() {
			t.Errorf("running task is %+v", s)
		}
	}
	if strings.Join(got, " ") != ".hidden 0 A.b a_b-c z" {
		t.Errorf("order is %q", got)
	}
}

func badTasks(t *testing.T, b *bench) {
	for name, change := range map[string]func(*runtime.Task){
		"no-id":           func(t *runtime.Task) { t.ID = "" },
		"id-is-a-path":    func(t *runtime.Task) { t.ID = "a/b" },
		"id-is-above":     func(t *runtime.Task) { t.ID = ".." },
		"id-is-long":      func(t *runtime.Task) { t.ID = strings.Repeat("x", 300) },
		"id-has-a-letter": func(t *runtime.Task) { t.ID = "é" },
		"nul-in-command":  func(t *runtime.Task) { t.Command = "echo \x00" },
		"long-command":    func(t *runtime.Task) { t.Command = strings.Repeat("x", 200_000) },
		"relative-dir":    func(t *runtime.Task) { t.Dir = "." },
		"relative-output": func(t *runtime.Task) { t.Output = "log" },
		"no-variable":     func(t *runtime.Task) { t.Env = []string{"WORD"} },
		"unnamed":         func(t *runtime.Task) { t.Env = []string{"=x"} },
		"nul-in-variable": func(t *runtime.Task) { t.Env = []string{"A=\x00"} },
	} {
		task := b.task("bad", "echo ran >> bad.txt")
		change(&task)
		if err := b.rt.Start(t.Context(), task); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("%s: %v, want an Invalid error", name, err)
		}
	}
	if states, err := b.rt.List(t.Context()); err != nil || len(states) > 0 || b.read("bad.txt") != "" {
		t.Errorf("after refusals the runtime has %+v, %v", states, err)
	}
}

// unstartable: an error of Start is a promise that nothing ran.
func unstartable(t *testing.T, b *bench) {
	task := b.task("a", "echo ran >> ran.txt")
	task.Dir = b.path("nowhere")
	if err := b.rt.Start(t.Context(), task); err == nil {
		t.Fatal("a task started in a directory that does not exist")
	}
	if s, found := b.state(b.rt, "a"); found {
		t.Errorf("a task that could not start is listed: %+v", s)
	}
	if s, _ := b.run("a", "echo ran >> ran.txt"); s.ExitCode != 0 || b.lines("ran.txt") != 1 {
		t.Errorf("repeated, it ended as %+v and ran %d times", s, b.lines("ran.txt"))
	}
}
