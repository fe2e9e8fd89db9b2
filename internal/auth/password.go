package auth

import (
	"context"
	"crypto/sha256"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/atelier-compute/atelier"
)

const minPassword = 12 // characters

// guesses bound how often passwords may be tried: of a user from one address, of a
// user in all, and in all. The wider the circle, the more is free and the shorter
// the wait. Who guesses without end always has the next try, so the wider circles do
// not hold for an address from which the user's password was known before.
type guesses struct {
	here, user, all limiter
	known           cache
}

func newGuesses(now func() time.Time) *guesses {
	return &guesses{
		here: limiter{now: now},
		user: limiter{now: now, free: 30, most: 10 * time.Second},
		all:  limiter{now: now, free: 300, most: 2 * time.Second},
	}
}

// begin counts a try as a failure before its outcome is known, so that many at once
// are counted too, or says that it has to wait.
func (g *guesses) begin(from, user string) error {
	wait := g.here.wait(from + " " + user)
	if !g.known.has(whence(from, user)) {
		wait = max(wait, g.user.wait(user), g.all.wait(""))
	}
	if wait > 0 {
		return atelier.Errorf(atelier.NoQuota, "TooManyTries", "too many wrong passwords; wait %d seconds, then try again", int(wait/time.Second)+1).In(wait)
	}
	g.here.fail(from + " " + user)
	g.user.fail(user)
	g.all.fail("")
	return nil
}

// succeed forgets the failures of who knew the password.
func (g *guesses) succeed(from, user string) {
	g.here.succeed(from + " " + user)
	g.user.succeed(user)
	g.all.undo("")
	g.known.add(whence(from, user))
}

func whence(from, user string) mark { return sha256.Sum256([]byte(from + " " + user)) }

// SignInPassword opens a session for the user whose password it is. A user who does
// not exist, or has no password, costs as much time and is told the same as a wrong
// password.
func (a *Auth) SignInPassword(r *http.Request, user, password string) (*http.Cookie, error) {
	name := "" // all names that cannot be are one
	if atelier.IsPrincipalName(user) {
		name = strings.ToLower(user)
	}
	from, _, _ := net.SplitHostPort(r.RemoteAddr)
	if err := a.guesses.begin(from, name); err != nil {
		return nil, err
	}
	p := a.owner().principal
	if p.ID != PrincipalID(name) {
		p = a.principals.get(PrincipalID(name))
	}
	if p != nil && a.person(p.ID, p.UID) == nil {
		p = nil
	}
	uid := ""
	if p != nil {
		uid = p.UID
	}
	stored, err := a.readAccount(r.Context(), uid)
	if err != nil {
		return nil, err
	}
	right, err := a.issuer.hasher.check(r.Context().Done(), stored.PasswordHash, password)
	switch {
	case err != nil:
		return nil, err
	case !right || p == nil:
		return nil, wrongPassword()
	}
	cookie := a.sessions.open(ticket{who: whois(p)})
	// Another password ends the sessions that are open by then. This one is open now,
	// so either it was ended, or the change is seen here.
	now, err := a.readAccount(r.Context(), uid)
	if err == nil && now.PasswordHash != stored.PasswordHash {
		err = wrongPassword()
	}
	if err != nil {
		if err := a.sessions.drop(sha256.Sum256([]byte(cookie.Value))); err != nil {
			return nil, err
		}
		return nil, err
	}
	a.guesses.succeed(from, name)
	return cookie, nil
}

func wrongPassword() error {
	return atelier.Errorf(atelier.Forbidden, "WrongPassword", "the user or the password is wrong; a user without a password signs in with a link, and sets one then")
}

// ChangePassword sets the caller's own password. Who has one must know it, save for
// who has the data directory anyway. Other sessions of theirs end.
func (a *Auth) ChangePassword(ctx context.Context, c Caller, from, old, password string) error {
	if c.principal == nil || a.person(c.principal.ID, c.principal.UID) == nil {
		return atelier.Errorf(atelier.Forbidden, "NotAUser", "only users have passwords, and %q is none", c.Name())
	}
	if err := c.NotByToken("set a password"); err != nil {
		return err
	}
	if c.local {
		return a.setPassword(ctx, c.Name(), c.principal, password, c.session, nil)
	}
	account, err := a.readAccount(ctx, c.principal.UID)
	if err != nil {
		return err
	}
	if account.PasswordHash != "" {
		name := strings.ToLower(c.Name())
		if err := a.guesses.begin(from, name); err != nil {
			return err
		}
		right, err := a.issuer.hasher.check(ctx.Done(), account.PasswordHash, old)
		if err != nil {
			return err
		}
		if !right {
			return atelier.Errorf(atelier.Forbidden, "WrongPassword", "the present password is not this one; who has forgotten it asks an owner for `atelier principal set-password %s`", c.Name()).At("old")
		}
		a.guesses.succeed(from, name)
	}
	return a.setPassword(ctx, c.Name(), c.principal, password, c.session, &account.PasswordHash)
}

// SetPassword sets the password of a user, for somebody who may. All their sessions
// end.
func (a *Auth) SetPassword(ctx context.Context, actor string, p *atelier.Principal, password string) error {
	if a.person(p.ID, p.UID) == nil {
		return atelier.Errorf(atelier.Invalid, "NotAUser", "only users have passwords, and %q is none; a service principal signs in with its secret", p.Name)
	}
	return a.setPassword(ctx, actor, p, password, digest{}, nil)
}

// setPassword replaces the password with the hash was, or any if that is nil: who knew
// the old one has no say once there is another.
func (a *Auth) setPassword(ctx context.Context, actor string, p *atelier.Principal, password string, keep digest, was *string) error {
	if n := utf8.RuneCountInString(password); n < minPassword {
		return atelier.Errorf(atelier.Invalid, "PasswordTooShort", "the password has %d characters; it needs at least %d: a sentence is good", n, minPassword).At("new")
	}
	hash, err := a.issuer.hasher.hash(ctx.Done(), password)
	if err != nil {
		return err
	}
	// Before and after: none that the old password opened comes back if the server
	// ends in between, nor is one left that it opened meanwhile.
	if err := a.sessions.end(whois(p), keep); err != nil {
		return err
	}
	err = a.writeAccount(ctx, actor, p, func(account *atelier.Account) error {
		if was != nil && account.PasswordHash != *was {
			return atelier.Errorf(atelier.Conflict, "PasswordChanged", "the password was changed meanwhile, and this change was not made; sign in with the new one, or ask an owner for `atelier principal set-password %s`", p.Name)
		}
		account.PasswordHash = hash
		return nil
	})
	if err != nil {
		return err
	}
	return a.sessions.end(whois(p), keep)
}
