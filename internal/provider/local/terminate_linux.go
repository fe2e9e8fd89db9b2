package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
)

const (
	termGrace = time.Second      // from SIGTERM to SIGKILL
	killLimit = 10 * time.Second // until a process that does not die is an error
)

// Terminate implements provider.Provider. It works on nodes of earlier servers,
// and on what is left of a node whose init died.
func (p *Provider) Terminate(ctx context.Context, name string) error {
	if provider.CheckName(name) != nil {
		return nil // there is no such machine
	}
	dir := p.node(name)
	pl, err := readJSON[plan](filepath.Join(dir, filePlan))
	if err == nil && pl.Installation != p.Installation {
		return nil // not ours
	}
	if err := p.setGone(name); err != nil { // first: an init that comes late sees it
		return fmt.Errorf("terminate %s: %w", name, err)
	}
	if !exists(dir) {
		return nil
	}
	release, err := hold(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("terminate %s: %w", name, err)
	}
	defer release()
	if err := p.terminate(name, dir); err != nil {
		return fmt.Errorf("terminate %s: %w", name, err)
	}
	p.log().Info("node terminated", "node", name)
	return nil
}

func (p *Provider) terminate(name, dir string) error {
	pl, err := readJSON[plan](filepath.Join(dir, filePlan)) // again: a Launch may have been under way
	if err != nil {
		pl = plan{Installation: p.Installation, Name: name, Groups: groupsOf(hierarchies(), p.Installation, name)}
	}
	init, _ := readJSON[process](filepath.Join(dir, fileInit))
	if h, err := init.open(); err == nil {
		defer h.close()
		_ = h.signal(unix.SIGTERM)
		if !h.ended(termGrace) {
			_ = h.signal(unix.SIGKILL)
			if !h.ended(killLimit) {
				return atelier.Errorf(atelier.Transient, "MachineStuck",
					"process %d of machine %s does not end, not even by SIGKILL: it hangs in the kernel, perhaps on a file system that does not answer", init.PID, name)
			}
		}
	}
	until := time.Now().Add(killLimit)
	if err := clear(pl, until); err != nil {
		return err
	}
	return removeDir(dir, until)
}

// clear ends every process of a node whose init is dead, and removes its cgroups.
func clear(pl plan, until time.Time) error {
	for {
		n := killGroups(pl.Groups)
		if !pl.Namespaces { // else all of them ended with process 1
			n += killMarked(pl.marks())
		}
		if n == 0 {
			break
		}
		if time.Now().After(until) {
			return atelier.Errorf(atelier.Transient, "MachineStuck",
				"%d processes of machine %s do not end, not even by SIGKILL: they hang in the kernel, perhaps on a file system that does not answer", n, pl.Name)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return removeGroups(pl.Groups, until)
}

// removeDir removes a directory that a process may just have written to.
func removeDir(dir string, until time.Time) error {
	for {
		err := os.RemoveAll(dir)
		if err == nil || time.Now().After(until) {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// List implements provider.Provider: the nodes whose init lives.
func (p *Provider) List(context.Context) ([]string, error) {
	entries, err := os.ReadDir(p.Dir) // in order of name
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() || provider.CheckName(e.Name()) != nil {
			continue
		}
		pl, err := readJSON[plan](filepath.Join(p.Dir, e.Name(), filePlan))
		if err != nil || pl.Installation != p.Installation {
			continue
		}
		if init, err := readJSON[process](filepath.Join(p.Dir, e.Name(), fileInit)); err == nil && init.alive() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}
