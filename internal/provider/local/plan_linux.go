package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/atelier-compute/atelier"
)

// plan is what Launch decided, for the node's init and for a later Terminate.
type plan struct {
	Installation string       `json:"installation"`
	Name         string       `json:"name"`
	Namespaces   bool         `json:"namespaces"` // of processes, mounts and IPC
	PrivateTmp   bool         `json:"privateTmp"` // the node's own /tmp; needs Namespaces
	Groups       []group      `json:"groups,omitempty"`
	Host         atelier.Host `json:"host"`
}

// decide says what a node of the size gets on this machine. Groups are named, not
// yet made.
func (p *Provider) decide(name string, size atelier.Size) plan {
	pl := plan{Installation: p.Installation, Name: name, Host: given(size, p.machine())}
	if lack := short(size, p.machine()); lack != "" && !p.Pretend {
		pl.problem("SizeNotMet", "%s", lack)
	}
	p.separate(&pl)
	if p.root() {
		pl.Groups = groupsOf(hierarchies(), p.Installation, name)
	}
	return pl
}

func (p *Provider) root() bool { return !p.bare && os.Geteuid() == 0 }

// separate decides what of the machine a node does not share.
func (p *Provider) separate(pl *plan) {
	if !p.root() {
		pl.problem("NoLimits", "the server does not run as root, so this node has no limit on CPU and memory, and shares processes and /tmp with the machine; run the server as root to have them")
		return
	}
	p.mu.Lock()
	plain := p.plain
	p.mu.Unlock()
	pl.Namespaces = plain == nil
	pl.PrivateTmp = pl.Namespaces && p.tmpIsFree()
	switch {
	case plain != nil:
		pl.problem("NoNamespaces", "this node shares processes and /tmp with the machine: %v", plain)
	case !pl.PrivateTmp:
		pl.problem("SharedTmp", "this node shares /tmp with the machine, because files it needs are below /tmp; keep the data directory and the binary elsewhere to have a private one")
	}
}

// Problems says in words what nodes of this machine lack, as far as that is known
// before one is launched. A server says it at its start.
func (p *Provider) Problems() []atelier.Problem {
	var pl plan
	p.separate(&pl)
	if p.root() {
		have := offered(hierarchies())
		for _, c := range limited {
			if !slices.Contains(have, c) {
				pl.problem("NoLimits", "nodes have no limit on %s: this machine offers no cgroup for it", c)
			}
		}
	}
	return pl.Host.Problems
}

// tmpIsFree reports whether a node can do without the machine's /tmp.
func (p *Provider) tmpIsFree() bool {
	for _, path := range []string{p.Dir, p.Exe, os.Getenv("HOME")} {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		if path == "/tmp" || strings.HasPrefix(path, "/tmp/") {
			return false
		}
	}
	return true
}

func (pl *plan) problem(code, format string, args ...any) {
	pl.Host.Problems = append(pl.Host.Problems, atelier.Problem{Code: code, Message: fmt.Sprintf(format, args...)})
}

// limit makes the groups and notes what holds.
func (pl *plan) limit() {
	holds, errs := makeGroups(pl.Groups, pl.Host)
	pl.Host.Isolation = append(pl.Host.Isolation, holds...)
	for _, c := range limited {
		if !slices.Contains(holds, c) {
			why := "this machine offers no cgroup for it"
			if err := errors.Join(errs...); err != nil {
				why = err.Error()
			}
			pl.problem("NoLimits", "this node has no limit on %s: %s", c, why)
		}
	}
}

// pretend makes the node say that it is what its size promises. What holds it to
// this machine stays.
func (pl *plan) pretend(size atelier.Size) {
	pl.Host.VCPUs, pl.Host.MemoryGiB, pl.Host.GPUs = float64(size.VCPUs), size.MemoryGiB, size.GPUs
}

// marks are the variables that the node's processes carry.
func (pl plan) marks() []string {
	return []string{EnvNode + "=" + pl.Name, EnvInstallation + "=" + pl.Installation}
}

// writeJSON writes a file complete or not at all.
func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// readJSON reads a file of writeJSON's; a missing one is fs.ErrNotExist.
func readJSON[T any](path string) (v T, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return v, fmt.Errorf("read %s: %w", path, err)
	}
	return v, nil
}
