// Package atelier is the vocabulary of the platform: the resources, their states
// and the errors that every other package speaks in. It imports only the standard
// library, does no input or output and reads no clock.
//
// A resource is a document with a Meta. What its user asked for is its Spec, and
// only edges write that; what the platform observed is its Status, and only the
// controller named beside the field writes that. Times are UTC.
package atelier

import (
	"strings"
	"time"
)

// ID names a resource: pairs of collection and name joined by slashes, in lower
// case, for example "workspaces/sub~rg~ws/computes/gpu/nodes/gpu-k3f2-0". Two IDs
// are the same resource if and only if the strings are equal; the spelling that
// the user chose is in Meta.Name.
type ID string

// Collections, which are also the kinds of resources.
const (
	KindWorkspace   = "workspaces"
	KindCompute     = "computes"
	KindNode        = "nodes" // of a compute
	KindJob         = "jobs"
	KindTask        = "tasks"        // of a job
	KindCode        = "codes"        // one version of a code asset: codes/NAME:VERSION
	KindEnvironment = "environments" // one version: environments/NAME:VERSION
	KindData        = "data"         // one version: data/NAME:VERSION
	KindDatastore   = "datastores"   // of a workspace, beside those that it always has
	KindOperation   = "operations"   // of a workspace: a long-running operation to poll
	KindPrincipal   = "principals"   // at the top: somebody who can sign in
	KindSignIn      = "signins"      // at the top: a client that may get a user's next token
	KindAccount     = "accounts"     // at the top: what somebody settled for themselves
	KindToken       = "tokens"       // at the top: a personal access token
)

// WorkspaceID is the ID of a workspace from the three names in its ARM path.
func WorkspaceID(subscription, resourceGroup, name string) ID {
	return ID(KindWorkspace + "/" + strings.ToLower(subscription+"~"+resourceGroup+"~"+name))
}

// Child returns the ID of a resource one level below.
func (id ID) Child(collection, name string) ID {
	return ID(string(id) + "/" + collection + "/" + strings.ToLower(name))
}

// Name returns the last segment, in lower case.
func (id ID) Name() string { return string(id[strings.LastIndexByte(string(id), '/')+1:]) }

// Parent returns the ID one level above, or "" at the top.
func (id ID) Parent() ID {
	rest := strings.TrimSuffix(string(id), "/"+id.Name())
	i := strings.LastIndexByte(rest, '/')
	if i < 0 {
		return ""
	}
	return ID(rest[:i])
}

// Path returns the part of the ID below its workspace, for example "computes/gpu":
// what its users call it.
func (id ID) Path() string {
	return strings.TrimPrefix(string(id), string(id.Workspace())+"/")
}

// Kind returns the collection that the resource is in.
func (id ID) Kind() string {
	rest := strings.TrimSuffix(string(id), "/"+id.Name())
	return rest[strings.LastIndexByte(rest, '/')+1:]
}

// Above returns the nearest resource of the kind among id and what is above it,
// or "".
func (id ID) Above(kind string) ID {
	for id != "" && id.Kind() != kind {
		id = id.Parent()
	}
	return id
}

// Workspace returns the ID of the workspace that the resource is in, or "".
func (id ID) Workspace() ID { return id.Above(KindWorkspace) }

// Meta is what every resource carries.
type Meta struct {
	ID         ID        `json:"id"`
	Name       string    `json:"name"`       // as the user spelled it
	UID        string    `json:"uid"`        // of this incarnation: never used again, even by the same name
	Rev        int64     `json:"rev"`        // counts writes; a write names the Rev it read; 0 is not stored yet
	Generation int64     `json:"generation"` // counts changes of what the user asked for
	CreatedAt  time.Time `json:"createdAt"`
	CreatedBy  string    `json:"createdBy,omitempty"` // principal
	UpdatedAt  time.Time `json:"updatedAt"`           // of the last change that a user asked for
	UpdatedBy  string    `json:"updatedBy,omitempty"`
	DeletedAt  time.Time `json:"deletedAt,omitzero"` // when deletion was asked for; zero while wanted
}

// Head returns the Meta; embedding Meta makes a struct a Resource together with Index.
func (m *Meta) Head() *Meta { return m }

// Deleting reports whether the resource is on its way out.
func (m *Meta) Deleting() bool { return !m.DeletedAt.IsZero() }

// Resource is a document that the store keeps.
type Resource interface {
	Head() *Meta
	Index() Index
}

// Index is what the store can find a resource by, and what a view can be rebuilt
// from without reading the document.
type Index struct {
	State    string // what State means for the kind
	Done     bool   // at rest for ever: views do not hold it
	Compute  ID     // the compute that a job, task or node belongs to
	Node     ID     // the node that a task is on
	Priority int    // of a job: higher goes first
	Need     int    // nodes that a job takes at once
	Hash     string // content, for assets found by it
	Detail   string // what the event of a change keeps of it beside State; nothing is found by it
}

// New returns an empty resource of the kind, or nil if there is no such kind.
func New(kind string) Resource {
	switch kind {
	case KindWorkspace:
		return new(Workspace)
	case KindCompute:
		return new(Compute)
	case KindNode:
		return new(Node)
	case KindJob:
		return new(Job)
	case KindTask:
		return new(Task)
	case KindCode, KindEnvironment, KindData:
		return new(Asset)
	case KindDatastore:
		return new(Datastore)
	case KindModel, KindComponent, KindContainer, KindOnlineEndpoint, KindBatchEndpoint, KindDeployment, KindSchedule:
		return new(Document)
	case KindOperation:
		return new(Operation)
	case KindPrincipal:
		return new(Principal)
	case KindSignIn:
		return new(SignIn)
	case KindAccount:
		return new(Account)
	case KindToken:
		return new(Token)
	}
	return nil
}

// Event is one change, recorded in the transaction that made it. The store writes
// one per changed resource; Actor, Reason and Message come from whoever changed it.
type Event struct {
	Seq     int64     `json:"seq"` // ascending, without gaps, never used again
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"` // principal, or the package that decided
	Verb    string    `json:"verb"`  // created, updated, deleted
	Target  ID        `json:"target"`
	UID     string    `json:"uid"`
	Rev     int64     `json:"rev"`
	State   string    `json:"state,omitempty"`  // after the change
	Reason  string    `json:"reason,omitempty"` // a code, for example JobPreempted
	Message string    `json:"message,omitempty"`
	Detail  string    `json:"detail,omitempty"` // of a compute: its ComputeStatus.Shape
}
