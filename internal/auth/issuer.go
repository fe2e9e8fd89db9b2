package auth

import (
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// issuer is what Microsoft's credential classes talk to.
type issuer struct {
	tokens *tokens
	hasher *hasher
	limit  *limiter // of a client, or of who enters codes, from one address

	address, all limiter // of secrets, whoever's they would be
	known        cache   // addresses that a secret came from that was right
}

func newIssuer(a *Auth) (*issuer, error) {
	t, err := newTokens(a.cfg.Keys)
	if err != nil {
		return nil, err
	}
	return &issuer{
		tokens: t, hasher: newHasher(a.cfg.Keys.Derive("secrets")), limit: &limiter{now: a.cfg.Now},
		address: limiter{now: a.cfg.Now, free: 30, most: 10 * time.Second},
		all:     limiter{now: a.cfg.Now, free: 300, most: 2 * time.Second},
	}, nil
}

// wait is how long who sends a secret must wait. Clients that do not exist are as many
// as one likes, and each costs a hash: so their failures count for the address, too,
// and in all, the latter not where a secret was right before.
func (i *issuer) wait(host string) time.Duration {
	wait := i.address.wait(host)
	if !i.known.has(whence(host, "")) {
		wait = max(wait, i.all.wait(""))
	}
	return wait
}

func (i *issuer) fail(host string) {
	i.address.fail(host)
	i.all.fail("")
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
		{"POST", "/{tenant}/oauth2/v2.0/token", http.HandlerFunc(a.token), "a token for a secret, a certificate, a device code or a refresh token"},
		{"POST", "/{tenant}/oauth2/v2.0/devicecode", http.HandlerFunc(a.deviceCode), "the codes with which a device signs in"},
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
		"grant_types_supported":                 []string{"client_credentials", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic", "private_key_jwt", "none"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
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
