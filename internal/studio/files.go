package studio

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// noncePlace is what index.html has where its nonce goes: the style elements that
// the studio makes while it runs have to bear it.
const noncePlace = "__CSP_NONCE__"

// contentTypes are those of the studio's files, by extension. What else a path ends
// in is part of a name, such as that of a version.
var contentTypes = map[string]string{
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".css":   "text/css; charset=utf-8",
	".json":  "application/json; charset=utf-8",
	".map":   "application/json; charset=utf-8",
	".txt":   "text/plain; charset=utf-8",
	".svg":   "image/svg+xml",
	".png":   "image/png",
	".ico":   "image/x-icon",
	".wasm":  "application/wasm",
	".woff2": "font/woff2",

	".webmanifest": "application/manifest+json",
}

// encodings are what a file may lie there compressed as, the smallest first.
var encodings = []struct{ name, ext string }{{"br", ".br"}, {"gzip", ".gz"}}

// built reports whether the studio is part of this build.
func (s *Studio) built() bool {
	if s.Dev != "" {
		return true
	}
	if s.Files == nil {
		return false
	}
	_, err := fs.Stat(s.Files, "index.html")
	return err == nil || exists(s.Files, "index.html.gz")
}

func exists(files fs.FS, name string) bool {
	info, err := fs.Stat(files, name)
	return err == nil && info.Mode().IsRegular()
}

// file serves one of the studio's files, or else the studio itself: it finds out
// from the path in the browser which page is wanted.
func (s *Studio) file(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	_, known := contentTypes[path.Ext(name)]
	known = known && !strings.HasPrefix(name, "w/") // below it are pages; a job may be called train.json
	switch {
	case !s.built():
		http.NotFound(w, r)
	case s.Dev != "":
		s.develop(w, r)
	case known:
		s.asset(w, r, name)
	case !strings.Contains(r.Header.Get("Accept"), "text/html") || strings.HasPrefix(name, "assets/"):
		notFound(w)
	default:
		s.index(w, r)
	}
}

// notFound must not be remembered: the next version may have the file.
func notFound(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, "there is nothing here", http.StatusNotFound)
}

// index serves the studio's one page, with a nonce of its own for each request.
func (s *Studio) index(w http.ResponseWriter, r *http.Request) {
	if s.Dev != "" {
		s.develop(w, r)
		return
	}
	text, err := readPlain(s.Files, "index.html")
	if err != nil {
		http.Error(w, "the studio cannot be read", http.StatusInternalServerError)
		return
	}
	nonce := rand.Text()
	text = bytes.ReplaceAll(text, []byte(noncePlace), []byte(nonce))
	h := w.Header()
	secure(h)
	h.Set("Content-Security-Policy", policy("'nonce-"+nonce+"'"))
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Type", contentTypes[".html"])
	h.Set("Content-Length", strconv.Itoa(len(text)))
	h.Del("Vary") // it is the same for everybody
	w.Write(text) //nolint:errcheck // the browser is gone
}

// policy is what the studio may load and do: what comes from here, and nothing that
// stands in the page.
func policy(styles string) string {
	return strings.TrimSpace("default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; " +
		"manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; style-src 'self' " + styles)
}

// asset serves a file, compressed as the browser can take it. What is in assets/
// has a hash of its content in its name and never changes.
func (s *Studio) asset(w http.ResponseWriter, r *http.Request, name string) {
	name = path.Clean(name)
	body, encoding, err := s.open(name, r.Header.Values("Accept-Encoding"))
	if err != nil {
		notFound(w)
		return
	}
	h := w.Header()
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", policy("")) // a worker goes by that of its own script
	if strings.HasPrefix(name, "assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		sum := sha256.Sum256(body)
		tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Content-Type", contentTypes[path.Ext(name)])
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body) //nolint:errcheck // the browser is gone
}

func (s *Studio) open(name string, accept []string) (body []byte, encoding string, err error) {
	for _, e := range encodings {
		if accepts(accept, e.name) {
			if body, err := fs.ReadFile(s.Files, name+e.ext); err == nil {
				return body, e.name, nil
			}
		}
	}
	body, err = readPlain(s.Files, name)
	return body, "", err
}

// accepts reports whether one of the headers names the encoding and does not rule
// it out.
func accepts(headers []string, encoding string) bool {
	for part := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		q, weighted := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		weight, err := strconv.ParseFloat(q, 64)
		return !weighted || err != nil || weight > 0
	}
	return false
}

// readPlain reads a file that may lie there compressed only.
func readPlain(files fs.FS, name string) ([]byte, error) {
	body, err := fs.ReadFile(files, name)
	if !errors.Is(err, fs.ErrNotExist) {
		return body, err
	}
	f, err := files.Open(name + ".gz")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", name, err)
	}
	return io.ReadAll(z)
}

// develop passes the request on to the development server of whoever works on the
// studio, with the rest of Atelier beside it under one address.
func (s *Studio) develop(w http.ResponseWriter, r *http.Request) {
	to, err := url.Parse(s.Dev)
	if err != nil {
		http.Error(w, "--studio-dev is no address: "+err.Error(), http.StatusBadGateway)
		return
	}
	(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(to) }}).ServeHTTP(w, r)
}
