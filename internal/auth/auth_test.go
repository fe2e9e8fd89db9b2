package auth

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

const endpoint = "https://127.0.0.1:8443"

// bench is an Auth with everything around it.
type bench struct {
	*Auth
	*clock
	db  *store.DB
	dir string
}

// keysOnce are shared: making them costs more than all the rest.
var keysOnce = sync.OnceValues(func() (*Keys, error) {
	dir, err := os.MkdirTemp("", "atelier-auth-test-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	return OpenKeys(dir, nil, (&clock{start}).now)
})

func newBench(t *testing.T) *bench {
	t.Helper()
	keys, err := keysOnce()
	if err != nil {
		t.Fatal(err)
	}
	return newBenchWith(t, keys)
}

func newBenchWith(t testing.TB, keys *Keys) *bench {
	t.Helper()
	var err error
	b := &bench{clock: &clock{start}, dir: t.TempDir()}
	b.db = store.OpenDisk(&store.Disk{}, b.now)
	b.Auth, err = New(Config{DB: b.db, Keys: keys, Now: b.now, Endpoints: []string{endpoint + "/"}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) add(t testing.TB, name, secret string, grants ...atelier.RoleGrant) *atelier.Principal {
	t.Helper()
	p := &atelier.Principal{Meta: atelier.Meta{Name: name}, Kind: "service", Roles: grants}
	if err := b.AddPrincipal(t.Context(), "test", p, secret); err != nil {
		t.Fatal(err)
	}
	return p
}

func bearer(token string) *http.Request {
	r := httptest.NewRequest("GET", endpoint+"/x", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func refused(t *testing.T, b *bench, r *http.Request) {
	t.Helper()
	c, err := b.Identify(r)
	if !atelier.IsKind(err, atelier.Unauthentic) {
		t.Errorf("got %v, want an error of kind Unauthentic", err)
	}
	if c.Name() != "" || c.May("x/read", "") || c.Sees("workspaces/w") {
		t.Error("a refused caller may something")
	}
}

func TestIdentify(t *testing.T) {
	b := newBench(t)
	t.Run("nobody", func(t *testing.T) { refused(t, b, httptest.NewRequest("GET", "/", nil)) })
	for _, header := range []string{"", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic YTpi", "atl_", "Bearer atl_", "Bearer " + localPrefix + strings.Repeat("A", 43)} {
		t.Run("garbage", func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Authorization", header)
			refused(t, b, r)
		})
	}
	t.Run("two-headers", func(t *testing.T) {
		f, err := b.WriteLocal(b.dir, endpoint)
		if err != nil {
			t.Fatal(err)
		}
		r := bearer(f.Token)
		r.Header.Add("Authorization", "Bearer "+f.Token)
		refused(t, b, r)
	})
	t.Run("a-wrong-token-beside-a-good-cookie", func(t *testing.T) {
		cookie, _ := b.SignIn(b.SignInCode())
		r := bearer("x")
		r.AddCookie(cookie)
		refused(t, b, r)
	})
}

func TestLocalToken(t *testing.T) {
	b := newBench(t)
	f, err := b.WriteLocal(b.dir, endpoint)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(b.dir, "run", "cli.json")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("cli.json: %v %v", info, err)
	}
	if data, _ := os.ReadFile(path); !strings.Contains(string(data), f.Token) || !filepath.IsAbs(f.CA) || f.PID != os.Getpid() || f.Endpoint != endpoint {
		t.Errorf("cli.json is %s", data)
	}
	c, err := b.Identify(bearer(f.Token))
	if err != nil || c.Name() != "local" || !c.May("Microsoft.Authorization/roleAssignments/write", "workspaces/any") {
		t.Errorf("the owner is %q, %v", c.Name(), err)
	}
	if _, err := b.WriteLocal(b.dir, endpoint); err != nil {
		t.Fatal(err)
	}
	refused(t, b, bearer(f.Token))
	if err := RemoveLocal(b.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("cli.json is still there")
	}
	t.Run("another-servers-file-stays", func(t *testing.T) {
		os.WriteFile(path, []byte(`{"pid":1}`), 0o600)
		if err := RemoveLocal(b.dir); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	})
}

func TestSignIn(t *testing.T) {
	with := func(cookie *http.Cookie, method string, headers ...string) *http.Request {
		r := httptest.NewRequest(method, endpoint+"/x", nil)
		r.AddCookie(cookie)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		return r
	}
	t.Run("once", func(t *testing.T) {
		b := newBench(t)
		code := b.SignInCode()
		cookie, ok := b.SignIn(code)
		if !ok {
			t.Fatal("the code does not work")
		}
		if cookie.Name != CookieName || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
			t.Errorf("the cookie is %v", cookie)
		}
		if c, err := b.Identify(with(cookie, "GET")); err != nil || c.Name() != "local" {
			t.Error(err)
		}
		if _, ok := b.SignIn(code); ok {
			t.Error("the code works twice")
		}
		refused(t, b, with(&http.Cookie{Name: CookieName, Value: code}, "GET"))
	})
	t.Run("once-among-many", func(t *testing.T) {
		b := newBench(t)
		code := b.SignInCode()
		var in atomic.Int32
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, ok := b.SignIn(code); ok {
					in.Add(1)
				}
			})
		}
		wg.Wait()
		if in.Load() != 1 {
			t.Errorf("%d signed in with one code", in.Load())
		}
	})
	t.Run("ends", func(t *testing.T) {
		b := newBench(t)
		late, early := b.SignInCode(), b.SignInCode()
		b.t = start.Add(codeLife - time.Second)
		cookie, ok := b.SignIn(early)
		if !ok {
			t.Fatal("the code ended too early")
		}
		b.t = start.Add(codeLife)
		if _, ok := b.SignIn(late); ok {
			t.Error("the code works after its end")
		}
		b.t = b.t.Add(sessionLife)
		refused(t, b, with(cookie, "GET"))
	})
	t.Run("unknown", func(t *testing.T) {
		b := newBench(t)
		b.SignInCode()
		for _, code := range []string{"", "x", strings.Repeat("A", 43)} {
			if _, ok := b.SignIn(code); ok {
				t.Errorf("%q signs in", code)
			}
		}
	})
	t.Run("bounded", func(t *testing.T) {
		b := newBench(t)
		first := b.SignInCode()
		b.t = b.t.Add(time.Second)
		var last string
		for range 2 * mostCodes {
			last = b.SignInCode()
		}
		if len(b.sessions.codes) > mostCodes {
			t.Errorf("%d codes are kept", len(b.sessions.codes))
		}
		if _, ok := b.SignIn(first); ok {
			t.Error("the oldest code outlived newer ones")
		}
		if _, ok := b.SignIn(last); !ok {
			t.Error("the newest code is gone")
		}
	})
	t.Run("other-sites", func(t *testing.T) {
		b := newBench(t)
		cookie, _ := b.SignIn(b.SignInCode())
		for _, r := range []*http.Request{
			with(cookie, "POST", "Sec-Fetch-Site", "same-origin"),
			with(cookie, "PUT", "Origin", endpoint),
			with(cookie, "GET", "Sec-Fetch-Site", "cross-site"), // its answer cannot be read there
		} {
			if _, err := b.Identify(r); err != nil {
				t.Errorf("%s %v: %v", r.Method, r.Header, err)
			}
		}
		for _, r := range []*http.Request{
			with(cookie, "POST", "Sec-Fetch-Site", "cross-site"),
			with(cookie, "DELETE", "Sec-Fetch-Site", "same-site"),
			with(cookie, "PUT", "Origin", "https://evil.example"),
			with(cookie, "PATCH", "Origin", "null"),
			with(cookie, "POST"),
		} {
			refused(t, b, r)
		}
	})
	t.Run("two-cookies", func(t *testing.T) {
		b := newBench(t)
		cookie, _ := b.SignIn(b.SignInCode())
		r := with(cookie, "GET")
		r.AddCookie(&http.Cookie{Name: CookieName, Value: "x"})
		refused(t, b, r)
	})
}

func TestBootstrap(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	c, err := b.Bootstrap(ctx, b.dir)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(CredentialsFile(b.dir)); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("credentials.json: %v %v", info, err)
	}
	signsIn := func(want int) {
		t.Helper()
		if res := b.ask(t, form(c.ClientID, c.Secret)); res.Code != want {
			t.Errorf("token endpoint: %d %s, want %d", res.Code, res.Body, want)
		}
	}
	signsIn(200)
	t.Run("same-again", func(t *testing.T) {
		again, err := b.Bootstrap(ctx, b.dir)
		if err != nil || again != c {
			t.Errorf("got %v %v", again, err)
		}
	})
	t.Run("file-taken-away", func(t *testing.T) {
		os.Rename(CredentialsFile(b.dir), CredentialsFile(b.dir)+".away")
		if got, err := b.Bootstrap(ctx, b.dir); err != nil || got.ClientID != "" || got.Tenant != b.Tenant() {
			t.Errorf("a second principal was made: %v %v", got, err)
		}
		os.Rename(CredentialsFile(b.dir)+".away", CredentialsFile(b.dir))
	})
	t.Run("deleted-stays-deleted", func(t *testing.T) {
		err := b.db.Do(ctx, func(tx *store.Tx) error {
			p, err := store.Get[atelier.Principal](tx, PrincipalID(c.ClientID))
			if err != nil {
				return err
			}
			return store.Delete(tx, p)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Bootstrap(ctx, b.dir); err != nil {
			t.Fatal(err)
		}
		signsIn(401)
	})
	t.Run("crash-before-the-principal", func(t *testing.T) {
		b := newBench(t)
		want := Credentials{Tenant: b.Tenant(), ClientID: NewGUID(), Secret: "s3cret"}
		if err := writeCredentials(b.dir, want); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Bootstrap(ctx, b.dir); err != nil {
			t.Fatal(err)
		}
		if res := b.ask(t, form(want.ClientID, want.Secret)); res.Code != 200 {
			t.Errorf("%d %s", res.Code, res.Body)
		}
	})
	t.Run("damaged", func(t *testing.T) {
		os.WriteFile(CredentialsFile(b.dir), []byte("{"), 0o600)
		if _, err := b.Bootstrap(ctx, b.dir); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("got %v", err)
		}
	})
}

func TestPrincipalChanges(t *testing.T) {
	b := newBench(t)
	ws := atelier.ID("workspaces/s~r~w")
	p := b.add(t, "app", "s", atelier.RoleGrant{Role: Reader, Scope: ws})
	token := b.mustToken(t, "app", "s")
	change := func(f func(tx *store.Tx, p *atelier.Principal) error) {
		t.Helper()
		err := b.db.Do(t.Context(), func(tx *store.Tx) error {
			p, err := store.Get[atelier.Principal](tx, p.ID)
			if err != nil {
				return err
			}
			return f(tx, p)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	may := func() bool {
		c, err := b.Identify(bearer(token))
		return err == nil && c.May("Microsoft.MachineLearningServices/workspaces/computes/read", ws)
	}
	if !may() {
		t.Fatal("the reader may not read")
	}
	change(func(tx *store.Tx, p *atelier.Principal) error { p.Roles = nil; return store.Put(tx, p) })
	if may() {
		t.Error("a role that was taken away still counts")
	}
	change(func(tx *store.Tx, p *atelier.Principal) error {
		p.Roles, p.ExpiresAt = []atelier.RoleGrant{{Role: Reader}}, b.t.Add(time.Minute)
		return store.Put(tx, p)
	})
	if !may() {
		t.Error("a new role does not count")
	}
	b.t = b.t.Add(time.Minute)
	refused(t, b, bearer(token))
	if res := b.ask(t, form("app", "s")); res.Code != 401 {
		t.Errorf("an expired principal signs in: %d", res.Code)
	}
	change(func(tx *store.Tx, p *atelier.Principal) error { return store.Delete(tx, p) })
	b.add(t, "app", "other", atelier.RoleGrant{Role: Owner})
	refused(t, b, bearer(token)) // of the principal that had the name before
}
