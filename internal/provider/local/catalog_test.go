package local

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/atelier-compute/atelier"
)

// on returns a provider whose machine is as given.
func on(machine atelier.Size) *Provider {
	p := new(Provider)
	p.once.Do(func() { p.itself = machine })
	return p
}

func TestFit(t *testing.T) {
	laptop := atelier.Size{Name: SizeLocal, VCPUs: 2, MemoryGiB: 23}
	for _, c := range []struct {
		name, size string
		machine    atelier.Size
		short      string
	}{
		{"it-fits", "standard_ds2_v2", laptop, ""},
		{"the-machine-itself", "local", laptop, ""},
		{"all-is-short", "Standard_NC6", laptop, "Standard_NC6 has 6 vCPUs, 56 GiB of memory and 1 GPU; this machine has 2 vCPUs, 23 GiB of memory and no GPU"},
		{"only-the-gpu-is-short", "STANDARD_NC12", atelier.Size{VCPUs: 64, MemoryGiB: 512.75, GPUs: 1}, "Standard_NC12 has 12 vCPUs, 112 GiB of memory and 2 GPUs; this machine has 64 vCPUs, 512.7 GiB of memory and 1 GPU"},
		{"one-vcpu", "Standard_DS3_v2", atelier.Size{VCPUs: 1, MemoryGiB: 64}, "Standard_DS3_v2 has 4 vCPUs, 14 GiB of memory and no GPU; this machine has 1 vCPU, 64 GiB of memory and no GPU"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, short, err := on(c.machine).Fit(c.size)
			if err != nil || short != c.short {
				t.Errorf("short = %q, %v, want %q", short, err, c.short)
			}
		})
	}
	if _, _, err := on(laptop).Fit("Locl"); !atelier.IsKind(err, atelier.Invalid) {
		t.Errorf("unknown size: %v, want Invalid", err)
	}
}

func TestSizesBeginWithTheMachine(t *testing.T) {
	sizes := new(Provider).Sizes()
	if s := sizes[0]; s.Name != SizeLocal || s.VCPUs < 1 {
		t.Errorf("first size = %+v, want this machine", s)
	}
	if len(sizes) < 60 {
		t.Errorf("%d sizes, want Azure's as well", len(sizes))
	}
}

func TestNodesGetWhatThereIs(t *testing.T) {
	h := given(atelier.Size{VCPUs: 6, MemoryGiB: 56, GPUs: 1}, atelier.Size{VCPUs: 2, MemoryGiB: 64})
	if h.VCPUs != 2 || h.MemoryGiB != 56 || h.GPUs != 0 {
		t.Errorf("host = %+v, want 2 vCPUs, 56 GiB, no GPU", h)
	}
}

func TestGPUsAreFound(t *testing.T) {
	for _, c := range []struct {
		name, script string
		gpus         int
		model        string
	}{
		{"two", `test "$*" = "--query-gpu=name,memory.total --format=csv,noheader" && printf 'NVIDIA A100 80GB PCIe, 81920 MiB\nNVIDIA A100 80GB PCIe, 81920 MiB\n'`, 2, "A100 80GB PCIe"},
		{"a-warning-is-no-gpu", `printf 'WARNING: infoROM is corrupted\nTesla T4, 15360 MiB\n'`, 1, "Tesla T4"},
		{"driver-fails", `echo "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver"; exit 9`, 0, ""},
		{"no-devices", `echo "No devices were found"`, 0, ""},
		{"tool-missing", "", 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.script != "" {
				if err := os.WriteFile(filepath.Join(dir, "nvidia-smi"), []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PATH", dir)
			if s := new(Provider).Sizes()[0]; s.GPUs != c.gpus || s.GPU != c.model {
				t.Errorf("%d GPUs %q, want %d %q", s.GPUs, s.GPU, c.gpus, c.model)
			}
		})
	}
}
