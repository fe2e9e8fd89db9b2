package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The tests in test/python are methods of Python's unittest that drive azure-ai-ml,
// azure-identity and azure-storage-blob, as pip installs them. Each file has a
// server of its own and is a test here; each of its methods a subtest.

func TestPythonComputes(t *testing.T)  { python(t, start(t), "computes") }
func TestPythonInstances(t *testing.T) { python(t, start(t), "instances") }
func TestPythonAttached(t *testing.T)  { python(t, start(t), "attached") }
func TestPythonJobs(t *testing.T)      { python(t, start(t), "jobs") }
func TestPythonStorage(t *testing.T)   { python(t, start(t), "storage") }
func TestPythonSignIn(t *testing.T)    { python(t, start(t), "signin") }

// clients installs Microsoft's clients in a language, unless they are there.
func clients(t *testing.T, language string) {
	t.Helper()
	cmd := exec.Command("../scripts/need-clients", language)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// clientPatience bounds one run of a client's tests.
const clientPatience = 4 * time.Minute

// python runs a file of test/python against the server.
func python(t *testing.T, s *server, file string, more ...string) {
	t.Helper()
	clients(t, "python")
	exe, err := filepath.Abs("../.venv/clients/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("python/run.py")
	if err != nil {
		t.Fatal(err)
	}
	s.runClient(t, more, exe, script, file)
}

// runClient runs a client's tests with the variables of `atelier env` and what is in
// more, and with nothing else; what it prints as lines of JSON become subtests.
func (s *server) runClient(t *testing.T, more []string, args ...string) {
	t.Helper()
	home := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), clientPatience)
	defer cancel()
	args = s.withHosts(t, args)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = home
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LANG=C.UTF-8", "TMPDIR=" + home, "PYTHONDONTWRITEBYTECODE=1"}, more...)
	for _, name := range slices.Sorted(keys(s.env)) {
		cmd.Env = append(cmd.Env, name+"="+s.env[name])
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	done := false
	for line := range bytes.Lines(out.Bytes()) {
		var l struct {
			Name    string
			Seconds float64
			Error   *string
			Done    int
		}
		if line[0] != '{' || json.Unmarshal(line, &l) != nil {
			continue // what a client prints by itself
		}
		if done = l.Done > 0; done {
			break
		}
		t.Run(l.Name, func(t *testing.T) {
			t.Logf("%.3f s", l.Seconds)
			if l.Error != nil {
				t.Error(*l.Error)
			}
		})
	}
	if err != nil || !done {
		t.Errorf("the client's tests did not end well: %v\n%s\n%s", err, out.String(), errs.String())
	}
}

func keys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// withHosts wraps a command so that it finds the hosts that `atelier env` names,
// without a trace in this machine's own list: a mount namespace has one of its own.
func (s *server) withHosts(t *testing.T, args []string) []string {
	t.Helper()
	lines := s.hostLines(t)
	known, err := os.ReadFile("/etc/hosts")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(file, []byte(string(known)+"\n"+strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	mount := []string{"sh", "-c", `mount --bind "$1" /etc/hosts && shift && exec "$@"`, "sh", file}
	for _, flags := range [][]string{{"-m"}, {"-r", "-m"}} {
		way := slices.Concat([]string{"unshare"}, flags, mount)
		if exec.Command(way[0], slices.Concat(way[1:], []string{"true"})...).Run() == nil {
			return slices.Concat(way, args)
		}
	}
	for _, line := range lines {
		if !strings.Contains(string(known), strings.Fields(line)[1]) {
			t.Fatalf("the clients cannot find the server's storage; as root, add to /etc/hosts:\n%s", strings.Join(lines, "\n"))
		}
	}
	return args
}

// hostLines are the lines for /etc/hosts that `atelier env` asks for.
func (s *server) hostLines(t *testing.T) []string {
	t.Helper()
	out, errs, code := s.cli(t, "env", "-o", "json")
	if code != 0 {
		t.Fatalf("atelier env: %s", errs)
	}
	var env struct{ Hosts []string }
	if err := json.Unmarshal([]byte(out), &env); err != nil {
		t.Fatal(err)
	}
	return env.Hosts
}
