package azureml

import (
	"slices"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

type whyOut struct {
	Blocked bool             `json:"blocked"`
	Reasons []atelier.Reason `json:"reasons" api:"notnull"`
}

func whyOf(reasons []atelier.Reason) whyOut {
	blocked := slices.ContainsFunc(reasons, func(r atelier.Reason) bool { return r.Blocking })
	return whyOut{blocked, full(reasons)}
}

func (a *API) getComputeWhy(r *arm.Request) (int, any, error) {
	var out whyOut
	err := a.read(r, func(tx *store.Tx, _ *atelier.Workspace) error {
		c, err := computeOf(tx, r)
		if err == nil {
			out = whyOf(c.Status.Reasons)
		}
		return err
	})
	return ok, out, err
}

func (a *API) getJobWhy(r *arm.Request) (int, any, error) {
	var out whyOut
	err := a.read(r, func(tx *store.Tx, _ *atelier.Workspace) error {
		j, err := jobOf(tx, r)
		if err != nil {
			return err
		}
		reasons, err := a.whyJob(tx, j)
		out = whyOf(reasons)
		return err
	})
	return ok, out, err
}

// whyJob says why the job is not running, or nothing.
func (a *API) whyJob(tx *store.Tx, j *atelier.Job) (reasons []atelier.Reason, err error) {
	if j.Status.State.Terminal() {
		return nil, nil
	}
	c, err := get[atelier.Compute](tx, j.Spec.Compute)
	if err != nil {
		return nil, err
	}
	a.DB.Peek(func() { reasons = a.Queue.Why(j, c) })
	return reasons, nil
}
