//go:build !linux

package process

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func keepFiles() {}

func startOf(*task) uint64 { return 0 }

// alive asks for the lock that the keeper holds as long as it lives.
func alive(t *task) bool {
	f, err := os.Open(t.dir)
	if err != nil {
		return false
	}
	defer f.Close()
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil
}

func awaitExit(t *task) {
	for alive(t) {
		<-time.After(5 * time.Millisecond)
	}
}

// killMembers kills the keeper's group, the keeper included: without /proc nobody
// knows the others. The task's end is recorded as killed.
func killMembers(t *task, _ bool) { _ = syscall.Kill(-t.pid, syscall.SIGKILL) }

func killLeft(tasks []*task, group bool) bool {
	left := false
	for _, t := range tasks {
		if group && t.pid > 1 && syscall.Kill(-t.pid, syscall.SIGKILL) == nil {
			left = true
		}
	}
	return left
}
