package auth

import (
	"crypto/sha256"
	"net/http"
	"sync"
	"time"
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

// expiring is a set of secrets by hash, each good until a time.
type expiring map[digest]time.Time

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, codes: expiring{}, live: expiring{}}
}

// add makes a new secret. What is over goes; beyond most, what ends first goes too.
func (e expiring) add(now time.Time, life time.Duration, most int) string {
	for d, until := range e {
		if !now.Before(until) {
			delete(e, d)
		}
	}
	for len(e) >= most {
		e.dropFirst()
	}
	secret := randomText(32)
	e[sha256.Sum256([]byte(secret))] = now.Add(life)
	return secret
}

func (e expiring) dropFirst() {
	var first digest
	var when time.Time
	for d, until := range e {
		if when.IsZero() || until.Before(when) {
			first, when = d, until
		}
	}
	delete(e, first)
}

func (e expiring) has(now time.Time, secret string) bool {
	return now.Before(e[sha256.Sum256([]byte(secret))])
}

// SignInCode makes a code that signs one browser in, once, within ten minutes.
func (a *Auth) SignInCode() string {
	s := a.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.codes.add(s.now(), codeLife, mostCodes)
}

// SignIn uses up a code and returns the cookie of the session that it opens.
func (a *Auth) SignIn(code string) (*http.Cookie, bool) {
	s := a.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	good := s.codes.has(s.now(), code)
	delete(s.codes, sha256.Sum256([]byte(code)))
	if !good {
		return nil, false
	}
	return cookie(s.live.add(s.now(), sessionLife, mostSession), int(sessionLife/time.Second)), true
}

func cookie(value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: CookieName, Value: value, Path: "/", MaxAge: age,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

func (s *sessions) is(session string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live.has(s.now(), session)
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
