package azureml

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
)

// docIn is the body of a document: its members as they were written.
type docIn struct {
	envelope   map[string]json.RawMessage
	properties map[string]json.RawMessage
	keys       map[string]string
	archived   bool
	anonymous  bool
}

// enveloped are the members beside properties that are kept.
var enveloped = []string{"location", "tags", "kind", "sku", "identity"}

// decode reads a body. What is read-only in it is left out, so that what GET
// answered may be sent back.
func (k *docKind) decode(r *arm.Request, whole bool) (*docIn, error) {
	var body struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Location   *string                    `json:"location"`
		Tags       *arm.Texts                 `json:"tags"`
		Kind       *string                    `json:"kind"`
		SKU        map[string]json.RawMessage `json:"sku"`
		Identity   map[string]json.RawMessage `json:"identity"`
	}
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	if err := r.Decode(&all); err != nil {
		return nil, err
	}
	if body.Properties == nil && whole {
		return nil, missing("properties")
	}
	in := &docIn{envelope: map[string]json.RawMessage{}, properties: map[string]json.RawMessage{}}
	if !k.versions && k != schedules {
		for _, name := range enveloped {
			if v := all[name]; has(v) {
				in.envelope[name] = compact(v)
			}
		}
	}
	for name, v := range body.Properties {
		in.properties[name] = compact(v)
	}
	return in, in.take(k)
}

// take moves members that mean something out of the properties, and checks the
// types of those that all kinds have.
func (in *docIn) take(k *docKind) error {
	var typed struct {
		Description *string                    `json:"description"`
		Tags        arm.Texts                  `json:"tags"`
		Properties  map[string]json.RawMessage `json:"properties"`
		IsArchived  bool                       `json:"isArchived"`
		IsAnonymous bool                       `json:"isAnonymous"`
		Keys        map[string]string          `json:"keys"`
	}
	text, err := json.Marshal(in.properties)
	if err != nil {
		return err
	}
	if err := arm.Unmarshal(text, &typed, "properties"); err != nil {
		return err
	}
	in.archived, in.anonymous, in.keys = typed.IsArchived, typed.IsAnonymous, typed.Keys
	for _, name := range append([]string{"provisioningState", "isArchived", "latestVersion", "nextVersion"}, k.readOnly...) {
		delete(in.properties, name)
	}
	return nil
}

// over lays the members of a partial body over those of the document.
func (in *docIn) over(d *atelier.Document) {
	lay := func(below, above map[string]json.RawMessage) map[string]json.RawMessage {
		all := map[string]json.RawMessage{}
		for _, m := range []map[string]json.RawMessage{below, above} {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	in.envelope, in.properties = lay(d.Envelope, in.envelope), lay(d.Properties, in.properties)
	in.archived = d.Archived
}

// docOut is a document as GET shows it.
type docOut struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	SystemData *systemData    `json:"systemData"`
	Location   any            `json:"location,omitempty"`
	Tags       any            `json:"tags,omitempty"`
	Kind       any            `json:"kind,omitempty"`
	SKU        any            `json:"sku,omitempty"`
	Identity   any            `json:"identity,omitempty"`
	Properties map[string]any `json:"properties"`
}

func (a *API) docOut(r *arm.Request, w *atelier.Workspace, k *docKind, d *atelier.Document) *docOut {
	out := &docOut{Name: d.Name, Type: ws + k.armType(), SystemData: systemDataOf(&d.Meta), Properties: map[string]any{}}
	switch {
	case k.under != nil:
		out.ID = armID(w, k.under.path, r.Param("name"), k.path, d.Name)
	case k.versions:
		out.ID, out.Name = armID(w, k.path, d.Name, "versions", d.Version), d.Version
	default:
		out.ID = armID(w, k.path, d.Name)
	}
	if !k.versions && k != schedules {
		out.Location, out.Tags = rawOr(d.Envelope["location"], w.Location), rawOr(d.Envelope["tags"], map[string]string{})
		out.Kind, out.SKU, out.Identity = rawOr(d.Envelope["kind"], nil), rawOr(d.Envelope["sku"], nil), a.docIdentity(d)
	}
	p := out.Properties
	for name, text := range k.defaults {
		p[name] = json.RawMessage(text)
	}
	for name, v := range d.Properties {
		if _, hasDefault := k.defaults[name]; has(v) || !hasDefault {
			p[name] = v
		}
	}
	p["provisioningState"] = string(atelier.Succeeded)
	if d.Failure != nil {
		p["provisioningState"] = string(atelier.Failed)
	}
	if k.versions {
		p["isArchived"] = d.Archived
	}
	if k.show != nil {
		k.show(a, r, d, p)
	}
	return out
}

// docIdentity shows the identity that was asked for, and who that is.
func (a *API) docIdentity(d *atelier.Document) any {
	raw := d.Envelope["identity"]
	if !has(raw) {
		return nil
	}
	var m map[string]any
	if json.Unmarshal(raw, &m) != nil { // it was decoded as an object when it came
		return raw
	}
	if kind, _ := m["type"].(string); kind != "" && normal(kind) != "none" {
		m["principalId"], m["tenantId"] = atelier.NameIdentity("document", string(d.ID), d.UID).PrincipalID, a.Tenant
	}
	return m
}

// has reports whether a member is there and not null.
func has(v json.RawMessage) bool { return len(v) > 0 && string(v) != "null" }

func rawOr(v json.RawMessage, otherwise any) any {
	if has(v) {
		return v
	}
	return otherwise
}

// compact is the JSON without white space; digits and order stay.
func compact(v json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, v) != nil {
		return v
	}
	return b.Bytes()
}

// sameMeaning reports whether two texts mean the same, whatever the order of their
// members.
func sameMeaning(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// textOf is the text that a member is, or the JSON of what else it is.
func textOf(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	return string(v)
}

func textsOf(v json.RawMessage) map[string]string {
	var m arm.Texts
	_ = json.Unmarshal(v, &m) // what is no map of texts has none
	return m
}
