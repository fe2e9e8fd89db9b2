package auth

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

const goodPassword = "correct horse battery"

func (b *bench) newUser(t *testing.T, name string) *atelier.Principal {
	t.Helper()
	return b.user(t, name, atelier.RoleGrant{Role: Reader}).principal
}

// from is a request from an address.
func from(address string) *http.Request {
	r := httptest.NewRequest("POST", endpoint+"/signin", nil)
	r.RemoteAddr = address + ":1234"
	return r
}

func codeOf(err error) string {
	if e, ok := err.(*atelier.Error); ok {
		return e.Code
	}
	return ""
}

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
		if err := b.guesses.begin("192.0.2.1", "kim"); codeOf(err) != "TooManyTries" {
			t.Error(err)
		}
		b.t = b.t.Add(2 * time.Second)
		if got := try("192.0.2.9", "kim", goodPassword); got != "" {
			t.Errorf("two seconds later: %q", got)
		}
	})
}

func TestPersonalTokens(t *testing.T) {
	b := newBench(t)
	kim := b.newUser(t, "kim")
	me := Caller{principal: kim}
	info, text, err := b.CreateToken(t.Context(), me, "ci", 30)
	if err != nil || !strings.HasPrefix(text, "atp_") || !info.ExpiresAt.Equal(b.now().AddDate(0, 0, 30)) {
		t.Fatalf("%+v %q %v", info, text, err)
	}
	used := func() time.Time {
		t.Helper()
		list, err := b.Tokens(t.Context(), me)
		if err != nil || len(list) != 1 || list[0].Kind != TokenPersonal || list[0].Name != "ci" || list[0].ID != info.ID {
			t.Fatalf("%+v %v", list, err)
		}
		return list[0].LastUsedAt
	}
	if !used().IsZero() {
		t.Error("it was used")
	}
	for range 2 {
		if c, err := b.Identify(bearer(text)); err != nil || c.Name() != "kim" || !c.May("x/read", "") {
			t.Fatalf("%q %v", c.Name(), err)
		}
	}
	t.Run("use-is-written-once-an-hour", func(t *testing.T) {
		first := used()
		if !first.Equal(b.now()) {
			t.Errorf("last used %v", first)
		}
		rev := b.personal.get(tokenID(info.ID)).Rev
		b.t = b.t.Add(59 * time.Minute)
		b.Identify(bearer(text)) //nolint:errcheck // it is good, see above
		if now := b.personal.get(tokenID(info.ID)).Rev; now != rev || !used().Equal(first) {
			t.Error("each use is written")
		}
		b.t = b.t.Add(time.Minute)
		b.Identify(bearer(text)) //nolint:errcheck // the same
		if !used().Equal(b.now()) {
			t.Error("a use an hour later is not written")
		}
	})
	t.Run("no-other-text", func(t *testing.T) {
		for _, bad := range []string{"atp_", "atp_" + info.ID, "atp_" + info.ID + "_", text + "x", text[:len(text)-1], strings.ToUpper(text), "atp_x_" + text, "atp_../" + info.ID + "_x"} {
			refused(t, b, bearer(bad))
		}
	})
	t.Run("not-for-blobs", func(t *testing.T) {
		r := httptest.NewRequest("GET", "https://acc.blob.core.atelier.localhost/x", nil)
		r.Header.Set("Authorization", "Bearer "+text)
		refused(t, b, r)
	})
	t.Run("the-store-has-no-token", func(t *testing.T) {
		if stored := b.personal.get(tokenID(info.ID)); strings.Contains(stored.Hash, text) || strings.Contains(text, stored.Hash) || len(stored.Hash) != 64 {
			t.Errorf("%+v", stored)
		}
	})
	t.Run("makes-no-others", func(t *testing.T) {
		c, err := b.Identify(bearer(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.CreateToken(t.Context(), c, "more", 365); codeOf(err) != "PersonalTokenNotEnough" {
			t.Error(err)
		}
		if err := b.ChangePassword(t.Context(), c, "", "", goodPassword); codeOf(err) != "PersonalTokenNotEnough" {
			t.Error(err)
		}
		cookie, err := b.SignInToken(from("192.0.2.1"), text)
		if err != nil {
			t.Fatal(err)
		}
		if c, err = b.Identify(withCookie(cookie)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.CreateToken(t.Context(), c, "more", 365); codeOf(err) != "PersonalTokenNotEnough" {
			t.Errorf("by a session: %v", err)
		}
		_, userCode := b.devices.add("tool", "x")
		if err := b.DecideDevice(c, userCode, true); codeOf(err) != "PersonalTokenNotEnough" {
			t.Errorf("a device: %v", err)
		}
	})
	t.Run("others-cannot-revoke", func(t *testing.T) {
		lee := Caller{principal: b.newUser(t, "lee")}
		if err := b.RevokeToken(t.Context(), lee, info.ID); codeOf(err) != "TokenNotFound" {
			t.Error(err)
		}
		if list, err := b.Tokens(t.Context(), lee); err != nil || len(list) > 0 {
			t.Errorf("lee has %v %v", list, err)
		}
	})
	t.Run("revoked-with-its-sessions", func(t *testing.T) {
		cookie, err := b.SignInToken(from("192.0.2.1"), text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Identify(withCookie(cookie)); err != nil {
			t.Fatal(err)
		}
		if err := b.RevokeToken(t.Context(), me, strings.ToUpper(info.ID)); err != nil {
			t.Fatal(err)
		}
		refused(t, b, bearer(text))
		refused(t, b, withCookie(cookie))
		if err := b.RevokeToken(t.Context(), me, info.ID); codeOf(err) != "TokenNotFound" {
			t.Error(err)
		}
	})
	t.Run("expires", func(t *testing.T) {
		_, text, err := b.CreateToken(t.Context(), me, "short", 1)
		if err != nil {
			t.Fatal(err)
		}
		b.t = b.t.Add(24*time.Hour - time.Second)
		if _, err := b.Identify(bearer(text)); err != nil {
			t.Error(err)
		}
		b.t = b.t.Add(time.Second)
		refused(t, b, bearer(text))
		if list, _ := b.Tokens(t.Context(), me); len(list) > 0 {
			t.Errorf("an expired one is listed: %v", list)
		}
	})
	t.Run("bad-requests", func(t *testing.T) {
		for _, c := range []struct {
			name string
			days int
			want string
		}{{"", 1, "InvalidName"}, {" x", 1, "InvalidName"}, {"a\nb", 1, "InvalidName"}, {strings.Repeat("x", 65), 1, "InvalidName"}, {"x", 0, "InvalidDays"}, {"x", 366, "InvalidDays"}, {"x", -1, "InvalidDays"}} {
			if _, _, err := b.CreateToken(t.Context(), me, c.name, c.days); codeOf(err) != c.want {
				t.Errorf("%q for %d days: %v", c.name, c.days, err)
			}
		}
		if _, _, err := b.CreateToken(t.Context(), Caller{}, "x", 1); codeOf(err) != "NoAccount" {
			t.Error(err)
		}
	})
	t.Run("not-too-many", func(t *testing.T) {
		for range mostTokens {
			if _, _, err := b.CreateToken(t.Context(), me, "x", 1); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := b.CreateToken(t.Context(), me, "x", 1); codeOf(err) != "TooManyTokens" {
			t.Error(err)
		}
		b.t = b.t.Add(24 * time.Hour) // those that are over make room
		if _, _, err := b.CreateToken(t.Context(), me, "x", 1); err != nil {
			t.Error(err)
		}
		if n := len(b.personal.byID); n != 1 {
			t.Errorf("%d tokens are kept", n)
		}
	})
}

func TestSessionsOfTokens(t *testing.T) {
	b := newBench(t)
	svc := b.add(t, "svc", "secret", atelier.RoleGrant{Role: Reader})
	blobs, err := b.mint(svc, b.issuerURL(endpoint), "https://storage.azure.com")
	if err != nil {
		t.Fatal(err)
	}
	f, err := b.WriteLocal(b.dir, endpoint)
	if err != nil {
		t.Fatal(err)
	}
	_, short, err := b.CreateToken(t.Context(), Caller{principal: b.newUser(t, "kim")}, "x", 1)
	if err != nil {
		t.Fatal(err)
	}
	b.t = b.t.Add(20 * time.Hour) // of the 24 of the last
	access, err := b.mint(svc, b.issuerURL(endpoint), endpoint)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		token, who string
		life       time.Duration
	}{
		"access-token":   {access, "svc", tokenLife},
		"with-scheme":    {"bearer " + access + "\n", "svc", tokenLife},
		"command-line":   {f.Token, "local", sessionLife},
		"personal-token": {short, "kim", 4 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			cookie, err := b.SignInToken(from("192.0.2.1"), c.token)
			if err != nil {
				t.Fatal(err)
			}
			who, err := b.Identify(withCookie(cookie))
			if err != nil || who.Name() != c.who || cookie.MaxAge != int(c.life/time.Second) || !b.SessionEnd(who).Equal(b.now().Add(c.life)) {
				t.Errorf("%q until %v (%d s): %v", who.Name(), b.SessionEnd(who), cookie.MaxAge, err)
			}
		})
	}
	for name, token := range map[string]string{"none": "", "garbage": "x", "for-blobs": blobs, "two": access + " " + access} {
		t.Run("not-"+name, func(t *testing.T) {
			if _, err := b.SignInToken(from("192.0.2.1"), token); codeOf(err) != "InvalidToken" {
				t.Error(err)
			}
		})
	}
	cookie, err := b.SignInToken(from("192.0.2.1"), access)
	if err != nil {
		t.Fatal(err)
	}
	b.t = b.t.Add(tokenLife)
	refused(t, b, withCookie(cookie))
}

// TestSessionsOfOneEndNobodyElses makes sure that who may sign in cannot sign others
// out by doing so again and again.
func TestSessionsOfOneEndNobodyElses(t *testing.T) {
	b := newBench(t)
	owner, ok := b.SignIn(b.SignInCode())
	if !ok {
		t.Fatal("the link is not good")
	}
	_, text, err := b.CreateToken(t.Context(), Caller{principal: b.newUser(t, "kim")}, "x", 30)
	if err != nil {
		t.Fatal(err)
	}
	b.t = b.t.Add(time.Minute) // the owner's session is the oldest
	var last *http.Cookie
	for range mostSession + 1 {
		if last, err = b.SignInToken(from("192.0.2.1"), text); err != nil {
			t.Fatal(err)
		}
	}
	for name, cookie := range map[string]*http.Cookie{"local": owner, "kim": last} {
		if c, err := b.Identify(withCookie(cookie)); err != nil || c.Name() != name {
			t.Errorf("%s is signed in as %q: %v", name, c.Name(), err)
		}
	}
	if n := len(b.sessions.live); n > mostOfOne+1 {
		t.Errorf("%d sessions are kept", n)
	}
}

func TestProfiles(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g kim@laptop"
	b := newBench(t)
	me := Caller{principal: b.newUser(t, "kim")}
	p, hasPassword, err := b.Profile(t.Context(), me)
	if err != nil || p.Language != "" || p.Theme != "" || !p.Shortcuts || len(p.SSHKeys) > 0 || hasPassword {
		t.Fatalf("%+v %v", p, err)
	}
	ko, off := "ko", false
	if p, _, err = b.SetProfile(t.Context(), me, ProfileChange{Language: &ko, SSHKeys: []atelier.SSHKey{{Name: "laptop", PublicKey: key + "\n"}}}); err != nil {
		t.Fatal(err)
	}
	added := b.now()
	b.t = b.t.Add(time.Hour)
	again := []atelier.SSHKey{{Name: "my laptop", PublicKey: key}}
	if p, _, err = b.SetProfile(t.Context(), me, ProfileChange{Shortcuts: &off, SSHKeys: again}); err != nil {
		t.Fatal(err)
	}
	if p, _, err = b.Profile(t.Context(), me); err != nil || p.Language != "ko" || p.Shortcuts || len(p.SSHKeys) != 1 {
		t.Fatalf("%+v %v", p, err)
	}
	// what ssh-keygen -l shows of it
	if k := p.SSHKeys[0]; k.Name != "my laptop" || k.PublicKey != key || k.Fingerprint != "SHA256:mKqU+0K8OhKmA8bBQi9Rz0Q5l7/g160hIP+rJYSTNj4" || !k.AddedAt.Equal(added) {
		t.Errorf("%+v", k)
	}
	if p, _, err = b.SetProfile(t.Context(), me, ProfileChange{SSHKeys: []atelier.SSHKey{}}); err != nil || len(p.SSHKeys) > 0 || p.Language != "ko" {
		t.Errorf("%+v %v", p, err)
	}
	t.Run("a-password-keeps-it", func(t *testing.T) {
		if err := b.SetPassword(t.Context(), "test", me.principal, goodPassword); err != nil {
			t.Fatal(err)
		}
		if p, hasPassword, err := b.Profile(t.Context(), me); err != nil || p.Language != "ko" || !hasPassword {
			t.Errorf("%+v %v", p, err)
		}
	})
	t.Run("refused", func(t *testing.T) {
		fr := "fr"
		keys := func(list ...string) (keys []atelier.SSHKey) {
			for i, k := range list {
				keys = append(keys, atelier.SSHKey{Name: string(rune('a' + i)), PublicKey: k})
			}
			return keys
		}
		for name, c := range map[string]struct {
			change ProfileChange
			want   string
		}{
			"language":    {ProfileChange{Language: &fr}, "InvalidProfile"},
			"theme":       {ProfileChange{Theme: &fr}, "InvalidProfile"},
			"no-key":      {ProfileChange{SSHKeys: keys("")}, "InvalidSSHKey"},
			"cut-off":     {ProfileChange{SSHKeys: keys(key[:40])}, "InvalidSSHKey"},
			"other-type":  {ProfileChange{SSHKeys: keys("ssh-rsa " + strings.Fields(key)[1])}, "InvalidSSHKey"},
			"old-type":    {ProfileChange{SSHKeys: keys("ssh-dss AAAA")}, "InvalidSSHKey"},
			"two-lines":   {ProfileChange{SSHKeys: keys(key + "\n" + key)}, "InvalidSSHKey"},
			"private-key": {ProfileChange{SSHKeys: keys("-----BEGIN OPENSSH PRIVATE KEY-----\nx")}, "InvalidSSHKey"},
			"twice":       {ProfileChange{SSHKeys: keys(key, key)}, "KeyExists"},
			"no-name":     {ProfileChange{SSHKeys: []atelier.SSHKey{{PublicKey: key}}}, "InvalidName"},
			"too-many":    {ProfileChange{SSHKeys: make([]atelier.SSHKey, mostSSHKeys+1)}, "TooManyKeys"},
		} {
			if _, _, err := b.SetProfile(t.Context(), me, c.change); codeOf(err) != c.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := b.SetProfile(t.Context(), Caller{}, ProfileChange{}); codeOf(err) != "NoAccount" {
			t.Error(err)
		}
	})
}

// TestForget removes a principal and makes another of the same name.
func TestForget(t *testing.T) {
	b := newBench(t)
	kim := b.newUser(t, "kim")
	me, ko := Caller{principal: kim}, "ko"
	_, text, err := b.CreateToken(t.Context(), me, "x", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = b.SetProfile(t.Context(), me, ProfileChange{Language: &ko}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.beginSignIn(t.Context(), kim, "04b07795-8ddb-461a-bbee-02f9e1bf7b46"); err != nil {
		t.Fatal(err)
	}
	if list, err := b.Tokens(t.Context(), me); err != nil || len(list) != 2 || list[0].Kind == list[1].Kind {
		t.Fatalf("%+v %v", list, err)
	}
	count := func() (n int) {
		t.Helper()
		err := b.db.Read(t.Context(), func(tx *store.Tx) error {
			for _, kind := range []string{atelier.KindAccount, atelier.KindToken, atelier.KindSignIn} {
				list, err := store.All[atelier.Token](tx, store.Query{Kind: kind}) // only how many
				if err != nil {
					return err
				}
				n += len(list)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(); n != 3 {
		t.Fatalf("%d documents before", n)
	}
	remove := func() error {
		return b.db.Do(t.Context(), func(tx *store.Tx) error {
			p, err := store.Get[atelier.Principal](tx, kim.ID)
			if err != nil {
				return err
			}
			if err := Forget(tx, p); err != nil {
				return err
			}
			return store.Delete(tx, p)
		})
	}
	if err := remove(); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 0 {
		t.Errorf("%d documents are left", n)
	}
	refused(t, b, bearer(text))
	again := Caller{principal: b.newUser(t, "kim")}
	refused(t, b, bearer(text))
	if p, _, err := b.Profile(t.Context(), again); err != nil || p.Language != "" {
		t.Errorf("who comes after has %+v %v", p, err)
	}
	if _, _, err := b.Profile(t.Context(), me); codeOf(err) != "NoAccount" {
		t.Errorf("who is gone: %v", err)
	}
}

func TestDevicesAreListedAndRevoked(t *testing.T) {
	b := newBench(t)
	kim := b.newUser(t, "kim")
	me := Caller{principal: kim}
	refresh, err := b.beginSignIn(t.Context(), kim, "04b07795-8ddb-461a-bbee-02f9e1bf7b46")
	if err != nil {
		t.Fatal(err)
	}
	list, err := b.Tokens(t.Context(), me)
	if err != nil || len(list) != 1 || list[0].Kind != TokenDevice || list[0].Name != "Azure CLI, or an Azure SDK" || !list[0].ExpiresAt.Equal(b.now().Add(signInIdle)) {
		t.Fatalf("%+v %v", list, err)
	}
	if err := b.RevokeToken(t.Context(), me, list[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.refresh(t.Context(), refresh, "04b07795-8ddb-461a-bbee-02f9e1bf7b46"); err == nil {
		t.Error("a device that was signed out gets the next token")
	}
}
