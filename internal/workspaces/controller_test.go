package workspaces

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/blob"
	"github.com/atelier-compute/atelier/internal/logs"
	"github.com/atelier-compute/atelier/internal/store"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

type world struct {
	t     *testing.T
	db    *store.DB
	blobs blob.Dir
	logs  *logs.Store
	c     *Controller
	uids  int
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, db: store.OpenDisk(new(store.Disk), func() time.Time { return now }), blobs: blob.Dir{Root: t.TempDir()}, logs: &logs.Store{Root: t.TempDir()}}
	w.c = &Controller{DB: w.db, Blobs: []Blobs{w.blobs}, Logs: w.logs}
	return w
}

func (w *world) put(list ...atelier.Resource) {
	w.t.Helper()
	must(w.t, w.db.Do(w.t.Context(), func(tx *store.Tx) error {
		for _, v := range list {
			if err := store.Put(tx, v); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (w *world) meta(id atelier.ID) atelier.Meta {
	w.uids++
	return atelier.Meta{ID: id, Name: id.Name(), UID: fmt.Sprint("uid-", w.uids), CreatedAt: now}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// furnish makes a workspace with one of everything in it, and more jobs than one
// transaction removes.
func (w *world) furnish(name string) *atelier.Workspace {
	w.t.Helper()
	id := atelier.WorkspaceID("sub", "rg", name)
	ws := &atelier.Workspace{Meta: w.meta(id)}
	w.put(ws)
	for i := range batch + 1 {
		job := &atelier.Job{Meta: w.meta(id.Child(atelier.KindJob, fmt.Sprint("j", i)))}
		job.Status.State = atelier.JobCompleted
		w.put(job, &atelier.Task{Meta: w.meta(job.ID.Child(atelier.KindTask, "1-0")), State: atelier.TaskEnded})
		if i == 0 {
			_, err := w.logs.Append(w.t.Context(), logs.Key{Job: job.UID, Attempt: 1, Stream: "user_logs/std_log.txt"}, 0, strings.NewReader("hello"))
			must(w.t, err)
		}
	}
	for _, kind := range below {
		if kind == atelier.KindJob {
			continue
		}
		v := atelier.New(kind)
		*v.Head() = w.meta(id.Child(kind, "thing"))
		w.put(v)
		if inner := nested[kind]; inner != "" {
			in := atelier.New(inner)
			*in.Head() = w.meta(v.Head().ID.Child(inner, "inside"))
			w.put(in)
		}
	}
	_, err := w.blobs.Put(w.t.Context(), ws.UID+"/workspaceblobstore/x", 0, strings.NewReader("x"))
	must(w.t, err)
	w.put(&atelier.Principal{Meta: w.meta(atelier.ID("principals/of-" + name)), Roles: []atelier.RoleGrant{{Role: "Owner", Scope: id}, {Role: "Reader"}}})
	guest := &atelier.Principal{Meta: w.meta(atelier.ID("principals/guest-of-" + name)), Roles: []atelier.RoleGrant{{Role: "Owner", Scope: id}}}
	guest.UID = guest.Name
	w.put(
		guest,
		&atelier.Account{Meta: w.meta(atelier.ID(atelier.KindAccount + "/" + guest.UID)), Principal: guest.ID, PrincipalUID: guest.UID},
		&atelier.Token{Meta: w.meta(atelier.ID(atelier.KindToken + "/" + guest.UID)), Principal: guest.ID, PrincipalUID: guest.UID},
		&atelier.SignIn{Meta: w.meta(atelier.ID(atelier.KindSignIn + "/" + guest.UID)), Principal: guest.ID, PrincipalUID: guest.UID},
	)
	return ws
}

// rest are the IDs of all that is stored at or below a workspace.
func (w *world) rest(id atelier.ID) (left []atelier.ID) {
	w.t.Helper()
	seen := map[atelier.ID]bool{}
	must(w.t, w.db.Read(w.t.Context(), func(tx *store.Tx) error {
		events, err := store.Events(tx, store.EventQuery{})
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Target.Workspace() == id {
				seen[e.Target] = e.Verb != "deleted"
			}
		}
		return nil
	}))
	for target, there := range seen {
		if there {
			left = append(left, target)
		}
	}
	return left
}

func (w *world) mark(ws *atelier.Workspace) {
	ws.DeletedAt = now
	w.put(ws)
}

func (w *world) reconcile(id atelier.ID) time.Duration {
	w.t.Helper()
	again, err := w.c.Reconcile(w.t.Context(), id)
	must(w.t, err)
	return again
}

func TestNothingRefersToADeletedWorkspace(t *testing.T) {
	w := newWorld(t)
	gone, stays := w.furnish("gone"), w.furnish("stays")
	before := len(w.rest(stays.ID))
	w.reconcile(gone.ID)
	if len(w.rest(gone.ID)) != before {
		t.Fatal("a workspace that nobody wants gone lost something")
	}
	w.mark(gone)
	if again := w.reconcile(gone.ID); again != 0 {
		t.Errorf("it wants to look again after %s", again)
	}
	if left := w.rest(gone.ID); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if left := w.rest(stays.ID); len(left) != before {
		t.Errorf("the other workspace has %d of %d", len(left), before)
	}
	files, err := w.blobs.List(t.Context(), "")
	must(t, err)
	if len(files) != 1 || !strings.HasPrefix(files[0].Key, stays.UID+"/") {
		t.Errorf("blobs left: %v", files)
	}
	said, err := w.logs.List(t.Context(), "uid-2")
	must(t, err)
	if len(said) != 0 {
		t.Errorf("logs left: %v", said)
	}
	must(t, w.db.Read(t.Context(), func(tx *store.Tx) error {
		for _, kind := range []string{atelier.KindAccount, atelier.KindToken, atelier.KindSignIn} {
			left, err := store.All[atelier.Account](tx, store.Query{Kind: kind})
			if err != nil {
				return err
			}
			if len(left) != 1 || left[0].PrincipalUID != "guest-of-stays" {
				t.Errorf("%s left: %+v", kind, left)
			}
		}
		for name, want := range map[string]bool{"guest-of-gone": false, "guest-of-stays": true} {
			_, err := store.Get[atelier.Principal](tx, atelier.ID("principals/"+name))
			if err != nil && !atelier.IsKind(err, atelier.NotFound) {
				return err
			}
			if (err == nil) != want {
				t.Errorf("%s is there: %t", name, err == nil)
			}
		}
		for name, want := range map[string]int{"of-gone": 1, "of-stays": 2} {
			p, err := store.Get[atelier.Principal](tx, atelier.ID("principals/"+name))
			if err != nil {
				return err
			}
			if len(p.Roles) != want {
				t.Errorf("%s has the roles %v", name, p.Roles)
			}
		}
		return nil
	}))
	w.reconcile(gone.ID) // again, of what is not there
}

func TestWaitsForComputesAndJobs(t *testing.T) {
	w := newWorld(t)
	ws := w.furnish("w")
	compute := &atelier.Compute{Meta: w.meta(ws.ID.Child(atelier.KindCompute, "gpu"))}
	job := &atelier.Job{Meta: w.meta(ws.ID.Child(atelier.KindJob, "runs"))}
	job.Status.State = atelier.JobRunning
	w.put(compute, job)
	w.mark(ws)
	before := len(w.rest(ws.ID))
	for name, end := range map[string]func(){
		"compute": func() {
			must(t, w.db.Do(t.Context(), func(tx *store.Tx) error { return store.Delete(tx, compute) }))
		},
		"job": func() { job.Status.State = atelier.JobCanceled; w.put(job) },
	} {
		if again := w.reconcile(ws.ID); again != look || len(w.rest(ws.ID)) < before-1 {
			t.Fatalf("before the end of the %s: again %s, %d of %d left", name, again, len(w.rest(ws.ID)), before)
		}
		end()
	}
	if again := w.reconcile(ws.ID); again != 0 || len(w.rest(ws.ID)) > 0 {
		t.Errorf("at the end: again %s, left %v", again, w.rest(ws.ID))
	}
}

func TestOwner(t *testing.T) {
	id := atelier.WorkspaceID("s", "g", "w")
	for changed, want := range map[atelier.ID]atelier.ID{
		id: id, id.Child(atelier.KindCompute, "c"): id, id.Child(atelier.KindJob, "j"): "", "principals/p": "",
	} {
		if got := Owner(changed); got != want {
			t.Errorf("%s: %q", changed, got)
		}
	}
}
