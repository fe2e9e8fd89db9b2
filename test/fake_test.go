package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier/internal/client"
)

// nodesBy are the names of the cluster's nodes by the job that they run, and those
// that run none below "".
func nodesBy(t *testing.T, c *client.Client, compute string) map[string][]string {
	t.Helper()
	by := map[string][]string{}
	nodes, err := client.Collect(c.Nodes(t.Context(), compute), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		by[n.RunID] = append(by[n.RunID], n.NodeID)
	}
	return by
}

func reasonsOf(t *testing.T, c *client.Client, job string) (codes []string) {
	t.Helper()
	why, err := c.WhyJob(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range why.Reasons {
		codes = append(codes, r.Code)
	}
	return codes
}

// TestFakeLocation sees the pretend cloud through the real binary: capacity that ends,
// machines that are taken away and drained, nodes over time, and a restart.
func TestFakeLocation(t *testing.T) {
	flags := []string{"--fake-location", "--fake-boot", "300ms", "--listen", freeAddress(t)}
	s := start(t, flags...)
	c := s.client(t)
	run := func(args ...string) {
		t.Helper()
		if _, errs, code := s.cli(t, args...); code != 0 {
			t.Fatalf("atelier %s: %d %s", strings.Join(args, " "), code, errs)
		}
	}
	run("compute", "create", "cluster", "gpu", "--location", "fake", "--size", "Standard_NC6s_v3", "--max", "6", "--idle", "1s")
	for i := range 5 {
		run("job", "run", "--data-dir", s.dir, "--compute", "gpu", "--no-stream", "--name", fmt.Sprintf("j%d", i), "--", "sh", "-c", "sleep 600")
	}
	var waits string
	eventually(t, "four jobs run and one waits for capacity", func() bool {
		by := nodesBy(t, c, "gpu")
		running := 0
		for i := range 5 {
			if job := fmt.Sprintf("j%d", i); len(by[job]) == 1 {
				running++
			} else {
				waits = job
			}
		}
		return running == 4 && slices.Contains(reasonsOf(t, c, waits), "NoCapacity")
	})
	nodes, err := client.Collect(c.Nodes(t.Context(), "gpu"), 0)
	nodes = slices.DeleteFunc(nodes, func(n *client.Node) bool { return n.RunID == "" }) // any of them may be the refused one
	if err != nil || len(nodes) != 4 || nodes[0].Host == nil || nodes[0].Host.GPUs != 1 || nodes[0].Host.VCPUs != 6 {
		t.Fatalf("the nodes are not what their size promises: %+v, %v", nodes, err)
	}

	taken := nodes[0].RunID
	run("compute", "node", "preempt", "gpu", nodes[0].NodeID)
	eventually(t, "the job whose node was taken away waits again, or runs elsewhere", func() bool {
		at := nodesBy(t, c, "gpu")[taken]
		return slices.Contains(reasonsOf(t, c, taken), "Preempted") || len(at) == 1 && at[0] != nodes[0].NodeID
	})

	s.down(t) // machines live on
	s.up(t, flags...)
	c = s.client(t)
	eventually(t, "four jobs run after the restart", func() bool {
		by := nodesBy(t, c, "gpu")
		delete(by, "")
		return len(by) == 4
	})
	for i := range 5 {
		run("job", "cancel", fmt.Sprintf("j%d", i))
	}
	run("compute", "create", "cluster", "cpu", "--location", "fake", "--size", "Standard_DS3_v2", "--min", "1", "--max", "2")
	first := nodesBy(t, c, "cpu")[""]
	if len(first) != 1 {
		t.Fatalf("nodes %v, want one that is idle", first)
	}
	run("compute", "node", "drain", "cpu", first[0])
	eventually(t, "another node takes the place of the drained one", func() bool {
		now := nodesBy(t, c, "cpu")[""]
		return len(now) == 1 && now[0] != first[0]
	})

	series, err := c.Series(t.Context(), "gpu", client.SeriesQuery{From: time.Now().Add(-time.Hour), Points: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var most client.SeriesPoint
	for _, p := range series.Points() {
		most.Target, most.Running = max(most.Target, p.Target), max(most.Running, p.Running)
		most.Preparing, most.Preempted = max(most.Preparing, p.Preparing), max(most.Preempted, p.Preempted)
	}
	if most.Target != 5 || most.Running != 4 || most.Preparing < 1 || most.Preempted != 1 {
		t.Errorf("over time there were at most %+v; want a target of 5, 4 running, some preparing, 1 preempted", most)
	}
}
