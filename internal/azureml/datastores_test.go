package azureml

import (
	"net/url"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

const blobHost = "ateliertenant-1.blob.core.atelier.internal:8443"

func TestPendingUpload(t *testing.T) {
	w := newWorld(t)
	start := func(kind string) reply {
		return w.ann("POST", wsURL+"/"+kind+"/src/versions/1/startPendingUpload", `{"pendingUploadType":"TemporaryBlobReference"}`).want(200)
	}
	seen := map[any]bool{}
	for _, kind := range pendingKinds {
		r := start(kind)
		r.wantAt("pendingUploadType", "TemporaryBlobReference").wantAt("blobReferenceForConsumption.credential.credentialType", "SAS")
		uri := r.at("blobReferenceForConsumption.blobUri").(string)
		sas := r.at("blobReferenceForConsumption.credential.sasUri").(string)
		container, ok := strings.CutPrefix(uri, "https://"+blobHost+"/")
		if _, ours := atelier.ContainerPrefix("uid-Main", container); !ok || !ours || seen[uri] {
			t.Errorf("blobUri is %s", uri)
		}
		seen[uri] = true
		u, err := url.Parse(sas)
		must(t, err)
		if p, err := w.api.SAS.Check(u.Query(), container, "src/a.py"); err != nil || p != "racwdl" || !strings.HasPrefix(sas, uri+"?") {
			t.Errorf("the signature of %s gives %q, %v", sas, p, err)
		}
		if _, err := w.api.SAS.Check(u.Query(), atelier.Container("uid-Main", atelier.DataStore), ""); err == nil {
			t.Error("the signature of an upload opens the datastore")
		}
		if id := r.at("blobReferenceForConsumption.storageAccountArmId"); id != "/subscriptions/"+subscription+"/resourceGroups/Default/providers/Microsoft.Storage/storageAccounts/ateliertenant-1" {
			t.Errorf("account is %v", id)
		}
	}
	w.ann("POST", wsURL+"/codes/src/versions/1/startPendingUpload", "").want(200)
	w.ann("POST", wsURL+"/codes/src/versions/1/startPendingUpload", `{"pendingUploadType":"ImageReference"}`).wantError(400, "InvalidPendingUploadType", "pendingUploadType")
	w.ann("POST", wsURL+"/codes/.src/versions/1/startPendingUpload", "").wantError(400, "InvalidName", "name")
}

// TestCodeOfAnUpload follows a client from the upload to the job and the delete.
func TestCodeOfAnUpload(t *testing.T) {
	w := newWorld(t)
	w.cluster("gpu")
	find := "/versions?api-version=2023-04-01&hash=abc123&hashVersion=202208"
	if w.ann("GET", wsURL+"/codes/2997"+find, "").want(200); strings.Contains(w.ann("GET", wsURL+"/codes/2997"+find, "").body, "codeUri") {
		t.Error("code of another hash is found")
	}
	uri := w.ann("POST", wsURL+"/codes/2997/versions/1/startPendingUpload", "").want(200).at("blobReferenceForConsumption.blobUri").(string)
	key, err := atelier.BlobKey(w.main, uri+"/src")
	must(t, err)
	_, err = w.api.Blobs.Put(t.Context(), key+"/main.py", 0, strings.NewReader("print()"))
	must(t, err)
	body := `{"properties":{"codeUri":"` + uri + `/src","isAnonymous":true,"properties":{"hash_sha256":"abc123","hash_version":202208}}}`
	w.ann("PUT", wsURL+"/codes/2997/versions/1", body).want(201).wantAt("properties.codeUri", uri+"/src").wantAt("properties.properties.hash_version", "202208")
	w.ann("PUT", wsURL+"/codes/2997/versions/1", body).want(200)
	w.ann("GET", wsURL+"/codes/quite-another-name"+find, "").want(200).wantAt("value.0.id", wsURL+"/codes/2997/versions/1")
	if r := w.as("bob", "GET", otherURL+"/codes/2997"+find, "").want(200); strings.Contains(r.body, uri) {
		t.Errorf("code of another workspace is found: %s", r.body)
	}
	w.ann("PUT", wsURL+"/jobs/j1", jobBody("gpu", `,"codeId":"`+wsURL+`/codes/2997/versions/1","inputs":{"d":{"jobInputType":"uri_folder","uri":"`+uri+`/src"}}`)).want(201)
	foreign := strings.Replace(uri, atelier.UploadMark("uid-Main"), atelier.UploadMark("uid-Other"), 1)
	w.ann("PUT", wsURL+"/codes/thief/versions/1", `{"properties":{"codeUri":"`+foreign+`/src"}}`).wantError(400, "InvalidUri", "properties.codeUri")
	w.ann("PUT", wsURL+"/jobs/j2", jobBody("gpu", `,"inputs":{"d":{"jobInputType":"uri_folder","uri":"`+foreign+`/src"}}`)).wantError(400, "InvalidUri", "properties.inputs.d.uri")

	w.ann("PUT", wsURL+"/codes/twin/versions/1", `{"properties":{"codeUri":"`+uri+`/src"}}`).want(201)
	there := func() int {
		list, err := w.api.Blobs.List(t.Context(), atelier.UploadOf("uid-Main", key))
		must(t, err)
		return len(list)
	}
	if w.ann("DELETE", wsURL+"/codes/2997/versions/1", "").want(200); there() != 1 {
		t.Error("files that another version has are gone")
	}
	if w.ann("DELETE", wsURL+"/codes/twin/versions/1", "").want(200); there() != 0 {
		t.Error("files that no version has are left")
	}
}

func TestOwnDatastores(t *testing.T) {
	w := newWorld(t)
	for name, container := range map[string]string{"workspaceblobstore": "azureml-blobstore-uid-Main", "WorkspaceArtifactStore": "azureml-uid-Main"} {
		at := wsURL + "/datastores/" + name
		w.ann("GET", at, "").want(200).wantAt("properties.datastoreType", "AzureBlob").wantAt("properties.containerName", container).
			wantAt("properties.accountName", "ateliertenant-1").wantAt("properties.endpoint", "core.atelier.internal:8443").wantAt("properties.protocol", "https").
			wantAt("properties.credentials.credentialsType", "Sas").wantAt("name", strings.ToLower(name)).wantAt("properties.isDefault", name == "workspaceblobstore")
		w.ann("DELETE", at, "").wantError(409, "DatastoreIsBuiltIn", "")
		w.ann("PUT", at, "{}").wantError(409, "DatastoreIsBuiltIn", "")
		r := w.ann("POST", at+"/listSecrets", `{"expirableSecret":true,"expireAfterHours":1}`).want(200).wantAt("secretsType", "Sas")
		q, err := url.ParseQuery(r.at("sasToken").(string))
		must(t, err)
		if p, err := w.api.SAS.Check(q, container, "x"); err != nil || p != "racwdl" {
			t.Errorf("%s: %q, %v", name, p, err)
		}
		if got := q.Get("se"); got != "2026-11-23T13:00:00Z" {
			t.Errorf("it expires at %s", got)
		}
	}
	for _, hours := range []string{"0", "-1", "169"} {
		w.ann("POST", wsURL+"/datastores/workspaceblobstore/listSecrets", `{"expireAfterHours":`+hours+`}`).wantError(400, "InvalidExpiry", "expireAfterHours")
	}
	w.as("eve", "POST", wsURL+"/datastores/workspaceblobstore/listSecrets", "").want(403)
}

const blobDatastore = `{"properties":{"datastoreType":"azureblob","accountName":"acct","containerName":"c","endpoint":"core.windows.net","description":"d","tags":{"t":1},"isDefault":true,
	"unheardOf":{"deep":[1,2.50,12345678901234567890]},"credentials":{"credentialsType":"AccountKey","more":"x","secrets":{"secretsType":"AccountKey","key":"very-secret"}}}}`

func TestStoredDatastores(t *testing.T) {
	w := newWorld(t)
	at := wsURL + "/datastores/Mine"
	made := w.ann("PUT", at+"?skipValidation=true", blobDatastore).want(201)
	got := w.ann("GET", wsURL+"/datastores/mine", "").want(200).wantAt("name", "Mine").wantAt("properties.datastoreType", "AzureBlob").wantAt("properties.isDefault", false).
		wantAt("properties.tags.t", "1").wantAt("properties.credentials.more", "x").wantAt("properties.credentials.credentialsType", "AccountKey").wantAt("properties.description", "d")
	if !strings.Contains(got.body, `"unheardOf":{"deep":[1,2.50,12345678901234567890]}`) {
		t.Errorf("a field is lost: %s", got.body)
	}
	for what, r := range map[string]reply{"PUT": made, "GET": got, "list": w.ann("GET", wsURL+"/datastores", "").want(200)} {
		if strings.Contains(r.body, "very-secret") {
			t.Errorf("%s shows the secret: %s", what, r.body)
		}
	}
	secret := func() reply { return w.ann("POST", at+"/listSecrets", "").want(200) }
	secret().wantAt("secretsType", "AccountKey").wantAt("key", "very-secret")
	w.do(func(tx *store.Tx) error {
		d, err := store.Get[atelier.Datastore](tx, w.main.ID.Child(atelier.KindDatastore, "mine"))
		if err == nil && (strings.Contains(string(d.Properties)+d.Secrets, "very-secret") || d.Secrets == "") {
			t.Errorf("the secret is stored as it is: %s %s", d.Properties, d.Secrets)
		}
		return err
	})
	w.ann("PUT", at, got.body).want(200) // a GET sent back means the same
	secret().wantAt("key", "very-secret")
	w.ann("PUT", at, strings.Replace(blobDatastore, "very-secret", "newer", 1)).want(200)
	secret().wantAt("key", "newer")
	w.ann("PUT", at, strings.Replace(got.body, `"credentialsType":"AccountKey"`, `"credentialsType":"Sas"`, 1)).wantError(400, "InvalidRequestContent", "properties.credentials.secrets")
	w.ann("PUT", at, strings.Replace(got.body, `"credentialsType":"AccountKey"`, `"credentialsType":"None"`, 1)).want(200)
	secret().wantAt("secretsType", "None")
	w.cluster("gpu")
	w.ann("PUT", wsURL+"/jobs/j", jobBody("gpu", `,"inputs":{"d":{"jobInputType":"uri_file","uri":"azureml://datastores/mine/paths/x"}}`)).wantError(400, "DatastoreNotFound", "properties.inputs.d.uri")
	w.ann("DELETE", at, "").want(200)
	w.ann("DELETE", at, "").want(204)
	w.ann("GET", at, "").wantError(404, "UserError", "")
	w.ann("POST", at+"/listSecrets", "").wantError(404, "UserError", "")
}

func TestDatastoreRules(t *testing.T) {
	w := newWorld(t)
	for name, tc := range map[string]struct{ old, new, code, target string }{
		"no-type":          {`"azureblob"`, `null`, "InvalidRequestContent", "properties.datastoreType"},
		"other-type":       {`"azureblob"`, `"Floppy"`, "InvalidDatastoreType", "properties.datastoreType"},
		"no-account":       {`"accountName":"acct",`, ``, "InvalidRequestContent", "properties.accountName"},
		"empty-container":  {`"containerName":"c"`, `"containerName":""`, "InvalidRequestContent", "properties.containerName"},
		"no-credentials":   {`"credentials":`, `"x":`, "InvalidRequestContent", "properties.credentials"},
		"credentials-type": {`"credentialsType":"AccountKey"`, `"credentialsType":"Magic"`, "InvalidCredentialsType", "properties.credentials.credentialsType"},
		"no-secret":        {`"key":"very-secret"`, `"kee":"x"`, "InvalidRequestContent", "properties.credentials.secrets"},
		"tags":             {`{"t":1}`, `[1]`, "InvalidRequestContent", "properties.tags"},
		"no-properties":    {blobDatastore, `{}`, "InvalidRequestContent", "properties"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.ann("PUT", wsURL+"/datastores/d", strings.Replace(blobDatastore, tc.old, tc.new, 1))
			r.t = t
			r.wantError(400, tc.code, tc.target)
		})
	}
	w.ann("PUT", wsURL+"/datastores/.d", blobDatastore).wantError(400, "InvalidName", "name")
}

func TestListDatastores(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"one", "two", "three"} {
		w.ann("PUT", wsURL+"/datastores/"+name, blobDatastore).want(201)
	}
	names := func(r reply) string {
		var list []string
		for i := 0; r.at("value."+string(rune('0'+i))+".name") != nil; i++ {
			list = append(list, r.at("value."+string(rune('0'+i))+".name").(string))
		}
		return strings.Join(list, " ")
	}
	for query, want := range map[string]string{
		"": "workspaceblobstore workspaceartifactstore one two three",
		"isDefault=true&count=30&orderByAsc=false": "workspaceblobstore",
		"isDefault=false":                          "workspaceartifactstore one two three",
		"names=two,ONE,none":                       "one two",
		"searchText=STORE":                         "workspaceblobstore workspaceartifactstore",
	} {
		if got := names(w.ann("GET", wsURL+"/datastores?"+query, "").want(200)); got != want {
			t.Errorf("%q lists %q, want %q", query, got, want)
		}
	}
	r := w.ann("GET", wsURL+"/datastores?count=2", "").want(200)
	second := w.ann("GET", r.at("nextLink").(string), "").want(200)
	if names(second) != "one two" || names(w.ann("GET", second.at("nextLink").(string), "")) != "three" {
		t.Errorf("the second page is %s", second.body)
	}
}
