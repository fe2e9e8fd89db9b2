package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier/internal/arm"
)

// window is a browser without pages: it keeps the session's cookie, and sends what
// the studio's scripts send.
type window struct {
	s      *server
	cookie *http.Cookie
	bearer string // sent instead of the cookie
}

func (b *window) send(t *testing.T, method, path string, in, out any) int {
	t.Helper()
	var r io.Reader = http.NoBody
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		r = bytes.NewReader(text)
	}
	if strings.HasPrefix(path, "/subscriptions/") { // Atelier's own addresses bear none
		path += "?api-version=" + url.QueryEscape(arm.OwnVersion)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, b.s.env["ATELIER_ENDPOINT"]+path, r)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if b.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+b.bearer)
	} else if b.cookie != nil {
		req.AddCookie(b.cookie)
	}
	res, err := b.s.http(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		if b.cookie = c; c.MaxAge < 0 {
			b.cookie = nil
		}
	}
	text := body(t, res)
	if out != nil {
		if err := json.Unmarshal([]byte(text), out); err != nil {
			t.Fatalf("%s %s: %d %s: %v", method, path, res.StatusCode, text, err)
		}
	}
	return res.StatusCode
}

// signIn signs in and fails the test if that does not work.
func (b *window) signIn(t *testing.T, credentials map[string]string) {
	t.Helper()
	var wrong map[string]any
	if status := b.send(t, "POST", "/signin", credentials, nil); status != 204 || b.cookie == nil {
		b.send(t, "POST", "/signin", credentials, &wrong)
		t.Fatalf("signing in: %d %v", status, wrong)
	}
}

// name is who is signed in.
func (b *window) name(t *testing.T) string {
	t.Helper()
	var session struct {
		SignedIn   bool
		Name       string
		Workspaces []struct{ Name string }
	}
	if status := b.send(t, "GET", "/session", nil, &session); status != 200 || session.SignedIn != (session.Name != "") {
		t.Fatalf("%d %+v", status, session)
	}
	if session.SignedIn != (len(session.Workspaces) == 1) {
		t.Errorf("%q sees %v", session.Name, session.Workspaces)
	}
	return session.Name
}

const (
	kims    = "correct horse battery staple"
	profile = "/me/profile"
)

// newKim makes a user with a password by the command line.
func newKim(t *testing.T, s *server) {
	t.Helper()
	if _, errs, code := s.cli(t, "principal", "create", "kim", "--kind", "user", "--role", "Contributor"); code != 0 {
		t.Fatalf("%d %s", code, errs)
	}
	cmd := exec.Command(binary, "principal", "set-password", "kim", "--data-dir", s.dir)
	cmd.Stdin = strings.NewReader(kims + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
}

func TestSignInByPassword(t *testing.T) {
	s := start(t)
	newKim(t, s)
	kim, other := &window{s: s}, &window{s: s}
	var wrong struct{ Error struct{ Code string } }
	if status := kim.send(t, "POST", "/signin", map[string]string{"user": "kim", "password": "wrong"}, &wrong); status != 403 || wrong.Error.Code != "WrongPassword" {
		t.Errorf("%d %+v", status, wrong)
	}
	if got := kim.name(t); got != "" {
		t.Errorf("%q is signed in", got)
	}
	kim.signIn(t, map[string]string{"user": "kim", "password": kims})
	other.signIn(t, map[string]string{"user": "kim", "password": kims})
	if got := kim.name(t); got != "kim" {
		t.Errorf("%q is signed in", got)
	}
	if status := kim.send(t, "PUT", profile, map[string]any{"language": "ko", "theme": "dark", "shortcuts": false}, nil); status != 200 {
		t.Errorf("the profile: %d", status)
	}
	if status := kim.send(t, "PUT", "/me/password", map[string]string{"old": kims, "new": kims + "!"}, nil); status != 204 {
		t.Errorf("another password: %d", status)
	}
	if kim.name(t) != "kim" || other.name(t) != "" {
		t.Error("a change of the password ends the other sessions, and not its own")
	}
	if status := kim.send(t, "POST", "/signout", nil, nil); status != 204 || kim.cookie != nil || kim.name(t) != "" {
		t.Errorf("signing out: %d %v", status, kim.cookie)
	}

	s.down(t)
	s.up(t)
	kim.signIn(t, map[string]string{"user": "kim", "password": kims + "!"})
	var p struct {
		Language, Theme        string
		Shortcuts, HasPassword bool
	}
	if status := kim.send(t, "GET", profile, nil, &p); status != 200 || p.Language != "ko" || p.Theme != "dark" || p.Shortcuts || !p.HasPassword {
		t.Errorf("the profile after a restart: %d %+v", status, p)
	}
}

func TestPersonalTokens(t *testing.T) {
	s := start(t)
	newKim(t, s)
	kim := &window{s: s}
	kim.signIn(t, map[string]string{"user": "kim", "password": kims})
	var made struct{ ID, Token string }
	if status := kim.send(t, "POST", "/me/tokens", map[string]any{"name": "ci", "days": 7}, &made); status != 201 || made.Token == "" {
		t.Fatalf("%d %+v", status, made)
	}
	program, pasted := &window{s: s, bearer: made.Token}, &window{s: s}
	pasted.signIn(t, map[string]string{"token": made.Token})
	computes := s.client(t).Path("computes")
	if status := program.send(t, "GET", computes, nil, nil); status != 200 || program.name(t) != "kim" || pasted.name(t) != "kim" {
		t.Errorf("by the token: %d, %q; %q", status, program.name(t), pasted.name(t))
	}
	s.down(t)
	s.up(t)
	if status := program.send(t, "GET", computes, nil, nil); status != 200 {
		t.Errorf("after a restart: %d", status)
	}
	pasted.cookie = nil
	pasted.signIn(t, map[string]string{"token": made.Token})
	kim.signIn(t, map[string]string{"user": "kim", "password": kims})
	var list struct {
		Value []struct{ ID, Name, Kind, LastUsedAt string }
	}
	if kim.send(t, "GET", "/me/tokens", nil, &list); len(list.Value) != 1 || list.Value[0].ID != made.ID || list.Value[0].Kind != "personal" || list.Value[0].LastUsedAt == "" {
		t.Errorf("listed %+v", list)
	}
	if status := kim.send(t, "DELETE", "/me/tokens/"+made.ID, nil, nil); status != 204 {
		t.Fatal(status)
	}
	if status := program.send(t, "GET", computes, nil, nil); status != 401 {
		t.Errorf("a revoked token: %d", status)
	}
	if program.name(t) != "" || pasted.name(t) != "" {
		t.Error("a revoked token, or the session that it opened, is somebody")
	}
}

func TestTokensByTheCommandLine(t *testing.T) {
	s := start(t)
	out, errs, code := s.cli(t, "token", "create", "laptop", "--days", "1")
	token := strings.TrimSpace(out)
	if code != 0 || !strings.HasPrefix(token, "atp_") || strings.Contains(errs, token) {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	far := exec.Command(binary, "compute", "list", "-o", "json")
	far.Env = append(far.Environ(), "ATELIER_ENDPOINT="+s.env["ATELIER_ENDPOINT"], "SSL_CERT_FILE="+s.env["SSL_CERT_FILE"], "ATELIER_TOKEN="+token)
	if out, err := far.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "[]" {
		t.Errorf("from elsewhere: %v %s", err, out)
	}
	if out, _, _ := s.cli(t, "token", "list"); !strings.Contains(out, "laptop") || !strings.Contains(out, "personal") || strings.Contains(out, token) {
		t.Errorf("listed %s", out)
	}
	if _, errs, code := s.cli(t, "token", "revoke", "laptop"); code != 0 {
		t.Errorf("%d %s", code, errs)
	}
	again := &window{s: s, bearer: token}
	if got := again.name(t); got != "" {
		t.Errorf("a revoked token is %q", got)
	}
	if _, _, code := s.cli(t, "token", "revoke", "laptop"); code != 3 {
		t.Errorf("revoked twice: exit code %d", code)
	}
}

// TestSignInWithTheOwnersToken pastes what is in run/cli.json, as `atelier up` on a
// machine without a browser leads to.
func TestSignInWithTheOwnersToken(t *testing.T) {
	s := start(t)
	var f struct{ Token string }
	data, err := os.ReadFile(filepath.Join(s.dir, "run", "cli.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	owner := &window{s: s}
	owner.signIn(t, map[string]string{"token": f.Token})
	if got := owner.name(t); got != "local" {
		t.Errorf("%q is signed in", got)
	}
	if status := owner.send(t, "GET", s.client(t).Path("principals"), nil, nil); status != 200 {
		t.Errorf("the owner lists principals: %d", status)
	}
}

// TestStudioFiles asks for the studio as a browser does: either it is part of the
// build, or a page says that it is not. API paths are nobody else's.
func TestStudioFiles(t *testing.T) {
	s := start(t)
	get := func(path string) *http.Response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.env["ATELIER_ENDPOINT"]+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/html,*/*;q=0.8")
		res, err := s.http(t).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	var session struct{ Studio bool }
	(&window{s: s}).send(t, "GET", "/session", nil, &session)
	for path, want := range map[string]int{"/": 200, "/compute/clusters": 200, "/assets/none.js": 404, "/subscriptions": 401, "/subscriptions/x": 401, "/healthz": 200, "/me/profile": 401} {
		res := get(path)
		text := body(t, res)
		if path == "/compute/clusters" && !session.Studio {
			want = 404
		}
		if res.StatusCode != want {
			t.Errorf("%s: %d %.200s", path, res.StatusCode, text)
		}
		page := strings.Contains(res.Header.Get("Content-Security-Policy"), "script-src 'self'") && strings.HasPrefix(res.Header.Get("Content-Type"), "text/html")
		if isPage := path == "/" || path == "/compute/clusters"; page != (isPage && session.Studio) {
			t.Errorf("%s is the studio's page: %v", path, page)
		}
	}
}
