package local

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// A server that is killed anywhere in Launch leaves something that the next Launch
// makes one whole node of, and that Terminate removes without a trace.
func TestServerKilledDuringLaunch(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		r := rand.New(rand.NewPCG(1, 2))
		killed := 0
		for range 20 {
			p := w.fresh(t, "")
			cmd := exec.Command(p.Exe, "server", p.Dir, p.Installation, w.name)
			cmd.Env = append(os.Environ(), fastExit)
			var out bytes.Buffer
			cmd.Stderr = &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			kill := time.AfterFunc(time.Duration(r.Int64N(int64(25*time.Millisecond))), func() { _ = cmd.Process.Kill() })
			if err := cmd.Wait(); err != nil {
				killed++
			}
			kill.Stop()
			if out.Len() > 0 {
				t.Fatalf("launch: %s", out.String())
			}
			launch(t, p, "n-0")
			eventually(t, "one init is left", func() bool { return inits(p, "n-0") == 1 })
			if names, err := p.List(t.Context()); err != nil || !slices.Equal(names, []string{"n-0"}) {
				t.Errorf("list = %q, %v, want n-0", names, err)
			}
			eventually(t, "one agent is started", func() bool { return len(lines(p, "n-0", "starts")) == 1 })
			terminate(t, p, "n-0")
		}
		t.Logf("%d of 20 servers were killed before they were done", killed)
		if killed == 0 {
			t.Error("no server was killed in time: this test tested nothing")
		}
	})
}

// Terminate and Launch at once, from two servers: whoever wins, the name ends gone.
func TestTerminateWinsOverLaunch(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		for range 10 {
			p := w.fresh(t, "")
			var wg sync.WaitGroup
			wg.Go(func() { _ = p.Launch(t.Context(), machine("n-0")) }) // may be refused
			wg.Go(func() {
				if err := again(p).Terminate(t.Context(), "n-0"); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			terminate(t, p, "n-0")
			if n := inits(p, "n-0"); n > 0 {
				t.Errorf("%d inits are left", n)
			}
		}
	})
}

// A Terminate that was cut short goes on where it was.
func TestTerminateIsRepeated(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		p := w.fresh(t, "")
		launch(t, p, "n-0")
		if err := p.setGone("n-0"); err != nil {
			t.Fatal(err)
		}
		if err := p.Launch(t.Context(), machine("n-0")); err == nil {
			t.Error("a launch of a name on its way out was accepted")
		}
		if !exists(filepath.Join(p.node("n-0"), fileInit)) {
			t.Error("the refused launch removed what Terminate needs")
		}
		terminate(t, p, "n-0")
	})
}
