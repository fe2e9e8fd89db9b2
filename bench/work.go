package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/atelier-compute/atelier/internal/client"
)

// fresh starts a server on a new data directory.
func (b *bench) fresh(ctx context.Context, name string) (*server, error) {
	s, _, err := b.up(ctx, filepath.Join(b.dir, name))
	return s, err
}

// cluster makes a cluster and waits until it stands with the nodes it starts with.
func (s *server) cluster(ctx context.Context, name string, least, most int) error {
	body := client.Compute{Location: "local", Properties: client.ComputeProperties{
		ComputeType: "AmlCompute",
		Properties: &client.Cluster{
			VMSize: "Local", VMPriority: "Dedicated",
			ScaleSettings: &client.ScaleSettings{MinNodeCount: least, MaxNodeCount: most, NodeIdleTimeBeforeScaleDown: "PT10M"},
		},
	}}
	if _, _, err := s.PutCompute(ctx, name, body); err != nil {
		return fmt.Errorf("make cluster %s: %w", name, err)
	}
	err := wait(ctx, time.Minute, func() bool {
		c, err := s.Compute(ctx, name)
		if err != nil || c.Properties.ProvisioningState != "Succeeded" || c.Properties.Properties == nil {
			return false
		}
		counts := c.Properties.Properties.NodeStateCounts
		return least == 0 || counts != nil && counts.Idle >= least
	})
	if err != nil {
		return fmt.Errorf("wait for cluster %s: %w", name, err)
	}
	return nil
}

// job is the body of a command job on the cluster, with the node's own Python.
func (s *server) job(cluster, command string) client.Job {
	return client.Job{Properties: client.JobProperties{
		JobType: "Command", Command: command, ExperimentName: "bench", ComputeID: s.Path("computes", cluster),
	}}
}

// ended waits for the job to be over and wants it completed.
func (s *server) ended(ctx context.Context, name string) error {
	var last *client.Job
	err := wait(ctx, time.Minute, func() bool {
		j, err := s.Job(ctx, name)
		if err == nil {
			last = j
		}
		return err == nil && client.Terminal(j.Properties.Status)
	})
	switch {
	case err != nil:
		return fmt.Errorf("wait for job %s: %w", name, err)
	case last.Properties.Status != "Completed":
		return fmt.Errorf("job %s ended as %s", name, last.Properties.Status)
	}
	return nil
}

// blocked makes a cluster whose one node is taken for an hour, so that whatever is
// submitted to it stays queued.
func (s *server) blocked(ctx context.Context, cluster string) error {
	if err := s.cluster(ctx, cluster, 1, 1); err != nil {
		return err
	}
	if _, err := s.PutJob(ctx, cluster+"-blocker", s.job(cluster, "sleep 3600")); err != nil {
		return fmt.Errorf("submit the blocker: %w", err)
	}
	return wait(ctx, 30*time.Second, func() bool {
		j, err := s.Job(ctx, cluster+"-blocker")
		return err == nil && j.Properties.Status == "Running"
	})
}

// perCall is how many jobs one batch call submits here.
const perCall = 5000

// queue submits n jobs to a blocked cluster in batch calls.
func (s *server) queue(ctx context.Context, cluster string, n int) error {
	body := s.job(cluster, "true").Properties
	for at := 0; at < n; at += perCall {
		var batch []client.BatchJob
		for i := at; i < min(at+perCall, n); i++ {
			batch = append(batch, client.BatchJob{Name: queued(i), Properties: body})
		}
		if _, err := s.SubmitJobs(ctx, batch); err != nil {
			return fmt.Errorf("submit a batch: %w", err)
		}
	}
	return nil
}

func queued(i int) string { return fmt.Sprintf("queued-%06d", i) }

// firstByte tells when something is written to it for the first time.
type firstByte struct {
	at   chan time.Time
	done bool
}

func newFirstByte() *firstByte { return &firstByte{at: make(chan time.Time, 1)} }

func (f *firstByte) Write(p []byte) (int, error) {
	if len(p) > 0 && !f.done {
		f.done = true
		f.at <- time.Now()
	}
	return len(p), nil
}

// firstOutput submits a job and returns how long it took until its first output
// could be read through the API.
func (s *server) firstOutput(ctx context.Context, cluster, name string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	first := newFirstByte()
	began := time.Now()
	if _, err := s.PutJob(ctx, name, s.job(cluster, "echo out")); err != nil {
		return 0, fmt.Errorf("submit %s: %w", name, err)
	}
	end := make(chan error, 1)
	go func() { end <- s.Output(ctx, name, true, first) }()
	if err := <-end; err != nil {
		return 0, fmt.Errorf("follow %s: %w", name, err)
	}
	select {
	case at := <-first.at:
		return at.Sub(began), s.ended(ctx, name)
	default:
		return 0, fmt.Errorf("job %s ended without output", name)
	}
}
