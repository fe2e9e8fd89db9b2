package atelier

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
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

// BlobSuffix ends the host names of the blob service: ACCOUNT + BlobSuffix.
const BlobSuffix = ".blob.core.atelier.internal"

const accountPrefix = "atelier"

// BlobAccount is the name of the one storage account that an installation has.
func BlobAccount(tenant string) string {
	return accountPrefix + strings.ToLower(tenant[:min(8, len(tenant))])
}

// Container is how the blob service calls a datastore of a workspace.
func Container(workspaceUID, datastore string) string {
	if datastore == ArtifactStore {
		return "azureml-" + workspaceUID
	}
	return "azureml-blobstore-" + workspaceUID
}

// UploadContainer is a container for one upload. Random is 16 random characters
// a-f and 0-9; what is before them tells the workspace.
func UploadContainer(workspaceUID, random string) string { return UploadMark(workspaceUID) + random }

// UploadMark is what the names of a workspace's upload containers begin with.
func UploadMark(workspaceUID string) string {
	sum := sha256.Sum256([]byte("uploads of " + workspaceUID))
	return hex.EncodeToString(sum[:8])
}

// uploadName is how long the names of upload containers are.
const uploadName = 32

// uploads is the folder of upload containers, beside the datastores: nobody who may
// see a datastore sees them by that.
const uploads = "uploads"

// ContainerPrefix is the prefix of the blobs in a container of the workspace. Ok is
// false if the container is not one of that workspace.
func ContainerPrefix(workspaceUID, container string) (prefix string, ok bool) {
	switch container {
	case Container(workspaceUID, DataStore):
		return workspaceUID + "/" + DataStore, true
	case Container(workspaceUID, ArtifactStore):
		return workspaceUID + "/" + ArtifactStore, true
	}
	mark := UploadMark(workspaceUID)
	random, ok := strings.CutPrefix(container, mark)
	if !ok || len(container) != uploadName || strings.Trim(random, "0123456789abcdef") != "" {
		return "", false
	}
	return workspaceUID + "/" + uploads + "/" + container, true
}

// UploadOf is the prefix of the upload container that a key is in, or "".
func UploadOf(workspaceUID, key string) string {
	own := workspaceUID + "/" + uploads + "/"
	rest, ok := strings.CutPrefix(key, own)
	if !ok {
		return ""
	}
	container, _, _ := strings.Cut(rest, "/")
	return own + container
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
// it, which must then be w, or the address of a blob in a container of w. Every
// other URI is an Unsupported error: Atelier does not hold its bytes.
func BlobKey(w *Workspace, uri string) (string, error) {
	if _, ok := cutFold(uri, "https://"); ok {
		return blobURL(w, uri)
	}
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
	if !plainPath(p) {
		return "", notPlain(uri)
	}
	return w.UID + "/" + store + "/" + p, nil
}

// blobURL is BlobKey of "https://ACCOUNT.blob…/CONTAINER/PATH". A signature in it
// neither helps nor harms: what counts is what the caller may do in the workspace.
func blobURL(w *Workspace, uri string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", Errorf(Invalid, "InvalidUri", "%q is not a valid address", uri)
	}
	host := strings.ToLower(u.Hostname())
	if !strings.HasPrefix(host, accountPrefix) || !strings.HasSuffix(host, BlobSuffix) {
		return "", notHeld(uri)
	}
	container, p, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	prefix, ok := ContainerPrefix(w.UID, container)
	switch {
	case !ok:
		return "", Errorf(Invalid, "InvalidUri", "%q is not in a container of this workspace; name data of workspace %q", uri, w.Name)
	case p == "" && UploadOf(w.UID, prefix) != "":
		return prefix, nil
	case p == "":
		return "", Errorf(Invalid, "InvalidUri", "%q is a whole container; name a folder or a file in it", uri)
	case !plainPath(p):
		return "", notPlain(uri)
	}
	return prefix + "/" + p, nil
}

func plainPath(p string) bool {
	return path.Clean("/"+p) == "/"+p && !strings.ContainsAny(p, "\\\x00")
}

func notPlain(uri string) error {
	return Errorf(Invalid, "InvalidUri", `%q has a path that is not plain: no empty parts, no "." or ".."`, uri)
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

// PropertiesKey is where the properties of the blob at a key of the workspace are
// kept, or of those below a prefix.
func PropertiesKey(workspaceUID, key string) string {
	return workspaceUID + "/properties/" + strings.TrimPrefix(key, workspaceUID+"/")
}

// BlocksPrefix is the prefix of the workspace's blocks that wait for their list.
func BlocksPrefix(workspaceUID string) string { return workspaceUID + "/blocks" }
