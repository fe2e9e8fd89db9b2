package auth

import (
	"crypto/sha256"
	"maps"
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
	mostSession = 4096
	mostOfOne   = 32 // sessions of one user: who signs in again and again ends their own
)

// sessions are the browsers that signed in, and the links that may still be used
// to. Links live in memory: a server that starts again prints a new one. Who is signed
// in is kept in a file, too, so that nobody must sign in again because it did.
type sessions struct {
	now func() time.Time

	saving sync.Mutex // held before mu: what is written last is what is so now
	file   string     // "": they are not kept

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
	token atelier.ID // the personal token that the session was opened with, and ends with
	local bool       // it was opened with the command line's token, and ends with the server
}

// who is one incarnation of a user or a service principal.
type who struct {
	id  atelier.ID
	uid string
}

func whois(p *atelier.Principal) who { return who{p.ID, p.UID} }

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, codes: expiring{}, live: expiring{}}
}

// add makes a new secret. What is over goes; beyond most in all, and beyond own of the
// same user, what ends first goes too.
func (e expiring) add(now time.Time, most, own int, t ticket) string {
	maps.DeleteFunc(e, func(_ digest, t ticket) bool { return !now.Before(t.until) })
	for e.count(t.who) >= own {
		e.dropFirst(func(o ticket) bool { return o.who == t.who })
	}
	for len(e) >= most {
		e.dropFirst(func(ticket) bool { return true })
	}
	secret := randomText(32)
	e[sha256.Sum256([]byte(secret))] = t
	return secret
}

func (e expiring) count(w who) (n int) {
	for _, t := range e {
		if t.who == w {
			n++
		}
	}
	return n
}

func (e expiring) dropFirst(among func(ticket) bool) {
	var first digest
	var when time.Time
	for d, t := range e {
		if among(t) && (when.IsZero() || t.until.Before(when)) {
			first, when = d, t.until
		}
	}
	delete(e, first)
}

func (e expiring) get(now time.Time, secret string) (ticket, bool) {
	t := e[sha256.Sum256([]byte(secret))]
	return t, now.Before(t.until)
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
	return s.codes.add(s.now(), mostCodes, mostCodes, ticket{until: s.now().Add(codeLife), who: whois(p)})
}

// SignIn uses up a code and returns the cookie of the session that it opens.
func (a *Auth) SignIn(code string) (*http.Cookie, bool) {
	t, good := a.sessions.redeem(code)
	if !good {
		return nil, false
	}
	return a.sessions.open(ticket{who: t.who}), true
}

func (s *sessions) redeem(code string) (ticket, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, good := s.codes.get(s.now(), code)
	delete(s.codes, sha256.Sum256([]byte(code)))
	return t, good
}

// open begins a session and returns its cookie.
func (s *sessions) open(t ticket) *http.Cookie {
	c := s.begin(t)
	_ = s.save() // one that could not be kept is good until the server ends
	return c
}

// begin begins a session, which ends after its time, or sooner with what it was
// opened with.
func (s *sessions) begin(t ticket) *http.Cookie {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if most := now.Add(sessionLife); t.until.IsZero() || t.until.After(most) {
		t.until = most
	}
	return cookie(s.live.add(now, mostSession, mostOfOne, t), int(t.until.Sub(now)/time.Second))
}

func cookie(value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: CookieName, Value: value, Path: "/", MaxAge: age,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

func (s *sessions) get(session string) (ticket, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live.get(s.now(), session)
}

// end ends all sessions of somebody but the one to keep.
func (s *sessions) end(w who, keep digest) error {
	return s.endThose(func(d digest, t ticket) bool { return t.who == w && d != keep })
}

// drop ends one session.
func (s *sessions) drop(d digest) error {
	return s.endThose(func(o digest, _ ticket) bool { return o == d })
}

// endThose returns when they will not come back with another start either.
func (s *sessions) endThose(these func(digest, ticket) bool) error {
	s.mu.Lock()
	n := len(s.live)
	maps.DeleteFunc(s.live, these)
	ended := len(s.live) < n
	s.mu.Unlock()
	if !ended {
		return nil
	}
	return s.save()
}

// SignOut ends the session of the browser that asks, and returns the cookie that
// takes its cookie away.
func (a *Auth) SignOut(r *http.Request) (*http.Cookie, error) {
	c, err := a.identifyCookie(r)
	if err != nil && sameOrigin(r) != nil {
		return nil, err
	}
	return cookie("", -1), a.sessions.drop(c.session)
}

// SessionEnd is when the caller's session ends at the latest, or zero if they came
// by a token.
func (a *Auth) SessionEnd(c Caller) time.Time {
	a.sessions.mu.Lock()
	defer a.sessions.mu.Unlock()
	return a.sessions.live[c.session].until
}

// SignInRequest is what a browser signs in with: the code of a link, a user's
// password, or a token.
type SignInRequest struct {
	Code     string `json:"code,omitempty"`
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
	Token    string `json:"token,omitempty"`
	Next     string `json:"next,omitempty"` // path to go to, of a form
}

// SessionInfo is all that the studio needs to begin.
type SessionInfo struct {
	SignedIn    bool               `json:"signedIn"`
	Name        string             `json:"name,omitempty"`
	DisplayName string             `json:"displayName,omitempty"`
	Kind        string             `json:"kind,omitempty"`      // user or service
	ExpiresAt   *time.Time         `json:"expiresAt,omitempty"` // of a browser's session
	Workspaces  []SessionWorkspace `json:"workspaces"`          // that the caller sees
	Version     string             `json:"version"`
	Studio      bool               `json:"studio"` // is part of this build
}

// SessionWorkspace is a workspace, as its address needs it.
type SessionWorkspace struct {
	Subscription  string `json:"subscription"`
	ResourceGroup string `json:"resourceGroup"`
	Name          string `json:"name"`
	Location      string `json:"location"`
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
