package azureml

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/store"
)

func (a *API) datastoreRoutes() []arm.Route {
	const all, act = inWS + "/datastores", ws + "datastores/"
	const one = all + "/{name}"
	doc := func(method, pattern, action, text string, h arm.Handler) arm.Route {
		return arm.Route{Method: method, Pattern: pattern, Action: act + action, Handler: h, Doc: text}
	}
	return []arm.Route{
		doc("GET", all, "read", "lists the datastores of a workspace", a.listDatastores),
		doc("GET", one, "read", "says where a datastore is, without its secrets", a.getDatastore),
		doc("PUT", one, "write", "registers a datastore, or changes it", a.putDatastore),
		doc("DELETE", one, "delete", "forgets a datastore; what is in it stays", a.deleteDatastore),
		doc("POST", one+"/listSecrets", "listSecrets/action", "hands out what opens a datastore", a.listDatastoreSecrets),
	}
}

func datastoreShapes() map[string]arm.Shape {
	const all, one = "{ws}/datastores", "{ws}/datastores/{name}"
	return map[string]arm.Shape{
		"GET " + all:                   {Reply: arm.List[datastoreOut]{}, Query: []string{"$skip", "$top", "count", "isDefault", "names", "searchText"}},
		"GET " + one:                   {Reply: datastoreOut{}},
		"PUT " + one:                   {Body: having("properties:object"), Reply: datastoreOut{}},
		"POST " + one + "/listSecrets": {Body: secretsIn{}, Reply: having("secretsType")},
	}
}

type secretsIn struct {
	Hours *float64 `json:"expireAfterHours"`
}

type datastoreOut struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	SystemData *systemData    `json:"systemData"`
	Properties map[string]any `json:"properties"`
}

// own are the datastores that every workspace has, the default one first.
var ownDatastores = []string{atelier.DataStore, atelier.ArtifactStore}

// ownDatastore returns the spelling of one that every workspace has, or "".
func ownDatastore(name string) string {
	for _, own := range ownDatastores {
		if strings.EqualFold(own, name) {
			return own
		}
	}
	return ""
}

func (a *API) ownOut(w *atelier.Workspace, name string) *datastoreOut {
	_, port, found := strings.Cut(a.BlobHost, ":")
	endpoint := strings.TrimPrefix(atelier.BlobSuffix, ".blob.")
	if found {
		endpoint += ":" + port
	}
	return &datastoreOut{
		ID: armID(w, atelier.KindDatastore, name), Name: name, Type: ws + atelier.KindDatastore, SystemData: systemDataOf(&w.Meta),
		Properties: map[string]any{
			"description": nil, "tags": map[string]string{}, "properties": map[string]string{}, "isDefault": name == atelier.DataStore,
			"datastoreType": "AzureBlob", "accountName": a.SAS.Account, "containerName": atelier.Container(w.UID, name),
			"endpoint": endpoint, "protocol": "https", "serviceDataAccessAuthIdentity": "None",
			"resourceGroup": w.ResourceGroup, "subscriptionId": w.Subscription,
			"credentials": map[string]any{"credentialsType": "Sas", "secrets": nil},
		},
	}
}

func (a *API) getDatastore(r *arm.Request) (int, any, error) {
	var out *datastoreOut
	err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		if own := ownDatastore(r.Param("name")); own != "" {
			out = a.ownOut(w, own)
			return nil
		}
		d, err := datastoreOf(tx, w, r)
		if err == nil {
			out = datastoreOutOf(w, d)
		}
		return err
	})
	return ok, out, err
}

func datastoreOf(tx *store.Tx, w *atelier.Workspace, r *arm.Request) (*atelier.Datastore, error) {
	d, err := get[atelier.Datastore](tx, w.ID.Child(atelier.KindDatastore, r.Param("name")))
	if err == nil && d == nil {
		err = atelier.Errorf(atelier.NotFound, "UserError", "there is no datastore %q in workspace %s", r.Param("name"), w.Name)
	}
	return d, err
}

// listDatastores lists by the filters of Azure (wire A.5). There are few of them,
// so they are put in order here.
func (a *API) listDatastores(r *arm.Request) (int, any, error) {
	page, err := r.Page()
	if err != nil {
		return 0, nil, err
	}
	if text := r.Query("count"); text != "" {
		if page.Top, err = number(text, 1, 1000, "count"); err != nil {
			return 0, nil, err
		}
	}
	var found []*datastoreOut
	err = a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		for _, name := range ownDatastores {
			found = append(found, a.ownOut(w, name))
		}
		all, err := store.All[atelier.Datastore](tx, store.Query{Kind: atelier.KindDatastore, Parent: w.ID})
		for _, d := range all {
			found = append(found, datastoreOutOf(w, d))
		}
		return err
	})
	found = slices.DeleteFunc(found, func(d *datastoreOut) bool { return !wanted(r, d) })
	from := min(page.After, int64(len(found)))
	to := min(from+int64(page.Top), int64(len(found)))
	list := arm.List[*datastoreOut]{Value: full(found[from:to])}
	if to < int64(len(found)) {
		list.NextLink = r.Next(to)
	}
	return ok, list, err
}

func wanted(r *arm.Request, d *datastoreOut) bool {
	if text := r.Query("isDefault"); text != "" {
		want, err := strconv.ParseBool(text)
		if err == nil && want != (d.Properties["isDefault"] == true) {
			return false
		}
	}
	named := func(n string) bool { return strings.EqualFold(strings.TrimSpace(n), d.Name) }
	if names := r.Query("names"); names != "" && !slices.ContainsFunc(strings.Split(names, ","), named) {
		return false
	}
	return strings.Contains(strings.ToLower(d.Name), strings.ToLower(r.Query("searchText")))
}

// putDatastore registers storage of the user's own.
func (a *API) putDatastore(r *arm.Request) (int, any, error) {
	name := r.Param("name")
	if own := ownDatastore(name); own != "" {
		return 0, nil, atelier.Errorf(atelier.Conflict, "DatastoreIsBuiltIn", "every workspace has the datastore %s, and it cannot be changed; register yours under another name", own)
	}
	if err := checkName("name", name); err != nil {
		return 0, nil, err
	}
	var in struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	said, err := readDatastore(in.Properties)
	if err != nil {
		return 0, nil, err
	}
	status := http.StatusCreated
	var out *datastoreOut
	err = a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
		id := w.ID.Child(atelier.KindDatastore, name)
		d, err := get[atelier.Datastore](tx, id)
		if err != nil {
			return err
		}
		if d == nil {
			d = &atelier.Datastore{Meta: a.meta(r, id, name)}
		} else {
			status = http.StatusOK
			d.Generation++
			a.touch(r, &d.Meta)
		}
		if err := a.fillDatastore(d, said); err != nil {
			return err
		}
		out = datastoreOutOf(w, d)
		return store.Put(tx, d)
	})
	return status, out, err
}

func (a *API) fillDatastore(d *atelier.Datastore, said *datastoreIn) error {
	switch {
	case said.secrets != nil:
		d.Secrets = a.Seal(secretsOf(d), string(said.secrets))
	case said.credentials == "None":
		d.Secrets = ""
	case d.Secrets == "" || credentialsType(d) != said.credentials: // a GET that is sent back has none, and means those that there are
		return missing("properties.credentials.secrets")
	}
	d.Type, d.Properties = said.kind, said.properties
	return nil
}

// secretsOf says where the secrets are, for their seal.
func secretsOf(d *atelier.Datastore) string { return string(d.ID) + " secrets" }

func credentialsType(d *atelier.Datastore) string {
	var p struct {
		Credentials struct {
			Type string `json:"credentialsType"`
		} `json:"credentials"`
	}
	_ = json.Unmarshal(d.Properties, &p) // was checked when it was stored
	return p.Credentials.Type
}

func datastoreOutOf(w *atelier.Workspace, d *atelier.Datastore) *datastoreOut {
	p := map[string]any{"description": nil, "tags": map[string]string{}, "properties": map[string]string{}}
	dec := json.NewDecoder(bytes.NewReader(d.Properties))
	dec.UseNumber()
	_ = dec.Decode(&p) // was checked when it was stored
	p["isDefault"], p["datastoreType"] = false, d.Type
	if c, is := p["credentials"].(map[string]any); is {
		c["secrets"] = nil
	}
	return &datastoreOut{
		ID: armID(w, atelier.KindDatastore, d.Name), Name: d.Name, Type: ws + atelier.KindDatastore,
		SystemData: systemDataOf(&d.Meta), Properties: p,
	}
}

func (a *API) deleteDatastore(r *arm.Request) (int, any, error) {
	if own := ownDatastore(r.Param("name")); own != "" {
		return 0, nil, atelier.Errorf(atelier.Conflict, "DatastoreIsBuiltIn", "every workspace has the datastore %s; it cannot be deleted", own)
	}
	status := http.StatusNoContent
	err := a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
		d, err := get[atelier.Datastore](tx, w.ID.Child(atelier.KindDatastore, r.Param("name")))
		if err != nil || d == nil {
			return err
		}
		status = http.StatusOK
		return store.Delete(tx, d)
	})
	return status, nil, err
}

// Lives of the signatures that listSecrets hands out.
const (
	sasHours    = 24
	sasMaxHours = 7 * 24
)

// listDatastoreSecrets hands out a signature for a datastore of Atelier's, with the
// permissions that the caller has, and what its user stored for another.
func (a *API) listDatastoreSecrets(r *arm.Request) (int, any, error) {
	var in secretsIn
	if r.HasBody() {
		if err := r.Decode(&in); err != nil {
			return 0, nil, err
		}
	}
	hours := deref(in.Hours, sasHours)
	if hours <= 0 || hours > sasMaxHours {
		return 0, nil, atelier.Errorf(atelier.Invalid, "InvalidExpiry", "expireAfterHours is %v; it must be more than 0 and at most %d", hours, sasMaxHours).At("expireAfterHours")
	}
	var out any
	err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		if own := ownDatastore(r.Param("name")); own != "" {
			access := auth.Access{Container: atelier.Container(w.UID, own), Permissions: "rl", Expiry: a.Now().Add(time.Duration(hours * float64(time.Hour)))}
			if r.Caller.May(ws+"datastores/write", w.ID) {
				access.Permissions = auth.PermissionsAll
			}
			out = map[string]string{"secretsType": "Sas", "sasToken": a.SAS.Sign(access)}
			return nil
		}
		d, err := datastoreOf(tx, w, r)
		if err != nil {
			return err
		}
		out, err = a.openSecrets(d)
		return err
	})
	return ok, out, err
}

func (a *API) openSecrets(d *atelier.Datastore) (any, error) {
	if d.Secrets == "" {
		return map[string]string{"secretsType": "None"}, nil
	}
	text, err := a.Open(secretsOf(d), d.Secrets)
	return json.RawMessage(text), err
}
