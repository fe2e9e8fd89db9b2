package azureml

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

// Operations are kept for as long as a client may want to poll. Each new one sweeps
// up some old ones, so that they do not pile up.
const (
	keepOperations = 24 * time.Hour
	sweepAtOnce    = 2
)

// operate records an operation on the target, in the transaction that changes it.
func (a *API) operate(tx *store.Tx, r *arm.Request, w *atelier.Workspace, target *atelier.Meta, verb string) (*atelier.Operation, error) {
	if err := a.sweep(tx); err != nil {
		return nil, err
	}
	name := a.NewID()
	return a.record(tx, r, w.ID.Child(atelier.KindOperation, name), target, verb)
}

// operateAtTop records an operation that outlives the workspace it is about.
func (a *API) operateAtTop(tx *store.Tx, r *arm.Request, target *atelier.Meta, verb string) (*atelier.Operation, error) {
	return a.record(tx, r, atelier.ID(atelier.KindOperation+"/"+strings.ToLower(a.NewID())), target, verb)
}

func (a *API) record(tx *store.Tx, r *arm.Request, id atelier.ID, target *atelier.Meta, verb string) (*atelier.Operation, error) {
	o := &atelier.Operation{
		Meta:   a.meta(r, id, id.Name()),
		Target: target.ID, TargetUID: target.UID, Generation: target.Generation, Verb: verb,
	}
	return o, store.Put(tx, o)
}

// sweep takes the oldest, of whatever workspace: theirs may be gone.
func (a *API) sweep(tx *store.Tx) error {
	old, _, err := store.List[atelier.Operation](tx, store.Query{Kind: atelier.KindOperation, Limit: sweepAtOnce})
	if err != nil {
		return err
	}
	for _, o := range old {
		if a.Now().Sub(o.CreatedAt) < keepOperations {
			break
		}
		if err := store.Delete(tx, o); err != nil {
			return err
		}
	}
	return nil
}

// statusPath is where the outcome of an operation is read.
func statusPath(w *atelier.Workspace, collection string, o *atelier.Operation) string {
	return "/subscriptions/" + w.Subscription + "/providers/Microsoft.MachineLearningServices/locations/" +
		w.Location + "/" + collection + "/" + o.Name
}

// outcome reads the operation in the path and what became of it.
func (a *API) outcome(r *arm.Request) (o *atelier.Operation, state atelier.ComputeState, problem *atelier.Problem, err error) {
	gone := atelier.Errorf(atelier.NotFound, "OperationNotFound", "there is no operation %q; operations are kept for a day", r.Param("operation"))
	err = a.DB.Read(r.Context(), func(tx *store.Tx) error {
		list, err := store.All[atelier.Operation](tx, store.Query{Kind: atelier.KindOperation, Hash: atelier.ID("x").Child("x", r.Param("operation")).Name(), Limit: 1})
		if err != nil {
			return err
		}
		if len(list) == 0 || list[0].CreatedBy != r.Caller.Name() && !r.Caller.Sees(list[0].Target.Workspace()) {
			return gone
		}
		o = list[0]
		target, err := anyResource(tx, o.Target)
		if err != nil {
			return err
		}
		state, problem = o.Outcome(target)
		return nil
	})
	return o, state, problem, err
}

func anyResource(tx *store.Tx, id atelier.ID) (atelier.Resource, error) {
	switch id.Kind() {
	case atelier.KindCompute:
		if c, err := get[atelier.Compute](tx, id); c != nil || err != nil {
			return c, err
		}
		// Outcome tells "gone" by kind: what does not exist is of no incarnation.
		return &atelier.Compute{}, nil
	case atelier.KindJob:
		if j, err := get[atelier.Job](tx, id); j != nil || err != nil {
			return j, err
		}
		return &atelier.Job{}, nil
	case atelier.KindWorkspace:
		if w, err := get[atelier.Workspace](tx, id); w != nil || err != nil {
			return w, err
		}
		return &atelier.Workspace{}, nil
	}
	if slices.Contains(atelier.DocumentKinds, id.Kind()) {
		if d, err := get[atelier.Document](tx, id); d != nil || err != nil {
			return d, err
		}
		return &atelier.Document{}, nil
	}
	return nil, nil
}

type operationOut struct {
	ID              string     `json:"id"`
	Name            string     `json:"name"`
	Status          string     `json:"status"`
	StartTime       string     `json:"startTime"`
	PercentComplete *float64   `json:"percentComplete,omitempty"`
	Error           *errorItem `json:"error,omitempty"`
}

type errorItem struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Target  *string `json:"target,omitempty"`
}

func errorOf(p *atelier.Problem) *errorItem {
	if p == nil {
		return nil
	}
	e := &errorItem{Code: p.Code, Message: p.Message}
	if p.Target != "" {
		e.Target = &p.Target
	}
	return e
}

// getOperationStatus answers polls of Azure-AsyncOperation.
func (a *API) getOperationStatus(r *arm.Request) (int, any, error) {
	o, state, problem, err := a.outcome(r)
	if err != nil {
		return 0, nil, err
	}
	out := operationOut{ID: r.URL.Path, Name: o.Name, StartTime: utc(o.CreatedAt), Status: "InProgress"}
	switch state {
	case atelier.Succeeded:
		done := 100.0
		out.Status, out.PercentComplete = "Succeeded", &done
	case atelier.Failed:
		out.Status, out.Error = "Failed", errorOf(problem)
	default:
		r.AskAgain()
	}
	return ok, out, nil
}

// getOperationResult answers polls of Location: 202 until the end.
func (a *API) getOperationResult(r *arm.Request) (int, any, error) {
	_, state, problem, err := a.outcome(r)
	switch {
	case err != nil:
		return 0, nil, err
	case state == atelier.Succeeded:
		return ok, nil, nil
	case state == atelier.Failed:
		return 0, nil, atelier.Errorf(atelier.Conflict, problem.Code, "%s", problem.Message)
	}
	r.Reply.Set("Location", r.Base()+r.URL.EscapedPath()+"?"+r.URL.RawQuery)
	r.AskAgain()
	return http.StatusAccepted, nil, nil
}
