package atelier

import "encoding/json"

// Datastore names storage of its users'. Atelier keeps it, with its secrets sealed,
// and does not read from it yet. Those that every workspace has are not stored:
// they follow from the workspace.
type Datastore struct {
	Meta
	Type       string          `json:"type"`              // AzureBlob, AzureFile, …
	Properties json.RawMessage `json:"properties"`        // as its user gave them, without secrets
	Secrets    string          `json:"secrets,omitempty"` // sealed
}

// Index implements Resource.
func (d *Datastore) Index() Index { return Index{Done: true} }
