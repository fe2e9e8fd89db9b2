// Package azureml is the resource provider Microsoft.MachineLearningServices: the
// wire shapes of Azure Machine Learning and the handlers behind them, one file per
// kind, and what Atelier adds (ours.go). It is an edge: it writes what users ask
// for and reads what controllers observed; it never does the one's work nor writes
// the other's fields.
package azureml

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/blob"
	"github.com/atelier-compute/atelier/internal/logs"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/store"
)

// API answers requests. All fields but the settings at the end are required.
type API struct {
	DB       *store.DB
	Now      func() time.Time
	NewID    func() string // a new GUID
	Queue    Queue
	Catalogs map[string]provider.Catalog // by location
	Blobs    blob.Store
	Logs     *logs.Store

	// HashPassword makes what is kept of an administrator's password.
	HashPassword func(string) (string, error)

	// Seal and Open keep secrets inside documents; aad says where each is kept.
	Seal func(aad, plain string) string
	Open func(aad, sealed string) (string, error)

	SAS      *auth.SAS // signs what clients upload to and download from
	BlobHost string    // the blob service, as clients reach it: "ACCOUNT.blob.…:port"

	Principals Principals // who can sign in
	Accounts   Accounts   // and what they settle for themselves

	Prober Prober // nil: connections are not tested

	Tenant            string
	UniqueInWorkspace bool        // compute names need to be unique in their workspace only
	Uploads           blob.Limits // of one upload; zero fields are blob's defaults
}

// Queue says what waits for what. Its methods are called inside store.DB.Peek.
type Queue interface {
	Why(j *atelier.Job, c *atelier.Compute) []atelier.Reason
	JobOf(node atelier.ID) (atelier.ID, bool)
}

// Patterns of the paths below which everything is.
const (
	inSub = "/subscriptions/{subscription}"
	inRP  = inSub + "/providers/Microsoft.MachineLearningServices"
	inRG  = inSub + "/resourceGroups/{group}"
	inWS  = inRG + "/providers/Microsoft.MachineLearningServices/workspaces/{workspace}"
	inLoc = inRP + "/locations/{location}"

	rp = "Microsoft.MachineLearningServices/"
	ws = rp + "workspaces/"
)

// Routes are all operations, each with the permission that it needs.
func (a *API) Routes() []arm.Route {
	return slices.Concat(
		a.computeRoutes(), a.jobRoutes(), a.assetRoutes(), a.workspaceRoutes(),
		a.locationRoutes(), a.pendingRoutes(), a.datastoreRoutes(), a.historyRoutes(), a.documentRoutes(), a.workspaceChangeRoutes(), a.principalRoutes(), a.meRoutes(), a.Ours(),
		[]arm.Route{a.openAPI()},
	)
}

func route(method, pattern, action string, h arm.Handler) arm.Route {
	return arm.Route{Method: method, Pattern: pattern, Action: action, Handler: h}
}

// workspace reads the workspace in the path.
func workspace(tx *store.Tx, r *arm.Request) (*atelier.Workspace, error) {
	w, err := store.Get[atelier.Workspace](tx, r.Workspace())
	if atelier.IsKind(err, atelier.NotFound) || err == nil && w.Deleting() {
		return nil, r.NoWorkspace()
	}
	return w, err
}

// read runs f on one moment's resources of the workspace in the path.
func (a *API) read(r *arm.Request, f func(tx *store.Tx, w *atelier.Workspace) error) error {
	return a.DB.Read(r.Context(), func(tx *store.Tx) error {
		w, err := workspace(tx, r)
		if err != nil {
			return err
		}
		return f(tx, w)
	})
}

// write runs f in a transaction on the workspace in the path; a dry run leaves nothing
// of it.
func (a *API) write(r *arm.Request, f func(tx *store.Tx, w *atelier.Workspace) error) error {
	err := a.DB.Do(r.Context(), func(tx *store.Tx) error {
		tx.Actor = r.Caller.Name()
		w, err := workspace(tx, r)
		if err != nil {
			return err
		}
		if err := f(tx, w); err != nil || !r.Dry {
			return err
		}
		return errDry
	})
	if errors.Is(err, errDry) {
		return nil
	}
	return err
}

// get reads a resource; nil if there is none.
func get[T any](tx *store.Tx, id atelier.ID) (*T, error) {
	v, err := store.Get[T](tx, id)
	if atelier.IsKind(err, atelier.NotFound) {
		return nil, nil
	}
	return v, err
}

// meta is the Meta of a resource that the request creates.
func (a *API) meta(r *arm.Request, id atelier.ID, name string) atelier.Meta {
	now := a.Now().UTC()
	return atelier.Meta{
		ID: id, Name: name, UID: a.NewID(), Generation: 1,
		CreatedAt: now, CreatedBy: r.Caller.Name(), UpdatedAt: now, UpdatedBy: r.Caller.Name(),
	}
}

// touch records that the caller changed what the resource should be.
func (a *API) touch(r *arm.Request, m *atelier.Meta) {
	m.UpdatedAt, m.UpdatedBy = a.Now().UTC(), r.Caller.Name()
}

// seen returns the workspaces of the subscription that the caller sees; a
// subscription without any does not exist for it. An empty one means all.
func (a *API) seen(ctx context.Context, r *arm.Request, subscription string) ([]*atelier.Workspace, error) {
	var list []*atelier.Workspace
	err := a.DB.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = store.All[atelier.Workspace](tx, store.Query{Kind: atelier.KindWorkspace})
		return err
	})
	list = slices.DeleteFunc(list, func(w *atelier.Workspace) bool {
		return w.Deleting() || !r.Caller.Sees(w.ID) || subscription != "" && !strings.EqualFold(w.Subscription, subscription)
	})
	if err == nil && subscription != "" && len(list) == 0 {
		err = atelier.Errorf(atelier.NotFound, "SubscriptionNotFound", "The subscription '%s' could not be found.", subscription)
	}
	return list, err
}

// systemData says who made a resource and when.
type systemData struct {
	CreatedAt          string `json:"createdAt"`
	CreatedBy          string `json:"createdBy"`
	CreatedByType      string `json:"createdByType"`
	LastModifiedAt     string `json:"lastModifiedAt"`
	LastModifiedBy     string `json:"lastModifiedBy"`
	LastModifiedByType string `json:"lastModifiedByType"`
}

func systemDataOf(m *atelier.Meta) *systemData {
	by := m.UpdatedBy
	if by == "" {
		by = m.CreatedBy
	}
	return &systemData{
		CreatedAt: utc(m.CreatedAt), CreatedBy: m.CreatedBy, CreatedByType: "Application",
		LastModifiedAt: utc(m.UpdatedAt), LastModifiedBy: by, LastModifiedByType: "Application",
	}
}

// stamp is a time as the compute service writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000-07:00") }

// utc is a time as the rest of the service writes it.
func utc(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }

// orNil is the time, or null before it came.
func orNil(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := utc(t)
	return &s
}

func nonNil[M ~map[K]V, K comparable, V any](m M) M {
	if m == nil {
		return M{}
	}
	return m
}

func full[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func deref[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// normal is how locations are compared: "East US" and "eastus" are one.
func normal(location string) string {
	return strings.ToLower(strings.ReplaceAll(location, " ", ""))
}

const ok = http.StatusOK
