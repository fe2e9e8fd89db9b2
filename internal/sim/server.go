package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/azureml"
	"github.com/atelier-compute/atelier/internal/compute"
	"github.com/atelier-compute/atelier/internal/fleet"
	"github.com/atelier-compute/atelier/internal/jobs"
	"github.com/atelier-compute/atelier/internal/place"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/reconcile"
	"github.com/atelier-compute/atelier/internal/store"
)

// location is the name of the cloud.
const location = "sim"

// server is what a crash takes away.
type server struct {
	up      bool // crashes make a difference from now on
	crashed bool
	api     http.Handler
	db      *store.DB
	queue   *place.View
	fleet   *fleet.Fleet
	changes *store.Changes
	loops   []*loop
	compute *compute.Controller
	orphans map[string]time.Time
	sweepAt time.Time
	linked  map[atelier.ID]*machine // whose connection is open
}

// loop is a reconcile.Loop, step by step.
type loop struct {
	name  string
	queue *reconcile.Queue
	owner func(atelier.ID) atelier.ID
	do    reconcile.Func
}

var ws = atelier.WorkspaceID(atelier.DefaultSubscription, atelier.DefaultResourceGroup, atelier.DefaultWorkspace)

// boot starts the server on what the disk holds.
func (w *World) boot() {
	clock := func() time.Time { return w.now }
	log := slog.New(slog.DiscardHandler)
	db := store.OpenDisk(w.disk, clock)
	db.Point = w.point
	queue := new(place.View)
	s := &server{db: db, queue: queue, orphans: map[string]time.Time{}, linked: map[atelier.ID]*machine{}}
	w.srv = s
	w.must(db.AddView(queue))
	s.fleet = w.newFleet(db, clock)
	providers := provider.Set{location: crashing{w.cloud, w.cloud, w.cloud, w.cloud, w}}
	s.compute = &compute.Controller{
		DB: db, Queue: queue, Providers: providers, Limits: compute.DefaultLimits, Now: clock, Log: log,
		Join: func(n *atelier.Node) provider.Join { return provider.Join{Token: s.fleet.JoinToken(n.ID, n.UID)} },
	}
	ctl := &jobs.Controller{DB: db, Queue: queue, Now: clock, NewID: w.newID}
	s.loops = []*loop{
		{"compute", reconcile.NewQueue(), queue.ComputeOf, s.compute.Reconcile},
		{"place", reconcile.NewQueue(), queue.ComputeOf, ctl.Place},
		{"jobs", reconcile.NewQueue(), jobs.OwnerJob, ctl.Reconcile},
	}
	s.api = w.newAPI(db, queue, clock, log)
	w.seed(db)
	s.changes = db.Watch()
	w.must(db.Scan([]string{atelier.KindCompute, atelier.KindJob}, func(c store.Change) {
		s.wake(w.now, []atelier.ID{c.ID})
	}))
	s.sweepAt = w.now
	s.up = true
	w.note("up")
}

func (w *World) newAPI(db *store.DB, queue *place.View, clock func() time.Time, log *slog.Logger) http.Handler {
	api := &azureml.API{
		DB: db, Now: clock, NewID: w.newID, Queue: queue, Catalogs: map[string]provider.Catalog{location: w.cloud},
		HashPassword: func(string) (string, error) { return "hash", nil },
	}
	srv := &arm.Server{Gate: everybody{}, Log: log, NewID: w.newID}
	w.must(srv.Handle(api.Routes()))
	return srv
}

// everybody may do everything: who may is not what this is about.
type everybody struct{}

func (everybody) Identify(*http.Request) (arm.Caller, error) { return everybody{}, nil }
func (everybody) Name() string                               { return "user" }
func (everybody) May(string, atelier.ID) bool                { return true }
func (everybody) Sees(atelier.ID) bool                       { return true }

// seed makes the workspace at the first start.
func (w *World) seed(db *store.DB) {
	w.must(db.Do(context.Background(), func(tx *store.Tx) error {
		if _, err := store.Get[atelier.Workspace](tx, ws); !atelier.IsKind(err, atelier.NotFound) {
			return err
		}
		return store.Put(tx, &atelier.Workspace{
			Meta:         atelier.Meta{ID: ws, Name: atelier.DefaultWorkspace, UID: "ws", CreatedAt: w.now},
			Subscription: atelier.DefaultSubscription, ResourceGroup: atelier.DefaultResourceGroup, Location: location,
		})
	}))
}

func (w *World) must(err error) {
	if err != nil {
		panic(err)
	}
}

func (s *server) wake(now time.Time, ids []atelier.ID) {
	for _, id := range ids {
		for _, l := range s.loops {
			if owner := l.owner(id); owner != "" {
				l.queue.Add(now, owner)
			}
		}
	}
}

func (s *server) reap() error { return s.compute.Reap(context.Background(), s.orphans) }

// work lets the server do all that is due now, and comes back when the next thing is.
func (w *World) work() {
	for w.srv != nil {
		w.truth.check()
		s := w.srv
		changed := s.changes.Take()
		s.wake(w.now, changed)
		w.push(changed)
		if !s.sweepAt.After(w.now) {
			w.guard("sweep", func() { w.sweep(s) })
			continue
		}
		l, at := s.next()
		if l == nil || at.After(w.now) {
			if l != nil && at.Before(s.sweepAt) {
				w.alarm(at)
			} else {
				w.alarm(s.sweepAt)
			}
			return
		}
		w.guard(l.name, func() {
			id := l.queue.Start()
			again, err := l.do(context.Background(), id)
			w.note("%s %s again=%v err=%v", l.name, id, again, err)
			l.queue.Done(id, w.now, again, err)
		})
	}
}

func (w *World) sweep(s *server) {
	again, err := s.fleet.Sweep(context.Background())
	w.note("sweep again=%v err=%v", again, err)
	if again <= 0 || err != nil {
		again = 5 * time.Second
	}
	s.sweepAt = w.now.Add(again)
}

func (s *server) next() (first *loop, at time.Time) {
	for _, l := range s.loops {
		if _, t, ok := l.queue.Next(); ok && (first == nil || t.Before(at)) {
			first, at = l, t
		}
	}
	return first, at
}

// alarm wakes the server at the time, unless it is woken by then anyway.
func (w *World) alarm(at time.Time) {
	if len(w.events) > 0 && !w.events[0].at.After(at) {
		return // whatever happens then looks for work, too
	}
	w.after(at.Sub(w.now), "due", func() {})
}

// Launch implements provider.Provider.
func (c crashing) Launch(ctx context.Context, m provider.Machine) error {
	c.w.point("before-launch")
	err := c.Provider.Launch(ctx, m)
	c.w.note("launch %s err=%v", m.Name, err)
	c.w.point("after-launch")
	return err
}

// Terminate implements provider.Provider.
func (c crashing) Terminate(ctx context.Context, name string) error {
	c.w.point("before-terminate")
	err := c.Provider.Terminate(ctx, name)
	c.w.note("terminate %s err=%v", name, err)
	c.w.point("after-terminate")
	return err
}

// Preempt implements provider.Preempter.
func (c crashing) Preempt(ctx context.Context, name string) error {
	c.w.point("before-preempt")
	err := c.Preempter.Preempt(ctx, name)
	c.w.note("preempt %s err=%v", name, err)
	c.w.point("after-preempt")
	return err
}

// DeleteVolume implements provider.Volumes.
func (c crashing) DeleteVolume(ctx context.Context, name string) error {
	c.w.point("before-delete-volume")
	err := c.Volumes.DeleteVolume(ctx, name)
	c.w.note("delete volume %s err=%v", name, err)
	c.w.point("after-delete-volume")
	return err
}

// reply is an answer to a user; ok is false if none came.
type reply struct {
	ok     bool
	status int
	header http.Header
	body   struct {
		Properties struct {
			Status            string
			ProvisioningState string
			Properties        struct {
				ScaleSettings struct{ MaxNodeCount, MinNodeCount int }
			}
		}
		Status string
		Value  []struct{ Name string }
		Nodes  []struct {
			ID string `json:"nodeId"`
		}
		NextLink string
		Error    struct{ Code, Message string }
	}
}

// call is a user's request. Its answer may be lost on the way, as may it.
func (w *World) call(method, path, body string) (r reply) {
	if w.srv == nil || w.faulty() && w.chance(w.rates.lost) {
		return r
	}
	rec := httptest.NewRecorder()
	w.guard(method, func() {
		req := httptest.NewRequest(method, path, bytes.NewReader([]byte(body)))
		w.srv.api.ServeHTTP(rec, req)
		if w.srv.crashed { // the API answers its own panics, but a dead server answers nothing
			panic(crash{})
		}
		r.ok = true
	})
	w.note("%s %s = %d %t", method, path, rec.Code, r.ok)
	if !r.ok {
		return r
	}
	if w.faulty() && w.chance(w.rates.lost) {
		r.ok = false
	}
	r.status, r.header = rec.Code, rec.Header()
	if rec.Body.Len() > 0 {
		w.must(json.Unmarshal(rec.Body.Bytes(), &r.body))
	}
	if rec.Code >= 500 {
		w.flaw("no-500", "%s %s answered %d: %s", method, path, rec.Code, r.body.Error.Message)
	}
	return r
}
