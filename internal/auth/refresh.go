package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// Times and number of sign-ins that go on.
const (
	signInIdle  = 30 * 24 * time.Hour // without use
	signInMost  = 90 * 24 * time.Hour // in all
	refreshLag  = time.Minute         // that the last token but one is still good: its answer may have been lost
	mostSignIns = 64                  // of one user
)

// errRefresh is a refresh token that is not good; why is nobody's business.
var errRefresh = errors.New("the refresh token is not good")

func signInID(name string) atelier.ID { return atelier.ID(atelier.KindSignIn + "/" + name) }

// beginSignIn records that a user signed in at a client, and returns the first
// refresh token.
func (a *Auth) beginSignIn(ctx context.Context, p *atelier.Principal, client string) (string, error) {
	now := a.cfg.Now()
	name := strings.ToLower(NewGUID())
	s := &atelier.SignIn{
		Meta:      atelier.Meta{ID: signInID(name), Name: name, UID: name, Generation: 1, CreatedAt: now, UpdatedAt: now, CreatedBy: p.Name},
		Principal: p.ID, PrincipalUID: p.UID, Client: client, Turn: 1, TurnedAt: now, ExpiresAt: now.Add(signInIdle),
	}
	err := a.cfg.DB.Do(ctx, func(tx *store.Tx) error {
		tx.Actor = p.Name
		old, err := store.All[atelier.SignIn](tx, store.Query{Kind: atelier.KindSignIn, Hash: p.UID})
		if err != nil {
			return err
		}
		for i, o := range old { // oldest first
			if len(old)-i >= mostSignIns || !now.Before(o.ExpiresAt) {
				if err := store.Delete(tx, o); err != nil {
					return err
				}
			}
		}
		return store.Put(tx, s)
	})
	return a.refreshToken(s), err
}

// refreshToken is the token of the sign-in's turn. It is made anew whenever it is
// needed, so that the store has nothing that opens anything.
func (a *Auth) refreshToken(s *atelier.SignIn) string {
	text := s.Name + "." + strconv.FormatInt(s.Turn, 10)
	return text + "." + a.refreshMAC(text)
}

func (a *Auth) refreshMAC(text string) string {
	m := hmac.New(sha256.New, a.cfg.Keys.Derive("refresh tokens"))
	fmt.Fprint(m, text)
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// refresh uses a refresh token up and returns whose it is, and the next one. A token
// that comes a second time means that somebody else has it: then the whole sign-in
// ends. Only the last one may come again for a moment, and gives the same next one:
// its answer was lost, or two processes of one client share it.
func (a *Auth) refresh(ctx context.Context, token, client string) (p *atelier.Principal, next string, err error) {
	name, turn, ok := a.parseRefresh(token)
	if !ok {
		return nil, "", errRefresh
	}
	now, good := a.cfg.Now(), false
	err = a.cfg.DB.Do(ctx, func(tx *store.Tx) error {
		good = false
		s, err := store.Get[atelier.SignIn](tx, signInID(name))
		if atelier.IsKind(err, atelier.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		p = a.person(s.Principal, s.PrincipalUID)
		tx.Actor = s.CreatedBy
		switch again := turn == s.Turn-1 && now.Sub(s.TurnedAt) <= refreshLag; {
		case p == nil || !now.Before(s.ExpiresAt) || turn < s.Turn && !again:
			return store.Delete(tx, s)
		case s.Client != client || turn > s.Turn:
			return nil
		case !again:
			s.Turn, s.TurnedAt = s.Turn+1, now
			if s.ExpiresAt = now.Add(signInIdle); s.ExpiresAt.Sub(s.CreatedAt) > signInMost {
				s.ExpiresAt = s.CreatedAt.Add(signInMost)
			}
			if err := store.Put(tx, s); err != nil {
				return err
			}
		}
		good, next = true, a.refreshToken(s)
		return nil
	})
	if err == nil && !good {
		err = errRefresh
	}
	return p, next, err
}

func (a *Auth) parseRefresh(token string) (name string, turn int64, ok bool) {
	i := strings.LastIndexByte(token, '.')
	if i < 0 || len(token) > 256 || !hmac.Equal([]byte(token[i+1:]), []byte(a.refreshMAC(token[:i]))) {
		return "", 0, false
	}
	name, text, _ := strings.Cut(token[:i], ".")
	turn, err := strconv.ParseInt(text, 10, 64)
	return name, turn, err == nil
}
