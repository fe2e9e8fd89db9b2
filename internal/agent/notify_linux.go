package agent

import (
	"encoding/binary"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// notifier wakes those who wait for files in a folder to grow.
type notifier struct {
	file *os.File // inotify; nil where there is none left: then everybody polls

	mu    sync.Mutex
	wakes map[int32]chan struct{}
}

// pollEvery is how often a log is looked at where the system does not say.
const pollEvery = 10 * time.Millisecond

func newNotifier() *notifier {
	n := &notifier{wakes: map[int32]chan struct{}{}}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return n
	}
	n.file = os.NewFile(uintptr(fd), "inotify")
	go n.read()
	return n
}

func (n *notifier) close() {
	if n.file != nil {
		n.file.Close()
	}
}

// add returns a channel that receives, coalesced, when a file in one of the
// folders was made or grew. A folder that does not exist yet is passed over, and
// found when a later add names it.
func (n *notifier) add(dirs []string) (wake <-chan struct{}, remove func()) {
	c := make(chan struct{}, 1)
	var ids []int32
	for _, dir := range dirs {
		if id, ok := n.watch(dir, c); ok {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		tick := time.NewTicker(pollEvery)
		done := make(chan struct{})
		go func() {
			for {
				select {
				case <-done:
					return
				case <-tick.C:
					signal(c)
				}
			}
		}()
		return c, func() { tick.Stop(); close(done) }
	}
	return c, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, id := range ids {
			delete(n.wakes, id)
			n.control(func(fd int) { _, _ = unix.InotifyRmWatch(fd, uint32(id)) })
		}
	}
}

func (n *notifier) watch(dir string, c chan struct{}) (id int32, ok bool) {
	if n.file == nil {
		return 0, false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.control(func(fd int) {
		wd, err := unix.InotifyAddWatch(fd, dir, unix.IN_MODIFY|unix.IN_CREATE|unix.IN_MOVED_TO)
		id, ok = int32(wd), err == nil
	})
	if ok {
		n.wakes[id] = c
	}
	return id, ok
}

func (n *notifier) control(f func(fd int)) {
	raw, err := n.file.SyscallConn()
	if err == nil {
		_ = raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}

func (n *notifier) read() {
	buf := make([]byte, 16<<10)
	for {
		size, err := n.file.Read(buf)
		if err != nil {
			return
		}
		n.mu.Lock()
		for at := 0; at+unix.SizeofInotifyEvent <= size; {
			id := int32(binary.NativeEndian.Uint32(buf[at:]))
			at += unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(buf[at+12:]))
			if id < 0 { // the kernel's queue ran over: everybody looks
				for _, c := range n.wakes {
					signal(c)
				}
			} else if c := n.wakes[id]; c != nil {
				signal(c)
			}
		}
		n.mu.Unlock()
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // already awake
	}
}
