package studio

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/store"
)

func serve(s *Studio, method, target string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	for _, r := range s.Routes() {
		mux.Handle(r.Method+" "+r.Pattern, r.Handler)
	}
	r := httptest.NewRequest(method, origin+target, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

var keys = sync.OnceValues(func() (*auth.Keys, error) {
	dir, err := os.MkdirTemp("", "atelier-studio-test-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	return auth.OpenKeys(dir, nil, func() time.Time { return start })
})

// newStudio is a studio with all that is behind it; owner is who started the server.
func newStudio(t *testing.T, owner string) (*Studio, *auth.Auth) {
	t.Helper()
	k, err := keys()
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return start }
	db := store.OpenDisk(&store.Disk{}, now)
	a, err := auth.New(auth.Config{DB: db, Keys: k, Now: now, Endpoints: []string{origin}, Owner: owner})
	if err != nil {
		t.Fatal(err)
	}
	return &Studio{Auth: a, DB: db, Version: "1.2.3"}, a
}

const origin = "https://127.0.0.1:8443"

// signedIn is the Cookie header of somebody who is.
func signedIn(t *testing.T, a *auth.Auth) string {
	t.Helper()
	cookie, ok := a.SignIn(a.SignInCode())
	if !ok {
		t.Fatal("the code does not work")
	}
	return cookie.Name + "=" + cookie.Value
}

func TestPages(t *testing.T) {
	s, a := newStudio(t, `<kim & "co">`)
	t.Run("nobody", func(t *testing.T) {
		for _, cookie := range []string{"", "__Host-atelier=x"} {
			w := serve(s, "GET", "/", nil, "Cookie", cookie)
			if w.Code != 200 || !strings.Contains(w.Body.String(), "Nobody is signed in") || strings.Contains(w.Body.String(), "atelier compute") {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		}
	})
	t.Run("somebody", func(t *testing.T) {
		body := serve(s, "GET", "/", nil, "Cookie", signedIn(t, a)).Body.String()
		if !strings.Contains(body, "&lt;kim &amp; &#34;co&#34;&gt;") || !strings.Contains(body, "atelier compute list") || !strings.Contains(body, "not included in this build") {
			t.Error(body)
		}
	})
	t.Run("korean", func(t *testing.T) {
		w := serve(s, "GET", "/", nil, "Cookie", signedIn(t, a), "Accept-Language", "ko-KR,ko;q=0.9,en;q=0.5")
		if !strings.Contains(w.Body.String(), `<html lang="ko">`) || !strings.Contains(w.Body.String(), "로그인한 사용자") || w.Header().Get("Content-Language") != "ko" {
			t.Error(w.Body)
		}
	})
	t.Run("links-nothing", func(t *testing.T) {
		for _, cookie := range []string{"", signedIn(t, a)} {
			if body := serve(s, "GET", "/", nil, "Cookie", cookie).Body.String(); strings.Contains(body, "href") || strings.Contains(body, "<script") {
				t.Error(body)
			}
		}
	})
	t.Run("headers", func(t *testing.T) {
		w := serve(s, "GET", "/", nil)
		csp := w.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || w.Header().Get("X-Content-Type-Options") != "nosniff" ||
			w.Header().Get("Referrer-Policy") != "no-referrer" || w.Header().Get("Cache-Control") != "no-store" {
			t.Error(w.Header())
		}
		_, rest, _ := strings.Cut(w.Body.String(), "<style>")
		style, _, _ := strings.Cut(rest, "</style>")
		sum := sha256.Sum256([]byte(style))
		if !strings.Contains(csp, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
			t.Errorf("the policy does not let the page's style through: %s", csp)
		}
	})
	t.Run("other-paths", func(t *testing.T) {
		if w := serve(s, "GET", "/other", nil, "Accept", "text/html"); w.Code != 404 {
			t.Error(w.Code)
		}
	})
}

func TestSigningIn(t *testing.T) {
	s, a := newStudio(t, "kim")
	same := []string{"Sec-Fetch-Site", "same-origin"}
	form := func(code string) url.Values { return url.Values{"code": {code}} }
	t.Run("link-then-button", func(t *testing.T) {
		code := a.SignInCode()
		link := strings.TrimPrefix(Link(origin+"/", code), origin)
		for range 2 { // looking at the link uses nothing up
			w := serve(s, "GET", link, nil)
			if w.Code != 200 || !strings.Contains(w.Body.String(), `name="code" value="`+code+`"`) || w.Header().Get("Set-Cookie") != "" {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
		w := serve(s, "POST", "/signin", form(code), same...)
		cookie := w.Header().Get("Set-Cookie")
		if w.Code != 303 || w.Header().Get("Location") != "/" || !strings.HasPrefix(cookie, "__Host-atelier=") ||
			!strings.Contains(cookie, "; Path=/;") || !strings.Contains(cookie, "; HttpOnly; Secure; SameSite=Lax") {
			t.Fatalf("%d %v", w.Code, w.Header())
		}
		value, _, _ := strings.Cut(cookie, ";")
		if body := serve(s, "GET", "/", nil, "Cookie", value).Body.String(); !strings.Contains(body, "<strong>kim</strong>") {
			t.Error(body)
		}
		w = serve(s, "POST", "/signin", form(code), same...)
		if w.Code != 403 || !strings.Contains(w.Body.String(), "not good any more") || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("a second time: %d %s", w.Code, w.Body)
		}
	})
	t.Run("from-another-site", func(t *testing.T) {
		code := a.SignInCode()
		if w := serve(s, "POST", "/signin", form(code), "Sec-Fetch-Site", "cross-site"); w.Code != 403 || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		if w := serve(s, "POST", "/signin", form(code), same...); w.Code != 303 {
			t.Error("the other site used the code up")
		}
	})
	t.Run("markup-in-the-code", func(t *testing.T) {
		if w := serve(s, "GET", Link("", `"><script>x`), nil); strings.Contains(w.Body.String(), "<script") {
			t.Error(w.Body)
		}
	})
	t.Run("code-in-the-address-does-not-count", func(t *testing.T) {
		if w := serve(s, "POST", "/signin?code="+a.SignInCode(), url.Values{}, same...); w.Code != 403 {
			t.Error(w.Code)
		}
	})
	t.Run("without-a-code", func(t *testing.T) {
		if w := serve(s, "GET", "/signin", nil); w.Code != 303 || w.Header().Get("Location") != "/" {
			t.Error(w.Code)
		}
	})
	t.Run("huge-form", func(t *testing.T) {
		huge := form(a.SignInCode())
		huge.Set("more", strings.Repeat("x", 1<<20))
		if w := serve(s, "POST", "/signin", huge, same...); w.Code != 400 {
			t.Error(w.Code)
		}
	})
}

func TestPublicAddresses(t *testing.T) {
	s, _ := newStudio(t, "kim")
	if w := serve(s, "GET", "/healthz", nil); w.Code != 200 || w.Body.String() != "ok\n" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	if w := serve(s, "GET", "/version", nil); w.Code != 200 || w.Body.String() != `{"name":"atelier","version":"1.2.3"}`+"\n" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}

func TestLanguages(t *testing.T) {
	for header, want := range map[string]string{
		"": "en", "ko": "ko", "KO-kr": "ko", "en-US,ko;q=0.9": "en", "ko;q=0.9,en;q=0.1": "ko",
		"fr,ko;q=0.5": "ko", "fr": "en", "ko;q=0": "en", "ko;q=x": "ko", ";;,,;q=": "en",
	} {
		if got := language(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
	for lang, text := range texts {
		if !slices.Equal(slices.Sorted(maps.Keys(text)), slices.Sorted(maps.Keys(texts["en"]))) {
			t.Errorf("%s has other texts than en", lang)
		}
	}
}
