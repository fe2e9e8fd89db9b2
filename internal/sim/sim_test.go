package sim_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/atelier-compute/atelier/internal/sim"
)

// long is the time with faults of each world, in simulated time.
const long = 30 * time.Minute

// TestSeeds runs many worlds, each twice. A failing seed replays alone, and tells
// all that happens, with
//
//	SIMSEED=n go test -run TestSeeds -v ./internal/sim
func TestSeeds(t *testing.T) {
	from, to := uint64(1), uint64(1000)
	if testing.Short() {
		to = 50
	}
	one, err := strconv.ParseUint(os.Getenv("SIMSEED"), 10, 64)
	if replay := err == nil; replay {
		w := sim.New(one, long)
		w.Trace = func(line string) { fmt.Println(line) }
		if bad, _ := w.Run(); len(bad) > 0 {
			t.Fatalf("SIMSEED=%d: %s", one, bad[0])
		}
		return
	}
	const chunk = 25
	for first := from; first <= to; first += chunk {
		t.Run(fmt.Sprintf("from-%d", first), func(t *testing.T) {
			t.Parallel()
			for seed := first; seed < min(first+chunk, to+1); seed++ {
				twice(t, seed)
			}
		})
	}
}

func twice(t *testing.T, seed uint64) {
	bad, trace := sim.New(seed, long).Run()
	if len(bad) > 0 {
		t.Errorf("SIMSEED=%d: %s", seed, bad[0])
		return
	}
	if _, again := sim.New(seed, long).Run(); again != trace {
		t.Errorf("SIMSEED=%d does not replay: %x, then %x", seed, trace, again)
	}
}

// TestEveryCrashPoint crashes one calm world at each of its crash points in turn.
func TestEveryCrashPoint(t *testing.T) {
	const seed, long = 7, 5 * time.Minute
	for n := 1; ; n++ {
		w := sim.New(seed, long)
		w.Calm, w.CrashAt = true, n
		if bad, _ := w.Run(); len(bad) > 0 {
			t.Fatalf("crash at point %d: %s", n, bad[0])
		}
		if w.Points < n {
			t.Logf("%d crash points", n-1)
			if n < 50 {
				t.Errorf("only %d crash points: the world does too little to prove anything", n-1)
			}
			return
		}
		if testing.Short() && n > 100 {
			return
		}
	}
}
