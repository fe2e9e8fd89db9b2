package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

const (
	personalPrefix = "atp_" // tells personal tokens from others, also to scanners of source code
	mostTokens     = 64     // of one owner
	mostTokenDays  = 365
	usedEvery      = time.Hour // that the use of a token is written down
)

func tokenID(name string) atelier.ID { return atelier.ID(atelier.KindToken + "/" + name) }

// find is the good personal token that a text is, or nil.
func (a *Auth) find(text string) *atelier.Token {
	name, _, _ := strings.Cut(strings.TrimPrefix(text, personalPrefix), "_")
	t := a.personal.get(tokenID(name))
	if t == nil || subtle.ConstantTimeCompare([]byte(hashToken(text)), []byte(t.Hash)) != 1 || !a.cfg.Now().Before(t.ExpiresAt) {
		return nil
	}
	return t
}

// hashToken needs no salt and no cost: a token is 256 random bits.
func hashToken(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (a *Auth) identifyPersonal(ctx context.Context, text string, at edge) (Caller, error) {
	t := a.find(text)
	if t == nil {
		return Caller{}, unauthentic("the personal token is not good: it has expired, was revoked or is not complete; make another with `atelier token create`, or in the settings of the studio")
	}
	if at != edgeAPI {
		return Caller{}, unauthentic("a personal token is good for the API only; for blobs ask for the scope " + a.scope(at))
	}
	p := a.account(who{t.Principal, t.PrincipalUID})
	if p == nil {
		return Caller{}, unauthentic("the personal token's owner does not exist any more")
	}
	a.used(ctx, t)
	return Caller{principal: p, token: t.ID}, nil
}

// used writes down that a token was used, now and then. If that fails, the token is
// as good as before; it is tried again ever more seldom, since it fails mostly where
// the disk is full, which each try costs the store a start.
func (a *Auth) used(ctx context.Context, t *atelier.Token) {
	now := a.cfg.Now()
	if now.Sub(t.LastUsedAt) < usedEvery || a.uses.wait(t.UID) > 0 {
		return
	}
	a.uses.fail(t.UID)
	err := a.cfg.DB.Do(ctx, func(tx *store.Tx) error {
		t, err := store.Get[atelier.Token](tx, t.ID)
		if err != nil || now.Sub(t.LastUsedAt) < usedEvery {
			return err
		}
		tx.Actor = t.CreatedBy
		t.LastUsedAt = now
		return store.Put(tx, t)
	})
	if err == nil {
		a.uses.succeed(t.UID)
	}
}

// SignInToken opens a session for who has a token: the command line's of this
// machine, a personal one, or an access token. The session ends with it.
func (a *Auth) SignInToken(r *http.Request, text string) (*http.Cookie, error) {
	text = strings.TrimSpace(text)
	if scheme, rest, ok := strings.Cut(text, " "); ok && strings.EqualFold(scheme, "Bearer") {
		text = strings.TrimSpace(rest)
	}
	c, err := a.identifyToken(r.Context(), text, edgeAPI)
	if err != nil {
		return nil, atelier.Errorf(atelier.Forbidden, "InvalidToken", "this token opens nothing: %v", err)
	}
	if a.mustBeAccount(c) != nil {
		return nil, atelier.Errorf(atelier.Forbidden, "InvalidToken", "this token opens nothing: it is of a job's managed identity, and only users and service principals can sign in")
	}
	t := ticket{who: whois(c.principal), token: c.token, local: c.local}
	switch {
	case c.token != "":
		if token := a.personal.get(c.token); token != nil { // else revoked this moment, and so is the session
			t.until = token.ExpiresAt
		}
	case !c.local:
		claims, err := a.verify(text, edgeAPI)
		if err != nil {
			return nil, err
		}
		t.until = claims.Expiry.Time()
	}
	return a.sessions.open(t), nil
}

// Kinds of what somebody is signed in with elsewhere.
const (
	TokenPersonal = "personal"
	TokenDevice   = "device"
)

// TokenInfo is one of the ways in that somebody has given out.
type TokenInfo struct {
	ID         string
	Name       string
	Kind       string
	CreatedAt  time.Time
	ExpiresAt  time.Time
	LastUsedAt time.Time // roughly; zero if never
}

// Tokens are the caller's personal tokens and the devices that are signed in as
// them, the newest first.
func (a *Auth) Tokens(ctx context.Context, c Caller) ([]TokenInfo, error) {
	if err := a.mustBeAccount(c); err != nil {
		return nil, err
	}
	list, now := []TokenInfo{}, a.cfg.Now()
	err := a.cfg.DB.Read(ctx, func(tx *store.Tx) error {
		tokens, err := store.All[atelier.Token](tx, store.Query{Kind: atelier.KindToken, Hash: c.principal.UID})
		if err != nil {
			return err
		}
		for _, t := range tokens {
			list = append(list, tokenInfo(t))
		}
		devices, err := store.All[atelier.SignIn](tx, store.Query{Kind: atelier.KindSignIn, Hash: c.principal.UID})
		for _, s := range devices {
			list = append(list, TokenInfo{ID: s.Name, Name: ClientName(s.Client), Kind: TokenDevice, CreatedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt, LastUsedAt: s.TurnedAt})
		}
		return err
	})
	list = slices.DeleteFunc(list, func(t TokenInfo) bool { return !now.Before(t.ExpiresAt) })
	slices.SortFunc(list, func(x, y TokenInfo) int {
		return cmp.Or(y.CreatedAt.Compare(x.CreatedAt), strings.Compare(x.ID, y.ID))
	})
	return list, err
}

func tokenInfo(t *atelier.Token) TokenInfo {
	return TokenInfo{ID: t.ID.Name(), Name: t.Name, Kind: TokenPersonal, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, LastUsedAt: t.LastUsedAt}
}

// NotByToken refuses what would let whoever found a personal token go on without it.
func (c Caller) NotByToken(what string) error {
	if c.token == "" {
		return nil
	}
	return atelier.Errorf(atelier.Forbidden, "PersonalTokenNotEnough", "a personal token cannot %s, so that whoever finds one cannot keep what it opens; sign in in another way", what)
}

// CreateToken makes a personal token for the caller. The text is nowhere else.
func (a *Auth) CreateToken(ctx context.Context, c Caller, name string, days int) (info TokenInfo, text string, err error) {
	if err := a.mustBeAccount(c); err != nil {
		return info, "", err
	}
	if err := c.NotByToken("make another"); err != nil {
		return info, "", err
	}
	if err := checkName(name); err != nil {
		return info, "", err.At("name")
	}
	if days < 1 || days > mostTokenDays {
		return info, "", atelier.Errorf(atelier.Invalid, "InvalidDays", "the token would be good for %d days; 1 to %d are possible", days, mostTokenDays).At("days")
	}
	now := a.cfg.Now()
	id := strings.ReplaceAll(NewGUID(), "-", "")
	text = personalPrefix + id + "_" + randomText(32)
	t := &atelier.Token{
		Meta:      atelier.Meta{ID: tokenID(id), Name: name, UID: id, Generation: 1, CreatedAt: now, UpdatedAt: now, CreatedBy: c.Name()},
		Principal: c.principal.ID, PrincipalUID: c.principal.UID, Hash: hashToken(text), ExpiresAt: now.AddDate(0, 0, days),
	}
	err = a.cfg.DB.Do(ctx, func(tx *store.Tx) error {
		tx.Actor = c.Name()
		old, err := store.All[atelier.Token](tx, store.Query{Kind: atelier.KindToken, Hash: c.principal.UID})
		if err != nil {
			return err
		}
		good := 0
		for _, o := range old {
			switch {
			case now.Before(o.ExpiresAt):
				good++
			default:
				if err := store.Delete(tx, o); err != nil {
					return err
				}
			}
		}
		if good >= mostTokens {
			return atelier.Errorf(atelier.Conflict, "TooManyTokens", "there are %d tokens of %q already, as many as possible; revoke one first", good, c.Name())
		}
		return store.Put(tx, t)
	})
	return tokenInfo(t), text, err
}

// RevokeToken ends one of the caller's tokens, with the sessions that it opened, or
// the sign-in of one of their devices, whose last access token ends within the hour.
func (a *Auth) RevokeToken(ctx context.Context, c Caller, id string) error {
	if err := a.mustBeAccount(c); err != nil {
		return err
	}
	none := atelier.Errorf(atelier.NotFound, "TokenNotFound", "you have no token with this id; `atelier token list` shows those that you have")
	if strings.Contains(id, "/") {
		return none
	}
	return a.cfg.DB.Do(ctx, func(tx *store.Tx) error {
		tx.Actor = c.Name()
		t, err := store.Get[atelier.Token](tx, tokenID(strings.ToLower(id)))
		if err == nil && t.PrincipalUID == c.principal.UID {
			return store.Delete(tx, t)
		}
		s, err := store.Get[atelier.SignIn](tx, signInID(strings.ToLower(id)))
		if err == nil && s.PrincipalUID == c.principal.UID {
			return store.Delete(tx, s)
		}
		if err == nil || atelier.IsKind(err, atelier.NotFound) {
			return none
		}
		return err
	})
}

// ClientName is what people call the client with an ID that Microsoft's tools use.
// A client that calls itself so need not be one.
func ClientName(id string) string {
	switch id {
	case "04b07795-8ddb-461a-bbee-02f9e1bf7b46":
		return "Azure CLI, or an Azure SDK"
	case "1950a258-227b-4e31-a9cf-717495945fc2":
		return "Azure PowerShell"
	case "aebc6443-996d-45c2-90f0-388ff96faa56":
		return "Visual Studio Code"
	}
	return id
}
