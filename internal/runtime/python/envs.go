// Package python makes Python environments on a node with venv and pip, from
// requirements files and from conda files as far as PyPI serves what they name.
//
// An environment is a directory of the cache, named by a hash of its content. It
// is built in place, because a virtual environment cannot be moved, under a file
// lock that all agents of a machine share, and counts only when its mark is there:
// the mark is written last. The lock is also held by the programs that build, so
// that a build goes on being locked when its agent was killed; whoever gets the
// lock and finds no mark builds anew.
package python

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/atelier-compute/atelier/internal/runtime"
)

// Envs implements runtime.Environments.
type Envs struct {
	Cache  string   // directory, made when needed
	Python string   // the node's Python; "" is python3 on the PATH
	Env    []string // for the programs that build; nil is this process's own

	mu    sync.Mutex
	known map[string]probed // interpreters by path
}

var _ runtime.Environments = (*Envs)(nil)

// Prepare implements runtime.Environments.
func (e *Envs) Prepare(ctx context.Context, env runtime.Environment, log io.Writer) ([]string, error) {
	r, err := newRecipe(env)
	if err == nil && env.Image != "" {
		say(log, "Warning: the image %s is not run, because this node has no container runtime; the node's own Python stands for it, with what else the environment names.", env.Image)
	}
	if err != nil || r.empty() {
		return nil, err
	}
	i, err := e.interpreter(ctx, r, log)
	if err != nil {
		return nil, err
	}
	cache, err := filepath.Abs(e.Cache)
	if err != nil {
		return nil, fmt.Errorf("find the cache of environments: %w", err)
	}
	dir := filepath.Join(cache, r.hash(i))
	vars := append(r.variables(), "VIRTUAL_ENV="+dir, "PATH="+filepath.Join(dir, "bin")+":"+e.path())
	if built(dir) {
		say(log, "environment %s is there already", filepath.Base(dir))
		return vars, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, fmt.Errorf("make the cache of environments: %w", err)
	}
	lock, err := locked(ctx, dir+".lock", log)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if built(dir) {
		say(log, "environment %s is there by now", filepath.Base(dir))
		return vars, nil
	}
	b := builder{envs: e, recipe: r, python: i, dir: dir, lock: lock, log: log}
	if err := b.build(ctx); err != nil {
		return nil, err
	}
	return vars, nil
}

// mark is the file that makes an environment count.
const mark = "atelier-complete"

// built reports whether an environment is whole. One whose Python was removed from
// the node is not.
func built(dir string) bool {
	for _, name := range []string{mark, "bin/python"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// locked opens a lock file and waits for its lock.
func locked(ctx context.Context, path string, log io.Writer) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock the environment: %w", err)
	}
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			_ = f.Close()
			return nil, fmt.Errorf("lock the environment: %w", err)
		}
		if pause == 5*time.Millisecond {
			say(log, "the same environment is being built on this machine; waiting for it")
		}
		select {
		case <-ctx.Done():
			_ = f.Close()
			return nil, fmt.Errorf("wait for the environment that another job builds: %w", ctx.Err())
		case <-time.After(pause):
		}
	}
}

// path is the PATH of the node.
func (e *Envs) path() string {
	for _, v := range e.environ() {
		if p, found := strings.CutPrefix(v, "PATH="); found && p != "" {
			return p
		}
	}
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

func (e *Envs) environ() []string {
	if e.Env == nil {
		return os.Environ()
	}
	return e.Env
}

func say(log io.Writer, format string, args ...any) {
	fmt.Fprintf(log, format+"\n", args...)
}
