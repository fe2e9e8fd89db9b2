package azureml

import (
	"context"
	"net"
	"net/http"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
)

// Accounts is what this package needs of what people settle for themselves.
type Accounts interface {
	Profile(ctx context.Context, c auth.Caller) (p atelier.Profile, hasPassword bool, err error)
	SetProfile(ctx context.Context, c auth.Caller, change auth.ProfileChange) (p atelier.Profile, hasPassword bool, err error)
	ChangePassword(ctx context.Context, c auth.Caller, from, old, password string) error
	Tokens(ctx context.Context, c auth.Caller) ([]auth.TokenInfo, error)
	CreateToken(ctx context.Context, c auth.Caller, name string, days int) (info auth.TokenInfo, text string, err error)
	RevokeToken(ctx context.Context, c auth.Caller, id string) error
}

// Permissions to change one's own account: everybody who has signed in has them.
const (
	meRead   = rp + "me/read"
	meWrite  = rp + "me/write"
	meDelete = rp + "me/delete"
)

// meRoutes are about whoever calls, in no workspace.
func (a *API) meRoutes() []arm.Route {
	routes := []arm.Route{
		{
			Method: "GET", Pattern: "/me/profile", Action: meRead, Handler: a.getProfile,
			Doc: "shows how the caller wants to work",
		},
		{
			Method: "PUT", Pattern: "/me/profile", Action: meWrite, Handler: a.putProfile,
			Doc: "changes how the caller wants to work; what is left out stays as it is",
		},
		{
			Method: "PUT", Pattern: "/me/password", Action: meWrite, Handler: a.putPassword,
			Doc: "sets the password of the calling user; old is needed if there is one",
		},
		{
			Method: "GET", Pattern: "/me/tokens", Action: meRead, Handler: a.listTokens,
			Doc: "lists the caller's personal tokens and the devices that are signed in as them",
		},
		{
			Method: "POST", Pattern: "/me/tokens", Action: meWrite, Handler: a.createToken,
			Doc: "makes a personal token, which is shown once",
		},
		{
			Method: "DELETE", Pattern: "/me/tokens/{name}", Action: meDelete, Handler: a.revokeToken,
			Doc: "ends one of the caller's personal tokens, or the sign-in of a device, by its id",
		},
	}
	for i := range routes {
		routes[i].Plain = true
	}
	return routes
}

func meShapes() map[string]arm.Shape {
	return map[string]arm.Shape{
		"GET /me/profile":          {Reply: profileOut{}},
		"PUT /me/profile":          {Body: profileIn{}, Reply: profileOut{}, Statuses: []int{200}},
		"PUT /me/password":         {Body: passwordIn{}, Statuses: []int{204}},
		"GET /me/tokens":           {Reply: arm.List[tokenOut]{}},
		"POST /me/tokens":          {Body: tokenIn{}, Reply: tokenOut{}, Statuses: []int{201}},
		"DELETE /me/tokens/{name}": {Statuses: []int{204}},
	}
}

type profileIn struct {
	Language  *string    `json:"language"`
	Theme     *string    `json:"theme"`
	Shortcuts *bool      `json:"shortcuts"`
	SSHKeys   []sshKeyIn `json:"sshKeys"`
}

type sshKeyIn struct {
	Name      string `json:"name"`
	PublicKey string `json:"publicKey"`
}

type profileOut struct {
	Language    string      `json:"language"` // en, ko, or empty for what the browser prefers
	Theme       string      `json:"theme"`    // light, dark, system, or empty
	Shortcuts   bool        `json:"shortcuts"`
	SSHKeys     []sshKeyOut `json:"sshKeys"`
	HasPassword bool        `json:"hasPassword"`
}

type sshKeyOut struct {
	Name        string `json:"name"`
	PublicKey   string `json:"publicKey"`
	Fingerprint string `json:"fingerprint"`
	AddedAt     string `json:"addedAt"`
}

func profileBody(p *atelier.Profile, hasPassword bool) *profileOut {
	out := &profileOut{Language: p.Language, Theme: p.Theme, Shortcuts: p.Shortcuts, SSHKeys: []sshKeyOut{}, HasPassword: hasPassword}
	for _, k := range p.SSHKeys {
		out.SSHKeys = append(out.SSHKeys, sshKeyOut{k.Name, k.PublicKey, k.Fingerprint, utc(k.AddedAt)})
	}
	return out
}

// caller is who auth let in. One that it did not may nothing.
func caller(r *arm.Request) auth.Caller {
	c, _ := r.Caller.(auth.Caller)
	return c
}

func (a *API) getProfile(r *arm.Request) (int, any, error) {
	p, hasPassword, err := a.Accounts.Profile(r.Context(), caller(r))
	return ok, profileBody(&p, hasPassword), err
}

func (a *API) putProfile(r *arm.Request) (int, any, error) {
	var in profileIn
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	change := auth.ProfileChange{Language: in.Language, Theme: in.Theme, Shortcuts: in.Shortcuts}
	if in.SSHKeys != nil {
		change.SSHKeys = make([]atelier.SSHKey, len(in.SSHKeys))
		for i, k := range in.SSHKeys {
			change.SSHKeys[i] = atelier.SSHKey{Name: k.Name, PublicKey: k.PublicKey}
		}
	}
	p, hasPassword, err := a.Accounts.SetProfile(r.Context(), caller(r), change)
	return ok, profileBody(&p, hasPassword), err
}

type passwordIn struct {
	Old string `json:"old,omitempty"`
	New string `json:"new"`
}

func (a *API) putPassword(r *arm.Request) (int, any, error) {
	var in passwordIn
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	from, _, _ := net.SplitHostPort(r.RemoteAddr)
	return http.StatusNoContent, nil, a.Accounts.ChangePassword(r.Context(), caller(r), from, in.Old, in.New)
}

type tokenIn struct {
	Name string `json:"name"`
	Days int    `json:"days"`
}

type tokenOut struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	Kind       string  `json:"kind"` // personal or device
	CreatedAt  string  `json:"createdAt"`
	ExpiresAt  string  `json:"expiresAt"`
	LastUsedAt *string `json:"lastUsedAt,omitempty"` // to the hour
	Token      string  `json:"token,omitempty"`      // of a new one, once
}

func tokenBody(t *auth.TokenInfo) *tokenOut {
	return &tokenOut{ID: t.ID, Name: t.Name, Kind: t.Kind, CreatedAt: utc(t.CreatedAt), ExpiresAt: utc(t.ExpiresAt), LastUsedAt: orNil(t.LastUsedAt)}
}

func (a *API) listTokens(r *arm.Request) (int, any, error) {
	all, err := a.Accounts.Tokens(r.Context(), caller(r))
	list := arm.List[*tokenOut]{Value: []*tokenOut{}}
	for i := range all {
		list.Value = append(list.Value, tokenBody(&all[i]))
	}
	return ok, list, err
}

func (a *API) createToken(r *arm.Request) (int, any, error) {
	var in tokenIn
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	t, text, err := a.Accounts.CreateToken(r.Context(), caller(r), in.Name, in.Days)
	out := tokenBody(&t)
	out.Token = text
	return http.StatusCreated, out, err
}

func (a *API) revokeToken(r *arm.Request) (int, any, error) {
	return http.StatusNoContent, nil, a.Accounts.RevokeToken(r.Context(), caller(r), r.Param("name"))
}
