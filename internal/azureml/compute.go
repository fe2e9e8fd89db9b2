package azureml

import (
	"net/http"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

func (a *API) computeRoutes() []arm.Route {
	const one, act = inWS + "/computes/{compute}", ws + "computes/"
	routes := []arm.Route{
		route("GET", inWS+"/computes", act+"read", a.listComputes),
		{Method: "PUT", Pattern: one, Action: act + "write", Handler: a.putCompute, DryRun: true},
		route("GET", one, act+"read", a.getCompute),
		{Method: "PATCH", Pattern: one, Action: act + "write", Handler: a.patchCompute, DryRun: true},
		route("DELETE", one, act+"delete", a.deleteCompute),
		route("POST", one+"/listNodes", act+"listNodes/action", a.listNodes),
		route("GET", one+"/listNodes", act+"listNodes/action", a.listNodes), // the next pages
	}
	routes = append(routes,
		route("POST", one+"/listKeys", act+"listKeys/action", a.listKeys),
		route("POST", one+"/resize", act+"resize/action", a.resize),
		route("POST", one+"/getAllowedVmSizesForResize", act+"getAllowedVmSizesForResize/action", a.sizesForResize),
		route("POST", one+"/updateIdleShutdownSetting", act+"updateIdleShutdownSetting/action", a.updateIdle),
		route("POST", one+"/customServices", act+"customServices/action", a.updateServices),
		route("POST", one+"/updateDataMounts", act+"updateDataMounts/action", a.updateMounts),
		route("POST", one+"/enableSso", act+"enableSso/action", a.enableSSO),
		route("POST", inWS+"/checkComputeNameAvailability", ws+"checkComputeNameAvailability/action", a.checkName),
	)
	for _, verb := range []string{"start", "stop", "restart"} {
		routes = append(routes, route("POST", one+"/"+verb, act+verb+"/action", a.power(verb)))
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
			out = a.showCompute(r, w, c)
		}
		return err
	})
	return ok, out, err
}

// showCompute is the compute as the caller sees it.
func (a *API) showCompute(r *arm.Request, w *atelier.Workspace, c *atelier.Compute) *computeOut {
	out := a.computeOut(w, c)
	out.ours(r, c, computeVerbs.permissions(r))
	return out
}

// ours adds what only Atelier's own version says: who made it, and what the caller
// may do with it.
func (c *computeOut) ours(r *arm.Request, of *atelier.Compute, may []string) {
	c.Properties.Permissions = may
	if r.Query("api-version") == arm.OwnVersion {
		c.SystemData = systemDataOf(&of.Meta)
	}
}

func (a *API) listComputes(r *arm.Request) (int, any, error) {
	page, err := r.Page()
	if err != nil {
		return 0, nil, err
	}
	list, may := arm.List[*computeOut]{Value: []*computeOut{}}, computeVerbs.permissions(r)
	err = a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		found, next, err := store.List[atelier.Compute](tx, store.Query{Kind: atelier.KindCompute, Parent: w.ID, After: page.After, Limit: page.Top})
		for _, c := range found {
			out := a.computeOut(w, c)
			out.ours(r, c, may)
			list.Value = append(list.Value, out)
		}
		list.NextLink = r.Next(next)
		return err
	})
	return ok, list, err
}

// putCompute creates a compute, or changes what may change of it; with If-None-Match: *
// it only creates. The request ends with what the user asked for recorded; package
// compute makes it so. A dry run says what it would be.
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
			if r.Dry {
				status = http.StatusOK
				out, err = a.preview(tx, r, w, c, nil)
				return err
			}
			out = created(a.showCompute(r, w, c), in)
		} else if r.Header.Get("If-None-Match") == "*" {
			return nameTaken(c.Name)
		} else {
			was := c.Spec
			status = http.StatusOK
			if err := a.changeCompute(tx, r, w, c, in); err != nil {
				return err
			}
			if r.Dry {
				out, err = a.preview(tx, r, w, c, &was)
				return err
			}
			out = a.showCompute(r, w, c)
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
	check := atelier.CheckComputeName
	if in.kind == atelier.KindAKS {
		check = atelier.CheckAKSName
	}
	if err := check(c.Name); err != nil {
		return atelier.ComputeSpec{}, err
	}
	spec, err := a.place(w, in)
	if err != nil {
		return spec, err
	}
	spec.Kind, in.location = in.kind, spec.Location
	if err := in.describe(&spec); err != nil {
		return spec, err
	}
	a.nameIdentity(w, c, nil, &spec)
	if err := a.innerSpec(c, in, &spec); err != nil {
		return spec, err
	}
	if i := spec.Instance; i != nil {
		i.Asked = atelier.Asked{Operation: atelier.OperationCreate, On: true, At: c.CreatedAt, By: c.CreatedBy, Generation: c.Generation}
		i.IdleSetAt = c.CreatedAt
	}
	if err := a.checkSpec(&spec); err != nil {
		return spec, err
	}
	if err := a.checkQuota(tx, w, c, &spec); err != nil {
		return spec, err
	}
	return spec, a.checkUnique(tx, c, spec.Location)
}

// innerSpec makes the part of the spec that depends on the kind out of what there is
// and what the body says.
func (a *API) innerSpec(c *atelier.Compute, in *computeIn, spec *atelier.ComputeSpec) (err error) {
	switch {
	case in.instance != nil:
		spec.Instance, err = in.instance.spec(c.Spec.Instance)
	case in.attached != nil:
		spec.Attached, err = a.attached(c, in, c.Spec.Attached)
	default:
		spec.Cluster, err = in.cluster(c.Spec.Cluster)
	}
	return err
}

// changeCompute updates the spec of a compute from a full or partial body.
func (a *API) changeCompute(tx *store.Tx, r *arm.Request, w *atelier.Workspace, c *atelier.Compute, in *computeIn) error {
	if c.Deleting() {
		return atelier.Errorf(atelier.Conflict, "ComputeDeleting",
			"compute %q is being deleted; wait until it is gone, or take another name", c.Name)
	}
	if in.kind != c.Spec.Kind {
		return atelier.Errorf(atelier.Conflict, "PropertyChangeNotAllowed",
			"compute %q is of computeType %s, the request asks for %s; delete it first, or take another name", c.Name, c.Spec.Kind, in.kind).At("properties.computeType")
	}
	if where := in.where(&c.Spec); where != "" {
		if loc, known := a.location(where); !known || loc != c.Spec.Location {
			return atelier.Errorf(atelier.Conflict, "PropertyChangeNotAllowed",
				"the location cannot change after the compute was created: it is %q, the request asks for %q; create another there", c.Spec.Location, where).At("location")
		}
	}
	spec := c.Spec
	err := in.describe(&spec)
	if err != nil {
		return err
	}
	a.nameIdentity(w, c, c.Spec.Identity, &spec)
	if err := a.innerSpec(c, in, &spec); err != nil {
		return err
	}
	if err := fixed(&spec, &c.Spec); err != nil {
		return err
	}
	if i := spec.Instance; i != nil && i.IdleAfter != c.Spec.Instance.IdleAfter {
		i.IdleSetAt = a.Now().UTC()
	}
	if err := a.checkQuota(tx, w, c, &spec); err != nil {
		return err
	}
	if sameJSON(spec, c.Spec) {
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
		if err := in.patches(c.Spec.Kind); err != nil {
			return err
		}
		was := c.Spec
		if err := a.changeCompute(tx, r, w, c, in); err != nil {
			return err
		}
		if r.Dry {
			out, err = a.preview(tx, r, w, c, &was)
			return err
		}
		out = a.showCompute(r, w, c)
		return a.pollCompute(tx, r, w, c, "patch")
	})
	return ok, out, err
}

// fixed returns an error for the first field that may not change and does, or that
// has a value it may not have.
func fixed(spec, old *atelier.ComputeSpec) error {
	switch {
	case spec.Cluster != nil:
		if err := spec.Cluster.Fixed(old.Cluster); err != nil {
			return err
		}
		return spec.Cluster.Validate()
	case spec.Instance != nil:
		if err := spec.Instance.Fixed(old.Instance); err != nil {
			return err
		}
		return spec.Instance.Validate()
	}
	return nil
}

// deleteCompute marks the compute; package compute removes its nodes, then itself.
func (a *API) deleteCompute(r *arm.Request) (int, any, error) {
	action := r.Query("underlyingResourceAction")
	if !strings.EqualFold(action, "Delete") && !strings.EqualFold(action, "Detach") {
		return 0, nil, atelier.Errorf(atelier.Invalid, "InvalidQueryParameter",
			"underlyingResourceAction is %q; it is required and must be Delete or Detach (Delete for clusters and instances, Detach for what is attached)", action).At("underlyingResourceAction")
	}
	status := http.StatusAccepted
	err := a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
		c, err := get[atelier.Compute](tx, w.ID.Child(atelier.KindCompute, r.Param("compute")))
		if err != nil {
			return err
		}
		if c == nil {
			if status = http.StatusNoContent; oldVersion(r) {
				status = ok
			}
			return nil
		}
		if err := mayGo(c, strings.EqualFold(action, "Detach")); err != nil {
			return err
		}
		if !c.Deleting() {
			c.DeletedAt = a.Now().UTC()
			a.touch(r, &c.Meta)
			if err := store.Put(tx, c); err != nil {
				return err
			}
			tx.Note(c.ID, "DeleteRequested", "%s asked for the end of the compute", r.Caller.Name())
		}
		return a.pollCompute(tx, r, w, c, "delete")
	})
	return status, nil, err
}

// oldVersion reports whether the client is of the one api-version that wants other
// statuses (wire A.2).
func oldVersion(r *arm.Request) bool { return r.Query("api-version") == "2020-08-01" }

// mayGo refuses what would leave a user in error about what still exists: machines
// that are only for the compute cannot be let go alone, and what a user brought is
// not Atelier's to delete.
func mayGo(c *atelier.Compute, detach bool) error {
	brought := c.Spec.Attached != nil && c.Spec.Attached.ResourceID != ""
	switch {
	case detach && c.Spec.Attached == nil:
		return atelier.Errorf(atelier.Invalid, "DetachNotSupported",
			"a compute of kind %s cannot be detached, since its machines exist only for it; use underlyingResourceAction=Delete", c.Spec.Kind).At("underlyingResourceAction")
	case !detach && brought:
		return atelier.Errorf(atelier.Invalid, "DeleteNotSupported",
			"compute %q is attached, and Atelier does not delete what you brought (%s); use underlyingResourceAction=Detach", c.Name, c.Spec.Attached.ResourceID).At("underlyingResourceAction")
	}
	return nil
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

// checkSpec checks a new compute that Atelier is to supply with machines.
func (a *API) checkSpec(spec *atelier.ComputeSpec) error {
	if err := fixed(spec, spec); err != nil || spec.VMSize() == "" {
		return err
	}
	return a.checkSize(spec, spec.VMSize())
}

func (a *API) checkSize(spec *atelier.ComputeSpec, size string) error {
	_, short, err := a.Catalogs[spec.Location].Fit(size)
	if err != nil {
		return err
	}
	if short != "" && spec.Cluster != nil && spec.Cluster.StrictSize {
		return atelier.Errorf(atelier.Invalid, "SizeNotAvailable",
			"size %s is not to be had in full at location %s: %s; take a smaller size, or allow smaller machines (strictSize false)",
			size, spec.Location, short).At("properties.properties.vmSize")
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
			return nameTaken(c.Name)
		}
	}
	return nil
}

func nameTaken(name string) error {
	return atelier.Errorf(atelier.Conflict, "AlreadyExists",
		"Compute name '%s' is not available. Reason: AlreadyExists. Message: The specified name %s is already in use and is therefore unavailable",
		name, name).At("name")
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
