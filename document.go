package atelier

import (
	"encoding/json"
)

// Collections of documents.
const (
	KindModel          = "models"          // one version: models/NAME:VERSION
	KindComponent      = "components"      // one version: components/NAME:VERSION
	KindContainer      = "containers"      // containers/COLLECTION-NAME: what the versions of one name share
	KindOnlineEndpoint = "onlineendpoints" // of a workspace
	KindBatchEndpoint  = "batchendpoints"  // of a workspace
	KindDeployment     = "deployments"     // of an endpoint
	KindSchedule       = "schedules"       // of a workspace
)

// DocumentKinds are the kinds of resources that are kept as Documents.
var DocumentKinds = []string{
	KindModel, KindComponent, KindContainer, KindOnlineEndpoint, KindBatchEndpoint, KindDeployment, KindSchedule,
}

// Document is a resource whose content Atelier keeps as its user wrote it, and shows
// again: of kinds that nothing drives yet, or that there is nothing to drive of.
type Document struct {
	Meta
	Of         string                     `json:"of,omitempty"`      // of a container: the kind of its versions
	Version    string                     `json:"version,omitempty"` // of kinds that have versions
	Latest     string                     `json:"latest,omitempty"`  // of a container: its last version
	Next       int                        `json:"next,omitempty"`    // of a container: the number to call the next version by
	Hidden     bool                       `json:"hidden,omitempty"`  // of a container: all its versions are anonymous
	Archived   bool                       `json:"archived,omitempty"`
	Envelope   map[string]json.RawMessage `json:"envelope,omitempty"`   // beside properties: location, tags, kind, sku, identity
	Properties map[string]json.RawMessage `json:"properties,omitempty"` // without read-only and secret ones
	Secrets    map[string]string          `json:"secrets,omitempty"`    // sealed, by field
	Failure    *Problem                   `json:"failure,omitempty"`    // why Atelier cannot do what it asks for
}

// Index implements Resource. Compute is what the versions of one name share, or for
// a container its collection, which is how they are found.
func (d *Document) Index() Index {
	i := Index{Done: true}
	switch {
	case d.Of != "":
		i.Compute = d.ID.Parent().Child(KindContainer, d.Of)
	case d.Version != "":
		i.Compute = AssetGroup(d.ID)
	}
	return i
}

// ContainerID is the ID of what the versions of one name share.
func ContainerID(workspace ID, kind, name string) ID {
	return workspace.Child(KindContainer, kind+"-"+name)
}

// onDocument is the outcome of an operation on something that is at rest as soon as
// it is stored.
func (o *Operation) onDocument(gone bool, failure *Problem) (state ComputeState, problem *Problem) {
	switch {
	case o.Verb == "delete" && gone:
		return Succeeded, nil
	case o.Verb == "delete":
		return Deleting, nil
	case gone:
		return Failed, &Problem{Code: "ResourceNotFound", Message: "what the operation was about was deleted before the operation ended"}
	case failure != nil:
		return Failed, failure
	}
	return Succeeded, nil
}
