package azureml

import (
	"testing"

	"github.com/atelier-compute/atelier"
)

// TestQuotasAreOfFamiliesInAnyCase has a quota whose family the catalogue spells
// otherwise by now.
func TestQuotasAreOfFamiliesInAnyCase(t *testing.T) {
	w := newWorld(t)
	set := func(limit string) {
		t.Helper()
		w.ann("POST", locURL+"/updateQuotas", `{"value":[{"id":"`+wsURL+`/quotas/standardDSv2Family","limit":`+limit+`}]}`).want(200).wantAt("value.0.status", "Success")
	}
	limit := func() (found any) {
		t.Helper()
		for _, v := range w.ann("GET", locURL+"/quotas", "").want(200).at("value").([]any) {
			q := v.(map[string]any)
			if q["id"] == wsURL+"/quotas/standardDSv2Family" {
				found = q["limit"]
			}
		}
		return found
	}
	change(w, w.main.ID, func(of *atelier.Workspace) {
		of.Quotas = []atelier.Quota{{Location: "local", Family: "STANDARDDSV2FAMILY", Limit: 7}}
	})
	if got := limit(); got != 7.0 {
		t.Errorf("the limit is shown as %v", got)
	}
	w.ann("PUT", wsURL+"/computes/gpu", gpu).wantError(409, "QuotaExceeded", "properties.properties.vmSize")
	set("9")
	if got := limit(); got != 9.0 {
		t.Errorf("after another was set: %v", got)
	}
	set("-1")
	w.ann("PUT", wsURL+"/computes/gpu", gpu).want(201)
}
