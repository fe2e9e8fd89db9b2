package logs

import "slices"

// Follower is woken when the logs of a job change.
type Follower struct {
	// Wake receives, coalesced, after any stream of the job grew or all were
	// deleted: look at the streams again.
	Wake <-chan struct{}

	wake chan struct{}
	s    *Store
	job  string
}

// Follow wakes the caller at every change of the job's logs from now on, until
// Close. Follow first, then read: nothing is missed between.
func (s *Store) Follow(job string) *Follower {
	c := make(chan struct{}, 1)
	f := &Follower{Wake: c, wake: c, s: s, job: job}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readers == nil {
		s.readers = map[string][]*Follower{}
	}
	s.readers[job] = append(s.readers[job], f)
	return f
}

// Close ends the following.
func (f *Follower) Close() {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	rest := slices.DeleteFunc(f.s.readers[f.job], func(x *Follower) bool { return x == f })
	if len(rest) == 0 {
		delete(f.s.readers, f.job)
		return
	}
	f.s.readers[f.job] = rest
}

func (s *Store) wake(job string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.readers[job] {
		select {
		case f.wake <- struct{}{}:
		default: // already awake
		}
	}
}
