package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atelier-compute/atelier/internal/cli"
)

// buffer is a stream that tells when a text has come.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
	want string
	seen chan struct{}
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text.Write(p)
	if b.seen != nil && strings.Contains(b.text.String(), b.want) {
		close(b.seen)
		b.seen = nil
	}
	return len(p), nil
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// run runs one command line; when until has been printed, ctrlC ends it.
func run(t *testing.T, env map[string]string, until string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, ctrlC := context.WithCancel(t.Context())
	defer ctrlC()
	out, errs := &buffer{}, &buffer{}
	if until != "" {
		out.want, out.seen = until, make(chan struct{})
		seen := out.seen
		go func() {
			<-seen
			ctrlC()
		}()
	}
	a := &cli.App{
		Stdin: strings.NewReader(""), Stdout: out, Stderr: errs, Env: func(k string) string { return env[k] }, Version: "1.2.3",
		Now: at, NewName: func() string { return "quiet_lake_7" },
	}
	code = a.Run(ctx, args)
	return code, out.String(), errs.String()
}

func TestCtrlC(t *testing.T) {
	dir := t.TempDir()
	startFake(t, dir)
	env := map[string]string{"ATELIER_DATA_DIR": dir}
	for _, tt := range []struct {
		name, until string
		args        []string
		says        string
	}{
		{"a-streamed-job-goes-on", "epoch 2", []string{"job", "run", "--compute", "cpu", "--", "hang"}, "Job quiet_lake_7 goes on without this terminal.\n  watch:   atelier job logs -f quiet_lake_7\n  cancel:  atelier job cancel quiet_lake_7\n"},
		{"so-does-one-whose-log-is-followed", "epoch 2", []string{"logs", "-f", "quiet_lake_7"}, "goes on"},
		{"events", "seq", []string{"events", "-w", "-o", "json"}, ""},
		{"a-watched-list", "bad_luck_2", []string{"job", "list", "-w"}, "interrupted"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, _, stderr := run(t, env, tt.until, tt.args...)
			if code != 130 || !strings.Contains(stderr, tt.says) {
				t.Errorf("exit code %d, stderr %q", code, stderr)
			}
		})
	}
}

// TestWatchPrintsChanges lets a compute come to be while the list is watched.
func TestWatchPrintsChanges(t *testing.T) {
	dir := t.TempDir()
	f := startFake(t, dir)
	env := map[string]string{"ATELIER_DATA_DIR": dir}
	go func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.computes["newer"] = map[string]any{"name": "newer", "properties": map[string]any{"computeType": "AmlCompute", "provisioningState": "Succeeded"}}
	}()
	_, stdout, _ := run(t, env, "newer", "compute", "list", "-w")
	if strings.Count(stdout, "NAME") != 1 || strings.Count(stdout, "cpu ") != 1 {
		t.Errorf("watching printed %q", stdout)
	}
	_, stdout, _ = run(t, env, "newer", "compute", "list", "-w", "-o", "json")
	if lines := strings.Split(strings.TrimSpace(stdout), "\n"); len(lines) != 2 || !strings.HasPrefix(lines[0], "{") {
		t.Errorf("watching as JSON printed %q", stdout)
	}
}

// TestHelpIsQuick runs the program as a user does. The best of several runs counts,
// because the machine has other things to do.
func TestHelpIsQuick(t *testing.T) {
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		t.Skip("the race detector makes every start slow")
	}
	exe, err := exec.LookPath("atelier")
	if err != nil {
		t.Fatal(err)
	}
	best := time.Hour
	for range 9 {
		start := time.Now()
		if out, err := exec.Command(exe, "--help").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		best = min(best, time.Since(start))
	}
	if best > 50*time.Millisecond {
		t.Errorf("atelier --help takes %v, more than 50ms", best)
	}
	t.Logf("atelier --help: %v", best)
}

func TestReference(t *testing.T) {
	var out bytes.Buffer
	if err := cli.Reference(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("..", "..", "docs", "cli.md"), out.Bytes())
}

// TestEveryCommandHasHelp keeps commands and flags from going undescribed.
func TestEveryCommandHasHelp(t *testing.T) {
	a := &cli.App{Stdin: os.Stdin, Stdout: io.Discard, Stderr: io.Discard, Env: func(string) string { return "" }}
	if code := a.Run(t.Context(), []string{"help"}); code != 0 {
		t.Fatal(code)
	}
	walk := func(path, short string) {
		if short == "" {
			t.Errorf("%s has no description", path)
		}
	}
	for _, c := range a.Commands() {
		walk(c.CommandPath(), c.Short)
		for _, s := range c.Commands() {
			walk(s.CommandPath(), s.Short)
		}
	}
}
