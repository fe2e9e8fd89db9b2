package local

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/atelier-compute/atelier"
)

// group is one cgroup of a node.
type group struct {
	Version    int    `json:"version"`    // 1 or 2
	Controller string `json:"controller"` // of version 1
	Path       string `json:"path"`       // directory
}

// hierarchy is one cgroup tree of this machine, where the server may make groups.
type hierarchy struct {
	version     int
	controllers []string
	base        string // directory that groups are made below
	own         string // directory of this process's own group
}

// hierarchies finds the trees that are mounted. In version 1, groups are made below
// the server's own, so that a limit on the server holds for its nodes; version 2
// allows that only to groups without processes, so there it is the top.
func hierarchies() []hierarchy {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	return parseHierarchies(string(mounts), string(own), func(dir string) bool { return exists(dir) })
}

func parseHierarchies(mounts, own string, there func(dir string) bool) (hs []hierarchy) {
	paths := map[string]string{} // by controllers, as the kernel writes them
	for line := range strings.Lines(own) {
		if f := strings.SplitN(strings.TrimSpace(line), ":", 3); len(f) == 3 {
			paths[f[1]] = f[2]
		}
	}
	for line := range strings.Lines(mounts) {
		before, after, ok := strings.Cut(strings.TrimSpace(line), " - ")
		b, a := strings.Fields(before), strings.Fields(after)
		if !ok || len(b) < 5 || len(a) < 3 {
			continue
		}
		root, point := b[3], b[4]
		switch a[0] {
		case "cgroup2":
			own := filepath.Join(point, strings.TrimPrefix(paths[""], strings.TrimSuffix(root, "/")))
			hs = append(hs, hierarchy{version: 2, base: point, own: own})
		case "cgroup":
			for _, key := range slices.Sorted(maps.Keys(paths)) {
				path, names := paths[key], strings.Split(key, ",")
				if key == "" || !hasAll(strings.Split(a[2], ","), names) {
					continue
				}
				base := filepath.Join(point, strings.TrimPrefix(path, strings.TrimSuffix(root, "/")))
				if !there(base) {
					base = point
				}
				hs = append(hs, hierarchy{version: 1, controllers: names, base: base, own: base})
			}
		}
	}
	return hs
}

func hasAll(have, want []string) bool {
	return !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(have, w) })
}

// offered lists the controllers of all trees.
func offered(hs []hierarchy) (have []string) {
	for _, h := range hs {
		have = append(have, h.controllers...)
		if h.version == 2 {
			text, _ := os.ReadFile(filepath.Join(h.base, "cgroup.controllers"))
			have = append(have, strings.Fields(string(text))...)
		}
	}
	return have
}

// memoryLimit is the memory in GiB that the trees leave this process, or a very
// large number.
func memoryLimit(hs []hierarchy) float64 {
	limit := math.Inf(1)
	for _, h := range hs {
		for _, file := range []string{"memory.limit_in_bytes", "memory.max"} {
			text, _ := os.ReadFile(filepath.Join(h.own, file))
			if n, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64); err == nil {
				limit = min(limit, n/(1<<30))
			}
		}
	}
	return limit
}

// maxPids bounds the processes and threads of a node.
const maxPids = 4096

const cpuPeriod = 100_000 // µs

// limits are the files that hold a node to its host, by controller.
func limits(h atelier.Host, version int) map[string][][2]string {
	quota := strconv.Itoa(int(h.VCPUs * cpuPeriod))
	memory := strconv.FormatInt(int64(h.MemoryGiB*(1<<30)), 10)
	if version == 2 {
		return map[string][][2]string{
			"cpu":    {{"cpu.max", quota + " " + strconv.Itoa(cpuPeriod)}},
			"memory": {{"memory.max", memory}, {"memory.swap.max", "0"}},
			"pids":   {{"pids.max", strconv.Itoa(maxPids)}},
		}
	}
	return map[string][][2]string{
		"cpu":    {{"cpu.cfs_period_us", strconv.Itoa(cpuPeriod)}, {"cpu.cfs_quota_us", quota}},
		"memory": {{"memory.limit_in_bytes", memory}, {"memory.memsw.limit_in_bytes", memory}},
		"pids":   {{"pids.max", strconv.Itoa(maxPids)}},
	}
}

// optional are limit files that some kernels do not have.
var optional = []string{"memory.swap.max", "memory.memsw.limit_in_bytes"}

// limited are the controllers that nodes are limited by.
var limited = []string{"cpu", "memory", "pids"}

// groupsOf lists a node's groups, before they are made.
func groupsOf(hs []hierarchy, installation, name string) (groups []group) {
	for _, h := range hs {
		path := filepath.Join(h.base, "atelier", installation, name)
		if h.version == 2 {
			groups = append(groups, group{Version: 2, Path: path})
			continue
		}
		for _, c := range h.controllers {
			if slices.Contains(limited, c) || c == "freezer" {
				groups = append(groups, group{Version: 1, Controller: c, Path: path})
			}
		}
	}
	return groups
}

// makeGroups makes the groups with their limits, and returns which controllers
// hold. A limit that does not hold is an error among others.
func makeGroups(groups []group, h atelier.Host) (holds []string, errs []error) {
	for _, g := range groups {
		if err := os.MkdirAll(g.Path, 0o755); err != nil {
			errs = append(errs, fmt.Errorf("make cgroup: %w", err))
			continue
		}
		controllers := []string{g.Controller}
		if g.Version == 2 {
			controllers = enable(g.Path)
		}
		for _, c := range controllers {
			files := limits(h, g.Version)[c]
			if len(files) == 0 {
				continue
			}
			if err := g.write(files); err != nil {
				errs = append(errs, fmt.Errorf("limit %s: %w", c, err))
				continue
			}
			holds = append(holds, c)
		}
	}
	slices.Sort(holds)
	return slices.Compact(holds), errs
}

func (g group) write(files [][2]string) error {
	for _, f := range files {
		err := writeFile(filepath.Join(g.Path, f[0]), f[1])
		if err != nil && (!slices.Contains(optional, f[0]) || !errors.Is(err, os.ErrNotExist)) {
			return err
		}
	}
	return nil
}

// enable hands the controllers down to a group of version 2, and returns those that
// arrive: a tree whose controllers version 1 uses has none.
func enable(path string) (there []string) {
	top := filepath.Dir(filepath.Dir(filepath.Dir(path)))
	for _, dir := range []string{top, filepath.Join(top, "atelier"), filepath.Dir(path)} {
		for _, c := range limited {
			_ = writeFile(filepath.Join(dir, "cgroup.subtree_control"), "+"+c) // seen below
		}
	}
	text, _ := os.ReadFile(filepath.Join(path, "cgroup.controllers"))
	for _, c := range strings.Fields(string(text)) {
		if slices.Contains(limited, c) {
			there = append(there, c)
		}
	}
	return there
}

// writeFile writes to a file of the kernel's: it is never made.
func writeFile(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// join moves this process into the group.
func (g group) join() error { return writeFile(filepath.Join(g.Path, "cgroup.procs"), "0") }

// pids lists the group's processes, as this process may name them.
func (g group) pids() (pids []int) {
	text, _ := os.ReadFile(filepath.Join(g.Path, "cgroup.procs"))
	for _, f := range strings.Fields(string(text)) {
		if pid, err := strconv.Atoi(f); err == nil && pid > 0 && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}

// killGroups kills what is in the groups and returns how many processes it saw.
// Frozen first, so that none gets away by forking.
func killGroups(groups []group) (n int) {
	for _, g := range groups {
		if g.Controller == "freezer" {
			_ = writeFile(filepath.Join(g.Path, "freezer.state"), "FROZEN")
		}
	}
	for _, g := range groups {
		pids := g.pids()
		n += len(pids)
		if g.Version == 2 && len(pids) > 0 && writeFile(filepath.Join(g.Path, "cgroup.kill"), "1") == nil {
			continue
		}
		for _, pid := range pids {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
	for _, g := range groups {
		if g.Controller == "freezer" {
			_ = writeFile(filepath.Join(g.Path, "freezer.state"), "THAWED")
		}
	}
	return n
}

// removeGroups removes the groups, and those above that became empty. The kernel
// may need a moment after the last process.
func removeGroups(groups []group, until time.Time) error {
	for _, g := range groups {
		for exists(g.Path) { // a read-only tree refuses even what is not there
			err := unix.Rmdir(g.Path)
			if err == nil || errors.Is(err, unix.ENOENT) {
				break
			}
			if time.Now().After(until) {
				return fmt.Errorf("remove cgroup %s: %w", g.Path, err)
			}
			time.Sleep(2 * time.Millisecond)
		}
		installation := filepath.Dir(g.Path)
		_ = unix.Rmdir(installation)               // stays while others are in it
		_ = unix.Rmdir(filepath.Dir(installation)) // likewise
	}
	return nil
}
