package auth

import (
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
)

// issuer is what Microsoft's credential classes talk to.
type issuer struct {
	tokens *tokens
	hasher *hasher
	limit  *limiter
}

func newIssuer(a *Auth) (*issuer, error) {
	t, err := newTokens(a.cfg.Keys)
	if err != nil {
		return nil, err
	}
	return &issuer{tokens: t, hasher: newHasher(a.cfg.Keys.Derive("secrets")), limit: &limiter{now: a.cfg.Now}}, nil
}

// Route is one address that the issuer serves. All of them are public: who calls
// them has no token yet.
type Route struct {
	Method  string
	Pattern string // of http.ServeMux
	Handler http.Handler
	Doc     string
}

// Routes are the issuer's.
func (a *Auth) Routes() []Route {
	return []Route{
		{"GET", "/{tenant}/v2.0/.well-known/openid-configuration", http.HandlerFunc(a.openid), "where the issuer's endpoints are"},
		{"GET", "/{tenant}/.well-known/openid-configuration", http.HandlerFunc(a.openid), "the same, for older clients"},
		{"GET", "/{tenant}/discovery/v2.0/keys", http.HandlerFunc(a.jwks), "the public key that tokens are signed with"},
		{"GET", "/{tenant}/discovery/instance", http.HandlerFunc(a.instance), "that this authority is one"},
		{"POST", "/{tenant}/oauth2/v2.0/token", http.HandlerFunc(a.token), "a token for a service principal's secret"},
	}
}

// knows reports whether a path's tenant is this installation. Common and
// organizations are anybody's own.
func (a *Auth) knows(tenant string) bool {
	return strings.EqualFold(tenant, a.tenant) || strings.EqualFold(tenant, "common") || strings.EqualFold(tenant, "organizations")
}

func (a *Auth) openid(w http.ResponseWriter, r *http.Request) {
	if !a.knows(r.PathValue("tenant")) {
		a.refuse(w, http.StatusBadRequest, "invalid_tenant", 90002, "there is no tenant "+strconv.Quote(r.PathValue("tenant"))+" here; this installation is "+a.tenant)
		return
	}
	base := a.base(r)
	at := base + "/" + a.tenant
	answer(w, http.StatusOK, map[string]any{
		"issuer":                                a.issuerURL(base),
		"authorization_endpoint":                at + "/oauth2/v2.0/authorize",
		"token_endpoint":                        at + "/oauth2/v2.0/token",
		"device_authorization_endpoint":         at + "/oauth2/v2.0/devicecode",
		"jwks_uri":                              at + "/discovery/v2.0/keys",
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"grant_types_supported":                 []string{"client_credentials"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic"},
	})
}

func (a *Auth) jwks(w http.ResponseWriter, r *http.Request) {
	if !a.knows(r.PathValue("tenant")) {
		a.refuse(w, http.StatusBadRequest, "invalid_tenant", 90002, "there is no such tenant here; this installation is "+a.tenant)
		return
	}
	b64 := base64.RawURLEncoding
	public := a.cfg.Keys.Signing.PublicKey
	answer(w, http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": a.cfg.Keys.KeyID,
		"n": b64.EncodeToString(public.N.Bytes()), "e": b64.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
	}}})
}

func (a *Auth) instance(w http.ResponseWriter, r *http.Request) {
	base := a.base(r)
	host := strings.TrimPrefix(base, "https://")
	answer(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": a.issuerURL(base) + "/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata":                  []map[string]any{{"preferred_network": host, "preferred_cache": host, "aliases": []string{host}}},
	})
}

// maxForm bounds a token request.
const maxForm = 64 << 10

// token serves the client credentials grant.
func (a *Auth) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	form, ok := a.form(w, r)
	if !ok {
		return
	}
	if !strings.EqualFold(r.PathValue("tenant"), a.tenant) {
		a.refuse(w, http.StatusBadRequest, "invalid_request", 90002, "there is no tenant "+strconv.Quote(r.PathValue("tenant"))+" here; this installation is "+a.tenant+" (`atelier env` prints it)")
		return
	}
	if grant := form.Get("grant_type"); grant != "client_credentials" {
		a.refuse(w, http.StatusBadRequest, "unsupported_grant_type", 70003, "the grant type "+strconv.Quote(grant)+" is not supported; sign in with a client secret")
		return
	}
	if form.Get("client_assertion") != "" {
		a.refuse(w, http.StatusBadRequest, "invalid_request", 7000218, "signing in with a certificate or a federated token is not supported; use a client secret")
		return
	}
	audience, ok := a.audience(form.Get("scope"))
	if !ok {
		a.refuse(w, http.StatusBadRequest, "invalid_scope", 70011, "no tokens are issued for the scope "+strconv.Quote(form.Get("scope"))+"; ask for "+a.cfg.Endpoints[0]+"/.default")
		return
	}
	p := a.signIn(w, r, form.Get("client_id"), form.Get("client_secret"))
	if p == nil {
		return
	}
	token, err := a.mint(p, a.issuerURL(a.base(r)), audience)
	if err != nil {
		a.refuse(w, http.StatusInternalServerError, "server_error", 50000, "the token could not be signed")
		return
	}
	life := int(tokenLife/time.Second) - 1
	answer(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token})
}

// form reads the request's parameters; the client may name itself in the body or by
// Basic authentication, not both. A parameter that comes twice is refused.
func (a *Auth) form(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	bad := func(why string) (url.Values, bool) {
		a.refuse(w, http.StatusBadRequest, "invalid_request", 900144, why)
		return nil, false
	}
	if err := r.ParseForm(); err != nil {
		return bad("the body is not a form of at most " + strconv.Itoa(maxForm>>10) + " KiB")
	}
	form := r.PostForm
	for name, values := range form { // any of them is as wrong as another
		if len(values) > 1 {
			return bad("the parameter " + strconv.Quote(name) + " comes twice")
		}
	}
	if id, secret, ok := r.BasicAuth(); ok {
		if form.Has("client_secret") {
			return bad("the client's secret comes both in the body and in the Authorization header")
		}
		id, err1 := url.QueryUnescape(id) // RFC 6749, 2.3.1
		secret, err2 := url.QueryUnescape(secret)
		if err1 != nil || err2 != nil {
			return bad("the Authorization header is not in the encoding of forms")
		}
		form.Set("client_id", id)
		form.Set("client_secret", secret)
	}
	return form, true
}

// signIn returns the principal whose secret it is, or answers why not and returns
// nil. A client that does not exist costs as much time as a wrong secret, and is
// told the same.
func (a *Auth) signIn(w http.ResponseWriter, r *http.Request, client, secret string) *atelier.Principal {
	p := a.principals.get(PrincipalID(client))
	stored := ""
	if p != nil && p.Kind == "service" && !a.expired(p) {
		stored = p.SecretHash
	}
	if a.issuer.hasher.remembered(stored, secret) { // known good: nothing to guess here
		return p
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	key := host + " " + strings.ToLower(client)
	if wait := a.issuer.limit.wait(key); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		a.refuse(w, http.StatusTooManyRequests, "temporarily_unavailable", 50196, "too many wrong secrets for this client; wait, then try again with the right one")
		return nil
	}
	right, err := a.issuer.hasher.check(r.Context().Done(), stored, secret)
	switch {
	case err != nil:
		w.Header().Set("Retry-After", "1")
		a.refuse(w, http.StatusServiceUnavailable, "temporarily_unavailable", 50196, "too many sign-ins at once; try again in a second")
		return nil
	case !right:
		a.issuer.limit.fail(key)
		a.refuse(w, http.StatusUnauthorized, "invalid_client", 7000215, "the client ID or its secret is wrong; `atelier env` prints those of this installation")
		return nil
	}
	a.issuer.limit.succeed(key)
	return p
}

// refuse answers an error as Entra ID does.
func (a *Auth) refuse(w http.ResponseWriter, status int, code string, number int, why string) {
	trace := NewGUID()
	now := a.cfg.Now().UTC().Format("2006-01-02 15:04:05Z")
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="atelier"`)
	}
	answer(w, status, map[string]any{
		"error":             code,
		"error_description": "AADSTS" + strconv.Itoa(number) + ": " + why + " Trace ID: " + trace + " Timestamp: " + now,
		"error_codes":       []int{number}, "timestamp": now, "trace_id": trace, "correlation_id": trace,
	})
}

func answer(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body) //nolint:errcheck // the client is gone
}
