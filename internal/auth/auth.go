// Package auth knows who is calling and what they may do. It is a small Entra ID of
// its own: an installation's certificate authority, an issuer of tokens that
// Microsoft's credential classes talk to, service principals with secrets, Azure's
// built-in roles, the token of the command line on the same machine, and one-time
// links that sign a browser in. There is no anonymous caller.
package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// Config is what an Auth needs.
type Config struct {
	DB   *store.DB
	Keys *Keys
	Now  func() time.Time

	// Endpoints are the base URLs that the server is known by, without a slash at
	// the end; clients are pointed to the first. The names of the certificate, with
	// the ports of these, are taken as well.
	Endpoints []string

	// Owner names who started the server, and acts through the local command line
	// and the sign-in link. The default is "local".
	Owner string
}

// Auth answers who calls. It is safe for concurrent use.
type Auth struct {
	cfg        Config
	tenant     string
	principals *resident[atelier.Principal]
	issuer     *issuer
	local      *local
	sessions   *sessions
	devices    *devices
	tasks      *tasks
	personal   *resident[atelier.Token]
	uses       limiter // of personal tokens, that could not be written down
	guesses    *guesses
}

// New starts answering from the principals that the store has.
func New(cfg Config) (*Auth, error) {
	if cfg.Owner == "" {
		cfg.Owner = "local"
	}
	a := &Auth{cfg: cfg, tenant: cfg.Keys.Tenant(), tasks: &tasks{}}
	a.principals = &resident[atelier.Principal]{kind: atelier.KindPrincipal}
	a.personal = &resident[atelier.Token]{kind: atelier.KindToken}
	a.cfg.Endpoints = endpoints(cfg)
	a.local = newLocal()
	a.sessions = newSessions(cfg.Now)
	a.devices = newDevices(cfg.Now)
	a.guesses = newGuesses(cfg.Now)
	a.uses = limiter{now: cfg.Now, free: 1}
	var err error
	if a.issuer, err = newIssuer(a); err != nil {
		return nil, err
	}
	return a, errors.Join(cfg.DB.AddView(a.principals), cfg.DB.AddView(a.tasks), cfg.DB.AddView(a.personal))
}

// endpoints are the URLs that the server may be known by, those of cfg first.
func endpoints(cfg Config) []string {
	var all, ports []string
	for _, e := range cfg.Endpoints {
		e = strings.ToLower(strings.TrimRight(e, "/"))
		all = append(all, e)
		if u, err := url.Parse(e); err == nil && !slices.Contains(ports, u.Port()) {
			ports = append(ports, u.Port())
		}
	}
	for _, port := range ports {
		for _, name := range cfg.Keys.Names() {
			e := "https://" + strings.TrimSuffix(net.JoinHostPort(name, port), ":")
			if !slices.Contains(all, e) {
				all = append(all, e)
			}
		}
	}
	return all
}

// Tenant is the installation's GUID.
func (a *Auth) Tenant() string { return a.tenant }

// Caller is somebody who has signed in. The zero value may nothing.
type Caller struct {
	principal *atelier.Principal

	local   bool       // came by the command line's token
	token   atelier.ID // the personal token that they came by, or opened their session with
	session digest     // zero if they came by a token
}

// Name is the principal, as events and CreatedBy show it.
func (c Caller) Name() string {
	if c.principal == nil {
		return ""
	}
	return c.principal.Name
}

// Display is a name for people.
func (c Caller) Display() string {
	if c.principal == nil {
		return ""
	}
	return display(c.principal)
}

func display(p *atelier.Principal) string {
	if p.Display == "" {
		return p.Name
	}
	return p.Display
}

// May reports whether the caller may do the Azure action at the scope. Scope "" is
// the installation.
func (c Caller) May(action string, scope atelier.ID) bool {
	return c.principal != nil && Allowed(c.principal.Roles, action, scope)
}

// Sees reports whether the caller has any role in the workspace.
func (c Caller) Sees(workspace atelier.ID) bool {
	return c.principal != nil && Visible(c.principal.Roles, workspace)
}

// owner is who started the server.
func (a *Auth) owner() Caller {
	return Caller{principal: &atelier.Principal{
		Meta:    atelier.Meta{ID: PrincipalID(a.cfg.Owner), Name: a.cfg.Owner, UID: guid(a.cfg.Keys.Derive("owner"))},
		Kind:    KindUser,
		Display: a.cfg.Owner,
		Roles:   []atelier.RoleGrant{{Role: Owner}},
	}}
}

// Kinds of principals.
const (
	KindUser     = "user"     // signs in with a link, and at devices with a code
	KindService  = "service"  // signs in with a secret or a certificate
	KindIdentity = "identity" // a managed identity: tasks get its tokens, nobody signs in as it
)

// PrincipalID is the ID of a principal by its name; that of a service principal is
// its client ID.
func PrincipalID(name string) atelier.ID {
	return atelier.ID(atelier.KindPrincipal + "/" + strings.ToLower(name))
}

// Identify finds out who sends the request: by its bearer token, or else by the
// session cookie of a browser. The error is of kind Unauthentic and says what would
// help, without telling an outsider more than that.
func (a *Auth) Identify(r *http.Request) (Caller, error) {
	switch headers := r.Header.Values("Authorization"); len(headers) {
	case 0:
		return a.identifyCookie(r)
	case 1:
		scheme, token, _ := strings.Cut(headers[0], " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return Caller{}, unauthentic("the Authorization header is not a Bearer token")
		}
		return a.identifyToken(r.Context(), token, edgeOf(r))
	}
	return Caller{}, unauthentic("the request has more than one Authorization header")
}

func (a *Auth) identifyToken(ctx context.Context, token string, edge edge) (Caller, error) {
	switch {
	case strings.HasPrefix(token, personalPrefix):
		return a.identifyPersonal(ctx, token, edge)
	case strings.HasPrefix(token, localPrefix):
		if a.local.is(token) {
			c := a.owner()
			c.local = true
			return c, nil
		}
		return Caller{}, unauthentic("the command line's token is of an earlier start of the server; read it again from run/cli.json in the data directory")
	}
	claims, err := a.verify(token, edge)
	if err != nil {
		return Caller{}, err
	}
	return a.bearer(claims)
}

// bearer is who a good token is about.
func (a *Auth) bearer(c claims) (Caller, error) {
	if c.IDType == "user" {
		if p := a.person(PrincipalID(c.UPN), c.OID); p != nil {
			return Caller{principal: p}, nil
		}
		return Caller{}, unauthentic("the token's user does not exist any more; sign in anew")
	}
	p := a.principals.get(PrincipalID(c.AppID))
	switch {
	case c.Task != "":
		return a.workload(c, p)
	case p == nil || p.UID != c.OID || p.Kind == KindIdentity || a.expired(p):
		return Caller{}, unauthentic("the token's principal does not exist any more; sign in anew")
	}
	return Caller{principal: p}, nil
}

func (a *Auth) identifyCookie(r *http.Request) (Caller, error) {
	cookies := r.CookiesNamed(CookieName)
	if len(cookies) == 0 {
		return Caller{}, unauthentic("there is no access token: send one as \"Authorization: Bearer …\"; `atelier env` prints what Azure's clients need to get one")
	}
	t, ok := a.sessions.get(cookies[0].Value)
	p := a.account(t.who)
	if len(cookies) > 1 || !ok || p == nil || t.token != "" && a.personal.get(t.token) == nil {
		return Caller{}, unauthentic("the session is over; start Atelier again, or ask for a new sign-in link")
	}
	if err := sameOrigin(r); err != nil {
		return Caller{}, err
	}
	return Caller{principal: p, token: t.token, session: sha256.Sum256([]byte(cookies[0].Value))}, nil
}

// account is the user or service principal of that incarnation, or nil.
func (a *Auth) account(w who) *atelier.Principal {
	p := a.owner().principal
	if p.ID != w.id || p.UID != w.uid {
		p = a.principals.get(w.id)
	}
	if p == nil || p.UID != w.uid || p.Kind == KindIdentity || a.expired(p) {
		return nil
	}
	return p
}

// person is the user of that incarnation, or nil.
func (a *Auth) person(id atelier.ID, uid string) *atelier.Principal {
	p := a.account(who{id, uid})
	if p == nil || p.Kind != KindUser {
		return nil
	}
	return p
}

func (a *Auth) expired(p *atelier.Principal) bool {
	return p.Deleting() || !p.ExpiresAt.IsZero() && !a.cfg.Now().Before(p.ExpiresAt)
}

func unauthentic(message string) error {
	return atelier.Errorf(atelier.Unauthentic, "InvalidAuthenticationToken", "%s", message)
}

// base is the URL that the caller knows the server by, if it is one of ours.
func (a *Auth) base(r *http.Request) string {
	b := "https://" + strings.ToLower(r.Host)
	if slices.Contains(a.cfg.Endpoints, b) {
		return b
	}
	return a.cfg.Endpoints[0]
}

// resident is a view of all resources of a kind. It has a lock of its own, so that a
// request need not wait for transactions to know its caller.
type resident[T any] struct {
	kind string
	mu   sync.RWMutex
	byID map[atelier.ID]*T
}

func (v *resident[T]) Kinds() []string { return []string{v.kind} }

func (v *resident[T]) Reset() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.byID = map[atelier.ID]*T{}
}

func (v *resident[T]) Apply(c store.Change) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if c.Gone {
		delete(v.byID, c.ID)
		return
	}
	v.byID[c.ID] = any(c.Resource()).(*T)
}

// get returns the resource, which must not be changed, or nil.
func (v *resident[T]) get(id atelier.ID) *T {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.byID[id]
}

// AddPrincipal stores a new principal; secret, if not empty, is what a service
// principal signs in with.
func (a *Auth) AddPrincipal(ctx context.Context, actor string, p *atelier.Principal, secret string) error {
	if strings.EqualFold(p.Name, a.cfg.Owner) {
		return atelier.Errorf(atelier.Conflict, "NameTaken", "%q is who started the server; take another name", p.Name)
	}
	if secret != "" {
		hash, err := a.issuer.hasher.hash(ctx.Done(), secret)
		if err != nil {
			return err
		}
		p.SecretHash = hash
	}
	for _, text := range p.Certs {
		if _, err := parseCert(text); err != nil {
			return err
		}
	}
	return addPrincipal(ctx, a.cfg.DB, a.cfg.Now(), actor, p)
}

func addPrincipal(ctx context.Context, db *store.DB, now time.Time, actor string, p *atelier.Principal) error {
	p.ID, p.Rev, p.Generation = PrincipalID(p.Name), 0, 1
	p.CreatedAt, p.UpdatedAt, p.CreatedBy, p.UpdatedBy = now, now, actor, actor
	if p.UID == "" {
		p.UID = NewGUID()
	}
	return db.Do(ctx, func(tx *store.Tx) error {
		tx.Actor = actor
		return store.Put(tx, p)
	})
}
