package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// card is a certificate with its key.
type card struct {
	key  crypto.Signer
	cert *x509.Certificate
	pem  string
}

func newCard(t *testing.T, key crypto.Signer, until time.Time) card {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}, NotBefore: start.Add(-time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return card{key, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
}

func (c card) thumb(enc *base64.Encoding) string {
	sum := sha256.Sum256(c.cert.Raw)
	return enc.EncodeToString(sum[:])
}

func (c card) assert(t *testing.T, alg jose.SignatureAlgorithm, header map[jose.HeaderKey]any, body map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: c.key}, &jose.SignerOptions{ExtraHeaders: header})
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(body).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestClientAssertions(t *testing.T) {
	b := newBench(t)
	rsaKey, _ := rsa.GenerateKey(rand.Reader, 2048)
	otherKey, _ := rsa.GenerateKey(rand.Reader, 2048)
	ecKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	mine, ec := newCard(t, rsaKey, start.Add(24*time.Hour)), newCard(t, ecKey, start.Add(24*time.Hour))
	old, others := newCard(t, rsaKey, start.Add(-time.Minute)), newCard(t, otherKey, start.Add(24*time.Hour))
	p := &atelier.Principal{Meta: atelier.Meta{Name: "app"}, Kind: KindService, Certs: []string{mine.pem, ec.pem, old.pem}}
	for _, p := range []*atelier.Principal{p, {Meta: atelier.Meta{Name: "other"}, Kind: KindService, Certs: []string{others.pem}}} {
		if err := b.AddPrincipal(t.Context(), "test", p, ""); err != nil {
			t.Fatal(err)
		}
	}
	at := endpoint + "/" + b.Tenant() + "/oauth2/v2.0/token"
	body := func(change ...any) map[string]any {
		m := map[string]any{"aud": at, "iss": "app", "sub": "app", "jti": "1", "exp": start.Add(10 * time.Minute).Unix(), "nbf": start.Unix()}
		for i := 0; i < len(change); i += 2 {
			if m[change[i].(string)] = change[i+1]; change[i+1] == nil {
				delete(m, change[i].(string))
			}
		}
		return m
	}
	s256 := func(c card) map[jose.HeaderKey]any {
		return map[jose.HeaderKey]any{"x5t#S256": c.thumb(base64.RawURLEncoding)}
	}
	sum1 := sha1.Sum(mine.cert.Raw)
	var none []byte
	for _, tt := range []struct {
		name, text, client string
		status             int
	}{
		{name: "ps256", text: mine.assert(t, jose.PS256, s256(mine), body())},
		{name: "rs256", text: mine.assert(t, jose.RS256, s256(mine), body())},
		{name: "es256", text: ec.assert(t, jose.ES256, s256(ec), body())},
		{name: "sha1-thumbprint", text: mine.assert(t, jose.RS256, map[jose.HeaderKey]any{"x5t": base64.RawURLEncoding.EncodeToString(sum1[:])}, body())},
		{name: "thumbprint-of-msal-go", text: mine.assert(t, jose.PS256, map[jose.HeaderKey]any{"x5t#S256": mine.thumb(base64.StdEncoding)}, body())},
		{name: "audience-is-the-issuer", text: mine.assert(t, jose.PS256, s256(mine), body("aud", endpoint+"/"+b.Tenant()+"/v2.0"))},
		{name: "client-only-in-the-assertion", text: mine.assert(t, jose.PS256, s256(mine), body()), client: "-"},
		{name: "other-key", text: others.assert(t, jose.PS256, s256(mine), body()), status: 401},
		{name: "other-clients-certificate", text: others.assert(t, jose.PS256, s256(others), body()), status: 401},
		{name: "as-another-client", text: mine.assert(t, jose.PS256, s256(mine), body()), client: "other", status: 401},
		{name: "about-another-client", text: mine.assert(t, jose.PS256, s256(mine), body("sub", "other")), status: 401},
		{name: "by-another-issuer", text: mine.assert(t, jose.PS256, s256(mine), body("iss", "other")), status: 401},
		{name: "expired-certificate", text: old.assert(t, jose.PS256, s256(old), body()), status: 401},
		{name: "no-thumbprint", text: mine.assert(t, jose.PS256, nil, body()), status: 401},
		{name: "empty-thumbprint", text: mine.assert(t, jose.PS256, map[jose.HeaderKey]any{"x5t": ""}, body()), status: 401},
		{name: "other-audience", text: mine.assert(t, jose.PS256, s256(mine), body("aud", "https://login.microsoftonline.com/x/oauth2/v2.0/token")), status: 401},
		{name: "expired", text: mine.assert(t, jose.PS256, s256(mine), body("exp", start.Unix())), status: 401},
		{name: "no-expiry", text: mine.assert(t, jose.PS256, s256(mine), body("exp", nil)), status: 401},
		{name: "for-ever", text: mine.assert(t, jose.PS256, s256(mine), body("exp", start.Add(24*time.Hour).Unix())), status: 401},
		{name: "not-yet", text: mine.assert(t, jose.PS256, s256(mine), body("nbf", start.Add(9*time.Minute).Unix())), status: 401},
		{name: "no-jti", text: mine.assert(t, jose.PS256, s256(mine), body("jti", nil)), status: 401},
		{name: "alg-none", text: b64(map[string]any{"alg": "none", "x5t#S256": mine.thumb(base64.RawURLEncoding)}) + "." + b64(body()) + ".", status: 400},
		{name: "hs256-with-the-certificate", text: card{}.hmac(t, mine, body()), status: 400},
		{name: "garbage", text: string(none), status: 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "scope": {endpoint + "/.default"}, "client_assertion_type": {assertionType}, "client_assertion": {tt.text}}
			if tt.client != "" {
				v.Set("client_id", strings.Trim(tt.client, "-"))
			}
			w := b.ask(t, v)
			if tt.status == 0 {
				tt.status = 200
			}
			if w.Code != tt.status || strings.Contains(w.Body.String(), "access_token") != (tt.status == 200) {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, tt.status)
			}
			b.issuer.limit.byKey = nil
			b.issuer.limit.order.Init()
		})
	}
	t.Run("wrong-assertion-type", func(t *testing.T) {
		v := url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "scope": {endpoint + "/.default"}, "client_assertion": {mine.assert(t, jose.PS256, s256(mine), body())}}
		if w := b.ask(t, v); w.Code != 400 {
			t.Errorf("got %d", w.Code)
		}
	})
	t.Run("bad-certificates", func(t *testing.T) {
		small, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
		for _, text := range []string{"", "x", mine.pem + mine.pem, newCard(t, small, start.Add(time.Hour)).pem} {
			p := &atelier.Principal{Meta: atelier.Meta{Name: "bad"}, Kind: KindService, Certs: []string{text}}
			if err := b.AddPrincipal(t.Context(), "test", p, ""); !atelier.IsKind(err, atelier.Invalid) {
				t.Errorf("%.20q: %v", text, err)
			}
		}
	})
}

// hmac signs with a certificate's text as if it were a secret.
func (card) hmac(t *testing.T, c card, body map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(c.pem)}, &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{"x5t#S256": c.thumb(base64.RawURLEncoding)}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(body).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const cliID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

type tokenReply struct {
	status                                                        int
	Error, Access, ID, Refresh, Info, Scope, UserCode, DeviceCode string
}

func (b *bench) post(t *testing.T, path string, v url.Values) tokenReply {
	t.Helper()
	r := httptest.NewRequest("POST", endpoint+path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	b.mux().ServeHTTP(w, r)
	var m map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
		t.Fatal(err)
	}
	s := func(k string) string { v, _ := m[k].(string); return v }
	return tokenReply{w.Code, s("error"), s("access_token"), s("id_token"), s("refresh_token"), s("client_info"), s("scope"), s("user_code"), s("device_code")}
}

const wide = endpoint + "/.default offline_access openid profile"

func (b *bench) device(t *testing.T) tokenReply {
	t.Helper()
	d := b.post(t, "/organizations/oauth2/v2.0/devicecode", url.Values{"client_id": {cliID}, "scope": {wide}})
	if d.status != 200 || d.UserCode == "" || d.DeviceCode == "" {
		t.Fatalf("%+v", d)
	}
	return d
}

func (b *bench) redeem(t *testing.T, d tokenReply) tokenReply {
	t.Helper()
	return b.post(t, "/common/oauth2/v2.0/token", url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {cliID}, "device_code": {d.DeviceCode}})
}

func (b *bench) user(t *testing.T, name string, grants ...atelier.RoleGrant) Caller {
	t.Helper()
	p := &atelier.Principal{Meta: atelier.Meta{Name: name}, Kind: KindUser, Roles: grants}
	if err := b.AddPrincipal(t.Context(), "test", p, ""); err != nil {
		t.Fatal(err)
	}
	return Caller{principal: p}
}

func TestDeviceCode(t *testing.T) {
	b := newBench(t)
	kim := b.user(t, "kim", atelier.RoleGrant{Role: Reader})
	t.Run("approved", func(t *testing.T) {
		d := b.device(t)
		if r := b.redeem(t, d); r.Error != "authorization_pending" {
			t.Fatalf("%+v", r)
		}
		found, err := b.FindDevice(kim, " "+strings.ToLower(d.UserCode))
		if err != nil || found.Client != cliID || found.Code != d.UserCode {
			t.Fatalf("%+v %v", found, err)
		}
		if err := b.DecideDevice(kim, d.UserCode, true); err != nil {
			t.Fatal(err)
		}
		r := b.redeem(t, d)
		c, err := b.Identify(bearer(r.Access))
		if err != nil || c.Name() != "kim" || r.Refresh == "" || r.ID == "" || r.Scope != wide {
			t.Fatalf("%+v %v %q", r, err, c.Name())
		}
		refused(t, b, bearer(r.ID))
		refused(t, b, bearer(r.Refresh))
		info, _ := base64.RawURLEncoding.DecodeString(r.Info)
		if want := `{"uid":"` + kim.principal.UID + `","utid":"` + b.Tenant() + `"}`; string(info) != want {
			t.Errorf("client_info is %s, want %s", info, want)
		}
		if again := b.redeem(t, d); again.Error != "bad_verification_code" {
			t.Errorf("the device code works twice: %+v", again)
		}
	})
	t.Run("the-owner", func(t *testing.T) {
		d := b.device(t)
		if err := b.DecideDevice(b.owner(), d.UserCode, true); err != nil {
			t.Fatal(err)
		}
		if c, err := b.Identify(bearer(b.redeem(t, d).Access)); err != nil || c.Name() != "local" || !c.May("x/write", "") {
			t.Errorf("%q %v", c.Name(), err)
		}
	})
	t.Run("denied", func(t *testing.T) {
		d := b.device(t)
		if err := b.DecideDevice(kim, d.UserCode, false); err != nil {
			t.Fatal(err)
		}
		if err := b.DecideDevice(kim, d.UserCode, true); !atelier.IsKind(err, atelier.NotFound) {
			t.Errorf("a no became a yes: %v", err)
		}
		if r := b.redeem(t, d); r.Error != "authorization_declined" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("too-late", func(t *testing.T) {
		b := newBench(t)
		d := b.device(t)
		b.t = b.t.Add(deviceLife)
		if err := b.DecideDevice(b.owner(), d.UserCode, true); !atelier.IsKind(err, atelier.NotFound) {
			t.Errorf("approved after its end: %v", err)
		}
		if r := b.redeem(t, d); r.Error != "expired_token" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("another-client", func(t *testing.T) {
		d := b.device(t)
		if err := b.DecideDevice(kim, d.UserCode, true); err != nil {
			t.Fatal(err)
		}
		r := b.post(t, "/common/oauth2/v2.0/token", url.Values{"grant_type": {"device_code"}, "client_id": {"other"}, "device_code": {d.DeviceCode}})
		if r.Error != "bad_verification_code" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("services-approve-nothing", func(t *testing.T) {
		d := b.device(t)
		service := Caller{principal: b.add(t, "svc", "s", atelier.RoleGrant{Role: Owner})}
		for _, c := range []Caller{service, {}} {
			if err := b.DecideDevice(c, d.UserCode, true); !atelier.IsKind(err, atelier.Forbidden) {
				t.Errorf("%q approves: %v", c.Name(), err)
			}
		}
	})
	t.Run("guessing-is-slow", func(t *testing.T) {
		b := newBench(t)
		for range freeFailures + 1 {
			if _, err := b.FindDevice(b.owner(), "BBBB-BBBB"); !atelier.IsKind(err, atelier.NotFound) {
				t.Fatal(err)
			}
		}
		if _, err := b.FindDevice(b.owner(), b.device(t).UserCode); !atelier.IsKind(err, atelier.NoQuota) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("bounded", func(t *testing.T) {
		b := newBench(t)
		for range mostDevices + 10 {
			b.devices.add("c", "s")
		}
		if len(b.devices.byCode) != mostDevices {
			t.Errorf("%d devices wait", len(b.devices.byCode))
		}
	})
	for _, v := range []url.Values{{"scope": {wide}}, {"client_id": {"a b"}, "scope": {wide}}, {"client_id": {cliID}, "scope": {"https://evil.example/.default"}}, {"client_id": {cliID}}} {
		if r := b.post(t, "/common/oauth2/v2.0/devicecode", v); r.status != 400 {
			t.Errorf("%v: %+v", v, r)
		}
	}
}

func TestRefresh(t *testing.T) {
	begin := func(t *testing.T) (*bench, *atelier.Principal, string) {
		b := newBench(t)
		kim := b.user(t, "kim")
		token, err := b.beginSignIn(t.Context(), kim.principal, cliID)
		if err != nil {
			t.Fatal(err)
		}
		return b, kim.principal, token
	}
	use := func(t *testing.T, b *bench, token string) tokenReply {
		t.Helper()
		return b.post(t, "/common/oauth2/v2.0/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {cliID}, "refresh_token": {token}, "scope": {"https://storage.azure.com/.default openid"}})
	}
	t.Run("one-after-another", func(t *testing.T) {
		b, _, token := begin(t)
		for range 5 {
			r := use(t, b, token)
			if r.status != 200 || r.Refresh == "" || r.Refresh == token || r.Access == "" {
				t.Fatalf("%+v", r)
			}
			refused(t, b, bearer(r.Access)) // it is for storage
			storage := bearer(r.Access)
			storage.Host = "acc.blob.core.atelier.internal:1"
			if c, err := b.Identify(storage); err != nil || c.Name() != "kim" {
				t.Errorf("%q %v", c.Name(), err)
			}
			token = r.Refresh
			b.t = b.t.Add(signInIdle - time.Minute)
			if b.t.Sub(start) > signInMost-signInIdle {
				break
			}
		}
	})
	t.Run("lost-answer", func(t *testing.T) {
		b, _, first := begin(t)
		second := use(t, b, first).Refresh
		if again := use(t, b, first).Refresh; again != second {
			t.Errorf("the same token gives %q, then %q", second, again)
		}
		if r := use(t, b, second); r.status != 200 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("used-twice-ends-all", func(t *testing.T) {
		b, _, first := begin(t)
		second := use(t, b, first).Refresh
		b.t = b.t.Add(refreshLag + time.Second)
		if r := use(t, b, first); r.Error != "invalid_grant" {
			t.Errorf("%+v", r)
		}
		if r := use(t, b, second); r.Error != "invalid_grant" {
			t.Errorf("the thief's or the victim's token goes on: %+v", r)
		}
	})
	t.Run("idle-too-long", func(t *testing.T) {
		b, _, first := begin(t)
		b.t = b.t.Add(signInIdle)
		if r := use(t, b, first); r.Error != "invalid_grant" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("user-gone", func(t *testing.T) {
		b, p, first := begin(t)
		if err := b.db.Do(t.Context(), func(tx *store.Tx) error { return store.Delete(tx, p) }); err != nil {
			t.Fatal(err)
		}
		b.user(t, "kim")
		if r := use(t, b, first); r.Error != "invalid_grant" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("not-ours", func(t *testing.T) {
		b, _, first := begin(t)
		parts := strings.Split(first, ".")
		for _, token := range []string{"", ".", "..", first + "x", first[:len(first)-1], parts[0] + ".2." + parts[2], strings.ToUpper(first), "a.1." + b.refreshMAC("a.1"), "a." + b.refreshMAC("a")} {
			if r := use(t, b, token); r.Error != "invalid_grant" {
				t.Errorf("%q: %+v", token, r)
			}
		}
		v := url.Values{"grant_type": {"refresh_token"}, "client_id": {"other"}, "refresh_token": {first}, "scope": {wide}}
		if r := b.post(t, "/common/oauth2/v2.0/token", v); r.Error != "invalid_grant" {
			t.Errorf("another client: %+v", r)
		}
		if r := use(t, b, first); r.status != 200 {
			t.Errorf("bad tries ended the sign-in: %+v", r)
		}
	})
	t.Run("bounded", func(t *testing.T) {
		b, p, first := begin(t)
		for range mostSignIns {
			if _, err := b.beginSignIn(t.Context(), p, cliID); err != nil {
				t.Fatal(err)
			}
		}
		if r := use(t, b, first); r.Error != "invalid_grant" {
			t.Errorf("the oldest of too many goes on: %+v", r)
		}
	})
}

func TestUsersLink(t *testing.T) {
	b := newBench(t)
	kim := b.user(t, "kim")
	code, err := b.SignInCodeFor(kim.principal)
	if err != nil {
		t.Fatal(err)
	}
	cookie, ok := b.SignIn(code)
	if !ok {
		t.Fatal("the code does not work")
	}
	r := httptest.NewRequest("GET", endpoint+"/", nil)
	r.AddCookie(cookie)
	if c, err := b.Identify(r); err != nil || c.Name() != "kim" {
		t.Errorf("%q %v", c.Name(), err)
	}
	if err := b.db.Do(t.Context(), func(tx *store.Tx) error { return store.Delete(tx, kim.principal) }); err != nil {
		t.Fatal(err)
	}
	refused(t, b, r)
	if _, err := b.SignInCodeFor(b.add(t, "svc", "s")); !atelier.IsKind(err, atelier.Invalid) {
		t.Errorf("a service gets a link: %v", err)
	}
}

func TestAudiences(t *testing.T) {
	b := newBench(t)
	for scope, want := range map[string]edge{
		endpoint + "/.default": edgeAPI, endpoint + "//.default": edgeAPI, "https://management.azure.com//.default": edgeAPI, "https://management.core.windows.net//user_impersonation": edgeAPI,
		"https://ml.azure.internal/.default openid": edgeAPI, "https://ml.azure.com/.default": edgeAPI,
		"https://storage.azure.com/.default": edgeBlobs, "https://acc.blob.core.atelier.internal:8443/.default": edgeBlobs,
		"openid profile": edgeGraph, "User.Read openid": edgeGraph, "https://graph.microsoft.com/.default": edgeGraph, "00000003-0000-0000-c000-000000000000/.default": edgeGraph,
		"": nowhere, "offline_access": nowhere, "x": nowhere, "https://vault.azure.net/.default": nowhere, endpoint + "/.default https://ml.azure.com/.default": nowhere,
		"http://ml.azure.internal/.default": nowhere, "https://u@ml.azure.internal/.default": nowhere, "https://ml.azure.internal/x/.default": nowhere,
	} {
		resource, ok := b.audience(scope)
		if b.edge(resource) != want || ok != (want != nowhere) {
			t.Errorf("%q is for %q (%v), want %q", scope, b.edge(resource), ok, want)
		}
	}
	p := b.add(t, "app", "s")
	for aud, host := range map[string]string{endpoint: "acc.blob.core.atelier.internal", "https://storage.azure.com": "127.0.0.1:8443", "https://graph.microsoft.com": "127.0.0.1:8443"} {
		token, err := b.mint(p, b.issuerURL(endpoint), aud)
		if err != nil {
			t.Fatal(err)
		}
		r := bearer(token)
		r.Host = host
		refused(t, b, r)
	}
}

func TestIdentityTokens(t *testing.T) {
	b := newBench(t)
	const task = atelier.ID("workspaces/w/jobs/j/tasks/1-0")
	put := func(uid string, state atelier.TaskState) {
		t.Helper()
		err := b.db.Do(t.Context(), func(tx *store.Tx) error {
			if old, err := store.Get[atelier.Task](tx, task); err == nil {
				if old.UID == uid {
					old.State = state
					return store.Put(tx, old)
				}
				if err := store.Delete(tx, old); err != nil {
					return err
				}
			}
			return store.Put(tx, &atelier.Task{Meta: atelier.Meta{ID: task, Name: "1-0", UID: uid, Generation: 1}, State: state})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	w := atelier.Workload{Identity: atelier.IdentityMember{PrincipalID: "p0", ClientID: "c0"}, ResourceID: "computes/c", Task: task, TaskUID: "t"}
	if _, _, _, err := b.IdentityToken(w, endpoint); !atelier.IsKind(err, atelier.Conflict) {
		t.Errorf("a token for a task that does not exist: %v", err)
	}
	put("t", atelier.TaskRunning)
	token, begins, ends, err := b.IdentityToken(w, "https://management.azure.com/")
	if err != nil || !begins.Equal(start) || !ends.Equal(start.Add(tokenLife)) {
		t.Fatal(begins, ends, err)
	}
	ws := atelier.ID("workspaces/w")
	c, err := b.Identify(bearer(token))
	if err != nil || c.Name() != "c0" || c.Sees(ws) || c.May("x/read", ws) {
		t.Errorf("without a role: %q %v", c.Name(), err)
	}
	p := &atelier.Principal{Meta: atelier.Meta{Name: "c0", UID: "p0"}, Kind: KindIdentity, Roles: []atelier.RoleGrant{{Role: Reader, Scope: ws}}}
	if err := b.AddPrincipal(t.Context(), "test", p, ""); err != nil {
		t.Fatal(err)
	}
	if c, err := b.Identify(bearer(token)); err != nil || !c.May("x/read", ws) || c.May("x/write", ws) {
		t.Errorf("with a role: %q %v", c.Name(), err)
	}
	if r := b.ask(t, form("c0", "")); r.Code != 401 {
		t.Errorf("an identity signs in by itself: %d", r.Code)
	}
	if plain, err := b.mint(p, b.issuerURL(endpoint), endpoint); err != nil {
		t.Fatal(err)
	} else {
		refused(t, b, bearer(plain)) // of no task
	}
	if _, _, _, err := b.IdentityToken(w, "https://vault.azure.net"); !atelier.IsKind(err, atelier.Invalid) {
		t.Errorf("a token for anything: %v", err)
	}
	put("u", atelier.TaskRunning)
	refused(t, b, bearer(token)) // another job's task, of the same name
	put("u", atelier.TaskEnded)
	put("t", atelier.TaskRunning)
	refused(t, b, bearer(token))
	if token, _, _, err = b.IdentityToken(w, endpoint); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Identify(bearer(token)); err != nil {
		t.Error(err)
	}
	put("t", atelier.TaskEnded)
	refused(t, b, bearer(token))
}

// TestPublishedKeys checks a token as a party does that only knows the issuer's
// addresses.
func TestPublishedKeys(t *testing.T) {
	b := newBench(t)
	b.add(t, "app", "s")
	get := func(path string, into any) {
		t.Helper()
		w := httptest.NewRecorder()
		b.mux().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil || w.Code != 200 {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	var doc struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	get(endpoint+"/"+b.Tenant()+"/v2.0/.well-known/openid-configuration", &doc)
	var keys jose.JSONWebKeySet
	get(doc.Keys, &keys)
	token, err := jwt.ParseSigned(b.mustToken(t, "app", "s"), []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	var c jwt.Claims
	found := keys.Key(token.Headers[0].KeyID)
	if len(found) != 1 || token.Claims(found[0].Key, &c) != nil {
		t.Fatalf("the published keys %v do not verify a token of %q", keys, token.Headers[0].KeyID)
	}
	if err := c.Validate(jwt.Expected{Issuer: doc.Issuer, AnyAudience: jwt.Audience{endpoint}, Time: start}); err != nil {
		t.Error(err)
	}
}
