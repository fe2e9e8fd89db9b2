// Package local is the location on this machine: each node is a tree of processes
// of its own, with a directory of its own, that outlives the server.
//
// A node's directory Dir/NAME holds, each file complete or absent:
//
//	machine.json  the provider.Machine, for the agent
//	host.json     the atelier.Host that the node really is, for the agent
//	plan.json     what Launch decided: installation, limits, cgroups
//	init.json     process id, start time and boot of the node's init
//	lock          locked by the init for its life: two inits are impossible
//	launch        locked by a server during Launch and Terminate
//	node.log      what init and agent print
//	tmp/          the node's /tmp
//
// The volumes are directories of VolumeDir, and the HOME of the nodes that have them.
//
// Launch starts `Exe node-init Dir/NAME`, which is Init: it takes the lock, becomes
// the node's process 1 where the machine allows, and keeps an agent running. Dir
// also holds .gone, with one empty file for each name that was terminated lately.
package local

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
)

// Provider makes nodes of this machine. Set the fields before the first call.
type Provider struct {
	Dir          string       // where the nodes' directories are; made when missing
	VolumeDir    string       // where the volumes are; "": beside Dir, in "volumes"
	Exe          string       // the atelier binary, started as `Exe node-init DIR`
	Installation string       // tells our nodes from those of others: [A-Za-z0-9._-]
	Env          []string     // for the nodes, "K=V", beside what passes from the server (passed)
	Log          *slog.Logger // nil: nothing is logged
	Pretend      bool         // nodes say that they are what their size promises, and have what this machine has

	once   sync.Once
	itself atelier.Size // what this machine is

	mu     sync.Mutex
	pruned time.Time
	plain  error // why namespaces do not work here, once that is known
	bare   bool  // tests: as if the server were not root
}

var (
	_ provider.Provider = (*Provider)(nil)
	_ provider.Catalog  = (*Provider)(nil)
	_ provider.Volumes  = (*Provider)(nil)
)

// LeaveCode is the exit code of an agent that wants its node to end.
const LeaveCode = 75

// Names of the variables that mark every process of a node. An agent hands them
// on to its tasks: on a machine without cgroups and namespaces they are how a
// node's processes are found.
const (
	EnvNode         = "ATELIER_NODE"
	EnvInstallation = "ATELIER_INSTALLATION"
	EnvHome         = "ATELIER_HOME" // the node's volume, if it has one
)

// Files of a node's directory.
const (
	fileMachine = "machine.json"
	fileHost    = "host.json"
	filePlan    = "plan.json"
	fileInit    = "init.json"
	fileLock    = "lock"
	fileLaunch  = "launch"
	fileLog     = "node.log"
	dirTmp      = "tmp"
	dirGone     = ".gone"
)

// How long the name of a terminated node is remembered: longer than a Launch can
// be under way.
const keepGone = 24 * time.Hour

func (p *Provider) log() *slog.Logger {
	if p.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return p.Log
}

func (p *Provider) node(name string) string { return filepath.Join(p.Dir, name) }

// gone reports whether the name was terminated.
func (p *Provider) gone(name string) bool { return exists(filepath.Join(p.Dir, dirGone, name)) }

// setGone records, before anything ends, that the name is used up.
func (p *Provider) setGone(name string) error {
	dir := filepath.Join(p.Dir, dirGone)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	p.prune(dir, time.Now())
	return os.WriteFile(filepath.Join(dir, name), nil, 0o600)
}

// prune forgets names that were terminated long ago, once in an hour.
func (p *Provider) prune(dir string, now time.Time) {
	p.mu.Lock()
	due := now.Sub(p.pruned) > time.Hour
	if due {
		p.pruned = now
	}
	p.mu.Unlock()
	if !due {
		return
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > keepGone {
			_ = os.Remove(filepath.Join(dir, e.Name())) // the next hour tries again
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// passed are the variables that nodes get from the server's environment: what
// programs need to run and to reach the network, and nothing that is the server's.
var passed = []string{
	"PATH", "HOME", "USER", "LANG", "LANGUAGE", "LC_*", "TZ", "SHELL",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
	"PIP_*", "UV_*", "LD_LIBRARY_PATH", "CUDA_*", "NVIDIA_*", "XDG_CACHE_HOME",
}

// env is the environment of the node's processes. Of two values of a variable the
// last counts.
func (p *Provider) env(m provider.Machine, server []string) []string {
	var env []string
	for _, kv := range server {
		key, _, _ := strings.Cut(kv, "=")
		for _, pass := range passed {
			if ok, _ := filepath.Match(pass, key); ok {
				env = append(env, kv)
				break
			}
		}
	}
	env = append(env, p.Env...)
	if m.Volume != "" {
		home := p.volume(m.Volume)
		env = append(env, "HOME="+home, EnvHome+"="+home)
	}
	return append(env, EnvNode+"="+m.Name, EnvInstallation+"="+p.Installation)
}

// checkInstallation guards the paths that the id becomes part of.
func (p *Provider) checkInstallation() error {
	id := p.Installation
	ok := id != "" && len(id) <= 64 && id[0] != '.'
	for _, r := range id {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r))
	}
	if !ok {
		return atelier.Errorf(atelier.Invalid, "InvalidInstallation",
			`installation id %.80q is not valid: it must be 1 to 64 letters, digits, ".", "_" and "-", and not start with "."`, id)
	}
	return nil
}
