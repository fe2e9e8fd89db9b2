package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
)

// The test binary is also the atelier binary: node-init is the real one, the agent
// a stand-in whose behaviour envMode names.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "node-init" {
		os.Exit(Init(os.Args[2], []string{os.Args[0], "agent", "--dir", os.Args[2]}))
	}
	if len(os.Args) > 3 && os.Args[1] == "agent" {
		os.Exit(standIn(os.Args[3], os.Getenv(envMode)))
	}
	if len(os.Args) > 4 && os.Args[1] == "server" {
		p := &Provider{Dir: os.Args[2], Exe: os.Args[0], Installation: os.Args[3], bare: os.Args[4] == "bare"}
		if os.Args[4] == "cgroups-only" {
			p.plain = errors.New("a test said so")
		}
		if err := p.Launch(context.Background(), machine("n-0")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const envMode = "ATELIER_TEST_AGENT"

// fastExit spares processes under the race detector its second of patience.
const fastExit = "GORACE=atexit_sleep_ms=0"

// standIn is an agent that notes each of its starts in DIR/starts.
func standIn(dir, mode string) int {
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	appendLine(filepath.Join(dir, "starts"), strconv.Itoa(os.Getpid()))
	script, _ := strings.CutPrefix(mode, "sh:")
	switch {
	case mode == "leave":
		return LeaveCode
	case mode == "crash":
		return 1
	case mode == "stubborn":
		signal.Ignore(syscall.SIGTERM)
	case script != mode:
		cmd := exec.Command("/bin/sh", "-c", script)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "D="+dir)
		out, err := cmd.CombinedOutput()
		appendLine(filepath.Join(dir, "said"), fmt.Sprintf("%s%v", out, err))
	}
	<-term
	return 0
}

func appendLine(path, line string) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	fmt.Fprintln(f, line)
	_ = f.Close()
}

// way is a machine as some machines are.
type way struct {
	name  string
	plain bool // no namespaces
	bare  bool // not root: neither namespaces nor cgroups
}

var ways = []way{{name: "namespaces"}, {name: "cgroups-only", plain: true}, {name: "bare", bare: true}}

var installations atomic.Int64

func (w way) open(t *testing.T, dir, mode string) *Provider {
	t.Helper()
	if !w.bare && os.Geteuid() != 0 {
		t.Skip("namespaces and cgroups need root")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{Dir: dir, Exe: exe, bare: w.bare}
	p.Installation = fmt.Sprintf("test-%d-%d", os.Getpid(), installations.Add(1))
	if w.plain {
		p.plain = errors.New("a test said so")
	}
	p.Env = []string{envMode + "=" + mode, fastExit}
	t.Cleanup(func() {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if err := p.Terminate(t.Context(), e.Name()); err != nil && !errors.Is(err, t.Context().Err()) {
				t.Errorf("clean up: %v", err)
			}
		}
	})
	return p
}

func (w way) fresh(t *testing.T, mode string) *Provider {
	t.Helper()
	return w.open(t, filepath.Join(t.TempDir(), "nodes"), mode)
}

// again is another server over the same machines.
func again(p *Provider) *Provider {
	return &Provider{Dir: p.Dir, Exe: p.Exe, Installation: p.Installation, Env: p.Env, bare: p.bare, plain: p.plain}
}

func machine(name string) provider.Machine {
	return provider.Machine{
		Name: name, Node: "workspaces/s~g~w/computes/c/nodes/" + atelier.ID(name), Size: "Standard_DS3_v2",
		Priority: atelier.Dedicated, Join: provider.Join{Endpoint: "127.0.0.1:1", CA: "pem", Token: "secret"},
	}
}

func launch(t *testing.T, p *Provider, name string) {
	t.Helper()
	if err := p.Launch(t.Context(), machine(name)); err != nil {
		t.Fatal(err)
	}
}

func terminate(t *testing.T, p *Provider, name string) {
	t.Helper()
	if err := p.Terminate(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	wantGone(t, p, name)
}

// of lists the live processes of a node, as seen from outside.
func of(p *Provider, name string) (pids []int) {
	for _, pid := range processes() {
		st, err := readStatus(strconv.Itoa(pid))
		if err == nil && !st.dead && marked(pid, []string{EnvNode + "=" + name, EnvInstallation + "=" + p.Installation}) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// runs reports whether one of the node's processes is the program. Their number alone
// does not tell that all have begun: shells fork more on the way.
func runs(p *Provider, name, program string) bool {
	return slices.ContainsFunc(of(p, name), func(pid int) bool {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		return strings.HasPrefix(string(text), program+"\x00")
	})
}

// inits counts the node's inits among its processes. What an init has started looks
// like it until it has become another program.
func inits(p *Provider, name string) (n int) {
	found := map[int]status{}
	for _, pid := range of(p, name) {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		st, err := readStatus(strconv.Itoa(pid))
		if err == nil && strings.Contains(string(text), "\x00node-init\x00") {
			found[pid] = st
		}
	}
	for _, st := range found {
		if _, child := found[st.ppid]; !child {
			n++
		}
	}
	return n
}

func wantGone(t *testing.T, p *Provider, name string) {
	t.Helper()
	if pids := of(p, name); len(pids) > 0 {
		t.Errorf("processes %v of %s are left", pids, name)
	}
	if exists(p.node(name)) {
		t.Errorf("directory %s is left", p.node(name))
	}
	for _, g := range groupsOf(hierarchies(), p.Installation, name) {
		if exists(g.Path) {
			t.Errorf("cgroup %s is left", g.Path)
		}
	}
}

// eventually polls, because real processes need real time.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// lines of a file of the node's.
func lines(p *Provider, name, file string) []string {
	text, _ := os.ReadFile(filepath.Join(p.node(name), file))
	return strings.Fields(string(text))
}

func initOf(t *testing.T, p *Provider, name string) process {
	t.Helper()
	init, err := readJSON[process](filepath.Join(p.node(name), fileInit))
	if err != nil {
		t.Fatal(err)
	}
	return init
}
