package azureml

import (
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
)

// scarce is a catalogue that knows how many machines there are.
type scarce struct {
	sizes
	free map[string]int
}

func (s scarce) Sizes() []atelier.Size { return provider.AzureSizes() }

func (s scarce) Free(size string) (n int, known bool) {
	n, known = s.free[size]
	return n, known
}

// offered is what the API says of each size, by name.
func (w *world) offered(query string) map[string]map[string]any {
	w.t.Helper()
	all := map[string]map[string]any{}
	for _, v := range w.as("eve", "GET", wsURL+"/sizes"+own+query, "").want(200).at("value").([]any) {
		size := v.(map[string]any)
		all[size["name"].(string)] = size
	}
	return all
}

func TestSizesSayWhetherTheyCanBeHad(t *testing.T) {
	w := newWorld(t)
	w.api.Catalogs["local"] = scarce{free: map[string]int{"Standard_NC4as_T4_v3": 0, "Standard_DS3_v2": 2}}
	w.cluster("gpu") // holds 4 nodes of DS2_v2, 8 vCPUs
	for family, limit := range map[string]string{"standardDSv2Family": "11", "LowPriorityCores": "1"} {
		w.ann("POST", locURL+"/updateQuotas", `{"value":[{"id":"`+wsURL+`/quotas/`+family+`","limit":`+limit+`}]}`).want(200).wantAt("value.0.status", "Success")
	}
	type row struct {
		availability, code, category string
		capacity                     any
		recommended                  bool
	}
	all := w.offered("&location=LOCAL&priority=dedicated")
	for name, want := range map[string]row{
		"Standard_DS2_v2":          {offerAvailable, "", "GeneralPurpose", nil, false},
		"Standard_DS11_v2":         {offerAvailable, "", "MemoryOptimized", nil, true},
		"Standard_DS3_v2":          {offerNoQuota, "QuotaExceeded", "GeneralPurpose", 2.0, false},
		"Standard_NC4as_T4_v3":     {offerWouldWait, "NoCapacity", "Gpu", 0.0, false},
		"Standard_F8s_v2":          {offerPartial, "SizeNotAvailableInFull", "ComputeOptimized", nil, false},
		"Standard_E4ds_v4":         {offerAvailable, "", "MemoryOptimized", nil, true},
		"Standard_D1_v2":           {offerAvailable, "", "GeneralPurpose", nil, false},
		"Standard_NC24ads_A100_v4": {offerPartial, "SizeNotAvailableInFull", "Gpu", nil, false},
	} {
		s := all[name]
		code := ""
		if why, isThere := s["reason"].(map[string]any); isThere {
			code = why["code"].(string)
			if why["message"] == "" || len(why["params"].(map[string]any)) == 0 {
				t.Errorf("%s: the reason is %v", name, why)
			}
		}
		if got := (row{s["availability"].(string), code, s["category"].(string), s["capacity"], s["recommended"].(bool)}); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	why := all["Standard_DS3_v2"]["reason"].(map[string]any)["params"].(map[string]any)
	if why["need"] != "4" || why["free"] != "3" || why["limit"] != "11" || why["family"] != "standardDSv2Family" {
		t.Errorf("no quota: %v", why)
	}
	if q := all["Standard_DS2_v2"]["quota"].(map[string]any); q["used"] != 8.0 || q["limit"] != 11.0 || q["available"] != 3.0 {
		t.Errorf("quota: %v", q)
	}
	if q := all["Standard_F8s_v2"]["quota"].(map[string]any); q["used"] != 0.0 || q["limit"] != -1.0 || q["available"] != -1.0 || all["Standard_F8s_v2"]["pricePerHour"] != 0.338 {
		t.Errorf("without a limit: %v", all["Standard_F8s_v2"])
	}
	low := w.offered("&priority=LowPriority")
	if s := low["Standard_B2s"]; s["availability"] != offerNotAllowed || s["pricePerHour"] != nil {
		t.Errorf("B2s at low priority: %v", s)
	}
	if s := low["Standard_DS2_v2"]; s["availability"] != offerNoQuota || s["quota"].(map[string]any)["limit"] != 1.0 {
		t.Errorf("beyond the cores of low priority: %v", s)
	}
	if s := low["Standard_D1_v2"]; s["availability"] != offerAvailable || len(low) != len(all) {
		t.Errorf("within the cores of low priority: %v; %d sizes and %d", s, len(low), len(all))
	}
	w.ann("GET", wsURL+"/sizes"+own+"&location=mars", "").wantError(404, "LocationNotFound", "location")
	w.ann("GET", wsURL+"/sizes"+own+"&priority=some", "").wantError(400, "InvalidQueryParameter", "priority")
}

func TestRecommendedSizesExist(t *testing.T) {
	for _, name := range recommended {
		if _, err := provider.FindSize(provider.AzureSizes(), "Standard_"+name); err != nil {
			t.Error(err)
		}
	}
}

func TestCategories(t *testing.T) {
	for name, want := range map[string]string{
		"Local": "Local", "Standard_D1_v2": "GeneralPurpose", "Standard_D14_v2": "MemoryOptimized", "Standard_DS15_v2": "MemoryOptimized",
		"Standard_D16_v3": "GeneralPurpose", "Standard_DS5_v2": "GeneralPurpose", "Standard_D16s_v3": "GeneralPurpose", "Standard_D2s_v5": "GeneralPurpose", "Standard_B1ms": "GeneralPurpose",
		"Standard_F72s_v2": "ComputeOptimized", "Standard_M64s": "MemoryOptimized", "Standard_L8s_v3": "StorageOptimized",
	} {
		if got := category(atelier.Size{Name: name}); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestLocationsAreListed(t *testing.T) {
	w := newWorld(t)
	w.api.Catalogs["fake"] = sizes{}
	w.as("eve", "GET", wsURL+"/locations"+own, "").want(200).
		wantAt("value.0.name", "fake").wantAt("value.0.isDefault", false).wantAt("value.0.kind", "fake").
		wantAt("value.1.name", "local").wantAt("value.1.isDefault", true).wantAt("value.1.displayName", "This machine").wantAt("value.2", nil)
}
