package local

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/provider/providertest"
)

func each(t *testing.T, test func(t *testing.T, w way)) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) { test(t, w) })
	}
}

func TestConformance(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		providertest.Run(t, func(t *testing.T) providertest.Subject {
			p := w.fresh(t, "")
			return providertest.Subject{
				Provider: p,
				Again:    func(*testing.T) provider.Provider { return again(p) },
				Gone:     func(t *testing.T, name string) { wantGone(t, p, name) },
				Count: func(t *testing.T, name string) int {
					eventually(t, "inits that lost the race end", func() bool { return inits(p, name) <= 1 })
					return inits(p, name)
				},
			}
		})
	})
}

func TestAgentIsKeptRunning(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		// A task: a daemon that left its parents, its session and its group.
		p := w.fresh(t, "sh:test -e $D/task || (setsid sh -c 'echo $$ >$D/task; exec sleep 1000' >/dev/null 2>&1 &)")
		launch(t, p, "n-0")
		eventually(t, "the task runs", func() bool { return len(of(p, "n-0")) == 3 && len(lines(p, "n-0", "task")) == 1 })
		before := of(p, "n-0")
		agent := agentOf(t, p, "n-0")
		if err := unix.Kill(agent, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a second agent starts", func() bool { return len(lines(p, "n-0", "starts")) == 2 })
		after := of(p, "n-0")
		if slices.Contains(after, agent) {
			t.Error("the killed agent still runs")
		}
		for _, pid := range before {
			if pid != agent && !slices.Contains(after, pid) {
				t.Errorf("process %d died with the agent", pid)
			}
		}
		terminate(t, p, "n-0")
	})
}

// agentOf is the agent's process id as seen from outside.
func agentOf(t *testing.T, p *Provider, name string) int {
	t.Helper()
	for _, pid := range of(p, name) {
		if text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline")); strings.Contains(string(text), "\x00agent\x00--dir\x00") {
			return pid
		}
	}
	t.Fatal("no agent")
	return 0
}

func TestAgentMayLeave(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		p := w.fresh(t, "leave")
		launch(t, p, "n-0")
		eventually(t, "the node ends", func() bool { return len(of(p, "n-0")) == 0 })
		eventually(t, "List does not name it", func() bool {
			names, err := p.List(t.Context())
			return err == nil && len(names) == 0
		})
		if n := len(lines(p, "n-0", "starts")); n != 1 {
			t.Errorf("the agent was started %d times, want once", n)
		}
		terminate(t, p, "n-0")
	})
}

func TestCrashingAgentBacksOff(t *testing.T) {
	p := ways[2].fresh(t, "crash")
	begin := time.Now()
	launch(t, p, "n-0")
	eventually(t, "three starts", func() bool { return len(lines(p, "n-0", "starts")) >= 3 })
	if took := time.Since(begin); took < 300*time.Millisecond {
		t.Errorf("three starts took %s, want at least 100 ms and 200 ms between them", took)
	}
	terminate(t, p, "n-0")
}

func TestTerminateEndsTheStubborn(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		p := w.fresh(t, "stubborn")
		launch(t, p, "n-0")
		eventually(t, "the agent runs", func() bool { return len(lines(p, "n-0", "starts")) == 1 })
		terminate(t, p, "n-0")
	})
}

// Daemons that left their group and even hid their environment end with the node.
func TestTerminateEndsDaemons(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		p := w.fresh(t, "sh:for i in 1 2 3; do (env -i setsid sh -c 'trap : TERM; sleep 4242 & sleep 4242' >/dev/null 2>&1 &); done")
		launch(t, p, "n-0")
		eventually(t, "three daemons run, each a shell and two sleeps", func() bool { return len(hidden()) == 9 })
		terminate(t, p, "n-0")
		eventually(t, "the daemons end", func() bool { return len(hidden()) == 0 })
	})
}

// hidden lists the sleeping daemons of TestTerminateEndsDaemons and their shells.
func hidden() (pids []int) {
	for _, pid := range processes() {
		text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
		if st, err := readStatus(strconv.Itoa(pid)); err == nil && !st.dead && strings.Contains(string(text), "sleep") && strings.Contains(string(text), "4242") {
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestInitKilled(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		p := w.fresh(t, "sh:(setsid sleep 1000 >/dev/null 2>&1 &)")
		launch(t, p, "n-0")
		eventually(t, "all run", func() bool { return len(of(p, "n-0")) == 3 && runs(p, "n-0", "sleep") })
		if err := unix.Kill(initOf(t, p, "n-0").PID, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		left := 0
		if w.plain || w.bare {
			left = 1 // the task, until Terminate
		}
		eventually(t, "the node dies", func() bool { return len(of(p, "n-0")) == left })
		eventually(t, "List does not name it", func() bool { // the kernel takes a moment to finish the dead
			names, err := p.List(t.Context())
			return err == nil && len(names) == 0
		})
		terminate(t, again(p), "n-0")
	})
}

func TestLaunchAfterInitDied(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		p := w.fresh(t, "sh:(setsid sleep 1000 >/dev/null 2>&1 &)")
		launch(t, p, "n-0")
		eventually(t, "all run", func() bool { return len(of(p, "n-0")) == 3 && runs(p, "n-0", "sleep") })
		old := of(p, "n-0")
		if err := unix.Kill(initOf(t, p, "n-0").PID, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the init is dead", func() bool { return !initOf(t, p, "n-0").alive() })
		launch(t, p, "n-0")
		for _, pid := range of(p, "n-0") {
			if slices.Contains(old, pid) {
				t.Errorf("process %d of the dead node still runs beside the new one", pid)
			}
		}
		if names, _ := p.List(t.Context()); !slices.Equal(names, []string{"n-0"}) {
			t.Errorf("list = %q, want the machine started anew", names)
		}
		terminate(t, p, "n-0")
	})
}

func TestLaunchAgainLeavesTheNodeAlone(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		p := w.fresh(t, "")
		launch(t, p, "n-0")
		init := initOf(t, p, "n-0")
		launch(t, again(p), "n-0")
		if got := initOf(t, p, "n-0"); got != init || !init.alive() {
			t.Errorf("init = %+v, want the first, %+v, alive", got, init)
		}
		terminate(t, p, "n-0")
	})
}

func TestRelativeDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	p := ways[2].open(t, "nodes", "")
	launch(t, p, "n-0")
	eventually(t, "the agent runs", func() bool { return len(lines(p, "n-0", "starts")) == 1 })
	terminate(t, p, "n-0")
}

// A server that is killed after the fork leaves an init that Launch does not know.
func TestOrphanInitIsNotDoubled(t *testing.T) {
	p := ways[2].fresh(t, "")
	launch(t, p, "n-0")
	first := initOf(t, p, "n-0")
	if err := os.Remove(filepath.Join(p.node("n-0"), fileInit)); err != nil { // as if it had not got so far
		t.Fatal(err)
	}
	later := time.AfterFunc(100*time.Millisecond, func() {
		if err := writeJSON(filepath.Join(p.node("n-0"), fileInit), first); err != nil {
			t.Error(err)
		}
	})
	defer later.Stop()
	launch(t, p, "n-0") // waits until the first init says who it is
	eventually(t, "the second init ends", func() bool { return inits(p, "n-0") == 1 })
	if got := initOf(t, p, "n-0"); got != first || !first.alive() {
		t.Errorf("init = %+v, want the first, %+v, alive", got, first)
	}
	terminate(t, p, "n-0")
}

func TestNodeEndsWithItsDirectory(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		p := w.fresh(t, "sh:(setsid sleep 1000 >/dev/null 2>&1 &)")
		launch(t, p, "n-0")
		eventually(t, "all run", func() bool { return len(of(p, "n-0")) == 3 && runs(p, "n-0", "sleep") })
		if err := os.Rename(p.node("n-0"), filepath.Join(p.Dir, "away")); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the node ends", func() bool { return len(of(p, "n-0")) == 0 })
		if err := os.Rename(filepath.Join(p.Dir, "away"), p.node("n-0")); err != nil { // so that the cgroups are found
			t.Fatal(err)
		}
		terminate(t, p, "n-0")
	})
}

// A process id that another process has by now is left alone.
func TestReusedProcessIDIsLeftAlone(t *testing.T) {
	p := ways[2].fresh(t, "")
	launch(t, p, "n-0")
	other := os.Getpid()
	if err := writeJSON(filepath.Join(p.node("n-0"), fileInit), process{PID: other, Start: 1, Boot: bootID()}); err != nil {
		t.Fatal(err)
	}
	if names, _ := p.List(t.Context()); len(names) > 0 {
		t.Errorf("list = %q, want none: the init is not that process", names)
	}
	terminate(t, p, "n-0") // this test would not survive the mistake
}

func TestForeignNodesAreLeftAlone(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		p := w.fresh(t, "")
		launch(t, p, "n-0")
		other := again(p)
		other.Installation += "-other"
		if names, _ := other.List(t.Context()); len(names) > 0 {
			t.Errorf("list = %q, want none", names)
		}
		if err := other.Terminate(t.Context(), "n-0"); err != nil {
			t.Error(err)
		}
		if err := other.Launch(t.Context(), machine("n-0")); !atelier.IsKind(err, atelier.Conflict) {
			t.Errorf("launch: %v, want Conflict", err)
		}
		if !initOf(t, p, "n-0").alive() {
			t.Error("a foreign node was ended")
		}
		terminate(t, p, "n-0")
	})
}

func TestAgentFindsItsFiles(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		p := w.fresh(t, "")
		launch(t, p, "n-0")
		m, err := readJSON[provider.Machine](filepath.Join(p.node("n-0"), fileMachine))
		if err != nil || m != machine("n-0") {
			t.Errorf("machine.json = %+v, %v", m, err)
		}
		h, err := readJSON[atelier.Host](filepath.Join(p.node("n-0"), fileHost))
		if err != nil || h.Address != "127.0.0.1" || h.VCPUs < 1 || h.VCPUs > 4 || h.MemoryGiB <= 0 || h.MemoryGiB > 14 {
			t.Errorf("host.json = %+v, %v", h, err)
		}
		if w.bare && len(h.Problems) == 0 {
			t.Error("a node without limits does not say so")
		}
		t.Logf("isolation %q, problems %+v", h.Isolation, h.Problems)
		info, err := os.Stat(filepath.Join(p.node("n-0"), fileMachine))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("machine.json with the token has mode %v, %v", info.Mode(), err)
		}
		terminate(t, p, "n-0")
	})
}

func TestServersSecretsDoNotPass(t *testing.T) {
	t.Setenv("ATELIER_TEST_SECRET", "hush")
	t.Setenv("PIP_INDEX_URL", "http://127.0.0.1:1/")
	p := &Provider{Installation: "i", Env: []string{"X=1"}}
	env := p.env(provider.Machine{Name: "n-0"}, os.Environ())
	for _, want := range []string{"PIP_INDEX_URL=http://127.0.0.1:1/", "X=1", EnvNode + "=n-0", EnvInstallation + "=i", "PATH=" + os.Getenv("PATH")} {
		if !slices.Contains(env, want) {
			t.Errorf("nodes lack %s", want)
		}
	}
	if slices.Contains(env, "ATELIER_TEST_SECRET=hush") {
		t.Error("nodes get all of the server's environment")
	}
}

func TestGoneNamesAreForgotten(t *testing.T) {
	p := ways[2].fresh(t, "")
	for _, name := range []string{"old", "new"} {
		if err := p.Terminate(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-2 * keepGone)
	if err := os.Chtimes(filepath.Join(p.Dir, dirGone, "old"), long, long); err != nil {
		t.Fatal(err)
	}
	if err := again(p).Terminate(t.Context(), "newer"); err != nil {
		t.Fatal(err)
	}
	if p.gone("old") || !p.gone("new") || !p.gone("newer") {
		t.Errorf("gone: old %t, new %t, newer %t; want false, true, true", p.gone("old"), p.gone("new"), p.gone("newer"))
	}
}
