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
