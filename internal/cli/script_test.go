package cli_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/atelier-compute/atelier/internal/cli"
)

var update = flag.Bool("update", false, "write golden files anew")

// at is the time that commands see in tests.
func at() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"atelier": func() {
			a := &cli.App{
				Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.Getenv, Version: "1.2.3",
				Now: at, NewName: func() string { return "quiet_lake_7" },
			}
			ctx, stop := signalled()
			defer stop()
			os.Exit(a.Run(ctx, os.Args[1:]))
		},
	})
}

func signalled() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

type fakeKey struct{}

// TestScripts runs testdata/script against a server in memory, each script with one
// of its own. "exits N CMD…" demands an exit code, "sent TEXT" that a request with
// the text was made.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			dir := filepath.Join(e.WorkDir, "data")
			e.Values[fakeKey{}] = startFake(e.T().(testing.TB), dir)
			e.Setenv("ATELIER_DATA_DIR", dir)
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("LANG", "C.UTF-8")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": func(ts *testscript.TestScript, _ bool, args []string) {
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				got, exit := 0, new(exec.ExitError)
				if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
					got = exit.ExitCode()
				}
				if got != want {
					ts.Fatalf("exit code %d, want %d", got, want)
				}
			},
			"sent": func(ts *testscript.TestScript, neg bool, args []string) {
				f := ts.Value(fakeKey{}).(*fake)
				f.mu.Lock()
				defer f.mu.Unlock()
				all := strings.Join(f.seen, "\n")
				if strings.Contains(all, args[0]) == neg {
					ts.Fatalf("requests (neg=%v, want %q):\n%s", neg, args[0], all)
				}
			},
		},
	})
}

// golden compares with a file, or writes it with -update.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not current; run the test with -update and look at the difference", file)
	}
}
