package all_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/provider/all"
	"github.com/atelier-compute/atelier/internal/provider/local"
	"github.com/atelier-compute/atelier/internal/provider/providertest"
)

// The test binary is also the atelier binary: node-init is the real one, the agent
// waits to be ended.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "node-init" {
		os.Exit(local.Init(os.Args[2], []string{"/bin/sleep", "1000"}))
	}
	os.Exit(m.Run())
}

type cloud struct {
	all.Config
	t *testing.T
}

var installations atomic.Int64

func newCloud(t *testing.T, boot time.Duration) cloud {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return cloud{all.Config{
		Nodes: filepath.Join(dir, "nodes"), Exe: exe, Fake: filepath.Join(dir, "fake"), FakeBoot: boot,
		Installation: fmt.Sprintf("all-%d-%d", os.Getpid(), installations.Add(1)),
	}, t}
}

// open is the location as a server sees it after its start.
func (c cloud) open() provider.Provider {
	c.t.Helper()
	set, err := all.Providers(c.t.Context(), c.Config)
	if err != nil {
		c.t.Fatal(err)
	}
	p := set[all.Fake]
	c.t.Cleanup(func() {
		names, _ := p.List(context.Background())
		for _, name := range names {
			if err := p.Terminate(context.Background(), name); err != nil {
				c.t.Errorf("clean up: %v", err)
			}
		}
	})
	return p
}

// nodes are the machines that run.
func (c cloud) nodes() []string {
	c.t.Helper()
	p := &local.Provider{Dir: filepath.Join(c.Fake, "nodes"), Exe: c.Exe, Installation: c.Installation}
	names, err := p.List(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return names
}

func (c cloud) eventually(want ...string) {
	c.t.Helper()
	for end := time.Now().Add(20 * time.Second); !slices.Equal(c.nodes(), want); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("nodes %q run, want %q", c.nodes(), want)
		}
	}
}

func (c cloud) listed(p provider.Provider, want ...string) {
	c.t.Helper()
	if names, err := p.List(c.t.Context()); err != nil || !slices.Equal(names, want) {
		c.t.Errorf("machines = %q, %v, want %q", names, err, want)
	}
}

func machine(name, size string) provider.Machine {
	return providertest.Subject{Size: size}.Machine(name)
}

func TestPretendConformance(t *testing.T) {
	var c cloud
	providertest.Run(t, func(t *testing.T) providertest.Subject {
		c = newCloud(t, 0)
		return providertest.Subject{
			Provider: c.open(), // one server at a time has a data directory: no Again
			Gone: func(t *testing.T, name string) {
				node, _ := filepath.Glob(filepath.Join(c.Fake, "nodes", name))
				file, _ := filepath.Glob(filepath.Join(c.Fake, "machines", name+".*"))
				if len(node)+len(file) > 0 || slices.Contains(c.nodes(), name) {
					t.Errorf("%q, %q is left of %s", node, file, name)
				}
			},
			Count: func(_ *testing.T, name string) (n int) {
				for _, node := range c.nodes() {
					if node == name {
						n++
					}
				}
				return n
			},
		}
	})
}

func TestPretendTakesItsTimeToBoot(t *testing.T) {
	c := newCloud(t, 300*time.Millisecond)
	p := c.open()
	began := time.Now()
	for _, name := range []string{"m-0", "m-1"} {
		if err := p.Launch(t.Context(), machine(name, "")); err != nil {
			t.Fatal(err)
		}
	}
	c.listed(p, "m-0", "m-1")
	if err := p.Terminate(t.Context(), "m-1"); err != nil {
		t.Fatal(err)
	}
	c.eventually("m-0")
	if took := time.Since(began); took < 300*time.Millisecond {
		t.Errorf("booted after %s", took)
	}
	c.listed(p, "m-0")
}

func TestPretendMachinesOutliveTheServer(t *testing.T) {
	c := newCloud(t, 0)
	before := c.open()
	for _, name := range []string{"ended", "runs"} {
		if err := before.Launch(t.Context(), machine(name, "Standard_NC6")); err != nil {
			t.Fatal(err)
		}
	}
	c.FakeBoot = time.Hour // the server ends before
	if err := c.open().Launch(t.Context(), machine("boots", "Standard_NC6")); err != nil {
		t.Fatal(err)
	}
	// A machine that ends while no server runs: by its own provider, so that the
	// cloud's record of it stays.
	own := &local.Provider{Dir: filepath.Join(c.Fake, "nodes"), Exe: c.Exe, Installation: c.Installation}
	if err := own.Terminate(t.Context(), "ended"); err != nil {
		t.Fatal(err)
	}
	c.FakeBoot = time.Millisecond
	after := c.open()
	c.listed(after, "boots", "runs")
	c.eventually("boots", "runs")
	if n, known := after.(provider.Capacity).Free("standard_nc6"); n != 2 || !known {
		t.Errorf("%d, %t machines are free, want 2 of 4", n, known)
	}
	if err := after.Launch(t.Context(), machine("runs", "Standard_NC6")); err != nil {
		t.Errorf("launch again: %v", err)
	}
	if err := after.Launch(t.Context(), machine("ended", "Standard_NC6")); err == nil {
		c.listed(after, "boots", "ended", "runs")
	}
	c.eventually("boots", "runs") // a name is used once
	c.eventuallyListed(after, "boots", "runs")
}

func (c cloud) eventuallyListed(p provider.Provider, want ...string) {
	c.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		names, err := p.List(c.t.Context())
		if slices.Equal(names, want) {
			return
		}
		if time.Now().After(end) {
			c.t.Fatalf("machines = %q, %v, want %q", names, err, want)
		}
	}
}

// TestPretendTornFile is after a power cut: the server has to start all the same, and
// nothing is left of the machine.
func TestPretendTornFile(t *testing.T) {
	c := newCloud(t, 0)
	p := c.open()
	for _, name := range []string{"one", "two"} {
		if err := p.Launch(t.Context(), machine(name, "Standard_DS3_v2")); err != nil {
			t.Fatal(err)
		}
	}
	c.eventually("one", "two")
	if err := os.Truncate(filepath.Join(c.Fake, "machines", "one.json"), 0); err != nil {
		t.Fatal(err)
	}
	c.listed(c.open(), "two")
	c.eventually("two")
}

func TestPretendCapacity(t *testing.T) {
	c := newCloud(t, time.Hour)
	p := c.open()
	free := p.(provider.Capacity).Free
	if n, known := free(all.SoldOut); n != 0 || !known {
		t.Errorf("%d, %t of %s are free, want none", n, known, all.SoldOut)
	}
	if _, known := free("Standard_DS3_v2"); known {
		t.Error("machines without GPUs are limited")
	}
	if _, known := free("Standard_Nope_v99"); known {
		t.Error("the capacity of an unknown size is known")
	}
	for i := range 4 {
		if err := p.Launch(t.Context(), machine(fmt.Sprintf("m-%d", i), "standard_nc6")); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := p.Launch(t.Context(), machine("m-4", "Standard_NC6")); !atelier.IsKind(err, atelier.NoQuota) {
			t.Errorf("launch beyond the capacity: %v, want NoQuota", err)
		}
	}
	c.listed(p, "m-0", "m-1", "m-2", "m-3")
	if err := p.Terminate(t.Context(), "m-0"); err != nil {
		t.Fatal(err)
	}
	if n, _ := free("Standard_NC6"); n != 1 {
		t.Errorf("%d are free, want 1", n)
	}
	if err := p.Launch(t.Context(), machine("m-4", "Standard_NC6")); err != nil {
		t.Errorf("launch of what is free again: %v", err)
	}
	if err := p.Launch(t.Context(), machine("m-5", all.SoldOut)); !atelier.IsKind(err, atelier.NoQuota) {
		t.Errorf("launch of what is sold out: %v, want NoQuota", err)
	}
}

// What a size promises is what its nodes say, however small this machine is.
func TestPretendNodesSayWhatTheirSizePromises(t *testing.T) {
	c := newCloud(t, 0)
	p := c.open()
	if _, short, err := p.(provider.Catalog).Fit("standard_nd40rs_v2"); short != "" || err != nil {
		t.Errorf("fit: short %q, %v", short, err)
	}
	if err := p.Launch(t.Context(), machine("m-0", "Standard_ND40rs_v2")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(c.Fake, "nodes", "m-0", "host.json"))
	for _, want := range []string{`"vcpus": 40,`, `"memoryGiB": 672,`, `"gpus": 8,`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("host.json lacks %s: %s %v", want, text, err)
		}
	}
	if strings.Contains(string(text), "SizeNotMet") {
		t.Errorf("the node says that it is smaller than its size: %s", text)
	}
}
