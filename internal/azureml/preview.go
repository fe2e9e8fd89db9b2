package azureml

import (
	"errors"
	"fmt"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/store"
)

// previewOut is what a dry run says beside the compute as it would be.
type previewOut struct {
	Currency     string            `json:"currency"`
	PricePerHour *previewPrice     `json:"pricePerHour"` // null: not known
	Quota        *previewQuota     `json:"quota"`        // null: it holds no machines of ours
	Warnings     []atelier.Problem `json:"warnings" api:"notnull"`
	IsNew        bool              `json:"isNew"`
}

// previewPrice is of all nodes: as few as there can be, and as many. That of an
// instance is while it runs.
type previewPrice struct {
	Min float64 `json:"min"`
	Max float64 `json:"max"`
}

// previewQuota counts the vCPUs of the family that the workspace holds.
type previewQuota struct {
	Family string `json:"family"`
	Before int    `json:"before"`
	After  int    `json:"after"`
	Limit  int    `json:"limit"` // -1 is none
}

// errDry rolls back what is only tried.
var errDry = errors.New("a dry run")

// preview shows the compute that the transaction made of what was there; was is nil
// if nothing was.
func (a *API) preview(tx *store.Tx, r *arm.Request, w *atelier.Workspace, c *atelier.Compute, was *atelier.ComputeSpec) (*computeOut, error) {
	out := a.showCompute(r, w, c)
	warnings, err := a.previewWarnings(tx, w, c)
	if err != nil {
		return nil, err
	}
	p := &previewOut{Currency: "USD", IsNew: was == nil, Warnings: full(append(a.problems(c), warnings...))}
	out.Properties.Preview = p
	family, asks, _ := a.holds(&c.Spec)
	if family == "" {
		return out, nil
	}
	size, _, err := a.Catalogs[c.Spec.Location].Fit(c.Spec.VMSize())
	if err != nil {
		return nil, err
	}
	least := c.Spec.Most()
	if cl := c.Spec.Cluster; cl != nil {
		least = cl.Min
	}
	if each := price(size, family == lowPriorityFamily); each != nil {
		p.PricePerHour = &previewPrice{*each * float64(least), *each * float64(c.Spec.Most())}
	}
	held, _, err := a.held(tx, w, c.Spec.Location, c.ID)
	if err != nil {
		return nil, err
	}
	p.Quota = &previewQuota{Family: family, Before: held[family], After: held[family] + asks, Limit: limitOf(w, c.Spec.Location, family)}
	if was != nil {
		if of, cores, _ := a.holds(was); of == family {
			p.Quota.Before += cores
		}
	}
	return out, nil
}

// previewWarnings are what is worth knowing before the compute is there.
func (a *API) previewWarnings(tx *store.Tx, w *atelier.Workspace, c *atelier.Compute) (list []atelier.Problem, err error) {
	size, loc := c.Spec.VMSize(), c.Spec.Location
	if size == "" {
		return nil, nil
	}
	if normal(loc) != normal(w.Location) {
		list = append(list, atelier.Problem{
			Code: "OtherLocation", Target: "location",
			Message: "the workspace is at " + w.Location + ", the compute would be at " + loc + ": reading data from there takes longer",
		})
	}
	if capacity, limited := a.Catalogs[loc].(provider.Capacity); limited {
		least := 1
		if c.Spec.Cluster != nil {
			least = max(1, c.Spec.Cluster.Min)
		}
		has, err := machines(tx, c)
		if err != nil {
			return nil, err
		}
		if n, known := capacity.Free(size); known && n < least-has {
			list = append(list, atelier.Problem{
				Code: atelier.ReasonNoCapacity, Target: "properties.properties.vmSize",
				Message: fmt.Sprintf("%d machines of size %s are free now, and it takes at least %d more; nodes wait until there are enough", n, size, least-has),
			})
		}
	}
	return list, nil
}

// machines is how many machines of its size the compute has already. One that it is
// about to give back counts: it is free then.
func machines(tx *store.Tx, c *atelier.Compute) (n int, err error) {
	nodes, err := store.All[atelier.Node](tx, store.Query{Kind: atelier.KindNode, Parent: c.ID})
	for _, it := range nodes {
		if it.State != atelier.Wanted && it.State != atelier.Gone && strings.EqualFold(it.Size, c.Spec.VMSize()) {
			n++
		}
	}
	return n, err
}
