package fleet_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
	"github.com/atelier-compute/atelier/internal/wire"
)

func (b *bed) desired(node atelier.ID) wire.Desired {
	b.t.Helper()
	d, err := b.f.Desired(b.t.Context(), node)
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

func TestDesired(t *testing.T) {
	b := newBed(t)
	b.ready(node1)
	b.ready(node2)
	first := b.desired(node1)
	if len(first.Tasks) != 0 || first.Leave || first.Session != "s" {
		t.Errorf("an idle node should hold %+v", first)
	}
	b.place(newJob(), 1, node1)
	d := b.desired(node1)
	if len(d.Tasks) != 1 || d.Tasks[0].ID != task || d.Tasks[0].UID != "t" || d.Tasks[0].Stop || d.Seq <= first.Seq {
		t.Errorf("desired is %+v", d)
	}
	if d := b.desired(node2); len(d.Tasks) != 0 {
		t.Errorf("another node should hold %+v", d.Tasks)
	}
	stop := get[atelier.Task](b, task)
	stop.Stop = b.now
	b.put(stop)
	if d := b.desired(node1); !d.Tasks[0].Stop {
		t.Error("the stop is not passed on")
	}
	if d, err := b.report(node1, "key-n1", "s", says(atelier.TaskEnded, 0)); err != nil || len(d.Tasks) != 0 {
		t.Errorf("an ended task is still wanted: %+v, %v", d, err)
	}
	w, err := b.hello(node1, "key-n1", "s2")
	if err != nil || w.Desired.Session != "s2" || w.Desired.Seq != 1 {
		t.Errorf("a new session begins with %+v (%v)", w.Desired, err)
	}
	n := get[atelier.Node](b, node1)
	if err := b.db.Do(t.Context(), func(tx *store.Tx) error { return store.Delete(tx, n) }); err != nil {
		t.Fatal(err)
	}
	if d := b.desired(node1); !d.Leave {
		t.Error("a deleted node's agent is not told to leave")
	}
}

func TestSpec(t *testing.T) {
	b := newBed(t)
	b.ready(node1)
	b.ready(node2)
	b.put(&atelier.Asset{Meta: meta(ws.Child(atelier.KindCode, "src:1"), "c"), URI: "azureml://code", Hash: "h"})
	b.put(&atelier.Asset{Meta: meta(ws.Child(atelier.KindEnvironment, "env:2"), "e"), Conda: "conda", Pip: "pip"})
	b.put(&atelier.Asset{Meta: meta(ws.Child(atelier.KindData, "d:3"), "d"), URI: "azureml://data"})
	j := newJob()
	arm := "/subscriptions/s/resourceGroups/r/providers/Microsoft.MachineLearningServices/workspaces/w/data/D/versions/3"
	j.Spec = atelier.JobSpec{
		Experiment: "exp", Command: "python x.py", Code: ws.Child(atelier.KindCode, "src:1"), Environment: ws.Child(atelier.KindEnvironment, "env:2"),
		Env: map[string]string{"A": "1", "AZUREML_RUN_ID": "forged"},
		Inputs: map[string]atelier.Input{
			"short": {Type: "uri_file", URI: "azureml:d:3"}, "arm": {Type: "uri_file", URI: arm}, "armref": {Type: "uri_file", URI: "azureml:" + arm},
			"path": {Type: "uri_folder", URI: "azureml://datastores/x/paths/y"}, "lit": {Type: "literal", Value: "azureml:d:3"},
		},
		Outputs:      map[string]atelier.Output{"o": {Type: "uri_folder"}},
		Distribution: &atelier.Distribution{Type: "PyTorch", ProcsPerNode: 4},
	}
	b.place(j, 1, node1, node2)
	want := wire.TaskSpec{
		Job: job, JobName: "j", Experiment: "exp", Command: "python x.py", Code: "azureml://code", CodeHash: "h",
		Environment: &wire.Environment{Name: "env:2", Conda: "conda", Pip: "pip"},
		Inputs: map[string]atelier.Input{
			"short": {Type: "uri_file", URI: "azureml://data"}, "arm": {Type: "uri_file", URI: "azureml://data"}, "armref": {Type: "uri_file", URI: "azureml://data"},
			"path": {Type: "uri_folder", URI: "azureml://datastores/x/paths/y"}, "lit": {Type: "literal", Value: "azureml:d:3"},
		},
		Outputs: j.Spec.Outputs, Distribution: j.Spec.Distribution, Hosts: []string{"addr-n1", "addr-n2"},
		Env: map[string]string{
			"A": "1", "AZUREML_RUN_ID": "j", "AZUREML_ROOT_RUN_ID": "j", "AZUREML_EXPERIMENT_NAME": "exp", "AZUREML_EXPERIMENT_ID": "exp",
			"AZUREML_ARM_PROJECT_NAME": "exp", "AZUREML_ARM_SUBSCRIPTION": "sub", "AZUREML_ARM_RESOURCEGROUP": "rg",
			"AZUREML_ARM_WORKSPACE_NAME": ws.Name(), "AZUREML_WORKSPACE_ID": "wsuid", "AZUREML_PROCESS_NAME": "rank_1",
			"AZUREML_CR_NODE_RANK": "1", "AZUREML_NODE_COUNT": "2", "AZUREML_ATTEMPT": "1", "AZ_BATCH_HOST_LIST": "addr-n1,addr-n2",
			"MASTER_ADDR": "addr-n1", "MASTER_PORT": "6105", "NODE_RANK": "1", "WORLD_SIZE": "8",
		},
	}
	if diff := cmp.Diff(want, b.desired(node2).Tasks[0].Spec); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
	if j.Spec.Env["AZUREML_RUN_ID"] != "forged" || get[atelier.Job](b, job).Spec.Inputs["short"].URI != "azureml:d:3" {
		t.Error("making the spec changed the job")
	}
}

func TestSpecOfWhatIsMissing(t *testing.T) {
	for name, tt := range map[string]struct {
		spec atelier.JobSpec
		says string
	}{
		"code":        {atelier.JobSpec{Code: ws.Child(atelier.KindCode, "gone:1")}, `code "gone:1"`},
		"environment": {atelier.JobSpec{Environment: ws.Child(atelier.KindEnvironment, "gone:1")}, `environment "gone:1"`},
		"data":        {atelier.JobSpec{Inputs: map[string]atelier.Input{"x": {Type: "uri_file", URI: "azureml:gone:1"}}}, `input "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t)
			b.ready(node1)
			j := newJob()
			j.Spec = tt.spec
			b.place(j, 1, node1)
			r := b.desired(node1).Tasks[0].Spec.Refused
			if r == nil || r.Code != "AssetNotFound" || !strings.Contains(r.Message, tt.says) {
				t.Errorf("refused with %+v, want words about %s", r, tt.says)
			}
		})
	}
}

func TestGrants(t *testing.T) {
	in := atelier.DatastoreURI(atelier.DataStore, "in/x")
	type ask struct {
		fetch, upload, log string // answer, or the kind of the error
	}
	granted := ask{"wsuid/workspaceblobstore/in/x", "wsuid/workspaceartifactstore/ExperimentRun/dcid.j/outputs", "juid 1 0 s"}
	for _, tt := range []struct {
		name   string
		key    string
		node   atelier.ID
		task   atelier.ID
		change func(b *bed)
		want   ask
	}{
		{"own-task", "key-n1", node1, task, nil, granted},
		{"other-key", "key-n2", node1, task, nil, ask{"forbidden", "forbidden", "forbidden"}},
		{"other-node", "key-n2", node2, task, nil, ask{"forbidden", "forbidden", "forbidden"}},
		{"no-such-task", "key-n1", node1, job + "/tasks/9-9", nil, ask{"forbidden", "forbidden", "forbidden"}},
		{"prefix-of-a-task", "key-n1", node1, job + "/tasks/1-", nil, ask{"forbidden", "forbidden", "forbidden"}},
		{"not-a-task", "key-n1", node1, job, nil, ask{"forbidden", "forbidden", "forbidden"}},
		{"superseded", "key-n1", node1, task, func(b *bed) {
			j := get[atelier.Job](b, job)
			j.Status.Attempt = 2
			b.put(j)
		}, ask{"conflict", "conflict", "conflict"}},
		{"ended", "key-n1", node1, task, func(b *bed) {
			x := get[atelier.Task](b, task)
			x.State = atelier.TaskEnded
			b.put(x)
		}, ask{"conflict", "conflict", granted.log}},
		{"node-lost", "key-n1", node1, task, func(b *bed) {
			n := get[atelier.Node](b, node1)
			n.State = atelier.Lost
			b.put(n)
		}, ask{"conflict", "conflict", granted.log}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBed(t)
			b.ready(node1)
			b.ready(node2)
			j := newJob()
			j.Spec.Inputs = map[string]atelier.Input{"x": {Type: "uri_file", URI: in}}
			b.place(j, 1, node1)
			if tt.change != nil {
				tt.change(b)
			}
			var got ask
			var err error
			if got.fetch, err = b.f.Fetch(t.Context(), tt.key, tt.node, tt.task, in); err != nil {
				got.fetch = kind(err)
			}
			if got.upload, err = b.f.Upload(t.Context(), tt.key, tt.node, tt.task, wire.OutputFolder); err != nil {
				got.upload = kind(err)
			}
			k, err := b.f.Log(t.Context(), tt.key, tt.node, wire.LogQuery{Task: tt.task, Stream: "s"})
			if got.log = strings.Join([]string{k.Job, "1", "0", k.Stream}, " "); err != nil {
				got.log = kind(err)
			}
			if got != tt.want {
				t.Errorf("answers are %+v, want %+v", got, tt.want)
			}
		})
	}
}

func kind(err error) string {
	for _, k := range []atelier.Kind{atelier.Forbidden, atelier.Conflict, atelier.NotFound, atelier.Invalid, atelier.Unsupported} {
		if atelier.IsKind(err, k) {
			return string(k)
		}
	}
	return err.Error()
}

func TestGrantedPaths(t *testing.T) {
	b := newBed(t)
	b.ready(node1)
	uri := func(store, path string) string { return atelier.DatastoreURI(store, path) }
	j := newJob()
	j.Spec.Inputs = map[string]atelier.Input{"web": {Type: "uri_file", URI: "https://example.test/x"}, "up": {Type: "uri_file", URI: uri(atelier.DataStore, "a/../../b")}}
	j.Spec.Outputs = map[string]atelier.Output{
		"plain": {}, "placed": {URI: uri(atelier.DataStore, "results/x")}, "code": {URI: uri(atelier.DataStore, "Codes/src/1")},
		"data": {URI: uri(atelier.DataStore, "data")}, "other": {URI: uri(atelier.ArtifactStore, "ExperimentRun/dcid.jj")},
		"own": {URI: uri(atelier.ArtifactStore, "ExperimentRun/dcid.j/x")}, "up": {URI: uri(atelier.DataStore, "../x")},
	}
	b.place(j, 1, node1)
	for output, want := range map[string]string{
		"plain": "wsuid/workspaceartifactstore/ExperimentRun/dcid.j/named-outputs/plain", wire.LogFolder: "wsuid/workspaceartifactstore/ExperimentRun/dcid.j/logs",
		"placed": "wsuid/workspaceblobstore/results/x", "own": "wsuid/workspaceartifactstore/ExperimentRun/dcid.j/x",
		"code": "forbidden", "data": "forbidden", "other": "forbidden", "up": "invalid", "undeclared": "forbidden", "": "forbidden",
	} {
		got, err := b.f.Upload(t.Context(), "key-n1", node1, task, output)
		if err != nil {
			got = kind(err)
		}
		if got != want {
			t.Errorf("upload of %q goes to %q, want %q", output, got, want)
		}
	}
	for uri, want := range map[string]string{"https://example.test/x": "unsupported", uri(atelier.DataStore, "a/../../b"): "invalid", uri(atelier.DataStore, "secret"): "forbidden", "": "forbidden"} {
		if got, err := b.f.Fetch(t.Context(), "key-n1", node1, task, uri); err == nil || kind(err) != want {
			t.Errorf("fetch of %q: %q, %v; want %s", uri, got, err, want)
		}
	}
}
