package place

import (
	"fmt"
	"time"

	"github.com/atelier-compute/atelier"
)

// Why says why the job is not running yet, most telling first; nothing if it does
// not wait. C is the job's compute, nil if it does not exist.
func (v *View) Why(j *atelier.Job, c *atelier.Compute) []atelier.Reason {
	switch j.Shown() {
	case atelier.JobPreparing:
		if j.Spec.Environment == "" {
			return nil
		}
		return []atelier.Reason{{
			Code: atelier.ReasonEnvironment, Since: j.Status.Since,
			Message: "The environment is being made ready on the node; the first job that uses it waits longest.",
		}}
	case atelier.JobQueued:
	default:
		return nil
	}
	if c == nil || c.Deleting() {
		return []atelier.Reason{{
			Code: atelier.ReasonComputeFailed, Blocking: true, Message: "The compute is being deleted.",
			Params:   map[string]string{"name": j.Spec.Compute.Name(), "cause": string(atelier.Deleting)},
			Remedies: []string{"submit the job to another compute"},
		}}
	}
	queued := j.Status.QueuedAt
	if queued.IsZero() {
		queued = j.CreatedAt
	}
	since := queued
	var list []atelier.Reason
	add := func(code string, blocking bool, params map[string]string, remedy, format string, args ...any) {
		r := atelier.Reason{Code: code, Blocking: blocking, Params: params, Since: since, Message: fmt.Sprintf(format, args...), Evidence: []string{c.ID.Path()}}
		if remedy != "" {
			r.Remedies = []string{remedy}
		}
		list = append(list, r)
	}
	most, need := c.Spec.Most(), max(j.Spec.Instances, 1)
	name := c.Name
	p := v.pools[c.ID]
	if p == nil {
		p = &pool{max: most}
	}
	switch {
	case need > most && c.Spec.Cluster == nil:
		add(atelier.ReasonSizeMismatch, true, params("name", name, "need", need, "max", most), "submit the job to a cluster",
			"The job takes %d nodes at once; %s has at most %d.", need, name, most)
		return list
	case need > most:
		add(atelier.ReasonSizeMismatch, true, params("name", name, "need", need, "max", most),
			fmt.Sprintf("atelier compute update %s --max %d", name, need),
			"The job takes %d nodes at once; %s has at most %d.", need, name, most)
		return list
	case c.Spec.Instance != nil && !c.On():
		add(atelier.ReasonStopped, true, params("name", name), "atelier compute start "+name, "%s is stopped; the job starts when it runs.", name)
		return list
	}
	refused := false // and no machine is on its way to what is only wanted
	for _, r := range c.Status.Reasons {
		if r.Code == atelier.ReasonNoCapacity || r.Code == atelier.ReasonComputeFailed {
			list, refused = append(list, r), true
		}
	}
	if ahead := p.ahead(v.jobs[j.ID]); ahead > 0 {
		words, figures := either(ahead, "%d job ahead.", "%d jobs ahead."), params("n", min(ahead, countAhead))
		if ahead > countAhead {
			words, figures["more"] = "More than %d jobs ahead.", "true"
		}
		ahead = min(ahead, countAhead)
		add(atelier.ReasonQueuedBehind, false, figures, fmt.Sprintf("wait, or atelier job priority %s N: higher goes first", j.Name), words, ahead)
	}
	if starting, oldest, stage := p.starting(refused); starting > 0 {
		since = oldest
		add(atelier.ReasonScalingUp, false, params("n", starting, "stage", stage), "", either(starting, "%d node starting, since %[2]s.", "%d nodes starting, the first since %s."), starting, oldest.Format(time.TimeOnly))
		since = queued
	}
	if most-p.busy < need || p.frees < need && len(p.nodes) >= most && p.busy > 0 {
		remedy := fmt.Sprintf("wait, or atelier compute update %s --max %d", name, most+need)
		if c.Spec.Cluster == nil {
			remedy = "wait, or submit the job to a cluster"
		}
		add(atelier.ReasonClusterAtMax, false, params("name", name, "max", most, "busy", p.busy, "need", need), remedy,
			"%d of at most %d nodes are busy; the job takes %d.", p.busy, most, need)
	}
	if j.Status.Lost > 0 {
		add(atelier.ReasonPreempted, false, params("n", j.Status.Lost), "", either(j.Status.Lost, "Its nodes went away %d time; it is queued again.", "Its nodes went away %d times; it is queued again."), j.Status.Lost)
	}
	if len(list) == 0 {
		add(atelier.ReasonScalingUp, false, params("n", need, "stage", atelier.Wanted), "", either(need, "%d node is being asked for.", "%d nodes are being asked for."), need)
	}
	return list
}

// either is the wording for one, or the one for more.
func either(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

func params(kv ...any) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i].(string)] = fmt.Sprint(kv[i+1])
	}
	return m
}

// countAhead bounds what an answer costs: who has more before them need not know
// how many.
const countAhead = 1000

// ahead counts the jobs that go before e, up to somewhat over countAhead.
func (p *pool) ahead(e *entry) (n int) {
	if e == nil {
		return 0
	}
	for _, b := range p.buckets {
		n += b.jobs.ahead(e, 0, countAhead-n)
	}
	return n
}

// ahead looks from i on downward only where the heap's order lets it find any, and
// stops beyond most.
func (h jobHeap) ahead(e *entry, i, most int) (n int) {
	if i >= len(h) || most < 0 || !h[i].before(e) {
		return 0
	}
	if !h[i].gone {
		n++
	}
	n += h.ahead(e, 2*i+1, most-n)
	return n + h.ahead(e, 2*i+2, most-n)
}

// starting counts the nodes that are on their way, since when, and how far the first
// has come. If the provider refuses to make machines, those are not that it did not.
func (p *pool) starting(refused bool) (n int, oldest time.Time, stage atelier.NodeState) {
	stage = atelier.Wanted
	for _, x := range p.nodes {
		if x.doc.State != atelier.Booting && (x.doc.State != atelier.Wanted || refused) {
			continue
		}
		if n++; oldest.IsZero() || x.doc.CreatedAt.Before(oldest) {
			oldest = x.doc.CreatedAt
		}
		if x.doc.State == atelier.Booting {
			stage = atelier.Booting
		}
	}
	return n, oldest, stage
}
