package arm

import (
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/atelier-compute/atelier"
)

// OwnVersion is the api-version of what Atelier adds to Azure's API.
const OwnVersion = "2026-11-01-atelier"

var versions = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}(-preview|-privatepreview|-dataplanepreview|-atelier)?|v1\.0|1\.\d\.\d)$`) // the last two are the data plane's

// DefaultMaxBody is the limit of a body in bytes.
const DefaultMaxBody = 4 << 20

// Server serves routes in the dialect.
type Server struct {
	Gate    Gate
	Log     *slog.Logger
	NewID   func() string // a new GUID
	Tenant  string        // in the authority that answers without a token point to
	MaxBody int64         // 0 is DefaultMaxBody

	tree *tree
}

// Handle adds routes. A route that is there twice, or without an action, is an error.
func (s *Server) Handle(routes []Route) error {
	if s.tree == nil {
		s.tree = newTree()
	}
	for i := range routes {
		if err := s.tree.add(&routes[i]); err != nil {
			return err
		}
	}
	return nil
}

// Serves reports whether the path is below one of the routes' first segments, so
// that whatever is wrong with it is answered in the dialect.
func (s *Server) Serves(r *http.Request) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	return s.tree.literal[strings.ToLower(first)] != nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := s.NewID()
	s.headers(w.Header(), r, id)
	sent := &tracker{ResponseWriter: w}
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler {
			panic(p)
		}
		s.Log.Error("panic in a handler", "op", r.Method+" "+r.URL.Path, "err", p, "request", id, "stack", string(debug.Stack()))
		if sent.wrote {
			panic(http.ErrAbortHandler)
		}
		s.failAs(w, r, id, http.StatusInternalServerError, atelier.Errorf("", "InternalServerError",
			"Atelier could not answer this request because of a fault of its own; its log has the cause under the request id %s", id))
	}()
	s.serve(sent, r, id)
}

func (s *Server) serve(w *tracker, r *http.Request, id string) {
	req, err := s.admit(w, r, id)
	if err != nil {
		s.fail(w, r, id, err)
		return
	}
	if req == nil {
		return
	}
	status, body, err := req.Route.Handler(req)
	if err != nil {
		w.Header().Del("Azure-AsyncOperation")
		w.Header().Del("Location")
		s.fail(w, r, id, err)
		return
	}
	w.Header().Set("x-ms-response-type", "standard")
	if stream, ok := body.(Stream); ok {
		if status != 0 {
			w.WriteHeader(status)
		}
		if err := stream.send(w, patience); err != nil {
			if r.Context().Err() == nil {
				s.Log.Warn("stream broken off", "op", r.Method+" "+r.URL.Path, "err", err)
			}
			panic(http.ErrAbortHandler)
		}
		return
	}
	s.write(w, status, body)
}

// admit finds the route and lets the caller in: signed in, a known api-version, a
// workspace that the caller sees, an action that the caller may do there, a dry run
// only where there are any, and a body within the limit; in that order.
func (s *Server) admit(w *tracker, r *http.Request, id string) (*Request, error) {
	segs, err := splitPath(r.URL.EscapedPath())
	if err != nil {
		return nil, err
	}
	l, captured, allow := s.tree.find(r.Method, segs)
	if l == nil {
		return nil, s.noRoute(w, r, id, allow)
	}
	req := &Request{Request: r, Reply: w.Header(), Route: l.route, ID: id, w: w}
	if req.params, err = l.params(captured); err != nil {
		return nil, err
	}
	if err := s.pass(req); err != nil {
		return nil, err
	}
	if req.Dry, err = isDry(req); err != nil {
		return nil, err
	}
	req.still = func() bool {
		again := *req
		err := s.pass(&again)
		return !atelier.IsKind(err, atelier.Unauthentic) && !atelier.IsKind(err, atelier.Forbidden) && !atelier.IsKind(err, atelier.NotFound)
	}
	limit := l.route.MaxBody
	if limit == 0 {
		limit = s.MaxBody
	}
	if limit == 0 {
		limit = DefaultMaxBody
	}
	if l.route.Raw {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		return req, nil
	}
	req.body, err = readBody(r, limit)
	return req, err
}

func (s *Server) pass(req *Request) error {
	scope := req.Route.Scope()
	if scope != ScopeNone {
		caller, err := s.Gate.Identify(req.Request)
		if err != nil || caller == nil {
			return unauthentic(err)
		}
		req.Caller = caller
	}
	if v := req.Query("api-version"); v != "" || scope != ScopeNone && !req.Route.Plain { // addresses that clients were given bear none
		if err := checkVersion(v); err != nil {
			return err
		}
	}
	if scope != ScopeWorkspace {
		return nil
	}
	if !req.Caller.Sees(req.Workspace()) {
		return req.NoWorkspace()
	}
	if action := req.Route.Action; action != Member && !req.Caller.May(action, req.Workspace()) {
		return atelier.Errorf(atelier.Forbidden, "AuthorizationFailed",
			"%s does not have authorization to perform action '%s' over scope '%s'; ask an owner of the workspace for a role that includes it",
			req.Caller.Name(), req.Route.Action, req.WorkspacePath())
	}
	return nil
}

func unauthentic(err error) error {
	if atelier.IsKind(err, atelier.Unauthentic) || atelier.IsKind(err, atelier.NoQuota) || atelier.IsKind(err, atelier.Transient) {
		return err
	}
	return atelier.Errorf(atelier.Unauthentic, "InvalidAuthenticationToken",
		"the request has no valid token; sign in again, or see `atelier env` for what other clients need")
}

func checkVersion(v string) error {
	switch {
	case v == "":
		return atelier.Errorf(atelier.Invalid, "MissingApiVersionParameter",
			"The api-version query parameter (?api-version=) is required for all requests; 2024-04-01 would do.").At("api-version")
	case !versions.MatchString(v):
		return atelier.Errorf(atelier.Invalid, "InvalidApiVersionParameter",
			"the api-version %q is not a version; 2024-04-01, for example, is", v).At("api-version")
	}
	return nil
}

// isDry reads dryRun. What is not understood is refused, and so is what the operation
// does not know: whoever asks for a dry run must not get a real one.
func isDry(req *Request) (bool, error) {
	text := req.Query("dryRun")
	if text == "" || req.Method == http.MethodGet { // which changes nothing
		return false, nil
	}
	dry, err := strconv.ParseBool(text)
	if err != nil {
		return false, atelier.Errorf(atelier.Invalid, "InvalidQueryParameter", "dryRun is %q; it must be true or false", text).At("dryRun")
	}
	if dry && !req.Route.DryRun {
		return false, atelier.Errorf(atelier.Unsupported, "DryRunNotSupported",
			"this operation cannot be tried, and nothing was done; leave dryRun out to do it (GET /openapi.json shows which operations take dryRun)").At("dryRun")
	}
	return dry, nil
}

func (s *Server) noRoute(w http.ResponseWriter, r *http.Request, id string, allow []string) error {
	if len(allow) == 0 {
		return atelier.Errorf(atelier.NotFound, "ResourceTypeNotFound", "there is nothing at %s", r.URL.EscapedPath())
	}
	allow = unique(allow)
	w.Header().Set("Allow", strings.Join(allow, ", "))
	s.failAs(w, r, id, http.StatusMethodNotAllowed, atelier.Errorf(atelier.Invalid, "MethodNotAllowed",
		"%s is not possible here; possible: %s", r.Method, strings.Join(allow, ", ")))
	return nil
}

// headers sets what every answer carries (wire A.6). Strict-Transport-Security is
// not among it: on localhost it would reach other programs' ports.
func (s *Server) headers(h http.Header, r *http.Request, id string) {
	h.Set("Cache-Control", "no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "-1")
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("x-ms-request-id", id)
	correlation := r.Header.Get("x-ms-correlation-request-id")
	if !plain(correlation) {
		correlation = id
	}
	h.Set("x-ms-correlation-request-id", correlation)
	if c := clientRequestID(r); c != "" && strings.EqualFold(r.Header.Get("x-ms-return-client-request-id"), "true") {
		h.Set("x-ms-client-request-id", c)
	}
}

func clientRequestID(r *http.Request) string {
	if id := r.Header.Get("x-ms-client-request-id"); plain(id) {
		return id
	}
	return ""
}

// plain reports whether a client's text may be sent back in a header.
func plain(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func quotable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '\''
		}
		return r
	}, s)
}

func authority(r *http.Request, tenant string) string {
	base := (&Request{Request: r}).Base()
	if tenant == "" {
		tenant = "common"
	}
	return base + "/" + quotable(tenant)
}

// tracker remembers whether the answer has begun.
type tracker struct {
	http.ResponseWriter
	wrote bool
}

func (t *tracker) WriteHeader(status int) {
	t.wrote = true
	t.ResponseWriter.WriteHeader(status)
}

func (t *tracker) Write(p []byte) (int, error) {
	t.wrote = true
	return t.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach what is below.
func (t *tracker) Unwrap() http.ResponseWriter { return t.ResponseWriter }
