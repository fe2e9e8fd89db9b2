package sim

import (
	"fmt"
	"net/url"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
)

const wsPath = "/subscriptions/" + atelier.DefaultSubscription + "/resourceGroups/" + atelier.DefaultResourceGroup +
	"/providers/Microsoft.MachineLearningServices/workspaces/" + atelier.DefaultWorkspace

const version = "?api-version=2024-04-01"

// users create, change and delete clusters, submit and cancel jobs at random, and
// remember what they were promised.
type users struct {
	w        *World
	clusters []*promise // by age
	jobs     []*promise

	instances []*promise
}

// promise is what the answers to the requests about one resource amount to.
type promise struct {
	id     atelier.ID
	name   string
	acked  bool     // it was promised to exist
	bodies []string // the last acknowledged body, then those sent since without an answer
	limits []limits // of a cluster, likewise
	gone   bool     // its deletion was acknowledged
	maybe  bool     // its deletion was asked for without an answer
	need   int      // of a job
	on     *promise // the cluster of a job
	cancel bool     // acknowledged
	power  []bool   // of an instance: on or off, the last acknowledged, then those asked since without an answer
	poll   string   // URL of the last operation
	pollAt time.Time
}

type limits struct{ min, max int }

func (p *promise) wanted() bool { return !p.gone && !p.maybe }

func (u *users) act() {
	w := u.w
	if !w.now.Before(w.end) {
		return
	}
	w.after(w.between(time.Second, 40*time.Second), "user", u.act)
	if w.chance(0.12) {
		u.instance()
		return
	}
	if w.chance(0.05) {
		u.node()
		return
	}
	switch n := w.rnd.IntN(100); {
	case n < 20 || len(u.clusters) == 0:
		u.putCluster()
	case n < 24:
		u.deleteCluster()
	case n < 84:
		u.submit()
	case n < 94:
		u.cancel()
	case n < 97:
		u.list()
	default:
		u.repeat()
	}
}

// pickCluster returns one of a few living clusters, or nil.
func (u *users) pickCluster() *promise {
	var live []*promise
	for _, p := range u.clusters {
		if p.wanted() {
			live = append(live, p)
		}
	}
	if len(live) == 0 {
		return nil
	}
	return live[u.w.rnd.IntN(len(live))]
}

func (u *users) putCluster() {
	w := u.w
	p := u.pickCluster()
	living := 0
	for _, c := range u.clusters {
		if c.wanted() {
			living++
		}
	}
	if p == nil || living < 3 && w.chance(0.3) {
		name := fmt.Sprintf("c%da", len(u.clusters))
		if len(u.clusters) > 0 && w.chance(0.3) { // the name of one that was deleted
			if old := u.clusters[w.rnd.IntN(len(u.clusters))]; old.gone && u.free(old.name) {
				name = old.name
			}
		}
		p = &promise{name: name, id: ws.Child(atelier.KindCompute, name)}
		u.clusters = append(u.clusters, p)
	}
	lim := limits{min: w.rnd.IntN(3)}
	lim.max = max(1, lim.min+w.rnd.IntN(4))
	body := fmt.Sprintf(`{"location":"sim","properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS3_v2","scaleSettings":{"minNodeCount":%d,"maxNodeCount":%d,"nodeIdleTimeBeforeScaleDown":"PT2M"}}}}`, lim.min, lim.max)
	u.put(p, body, lim)
}

func (u *users) put(p *promise, body string, lim limits) {
	r := u.w.call("PUT", wsPath+"/computes/"+p.name+version, body)
	switch {
	case !r.ok:
		p.bodies, p.limits = append(p.bodies, body), append(p.limits, lim)
	case r.status == 200 || r.status == 201:
		p.acked, p.bodies, p.limits = true, []string{body}, []limits{lim}
		p.poll, p.pollAt = r.header.Get("Azure-AsyncOperation"), u.w.now
		if p.gone {
			u.w.flaw("I-1", "%s: a change was accepted after its deletion was", p.id)
		}
	case r.status == 409 && !p.acked: // its predecessor of the same name is still going
		p.maybe = true
	default:
		u.w.flaw("I-2", "PUT of %s answered %d %s: %s", p.id, r.status, r.body.Error.Code, r.body.Error.Message)
	}
}

// free reports whether nobody who lives has the name.
func (u *users) free(name string) bool {
	for _, p := range u.clusters {
		if p.name == name && !p.gone {
			return false
		}
	}
	return true
}

func (u *users) deleteCluster() {
	p := u.pickCluster()
	if p == nil || len(p.bodies) == 0 {
		return
	}
	r := u.w.call("DELETE", wsPath+"/computes/"+p.name+version+"&underlyingResourceAction=Delete", "")
	switch {
	case !r.ok:
		p.maybe = true
	case r.status == 202 || r.status == 204 || r.status == 200:
		p.gone = true
		p.poll, p.pollAt = r.header.Get("Azure-AsyncOperation"), u.w.now
	default:
		u.w.flaw("I-2", "DELETE of %s answered %d: %s", p.id, r.status, r.body.Error.Message)
	}
}

// node drains a node of a cluster, or has its machine taken away.
func (u *users) node() {
	w, on := u.w, u.pickCluster()
	if on == nil || !on.acked {
		return
	}
	r := w.call("POST", wsPath+"/computes/"+on.name+"/listNodes?api-version="+arm.OwnVersion, "")
	if !r.ok || len(r.body.Nodes) == 0 {
		return
	}
	verb := "drain"
	if w.chance(0.5) {
		verb = "preempt"
	}
	name := r.body.Nodes[w.rnd.IntN(len(r.body.Nodes))].ID
	r = w.call("POST", wsPath+"/computes/"+on.name+"/nodes/"+name+"/"+verb+"?api-version="+arm.OwnVersion, "")
	if r.ok && r.status != 200 && r.status != 404 && r.status != 409 {
		w.flaw("I-2", "%s of %s answered %d: %s", verb, name, r.status, r.body.Error.Message)
	}
}

func (u *users) submit() {
	w, on := u.w, u.pickCluster()
	if on == nil || !on.acked {
		return
	}
	name := fmt.Sprintf("j%d", len(u.jobs))
	p := &promise{name: name, id: ws.Child(atelier.KindJob, name), need: 1, on: on}
	if w.chance(0.3) {
		p.need = 1 + w.rnd.IntN(3)
	}
	timeout := ""
	if w.chance(0.2) {
		timeout = `,"limits":{"jobLimitsType":"Command","timeout":"PT5M"}`
	}
	body := fmt.Sprintf(`{"properties":{"jobType":"Command","command":"true","computeId":"%s/computes/%s","resources":{"instanceCount":%d},"properties":{"atelier.priority":"%d"}%s}}`,
		wsPath, on.name, p.need, w.rnd.IntN(3), timeout)
	p.bodies = []string{body}
	if u.putJob(p) {
		u.jobs = append(u.jobs, p)
	}
}

// putJob submits, and reports whether the job may exist now.
func (u *users) putJob(p *promise) bool {
	r := u.w.call("PUT", wsPath+"/jobs/"+p.name+version, p.bodies[0])
	switch {
	case !r.ok:
		p.maybe = true
		return true
	case r.status == 201 || r.status == 200:
		p.acked, p.maybe = true, false
		return true
	case r.status >= 400 && r.status < 500 && !p.acked: // the cluster is smaller by now, or going
		return p.maybe
	}
	u.w.flaw("I-2", "PUT of %s answered %d: %s", p.id, r.status, r.body.Error.Message)
	return false
}

func (u *users) cancel() {
	if len(u.jobs) == 0 {
		return
	}
	p := u.jobs[max(0, len(u.jobs)-1-u.w.rnd.IntN(10))]
	if !p.acked {
		return
	}
	r := u.w.call("POST", wsPath+"/jobs/"+p.name+"/cancel"+version, "")
	switch {
	case !r.ok:
	case r.status == 200 || r.status == 202:
		p.cancel = true
	default:
		u.w.flaw("I-2", "cancel of %s answered %d: %s", p.id, r.status, r.body.Error.Message)
	}
}

// repeat sends a request again whose answer may have been lost (I-2).
func (u *users) repeat() {
	if len(u.jobs) > 0 && u.w.chance(0.5) {
		u.putJob(u.jobs[u.w.rnd.IntN(len(u.jobs))])
		return
	}
	if p := u.pickCluster(); p != nil && len(p.bodies) > 0 {
		u.put(p, p.bodies[len(p.bodies)-1], p.limits[len(p.limits)-1])
	}
}

// list reads all jobs page by page: each that existed throughout comes exactly once
// (I-22).
func (u *users) list() {
	seen := map[string]int{}
	next := wsPath + "/jobs" + version + "&$top=7"
	for next != "" {
		r := u.w.call("GET", next, "")
		if !r.ok {
			return
		}
		for _, v := range r.body.Value {
			seen[v.Name]++
		}
		next = ""
		if link, err := url.Parse(r.body.NextLink); err == nil && r.body.NextLink != "" {
			next = link.RequestURI()
		}
	}
	for _, p := range u.jobs {
		if n := seen[p.name]; p.acked && n != 1 || n > 1 {
			u.w.flaw("I-22", "%s is in the list %d times", p.id, n)
		}
	}
}
