package azureml

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

func (a *API) workspaceChangeRoutes() []arm.Route {
	const act = rp + "workspaces/"
	var routes []arm.Route
	add := func(method, path, action, doc string, h arm.Handler) {
		routes = append(routes, arm.Route{Method: method, Pattern: inWS + path, Action: act + action, Handler: h, Doc: doc})
	}
	add("PUT", "", "write", "makes or changes a workspace", a.putWorkspace)
	add("PATCH", "", "write", "changes a workspace", a.patchWorkspace)
	add("DELETE", "", "delete", "removes a workspace and all that is in it", a.deleteWorkspace)
	add("POST", "/listKeys", "listKeys/action", "says where the storage of the workspace is", a.listWorkspaceKeys)
	add("POST", "/resyncKeys", "resyncKeys/action", "does nothing: there are no copies of keys to renew", a.inWorkspace(nil))
	add("POST", "/listStorageAccountKeys", "listStorageAccountKeys/action", "says that there are none", a.unsupported("storage accounts have no keys here; datastores hand out signatures by listSecrets"))
	add("POST", "/diagnose", "diagnose/action", "says what is wrong with the workspace: nothing outside Atelier is needed", a.diagnose)
	for _, verb := range []string{"prepareNotebook", "listNotebookKeys", "listNotebookAccessToken"} {
		add("POST", "/"+verb, verb+"/action", "says that there are no notebooks", a.unsupported("notebooks are not part of this release of Atelier"))
	}
	none := func() any { return arm.List[any]{Value: []any{}} }
	for _, list := range []struct{ path, action string }{
		{"features", "features/read"},
		{"outboundNetworkDependenciesEndpoints", "outboundNetworkDependenciesEndpoints/read"},
		{"privateLinkResources", "privateLinkResources/read"},
		{"privateEndpointConnections", "privateEndpointConnections/read"},
		{"connections", "connections/read"},
		{"outboundRules", "outboundRules/read"},
	} {
		add("GET", "/"+list.path, list.action, "lists none: there are none to have", a.inWorkspace(none))
	}
	const featureStores = "feature stores are not part of Atelier; keep features as data assets"
	for _, path := range []string{"featuresets", "featurestoreEntities"} {
		add("GET", "/"+path, path+"/read", "says that there are none", a.unsupported(featureStores))
		add("PUT", "/"+path+"/{name}/versions/{version}", path+"/versions/write", "says that there are none", a.unsupported(featureStores))
	}
	routes = append(routes, route("GET", inLoc+"/workspaceOperationsStatus/{operation}", rp+"locations/workspaceOperationsStatus/read", a.getOperationStatus))
	const registries = "registries are not part of Atelier; keep assets in the workspace that uses them"
	for _, rt := range []struct{ method, pattern, verb string }{
		{"GET", inSub + "/providers/Microsoft.MachineLearningServices/registries", "read"},
		{"GET", inRG + "/providers/Microsoft.MachineLearningServices/registries", "read"},
		{"GET", inRG + "/providers/Microsoft.MachineLearningServices/registries/{name}", "read"},
		{"PUT", inRG + "/providers/Microsoft.MachineLearningServices/registries/{name}", "write"},
		{"DELETE", inRG + "/providers/Microsoft.MachineLearningServices/registries/{name}", "delete"},
	} {
		routes = append(routes, arm.Route{
			Method: rt.method, Pattern: rt.pattern, Action: rp + "registries/" + rt.verb, Doc: "says that there are none",
			Handler: func(*arm.Request) (int, any, error) {
				return 0, nil, atelier.Errorf(atelier.Unsupported, "NotSupported", registries)
			},
		})
	}
	return routes
}

// inWorkspace answers the same of every workspace that there is.
func (a *API) inWorkspace(body func() any) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		var out any
		err := a.read(r, func(*store.Tx, *atelier.Workspace) error {
			if body != nil {
				out = body()
			}
			return nil
		})
		return ok, out, err
	}
}

// unsupported says of every workspace that there is why something cannot be had.
func (a *API) unsupported(why string) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		return 0, nil, a.read(r, func(*store.Tx, *atelier.Workspace) error {
			return atelier.Errorf(atelier.Unsupported, "NotSupported", "%s", why)
		})
	}
}

type workspaceIn struct {
	Location   string                     `json:"location"`
	Tags       *arm.Texts                 `json:"tags"`
	Kind       string                     `json:"kind"`
	SKU        map[string]json.RawMessage `json:"sku"`
	Identity   map[string]json.RawMessage `json:"identity"`
	Properties map[string]json.RawMessage `json:"properties"`

	envelope map[string]json.RawMessage
}

// keptOfWorkspace are the members of a workspace's properties that its users may
// say; the others follow from what Atelier is.
var keptOfWorkspace = []string{
	"friendlyName", "description", "storageAccount", "keyVault", "applicationInsights", "containerRegistry", "imageBuildCompute",
	"primaryUserAssignedIdentity", "hbiWorkspace", "publicNetworkAccess", "allowPublicAccessWhenBehindVnet", "serverlessComputeSettings",
	"featureStoreSettings", "sharedPrivateLinkResources", "encryption", "managedNetwork", "enableDataIsolation", "systemDatastoresAuthMode", "ipAllowlist",
}

func decodeWorkspace(r *arm.Request) (*workspaceIn, error) {
	var in workspaceIn
	if err := r.Decode(&in); err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	if err := r.Decode(&all); err != nil {
		return nil, err
	}
	in.envelope = map[string]json.RawMessage{}
	for _, name := range []string{"kind", "sku", "identity"} {
		if has(all[name]) {
			in.envelope[name] = compact(all[name])
		}
	}
	kept := map[string]json.RawMessage{}
	for _, name := range keptOfWorkspace {
		if v := in.Properties[name]; has(v) {
			kept[name] = compact(v)
		}
	}
	in.Properties = kept
	switch kind := normal(in.Kind); kind {
	case "", "default":
		return &in, nil
	case "hub", "project", "featurestore":
		return nil, atelier.Errorf(atelier.Unsupported, "NotSupported", "workspaces of kind %s are not part of Atelier; leave kind out, or say Default", in.Kind).At("kind")
	}
	return nil, atelier.Errorf(atelier.Invalid, "InvalidWorkspaceKind", "kind is %q; it must be Default", in.Kind).At("kind")
}

// putWorkspace makes a workspace, which has what it needs at once, or changes what
// is said of it.
func (a *API) putWorkspace(r *arm.Request) (int, any, error) {
	in, err := decodeWorkspace(r)
	if err != nil {
		return 0, nil, err
	}
	return a.changeWorkspace(r, in, func(w *atelier.Workspace) {
		w.Envelope, w.Properties, w.Tags = in.envelope, in.Properties, nil
	}, true)
}

// patchWorkspace changes the members that the body has.
func (a *API) patchWorkspace(r *arm.Request) (int, any, error) {
	in, err := decodeWorkspace(r)
	if err != nil {
		return 0, nil, err
	}
	return a.changeWorkspace(r, in, func(w *atelier.Workspace) {
		w.Envelope, w.Properties = overlay(w.Envelope, in.envelope), overlay(w.Properties, in.Properties)
	}, false)
}

func overlay(below, above map[string]json.RawMessage) map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	maps.Copy(all, below)
	maps.Copy(all, above)
	return all
}

func (a *API) changeWorkspace(r *arm.Request, in *workspaceIn, apply func(*atelier.Workspace), create bool) (int, any, error) {
	var out any
	err := a.DB.Do(r.Context(), func(tx *store.Tx) error {
		tx.Actor = r.Caller.Name()
		w, err := get[atelier.Workspace](tx, r.Workspace())
		switch {
		case err != nil:
			return err
		case w != nil && w.Deleting():
			return atelier.Errorf(atelier.Conflict, "WorkspaceDeleting", "workspace %q is being deleted; wait until it is gone, or take another name", w.Name)
		case w == nil && !create:
			return r.NoWorkspace()
		case w == nil:
			if w, err = a.newWorkspace(r, in); err != nil {
				return err
			}
		}
		was := *w
		if in.Location != "" && normal(in.Location) != normal(w.Location) {
			return atelier.Errorf(atelier.Conflict, "PropertyChangeNotAllowed", "workspace %q is at location %s, and that cannot change", w.Name, w.Location).At("location")
		}
		apply(w)
		if in.Tags != nil {
			w.Tags = some(*in.Tags)
		}
		if w.Rev == 0 || !reflect.DeepEqual(was, *w) {
			if w.Rev > 0 {
				w.Generation++
				a.touch(r, &w.Meta)
			}
			if err := store.Put(tx, w); err != nil {
				return err
			}
		}
		out = a.workspaceOut(r, w)
		o, err := a.operate(tx, r, w, &w.Meta, "put")
		if err == nil {
			r.Operation(statusPath(w, "workspaceOperationsStatus", o))
		}
		return err
	})
	return ok, out, err
}

func (a *API) newWorkspace(r *arm.Request, in *workspaceIn) (*atelier.Workspace, error) {
	name, group, sub := r.Param("workspace"), r.Param("group"), r.Param("subscription")
	for _, n := range []struct{ what, name string }{{"workspace name", name}, {"resource group name", group}, {"subscription id", sub}} {
		if err := checkName(n.what, n.name); err != nil {
			return nil, err
		}
	}
	if len(name) < 2 || len(name) > 33 {
		return nil, atelier.Errorf(atelier.Invalid, "InvalidName", "the workspace name %q has %d characters; it must have from 2 to 33", name, len(name)).At("name")
	}
	if in.Location == "" {
		return nil, missing("location")
	}
	if _, known := a.location(in.Location); !known {
		return nil, atelier.Errorf(atelier.Invalid, "LocationNotAvailableForResourceType",
			"there is no location %q; this installation has %s", in.Location, strings.Join(a.locations(), ", ")).At("location")
	}
	w := &atelier.Workspace{Meta: a.meta(r, r.Workspace(), name), Subscription: sub, ResourceGroup: group, Location: in.Location}
	return w, nil
}

// deleteWorkspace marks the workspace and its computes; package workspaces removes
// the rest when these are gone. From now on there is nothing at its path.
func (a *API) deleteWorkspace(r *arm.Request) (int, any, error) {
	force := strings.EqualFold(r.Query("forceToPurge"), "true")
	status := http.StatusAccepted
	err := a.DB.Do(r.Context(), func(tx *store.Tx) error {
		tx.Actor = r.Caller.Name()
		w, err := get[atelier.Workspace](tx, r.Workspace())
		if err != nil {
			return err
		}
		if w == nil {
			status = http.StatusNoContent
			return nil
		}
		if !w.Deleting() {
			if err := a.markWorkspace(tx, r, w, force); err != nil {
				return err
			}
		}
		o, err := a.operateAtTop(tx, r, &w.Meta, "delete")
		if err == nil {
			r.Operation(statusPath(w, "workspaceOperationsStatus", o))
		}
		return err
	})
	return status, nil, err
}

func (a *API) markWorkspace(tx *store.Tx, r *arm.Request, w *atelier.Workspace, force bool) error {
	computes, err := store.All[atelier.Compute](tx, store.Query{Kind: atelier.KindCompute, Parent: w.ID})
	if err != nil {
		return err
	}
	if len(computes) > 0 && !force {
		return atelier.Errorf(atelier.Conflict, "WorkspaceNotEmpty",
			"workspace %q has %d computes, the first is %q; delete them first, or ask for everything to go with forceToPurge=true", w.Name, len(computes), computes[0].Name)
	}
	now := a.Now().UTC()
	for _, c := range computes {
		if c.Deleting() {
			continue
		}
		c.DeletedAt = now
		a.touch(r, &c.Meta)
		if err := store.Put(tx, c); err != nil {
			return err
		}
		tx.Note(c.ID, "DeleteRequested", "%s asked for the end of the workspace", r.Caller.Name())
	}
	w.DeletedAt = now
	a.touch(r, &w.Meta)
	if err := store.Put(tx, w); err != nil {
		return err
	}
	tx.Note(w.ID, "DeleteRequested", "%s asked for the end of the workspace", r.Caller.Name())
	return nil
}

func (a *API) listWorkspaceKeys(r *arm.Request) (int, any, error) {
	var out any
	err := a.read(r, func(_ *store.Tx, w *atelier.Workspace) error {
		out = map[string]any{
			"userStorageKey": nil, "userStorageResourceId": a.accountID(w), "appInsightsInstrumentationKey": nil,
			"containerRegistryCredentials": nil, "notebookAccessKeys": nil,
		}
		return nil
	})
	return ok, out, err
}

func (a *API) diagnose(r *arm.Request) (int, any, error) {
	return a.inWorkspace(func() any {
		found := map[string]any{}
		for _, name := range []string{
			"userDefinedRouteResults", "networkSecurityRuleResults", "resourceLockResults", "dnsResolutionResults", "storageAccountResults",
			"keyVaultResults", "containerRegistryResults", "applicationInsightsResults", "otherResults",
		} {
			found[name] = []any{}
		}
		return map[string]any{"value": found}
	})(r)
}
