// Package providertest is the suite that every provider must pass.
package providertest

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
)

// Subject is a fresh provider under test.
type Subject struct {
	Provider provider.Provider

	// Again, if set, opens a second provider over the same machines: another
	// server process, or the same one after a restart.
	Again func(t *testing.T) provider.Provider

	// Gone, if set, fails the test when anything of the machine is left after its
	// Terminate: processes, directories, disks.
	Gone func(t *testing.T, name string)

	// Count, if set, returns how many machines of the name really run.
	Count func(t *testing.T, name string) int

	// Size is a size that the provider has; "" is Standard_DS3_v2.
	Size string
}

// Run runs the suite, each test against a fresh subject.
func Run(t *testing.T, open func(*testing.T) Subject) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Subject)
	}{
		{"launch-is-idempotent", launchIsIdempotent},
		{"concurrent-launches-make-one", concurrentLaunches},
		{"list-is-in-order", listIsInOrder},
		{"terminate-twice", terminateTwice},
		{"terminate-unknown", terminateUnknown},
		{"terminate-leaves-others", terminateLeavesOthers},
		{"concurrent-terminates", concurrentTerminates},
		{"bad-names-are-refused", badNames},
		{"unknown-size-is-refused", unknownSize},
		{"names-are-used-once", namesAreUsedOnce},
		{"a-restart-keeps-machines", restartKeepsMachines},
		{"catalog-and-launch-agree", catalogAgrees},
		{"preempted-machines-are-gone", preemptedAreGone},
		{"volumes-outlive-machines", volumesOutlive},
		{"volumes-are-refused-by-who-keeps-none", volumesRefused},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// Machine is a machine to launch.
func (s Subject) Machine(name string) provider.Machine {
	size := s.Size
	if size == "" {
		size = "Standard_DS3_v2"
	}
	return provider.Machine{
		Name: name, Node: atelier.WorkspaceID("s", "g", "w").Child(atelier.KindCompute, "c").Child(atelier.KindNode, name),
		Size: size, Priority: atelier.Dedicated,
		Join: provider.Join{Endpoint: "127.0.0.1:1", CA: "none", Token: "secret"},
	}
}

func (s Subject) launch(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := s.Provider.Launch(t.Context(), s.Machine(name)); err != nil {
			t.Fatalf("launch %s: %v", name, err)
		}
	}
}

func (s Subject) terminate(t *testing.T, name string) {
	t.Helper()
	if err := s.Provider.Terminate(t.Context(), name); err != nil {
		t.Fatalf("terminate %s: %v", name, err)
	}
	if s.Gone != nil {
		s.Gone(t, name)
	}
}

func (s Subject) wantList(t *testing.T, want ...string) {
	t.Helper()
	got, err := s.Provider.List(t.Context())
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("machines = %q, want %q", got, want)
	}
}

func (s Subject) wantOne(t *testing.T, name string) {
	t.Helper()
	if s.Count == nil {
		return
	}
	if n := s.Count(t, name); n != 1 {
		t.Errorf("%d machines called %s run, want 1", n, name)
	}
}

func launchIsIdempotent(t *testing.T, s Subject) {
	s.launch(t, "m-0", "m-0", "m-0")
	s.wantList(t, "m-0")
	s.wantOne(t, "m-0")
	s.terminate(t, "m-0")
}

func concurrentLaunches(t *testing.T, s Subject) {
	others := []provider.Provider{s.Provider, s.Provider, s.Provider}
	if s.Again != nil {
		others = append(others, s.Again(t), s.Again(t), s.Again(t))
	}
	var wg sync.WaitGroup
	for _, p := range others {
		wg.Go(func() {
			if err := p.Launch(t.Context(), s.Machine("m-0")); err != nil {
				t.Errorf("launch: %v", err)
			}
		})
	}
	wg.Wait()
	s.wantList(t, "m-0")
	s.wantOne(t, "m-0")
	s.terminate(t, "m-0")
	s.wantList(t)
}

func listIsInOrder(t *testing.T, s Subject) {
	s.wantList(t)
	s.launch(t, "m-2", "m-0", "m-1")
	s.wantList(t, "m-0", "m-1", "m-2")
	for _, name := range []string{"m-1", "m-0", "m-2"} {
		s.terminate(t, name)
	}
	s.wantList(t)
}

func terminateTwice(t *testing.T, s Subject) {
	s.launch(t, "m-0")
	s.terminate(t, "m-0")
	s.terminate(t, "m-0")
	s.wantList(t)
}

func terminateUnknown(t *testing.T, s Subject) {
	s.terminate(t, "never-was")
	s.wantList(t)
}

func terminateLeavesOthers(t *testing.T, s Subject) {
	s.launch(t, "m-1", "m-10")
	s.terminate(t, "m-1")
	s.wantList(t, "m-10")
	s.wantOne(t, "m-10")
	s.terminate(t, "m-10")
}

func concurrentTerminates(t *testing.T, s Subject) {
	s.launch(t, "m-0")
	others := []provider.Provider{s.Provider, s.Provider}
	if s.Again != nil {
		others = append(others, s.Again(t))
	}
	var wg sync.WaitGroup
	for _, p := range others {
		wg.Go(func() {
			if err := p.Terminate(t.Context(), "m-0"); err != nil {
				t.Errorf("terminate: %v", err)
			}
		})
	}
	wg.Wait()
	s.terminate(t, "m-0")
	s.wantList(t)
}

func badNames(t *testing.T, s Subject) {
	s.launch(t, "m-0")
	for _, name := range []string{
		"", ".", "..", "../m-0", "a/b", "/etc", `a\b`, "a\x00b", "a b", "A", "ä", "-a", ".hidden",
		strings.Repeat("x", 64), "m-0/", "m-0/../m-0",
	} {
		if err := s.Provider.Launch(t.Context(), s.Machine(name)); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("launch %q: %v, want an Invalid error", name, err)
		}
		if err := s.Provider.Terminate(t.Context(), name); err != nil {
			t.Errorf("terminate %q: %v, want none: there is no such machine", name, err)
		}
	}
	s.wantList(t, "m-0")
	s.wantOne(t, "m-0")
	s.terminate(t, "m-0")
}

func unknownSize(t *testing.T, s Subject) {
	m := s.Machine("m-0")
	m.Size = "Standard_Nope_v99"
	err := s.Provider.Launch(t.Context(), m)
	if !atelier.IsKind(err, atelier.Invalid) || !strings.Contains(err.Error(), "Standard_Nope_v99") {
		t.Errorf("launch: %v, want an Invalid error that names the size", err)
	}
	s.wantList(t)
}

// A launch that comes late must not bring a machine back: its name is used up.
func namesAreUsedOnce(t *testing.T, s Subject) {
	s.launch(t, "m-0")
	s.terminate(t, "m-0")
	_ = s.Provider.Launch(t.Context(), s.Machine("m-0")) // may be refused, may do nothing
	s.wantList(t)
	if s.Gone != nil {
		s.Gone(t, "m-0")
	}
	if s.Again == nil {
		return
	}
	_ = s.Again(t).Launch(t.Context(), s.Machine("m-0"))
	s.wantList(t)
}

func restartKeepsMachines(t *testing.T, s Subject) {
	if s.Again == nil {
		t.Skip("this provider's machines end with the process")
	}
	s.launch(t, "m-0", "m-1")
	s.Provider = s.Again(t)
	s.wantList(t, "m-0", "m-1")
	s.launch(t, "m-0")
	s.wantOne(t, "m-0")
	s.terminate(t, "m-0")
	s.wantList(t, "m-1")
	s.terminate(t, "m-1")
}

func preemptedAreGone(t *testing.T, s Subject) {
	p, ok := s.Provider.(provider.Preempter)
	if !ok {
		t.Skip("machines cannot be taken away here")
	}
	s.launch(t, "m-0", "m-1")
	for _, name := range []string{"m-0", "m-0", "never-was", "../m-1"} {
		if err := p.Preempt(t.Context(), name); err != nil {
			t.Errorf("preempt %s: %v", name, err)
		}
	}
	if s.Gone != nil {
		s.Gone(t, "m-0")
	}
	s.wantList(t, "m-1")
	s.wantOne(t, "m-1")
	s.terminate(t, "m-0")
	s.terminate(t, "m-1")
}

func catalogAgrees(t *testing.T, s Subject) {
	c, ok := s.Provider.(provider.Catalog)
	if !ok {
		t.Skip("no catalog")
	}
	sizes := c.Sizes()
	if len(sizes) == 0 {
		t.Fatal("no sizes")
	}
	for _, size := range sizes {
		got, _, err := c.Fit(strings.ToUpper(size.Name))
		if err != nil || got != size {
			t.Errorf("fit %s = %+v, %v, want %+v", size.Name, got, err, size)
		}
	}
	if _, _, err := c.Fit("Standard_Nope_v99"); !atelier.IsKind(err, atelier.Invalid) {
		t.Errorf("fit of an unknown size: %v, want Invalid", err)
	}
	s.Size = strings.ToLower(sizes[0].Name)
	s.launch(t, "m-0")
	s.terminate(t, "m-0")
}
