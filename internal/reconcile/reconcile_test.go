package reconcile

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atelier-compute/atelier"
)

var t0 = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

func TestQueue(t *testing.T) {
	q := NewQueue()
	q.Add(t0.Add(time.Second), "b")
	q.Add(t0.Add(time.Second), "a")
	q.Add(t0, "c")
	q.Add(t0.Add(time.Hour), "c") // stays due earlier
	var order []atelier.ID
	for range 3 {
		order = append(order, q.Start())
	}
	if want := []atelier.ID{"c", "a", "b"}; !slices.Equal(order, want) {
		t.Errorf("order = %v, want %v", order, want)
	}
	q.Add(t0, "a") // while it is looked at
	if _, _, ok := q.Next(); ok {
		t.Error("a resource is due while it is being looked at")
	}
	q.Done("a", t0, 0, nil)
	if id, at, ok := q.Next(); !ok || id != "a" || !at.Equal(t0) {
		t.Errorf("next = %s at %s %t, want a at once", id, at, ok)
	}
	q.Done("b", t0, time.Minute, nil)
	q.Done("c", t0, 0, nil)
	q.Done(q.Start(), t0, 0, nil)
	if id, at, _ := q.Next(); id != "b" || !at.Equal(t0.Add(time.Minute)) {
		t.Errorf("next = %s at %s, want b in a minute", id, at)
	}
}

func TestQueueBacksOff(t *testing.T) {
	q := NewQueue()
	q.Add(t0, "a")
	now := t0
	var waits []time.Duration
	for range 12 {
		q.Done(q.Start(), now, 0, errors.New("no"))
		_, at, _ := q.Next()
		waits = append(waits, at.Sub(now))
		now = at
	}
	if waits[0] != firstRetry || waits[1] != 2*firstRetry || waits[11] != lastRetry {
		t.Errorf("waits = %v", waits)
	}
	q.Start()
	q.Add(now, "a") // a change does not end the backoff
	q.Done("a", now, 0, errors.New("no"))
	if _, at, _ := q.Next(); at.Sub(now) != lastRetry {
		t.Errorf("after a change the wait is %s", at.Sub(now))
	}
}

type changes struct {
	mu   sync.Mutex
	ids  []atelier.ID
	wake chan struct{}
}

func (c *changes) Take() []atelier.ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := c.ids
	c.ids = nil
	return ids
}

func (c *changes) add(id atelier.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids = append(c.ids, id)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// TestLoop has a slow resource hold up nobody else, never run twice at once, and
// come again when it changed meanwhile and when it asked to.
func TestLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := &changes{wake: make(chan struct{}, 1)}
		var mu sync.Mutex
		running, calls := map[atelier.ID]int{}, map[atelier.ID]int{}
		l := &Loop{
			Name: "test", Log: slog.New(slog.DiscardHandler), Changes: c, Wake: c.wake, Workers: 2, Now: time.Now,
			Owner: func(id atelier.ID) atelier.ID { return id }, Start: []atelier.ID{"slow"},
			Do: func(ctx context.Context, id atelier.ID) (time.Duration, error) {
				mu.Lock()
				running[id]++
				calls[id]++
				if running[id] > 1 {
					t.Errorf("%s runs twice at once", id)
				}
				mu.Unlock()
				if id == "slow" {
					time.Sleep(time.Minute)
				}
				mu.Lock()
				running[id]--
				mu.Unlock()
				if id == "again" {
					return time.Hour, nil
				}
				return 0, nil
			},
		}
		done := make(chan struct{})
		go func() { l.Run(ctx); close(done) }()
		synctest.Wait()
		c.add("slow")
		c.add("quick")
		c.add("again")
		synctest.Wait()
		if calls["quick"] != 1 || calls["slow"] != 1 {
			t.Errorf("calls while one is slow = %v", calls)
		}
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if calls["slow"] != 2 {
			t.Errorf("slow was called %d times, want again after its change", calls["slow"])
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if calls["again"] != 2 {
			t.Errorf("again was called %d times, want 2", calls["again"])
		}
		cancel()
		<-done
	})
}
