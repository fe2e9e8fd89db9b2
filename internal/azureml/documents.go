package azureml

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

// docKind is what is particular of a kind of documents. All else they have in
// common: they are kept as they were written and shown again.
type docKind struct {
	kind     string
	path     string   // the collection, as paths spell it
	under    *docKind // of deployments: their endpoints
	noun     string
	versions bool                     // there are versions, of which each content is for ever
	polled   bool                     // changes are long-running operations
	required []string                 // members of properties
	readOnly []string                 // members that are not taken over, beside provisioningState
	fixed    []string                 // members that a version never changes
	defaults map[string]string        // members that are always shown, as JSON
	check    func(d *docChange) error // what else must be right, and what follows from it
	show     func(a *API, r *arm.Request, d *atelier.Document, props map[string]any)
}

// docChange is a document about to be written.
type docChange struct {
	a     *API
	tx    *store.Tx
	w     *atelier.Workspace
	d     *atelier.Document
	isNew bool
	keys  map[string]string // secrets that came with the body
}

var descriptive = map[string]string{"description": "null", "tags": "{}", "properties": "{}"}

func andDescriptive(more map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range []map[string]string{descriptive, more} {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

var (
	models = &docKind{
		kind: atelier.KindModel, path: "models", noun: "model", versions: true, required: []string{"modelUri"}, fixed: []string{"modelUri", "modelType"},
		defaults: andDescriptive(map[string]string{"flavors": "{}", "modelType": `"custom_model"`, "jobName": "null", "stage": "null", "isAnonymous": "false"}),
	}
	components = &docKind{
		kind: atelier.KindComponent, path: "components", noun: "component", versions: true, required: []string{"componentSpec"}, fixed: []string{"componentSpec"},
		defaults: andDescriptive(map[string]string{"isAnonymous": "false", "stage": "null"}),
	}
	onlineEndpoints = &docKind{
		kind: atelier.KindOnlineEndpoint, path: "onlineEndpoints", noun: "online endpoint", polled: true, required: []string{"authMode"},
		readOnly: []string{"scoringUri", "swaggerUri", "keys"}, check: checkEndpoint, show: showEndpoint,
		defaults: map[string]string{
			"description": "null", "properties": "{}", "traffic": "{}", "mirrorTraffic": "{}", "compute": "null",
			"publicNetworkAccess": `"Enabled"`, "scoringUri": "null", "swaggerUri": "null",
		},
	}
	batchEndpoints = &docKind{
		kind: atelier.KindBatchEndpoint, path: "batchEndpoints", noun: "batch endpoint", polled: true, required: []string{"authMode"},
		readOnly: []string{"scoringUri", "swaggerUri", "keys"}, check: checkEndpoint, show: showEndpoint,
		defaults: map[string]string{"description": "null", "properties": "{}", "defaults": "null", "scoringUri": "null", "swaggerUri": "null"},
	}
	onlineDeployments = &docKind{
		kind: atelier.KindDeployment, path: "deployments", under: onlineEndpoints, noun: "deployment", polled: true, required: []string{"endpointComputeType"}, check: checkDeployment,
		defaults: map[string]string{
			"description": "null", "properties": "{}", "environmentVariables": "{}", "appInsightsEnabled": "false", "codeConfiguration": "null",
			"environmentId": "null", "model": "null", "modelMountPath": "null", "instanceType": "null", "scaleSettings": `{"scaleType":"Default"}`,
			"requestSettings": `{"maxConcurrentRequestsPerInstance":1,"maxQueueWait":"PT0.5S","requestTimeout":"PT5S"}`,
			"livenessProbe":   "null", "readinessProbe": "null",
			"containerResourceRequirements": `{"containerResourceRequests":{"cpu":"0.1","memory":"0.5Gi","gpu":null},"containerResourceLimits":{"cpu":null,"memory":null,"gpu":null}}`,
		},
	}
	batchDeployments = &docKind{
		kind: atelier.KindDeployment, path: "deployments", under: batchEndpoints, noun: "deployment", polled: true, check: checkDeployment,
		defaults: map[string]string{
			"description": "null", "properties": "{}", "environmentVariables": "{}", "codeConfiguration": "null", "environmentId": "null",
			"model": "null", "compute": "null", "resources": "null", "miniBatchSize": "10", "maxConcurrencyPerInstance": "1", "errorThreshold": "-1",
			"loggingLevel": `"Info"`, "outputAction": `"AppendRow"`, "outputFileName": `"predictions.csv"`, "retrySettings": `{"maxRetries":3,"timeout":"PT30S"}`,
		},
	}
	schedules = &docKind{
		kind: atelier.KindSchedule, path: "schedules", noun: "schedule", polled: true, required: []string{"action", "trigger"}, check: checkSchedule,
		defaults: andDescriptive(map[string]string{"displayName": "null", "isEnabled": "true"}),
	}

	docKinds = []*docKind{models, components, onlineEndpoints, batchEndpoints, onlineDeployments, batchDeployments, schedules}
)

// all is the pattern of the collection, and one that of a document in it.
func (k *docKind) all() string {
	if k.under != nil {
		return k.under.all() + "/{name}/" + k.path
	}
	return inWS + "/" + k.path
}

func (k *docKind) one() string {
	switch {
	case k.under != nil:
		return k.all() + "/{deployment}"
	case k.versions:
		return k.all() + "/{name}/versions/{version}"
	}
	return k.all() + "/{name}"
}

// armType is the type below the workspace's, which is also what its actions are of.
func (k *docKind) armType() string {
	switch {
	case k.under != nil:
		return k.under.path + "/" + k.path
	case k.versions:
		return k.path + "/versions"
	}
	return k.path
}

func (k *docKind) id(r *arm.Request) atelier.ID {
	switch {
	case k.under != nil:
		return k.under.id(r).Child(k.kind, r.Param("deployment"))
	case k.versions:
		return r.Workspace().Child(k.kind, r.Param("name")+":"+r.Param("version"))
	}
	return r.Workspace().Child(k.kind, r.Param("name"))
}

// names are how the request calls the document: what is checked and shown.
func (k *docKind) names(r *arm.Request) (name, version string) {
	if k.under != nil {
		return r.Param("deployment"), ""
	}
	return r.Param("name"), r.Param("version")
}

func (a *API) documentRoutes() []arm.Route {
	routes := []arm.Route{
		route("GET", inLoc+"/mfeOperationsStatus/{operation}", rp+"locations/mfeOperationsStatus/read", a.getOperationStatus),
	}
	add := func(method, pattern, action, doc string, h arm.Handler) {
		routes = append(routes, arm.Route{Method: method, Pattern: pattern, Action: ws + action, Handler: h, Doc: doc})
	}
	for _, k := range docKinds {
		act := k.armType() + "/"
		add("PUT", k.one(), act+"write", "makes or changes a "+k.noun, a.putDoc(k))
		add("GET", k.one(), act+"read", "shows a "+k.noun, a.getDoc(k))
		add("DELETE", k.one(), act+"delete", "removes a "+k.noun, a.deleteDoc(k))
		if !k.versions {
			add("GET", k.all(), act+"read", "lists each "+k.noun, a.listDocs(k))
			if k != schedules {
				add("PATCH", k.one(), act+"write", "changes a "+k.noun, a.patchDoc(k))
			}
			continue
		}
		act = k.path + "/"
		add("GET", k.all(), act+"read", "lists each "+k.noun, a.listContainers(k))
		add("GET", k.all()+"/{name}", act+"read", "shows a "+k.noun+" without its versions", a.getContainer(k))
		add("PUT", k.all()+"/{name}", act+"write", "describes a "+k.noun, a.putContainer(k))
		add("DELETE", k.all()+"/{name}", act+"delete", "removes a "+k.noun+" with its versions", a.deleteContainer(k))
		add("GET", k.all()+"/{name}/versions", act+"versions/read", "lists the versions of a "+k.noun, a.listDocs(k))
	}
	return append(routes, a.endpointRoutes()...)
}

func (k *docKind) missing(r *arm.Request) error {
	name, version := k.names(r)
	if version != "" {
		return atelier.Errorf(atelier.NotFound, "UserError", "there is no version %q of %s %q in workspace %s", version, k.noun, name, r.Param("workspace"))
	}
	return atelier.Errorf(atelier.NotFound, "UserError", "there is no %s %q in workspace %s", k.noun, name, r.Param("workspace"))
}

func (k *docKind) read(tx *store.Tx, r *arm.Request) (*atelier.Document, error) {
	d, err := get[atelier.Document](tx, k.id(r))
	if err == nil && d == nil {
		err = k.missing(r)
	}
	return d, err
}

func (a *API) getDoc(k *docKind) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		var out *docOut
		err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
			d, err := k.read(tx, r)
			if err == nil {
				out = a.docOut(r, w, k, d)
			}
			return err
		})
		return ok, out, err
	}
}

// putDoc replaces the whole document.
func (a *API) putDoc(k *docKind) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		in, err := k.decode(r, true)
		if err != nil {
			return 0, nil, err
		}
		status := http.StatusCreated
		var out *docOut
		err = a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
			d, err := get[atelier.Document](tx, k.id(r))
			if err != nil {
				return err
			}
			c := &docChange{a: a, tx: tx, w: w, d: d, isNew: d == nil, keys: in.keys}
			if c.isNew {
				name, version := k.names(r)
				c.d = &atelier.Document{Meta: a.meta(r, k.id(r), name), Version: version}
			} else {
				status = ok
			}
			out, err = a.changeDoc(r, k, c, in)
			return err
		})
		return status, out, err
	}
}

// patchDoc replaces the members that the body has.
func (a *API) patchDoc(k *docKind) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		in, err := k.decode(r, false)
		if err != nil {
			return 0, nil, err
		}
		var out *docOut
		err = a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
			d, err := k.read(tx, r)
			if err != nil {
				return err
			}
			in.over(d)
			out, err = a.changeDoc(r, k, &docChange{a: a, tx: tx, w: w, d: d, keys: in.keys}, in)
			return err
		})
		return ok, out, err
	}
}

// changeDoc writes what the body says, if it may be said.
func (a *API) changeDoc(r *arm.Request, k *docKind, c *docChange, in *docIn) (*docOut, error) {
	was := *c.d
	if c.isNew {
		if err := k.checkNames(r); err != nil {
			return nil, err
		}
	} else if err := k.unchanged(c.d, in); err != nil {
		return nil, err
	}
	c.d.Envelope, c.d.Properties, c.d.Archived = in.envelope, in.properties, in.archived
	for _, name := range k.required {
		if !has(c.d.Properties[name]) {
			return nil, missing("properties." + name)
		}
	}
	if k.check != nil {
		if err := k.check(c); err != nil {
			return nil, err
		}
	}
	if k.versions && c.isNew {
		if err := a.countVersion(c.tx, r, k, c.d, in.anonymous); err != nil {
			return nil, err
		}
	}
	if c.isNew || !reflect.DeepEqual(was, *c.d) {
		if !c.isNew {
			c.d.Generation++
			a.touch(r, &c.d.Meta)
		}
		if err := store.Put(c.tx, c.d); err != nil {
			return nil, err
		}
	}
	out := a.docOut(r, c.w, k, c.d)
	if !k.polled {
		return out, nil
	}
	if c.d.Failure != nil {
		out.Properties["provisioningState"] = "Creating"
	}
	o, err := a.operate(c.tx, r, c.w, &c.d.Meta, "put")
	if err == nil {
		r.Operation(statusPath(c.w, "mfeOperationsStatus", o))
	}
	return out, err
}

func (k *docKind) checkNames(r *arm.Request) error {
	if k.versions {
		return checkVersion(r)
	}
	name, _ := k.names(r)
	return checkName("name", name)
}

// unchanged refuses another content for a version that there is.
func (k *docKind) unchanged(d *atelier.Document, in *docIn) error {
	for _, name := range k.fixed {
		was, asks := d.Properties[name], in.properties[name]
		if has(asks) && !sameMeaning(was, asks) && (has(was) || k.defaults[name] == "" || !sameMeaning(json.RawMessage(k.defaults[name]), asks)) {
			return atelier.Errorf(atelier.Conflict, "AssetVersionConflict",
				"version %q of %q exists with another %s, and versions do not change; make a new version", d.Version, d.Name, name).At("properties." + name)
		}
	}
	return nil
}

// deleteDoc removes a document, and what is below it.
func (a *API) deleteDoc(k *docKind) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		status := http.StatusNoContent
		err := a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
			d, err := get[atelier.Document](tx, k.id(r))
			if err != nil || d == nil {
				return err
			}
			status = ok
			below, err := store.All[atelier.Document](tx, store.Query{Kind: atelier.KindDeployment, Parent: d.ID})
			if err != nil {
				return err
			}
			for _, v := range append(below, d) {
				if err := store.Delete(tx, v); err != nil {
					return err
				}
			}
			if k.versions {
				return a.uncountVersion(tx, k, d)
			}
			status = http.StatusAccepted
			o, err := a.operate(tx, r, w, &d.Meta, "delete")
			if err == nil {
				r.Operation(statusPath(w, "mfeOperationsStatus", o))
				r.Result(statusPath(w, "mfeOperationResults", o))
			}
			return err
		})
		return status, nil, err
	}
}

// listDocs filters after reading: what few match takes several looks.
func (a *API) listDocs(k *docKind) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		page, err := docPage(r)
		if err != nil {
			return 0, nil, err
		}
		keep, err := k.filter(r)
		if err != nil {
			return 0, nil, err
		}
		list := arm.List[*docOut]{Value: []*docOut{}}
		err = a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
			q := store.Query{Kind: k.kind, Parent: w.ID, After: page.After, Limit: page.Top, Newest: newestFirst(r, k.versions)}
			switch {
			case k.under != nil:
				if _, err := k.under.read(tx, r); err != nil {
					return err
				}
				q.Parent = k.under.id(r)
			case k.versions:
				q.Compute = w.ID.Child(k.kind, r.Param("name"))
			}
			return pageOf(tx, r, q, &list, func(d *atelier.Document) *docOut {
				if !keep(d) {
					return nil
				}
				return a.docOut(r, w, k, d)
			})
		})
		return ok, list, err
	}
}

// docPage is the page that is asked for; some lists call its size count.
func docPage(r *arm.Request) (arm.Page, error) {
	page, err := r.Page()
	if text := r.Query("count"); err == nil && text != "" {
		n, bad := strconv.Atoi(text)
		if bad != nil || n < 1 {
			return page, atelier.Errorf(atelier.Invalid, "InvalidQueryParameter", "count is %q; it must be a number from 1 on", text).At("count")
		}
		page.Top = min(n, page.Top)
	}
	return page, err
}

// pageOf fills a page with what show does not leave out.
func pageOf[T, O any](tx *store.Tx, r *arm.Request, q store.Query, list *arm.List[*O], show func(*T) *O) error {
	const looks = 20 // of a page each, before the client is asked to come back
	top := q.Limit
	for range looks {
		found, next, err := store.List[T](tx, q)
		if err != nil {
			return err
		}
		for _, v := range found {
			if out := show(v); out != nil {
				list.Value = append(list.Value, out)
			}
		}
		list.NextLink, q.After = r.Next(next), next
		q.Limit = top - len(list.Value)
		if next == 0 || q.Limit <= 0 {
			break
		}
	}
	return nil
}

// newestFirst reads the order that is asked for.
func newestFirst(r *arm.Request, otherwise bool) bool {
	order := strings.ToLower(r.Query("$orderBy") + r.Query("orderBy"))
	switch {
	case strings.HasSuffix(order, "desc"):
		return true
	case strings.HasSuffix(order, "asc"):
		return false
	}
	return otherwise
}

func archivedFilter(r *arm.Request) (func(archived bool) bool, error) {
	view := r.Query("listViewType")
	switch normal(view) {
	case "", "activeonly":
		return func(archived bool) bool { return !archived }, nil
	case "archivedonly":
		return func(archived bool) bool { return archived }, nil
	case "all":
		return func(bool) bool { return true }, nil
	}
	return nil, atelier.Errorf(atelier.Invalid, "InvalidQueryParameter", "listViewType is %q; it must be ActiveOnly, ArchivedOnly or All", view).At("listViewType")
}

// filter is what the request wants to see of the kind.
func (k *docKind) filter(r *arm.Request) (func(*atelier.Document) bool, error) {
	view := func(*atelier.Document) bool { return true }
	switch {
	case k.versions:
		shown, err := archivedFilter(r)
		if err != nil {
			return nil, err
		}
		view = func(d *atelier.Document) bool { return shown(d.Archived) }
	case k == schedules:
		v := normal(r.Query("listViewType"))
		if !slices.Contains([]string{"", "enabledonly", "disabledonly", "all"}, v) {
			return nil, atelier.Errorf(atelier.Invalid, "InvalidQueryParameter", "listViewType is %q; it must be EnabledOnly, DisabledOnly or All", r.Query("listViewType")).At("listViewType")
		}
		view = func(d *atelier.Document) bool {
			return v == "all" || (textOf(d.Properties["isEnabled"]) != "false") == (v != "disabledonly")
		}
	}
	tags, props, version, description := r.Query("tags"), r.Query("properties"), r.Query("version"), r.Query("description")
	name := ""
	if !k.versions && k.under == nil {
		name = r.Query("name")
	}
	return func(d *atelier.Document) bool {
		raw := d.Properties["tags"]
		if raw == nil {
			raw = d.Envelope["tags"]
		}
		return view(d) && (name == "" || strings.EqualFold(d.Name, name)) && (version == "" || d.Version == version) &&
			(description == "" || strings.Contains(textOf(d.Properties["description"]), description)) &&
			hasAll(textsOf(raw), tags) && hasAll(textsOf(d.Properties["properties"]), props)
	}, nil
}
