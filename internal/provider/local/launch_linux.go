package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
)

// How long an init may take until it runs. It takes a few milliseconds.
const startLimit = 10 * time.Second

// What an init answers to Launch, through the pipe it was given.
const (
	answerRuns    = "runs"     // this init is the node's
	answerHeld    = "held"     // another init is; this one ends
	answerGone    = "gone"     // the name was terminated meanwhile
	answerPlain   = "plain: "  // namespaces do not work here: start again without
	answerRefused = "failed: " // and why
)

// envReady names the file descriptor that an init answers through.
const envReady = "ATELIER_INIT_READY"

// Launch implements provider.Provider. A machine whose init died (killed, or the
// computer was switched off) is started anew in its directory.
func (p *Provider) Launch(ctx context.Context, m provider.Machine) error {
	if err := provider.CheckName(m.Name); err != nil {
		return err
	}
	size, _, err := p.Fit(m.Size)
	if err != nil {
		return err
	}
	if err := errors.Join(p.checkInstallation(), checkVolume(m)); err != nil {
		return err
	}
	if p.gone(m.Name) {
		return nameUsed(m.Name)
	}
	dir, err := filepath.Abs(p.node(m.Name)) // the node's processes live in another directory
	if err != nil {
		return fmt.Errorf("launch %s: %w", m.Name, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("launch %s: %w", m.Name, err)
	}
	release, err := hold(ctx, dir)
	if err != nil {
		return fmt.Errorf("launch %s: %w", m.Name, err)
	}
	defer release()
	if err := p.launch(m, size, dir); err != nil {
		return fmt.Errorf("launch %s: %w", m.Name, err)
	}
	return nil
}

func nameUsed(name string) error {
	return atelier.Errorf(atelier.Conflict, "MachineNameUsed", "a machine called %s was terminated; names are used once", name)
}

func (p *Provider) launch(m provider.Machine, size atelier.Size, dir string) error {
	if p.gone(m.Name) { // since it was asked before the lock
		_ = os.Remove(filepath.Join(dir, fileLaunch)) // what Launch itself made, if nothing else is there
		_ = os.Remove(dir)
		return nameUsed(m.Name)
	}
	old, err := readJSON[plan](filepath.Join(dir, filePlan))
	if err == nil && old.Installation != p.Installation {
		return atelier.Errorf(atelier.Conflict, "ForeignMachine",
			"a machine of another installation (%s) is in %s; give this server a data directory of its own", old.Installation, dir)
	}
	if init, err := readJSON[process](filepath.Join(dir, fileInit)); err == nil {
		if init.alive() {
			return nil
		}
		if err := clear(old, time.Now().Add(killLimit)); err != nil { // what a dead init left
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, dirTmp), 0o700); err != nil {
		return err
	}
	if err := os.Chmod(filepath.Join(dir, dirTmp), 0o777|fs.ModeSticky); err != nil {
		return err
	}
	if err := p.makeVolume(m); err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(dir, fileMachine), m); err != nil {
		return err
	}
	for end := time.Now().Add(startLimit); ; {
		answer, err := p.start(m, size, dir)
		why, plain := strings.CutPrefix(answer, answerPlain)
		switch {
		case err != nil:
			return err
		case plain && !p.isPlain():
			p.setPlain(errors.New(why))
			continue
		case answer == answerRuns:
			return nil
		case answer == answerGone:
			return nameUsed(m.Name)
		case answer == answerHeld && runsSoon(dir):
			return nil
		case answer == answerHeld && time.Now().Before(end):
			continue // the init that held the lock ended after all
		}
		return fmt.Errorf("its init did not start: %s%s", strings.TrimPrefix(answer, answerRefused), tail(filepath.Join(dir, fileLog), answer))
	}
}

// runsSoon waits for the init that holds the lock, which is a few milliseconds away
// from having said who it is: an earlier server started it and was killed.
func runsSoon(dir string) bool {
	for end := time.Now().Add(200 * time.Millisecond); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if init, err := readJSON[process](filepath.Join(dir, fileInit)); err == nil && init.alive() {
			return true
		}
	}
	return false
}

func (p *Provider) isPlain() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.plain != nil
}

func (p *Provider) setPlain(why error) {
	p.log().Warn("nodes run without namespaces", "err", why)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plain = why
}

// start starts an init and returns its answer. The groups are written down before
// they are made, so that a Terminate finds them whenever this ends.
func (p *Provider) start(m provider.Machine, size atelier.Size, dir string) (answer string, err error) {
	pl := p.decide(m.Name, size)
	if err := writeJSON(filepath.Join(dir, filePlan), pl); err != nil {
		return "", err
	}
	if p.root() {
		pl.limit()
	}
	if p.Pretend {
		pl.pretend(size)
	}
	if err := writeJSON(filepath.Join(dir, filePlan), pl); err != nil {
		return "", err
	}
	out, err := os.OpenFile(filepath.Join(dir, fileLog), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return "", err
	}
	defer out.Close()
	ready, answerTo, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer ready.Close()
	defer answerTo.Close()

	cmd, err := spawn(pl, func() *exec.Cmd {
		cmd := exec.Command(p.Exe, "node-init", dir)
		cmd.Env = append(p.env(m, os.Environ()), envReady+"=3")
		cmd.ExtraFiles = []*os.File{answerTo}
		cmd.Stdout, cmd.Stderr = out, out
		return cmd
	})
	if err != nil {
		if pl.Namespaces && errors.Is(err, unix.EPERM) {
			return answerPlain + err.Error(), nil
		}
		return "", err
	}
	go p.reap(cmd, m.Name)
	_ = answerTo.Close() // the init has the only one now: its death ends the reading
	_ = ready.SetReadDeadline(time.Now().Add(startLimit))
	text, err := io.ReadAll(ready)
	if err != nil {
		return "", fmt.Errorf("wait for its init: %w", err)
	}
	return string(text), nil
}

// spawn starts the init in a session of its own, born in its namespaces and, where
// the kernel can do that, in its cgroup.
func spawn(pl plan, command func() *exec.Cmd) (*exec.Cmd, error) {
	attr := syscall.SysProcAttr{Setsid: true}
	if pl.Namespaces {
		attr.Cloneflags = unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWIPC
	}
	cmd := command()
	cmd.SysProcAttr = &attr
	for _, g := range pl.Groups {
		if g.Version != 2 {
			continue
		}
		fd, err := unix.Open(g.Path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			break // the init says what does not hold
		}
		defer unix.Close(fd)
		inside := attr
		inside.UseCgroupFD, inside.CgroupFD = true, fd
		born := command()
		born.SysProcAttr = &inside
		if err := born.Start(); err == nil {
			return born, nil
		}
		break // a kernel before 5.7, or a filter against clone3: the init joins by itself
	}
	return cmd, cmd.Start()
}

// reap asks how the init ended, so that it does not stay a zombie of this server.
func (p *Provider) reap(cmd *exec.Cmd, name string) {
	err := cmd.Wait()
	p.log().Debug("node init ended", "node", name, "err", err)
}

// tail returns the end of a log for an error, when there is no better answer.
func tail(path, answer string) string {
	if answer != "" {
		return ""
	}
	text, _ := os.ReadFile(path)
	if len(text) > 500 {
		text = text[len(text)-500:]
	}
	return "it ended without a word; its log ends with: " + strings.TrimSpace(string(text))
}

// hold locks a node's directory against other servers and other calls. The lock
// ends with this process. A directory that is gone is fs.ErrNotExist.
func hold(ctx context.Context, dir string) (release func(), err error) {
	path := filepath.Join(dir, fileLaunch)
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil && same(f, path) {
			return func() { _ = f.Close() }, nil
		}
		_ = f.Close()
		if err != nil && !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// same reports whether the path still leads to the file.
func same(f *os.File, path string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	its, err := os.Lstat(path)
	return err == nil && os.SameFile(mine, its)
}
