package studio

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/store"
)

const secret = "correct horse battery"

// newUser makes a user with a password, who has a role in one of two workspaces.
func newUser(t *testing.T, s *Studio, a *auth.Auth, name string) *atelier.Principal {
	t.Helper()
	mine := atelier.WorkspaceID("sub", "rg", "mine")
	err := s.DB.Do(t.Context(), func(tx *store.Tx) error {
		for _, n := range []string{"mine", "other"} {
			id := atelier.WorkspaceID("sub", "rg", n)
			if _, err := store.Get[atelier.Workspace](tx, id); err == nil {
				continue
			}
			if err := store.Put(tx, &atelier.Workspace{Meta: atelier.Meta{ID: id, Name: n}, Subscription: "sub", ResourceGroup: "rg", Location: "local"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &atelier.Principal{Meta: atelier.Meta{Name: name}, Kind: auth.KindUser, Display: "Kim Min", Roles: []atelier.RoleGrant{{Role: auth.Reader, Scope: mine}}}
	if err := a.AddPrincipal(t.Context(), "test", p, ""); err != nil {
		t.Fatal(err)
	}
	if err := a.SetPassword(t.Context(), "test", p, secret); err != nil {
		t.Fatal(err)
	}
	return p
}

func script(s *Studio, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	for _, r := range s.Routes() {
		mux.Handle(r.Method+" "+r.Pattern, r.Handler)
	}
	r := httptest.NewRequest(method, origin+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

func code(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var out arm.Wrapped
	err := json.Unmarshal(w.Body.Bytes(), &out)
	if e := out.Error; err != nil || e.Message == "" || e.Details == nil || e.Info == nil || !strings.Contains(w.Body.String(), `"target":`) {
		t.Fatalf("%v in %d %s", err, w.Code, w.Body)
	}
	return out.Error.Code
}

func cookieOf(w *httptest.ResponseRecorder) string {
	value, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	return value
}

func sessionOf(t *testing.T, s *Studio, headers ...string) auth.SessionInfo {
	t.Helper()
	w := serve(s, "GET", "/session", nil, headers...)
	var out auth.SessionInfo
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%v in %d %s", err, w.Code, w.Body)
	}
	return out
}

func TestSignInByScript(t *testing.T) {
	s, a := newStudio(t, "owner")
	newUser(t, s, a, "kim")
	t.Run("password-session-sign-out", func(t *testing.T) {
		w := script(s, "POST", "/signin", `{"user":"Kim","password":"`+secret+`"}`, "Sec-Fetch-Site", "same-origin")
		if w.Code != 204 || w.Body.Len() > 0 || !strings.Contains(w.Header().Get("Set-Cookie"), "; HttpOnly; Secure; SameSite=Lax") {
			t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
		}
		me := cookieOf(w)
		out := sessionOf(t, s, "Cookie", me)
		if !out.SignedIn || out.Name != "kim" || out.DisplayName != "Kim Min" || out.Kind != "user" || out.ExpiresAt == nil || out.Version != "1.2.3" || out.Studio {
			t.Errorf("%+v", out)
		}
		if len(out.Workspaces) != 1 || out.Workspaces[0] != (auth.SessionWorkspace{Subscription: "sub", ResourceGroup: "rg", Name: "mine", Location: "local"}) {
			t.Errorf("sees %v", out.Workspaces)
		}
		if w := script(s, "POST", "/signout", "", "Cookie", me, "Sec-Fetch-Site", "cross-site"); w.Code != 403 || !sessionOf(t, s, "Cookie", me).SignedIn {
			t.Errorf("another site signs out: %d", w.Code)
		}
		w = script(s, "POST", "/signout", "", "Cookie", me, "Sec-Fetch-Site", "same-origin")
		if w.Code != 204 || !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		if out := sessionOf(t, s, "Cookie", me); out.SignedIn || out.Name != "" || len(out.Workspaces) > 0 {
			t.Errorf("after signing out: %+v", out)
		}
		if w := script(s, "POST", "/signout", "", "Cookie", me, "Sec-Fetch-Site", "same-origin"); w.Code != 204 {
			t.Errorf("a second time: %d", w.Code)
		}
	})
	t.Run("refusals", func(t *testing.T) {
		for _, c := range []struct {
			body   string
			status int
			want   string
		}{
			{`{"user":"kim","password":"wrong wrong wrong"}`, 403, "WrongPassword"},
			{`{"user":"nobody","password":"` + secret + `"}`, 403, "WrongPassword"},
			{`{"user":"owner","password":"` + secret + `"}`, 403, "WrongPassword"},
			{`{"user":"kim"}`, 403, "WrongPassword"},
			{`{"token":"x"}`, 403, "InvalidToken"},
			{`{"code":"x"}`, 403, "SignInCodeSpent"},
			{`{}`, 403, "SignInCodeSpent"},
			{`[]`, 400, "InvalidRequestContent"},
			{`{"user":"` + strings.Repeat("x", maxForm) + `"}`, 400, "InvalidRequestContent"},
		} {
			w := script(s, "POST", "/signin", c.body, "Sec-Fetch-Site", "same-origin")
			if got := code(t, w); w.Code != c.status || got != c.want || w.Header().Get("Set-Cookie") != "" || w.Header().Get("Retry-After") != "" {
				t.Errorf("%.60s: %d %s, want %d %s", c.body, w.Code, got, c.status, c.want)
			}
		}
	})
	t.Run("from-another-site", func(t *testing.T) {
		w := script(s, "POST", "/signin", `{"user":"kim","password":"`+secret+`"}`, "Sec-Fetch-Site", "cross-site")
		if w.Code != 403 || code(t, w) != "OtherSite" || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	t.Run("one-link-by-script", func(t *testing.T) {
		body := `{"code":"` + a.SignInCode() + `"}`
		if w := script(s, "POST", "/signin", body); w.Code != 204 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w := script(s, "POST", "/signin", body); w.Code != 403 {
			t.Errorf("a second time: %d", w.Code)
		}
	})
	t.Run("too-many", func(t *testing.T) {
		for range 6 {
			script(s, "POST", "/signin", `{"user":"lee","password":"wrong"}`)
		}
		w := script(s, "POST", "/signin", `{"user":"lee","password":"wrong"}`)
		wait := w.Header().Get("Retry-After")
		if code(t, w) != "TooManyTries" || w.Code != 429 || !strings.Contains(w.Body.String(), "wait "+wait+" seconds") {
			t.Errorf("%d, after %q: %s", w.Code, wait, w.Body)
		}
		form := serve(s, "POST", "/signin", url.Values{"user": {"lee"}, "password": {"wrong"}})
		if form.Code != 429 || !strings.Contains(form.Body.String(), "Too many wrong passwords") || form.Header().Get("Retry-After") != wait {
			t.Errorf("%d %v %s", form.Code, form.Header(), form.Body)
		}
	})
}

func TestSignInByForm(t *testing.T) {
	s, a := newStudio(t, "owner")
	newUser(t, s, a, "kim")
	same := []string{"Sec-Fetch-Site", "same-origin"}
	t.Run("password-and-next", func(t *testing.T) {
		for next, want := range map[string]string{
			"": "/", "/compute/clusters?q=a": "/compute/clusters?q=a", "//evil.example": "/", "https://evil.example": "/", `/\evil.example`: "/",
			"evil": "/", "/\t/evil.example": "/", "javascript:alert(1)": "/",
		} {
			w := serve(s, "POST", "/signin", url.Values{"user": {"kim"}, "password": {secret}, "next": {next}}, same...)
			if w.Code != 303 || w.Header().Get("Location") != want || cookieOf(w) == "" {
				t.Errorf("%q: %d to %q", next, w.Code, w.Header().Get("Location"))
			}
		}
	})
	t.Run("link-and-next", func(t *testing.T) {
		w := serve(s, "GET", "/signin?code=x&next=%2Fjobs%3Fa%3D%22%3E", nil)
		if !strings.Contains(w.Body.String(), `name="next" value="/jobs?a=&#34;&gt;"`) {
			t.Error(w.Body)
		}
		if w := serve(s, "GET", "/signin?code=x&next=//evil.example", nil); strings.Contains(w.Body.String(), "evil") {
			t.Error(w.Body)
		}
	})
	t.Run("wrong", func(t *testing.T) {
		w := serve(s, "POST", "/signin", url.Values{"user": {"kim"}, "password": {"x"}, "next": {"/jobs"}}, same...)
		if body := w.Body.String(); w.Code != 403 || !strings.Contains(body, "password is wrong") || !strings.Contains(body, `value="/jobs"`) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	t.Run("unread", func(t *testing.T) {
		w := serve(s, "POST", "/signin", url.Values{"user": {"kim"}, "password": {strings.Repeat("x", maxForm)}}, same...)
		if w.Code != 400 || !strings.Contains(w.Body.String(), "Signing in did not work") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	t.Run("in-the-address-does-not-count", func(t *testing.T) {
		w := serve(s, "POST", "/signin?user=kim&password="+url.QueryEscape(secret), url.Values{}, same...)
		if w.Code != 403 || cookieOf(w) != "" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	})
}

func TestSessionWithAToken(t *testing.T) {
	s, a := newStudio(t, "owner")
	f, err := a.WriteLocal(t.TempDir(), origin)
	if err != nil {
		t.Fatal(err)
	}
	if out := sessionOf(t, s, "Authorization", "Bearer "+f.Token); !out.SignedIn || out.Name != "owner" || out.ExpiresAt != nil {
		t.Errorf("%+v", out)
	}
	w := script(s, "POST", "/signin", `{"token":" `+f.Token+`\n"}`)
	if out := sessionOf(t, s, "Cookie", cookieOf(w)); w.Code != 204 || out.Name != "owner" || out.ExpiresAt == nil {
		t.Errorf("%d %+v", w.Code, out)
	}
}

// TestSignOutThatCannotBeSaved says so: another start might bring the session back.
func TestSignOutThatCannotBeSaved(t *testing.T) {
	s, a := newStudio(t, "owner")
	dir := t.TempDir()
	if err := a.KeepSessions(dir); err != nil {
		t.Fatal(err)
	}
	w := script(s, "POST", "/signin", `{"code":"`+a.SignInCode()+`"}`)
	file := filepath.Join(dir, "run", "sessions.json")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(file, "in-the-way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if w := script(s, "POST", "/signout", "", "Cookie", cookieOf(w), "Sec-Fetch-Site", "same-origin"); w.Code != 500 || !strings.Contains(w.Body.String(), "InternalServerError") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
