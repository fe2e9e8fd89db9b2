package auth

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
)

func TestPasswords(t *testing.T) {
	b := newBench(t)
	kim := b.newUser(t, "kim")
	try := func(user, password string) string {
		t.Helper()
		b.guesses = newGuesses(b.now)
		cookie, err := b.SignInPassword(from("192.0.2.1"), user, password)
		if err != nil {
			return codeOf(err)
		}
		c, err := b.Identify(withCookie(cookie))
		if err != nil {
			t.Fatal(err)
		}
		return c.Name()
	}
	if got := try("kim", ""); got != "WrongPassword" {
		t.Errorf("without a password: %s", got)
	}
	if err := b.SetPassword(t.Context(), "test", kim, "too short"); codeOf(err) != "PasswordTooShort" {
		t.Error(err)
	}
	if err := b.SetPassword(t.Context(), "test", kim, strings.Repeat("가나다라", 3)); err != nil {
		t.Errorf("twelve characters: %v", err)
	}
	if err := b.SetPassword(t.Context(), "test", kim, goodPassword); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ user, password, want string }{
		{"kim", goodPassword, "kim"},
		{"KIM", goodPassword, "kim"},
		{"kim", goodPassword + " ", "WrongPassword"},
		{"kim", "", "WrongPassword"},
		{"lee", goodPassword, "WrongPassword"},
		{"", goodPassword, "WrongPassword"},
		{"local", goodPassword, "WrongPassword"},
		{"../kim", goodPassword, "WrongPassword"},
	} {
		if got := try(c.user, c.password); got != c.want {
			t.Errorf("%q %q: %s, want %s", c.user, c.password, got, c.want)
		}
	}
	t.Run("services-have-none", func(t *testing.T) {
		svc := b.add(t, "svc", goodPassword)
		if err := b.SetPassword(t.Context(), "test", svc, goodPassword); codeOf(err) != "NotAUser" {
			t.Error(err)
		}
		if got := try("svc", goodPassword); got != "WrongPassword" {
			t.Errorf("by its secret: %s", got)
		}
	})
	t.Run("the-hash-is-one", func(t *testing.T) {
		account, err := b.readAccount(t.Context(), kim.UID)
		if err != nil || !strings.HasPrefix(account.PasswordHash, "$argon2id$") {
			t.Errorf("%+v %v", account, err)
		}
	})
	t.Run("the-owner-may-have-one", func(t *testing.T) {
		f, err := b.WriteLocal(b.dir, endpoint)
		if err != nil {
			t.Fatal(err)
		}
		c, err := b.Identify(bearer(f.Token))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // who has the data directory needs not know the old one
			if err := b.ChangePassword(t.Context(), c, "", "", goodPassword+"!"); err != nil {
				t.Fatal(err)
			}
		}
		if got := try("local", goodPassword+"!"); got != "local" {
			t.Error(got)
		}
	})
	t.Run("expired-user", func(t *testing.T) {
		p := &atelier.Principal{Meta: atelier.Meta{Name: "temp"}, Kind: KindUser, ExpiresAt: b.now().Add(time.Hour)}
		if err := b.AddPrincipal(t.Context(), "test", p, ""); err != nil {
			t.Fatal(err)
		}
		if err := b.SetPassword(t.Context(), "test", p, goodPassword); err != nil {
			t.Fatal(err)
		}
		if got := try("temp", goodPassword); got != "temp" {
			t.Fatal(got)
		}
		b.t = b.t.Add(time.Hour)
		if got := try("temp", goodPassword); got != "WrongPassword" {
			t.Error(got)
		}
	})
}

func withCookie(cookie *http.Cookie) *http.Request {
	r := httptest.NewRequest("GET", endpoint+"/x", nil)
	r.AddCookie(cookie)
	return r
}

func TestChangingThePassword(t *testing.T) {
	b := newBench(t)
	kim := b.newUser(t, "kim")
	if err := b.SetPassword(t.Context(), "test", kim, goodPassword); err != nil {
		t.Fatal(err)
	}
	open := func() *http.Cookie {
		t.Helper()
		cookie, err := b.SignInPassword(from("192.0.2.1"), "kim", goodPassword)
		if err != nil {
			t.Fatal(err)
		}
		return cookie
	}
	mine, other := open(), open()
	c, err := b.Identify(withCookie(mine))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.ChangePassword(t.Context(), c, "192.0.2.1", "wrong", "another "+goodPassword); codeOf(err) != "WrongPassword" {
		t.Error(err)
	}
	if _, err := b.Identify(withCookie(other)); err != nil {
		t.Error(err)
	}
	if err := b.ChangePassword(t.Context(), c, "192.0.2.1", goodPassword, "another "+goodPassword); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Identify(withCookie(mine)); err != nil {
		t.Errorf("the session that changed it ended: %v", err)
	}
	refused(t, b, withCookie(other))
	if _, err := b.SignInPassword(from("192.0.2.1"), "kim", goodPassword); codeOf(err) != "WrongPassword" {
		t.Errorf("the old one: %v", err)
	}
	if err := b.SetPassword(t.Context(), "test", kim, goodPassword); err != nil {
		t.Fatal(err)
	}
	refused(t, b, withCookie(mine))
}

func TestGuessesAreBounded(t *testing.T) {
	b := newBench(t)
	kim := b.newUser(t, "kim")
	if err := b.SetPassword(t.Context(), "test", kim, goodPassword); err != nil {
		t.Fatal(err)
	}
	try := func(address, user, password string) string {
		_, err := b.SignInPassword(from(address), user, password)
		return codeOf(err)
	}
	for range freeFailures + 1 {
		if got := try("192.0.2.1", "kim", "wrong"); got != "WrongPassword" {
			t.Fatal(got)
		}
	}
	if got := try("192.0.2.1", "kim", goodPassword); got != "TooManyTries" {
		t.Errorf("the right one from where many were wrong: %q", got)
	}
	if got := try("192.0.2.2", "kim", goodPassword); got != "" {
		t.Errorf("from elsewhere: %q", got)
	}
	if got := try("192.0.2.1", "lee", "wrong"); got != "WrongPassword" {
		t.Errorf("another user: %q", got)
	}
	t.Run("one-user-from-many-addresses", func(t *testing.T) {
		b.guesses = newGuesses(b.now)
		tried := 0
		for ; tried < 100; tried++ {
			if try("192.0.2.1", "park", "wrong") == "TooManyTries" {
				break
			}
			b.guesses.here = limiter{now: b.now}
		}
		if tried != b.guesses.user.free+1 {
			t.Errorf("%d guesses at one user", tried)
		}
	})
	t.Run("not-from-where-it-was-known", func(t *testing.T) {
		b.guesses = newGuesses(b.now)
		if got := try("192.0.2.3", "kim", goodPassword); got != "" {
			t.Fatal(got)
		}
		for range b.guesses.all.free + 1 {
			if err := b.guesses.begin(NewGUID(), "kim"); err != nil {
				b.t = b.t.Add(b.guesses.user.most)
			}
		}
		for range b.guesses.all.free + 1 {
			_ = b.guesses.begin(NewGUID(), NewGUID())
		}
		if got := try("192.0.2.4", "kim", goodPassword); got != "TooManyTries" {
			t.Errorf("from a new address: %q", got)
		}
		if got := try("192.0.2.3", "kim", goodPassword); got != "" {
			t.Errorf("somebody who guesses keeps kim out: %q", got)
		}
		for range freeFailures + 1 {
			try("192.0.2.3", "kim", "wrong")
		}
		if got := try("192.0.2.3", "kim", goodPassword); got != "TooManyTries" {
			t.Errorf("guesses from a known address: %q", got)
		}
	})
	t.Run("who-knows-the-password-counts-for-nothing", func(t *testing.T) {
		b.guesses = newGuesses(b.now)
		for range b.guesses.all.free + 2 {
			if err := b.guesses.begin("192.0.2.1", "kim"); err != nil {
				t.Fatal(err)
			}
			b.guesses.succeed("192.0.2.1", "kim")
		}
	})
	t.Run("many-users", func(t *testing.T) {
		b.guesses = newGuesses(b.now)
		for range b.guesses.all.free + 1 {
			if err := b.guesses.begin("192.0.2.1", NewGUID()); err != nil {
				t.Fatal(err)
			}
		}
		err := b.guesses.begin("192.0.2.1", "kim")
		var e *atelier.Error
		if !errors.As(err, &e) || e.Code != "TooManyTries" || e.Kind != atelier.NoQuota || e.Wait <= 0 || e.Wait > 2*time.Second {
			t.Errorf("%#v", err)
		}
		b.t = b.t.Add(2 * time.Second)
		if got := try("192.0.2.9", "kim", goodPassword); got != "" {
			t.Errorf("two seconds later: %q", got)
		}
	})
}

// turns lets a test step in while something hashes: come returns when it is about to,
// and leave lets it go on.
func (b *bench) turns() (come, leave func()) {
	slots := make(chan struct{})
	b.issuer.hasher.slots = slots
	return func() { <-slots }, func() { slots <- struct{}{} }
}

// reset sets a password as SetPassword does, without hashing it now.
func (b *bench) reset(t *testing.T, p *atelier.Principal, hash string) {
	t.Helper()
	if err := b.writeAccount(t.Context(), "test", p, func(a *atelier.Account) error { a.PasswordHash = hash; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := b.sessions.end(whois(p), digest{}); err != nil {
		t.Fatal(err)
	}
}

// TestAnotherPasswordMeanwhile makes sure that whoever knew the password has nothing
// any more once there is another, however long their request has been under way.
func TestAnotherPasswordMeanwhile(t *testing.T) {
	begin := func(t *testing.T) (b *bench, kim *atelier.Principal, other string) {
		b = newBench(t)
		kim = b.newUser(t, "kim")
		if err := b.SetPassword(t.Context(), "test", kim, goodPassword); err != nil {
			t.Fatal(err)
		}
		other, err := b.issuer.hasher.hash(nil, "another "+goodPassword)
		if err != nil {
			t.Fatal(err)
		}
		return b, kim, other
	}
	t.Run("while-they-sign-in", func(t *testing.T) {
		b, kim, other := begin(t)
		come, leave := b.turns()
		ended := make(chan error, 1)
		go func() {
			_, err := b.SignInPassword(from("192.0.2.1"), "kim", goodPassword)
			ended <- err
		}()
		come()
		b.reset(t, kim, other)
		leave()
		if err := <-ended; codeOf(err) != "WrongPassword" || len(b.sessions.live) > 0 {
			t.Errorf("%v, and %d sessions are open", err, len(b.sessions.live))
		}
	})
	t.Run("while-they-change-it", func(t *testing.T) {
		b, kim, other := begin(t)
		come, leave := b.turns()
		ended := make(chan error, 1)
		go func() {
			ended <- b.ChangePassword(t.Context(), Caller{principal: kim}, "192.0.2.1", goodPassword, "their own "+goodPassword)
		}()
		come() // the old one is looked at
		leave()
		come() // and was right
		b.reset(t, kim, other)
		leave()
		if err := <-ended; codeOf(err) != "PasswordChanged" || !atelier.IsKind(err, atelier.Conflict) {
			t.Error(err)
		}
		if account, err := b.readAccount(t.Context(), kim.UID); err != nil || account.PasswordHash != other {
			t.Errorf("the password is not the other: %v", err)
		}
	})
	t.Run("while-they-set-their-first", func(t *testing.T) {
		b, kim, other := begin(t)
		b.reset(t, kim, "")
		come, leave := b.turns()
		ended := make(chan error, 1)
		go func() {
			ended <- b.ChangePassword(t.Context(), Caller{principal: kim}, "192.0.2.1", "", "their own "+goodPassword)
		}()
		come()
		b.reset(t, kim, other)
		leave()
		if err := <-ended; codeOf(err) != "PasswordChanged" {
			t.Error(err)
		}
	})
}

// TestHashesOfOthers makes sure that strangers who keep the hashes busy keep nobody
// out whose password was right before, and that guesses are counted all the same.
func TestHashesOfOthers(t *testing.T) {
	b := newBench(t)
	kim := b.newUser(t, "kim")
	if err := b.SetPassword(t.Context(), "test", kim, goodPassword); err != nil {
		t.Fatal(err)
	}
	try := func(password string) string {
		_, err := b.SignInPassword(from("192.0.2.1"), "kim", password)
		return codeOf(err)
	}
	if got := try(goodPassword); got != "" {
		t.Fatal(got)
	}
	for range hashesWait {
		b.issuer.hasher.queue <- struct{}{}
	}
	if got := try(goodPassword); got != "" {
		t.Errorf("who is known: %s", got)
	}
	for range freeFailures + 1 {
		if got := try("wrong"); got != "TemporarilyUnavailable" {
			t.Errorf("a wrong password: %s", got)
		}
	}
	if got := try(goodPassword); got != "TooManyTries" {
		t.Errorf("after many guesses: %q", got)
	}
}
