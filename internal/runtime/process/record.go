package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A task's directory holds up to three files. A file is complete when it ends with
// a newline; the keeper writes each with a single write.
const (
	fileClaim = "claim" // keeper: its process ID, before the command starts
	fileExit  = "exit"  // keeper: the exit code
	fileLost  = "lost"  // runtime: in words why there is none
)

// claim is what the keeper said of itself.
type claim struct {
	complete bool
	pid      int
	at       time.Time
}

func readClaim(dir string) (c claim, found bool, err error) {
	text, at, err := readFile(dir, fileClaim)
	if err != nil || at.IsZero() {
		return claim{}, false, err
	}
	c.at = at
	line, complete := strings.CutSuffix(text, "\n")
	if c.pid, err = strconv.Atoi(line); !complete || err != nil || c.pid <= 1 {
		return claim{at: at}, true, nil
	}
	c.complete = true
	return c, true, nil
}

// readFile returns a file of a task and when it was written; no time if there is
// no such file.
func readFile(dir, name string) (text string, at time.Time, err error) {
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return "", time.Time{}, nil
	}
	if err != nil {
		return "", time.Time{}, fmt.Errorf("read the task's record: %w", err)
	}
	defer f.Close()
	b := make([]byte, 4096)
	n, _ := f.Read(b)
	info, err := f.Stat()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("read the task's record: %w", err)
	}
	return string(b[:n]), info.ModTime().UTC(), nil
}

// writeFile writes a file of a task whole or not at all.
func writeFile(dir, name, text string) error {
	tmp := filepath.Join(dir, name+".new")
	if err := os.WriteFile(tmp, []byte(text+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the task's record: %w", err)
	}
	if err := os.Rename(tmp, filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("write the task's record: %w", err)
	}
	return nil
}

// patience bounds the wait for a keeper that is born but has not made its claim,
// which takes it a millisecond.
const patience = 5 * time.Second

// claimed returns either the claim of the task in dir, or the lock that makes the
// caller the only one who may start it.
func claimed(dir string) (lock *os.File, c claim, err error) {
	lock, err = os.Open(dir)
	if err != nil {
		return nil, claim{}, fmt.Errorf("open the task's directory: %w", err)
	}
	for waited := time.Duration(0); ; waited += time.Millisecond {
		err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		mine := err == nil
		if err != nil && !errors.Is(err, unix.EWOULDBLOCK) {
			break
		}
		var found bool
		if c, found, err = readClaim(dir); err != nil {
			break
		}
		switch {
		case mine && !found:
			return lock, claim{}, nil
		case found && (mine || c.complete):
			return nil, c, lock.Close()
		case waited > patience:
			err = errors.New("another process is about to start it, and does not come on; is it stopped?")
		}
		if err != nil {
			break
		}
		<-time.After(time.Millisecond)
	}
	_ = lock.Close()
	return nil, claim{}, fmt.Errorf("claim the task: %w", err)
}

// proc is a process as the kernel shows it.
type proc struct {
	pid, parent, group, session int
	state                       byte
	start                       uint64
}

// parseStat reads a line of /proc/PID/stat.
func parseStat(line string) (p proc, ok bool) {
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return proc{}, false
	}
	f := strings.Fields(line[end+1:])
	if len(f) < 20 {
		return proc{}, false
	}
	p.state = f[0][0]
	for i, to := range []*int{&p.parent, &p.group, &p.session} {
		n, err := strconv.Atoi(f[1+i])
		if err != nil {
			return proc{}, false
		}
		*to = n
	}
	pid, err1 := strconv.Atoi(strings.TrimSpace(line[:open]))
	start, err2 := strconv.ParseUint(f[19], 10, 64)
	p.pid, p.start = pid, start
	return p, err1 == nil && err2 == nil
}

// ended reports whether a process in that state runs nothing any more.
func (p proc) ended() bool { return p.state == 'Z' || p.state == 'X' }
