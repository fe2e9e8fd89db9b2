// Package e2e drives the real binary with the clients that users have.
package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/atelier-compute/atelier/internal/client"
)

// binary is the program under test: $ATELIER_BIN, or built once.
var binary string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	if os.Getenv(childOf) != "" { // one of our own tests calls us with the environment that it tests
		return m.Run(), nil
	}
	if binary = os.Getenv("ATELIER_BIN"); binary != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "atelier-e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "atelier")
	build := exec.Command("go", "build", "-o", binary, "../cmd/atelier")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build atelier: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// patience bounds every wait for the real server.
const patience = 60 * time.Second

// server is one `atelier up` with a data directory of its own.
type server struct {
	dir     string
	envFile string
	env     map[string]string
	cmd     *exec.Cmd
	ended   chan struct{} // closed after Wait
	output  lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start starts a server and returns when it is ready. At the end of the test the
// server, and every node that it made, is gone.
func start(t *testing.T, flags ...string) *server {
	t.Helper()
	s := &server{dir: t.TempDir()}
	s.envFile = filepath.Join(s.dir, "env.sh")
	s.up(t, flags...)
	t.Cleanup(func() { s.clean(t) })
	return s
}

func (s *server) up(t *testing.T, flags ...string) {
	t.Helper()
	os.Remove(s.envFile)
	args := append([]string{"up", "--data-dir", s.dir, "--listen", "127.0.0.1:0", "--print-env", s.envFile}, flags...)
	s.cmd = exec.Command(binary, args...)
	s.cmd.Stdout, s.cmd.Stderr = &s.output, &s.output
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		cmd.Wait() //nolint:errcheck // how it ended is read from its state
		close(ended)
	}(s.cmd, s.ended)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server said:\n%s", s.output.String())
		}
	})
	eventually(t, "the server is ready", func() bool {
		select {
		case <-s.ended:
			t.Fatalf("the server ended: %v", s.cmd.ProcessState)
		default:
		}
		_, err := os.Stat(s.envFile)
		return err == nil
	})
	s.env = readEnv(t, s.envFile)
}

// down ends the server as Ctrl-C does.
func (s *server) down(t *testing.T) {
	t.Helper()
	s.signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(patience):
		t.Error("the server does not end on SIGTERM")
		s.signal(syscall.SIGKILL)
		<-s.ended
	}
}

func (s *server) signal(sig syscall.Signal) {
	select {
	case <-s.ended:
	default:
		s.cmd.Process.Signal(sig) //nolint:errcheck // it may have ended meanwhile
	}
}

// clean removes the computes, so that their nodes go, then ends the server. What is
// left of our nodes after that, it ends by process ID.
func (s *server) clean(t *testing.T) {
	select {
	case <-s.ended:
	default:
		s.removeComputes(t)
		s.down(t)
	}
	for _, pid := range s.processes() {
		t.Logf("process %d of a node outlived its server", pid)
		syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // it may have ended meanwhile
	}
}

func (s *server) removeComputes(t *testing.T) {
	ctx := t.Context()
	if ctx.Err() != nil { // cleanups run after the test's context ended
		ctx = background()
	}
	c := s.client(t)
	list, err := client.Collect(c.Computes(ctx), 0)
	if err != nil {
		t.Logf("list what to remove: %v", err)
		return
	}
	for _, v := range list {
		if _, err := c.DeleteCompute(ctx, v.Name); err != nil {
			t.Logf("remove %s: %v", v.Name, err)
		}
	}
	eventually(t, "the computes are gone", func() bool {
		list, err := client.Collect(c.Computes(ctx), 0)
		return err == nil && len(list) == 0
	})
}

// processes are those whose arguments name our data directory, other than the
// server: its nodes.
func (s *server) processes() []int {
	var pids []int
	entries, _ := os.ReadDir("/proc") // elsewhere there is none, and nothing is found
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == s.cmd.Process.Pid || pid == os.Getpid() {
			continue
		}
		args, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if bytes.Contains(args, []byte(s.dir+"/")) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// client is our own client, signed in as the local command line.
func (s *server) client(t *testing.T) *client.Client {
	t.Helper()
	cfg, err := client.Local(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// http is a client that trusts the server and sends no token.
func (s *server) http(t *testing.T) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(s.env["SSL_CERT_FILE"])
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("SSL_CERT_FILE holds no certificate")
	}
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       patience,
	}
}

// cli runs the command line against the server.
func (s *server) cli(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(binary, append(args, "--data-dir", s.dir)...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// readEnv reads lines of the form export K='V', and comments.
func readEnv(t *testing.T, path string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		if !ok || !strings.HasPrefix(line, "export ") {
			t.Fatalf("the line %q is not an export", line)
		}
		env[name] = strings.Trim(value, "'")
	}
	return env
}

// eventually waits for what a real process does in its own time.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain until %s", patience, what)
		}
	}
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
