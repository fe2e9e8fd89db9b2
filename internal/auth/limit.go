package auth

import (
	"cmp"
	"container/list"
	"sync"
	"time"
)

// Bounds of the failures that a limiter counts, unless it has its own.
const (
	freeFailures  = 5
	mostPenalty   = time.Minute
	forgetFailure = 15 * time.Minute
	limiterSize   = 4096
)

// limiter makes whoever fails often wait. Its keys name client and address, so that
// nobody can lock out somebody elsewhere.
type limiter struct {
	now  func() time.Time
	free int           // failures; 0 is freeFailures
	most time.Duration // that anybody waits; 0 is mostPenalty

	mu    sync.Mutex
	byKey map[string]*list.Element
	order list.List // of *strikes, last failed first
}

type strikes struct {
	key   string
	count int
	last  time.Time
	until time.Time
}

// wait returns how long the key must wait before its next try, 0 if not at all.
func (l *limiter) wait(key string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.byKey[key]
	if !ok {
		return 0
	}
	return max(e.Value.(*strikes).until.Sub(l.now()), 0)
}

// fail counts a failure: the first few are free, then each doubles the wait.
func (l *limiter) fail(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	e, ok := l.byKey[key]
	if !ok {
		if l.byKey == nil {
			l.byKey = map[string]*list.Element{}
		}
		e = l.order.PushFront(&strikes{key: key})
		l.byKey[key] = e
	}
	s := e.Value.(*strikes)
	if now.Sub(s.last) > forgetFailure {
		s.count = 0
	}
	s.count, s.last = s.count+1, now
	if over := s.count - cmp.Or(l.free, freeFailures); over > 0 {
		s.until = now.Add(min(time.Second<<min(over-1, 10), cmp.Or(l.most, mostPenalty)))
	}
	l.order.MoveToFront(e)
	if l.order.Len() > limiterSize {
		delete(l.byKey, l.order.Remove(l.order.Back()).(*strikes).key)
	}
}

// undo takes one failure back.
func (l *limiter) undo(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.byKey[key]
	if !ok {
		return
	}
	s := e.Value.(*strikes)
	if s.count--; s.count <= cmp.Or(l.free, freeFailures) {
		s.until = time.Time{}
	}
}

// succeed forgets the key's failures.
func (l *limiter) succeed(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.byKey[key]; ok {
		l.order.Remove(e)
		delete(l.byKey, key)
	}
}
