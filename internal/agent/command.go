package agent

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/wire"
)

// defaultPath is where commands are looked for when the node says nothing else.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// handedOn are the agent's own variables that its tasks have too: where programs
// are, and the marks by which a node's processes are found.
var handedOn = []string{"PATH", "ATELIER_NODE", "ATELIER_INSTALLATION", envHome}

// envHome names the directory of the node that outlives it, where it has one: it is
// the home of the commands then.
const envHome = "ATELIER_HOME"

// env is the command's whole environment: a little of the node's, the Python
// environment's, and the job's.
func (w *worker) env(python []string, lookup func(kind, name string) (string, error)) ([]string, error) {
	vars := map[string]string{"PATH": defaultPath, "HOME": w.dir, "LANG": "C.UTF-8", "TMPDIR": w.path("tmp"), "PYTHONUNBUFFERED": "1"}
	for _, name := range handedOn {
		if v := os.Getenv(name); v != "" {
			vars[name] = v
		}
	}
	if home := vars[envHome]; home != "" {
		vars["HOME"] = home
	}
	for _, kv := range python {
		name, value, _ := strings.Cut(kv, "=")
		vars[name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(w.task.Spec.Env)) {
		value, err := atelier.Expand(w.task.Spec.Env[name], lookup)
		if err != nil {
			return nil, err
		}
		vars[name] = value
	}
	if w.task.Spec.Identity != "" {
		own, err := w.a.msi.env(w.key)
		if err != nil {
			return nil, err
		}
		maps.Copy(vars, own)
	}
	env := make([]string, 0, len(vars))
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		env = append(env, name+"="+vars[name])
	}
	return env, nil
}

// perProcess starts the command once for each process. When one fails the others
// are asked to end, because they would wait for it for ever; the first failure is
// the exit code of all.
const perProcess = `
failed=$TMPDIR/.failed
rm -f "$failed"
pids=
stop() { for p in $pids; do kill -TERM "$p" 2>/dev/null; done; }
trap stop TERM USR1
main=$$
await() { # wait is also interrupted by the signals that we trap
  while :; do
    wait "$1"; code=$?
    kill -0 "$1" 2>/dev/null || return "$code"
  done
}
i=0
while [ "$i" -lt "$ATELIER_PROCS" ]; do
  (
    rank=$((NODE_RANK * ATELIER_PROCS + i))
    LOCAL_RANK=$i RANK=$rank AZUREML_PROCESS_NAME=rank_$rank "$ATELIER_SHELL" -c "$ATELIER_COMMAND" &
    child=$!
    trap 'kill -TERM "$child" 2>/dev/null' TERM
    trap - USR1
    await "$child" && exit 0
    (set -C; echo "$code" >"$failed") 2>/dev/null
    kill -USR1 "$main" 2>/dev/null
    exit "$code"
  ) &
  pids="$pids $!"
  i=$((i + 1))
done
for p in $pids; do await "$p"; done
[ ! -e "$failed" ] || exit "$(cat "$failed")"
`

// processes makes of a PyTorch job's command what starts its processes on this
// node, each with its rank. MASTER_ADDR and the like are in env already.
func processes(t wire.Task, command string, env []string) (string, []string) {
	d := t.Spec.Distribution
	if d == nil || !strings.EqualFold(d.Type, "PyTorch") {
		return command, env
	}
	if d.ProcsPerNode <= 1 {
		return command, append(env, "RANK="+strconv.Itoa(t.Rank), "LOCAL_RANK=0")
	}
	shell := "/bin/sh"
	if _, err := os.Stat("/bin/bash"); err == nil {
		shell = "/bin/bash"
	}
	return perProcess, append(env,
		"ATELIER_PROCS="+strconv.Itoa(d.ProcsPerNode), "ATELIER_COMMAND="+command, "ATELIER_SHELL="+shell)
}
