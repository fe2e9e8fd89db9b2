// Package workspaces removes what is left of workspaces whose users want them gone:
// first their computes go, by the hands of package compute, then everything that was
// in the workspace, then the workspace itself. Nothing that remains refers to it.
package workspaces

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/store"
)

// Controller reconciles workspaces. All fields are required.
type Controller struct {
	DB    *store.DB
	Blobs []Blobs // all that hold bytes of workspaces
	Logs  Logs
}

// Blobs is what the controller needs of blob.Store.
type Blobs interface {
	Delete(ctx context.Context, prefix string) error
}

// Logs is what the controller needs of logs.Store.
type Logs interface {
	Delete(ctx context.Context, job string) error
}

const (
	actor = "workspaces"
	batch = 200         // rows that one transaction removes, so that others get their turn
	look  = time.Second // how long to wait for what other controllers do
)

// below are the kinds right below a workspace that nobody else removes, in the order
// in which they go: what refers to another goes before it.
var below = append([]string{
	atelier.KindJob, atelier.KindCode, atelier.KindEnvironment, atelier.KindData, atelier.KindDatastore, atelier.KindOperation,
}, atelier.DocumentKinds...)

// nested are the kinds below those.
var nested = map[string]string{
	atelier.KindJob:            atelier.KindTask,
	atelier.KindOnlineEndpoint: atelier.KindDeployment,
	atelier.KindBatchEndpoint:  atelier.KindDeployment,
}

// Owner maps a change to the workspace that may have to be looked at: that of the
// workspace itself and that of a compute of it. No other change matters.
func Owner(changed atelier.ID) atelier.ID {
	if k := changed.Kind(); k == atelier.KindWorkspace || k == atelier.KindCompute {
		return changed.Workspace()
	}
	return ""
}

// Reconcile brings a workspace a step closer to its end, if that is wanted. It is
// safe to repeat and safe to abandon: the workspace goes last.
func (c *Controller) Reconcile(ctx context.Context, id atelier.ID) (again time.Duration, err error) {
	w, ready, err := c.look(ctx, id)
	if err != nil || w == nil {
		return 0, err
	}
	if !ready {
		return look, nil
	}
	if err := c.bytes(ctx, w); err != nil {
		return 0, err
	}
	for _, kind := range below {
		if err := c.rows(ctx, w, kind); err != nil {
			return 0, err
		}
	}
	return 0, c.last(ctx, w)
}

// look returns the workspace if it is to go, and whether the others are done: no
// compute is left and no job is under way.
func (c *Controller) look(ctx context.Context, id atelier.ID) (w *atelier.Workspace, ready bool, err error) {
	err = c.DB.Read(ctx, func(tx *store.Tx) error {
		found, err := store.Get[atelier.Workspace](tx, id)
		if atelier.IsKind(err, atelier.NotFound) || err == nil && !found.Deleting() {
			return nil
		}
		if err != nil {
			return err
		}
		w = found
		computes, _, err := store.List[atelier.Compute](tx, store.Query{Kind: atelier.KindCompute, Parent: id, Limit: 1})
		if err != nil {
			return err
		}
		jobs, _, err := store.List[atelier.Job](tx, store.Query{Kind: atelier.KindJob, Parent: id, Active: true, Limit: 1})
		ready = len(computes) == 0 && len(jobs) == 0
		return err
	})
	return w, ready, err
}

// bytes removes what was uploaded to the workspace and what its jobs left and said.
func (c *Controller) bytes(ctx context.Context, w *atelier.Workspace) error {
	var jobs []string
	err := c.DB.Read(ctx, func(tx *store.Tx) error {
		all, err := store.All[atelier.Job](tx, store.Query{Kind: atelier.KindJob, Parent: w.ID})
		for _, j := range all {
			jobs = append(jobs, j.UID)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, uid := range jobs {
		if err := c.Logs.Delete(ctx, uid); err != nil {
			return fmt.Errorf("delete the logs of %s: %w", w.ID, err)
		}
	}
	for _, blobs := range c.Blobs {
		if err := blobs.Delete(ctx, w.UID); err != nil {
			return fmt.Errorf("delete the blobs of %s: %w", w.ID, err)
		}
	}
	return nil
}

// rows removes the resources of a kind, and what is below them.
func (c *Controller) rows(ctx context.Context, w *atelier.Workspace, kind string) error {
	for {
		left := false
		err := c.DB.Do(ctx, func(tx *store.Tx) error {
			tx.Actor = actor
			n, err := remove(tx, kind, w.ID)
			left = n == batch
			return err
		})
		if err != nil {
			return fmt.Errorf("delete the %s of %s: %w", kind, w.ID, err)
		}
		if !left {
			return nil
		}
	}
}

// remove deletes up to a batch of resources of a kind and says how many.
func remove(tx *store.Tx, kind string, parent atelier.ID) (n int, err error) {
	list, err := some(tx, kind, parent)
	if err != nil {
		return 0, err
	}
	for _, v := range list {
		if inner := nested[kind]; inner != "" {
			for {
				n, err := remove(tx, inner, v.Head().ID)
				if err != nil {
					return 0, err
				}
				if n < batch {
					break
				}
			}
		}
		if err := store.Delete(tx, v); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

func some(tx *store.Tx, kind string, parent atelier.ID) ([]atelier.Resource, error) {
	q := store.Query{Kind: kind, Parent: parent, Limit: batch}
	switch atelier.New(kind).(type) {
	case *atelier.Job:
		return list[atelier.Job](tx, q)
	case *atelier.Task:
		return list[atelier.Task](tx, q)
	case *atelier.Asset:
		return list[atelier.Asset](tx, q)
	case *atelier.Datastore:
		return list[atelier.Datastore](tx, q)
	case *atelier.Operation:
		return list[atelier.Operation](tx, q)
	case *atelier.Document:
		return list[atelier.Document](tx, q)
	}
	return nil, fmt.Errorf("kind %q is not one of a workspace", kind)
}

func list[T any, P interface {
	*T
	atelier.Resource
}](tx *store.Tx, q store.Query) ([]atelier.Resource, error) {
	found, _, err := store.List[T](tx, q)
	all := make([]atelier.Resource, len(found))
	for i, v := range found {
		all[i] = P(v)
	}
	return all, err
}

// last takes the workspace out of everybody's roles, and removes it. Who has no role
// left goes too, with all that lets them in: nobody could see or remove them any more.
func (c *Controller) last(ctx context.Context, w *atelier.Workspace) error {
	err := c.DB.Do(ctx, func(tx *store.Tx) error {
		tx.Actor = actor
		people, err := store.All[atelier.Principal](tx, store.Query{Kind: atelier.KindPrincipal})
		if err != nil {
			return err
		}
		for _, p := range people {
			roles := slices.DeleteFunc(slices.Clone(p.Roles), func(g atelier.RoleGrant) bool {
				return g.Scope.Workspace() == w.ID
			})
			if len(roles) == len(p.Roles) {
				continue
			}
			if p.Roles = roles; len(roles) == 0 {
				err = errors.Join(auth.Forget(tx, p), store.Delete(tx, p))
			} else {
				err = store.Put(tx, p)
			}
			if err != nil {
				return err
			}
		}
		now, err := store.Get[atelier.Workspace](tx, w.ID)
		if atelier.IsKind(err, atelier.NotFound) || err == nil && now.UID != w.UID {
			return nil
		}
		if err != nil {
			return err
		}
		if err := store.Delete(tx, now); err != nil {
			return err
		}
		tx.Note(w.ID, "WorkspaceDeleted", "the workspace and all that was in it are gone")
		return nil
	})
	if err != nil {
		return fmt.Errorf("delete %s: %w", w.ID, err)
	}
	return nil
}
