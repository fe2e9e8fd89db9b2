package sim

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/compute"
	"github.com/atelier-compute/atelier/internal/store"
)

// truth holds what really happened against what the server says. It follows the
// event log, so that a step costs what changed. The numbers are those of the
// invariants that every run is held against.
type truth struct {
	w       *World
	seq     int64                                  // of the last event it has seen
	started map[atelier.ID]int                     // starts of each task's command
	live    map[atelier.ID]map[atelier.ID]*machine // job → tasks whose command runs, and where
	exits   map[atelier.ID]int                     // of each task's command
	jobs    map[atelier.ID]atelier.JobState        // as last seen
	nodes   map[atelier.ID]*atelier.Node           // as last seen
	specs   map[atelier.ID]*atelier.Compute        // as last seen
	done    int                                    // jobs that completed
}

// starts is told by a machine that a task's command starts.
func (t *truth) starts(m *machine, task atelier.ID) {
	if t.started == nil {
		t.started, t.exits, t.live = map[atelier.ID]int{}, map[atelier.ID]int{}, map[atelier.ID]map[atelier.ID]*machine{}
	}
	t.started[task]++
	if t.started[task] > 1 {
		t.w.flaw("I-3", "%s was started %d times", task, t.started[task])
	}
	job := task.Above(atelier.KindJob)
	attempt, _, _ := strings.Cut(task.Name(), "-")
	for other := range t.live[job] {
		if was, _, _ := strings.Cut(other.Name(), "-"); was != attempt {
			t.w.flaw("I-3", "%s starts while %s still runs on %s", task, other, t.live[job][other].Name)
		}
	}
	if t.live[job] == nil {
		t.live[job] = map[atelier.ID]*machine{}
	}
	t.live[job][task] = m
}

// ends is told by a machine that a task's command ended, or was ended with it.
func (t *truth) ends(task atelier.ID, code int) {
	t.exits[task] = code
	delete(t.live[task.Above(atelier.KindJob)], task)
}

// check looks at what changed since the last time.
func (t *truth) check() {
	w := t.w
	db := store.OpenDisk(w.disk, func() time.Time { return w.now })
	w.must(db.Read(context.Background(), func(tx *store.Tx) error {
		events, err := store.Events(tx, store.EventQuery{After: t.seq})
		if err != nil {
			return err
		}
		changed := map[atelier.ID]bool{}
		for _, e := range events {
			if e.Seq != t.seq+1 {
				w.flaw("I-23", "event %d follows event %d", e.Seq, t.seq)
			}
			t.seq = e.Seq
			changed[e.Target] = true
			if e.Target.Kind() == atelier.KindJob {
				t.jobEvent(e)
			}
		}
		ids := slices.Sorted(maps.Keys(changed))
		was := t.readNodes(tx, ids)
		for _, id := range ids {
			t.changed(tx, id, was[id])
		}
		return nil
	}))
}

// readNodes brings nodes up to date, and returns what the changed ones were.
func (t *truth) readNodes(tx *store.Tx, ids []atelier.ID) map[atelier.ID]*atelier.Node {
	was := map[atelier.ID]*atelier.Node{}
	for _, id := range ids {
		if id.Kind() != atelier.KindNode {
			continue
		}
		was[id] = t.nodes[id]
		if n, err := store.Get[atelier.Node](tx, id); err == nil {
			t.nodes[id] = n
		} else {
			delete(t.nodes, id)
		}
	}
	return was
}

func (t *truth) changed(tx *store.Tx, id atelier.ID, was *atelier.Node) {
	switch id.Kind() {
	case atelier.KindJob:
		t.job(tx, id)
	case atelier.KindNode:
		t.node(tx, id, was)
	case atelier.KindCompute:
		t.compute(tx, id)
	case atelier.KindTask:
		t.task(tx, id)
	}
}

// next are the states that may follow each state of a job, as events show them.
var next = map[atelier.JobState]string{
	"":                         "Queued",
	atelier.JobQueued:          "Queued Starting CancelRequested Failed Canceled",
	atelier.JobStarting:        "Starting Preparing Running Finalizing Completed CancelRequested Queued Failed Canceled",
	atelier.JobPreparing:       "Preparing Running Finalizing Completed CancelRequested Queued Failed Canceled",
	atelier.JobRunning:         "Running Finalizing Completed CancelRequested Queued Failed Canceled",
	atelier.JobFinalizing:      "Finalizing Completed CancelRequested Queued Failed Canceled",
	atelier.JobCancelRequested: "CancelRequested Canceled",
}

// jobEvent holds a job's history against the declared states (I-4).
func (t *truth) jobEvent(e atelier.Event) {
	if t.jobs == nil {
		t.jobs = map[atelier.ID]atelier.JobState{}
	}
	was, is := t.jobs[e.Target], atelier.JobState(e.State)
	if was.Terminal() && is != was || !was.Terminal() && !slices.Contains(strings.Fields(next[was]), string(is)) {
		t.w.flaw("I-4", "%s went from %s to %s", e.Target, was, is)
	}
	t.jobs[e.Target] = is
}

func (t *truth) job(tx *store.Tx, id atelier.ID) {
	w := t.w
	j, err := store.Get[atelier.Job](tx, id)
	if err != nil {
		w.flaw("I-1", "%s: %v", id, err)
		return
	}
	if j.Status.Lost > j.Spec.MaxAttempts || j.Status.Attempt > j.Status.Lost+1 {
		w.flaw("I-4", "%s had %d attempts, %d of them lost, of at most %d", id, j.Status.Attempt, j.Status.Lost, j.Spec.MaxAttempts)
	}
	if !j.Status.State.Terminal() {
		return
	}
	if n := len(t.live[id]); n > 0 && j.Status.State != atelier.JobFailed {
		for _, task := range slices.Sorted(maps.Keys(t.live[id])) {
			w.flaw("I-3", "%s is %s and %s still runs", id, j.Status.State, task)
		}
	}
	if j.Status.State != atelier.JobCompleted {
		return
	}
	t.done++
	for rank := range j.Spec.Instances {
		task := id.Child(atelier.KindTask, atelier.TaskName(j.Status.Attempt, rank))
		if code, ok := t.exits[task]; !ok || code != 0 {
			w.flaw("I-5", "%s is Completed, but %s ended with %d %t", id, task, code, ok)
		}
	}
}

// task holds that no attempt begins after a cancel was acknowledged (I-15), and
// that a job's result is what its command returned (I-5).
func (t *truth) task(tx *store.Tx, id atelier.ID) {
	task, err := store.Get[atelier.Task](tx, id)
	if err != nil {
		return
	}
	j, err := store.Get[atelier.Job](tx, task.Job)
	if err != nil {
		t.w.flaw("I-21", "%s belongs to no job", id)
		return
	}
	if task.Rev == 1 && !j.CancelAt.IsZero() && task.CreatedAt.After(j.CancelAt) {
		t.w.flaw("I-15", "%s begins after its job was canceled", id)
	}
	if task.ExitCode != nil {
		if code, ok := t.exits[id]; !ok || code != *task.ExitCode {
			t.w.flaw("I-5", "%s is said to have ended with %d; it ended with %d %t", id, *task.ExitCode, code, ok)
		}
	}
}

func (t *truth) compute(tx *store.Tx, id atelier.ID) {
	if t.specs == nil {
		t.specs = map[atelier.ID]*atelier.Compute{}
	}
	c, err := store.Get[atelier.Compute](tx, id)
	if err != nil {
		delete(t.specs, id)
		return
	}
	t.specs[id] = c
}

// node holds the number of nodes (I-8) and the idle release (I-9) against the rules.
func (t *truth) node(tx *store.Tx, id atelier.ID, was *atelier.Node) {
	n := t.nodes[id]
	if n == nil {
		return
	}
	comp, err := store.Get[atelier.Compute](tx, n.Compute)
	if err != nil {
		t.w.flaw("I-21", "%s belongs to no compute", id)
		return
	}
	spec := comp.Spec.Cluster
	if spec == nil {
		t.home(comp)
		return
	}
	there := 0
	for other, o := range t.nodes {
		if other.Parent() == comp.ID && o.State != atelier.Gone {
			there++
		}
	}
	if was == nil && there > spec.Max {
		t.w.flaw("I-8", "%s was made as the %d. node, max is %d", id, there, spec.Max)
	}
	if was == nil || was.State != atelier.Ready || n.State != atelier.Leaving || was.Stuck || comp.Deleting() || there > spec.Max || !was.PreemptAt.IsZero() {
		return
	}
	idle := n.Since.Sub(was.Since)
	if was.FreedAt.After(was.Since) {
		idle = n.Since.Sub(was.FreedAt)
	}
	if was.Job != "" || idle < spec.IdleAfter && was.DrainAt.IsZero() {
		t.w.flaw("I-9", "%s leaves after %s of idle time with job %q", id, idle, was.Job)
	}
}

// atRest checks what must be true when no fault has happened for long.
func (t *truth) atRest() {
	w := t.w
	if w.srv == nil {
		w.flaw("I-27", "the server is down")
		return
	}
	w.must(w.srv.db.Verify(context.Background()))
	w.must(w.srv.db.Read(context.Background(), func(tx *store.Tx) error {
		t.restClusters(tx)
		t.restInstances(tx)
		t.restJobs(tx)
		t.restParents(tx)
		return nil
	}))
	t.restMachines()
	t.restOperations()
	w.note("rest: %d clusters, %d jobs, %d completed", len(w.users.clusters), len(w.users.jobs), t.done)
}

// working reports whether a job runs.
func (t *truth) working() (yes bool) {
	w := t.w
	if w.srv == nil {
		return false
	}
	w.must(w.srv.db.Read(context.Background(), func(tx *store.Tx) error {
		for _, p := range w.users.jobs {
			j, err := store.Get[atelier.Job](tx, p.id)
			yes = yes || err == nil && j.Status.State == atelier.JobRunning
		}
		return nil
	}))
	return yes
}

func (t *truth) restClusters(tx *store.Tx) {
	w := t.w
	for _, p := range w.users.clusters {
		if !w.latest(p) {
			continue
		}
		c, err := store.Get[atelier.Compute](tx, p.id)
		switch {
		case err != nil && p.acked && !p.gone && !p.maybe:
			w.flaw("I-1", "%s: acknowledged and lost", p.id)
			continue
		case err != nil:
			continue
		case p.gone:
			w.flaw("I-11", "%s: deleted long ago and still there: %s", p.id, w.nodesOf(tx, p.id))
			continue
		}
		spec := c.Spec.Cluster
		if len(p.limits) > 0 && !slices.Contains(p.limits, limits{spec.Min, spec.Max}) {
			w.flaw("I-1", "%s: has limits %d..%d, which nobody asked for last: %v", p.id, spec.Min, spec.Max, p.limits)
		}
		if c.Shown() != atelier.Succeeded || c.Status.Current != spec.Min || c.Status.Resizing {
			w.flaw("I-12", "%s: came to rest as %s with %d nodes of %d, resizing %t: %s", p.id, c.Shown(), c.Status.Current, spec.Min, c.Status.Resizing, w.nodesOf(tx, p.id))
		}
	}
}

// latest reports whether p is the last promise of its name.
func (w *World) latest(p *promise) bool {
	for _, o := range slices.Backward(w.users.clusters) {
		if o.name == p.name {
			return o == p
		}
	}
	return false
}

func (w *World) nodesOf(tx *store.Tx, id atelier.ID) string {
	nodes, err := store.All[atelier.Node](tx, store.Query{Kind: atelier.KindNode, Parent: id})
	w.must(err)
	var words []string
	for _, n := range nodes {
		words = append(words, fmt.Sprintf("%s=%s/%s", n.Name, n.State, n.Job.Name()))
	}
	return strings.Join(words, " ")
}

func (t *truth) restJobs(tx *store.Tx) {
	w := t.w
	for _, p := range w.users.jobs {
		j, err := store.Get[atelier.Job](tx, p.id)
		switch {
		case err != nil && p.acked:
			w.flaw("I-1", "%s: acknowledged and lost", p.id)
			continue
		case err != nil:
			continue
		case p.cancel && j.CancelAt.IsZero() && !j.Status.State.Terminal():
			w.flaw("I-1", "%s: its cancel was acknowledged and lost", p.id)
		}
		c := t.specs[j.Spec.Compute]
		fits := c == nil || c.Deleting() || j.Spec.Instances <= c.Spec.Cluster.Max
		if fits && !j.Status.State.Terminal() {
			w.flaw("I-27", "%s: came to rest as %s (attempt %d, stopping %q)", p.id, j.Shown(), j.Status.Attempt, j.Status.Stopping)
		}
	}
}

// restParents looks for what refers to something that is gone (I-21).
func (t *truth) restParents(tx *store.Tx) {
	for _, kind := range []string{atelier.KindNode, atelier.KindTask} {
		list, err := store.All[struct{ atelier.Meta }](tx, store.Query{Kind: kind})
		t.w.must(err)
		for _, r := range list {
			if _, err := store.Get[struct{ atelier.Meta }](tx, r.ID.Parent()); err != nil {
				t.w.flaw("I-21", "%s outlived %s", r.ID, r.ID.Parent())
			}
		}
	}
}

// restMachines looks for machines that nobody owns (I-6), nodes without a machine,
// and calls that touched what is not ours (I-7).
func (t *truth) restMachines() {
	w := t.w
	want := map[string]bool{}
	for _, n := range t.nodes {
		want[n.Name] = true
	}
	machines := w.cloud.Instances()
	for _, name := range slices.Sorted(maps.Keys(machines)) {
		if !want[name] {
			w.flaw("I-6", "machine %s leaked (orphans go after %s)", name, compute.Orphan)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if machines[name] == 0 {
			w.flaw("I-12", "node %s has no machine", name)
		}
	}
	if n := w.cloud.Tally().ForeignTouched; n > 0 {
		w.flaw("I-7", "%d calls for machines that are not ours", n)
	}
}

// restOperations polls the last operation of every cluster: all must have ended.
func (t *truth) restOperations() {
	w := t.w
	for _, p := range slices.Concat(w.users.clusters, w.users.instances) {
		if p.poll == "" {
			continue
		}
		_, path, _ := strings.Cut(strings.TrimPrefix(p.poll, "http://"), "/")
		r := w.call("GET", "/"+path, "")
		switch r.body.Status {
		case "Succeeded", "Failed", "Canceled":
		default:
			w.flaw("I-11", "%s: its operation is %q (%d) after %s", p.id, r.body.Status, r.status, w.now.Sub(p.pollAt))
		}
	}
}

// killed is told by a machine that a task's command ended with it.
func (t *truth) killed(task atelier.ID) { delete(t.live[task.Above(atelier.KindJob)], task) }
