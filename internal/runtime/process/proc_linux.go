package process

import (
	"bytes"
	"math"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// keepFiles marks all open files of this process but the standard ones, so that no
// task inherits one that whoever started the agent left open.
func keepFiles() {
	// Where the kernel is too old, Go's own files are marked anyway.
	_ = unix.CloseRange(3, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC)
}

func statOf(pid int) (proc, bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return proc{}, false
	}
	return parseStat(string(b))
}

// startOf returns when the task's keeper started, or 0. One that was taken over is
// known by its mark and by leading its session, so that a process that has got its
// ID since is not taken for it.
func startOf(t *task) uint64 {
	p, ok := statOf(t.pid)
	if ok && (t.cmd != nil || p.session == t.pid && marked(t.pid, t.marker())) {
		return p.start
	}
	return 0
}

// alive reports whether the task's keeper runs. A process that has its ID and
// another start is not the keeper.
func alive(t *task) bool {
	p, ok := statOf(t.pid)
	return ok && p.start == t.start && !p.ended()
}

// awaitExit returns when the keeper has ended, at once where the kernel tells
// (pidfd), else within some milliseconds.
func awaitExit(t *task) {
	if fd, err := unix.PidfdOpen(t.pid, unix.PIDFD_NONBLOCK); err == nil {
		f := os.NewFile(uintptr(fd), "pidfd")
		defer f.Close()
		if !alive(t) {
			return
		}
		conn, err := f.SyscallConn()
		if err == nil {
			_ = conn.Read(func(fd uintptr) bool {
				n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
				return err == nil && n > 0
			})
		}
	}
	for alive(t) {
		<-time.After(5 * time.Millisecond)
	}
}

// processes returns all that are not dead.
func processes() []proc {
	d, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer d.Close()
	names, _ := d.Readdirnames(-1)
	all := make([]proc, 0, len(names))
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if p, ok := statOf(pid); ok && !p.ended() {
			all = append(all, p)
		}
	}
	return all
}

// members returns the processes of a task without its keeper.
func members(t *task, all []proc, group bool) []proc {
	mine := map[int]bool{}
	for _, p := range all {
		if p.pid == t.pid && p.start != t.start {
			group = false // the keeper's ID has passed on to somebody else
		}
		if p.pid == t.pid && p.start == t.start {
			mine[p.pid] = true
		}
	}
	marker := t.marker()
	var found []proc
	for more := true; more; {
		more = false
		for _, p := range all {
			if mine[p.pid] || p.start < t.start || p.pid == os.Getpid() || p.pid == 1 {
				continue
			}
			if mine[p.parent] || t.victims[victim{p.pid, p.start}] || group && (p.group == t.pid || p.session == t.pid) || marked(p.pid, marker) {
				mine[p.pid], more = true, true
				found = append(found, p)
			}
		}
	}
	return found
}

// marker is how the task's mark looks among the variables of a process.
func (t *task) marker() []byte { return []byte("\x00" + markerName + t.dir + "\x00") }

func marked(pid int, marker []byte) bool {
	env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return err == nil && (bytes.HasPrefix(env, marker[1:]) || bytes.Contains(env, marker))
}

// killMembers kills what a task with a living keeper has started, and if keeper is
// set the keeper too. A keeper that was stopped goes on, to record the end.
func killMembers(t *task, keeper bool) {
	for _, p := range kill(func() []proc { return members(t, processes(), true) }) {
		t.victims[victim{p.pid, p.start}] = true
	}
	if k, ok := statOf(t.pid); ok && k.start == t.start {
		signal(k, syscall.SIGCONT)
		if keeper {
			signal(k, syscall.SIGKILL)
		}
	}
}

// killLeft kills what tasks without a keeper have left behind, and reports whether
// there was anything.
func killLeft(tasks []*task, group bool) bool {
	if len(tasks) == 0 {
		return false
	}
	left := kill(func() []proc {
		all := processes()
		var left []proc
		for _, t := range tasks {
			left = append(left, members(t, all, group)...)
		}
		return left
	})
	return len(left) > 0
}

// kill stops everything that find returns until it finds nothing new, and then
// kills it: what is stopped does not start more meanwhile.
func kill(find func() []proc) (all []proc) {
	for range 20 {
		fresh := false
		for _, p := range find() {
			if !slices.ContainsFunc(all, func(q proc) bool { return p.pid == q.pid && p.start == q.start }) {
				fresh = true
				all = append(all, p)
				signal(p, syscall.SIGSTOP)
			}
		}
		if !fresh {
			break
		}
	}
	for _, p := range all {
		signal(p, syscall.SIGKILL)
	}
	return all
}

// signal sends to the very process that was seen: one that has its ID and another
// start is left alone.
func signal(p proc, s syscall.Signal) {
	h, err := os.FindProcess(p.pid) // a pidfd, where the kernel has them
	if err != nil {
		return
	}
	defer h.Release()
	if now, ok := statOf(p.pid); ok && now.start == p.start {
		_ = h.Signal(s)
	}
}
