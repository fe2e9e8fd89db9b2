package azureml

import (
	"net/http"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/store"
)

// doors lets in whom auth does.
type doors struct{ *auth.Auth }

func (d doors) Identify(r *http.Request) (arm.Caller, error) {
	c, err := d.Auth.Identify(r)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// newDoors is a world with real sign-in, and the token of who started it.
func newDoors(t *testing.T) (w *world, a *auth.Auth, owner string) {
	t.Helper()
	w = newWorld(t)
	keys, err := auth.OpenKeys(t.TempDir(), nil, w.api.Now)
	must(t, err)
	a, err = auth.New(auth.Config{DB: w.db, Keys: keys, Now: w.api.Now, Endpoints: []string{"https://example.com"}})
	must(t, err)
	w.api.Principals, w.api.Accounts, w.srv.Gate = a, a, doors{a}
	f, err := a.WriteLocal(t.TempDir(), "https://example.com")
	must(t, err)
	return w, a, f.Token
}

func TestMyTokens(t *testing.T) {
	w, _, owner := newDoors(t)
	made := w.as(owner, "POST", "/me/tokens", `{"name":"ci","days":7}`).want(201).wantAt("kind", "personal").wantAt("expiresAt", "2026-11-30T12:00:00.0000000Z")
	token, _ := made.at("token").(string)
	id, _ := made.at("id").(string)
	w.as(token, "GET", wsURL+"/computes", "").want(200)
	list := w.as(token, "GET", "/me/tokens", "").want(200).wantAt("value.0.id", id).wantAt("value.0.name", "ci").wantAt("value.0.lastUsedAt", "2026-11-23T12:00:00.0000000Z")
	if strings.Contains(list.body, token) {
		t.Error("the token is shown again")
	}
	w.as(token, "POST", "/me/tokens", `{"name":"more","days":7}`).wantError(403, "PersonalTokenNotEnough", "")
	w.as(owner, "POST", "/me/tokens", `{"name":"","days":7}`).wantError(400, "InvalidName", "name")
	w.as(owner, "POST", "/me/tokens", `{"name":"x"}`).wantError(400, "InvalidDays", "days")
	w.as(owner, "DELETE", "/me/tokens/other", "").wantError(404, "TokenNotFound", "")
	w.as(owner, "DELETE", "/me/tokens/"+id, "").want(204)
	w.as(token, "GET", wsURL+"/computes", "").want(401)
	w.as(owner, "GET", "/me/tokens", "").want(200).wantAt("value.0", nil)
}

func TestMyProfile(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"
	w, _, owner := newDoors(t)
	w.as(owner, "GET", "/me/profile", "").want(200).wantAt("language", "").wantAt("shortcuts", true).wantAt("hasPassword", false)
	w.as(owner, "PUT", "/me/profile", `{"language":"ko","theme":"dark","sshKeys":[{"name":"laptop","publicKey":"`+key+`"}]}`).want(200)
	w.as(owner, "PUT", "/me/profile", `{"shortcuts":false}`).want(200)
	w.as(owner, "GET", "/me/profile", "").want(200).wantAt("language", "ko").wantAt("theme", "dark").wantAt("shortcuts", false).
		wantAt("sshKeys.0.publicKey", key).wantAt("sshKeys.0.fingerprint", "SHA256:mKqU+0K8OhKmA8bBQi9Rz0Q5l7/g160hIP+rJYSTNj4").wantAt("sshKeys.0.addedAt", "2026-11-23T12:00:00.0000000Z")
	w.as(owner, "PUT", "/me/profile", `{"language":"fr"}`).wantError(400, "InvalidProfile", "language")
	w.as(owner, "PUT", "/me/profile", `{"sshKeys":[{"name":"a","publicKey":"x"}]}`).wantError(400, "InvalidSSHKey", "sshKeys[0].publicKey")
}

func TestPasswordsByTheAPI(t *testing.T) {
	const one, two = "correct horse battery", "staple and so on"
	w, a, owner := newDoors(t)
	at := wsURL + "/principals/kim"
	w.as(owner, "PUT", at, `{"properties":{"kind":"user","role":"Reader"}}`).want(201)
	w.as(owner, "POST", at+"/password", `{"new":"short"}`).wantError(400, "PasswordTooShort", "new")
	w.as(owner, "POST", at+"/password", `{"new":"`+one+`"}`).want(204)
	w.as(owner, "POST", wsURL+"/principals/nobody/password", `{"new":"`+one+`"}`).wantError(404, "PrincipalNotFound", "")
	r, err := http.NewRequest("POST", "https://example.com/signin", nil) //nolint:noctx // it is only read
	must(t, err)
	r.RemoteAddr = "192.0.2.1:1"
	if _, err := a.SignInPassword(r, "kim", one); err != nil {
		t.Error(err)
	}
	w.as(owner, "PUT", "/me/password", `{"new":"`+one+`"}`).want(204)
	w.as(owner, "GET", "/me/profile", "").wantAt("hasPassword", true)

	// A personal token lets nobody in but itself, also not as somebody else.
	lee := tokenOf(t, a, &atelier.Principal{
		Meta: atelier.Meta{Name: "lee"}, Kind: auth.KindUser, Roles: []atelier.RoleGrant{{Role: auth.Owner, Scope: w.main.ID}},
	})
	for _, whose := range []string{"kim", "lee"} {
		w.as(lee, "POST", wsURL+"/principals/"+whose+"/password", `{"new":"`+two+`"}`).wantError(403, "PersonalTokenNotEnough", "")
		w.as(lee, "POST", wsURL+"/principals/"+whose+"/signInLink", "").wantError(403, "PersonalTokenNotEnough", "")
	}

	for _, body := range []string{`{"kind":"service","role":"Owner"}`, `{"kind":"user","role":"Reader"}`} {
		w.as(lee, "PUT", wsURL+"/principals/robot", `{"properties":`+body+`}`).wantError(403, "PersonalTokenNotEnough", "")
	}
	w.as(lee, "PUT", at, `{"properties":{"role":"Owner"}}`).wantError(403, "PersonalTokenNotEnough", "")
	w.as(lee, "GET", wsURL+"/principals/robot", "").wantError(404, "PrincipalNotFound", "")
	w.as(lee, "GET", at, "").want(200).wantAt("properties.roles.0", "Reader")

	// Who has roles elsewhere belongs to others too.
	kim := auth.PrincipalID("kim")
	change(w, kim, func(p *atelier.Principal) {
		p.Roles = append(p.Roles, atelier.RoleGrant{Role: auth.Owner, Scope: atelier.WorkspaceID(subscription, "Default", "Other")})
	})
	w.as(lee, "POST", at+"/password", `{"new":"`+two+`"}`).wantError(403, "AuthorizationFailed", "")
	w.as(owner, "POST", at+"/password", `{"new":"`+two+`"}`).want(204)
}

// tokenOf makes a user and returns a personal token of theirs.
func tokenOf(t *testing.T, a *auth.Auth, p *atelier.Principal) string {
	t.Helper()
	must(t, a.AddPrincipal(t.Context(), "test", p, ""))
	link, err := a.SignInCodeFor(p)
	must(t, err)
	cookie, _ := a.SignIn(link)
	r, err := http.NewRequest("GET", "https://example.com/", nil) //nolint:noctx // it is only read
	must(t, err)
	r.AddCookie(cookie)
	c, err := a.Identify(r)
	must(t, err)
	_, text, err := a.CreateToken(t.Context(), c, "x", 1)
	must(t, err)
	return text
}

// TestDeletedPrincipals keep nothing: who comes after by the same name begins anew.
func TestDeletedPrincipals(t *testing.T) {
	w, a, owner := newDoors(t)
	kim := func() *atelier.Principal {
		return &atelier.Principal{Meta: atelier.Meta{Name: "kim"}, Kind: auth.KindUser, Roles: []atelier.RoleGrant{{Role: auth.Reader, Scope: w.main.ID}}}
	}
	token := tokenOf(t, a, kim())
	w.as(token, "PUT", "/me/profile", `{"language":"ko"}`).want(200)
	w.as(owner, "DELETE", wsURL+"/principals/kim", "").want(200)
	w.as(token, "GET", "/me/profile", "").want(401)
	w.do(func(tx *store.Tx) error {
		for _, kind := range []string{atelier.KindAccount, atelier.KindToken} {
			if left, err := store.All[atelier.Token](tx, store.Query{Kind: kind}); err != nil || len(left) > 0 {
				t.Errorf("%d %s are left: %v", len(left), kind, err)
			}
		}
		return nil
	})
	again := tokenOf(t, a, kim())
	w.as(token, "GET", "/me/profile", "").want(401)
	w.as(again, "GET", "/me/profile", "").want(200).wantAt("language", "")
}
