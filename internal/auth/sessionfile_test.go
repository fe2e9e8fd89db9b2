package auth

import (
	"os"
	"strings"
	"testing"
	"time"
)

// again is the bench after its server was started again on the same data.
func (b *bench) again(t *testing.T) *Auth {
	t.Helper()
	a, err := New(Config{DB: b.db, Keys: b.cfg.Keys, Now: b.now, Endpoints: []string{endpoint}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSessionsOutliveTheServer(t *testing.T) {
	b, dir := newBench(t), t.TempDir()
	if err := b.LoadSessions(dir); err != nil {
		t.Errorf("without a file: %v", err)
	}
	cookie, _ := b.SignIn(b.SignInCode())
	over, _ := b.SignIn(b.SignInCode())
	if _, err := b.SignOut(withCookie(over)); err != nil {
		t.Fatal(err)
	}
	if err := b.SaveSessions(dir); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(sessionFile(dir))
	if err != nil || strings.Contains(string(data), cookie.Value) {
		t.Fatalf("the file has what a browser has: %s %v", data, err)
	}
	a := b.again(t)
	if err := a.LoadSessions(dir); err != nil {
		t.Fatal(err)
	}
	if c, err := a.Identify(withCookie(cookie)); err != nil || c.Name() != "local" {
		t.Errorf("after the start: %v", err)
	}
	if _, err := a.Identify(withCookie(over)); err == nil {
		t.Error("a session that was signed out of is back")
	}
	if _, err := os.Stat(sessionFile(dir)); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
}

func TestSavedSessionsEnd(t *testing.T) {
	b, dir := newBench(t), t.TempDir()
	cookie, _ := b.SignIn(b.SignInCode())
	if err := b.SaveSessions(dir); err != nil {
		t.Fatal(err)
	}
	b.t = b.t.Add(sessionLife + time.Second)
	a := b.again(t)
	if err := a.LoadSessions(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Identify(withCookie(cookie)); err == nil {
		t.Error("a session goes on after its time")
	}
	if err := os.WriteFile(sessionFile(dir), []byte(`[{"hash":"eA=="`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.LoadSessions(dir); err != nil {
		t.Errorf("a damaged file keeps the server from starting: %v", err)
	}
}
