package atelier

import (
	"encoding/json"
	"strings"
	"time"
)

// Quota is how many vCPUs of one family the computes of a workspace may hold at one
// location. A cluster holds its largest number of nodes, an instance its machine.
type Quota struct {
	Location string `json:"location"`
	Family   string `json:"family"`
	Limit    int    `json:"limit"`
}

// Workspace is the tenant boundary.
type Workspace struct {
	Meta
	Subscription  string            `json:"subscription"`
	ResourceGroup string            `json:"resourceGroup"`
	Location      string            `json:"location"`
	Tags          map[string]string `json:"tags,omitempty"`
	Quotas        []Quota           `json:"quotas,omitempty"` // in order of location and family

	// What its user said of it that has no effect here and is shown again.
	Envelope   map[string]json.RawMessage `json:"envelope,omitempty"`   // kind, sku, identity
	Properties map[string]json.RawMessage `json:"properties,omitempty"` // as friendlyName, storageAccount
}

// Index implements Resource.
func (w *Workspace) Index() Index { return Index{} }

// The workspace of a new installation.
const (
	DefaultSubscription  = "00000000-0000-0000-0000-000000000000"
	DefaultResourceGroup = "default"
	DefaultWorkspace     = "default"
)

// Asset is one immutable version of code, data or an environment.
type Asset struct {
	Meta
	Version     string            `json:"version"`
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Properties  map[string]string `json:"properties,omitempty"`
	Anonymous   bool              `json:"anonymous,omitempty"`
	Archived    bool              `json:"archived,omitempty"`
	URI         string            `json:"uri,omitempty"`  // code, data: where its files are
	Type        string            `json:"type,omitempty"` // data: uri_file, uri_folder
	Hash        string            `json:"hash,omitempty"` // sha256 of the content, hex
	Size        int64             `json:"size,omitempty"` // bytes
	Files       int               `json:"files,omitempty"`
	Image       string            `json:"image,omitempty"` // environment: container image
	Conda       string            `json:"conda,omitempty"` // environment: conda file, YAML text
	Pip         string            `json:"pip,omitempty"`   // environment: requirements.txt text
}

// Index implements Resource. Compute is what the versions of one name share, which
// is how they are found.
func (a *Asset) Index() Index {
	i := Index{Hash: a.Hash, Compute: AssetGroup(a.ID)}
	if i.Hash == "" {
		i.Hash = a.Properties[HashProperty]
	}
	return i
}

// HashProperty is the property that Azure's clients put their own hash of code in,
// and find it by.
const HashProperty = "hash_sha256"

// AssetGroup is the ID of an asset without its version.
func AssetGroup(id ID) ID {
	if i := strings.LastIndexByte(string(id), ':'); i >= 0 {
		return id[:i]
	}
	return id
}

// Operation is a long-running operation that a client polls. Nobody drives it: its
// outcome is read off its target.
type Operation struct {
	Meta
	Target     ID     `json:"target"`
	TargetUID  string `json:"targetUID"`
	Generation int64  `json:"targetGeneration"`
	Verb       string `json:"verb"` // put, patch, delete, cancel
}

// Index implements Resource. Hash is the name, which is how an operation is found
// without its workspace.
func (o *Operation) Index() Index { return Index{Done: true, Hash: o.ID.Name()} }

// Outcome is where the operation stands, given its target, which is nil when it
// does not exist.
func (o *Operation) Outcome(target Resource) (state ComputeState, problem *Problem) {
	gone := target == nil || target.Head().UID != o.TargetUID
	switch t := target.(type) {
	case *Compute:
		switch {
		case o.Verb == "delete" && gone:
			return Succeeded, nil
		case gone:
			return Failed, &Problem{Code: "ComputeNotFound", Message: "the compute was deleted before the operation ended"}
		case o.Verb == "delete":
			return Deleting, nil
		case t.Deleting():
			return Failed, &Problem{Code: "OperationPreempted", Message: "the compute is being deleted"}
		case t.Status.Observed < o.Generation:
			return Updating, nil
		case t.Spec.Instance != nil:
			return o.onInstance(t)
		case t.Status.State == Failed:
			p := Problem{Code: "ProvisioningFailed", Message: "provisioning failed"}
			if len(t.Status.Errors) > 0 {
				p = t.Status.Errors[0]
			}
			return Failed, &p
		case t.Status.State == Succeeded:
			return Succeeded, nil
		}
		return Updating, nil
	case *Job:
		switch {
		case gone, o.Verb != "delete" && t.Status.State.Terminal():
			return Succeeded, nil
		case o.Verb == "delete":
			return Deleting, nil
		}
		return Updating, nil
	case *Document:
		return o.onDocument(gone, t.Failure)
	case *Workspace:
		return o.onDocument(gone, nil)
	}
	if o.Verb == "delete" || o.Verb == "cancel" {
		return Succeeded, nil
	}
	return Failed, &Problem{Code: "ResourceNotFound", Message: "what the operation was about does not exist any more"}
}

// onInstance is the outcome of an operation that the controller has seen, on a
// compute instance: it ends when the machine is as was asked.
func (o *Operation) onInstance(c *Compute) (state ComputeState, problem *Problem) {
	st, asked := c.Status.Instance, c.Spec.Instance.Asked
	switch {
	case IsPowerVerb(o.Verb) && o.Generation < asked.Generation:
		return Failed, &Problem{Code: "OperationPreempted", Message: "a later " + fold(asked.Operation) + " took the place of this " + o.Verb}
	case st == nil, st.Operation.Status == OperationInProgress:
		return Updating, nil
	case st.Operation.Status == OperationSucceeded || !IsPowerVerb(o.Verb) && c.Status.State == Succeeded:
		return Succeeded, nil
	case len(c.Status.Errors) > 0:
		return Failed, &c.Status.Errors[0]
	}
	return Failed, &Problem{Code: st.Operation.Status, Message: "the instance is " + string(st.State)}
}

// Principal is somebody, or something, that can sign in.
type Principal struct {
	Meta
	Display    string      `json:"display,omitempty"`
	Kind       string      `json:"kind"`                 // user, service, identity
	SecretHash string      `json:"secretHash,omitempty"` // of a service principal's secret
	Certs      []string    `json:"certs,omitempty"`      // PEM, that a service principal may sign in with
	Roles      []RoleGrant `json:"roles,omitempty"`
	ExpiresAt  time.Time   `json:"expiresAt,omitzero"`
}

// RoleGrant gives a role at a scope and everything below it.
type RoleGrant struct {
	Role  string `json:"role"`  // Azure's names: Owner, Contributor, Reader, AzureML Data Scientist, AzureML Compute Operator
	Scope ID     `json:"scope"` // a workspace, or "" for the whole installation
}

// Index implements Resource.
func (p *Principal) Index() Index { return Index{} }
