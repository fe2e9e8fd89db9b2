package local

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
)

func TestHierarchies(t *testing.T) {
	for _, c := range []struct {
		name, mounts, own string
		want              []string
	}{
		{
			"pure-v2",
			"30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n",
			"0::/user.slice/session-1.scope\n",
			[]string{"2 [] /sys/fs/cgroup"},
		},
		{
			"hybrid-below-own",
			"31 30 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n" +
				"32 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" +
				"33 30 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" +
				"34 30 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n",
			"4:memory:/limited\n3:cpu,cpuacct:/\n1:name=systemd:/init.scope\n0::/\n",
			[]string{
				"2 [] /sys/fs/cgroup/unified", "1 [cpu cpuacct] /sys/fs/cgroup/cpu,cpuacct",
				"1 [memory] /sys/fs/cgroup/memory/limited", "1 [name=systemd] /sys/fs/cgroup/systemd/init.scope",
			},
		},
		{
			"inside-a-container",
			"33 30 0:29 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
			"4:memory:/docker/abc\n",
			[]string{"1 [memory] /sys/fs/cgroup/memory"},
		},
		{"own-group-not-visible", "33 30 0:29 / /missing rw - cgroup cgroup rw,memory\n", "4:memory:/gone\n", []string{"1 [memory] /missing"}},
		{"garbage", "x\n\n - \n1 2 - cgroup\n", "::\nx\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			hs := parseHierarchies(c.mounts, c.own, func(dir string) bool { return !strings.Contains(dir, "missing") })
			var got []string
			for _, h := range hs {
				got = append(got, fmt.Sprint(h.version, " ", h.controllers, " ", h.base))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// The files of version 2, on a stand-in tree: this machine may not have them.
func TestLimitsOfVersion2(t *testing.T) {
	top := t.TempDir()
	path := filepath.Join(top, "atelier", "i", "n-0")
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{top, filepath.Join(top, "atelier"), filepath.Dir(path), path} {
		for _, file := range []string{"cgroup.subtree_control", "cpu.max", "memory.max", "pids.max"} {
			if err := os.WriteFile(filepath.Join(dir, file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(path, "cgroup.controllers"), []byte("cpuset cpu io memory pids\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	holds, errs := makeGroups([]group{{Version: 2, Path: path}}, atelier.Host{VCPUs: 2, MemoryGiB: 0.5})
	if len(errs) > 0 || !slices.Equal(holds, []string{"cpu", "memory", "pids"}) {
		t.Errorf("holds %q, %v", holds, errs)
	}
	for file, want := range map[string]string{"cpu.max": "200000 100000", "memory.max": "536870912", "pids.max": "4096"} {
		if got, _ := os.ReadFile(filepath.Join(path, file)); string(got) != want {
			t.Errorf("%s = %q, want %q", file, got, want)
		}
	}
	if got, _ := os.ReadFile(filepath.Join(top, "atelier", "cgroup.subtree_control")); !strings.HasPrefix(string(got), "+") {
		t.Error("the controllers were not handed down")
	}
}

// small is a provider whose machine has one vCPU and 64 MiB.
func small(t *testing.T, w way, script string) *Provider {
	p := w.fresh(t, "sh:"+script)
	p.once.Do(func() { p.itself = atelier.Size{Name: SizeLocal, VCPUs: 1, MemoryGiB: 64.0 / 1024} })
	have := offered(hierarchies())
	for _, c := range limited {
		if !slices.Contains(have, c) {
			t.Skipf("this machine has no cgroup controller %s", c)
		}
	}
	return p
}

func launchLocal(t *testing.T, p *Provider, name string) {
	t.Helper()
	m := machine(name)
	m.Size = SizeLocal
	if err := p.Launch(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

func TestMemoryLimitHolds(t *testing.T) {
	for _, w := range ways[:2] {
		t.Run(w.name, func(t *testing.T) {
			// tail keeps what it reads until a line ends, which never happens.
			p := small(t, w, "head -c 500000000 /dev/zero | tail; echo ended $?")
			launchLocal(t, p, "n-0")
			eventually(t, "the hog is killed", func() bool { return slices.Contains(lines(p, "n-0", "said"), "ended") })
			if said := lines(p, "n-0", "said"); !slices.Contains(said, "137") {
				t.Errorf("the hog ended with %q, want 137: killed", said)
			}
			if !initOf(t, p, "n-0").alive() {
				t.Error("the node died with the hog")
			}
			terminate(t, p, "n-0")
		})
	}
}

// The machine may be too busy to give the node a whole vCPU, so the limit that the
// node was given is read, and a lower one must throttle.
func TestCPULimitHolds(t *testing.T) {
	for _, w := range ways[:2] {
		t.Run(w.name, func(t *testing.T) {
			p := small(t, w, "for i in 1 2 3; do (while :; do :; done) & done; wait")
			launchLocal(t, p, "n-0")
			groups := groupsOf(hierarchies(), p.Installation, "n-0")
			if q := read(groups, "cpu.cfs_quota_us") + read(groups, "cpu.max"); !strings.HasPrefix(q, "100000") {
				t.Errorf("quota = %q, want 100000 µs of each period", q)
			}
			if _, errs := makeGroups(groups, atelier.Host{VCPUs: 0.1, MemoryGiB: 64.0 / 1024}); len(errs) > 0 {
				t.Fatal(errs)
			}
			eventually(t, "spinning processes are throttled", func() bool {
				for line := range strings.Lines(read(groups, "cpu.stat")) {
					var n int
					if _, err := fmt.Sscanf(line, "nr_throttled %d", &n); err == nil && n > 2 {
						return true
					}
				}
				return false
			})
			terminate(t, p, "n-0")
		})
	}
}

// read returns the file of all groups that have it.
func read(groups []group, file string) (all string) {
	for _, g := range groups {
		text, _ := os.ReadFile(filepath.Join(g.Path, file))
		all += string(text)
	}
	return all
}

func TestNodeIsBornInItsGroups(t *testing.T) {
	for _, w := range ways[:2] {
		t.Run(w.name, func(t *testing.T) {
			p := small(t, w, "")
			launchLocal(t, p, "n-0")
			eventually(t, "only init and agent run", func() bool { return len(lines(p, "n-0", "said")) > 0 && len(of(p, "n-0")) == 2 })
			want := of(p, "n-0")
			for _, g := range groupsOf(hierarchies(), p.Installation, "n-0") {
				if got := g.pids(); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
					t.Errorf("%s holds %v, want %v", g.Path, got, want)
				}
			}
			terminate(t, p, "n-0")
		})
	}
}

// A machine with version 1 alone has no cgroup.kill: what forks is frozen first.
func TestFreezerStopsForks(t *testing.T) {
	if os.Geteuid() != 0 || !slices.Contains(offered(hierarchies()), "freezer") {
		t.Skip("needs root and the freezer of cgroups version 1")
	}
	var groups []group
	for _, g := range groupsOf(hierarchies(), fmt.Sprint("test-freezer-", os.Getpid()), "n-0") {
		if g.Controller == "freezer" || g.Controller == "pids" {
			groups = append(groups, g)
		}
	}
	if _, errs := makeGroups(groups, atelier.Host{VCPUs: 1, MemoryGiB: 1}); len(errs) > 0 {
		t.Fatal(errs)
	}
	freezer := groups[slices.IndexFunc(groups, func(g group) bool { return g.Controller == "freezer" })].Path
	cmd := exec.Command("/bin/sh", "-c", `echo $$ >"$G/cgroup.procs"; f() { (sleep 0.01; f) & (sleep 0.02) & }; f; f; exec sleep 1000`)
	cmd.Env = append(os.Environ(), "G="+freezer)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it forks", func() bool { return len(groups[0].pids())+len(groups[1].pids()) > 2 })
	eventually(t, "all are dead", func() bool { return killGroups(groups) == 0 })
	if err := cmd.Wait(); err == nil {
		t.Error("the first process ended by itself")
	}
	eventually(t, "the groups are removed", func() bool {
		for _, g := range groups {
			_ = os.Remove(g.Path)
		}
		return !exists(groups[0].Path) && !exists(groups[1].Path)
	})
	for _, g := range groups {
		_ = os.Remove(filepath.Dir(g.Path))
		_ = os.Remove(filepath.Dir(filepath.Dir(g.Path)))
	}
}
