package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// floors are what this machine can do at best, in the same run: nothing that starts
// a process or makes something durable can be faster.
type floors struct {
	exec    time.Duration // start /bin/true and wait for it
	shell   time.Duration // start sh -c date and read what it says
	sync    time.Duration // append 512 bytes and fdatasync
	syncsPS float64
}

func measureFloors(dir string, rounds int) (f floors, err error) {
	var execs, shells, syncs []time.Duration
	for range rounds {
		e, err := repeat(40, func() error { return exec.Command("/bin/true").Run() })
		if err != nil {
			return f, fmt.Errorf("start /bin/true: %w", err)
		}
		s, err := repeat(40, func() error { _, err := exec.Command("/bin/sh", "-c", "date").Output(); return err })
		if err != nil {
			return f, fmt.Errorf("start a shell: %w", err)
		}
		a, err := appendAndSync(dir, 200)
		if err != nil {
			return f, fmt.Errorf("append and sync: %w", err)
		}
		execs, shells, syncs = append(execs, e), append(shells, s), append(syncs, a)
	}
	f.exec, f.shell, f.sync = quantile(execs, 0.5), quantile(shells, 0.5), quantile(syncs, 0.5)
	f.syncsPS = float64(time.Second) / float64(f.sync)
	return f, nil
}

// repeat returns the median time that f takes.
func repeat(n int, f func() error) (time.Duration, error) {
	var list []time.Duration
	for range n {
		began := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		list = append(list, time.Since(began))
	}
	return quantile(list, 0.5), nil
}

func appendAndSync(dir string, n int) (time.Duration, error) {
	file, err := os.OpenFile(filepath.Join(dir, "floor"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return 0, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	text := make([]byte, 512)
	return repeat(n, func() error {
		if _, err := file.Write(text); err != nil {
			return err
		}
		return syncData(file)
	})
}

func (f floors) print() {
	fmt.Printf("floors, medians: start a process %.2f ms, sh -c date %.2f ms, append and sync %.3f ms (%.0f/s)\n",
		ms(f.exec), ms(f.shell), ms(f.sync), f.syncsPS)
}
