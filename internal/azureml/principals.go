package azureml

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/store"
)

// Principals is what this package needs of who can sign in.
type Principals interface {
	// AddPrincipal stores a new principal; secret, if not empty, is what it signs in
	// with.
	AddPrincipal(ctx context.Context, actor string, p *atelier.Principal, secret string) error
	// SignInCodeFor makes a code that signs a browser in as the user, once.
	SignInCodeFor(p *atelier.Principal) (string, error)
	// SetPassword sets the password of a user, and ends their sessions.
	SetPassword(ctx context.Context, actor string, p *atelier.Principal, password string) error
	// DecideDevice lets the device that shows the code sign in as the caller, or not.
	DecideDevice(c auth.Caller, code string, yes bool) error
}

// Permissions of whoever decides who else gets in.
const (
	roleRead   = "Microsoft.Authorization/roleAssignments/read"
	roleWrite  = "Microsoft.Authorization/roleAssignments/write"
	roleDelete = "Microsoft.Authorization/roleAssignments/delete"
)

func (a *API) principalRoutes() []arm.Route {
	const one = inWS + "/principals/{principal}"
	return []arm.Route{
		{
			Method: "GET", Pattern: inWS + "/principals", Action: roleRead, Handler: a.listPrincipals,
			Doc: "lists who has a role in the workspace",
		},
		{
			Method: "GET", Pattern: one, Action: roleRead, Handler: a.getPrincipal,
			Doc: "shows somebody who has a role in the workspace",
		},
		{
			Method: "PUT", Pattern: one, Action: roleWrite, Handler: a.putPrincipal,
			Doc: "gives somebody a role in the workspace, and makes them if they are new; a new service's secret is shown once",
		},
		{
			Method: "DELETE", Pattern: one, Action: roleDelete, Handler: a.deletePrincipal,
			Doc: "takes somebody's roles in the workspace, and removes them if they have no other",
		},
		{
			Method: "POST", Pattern: one + "/signInLink", Action: roleWrite, Handler: a.linkPrincipal,
			Doc: "makes a link that signs a browser in as a user of the workspace, once",
		},
		{
			Method: "POST", Pattern: one + "/password", Action: roleWrite, Handler: a.passwordPrincipal,
			Doc: "sets the password of a user of the workspace, and ends their sessions",
		},
		{
			Method: "POST", Pattern: "/providers/Microsoft.MachineLearningServices/deviceSignIns/{code}/{answer}", Action: rp + "deviceSignIns/action", Handler: a.answerDevice,
			Doc: "lets the device that shows the code sign in as the caller (approve), or not (deny)",
		},
	}
}

func principalShapes() map[string]arm.Shape {
	const one = "{ws}/principals/{principal}"
	return map[string]arm.Shape{
		"GET {ws}/principals":         {Reply: arm.List[principalOut]{}},
		"GET " + one:                  {Reply: principalOut{}},
		"PUT " + one:                  {Body: principalIn{}, Reply: principalOut{}},
		"DELETE " + one:               {Statuses: []int{200, 204}},
		"POST " + one + "/signInLink": {Reply: having("link")},
		"POST " + one + "/password":   {Body: passwordIn{}, Statuses: []int{204}},

		"POST /providers/Microsoft.MachineLearningServices/deviceSignIns/{code}/{answer}": {Reply: having("status")},
	}
}

type principalIn struct {
	Properties struct {
		Kind        string  `json:"kind"`
		DisplayName *string `json:"displayName"`
		Role        string  `json:"role"`
		Certificate string  `json:"certificate"`
	} `json:"properties"`
}

type principalOut struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	SystemData *systemData    `json:"systemData"`
	Properties principalProps `json:"properties"`
}

type principalProps struct {
	Kind         string   `json:"kind" api:"enum=user|service|identity"`
	DisplayName  string   `json:"displayName"`
	ClientID     string   `json:"clientId,omitempty"`
	PrincipalID  string   `json:"principalId"`
	TenantID     string   `json:"tenantId"`
	Roles        []string `json:"roles" api:"notnull"`     // in the workspace
	Inherited    []string `json:"inherited" api:"notnull"` // in the whole installation
	Certificates int      `json:"certificates"`
	ClientSecret string   `json:"clientSecret,omitempty"`
}

func (a *API) principalOut(w *atelier.Workspace, p *atelier.Principal) *principalOut {
	out := &principalOut{
		ID: armID(w, "principals", p.Name), Name: p.Name, Type: ws + "principals", SystemData: systemDataOf(&p.Meta),
		Properties: principalProps{
			Kind: p.Kind, DisplayName: p.Display, PrincipalID: p.UID, TenantID: a.Tenant,
			Roles: []string{}, Inherited: []string{}, Certificates: len(p.Certs),
		},
	}
	if p.Kind != auth.KindUser {
		out.Properties.ClientID = p.Name
	}
	for _, g := range p.Roles {
		switch g.Scope {
		case w.ID:
			out.Properties.Roles = append(out.Properties.Roles, g.Role)
		case "":
			out.Properties.Inherited = append(out.Properties.Inherited, g.Role)
		}
	}
	return out
}

func noPrincipal(name string) error {
	return atelier.Errorf(atelier.NotFound, "PrincipalNotFound", "%q has no role in this workspace; `atelier principal list` shows who has", name)
}

// principalOf is somebody who has a role in the workspace. Who has none does not
// exist here.
func principalOf(tx *store.Tx, r *arm.Request, w *atelier.Workspace) (*atelier.Principal, error) {
	name := r.Param("principal")
	p, err := get[atelier.Principal](tx, auth.PrincipalID(name))
	if err == nil && (p == nil || !auth.Visible(p.Roles, w.ID)) {
		err = noPrincipal(name)
	}
	return p, err
}

func (a *API) getPrincipal(r *arm.Request) (int, any, error) {
	var out *principalOut
	err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		p, err := principalOf(tx, r, w)
		if err == nil {
			out = a.principalOut(w, p)
		}
		return err
	})
	return ok, out, err
}

func (a *API) listPrincipals(r *arm.Request) (int, any, error) {
	list := arm.List[*principalOut]{Value: []*principalOut{}}
	err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		all, err := store.All[atelier.Principal](tx, store.Query{Kind: atelier.KindPrincipal})
		for _, p := range all {
			if auth.Visible(p.Roles, w.ID) {
				list.Value = append(list.Value, a.principalOut(w, p))
			}
		}
		return err
	})
	return ok, list, err
}

// putPrincipal gives a role at the workspace. Whoever has the right to may do so for
// anybody; but what somebody signs in with is settled when they are made, so that
// nobody gets hold of a principal who has rights elsewhere.
func (a *API) putPrincipal(r *arm.Request) (int, any, error) {
	if err := caller(r).NotByToken("give roles"); err != nil {
		return 0, nil, err
	}
	var in principalIn
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	role, known := auth.RoleName(in.Properties.Role)
	if !known {
		return 0, nil, atelier.Errorf(atelier.Invalid, "RoleDefinitionDoesNotExist", "there is no role %q; there are %s", in.Properties.Role, strings.Join(auth.RoleNames(), ", ")).At("properties.role")
	}
	p, w, err := a.findPrincipal(r)
	if err != nil {
		return 0, nil, err
	}
	if p == nil {
		return a.newPrincipal(r, w, &in, role)
	}
	kind := in.Properties.Kind
	if kind != "" && !strings.EqualFold(kind, p.Kind) || in.Properties.Certificate != "" && !slices.Contains(p.Certs, in.Properties.Certificate) {
		return 0, nil, atelier.Errorf(atelier.Conflict, "PrincipalExists", "%q exists and is %s; kind and certificate cannot change: take another name, or leave them out to give only a role", p.Name, p.Kind)
	}
	// Who means to make somebody new must not let in somebody whom others made.
	if kind != "" && p.Kind != auth.KindIdentity && !auth.Visible(p.Roles, w.ID) {
		return 0, nil, atelier.Errorf(atelier.Conflict, "PrincipalExists", "%q exists already, and not in this workspace; leave kind out to give a role to whoever that is (`atelier principal grant`), or take another name for somebody new", p.Name)
	}
	var out *principalOut
	err = a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
		p, err := get[atelier.Principal](tx, p.ID)
		if err != nil || p == nil {
			return err
		}
		p.Roles = append(slices.DeleteFunc(p.Roles, func(g atelier.RoleGrant) bool { return g.Scope == w.ID }), atelier.RoleGrant{Role: role, Scope: w.ID})
		a.touch(r, &p.Meta)
		out = a.principalOut(w, p)
		return store.Put(tx, p)
	})
	if err == nil && out == nil {
		err = noPrincipal(p.Name)
	}
	return ok, out, err
}

func (a *API) findPrincipal(r *arm.Request) (p *atelier.Principal, w *atelier.Workspace, err error) {
	err = a.read(r, func(tx *store.Tx, found *atelier.Workspace) error {
		w = found
		p, err = get[atelier.Principal](tx, auth.PrincipalID(r.Param("principal")))
		return err
	})
	return p, w, err
}

func (a *API) newPrincipal(r *arm.Request, w *atelier.Workspace, in *principalIn, role string) (int, any, error) {
	name, kind := r.Param("principal"), strings.ToLower(in.Properties.Kind)
	if !atelier.IsPrincipalName(name) {
		return 0, nil, atelier.Errorf(atelier.Invalid, "InvalidPrincipalName", "%q cannot be a principal's name; it has 1 to 64 letters, digits, dots, dashes, underscores and @", name).At("name")
	}
	p := &atelier.Principal{
		Meta: atelier.Meta{Name: name}, Kind: kind, Display: deref(in.Properties.DisplayName, ""), Roles: []atelier.RoleGrant{{Role: role, Scope: w.ID}},
	}
	secret := ""
	switch kind {
	case auth.KindService:
		if in.Properties.Certificate != "" {
			p.Certs = []string{in.Properties.Certificate}
		} else {
			secret = auth.NewSecret()
		}
	case auth.KindUser:
	case auth.KindIdentity:
		if err := a.identityOf(r, p); err != nil {
			return 0, nil, err
		}
	default:
		return 0, nil, atelier.Errorf(atelier.Invalid, "InvalidPrincipalKind", "kind is %q; for somebody new it must be %s, %s or %s", in.Properties.Kind, auth.KindUser, auth.KindService, auth.KindIdentity).At("properties.kind")
	}
	if err := a.Principals.AddPrincipal(r.Context(), r.Caller.Name(), p, secret); err != nil {
		return 0, nil, err
	}
	out := a.principalOut(w, p)
	out.Properties.ClientSecret = secret
	return http.StatusCreated, out, nil
}

// identityOf completes the principal of a managed identity, which is one of a
// compute of the workspace: others are not the workspace's to give roles to.
func (a *API) identityOf(r *arm.Request, p *atelier.Principal) error {
	return a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		all, err := store.All[atelier.Compute](tx, store.Query{Kind: atelier.KindCompute, Parent: w.ID})
		if err != nil {
			return err
		}
		for _, c := range all {
			if m, _, ok := c.Spec.Identity.Find(p.Name, "", ""); ok {
				p.Name, p.UID = m.ClientID, m.PrincipalID
				if p.Display == "" {
					p.Display = "identity of compute " + c.Name
				}
				return nil
			}
		}
		return atelier.Errorf(atelier.NotFound, "IdentityNotFound", "no compute of this workspace has a managed identity with the client ID %q; the compute's identity.principalId and clientId name it", p.Name).At("name")
	})
}

func (a *API) deletePrincipal(r *arm.Request) (int, any, error) {
	status := ok
	err := a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
		p, err := get[atelier.Principal](tx, auth.PrincipalID(r.Param("principal")))
		if err != nil {
			return err
		}
		if p == nil || !auth.Visible(p.Roles, w.ID) {
			status = http.StatusNoContent
			return nil
		}
		left := slices.DeleteFunc(slices.Clone(p.Roles), func(g atelier.RoleGrant) bool { return g.Scope == w.ID })
		switch {
		case len(left) == len(p.Roles):
			return atelier.Errorf(atelier.Conflict, "RoleIsInherited", "%q has its role in the whole installation and none of this workspace's own, which alone could be taken here", p.Name)
		case len(left) == 0:
			return errors.Join(auth.Forget(tx, p), store.Delete(tx, p))
		}
		p.Roles = left
		a.touch(r, &p.Meta)
		return store.Put(tx, p)
	})
	return status, nil, err
}

// mayEnterAs refuses a way in as the user to who may not have one. Users must be this
// workspace's alone: who signs in as another one would get their rights elsewhere.
func mayEnterAs(r *arm.Request, w *atelier.Workspace, p *atelier.Principal) error {
	for _, g := range p.Roles {
		if g.Scope != w.ID && !r.Caller.May(roleWrite, g.Scope) {
			return atelier.Errorf(atelier.Forbidden, "AuthorizationFailed", "%q has roles elsewhere too; only who may give those can make a sign-in link or set the password", p.Name)
		}
	}
	return caller(r).NotByToken("make a sign-in link or set a password")
}

func (a *API) linkPrincipal(r *arm.Request) (int, any, error) {
	var out any
	err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		p, err := principalOf(tx, r, w)
		if err == nil {
			err = mayEnterAs(r, w, p)
		}
		if err != nil {
			return err
		}
		code, err := a.Principals.SignInCodeFor(p)
		out = map[string]string{"link": r.Base() + "/signin?code=" + code}
		return err
	})
	return ok, out, err
}

func (a *API) passwordPrincipal(r *arm.Request) (int, any, error) {
	var in passwordIn
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	var p *atelier.Principal
	err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) (err error) {
		if p, err = principalOf(tx, r, w); err == nil {
			err = mayEnterAs(r, w, p)
		}
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, a.Principals.SetPassword(r.Context(), r.Caller.Name(), p, in.New)
}

func (a *API) answerDevice(r *arm.Request) (int, any, error) {
	answer := strings.ToLower(r.Param("answer"))
	if answer != "approve" && answer != "deny" {
		return 0, nil, atelier.Errorf(atelier.Invalid, "InvalidAnswer", "the answer is %q; it must be approve or deny", answer)
	}
	return ok, map[string]string{"status": answer}, a.Principals.DecideDevice(caller(r), r.Param("code"), answer == "approve")
}
