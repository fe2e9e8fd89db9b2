package auth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
)

// token serves the token endpoint.
func (a *Auth) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	form, ok := a.form(w, r)
	if !ok || !a.ours(w, r) {
		return
	}
	switch grant := form.Get("grant_type"); grant {
	case "client_credentials":
		a.clientCredentials(w, r, form)
	case "urn:ietf:params:oauth:grant-type:device_code", "device_code":
		a.deviceGrant(w, r, form)
	case "refresh_token":
		a.refreshGrant(w, r, form)
	default:
		a.refuse(w, http.StatusBadRequest, "unsupported_grant_type", 70003, "the grant type "+strconv.Quote(grant)+" is not supported; sign in with a client secret, a certificate, or a device code")
	}
}

// ours answers and returns false if the path is of another tenant.
func (a *Auth) ours(w http.ResponseWriter, r *http.Request) bool {
	if a.knows(r.PathValue("tenant")) {
		return true
	}
	a.refuse(w, http.StatusBadRequest, "invalid_request", 90002, "there is no tenant "+strconv.Quote(r.PathValue("tenant"))+" here; this installation is "+a.tenant+" (`atelier env` prints it)")
	return false
}

func (a *Auth) badScope(w http.ResponseWriter, scope string) {
	a.refuse(w, http.StatusBadRequest, "invalid_scope", 70011, "no tokens are issued for the scope "+strconv.Quote(scope)+"; ask for "+a.cfg.Endpoints[0]+"/.default")
}

func (a *Auth) clientCredentials(w http.ResponseWriter, r *http.Request, form url.Values) {
	if !strings.EqualFold(r.PathValue("tenant"), a.tenant) { // common is for users, who may be of any
		a.refuse(w, http.StatusBadRequest, "invalid_request", 50059, "a service principal signs in at its own tenant, which is "+a.tenant)
		return
	}
	audience, ok := a.audience(form.Get("scope"))
	if !ok {
		a.badScope(w, form.Get("scope"))
		return
	}
	p := a.signIn(w, r, form)
	if p == nil {
		return
	}
	token, err := a.mint(p, a.issuerURL(a.base(r)), audience)
	if err != nil {
		a.broken(w)
		return
	}
	answer(w, http.StatusOK, tokenAnswer(token))
}

func tokenAnswer(access string) map[string]any {
	life := int(tokenLife/time.Second) - 1
	return map[string]any{"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": access}
}

func (a *Auth) broken(w http.ResponseWriter) {
	a.refuse(w, http.StatusInternalServerError, "server_error", 50000, "the sign-in could not be recorded or its token signed; try again, and look at the server's log")
}

// signIn returns the service principal that the request proves to come from, or
// answers why not and returns nil. A client that does not exist costs as much time
// as a wrong secret, and is told the same.
func (a *Auth) signIn(w http.ResponseWriter, r *http.Request, form url.Values) *atelier.Principal {
	client, secret, signed := form.Get("client_id"), form.Get("client_secret"), assertion{}
	if form.Has("client_assertion") {
		var err error
		if signed, err = parseAssertion(form.Get("client_assertion")); err == nil && form.Get("client_assertion_type") != assertionType {
			err = errors.New("client_assertion_type is not " + assertionType)
		}
		if err != nil {
			a.refuse(w, http.StatusBadRequest, "invalid_request", 50027, err.Error())
			return nil
		}
		if client == "" {
			client = signed.client
		}
	}
	p := a.principals.get(PrincipalID(client))
	if p != nil && (p.Kind != KindService || a.expired(p)) {
		p = nil
	}
	if signed.token == nil && p != nil && a.issuer.hasher.remembered(p.SecretHash, secret) { // known good: nothing to guess here
		return p
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	key := host + " " + strings.ToLower(client)
	wait := a.issuer.limit.wait(key)
	if signed.token == nil {
		wait = max(wait, a.issuer.wait(host))
	}
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		a.refuse(w, http.StatusTooManyRequests, "temporarily_unavailable", 50196, "too many wrong secrets; wait, then try again with the right one")
		return nil
	}
	right := false
	if signed.token != nil {
		right = a.assert(w, p, client, signed)
	} else {
		right = a.checkSecret(w, r, p, secret)
	}
	switch {
	case right:
		a.issuer.limit.succeed(key)
		a.issuer.known.add(whence(host, ""))
		return p
	case w.Header().Get("Retry-After") == "": // it was wrong, not too much
		a.issuer.limit.fail(key)
		if signed.token == nil {
			a.issuer.fail(host)
		}
	}
	return nil
}

// checkSecret reports whether the secret is the principal's, or answers.
func (a *Auth) checkSecret(w http.ResponseWriter, r *http.Request, p *atelier.Principal, secret string) bool {
	stored := ""
	if p != nil {
		stored = p.SecretHash
	}
	right, err := a.issuer.hasher.check(r.Context().Done(), stored, secret)
	switch {
	case err != nil:
		w.Header().Set("Retry-After", "1")
		a.refuse(w, http.StatusServiceUnavailable, "temporarily_unavailable", 50196, "too many sign-ins at once; try again in a second")
	case !right:
		a.refuse(w, http.StatusUnauthorized, "invalid_client", 7000215, "the client ID or its secret is wrong; `atelier env` prints those of this installation")
	}
	return right && err == nil
}

// assert reports whether one of the principal's certificates made the assertion, or
// answers.
func (a *Auth) assert(w http.ResponseWriter, p *atelier.Principal, client string, s assertion) bool {
	var certs []string
	if p != nil {
		certs = p.Certs
	}
	var audiences []string
	for _, e := range a.cfg.Endpoints {
		audiences = append(audiences, e+"/"+a.tenant+"/oauth2/v2.0/token", a.issuerURL(e))
	}
	if err := s.signedBy(certs, client, audiences, a.cfg.Now()); err != nil {
		a.refuse(w, http.StatusUnauthorized, "invalid_client", 700027, "the client assertion is not good: "+err.Error())
		return false
	}
	return true
}

// deviceGrant gives a device its tokens once a user has approved it.
func (a *Auth) deviceGrant(w http.ResponseWriter, r *http.Request, form url.Values) {
	d, refusal := a.devices.redeem(form.Get("device_code"), form.Get("client_id"))
	switch refusal {
	case "":
	case "authorization_pending":
		a.refuse(w, http.StatusBadRequest, refusal, 70016, "nobody has answered yet; ask again in a second")
		return
	case "authorization_declined":
		a.refuse(w, http.StatusBadRequest, refusal, 70020, "the user said no")
		return
	default:
		a.refuse(w, http.StatusBadRequest, refusal, 70019, "the device code is not good, or not good any more; begin anew")
		return
	}
	p := a.person(d.who.ID, d.who.UID)
	if p == nil {
		a.refuse(w, http.StatusBadRequest, "invalid_grant", 70000, "the user who approved does not exist any more")
		return
	}
	refresh := ""
	if hasScope(d.scope, "offline_access") {
		var err error
		if refresh, err = a.beginSignIn(r.Context(), p, d.client); err != nil {
			a.broken(w)
			return
		}
	}
	a.answerUser(w, r, p, d.client, d.scope, refresh)
}

// refreshGrant gives a client the next token of a sign-in.
func (a *Auth) refreshGrant(w http.ResponseWriter, r *http.Request, form url.Values) {
	if _, ok := a.audience(form.Get("scope")); !ok {
		a.badScope(w, form.Get("scope"))
		return
	}
	client := form.Get("client_id")
	p, next, err := a.refresh(r.Context(), form.Get("refresh_token"), client)
	switch {
	case errors.Is(err, errRefresh):
		a.refuse(w, http.StatusBadRequest, "invalid_grant", 70000, "the refresh token is not good any more: it has ended, was used before, or its user is gone; sign in anew")
	case err != nil:
		a.broken(w)
	default:
		a.answerUser(w, r, p, client, form.Get("scope"), next)
	}
}

func hasScope(scopes, name string) bool {
	for s := range strings.FieldsSeq(scopes) {
		if s == name {
			return true
		}
	}
	return false
}

// answerUser answers with a user's tokens. MSAL keys its cache by client_info.
func (a *Auth) answerUser(w http.ResponseWriter, r *http.Request, p *atelier.Principal, client, scope, refresh string) {
	audience, _ := a.audience(scope)
	issuer := a.issuerURL(a.base(r))
	access, err1 := a.mintUser(p, client, issuer, audience)
	id, err2 := a.mintID(p, client, issuer)
	info, err3 := json.Marshal(map[string]string{"uid": p.UID, "utid": a.tenant})
	if errors.Join(err1, err2, err3) != nil {
		a.broken(w)
		return
	}
	body := tokenAnswer(access)
	body["scope"] = scope
	body["client_info"] = base64.RawURLEncoding.EncodeToString(info)
	if hasScope(scope, "openid") {
		body["id_token"] = id
	}
	if refresh != "" {
		body["refresh_token"] = refresh
	}
	answer(w, http.StatusOK, body)
}
