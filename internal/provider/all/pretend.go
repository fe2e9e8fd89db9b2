package all

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/provider/fake"
	"github.com/atelier-compute/atelier/internal/provider/local"
)

// Fake is the name of the location that is a pretend cloud.
const Fake = "fake"

// SoldOut is the size of which the pretend cloud has no machine, so that a wait for
// capacity can be seen.
const SoldOut = "Standard_ND96asr_v4"

const gpuMachines = 4 // of each size with GPUs

// pretend is a cloud that is not one: fake.Cloud sells the machines, and each that
// boots is a node of this machine. Of a machine that was sold there is a file
// Dir/machines/NAME.json, so that it is still there when the server starts again.
type pretend struct {
	fake.Cloud
	nodes    *local.Provider
	log      *slog.Logger
	machines string     // directory
	mu       sync.Mutex // of the files in it
}

// sold is what the file of a machine says.
type sold struct {
	provider.Machine
	Booted bool
}

var (
	_ provider.Provider = (*pretend)(nil)
	_ provider.Catalog  = (*pretend)(nil)
	_ provider.Volumes  = (*pretend)(nil)
	_ provider.Capacity = (*pretend)(nil)

	_ provider.Preempter = (*pretend)(nil)
)

func openPretend(ctx context.Context, c Config) (*pretend, error) {
	p := &pretend{
		Cloud: fake.Cloud{Capacity: capacity, BootMin: c.FakeBoot, BootMax: c.FakeBoot},
		nodes: &local.Provider{
			Dir: filepath.Join(c.Fake, "nodes"), Exe: c.Exe, Installation: c.Installation, Env: c.Env, Log: c.Log, Pretend: true,
		},
		machines: filepath.Join(c.Fake, "machines"), log: c.Log,
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	late := context.WithoutCancel(ctx) // a machine that boots while the server ends is as good as any
	p.OnBoot = func(m provider.Machine) { p.boot(late, m) }
	if c.FakeBoot > 0 {
		p.Later = func(d time.Duration, f func()) { time.AfterFunc(d, f) }
	}
	if err := os.MkdirAll(p.machines, 0o700); err != nil {
		return nil, err
	}
	return p, p.restore(ctx)
}

// capacity is how many machines of a size there are in all.
func capacity(s atelier.Size) (n int, known bool) {
	switch {
	case s.Name == SoldOut:
		return 0, true
	case s.GPUs > 0:
		return gpuMachines, true
	}
	return 0, false
}

// restore takes over what an earlier server sold: what had booted and still runs,
// and what was about to boot. What ended meanwhile is cleared away.
func (p *pretend) restore(ctx context.Context) error {
	entries, err := os.ReadDir(p.machines)
	if err != nil {
		return err
	}
	names, err := p.nodes.List(ctx)
	if err != nil {
		return err
	}
	alive := map[string]bool{}
	for _, name := range names {
		alive[name] = true
	}
	var running, booting []provider.Machine
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok {
			continue
		}
		var s sold
		text, err := os.ReadFile(filepath.Join(p.machines, e.Name()))
		if err == nil {
			err = json.Unmarshal(text, &s)
		}
		torn := err != nil || s.Name != name // by a power cut, which ended the machine too
		if torn {
			p.log.Warn("a machine of the pretend cloud cannot be read, and is ended", "machine", name, "err", err)
		}
		switch {
		case !torn && !s.Booted:
			booting = append(booting, s.Machine)
		case !torn && alive[name]:
			running = append(running, s.Machine)
		default:
			if err := p.end(ctx, name); err != nil {
				return err
			}
		}
	}
	p.Restore(running, booting)
	return nil
}

// Launch implements provider.Provider.
func (p *pretend) Launch(ctx context.Context, m provider.Machine) error {
	if err := provider.CheckName(m.Name); err != nil {
		return err
	}
	if err := p.record(m); err != nil {
		return fmt.Errorf("launch %s: %w", m.Name, err)
	}
	err := p.Cloud.Launch(ctx, m)
	if err != nil {
		err = errors.Join(err, p.forget(m.Name))
	}
	return err
}

// boot makes a machine a node of this machine. One that cannot be is gone: nobody
// would hear of it.
func (p *pretend) boot(ctx context.Context, m provider.Machine) {
	err := p.nodes.Launch(ctx, m)
	if err == nil {
		err = p.booted(m)
	}
	if err == nil {
		return
	}
	p.log.Warn("a machine of the pretend cloud did not boot", "machine", m.Name, "err", err)
	p.VanishNow(m.Name)
	if err := p.end(ctx, m.Name); err != nil {
		p.log.Warn("clear away what did not boot", "machine", m.Name, "err", err)
	}
}

// Terminate implements provider.Provider.
func (p *pretend) Terminate(ctx context.Context, name string) error {
	if provider.CheckName(name) != nil {
		return nil // there is no such machine
	}
	return errors.Join(p.Cloud.Terminate(ctx, name), p.end(ctx, name))
}

// Preempt implements provider.Preempter.
func (p *pretend) Preempt(ctx context.Context, name string) error {
	if provider.CheckName(name) != nil {
		return nil // there is no such machine
	}
	return errors.Join(p.Cloud.Preempt(ctx, name), p.end(ctx, name))
}

// end makes nothing be left of a machine.
func (p *pretend) end(ctx context.Context, name string) error {
	if err := p.nodes.Terminate(ctx, name); err != nil {
		return err
	}
	return p.forget(name)
}

// DeleteVolume implements provider.Volumes.
func (p *pretend) DeleteVolume(ctx context.Context, name string) error {
	return p.nodes.DeleteVolume(ctx, name)
}

// ListVolumes implements provider.Volumes.
func (p *pretend) ListVolumes(ctx context.Context) ([]string, error) { return p.nodes.ListVolumes(ctx) }

func (p *pretend) file(name string) string { return filepath.Join(p.machines, name+".json") }

// record writes down that a machine is sold, unless that is known.
func (p *pretend) record(m provider.Machine) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := os.Stat(p.file(m.Name)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return p.write(sold{Machine: m})
}

// booted writes down that a machine runs, unless it was terminated meanwhile.
func (p *pretend) booted(m provider.Machine) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := os.Stat(p.file(m.Name)); err != nil {
		return nil // and nothing to be written down
	}
	return p.write(sold{Machine: m, Booted: true})
}

// write writes the file of a machine, complete or not at all.
func (p *pretend) write(s sold) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	tmp := p.file(s.Name) + ".tmp"
	if err := os.WriteFile(tmp, text, 0o600); err != nil { // the join token is in it
		return err
	}
	return os.Rename(tmp, p.file(s.Name))
}

func (p *pretend) forget(name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := os.Remove(p.file(name)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
