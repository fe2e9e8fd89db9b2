package azureml

import (
	"fmt"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// last is the number of the last event.
func (w *world) last() int64 {
	w.t.Helper()
	var seq int64
	must(w.t, w.db.Read(w.t.Context(), func(tx *store.Tx) error {
		list, err := store.Events(tx, store.EventQuery{Newest: true, Limit: 1})
		if len(list) > 0 {
			seq = list[0].Seq
		}
		return err
	}))
	return seq
}

const dry = own + "&dryRun=true"

func TestDryRunOfANewCompute(t *testing.T) {
	w := newWorld(t)
	w.api.Catalogs["far"] = scarce{free: map[string]int{"Standard_DS3_v2": 0}}
	w.cluster("gpu")
	before := w.last()
	r := w.ann("PUT", wsURL+"/computes/mine"+dry, strings.Replace(gpu, `"minNodeCount":0`, `"minNodeCount":1`, 1)).want(200)
	r.wantAt("name", "mine").wantAt("properties.properties.scaleSettings.maxNodeCount", 4).wantAt("properties.permissions.0", "read")
	r.wantAt("properties.preview.isNew", true).wantAt("properties.preview.currency", "USD").
		wantAt("properties.preview.pricePerHour.min", 0.146).wantAt("properties.preview.pricePerHour.max", 0.584).
		wantAt("properties.preview.quota.family", "standardDSv2Family").wantAt("properties.preview.quota.before", 8).
		wantAt("properties.preview.quota.after", 16).wantAt("properties.preview.quota.limit", -1).wantAt("properties.preview.warnings", "[]")
	far := strings.NewReplacer(`"location":"local"`, `"location":"far"`, "DS2_v2", "DS3_v2").Replace(gpu)
	w.ann("PUT", wsURL+"/computes/mine"+dry, far).want(200).
		wantAt("properties.preview.warnings.0.code", "OtherLocation").wantAt("properties.preview.warnings.1.code", "NoCapacity").wantAt("properties.preview.warnings.2", nil)
	w.api.Catalogs["far"] = scarce{free: map[string]int{"Standard_DS3_v2": 2}}
	w.ann("PUT", wsURL+"/computes/mine"+dry, far).want(200).wantAt("properties.preview.warnings.1", nil)
	w.ann("PUT", wsURL+"/computes/mine"+dry, strings.Replace(far, `"minNodeCount":0`, `"minNodeCount":3`, 1)).want(200).
		wantAt("properties.preview.warnings.1.message", "2 machines of size Standard_DS3_v2 are free now, and it takes at least 3 more; nodes wait until there are enough")
	low := strings.Replace(gpu, `"vmSize"`, `"vmPriority":"LowPriority","vmSize"`, 1)
	w.ann("PUT", wsURL+"/computes/mine"+dry, low).want(200).
		wantAt("properties.preview.pricePerHour", nil).wantAt("properties.preview.quota.family", lowPriorityFamily).wantAt("properties.preview.quota.after", 8)
	w.ann("PUT", wsURL+"/computes/mine"+dry, richInstance).want(200).wantAt("properties.computeType", "ComputeInstance")
	w.ann("PUT", wsURL+"/computes/mine"+dry, richVM).want(200).wantAt("properties.preview.quota", nil).wantAt("properties.preview.pricePerHour", nil)
	if r.Header.Get("Azure-AsyncOperation") != "" {
		t.Error("a dry run is something to wait for")
	}
	w.ann("GET", wsURL+"/computes/mine", "").want(404)
	if after := w.last(); after != before {
		t.Errorf("event %d after %d", after, before)
	}
	w.ann("PUT", wsURL+"/computes/mine", gpu).want(201) // the name was not taken
}

func TestDryRunOfAChange(t *testing.T) {
	w := newWorld(t)
	w.cluster("gpu")
	before := w.last()
	for _, method := range []string{"PUT", "PATCH"} {
		w.ann(method, wsURL+"/computes/gpu"+dry, strings.Replace(gpu, `"maxNodeCount":4`, `"maxNodeCount":6`, 1)).want(200).
			wantAt("properties.properties.scaleSettings.maxNodeCount", 6).wantAt("properties.preview.isNew", false).
			wantAt("properties.preview.quota.before", 8).wantAt("properties.preview.quota.after", 12).wantAt("properties.provisioningState", "Updating")
	}
	w.ann("GET", wsURL+"/computes/gpu"+own, "").want(200).
		wantAt("properties.properties.scaleSettings.maxNodeCount", 4).wantAt("properties.provisioningState", "Succeeded").wantAt("properties.preview", nil)
	if after := w.last(); after != before {
		t.Errorf("event %d after %d", after, before)
	}
}

// TestDryRunCountsTheMachinesThatAreThere changes computes of which all machines are
// there, where none is left.
func TestDryRunCountsTheMachinesThatAreThere(t *testing.T) {
	w := newWorld(t)
	w.api.Catalogs["local"] = scarce{free: map[string]int{"Standard_DS2_v2": 0, "Standard_DS3_v2": 0}}
	body := func(min int, idle string) string {
		return fmt.Sprintf(`{"location":"local","properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS2_v2","scaleSettings":{"minNodeCount":%d,"maxNodeCount":4,"nodeIdleTimeBeforeScaleDown":"%s"}}}}`, min, idle)
	}
	w.ann("PUT", wsURL+"/computes/gpu", body(2, "PT2M")).want(201)
	id := w.provision("gpu")
	const none = "properties.preview.warnings.0"
	w.ann("PUT", wsURL+"/computes/gpu"+dry, body(2, "PT5M")).want(200).wantAt(none+".code", "NoCapacity")
	for name, state := range map[string]atelier.NodeState{"n-0": atelier.Ready, "n-1": atelier.Lost, "n-2": atelier.Wanted, "n-3": atelier.Gone} {
		node := w.addNode(id, name, state)
		change(w, node, func(n *atelier.Node) { n.Size = "standard_ds2_v2" })
	}
	w.ann("PUT", wsURL+"/computes/gpu"+dry, body(2, "PT5M")).want(200).wantAt(none, nil)
	w.ann("PUT", wsURL+"/computes/gpu"+dry, body(3, "PT5M")).want(200).
		wantAt(none+".message", "0 machines of size Standard_DS2_v2 are free now, and it takes at least 1 more; nodes wait until there are enough")
	// A machine of another size is none of these.
	change(w, id.Child(atelier.KindNode, "n-0"), func(n *atelier.Node) { n.Size = "Standard_DS3_v2" })
	w.ann("PUT", wsURL+"/computes/gpu"+dry, body(2, "PT5M")).want(200).wantAt(none+".code", "NoCapacity")
}

// TestDryRunWhereThereIsNone asks for dry runs of what would then be done.
func TestDryRunWhereThereIsNone(t *testing.T) {
	w := newWorld(t)
	w.cluster("gpu")
	before := w.last()
	for path, body := range map[string]string{
		"DELETE " + wsURL + "/computes/gpu" + dry + "&underlyingResourceAction=Delete": "",
		"POST " + wsURL + "/computes/gpu/resize" + dry:                                 `{"targetVMSize":"Standard_DS3_v2"}`,
		"POST " + wsURL + "/submitJobs" + dry:                                          `{"value":[{"name":"j","properties":{"jobType":"Command","command":"x","computeId":"gpu"}}]}`,
		"PUT " + wsURL + "/data/d/versions/1" + dry:                                    `{"properties":{"dataType":"uri_file","dataUri":"https://example.com/x"}}`,
	} {
		method, address, _ := strings.Cut(path, " ")
		w.ann(method, address, body).wantError(400, "DryRunNotSupported", "dryRun")
	}
	w.ann("DELETE", wsURL+"/computes/gpu"+own+"&underlyingResourceAction=Delete&dryRun=perhaps", "").wantError(400, "InvalidQueryParameter", "dryRun")
	w.ann("GET", wsURL+"/computes/gpu"+dry, "").want(200)
	if after := w.last(); after != before {
		t.Errorf("event %d after %d", after, before)
	}
	w.ann("DELETE", wsURL+"/computes/gpu"+own+"&underlyingResourceAction=Delete&dryRun=false", "").want(202)
}

// TestDryRunFailsAsTheRealOne compares the errors of both.
func TestDryRunFailsAsTheRealOne(t *testing.T) {
	w := newWorld(t)
	w.cluster("gpu")
	w.ann("POST", locURL+"/updateQuotas", `{"value":[{"id":"`+wsURL+`/quotas/standardDSv2Family","limit":9}]}`).want(200)
	for name, tc := range map[string]struct{ method, path, body string }{
		"name":     {"PUT", "/computes/-", gpu},
		"taken":    {"PUT", "/computes/gpu", strings.Replace(gpu, "DS2_v2", "DS3_v2", 1)},
		"size":     {"PUT", "/computes/x-y", strings.Replace(gpu, "DS2_v2", "None", 1)},
		"scale":    {"PUT", "/computes/x-y", strings.Replace(gpu, `"minNodeCount":0`, `"minNodeCount":9`, 1)},
		"quota":    {"PUT", "/computes/x-y", gpu},
		"location": {"PUT", "/computes/x-y", strings.Replace(gpu, `"location":"local"`, `"location":"mars"`, 1)},
		"body":     {"PUT", "/computes/x-y", `{`},
		"patch":    {"PATCH", "/computes/gpu", `{"properties":{"scaleSettings":{"maxNodeCount":0}}}`},
		"nothing":  {"PATCH", "/computes/none", `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			tried, real := w.ann(tc.method, wsURL+tc.path+dry, tc.body), w.ann(tc.method, wsURL+tc.path+own, tc.body)
			if tried.StatusCode != real.StatusCode || message(tried) != message(real) || real.StatusCode < 400 {
				t.Errorf("dry %d %s; real %d %s", tried.StatusCode, tried.body, real.StatusCode, real.body)
			}
		})
	}
	w.ann("PUT", wsURL+"/computes/x-y"+own+"&dryRun=perhaps", gpu).wantError(400, "InvalidQueryParameter", "dryRun")
	w.as("eve", "PUT", wsURL+"/computes/x-y"+dry, gpu).want(403)
}
