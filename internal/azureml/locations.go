package azureml

import (
	"cmp"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

func (a *API) locationRoutes() []arm.Route {
	const act = rp + "locations/"
	return []arm.Route{
		route("GET", inLoc+"/vmSizes", act+"vmSizes/read", a.listSizes),
		route("GET", inLoc+"/usages", act+"usages/read", a.listUsages),
		route("GET", inLoc+"/quotas", act+"quotas/read", a.listQuotas),
		route("POST", inLoc+"/updateQuotas", act+"updateQuotas/action", a.updateQuotas),
		route("GET", inLoc+"/computeOperationsStatus/{operation}", act+"computeOperationsStatus/read", a.getOperationStatus),
	}
}

// locations are the names of what supplies machines.
func (a *API) locations() []string { return sorted(a.Catalogs) }

// location finds a location by any spelling of its name.
func (a *API) location(text string) (string, bool) {
	for _, name := range a.locations() {
		if normal(name) == normal(text) {
			return name, true
		}
	}
	return "", false
}

// locationIn is the location in the path, for a caller who sees the subscription.
func (a *API) locationIn(r *arm.Request) (string, []*atelier.Workspace, error) {
	seen, err := a.seen(r.Context(), r, r.Param("subscription"))
	if err != nil {
		return "", nil, err
	}
	loc, known := a.location(r.Param("location"))
	if !known {
		return "", nil, atelier.Errorf(atelier.NotFound, "LocationNotFound", "there is no location %q; this installation has %s",
			r.Param("location"), strings.Join(a.locations(), ", "))
	}
	return loc, seen, nil
}

type sizeOut struct {
	Name                  string     `json:"name"`
	Family                string     `json:"family"`
	VCPUs                 int        `json:"vCPUs"`
	GPUs                  int        `json:"gpus"`
	OSVhdSizeMB           int        `json:"osVhdSizeMB"`
	MaxResourceVolumeMB   int        `json:"maxResourceVolumeMB"`
	MemoryGB              float64    `json:"memoryGB"`
	LowPriorityCapable    bool       `json:"lowPriorityCapable"`
	PremiumIO             bool       `json:"premiumIO"`
	EstimatedVMPrices     *pricesOut `json:"estimatedVMPrices"`
	SupportedComputeTypes []string   `json:"supportedComputeTypes"`
	GPU                   string     `json:"gpuModel,omitempty"` // ours
	Short                 string     `json:"short,omitempty"`    // ours: what the location lacks of it, in words
}

type pricesOut struct {
	BillingCurrency string     `json:"billingCurrency"`
	UnitOfMeasure   string     `json:"unitOfMeasure"`
	Values          []priceOut `json:"values"`
}

type priceOut struct {
	RetailPrice float64 `json:"retailPrice"`
	OSType      string  `json:"osType"`
	VMTier      string  `json:"vmTier"`
}

type sizeList struct {
	Value []sizeOut `json:"value"`
}

// sizeKinds are the kinds that can be made of any size.
var sizeKinds = []string{atelier.KindCluster, atelier.KindInstance}

// listSizes lists what a location has; the query parameter compute_type leaves those
// of a kind.
func (a *API) listSizes(r *arm.Request) (int, any, error) {
	loc, _, err := a.locationIn(r)
	if err != nil {
		return 0, nil, err
	}
	return ok, a.sizesOf(loc, cmp.Or(r.Query("compute_type"), r.Query("compute-type"))), nil
}

func (a *API) sizesOf(loc, kind string) sizeList {
	out := sizeList{[]sizeOut{}}
	if kind != "" && !contains(sizeKinds, canonical(kind, sizeKinds...)) {
		return out
	}
	for _, s := range a.Catalogs[loc].Sizes() {
		size := sizeOut{
			Name: s.Name, Family: s.Family, VCPUs: s.VCPUs, GPUs: s.GPUs, MaxResourceVolumeMB: s.DiskGiB << 10, MemoryGB: s.MemoryGiB,
			LowPriorityCapable: s.LowPriority, SupportedComputeTypes: sizeKinds, GPU: s.GPU,
		}
		if _, short, err := a.Catalogs[loc].Fit(s.Name); err == nil {
			size.Short = short
		}
		if s.PricePerH > 0 {
			size.EstimatedVMPrices = &pricesOut{"USD", "OneHour", []priceOut{{s.PricePerH, "Linux", "Standard"}}}
		}
		out.Value = append(out.Value, size)
	}
	return out
}

type usageOut struct {
	ID                   string    `json:"id"`
	AmlWorkspaceLocation string    `json:"amlWorkspaceLocation"`
	Type                 string    `json:"type"`
	Unit                 string    `json:"unit"`
	CurrentValue         int       `json:"currentValue"`
	Limit                int       `json:"limit"` // -1 is none
	Name                 usageName `json:"name"`
}

type usageName struct {
	Value          string `json:"value"`
	LocalizedValue string `json:"localizedValue"`
}

// listUsages counts the vCPUs that computes hold, by family; those at low priority
// count together, as on Azure (behaviour 6).
func (a *API) listUsages(r *arm.Request) (int, any, error) {
	loc, seen, err := a.locationIn(r)
	if err != nil {
		return 0, nil, err
	}
	inUse := map[string]int{}
	err = a.DB.Read(r.Context(), func(tx *store.Tx) error {
		for _, w := range seen {
			held, _, err := a.held(tx, w, loc, "")
			if err != nil {
				return err
			}
			for _, family := range sorted(held) {
				inUse[family] += held[family]
			}
		}
		return nil
	})
	list := arm.List[usageOut]{Value: []usageOut{}}
	for _, family := range a.families(loc) {
		if family == lowPriorityFamily && inUse[family] == 0 {
			continue
		}
		list.Value = append(list.Value, usageOut{
			ID:                   "/subscriptions/" + r.Param("subscription") + "/providers/Microsoft.MachineLearningServices/locations/" + loc + "/usages/" + family,
			AmlWorkspaceLocation: loc, Type: rp + "vmFamily/dedicatedCores/usages", Unit: "Count",
			CurrentValue: inUse[family], Limit: -1, Name: usageName{family, family},
		})
	}
	return ok, list, err
}

type operationDoc struct {
	Name         string            `json:"name"`
	Display      map[string]string `json:"display"`
	Origin       string            `json:"origin"`
	IsDataAction bool              `json:"isDataAction"`
}

// listOperations lists the actions that roles can be given.
func (a *API) listOperations(*arm.Request) (int, any, error) {
	list := arm.List[operationDoc]{}
	for _, name := range a.actions() {
		parts := strings.Split(strings.TrimSuffix(name, "/action"), "/") // provider/resource/…/operation
		resource, operation := strings.Join(parts[1:len(parts)-1], "/"), parts[len(parts)-1]
		list.Value = append(list.Value, operationDoc{Name: name, Origin: "user,system", Display: map[string]string{
			"provider": parts[0], "resource": resource, "operation": operation, "description": name,
		}})
	}
	return ok, list, nil
}
