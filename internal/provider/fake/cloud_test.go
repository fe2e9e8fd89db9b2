package fake_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/provider/fake"
	"github.com/atelier-compute/atelier/internal/provider/providertest"
)

func TestConformance(t *testing.T) {
	providertest.Run(t, func(*testing.T) providertest.Subject {
		c := new(fake.Cloud)
		return providertest.Subject{
			Provider: c,
			Again:    func(*testing.T) provider.Provider { return c },
			Gone: func(t *testing.T, name string) {
				if n := c.Instances()[name]; n != 0 {
					t.Errorf("%d instances of %s are left", n, name)
				}
			},
			Count: func(_ *testing.T, name string) int { return c.Instances()[name] },
		}
	})
}

func machine(name string) provider.Machine {
	return provider.Machine{Name: name, Size: "Standard_DS3_v2", Priority: atelier.Dedicated}
}

// script is a clock by hand: what Later was given, in order of time.
type script struct{ todo []entry }

type entry struct {
	at time.Duration
	f  func()
}

func (s *script) later(d time.Duration, f func()) {
	s.todo = append(s.todo, entry{d, f})
	slices.SortStableFunc(s.todo, func(a, b entry) int { return int(a.at - b.at) })
}

func (s *script) until(at time.Duration) {
	for len(s.todo) > 0 && s.todo[0].at <= at {
		e := s.todo[0]
		s.todo = s.todo[1:]
		e.f()
	}
}

func always(float64) bool { return true }

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		faults  fake.Faults
		kind    atelier.Kind // of Launch's error, "" is none
		listed  int          // at once
		there   int          // instances, at once
		later   int          // instances, after all delays
		boots   int          // after all delays
		listedL int          // after all delays
	}{
		{"none", fake.Faults{}, "", 1, 1, 1, 1, 1},
		{"no-quota", fake.Faults{NoQuota: 1}, atelier.NoQuota, 0, 0, 0, 0, 0},
		{"invalid", fake.Faults{Invalid: 1}, atelier.Invalid, 0, 0, 0, 0, 0},
		{"lost-before-the-effect", fake.Faults{LaunchLost: 1}, atelier.Transient, 0, 0, 0, 0, 0},
		{"lost-after-the-effect", fake.Faults{LaunchUnsure: 1}, atelier.Transient, 1, 1, 1, 1, 1},
		{"made-after-it-said-no", fake.Faults{LaunchLate: 1}, atelier.Transient, 0, 0, 1, 1, 1},
		{"doubled", fake.Faults{Double: 1}, "", 1, 2, 2, 2, 1},
		{"half-made", fake.Faults{HalfMade: 1}, "", 1, 1, 1, 0, 1},
		{"list-lags", fake.Faults{ListLag: 1}, "", 0, 1, 1, 1, 1},
		{"vanishes", fake.Faults{Vanish: 1}, "", 1, 1, 0, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s script
			boots := 0
			cloud := &fake.Cloud{
				Faults: c.faults, Chance: always, Later: s.later,
				OnBoot: func(provider.Machine) { boots++ },
			}
			err := cloud.Launch(t.Context(), machine("m-0"))
			if c.kind == "" && err != nil || c.kind != "" && !atelier.IsKind(err, c.kind) {
				t.Errorf("launch: %v, want %q", err, c.kind)
			}
			check := func(when string, listed, there int) {
				names, _ := cloud.List(t.Context())
				if len(names) != listed || cloud.Instances()["m-0"] != there {
					t.Errorf("%s: listed %q, there %v; want %d and %d", when, names, cloud.Instances(), listed, there)
				}
			}
			check("at once", c.listed, c.there)
			s.until(time.Hour)
			check("later", c.listedL, c.later)
			if boots != c.boots {
				t.Errorf("%d boots, want %d", boots, c.boots)
			}
		})
	}
}

func TestTerminateFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults fake.Faults
		left   int
	}{
		{"lost-before-the-effect", fake.Faults{TerminateLost: 1}, 1},
		{"lost-after-the-effect", fake.Faults{TerminateUnsure: 1}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			gone := 0
			cloud := &fake.Cloud{Faults: c.faults, Chance: always, OnGone: func(string) { gone++ }}
			if err := cloud.Launch(t.Context(), machine("m-0")); err != nil {
				t.Fatal(err)
			}
			if err := cloud.Terminate(t.Context(), "m-0"); !atelier.IsKind(err, atelier.Transient) {
				t.Errorf("terminate: %v, want Transient", err)
			}
			if n := cloud.Instances()["m-0"]; n != c.left || gone != 1-c.left {
				t.Errorf("%d instances left and %d told gone, want %d and %d", n, gone, c.left, 1-c.left)
			}
		})
	}
}

// The leak that a reaper is for: the machine comes after everybody gave it up.
func TestLateMachineComesAfterTerminate(t *testing.T) {
	var s script
	cloud := &fake.Cloud{Faults: fake.Faults{LaunchLate: 1}, Chance: always, Later: s.later}
	_ = cloud.Launch(t.Context(), machine("m-0"))
	if err := cloud.Terminate(t.Context(), "m-0"); err != nil {
		t.Fatal(err)
	}
	s.until(time.Hour)
	if names, _ := cloud.List(t.Context()); !slices.Equal(names, []string{"m-0"}) {
		t.Fatalf("list = %q, want the late machine", names)
	}
	if err := cloud.Terminate(t.Context(), "m-0"); err != nil || len(cloud.Instances()) != 0 {
		t.Errorf("the late machine stays: %v, %v", err, cloud.Instances())
	}
}

func TestTerminatedMachineDoesNotBoot(t *testing.T) {
	var s script
	boots := 0
	cloud := &fake.Cloud{BootMin: time.Minute, Later: s.later, OnBoot: func(provider.Machine) { boots++ }}
	_ = cloud.Launch(t.Context(), machine("m-0"))
	_ = cloud.Terminate(t.Context(), "m-0")
	s.until(time.Hour)
	if boots != 0 {
		t.Errorf("%d boots of a machine that was terminated before", boots)
	}
}

func TestForeignMachines(t *testing.T) {
	cloud := new(fake.Cloud)
	cloud.AddForeign("theirs")
	_ = cloud.Launch(t.Context(), machine("ours"))
	if names, _ := cloud.List(t.Context()); !slices.Equal(names, []string{"ours"}) {
		t.Errorf("list = %q, want only ours", names)
	}
	_ = cloud.Terminate(t.Context(), "ours")
	if n := cloud.Tally().ForeignTouched; n != 0 {
		t.Errorf("%d touches of foreign machines, want 0", n)
	}
	_ = cloud.Terminate(t.Context(), "theirs")
	if n := cloud.Tally().ForeignTouched; n != 1 {
		t.Errorf("a touch of a foreign machine was not counted")
	}
}

// One seed, one story.
func TestSeedReplays(t *testing.T) {
	story := func(seed uint64) (told []string) {
		r := rand.New(rand.NewPCG(seed, 0))
		var s script
		f := fake.Faults{
			NoQuota: .1, LaunchLost: .1, LaunchUnsure: .1, LaunchLate: .1, Double: .1, HalfMade: .1, Vanish: .1,
			TerminateLost: .1, TerminateUnsure: .1, ListLost: .1, ListLag: .1,
		}
		cloud := &fake.Cloud{
			Faults: f, Later: s.later, BootMax: time.Minute,
			Chance:  func(p float64) bool { return r.Float64() < p },
			Between: func(lo, hi time.Duration) time.Duration { return lo + time.Duration(r.Int64N(int64(hi-lo))) },
			OnBoot:  func(m provider.Machine) { told = append(told, "boot "+m.Name) },
			OnGone:  func(name string) { told = append(told, "gone "+name) },
		}
		for i := range 200 {
			name := fmt.Sprintf("m-%d", r.IntN(20))
			switch r.IntN(3) {
			case 0:
				told = append(told, fmt.Sprint("launch ", name, cloud.Launch(t.Context(), machine(name))))
			case 1:
				told = append(told, fmt.Sprint("terminate ", name, cloud.Terminate(t.Context(), name)))
			default:
				names, err := cloud.List(t.Context())
				told = append(told, fmt.Sprint("list ", names, err))
			}
			s.until(time.Duration(i) * time.Second)
		}
		return told
	}
	for seed := range uint64(20) {
		if a, b := story(seed), story(seed); !slices.Equal(a, b) {
			t.Fatalf("seed %d told two stories", seed)
		}
	}
	if slices.Equal(story(1), story(2)) {
		t.Error("two seeds told one story: chance is not used")
	}
}
