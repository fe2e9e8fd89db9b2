package fleet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/fleet"
	"github.com/atelier-compute/atelier/internal/store"
	"github.com/atelier-compute/atelier/internal/wire"
)

const (
	ws    = atelier.ID("workspaces/sub~rg~ws")
	comp  = ws + "/computes/c"
	node1 = comp + "/nodes/n1"
	node2 = comp + "/nodes/n2"
	job   = ws + "/jobs/j"
)

// bed is a fleet on a store in memory, at a time of the test's choice.
type bed struct {
	t    *testing.T
	now  time.Time
	disk *store.Disk
	db   *store.DB
	f    *fleet.Fleet
}

func newBed(t *testing.T) *bed {
	b := &bed{t: t, now: time.Unix(1_900_000_000, 0).UTC(), disk: &store.Disk{}}
	b.db = store.OpenDisk(b.disk, b.clock)
	b.restart()
	b.put(&atelier.Workspace{Meta: meta(ws, "wsuid"), Subscription: "sub", ResourceGroup: "rg"})
	return b
}

func (b *bed) clock() time.Time { return b.now }

// restart is what a restart of the server does: all that was not stored is gone.
func (b *bed) restart() {
	b.f = &fleet.Fleet{DB: b.db, Now: b.clock, Secret: []byte("secret")}
}

func meta(id atelier.ID, uid string) atelier.Meta {
	return atelier.Meta{ID: id, Name: id.Name(), UID: uid, Generation: 1}
}

func (b *bed) put(r atelier.Resource) {
	b.t.Helper()
	if err := b.db.Do(b.t.Context(), func(tx *store.Tx) error { return store.Put(tx, r) }); err != nil {
		b.t.Fatal(err)
	}
}

func get[T any](b *bed, id atelier.ID) *T {
	b.t.Helper()
	var v *T
	if err := b.db.Read(b.t.Context(), func(tx *store.Tx) (err error) { v, err = store.Get[T](tx, id); return err }); err != nil {
		b.t.Fatal(err)
	}
	return v
}

func (b *bed) events() int {
	b.t.Helper()
	n := 0
	if err := b.db.Read(b.t.Context(), func(tx *store.Tx) error {
		list, err := store.Events(tx, store.EventQuery{})
		n = len(list)
		return err
	}); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func (b *bed) node(id atelier.ID, state atelier.NodeState, key string) {
	b.t.Helper()
	b.put(&atelier.Node{Meta: meta(id, "uid-"+id.Name()), Compute: comp, State: state, Key: key, Since: b.now, Host: atelier.Host{Address: "addr-" + id.Name()}})
}

func (b *bed) hello(id atelier.ID, key, session string) (wire.Welcome, error) {
	return b.f.Hello(b.t.Context(), wire.Hello{
		Version: wire.Version, Node: id, Token: b.f.JoinToken(id, "uid-"+id.Name()), Key: key, Boot: "boot", Session: session,
		Host: atelier.Host{Address: "addr-" + id.Name()},
	})
}

// ready makes a node whose agent has said hello in session "s".
func (b *bed) ready(id atelier.ID) {
	b.t.Helper()
	b.node(id, atelier.Booting, "")
	if _, err := b.hello(id, "key-"+id.Name(), "s"); err != nil {
		b.t.Fatal(err)
	}
}

// place makes a job with one task on each node.
func (b *bed) place(j *atelier.Job, attempt int, nodes ...atelier.ID) {
	b.t.Helper()
	j.Status.Attempt, j.Status.Nodes, j.Spec.Instances, j.Spec.Compute = attempt, nodes, len(nodes), comp
	b.put(j)
	for rank, n := range nodes {
		id := j.ID.Child(atelier.KindTask, atelier.TaskName(attempt, rank))
		b.put(&atelier.Task{Meta: meta(id, "t"), Job: j.ID, Compute: comp, Node: n, Attempt: attempt, Rank: rank, State: atelier.TaskAssigned})
	}
}

func newJob() *atelier.Job { return &atelier.Job{Meta: meta(job, "juid")} }

const task = job + "/tasks/1-0"

func TestHelloByState(t *testing.T) {
	for _, tt := range []struct {
		name  string
		from  atelier.NodeState
		bound string // key that the node has
		to    atelier.NodeState
		leave bool
		kind  atelier.Kind
	}{
		{"wanted", atelier.Wanted, "", atelier.Ready, false, ""}, // the agent beat the provider's answer
		{"booting", atelier.Booting, "", atelier.Ready, false, ""},
		{"ready-again", atelier.Ready, "k", atelier.Ready, false, ""},
		{"ready-other", atelier.Ready, "x", atelier.Ready, false, atelier.Forbidden}, // a doubled machine
		{"draining", atelier.Draining, "k", atelier.Draining, false, ""},
		{"draining-unbound", atelier.Draining, "", atelier.Draining, true, ""},
		{"lost", atelier.Lost, "k", atelier.Lost, true, ""},
		{"lost-other", atelier.Lost, "x", atelier.Lost, false, atelier.Forbidden},
		{"leaving", atelier.Leaving, "k", atelier.Leaving, true, ""},
		{"leaving-unbound", atelier.Leaving, "", atelier.Leaving, true, ""},
		{"gone", atelier.Gone, "k", atelier.Gone, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBed(t)
			b.node(node1, tt.from, tt.bound)
			w, err := b.hello(node1, "k", "s")
			if tt.kind != "" && !atelier.IsKind(err, tt.kind) || tt.kind == "" && err != nil {
				t.Fatalf("error is %v, want kind %q", err, tt.kind)
			}
			n := get[atelier.Node](b, node1)
			if n.State != tt.to || w.Desired.Leave != tt.leave {
				t.Errorf("it is %s, leave %t; want %s, %t", n.State, w.Desired.Leave, tt.to, tt.leave)
			}
			if tt.to == atelier.Ready && tt.kind == "" && (n.Key != "k" || n.Boot != "boot" || n.Host.Address == "") {
				t.Errorf("what the agent said is not kept: %+v", n)
			}
			if tt.bound != "" && n.Key != tt.bound {
				t.Errorf("the node is bound anew, to %q", n.Key)
			}
		})
	}
}

func TestHelloRefuses(t *testing.T) {
	b := newBed(t)
	b.node(node1, atelier.Booting, "")
	b.node(node2, atelier.Booting, "")
	good := wire.Hello{Version: wire.Version, Node: node1, Token: b.f.JoinToken(node1, "uid-n1"), Key: "k", Boot: "b", Session: "s"}
	other := &fleet.Fleet{Secret: []byte("other")}
	for name, tt := range map[string]struct {
		change func(h *wire.Hello)
		kind   atelier.Kind
	}{
		"no-token":         {func(h *wire.Hello) { h.Token = "" }, atelier.Forbidden},
		"garbage":          {func(h *wire.Hello) { h.Token = "x.y" }, atelier.Forbidden},
		"other-node":       {func(h *wire.Hello) { h.Token = b.f.JoinToken(node2, "uid-n2") }, atelier.Forbidden},
		"other-server":     {func(h *wire.Hello) { h.Token = other.JoinToken(node1, "uid-n1") }, atelier.Forbidden},
		"other-uid":        {func(h *wire.Hello) { h.Token = "uid-n2" + strings.TrimPrefix(h.Token, "uid-n1") }, atelier.Forbidden},
		"longer-node":      {func(h *wire.Hello) { h.Node += "1" }, atelier.Forbidden},
		"upper-case-token": {func(h *wire.Hello) { h.Token = strings.ToUpper(h.Token) }, atelier.Forbidden},
		"no-key":           {func(h *wire.Hello) { h.Key = "" }, atelier.Invalid},
		"no-session":       {func(h *wire.Hello) { h.Session = "" }, atelier.Invalid},
		"future-version":   {func(h *wire.Hello) { h.Version = wire.Version + 1 }, atelier.Unsupported},
	} {
		t.Run(name, func(t *testing.T) {
			h := good
			tt.change(&h)
			if _, err := b.f.Hello(t.Context(), h); !atelier.IsKind(err, tt.kind) {
				t.Errorf("error is %v, want kind %s", err, tt.kind)
			}
			if n := get[atelier.Node](b, node1); n.State != atelier.Booting || n.Key != "" {
				t.Errorf("the node is %s, bound to %q", n.State, n.Key)
			}
		})
	}
	for i := range good.Token { // flip each byte
		h := good
		h.Token = h.Token[:i] + string(h.Token[i]^1) + h.Token[i+1:]
		if w, err := b.f.Hello(t.Context(), h); err == nil {
			t.Fatalf("token with byte %d changed: %+v", i, w)
		}
	}
	if _, err := (&fleet.Fleet{DB: b.db, Now: b.clock}).Hello(t.Context(), good); !atelier.IsKind(err, atelier.Forbidden) {
		t.Errorf("a server without a secret: %v", err)
	}
}

// TestHelloTwice has one hello arrive twice: what was said between must not be
// overtaken by numbers that begin anew.
func TestHelloTwice(t *testing.T) {
	b := newBed(t)
	b.node(node1, atelier.Booting, "")
	if _, err := b.hello(node1, "k", "s"); err != nil {
		t.Fatal(err)
	}
	between, err := b.f.Desired(t.Context(), node1)
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.hello(node1, "k", "s")
	if err != nil {
		t.Fatal(err)
	}
	if again.Desired.Seq <= between.Seq {
		t.Errorf("number %d follows number %d in one session", again.Desired.Seq, between.Seq)
	}
}

func TestAgentOfANodeThatIsGoneLeaves(t *testing.T) {
	b := newBed(t)
	if w, err := b.hello(node1, "k", "s"); err != nil || !w.Desired.Leave {
		t.Errorf("no such node: %+v, %v", w, err)
	}
	b.put(&atelier.Node{Meta: meta(node1, "later"), State: atelier.Booting}) // another incarnation
	if w, err := b.hello(node1, "k", "s"); err != nil || !w.Desired.Leave {
		t.Errorf("another incarnation: %+v, %v", w, err)
	}
	if n := get[atelier.Node](b, node1); n.State != atelier.Booting {
		t.Errorf("the other incarnation is %s", n.State)
	}
}

func TestReconnectWritesNothing(t *testing.T) {
	b := newBed(t)
	b.ready(node1)
	before := b.events()
	if _, err := b.hello(node1, "key-n1", "s2"); err != nil {
		t.Fatal(err)
	}
	if n := b.events() - before; n != 0 {
		t.Errorf("a reconnect made %d events", n)
	}
}

func (b *bed) report(id atelier.ID, key, session string, tasks ...wire.TaskReport) (wire.Desired, error) {
	return b.f.Report(b.t.Context(), key, wire.Report{Node: id, Session: session, Tasks: tasks})
}

func says(state atelier.TaskState, code int) wire.TaskReport {
	r := wire.TaskReport{ID: task, UID: "t", State: state}
	if state == atelier.TaskEnded {
		r.ExitCode = &code
	}
	return r
}

func TestReportGoesForwardOnly(t *testing.T) {
	b := newBed(t)
	b.ready(node1)
	b.place(newJob(), 1, node1)
	at := b.now.Add(-time.Second)
	running := says(atelier.TaskRunning, 0)
	running.StartedAt = at
	for _, tt := range []struct {
		r      wire.TaskReport
		want   atelier.TaskState
		writes int
	}{
		{says(atelier.TaskPreparing, 0), atelier.TaskPreparing, 1},
		{says(atelier.TaskPreparing, 0), atelier.TaskPreparing, 0}, // repeated
		{says("Nonsense", 0), atelier.TaskPreparing, 0},
		{running, atelier.TaskRunning, 1},
		{says(atelier.TaskPreparing, 0), atelier.TaskRunning, 0}, // late
		{says(atelier.TaskEnded, 3), atelier.TaskEnded, 1},
		{says(atelier.TaskEnded, 0), atelier.TaskEnded, 0}, // the end is final
		{running, atelier.TaskEnded, 0},
	} {
		before := b.events()
		if _, err := b.report(node1, "key-n1", "s", tt.r); err != nil {
			t.Fatal(err)
		}
		got := get[atelier.Task](b, task)
		if n := b.events() - before; got.State != tt.want || n != tt.writes {
			t.Errorf("after %s it is %s with %d writes, want %s with %d", tt.r.State, got.State, n, tt.want, tt.writes)
		}
	}
	if got := get[atelier.Task](b, task); got.ExitCode == nil || *got.ExitCode != 3 || !got.StartedAt.Equal(at) || !got.EndedAt.Equal(b.now) {
		t.Errorf("the task is %+v", got)
	}
}

func TestReportOfOthers(t *testing.T) {
	b := newBed(t)
	b.ready(node1)
	b.ready(node2)
	b.place(newJob(), 1, node1)
	end := says(atelier.TaskEnded, 0)
	other := end
	other.UID = "t2"
	node := end
	node.ID = node1
	for name, tt := range map[string]struct {
		node    atelier.ID
		key     string
		session string
		r       wire.TaskReport
		kind    atelier.Kind
	}{
		"task-of-another-node": {node2, "key-n2", "s", end, ""},
		"earlier-job":          {node1, "key-n1", "s", other, ""},
		"not-a-task":           {node1, "key-n1", "s", node, ""},
		"key-of-another":       {node1, "key-n2", "s", end, atelier.Forbidden},
		"no-key":               {node1, "", "s", end, atelier.Forbidden},
		"stale-session":        {node1, "key-n1", "old", end, atelier.Conflict},
		"no-session":           {node1, "key-n1", "", end, atelier.Conflict},
		"no-node":              {comp + "/nodes/none", "key-n1", "s", end, atelier.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.report(tt.node, tt.key, tt.session, tt.r)
			if tt.kind != "" && !atelier.IsKind(err, tt.kind) || tt.kind == "" && err != nil {
				t.Errorf("error is %v, want kind %q", err, tt.kind)
			}
			if got := get[atelier.Task](b, task); got.State != atelier.TaskAssigned {
				t.Errorf("the task is %s", got.State)
			}
		})
	}
	b.restart()
	if _, err := b.report(node1, "key-n1", "s", end); !atelier.IsKind(err, atelier.Conflict) {
		t.Errorf("after a restart of the server: %v, want to be told to say hello", err)
	}
}

func TestReportIsBounded(t *testing.T) {
	b := newBed(t)
	b.ready(node1)
	b.place(newJob(), 1, node1)
	r := says(atelier.TaskEnded, 1)
	r.Problem = &atelier.Problem{Code: strings.Repeat("C", 1<<20), Message: strings.Repeat("m", 1<<20)}
	if _, err := b.report(node1, "key-n1", "s", r); err != nil {
		t.Fatal(err)
	}
	if p := get[atelier.Task](b, task).Problem; p == nil || len(p.Code)+len(p.Message) > 5000 {
		t.Error("a giant problem is stored whole, or not at all")
	}
}

func (b *bed) sweep(want time.Duration) {
	b.t.Helper()
	again, err := b.f.Sweep(b.t.Context())
	if err != nil || again != want {
		b.t.Errorf("sweep says again in %s (%v), want %s", again, err, want)
	}
}

func TestSweep(t *testing.T) {
	b := newBed(t)
	const after = 15 * time.Second
	b.f.LostAfter = after
	b.ready(node1)
	b.ready(node2)
	b.sweep(after)
	b.now = b.now.Add(10 * time.Second)
	if _, err := b.report(node2, "key-n2", "s"); err != nil {
		t.Fatal(err)
	}
	b.sweep(5 * time.Second)
	b.now = b.now.Add(5*time.Second - 1)
	b.sweep(1)
	b.now = b.now.Add(1)
	b.sweep(10 * time.Second)
	n := get[atelier.Node](b, node1)
	if n.State != atelier.Lost || n.Problem == nil || !strings.Contains(n.Problem.Message, "15s") || !n.HeardAt.Equal(b.now.Add(-after)) {
		t.Errorf("the silent node is %s, %+v, heard at %s", n.State, n.Problem, n.HeardAt)
	}
	if n := get[atelier.Node](b, node2); n.State != atelier.Ready {
		t.Errorf("the other is %s", n.State)
	}
	if d, err := b.report(node1, "key-n1", "s"); err != nil || !d.Leave {
		t.Errorf("the lost agent is told %+v, %v; want to leave", d, err)
	}
	if n := get[atelier.Node](b, node1); n.State != atelier.Lost {
		t.Errorf("it was revived: %s", n.State)
	}
}

// The server's own absence is not the nodes' silence.
func TestSweepAfterRestart(t *testing.T) {
	b := newBed(t)
	b.ready(node1)
	b.now = b.now.Add(time.Hour)
	b.restart()
	b.sweep(wire.LostAfter)
	b.now = b.now.Add(wire.LostAfter - 1)
	b.sweep(1)
	b.now = b.now.Add(1)
	b.sweep(wire.LostAfter)
	if n := get[atelier.Node](b, node1); n.State != atelier.Lost {
		t.Errorf("it is %s, want Lost", n.State)
	}
}

// Wanted and booting nodes have their own time limit, which compute keeps.
func TestSweepLeavesOthersAlone(t *testing.T) {
	b := newBed(t)
	states := []atelier.NodeState{atelier.Wanted, atelier.Booting, atelier.Leaving, atelier.Gone}
	for _, s := range states {
		b.node(comp.Child(atelier.KindNode, string(s)), s, "k")
	}
	for range 3 {
		b.now = b.now.Add(time.Hour)
		b.sweep(wire.LostAfter)
	}
	for _, s := range states {
		if n := get[atelier.Node](b, comp.Child(atelier.KindNode, string(s))); n.State != s {
			t.Errorf("%s became %s", s, n.State)
		}
	}
}
