//go:build !linux

package agent

import "time"

// notifier wakes those who wait for files in a folder to grow. Here they poll.
type notifier struct{}

const pollEvery = 10 * time.Millisecond

func newNotifier() *notifier { return &notifier{} }
func (n *notifier) close()   {}

func (n *notifier) add([]string) (wake <-chan struct{}, remove func()) {
	c, done := make(chan struct{}, 1), make(chan struct{})
	tick := time.NewTicker(pollEvery)
	go func() {
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				select {
				case c <- struct{}{}:
				default: // already awake
				}
			}
		}
	}()
	return c, func() { tick.Stop(); close(done) }
}
