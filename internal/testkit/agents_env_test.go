package testkit_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/runtime"
)

// envs makes environments by the book, or hangs until it is told to stop.
type envs struct{ hang bool }

func (e envs) Prepare(ctx context.Context, env runtime.Environment, log io.Writer) ([]string, error) {
	fmt.Fprintf(log, "building %s of %q\n", env.Name, env.Pip)
	if e.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if env.Conda != "" {
		return nil, atelier.Errorf(atelier.Unsupported, "CondaOnly", "package mkl is only in conda")
	}
	return []string{"PATH=/venv/bin:/usr/bin:/bin", "VIRTUAL_ENV=/venv"}, nil
}

const buildLog = "azureml-logs/20_image_build_log.txt"

func TestEnvironment(t *testing.T) {
	t.Setenv("SERVER_SECRET", "canary")
	t.Setenv("ATELIER_NODE", "n0")
	r := newRig(t)
	node := r.wanted("n0")
	m := r.launch(node)
	m.kill()
	m.boot(envs{})
	good := &atelier.Asset{Meta: meta(ws.Child(atelier.KindEnvironment, "good:1"), "e1"), Pip: "numpy"}
	bad := &atelier.Asset{Meta: meta(ws.Child(atelier.KindEnvironment, "bad:1"), "e2"), Conda: "mkl"}
	r.put(good)
	r.put(bad)

	r.wantCode(r.ended(r.submit("good", atelier.JobSpec{Command: "env; pwd", Environment: good.ID, Env: map[string]string{"MINE": "a b"}}, node)[0]), 0)
	if got := r.output("good", 0, buildLog); got != "building good:1 of \"numpy\"\n" {
		t.Errorf("build log is %q", got)
	}
	vars := strings.Split(r.output("good", 0, stdLog), "\n")
	for _, want := range []string{"VIRTUAL_ENV=/venv", "PATH=/venv/bin:/usr/bin:/bin", "MINE=a b", "LANG=C.UTF-8", "AZUREML_RUN_ID=good", "ATELIER_NODE=n0"} {
		if !slices.Contains(vars, want) {
			t.Errorf("%s is missing in %q", want, vars)
		}
	}
	for _, v := range vars {
		name, value, _ := strings.Cut(v, "=")
		if strings.Contains(v, "canary") || name == "HOME" && !strings.HasPrefix(value, m.dir) || name == "TMPDIR" && !strings.HasPrefix(value, m.dir) {
			t.Errorf("the command has %s", v)
		}
	}

	task := r.ended(r.submit("bad", atelier.JobSpec{Command: "echo ran", Environment: bad.ID}, node)[0])
	if task.Problem == nil || task.Problem.Code != "CondaOnly" || task.ExitCode != nil {
		t.Errorf("an impossible environment ends with %+v", task.Problem)
	}
	if got := r.output("bad", 0, buildLog); !strings.HasSuffix(got, "package mkl is only in conda\n") || r.output("bad", 0, stdLog) != "" {
		t.Errorf("build log is %q", got)
	}
}

func TestStopWhilePreparing(t *testing.T) {
	r := newRig(t)
	node := r.wanted("n0")
	m := r.launch(node)
	m.kill()
	m.boot(envs{hang: true})
	env := &atelier.Asset{Meta: meta(ws.Child(atelier.KindEnvironment, "e:1"), "e1"), Pip: "numpy"}
	r.put(env)
	mark := t.TempDir() + "/ran"
	id := r.submit("j", atelier.JobSpec{Command: "touch " + mark, Environment: env.ID}, node)[0]
	r.until("the build log", func() bool { return r.output("j", 0, buildLog) != "" })

	m.kill() // the next agent begins anew with it
	m.boot(envs{hang: true})
	r.until("the build log again", func() bool { return strings.Count(r.output("j", 0, buildLog), "building") == 2 })
	change(r, id, func(x *atelier.Task) { x.Stop = time.Now() })
	task := r.ended(id)
	if task.ExitCode != nil || task.Problem == nil || task.Problem.Code != "Canceled" {
		t.Errorf("ended with %v, %+v; want Canceled", task.ExitCode, task.Problem)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the command ran")
	}
}
