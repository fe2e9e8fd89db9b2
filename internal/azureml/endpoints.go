package azureml

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

const (
	primaryKey   = "primaryKey"
	secondaryKey = "secondaryKey"
	authKey      = "Key"
	authAMLToken = "AMLToken"
)

func (a *API) endpointRoutes() []arm.Route {
	var routes []arm.Route
	add := func(method, pattern, action, doc string, h arm.Handler) {
		routes = append(routes, arm.Route{Method: method, Pattern: pattern, Action: ws + action, Handler: h, Doc: doc})
	}
	for _, k := range []*docKind{onlineEndpoints, batchEndpoints} {
		add("POST", k.one()+"/listKeys", k.path+"/listKeys/action", "hands out the keys of an endpoint", a.listEndpointKeys(k))
		add("POST", k.one()+"/regenerateKeys", k.path+"/regenerateKeys/action", "makes one of the keys of an endpoint anew", a.regenerateKeys(k))
	}
	add("POST", onlineEndpoints.one()+"/token", "onlineEndpoints/token/action", "hands out a token for an endpoint", a.endpointToken)
	add("POST", onlineDeployments.one()+"/getLogs", "onlineEndpoints/deployments/getLogs/action", "sends what a deployment says", a.deploymentLogs)
	add("GET", onlineDeployments.one()+"/skus", "onlineEndpoints/deployments/skus/read", "lists what a deployment can be scaled to", a.deploymentSKUs)
	return routes
}

// checkEndpoint makes sure that an endpoint can be what it says, and gives a new one
// its keys.
func checkEndpoint(c *docChange) error {
	mode := canonical(textOf(c.d.Properties["authMode"]), authKey, authAMLToken, "AADToken")
	if mode != authKey && mode != authAMLToken && mode != "AADToken" {
		return atelier.Errorf(atelier.Invalid, "InvalidAuthMode", "authMode is %q; it must be Key, AMLToken or AADToken", mode).At("properties.authMode")
	}
	for _, field := range []string{"traffic", "mirrorTraffic"} {
		if err := c.checkTraffic(field); err != nil {
			return err
		}
	}
	keys := maps.Clone(c.d.Secrets)
	if keys == nil {
		keys = map[string]string{}
	}
	for _, name := range []string{primaryKey, secondaryKey} {
		if given := c.keys[name]; given != "" {
			keys[name] = c.a.Seal(keyPlace(c.d, name), given)
		} else if keys[name] == "" {
			keys[name] = c.a.Seal(keyPlace(c.d, name), c.a.newKey())
		}
	}
	c.d.Secrets = keys
	return nil
}

// keyPlace is where a sealed key is kept: it opens nowhere else.
func keyPlace(d *atelier.Document, name string) string {
	return string(d.ID) + " " + d.UID + " " + name
}

// newKey is a secret of 244 random bits.
func (a *API) newKey() string {
	return strings.ReplaceAll(a.NewID()+a.NewID(), "-", "")
}

// checkTraffic makes sure that traffic goes to deployments that there are.
func (c *docChange) checkTraffic(field string) error {
	raw, at := c.d.Properties[field], "properties."+field
	if !has(raw) {
		return nil
	}
	var shares map[string]int
	if err := arm.Unmarshal(raw, &shares, at); err != nil {
		return err
	}
	for _, name := range sorted(shares) {
		share := shares[name]
		if share < 0 || share > 100 {
			return atelier.Errorf(atelier.Invalid, "InvalidTraffic", "deployment %q gets %d percent; it must be from 0 to 100", name, share).At(at)
		}
		if checkName("name", name) != nil {
			return atelier.Errorf(atelier.Invalid, "InvalidTraffic", "%q cannot be the name of a deployment", name).At(at)
		}
		d, err := get[atelier.Document](c.tx, c.d.ID.Child(atelier.KindDeployment, name))
		if err != nil {
			return err
		}
		if d == nil && share > 0 {
			return atelier.Errorf(atelier.Invalid, "DeploymentNotFound", "traffic goes to deployment %q, which endpoint %q does not have", name, c.d.Name).At(at)
		}
	}
	return nil
}

func showEndpoint(_ *API, _ *arm.Request, d *atelier.Document, p map[string]any) {
	p["authMode"] = canonical(textOf(d.Properties["authMode"]), authKey, authAMLToken, "AADToken")
}

// checkDeployment keeps the deployment and says that nothing comes of it.
func checkDeployment(c *docChange) error {
	e, err := get[atelier.Document](c.tx, c.d.ID.Parent())
	if err != nil {
		return err
	}
	if e == nil {
		return atelier.Errorf(atelier.NotFound, "EndpointNotFound", "there is no endpoint %q; create it before its deployments", c.d.ID.Parent().Name())
	}
	c.d.Failure = &atelier.Problem{
		Code:    "NotSupportedYet",
		Message: "deploying is not part of this release of Atelier: the deployment is kept and shown, and nothing serves it",
	}
	return nil
}

// checkSchedule makes sure that a schedule can be read when it will be acted on, and
// says that it is not yet.
func checkSchedule(c *docChange) error {
	for _, f := range []struct {
		field, kind string
		words       []string
	}{
		{"action", "actionType", []string{"CreateJob", "InvokeBatchEndpoint", "CreateMonitor", "ImportData"}},
		{"trigger", "triggerType", []string{"Recurrence", "Cron"}},
	} {
		at := "properties." + f.field
		var m map[string]json.RawMessage
		if err := arm.Unmarshal(c.d.Properties[f.field], &m, at); err != nil {
			return err
		}
		kind := canonical(textOf(m[f.kind]), f.words...)
		if !has(m[f.kind]) {
			return missing(at + "." + f.kind)
		}
		if !oneOf(kind, f.words) {
			return atelier.Errorf(atelier.Invalid, "InvalidSchedule", "%s is %q; it must be one of %s", f.kind, kind, strings.Join(f.words, ", ")).At(at + "." + f.kind)
		}
		required := map[string][]string{"Recurrence": {"frequency", "interval"}, "Cron": {"expression"}, "CreateJob": {"jobDefinition"}, "InvokeBatchEndpoint": {"endpointInvocationDefinition"}}
		for _, name := range required[kind] {
			if !has(m[name]) {
				return missing(at + "." + name)
			}
		}
	}
	texts := maps.Clone(textsOf(c.d.Properties["properties"]))
	if texts == nil {
		texts = map[string]string{}
	}
	texts["atelier.warning"] = "this release of Atelier keeps schedules and does not act on them"
	data, err := json.Marshal(texts)
	c.d.Properties["properties"] = data
	return err
}

// endpoint reads the endpoint in the path, of one of the auth modes.
func (k *docKind) endpoint(tx *store.Tx, r *arm.Request, mode string) (*atelier.Document, error) {
	d, err := k.read(tx, r)
	if err != nil {
		return nil, err
	}
	if has := canonical(textOf(d.Properties["authMode"]), authKey, authAMLToken, "AADToken"); has != mode {
		return nil, atelier.Errorf(atelier.Invalid, "InvalidAuthMode", "endpoint %q has the authMode %s; this is for endpoints with %s", d.Name, has, mode)
	}
	return d, nil
}

func (a *API) listEndpointKeys(k *docKind) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		out := map[string]string{}
		err := a.read(r, func(tx *store.Tx, _ *atelier.Workspace) error {
			d, err := k.endpoint(tx, r, authKey)
			if err != nil {
				return err
			}
			for _, name := range []string{primaryKey, secondaryKey} {
				if out[name], err = a.Open(keyPlace(d, name), d.Secrets[name]); err != nil {
					return err
				}
			}
			return nil
		})
		return ok, out, err
	}
}

func (a *API) regenerateKeys(k *docKind) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		var in struct {
			KeyType  string `json:"keyType"`
			KeyValue string `json:"keyValue"`
		}
		if err := r.Decode(&in); err != nil {
			return 0, nil, err
		}
		name := strings.ToLower(in.KeyType) + "Key"
		if name != primaryKey && name != secondaryKey {
			return 0, nil, atelier.Errorf(atelier.Invalid, "InvalidKeyType", "keyType is %q; it must be Primary or Secondary", in.KeyType).At("keyType")
		}
		return ok, nil, a.write(r, func(tx *store.Tx, _ *atelier.Workspace) error {
			d, err := k.endpoint(tx, r, authKey)
			if err != nil {
				return err
			}
			was, err := a.Open(keyPlace(d, name), d.Secrets[name])
			if err != nil {
				return err
			}
			value := in.KeyValue
			if value == "" || value == was { // one client sends the key that it wants to be rid of
				value = a.newKey()
			}
			d.Secrets[name] = a.Seal(keyPlace(d, name), value)
			a.touch(r, &d.Meta)
			return store.Put(tx, d)
		})
	}
}

// Lives of the tokens of endpoints.
const (
	endpointTokenLife    = 12 * time.Hour
	endpointTokenRefresh = 9 * time.Hour
)

// endpointToken hands out a token that says until when it is good; whoever serves
// the endpoint can open it.
func (a *API) endpointToken(r *arm.Request) (int, any, error) {
	now := a.Now().UTC()
	until := now.Add(endpointTokenLife).Unix()
	out := map[string]any{"tokenType": "Bearer", "expiryTimeUtc": until, "refreshAfterTimeUtc": now.Add(endpointTokenRefresh).Unix()}
	err := a.read(r, func(tx *store.Tx, _ *atelier.Workspace) error {
		d, err := onlineEndpoints.endpoint(tx, r, authAMLToken)
		if err == nil {
			out["accessToken"] = a.Seal(keyPlace(d, "token"), strconv.FormatInt(until, 10))
		}
		return err
	})
	return ok, out, err
}

func (a *API) deploymentLogs(r *arm.Request) (int, any, error) {
	err := a.read(r, func(tx *store.Tx, _ *atelier.Workspace) error {
		_, err := onlineDeployments.read(tx, r)
		return err
	})
	return ok, map[string]string{"content": ""}, err
}

func (a *API) deploymentSKUs(r *arm.Request) (int, any, error) {
	err := a.read(r, func(tx *store.Tx, _ *atelier.Workspace) error {
		_, err := onlineDeployments.read(tx, r)
		return err
	})
	return ok, arm.List[any]{Value: []any{}}, err
}
