package local

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
)

// SizeLocal is the size that is this machine as it is.
const SizeLocal = "Local"

// Sizes implements provider.Catalog: this machine as it is, then Azure's names.
func (p *Provider) Sizes() []atelier.Size {
	return append([]atelier.Size{p.machine()}, provider.AzureSizes()...)
}

// Fit implements provider.Catalog.
func (p *Provider) Fit(size string) (atelier.Size, string, error) {
	s, err := provider.FindSize(p.Sizes(), size)
	if err != nil {
		return s, "", err
	}
	return s, short(s, p.machine()), nil
}

// machine is what this machine is, found out once: asking for GPUs may take long.
func (p *Provider) machine() atelier.Size {
	p.once.Do(func() {
		gpus, model := findGPUs()
		p.itself = atelier.Size{
			Name: SizeLocal, Family: "local", VCPUs: runtime.NumCPU(), MemoryGiB: machineMemory(),
			GPUs: gpus, GPU: model, LowPriority: true,
		}
	})
	return p.itself
}

// short says what nodes of the size will lack on the machine, or "".
func short(size, machine atelier.Size) string {
	if size.VCPUs <= machine.VCPUs && size.MemoryGiB <= machine.MemoryGiB && size.GPUs <= machine.GPUs {
		return ""
	}
	return fmt.Sprintf("%s has %s; this machine has %s", size.Name, shape(size), shape(machine))
}

func shape(s atelier.Size) string {
	return fmt.Sprintf("%s, %g GiB of memory and %s", count(s.VCPUs, "vCPU"), math.Floor(s.MemoryGiB*10)/10, count(s.GPUs, "GPU"))
}

func count(n int, what string) string {
	switch n {
	case 0:
		return "no " + what
	case 1:
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// given is what a node of the size is made of here.
func given(size, machine atelier.Size) atelier.Host {
	return atelier.Host{
		Address:   "127.0.0.1",
		VCPUs:     float64(min(size.VCPUs, machine.VCPUs)),
		MemoryGiB: min(size.MemoryGiB, machine.MemoryGiB),
		GPUs:      min(size.GPUs, machine.GPUs),
	}
}

// findGPUs asks NVIDIA's tool, where there is one. A driver that hangs costs the
// time limit once, and then counts as no GPU.
func findGPUs() (n int, model string) {
	tool, err := exec.LookPath("nvidia-smi")
	if err != nil {
		return 0, ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, "--query-gpu=name,memory.total", "--format=csv,noheader")
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		return 0, ""
	}
	return parseGPUs(out)
}

// parseGPUs reads lines such as "NVIDIA A100 80GB PCIe, 81920 MiB".
func parseGPUs(out []byte) (n int, model string) {
	for line := range bytes.Lines(out) {
		name, memory, ok := strings.Cut(strings.TrimSpace(string(line)), ",")
		var mib int
		if _, err := fmt.Sscanf(strings.TrimSpace(memory), "%d MiB", &mib); !ok || err != nil {
			continue // a warning of the driver
		}
		n++
		if model == "" {
			model = strings.TrimPrefix(strings.TrimSpace(name), "NVIDIA ")
		}
	}
	return n, model
}
