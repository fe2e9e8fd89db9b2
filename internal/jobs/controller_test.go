package jobs_test

import (
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/jobs"
	"github.com/atelier-compute/atelier/internal/place"
	"github.com/atelier-compute/atelier/internal/store"
)

// The nodes of a job are free at one moment, however long the transaction takes: their
// idle time then ends at one moment too, and the cluster lets go of them in one step.
func TestNodesOfAJobAreFreedAtOneMoment(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { now = now.Add(time.Millisecond); return now }
	db := store.OpenDisk(new(store.Disk), clock)
	queue := new(place.View)
	if err := db.AddView(queue); err != nil {
		t.Fatal(err)
	}
	ctl := &jobs.Controller{DB: db, Queue: queue, Now: clock, NewID: func() string { return "id" }}
	do := func(f func(*store.Tx) error) {
		t.Helper()
		if err := db.Do(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}

	const ranks = 3
	ws := atelier.WorkspaceID("s", "g", "w")
	comp, job := ws.Child(atelier.KindCompute, "gpu"), ws.Child(atelier.KindJob, "train")
	do(func(tx *store.Tx) error {
		put := []atelier.Resource{
			&atelier.Compute{
				Meta: atelier.Meta{ID: comp, Name: "gpu", UID: "0123456789", Generation: 1, CreatedAt: now},
				Spec: atelier.ComputeSpec{Kind: atelier.KindCluster, Location: "sim", Cluster: &atelier.ClusterSpec{Size: "Standard_DS3_v2", Max: ranks}},
			},
			&atelier.Job{
				Meta:   atelier.Meta{ID: job, Name: "train", UID: "abcdefghij", Generation: 1, CreatedAt: now},
				Spec:   atelier.JobSpec{Type: "Command", Compute: comp, Instances: ranks, MaxAttempts: 1},
				Status: atelier.JobStatus{State: atelier.JobQueued},
			},
		}
		for _, name := range []string{"gpu-0", "gpu-1", "gpu-2"} {
			put = append(put, &atelier.Node{
				Meta:    atelier.Meta{ID: comp.Child(atelier.KindNode, name), Name: name, UID: name, Generation: 1, CreatedAt: now},
				Compute: comp, Location: "sim", State: atelier.Ready, Since: now,
			})
		}
		for _, r := range put {
			if err := store.Put(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	if _, err := ctl.Place(t.Context(), comp); err != nil {
		t.Fatal(err)
	}
	do(func(tx *store.Tx) error {
		for rank := range ranks {
			task, err := store.Get[atelier.Task](tx, job.Child(atelier.KindTask, atelier.TaskName(1, rank)))
			if err != nil {
				return err
			}
			task.State, task.ExitCode = atelier.TaskEnded, new(int)
			if err := store.Put(tx, task); err != nil {
				return err
			}
		}
		return nil
	})
	if _, err := ctl.Reconcile(t.Context(), job); err != nil {
		t.Fatal(err)
	}

	freed := map[time.Time]int{}
	for _, n := range queue.Nodes(comp) {
		freed[n.FreedAt]++
	}
	if len(freed) != 1 || freed[time.Time{}] > 0 {
		t.Fatalf("nodes by when they were freed: %v; want %d at one moment", freed, ranks)
	}
}
