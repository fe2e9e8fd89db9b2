package azureml

import (
	"testing"

	"github.com/atelier-compute/atelier"
)

func TestPriority(t *testing.T) {
	w := rich(t)
	body := jobBody("gpu", `,"queueSettings":{"priority":"high"}`)
	for _, name := range []string{"one", "two"} {
		w.ann("PUT", wsURL+"/jobs/"+name, body).want(201)
	}
	path := wsURL + "/jobs/two/priority"
	before := w.ann("GET", wsURL+"/jobs/two/why"+own, "").wantAt("reasons.0.code", "QueuedBehind").at("reasons.0.params.n")
	r := w.ann("POST", path+own, `{"priority":7}`).want(200).wantAt("name", "two").wantAt("properties.priority", 7).wantAt("properties.status", "Queued")
	if why := w.ann("GET", wsURL+"/jobs/two/why"+own, ""); why.at("reasons.0.code") == "QueuedBehind" {
		t.Errorf("behind %v before, and now %s", before, why.body)
	}
	w.ann("GET", wsURL+"/events"+own+"&target=jobs/two&reason=PriorityChanged", "").wantAt("value.0.message", "ann changed the priority from 1 to 7").wantAt("value.0.actor", "ann")
	seq := w.last()
	w.ann("POST", path+own, `{"priority":7}`).want(200)
	if w.last() != seq {
		t.Error("the same again is a change")
	}
	w.ann("PUT", wsURL+"/jobs/two", r.body).want(200).wantAt("properties.priority", 7) // what a client does that archives
	w.ann("POST", path+own, `{}`).wantError(400, "InvalidRequestContent", "priority")
	w.ann("POST", path+own, `{"priority":1001}`).wantError(400, "InvalidRequestContent", "priority")
	w.as("eve", "POST", path+own, `{"priority":1}`).want(403)
	w.ann("POST", wsURL+"/jobs/none/priority"+own, `{"priority":1}`).want(404)

	w.start("two", 1)
	w.ann("POST", path+own, `{"priority":1}`).wantError(409, "JobNotQueued", "")
	w.end("two", 1, true)
	w.ann("POST", path+own, `{"priority":1}`).wantError(409, "JobNotQueued", "")
	w.ann("POST", wsURL+"/jobs/one/cancel", "").want(202)
	w.ann("POST", wsURL+"/jobs/one/priority"+own, `{"priority":1}`).wantError(409, "JobNotQueued", "")
	w.ann("PUT", wsURL+"/jobs/three", body).want(201)
	change(w, w.jobID("three"), func(j *atelier.Job) { j.Status.State, j.Status.Lost = atelier.JobQueued, 1 }) // once more
	w.ann("POST", wsURL+"/jobs/three/priority"+own, `{"priority":-1000}`).want(200)
}
