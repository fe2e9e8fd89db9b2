package azureml

import (
	"fmt"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

const schedule = `{"properties":{"isEnabled":%t,"action":{"actionType":"CreateJob","jobDefinition":{"jobType":"Command"}},"trigger":{"triggerType":"Cron","expression":"0 0 * * *"}}}`

// TestPagesOfDocuments makes sure that following the links finds everything that was
// there throughout exactly once, while others come and go (I-22).
func TestPagesOfDocuments(t *testing.T) {
	for name, kind := range map[string]struct{ list, one, body string }{
		"versions":   {wsURL + "/models/m/versions", wsURL + "/models/m/versions/%d", `{"properties":{"modelUri":"azureml://datastores/workspaceblobstore/paths/a"}}`},
		"containers": {wsURL + "/components", wsURL + "/components/c%d/versions/1", `{"properties":{"componentSpec":{"name":"c"}}}`},
		"endpoints":  {wsURL + "/onlineEndpoints", wsURL + "/onlineEndpoints/e%d", `{"location":"local","properties":{"authMode":"Key"}}`},
		"schedules":  {wsURL + "/schedules", wsURL + "/schedules/s%d", fmt.Sprintf(schedule, true)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for i := range 17 {
				w.ann("PUT", fmt.Sprintf(kind.one, i), kind.body).want(201)
			}
			times := map[string]int{}
			for link, page := kind.list+"?$top=3", 0; link != ""; page++ {
				r := w.ann("GET", link, "").want(200)
				for _, v := range r.at("value").([]any) {
					times[v.(map[string]any)["id"].(string)]++
				}
				w.ann("PUT", fmt.Sprintf(kind.one, 100+page), kind.body).want(201)
				w.ann("DELETE", fmt.Sprintf(kind.one, 100+page), "")
				link, _ = r.at("nextLink").(string)
			}
			found := 0
			for id, n := range times {
				if n != 1 {
					t.Errorf("%s was listed %d times", id, n)
				}
				found++
			}
			if found < 17 {
				t.Errorf("%d of 17 were listed", found)
			}
		})
	}
}

// TestNothingOfADocumentIsLost sends what GET answered back, and finds everything
// that was ever written as it was spelled.
func TestNothingOfADocumentIsLost(t *testing.T) {
	w := newWorld(t)
	const spec = `{"name":"c","inputs":{"b":{"type":"number","default":1.50},"a":12345678901234567890}}`
	w.ann("PUT", wsURL+"/components/c/versions/1", `{"properties":{"componentSpec": `+spec+`,"somethingNew":[1,{"x":null}]}}`).want(201)
	got := w.ann("GET", wsURL+"/components/c/versions/1", "").want(200)
	for _, part := range []string{`"componentSpec":` + spec, `"somethingNew":[1,{"x":null}]`} {
		if !strings.Contains(got.body, part) {
			t.Errorf("%s is not in %s", part, got.body)
		}
	}
	if again := w.ann("PUT", wsURL+"/components/c/versions/1", got.body).want(200); again.body != got.body {
		t.Errorf("echoed, it is\n%s\nand was\n%s", again.body, got.body)
	}
	w.ann("PUT", wsURL+"/components/c/versions/1", `{"properties":{"componentSpec":{"name":"other"}}}`).wantError(409, "AssetVersionConflict", "properties.componentSpec")
}

func TestScheduleViews(t *testing.T) {
	w := newWorld(t)
	w.ann("PUT", wsURL+"/schedules/on", fmt.Sprintf(schedule, true)).want(201)
	w.ann("PUT", wsURL+"/schedules/off", fmt.Sprintf(schedule, false)).want(201)
	for view, want := range map[string]string{"": "on", "EnabledOnly": "on", "DisabledOnly": "off", "All": "on off"} {
		var names []string
		for _, v := range w.ann("GET", wsURL+"/schedules?listViewType="+view, "").want(200).at("value").([]any) {
			names = append(names, v.(map[string]any)["name"].(string))
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("view %q shows %q, want %q", view, got, want)
		}
	}
	w.ann("GET", wsURL+"/schedules?listViewType=x", "").wantError(400, "InvalidQueryParameter", "listViewType")
}

// TestKeysOfEndpointsAreSealed looks for keys in all that the store holds and in all
// that is shown.
func TestKeysOfEndpointsAreSealed(t *testing.T) {
	w := newWorld(t)
	const key = "my-own-key-0123456789"
	put := w.ann("PUT", wsURL+"/onlineEndpoints/e", `{"location":"local","properties":{"authMode":"Key","keys":{"primaryKey":"`+key+`"}}}`).want(201)
	if strings.Contains(put.body+w.ann("GET", wsURL+"/onlineEndpoints/e", "").body, key) {
		t.Error("the key is shown")
	}
	w.do(func(tx *store.Tx) error {
		d, err := store.Get[atelier.Document](tx, w.main.ID.Child(atelier.KindOnlineEndpoint, "e"))
		if err == nil && strings.Contains(fmt.Sprintf("%s %v", d.Properties, d.Secrets), key) {
			t.Error("the key is stored in the open")
		}
		return err
	})
	w.ann("POST", wsURL+"/onlineEndpoints/e/listKeys", "").want(200).wantAt("primaryKey", key)
	w.as("eve", "POST", wsURL+"/onlineEndpoints/e/listKeys", "").want(403)
	w.ann("POST", wsURL+"/onlineEndpoints/e/regenerateKeys", `{"keyType":"Primary","keyValue":"`+key+`"}`).want(200)
	if now := w.ann("POST", wsURL+"/onlineEndpoints/e/listKeys", "").at("primaryKey"); now == key || now == "" {
		t.Errorf("the key is %v", now)
	}
}

// TestDeletedEndpointLeavesNothing makes sure that a new endpoint of the same name
// has none of the old one's deployments and keys.
func TestDeletedEndpointLeavesNothing(t *testing.T) {
	w := newWorld(t)
	const body = `{"location":"local","properties":{"authMode":"Key"}}`
	w.ann("PUT", wsURL+"/onlineEndpoints/e", body).want(201)
	was := w.ann("POST", wsURL+"/onlineEndpoints/e/listKeys", "").at("primaryKey")
	w.ann("PUT", wsURL+"/onlineEndpoints/e/deployments/blue", `{"location":"local","properties":{"endpointComputeType":"Kubernetes"}}`).want(201)
	w.ann("DELETE", wsURL+"/onlineEndpoints/e", "").want(202)
	w.ann("GET", wsURL+"/onlineEndpoints/e", "").want(404)
	w.ann("PUT", wsURL+"/onlineEndpoints/e", body).want(201)
	w.ann("GET", wsURL+"/onlineEndpoints/e/deployments", "").want(200).wantAt("value", []any{})
	if now := w.ann("POST", wsURL+"/onlineEndpoints/e/listKeys", "").at("primaryKey"); now == was {
		t.Error("the new endpoint has the old one's key")
	}
	w.ann("DELETE", wsURL+"/onlineEndpoints/nothing", "").want(204)
}

// TestDocumentJobs makes sure that sweeps are listed, kept out of every queue and
// not lost by an echo.
func TestDocumentJobs(t *testing.T) {
	w := newWorld(t)
	w.cluster("gpu")
	const sweep = `{"properties":{"jobType":"Sweep","computeId":"gpu","objective":{"goal":"maximize","primaryMetric":"acc"},"samplingAlgorithm":{"samplingAlgorithmType":"Random"},"searchSpace":{"lr":["uniform",[0,1]]},"trial":{"command":"x"},"limits":{"jobLimitsType":"Sweep","maxTotalTrials":4}%s}}`
	w.ann("PUT", wsURL+"/jobs/s", fmt.Sprintf(sweep, "")).want(201).wantAt("properties.status", "NotStarted").wantAt("properties.limits.maxTotalTrials", 4)
	got := w.ann("GET", wsURL+"/jobs/s", "").want(200)
	w.ann("PUT", wsURL+"/jobs/s", got.body).want(200).wantAt("properties.searchSpace.lr.0", "uniform")
	w.ann("PUT", wsURL+"/jobs/s", fmt.Sprintf(sweep, `,"isArchived":true`)).want(200)
	w.ann("GET", wsURL+"/jobs?listViewType=ArchivedOnly&jobType=sweep", "").wantAt("value.0.name", "s")
	w.ann("GET", wsURL+"/jobs?scheduled=true&listViewType=All", "").wantAt("value", []any{})
	w.do(func(tx *store.Tx) error {
		j, err := store.Get[atelier.Job](tx, w.jobID("s"))
		if err == nil && (j.Spec.Compute != "" || j.Index().State != "NotStarted") {
			t.Errorf("compute %q, state %s: it stands in a queue", j.Spec.Compute, j.Index().State)
		}
		return err
	})
	for name, broken := range map[string]string{
		"properties.objective.goal":                          strings.Replace(sweep, "maximize", "upwards", 1),
		"properties.trial.command":                           strings.Replace(sweep, `"command":"x"`, `"command":" "`, 1),
		"properties.searchSpace":                             strings.Replace(sweep, `"lr":["uniform",[0,1]]`, "", 1),
		"properties.samplingAlgorithm.samplingAlgorithmType": strings.Replace(sweep, `"Random"`, `"Lucky"`, 1),
		"properties.computeId":                               strings.Replace(sweep, `"computeId":"gpu"`, `"computeId":"nothing"`, 1),
		"properties.searchSpace.lr":                          strings.Replace(sweep, `["uniform",[0,1]]`, `"uniform"`, 1),
	} {
		r := w.ann("PUT", wsURL+"/jobs/broken", fmt.Sprintf(broken, "")).want(400)
		if r.at("error.target") != name {
			t.Errorf("%s: %s", name, r.body)
		}
	}
}
