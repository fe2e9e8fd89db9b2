package azureml

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/store"
)

type accessOut struct {
	Name        string          `json:"name"`
	DisplayName string          `json:"displayName"`
	Kind        string          `json:"kind" api:"enum=user|service|identity"`
	Workspace   accessWorkspace `json:"workspace"`
	Roles       []string        `json:"roles" api:"notnull"`
	Actions     []string        `json:"actions" api:"notnull"`
}

type accessWorkspace struct {
	Name          string `json:"name"`
	Location      string `json:"location"`
	Subscription  string `json:"subscription"`
	ResourceGroup string `json:"resourceGroup"`
}

// getAccess says who the caller is. The actions are found out at the first call:
// they are those of all routes, this one included.
func (a *API) getAccess() arm.Handler {
	actions := sync.OnceValue(a.actions)
	return func(r *arm.Request) (int, any, error) {
		c, out := caller(r), accessOut{Name: r.Caller.Name(), Actions: []string{}}
		out.DisplayName, out.Kind = cmp.Or(c.Display(), out.Name), cmp.Or(c.Kind(), auth.KindUser)
		err := a.read(r, func(_ *store.Tx, w *atelier.Workspace) error {
			out.Workspace = accessWorkspace{w.Name, w.Location, w.Subscription, w.ResourceGroup}
			for _, action := range actions() {
				if r.Caller.May(action, w.ID) {
					out.Actions = append(out.Actions, action)
				}
			}
			out.Roles = full(c.Roles(w.ID))
			return nil
		})
		return ok, out, err
	}
}

// actions are what roles can be given, as the routes name them.
func (a *API) actions() []string {
	var names []string
	for _, rt := range a.Routes() {
		if rt.Action != arm.Public && rt.Action != arm.Member {
			names = append(names, rt.Action)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Verbs that are shown with each object, and their actions.
var (
	computeVerbs = verbs{ws + "computes/", []string{
		"read", "write", "delete", "start/action", "stop/action", "restart/action", "resize/action", "listNodes/action", "listKeys/action",
	}}
	jobVerbs = verbs{ws + "jobs/", []string{"read", "write", "cancel/action", "delete"}}
)

type verbs struct {
	prefix  string
	actions []string
}

// permissions are the verbs that the caller may do. Azure's versions do not show
// them: their clients compare what they get.
func (v verbs) permissions(r *arm.Request) []string {
	if r.Query("api-version") != arm.OwnVersion {
		return nil
	}
	list := []string{}
	for _, action := range v.actions {
		if r.Caller.May(v.prefix+action, r.Workspace()) {
			list = append(list, strings.TrimSuffix(action, "/action"))
		}
	}
	return list
}
