package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/atelier-compute/atelier/internal/client"
)

// What a kill loop must be, or it says nothing.
const (
	killRounds      = 50
	killRoundsShort = 5
	killRate        = 50.0 // acknowledged submits a second while the server is up
	killNodes       = 4
	killSubmitters  = 16
	killPace        = 250 * time.Millisecond // of one submitter, from submit to submit
	killBound       = 110 * time.Second      // of the whole test
)

// TestKillLoop kills the server, agents, or both, again and again with SIGKILL,
// while jobs come in. What was acknowledged must then have run: once, to its end.
// $ATELIER_KILL_SEED repeats the choices of a run.
func TestKillLoop(t *testing.T) {
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Skip("agents are found by /proc, which is not here")
	}
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("ATELIER_KILL_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("seed %d", seed)
	rounds := killRounds
	if testing.Short() {
		rounds = killRoundsShort
	}
	k := newKillLoop(t, seed)
	stop := k.load(t)
	for round := range rounds {
		k.round(t, round)
	}
	k.up += time.Since(k.since)
	stop()
	k.rate(t, rounds)
	k.drain(t)
	k.end(t)
	k.judge(t)
}

// killLoop is one run.
type killLoop struct {
	*server
	began  time.Time
	rand   *rand.Rand
	lines  string // the file that jobs append to
	client *client.Client
	diary  []string // what was killed when

	since time.Time     // when the server was ready
	up    time.Duration // how long it was, in all

	serverKills, agentKills int

	mu    sync.Mutex
	asked map[string]bool // true: acknowledged
	odd   map[string]int  // answers that nobody should get, by text
	again int             // submits that were repeated
}

func newKillLoop(t *testing.T, seed uint64) *killLoop {
	k := &killLoop{began: time.Now(), rand: rand.New(rand.NewPCG(seed, 2)), asked: map[string]bool{}, odd: map[string]int{}}
	k.server = start(t, "--listen", freeAddress(t))
	k.since = time.Now()
	k.lines = filepath.Join(k.dir, "lines")
	k.client = k.principal(t)
	makeCluster(t, k.client, "kill", killNodes)
	return k
}

// freeAddress has a port that no client gets as its own while the server is down.
func freeAddress(t *testing.T) string {
	for port := 20000 + os.Getpid()%10000; port < 32000; port++ {
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// principal is a client whose sign-in outlives the server, unlike that of the
// command line.
func (s *server) principal(t *testing.T) *client.Client {
	t.Helper()
	cfg, ok, err := client.FromEnv(func(k string) string { return s.env[k] })
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// makeCluster makes a cluster of n nodes and waits for them.
func makeCluster(t *testing.T, c *client.Client, name string, n int) {
	t.Helper()
	_, _, err := c.PutCompute(t.Context(), name, client.Compute{Location: "local", Properties: client.ComputeProperties{
		ComputeType: "AmlCompute",
		Properties:  &client.Cluster{VMSize: "Local", ScaleSettings: &client.ScaleSettings{MinNodeCount: n, MaxNodeCount: n}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the nodes of "+name+" are idle", func() bool {
		v, err := c.Compute(t.Context(), name)
		return err == nil && v.Properties.Properties.NodeStateCounts != nil && v.Properties.Properties.NodeStateCounts.Idle == n
	})
}

func commandJob(c *client.Client, compute, command string) client.Job {
	return client.Job{Properties: client.JobProperties{JobType: "Command", ComputeID: c.Path("computes", compute), Command: command}}
}

// load submits jobs until it is stopped; then all that was asked is acknowledged.
func (k *killLoop) load(t *testing.T) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	for s := range killSubmitters {
		wg.Go(func() {
			tick := time.NewTicker(killPace)
			defer tick.Stop()
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				case <-tick.C:
					k.submit(t.Context(), fmt.Sprintf("k%02d-%04d", s, i), i)
				}
			}
		})
	}
	return func() { close(done); wg.Wait() }
}

// submit repeats one PUT until it is answered with success. One job in ten takes
// a moment, so that kills meet running commands.
func (k *killLoop) submit(ctx context.Context, name string, i int) {
	command := `echo "$AZUREML_RUN_ID $AZUREML_ATTEMPT" >>` + k.lines
	if i%10 == 0 {
		command += "; sleep 0.2"
	}
	body := commandJob(k.client, "kill", command)
	k.mu.Lock()
	k.asked[name] = false
	k.mu.Unlock()
	for try := 0; time.Since(k.began) < killBound; try++ {
		_, err := k.client.PutJob(ctx, name, body)
		k.mu.Lock()
		if err == nil {
			k.asked[name] = true
			k.again += min(try, 1)
			k.mu.Unlock()
			return
		}
		if down := new(client.Unreachable); !errors.As(err, &down) {
			k.odd[err.Error()]++
		}
		k.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// round lets the server serve for a while, then kills.
func (k *killLoop) round(t *testing.T, round int) {
	wait := time.Duration(200+k.rand.IntN(500)) * time.Millisecond
	what := []string{"server", "agent", "both"}[k.rand.IntN(3)]
	early := k.rand.IntN(4) == 0 // another kill, while it starts
	select {
	case <-time.After(wait):
	case <-k.ended:
		t.Fatalf("round %d: the server ended by itself: %v", round, k.cmd.ProcessState)
	}
	agents := k.agents()
	if len(agents) == 0 {
		what = "server" // every agent is about to be started again
	}
	note := fmt.Sprintf("%s round %d: %s", time.Now().UTC().Format("15:04:05.000"), round, what)
	n := map[string]int{"agent": 1, "both": 1 + k.rand.IntN(max(1, len(agents)))}[what]
	for _, i := range k.rand.Perm(len(agents))[:n] {
		syscall.Kill(agents[i], syscall.SIGKILL) //nolint:errcheck // it may have ended meanwhile
		note += fmt.Sprint(" agent ", agents[i])
	}
	k.agentKills += n
	if what != "agent" {
		k.kill()
		k.serverKills++
		k.up += time.Since(k.since)
		if early {
			k.relaunch(t)
			<-time.After(time.Duration(k.rand.IntN(150)) * time.Millisecond) // where in its start the kill meets it
			k.kill()
			k.serverKills++
			note += ", again while it started"
		}
		k.relaunch(t)
		k.ready(t)
		k.since = time.Now()
	}
	k.diary = append(k.diary, note)
}

func (s *server) kill() {
	s.signal(syscall.SIGKILL)
	<-s.ended
}

// relaunch starts the server again as it was started, and does not wait for it.
func (s *server) relaunch(t *testing.T) {
	t.Helper()
	s.run(t, &exec.Cmd{Path: s.cmd.Path, Args: s.cmd.Args, Env: s.cmd.Env, SysProcAttr: s.cmd.SysProcAttr})
}

func (s *server) run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	os.Remove(s.envFile)
	cmd.Stdout, cmd.Stderr = &s.output, &s.output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.cmd, s.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) {
		cmd.Wait() //nolint:errcheck // how it ended is read from its state
		close(ended)
	}(s.ended)
}

// ready waits until the server serves.
func (s *server) ready(t *testing.T) {
	t.Helper()
	eventually(t, "the server is ready", func() bool {
		select {
		case <-s.ended:
			t.Fatalf("the server ended at its start: %v", s.cmd.ProcessState)
		default:
		}
		_, err := os.Stat(s.envFile)
		return err == nil
	})
}

// agents are the processes of our nodes' agents. What an agent has just forked bears
// its arguments until it runs something else, and is no agent.
func (s *server) agents() (pids []int) {
	for _, pid := range s.processes() {
		args, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if words := strings.Split(string(args), "\x00"); len(words) > 1 && words[1] == "agent" {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	all := slices.Clone(pids)
	return slices.DeleteFunc(pids, func(pid int) bool { return slices.Contains(all, parentOf(pid)) })
}

// parentOf reads it from /proc; 0 if the process is gone.
func parentOf(pid int) (parent int) {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(stat), ") ")    // the name in parentheses may hold anything but that
	fmt.Sscanf(rest, "%1s %d", new(string), &parent) //nolint:errcheck // then it is gone
	return parent
}

// rate holds the load against what it must be.
func (k *killLoop) rate(t *testing.T, rounds int) {
	acknowledged := 0
	for name, yes := range k.asked {
		if yes {
			acknowledged++
		} else {
			t.Errorf("%s was never acknowledged", name)
		}
	}
	rate := float64(acknowledged) / k.up.Seconds()
	t.Logf("%d servers and %d agents were killed", k.serverKills, k.agentKills)
	t.Logf("%d rounds in %v: %d submits acknowledged in %v of service, %.0f/s, %d of them after a lost answer",
		rounds, time.Since(k.began).Round(time.Millisecond), acknowledged, k.up.Round(time.Millisecond), rate, k.again)
	if rate < killRate {
		t.Errorf("the run is invalid: %.1f submits a second were acknowledged, and it takes %.0f", rate, killRate)
	}
	for text, n := range k.odd {
		t.Errorf("%d submits were answered: %s", n, text)
	}
}

// drain waits until every job has ended.
func (k *killLoop) drain(t *testing.T) {
	open := map[string]string{}
	for looked := time.Now(); time.Since(k.began) < killBound; <-time.After(100 * time.Millisecond) {
		data, _ := os.ReadFile(k.lines)
		if bytes.Count(data, []byte("\n")) < len(k.asked) && time.Since(looked) < 10*time.Second {
			continue // a list of all is not cheap
		}
		looked = time.Now()
		clear(open)
		for j, err := range k.client.Jobs(t.Context(), client.JobQuery{Top: 1000}) {
			if err != nil {
				t.Fatal(err)
			}
			if !client.Terminal(j.Properties.Status) {
				open[j.Name] = j.Properties.Status
			}
		}
		if len(open) == 0 {
			t.Logf("all jobs had ended after %v", time.Since(k.began).Round(time.Millisecond))
			return
		}
	}
	t.Errorf("%d jobs have not ended: %v", len(open), some(open))
}

// end deletes the cluster and ends the server.
func (k *killLoop) end(t *testing.T) {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("killed:\n%s", strings.Join(k.diary, "\n"))
		}
	})
	logs := k.nodeLogs()
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(logs)
		}
	})
	k.removeComputes(t)
	k.down(t)
	if code := k.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the server ended with %d", code)
	}
	if left := k.processes(); len(left) > 0 {
		t.Errorf("processes %v outlive the cluster", left)
	}
}

// nodeLogs are the ends of what the nodes said.
func (s *server) nodeLogs() string {
	var b strings.Builder
	files, _ := filepath.Glob(filepath.Join(s.dir, "nodes", "*", "node.log"))
	for _, f := range files {
		data, _ := os.ReadFile(f)
		fmt.Fprintf(&b, "%s ends:\n%s\n", f, data[max(0, len(data)-4000):])
	}
	return b.String()
}

func some[V any](m map[string]V) (list []string) {
	for name, v := range m {
		if list = append(list, fmt.Sprint(name, " ", v)); len(list) == 10 {
			break
		}
	}
	slices.Sort(list)
	return list
}
