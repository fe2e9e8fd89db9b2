package azureml

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

const lowPriorityFamily = "LowPriorityCores"

// holds is how many vCPUs a compute holds of a family, whether its nodes are there
// or not: a cluster its largest number of nodes, an instance its machine, also when
// it is stopped (behaviour 6). Least is what it holds at least.
func (a *API) holds(spec *atelier.ComputeSpec) (family string, cores, least int) {
	cat := a.Catalogs[spec.Location]
	if spec.VMSize() == "" || cat == nil {
		return "", 0, 0
	}
	size, _, err := cat.Fit(spec.VMSize())
	if err != nil {
		return "", 0, 0 // the size is not on offer any more
	}
	family, cores = size.Family, size.VCPUs*spec.Most()
	least = cores
	if c := spec.Cluster; c != nil {
		least = size.VCPUs * c.Min
		if c.Priority == atelier.LowPriority {
			family = lowPriorityFamily
		}
	}
	return family, cores, least
}

// held sums up what the computes of a workspace hold at a location, by family,
// leaving one out.
func (a *API) held(tx *store.Tx, w *atelier.Workspace, location string, but atelier.ID) (cores, least map[string]int, err error) {
	cores, least = map[string]int{}, map[string]int{}
	computes, err := store.All[atelier.Compute](tx, store.Query{Kind: atelier.KindCompute, Parent: w.ID})
	for _, c := range computes {
		if c.Spec.Location != location || c.ID == but {
			continue
		}
		if family, n, low := a.holds(&c.Spec); family != "" {
			cores[family] += n
			least[family] += low
		}
	}
	return cores, least, err
}

// isQuota finds the quota of a family at a location. Families are one in any case.
func isQuota(location, family string) func(atelier.Quota) bool {
	return func(q atelier.Quota) bool { return q.Location == location && strings.EqualFold(q.Family, family) }
}

// limitOf is how many vCPUs of a family the workspace may hold at a location; -1 is no
// limit.
func limitOf(w *atelier.Workspace, location, family string) int {
	if i := slices.IndexFunc(w.Quotas, isQuota(location, family)); i >= 0 {
		return w.Quotas[i].Limit
	}
	return -1
}

// checkQuota refuses a spec by which the workspace would hold more vCPUs of a family
// than its quota; one that holds no more than before passes.
func (a *API) checkQuota(tx *store.Tx, w *atelier.Workspace, c *atelier.Compute, spec *atelier.ComputeSpec) error {
	family, asks, _ := a.holds(spec)
	limit := limitOf(w, spec.Location, family)
	if family == "" || limit < 0 {
		return nil
	}
	if of, before, _ := a.holds(&c.Spec); of == family && asks <= before {
		return nil
	}
	held, _, err := a.held(tx, w, spec.Location, c.ID)
	if err != nil {
		return err
	}
	if held[family]+asks <= limit {
		return nil
	}
	return atelier.Errorf(atelier.Conflict, "QuotaExceeded",
		"compute %q would hold %d vCPUs of family %s; workspace %s may hold %d at location %s and its other computes hold %d, which leaves %d (a cluster holds its maxNodeCount even with 0 nodes, an instance its machine even when stopped); lower maxNodeCount, delete a compute, or raise the quota",
		c.Name, asks, family, w.Name, limit, spec.Location, held[family], max(0, limit-held[family])).At("properties.properties.vmSize")
}

type quotaOut struct {
	ID                   string    `json:"id"`
	AmlWorkspaceLocation string    `json:"amlWorkspaceLocation"`
	Type                 string    `json:"type"`
	Name                 usageName `json:"name"`
	Limit                int       `json:"limit"` // -1 is none
	Unit                 string    `json:"unit"`
}

const quotaType = ws + "dedicatedCores/quotas"

func quotaID(w *atelier.Workspace, family string) string { return armID(w, "quotas", family) }

// listQuotas lists, for each workspace that the caller sees, each family that there
// is, with its limit.
func (a *API) listQuotas(r *arm.Request) (int, any, error) {
	loc, seen, err := a.locationIn(r)
	if err != nil {
		return 0, nil, err
	}
	list := arm.List[quotaOut]{Value: []quotaOut{}}
	for _, w := range seen {
		for _, family := range a.families(loc) {
			list.Value = append(list.Value, quotaOut{
				ID: quotaID(w, family), AmlWorkspaceLocation: loc, Type: quotaType, Name: usageName{family, family}, Limit: limitOf(w, loc, family), Unit: "Count",
			})
		}
	}
	return ok, list, nil
}

// families are those of the sizes at a location, and that of low priority.
func (a *API) families(location string) []string {
	names := []string{lowPriorityFamily}
	for _, s := range a.Catalogs[location].Sizes() {
		names = append(names, s.Family)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

type quotaIn struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	Limit *int   `json:"limit"`
	Unit  string `json:"unit"`
}

type quotaSet struct {
	ID     string `json:"id"`
	Type   string `json:"type"`
	Limit  *int   `json:"limit"`
	Unit   string `json:"unit"`
	Status string `json:"status"` // wire A.10: Success, Failure, InvalidVMFamilyName, …
}

// updateQuotas sets limits of workspaces, each for itself; -1 lifts one. The caller
// needs the permission in every workspace that is named.
func (a *API) updateQuotas(r *arm.Request) (int, any, error) {
	loc, _, err := a.locationIn(r)
	if err != nil {
		return 0, nil, err
	}
	var in struct {
		Value []quotaIn `json:"value"`
	}
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	var list arm.List[quotaSet]
	err = a.DB.Do(r.Context(), func(tx *store.Tx) error {
		tx.Actor = r.Caller.Name()
		list.Value = []quotaSet{}
		for i, q := range in.Value {
			status, err := a.setQuota(tx, r, loc, q, "value["+strconv.Itoa(i)+"]")
			if err != nil {
				return err
			}
			list.Value = append(list.Value, quotaSet{q.ID, q.Type, q.Limit, "Count", status})
		}
		return nil
	})
	return ok, list, err
}

func (a *API) setQuota(tx *store.Tx, r *arm.Request, loc string, q quotaIn, at string) (status string, err error) {
	id, family, isOne := readQuotaID(q.ID)
	if !isOne || !strings.HasPrefix(strings.ToLower(q.ID), "/subscriptions/"+strings.ToLower(r.Param("subscription"))+"/") {
		return "", atelier.Errorf(atelier.Invalid, "InvalidQuotaId", "id %q must be the ID of a workspace of this subscription and /quotas/FAMILY", q.ID).At(at + ".id")
	}
	w, err := get[atelier.Workspace](tx, id)
	if err != nil {
		return "", err
	}
	if w == nil || w.Deleting() || !r.Caller.Sees(id) {
		return "", atelier.Errorf(atelier.NotFound, "ResourceNotFound", "the workspace of quota %q was not found", q.ID).At(at + ".id")
	}
	if !r.Caller.May(r.Route.Action, id) {
		return "", atelier.Errorf(atelier.Forbidden, "AuthorizationFailed", "%s may not set quotas of workspace %s; ask an owner", r.Caller.Name(), w.Name).At(at + ".id")
	}
	i := slices.IndexFunc(a.families(loc), func(f string) bool { return strings.EqualFold(f, family) })
	if i < 0 {
		return "InvalidVMFamilyName", nil
	}
	family = a.families(loc)[i]
	if q.Limit == nil || *q.Limit < -1 {
		return "Failure", nil
	}
	_, least, err := a.held(tx, w, loc, "")
	if err != nil {
		return "", err
	}
	if *q.Limit >= 0 && *q.Limit < least[family] {
		return "InvalidQuotaBelowClusterMinimum", nil
	}
	quotas := slices.DeleteFunc(slices.Clone(w.Quotas), isQuota(loc, family))
	if *q.Limit >= 0 {
		quotas = append(quotas, atelier.Quota{Location: loc, Family: family, Limit: *q.Limit})
	}
	slices.SortFunc(quotas, func(x, y atelier.Quota) int {
		return cmp.Or(cmp.Compare(x.Location, y.Location), cmp.Compare(x.Family, y.Family))
	})
	if slices.Equal(quotas, w.Quotas) {
		return "Success", nil
	}
	w.Quotas = quotas
	a.touch(r, &w.Meta)
	tx.Note(w.ID, "QuotaChanged", "%s set the quota of family %s at %s to %d vCPUs", r.Caller.Name(), family, loc, *q.Limit)
	return "Success", store.Put(tx, w)
}

// readQuotaID reads ".../workspaces/NAME/quotas/FAMILY".
func readQuotaID(id string) (workspace atelier.ID, family string, isOne bool) {
	seg := strings.Split(id, "/")
	if len(seg) != 11 || seg[0] != "" {
		return "", "", false
	}
	for i, want := range []string{1: "subscriptions", 3: "resourceGroups", 5: "providers", 6: "Microsoft.MachineLearningServices", 7: "workspaces", 9: "quotas"} {
		if want != "" && !strings.EqualFold(seg[i], want) {
			return "", "", false
		}
	}
	return atelier.WorkspaceID(seg[2], seg[4], seg[8]), seg[10], true
}
