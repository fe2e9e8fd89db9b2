package compute

import (
	"fmt"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
)

// TestReasons: each way in which machines do not come about has its own code.
func TestReasons(t *testing.T) {
	for _, tt := range []struct {
		name   string
		nodes  string
		status atelier.ComputeStatus
		after  time.Duration
		want   string
	}{
		{"nothing-is-wanted", "ready", atelier.ComputeStatus{}, 0, "[]"},
		{"they-start", "booting", atelier.ComputeStatus{}, 0, "[ScalingUp false nodes/n0]"},
		{"no-capacity", "booting wanted", atelier.ComputeStatus{LaunchFails: 1, LaunchKind: atelier.NoQuota}, 0, "[NoCapacity true nodes/n1]"},
		{"no-capacity-as-older-versions-noted-it", "wanted", atelier.ComputeStatus{LaunchFails: 1}, 0, "[NoCapacity true nodes/n0]"},
		{"never-possible", "wanted", atelier.ComputeStatus{LaunchFails: 1, LaunchKind: atelier.Invalid}, 0, "[ComputeFailed true nodes/n0]"},
		{"no-answer", "wanted", atelier.ComputeStatus{LaunchFails: 3, LaunchKind: atelier.Transient}, 0, "[ComputeFailed false nodes/n0]"},
		{"refused-and-not-wanted-any-more", "ready", atelier.ComputeStatus{LaunchFails: 3, LaunchKind: atelier.Invalid}, 0, "[]"},
		{"agents-do-not-report", "booting", atelier.ComputeStatus{}, 10 * time.Minute, "[ComputeFailed true nodes/gpu-u-0]"},
		{"the-next-one-boots", "booting", atelier.ComputeStatus{BootFails: 1}, 0, "[ComputeFailed true nodes/n0]"},
		{"one-reports", "ready booting", atelier.ComputeStatus{BootFails: 1}, 0, "[ScalingUp false nodes/n1]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := cluster(0, 4)
			c.Status = tt.status
			c.Status.State, c.Status.Observed = atelier.Succeeded, 1
			if tt.status.LaunchFails+tt.status.BootFails > 0 {
				c.Status.Errors = []atelier.Problem{{Code: "Why", Message: "why"}}
			}
			if tt.status.BootFails > 0 {
				c.Status.Errors[0].Code = codeNoBoot
			}
			p := Decide(Snapshot{Compute: c, Nodes: nodes(tt.nodes), Demand: len(nodes(tt.nodes)), Limits: DefaultLimits}, t0.Add(tt.after))
			got := []string{}
			for _, r := range p.Status.Reasons {
				got = append(got, fmt.Sprint(r.Code, " ", r.Blocking, " nodes/", atelier.ID(r.Evidence[0]).Name()))
				if len(r.Params) == 0 || r.Message == "" || r.Since.IsZero() {
					t.Errorf("%+v says too little", r)
				}
			}
			if fmt.Sprint(got) != tt.want {
				t.Errorf("reasons %v, want %s", got, tt.want)
			}
			if tt.name == "one-reports" && (p.Status.BootFails > 0 || len(p.Status.Errors) > 0) {
				t.Errorf("after one reported: %d, %v", p.Status.BootFails, p.Status.Errors)
			}
		})
	}
}

// A cluster whose provisioning failed says so even when nothing is under way.
func TestReasonOfAFailedCluster(t *testing.T) {
	c := cluster(1, 1)
	p := Decide(Snapshot{Compute: c, Nodes: nodes("leaving"), Limits: DefaultLimits}, t0.Add(DefaultLimits.Provision))
	if r := p.Status.Reasons; p.Status.State != atelier.Failed || len(r) != 1 || r[0].Code != atelier.ReasonComputeFailed || !r[0].Blocking || r[0].Params["cause"] != "ProvisioningTimedOut" {
		t.Errorf("%s with %+v", p.Status.State, r)
	}
}
