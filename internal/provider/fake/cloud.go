// Package fake is a cloud in memory, for tests and the simulation: deterministic,
// plain calls, no goroutines, and as treacherous as its Faults ask for. Chance and
// delays come from outside, so that one seed always gives the same story.
package fake

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
)

// Cloud is a provider.Provider. The zero value is a cloud without faults whose
// machines boot nothing by themselves. The hooks are called without its lock held
// and may call the Cloud.
type Cloud struct {
	Faults Faults

	// Chance says whether something of probability p happens; nil: never.
	Chance func(p float64) bool

	// Later calls f after d; nil: at once.
	Later func(d time.Duration, f func())

	// Between picks a delay; nil: lo.
	Between func(lo, hi time.Duration) time.Duration

	// OnBoot is called for each machine that boots, BootTime after it was made. A
	// doubled machine boots twice, each time with an agent that says hello.
	OnBoot func(m provider.Machine)

	// OnGone is called when all machines of the name stopped to be: terminated, or
	// vanished. Agents that OnBoot started end here.
	OnGone func(name string)

	// BootMin and BootMax bound the time from a machine's making to its boot.
	BootMin, BootMax time.Duration

	// Catalog is what the cloud has; nil: Azure's sizes.
	Catalog []atelier.Size

	// Capacity is how many machines of a size the cloud has in all, if that is known;
	// nil: of each as many as are asked for. What Faults make late comes beyond it.
	Capacity func(s atelier.Size) (n int, known bool)

	mu       sync.Mutex
	machines map[string]*machine
	foreign  map[string]bool
	used     map[string]bool // names that were terminated
	volumes  map[string]bool
	tally    Tally
}

type machine struct {
	provider.Machine
	instances int
	hidden    bool // List does not show it yet
}

// Tally counts what happened in the cloud.
type Tally struct {
	Launches       int // calls of Launch
	Made           int // instances that came to be
	Doubled        int // of those, second ones of a name
	Late           int // of those, made after Launch had said no
	Terminated     int // instances that Terminate ended
	Vanished       int // machines that ended by themselves
	ForeignTouched int // calls of Terminate for machines that are not ours: must stay 0
}

var (
	_ provider.Provider = (*Cloud)(nil)
	_ provider.Catalog  = (*Cloud)(nil)
	_ provider.Volumes  = (*Cloud)(nil)
	_ provider.Capacity = (*Cloud)(nil)

	_ provider.Preempter = (*Cloud)(nil)
)

// Launch implements provider.Provider.
func (c *Cloud) Launch(_ context.Context, m provider.Machine) error {
	if err := provider.CheckName(m.Name); err != nil {
		return err
	}
	if _, _, err := c.Fit(m.Size); err != nil {
		return err
	}
	if m.Volume != "" {
		if err := provider.CheckName(m.Volume); err != nil {
			return err
		}
	}
	c.mu.Lock()
	c.tally.Launches++
	used, have := c.used[m.Name], c.machines[m.Name] != nil
	c.mu.Unlock()
	switch {
	case used:
		return atelier.Errorf(atelier.Conflict, "MachineNameUsed", "a machine called %s was terminated; names are used once", m.Name)
	case have && c.happens(c.Faults.Double):
		return c.create(m, false)
	case have:
		return nil
	case c.happens(c.Faults.NoQuota):
		return noCapacity(m.Size)
	case c.happens(c.Faults.Invalid):
		return atelier.Errorf(atelier.Invalid, "InvalidVMSize", "size %s cannot be made here; use another", m.Size)
	case c.happens(c.Faults.LaunchLost):
		return noAnswer()
	case c.happens(c.Faults.LaunchUnsure):
		_ = c.create(m, false) // nobody hears the answer
		return noAnswer()
	case c.happens(c.Faults.LaunchLate):
		c.later(c.between(time.Second, c.Faults.lateBy()), func() { _ = c.create(m, true) })
		return noAnswer()
	}
	if err := c.create(m, false); err != nil {
		return err
	}
	if c.happens(c.Faults.Double) {
		return c.create(m, false)
	}
	return nil
}

func noCapacity(size string) error {
	return atelier.Errorf(atelier.NoQuota, "AllocationFailed", "there is no capacity for %s now; wait, or use another size", size)
}

func noAnswer() error {
	return atelier.Errorf(atelier.Transient, "ProviderTimeout", "the provider did not answer in time; the call is repeated")
}

// create makes an instance. Late ones come even when the name was terminated in
// the meantime: that is how clouds leak machines.
func (c *Cloud) create(m provider.Machine, late bool) error {
	again := late && c.happens(c.Faults.Double)
	c.mu.Lock()
	it := c.machines[m.Name]
	if it != nil && late && !again { // a repeat was quicker, and the cloud joined the two
		c.mu.Unlock()
		return nil
	}
	if n, known := c.free(m.Size); known && n < 1 && it == nil && !late {
		c.mu.Unlock()
		return noCapacity(m.Size)
	}
	it = c.insert(m, late)
	c.mu.Unlock()

	if c.happens(c.Faults.ListLag) {
		c.setHidden(it, true)
		c.later(c.between(time.Second, maxListLag), func() { c.setHidden(it, false) })
	}
	if c.happens(c.Faults.HalfMade) {
		return nil // listed and billed, and never boots
	}
	c.later(c.between(c.BootMin, c.BootMax), func() { c.boot(it) })
	if c.happens(c.Faults.Vanish) {
		c.later(c.between(time.Second, c.Faults.vanishBy()), func() { c.vanish(it) })
	}
	return nil
}

// insert adds an instance. The lock is held.
func (c *Cloud) insert(m provider.Machine, late bool) *machine {
	it := c.machines[m.Name]
	c.tally.Made++
	if m.Volume != "" {
		if c.volumes == nil {
			c.volumes = map[string]bool{}
		}
		c.volumes[m.Volume] = true
	}
	if late {
		c.tally.Late++
	}
	if it == nil {
		it = &machine{Machine: m}
		if c.machines == nil {
			c.machines = map[string]*machine{}
		}
		c.machines[m.Name] = it
	} else {
		c.tally.Doubled++
	}
	it.instances++
	return it
}

func (c *Cloud) setHidden(it *machine, hidden bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	it.hidden = hidden
}

func (c *Cloud) boot(it *machine) {
	if c.lives(it) && c.OnBoot != nil {
		c.OnBoot(it.Machine)
	}
}

func (c *Cloud) vanish(it *machine) {
	if !c.lives(it) {
		return
	}
	c.mu.Lock()
	delete(c.machines, it.Name)
	c.tally.Vanished++
	c.mu.Unlock()
	if c.OnGone != nil {
		c.OnGone(it.Name)
	}
}

func (c *Cloud) lives(it *machine) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.machines[it.Name] == it
}

// Terminate implements provider.Provider.
func (c *Cloud) Terminate(_ context.Context, name string) error {
	if provider.CheckName(name) != nil {
		return nil // there is no such machine
	}
	if c.happens(c.Faults.TerminateLost) {
		return noAnswer()
	}
	c.mu.Lock()
	if c.foreign[name] {
		c.tally.ForeignTouched++
	}
	it := c.machines[name]
	if it != nil {
		c.tally.Terminated += it.instances
		delete(c.machines, name)
	}
	if c.used == nil {
		c.used = map[string]bool{}
	}
	c.used[name] = true
	c.mu.Unlock()
	if it != nil && c.OnGone != nil {
		c.OnGone(name)
	}
	if c.happens(c.Faults.TerminateUnsure) {
		return noAnswer()
	}
	return nil
}

// List implements provider.Provider. Machines of others are in the cloud, without
// our tag, and not in the list.
func (c *Cloud) List(context.Context) ([]string, error) {
	if c.happens(c.Faults.ListLost) {
		return nil, noAnswer()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(c.machines)) {
		if !c.machines[name].hidden {
			names = append(names, name)
		}
	}
	return names, nil
}

// DeleteVolume implements provider.Volumes.
func (c *Cloud) DeleteVolume(_ context.Context, name string) error {
	if c.happens(c.Faults.TerminateLost) {
		return noAnswer()
	}
	c.mu.Lock()
	delete(c.volumes, name)
	c.mu.Unlock()
	if c.happens(c.Faults.TerminateUnsure) {
		return noAnswer()
	}
	return nil
}

// ListVolumes implements provider.Volumes.
func (c *Cloud) ListVolumes(context.Context) ([]string, error) {
	if c.happens(c.Faults.ListLost) {
		return nil, noAnswer()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.volumes)), nil
}

// Free implements provider.Capacity.
func (c *Cloud) Free(size string) (n int, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.free(size)
}

func (c *Cloud) free(size string) (n int, known bool) {
	if c.Capacity == nil {
		return 0, false
	}
	s, _, err := c.Fit(size)
	if err != nil {
		return 0, false
	}
	if n, known = c.Capacity(s); !known {
		return 0, false
	}
	for _, it := range c.machines {
		if strings.EqualFold(it.Size, size) {
			n -= it.instances
		}
	}
	return max(n, 0), true
}

// Sizes implements provider.Catalog.
func (c *Cloud) Sizes() []atelier.Size {
	if c.Catalog != nil {
		return slices.Clone(c.Catalog)
	}
	return provider.AzureSizes()
}

// Fit implements provider.Catalog: a cloud's machines are what their size says.
func (c *Cloud) Fit(size string) (atelier.Size, string, error) {
	s, err := provider.FindSize(c.Sizes(), size)
	return s, "", err
}
