package azureml

import (
	"fmt"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

const richJob = `,"displayName":"dn","experimentName":"exp1","description":"d","tags":{"t":"1"},"properties":{"k":"v","atelier.maxAttempts":"5","atelier.priority":"7"},
 "services":{"my_ssh":{"jobServiceType":"SSH","properties":{"sshPublicKeys":"ssh-rsa AAA"}}},"identity":{"identityType":"AMLToken"},
 "codeId":"azureml:src:1","environmentId":"` + wsURL + `/environments/MyEnv/versions/1","environmentVariables":{"K":"V","N":1,"P":"${{inputs.a}}"},
 "command":"python main.py --a ${{inputs.a}} --d ${{ inputs.d }} --o ${{outputs.o}}",
 "inputs":{"a":{"jobInputType":"literal","value":3},"d":{"uri":"azureml://datastores/workspaceblobstore/paths/LocalUpload/0060/data/","jobInputType":"uri_folder"}},
 "limits":{"jobLimitsType":"Command","timeout":"PT1H"},"outputs":{"o":{"jobOutputType":"uri_folder"}},"resources":{"instanceCount":2,"properties":{},"shmSize":"4g"},
 "distribution":{"distributionType":"PyTorch","processCountPerInstance":1},"queueSettings":{"jobTier":"Standard"}`

// rich is a world in which richJob can be submitted.
func rich(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.cluster("gpu")
	w.raw("ann", "POST", wsURL+"/codes/src/versions/1/upload", archive(t, "main.py", "print()")).want(201)
	w.ann("PUT", wsURL+"/environments/MyEnv/versions/1", `{"properties":{"condaFile":"dependencies: [python]"}}`).want(201)
	return w
}

func (w *world) job(name string) (j *atelier.Job) {
	w.t.Helper()
	w.do(func(tx *store.Tx) (err error) {
		j, err = store.Get[atelier.Job](tx, w.jobID(name))
		return err
	})
	return j
}

func TestJobEchoChangesNothing(t *testing.T) {
	w := rich(t)
	r := w.ann("PUT", wsURL+"/jobs/Train-1", jobBody("gpu", richJob)).want(201).
		wantAt("properties.resources.shmSize", "4g").wantAt("properties.services.my_ssh.jobServiceType", "SSH").
		wantAt("properties.environmentId", wsURL+"/environments/MyEnv/versions/1").wantAt("properties.codeId", wsURL+"/codes/src/versions/1").
		wantAt("properties.computeId", wsURL+"/computes/gpu").wantAt("properties.limits.timeout", "PT1H").wantAt("properties.maxAttempts", 5).
		wantAt("properties.inputs.a.value", "3").wantAt("properties.environmentVariables.N", "1").wantAt("properties.priority", 7)
	if got := r.Header.Get("Location"); !strings.HasPrefix(got, "http://example.com"+wsURL+"/jobs/Train-1?") {
		t.Fatalf("Location: %s", got)
	}
	whole := w.ann("GET", wsURL+"/jobs/train-1", "").want(200)
	w.ann("PUT", wsURL+"/jobs/train-1", whole.body).want(200)
	w.ann("PUT", wsURL+"/jobs/train-1", jobBody("gpu", richJob)).want(200)
	if j := w.job("train-1"); j.Rev != 1 || j.Spec.Instances != 2 || j.Spec.Timeout.Hours() != 1 || j.Spec.Code == "" {
		t.Fatalf("rev %d, %+v", j.Rev, j.Spec)
	}
	// what describes it may change, also by an echo
	w.ann("PUT", wsURL+"/jobs/train-1", strings.Replace(whole.body, `"isArchived":false`, `"isArchived":true`, 1)).want(200).wantAt("properties.isArchived", true)
	w.ann("GET", wsURL+"/jobs", "").want(200).wantAt("value.0", nil)
	w.ann("GET", wsURL+"/jobs?listViewType=ArchivedOnly", "").want(200).wantAt("value.0.name", "Train-1")
}

func TestDryJob(t *testing.T) {
	w := rich(t)
	w.ann("PUT", wsURL+"/jobs/train-1?dryRun=true", jobBody("gpu", richJob)).want(200).wantAt("properties.priority", 7)
	w.ann("GET", wsURL+"/jobs/train-1", "").want(404)
	w.ann("PUT", wsURL+"/jobs/train-1?dryRun=true", jobBody("none", richJob)).want(400)
	w.ann("PUT", wsURL+"/jobs/train-1?dryRun=perhaps", jobBody("gpu", richJob)).want(400)
	w.ann("PUT", wsURL+"/jobs/train-1?dryRun=false", jobBody("gpu", richJob)).want(201)
}

func TestWhatAJobRefusesToChange(t *testing.T) {
	w := rich(t)
	w.cluster("cpu")
	body := jobBody("gpu", richJob)
	w.ann("PUT", wsURL+"/jobs/j", body).want(201)
	for field, change := range map[string][2]string{
		"command":                        {"python main.py", "python other.py"},
		"computeId":                      {"/computes/gpu", "/computes/cpu"},
		"environmentVariables":           {`"K":"V"`, `"K":"W"`},
		"inputs":                         {`"value":3`, `"value":4`},
		"outputs":                        {`"outputs":{"o"`, `"outputs":{"p":{},"o"`},
		"resources.instanceCount":        {`"instanceCount":2`, `"instanceCount":1`},
		"limits.timeout":                 {"PT1H", "PT2H"},
		"properties.atelier.priority":    {`"7"`, `"8"`},
		"properties.atelier.maxAttempts": {`"5"`, `"6"`},
		"codeId":                         {"azureml:src:1", "azureml:src:2"},
	} {
		t.Run(field, func(t *testing.T) {
			if !strings.Contains(body, change[0]) {
				t.Fatalf("the body has no %s", change[0])
			}
			r := w.ann("PUT", wsURL+"/jobs/j", strings.Replace(body, change[0], change[1], 1))
			r.t = t
			r.wantError(409, "PropertyChangeNotAllowed", "properties."+field)
		})
	}
}

func TestJobRules(t *testing.T) {
	w := rich(t)
	w.ann("PUT", wsURL+"/computes/leaving", gpu).want(201)
	w.ann("DELETE", wsURL+"/computes/leaving?underlyingResourceAction=Delete", "").want(202)
	const p = "properties."
	for name, tc := range map[string]struct {
		name, body, code, target string
		status                   int
	}{
		"no-properties":     {body: `{}`, code: "InvalidRequestContent", target: "properties"},
		"no-type":           {body: `{"properties":{}}`, code: "InvalidRequestContent", target: p + "jobType"},
		"automl":            {body: `{"properties":{"jobType":"automl"}}`, code: "JobTypeNotSupported", target: p + "jobType"},
		"strange-type":      {body: `{"properties":{"jobType":"Dance"}}`, code: "InvalidJobType", target: p + "jobType"},
		"no-command":        {body: `{"properties":{"jobType":"Command","computeId":"gpu"}}`, code: "InvalidRequestContent", target: p + "command"},
		"no-compute":        {body: `{"properties":{"jobType":"Command","command":"x"}}`, code: "InvalidRequestContent", target: p + "computeId"},
		"unknown-compute":   {body: jobBody("none", ""), code: "ComputeNotFound", target: p + "computeId"},
		"leaving-compute":   {body: jobBody("leaving", ""), status: 409, code: "ComputeDeleting", target: p + "computeId"},
		"foreign-compute":   {body: strings.Replace(jobBody("gpu", ""), "workspaces/Main", "workspaces/Other", 1), code: "InvalidReference", target: p + "computeId"},
		"local-compute":     {body: `{"properties":{"jobType":"Command","command":"x","computeId":"local"}}`, code: "InvalidCompute", target: p + "computeId"},
		"too-many-nodes":    {body: jobBody("gpu", `,"resources":{"instanceCount":5}`), code: "JobNodeCountExceedsClusterSize", target: p + "resources.instanceCount"},
		"no-nodes":          {body: jobBody("gpu", `,"resources":{"instanceCount":0}`), code: "InvalidInstanceCount", target: p + "resources.instanceCount"},
		"unknown-input":     {body: jobBody("gpu", `,"command":"echo ${{inputs.nope}}"`), code: "UnknownPlaceholder", target: p + "command"},
		"unknown-in-env":    {body: jobBody("gpu", `,"environmentVariables":{"A":"${{outputs.nope}}"}`), code: "UnknownPlaceholder", target: p + "environmentVariables.A"},
		"bad-env-name":      {body: jobBody("gpu", `,"environmentVariables":{"A=B":"x"}`), code: "InvalidEnvironmentVariable", target: p + "environmentVariables"},
		"bad-timeout":       {body: jobBody("gpu", `,"limits":{"timeout":"later"}`), code: "InvalidDuration", target: p + "limits.timeout"},
		"zero-timeout":      {body: jobBody("gpu", `,"limits":{"timeout":0}`), code: "InvalidTimeout", target: p + "limits.timeout"},
		"mpi":               {body: jobBody("gpu", `,"distribution":{"distributionType":"Mpi"}`), code: "DistributionNotSupported", target: p + "distribution.distributionType"},
		"unknown-code":      {body: jobBody("gpu", `,"codeId":"azureml:none:1"`), code: "AssetNotFound", target: p + "codeId"},
		"code-no-version":   {body: jobBody("gpu", `,"codeId":"azureml:none"`), code: "InvalidReference", target: p + "codeId"},
		"registry":          {body: jobBody("gpu", `,"environmentId":"azureml://registries/azureml/environments/x/versions/1"`), code: "InvalidReference", target: p + "environmentId"},
		"unknown-data":      {body: jobBody("gpu", `,"inputs":{"d":{"jobInputType":"uri_file","uri":"azureml:none:1"}}`), code: "AssetNotFound", target: p + "inputs.d.uri"},
		"foreign-uri":       {body: jobBody("gpu", `,"inputs":{"d":{"jobInputType":"uri_file","uri":"https://example.org/x"}}`), code: "UriNotSupported", target: p + "inputs.d.uri"},
		"uri-dot-dot":       {body: jobBody("gpu", `,"inputs":{"d":{"jobInputType":"uri_file","uri":"azureml://datastores/workspaceblobstore/paths/../../x"}}`), code: "InvalidUri", target: p + "inputs.d.uri"},
		"input-type":        {body: jobBody("gpu", `,"inputs":{"d":{"jobInputType":"mltable","uri":"x"}}`), code: "InputTypeNotSupported", target: p + "inputs.d.jobInputType"},
		"input-name":        {body: jobBody("gpu", `,"inputs":{"../d":{"jobInputType":"literal"}}`), code: "InvalidBindingName", target: p + "inputs.../d"},
		"output-uri":        {body: jobBody("gpu", `,"outputs":{"o":{"uri":"wasbs://x"}}`), code: "UriNotSupported", target: p + "outputs.o.uri"},
		"bad-attempts":      {body: jobBody("gpu", `,"properties":{"atelier.maxAttempts":"0"}`), code: "InvalidRequestContent", target: p + "properties.atelier.maxAttempts"},
		"bad-priority":      {body: jobBody("gpu", `,"queueSettings":{"priority":"urgent"}`), code: "InvalidRequestContent", target: p + "queueSettings.priority"},
		"wrong-type":        {body: jobBody("gpu", `,"inputs":[]`), code: "InvalidRequestContent", target: p + "inputs"},
		"name-with-space":   {name: "a%20b", body: jobBody("gpu", ""), code: "InvalidName", target: "name"},
		"name-with-dash":    {name: "-rf", body: jobBody("gpu", ""), code: "InvalidName", target: "name"},
		"name-too-long":     {name: strings.Repeat("x", 201), body: jobBody("gpu", ""), code: "InvalidName", target: "name"},
		"other-placeholder": {body: jobBody("gpu", `,"command":"echo ${{search_space.x}}"`), target: p + "command"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.ann("PUT", wsURL+"/jobs/"+cmpOr(tc.name, "j"), tc.body)
			r.t = t
			if tc.status == 0 {
				tc.status = 400
			}
			if tc.code == "" {
				tc.code, _ = r.at("error.code").(string)
			}
			r.wantError(tc.status, tc.code, tc.target)
		})
	}
	w.ann("GET", wsURL+"/jobs", "").want(200).wantAt("value.0", nil)
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func TestCancelWalk(t *testing.T) {
	w := rich(t)
	w.ann("PUT", wsURL+"/jobs/j", jobBody("gpu", "")).want(201)
	w.start("j", 1)
	w.as("eve", "POST", wsURL+"/jobs/j/cancel", "").wantError(403, "AuthorizationFailed", "")
	r := w.ann("POST", wsURL+"/jobs/j/cancel", "").want(202)
	w.ann("GET", wsURL+"/jobs/j", "").want(200).wantAt("properties.status", "CancelRequested")
	at := w.job("j").CancelAt
	w.tick(1e9)
	w.ann("POST", wsURL+"/jobs/j/cancel", "").want(202)
	if j := w.job("j"); !j.CancelAt.Equal(at) || j.CancelBy != "ann" {
		t.Fatalf("the second cancel changed it: %v %s", j.CancelAt, j.CancelBy)
	}
	poll := r.Header.Get("Location")
	if again := w.ann("GET", poll, "").want(202); again.Header.Get("Location") == "" {
		t.Fatal("a poll that is not over has no Location")
	}
	w.ann("DELETE", wsURL+"/jobs/j", "").wantError(409, "JobNotTerminal", "")
	w.end("j", 1, true)
	w.ann("GET", poll, "").want(200)
	w.ann("POST", wsURL+"/jobs/j/cancel", "").want(200)
}

func TestDeleteRemovesEverything(t *testing.T) {
	w := rich(t)
	w.ann("PUT", wsURL+"/jobs/j", jobBody("gpu", "")).want(201)
	w.start("j", 1)
	w.say("j", 1, "user_logs/std_log.txt", "hello")
	w.end("j", 1, true)
	uid := w.uid("j")
	_, err := w.api.Blobs.Put(t.Context(), atelier.OutputPrefix(w.main.UID, "j")+"/outputs/m.bin", 0, strings.NewReader("x"))
	must(t, err)
	w.ann("GET", wsURL+"/jobs/j/outputs", "").want(200).wantAt("value.0.path", "outputs/m.bin").wantAt("value.0.size", 1)
	w.ann("DELETE", wsURL+"/jobs/j", "").want(200)
	w.ann("DELETE", wsURL+"/jobs/j", "").want(204)
	w.ann("GET", wsURL+"/jobs/j", "").wantError(404, "UserError", "")
	blobs, err := w.api.Blobs.List(t.Context(), atelier.OutputPrefix(w.main.UID, "j"))
	must(t, err)
	left, err := w.api.Logs.List(t.Context(), uid)
	must(t, err)
	w.do(func(tx *store.Tx) error {
		tasks, err := store.All[atelier.Task](tx, store.Query{Kind: atelier.KindTask})
		if len(blobs)+len(left)+len(tasks) > 0 {
			t.Errorf("left over: %v %v %v", blobs, left, tasks)
		}
		return err
	})
	w.ann("PUT", wsURL+"/jobs/j", jobBody("gpu", "")).want(201)
}

func TestListJobs(t *testing.T) {
	w := rich(t)
	for i := range 5 {
		w.ann("PUT", fmt.Sprintf("%s/jobs/j%d", wsURL, i), jobBody("gpu", fmt.Sprintf(`,"tags":{"n":"%d"}`, i))).want(201)
	}
	r := w.ann("GET", wsURL+"/jobs?$top=2", "").want(200).wantAt("value.0.name", "j4").wantAt("value.1.name", "j3").wantAt("value.2", nil)
	w.ann("PUT", wsURL+"/jobs/j5", jobBody("gpu", "")).want(201) // meanwhile
	r = w.ann("GET", r.at("nextLink").(string), "").want(200).wantAt("value.0.name", "j2").wantAt("value.1.name", "j1")
	w.ann("GET", r.at("nextLink").(string), "").want(200).wantAt("value.0.name", "j0").wantAt("nextLink", nil)
	w.ann("GET", wsURL+"/jobs?tag=n%3D3&jobType=command", "").want(200).wantAt("value.0.name", "j3").wantAt("value.1", nil)
	w.ann("GET", wsURL+"/jobs?jobType=Sweep", "").want(200).wantAt("value.0", nil)
	w.ann("GET", wsURL+"/jobs?compute=none", "").want(200).wantAt("value.0", nil)
	w.ann("PUT", wsURL+"/jobs/named", jobBody("gpu", `,"experimentName":"Digits","displayName":"손글씨 Train"`)).want(201)
	w.ann("GET", wsURL+"/jobs?experimentName=digits", "").want(200).wantAt("value.0.name", "named").wantAt("value.1", nil)
	w.ann("GET", wsURL+"/jobs?search=%EA%B8%80%EC%94%A8+tr", "").want(200).wantAt("value.0.name", "named").wantAt("value.1", nil)
	w.ann("GET", wsURL+"/jobs?search=J4", "").want(200).wantAt("value.0.name", "j4").wantAt("value.1", nil)
	w.ann("GET", wsURL+"/jobs?createdBy=nobody", "").want(200).wantAt("value.0", nil)
	w.ann("GET", wsURL+"/jobs?listViewType=Some", "").wantError(400, "InvalidQueryParameter", "listViewType")
}

func TestReasonsAndWhy(t *testing.T) {
	w := rich(t)
	w.ann("PUT", wsURL+"/jobs/a", jobBody("gpu", "")).want(201)
	r := w.ann("GET", wsURL+"/jobs/a", "").want(200)
	why := w.ann("GET", wsURL+"/jobs/a/why", "").want(200)
	if why.at("reasons.0.code") == nil || why.at("reasons.0.code") != r.at("properties.reasons.0.code") {
		t.Fatalf("GET says %v, why says %s", r.at("properties.reasons"), why.body)
	}
	w.ann("GET", wsURL+"/jobs"+own, "").want(200).wantAt("value.0.properties.reasons.0.code", why.at("reasons.0.code"))
	w.ann("GET", wsURL+"/jobs", "").want(200).wantAt("value.0.properties.reasons", nil)
	w.start("a", 1)
	w.ann("GET", wsURL+"/jobs/a/why", "").want(200).wantAt("blocked", false).wantAt("reasons.0", nil)
	change(w, w.main.ID.Child(atelier.KindCompute, "gpu"), func(c *atelier.Compute) {
		c.Status.Reasons = []atelier.Reason{{Code: atelier.ReasonNoCapacity, Message: "m", Blocking: true}}
	})
	w.ann("GET", wsURL+"/computes/gpu/why", "").want(200).wantAt("blocked", true).wantAt("reasons.0.code", "NoCapacity")
	w.ann("GET", wsURL+"/computes/none/why", "").wantError(404, "ComputeNotFound", "")
}

func TestBatch(t *testing.T) {
	w := rich(t)
	item := func(name, compute string) string {
		return `{"name":"` + name + `",` + strings.TrimPrefix(jobBody(compute, ""), "{")
	}
	w.ann("POST", wsURL+"/submitJobs", `{"value":[`+item("a", "gpu")+","+item("b", "none")+`]}`).wantError(400, "ComputeNotFound", "value[1].properties.computeId")
	w.ann("GET", wsURL+"/jobs", "").want(200).wantAt("value.0", nil)
	for range 2 { // the same again is the same
		w.ann("POST", wsURL+"/submitJobs", `{"value":[`+item("a", "gpu")+","+item("b", "gpu")+`]}`).want(200).
			wantAt("value.0.name", "a").wantAt("value.1.status", "Queued")
	}
	w.ann("POST", wsURL+"/submitJobs", `{"value":[`+item("c", "gpu")+","+item("C", "gpu")+`]}`).wantError(400, "DuplicateName", "value[1].name")
	w.ann("POST", wsURL+"/submitJobs", `{"value":[`+item("../x", "gpu")+`]}`).wantError(400, "InvalidName", "value[0].name")
	w.ann("POST", wsURL+"/submitJobs", `{"value":[]}`).wantError(400, "InvalidRequestContent", "value")
	w.ann("POST", wsURL+"/submitJobs", `{"value":[`+strings.Repeat(`{"name":"x"},`, maxBatch)+`{}]}`).wantError(413, "TooManyJobs", "value")
}

// TestOutputsSentBackWithoutTheirPlaces: Microsoft's JavaScript client sends back what
// it got with the types of the outputs only.
func TestOutputsSentBackWithoutTheirPlaces(t *testing.T) {
	w := rich(t)
	job := func(more string) string {
		return jobBody("gpu", `,"outputs":{"o":{"jobOutputType":"uri_file","mode":"Upload","uri":"azureml://datastores/workspaceblobstore/paths/x"}`+more)
	}
	w.ann("PUT", wsURL+"/jobs/j", job(`}`)).want(201)
	w.start("j", 1)
	w.end("j", 1, true)
	back := func(outputs string) reply {
		return w.ann("PUT", wsURL+"/jobs/j", jobBody("gpu", `,"isArchived":true,"outputs":`+outputs))
	}
	back(`{"o":{"jobOutputType":"uri_file"},"default":{"jobOutputType":"uri_folder"}}`).want(200).
		wantAt("properties.isArchived", true).wantAt("properties.outputs.o.mode", "Upload")
	back(`{"o":{"jobOutputType":"uri_folder"}}`).wantError(409, "PropertyChangeNotAllowed", "properties.outputs")
	back(`{"o":{"jobOutputType":"uri_file"},"default":{"jobOutputType":"uri_file"}}`).wantError(409, "PropertyChangeNotAllowed", "properties.outputs")
	back(`{"o":{"jobOutputType":"uri_file"},"p":{"jobOutputType":"uri_folder"}}`).wantError(409, "PropertyChangeNotAllowed", "properties.outputs")
}
