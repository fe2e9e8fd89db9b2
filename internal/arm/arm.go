// Package arm speaks the dialect of Azure Resource Manager: case-insensitive
// paths, api-versions, the error envelope, paging, long-running operations and the
// headers that clients rely on. It knows no kinds of resources, and it is the only
// package that knows HTTP statuses: handlers return a status of success or an
// atelier.Error, and one table here turns the error's kind into a status.
//
// Every request passes the Gate before its handler runs, save for routes whose
// Action is Public.
package arm

import (
	"net/http"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
)

// Actions that are no permissions.
const (
	Public = "public" // of a route that needs no token
	Member = "member" // of a route for everybody who sees the workspace in its path
)

// Gate finds out who calls. An error of any kind counts as "not signed in".
type Gate interface {
	Identify(r *http.Request) (Caller, error)
}

// Caller is somebody who has signed in.
type Caller interface {
	// Name is the principal, as events and CreatedBy show it.
	Name() string
	// May reports whether the caller may do the Azure action at the scope.
	May(action string, scope atelier.ID) bool
	// Sees reports whether the caller may know that the workspace exists.
	Sees(workspace atelier.ID) bool
}

// Handler answers a request. A body of type Stream writes itself, with status 0
// also the status; nil is no body.
type Handler func(*Request) (status int, body any, err error)

// Route is one operation.
type Route struct {
	Method  string
	Pattern string // "/subscriptions/{subscription}/…"; "{path...}" at the end takes the rest
	Action  string // Azure's name of the permission it needs, or Public or Member
	Handler Handler
	Doc     string // one line
	MaxBody int64  // bytes; 0 is the server's default
	Raw     bool   // the handler reads the body itself, within MaxBody
	Plain   bool   // an address of Atelier's own, which needs no api-version
	DryRun  bool   // the handler heeds Request.Dry
}

// Scope says where the caller needs the permission.
type Scope string

// Scopes.
const (
	ScopeNone      Scope = "none"      // public
	ScopeSignedIn  Scope = "signed-in" // any caller; the answer is filtered by what the caller sees
	ScopeWorkspace Scope = "workspace" // the workspace in the path
)

// Scope is where the caller of the route needs its Action: it follows from the
// pattern, so that no route can forget it.
func (rt *Route) Scope() Scope {
	switch {
	case rt.Action == Public:
		return ScopeNone
	case strings.Contains(rt.Pattern, "{workspace}"):
		return ScopeWorkspace
	}
	return ScopeSignedIn
}

// Request is a request on its way to its handler.
type Request struct {
	*http.Request
	Caller Caller      // nil on public routes
	Reply  http.Header // of the answer
	Route  *Route
	ID     string // x-ms-request-id
	Dry    bool   // only say what would be: nothing may stay of it

	params map[string]string
	body   []byte
	w      http.ResponseWriter
	still  func() bool
}

// Still reports whether the caller would be let in now, too. Answers that go on for
// long ask: sessions end, and roles are taken back.
func (r *Request) Still() bool { return r.still == nil || r.still() }

// Unhurried lifts the server's time limits for a request whose body or answer
// takes as long as it takes.
func (r *Request) Unhurried() {
	c := http.NewResponseController(r.w)
	_ = c.SetReadDeadline(time.Time{}) // what cannot be lifted here was not set
	_ = c.SetWriteDeadline(time.Time{})
}

// Param returns the decoded segment of the path that the pattern calls name.
func (r *Request) Param(name string) string { return r.params[name] }

// Workspace returns the ID of the workspace in the path.
func (r *Request) Workspace() atelier.ID {
	return atelier.WorkspaceID(r.params["subscription"], r.params["group"], r.params["workspace"])
}

// WorkspacePath returns the ARM ID of the workspace in the path, as it was spelled.
func (r *Request) WorkspacePath() string {
	return WorkspacePath(r.params["subscription"], r.params["group"], r.params["workspace"])
}

// WorkspacePath returns the ARM ID of a workspace.
func WorkspacePath(subscription, group, workspace string) string {
	return "/subscriptions/" + subscription + "/resourceGroups/" + group +
		"/providers/Microsoft.MachineLearningServices/workspaces/" + workspace
}

// NoWorkspace is the answer to a request for a workspace that does not exist, and
// to one for a workspace that the caller may not see.
func (r *Request) NoWorkspace() error {
	return atelier.Errorf(atelier.NotFound, "ResourceNotFound",
		"The Resource 'Microsoft.MachineLearningServices/workspaces/%s' under resource group '%s' was not found.",
		r.params["workspace"], r.params["group"])
}

// Query returns a query parameter; its name is matched without regard to case.
func (r *Request) Query(name string) string { return query(r.Request, name) }

func query(r *http.Request, name string) string {
	values := r.URL.Query()
	if v, ok := values[name]; ok {
		return v[0]
	}
	found := "" // of several spellings the one that sorts first, so that the answer does not vary
	for key := range values {
		if strings.EqualFold(key, name) && (found == "" || key < found) {
			found = key
		}
	}
	return values.Get(found)
}

// Base is the address that the client used, for absolute URLs: "https://host:port".
func (r *Request) Base() string {
	if r.TLS == nil {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}

// Operation points the client to the URL to poll (wire A.6).
func (r *Request) Operation(path string) {
	r.Reply.Set("Azure-AsyncOperation", r.poll(path))
	r.AskAgain()
}

// Result points the client to the URL that answers 202 until the operation ended.
func (r *Request) Result(path string) {
	r.Reply.Set("Location", r.poll(path))
	r.AskAgain()
}

// AskAgain says when to poll: after a second, and sooner for clients that
// understand the finer header.
func (r *Request) AskAgain() {
	r.Reply.Set("Retry-After", "1")
	r.Reply.Set("Retry-After-Ms", "200")
}

func (r *Request) poll(path string) string {
	return r.Base() + path + "?api-version=" + r.version() + "&service=new"
}

// version is the api-version to put into URLs that the client will call.
func (r *Request) version() string {
	if v := r.Query("api-version"); v != "" {
		return v
	}
	return OwnVersion
}
