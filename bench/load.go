package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/atelier-compute/atelier/internal/client"
)

// many is how many jobs are queued where the budget says 100,000.
func (b *bench) many() int { return b.rounds(100_000, 20_000) }

func (b *bench) loaded(ctx context.Context, name string) (*server, error) {
	s, err := b.fresh(ctx, name)
	if err != nil {
		return nil, err
	}
	if err = s.blocked(ctx, name); err == nil {
		err = s.queue(ctx, name, b.many())
	}
	if err != nil {
		s.down(ctx)
		return nil, err
	}
	return s, nil
}

// api measures latencies under requests that come whether or not the last ones were
// answered, each from the moment it was due.
func (b *bench) api(ctx context.Context) error {
	s, err := b.loaded(ctx, "api")
	if err != nil {
		return err
	}
	defer s.down(ctx)
	i := 0
	alone, err := repeat(200, func() error {
		i++
		_, err := s.Job(ctx, queued(i*7919%b.many()))
		return err
	})
	if err != nil {
		return err
	}
	b.report.add(line{what: "API, one GET at a time, median", value: ms(alone), unit: "ms", note: fmt.Sprintf("%d jobs", b.many())})
	p99s := map[string][]float64{}
	for round := range 5 {
		took, err := s.openLoop(ctx, 500, time.Duration(b.rounds(8, 2))*time.Second, round, b.many())
		if err != nil {
			return err
		}
		for what, list := range took {
			p99s[what] = append(p99s[what], ms(quantile(list, 0.99)))
		}
	}
	note := fmt.Sprintf("500 requests/s, %d jobs, 1 node", b.many())
	for _, l := range []line{{what: "GET", budget: 10}, {what: "PUT", budget: 25}, {what: "list of 50", budget: 25}} {
		b.report.add(line{what: "API p99, " + l.what, value: median(p99s[l.what]), budget: l.budget, unit: "ms", note: note})
	}
	return nil
}

// openLoop sends eight reads, one write and one list in every ten requests.
func (s *server) openLoop(ctx context.Context, rate int, span time.Duration, round, jobs int) (map[string][]time.Duration, error) {
	type result struct {
		what string
		took time.Duration
		err  error
	}
	n := int(span.Seconds() * float64(rate))
	results := make(chan result, n)
	body := s.job("api", "true")
	var wg sync.WaitGroup
	began := time.Now()
	for i := range n {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		wg.Go(func() {
			var err error
			what := "GET"
			switch i % 10 {
			case 3:
				what = "PUT"
				_, err = s.PutJob(ctx, fmt.Sprintf("put-%d-%d", round, i), body)
			case 7:
				what = "list of 50"
				_, err = client.Collect(s.Jobs(ctx, client.JobQuery{Top: 50}), 50)
			default:
				_, err = s.Job(ctx, queued(i*7919%jobs))
			}
			results <- result{what, time.Since(due), err}
		})
	}
	wg.Wait()
	close(results)
	took := map[string][]time.Duration{}
	for r := range results {
		if r.err != nil {
			return nil, fmt.Errorf("%s: %w", r.what, r.err)
		}
		took[r.what] = append(took[r.what], r.took)
	}
	return took, nil
}

// memory measures what stays resident.
func (b *bench) memory(ctx context.Context) error {
	s, err := b.fresh(ctx, "memory")
	if err != nil {
		return err
	}
	defer s.down(ctx)
	settle := time.Duration(b.rounds(10, 2)) * time.Second
	pid := s.cmd.Process.Pid
	idle, err := settled(ctx, pid, "VmRSS", settle)
	if err != nil {
		return err
	}
	b.report.add(line{what: "idle server, resident", value: idle / 1e6, budget: 40, unit: "MB"})

	if err := s.blocked(ctx, "memory"); err != nil {
		return err
	}
	if err := b.agentMemory(s); err != nil {
		return err
	}
	before, err := settled(ctx, pid, "RssAnon", settle)
	if err != nil {
		return err
	}
	if err := s.queue(ctx, "memory", b.many()); err != nil {
		return err
	}
	// The collector gives memory back two minutes after its last forced run.
	after, err := settled(ctx, pid, "RssAnon", time.Duration(b.rounds(150, 5))*time.Second)
	if err != nil {
		return err
	}
	b.report.add(line{what: "per queued job, resident", value: (after - before) / 1e3 / float64(b.many()), budget: 2, unit: "KB", note: fmt.Sprintf("%d jobs", b.many())})
	return nil
}

func (b *bench) agentMemory(s *server) error {
	var list []float64
	for _, pid := range s.nodeProcesses(" agent ") {
		rss, err := resident(pid, "VmRSS")
		if err != nil {
			return err
		}
		list = append(list, rss/1e6)
	}
	if len(list) == 0 {
		return fmt.Errorf("no agent process found below %s", s.dir)
	}
	b.report.add(line{what: "agent, resident", value: median(list), budget: 15, unit: "MB"})
	return nil
}

// settled is the least that the process holds within a while.
func settled(ctx context.Context, pid int, field string, span time.Duration) (least float64, err error) {
	for end := time.Now().Add(span); time.Now().Before(end); {
		v, err := resident(pid, field)
		if err != nil {
			return 0, err
		}
		if least == 0 || v < least {
			least = v
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return least, nil
}

// recovery measures a start after kill -9.
func (b *bench) recovery(ctx context.Context) error {
	s, err := b.loaded(ctx, "recovery")
	if err != nil {
		return err
	}
	defer func() { s.down(ctx) }()
	var reads, writes []time.Duration
	for round := range 5 {
		s.kill()
		began := time.Now()
		next, _, err := b.up(ctx, filepath.Join(b.dir, "recovery"))
		if err != nil {
			return err
		}
		s = next
		if _, err := s.Job(ctx, queued(b.many()/2)); err != nil {
			return fmt.Errorf("an acknowledged job is gone: %w", err)
		}
		reads = append(reads, time.Since(began))
		if _, err := s.PutJob(ctx, fmt.Sprintf("after-%d", round), s.job("recovery", "true")); err != nil {
			return err
		}
		writes = append(writes, time.Since(began))
	}
	note := fmt.Sprintf("%d jobs", b.many())
	b.report.add(line{what: "after kill -9, first read", value: quantile(reads, 0.5).Seconds(), budget: 0.5, unit: "s", note: note})
	b.report.add(line{what: "after kill -9, first write", value: quantile(writes, 0.5).Seconds(), budget: 0.7, unit: "s", note: note})
	return nil
}

// stamps takes lines that are times and keeps how old each was when it came.
type stamps struct {
	rest []byte
	ages []time.Duration
}

func (s *stamps) Write(p []byte) (int, error) {
	now := time.Now().UnixNano()
	s.rest = append(s.rest, p...)
	for {
		text, rest, ok := bytes.Cut(s.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		s.rest = rest
		if written, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			s.ages = append(s.ages, time.Duration(now-written))
		}
	}
}

// logs measures from a line's writing in a job to a follower's reading it.
func (b *bench) logs(ctx context.Context) error {
	s, err := b.fresh(ctx, "logs")
	if err != nil {
		return err
	}
	defer s.down(ctx)
	if err := s.cluster(ctx, "logs", 1, 1); err != nil {
		return err
	}
	script := fmt.Sprintf("python3 -c 'import time\nfor _ in range(%d):\n print(time.time_ns(), flush=True)\n time.sleep(0.013)'", b.rounds(300, 60))
	var all []time.Duration
	var medians []float64
	for round := range 5 {
		name := fmt.Sprint("logs-", round)
		if _, err := s.PutJob(ctx, name, s.job("logs", script)); err != nil {
			return err
		}
		seen := &stamps{}
		if err := s.Output(ctx, name, true, seen); err != nil {
			return err
		}
		if len(seen.ages) == 0 {
			return fmt.Errorf("job %s wrote no times", name)
		}
		all = append(all, seen.ages...)
		medians = append(medians, ms(quantile(seen.ages, 0.5)))
	}
	b.report.add(line{what: "log line written → read by a follower, median", value: median(medians), budget: 10, unit: "ms"})
	b.report.add(line{what: "log line written → read by a follower, p99", value: ms(quantile(all, 0.99)), budget: 50, unit: "ms", note: fmt.Sprintf("%d lines", len(all))})
	return nil
}

// silence measures how long it takes until nodes that say nothing more are declared
// lost: five at once, each a sample.
func (b *bench) silence(ctx context.Context) error {
	const nodes = 5
	s, err := b.fresh(ctx, "silence")
	if err != nil {
		return err
	}
	defer s.down(ctx)
	if err := s.cluster(ctx, "silence", nodes, nodes); err != nil {
		return err
	}
	after, err := s.lastEvent(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	for _, pid := range s.nodeProcesses(" agent ") {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			return fmt.Errorf("stop an agent: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var list []time.Duration
	for e, err := range s.FollowEvents(ctx, client.EventQuery{After: after}) {
		if err != nil {
			return fmt.Errorf("%d of %d nodes were declared lost: %w", len(list), nodes, err)
		}
		if e.State == "Lost" {
			list = append(list, time.Since(began))
		}
		if len(list) == nodes {
			break
		}
	}
	b.report.add(line{what: "silent node declared lost", value: quantile(list, 0.5).Seconds(), budget: 15, unit: "s", note: "5 nodes; the budget is for 1,000"})
	return nil
}
