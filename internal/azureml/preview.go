package azureml

import (
	"errors"
	"fmt"
	"strconv"

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

// isDry reads dryRun. What is not understood is refused: whoever asks for a dry run
// must not get a real one.
func isDry(r *arm.Request) (bool, error) {
	text := r.Query("dryRun")
	if text == "" {
		return false, nil
	}
	dry, err := strconv.ParseBool(text)
	if err != nil {
		return false, atelier.Errorf(atelier.Invalid, "InvalidQueryParameter", "dryRun is %q; it must be true or false", text).At("dryRun")
	}
	return dry, nil
}

// writeOr does as write does; a dry run leaves nothing of it.
func (a *API) writeOr(r *arm.Request, dry bool, f func(tx *store.Tx, w *atelier.Workspace) error) error {
	err := a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
		if err := f(tx, w); err != nil || !dry {
			return err
		}
		return errDry
	})
	if errors.Is(err, errDry) {
		return nil
	}
	return err
}

// preview shows the compute that the transaction made of what was there; was is nil
// if nothing was.
func (a *API) preview(tx *store.Tx, r *arm.Request, w *atelier.Workspace, c *atelier.Compute, was *atelier.ComputeSpec) (*computeOut, error) {
	out := a.showCompute(r, w, c)
	p := &previewOut{Currency: "USD", IsNew: was == nil, Warnings: full(append(a.problems(c), a.previewWarnings(w, c)...))}
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
	p.Quota = &previewQuota{Family: family, Before: held[family], After: held[family] + asks, Limit: quotaOf(w, c.Spec.Location, family, 0).Limit}
	if was != nil {
		if of, cores, _ := a.holds(was); of == family {
			p.Quota.Before += cores
		}
	}
	return out, nil
}

// previewWarnings are what is worth knowing before the compute is there.
func (a *API) previewWarnings(w *atelier.Workspace, c *atelier.Compute) (list []atelier.Problem) {
	size, loc := c.Spec.VMSize(), c.Spec.Location
	if size == "" {
		return nil
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
		if n, known := capacity.Free(size); known && n < least {
			list = append(list, atelier.Problem{
				Code: atelier.ReasonNoCapacity, Target: "properties.properties.vmSize",
				Message: fmt.Sprintf("%d machines of size %s are free now, and it takes at least %d; nodes wait until there are more", n, size, least),
			})
		}
	}
	return list
}
