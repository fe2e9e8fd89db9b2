package studio

import (
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func serve(s *Studio, method, target string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	for _, r := range s.Routes() {
		mux.Handle(r.Method+" "+r.Pattern, r.Handler)
	}
	r := httptest.NewRequest(method, "https://127.0.0.1:8443"+target, strings.NewReader(form.Encode()))
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

// newStudio knows one code, which works as long as it is in codes.
func newStudio(who string, codes ...string) *Studio {
	return &Studio{
		Who: func(*http.Request) string { return who },
		SignIn: func(code string) (*http.Cookie, bool) {
			i := slices.Index(codes, code)
			if i < 0 {
				return nil, false
			}
			codes = slices.Delete(codes, i, i+1)
			return &http.Cookie{Name: "__Host-atelier", Value: "s", Path: "/", Secure: true}, true
		},
		Version: "1.2.3", Log: slog.New(slog.DiscardHandler),
	}
}

func TestPages(t *testing.T) {
	t.Run("nobody", func(t *testing.T) {
		w := serve(newStudio(""), "GET", "/", nil)
		if w.Code != 200 || !strings.Contains(w.Body.String(), "Nobody is signed in") || strings.Contains(w.Body.String(), "atelier compute") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	t.Run("somebody", func(t *testing.T) {
		w := serve(newStudio(`<kim & "co">`), "GET", "/", nil)
		body := w.Body.String()
		if !strings.Contains(body, "&lt;kim &amp; &#34;co&#34;&gt;") || !strings.Contains(body, "atelier compute list") || !strings.Contains(body, "not part of this build") {
			t.Error(body)
		}
	})
	t.Run("korean", func(t *testing.T) {
		w := serve(newStudio("kim"), "GET", "/", nil, "Accept-Language", "ko-KR,ko;q=0.9,en;q=0.5")
		if !strings.Contains(w.Body.String(), `<html lang="ko">`) || !strings.Contains(w.Body.String(), "로그인한 사용자") || w.Header().Get("Content-Language") != "ko" {
			t.Error(w.Body)
		}
	})
	t.Run("links-nothing", func(t *testing.T) {
		for _, who := range []string{"", "kim"} {
			if body := serve(newStudio(who), "GET", "/", nil).Body.String(); strings.Contains(body, "href") || strings.Contains(body, "<script") {
				t.Error(body)
			}
		}
	})
	t.Run("headers", func(t *testing.T) {
		w := serve(newStudio(""), "GET", "/", nil)
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
		if w := serve(newStudio("kim"), "GET", "/other", nil); w.Code != 404 {
			t.Error(w.Code)
		}
	})
}

func TestSigningIn(t *testing.T) {
	form := url.Values{"code": {"c0de"}}
	same := []string{"Sec-Fetch-Site", "same-origin"}
	t.Run("link-then-button", func(t *testing.T) {
		s := newStudio("", "c0de")
		link := strings.TrimPrefix(Link("https://127.0.0.1:8443/", "c0de"), "https://127.0.0.1:8443")
		for range 2 { // looking at the link uses nothing up
			w := serve(s, "GET", link, nil)
			if w.Code != 200 || !strings.Contains(w.Body.String(), `name="code" value="c0de"`) || w.Header().Get("Set-Cookie") != "" {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
		w := serve(s, "POST", "/signin", form, same...)
		if w.Code != 303 || w.Header().Get("Location") != "/" || !strings.HasPrefix(w.Header().Get("Set-Cookie"), "__Host-atelier=s; Path=/") {
			t.Fatalf("%d %v", w.Code, w.Header())
		}
		w = serve(s, "POST", "/signin", form, same...)
		if w.Code != 403 || !strings.Contains(w.Body.String(), "not good any more") || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("a second time: %d %s", w.Code, w.Body)
		}
	})
	t.Run("from-another-site", func(t *testing.T) {
		s := newStudio("", "c0de")
		if w := serve(s, "POST", "/signin", form, "Sec-Fetch-Site", "cross-site"); w.Code != 403 || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		if w := serve(s, "POST", "/signin", form, same...); w.Code != 303 {
			t.Error("the other site used the code up")
		}
	})
	t.Run("markup-in-the-code", func(t *testing.T) {
		w := serve(newStudio(""), "GET", Link("", `"><script>x`), nil)
		if strings.Contains(w.Body.String(), "<script") {
			t.Error(w.Body)
		}
	})
	t.Run("code-in-the-address-does-not-count", func(t *testing.T) {
		if w := serve(newStudio("", "c0de"), "POST", "/signin?code=c0de", url.Values{}, same...); w.Code != 403 {
			t.Error(w.Code)
		}
	})
	t.Run("without-a-code", func(t *testing.T) {
		if w := serve(newStudio(""), "GET", "/signin", nil); w.Code != 303 || w.Header().Get("Location") != "/" {
			t.Error(w.Code)
		}
	})
	t.Run("huge-form", func(t *testing.T) {
		if w := serve(newStudio("", "c0de"), "POST", "/signin", url.Values{"code": {strings.Repeat("x", 1<<20)}}, same...); w.Code != 403 {
			t.Error(w.Code)
		}
	})
}

func TestPublicAddresses(t *testing.T) {
	s := newStudio("")
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
