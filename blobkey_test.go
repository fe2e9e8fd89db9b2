package atelier

import (
	"strings"
	"testing"
)

func TestBlobKey(t *testing.T) {
	w := &Workspace{Meta: Meta{ID: WorkspaceID("S", "g", "W"), Name: "W", UID: "u1"}}
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
	w := &Workspace{Meta: Meta{ID: WorkspaceID("s", "g", "w"), UID: "u1"}}
	f.Fuzz(func(t *testing.T, uri string) {
		key, err := BlobKey(w, uri)
		if err != nil {
			return
		}
		if !strings.HasPrefix(key, "u1/"+DataStore+"/") && !strings.HasPrefix(key, "u1/"+ArtifactStore+"/") || strings.Contains(key, "/../") || strings.HasSuffix(key, "/..") {
			t.Fatalf("BlobKey(%q) = %q leaves the workspace", uri, key)
		}
	})
}
