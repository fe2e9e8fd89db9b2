package azureml

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

// assetKinds are the collections of assets: all work the same.
var assetKinds = []string{atelier.KindCode, atelier.KindEnvironment, atelier.KindData}

func (a *API) assetRoutes() []arm.Route {
	var routes []arm.Route
	for _, kind := range assetKinds {
		all, act := inWS+"/"+kind, ws+kind+"/"
		versions, one := all+"/{name}/versions", all+"/{name}/versions/{version}"
		routes = append(routes,
			route("GET", all, act+"read", a.listAssets(kind)),
			route("GET", all+"/{name}", act+"read", a.getAsset(kind)),
			route("GET", versions, act+"versions/read", a.listVersions(kind)),
			route("PUT", one, act+"versions/write", a.putVersion(kind)),
			route("GET", one, act+"versions/read", a.getVersion(kind)),
			route("DELETE", one, act+"versions/delete", a.deleteVersion(kind)),
		)
	}
	return routes
}

func noVersion(kind string, r *arm.Request) error {
	return atelier.Errorf(atelier.NotFound, "UserError", "there is no version %q of %q in %s of workspace %s",
		r.Param("version"), r.Param("name"), kind, r.Param("workspace"))
}

func versionOf(tx *store.Tx, w *atelier.Workspace, kind string, r *arm.Request) (*atelier.Asset, error) {
	return get[atelier.Asset](tx, assetID(w, kind, r.Param("name"), r.Param("version")))
}

func (a *API) getVersion(kind string) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		var out *assetOut
		err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
			v, err := versionOf(tx, w, kind, r)
			if err == nil && v == nil {
				err = noVersion(kind, r)
			}
			if err == nil {
				out = assetOutOf(w, kind, v)
			}
			return err
		})
		return ok, out, err
	}
}

// listVersions lists the versions of one name, newest first unless asked otherwise.
func (a *API) listVersions(kind string) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		page, err := r.Page()
		if err != nil {
			return 0, nil, err
		}
		view, hash := normal(r.Query("listViewType")), r.Query("hash")
		order := strings.ToLower(r.Query("$orderBy"))
		list := arm.List[*assetOut]{Value: []*assetOut{}}
		err = a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
			q := store.Query{Kind: kind, Parent: w.ID, After: page.After, Limit: page.Top, Newest: !strings.HasSuffix(order, "asc")}
			if hash != "" { // the same content, whatever its name: so clients skip an upload
				q.Hash = hash
			} else {
				q.Compute = w.ID.Child(kind, r.Param("name"))
			}
			found, next, err := store.List[atelier.Asset](tx, q)
			for _, v := range found {
				shown := view == "all" || v.Archived == (view == "archivedonly")
				if shown {
					list.Value = append(list.Value, assetOutOf(w, kind, v))
				}
			}
			list.NextLink = r.Next(next)
			return err
		})
		return ok, list, err
	}
}

// putVersion makes a version, whose content never changes afterwards; what
// describes it may.
func (a *API) putVersion(kind string) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		var in assetIn
		if err := r.Decode(&in); err != nil {
			return 0, nil, err
		}
		if in.Properties == nil {
			return 0, nil, missing("properties")
		}
		status := http.StatusCreated
		var out *assetOut
		err := a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
			v, err := versionOf(tx, w, kind, r)
			if err != nil {
				return err
			}
			if v == nil {
				v, err = a.newVersion(tx, r, w, kind, in.Properties)
			} else {
				status = http.StatusOK
				err = a.changeVersion(tx, r, kind, v, in.Properties)
			}
			if err == nil {
				out = assetOutOf(w, kind, v)
			}
			return err
		})
		return status, out, err
	}
}

func (a *API) newVersion(tx *store.Tx, r *arm.Request, w *atelier.Workspace, kind string, in *assetProps) (*atelier.Asset, error) {
	if err := checkVersion(r); err != nil {
		return nil, err
	}
	v := a.blank(r, w, kind)
	in.describe(v)
	if err := in.fill(w, kind, v); err != nil {
		return nil, err
	}
	return v, store.Put(tx, v)
}

// blank is a version without content.
func (a *API) blank(r *arm.Request, w *atelier.Workspace, kind string) *atelier.Asset {
	v := &atelier.Asset{Meta: a.meta(r, assetID(w, kind, r.Param("name"), r.Param("version")), r.Param("name"))}
	v.Version = r.Param("version")
	return v
}

func checkVersion(r *arm.Request) error {
	if err := checkName("name", r.Param("name")); err != nil {
		return err
	}
	return checkName("version", r.Param("version"))
}

func (a *API) changeVersion(tx *store.Tx, r *arm.Request, kind string, v *atelier.Asset, in *assetProps) error {
	if field := in.differs(kind, v); field != "" {
		return atelier.Errorf(atelier.Conflict, "AssetVersionConflict",
			"version %q of %q exists with another %s, and versions do not change; make a new version", v.Version, v.Name, field).At("properties." + field)
	}
	was := *v
	in.describe(v)
	if reflect.DeepEqual(was, *v) {
		return nil
	}
	v.Generation++
	a.touch(r, &v.Meta)
	return store.Put(tx, v)
}

// deleteVersion removes a version, and its files if they were uploaded for it.
func (a *API) deleteVersion(kind string) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		var prefix, uid string
		err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
			v, err := versionOf(tx, w, kind, r)
			if err == nil && v != nil {
				prefix, err = a.uploadedTo(tx, w, kind, v)
			}
			uid = w.UID
			return err
		})
		if err != nil {
			return 0, nil, err
		}
		status := http.StatusNoContent
		err = a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
			v, err := versionOf(tx, w, kind, r)
			if err != nil || v == nil {
				return err
			}
			status = http.StatusOK
			return store.Delete(tx, v)
		})
		if err == nil && prefix != "" {
			err = errors.Join(a.Blobs.Delete(r.Context(), prefix), a.Blobs.Delete(r.Context(), atelier.PropertiesKey(uid, prefix)))
		}
		return status, nil, err
	}
}

type containerOut struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	SystemData *systemData    `json:"systemData"`
	Properties containerProps `json:"properties"`
}

type containerProps struct {
	Description       *string           `json:"description"`
	Tags              map[string]string `json:"tags"`
	Properties        map[string]string `json:"properties"`
	IsArchived        bool              `json:"isArchived"`
	LatestVersion     *string           `json:"latestVersion"`
	NextVersion       *string           `json:"nextVersion"`
	ProvisioningState string            `json:"provisioningState"`
	DataType          string            `json:"dataType,omitempty"`
}

// containerOf sums up the versions of one name, oldest first.
func containerOf(w *atelier.Workspace, kind string, versions []*atelier.Asset) *containerOut {
	last := versions[len(versions)-1]
	next, numbered := 0, true
	for _, v := range versions {
		n, err := strconv.Atoi(v.Version)
		numbered = numbered && err == nil && n >= 0
		next = max(next, n)
	}
	out := &containerOut{ID: armID(w, kind, last.Name), Name: last.Name, Type: ws + kind, SystemData: systemDataOf(&last.Meta)}
	out.Properties = containerProps{
		Description: textOrNil(last.Description), Tags: nonNil(last.Tags), Properties: nonNil(last.Properties),
		LatestVersion: &last.Version, ProvisioningState: "Succeeded", DataType: last.Type,
	}
	if numbered {
		text := strconv.Itoa(next + 1)
		out.Properties.NextVersion = &text
	}
	return out
}

func (a *API) getAsset(kind string) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		var out *containerOut
		err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
			versions, err := store.All[atelier.Asset](tx, store.Query{Kind: kind, Parent: w.ID, Compute: w.ID.Child(kind, r.Param("name"))})
			if err != nil {
				return err
			}
			if len(versions) == 0 {
				return atelier.Errorf(atelier.NotFound, "UserError", "there is no %q in %s of workspace %s", r.Param("name"), kind, w.Name)
			}
			out = containerOf(w, kind, versions)
			return nil
		})
		return ok, out, err
	}
}

func (a *API) listAssets(kind string) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		page, err := r.Page()
		if err != nil {
			return 0, nil, err
		}
		list := arm.List[*containerOut]{Value: []*containerOut{}}
		err = a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
			all, err := store.All[atelier.Asset](tx, store.Query{Kind: kind, Parent: w.ID})
			if err != nil {
				return err
			}
			byName := map[atelier.ID][]*atelier.Asset{}
			for _, v := range all {
				if !v.Anonymous {
					group := atelier.AssetGroup(v.ID)
					byName[group] = append(byName[group], v)
				}
			}
			names := sorted(byName)
			from := min(page.After, int64(len(names)))
			to := min(from+int64(page.Top), int64(len(names)))
			for _, name := range names[from:to] {
				list.Value = append(list.Value, containerOf(w, kind, byName[name]))
			}
			if to < int64(len(names)) {
				list.NextLink = r.Next(to)
			}
			return nil
		})
		return ok, list, err
	}
}

// uploadedTo is the prefix of the files that were uploaded for the version, or ""
// if its files are elsewhere, or those of another version too.
func (a *API) uploadedTo(tx *store.Tx, w *atelier.Workspace, kind string, v *atelier.Asset) (string, error) {
	key, err := atelier.BlobKey(w, v.URI)
	if err != nil {
		return "", nil //nolint:nilerr // what Atelier does not hold, it does not delete
	}
	if own := uploadPrefix(w, kind, v.Name, v.Version); strings.HasPrefix(key, own+"/") {
		upload, _, _ := strings.Cut(key[len(own)+1:], "/")
		return own + "/" + upload, nil
	}
	upload := atelier.UploadOf(w.UID, key)
	if upload == "" {
		return "", nil
	}
	for _, kind := range assetKinds {
		all, err := store.All[atelier.Asset](tx, store.Query{Kind: kind, Parent: w.ID})
		if err != nil {
			return "", err
		}
		for _, other := range all {
			key, err := atelier.BlobKey(w, other.URI)
			if err == nil && other.ID != v.ID && atelier.UploadOf(w.UID, key) == upload {
				return "", nil
			}
		}
	}
	return upload, nil
}

func uploadPrefix(w *atelier.Workspace, parts ...string) string {
	return strings.Join(slices.Concat([]string{w.UID, atelier.DataStore}, parts), "/")
}
