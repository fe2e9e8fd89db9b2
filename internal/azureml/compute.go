package azureml

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

func (a *API) computeRoutes() []arm.Route {
	const one, act = inWS + "/computes/{compute}", ws + "computes/"
	routes := []arm.Route{
		route("GET", inWS+"/computes", act+"read", a.listComputes),
		route("PUT", one, act+"write", a.putCompute),
		route("GET", one, act+"read", a.getCompute),
		route("PATCH", one, act+"write", a.patchCompute),
		route("DELETE", one, act+"delete", a.deleteCompute),
		route("POST", one+"/listNodes", act+"listNodes/action", a.listNodes),
		route("GET", one+"/listNodes", act+"listNodes/action", a.listNodes), // the next pages
	}
	for _, verb := range []string{
		"listKeys", "start", "stop", "restart", "updateIdleShutdownSetting", "customServices",
		"updateDataMounts", "enableSso", "resize", "getAllowedVmSizesForResize",
	} {
		routes = append(routes, route("POST", one+"/"+verb, act+verb+"/action", a.notForClusters(verb)))
	}
	return routes
}

func noCompute(name string) error {
	return atelier.Errorf(atelier.NotFound, "ComputeNotFound", "Compute with name %s not found in provided workspace", name)
}

func computeOf(tx *store.Tx, r *arm.Request) (*atelier.Compute, error) {
	name := r.Param("compute")
	c, err := get[atelier.Compute](tx, r.Workspace().Child(atelier.KindCompute, name))
	if err == nil && c == nil {
		err = noCompute(name)
	}
	return c, err
}

func (a *API) getCompute(r *arm.Request) (int, any, error) {
	var out *computeOut
	err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		c, err := computeOf(tx, r)
		if err == nil {
			out = a.computeOut(w, c)
		}
		return err
	})
	return ok, out, err
}

func (a *API) listComputes(r *arm.Request) (int, any, error) {
	page, err := r.Page()
	if err != nil {
		return 0, nil, err
	}
	list := arm.List[*computeOut]{Value: []*computeOut{}}
	err = a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		found, next, err := store.List[atelier.Compute](tx, store.Query{Kind: atelier.KindCompute, Parent: w.ID, After: page.After, Limit: page.Top})
		for _, c := range found {
			list.Value = append(list.Value, a.computeOut(w, c))
		}
		list.NextLink = r.Next(next)
		return err
	})
	return ok, list, err
}

// putCompute creates a cluster, or changes what may change of it. The request ends
// with what the user asked for recorded; package compute makes it so.
func (a *API) putCompute(r *arm.Request) (int, any, error) {
	in, err := decodeCompute(r)
	if err != nil {
		return 0, nil, err
	}
	if err := a.hashPassword(in); err != nil {
		return 0, nil, err
	}
	status, name := http.StatusCreated, r.Param("compute")
	var out *computeOut
	err = a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
		id := w.ID.Child(atelier.KindCompute, name)
		c, err := get[atelier.Compute](tx, id)
		if err != nil {
			return err
		}
		if c == nil {
			c = &atelier.Compute{Meta: a.meta(r, id, name)}
			if c.Spec, err = a.newCompute(tx, w, c, in); err != nil {
				return err
			}
			if err := store.Put(tx, c); err != nil {
				return err
			}
			out = created(a.computeOut(w, c), in)
		} else {
			status = http.StatusOK
			if err := a.changeCompute(tx, r, w, c, in); err != nil {
				return err
			}
			out = a.computeOut(w, c)
		}
		return a.pollCompute(tx, r, w, c, "put")
	})
	return status, out, err
}

func (a *API) pollCompute(tx *store.Tx, r *arm.Request, w *atelier.Workspace, c *atelier.Compute, verb string) error {
	o, err := a.operate(tx, r, w, &c.Meta, verb)
	if err == nil {
		r.Operation(statusPath(w, "computeOperationsStatus", o))
	}
	return err
}

// newCompute is the spec of a compute that does not exist yet.
func (a *API) newCompute(tx *store.Tx, w *atelier.Workspace, c *atelier.Compute, in *computeIn) (atelier.ComputeSpec, error) {
	if err := atelier.CheckComputeName(c.Name); err != nil {
		return atelier.ComputeSpec{}, err
	}
	spec, err := a.place(w, in)
	if err != nil {
		return spec, err
	}
	spec.Kind = atelier.KindCluster
	if err := in.describe(&spec); err != nil {
		return spec, err
	}
	a.nameIdentity(w, c, nil, &spec)
	if spec.Cluster, err = in.cluster(nil); err != nil {
		return spec, err
	}
	if err := a.checkCluster(&spec); err != nil {
		return spec, err
	}
	return spec, a.checkUnique(tx, c, spec.Location)
}

// changeCompute updates the spec of a compute from a full or partial body.
func (a *API) changeCompute(tx *store.Tx, r *arm.Request, w *atelier.Workspace, c *atelier.Compute, in *computeIn) error {
	if c.Deleting() {
		return atelier.Errorf(atelier.Conflict, "ComputeDeleting",
			"compute %q is being deleted; wait until it is gone, or take another name", c.Name)
	}
	if c.Spec.Kind != atelier.KindCluster {
		return unsupportedKind(c.Spec.Kind)
	}
	if where := in.where(&c.Spec); where != "" {
		if loc, known := a.location(where); !known || loc != c.Spec.Location {
			return atelier.Errorf(atelier.Conflict, "PropertyChangeNotAllowed",
				"the location cannot change after the cluster was created: it is %q, the request asks for %q; create another cluster there", c.Spec.Location, where).At("location")
		}
	}
	spec := c.Spec
	err := in.describe(&spec)
	if err != nil {
		return err
	}
	a.nameIdentity(w, c, c.Spec.Identity, &spec)
	if spec.Cluster, err = in.cluster(c.Spec.Cluster); err != nil {
		return err
	}
	if err := spec.Cluster.Fixed(c.Spec.Cluster); err != nil {
		return err
	}
	if err := spec.Cluster.Validate(); err != nil {
		return err
	}
	if reflect.DeepEqual(spec, c.Spec) {
		return nil
	}
	c.Spec, c.Generation = spec, c.Generation+1
	a.touch(r, &c.Meta)
	return store.Put(tx, c)
}

// patchCompute changes the scale settings, in either of the two shapes that
// clients send (wire A.2), and what else may change.
func (a *API) patchCompute(r *arm.Request) (int, any, error) {
	in, err := decodePatch(r)
	if err != nil {
		return 0, nil, err
	}
	var out *computeOut
	err = a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
		c, err := computeOf(tx, r)
		if err != nil {
			return err
		}
		if err := a.changeCompute(tx, r, w, c, in); err != nil {
			return err
		}
		out = a.computeOut(w, c)
		return a.pollCompute(tx, r, w, c, "patch")
	})
	return ok, out, err
}

// deleteCompute marks the compute; package compute removes its nodes, then itself.
func (a *API) deleteCompute(r *arm.Request) (int, any, error) {
	switch action := r.Query("underlyingResourceAction"); {
	case strings.EqualFold(action, "Delete"):
	case strings.EqualFold(action, "Detach"):
		return 0, nil, atelier.Errorf(atelier.Invalid, "DetachNotSupported",
			"a cluster cannot be detached, since its machines exist only for it; use underlyingResourceAction=Delete").At("underlyingResourceAction")
	default:
		return 0, nil, atelier.Errorf(atelier.Invalid, "InvalidQueryParameter",
			"underlyingResourceAction is %q; it is required and must be Delete or Detach (Delete for a cluster)", action).At("underlyingResourceAction")
	}
	status := http.StatusAccepted
	err := a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
		c, err := get[atelier.Compute](tx, w.ID.Child(atelier.KindCompute, r.Param("compute")))
		if err != nil {
			return err
		}
		if c == nil {
			status = http.StatusNoContent
			return nil
		}
		if !c.Deleting() {
			c.DeletedAt = a.Now().UTC()
			a.touch(r, &c.Meta)
			if err := store.Put(tx, c); err != nil {
				return err
			}
			tx.Note(c.ID, "DeleteRequested", "%s asked for the end of the cluster", r.Caller.Name())
		}
		return a.pollCompute(tx, r, w, c, "delete")
	})
	return status, nil, err
}

// place finds the location that supplies the machines: the compute's own, or the
// workspace's.
func (a *API) place(w *atelier.Workspace, in *computeIn) (spec atelier.ComputeSpec, err error) {
	spec.LocationText = in.Location
	if spec.LocationText == "" {
		spec.LocationText = w.Location
	}
	where, target := spec.LocationText, "location"
	if in.Properties != nil && in.Properties.ComputeLocation != "" {
		spec.ComputeLocation = in.Properties.ComputeLocation
		where, target = spec.ComputeLocation, "properties.computeLocation"
	}
	if loc, ok := a.location(where); ok {
		spec.Location = loc
		return spec, nil
	}
	return spec, atelier.Errorf(atelier.Invalid, "LocationNotAvailableForResourceType",
		"there is no location %q; this installation has %s", where, strings.Join(a.locations(), ", ")).At(target)
}

func (a *API) checkCluster(spec *atelier.ComputeSpec) error {
	if err := spec.Cluster.Validate(); err != nil {
		return err
	}
	_, short, err := a.Catalogs[spec.Location].Fit(spec.Cluster.Size)
	if err != nil {
		return err
	}
	if short != "" && spec.Cluster.StrictSize {
		return atelier.Errorf(atelier.Invalid, "SizeNotAvailable",
			"size %s is not to be had in full at location %s: %s; take a smaller size, or allow smaller machines (strictSize false)",
			spec.Cluster.Size, spec.Location, short).At("properties.properties.vmSize")
	}
	return nil
}

// checkUnique refuses a name that another compute of the location has, whatever its
// case (behaviour 1.6, P19).
func (a *API) checkUnique(tx *store.Tx, c *atelier.Compute, location string) error {
	if a.UniqueInWorkspace {
		return nil // the ID is unique in the workspace
	}
	same, err := store.All[atelier.Compute](tx, store.Query{Kind: atelier.KindCompute, Hash: c.ID.Name()})
	if err != nil {
		return err
	}
	for _, other := range same {
		if other.ID != c.ID && other.Spec.Location == location {
			return atelier.Errorf(atelier.Conflict, "AlreadyExists",
				"Compute name '%s' is not available. Reason: AlreadyExists. Message: The specified name %s is already in use and is therefore unavailable",
				c.Name, c.Name).At("name")
		}
	}
	return nil
}

// hashPassword replaces the password by what is kept of it, before the transaction:
// it takes its time on purpose.
func (a *API) hashPassword(in *computeIn) error {
	cl := in.inner
	if cl == nil || cl.UserAccountCredentials == nil || cl.UserAccountCredentials.AdminUserPassword == "" {
		return nil
	}
	hash, err := a.HashPassword(cl.UserAccountCredentials.AdminUserPassword)
	cl.UserAccountCredentials.AdminUserPassword = hash
	return err
}

func (a *API) notForClusters(verb string) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		err := a.read(r, func(tx *store.Tx, _ *atelier.Workspace) error {
			c, err := computeOf(tx, r)
			if err != nil {
				return err
			}
			return atelier.Errorf(atelier.Unsupported, "OperationNotSupported",
				"%s is not possible on compute %q: it is a cluster (%s), which starts and stops its nodes by itself", verb, c.Name, c.Spec.Kind)
		})
		return 0, nil, err
	}
}
