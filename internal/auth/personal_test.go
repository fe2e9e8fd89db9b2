package auth

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

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
		if _, _, err := b.SetProfile(t.Context(), c, ProfileChange{SSHKeys: []atelier.SSHKey{}}); codeOf(err) != "PersonalTokenNotEnough" {
			t.Errorf("SSH keys: %v", err)
		}
		if _, _, err := b.SetProfile(t.Context(), c, ProfileChange{}); err != nil {
			t.Errorf("the rest of the profile: %v", err)
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

// TestUseThatCannotBeWritten makes sure that a full disk, which each try to write costs
// a start of the store, is not tried with each request.
func TestUseThatCannotBeWritten(t *testing.T) {
	b := newBench(t)
	kim := b.newUser(t, "kim")
	info, text, err := b.CreateToken(t.Context(), Caller{principal: kim}, "ci", 30)
	if err != nil {
		t.Fatal(err)
	}
	use := func() time.Time {
		t.Helper()
		if _, err := b.Identify(bearer(text)); err != nil {
			t.Fatalf("the token is not good: %v", err)
		}
		return b.personal.get(tokenID(info.ID)).LastUsedAt
	}
	full := store.OpenDisk(&store.Disk{}, b.now)
	if err := full.Close(); err != nil {
		t.Fatal(err)
	}
	b.cfg.DB = full
	for range 3 {
		if at := use(); !at.IsZero() {
			t.Fatalf("written at %v to a store that takes nothing", at)
		}
	}
	b.cfg.DB = b.db
	if at := use(); !at.IsZero() {
		t.Error("what just failed is tried again at once")
	}
	b.t = b.t.Add(time.Minute)
	if at := use(); !at.Equal(b.now()) {
		t.Errorf("a minute later the use is not written: %v", at)
	}
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
