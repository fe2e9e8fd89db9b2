package atelier

import (
	"path"
	"slices"
	"strings"
)

// Datastores that every workspace has.
const (
	DataStore     = "workspaceblobstore"     // code, data, and outputs that have a place of their own
	ArtifactStore = "workspaceartifactstore" // what jobs leave behind
)

const uriScheme = "azureml://"

// DatastoreURI is how users name a path in a datastore.
func DatastoreURI(datastore, path string) string {
	return uriScheme + "datastores/" + datastore + "/paths/" + path
}

// OutputPath is where a job's outputs are in ArtifactStore.
func OutputPath(jobName string) string { return "ExperimentRun/dcid." + jobName }

// OutputPrefix is the prefix of the blobs that a job's outputs are kept under.
// Below it are the paths that the job's user sees: "outputs/model.pkl".
func OutputPrefix(workspaceUID, jobName string) string {
	return workspaceUID + "/" + ArtifactStore + "/" + OutputPath(jobName)
}

// BlobKey is the key, or the prefix of keys, of what a URI names in a workspace:
// "azureml://datastores/STORE/paths/PATH", or the same with the workspace before
// it, which must then be w. Every other URI is an Unsupported error: Atelier does
// not hold its bytes.
func BlobKey(w *Workspace, uri string) (string, error) {
	rest, ok := cutFold(uri, uriScheme)
	if !ok {
		return "", notHeld(uri)
	}
	segs := strings.Split(strings.TrimSuffix(rest, "/"), "/")
	if len(segs) > 6 && fold(segs[0]) == "subscriptions" {
		if fold(segs[2]) != "resourcegroups" || fold(segs[4]) != "workspaces" ||
			WorkspaceID(segs[1], segs[3], segs[5]) != w.ID {
			return "", Errorf(Invalid, "InvalidUri", "%q is not a path of this workspace; name data of workspace %q", uri, w.Name)
		}
		segs = segs[6:]
	}
	if len(segs) > 3 && fold(segs[1]) == ArtifactStore && segs[2] == "ExperimentRun" {
		segs = slices.Insert(segs, 2, "paths") // the service's short form of a job's own outputs
	}
	if len(segs) < 4 || fold(segs[0]) != "datastores" || fold(segs[2]) != "paths" {
		return "", notHeld(uri)
	}
	store := fold(segs[1])
	if store != DataStore && store != ArtifactStore {
		return "", Errorf(Unsupported, "DatastoreNotFound", "%q is in datastore %q; the workspace has %s and %s", uri, segs[1], DataStore, ArtifactStore)
	}
	p := strings.Join(segs[3:], "/")
	if path.Clean("/"+p) != "/"+p || strings.ContainsAny(p, "\\\x00") {
		return "", Errorf(Invalid, "InvalidUri", `%q has a path that is not plain: no empty parts, no "." or ".."`, uri)
	}
	return w.UID + "/" + store + "/" + p, nil
}

func notHeld(uri string) error {
	return Errorf(Unsupported, "UriNotSupported",
		"%q is not held by Atelier; upload the data, or name it as %s", uri, DatastoreURI(DataStore, "PATH"))
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
