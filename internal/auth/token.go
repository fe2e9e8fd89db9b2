package auth

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/atelier-compute/atelier"
)

const (
	tokenLife = time.Hour
	maxToken  = 8 << 10     // bytes
	tokenSkew = time.Minute // that the clock may have gone back since a token was made
)

// claims are those of an access token, as Entra ID has them.
type claims struct {
	jwt.Claims
	TID        string `json:"tid"`
	OID        string `json:"oid"`
	AppID      string `json:"appid,omitempty"`
	AZP        string `json:"azp,omitempty"`
	IDType     string `json:"idtyp,omitempty"`
	Version    string `json:"ver"`
	Scopes     string `json:"scp,omitempty"` // of a user's token
	UPN        string `json:"upn,omitempty"`
	UniqueName string `json:"unique_name,omitempty"`
	Preferred  string `json:"preferred_username,omitempty"`
	Name       string `json:"name,omitempty"`

	// Of a managed identity's token: which it is, and for which task it was made.
	MIRID string     `json:"xms_mirid,omitempty"`
	Task  atelier.ID `json:"atelier_task,omitempty"`
	Place int64      `json:"atelier_task_seq,omitempty"`
}

// tokens signs and checks access tokens.
type tokens struct {
	keys   *Keys
	signer jose.Signer
	header string // the first part of every token that we sign
}

func newTokens(keys *Keys) (*tokens, error) {
	key := jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: keys.Signing, KeyID: keys.KeyID}}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("prepare to sign tokens: %w", err)
	}
	t := &tokens{keys: keys, signer: signer}
	sample, err := t.sign(claims{})
	if err != nil {
		return nil, err
	}
	t.header, _, _ = strings.Cut(sample, ".")
	return t, nil
}

func (t *tokens) sign(c claims) (string, error) {
	token, err := jwt.Signed(t.signer).Claims(c).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return token, nil
}

// open returns the claims of a token that we signed. The header is compared with
// ours as a whole, byte by byte: no other algorithm, key, key address or type can
// even be asked for.
func (t *tokens) open(token string) (claims, error) {
	var c claims
	head, _, _ := strings.Cut(token, ".")
	if len(token) > maxToken || head != t.header {
		return c, fmt.Errorf("the token was not made by this installation")
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return c, fmt.Errorf("parse the token: %w", err)
	}
	if err := parsed.Claims(&t.keys.Signing.PublicKey, &c); err != nil {
		return c, fmt.Errorf("verify the token: %w", err)
	}
	return c, nil
}

// mint makes an access token for a service principal.
func (a *Auth) mint(p *atelier.Principal, issuer, audience string) (string, error) {
	c := a.claims(issuer, audience, p.UID)
	c.AppID, c.AZP, c.IDType = p.Name, p.Name, "app"
	return a.issuer.tokens.sign(c)
}

// mintUser makes an access token for a user who signed in at a client.
func (a *Auth) mintUser(p *atelier.Principal, client, issuer, audience string) (string, error) {
	c := a.claims(issuer, audience, p.UID)
	c.AppID, c.AZP, c.IDType, c.Scopes = client, client, "user", "user_impersonation"
	c.UPN, c.UniqueName, c.Name = p.Name, p.Name, display(p)
	return a.issuer.tokens.sign(c)
}

// mintID makes an ID token: it tells the client who signed in, and opens nothing.
func (a *Auth) mintID(p *atelier.Principal, client, issuer string) (string, error) {
	c := a.claims(issuer, client, p.UID)
	c.Name, c.Preferred = display(p), p.Name
	return a.issuer.tokens.sign(c)
}

func (a *Auth) claims(issuer, audience, subject string) claims {
	now := a.cfg.Now()
	return claims{
		Claims: jwt.Claims{
			Issuer: issuer, Subject: subject, Audience: jwt.Audience{audience}, ID: randomText(16),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(tokenLife)),
		},
		TID: a.tenant, OID: subject, Version: "2.0",
	}
}

// verify returns the claims of a token that is good at the edge, now.
func (a *Auth) verify(token string, at edge) (claims, error) {
	c, err := a.issuer.tokens.open(token)
	if err != nil { // which of the reasons it is helps only an attacker
		return c, unauthentic("the access token is not one of this installation; get one from its own token endpoint (`atelier env` prints the address)")
	}
	now := a.cfg.Now()
	switch {
	case c.Expiry == nil || !now.Before(c.Expiry.Time()):
		return c, unauthentic("the access token has expired; get a new one")
	case c.NotBefore == nil || now.Add(tokenSkew).Before(c.NotBefore.Time()):
		return c, unauthentic("the access token is not valid yet; look at the clock of the server")
	case c.TID != a.tenant || !a.isIssuer(c.Issuer):
		return c, unauthentic("the access token is of another issuer")
	case len(c.Audience) != 1 || a.edge(c.Audience[0]) != at:
		return c, unauthentic("the access token is for another server; ask for the scope " + a.scope(at))
	case c.IDType != "app" && c.IDType != "user":
		return c, unauthentic("the token is not an access token")
	}
	return c, nil
}

func (a *Auth) issuerURL(base string) string { return base + "/" + a.tenant + "/v2.0" }

func (a *Auth) isIssuer(iss string) bool {
	return slices.ContainsFunc(a.cfg.Endpoints, func(e string) bool { return iss == a.issuerURL(e) })
}
