package azureml

import (
	"net/http"
	"strconv"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

// Containers are what the versions of one name share. They come with the first
// version and go with the last, unless somebody described them.

func containerOfDoc(tx *store.Tx, r *arm.Request, k *docKind) (*atelier.Document, error) {
	return get[atelier.Document](tx, atelier.ContainerID(r.Workspace(), k.kind, r.Param("name")))
}

// notNumbered is Document.Next of a container with versions that are no numbers.
const notNumbered = -1

// countVersion adds a new version to its container.
func (a *API) countVersion(tx *store.Tx, r *arm.Request, k *docKind, d *atelier.Document, anonymous bool) error {
	c, err := containerOfDoc(tx, r, k)
	if err != nil {
		return err
	}
	if c == nil {
		c = a.newContainer(r, k)
		c.Hidden = true
	}
	c.Latest, c.Hidden = d.Version, c.Hidden && anonymous
	c.Next = nextAfter(c.Next, d.Version)
	return store.Put(tx, c)
}

func nextAfter(next int, version string) int {
	n, err := strconv.Atoi(version)
	if err != nil || n < 0 || next == notNumbered {
		return notNumbered
	}
	return max(next, n+1)
}

func (a *API) newContainer(r *arm.Request, k *docKind) *atelier.Document {
	name := r.Param("name")
	return &atelier.Document{Meta: a.meta(r, atelier.ContainerID(r.Workspace(), k.kind, name), name), Of: k.kind, Next: 1}
}

// uncountVersion tells the container of a version that the version is gone.
func (a *API) uncountVersion(tx *store.Tx, k *docKind, d *atelier.Document) error {
	c, err := get[atelier.Document](tx, atelier.ContainerID(d.ID.Workspace(), k.kind, d.Name))
	if err != nil || c == nil {
		return err
	}
	left, _, err := store.List[atelier.Document](tx, store.Query{
		Kind: k.kind, Parent: d.ID.Workspace(), Compute: atelier.AssetGroup(d.ID), Limit: 1, Newest: true,
	})
	switch {
	case err != nil:
		return err
	case len(left) == 0 && c.Properties == nil:
		return store.Delete(tx, c)
	case len(left) == 0:
		c.Latest = ""
	default:
		c.Latest = left[0].Version
	}
	return store.Put(tx, c)
}

func (a *API) containerOut(w *atelier.Workspace, k *docKind, c *atelier.Document) *docOut {
	p := map[string]any{"description": nil, "tags": map[string]string{}, "properties": map[string]string{}}
	for name, v := range c.Properties {
		if has(v) {
			p[name] = v
		}
	}
	p["isArchived"], p["provisioningState"] = c.Archived, string(atelier.Succeeded)
	p["latestVersion"], p["nextVersion"] = textOrNil(c.Latest), nil
	if c.Next != notNumbered {
		p["nextVersion"] = strconv.Itoa(max(c.Next, 1))
	}
	return &docOut{ID: armID(w, k.path, c.Name), Name: c.Name, Type: ws + k.path, SystemData: systemDataOf(&c.Meta), Properties: p}
}

func (a *API) getContainer(k *docKind) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		var out *docOut
		err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
			c, err := containerOfDoc(tx, r, k)
			if err == nil && c == nil {
				err = k.missing(r)
			}
			if err == nil {
				out = a.containerOut(w, k, c)
			}
			return err
		})
		return ok, out, err
	}
}

// putContainer describes what the versions of a name are, or puts them all away.
func (a *API) putContainer(k *docKind) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		in, err := k.decode(r, true)
		if err != nil {
			return 0, nil, err
		}
		if err := checkName("name", r.Param("name")); err != nil {
			return 0, nil, err
		}
		status := ok
		var out *docOut
		err = a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
			c, err := containerOfDoc(tx, r, k)
			if err != nil {
				return err
			}
			if c == nil {
				c, status = a.newContainer(r, k), http.StatusCreated
			} else {
				c.Generation++
				a.touch(r, &c.Meta)
			}
			c.Properties, c.Archived, c.Hidden = in.properties, in.archived, false
			out = a.containerOut(w, k, c)
			return store.Put(tx, c)
		})
		return status, out, err
	}
}

func (a *API) listContainers(k *docKind) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		page, err := docPage(r)
		if err != nil {
			return 0, nil, err
		}
		shown, err := archivedFilter(r)
		if err != nil {
			return 0, nil, err
		}
		list := arm.List[*docOut]{Value: []*docOut{}}
		err = a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
			q := store.Query{
				Kind: atelier.KindContainer, Parent: w.ID, Compute: w.ID.Child(atelier.KindContainer, k.kind),
				After: page.After, Limit: page.Top, Newest: newestFirst(r, false),
			}
			return pageOf(tx, r, q, &list, func(c *atelier.Document) *docOut {
				if c.Hidden || !shown(c.Archived) {
					return nil
				}
				return a.containerOut(w, k, c)
			})
		})
		return ok, list, err
	}
}

// deleteContainer removes all versions of a name.
func (a *API) deleteContainer(k *docKind) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		status := http.StatusNoContent
		err := a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
			c, err := containerOfDoc(tx, r, k)
			if err != nil || c == nil {
				return err
			}
			status = ok
			all, err := store.All[atelier.Document](tx, store.Query{Kind: k.kind, Parent: w.ID, Compute: w.ID.Child(k.kind, r.Param("name"))})
			if err != nil {
				return err
			}
			for _, d := range append(all, c) {
				if err := store.Delete(tx, d); err != nil {
					return err
				}
			}
			return nil
		})
		return status, nil, err
	}
}
