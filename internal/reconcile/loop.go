package reconcile

import (
	"context"
	"log/slog"
	"time"

	"github.com/atelier-compute/atelier"
)

// Func brings one resource a step closer to its spec and says when to look
// again; 0 is not before it changes.
type Func func(ctx context.Context, id atelier.ID) (again time.Duration, err error)

// Source says which resources changed.
type Source interface {
	Take() []atelier.ID
}

// Loop calls a Func for every resource that a change concerns, several resources
// at a time but never one resource twice.
type Loop struct {
	Name    string
	Log     *slog.Logger
	Changes Source
	Wake    <-chan struct{}                     // receives when Changes has something
	Owner   func(changed atelier.ID) atelier.ID // whom the change concerns; "" is nobody
	Do      Func
	Workers int // at least 1
	Now     func() time.Time
	Start   []atelier.ID // to look at first, as changed
}

type result struct {
	id    atelier.ID
	again time.Duration
	err   error
}

// Run returns when ctx has ended and the calls under way have returned.
func (l *Loop) Run(ctx context.Context) {
	q := NewQueue()
	l.add(q, l.Start)
	results := make(chan result)
	busy := 0
	alarm := time.NewTimer(time.Hour)
	defer alarm.Stop()
	for ctx.Err() == nil {
		l.add(q, l.Changes.Take())
		wait := time.Hour
		if _, at, ok := q.Next(); ok {
			if wait = at.Sub(l.Now()); wait <= 0 && busy < l.Workers {
				busy++
				go l.call(ctx, q.Start(), results)
				continue
			}
		}
		if busy >= l.Workers {
			wait = time.Hour
		}
		alarm.Reset(wait)
		select {
		case <-ctx.Done():
		case <-l.Wake:
		case <-alarm.C:
		case r := <-results:
			busy--
			q.Done(r.id, l.Now(), r.again, r.err)
		}
	}
	for ; busy > 0; busy-- {
		<-results
	}
}

func (l *Loop) add(q *Queue, ids []atelier.ID) {
	for _, id := range ids {
		if id = l.Owner(id); id != "" {
			q.Add(l.Now(), id)
		}
	}
}

func (l *Loop) call(ctx context.Context, id atelier.ID, results chan<- result) {
	again, err := l.Do(ctx, id)
	if err != nil && ctx.Err() == nil {
		l.Log.Warn("reconcile", "loop", l.Name, "id", id, "err", err)
	}
	results <- result{id, again, err}
}
