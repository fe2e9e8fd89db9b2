package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/atelier-compute/atelier/internal/client"
)

// nobody is the user that has no rights anywhere.
const nobody = 65534

// startNobody starts a server that does not run as root.
func startNobody(t *testing.T) *server {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can start a server as another user")
	}
	top, err := os.MkdirTemp("", "atelier-nobody-") // t.TempDir lies where nobody may not go
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(top) })
	s := &server{dir: filepath.Join(top, "data"), env: map[string]string{}}
	s.envFile = filepath.Join(s.dir, "env.sh")
	exe := filepath.Join(top, "atelier")
	for _, step := range []func() error{
		func() error { return os.Chmod(top, 0o755) },
		func() error { return os.Mkdir(s.dir, 0o700) },
		func() error { return os.Chown(s.dir, nobody, nobody) },
		func() error { return copyFile(exe, binary) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(exe, "up", "--data-dir", s.dir, "--listen", freeAddress(t), "--print-env", s.envFile)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	s.run(t, cmd)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server said:\n%s", s.output.String())
		}
		s.clean(t)
	})
	s.ready(t)
	s.env = readEnv(t, s.envFile)
	return s
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if e := out.Close(); err == nil {
		err = e
	}
	return err
}

// users are the ways to run a server: with the rights to limit and separate its
// nodes, and without.
func users(t *testing.T, f func(t *testing.T, s *server)) {
	t.Run("ourselves", func(t *testing.T) { f(t, start(t, "--listen", freeAddress(t))) })
	t.Run("nobody", func(t *testing.T) { f(t, startNobody(t)) })
}

// process is one that runs a command line: its ID and when it started, so that
// another one is another. None is "".
func process(script string) string {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		args, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		words := strings.Split(string(args), "\x00")
		if err != nil || len(words) < 3 || words[1] != "-c" || words[2] != script {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		_, after, _ := bytes.Cut(stat, []byte(") "))
		if fields := strings.Fields(string(after)); err == nil && len(fields) > 19 && fields[0] != "Z" {
			return e.Name() + " since " + fields[19]
		}
	}
	return ""
}

// running waits for a job's command and returns its process.
func running(t *testing.T, script string) (p string) {
	t.Helper()
	eventually(t, "the command runs", func() bool { p = process(script); return p != "" })
	return p
}

func submit(t *testing.T, c *client.Client, name, compute, script string) {
	t.Helper()
	if _, err := c.PutJob(t.Context(), name, commandJob(c, compute, script)); err != nil {
		t.Fatal(err)
	}
}

// final waits until a job has ended.
func final(t *testing.T, c *client.Client, name string) (j *client.Job) {
	t.Helper()
	eventually(t, name+" has ended", func() bool {
		var err error
		j, err = c.Job(t.Context(), name)
		return err == nil && client.Terminal(j.Properties.Status)
	})
	return j
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

func (s *server) killAgents(t *testing.T) {
	t.Helper()
	pids := s.agents()
	if len(pids) == 0 {
		t.Fatal("there is no agent")
	}
	for _, pid := range pids {
		syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // it may have ended meanwhile
	}
	eventually(t, "another agent is there", func() bool {
		now := s.agents()
		return len(now) == len(pids) && now[0] != pids[0]
	})
}

// TestJobOutlivesServerAndAgent interrupts whoever watches a job. The job must not
// notice, and its log must not either.
func TestJobOutlivesServerAndAgent(t *testing.T) {
	users(t, func(t *testing.T, s *server) {
		c := s.principal(t)
		makeCluster(t, c, "one", 1)
		stop := filepath.Join(s.dir, "stop")
		script := `i=0; while [ ! -e ` + stop + ` ]; do seq $i $((i+99)); i=$((i+100)); sleep 0.03; done; echo end $i`
		submit(t, c, "long", "one", script)
		command := running(t, script)
		var followed bytes.Buffer
		following := make(chan error, 1)
		local := s.client(t) // as the command line follows
		go func() { following <- local.Output(t.Context(), "long", true, &followed) }()
		for _, way := range []struct {
			name string
			do   func(t *testing.T)
		}{
			{"kill-server", func(t *testing.T) { s.kill(); s.relaunch(t); s.ready(t) }},
			{"kill-agent", s.killAgents},
			{"kill-both", func(t *testing.T) { s.kill(); s.killAgents(t); s.relaunch(t); s.ready(t) }},
			{"end-server", func(t *testing.T) { s.endsWell(t); s.relaunch(t); s.ready(t) }},
		} {
			t.Run(way.name, func(t *testing.T) {
				s.logGrows(t, c, "long")
				way.do(t)
				s.logGrows(t, c, "long")
				if now := process(script); now != command {
					t.Errorf("the command was process %s, and is %q", command, now)
				}
			})
		}
		touch(t, stop)
		if j := final(t, c, "long"); j.Properties.Status != "Completed" || j.Properties.Attempt != 1 {
			t.Errorf("%s at attempt %d, %+v\n%s", j.Properties.Status, j.Properties.Attempt, j.Properties.Error, s.nodeLogs())
		}
		if err := <-following; err != nil {
			t.Errorf("follow the log: %v", err)
		}
		numbered(t, "the followed log", followed.String())
		var whole bytes.Buffer
		if err := c.Output(t.Context(), "long", false, &whole); err != nil {
			t.Error(err)
		}
		numbered(t, "the log", whole.String())
	})
}

// endsWell ends the server as Ctrl-C does and holds it to its promises.
func (s *server) endsWell(t *testing.T) {
	t.Helper()
	began := time.Now()
	s.signal(syscall.SIGTERM)
	<-s.ended
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the server took %v to end", took)
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the server ended with %d", code)
	}
	if said := s.output.String(); !strings.Contains(said, "Jobs that run go on") {
		t.Errorf("it does not say that jobs go on:\n%s", said)
	}
}

// logGrows waits until lines come in that were written after the call.
func (s *server) logGrows(t *testing.T, c *client.Client, job string) {
	t.Helper()
	size := func() (n int64) {
		for f, err := range c.LogFiles(t.Context(), job) {
			if err != nil {
				return -1
			}
			n += f.Size
		}
		return n
	}
	first := int64(-1)
	eventually(t, "the log grows", func() bool {
		now := size()
		if first < 0 {
			first = now
		}
		return first >= 0 && now > first+10_000
	})
}

// numbered checks that a log holds every line once and in order.
func numbered(t *testing.T, what, log string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(log, "\n"), "\n")
	n := len(lines) - 1
	for i, line := range lines[:n] {
		if line != strconv.Itoa(i) {
			t.Errorf("%s: line %d is %q; around it %q", what, i, line, lines[max(0, i-2):min(len(lines), i+3)])
			return
		}
	}
	if want := fmt.Sprint("end ", n); lines[n] != want || n == 0 {
		t.Errorf("%s ends with %q, and should with %q", what, lines[n], want)
	}
}

// TestCommandLineMeetsARestart calls as the command line does while the server
// starts again, when the token of before is no good any more.
func TestCommandLineMeetsARestart(t *testing.T) {
	s := start(t, "--listen", freeAddress(t))
	c := s.client(t)
	makeCluster(t, c, "one", 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	submit(t, c, "quiet", "one", "echo here; sleep 600")
	following := make(chan error, 1)
	r, w := io.Pipe()
	go func() { following <- c.Output(ctx, "quiet", true, w) }()
	if _, err := io.ReadFull(r, make([]byte, len("here\n"))); err != nil {
		t.Fatal(err)
	}
	s.kill()
	s.relaunch(t)
	for ready := false; !ready; {
		_, err := c.Workspace(t.Context())
		if err != nil && !isUnreachable(err) {
			t.Fatalf("a call while the server starts: %v", err)
		}
		ready = err == nil
		select {
		case err := <-following:
			t.Fatalf("who follows a log while the server starts: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	s.ready(t)
}

func TestSecondServerIsRefused(t *testing.T) {
	s := start(t)
	out, err := exec.Command(binary, "up", "--data-dir", s.dir, "--listen", "127.0.0.1:0").CombinedOutput()
	exit, ok := err.(*exec.ExitError) //nolint:errorlint // as Run returns it
	if !ok || exit.ExitCode() != 5 {
		t.Errorf("it ended with %v", err)
	}
	if holder := fmt.Sprintf("process %d)", s.cmd.Process.Pid); !strings.Contains(string(out), holder) {
		t.Errorf("it does not name the holder, %s:\n%s", holder, out)
	}
	if _, err := client.Collect(s.client(t).Computes(t.Context()), 0); err != nil {
		t.Errorf("the first server: %v", err)
	}
}

// TestNodeLost kills the init of a node, and with it all of the node. The job runs
// again elsewhere, after its first attempt is gone.
func TestNodeLost(t *testing.T) {
	if _, err := exec.LookPath("flock"); err != nil {
		t.Skip("there is no flock here, by which attempts see each other")
	}
	users(t, func(t *testing.T, s *server) {
		c := s.principal(t)
		makeCluster(t, c, "pair", 2)
		stop, lines, alone := filepath.Join(s.dir, "stop"), filepath.Join(s.dir, "lines"), filepath.Join(s.dir, "alone")
		script := `trap '' TERM INT; exec 9>` + alone + `; flock -n 9 && echo $AZUREML_ATTEMPT >>` + lines + ` || echo twice >>` + lines +
			`; while [ ! -e ` + stop + ` ]; do sleep 0.05; done`
		submit(t, c, "moved", "pair", script)
		running(t, script)
		first := placed(t, c, "moved", 1)
		killed := time.Now()
		if err := syscall.Kill(s.initOf(t, first), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		second := placed(t, c, "moved", 2)
		t.Logf("the job runs again after %v", time.Since(killed).Round(time.Millisecond))
		if second == first {
			t.Errorf("it runs again on %s", first)
		}
		running(t, script)
		touch(t, stop)
		if j := final(t, c, "moved"); j.Properties.Status != "Completed" || j.Properties.Attempt != 2 {
			t.Errorf("%s at attempt %d: %+v", j.Properties.Status, j.Properties.Attempt, j.Properties.Error)
		}
		if wrote, _ := os.ReadFile(lines); string(wrote) != "1\n2\n" {
			t.Errorf("the attempts wrote %q", wrote)
		}
		eventually(t, "the lost node is replaced and nothing is left of it", func() bool {
			v, err := c.Compute(t.Context(), "pair")
			_, gone := os.Stat(filepath.Join(s.dir, "nodes", first))
			return err == nil && v.Properties.Properties.NodeStateCounts.Idle == 2 && os.IsNotExist(gone)
		})
		if left := withMark("ATELIER_NODE=" + first); len(left) > 0 {
			t.Errorf("the lost node left processes %v", left)
		}
	})
}

// placed waits for an attempt to run and returns its node.
func placed(t *testing.T, c *client.Client, job string, attempt int) (node string) {
	t.Helper()
	eventually(t, fmt.Sprintf("attempt %d of %s runs", attempt, job), func() bool {
		for e, err := range c.Events(t.Context(), client.EventQuery{After: -1, Target: "jobs/" + job}) {
			if err != nil {
				return false
			}
			if strings.HasSuffix(e.Target, fmt.Sprintf("/tasks/%d-0", attempt)) && e.State == "Running" {
				_, node, _ = strings.Cut(e.Message, " on node ")
			}
		}
		return node != ""
	})
	return node
}

func (s *server) initOf(t *testing.T, node string) int {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.dir, "nodes", node, "init.json"))
	var init struct{ PID int }
	if err == nil {
		err = json.Unmarshal(data, &init)
	}
	if err != nil || init.PID <= 1 {
		t.Fatalf("init of %s: %v in %s", node, err, data)
	}
	return init.PID
}

// TestDeleteLeavesNothing deletes a cluster whose job does all to stay.
func TestDeleteLeavesNothing(t *testing.T) {
	users(t, func(t *testing.T, s *server) {
		c := s.principal(t)
		makeCluster(t, c, "doomed", 2)
		mark := fmt.Sprintf("9%d.%d", os.Getpid(), time.Now().UnixNano()%1e6)
		script := `trap '' TERM INT HUP; setsid sleep ` + mark + ` & (setsid sh -c 'trap "" TERM; sleep ` + mark + `; :' &); `
		if os.Geteuid() == 0 && s.cmd.SysProcAttr == nil {
			script += `env -i setsid sleep ` + mark + ` & ` // only a namespace holds what hides its mark
		}
		script += `while :; do sleep ` + mark + `; done`
		submit(t, c, "stubborn", "doomed", script)
		running(t, script)
		eventually(t, "its children run", func() bool { return len(withWord(mark)) >= 3 })
		nodes, err := client.Collect(c.Nodes(t.Context(), "doomed"), 0)
		if err != nil || len(nodes) != 2 {
			t.Fatal(len(nodes), err)
		}
		began := time.Now()
		if _, err := c.DeleteCompute(t.Context(), "doomed"); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the cluster is gone", func() bool {
			_, err := c.Compute(t.Context(), "doomed")
			return err != nil && !isUnreachable(err)
		})
		t.Logf("gone after %v", time.Since(began).Round(time.Millisecond))
		for _, n := range nodes {
			if pids := withMark("ATELIER_NODE=" + n.NodeID); len(pids) > 0 {
				t.Errorf("node %s left processes %v", n.NodeID, pids)
			}
		}
		if pids := withWord(mark); len(pids) > 0 {
			t.Errorf("the job left processes %v", pids)
		}
		if left, _ := filepath.Glob(filepath.Join(s.dir, "nodes", "[^.]*")); len(left) > 0 {
			t.Errorf("the cluster left %v", left)
		}
		if j := final(t, c, "stubborn"); j.Properties.Status == "Completed" {
			t.Errorf("the job is %s", j.Properties.Status)
		}
	})
}

// withMark lists processes by a variable of their environment, withWord by a word
// of their command line.
func withMark(pair string) []string { return scan("environ", pair) }
func withWord(word string) []string { return scan("cmdline", word) }

func scan(file, part string) (list []string) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join("/proc", e.Name(), file))
		if err == nil && bytes.Contains(append(data, 0), []byte(part)) {
			list = append(list, e.Name()+" "+strings.ReplaceAll(string(data[:min(len(data), 80)]), "\x00", " "))
		}
	}
	return list
}
