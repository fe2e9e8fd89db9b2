package compute_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/compute"
	"github.com/atelier-compute/atelier/internal/place"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/provider/fake"
	"github.com/atelier-compute/atelier/internal/store"
)

// stubborn is a cloud whose volumes do not go for a while.
type stubborn struct {
	*fake.Cloud
	refuse bool
}

func (s *stubborn) DeleteVolume(ctx context.Context, name string) error {
	if s.refuse {
		return errors.New("busy")
	}
	return s.Cloud.DeleteVolume(ctx, name)
}

type volumeWorld struct {
	t     *testing.T
	now   time.Time
	db    *store.DB
	cloud *stubborn
	ctl   *compute.Controller
	id    atelier.ID
}

func newVolumeWorld(t *testing.T) *volumeWorld {
	w := &volumeWorld{t: t, now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), cloud: &stubborn{Cloud: new(fake.Cloud)}}
	clock := func() time.Time { return w.now }
	w.db = store.OpenDisk(new(store.Disk), clock)
	queue := new(place.View)
	if err := w.db.AddView(queue); err != nil {
		t.Fatal(err)
	}
	w.ctl = &compute.Controller{
		DB: w.db, Queue: queue, Providers: provider.Set{"sim": w.cloud}, Limits: compute.DefaultLimits, Now: clock,
		Join: func(*atelier.Node) provider.Join { return provider.Join{} }, Log: slog.New(slog.DiscardHandler),
	}
	w.id = atelier.WorkspaceID("s", "g", "w").Child(atelier.KindCompute, "dev")
	c := &atelier.Compute{Meta: atelier.Meta{ID: w.id, Name: "dev", UID: "0123456789", Generation: 1, CreatedAt: w.now}}
	c.Spec = atelier.ComputeSpec{Kind: atelier.KindInstance, Location: "sim", Instance: &atelier.InstanceSpec{
		Size: "Standard_DS3_v2", Asked: atelier.Asked{Operation: atelier.OperationCreate, On: true, At: w.now, Generation: 1},
	}}
	w.put(c)
	return w
}

func (w *volumeWorld) put(v atelier.Resource) {
	w.t.Helper()
	if err := w.db.Do(w.t.Context(), func(tx *store.Tx) error { return store.Put(tx, v) }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *volumeWorld) get() (c *atelier.Compute) {
	w.t.Helper()
	err := w.db.Read(w.t.Context(), func(tx *store.Tx) (err error) {
		c, err = store.Get[atelier.Compute](tx, w.id)
		if atelier.IsKind(err, atelier.NotFound) {
			c, err = nil, nil
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// reconcile goes on for a few rounds, as the loop does.
func (w *volumeWorld) reconcile() {
	w.t.Helper()
	for range 4 {
		if _, err := w.ctl.Reconcile(w.t.Context(), w.id); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *volumeWorld) ask(operation string, on bool) {
	c := w.get()
	c.Generation++
	c.Spec.Instance.Asked = atelier.Asked{Operation: operation, On: on, At: w.now, Generation: c.Generation}
	w.put(c)
	w.reconcile()
}

func (w *volumeWorld) want(machines int, volumes ...string) {
	w.t.Helper()
	names, err := w.cloud.List(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	have, err := w.cloud.ListVolumes(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if len(names) != machines || !slices.Equal(have, volumes) {
		w.t.Fatalf("machines %q, volumes %q; want %d, %q", names, have, machines, volumes)
	}
}

func TestTheVolumeOutlivesTheMachineAndGoesWithTheCompute(t *testing.T) {
	w := newVolumeWorld(t)
	const volume = "dev-01234567"
	w.reconcile()
	w.want(1, volume)
	w.ask(atelier.OperationStop, false)
	w.want(0, volume)
	w.ask(atelier.OperationStart, true)
	w.want(1, volume)

	w.cloud.refuse = true
	c := w.get()
	c.DeletedAt = w.now
	w.put(c)
	w.reconcile()
	w.want(0, volume)
	if w.get() == nil {
		t.Fatal("the compute is forgotten while its volume is there: nobody would delete it")
	}
	w.cloud.refuse = false
	w.reconcile()
	w.want(0)
	if w.get() != nil {
		t.Fatal("the compute is still there")
	}
}

func TestVolumesOfNobodyGoAfterADay(t *testing.T) {
	w := newVolumeWorld(t)
	w.reconcile()
	m := provider.Machine{Name: "old-0", Size: "Standard_DS3_v2", Volume: "old-89abcdef"}
	if err := w.cloud.Launch(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if err := w.cloud.Terminate(t.Context(), m.Name); err != nil {
		t.Fatal(err)
	}
	seen := map[string]time.Time{}
	for _, step := range []struct {
		after time.Duration
		want  []string
	}{
		{0, []string{"dev-01234567", "old-89abcdef"}},
		{compute.OrphanVolume - 1, []string{"dev-01234567", "old-89abcdef"}},
		{1, []string{"dev-01234567"}},
		{compute.OrphanVolume, []string{"dev-01234567"}},
	} {
		w.now = w.now.Add(step.after)
		if err := w.ctl.Reap(t.Context(), seen); err != nil {
			t.Fatal(err)
		}
		w.want(1, step.want...)
	}
}
