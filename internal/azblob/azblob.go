// Package azblob serves blob.Store to Azure's own clients: the part of the Blob
// service's REST API that they use for code, data and outputs, at the host names
// ACCOUNT.blob.… of one account. A container is a datastore of a workspace or one
// upload; nobody creates others. There is no anonymous access: a request bears a
// signature (auth.SAS), which opens what it was made for, or a token of somebody
// whose role in the workspace allows it.
//
// Bytes are streamed in both directions, so memory is the same for every size, and
// nothing is hashed that the client did not ask for. Beside blob.Store's files are
// the properties of blobs that have any, and blocks that wait for their list.
package azblob

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/blob"
)

// Server serves one account. All fields are required but Authority.
type Server struct {
	Blobs      blob.Store
	Drafts     blob.Store // Blobs again, for pieces that need not survive a power cut
	Workspaces *Workspaces
	SAS        *auth.SAS
	Gate       arm.Gate
	Now        func() time.Time
	NewID      func() string // a new GUID
	Log        *slog.Logger
	Authority  string // where tokens come from: "https://host:port/TENANT"

	locks locks
}

// version is what the answers say where the client does not.
const version = "2024-11-04"

// Serves reports whether the request is for the blob service.
func (s *Server) Serves(r *http.Request) bool {
	return strings.HasSuffix(hostname(r), atelier.BlobSuffix)
}

func hostname(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// call is one request on its way through.
type call struct {
	*http.Request
	s *Server
	w http.ResponseWriter
	q url.Values

	container string
	path      string // "" is the container itself
	workspace *atelier.Workspace
	prefix    string // of the container's blobs in the store
	may       string // letters of auth.PermissionsAll
}

// key is where the blob is in the store.
func (c *call) key() string { return c.prefix + "/" + c.path }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := s.NewID()
	s.headers(w.Header(), r, id)
	c := &call{Request: r, s: s, w: w, q: r.URL.Query()}
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p != http.ErrAbortHandler {
			s.Log.Error("panic in the blob service", "op", r.Method+" "+r.URL.Path, "err", p, "request", id, "stack", string(debug.Stack()))
		}
		panic(http.ErrAbortHandler)
	}()
	if err := c.serve(); err != nil {
		s.fail(w, r, id, err)
	}
}

func (s *Server) headers(h http.Header, r *http.Request, id string) {
	v := r.Header.Get("x-ms-version")
	if !plain(v) {
		v = version
	}
	h.Set("x-ms-version", v)
	h.Set("x-ms-request-id", id)
	h.Set("X-Content-Type-Options", "nosniff")
	if c := r.Header.Get("x-ms-client-request-id"); plain(c) {
		h.Set("x-ms-client-request-id", c)
	}
}

// plain reports whether a client's text may be sent back in a header.
func plain(s string) bool {
	return s != "" && len(s) <= 1024 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func (c *call) serve() error {
	if hostname(c.Request) != c.s.SAS.Account+atelier.BlobSuffix {
		return fail(http.StatusNotFound, "ResourceNotFound", "there is no account at %s; the account is %s", hostname(c.Request), c.s.SAS.Account)
	}
	// The path is decoded once: some clients escape the slashes within names.
	c.container, c.path, _ = strings.Cut(strings.TrimPrefix(c.URL.Path, "/"), "/")
	op, err := c.operation()
	if err != nil {
		return err
	}
	if c.path != "" {
		if err := checkPath(c.path); err != nil {
			return err
		}
	}
	if err := c.admit(op); err != nil {
		return err
	}
	c.unhurried()
	return op.run(c)
}

// unhurried lifts the server's time limits: bytes take as long as they take.
func (c *call) unhurried() {
	at := http.NewResponseController(c.w)
	_ = at.SetReadDeadline(time.Time{}) // what cannot be lifted here was not set
	_ = at.SetWriteDeadline(time.Time{})
}

func checkPath(path string) error {
	if strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fail(http.StatusBadRequest, "InvalidUri", "the name %q has a control character in it", path)
	}
	err := blob.CheckKey(path)
	var e *atelier.Error
	if errors.As(err, &e) {
		return fail(http.StatusBadRequest, "InvalidUri", "%s", e.Message)
	}
	return err
}

// operation is what a request can ask for.
type operation struct {
	needs  string // any of these letters
	action string // the last part of the permission that a token needs
	run    func(*call) error
}

// operation finds out what the request asks for.
func (c *call) operation() (operation, error) {
	restype, comp := strings.ToLower(c.q.Get("restype")), strings.ToLower(c.q.Get("comp"))
	for _, q := range []string{"snapshot", "versionid"} {
		if c.q.Has(q) {
			return operation{}, fail(http.StatusBadRequest, "UnsupportedQueryParameter", "blobs have no snapshots or versions; leave out %s", q)
		}
	}
	var op operation
	switch {
	case c.container == "":
	case c.path != "" && restype == "":
		op = blobOperations[c.Method+" "+comp]
	case c.path == "" && restype == "container":
		op = containerOperations[c.Method+" "+comp]
	}
	if op.run == nil {
		return op, fail(http.StatusBadRequest, "UnsupportedOperation",
			"%s with restype=%q and comp=%q is not something that this blob service does", c.Method, restype, comp)
	}
	return op, nil
}

const (
	read, write, remove = "read", "write", "delete"
)

// Operations by method and comp.
var (
	blobOperations = map[string]operation{
		"GET ":          {"r", read, (*call).getBlob},
		"HEAD ":         {"r", read, (*call).getBlob},
		"GET metadata":  {"r", read, (*call).getMetadata},
		"HEAD metadata": {"r", read, (*call).getMetadata},
		"GET blocklist": {"r", read, (*call).getBlocks},
		"PUT ":          {"cw", write, (*call).putBlob},
		"PUT block":     {"cw", write, (*call).putBlock},
		"PUT blocklist": {"cw", write, (*call).putBlocks},
		"PUT metadata":  {"w", write, (*call).setMetadata},
		"PUT properties": {
			"w", write, (*call).setProperties,
		},
		"DELETE ": {"d", remove, (*call).deleteBlob},
	}
	containerOperations = map[string]operation{
		"GET list":      {"l", read, (*call).list},
		"GET ":          {"rl", read, (*call).getContainer},
		"HEAD ":         {"rl", read, (*call).getContainer},
		"GET metadata":  {"rl", read, (*call).getContainer},
		"HEAD metadata": {"rl", read, (*call).getContainer},
		"PUT ":          {"cw", write, (*call).createContainer},
	}
)

func (c *call) getContainer() error {
	h := c.w.Header()
	h.Set("ETag", etagOf(0, c.workspace.CreatedAt, c.container))
	h.Set("Last-Modified", c.workspace.CreatedAt.UTC().Format(http.TimeFormat))
	h.Set("x-ms-lease-state", "available")
	h.Set("x-ms-lease-status", "unlocked")
	h.Set("x-ms-has-immutability-policy", "false")
	h.Set("x-ms-has-legal-hold", "false")
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// createContainer answers as for any container that is there: those that may be
// are, from the moment that they are handed out.
func (c *call) createContainer() error {
	return fail(http.StatusConflict, "ContainerAlreadyExists", "The specified container already exists.")
}
