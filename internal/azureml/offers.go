package azureml

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/store"
)

type locationOut struct {
	Name        string `json:"name"`
	IsDefault   bool   `json:"isDefault"` // the workspace's own
	DisplayName string `json:"displayName"`
	Kind        string `json:"kind"` // what supplies the machines: local or fake
}

// listLocations lists what supplies machines. A location is called after the kind of
// its supply, of which there is one each.
func (a *API) listLocations(r *arm.Request) (int, any, error) {
	list := arm.List[locationOut]{Value: []locationOut{}}
	err := a.read(r, func(_ *store.Tx, w *atelier.Workspace) error {
		for _, name := range a.locations() {
			words := map[string]string{"local": "This machine", "fake": "Pretend cloud"}[name]
			if words == "" {
				words = name
			}
			list.Value = append(list.Value, locationOut{name, normal(name) == normal(w.Location), words, name})
		}
		return nil
	})
	return ok, list, err
}

// offerOut is a size as one who may choose it sees it.
type offerOut struct {
	Name               string     `json:"name"`
	Family             string     `json:"family"`
	VCPUs              int        `json:"vCPUs"`
	MemoryGB           float64    `json:"memoryGB"`
	GPUs               int        `json:"gpus"`
	GPU                string     `json:"gpuModel,omitempty"`
	DiskGB             int        `json:"diskGB"`
	LowPriorityCapable bool       `json:"lowPriorityCapable"`
	PricePerHour       *float64   `json:"pricePerHour"` // USD of one node; null: not known
	Category           string     `json:"category" api:"enum=GeneralPurpose|ComputeOptimized|MemoryOptimized|StorageOptimized|Gpu|Local"`
	Quota              offerQuota `json:"quota"`
	Capacity           *int       `json:"capacity"` // machines that could be made now; null: not known, or no limit
	Availability       string     `json:"availability" api:"enum=Available|Partial|WouldWait|NoQuota|NotAllowed"`
	Reason             *offerWhy  `json:"reason"` // why it is not simply Available
	Recommended        bool       `json:"recommended"`
}

// offerQuota counts vCPUs of the size's family in the workspace; -1 is no limit.
type offerQuota struct {
	Used      int `json:"used"`
	Limit     int `json:"limit"`
	Available int `json:"available"`
}

type offerWhy struct {
	Code    string            `json:"code"`
	Message string            `json:"message"`
	Params  map[string]string `json:"params" api:"notnull"`
}

// Whether a size can be had, best first.
const (
	offerAvailable  = "Available"
	offerPartial    = "Partial"   // nodes get less than the size says
	offerWouldWait  = "WouldWait" // there is no machine of it now
	offerNoQuota    = "NoQuota"
	offerNotAllowed = "NotAllowed"
)

// listOffers lists every size of a location with what it costs and whether it can be
// had; what cannot be had is there too, and says why.
func (a *API) listOffers(r *arm.Request) (int, any, error) {
	priority := canonical(r.Query("priority"), atelier.Dedicated, atelier.LowPriority)
	if priority != "" && priority != atelier.Dedicated && priority != atelier.LowPriority {
		return 0, nil, atelier.Errorf(atelier.Invalid, "InvalidQueryParameter", "priority is %q; it must be Dedicated or LowPriority", priority).At("priority")
	}
	list := arm.List[offerOut]{Value: []offerOut{}}
	err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		where := r.Query("location")
		if where == "" {
			where = w.Location
		}
		loc, known := a.location(where)
		if !known {
			return atelier.Errorf(atelier.NotFound, "LocationNotFound", "there is no location %q; this installation has %s", where, strings.Join(a.locations(), ", ")).At("location")
		}
		held, _, err := a.held(tx, w, loc, "")
		for _, s := range a.Catalogs[loc].Sizes() {
			list.Value = append(list.Value, offer(a.Catalogs[loc], s, priority == atelier.LowPriority, func(family string) offerQuota {
				return quotaOf(w, loc, family, held[family])
			}))
		}
		return err
	})
	return ok, list, err
}

// quotaOf is the quota of the family in the workspace, of which so many vCPUs are used.
func quotaOf(w *atelier.Workspace, loc, family string, used int) offerQuota {
	q := offerQuota{Used: used, Limit: limitOf(w, loc, family), Available: -1}
	if q.Limit >= 0 {
		q.Available = max(0, q.Limit-used)
	}
	return q
}

func offer(cat provider.Catalog, s atelier.Size, low bool, quota func(family string) offerQuota) offerOut {
	family := s.Family
	if low {
		family = lowPriorityFamily
	}
	out := offerOut{
		Name: s.Name, Family: s.Family, VCPUs: s.VCPUs, MemoryGB: s.MemoryGiB, GPUs: s.GPUs, GPU: s.GPU, DiskGB: s.DiskGiB,
		LowPriorityCapable: s.LowPriority, PricePerHour: price(s, low), Category: category(s), Quota: quota(family), Availability: offerAvailable,
	}
	if c, limited := cat.(provider.Capacity); limited {
		if n, known := c.Free(s.Name); known {
			out.Capacity = &n
		}
	}
	_, short, err := cat.Fit(s.Name)
	why := func(availability, code string, params map[string]string, format string, args ...any) {
		out.Availability, out.Reason = availability, &offerWhy{code, fmt.Sprintf(format, args...), params}
	}
	switch q := out.Quota; {
	case low && !s.LowPriority:
		why(offerNotAllowed, "LowPriorityNotOffered", map[string]string{"size": s.Name, "family": s.Family},
			"%s cannot be had at low priority; choose dedicated, or another size", s.Name)
	case q.Limit >= 0 && q.Available < s.VCPUs:
		why(offerNoQuota, atelier.ReasonQuotaExceeded, map[string]string{"need": strconv.Itoa(s.VCPUs), "family": family, "free": strconv.Itoa(q.Available), "limit": strconv.Itoa(q.Limit)},
			"one node needs %d vCPUs of family %s; %d of %d are free: choose another size, delete a compute, or ask for more quota", s.VCPUs, family, q.Available, q.Limit)
	case out.Capacity != nil && *out.Capacity == 0:
		why(offerWouldWait, atelier.ReasonNoCapacity, map[string]string{"size": s.Name},
			"there is no machine of size %s free now; nodes wait until there is, or choose another size", s.Name)
	case err == nil && short != "":
		why(offerPartial, "SizeNotAvailableInFull", map[string]string{"size": s.Name, "cause": short},
			"nodes have less than %s says: %s; they get what there is", s.Name, short)
	}
	out.Recommended = category(s) == "Local" || out.Availability == offerAvailable && slices.Contains(recommended, strings.TrimPrefix(s.Name, "Standard_"))
	return out
}

// price is what a node costs in an hour, USD; nil if that is not known, as it is not
// of low priority: its price follows the market.
func price(s atelier.Size, low bool) *float64 {
	if s.PricePerH <= 0 || low {
		return nil
	}
	return &s.PricePerH
}

// recommended are sizes to begin with: small ones of each sort that are not retired.
var recommended = []string{"DS11_v2", "DS3_v2", "DS12_v2", "D4s_v5", "F4s_v2", "E4ds_v4", "NC4as_T4_v3", "NC24ads_A100_v4"}

// memoryD are the D sizes that have the memory of E sizes.
var memoryD = regexp.MustCompile(`^DS?1[1-5]_v2`)

// category is the sort of machine, as Azure groups sizes by their letters.
func category(s atelier.Size) string {
	name, isAzures := strings.CutPrefix(s.Name, "Standard_")
	switch {
	case !isAzures:
		return "Local"
	case s.GPUs > 0:
		return "Gpu"
	}
	if memoryD.MatchString(name) {
		return "MemoryOptimized"
	}
	switch name[0] {
	case 'F', 'H':
		return "ComputeOptimized"
	case 'E', 'G', 'M':
		return "MemoryOptimized"
	case 'L':
		return "StorageOptimized"
	}
	return "GeneralPurpose"
}
