// Package studio is what a browser sees: the files of the web studio, which asks the
// API for everything else; a plain page in its place if it is not part of the build;
// the addresses that one-time sign-in links lead to and where the code of a device
// is entered, which work without scripts; and two public addresses for those who
// watch over the server.
package studio

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/store"
)

// Studio serves the pages.
type Studio struct {
	Auth    *auth.Auth
	DB      *store.DB
	Version string
	Files   fs.FS  // what Vite built; without index.html, the studio is not part of this build
	Dev     string // the URL of a development server to take the files from instead, or ""
}

// Route is one address that the studio serves. All of them are public: they show
// nothing of a workspace.
type Route struct {
	Method  string
	Pattern string // of http.ServeMux
	Handler http.Handler
	Doc     string
}

// Routes are the studio's.
func (s *Studio) Routes() []Route {
	return []Route{
		{"GET", "/{$}", http.HandlerFunc(s.home), "the studio; without it in the build, who is signed in and how to go on"},
		{"GET", "/{path...}", http.HandlerFunc(s.file), "the studio's files, and its pages"},
		{"GET", "/signin", http.HandlerFunc(s.askToSignIn), "the page that a one-time link opens"},
		{"POST", "/signin", http.HandlerFunc(s.signIn), "opens a session: by a link's code, which it uses up, a user's password, or a token"},
		{"POST", "/signout", http.HandlerFunc(s.signOut), "ends the session"},
		{"GET", "/session", http.HandlerFunc(s.session), "who is signed in, and which workspaces they see"},
		{"GET", auth.DevicePath, http.HandlerFunc(s.askForCode), "the page where a user enters a device's code"},
		{"POST", auth.DevicePath, http.HandlerFunc(s.answerDevice), "lets the device with the code sign in as the user, or not"},
		{"GET", "/healthz", http.HandlerFunc(s.healthz), "that the server answers"},
		{"GET", "/version", http.HandlerFunc(s.version), "which version it is"},
	}
}

//go:embed page.html
var files embed.FS

// styleHash lets the page's own style through the content security policy.
var styleHash = func() string {
	data, _ := files.ReadFile("page.html") // embedded: it is there
	_, rest, _ := strings.Cut(string(data), "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	return base64.StdEncoding.EncodeToString(sum[:])
}()

var page = template.Must(template.ParseFS(files, "page.html"))

// view is what the page shows. One of these is the case: somebody is signed in (Who)
// and may be about a device (At), a link was opened (Code), or neither.
type view struct {
	Lang  string
	Text  map[string]string
	Who   string
	Code  string
	Next  string // where to go once signed in
	Spent bool   // the link's code is not good any more
	Wrong string // why signing in did not work: a key of texts
	At    *deviceView
	Lines []string
}

// Lines to go on with, all of which work without a log-in on the same machine.
var lines = []string{
	"atelier compute list",
	"atelier compute create cluster cpu --size Local --min 0 --max 2",
	"atelier job run --compute cpu -- python3 -c 'print(42)'",
	"atelier job list",
	"atelier events -w",
}

func (s *Studio) home(w http.ResponseWriter, r *http.Request) {
	if s.built() {
		s.index(w, r)
		return
	}
	v := view{Lines: lines}
	if who, err := s.Auth.Identify(r); err == nil {
		v.Who = who.Display()
	}
	s.show(w, r, http.StatusOK, v)
}

func (s *Studio) show(w http.ResponseWriter, r *http.Request, status int, v view) {
	v.Lang = language(r.Header.Get("Accept-Language"))
	v.Text = texts[v.Lang]
	var b bytes.Buffer
	if err := page.Execute(&b, v); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	secure(h)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Lang)
	w.WriteHeader(status)
	w.Write(b.Bytes()) //nolint:errcheck // the browser is gone
}

// secure sets what every page says to a browser: run nothing, load nothing, be
// framed by nobody, remember nothing, and tell no other site where one comes from.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+styleHash+"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language, Cookie")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

func (s *Studio) healthz(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.Write([]byte("ok\n")) //nolint:errcheck // whoever asked is gone
}

func (s *Studio) version(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(map[string]string{"name": "atelier", "version": s.Version}) //nolint:errcheck // whoever asked is gone
}

// Link is the sign-in link of a code.
func Link(endpoint, code string) string {
	return strings.TrimRight(endpoint, "/") + "/signin?code=" + url.QueryEscape(code)
}

// language picks the language that the header prefers among ours.
func language(header string) string {
	best, weight := "en", 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			if f, err := strconv.ParseFloat(v, 64); err == nil {
				q = f
			}
		}
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if texts[primary] != nil && q > weight {
			best, weight = primary, q
		}
	}
	return best
}
