package python

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/atelier-compute/atelier"
)

// builder makes one environment.
type builder struct {
	envs   *Envs
	recipe *recipe
	python interpreter
	dir    string
	lock   *os.File
	log    io.Writer
}

// build makes the environment and marks it. What an earlier build left is removed.
func (b *builder) build(ctx context.Context) error {
	if _, err := os.Lstat(b.dir); err == nil {
		say(b.log, "an earlier build did not come to its end; building anew")
	}
	if err := b.clear(); err != nil {
		return err
	}
	for _, n := range b.recipe.notes {
		say(b.log, "%s", n)
	}
	say(b.log, "making a virtual environment with Python %s (%s)", b.python.version, b.python.path)
	if out, err := b.run(ctx, b.python.path, "-m", "venv", b.dir); err != nil {
		return errors.Join(b.failed(ctx, "a virtual environment cannot be made", out, err), b.clear())
	}
	file := filepath.Join(b.dir, "requirements.txt")
	if err := os.WriteFile(file, []byte(b.recipe.requirements()), 0o644); err != nil {
		return errors.Join(fmt.Errorf("write the requirements: %w", err), b.clear())
	}
	if len(b.recipe.wants) > 0 {
		say(b.log, "installing %s", strings.Join(b.recipe.wants, ", "))
		out, err := b.run(ctx, filepath.Join(b.dir, "bin", "python"), "-m", "pip", "install",
			"--disable-pip-version-check", "--no-input", "--no-color", "--progress-bar", "off", "-r", file)
		if err != nil {
			return errors.Join(b.failed(ctx, "pip cannot install what it lists", out, err), b.clear())
		}
	}
	if err := os.WriteFile(filepath.Join(b.dir, mark+".new"), []byte(b.recipe.requirements()), 0o644); err != nil {
		return fmt.Errorf("mark the environment: %w", err)
	}
	if err := os.Rename(filepath.Join(b.dir, mark+".new"), filepath.Join(b.dir, mark)); err != nil {
		return fmt.Errorf("mark the environment: %w", err)
	}
	say(b.log, "environment %s is ready", filepath.Base(b.dir))
	return nil
}

// clear removes the environment, its mark first.
func (b *builder) clear() error {
	if err := os.Remove(filepath.Join(b.dir, mark)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove an unfinished environment: %w", err)
	}
	if err := os.RemoveAll(b.dir); err != nil {
		return fmt.Errorf("remove an unfinished environment: %w", err)
	}
	return nil
}

// run runs a program that writes to the log, and returns the last of its lines.
func (b *builder) run(ctx context.Context, name string, args ...string) (last []string, err error) {
	out := &tail{to: b.log}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = b.env()
	cmd.Dir = filepath.Dir(b.dir)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.ExtraFiles = []*os.File{b.lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	err = cmd.Run()
	return out.lines, err
}

// env is the agent's own environment, for proxies and pip's settings, without what
// would lead a Python astray. The wheels that pip downloads are kept in the cache.
func (b *builder) env() []string {
	env := []string{"PIP_CACHE_DIR=" + filepath.Join(filepath.Dir(b.dir), "pip"), "PYTHONUNBUFFERED=1"}
	for _, v := range b.envs.environ() {
		name, _, _ := strings.Cut(v, "=")
		if !slices.Contains([]string{"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "__PYVENV_LAUNCHER__"}, name) {
			env = append(env, v) // a later one counts
		}
	}
	return env
}

// failed says in words why a build came to nothing.
func (b *builder) failed(ctx context.Context, what string, out []string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("build the environment: %w", ctx.Err())
	}
	kind, advice := atelier.Invalid, "correct the environment file; the whole output is in the build log"
	text := strings.Join(out, "\n")
	switch {
	case containsAny(text, "No space left on device"):
		kind, advice = atelier.Transient, "the node's disk is full: make room, then submit again"
	case containsAny(text, "NewConnectionError", "Temporary failure in name resolution", "Connection refused", "Read timed out", "ConnectTimeoutError", "ProxyError", "Network is unreachable", "SSLError"):
		kind, advice = atelier.Transient, "the package index cannot be reached from the node: check its network, or set PIP_INDEX_URL for a mirror, then submit again"
	}
	telling := slices.DeleteFunc(slices.Clone(out), func(l string) bool { return !strings.Contains(strings.ToLower(l), "error") })
	if len(telling) == 0 {
		telling = out[max(0, len(out)-3):]
	}
	if len(telling) > 5 {
		telling = telling[len(telling)-5:]
	}
	if len(telling) == 0 {
		telling = []string{err.Error()}
	}
	return atelier.Errorf(kind, "EnvironmentBuildFailed", "%s: %s; %s", what, strings.Join(telling, " / "), advice)
}

func containsAny(text string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// tail passes on what is written and keeps the last lines of it.
type tail struct {
	to    io.Writer
	part  string
	lines []string
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	all := strings.Split(t.part+string(p), "\n")
	t.part = all[len(all)-1]
	for _, l := range all[:len(all)-1] {
		if l = strings.TrimSpace(l); l != "" {
			t.lines = append(t.lines, l)
		}
	}
	const most = 40
	if len(t.lines) > most {
		t.lines = slices.Clone(t.lines[len(t.lines)-most:])
	}
	return t.to.Write(p)
}
