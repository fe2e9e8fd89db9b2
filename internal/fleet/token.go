package fleet

import (
	"context"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
	"github.com/atelier-compute/atelier/internal/wire"
)

// Identities makes access tokens of managed identities.
type Identities interface {
	// IdentityToken makes a token for a resource. The error is for the task's user.
	IdentityToken(w atelier.Workload, resource string) (token string, begins, ends time.Time, err error)
}

// identify tells a task which managed identity it has: the one that its job names,
// or the default of its compute.
func (f *Fleet) identify(tx *store.Tx, s *wire.TaskSpec, j *atelier.Job, t *atelier.Task) error {
	if f.Identities == nil {
		return nil
	}
	c, err := store.Get[atelier.Compute](tx, t.Compute)
	if err != nil {
		return drop(err, atelier.NotFound)
	}
	m, _, ok := c.Spec.Identity.Default()
	if named, _, found := c.Spec.Identity.Find(named(j)); found {
		m = named
	}
	if !ok {
		return nil
	}
	s.Identity = m.ClientID
	s.Env["DEFAULT_IDENTITY_CLIENT_ID"] = m.ClientID
	if _, own := s.Env["AZURE_CLIENT_ID"]; !own { // a job may bring a service principal
		s.Env["AZURE_CLIENT_ID"] = m.ClientID
	}
	return nil
}

// named is what a job says of the identity that it wants.
func named(j *atelier.Job) (client, principal, resource string) {
	id, _ := j.Spec.Passthrough["identity"].(map[string]any)
	text := func(name string) string { s, _ := id[name].(string); return s }
	return text("clientId"), text("objectId"), text("resourceId")
}

// Token makes a token of the managed identity of a task's compute, for a task that
// is under way on the node, in the current attempt of its job. The task's UID must
// be that of the task which asks: one of an earlier job of the same name gets
// nothing.
func (f *Fleet) Token(ctx context.Context, key string, node atelier.ID, q wire.TokenRequest) (wire.Token, error) {
	w := atelier.Workload{Task: q.Task, TaskUID: q.UID}
	err := f.DB.Read(ctx, func(tx *store.Tx) error {
		t, j, err := active(tx, key, node, q.Task)
		if err != nil {
			return err
		}
		if t.UID != q.UID || j.Status.State.Terminal() {
			return atelier.Errorf(atelier.Conflict, "TaskOver", "the task that asks for a token is over")
		}
		c, err := store.Get[atelier.Compute](tx, t.Compute)
		if drop(err, atelier.NotFound) != nil {
			return err
		}
		ok := false
		if err == nil {
			w.Identity, w.ResourceID, ok = c.Spec.Identity.Find(clip(q.Client, maxWord), clip(q.Principal, maxWord), clip(q.ARM, maxWords))
		}
		if !ok || f.Identities == nil {
			return atelier.Errorf(atelier.Invalid, "IdentityNotFound",
				"compute %q has no such managed identity; give it one (identity.type SystemAssigned or UserAssigned), or ask for the one in DEFAULT_IDENTITY_CLIENT_ID", t.Compute.Name())
		}
		if w.ResourceID == "" {
			w.ResourceID = string(c.ID)
		}
		return nil
	})
	if err = f.heardOf(node, err); err != nil {
		return wire.Token{}, err
	}
	token, begins, ends, err := f.Identities.IdentityToken(w, q.Resource)
	if err != nil {
		return wire.Token{}, err
	}
	return wire.Token{Access: token, Resource: q.Resource, Client: w.Identity.ClientID, Begins: begins, Ends: ends}, nil
}
