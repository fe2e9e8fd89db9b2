package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/atelier-compute/atelier/internal/client"
)

// server is one `atelier up` on a data directory.
type server struct {
	dir string
	cmd *exec.Cmd
	end chan error
	*client.Client
}

// up starts a server and returns when it has answered a first authorised request,
// with the time that took from the start of the process.
func (b *bench) up(ctx context.Context, dir string) (*server, time.Duration, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, 0, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, 0, err
	}
	log, err := os.OpenFile(dir+".log", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, 0, err
	}
	defer log.Close()
	s := &server{dir: dir, end: make(chan error, 1)}
	s.cmd = exec.Command(b.atelier, "up", "--data-dir", dir, "--listen", address)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, 0, err
	}
	go func() { s.end <- s.cmd.Wait() }()
	if err := s.ready(ctx); err != nil {
		s.kill()
		return nil, 0, fmt.Errorf("start atelier (%s.log has more): %w", dir, err)
	}
	return s, time.Since(began), nil
}

func (s *server) ready(ctx context.Context) error {
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		select {
		case err := <-s.end:
			s.end <- err
			return fmt.Errorf("it ended: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
		f, err := client.ReadLocal(s.dir)
		if err != nil || f.PID != s.cmd.Process.Pid {
			continue // not written yet, or of the server before
		}
		if s.Client, err = dial(s.dir, f.Token); err != nil {
			continue
		}
		if _, err = s.Workspace(ctx); err == nil {
			return nil
		}
	}
	return errors.New("no answer in 30 s")
}

func dial(dir, token string) (*client.Client, error) {
	cfg, err := client.Local(dir)
	if err != nil {
		return nil, err
	}
	cfg.Token = func(context.Context) (string, error) { return token, nil }
	return client.New(cfg)
}

// again is one more client, with connections of its own.
func (s *server) again() (*client.Client, error) {
	f, err := client.ReadLocal(s.dir)
	if err != nil {
		return nil, err
	}
	return dial(s.dir, f.Token)
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// kill ends the server as a crash would.
func (s *server) kill() {
	_ = s.cmd.Process.Kill() // it may be gone already
	err := <-s.end
	s.end <- err
}

// down ends the server cleanly, after its clusters, so that no node outlives the run.
func (s *server) down(ctx context.Context) {
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	computes, _ := client.Collect(s.Computes(clean), 0)
	for _, c := range computes {
		_, _ = s.DeleteCompute(clean, c.Name)
	}
	_ = wait(clean, 15*time.Second, func() bool {
		left, err := client.Collect(s.Computes(clean), 0)
		return err == nil && len(left) == 0
	})
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.end:
	case <-time.After(10 * time.Second):
		s.kill()
	}
	s.killNodes()
}

// killNodes ends what is left of the server's local nodes.
func (s *server) killNodes() {
	for _, pid := range s.nodeProcesses("") {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// nodeProcesses finds processes of this server's nodes by their command line, which
// names the node's directory; with says what else it must hold.
func (s *server) nodeProcesses(with string) (pids []int) {
	list, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range list {
		text, err := os.ReadFile(name)
		line := strings.ReplaceAll(string(text), "\x00", " ")
		if err == nil && strings.Contains(line, filepath.Join(s.dir, "nodes")) && strings.Contains(line, with) {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// wait polls until it holds.
func wait(ctx context.Context, limit time.Duration, holds func() bool) error {
	deadline := time.Now().Add(limit)
	for !holds() {
		if time.Now().After(deadline) {
			return fmt.Errorf("not within %s", limit)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

// resident is the process's memory in bytes, as the kernel counts it.
func resident(pid int, field string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read memory: %w", err)
	}
	for _, l := range strings.Split(string(text), "\n") {
		if rest, ok := strings.CutPrefix(l, field+":"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kb * 1024, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc/%d/status", field, pid)
}
