package local

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestLaunchTime prints how long nodes take until their init runs; machines differ,
// so it asserts nothing but that they come.
func TestLaunchTime(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		p := w.fresh(t, "")
		p.machine()
		var launches, ends []time.Duration
		for i := range 7 {
			name := fmt.Sprintf("n-%d", i)
			begin := time.Now()
			launch(t, p, name)
			launches = append(launches, time.Since(begin))
			begin = time.Now()
			terminate(t, p, name)
			ends = append(ends, time.Since(begin))
		}
		slices.Sort(launches)
		slices.Sort(ends)
		t.Logf("launch median %s, slowest %s; terminate median %s", launches[3], launches[6], ends[3])
	})
}
