package atelier

import (
	"strings"
	"testing"
)

func TestBlobKey(t *testing.T) {
	w := &Workspace{Meta: Meta{ID: WorkspaceID("S", "g", "W"), Name: "W", UID: "u1"}}
	upload := UploadContainer("u1", "0123456789abcdef")
	for name, tc := range map[string]struct {
		uri, key string
		kind     Kind
	}{
		"short":             {uri: "azureml://datastores/workspaceblobstore/paths/a/b.csv", key: "u1/workspaceblobstore/a/b.csv"},
		"folder":            {uri: "azureml://datastores/workspaceblobstore/paths/a/", key: "u1/workspaceblobstore/a"},
		"case":              {uri: "AzureML://Datastores/WorkspaceArtifactStore/Paths/A", key: "u1/workspaceartifactstore/A"},
		"long":              {uri: "azureml://subscriptions/s/resourcegroups/G/workspaces/w/datastores/workspaceblobstore/paths/x", key: "u1/workspaceblobstore/x"},
		"short-of-outputs":  {uri: "azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.j/outputs/m", key: "u1/workspaceartifactstore/ExperimentRun/dcid.j/outputs/m"},
		"other-workspace":   {uri: "azureml://subscriptions/s/resourcegroups/g/workspaces/v/datastores/workspaceblobstore/paths/x", kind: Invalid},
		"other-datastore":   {uri: "azureml://datastores/other/paths/x", kind: Unsupported},
		"dot-dot":           {uri: "azureml://datastores/workspaceblobstore/paths/../../u2/x", kind: Invalid},
		"dot":               {uri: "azureml://datastores/workspaceblobstore/paths/./x", kind: Invalid},
		"empty-part":        {uri: "azureml://datastores/workspaceblobstore/paths//x", kind: Invalid},
		"backslash":         {uri: `azureml://datastores/workspaceblobstore/paths/a\b`, kind: Invalid},
		"no-path":           {uri: "azureml://datastores/workspaceblobstore/paths/", kind: Unsupported},
		"another-scheme":    {uri: "https://example.org/x", kind: Unsupported},
		"another-job-scope": {uri: "azureml://jobs/x/outputs/y", kind: Unsupported},
		"empty":             {uri: "", kind: Unsupported},

		"address":               {uri: "https://atelier1.blob.core.atelier.internal:8443/azureml-blobstore-u1/a/b%20c.csv", key: "u1/workspaceblobstore/a/b c.csv"},
		"address-of-outputs":    {uri: "HTTPS://Atelier1.Blob.core.atelier.internal/azureml-u1/ExperimentRun/dcid.j/m/", key: "u1/workspaceartifactstore/ExperimentRun/dcid.j/m"},
		"address-with-sas":      {uri: "https://atelier1.blob.core.atelier.internal/azureml-blobstore-u1/a?sv=1&sig=x", key: "u1/workspaceblobstore/a"},
		"upload":                {uri: "https://atelier1.blob.core.atelier.internal/" + upload + "/src", key: "u1/uploads/" + upload + "/src"},
		"whole-upload":          {uri: "https://atelier1.blob.core.atelier.internal/" + upload, key: "u1/uploads/" + upload},
		"whole-container":       {uri: "https://atelier1.blob.core.atelier.internal/azureml-blobstore-u1/", kind: Invalid},
		"container-of-another":  {uri: "https://atelier1.blob.core.atelier.internal/azureml-blobstore-u2/a", kind: Invalid},
		"upload-of-another":     {uri: "https://atelier1.blob.core.atelier.internal/" + UploadContainer("u2", "0123456789abcdef") + "/a", kind: Invalid},
		"upload-of-no-random":   {uri: "https://atelier1.blob.core.atelier.internal/" + UploadContainer("u1", "../../../../u2/x") + "/a", kind: Invalid},
		"escaped-dot-dot":       {uri: "https://atelier1.blob.core.atelier.internal/azureml-blobstore-u1/a%2f..%2F..%2Fu2", kind: Invalid},
		"another-account":       {uri: "https://other.blob.core.windows.net/azureml-blobstore-u1/a", kind: Unsupported},
		"host-that-looks-alike": {uri: "https://atelier1.blob.core.atelier.internal.example.org/azureml-blobstore-u1/a", kind: Unsupported},
		"bad-escape":            {uri: "https://atelier1.blob.core.atelier.internal/azureml-blobstore-u1/%zz", kind: Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := BlobKey(w, tc.uri)
			if tc.kind != "" {
				if !IsKind(err, tc.kind) {
					t.Fatalf("BlobKey(%q) = %q, %v; want an error of kind %s", tc.uri, key, err, tc.kind)
				}
				return
			}
			if err != nil || key != tc.key {
				t.Fatalf("BlobKey(%q) = %q, %v; want %q", tc.uri, key, err, tc.key)
			}
		})
	}
}

func TestOutputURINamesOutputPrefix(t *testing.T) {
	w := &Workspace{Meta: Meta{ID: WorkspaceID("s", "g", "w"), UID: "u1"}}
	key, err := BlobKey(w, DatastoreURI(ArtifactStore, OutputPath("job1")))
	if err != nil || key != OutputPrefix("u1", "job1") {
		t.Fatalf("got %q, %v; want %q", key, err, OutputPrefix("u1", "job1"))
	}
}

func FuzzBlobKey(f *testing.F) {
	f.Add("azureml://datastores/workspaceblobstore/paths/a/../b")
	f.Add("azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/workspaceblobstore/paths/x")
	f.Add("https://atelier1.blob.core.atelier.internal/azureml-blobstore-u1/a%2f..%2F..%2Fu2")
	f.Add("https://atelier1.blob.core.atelier.internal/" + UploadContainer("u1", "0123456789abcdef") + "/x")
	w := &Workspace{Meta: Meta{ID: WorkspaceID("s", "g", "w"), UID: "u1"}}
	f.Fuzz(func(t *testing.T, uri string) {
		key, err := BlobKey(w, uri)
		if err != nil {
			return
		}
		if !strings.HasPrefix(key, "u1/"+DataStore+"/") && !strings.HasPrefix(key, "u1/"+ArtifactStore+"/") && UploadOf("u1", key) == "" || strings.Contains(key, "/../") || strings.HasSuffix(key, "/..") {
			t.Fatalf("BlobKey(%q) = %q leaves the workspace", uri, key)
		}
	})
}
