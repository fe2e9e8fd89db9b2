package azureml

import (
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

func (w *world) compute(name string) (c *atelier.Compute) {
	w.t.Helper()
	w.do(func(tx *store.Tx) (err error) {
		c, err = store.Get[atelier.Compute](tx, w.main.ID.Child(atelier.KindCompute, name))
		return err
	})
	return c
}

func TestPutIsIdempotent(t *testing.T) {
	w := newWorld(t)
	w.ann("PUT", wsURL+"/computes/gpu", gpu).want(201).wantAt("properties.provisioningState", "Creating")
	w.ann("PUT", wsURL+"/computes/GPU", gpu).want(200)
	if c := w.compute("gpu"); c.Generation != 1 || c.Name != "gpu" || c.Rev != 1 {
		t.Fatalf("generation %d, name %s, rev %d", c.Generation, c.Name, c.Rev)
	}
	w.provision("gpu")
	whole := w.ann("GET", wsURL+"/computes/gpu", "").want(200)
	w.tick(1e9)
	w.ann("PUT", wsURL+"/computes/gpu", whole.body).want(200).wantAt("properties.provisioningState", "Succeeded")
	if c := w.compute("gpu"); c.Generation != 1 {
		t.Fatalf("the echo of a GET made generation %d", c.Generation)
	}
	after := w.ann("GET", wsURL+"/computes/gpu", "").want(200)
	if after.body != whole.body {
		t.Fatalf("the echo changed\n%s\nto\n%s", whole.body, after.body)
	}
}

func TestPutThatOnlyCreates(t *testing.T) {
	w := newWorld(t)
	only := func(name string) reply {
		return w.raw("ann", "PUT", wsURL+"/computes/"+name, strings.NewReader(gpu), "If-None-Match", "*")
	}
	only("gpu").want(201)
	only("GPU").want(409).wantAt("error.code", "AlreadyExists")
	if c := w.compute("gpu"); c.Rev != 1 {
		t.Errorf("rev %d", c.Rev)
	}
}

func TestEchoOfARichComputeChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.ann("PUT", wsURL+"/computes/rich", `{"location":"Local","tags":{"a":"b"},"identity":{"type":"SystemAssigned"},"properties":{"computeType":"amlcompute","computeLocation":"LOCAL","description":"d","disableLocalAuth":true,
		"properties":{"vmSize":"STANDARD_ds2_V2","vmPriority":"lowpriority","osType":"linux","isolatedNetwork":true,"enableNodePublicIp":false,"subnet":{"id":"/net/1"},"virtualMachineImage":{"id":"/img/1"},
		"scaleSettings":{"maxNodeCount":3,"minNodeCount":1,"nodeIdleTimeBeforeScaleDown":"PT1M40S"},"remoteLoginPortPublicAccess":"Enabled","propertyBag":{"strictSize":true},
		"userAccountCredentials":{"adminUserName":"u","adminUserSshPublicKey":"ssh-rsa A","adminUserPassword":"secret"}}}}`).want(201)
	c := w.compute("rich")
	if c.Spec.Cluster.AdminPassHash != "hash of secret" {
		t.Fatalf("the password is kept as %q", c.Spec.Cluster.AdminPassHash)
	}
	got := w.ann("GET", wsURL+"/computes/rich", "").want(200).
		wantAt("properties.properties.vmSize", "STANDARD_ds2_V2").wantAt("location", "Local").wantAt("properties.computeLocation", "LOCAL").
		wantAt("properties.properties.scaleSettings.nodeIdleTimeBeforeScaleDown", "PT1M40S").wantAt("properties.properties.userAccountCredentials.adminUserPassword", nil).
		wantAt("properties.provisioningWarnings.0.code", "NotEnforced")
	if strings.Contains(got.body, "secret") {
		t.Fatal("the answer has the password")
	}
	w.ann("PUT", wsURL+"/computes/rich", got.body).want(200)
	w.ann("PUT", wsURL+"/computes/rich", strings.Replace(got.body, `"adminUserPassword":null`, `"adminUserPassword":"another"`, 1)).want(200)
	if after := w.compute("rich"); after.Generation != 1 || after.Spec.Cluster.AdminPassHash != "hash of secret" {
		t.Fatalf("generation %d, %q", after.Generation, after.Spec.Cluster.AdminPassHash)
	}
}

func TestComputeRules(t *testing.T) {
	inner := func(s string) string {
		return `{"properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS2_v2",` + s + `}}}`
	}
	const at = "properties.properties."
	for name, tc := range map[string]struct {
		name, body, code, target string
		status                   int
	}{
		"short-name":        {name: "ab", body: gpu, status: 400, code: "InvalidComputeName", target: "name"},
		"underscore":        {name: "gpu_cluster", body: gpu, status: 400, code: "InvalidComputeName", target: "name"},
		"no-properties":     {body: `{}`, status: 400, code: "InvalidRequestContent", target: "properties"},
		"no-kind":           {body: `{"properties":{}}`, status: 400, code: "InvalidRequestContent", target: "properties.computeType"},
		"other-kind":        {body: `{"properties":{"computeType":"Mainframe"}}`, status: 400, code: "ComputeTypeNotSupported", target: "properties.computeType"},
		"no-size":           {body: `{"properties":{"computeType":"AmlCompute"}}`, status: 400, code: "InvalidComputeSpec", target: at + "vmSize"},
		"unknown-size":      {body: strings.Replace(gpu, "Standard_DS2_v2", "Standard_DS99", 1), status: 400, code: "InvalidVMSize", target: at + "vmSize"},
		"unknown-location":  {body: strings.Replace(gpu, `"local"`, `"eastus"`, 1), status: 400, code: "LocationNotAvailableForResourceType", target: "location"},
		"no-max":            {body: inner(`"scaleSettings":{}`), status: 400, code: "InvalidRequestContent", target: at + "scaleSettings.maxNodeCount"},
		"max-below-min":     {body: inner(`"scaleSettings":{"maxNodeCount":1,"minNodeCount":2}`), status: 400, code: "InvalidComputeSpec", target: at + "scaleSettings.maxNodeCount"},
		"bad-idle":          {body: inner(`"scaleSettings":{"maxNodeCount":1,"nodeIdleTimeBeforeScaleDown":"soon"}`), status: 400, code: "InvalidDuration", target: at + "scaleSettings.nodeIdleTimeBeforeScaleDown"},
		"bad-priority":      {body: inner(`"vmPriority":"Spot"`), status: 400, code: "InvalidComputeSpec", target: at + "vmPriority"},
		"bad-identity":      {body: strings.Replace(gpu, `{"location"`, `{"identity":{"type":"Mine"},"location"`, 1), status: 400, code: "InvalidIdentity", target: "identity.type"},
		"both-identities":   {body: strings.Replace(gpu, `{"location"`, `{"identity":{"type":"SystemAssigned, UserAssigned"},"location"`, 1), status: 400, code: "InvalidIdentity", target: "identity.type"},
		"strict-size":       {body: `{"properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS5_v2","propertyBag":{"strictSize":true}}}}`, status: 400, code: "SizeNotAvailable", target: at + "vmSize"},
		"wrong-inner-type":  {body: inner(`"scaleSettings":{"maxNodeCount":"4"}`), status: 400, code: "InvalidRequestContent", target: at + "scaleSettings.maxNodeCount"},
		"inner-not-object":  {body: `{"properties":{"computeType":"AmlCompute","properties":[1]}}`, status: 400, code: "InvalidRequestContent", target: "properties.properties"},
		"account-no-secret": {body: inner(`"userAccountCredentials":{"adminUserName":"u"}`), status: 400, code: "InvalidComputeSpec", target: at + "userAccountCredentials"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if tc.name == "" {
				tc.name = "gpu"
			}
			w.ann("PUT", wsURL+"/computes/"+tc.name, tc.body).wantError(tc.status, tc.code, tc.target)
			w.ann("GET", wsURL+"/computes", "").want(200).wantAt("value.0", nil)
		})
	}
}

func TestDefaultsAndShortSize(t *testing.T) {
	w := newWorld(t)
	w.ann("PUT", wsURL+"/computes/gpu", `{"properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS5_v2"}}}`).want(201).wantAt("properties.provisioningWarnings", nil)
	w.ann("GET", wsURL+"/computes/gpu", "").want(200).
		wantAt("properties.properties.vmPriority", "Dedicated").wantAt("properties.properties.scaleSettings.minNodeCount", 0).
		wantAt("properties.properties.scaleSettings.maxNodeCount", 1).wantAt("properties.properties.scaleSettings.nodeIdleTimeBeforeScaleDown", "PT2M").
		wantAt("properties.properties.remoteLoginPortPublicAccess", "NotSpecified").wantAt("location", "local").
		wantAt("properties.provisioningWarnings.0.code", "SizeNotAvailableInFull")
}

func TestImmutableFields(t *testing.T) {
	for name, tc := range map[string]struct{ old, new, target string }{
		"size":     {`"Standard_DS2_v2"`, `"Standard_DS3_v2"`, "properties.properties.vmSize"},
		"priority": {`"vmSize"`, `"vmPriority":"LowPriority","vmSize"`, "properties.properties.vmPriority"},
		"subnet":   {`"vmSize"`, `"subnet":{"id":"/x"},"vmSize"`, "properties.properties.subnet"},
		"location": {`"local"`, `"elsewhere"`, "location"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.cluster("gpu")
			w.ann("PUT", wsURL+"/computes/gpu", strings.Replace(gpu, tc.old, tc.new, 1)).wantError(409, "PropertyChangeNotAllowed", tc.target)
		})
	}
}

func TestPatchTakesBothShapes(t *testing.T) {
	w := newWorld(t)
	w.cluster("gpu")
	w.ann("PATCH", wsURL+"/computes/gpu", `{"properties":{"properties":{"scaleSettings":{"maxNodeCount":8,"minNodeCount":1,"nodeIdleTimeBeforeScaleDown":"PT5M"}}}}`).
		want(200).wantAt("properties.properties.scaleSettings.maxNodeCount", 8).wantAt("properties.provisioningState", "Updating")
	r := w.ann("PATCH", wsURL+"/computes/gpu", `{"properties":{"scaleSettings":{"maxNodeCount":2}}}`).
		want(200).wantAt("properties.properties.scaleSettings.maxNodeCount", 2).wantAt("properties.properties.scaleSettings.minNodeCount", 1)
	if r.Header.Get("Azure-AsyncOperation") == "" {
		t.Fatal("no Azure-AsyncOperation")
	}
	w.ann("PATCH", wsURL+"/computes/none", `{}`).wantError(404, "ComputeNotFound", "")
	w.ann("PATCH", wsURL+"/computes/gpu", `{"properties":{"properties":{"vmSize":"Standard_DS3_v2"}}}`).wantError(409, "PropertyChangeNotAllowed", "properties.properties.vmSize")
}

func TestNameIsUniqueInTheLocation(t *testing.T) {
	w := newWorld(t)
	w.ann("PUT", wsURL+"/computes/gpu", gpu).want(201)
	r := w.ann("PUT", otherURL+"/computes/GPU", gpu).wantError(409, "AlreadyExists", "name")
	if !strings.Contains(r.body, "Compute name 'GPU' is not available. Reason: AlreadyExists. Message: The specified name GPU is already in use and is therefore unavailable") {
		t.Fatalf("words: %s", r.body)
	}
	w.api.UniqueInWorkspace = true
	w.ann("PUT", otherURL+"/computes/GPU", gpu).want(201)
}

func TestDeleteWalk(t *testing.T) {
	w := newWorld(t)
	id := w.cluster("gpu")
	w.ann("DELETE", wsURL+"/computes/gpu", "").wantError(400, "InvalidQueryParameter", "underlyingResourceAction")
	w.ann("DELETE", wsURL+"/computes/gpu?underlyingResourceAction=Detach", "").wantError(400, "DetachNotSupported", "underlyingResourceAction")
	r := w.ann("DELETE", wsURL+"/computes/gpu?underlyingResourceAction=Delete", "").want(202)
	again := w.ann("DELETE", wsURL+"/computes/gpu?underlyingResourceAction=delete", "").want(202)
	if r.body != "" {
		t.Fatalf("body %s", r.body)
	}
	w.ann("GET", wsURL+"/computes/gpu", "").want(200).wantAt("properties.provisioningState", "Deleting")
	w.ann("PUT", wsURL+"/computes/gpu", gpu).wantError(409, "ComputeDeleting", "")
	poll := r.Header.Get("Azure-AsyncOperation")
	w.ann("GET", poll, "").want(200).wantAt("status", "InProgress")
	w.do(func(tx *store.Tx) error {
		c, err := store.Get[atelier.Compute](tx, id)
		if err != nil {
			return err
		}
		return store.Delete(tx, c)
	})
	w.ann("GET", poll, "").want(200).wantAt("status", "Succeeded").wantAt("percentComplete", 100)
	w.ann("GET", again.Header.Get("Azure-AsyncOperation"), "").want(200).wantAt("status", "Succeeded")
	w.ann("GET", wsURL+"/computes/gpu", "").wantError(404, "ComputeNotFound", "")
	w.ann("DELETE", wsURL+"/computes/gpu?underlyingResourceAction=Delete", "").want(204)
}

func TestCreateWalk(t *testing.T) {
	w := newWorld(t)
	r := w.ann("PUT", wsURL+"/computes/gpu", gpu).want(201)
	poll := r.Header.Get("Azure-AsyncOperation")
	if !strings.HasPrefix(poll, "http://example.com/subscriptions/") || r.Header.Get("Retry-After") != "1" {
		t.Fatalf("headers %v", r.Header)
	}
	w.ann("GET", poll, "").want(200).wantAt("status", "InProgress")
	w.as("bob", "GET", poll, "").want(404)
	w.provision("gpu")
	w.as("eve", "GET", poll, "").want(200).wantAt("status", "Succeeded")
	change(w, w.main.ID.Child(atelier.KindCompute, "gpu"), func(c *atelier.Compute) {
		c.Status.State, c.Status.Errors = atelier.Failed, []atelier.Problem{{Code: "NoBoot", Message: "it never came up"}}
	})
	w.ann("GET", poll, "").want(200).wantAt("status", "Failed").wantAt("error.code", "NoBoot")
	w.ann("GET", wsURL+"/computes/gpu", "").want(200).wantAt("properties.provisioningErrors.0.error.code", "NoBoot").wantAt("properties.properties.errors", nil)
}

func TestOldOperationsAreSwept(t *testing.T) {
	w := newWorld(t)
	poll := w.ann("PUT", wsURL+"/computes/gpu", gpu).want(201).Header.Get("Azure-AsyncOperation")
	w.tick(keepOperations - 1)
	w.ann("PUT", wsURL+"/computes/gpu", gpu).want(200)
	w.ann("GET", poll, "").want(200)
	w.tick(1)
	w.ann("PUT", wsURL+"/computes/gpu", gpu).want(200)
	w.ann("GET", poll, "").wantError(404, "OperationNotFound", "")
}

func TestListComputesInPages(t *testing.T) {
	w := newWorld(t)
	for _, n := range []string{"aaa", "bbb", "ccc"} {
		w.ann("PUT", wsURL+"/computes/"+n, gpu).want(201)
	}
	r := w.ann("GET", wsURL+"/computes?$top=2", "").want(200).wantAt("value.1.name", "bbb").wantAt("value.2", nil)
	w.ann("GET", r.at("nextLink").(string), "").want(200).wantAt("value.0.name", "ccc").wantAt("value.1", nil).wantAt("nextLink", nil)
}

func TestListNodes(t *testing.T) {
	w := newWorld(t)
	id := w.cluster("gpu")
	for i, n := range []string{"n-0", "n-1", "n-2", "n-3"} {
		state := []atelier.NodeState{atelier.Booting, atelier.Ready, atelier.Lost, atelier.Leaving}[i]
		node := &atelier.Node{Meta: atelier.Meta{ID: id.Child(atelier.KindNode, n), Name: n, UID: n}, Compute: id, State: state, Since: w.now}
		node.Host = atelier.Host{Address: "10.0.0.1:7000", VCPUs: 2}
		w.do(func(tx *store.Tx) error { return store.Put(tx, node) })
	}
	r := w.ann("POST", wsURL+"/computes/gpu/listNodes?$top=3", "").want(200).
		wantAt("nodes.0.nodeState", "preparing").wantAt("nodes.1.nodeState", "idle").wantAt("nodes.2.nodeState", "unusable").
		wantAt("nodes.1.privateIpAddress", "10.0.0.1").wantAt("nodes.1.nodeId", "n-1").wantAt("nodes.1.runId", nil)
	w.ann("GET", r.at("nextLink").(string), "").want(200).wantAt("nodes.0.nodeState", "leaving").wantAt("nextLink", nil)
	w.ann("POST", wsURL+"/computes/gpu/listKeys", "").wantError(400, "OperationNotSupported", "")
	w.ann("POST", wsURL+"/computes/none/start", "").wantError(404, "ComputeNotFound", "")
}

// TestMassAssignment sends everything that only the platform may say.
func TestMassAssignment(t *testing.T) {
	w := newWorld(t)
	w.ann("PUT", wsURL+"/computes/gpu", `{"id":"/evil","name":"evil","uid":"evil","rev":99,"generation":99,"status":{"state":"Succeeded","named":9},"spec":{"kind":"Evil"},"deletedAt":"2020-01-01T00:00:00Z","createdBy":"evil","systemData":{"createdBy":"evil"},
		"properties":{"computeType":"AmlCompute","provisioningState":"Succeeded","createdOn":"2001-01-01T00:00:00Z","provisioningErrors":[{"error":{"code":"x"}}],"isAttachedCompute":true,"reasons":[{"code":"x"}],"status":{"state":"Succeeded"},
		"properties":{"vmSize":"Standard_DS2_v2","currentNodeCount":9,"targetNodeCount":9,"nodeStateCounts":{"idleNodeCount":9},"allocationState":"Steady","adminPassHash":"x","errors":[{}]}}}`).want(201)
	c := w.compute("gpu")
	if c.Name != "gpu" || c.UID == "evil" || c.Generation != 1 || c.Rev != 1 || c.Deleting() || c.CreatedBy != "ann" || c.Status.State != "" || c.Status.Named != 0 ||
		len(c.Status.Errors) != 0 || c.Status.Current != 0 || c.Spec.Kind != atelier.KindCluster || c.Spec.Cluster.AdminPassHash != "" || !c.CreatedAt.Equal(w.now) {
		t.Fatalf("taken over: %+v", c)
	}
	w.provision("gpu")
	w.ann("PUT", wsURL+"/jobs/j1", jobBody("gpu", `,"status":"Completed","exitCode":0,"attempt":7,"error":{"code":"x"},"endTime":"2020-01-01T00:00:00Z","uid":"evil","cancelAt":"2020-01-01T00:00:00Z"`)).want(201).
		wantAt("properties.status", "Queued").wantAt("properties.attempt", 0).wantAt("properties.exitCode", nil).wantAt("properties.error", nil)
}
