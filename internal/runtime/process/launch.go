package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/atelier-compute/atelier/internal/runtime"
)

// keeper is the script of a task's keeper: $1 is the task's directory, the rest is
// the command. It runs no program but the command, so it costs one start of a shell.
//
// The claim fails when there is one (set -C), and then nothing happens. The traps
// let the keeper outlive the signals that end its command, which gets the default
// ones. File 3 tells the agent that the command is about to run, and by then a
// signal to the group reaches it; an agent that died meanwhile must not hurt it
// (PIPE). File 4 holds the lock. Neither reaches the command.
const keeper = `set -C
echo "$$" >"$1/claim" || exit 0
d=$1
shift
trap : HUP INT QUIT TERM USR1 USR2 ALRM
(
	trap : PIPE
	echo >&3 2>/dev/null
	trap - PIPE
	exec 3>&- 4>&-
	exec "$@"
) 2>&1
c=$?
echo "$c" >"$d/exit"
exit "$c"
`

// launch starts the keeper, which inherits the lock, and returns once the command
// is about to run.
func (r *Runtime) launch(t runtime.Task, dir string, lock *os.File) (*exec.Cmd, claim, error) {
	defer lock.Close()
	out, err := os.OpenFile(t.Output, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, claim{}, fmt.Errorf("open its output: %w", err)
	}
	defer out.Close()
	ready, tell, err := os.Pipe()
	if err != nil {
		return nil, claim{}, fmt.Errorf("make a pipe: %w", err)
	}
	defer ready.Close()
	defer tell.Close()

	env, odd := splitEnv(append(append([]string{}, t.Env...), r.env...))
	command := append(odd, r.shell, "-c", t.Command)
	cmd := exec.Command("/bin/sh", append([]string{"-c", keeper, "atelier-task", dir}, command...)...)
	cmd.Dir = t.Dir
	cmd.Env = append(env, "ATELIER_TASK="+t.ID, markerName+dir)
	cmd.Stdout = out
	cmd.ExtraFiles = []*os.File{tell, lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, claim{}, whyNot(err)
	}
	_ = tell.Close()
	_, _ = ready.Read(make([]byte, 1))

	c, found, err := readClaim(dir)
	if err == nil && !c.complete {
		err = unclaimed(cmd, dir, found)
	}
	if err != nil {
		return nil, claim{}, fmt.Errorf("run /bin/sh: %w", err)
	}
	return cmd, c, nil
}

// unclaimed says why a keeper that ended made no claim. It did not run the command
// then, so what it left may go and the start may be repeated.
func unclaimed(cmd *exec.Cmd, dir string, found bool) error {
	err := cmd.Wait()
	if found {
		err = errors.Join(err, os.Remove(filepath.Join(dir, fileClaim)))
	}
	return errors.Join(errors.New("it could not write its claim into the task's directory; is the disk full?"), err)
}

// markerName begins the environment variable by which a task's processes are found.
const markerName = "ATELIER_TASK_DIR="

// splitEnv takes out the variables whose names a shell would not pass on, and
// returns them as the beginning of a command that sets them.
func splitEnv(all []string) (env, command []string) {
	for _, v := range all {
		name, _, _ := strings.Cut(v, "=")
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" && (name[0] < '0' || name[0] > '9') {
			env = append(env, v)
			continue
		}
		if command == nil {
			command = []string{"/usr/bin/env"}
		}
		command = append(command, v)
	}
	return env, command
}

func whyNot(err error) error {
	if errors.Is(err, syscall.E2BIG) {
		return fmt.Errorf("its command and environment are together longer than this machine allows: %w", err)
	}
	return fmt.Errorf("run /bin/sh in its directory: %w", err)
}
