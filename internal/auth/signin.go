package auth

import (
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
)

// CookieName is of the cookie that a signed-in browser sends. The prefix makes
// browsers refuse it from other hosts, paths and plain HTTP.
const CookieName = "__Host-atelier"

const (
	codeLife    = 10 * time.Minute
	sessionLife = 12 * time.Hour
	mostCodes   = 64
	mostSession = 256
)

// sessions are the browsers that signed in, and the links that may still be used
// to. They live in memory: a server that starts again prints a new link.
type sessions struct {
	now func() time.Time

	mu    sync.Mutex
	codes expiring
	live  expiring
}

type digest [sha256.Size]byte

// expiring is a set of secrets by hash, each good until a time, for somebody.
type expiring map[digest]ticket

type ticket struct {
	until time.Time
	who
}

// who is one incarnation of a user.
type who struct {
	id  atelier.ID
	uid string
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, codes: expiring{}, live: expiring{}}
}

// add makes a new secret. What is over goes; beyond most, what ends first goes too.
func (e expiring) add(now time.Time, life time.Duration, most int, w who) string {
	for d, t := range e {
		if !now.Before(t.until) {
			delete(e, d)
		}
	}
	for len(e) >= most {
		e.dropFirst()
	}
	secret := randomText(32)
	e[sha256.Sum256([]byte(secret))] = ticket{now.Add(life), w}
	return secret
}

func (e expiring) dropFirst() {
	var first digest
	var when time.Time
	for d, t := range e {
		if when.IsZero() || t.until.Before(when) {
			first, when = d, t.until
		}
	}
	delete(e, first)
}

func (e expiring) get(now time.Time, secret string) (who, bool) {
	t := e[sha256.Sum256([]byte(secret))]
	return t.who, now.Before(t.until)
}

// SignInCode makes a code that signs one browser in as the owner, once, within ten
// minutes.
func (a *Auth) SignInCode() string { return a.signInCode(a.owner().principal) }

// SignInCodeFor makes such a code for a user.
func (a *Auth) SignInCodeFor(p *atelier.Principal) (string, error) {
	if a.person(p.ID, p.UID) == nil {
		return "", atelier.Errorf(atelier.Invalid, "NotAUser", "%q is no user, and cannot sign in with a browser", p.Name)
	}
	return a.signInCode(p), nil
}

func (a *Auth) signInCode(p *atelier.Principal) string {
	s := a.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.codes.add(s.now(), codeLife, mostCodes, who{p.ID, p.UID})
}

// SignIn uses up a code and returns the cookie of the session that it opens.
func (a *Auth) SignIn(code string) (*http.Cookie, bool) {
	s := a.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	w, good := s.codes.get(s.now(), code)
	delete(s.codes, sha256.Sum256([]byte(code)))
	if !good {
		return nil, false
	}
	return cookie(s.live.add(s.now(), sessionLife, mostSession, w), int(sessionLife/time.Second)), true
}

func cookie(value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: CookieName, Value: value, Path: "/", MaxAge: age,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

func (s *sessions) who(session string) (who, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live.get(s.now(), session)
}

// sameOrigin refuses what another site's page makes a browser send. A browser says
// where a changing request comes from; one that says nothing is not believed.
func sameOrigin(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
		return nil
	}
	silent := r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == ""
	if silent || new(http.CrossOriginProtection).Check(r) != nil {
		return unauthentic("the request comes from another site, where a session does not count; send an access token")
	}
	return nil
}
