package azureml

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/store"
)

// register adds principals as auth does, and remembers secrets.
type register struct {
	Principals // which this fake has not of its own
	w          *world
	secrets    map[string]string
}

func (g *register) AddPrincipal(ctx context.Context, actor string, p *atelier.Principal, secret string) error {
	g.secrets[p.Name] = secret
	p.ID, p.Generation = auth.PrincipalID(p.Name), 1
	if p.UID == "" {
		p.UID = "uid-" + p.Name
	}
	return g.w.db.Do(ctx, func(tx *store.Tx) error { tx.Actor = actor; return store.Put(tx, p) })
}

func (g *register) SignInCodeFor(p *atelier.Principal) (string, error) {
	return "code-of-" + p.Name, nil
}

func TestPrincipals(t *testing.T) {
	w := newWorld(t)
	g := &register{w: w, secrets: map[string]string{}}
	w.api.Principals = g
	at := func(ws, name string) string { return ws + "/principals/" + name }
	roles := func(name string) string {
		t.Helper()
		var p *atelier.Principal
		w.do(func(tx *store.Tx) (err error) {
			p, err = get[atelier.Principal](tx, auth.PrincipalID(name))
			return err
		})
		if p == nil {
			return "gone"
		}
		var list []string
		for _, r := range p.Roles {
			list = append(list, r.Role+"@"+string(r.Scope)[strings.LastIndexByte(string(r.Scope), '~')+1:])
		}
		return strings.Join(list, " ")
	}
	body := func(kind, role string) string {
		return `{"properties":{"kind":"` + kind + `","role":"` + role + `"}}`
	}
	made := w.ann("PUT", at(wsURL, "trainer"), body("service", "azureml data scientist")).want(201).wantAt("properties.clientId", "trainer")
	if secret, _ := made.at("properties.clientSecret").(string); secret == "" || secret != g.secrets["trainer"] {
		t.Errorf("the secret is %q, stored was %q", secret, g.secrets["trainer"])
	}
	again := w.ann("PUT", at(wsURL, "trainer"), body("service", "Reader")).want(200)
	if strings.Contains(string(again.body), "clientSecret") || roles("trainer") != "Reader@main" {
		t.Errorf("the second PUT answers %s, roles %q", again.body, roles("trainer"))
	}
	w.ann("PUT", at(otherURL, "trainer"), body("", "Contributor")).want(200).wantAt("properties.roles.0", "Contributor")
	if roles("trainer") != "Reader@main Contributor@other" {
		t.Errorf("roles are %q", roles("trainer"))
	}
	w.ann("GET", wsURL+"/principals", "").want(200).wantAt("value.0.name", "trainer").wantAt("value.0.properties.roles.0", "Reader")
	w.ann("PUT", at(wsURL, "kim"), body("user", "Owner")).want(201)
	w.ann("POST", at(wsURL, "kim")+"/signInLink", "").want(200).wantAt("link", "http://example.com/signin?code=code-of-kim")
	w.as("bob", "GET", at(otherURL, "kim"), "").wantError(404, "PrincipalNotFound", "")
	w.as("bob", "POST", at(otherURL, "kim")+"/signInLink", "").wantError(404, "PrincipalNotFound", "")
	w.as("bob", "PUT", at(otherURL, "kim"), body("user", "Reader")).wantError(409, "PrincipalExists", "") // who wants a kim of their own gets nobody else
	if roles("kim") != "Owner@main" {
		t.Errorf("roles are %q", roles("kim"))
	}
	w.as("bob", "PUT", at(otherURL, "kim"), body("", "Reader")).want(200)
	w.as("bob", "PUT", at(otherURL, "kim"), body("user", "Reader")).want(200)
	w.as("bob", "POST", at(otherURL, "kim")+"/signInLink", "").wantError(403, "AuthorizationFailed", "") // with the link bob would own Main
	w.as("bob", "PUT", at(otherURL, "kim"), body("service", "Reader")).wantError(409, "PrincipalExists", "")
	w.as("bob", "PUT", at(otherURL, "trainer"), `{"properties":{"role":"Reader","certificate":"x"}}`).wantError(409, "PrincipalExists", "")
	w.as("bob", "DELETE", at(otherURL, "kim"), "").want(200)
	if roles("kim") != "Owner@main" {
		t.Errorf("another workspace's DELETE leaves %q", roles("kim"))
	}
	w.ann("DELETE", at(wsURL, "kim"), "").want(200)
	w.ann("DELETE", at(wsURL, "kim"), "").want(204)
	if roles("kim") != "gone" {
		t.Errorf("without a role there is still %q", roles("kim"))
	}
	for name, tt := range map[string]struct {
		name, body, code, target string
		status                   int
	}{
		"role":     {"x", body("user", "King"), "RoleDefinitionDoesNotExist", "properties.role", 400},
		"kind":     {"x", body("", "Reader"), "InvalidPrincipalKind", "properties.kind", 400},
		"name":     {"a%20b", body("user", "Reader"), "InvalidPrincipalName", "name", 400},
		"identity": {"x", body("identity", "Reader"), "IdentityNotFound", "name", 404},
	} {
		t.Run(name, func(t *testing.T) { w.ann("PUT", at(wsURL, tt.name), tt.body).wantError(tt.status, tt.code, tt.target) })
	}
	w.do(func(tx *store.Tx) error {
		return store.Put(tx, &atelier.Principal{Meta: atelier.Meta{ID: auth.PrincipalID("first"), Name: "first", UID: "f"}, Kind: "service", Roles: []atelier.RoleGrant{{Role: "Contributor"}}})
	})
	w.ann("DELETE", at(wsURL, "first"), "").wantError(409, "RoleIsInherited", "")
	w.ann("GET", at(wsURL, "first"), "").want(200).wantAt("properties.inherited.0", "Contributor")
}

func TestRolesOfManagedIdentities(t *testing.T) {
	w := newWorld(t)
	w.api.Principals = &register{w: w, secrets: map[string]string{}}
	made := w.ann("PUT", wsURL+"/computes/one", `{"location":"local","identity":{"type":"SystemAssigned"},"properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS3_v2","scaleSettings":{"maxNodeCount":1}}}}`).want(201)
	var id *atelier.Identity
	w.do(func(tx *store.Tx) error {
		c, err := store.Get[atelier.Compute](tx, w.main.ID.Child(atelier.KindCompute, "one"))
		id = c.Spec.Identity
		return err
	})
	const grant = `{"properties":{"kind":"identity","role":"Reader"}}`
	w.ann("PUT", otherURL+"/principals/"+id.ClientID, grant).wantError(404, "IdentityNotFound", "name")
	w.ann("PUT", wsURL+"/principals/"+id.ClientID, grant).want(201).wantAt("properties.principalId", made.at("identity.principalId"))
}

// answers remembers what was answered of devices.
type answers struct {
	Principals
	got []string
}

func (a *answers) DecideDevice(c auth.Caller, code string, yes bool) error {
	a.got = append(a.got, fmt.Sprint(c.Name(), " ", code, " ", yes))
	return nil
}

func TestAnswerDevice(t *testing.T) {
	w, a, _ := newDoors(t)
	devices := &answers{Principals: a}
	w.api.Principals = devices
	kim := tokenOf(t, a, &atelier.Principal{Meta: atelier.Meta{Name: "kim"}, Kind: auth.KindUser})
	const at = "/providers/Microsoft.MachineLearningServices/deviceSignIns/BCDF-GHJK/"
	w.as(kim, "POST", at+"approve", "").want(200)
	w.as(kim, "POST", at+"deny", "").want(200)
	w.as(kim, "POST", at+"maybe", "").wantError(400, "InvalidAnswer", "")
	w.as("", "POST", at+"approve", "").want(401)
	if got := fmt.Sprint(devices.got); got != "[kim BCDF-GHJK true kim BCDF-GHJK false]" {
		t.Error(got)
	}
}
