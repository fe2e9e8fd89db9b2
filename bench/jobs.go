package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/atelier-compute/atelier/internal/client"
)

// start measures from the start of the process to the first answer of the API.
func (b *bench) start(ctx context.Context) error {
	var fresh, again []time.Duration
	for i := range b.rounds(7, 5) {
		dir := filepath.Join(b.dir, fmt.Sprintf("start-%d", i))
		for _, list := range []*[]time.Duration{&fresh, &again} {
			s, took, err := b.up(ctx, dir)
			if err != nil {
				return err
			}
			*list = append(*list, took)
			s.down(ctx)
		}
	}
	floor := ms(b.floors.exec)
	b.report.add(line{what: "start to first answer, existing data directory", value: ms(quantile(again, 0.5)), budget: 300, unit: "ms", floor: floor, of: "a process"})
	b.report.add(line{what: "start to first answer, new data directory", value: ms(quantile(fresh, 0.5)), budget: 1000, unit: "ms", floor: floor, of: "a process"})
	return nil
}

// warm measures submission to first output on a node that is there and idle.
func (b *bench) warm(ctx context.Context) error {
	s, err := b.fresh(ctx, "warm")
	if err != nil {
		return err
	}
	defer s.down(ctx)
	if err := s.cluster(ctx, "warm", 1, 1); err != nil {
		return err
	}
	var all []time.Duration
	var medians []float64
	for round := range b.rounds(5, 5) {
		var list []time.Duration
		for i := range b.rounds(60, 10) {
			took, err := s.firstOutput(ctx, "warm", fmt.Sprintf("warm-%d-%d", round, i))
			if err != nil {
				return err
			}
			if round > 0 || i > 2 { // the first ones warm caches
				list = append(list, took)
			}
		}
		all = append(all, list...)
		medians = append(medians, ms(quantile(list, 0.5)))
	}
	floor := ms(b.floors.shell)
	b.report.add(line{what: "submit → first output, warm node, median", value: median(medians), budget: 15, unit: "ms", floor: floor, of: "sh -c date"})
	b.report.add(line{what: "submit → first output, warm node, p99", value: ms(quantile(all, 0.99)), budget: 60, unit: "ms", floor: floor, of: "sh -c date", note: fmt.Sprintf("%d jobs", len(all))})
	return nil
}

// fromZero measures the same on a cluster that has no node yet.
func (b *bench) fromZero(ctx context.Context) error {
	s, err := b.fresh(ctx, "zero")
	if err != nil {
		return err
	}
	defer s.down(ctx)
	var list []time.Duration
	for i := range b.rounds(15, 5) {
		name := fmt.Sprintf("zero-%c", 'a'+rune(i))
		if err := s.cluster(ctx, name, 0, 1); err != nil {
			return err
		}
		took, err := s.firstOutput(ctx, name, name)
		if err != nil {
			return err
		}
		list = append(list, took)
		op, err := s.DeleteCompute(ctx, name)
		if err != nil {
			return err
		}
		if err := s.Wait(ctx, op, nil); err != nil {
			return err
		}
	}
	b.report.add(line{what: "submit → first output from zero nodes, median", value: ms(quantile(list, 0.5)), budget: 200, unit: "ms", floor: ms(b.floors.shell), of: "sh -c date"})
	return nil
}

// submits measures durable submissions, one to a request, by 16 clients.
func (b *bench) submits(ctx context.Context) error {
	s, err := b.fresh(ctx, "submits")
	if err != nil {
		return err
	}
	defer s.down(ctx)
	if err := s.blocked(ctx, "submits"); err != nil {
		return err
	}
	body := s.job("submits", "true")
	var rates []float64
	for round := range 5 {
		n, took, err := s.race(ctx, 16, time.Duration(b.rounds(3, 1))*time.Second, func(c *client.Client, who, i int) error {
			_, err := c.PutJob(ctx, fmt.Sprintf("s-%d-%d-%d", round, who, i), body)
			return err
		})
		if err != nil {
			return err
		}
		rates = append(rates, float64(n)/took.Seconds())
	}
	b.report.add(line{what: "durable submits, 16 clients on the same cores", value: median(rates), budget: 2000, unit: "/s", more: true, floor: b.floors.syncsPS, of: "raw syncs/s"})
	return nil
}

// race lets clients repeat f for a while and returns how often it was done.
func (s *server) race(ctx context.Context, clients int, span time.Duration, f func(c *client.Client, who, i int) error) (n int64, took time.Duration, err error) {
	var done atomic.Int64
	var first atomic.Pointer[error]
	var wg sync.WaitGroup
	began := time.Now()
	for who := range clients {
		c, err := s.again()
		if err != nil {
			return 0, 0, err
		}
		wg.Go(func() {
			defer c.Close()
			for i := 0; time.Since(began) < span && ctx.Err() == nil; i++ {
				if err := f(c, who, i); err != nil {
					first.CompareAndSwap(nil, &err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if err := first.Load(); err != nil {
		return 0, 0, *err
	}
	return done.Load(), time.Since(began), ctx.Err()
}

// batch measures durable submissions in batch calls.
func (b *bench) batch(ctx context.Context) error {
	s, err := b.fresh(ctx, "batch")
	if err != nil {
		return err
	}
	defer s.down(ctx)
	if err := s.blocked(ctx, "batch"); err != nil {
		return err
	}
	var rates []float64
	for round := range 5 {
		var jobs []client.BatchJob
		for i := range perCall {
			jobs = append(jobs, client.BatchJob{Name: fmt.Sprintf("b-%d-%d", round, i), Properties: s.job("batch", "true").Properties})
		}
		began := time.Now()
		if _, err := s.SubmitJobs(ctx, jobs); err != nil {
			return err
		}
		rates = append(rates, perCall/time.Since(began).Seconds())
	}
	b.report.add(line{what: "durable submits in batch calls of 5,000", value: median(rates), budget: 10_000, unit: "/s", more: true})
	return nil
}

// noop measures jobs that do nothing, from the first submission to the last end. A
// node runs one job at a time, so the 64 slots of the budget would be 64 nodes; this
// many are what a small machine carries.
func (b *bench) noop(ctx context.Context) error {
	const nodes = 8
	s, err := b.fresh(ctx, "noop")
	if err != nil {
		return err
	}
	defer s.down(ctx)
	if err := s.cluster(ctx, "noop", nodes, nodes); err != nil {
		return err
	}
	n := b.rounds(400, 80)
	var rates []float64
	for round := range 5 {
		took, err := s.runAll(ctx, "noop", fmt.Sprintf("n%d-", round), n)
		if err != nil {
			return err
		}
		rates = append(rates, float64(n)/took.Seconds())
	}
	b.report.add(line{
		what: "no-op jobs end to end, 8 nodes", value: median(rates), budget: 200, unit: "/s", more: true,
		floor: float64(time.Second) / float64(b.floors.shell), of: "sh -c date/s", note: "the budget is for 64 slots",
	})
	return nil
}

// runAll submits n jobs in one call and returns when the last has ended.
func (s *server) runAll(ctx context.Context, cluster, prefix string, n int) (time.Duration, error) {
	var jobs []client.BatchJob
	for i := range n {
		jobs = append(jobs, client.BatchJob{Name: fmt.Sprint(prefix, i), Properties: s.job(cluster, "true").Properties})
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	after, err := s.lastEvent(ctx)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if _, err := s.SubmitJobs(ctx, jobs); err != nil {
		return 0, err
	}
	left := n
	for e, err := range s.FollowEvents(ctx, client.EventQuery{After: after}) {
		if err != nil {
			return 0, fmt.Errorf("%d of %d jobs have not ended: %w", left, n, err)
		}
		name := e.Target[strings.LastIndexByte(e.Target, '/')+1:]
		if !strings.HasPrefix(name, prefix) || !client.Terminal(e.State) {
			continue
		}
		if e.State != "Completed" {
			return 0, fmt.Errorf("job %s ended as %s", name, e.State)
		}
		if left--; left == 0 {
			break
		}
	}
	return time.Since(began), nil
}

func (s *server) lastEvent(ctx context.Context) (seq int64, err error) {
	for e, err := range s.Events(ctx, client.EventQuery{}) {
		if err != nil {
			return 0, err
		}
		seq = e.Seq
	}
	return seq, nil
}
