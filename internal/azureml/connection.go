package azureml

import (
	"context"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/probe"
	"github.com/atelier-compute/atelier/internal/store"
)

// Prober looks at a machine that somebody wants to attach. It keeps nothing of what
// it is told.
type Prober interface {
	Test(ctx context.Context, caller string, t probe.Target) (probe.Report, error)
}

type connectionIn struct{ probe.Target }

type connectionOut struct{ probe.Report }

// testConnection says whether the machine in the body answers, lets its user in, and
// has what jobs need. Nothing is stored.
func (a *API) testConnection(r *arm.Request) (int, any, error) {
	var in connectionIn
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	if err := a.read(r, func(*store.Tx, *atelier.Workspace) error { return nil }); err != nil {
		return 0, nil, err
	}
	if a.Prober == nil {
		return 0, nil, atelier.Errorf(atelier.Unsupported, "OperationNotSupported", "this server does not test connections")
	}
	report, err := a.Prober.Test(r.Context(), r.Caller.Name(), in.Target)
	return ok, connectionOut{report}, err
}
