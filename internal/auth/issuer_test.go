package auth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

func (b *bench) mux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range b.Routes() {
		mux.Handle(r.Method+" "+r.Pattern, r.Handler)
	}
	return mux
}

func form(client, secret string) url.Values {
	return url.Values{
		"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret},
		"scope": {endpoint + "/.default openid offline_access profile"}, "client_info": {"1"},
	}
}

func (b *bench) ask(t testing.TB, v url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("POST", endpoint+"/"+b.Tenant()+"/oauth2/v2.0/token", strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	b.mux().ServeHTTP(w, r)
	return w
}

func (b *bench) mustToken(t testing.TB, client, secret string) string {
	t.Helper()
	w := b.ask(t, form(client, secret))
	var body struct {
		TokenType   string `json:"token_type"`
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != 200 || body.TokenType != "Bearer" || body.ExpiresIn != 3599 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w.Header().Get("Cache-Control") != "no-store" {
		t.Error("a token may be cached on its way")
	}
	return body.AccessToken
}

func TestTokenEndpoint(t *testing.T) {
	b := newBench(t)
	b.add(t, "app", "right", atelier.RoleGrant{Role: Reader})
	b.add(t, "quiet", "")
	person := &atelier.Principal{Meta: atelier.Meta{Name: "person"}, Kind: "user"}
	if err := b.AddPrincipal(t.Context(), "test", person, "right"); err != nil {
		t.Fatal(err)
	}

	with := func(key, value string) url.Values {
		v := form("app", "right")
		v.Set(key, value)
		return v
	}
	basic := func(id, secret string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret)) }
	}
	tests := []struct {
		name   string
		form   url.Values
		change func(*http.Request)
		status int
		error  string
		code   int
	}{
		{name: "secret-in-the-body", form: form("app", "right"), status: 200},
		{name: "client-id-in-capitals", form: form("APP", "right"), status: 200},
		{name: "basic", form: url.Values{"grant_type": {"client_credentials"}, "scope": {endpoint + "/.default"}}, change: basic("app", "right"), status: 200},
		{name: "scope-of-public-azure", form: with("scope", "https://management.core.windows.net//.default"), status: 200},
		{name: "scope-of-the-data-plane", form: with("scope", "https://ml.azure.example:1/.default"), status: 200},
		{name: "wrong-secret", form: form("app", "wrong"), status: 401, error: "invalid_client", code: 7000215},
		{name: "prefix-of-the-secret", form: form("app", "righ"), status: 401, error: "invalid_client", code: 7000215},
		{name: "no-secret", form: form("app", ""), status: 401, error: "invalid_client", code: 7000215},
		{name: "unknown-client", form: form("nobody", "right"), status: 401, error: "invalid_client", code: 7000215},
		{name: "client-without-a-secret", form: form("quiet", ""), status: 401, error: "invalid_client", code: 7000215},
		{name: "not-a-service", form: form("person", "right"), status: 401, error: "invalid_client", code: 7000215},
		{name: "no-client", form: form("", ""), status: 401, error: "invalid_client", code: 7000215},
		{name: "long-secret", form: form("app", strings.Repeat("x", 2*maxSecret)), status: 401, error: "invalid_client", code: 7000215},
		{name: "other-grant", form: with("grant_type", "password"), status: 400, error: "unsupported_grant_type", code: 70003},
		{name: "assertion", form: with("client_assertion", "x"), status: 400, error: "invalid_request", code: 50027},
		{name: "other-audience", form: with("scope", "https://vault.azure.net/.default"), status: 400, error: "invalid_scope", code: 70011},
		{name: "no-scope", form: with("scope", ""), status: 400, error: "invalid_scope", code: 70011},
		{name: "twice", form: url.Values{"grant_type": {"client_credentials"}, "client_id": {"a", "b"}}, status: 400, error: "invalid_request", code: 900144},
		{name: "body-and-basic", form: form("app", "right"), change: basic("app", "right"), status: 400, error: "invalid_request", code: 900144},
		{name: "huge", form: url.Values{"x": {strings.Repeat("x", maxForm)}}, status: 400, error: "invalid_request", code: 900144},
		{name: "other-tenant", form: form("app", "right"), change: func(r *http.Request) { r.URL.Path = "/00000000-0000-0000-0000-000000000001/oauth2/v2.0/token" }, status: 400, error: "invalid_request", code: 90002},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.change == nil {
				tt.change = func(*http.Request) {}
			}
			w := b.ask(t, tt.form, tt.change)
			var body struct {
				Error       string `json:"error"`
				Description string `json:"error_description"`
				Codes       []int  `json:"error_codes"`
				AccessToken string `json:"access_token"`
				Trace       string `json:"trace_id"`
			}
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			if w.Code != tt.status || body.Error != tt.error || (body.AccessToken != "") != (tt.status == 200) {
				t.Fatalf("got %d %s", w.Code, w.Body)
			}
			if tt.status != 200 && (len(body.Codes) != 1 || body.Codes[0] != tt.code || !strings.HasPrefix(body.Description, "AADSTS") || body.Trace == "") {
				t.Errorf("got %s", w.Body)
			}
			if strings.Contains(w.Body.String(), "right") {
				t.Error("the answer repeats the secret")
			}
			b.issuer.limit.byKey = nil
			b.issuer.limit.order.Init()
		})
	}
}

func TestTokenAfterSecretChange(t *testing.T) {
	b := newBench(t)
	p := b.add(t, "app", "old")
	b.mustToken(t, "app", "old")
	if len(b.issuer.hasher.right.marks) != 1 {
		t.Error("a right secret is not remembered")
	}
	hash, err := b.issuer.hasher.hash(nil, "new")
	if err != nil {
		t.Fatal(err)
	}
	p.SecretHash = hash
	if err := b.db.Do(t.Context(), func(tx *store.Tx) error { return store.Put(tx, p) }); err != nil {
		t.Fatal(err)
	}
	if w := b.ask(t, form("app", "old")); w.Code != 401 {
		t.Errorf("the old secret signs in: %d", w.Code)
	}
	b.mustToken(t, "app", "new")
}

func TestFailuresAreSlowedDown(t *testing.T) {
	b := newBench(t)
	b.add(t, "app", "right")
	b.mustToken(t, "app", "right")
	from := func(addr string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = addr } }
	for range freeFailures + 1 {
		if w := b.ask(t, form("app", "wrong")); w.Code != 401 {
			t.Fatalf("got %d", w.Code)
		}
	}
	w := b.ask(t, form("app", "wrong"))
	if w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("got %d %v, want 429 with Retry-After", w.Code, w.Header())
	}
	if w := b.ask(t, form("app", "wrong"), from("10.1.1.1:5")); w.Code != 401 {
		t.Errorf("another address is slowed down too: %d", w.Code)
	}
	b.mustToken(t, "app", "right") // known good: not held up by who guesses
	b.t = b.t.Add(2 * time.Second)
	if w := b.ask(t, form("app", "wrong")); w.Code != 401 {
		t.Errorf("got %d after the wait", w.Code)
	}
}

// TestClientsThatDoNotExist are as many as one likes, and each costs a hash.
func TestClientsThatDoNotExist(t *testing.T) {
	b := newBench(t)
	b.add(t, "app", "right")
	b.add(t, "late", "right")
	try := func(address, client, secret string) int {
		return b.ask(t, form(client, secret), func(r *http.Request) { r.RemoteAddr = address + ":5" }).Code
	}
	t.Run("from-one-address", func(t *testing.T) {
		tried := 0
		for ; tried < 100; tried++ {
			if try("192.0.2.1", NewGUID(), "x") == 429 {
				break
			}
		}
		if tried != b.issuer.address.free+1 {
			t.Errorf("%d guesses from one address", tried)
		}
		if got := try("192.0.2.2", "app", "right"); got != 200 {
			t.Errorf("from another: %d", got)
		}
	})
	t.Run("from-many", func(t *testing.T) {
		for range b.issuer.all.free + 1 {
			b.issuer.fail(NewGUID())
		}
		if got := try("192.0.2.3", NewGUID(), "x"); got != 429 {
			t.Errorf("from a new address: %d", got)
		}
		if got := try("192.0.2.3", "app", "right"); got != 200 {
			t.Errorf("a secret that was right before: %d", got)
		}
		if got := try("192.0.2.2", "late", "right"); got != 200 {
			t.Errorf("from where a secret was right before: %d", got)
		}
		b.t = b.t.Add(2 * time.Second)
		if got := try("192.0.2.3", NewGUID(), "x"); got != 401 {
			t.Errorf("two seconds later: %d", got)
		}
	})
}

func TestLimiter(t *testing.T) {
	c := &clock{start}
	l := &limiter{now: c.now}
	var waits []time.Duration
	for range freeFailures + 9 {
		l.fail("a")
		waits = append(waits, l.wait("a"))
	}
	for i, w := range waits {
		want := time.Duration(0)
		if i >= freeFailures {
			want = min(time.Second<<(i-freeFailures), mostPenalty)
		}
		if w != want {
			t.Errorf("failure %d: wait %v, want %v", i+1, w, want)
		}
	}
	if l.wait("b") != 0 {
		t.Error("another key waits")
	}
	c.t = c.t.Add(forgetFailure + time.Second)
	if l.fail("a"); l.wait("a") != 0 {
		t.Error("old failures count for ever")
	}
	for i := range 2 * limiterSize {
		l.fail(strings.Repeat("x", i))
	}
	if len(l.byKey) != limiterSize || l.order.Len() != limiterSize {
		t.Errorf("%d keys are kept", len(l.byKey))
	}
}

func TestHashesAreBounded(t *testing.T) {
	h := newHasher([]byte("k"))
	for range hashesAtOnce {
		h.slots <- struct{}{}
	}
	gone := make(chan struct{})
	close(gone)
	if _, err := h.hash(gone, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v from one who left while all slots were taken", err)
	}
	if len(h.queue) != 0 {
		t.Error("one who left still waits")
	}
	for range hashesWait {
		h.queue <- struct{}{}
	}
	if _, err := h.hash(nil, "x"); !atelier.IsKind(err, atelier.Transient) {
		t.Errorf("got %v behind a full queue, want Transient", err)
	}
}

func TestDiscovery(t *testing.T) {
	b := newBench(t)
	get := func(host, path string, want int) map[string]any {
		t.Helper()
		r := httptest.NewRequest("GET", "https://"+host+path, nil)
		w := httptest.NewRecorder()
		b.mux().ServeHTTP(w, r)
		var body map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != want {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		return body
	}
	for _, tenant := range []string{b.Tenant(), strings.ToUpper(b.Tenant()), "common", "organizations"} {
		for host, base := range map[string]string{"localhost:8443": "https://localhost:8443", "127.0.0.1:8443": endpoint, "evil.example": endpoint} {
			doc := get(host, "/"+tenant+"/v2.0/.well-known/openid-configuration", 200)
			if doc["issuer"] != base+"/"+b.Tenant()+"/v2.0" || doc["token_endpoint"] != base+"/"+b.Tenant()+"/oauth2/v2.0/token" {
				t.Errorf("%s: %v", host, doc)
			}
			if strings.Count(doc["token_endpoint"].(string), "token") != 1 { // MSAL makes the device endpoint out of it
				t.Errorf("token_endpoint is %v", doc["token_endpoint"])
			}
		}
	}
	get("127.0.0.1:8443", "/contoso/v2.0/.well-known/openid-configuration", 400)
	if doc := get("127.0.0.1:8443", "/common/discovery/instance?api-version=1.1", 200); doc["metadata"] == nil {
		t.Errorf("got %v", doc)
	}
	keys := get("127.0.0.1:8443", "/common/discovery/v2.0/keys", 200)["keys"].([]any)
	if key := keys[0].(map[string]any); len(keys) != 1 || key["kid"] != b.cfg.Keys.KeyID || key["d"] != nil || key["e"] != "AQAB" {
		t.Errorf("got %v", keys)
	}
}
