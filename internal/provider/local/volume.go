package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/atelier-compute/atelier/internal/provider"
)

// dirVolumes is the folder of volumes beside that of the nodes.
const dirVolumes = "volumes"

// volume is the directory of a volume, absolute: nodes live in another.
func (p *Provider) volume(name string) string {
	dir := p.VolumeDir
	if dir == "" {
		dir = filepath.Join(filepath.Dir(filepath.Clean(p.Dir)), dirVolumes)
	}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return filepath.Join(dir, name)
}

func checkVolume(m provider.Machine) error {
	if m.Volume == "" {
		return nil
	}
	return provider.CheckName(m.Volume)
}

func (p *Provider) makeVolume(m provider.Machine) error {
	if m.Volume == "" {
		return nil
	}
	if err := os.MkdirAll(p.volume(m.Volume), 0o700); err != nil {
		return fmt.Errorf("make its volume: %w", err)
	}
	return nil
}

// DeleteVolume implements provider.Volumes.
func (p *Provider) DeleteVolume(_ context.Context, name string) error {
	if provider.CheckName(name) != nil {
		return nil // there is no such volume
	}
	if err := os.RemoveAll(p.volume(name)); err != nil {
		return fmt.Errorf("delete volume %s: %w", name, err)
	}
	return nil
}

// ListVolumes implements provider.Volumes.
func (p *Provider) ListVolumes(context.Context) ([]string, error) {
	entries, err := os.ReadDir(p.volume("")) // in order of name
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list volumes: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && provider.CheckName(e.Name()) == nil {
			names = append(names, e.Name())
		}
	}
	return names, nil
}
