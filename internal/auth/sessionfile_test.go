package auth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func sessionFile(dataDir string) string { return filepath.Join(dataDir, "run", "sessions.json") }

// again is the bench after its server was started again on the same data, however the
// one before ended.
func (b *bench) again(t *testing.T, dir string) *Auth {
	t.Helper()
	a, err := New(Config{DB: b.db, Keys: b.cfg.Keys, Now: b.now, Endpoints: []string{endpoint}})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.KeepSessions(dir); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSessionsOutliveTheServer(t *testing.T) {
	b, dir := newBench(t), t.TempDir()
	kim := b.newUser(t, "kim")
	if err := b.KeepSessions(dir); err != nil {
		t.Errorf("without a file: %v", err)
	}
	f, err := b.WriteLocal(dir, endpoint)
	if err != nil {
		t.Fatal(err)
	}
	cookie, _ := b.SignIn(b.SignInCode())
	over, _ := b.SignIn(b.SignInCode())
	if _, err := b.SignOut(withCookie(over)); err != nil {
		t.Fatal(err)
	}
	local, err := b.SignInToken(from("192.0.2.1"), f.Token)
	if err != nil {
		t.Fatal(err)
	}
	code, err := b.SignInCodeFor(kim)
	if err != nil {
		t.Fatal(err)
	}
	kims, _ := b.SignIn(code)
	if err := b.SetPassword(t.Context(), "test", kim, goodPassword); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(sessionFile(dir))
	if err != nil || strings.Contains(string(data), cookie.Value) {
		t.Fatalf("the file has what a browser has: %s %v", data, err)
	}
	for range 2 { // starts
		a := b.again(t, dir)
		if c, err := a.Identify(withCookie(cookie)); err != nil || c.Name() != "local" {
			t.Errorf("after the start: %v", err)
		}
		if _, err := a.Identify(withCookie(over)); err == nil {
			t.Error("a session that was signed out of is back")
		}
		if _, err := a.Identify(withCookie(kims)); err == nil {
			t.Error("a session that another password ended is back")
		}
		if _, err := a.Identify(withCookie(local)); err == nil {
			t.Error("a session outlives the command line's token that opened it")
		}
	}
}

func TestSavedSessionsEnd(t *testing.T) {
	b, dir := newBench(t), t.TempDir()
	if err := b.KeepSessions(dir); err != nil {
		t.Fatal(err)
	}
	cookie, _ := b.SignIn(b.SignInCode())
	if _, err := b.again(t, dir).Identify(withCookie(cookie)); err != nil {
		t.Errorf("what began last is not saved: %v", err)
	}
	b.t = b.t.Add(sessionLife + time.Second)
	if _, err := b.again(t, dir).Identify(withCookie(cookie)); err == nil {
		t.Error("a session goes on after its time")
	}
	if err := os.WriteFile(sessionFile(dir), []byte(`[{"hash":"eA=="`), 0o600); err != nil {
		t.Fatal(err)
	}
	b.again(t, dir) // which a damaged file does not keep from starting
}

// TestSessionsThatCannotBeSaved makes sure that an end that is promised is one.
func TestSessionsThatCannotBeSaved(t *testing.T) {
	b, dir := newBench(t), t.TempDir()
	if err := b.KeepSessions(dir); err != nil {
		t.Fatal(err)
	}
	one, _ := b.SignIn(b.SignInCode())
	two, _ := b.SignIn(b.SignInCode())
	b.sessions.file = filepath.Join(dir, "missing", "sessions.json") // where nothing can be written, and nothing is
	if _, err := b.SignOut(withCookie(one)); err != nil {
		t.Errorf("nothing is kept that could come back: %v", err)
	}
	b.sessions.file = dir // where nothing can be written and what is there stays
	if _, err := b.SignOut(withCookie(two)); err == nil {
		t.Error("an end that could not be saved is promised")
	}
}
