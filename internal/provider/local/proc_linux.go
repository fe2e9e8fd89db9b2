package local

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// process names one process for ever: a process id alone is used again.
type process struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // clock ticks after boot
	Boot  string `json:"boot"`
}

// status is what /proc/PID/stat says.
type status struct {
	ppid  int
	start uint64
	dead  bool // a zombie: it ended and nobody has asked how
}

var errNoProcess = errors.New("no such process")

// readStatus reads the stat file of /proc/pid; pid may be "self".
func readStatus(pid string) (status, error) {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return status{}, errNoProcess
	}
	// The second field is the command in parentheses, and may hold anything.
	i := bytes.LastIndexByte(text, ')')
	fields := strings.Fields(string(text[i+1:]))
	if i < 0 || len(fields) < 20 {
		return status{}, fmt.Errorf("stat of process %s has %d fields", pid, len(fields))
	}
	ppid, err1 := strconv.Atoi(fields[1])
	start, err2 := strconv.ParseUint(fields[19], 10, 64)
	dead := fields[0] == "Z" || fields[0] == "X"
	return status{ppid: ppid, start: start, dead: dead}, errors.Join(err1, err2)
}

func bootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // without it pid and start must do
	return strings.TrimSpace(string(id))
}

// self is this process as processes of the machine's own /proc see it. It must run
// before a namespace's own /proc is mounted.
func self() (process, error) {
	link, err := os.Readlink("/proc/self")
	if err != nil {
		return process{}, err
	}
	pid, err := strconv.Atoi(link)
	if err != nil {
		return process{}, err
	}
	st, err := readStatus(link)
	return process{PID: pid, Start: st.start, Boot: bootID()}, err
}

// alive reports whether it is still that process, and runs.
func (p process) alive() bool {
	if p.PID <= 0 || p.Boot != bootID() {
		return false
	}
	st, err := readStatus(strconv.Itoa(p.PID))
	return err == nil && !st.dead && st.start == p.Start
}

// handle is a process that cannot be mistaken for a later one of the same id.
type handle int

// open returns a handle, or errNoProcess when the process ended.
func (p process) open() (handle, error) {
	fd, err := unix.PidfdOpen(p.PID, 0)
	if err != nil {
		return -1, errNoProcess
	}
	if !p.alive() { // the id may be another's by now; after this check the handle is ours
		_ = unix.Close(fd)
		return -1, errNoProcess
	}
	return handle(fd), nil
}

func (h handle) close() { _ = unix.Close(int(h)) }

func (h handle) signal(sig unix.Signal) error {
	return unix.PidfdSendSignal(int(h), sig, nil, 0)
}

// ended waits until the process has ended, at most d, and reports whether it has.
func (h handle) ended(d time.Duration) bool {
	end := time.Now().Add(d)
	for {
		left := max(0, time.Until(end))
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(h), Events: unix.POLLIN}}, int(left.Milliseconds()))
		if n > 0 || left == 0 || err != nil && !errors.Is(err, unix.EINTR) {
			return n > 0
		}
	}
}

// processes lists the ids of all processes.
func processes() []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// marked reports whether the process was born with all the variables.
func marked(pid int, marks []string) bool {
	env, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	if err != nil || len(env) == 0 {
		return false
	}
	env = append([]byte{0}, env...)
	for _, mark := range marks {
		if !bytes.Contains(env, []byte("\x00"+mark+"\x00")) {
			return false
		}
	}
	return true
}

// killMarked kills all processes with the marks but this one, and returns how many
// it found.
func killMarked(marks []string) (n int) {
	for _, pid := range processes() {
		if pid == os.Getpid() || !marked(pid, marks) {
			continue
		}
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue
		}
		if marked(pid, marks) { // still, now that the id cannot change hands
			_ = handle(fd).signal(unix.SIGKILL)
			n++
		}
		handle(fd).close()
	}
	return n
}

// killBelow kills all processes that descend from this one, and returns how many
// it found. They cannot get away: this process is their reaper.
func killBelow() (n int) {
	all := map[int]status{}
	pids := processes()
	for _, pid := range pids {
		if st, err := readStatus(strconv.Itoa(pid)); err == nil && !st.dead {
			all[pid] = st
		}
	}
	boot := bootID()
	for _, pid := range pids {
		if !below(all, pid, os.Getpid()) {
			continue
		}
		if h, err := (process{PID: pid, Start: all[pid].start, Boot: boot}).open(); err == nil {
			_ = h.signal(unix.SIGKILL)
			h.close()
			n++
		}
	}
	return n
}

// below reports whether pid descends from root.
func below(all map[int]status, pid, root int) bool {
	for range len(all) {
		st, ok := all[pid]
		if !ok || pid == root {
			return false
		}
		if pid = st.ppid; pid == root {
			return true
		}
	}
	return false
}

// machineMemory is the memory in GiB that this machine has, or that a container
// around the server leaves it, with one decimal, rounded down.
func machineMemory() float64 {
	text, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(text)) {
		var kib float64
		if n, _ := fmt.Sscanf(line, "MemTotal: %f kB", &kib); n == 1 {
			return math.Floor(min(kib/(1<<20), memoryLimit(hierarchies()))*10) / 10
		}
	}
	return 0
}
