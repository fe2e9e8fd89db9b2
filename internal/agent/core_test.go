package agent

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/wire"
)

var start = time.Unix(1_900_000_000, 0).UTC()

const node = atelier.ID("workspaces/w/computes/c/nodes/n")

func wireTask(job string) wire.Task {
	return wire.Task{ID: atelier.ID("workspaces/w/jobs/" + job + "/tasks/1-0"), UID: "u-" + job, Attempt: 1}
}

// bench drives a Core by hand.
type bench struct {
	t   *testing.T
	c   Core
	now time.Time
	seq int64
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, now: start, c: Core{Node: node}}
	b.c.Begin(b.now)
	b.c.Session("s")
	return b
}

func (b *bench) desired(tasks ...wire.Task) []Action {
	b.seq++
	return b.c.Desired(b.now, wire.Desired{Node: node, Session: "s", Seq: b.seq, Tasks: tasks})
}

func (b *bench) want(do []Action, want string) {
	b.t.Helper()
	var got []string
	for _, a := range do {
		got = append(got, string(a.Kind))
	}
	if s := strings.Join(got, " "); s != want {
		b.t.Errorf("actions are %q, want %q", s, want)
	}
}

func (b *bench) state(want string) {
	b.t.Helper()
	var got []string
	for _, r := range b.c.Report().Tasks {
		s := string(r.State)
		if r.Problem != nil {
			s += ":" + r.Problem.Code
		}
		if r.ExitCode != nil {
			s += fmt.Sprint(":", *r.ExitCode)
		}
		got = append(got, s)
	}
	if s := strings.Join(got, " "); s != want {
		b.t.Errorf("report is %q, want %q", s, want)
	}
}

func exit(code int) Result { return Result{ExitCode: &code, EndedAt: start} }

func TestLifeOfATask(t *testing.T) {
	b, j := newBench(t), wireTask("j")
	key := Key(j)
	b.want(b.desired(j), "prepare")
	b.state("Preparing")
	b.want(b.desired(j), "")
	b.want(b.c.Prepared(key, nil), "start")
	b.want(b.c.Prepared(key, nil), "")
	b.want(b.c.Started(key, start, nil), "")
	b.state("Running")
	b.want(b.c.Ended(key, exit(3)), "finalize")
	b.state("Finalizing")
	b.want(b.c.Ended(key, exit(4)), "")
	b.want(b.c.Finalized(b.now, key, nil), "")
	b.state("Ended:3")
	b.want(b.desired(j), "") // not yet seen by the server: keep saying so
	b.state("Ended:3")
	b.want(b.desired(), "remove")
	b.state("")
	b.want(b.desired(j), "") // never again
	b.want(b.c.Removed(b.now, key), "")
	b.want(b.desired(j), "")
	if b.c.Busy() {
		t.Error("something is left")
	}
	again := j
	again.UID = "other" // a later job of the same name
	b.want(b.desired(again), "prepare")
}

func TestEndings(t *testing.T) {
	j := wireTask("j")
	stop := j
	stop.Stop = true
	refused := j
	refused.Spec.Refused = &atelier.Problem{Code: "AssetNotFound"}
	key := Key(j)
	bad := &atelier.Problem{Code: "Bad"}
	for name, f := range map[string]func(b *bench){
		"stop-before-it-came": func(b *bench) { b.want(b.desired(stop), ""); b.state("Ended:Canceled") },
		"refused":             func(b *bench) { b.want(b.desired(refused), ""); b.state("Ended:AssetNotFound") },
		"stop-while-preparing": func(b *bench) {
			b.desired(j)
			b.want(b.desired(stop), "cancel")
			b.want(b.desired(stop), "")
			b.want(b.c.Prepared(key, nil), "finalize")
			b.want(b.c.Finalized(b.now, key, nil), "")
			b.state("Ended:Canceled")
		},
		"preparing-fails": func(b *bench) {
			b.desired(j)
			b.want(b.c.Prepared(key, bad), "finalize")
			b.c.Finalized(b.now, key, nil)
			b.state("Ended:Bad")
		},
		"stop-while-starting": func(b *bench) {
			b.desired(j)
			b.c.Prepared(key, nil)
			b.want(b.desired(stop), "")
			b.want(b.c.Started(key, start, nil), "stop")
		},
		"start-fails": func(b *bench) {
			b.desired(j)
			b.c.Prepared(key, nil)
			b.want(b.c.Started(key, start, bad), "finalize")
		},
		"end-comes-before-started": func(b *bench) {
			b.desired(j)
			b.c.Prepared(key, nil)
			b.want(b.c.Ended(key, exit(0)), "finalize")
			b.want(b.c.Started(key, start, nil), "")
			b.state("Finalizing")
		},
		"stop-while-running": func(b *bench) {
			b.desired(j)
			b.c.Prepared(key, nil)
			b.c.Started(key, start, nil)
			b.want(b.desired(stop), "stop")
			b.want(b.desired(stop), "")
			b.want(b.c.Ended(key, exit(143)), "finalize") // outputs also after a stop
			b.want(b.desired(stop), "")
			b.want(b.desired(), "abandon")
			b.want(b.c.Finalized(b.now, key, nil), "remove")
		},
		"missing-while-running": func(b *bench) {
			b.desired(j)
			b.c.Prepared(key, nil)
			b.c.Started(key, start, nil)
			b.want(b.desired(), "stop")
			b.want(b.c.Ended(key, exit(143)), "finalize abandon")
			b.want(b.c.Finalized(b.now, key, nil), "remove")
		},
		"delivery-problem-does-not-hide-the-first": func(b *bench) {
			b.desired(j)
			b.c.Prepared(key, bad)
			b.c.Finalized(b.now, key, &atelier.Problem{Code: "Later"})
			b.state("Ended:Bad")
		},
	} {
		t.Run(name, func(t *testing.T) { f(newBench(t)) })
	}
}

func TestOldMessages(t *testing.T) {
	b, j := newBench(t), wireTask("j")
	d := wire.Desired{Node: node, Session: "s", Seq: 5, Tasks: []wire.Task{j}}
	b.want(b.c.Desired(b.now, d), "prepare")
	for name, old := range map[string]wire.Desired{
		"same-number":   {Node: node, Session: "s", Seq: 5},
		"lower-number":  {Node: node, Session: "s", Seq: 4},
		"other-session": {Node: node, Session: "r", Seq: 9},
		"no-session":    {Node: node, Seq: 9},
		"other-node":    {Node: node + "x", Session: "s", Seq: 9},
		"other-leave":   {Node: node, Session: "r", Seq: 9, Leave: true},
	} {
		t.Run(name, func(t *testing.T) {
			if do := b.c.Desired(b.now, old); len(do) != 0 {
				t.Errorf("it is acted upon: %v", do)
			}
		})
	}
	b.c.Session("s2")
	b.want(b.c.Desired(b.now, wire.Desired{Node: node, Session: "s2", Seq: 1}), "cancel")
}

// TestRevenant has the server want a task again that it had taken back: it is not
// run a second time, and the server is told of its end instead of waiting for ever.
func TestRevenant(t *testing.T) {
	b, j := newBench(t), wireTask("j")
	key := Key(j)
	b.want(b.desired(j), "prepare")
	b.want(b.desired(), "cancel")
	b.want(b.c.Prepared(key, nil), "finalize abandon")
	b.want(b.c.Finalized(b.now, key, nil), "remove")
	b.want(b.c.Removed(b.now, key), "")
	rev := b.c.Rev()
	b.want(b.desired(j), "")
	b.state("Ended:TaskForgotten")
	if b.c.Rev() == rev {
		t.Error("the report changed, but Rev did not")
	}
	b.want(b.desired(), "")
	b.state("")
}

func TestAdopt(t *testing.T) {
	j := wireTask("j")
	stop := j
	stop.Stop = true
	for _, tt := range []struct {
		name      string
		phase     Phase
		started   bool
		at, state string // on adoption
		then      string // when the server still wants it
		stopped   string // when the server wants its end
	}{
		{"preparing", Preparing, false, "", "Preparing", "prepare", "finalize"},
		{"starting", Starting, false, "", "Preparing", "start", "finalize"},
		{"started", Starting, true, "", "Running", "", "stop"},
		{"finalizing", Finalizing, true, "finalize", "Finalizing", "", ""},
		{"done", Done, true, "", "Ended:7", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.want(b.c.Adopt(j, tt.phase, tt.started, exit(7)), tt.at)
			b.state(tt.state)
			b.want(b.desired(j), tt.then)
			b.want(b.desired(j), "")
			b = newBench(t)
			b.c.Adopt(j, tt.phase, tt.started, exit(7))
			b.want(b.desired(stop), tt.stopped)
		})
	}
}

func TestLeave(t *testing.T) {
	j := wireTask("j")
	leave := wire.Desired{Node: node, Session: "s", Seq: 99, Leave: true}
	t.Run("nothing-to-do", func(t *testing.T) {
		b := newBench(t)
		b.want(b.c.Desired(b.now, leave), "leave")
		b.want(b.c.Tick(b.now.Add(time.Hour)), "")
	})
	t.Run("running", func(t *testing.T) {
		b := newBench(t)
		b.desired(j)
		b.c.Prepared(Key(j), nil)
		b.c.Started(Key(j), start, nil)
		b.want(b.c.Desired(b.now, leave), "stop")
		b.want(b.c.Ended(Key(j), exit(143)), "finalize abandon")
		b.want(b.c.Finalized(b.now, Key(j), nil), "leave")
		b.state("Ended:143")
	})
	t.Run("does-not-end", func(t *testing.T) {
		b := newBench(t)
		b.desired(j)
		b.want(b.c.Desired(b.now, leave), "cancel")
		b.want(b.c.Tick(b.now.Add(DefaultGrace)), "")
		b.want(b.c.Tick(b.now.Add(DefaultGrace+leaveSlack)), "leave")
	})
	t.Run("no-new-work", func(t *testing.T) {
		b := newBench(t)
		b.desired(j)
		b.c.Desired(b.now, leave)
		b.seq = 100
		b.want(b.desired(j, wireTask("k")), "")
	})
	t.Run("no-contact", func(t *testing.T) {
		b := newBench(t)
		b.want(b.c.Tick(b.now.Add(IdleLeave-1)), "")
		b.want(b.c.Tick(b.now.Add(IdleLeave)), "leave")
	})
	t.Run("no-contact-with-work", func(t *testing.T) {
		b := newBench(t)
		b.desired(j)
		b.want(b.c.Tick(b.now.Add(100*time.Hour)), "") // it goes on without the server
		b.c.Prepared(Key(j), nil)
		b.c.Ended(Key(j), exit(0))
		b.c.Finalized(b.now, Key(j), nil)
		b.want(b.c.Tick(b.now.Add(IdleLeave)), "") // its result is worth waiting for
		b.want(b.c.Tick(b.now.Add(ResultsLeave)), "leave")
	})
}

func TestRevFollowsReport(t *testing.T) {
	b, j := newBench(t), wireTask("j")
	key := Key(j)
	last, rev := "", int64(-1)
	for i, step := range []func(){
		func() {}, func() { b.desired(j) }, func() { b.c.Prepared(key, nil) }, func() { b.c.Started(key, start, nil) },
		func() { b.c.Ended(key, exit(0)) }, func() { b.c.Finalized(b.now, key, nil) },
	} {
		step()
		got := fmt.Sprint(b.c.Report().Tasks)
		if (got != last) && b.c.Rev() == rev {
			t.Errorf("step %d changes the report and not the revision", i)
		}
		last, rev = got, b.c.Rev()
	}
}

func TestKey(t *testing.T) {
	a, b := wireTask("Train-1/../x"), wireTask("train")
	b.UID = "other"
	keys := []string{Key(a), Key(b), Key(wireTask("train")), Key(wireTask(strings.Repeat("x", 300)))}
	for _, k := range keys {
		if len(k) > 80 || strings.ContainsAny(k, "/. ") {
			t.Errorf("key %q", k)
		}
	}
	slices.Sort(keys)
	if len(slices.Compact(keys)) != 4 {
		t.Errorf("keys clash: %v", keys)
	}
}
