package auth

import (
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// tasks is the view of the tasks that are under way, each with its place in the
// order of age, which no later task of the same ID has. It ends the tokens of a
// task with the task.
type tasks struct {
	mu     sync.RWMutex
	active map[atelier.ID]int64
}

func (t *tasks) Kinds() []string { return []string{atelier.KindTask} }

func (t *tasks) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.active = map[atelier.ID]int64{}
}

func (t *tasks) Apply(c store.Change) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.Gone || c.Index.Done {
		delete(t.active, c.ID)
		return
	}
	t.active[c.ID] = c.Seq
}

func (t *tasks) get(id atelier.ID) (place int64, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	place, ok = t.active[id]
	return place, ok
}

// IdentityToken makes an access token of a managed identity for one task. Whether
// the task may have it is the caller's to know; the token ends with the task at the
// latest.
func (a *Auth) IdentityToken(w atelier.Workload, resource string) (token string, begins, ends time.Time, err error) {
	if a.edge(resource) == nowhere {
		return "", begins, ends, atelier.Errorf(atelier.Invalid, "InvalidResource",
			"no tokens are issued for the resource %q; ask for https://management.azure.com/, https://ml.azure.com/ or https://storage.azure.com/", resource)
	}
	place, ok := a.tasks.get(w.Task)
	if !ok {
		return "", begins, ends, atelier.Errorf(atelier.Conflict, "TaskOver", "the task that asks for a token is over")
	}
	c := a.claims(a.issuerURL(a.cfg.Endpoints[0]), resource, w.Identity.PrincipalID)
	c.AppID, c.AZP, c.IDType = w.Identity.ClientID, w.Identity.ClientID, "app"
	c.MIRID, c.Task, c.Place = w.ResourceID, w.Task, place
	token, err = a.issuer.tokens.sign(c)
	return token, c.NotBefore.Time(), c.Expiry.Time(), err
}

// workload is who a managed identity's token is about; p is the principal by whom
// roles were given to the identity, or nil: then it may nothing, but is somebody.
func (a *Auth) workload(c claims, p *atelier.Principal) (Caller, error) {
	if place, ok := a.tasks.get(c.Task); !ok || place != c.Place {
		return Caller{}, unauthentic("the token was made for a task that is over")
	}
	if p == nil || p.UID != c.OID || p.Kind != KindIdentity || a.expired(p) {
		p = &atelier.Principal{Meta: atelier.Meta{ID: PrincipalID(c.AppID), Name: c.AppID, UID: c.OID}, Kind: KindIdentity}
	}
	return Caller{principal: p}, nil
}
