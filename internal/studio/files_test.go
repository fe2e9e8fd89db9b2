package studio

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func zip(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// newBuilt is a studio that has its files.
func newBuilt(t *testing.T) *Studio {
	t.Helper()
	s, _ := newStudio(t, "kim")
	s.Files = fstest.MapFS{
		"index.html":             {Data: []byte(`<meta name="csp-nonce" content="__CSP_NONCE__"><script type="module" src="/assets/main-1a2b.js" nonce="__CSP_NONCE__"></script>`)},
		"assets/main-1a2b.js":    {Data: []byte("run()")},
		"assets/main-1a2b.js.br": {Data: []byte("brotli of run()")},
		"assets/main-1a2b.js.gz": {Data: zip(t, "run()")},
		"assets/only-1.css.gz":   {Data: zip(t, "p{}")},
		"assets/font-1.woff2":    {Data: []byte("wOF2")},
		"favicon.svg":            {Data: []byte("<svg/>")},
		".gitkeep":               {},
	}
	return s
}

const html = "text/html,application/xhtml+xml,*/*;q=0.8"

func TestStudioPage(t *testing.T) {
	s := newBuilt(t)
	nonces := map[string]bool{}
	for _, path := range []string{"/", "/signin", "/compute/clusters", "/jobs/calm_hill_1?tab=logs", "/w/default/data/mnist:1.2", "/w/default/jobs/train.json", "/users/kim@example.com", "/assets"} {
		w := serve(s, "GET", path, nil, "Accept", html)
		if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || w.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		csp := w.Header().Get("Content-Security-Policy")
		nonce := regexp.MustCompile(`style-src 'self' 'nonce-([A-Za-z0-9]{20,})'`).FindStringSubmatch(csp)
		if nonce == nil || strings.Count(w.Body.String(), nonce[1]) != 2 || strings.Contains(w.Body.String(), noncePlace) {
			t.Fatalf("%s: %s\n%s", path, csp, w.Body)
		}
		nonces[nonce[1]] = true
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "connect-src 'self'", "worker-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(csp, want+";") {
				t.Errorf("%s: the policy lacks %s: %s", path, want, csp)
			}
		}
		if strings.Contains(csp, "unsafe") || w.Header().Get("X-Frame-Options") != "DENY" || w.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", path, w.Header())
		}
	}
	if len(nonces) != 8 {
		t.Errorf("%d different nonces for 8 requests", len(nonces))
	}
}

func TestStudioFiles(t *testing.T) {
	s := newBuilt(t)
	const forever = "public, max-age=31536000, immutable"
	for name, c := range map[string]struct{ path, accept, body, encoding, kind, cache string }{
		"brotli":          {"/assets/main-1a2b.js", "gzip, deflate, br, zstd", "brotli of run()", "br", "text/javascript; charset=utf-8", forever},
		"gzip":            {"/assets/main-1a2b.js", "gzip", string(zip(t, "run()")), "gzip", "text/javascript; charset=utf-8", forever},
		"brotli-refused":  {"/assets/main-1a2b.js", "br;q=0, gzip; q=0.5", string(zip(t, "run()")), "gzip", "text/javascript; charset=utf-8", forever},
		"plain":           {"/assets/main-1a2b.js", "", "run()", "", "text/javascript; charset=utf-8", forever},
		"unpacked":        {"/assets/only-1.css", "identity", "p{}", "", "text/css; charset=utf-8", forever},
		"not-compressed":  {"/assets/font-1.woff2", "br, gzip", "wOF2", "", "font/woff2", forever},
		"beside-the-page": {"/favicon.svg", "br, gzip", "<svg/>", "", "image/svg+xml", "no-cache"},
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(s, "GET", c.path, nil, "Accept-Encoding", c.accept)
			got := []string{w.Body.String(), w.Header().Get("Content-Encoding"), w.Header().Get("Content-Type"), w.Header().Get("Cache-Control")}
			for i, want := range []string{c.body, c.encoding, c.kind, c.cache} {
				if got[i] != want {
					t.Errorf("%q, want %q", got[i], want)
				}
			}
			if w.Code != 200 || w.Header().Get("Vary") != "Accept-Encoding" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%d %v", w.Code, w.Header())
			}
		})
	}
	t.Run("not-again", func(t *testing.T) {
		tag := serve(s, "GET", "/favicon.svg", nil).Header().Get("ETag")
		if w := serve(s, "GET", "/favicon.svg", nil, "If-None-Match", tag); tag == "" || w.Code != 304 || w.Body.Len() > 0 {
			t.Errorf("%q: %d", tag, w.Code)
		}
	})
	t.Run("nothing-there", func(t *testing.T) {
		for path, accept := range map[string]string{
			"/assets/main-old.js": "*/*", "/assets/none": html, "/robots.txt": html, "/compute/clusters": "application/json",
			"/.gitkeep": "*/*", "/assets/../../../embed.go": "*/*", "/assets/%2e%2e/%2e%2e/x.js": "*/*",
		} {
			w := serve(s, "GET", path, nil, "Accept", accept)
			if w.Code == 200 || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %d %v", path, w.Code, w.Header())
			}
		}
	})
	t.Run("others-keep-theirs", func(t *testing.T) {
		for path, want := range map[string]string{"/healthz": "ok\n", "/version": `"version"`, "/device": "Nobody is signed in", "/signin?code=x": `name="code"`} {
			if w := serve(s, "GET", path, nil, "Accept", html); !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
		if w := serve(s, "POST", "/compute/clusters", nil, "Accept", html); w.Code != 405 {
			t.Error(w.Code)
		}
	})
}

// What a build without Node.js has is told from a studio that fails to load.
func TestNotBuilt(t *testing.T) {
	s, _ := newStudio(t, "kim")
	for name, files := range map[string]fstest.MapFS{"no-files": nil, "only-gitkeep": {".gitkeep": {}}} {
		if files != nil {
			s.Files = files
		}
		w := serve(s, "GET", "/", nil, "Accept", html)
		if w.Code != 200 || !strings.Contains(w.Body.String(), "Nobody is signed in") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if w := serve(s, "GET", "/compute/clusters", nil, "Accept", html); w.Code != 404 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

func TestDevelopmentServer(t *testing.T) {
	vite := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("vite " + r.URL.Path)) }))
	defer vite.Close()
	s, _ := newStudio(t, "kim")
	s.Dev = vite.URL
	for path, want := range map[string]string{"/": "vite /", "/src/main.tsx": "vite /src/main.tsx", "/healthz": "ok\n"} {
		if w := serve(s, "GET", path, nil); w.Body.String() != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
