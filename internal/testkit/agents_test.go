package testkit_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/agent"
	"github.com/atelier-compute/atelier/internal/blob"
	"github.com/atelier-compute/atelier/internal/wire"
)

func TestTaskFromCodeToOutputs(t *testing.T) {
	r := newRig(t)
	node := r.wanted("n0")
	m := r.launch(node)
	prefix := "wsuid/" + atelier.DataStore + "/"
	r.store(prefix+"codes/src/1/train.sh", "#!/bin/sh\ncat \"$1\" lib/part >outputs/model; echo trained with $2; echo $LEVEL >\"$3/m\"; echo x >logs/l", 0o755)
	r.store(prefix+"codes/src/1/lib/part", "part", 0)
	r.store(prefix+"data/file.csv", "a,b,", 0)
	r.store(prefix+"data/dir/one", "1", 0)
	src := blob.Dir{Root: filepath.Join(r.blobs.Root, prefix+"codes/src/1")}
	sum, err := blob.HashDir(t.Context(), src.Root, nil)
	r.must(err)
	code := &atelier.Asset{Meta: meta(ws.Child(atelier.KindCode, "src:1"), "code"), URI: atelier.DatastoreURI(atelier.DataStore, "codes/src/1"), Hash: sum.SHA256}
	r.put(code)
	data := &atelier.Asset{Meta: meta(ws.Child(atelier.KindData, "d:1"), "data"), URI: atelier.DatastoreURI(atelier.DataStore, "data/file.csv")}
	r.put(data)
	spec := atelier.JobSpec{
		Experiment: "exp", Code: code.ID,
		Command: `./train.sh ${{inputs.file}} ${{inputs.rate}} ${{ outputs.out }} && cat ${{inputs.dir}}/one && echo $AZUREML_RUN_ID $AZUREML_ARM_WORKSPACE_NAME ${{inputs.direct}}`,
		Env:     map[string]string{"LEVEL": "level-${{inputs.rate}}"},
		Inputs: map[string]atelier.Input{
			"file":   {Type: "uri_file", URI: "azureml:d:1"},
			"rate":   {Type: "literal", Value: "0.5"},
			"dir":    {Type: "uri_folder", URI: atelier.DatastoreURI(atelier.DataStore, "data/dir/")},
			"direct": {Type: "uri_folder", URI: "azureml://elsewhere", Mode: "Direct"},
		},
		Outputs: map[string]atelier.Output{"out": {Type: "uri_folder"}},
	}
	for _, name := range []string{"first", "again"} { // the second from the node's cache of code
		task := r.ended(r.submit(name, spec, node)[0])
		r.wantCode(task, 0)
		if got, want := r.output(name, 0, stdLog), "trained with 0.5\n1"+name+" sub~rg~ws azureml://elsewhere\n"; got != want {
			t.Errorf("log is %q, want %q", got, want)
		}
		out := atelier.OutputPrefix("wsuid", name)
		for key, want := range map[string]string{"/outputs/model": "a,b,part", "/logs/l": "x\n", "/named-outputs/out/m": "level-0.5\n"} {
			if got := r.blob(out + key); got != want {
				t.Errorf("%s is %q, want %q", key, got, want)
			}
		}
		if task.StartedAt.IsZero() || task.EndedAt.Before(task.StartedAt) {
			t.Errorf("started %s, ended %s", task.StartedAt, task.EndedAt)
		}
	}
	if kept, _ := os.ReadDir(filepath.Join(m.dir, "cache", "code")); len(kept) != 1 || kept[0].Name() != sum.SHA256 {
		t.Errorf("the node keeps %v, want the code under its hash", kept)
	}
	r.until("the removal of ended tasks", func() bool {
		left, _ := os.ReadDir(filepath.Join(m.dir, "tasks"))
		return len(left) == 0
	})
}

func TestWhatCannotRunSaysWhy(t *testing.T) {
	r := newRig(t)
	node := r.wanted("n0")
	r.launch(node)
	in := func(uri string) map[string]atelier.Input {
		return map[string]atelier.Input{"x": {Type: "uri_folder", URI: uri}}
	}
	r.put(&atelier.Asset{Meta: meta(ws.Child(atelier.KindEnvironment, "e:1"), "env"), Image: "ubuntu"})
	for name, tt := range map[string]struct {
		spec atelier.JobSpec
		code string
		says string
	}{
		"code-gone":     {atelier.JobSpec{Code: ws.Child(atelier.KindCode, "gone:1")}, "AssetNotFound", "gone:1"},
		"foreign-input": {atelier.JobSpec{Inputs: in("https://example.test/x")}, "UriNotSupported", `input "x"`},
		"no-such-data":  {atelier.JobSpec{Inputs: in(atelier.DatastoreURI(atelier.DataStore, "nothing"))}, "DataNotFound", "nothing"},
		"no-such-input": {atelier.JobSpec{Command: "echo ${{inputs.y}}"}, "InvalidPlaceholder", "inputs.y"},
		"environment":   {atelier.JobSpec{Environment: ws.Child(atelier.KindEnvironment, "e:1")}, "EnvironmentNotSupported", "e:1"},
	} {
		t.Run(name, func(t *testing.T) {
			task := r.ended(r.submit(name, tt.spec, node)[0])
			if task.ExitCode != nil || task.Problem == nil || task.Problem.Code != tt.code || !strings.Contains(task.Problem.Message, tt.says) {
				t.Errorf("ended with %v, %+v; want %s that names %s", task.ExitCode, task.Problem, tt.code, tt.says)
			}
		})
	}
}

func TestStop(t *testing.T) {
	r := newRig(t)
	node := r.wanted("n0")
	r.launch(node)
	id := r.submit("j", atelier.JobSpec{Command: `trap 'echo asked; echo kept >outputs/kept; exit 9' TERM; echo up; while :; do sleep 0.01; done`}, node)[0]
	r.until("the first output", func() bool { return r.output("j", 0, stdLog) == "up\n" })
	change(r, id, func(x *atelier.Task) { x.Stop = time.Now() })
	r.wantCode(r.ended(id), 9)
	if got := r.output("j", 0, stdLog); !strings.HasPrefix(got, "up\n") || !strings.HasSuffix(got, "asked\n") {
		t.Errorf("log is %q", got)
	}
	if got := r.blob(atelier.OutputPrefix("wsuid", "j") + "/outputs/kept"); got != "kept\n" {
		t.Errorf("outputs after a stop: %q", got)
	}
}

// Server and agent end and come back while a task runs: it runs once, its log is
// whole, and its end is told.
func TestTasksOutliveBothEnds(t *testing.T) {
	r := newRig(t)
	node := r.wanted("n0")
	m := r.launch(node)
	gate := filepath.Join(t.TempDir(), "gate")
	id := r.submit("j", atelier.JobSpec{Command: `echo start; i=0; until [ -e ` + gate + ` ]; do i=$((i+1)); echo line; sleep 0.01; done; echo end; exit 4`}, node)[0]
	r.running(id)
	for range 2 {
		r.halt()
		r.serve()
		m.kill()
		m.boot(nil)
		before := len(r.output("j", 0, stdLog))
		r.until("more of the log", func() bool { return len(r.output("j", 0, stdLog)) > before })
	}
	r.halt() // it ends while nobody looks
	m.kill()
	r.must(os.WriteFile(gate, nil, 0o600))
	m.boot(nil)
	r.serve()
	r.wantCode(r.ended(id), 4)
	out := r.output("j", 0, stdLog)
	if strings.Count(out, "start\n") != 1 || !strings.HasSuffix(out, "line\nend\n") || strings.ReplaceAll(out, "line\n", "") != "start\nend\n" {
		t.Errorf("the log is not whole: %q", out)
	}
	if n := get[atelier.Node](r, node); n.State != atelier.Ready {
		t.Errorf("the node is %s", n.State)
	}
}

func TestLogIsWhole(t *testing.T) {
	r := newRig(t)
	node := r.wanted("n0")
	r.launch(node)
	const lines = 400_000
	id := r.submit("j", atelier.JobSpec{Command: fmt.Sprintf("seq 1 %d", lines)}, node)[0]
	for range 3 {
		r.halt()
		r.serve()
	}
	r.wantCode(r.ended(id), 0)
	var want strings.Builder
	for i := range lines {
		fmt.Fprintln(&want, i+1)
	}
	if got := r.output("j", 0, stdLog); sha256.Sum256([]byte(got)) != sha256.Sum256([]byte(want.String())) {
		t.Errorf("the log has %d bytes, want %d, or others", len(got), want.Len())
	}
}

func TestGang(t *testing.T) {
	r := newRig(t)
	nodes := []atelier.ID{r.wanted("n0"), r.wanted("n1")}
	for _, n := range nodes {
		r.launch(n)
	}
	r.until("both nodes", func() bool {
		return get[atelier.Node](r, nodes[0]).State == atelier.Ready && get[atelier.Node](r, nodes[1]).State == atelier.Ready
	})
	spec := atelier.JobSpec{
		Command:      "echo r$RANK l$LOCAL_RANK n$NODE_RANK w$WORLD_SIZE $MASTER_ADDR:$MASTER_PORT",
		Distribution: &atelier.Distribution{Type: "PyTorch", ProcsPerNode: 2},
	}
	for rank, id := range r.submit("j", spec, nodes...) {
		r.wantCode(r.ended(id), 0)
		lines := strings.Fields(strings.ReplaceAll(r.output("j", rank, fmt.Sprintf("user_logs/std_log_process_%d.txt", rank)), " ", "_"))
		slices.Sort(lines)
		want := []string{}
		for local := range 2 {
			want = append(want, fmt.Sprintf("r%d_l%d_n%d_w4_127.0.0.1:6105", 2*rank+local, local, rank))
		}
		if !slices.Equal(lines, want) {
			t.Errorf("node %d printed %q, want %q", rank, lines, want)
		}
	}
	spec.Command = `if [ $RANK = 1 ]; then exit 5; fi; sleep 60`
	started := time.Now()
	r.wantCode(r.ended(r.submit("k", spec, nodes[0])[0]), 5)
	if took := time.Since(started); took > 15*time.Second {
		t.Errorf("one process failed, and the others went on for %s", took)
	}
}

func TestDoubledMachine(t *testing.T) {
	r := newRig(t)
	node := r.wanted("n0")
	first := r.launch(node)
	r.until("the node", func() bool { return get[atelier.Node](r, node).State == atelier.Ready })
	key := get[atelier.Node](r, node).Key
	if code := r.launch(node).exit(); code != agent.LeaveCode {
		t.Errorf("the second machine exits with %d, want %d", code, agent.LeaveCode)
	}
	first.kill()
	first.boot(nil)
	r.wantCode(r.ended(r.submit("j", atelier.JobSpec{Command: "true"}, node)[0]), 0)
	if n := get[atelier.Node](r, node); n.Key != key || key == "" {
		t.Errorf("the node is bound to %q, was to %q", n.Key, key)
	}
}

func TestLeave(t *testing.T) {
	for name, end := range map[string]func(r *rig, m *machine, node atelier.ID){
		"node-leaves": func(r *rig, _ *machine, node atelier.ID) {
			change(r, node, func(n *atelier.Node) { n.State = atelier.Leaving })
		},
		"node-is-lost": func(r *rig, _ *machine, node atelier.ID) {
			change(r, node, func(n *atelier.Node) { n.State = atelier.Lost })
		},
		"directory-is-gone": func(r *rig, m *machine, _ atelier.ID) {
			r.must(os.Remove(filepath.Join(m.dir, "machine.json")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			node := r.wanted("n0")
			m := r.launch(node)
			id := r.submit("j", atelier.JobSpec{Command: "sleep 60"}, node)[0]
			r.running(id)
			end(r, m, node)
			if code := m.exit(); code != agent.LeaveCode {
				t.Errorf("exit code %d, want %d", code, agent.LeaveCode)
			}
			if n := get[atelier.Node](r, node); n.State == atelier.Ready && name != "directory-is-gone" {
				t.Error("the node was revived")
			}
			r.wantCode(r.ended(id), 143)
		})
	}
}

// The way from a committed assignment to the command's start has no timer in it.
func TestStartIsFast(t *testing.T) {
	r := newRig(t)
	node := r.wanted("n0")
	m := r.launch(node)
	r.wantCode(r.ended(r.submit("warm", atelier.JobSpec{Command: "true"}, node)[0]), 0)
	var called, seen []time.Duration
	for i := range 21 {
		name := fmt.Sprintf("j%d", i)
		f := r.logs.Follow("uid-" + name)
		id := r.submit(name, atelier.JobSpec{Command: "echo x"}, node)[0]
		at := time.Now()
		<-f.Wake
		seen = append(seen, time.Since(at))
		f.Close()
		r.wantCode(r.ended(id), 0)
		x := get[atelier.Task](r, id)
		when, ok := m.called.Load(agent.Key(wire.Task{ID: id, UID: x.UID, Attempt: 1}))
		if !ok {
			t.Fatal("the runtime was not called")
		}
		called = append(called, when.(time.Time).Sub(at))
	}
	slices.Sort(called)
	slices.Sort(seen)
	t.Logf("assignment committed → runtime called: median %s, most %s; → output at a follower: median %s, most %s", called[10], called[20], seen[10], seen[20])
	if seen[10] > time.Second {
		t.Errorf("a median of %s smells of a timer", seen[10])
	}
}
