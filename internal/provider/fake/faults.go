package fake

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/atelier-compute/atelier/internal/provider"
)

// Faults are probabilities, each of one thing that clouds do. Zero is never.
type Faults struct {
	NoQuota      float64 // Launch: no capacity
	Invalid      float64 // Launch: refused for ever
	LaunchLost   float64 // Launch: no answer, and nothing was done
	LaunchUnsure float64 // Launch: no answer, but the machine is made
	LaunchLate   float64 // Launch: an error, and the machine is made after LateBy at most
	Double       float64 // Launch: two machines under one name, both boot
	HalfMade     float64 // the machine is listed, and never boots
	Vanish       float64 // the machine ends by itself, after VanishBy at most

	TerminateLost   float64 // Terminate: no answer, and nothing was done
	TerminateUnsure float64 // Terminate: no answer, but it is done

	ListLost float64 // List: no answer
	ListLag  float64 // List: does not show the machine for up to 10 s after it was made

	LateBy   time.Duration // 0: two minutes
	VanishBy time.Duration // 0: ten minutes
}

const maxListLag = 10 * time.Second

func (f Faults) lateBy() time.Duration {
	if f.LateBy > 0 {
		return f.LateBy
	}
	return 2 * time.Minute
}

func (f Faults) vanishBy() time.Duration {
	if f.VanishBy > 0 {
		return f.VanishBy
	}
	return 10 * time.Minute
}

func (c *Cloud) happens(p float64) bool { return p > 0 && c.Chance != nil && c.Chance(p) }

func (c *Cloud) later(d time.Duration, f func()) {
	if c.Later == nil {
		f()
		return
	}
	c.Later(d, f)
}

func (c *Cloud) between(lo, hi time.Duration) time.Duration {
	if c.Between == nil || hi <= lo {
		return lo
	}
	return c.Between(lo, hi)
}

// Instances returns what is really there and billed, hidden from List or not: how
// many instances of each name. Foreign machines are not in it.
func (c *Cloud) Instances() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := map[string]int{}
	for name, it := range c.machines {
		n[name] = it.instances
	}
	return n
}

// Machines returns the machines that are really there, in order of name.
func (c *Cloud) Machines() []provider.Machine {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ms []provider.Machine
	for _, name := range slices.Sorted(maps.Keys(c.machines)) {
		ms = append(ms, c.machines[name].Machine)
	}
	return ms
}

// Tally returns the counts so far.
func (c *Cloud) Tally() Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tally
}

// Restore puts machines into the cloud that an earlier one had, before the first
// call. Those of booting boot, as if they had just been made; they may be named in
// both.
func (c *Cloud) Restore(machines, booting []provider.Machine) {
	c.mu.Lock()
	for _, m := range slices.Concat(machines, booting) {
		if c.machines[m.Name] == nil {
			c.insert(m, false)
		}
	}
	c.mu.Unlock()
	for _, m := range booting {
		c.mu.Lock()
		it := c.machines[m.Name]
		c.mu.Unlock()
		c.later(c.between(c.BootMin, c.BootMax), func() { c.boot(it) })
	}
}

// AddForeign puts a machine into the cloud that is not ours.
func (c *Cloud) AddForeign(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.foreign == nil {
		c.foreign = map[string]bool{}
	}
	c.foreign[name] = true
}

// Preempt implements provider.Preempter.
func (c *Cloud) Preempt(_ context.Context, name string) error {
	if c.happens(c.Faults.TerminateLost) {
		return noAnswer()
	}
	c.VanishNow(name)
	if c.happens(c.Faults.TerminateUnsure) {
		return noAnswer()
	}
	return nil
}

// VanishNow ends a machine as clouds do, without being asked: a spot machine that
// is taken away, or hardware that died.
func (c *Cloud) VanishNow(name string) {
	c.mu.Lock()
	it := c.machines[name]
	c.mu.Unlock()
	if it != nil {
		c.vanish(it)
	}
}
