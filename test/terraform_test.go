package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The requests of Terraform's provider azurerm, in its order, with the fields that it
// dereferences without asking and the strings that it compares. The provider itself
// is a program of its own that downloads itself; these are its requests.

const terraformVersion = "2025-06-01"

// terraform is the part of the provider that all its resources share.
type terraform struct {
	t     *testing.T
	s     *server
	http  *http.Client
	token string
	base  string // the provider polls here, whatever host a polling URL names
	ws    string
}

type document map[string]any

func newTerraform(t *testing.T, s *server) *terraform {
	tf := &terraform{t: t, s: s, http: s.http(t), base: s.env["ATELIER_ENDPOINT"]}
	tf.ws = "/subscriptions/" + s.env["AZURE_SUBSCRIPTION_ID"] + "/resourceGroups/" + s.env["AZURE_RESOURCE_GROUP"] +
		"/providers/Microsoft.MachineLearningServices/workspaces/" + s.env["AZUREML_WORKSPACE_NAME"]
	return tf
}

// start is what the provider does before its first resource: metadata by host name,
// a token for the graph whose claims it reads, one for ARM, and the providers.
func (tf *terraform) start() {
	tf.t.Helper()
	_, meta := tf.send("GET", "/metadata/endpoints?api-version=2022-09-01", nil, 200)
	login := tf.text(meta, "authentication", "loginEndpoint")
	if tf.text(meta, "name") == "AzureStackCloud" || tf.text(meta, "resourceManager") != tf.base {
		tf.t.Fatalf("metadata: %v", meta)
	}
	graph := tf.text(meta, "microsoftGraphResourceId")
	claims := tf.claims(tf.signIn(login, graph))
	for _, name := range []string{"appid", "oid", "tid", "idtyp"} {
		if claims[name] == "" || claims[name] == nil {
			tf.t.Errorf("the token for %s has no %s: %v", graph, name, claims)
		}
	}
	tf.token = tf.signIn(login, tf.base)
	_, list := tf.send("GET", "/subscriptions/"+tf.s.env["AZURE_SUBSCRIPTION_ID"]+"/providers?api-version=2022-09-01", nil, 200)
	first := list["value"].([]any)[0].(map[string]any)
	if first["namespace"] != "Microsoft.MachineLearningServices" || first["registrationState"] != "Registered" {
		tf.t.Errorf("providers: %v", list)
	}
}

func (tf *terraform) signIn(login, resource string) string {
	tf.t.Helper()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {tf.s.env["AZURE_CLIENT_ID"]}, "client_secret": {tf.s.env["AZURE_CLIENT_SECRET"]},
		"scope": {strings.TrimSuffix(resource, "/") + "/.default"},
	}
	res, err := tf.http.PostForm(login+"/"+tf.s.env["AZURE_TENANT_ID"]+"/oauth2/v2.0/token", form)
	if err != nil {
		tf.t.Fatal(err)
	}
	var out struct {
		Token string `json:"access_token"`
		Type  string `json:"token_type"`
	}
	if text := body(tf.t, res); res.StatusCode != 200 || json.Unmarshal([]byte(text), &out) != nil || out.Type != "Bearer" {
		tf.t.Fatalf("token for %s: %d %s", resource, res.StatusCode, text)
	}
	return out.Token
}

func (tf *terraform) claims(token string) (c document) {
	tf.t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		tf.t.Fatalf("the token is %q", token)
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		tf.t.Fatal(err)
	}
	return c
}

// send is one request; the provider wants JSON, in answers to polls as well.
func (tf *terraform) send(method, path string, in any, want ...int) (*http.Response, document) {
	tf.t.Helper()
	var data io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			tf.t.Fatal(err)
		}
		data = strings.NewReader(string(text))
	}
	if !strings.Contains(path, "api-version=") {
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		path += sep + "api-version=" + terraformVersion
	}
	r, err := http.NewRequestWithContext(tf.t.Context(), method, tf.base+path, data)
	if err != nil {
		tf.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("Accept", "application/json; charset=utf-8; IEEE754Compatible=false")
	r.Header.Set("X-Ms-Correlation-Request-Id", "7b9f9e0a-0000-0000-0000-000000000001")
	if tf.token != "" {
		r.Header.Set("Authorization", "Bearer "+tf.token)
	}
	res, err := tf.http.Do(r)
	if err != nil {
		tf.t.Fatal(err)
	}
	text := body(tf.t, res)
	ok := false
	for _, status := range want {
		ok = ok || res.StatusCode == status
	}
	if !ok {
		tf.t.Fatalf("%s %s: %d %s; want %v", method, path, res.StatusCode, text, want)
	}
	var out document
	if text != "" {
		if !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
			tf.t.Fatalf("%s %s answers as %q", method, path, res.Header.Get("Content-Type"))
		}
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			tf.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return res, out
}

// at follows a path of members; anything missing is where the provider would panic.
func (tf *terraform) at(d document, path ...string) any {
	tf.t.Helper()
	var v any = map[string]any(d)
	for i, name := range path {
		m, isObject := v.(map[string]any)
		if v = m[name]; !isObject || v == nil {
			tf.t.Fatalf("%s is missing in %v", strings.Join(path[:i+1], "."), d)
		}
	}
	return v
}

func (tf *terraform) text(d document, path ...string) string {
	tf.t.Helper()
	s, is := tf.at(d, path...).(string)
	if !is {
		tf.t.Fatalf("%s is no text in %v", strings.Join(path, "."), d)
	}
	return s
}

// none reads what is not there yet: a clean error, or the provider gives up.
func (tf *terraform) none(id string) {
	tf.t.Helper()
	_, out := tf.send("GET", id, nil, 404)
	if tf.text(out, "error", "code") == "" || tf.text(out, "error", "message") == "" {
		tf.t.Errorf("404 is %v", out)
	}
}

// put creates or updates and polls as the provider does: path and query of the
// polling URL at its own base.
func (tf *terraform) put(id string, in any) document {
	tf.t.Helper()
	res, out := tf.send("PUT", id, in, 200, 201)
	if at := res.Header.Get("Azure-AsyncOperation"); at != "" {
		u, err := url.Parse(at)
		if err != nil || !u.IsAbs() {
			tf.t.Fatalf("Azure-AsyncOperation is %q", at)
		}
		tf.poll(func() (string, document) {
			_, out := tf.send("GET", u.RequestURI(), nil, 200)
			return tf.text(out, "status"), out
		})
	} else if state := tf.text(out, "properties", "provisioningState"); state != "Succeeded" {
		tf.poll(func() (string, document) {
			_, out := tf.send("GET", id, nil, 200)
			return tf.text(out, "properties", "provisioningState"), out
		})
	}
	_, out = tf.send("GET", id, nil, 200)
	return out
}

func (tf *terraform) poll(ask func() (string, document)) {
	tf.t.Helper()
	eventually(tf.t, "the operation has succeeded", func() bool {
		state, out := ask()
		if state == "Failed" || state == "Canceled" {
			tf.t.Fatalf("the operation ended: %v", out)
		}
		return state == "Succeeded"
	})
}

// remove deletes and polls the resource until it is not there.
func (tf *terraform) remove(id, action string) {
	tf.t.Helper()
	tf.send("DELETE", id+"?underlyingResourceAction="+action, nil, 200, 202, 204)
	for deadline := time.Now().Add(patience); ; {
		res, out := tf.send("GET", id, nil, 200, 404)
		if res.StatusCode == 404 {
			tf.text(out, "error", "code")
			return
		}
		if time.Now().After(deadline) {
			tf.t.Fatalf("%s is still there: %v", id, out)
		}
	}
}

// same compares the members that the provider would otherwise want to replace the
// resource for, as strings.
func (tf *terraform) same(got document, want map[string]any) {
	tf.t.Helper()
	for path, value := range want {
		if is := tf.at(got, strings.Split(path, ".")...); fmt.Sprint(is) != fmt.Sprint(value) {
			tf.t.Errorf("%s is %v, want %v", path, is, value)
		}
	}
}

func TestTerraformCluster(t *testing.T) {
	tf := newTerraform(t, start(t))
	tf.start()
	id := tf.ws + "/computes/gpu"
	_, w := tf.send("GET", tf.ws, nil, 200) // for its location and sku
	location := tf.text(w, "location")
	tf.none(id)
	in := document{
		"location": location, "tags": document{"env": "e2e"},
		"identity": document{"type": "SystemAssigned", "userAssignedIdentities": nil},
		"sku":      document{"name": tf.text(w, "sku", "name"), "tier": tf.text(w, "sku", "tier")},
		"properties": document{
			"computeType": "AmlCompute", "computeLocation": location, "description": "d", "disableLocalAuth": false,
			"properties": document{
				"vmSize": "STANDARD_ds2_V2", "vmPriority": "LowPriority", "enableNodePublicIp": true, "isolatedNetwork": false, "osType": "Linux",
				"remoteLoginPortPublicAccess": "Disabled",
				"scaleSettings":               document{"maxNodeCount": 1, "minNodeCount": 0, "nodeIdleTimeBeforeScaleDown": "PT30S"},
			},
		},
	}
	got := tf.put(id, in)
	const p = "properties.properties."
	same := map[string]any{
		"location": location, "tags.env": "e2e", "identity.type": "SystemAssigned", "properties.computeType": "AmlCompute",
		"properties.computeLocation": location, "properties.description": "d", "properties.disableLocalAuth": false,
		p + "vmSize": "STANDARD_ds2_V2", p + "vmPriority": "LowPriority", p + "enableNodePublicIp": true, p + "isolatedNetwork": false,
		p + "remoteLoginPortPublicAccess": "Disabled", p + "scaleSettings.maxNodeCount": 1, p + "scaleSettings.minNodeCount": 0,
		p + "scaleSettings.nodeIdleTimeBeforeScaleDown": "PT30S",
	}
	tf.same(got, same)
	for _, name := range []string{"principalId", "tenantId"} {
		tf.text(got, "identity", name)
	}
	t.Run("update-is-the-whole-body-of-get", func(t *testing.T) {
		tf.t = t
		tf.at(got, "properties", "properties", "scaleSettings").(map[string]any)["maxNodeCount"] = 2
		got["tags"] = document{"env": "other"}
		same["tags.env"], same[p+"scaleSettings.maxNodeCount"] = "other", 2
		tf.same(tf.put(id, got), same)
	})
	t.Run("remote-login-that-nobody-spoke-of", func(t *testing.T) {
		tf.t = t
		other := tf.ws + "/computes/plain"
		tf.none(other)
		got := tf.put(other, document{"location": location, "properties": document{"computeType": "AmlCompute", "properties": document{
			"vmSize": "Standard_DS2_v2", "scaleSettings": document{"maxNodeCount": 1, "minNodeCount": 0, "nodeIdleTimeBeforeScaleDown": "PT120S"},
		}}})
		tf.same(got, map[string]any{p + "remoteLoginPortPublicAccess": "NotSpecified", p + "scaleSettings.nodeIdleTimeBeforeScaleDown": "PT120S"})
		tf.remove(other, "Delete")
	})
	tf.t = t
	tf.remove(id, "Delete")
}

func TestTerraformInstance(t *testing.T) {
	tf := newTerraform(t, start(t))
	tf.start()
	id := tf.ws + "/computes/desk"
	tf.none(id)
	_, w := tf.send("GET", tf.ws, nil, 200)
	location := tf.text(w, "location")
	got := tf.put(id, document{
		"location": location, "tags": document{"env": "e2e"},
		"properties": document{
			"computeType": "ComputeInstance", "computeLocation": location, "description": "d", "disableLocalAuth": true,
			"properties": document{
				"vmSize": "Standard_DS2_v2", "applicationSharingPolicy": "Personal", "computeInstanceAuthorizationType": "personal", "enableNodePublicIp": true,
				"sshSettings": document{"adminPublicKey": "ssh-ed25519 AAAA", "sshPublicAccess": "Enabled"},
			},
		},
	})
	const p = "properties.properties."
	tf.same(got, map[string]any{
		"location": location, "tags.env": "e2e", "properties.computeType": "ComputeInstance", "properties.description": "d",
		p + "vmSize": "Standard_DS2_v2", p + "applicationSharingPolicy": "Personal", p + "computeInstanceAuthorizationType": "personal",
		p + "enableNodePublicIp": true, p + "sshSettings.adminPublicKey": "ssh-ed25519 AAAA", p + "sshSettings.sshPublicAccess": "Enabled",
	})
	tf.text(got, "properties", "properties", "sshSettings", "adminUserName")
	tf.remove(id, "Delete")
}

func TestTerraformInferenceCluster(t *testing.T) {
	tf := newTerraform(t, start(t))
	tf.start()
	id := tf.ws + "/computes/serve"
	tf.none(id)
	// It also reads the cluster at Microsoft.ContainerService, which Atelier is not.
	cluster := "/subscriptions/" + tf.s.env["AZURE_SUBSCRIPTION_ID"] + "/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/k"
	tf.none(cluster)
	got := tf.put(id, document{
		"location": "local",
		"properties": document{
			"computeType": "AKS", "computeLocation": "local", "description": "d", "resourceId": cluster,
			"properties": document{"clusterPurpose": "DevTest"},
		},
	})
	tf.same(got, map[string]any{
		"properties.computeType": "AKS", "properties.resourceId": cluster, "properties.description": "d", "properties.properties.clusterPurpose": "DevTest",
	})
	tf.remove(id, "Detach")
}

func TestTerraformSynapseSpark(t *testing.T) {
	tf := newTerraform(t, start(t))
	tf.start()
	id := tf.ws + "/computes/spark"
	tf.none(id)
	pool := "/subscriptions/" + tf.s.env["AZURE_SUBSCRIPTION_ID"] + "/resourceGroups/rg/providers/Microsoft.Synapse/workspaces/s/bigDataPools/p"
	got := tf.put(id, document{
		"location": "local", "identity": document{"type": "SystemAssigned"},
		"properties": document{"computeType": "SynapseSpark", "computeLocation": "local", "description": "d", "disableLocalAuth": false, "resourceId": pool, "properties": nil},
	})
	tf.same(got, map[string]any{"properties.computeType": "SynapseSpark", "properties.resourceId": pool, "properties.disableLocalAuth": false})
	tf.at(got, "properties", "properties")
	tf.remove(id, "Detach")
}
