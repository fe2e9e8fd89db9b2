package azureml

import (
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/store"
)

// pendingLife is how long an upload may take.
const pendingLife = 24 * time.Hour

// pendingKinds are the assets whose files clients upload themselves.
var pendingKinds = []string{atelier.KindCode, atelier.KindData, atelier.KindEnvironment, "models"}

func (a *API) pendingRoutes() []arm.Route {
	var routes []arm.Route
	for _, kind := range pendingKinds {
		routes = append(routes, arm.Route{
			Method: "POST", Pattern: inWS + "/" + kind + "/{name}/versions/{version}/startPendingUpload",
			Action: ws + kind + "/versions/write", Handler: a.startPendingUpload,
			Doc: "hands out a place to upload the files of a version to",
		})
	}
	return routes
}

func pendingShapes() map[string]arm.Shape {
	m := map[string]arm.Shape{}
	for _, kind := range pendingKinds {
		m["POST {ws}/"+kind+"/{name}/versions/{version}/startPendingUpload"] = arm.Shape{Body: pendingIn{}, Reply: pendingOut{}}
	}
	return m
}

type pendingIn struct {
	ID   string `json:"pendingUploadId"`
	Type string `json:"pendingUploadType"`
}

type pendingOut struct {
	ID        string        `json:"pendingUploadId"`
	Type      string        `json:"pendingUploadType"`
	Reference blobReference `json:"blobReferenceForConsumption"`
}

type blobReference struct {
	URI        string         `json:"blobUri"`
	AccountID  string         `json:"storageAccountArmId"`
	Credential blobCredential `json:"credential"`
}

type blobCredential struct {
	Type string `json:"credentialType"`
	URI  string `json:"sasUri"`
}

const temporaryBlob = "TemporaryBlobReference"

// startPendingUpload hands out a container of its own for each upload: with one
// that it saw before, a client takes what is in it for this version's (wire C.2).
func (a *API) startPendingUpload(r *arm.Request) (int, any, error) {
	if err := checkVersion(r); err != nil {
		return 0, nil, err
	}
	var in pendingIn
	if r.HasBody() {
		if err := r.Decode(&in); err != nil {
			return 0, nil, err
		}
	}
	if in.Type != "" && !strings.EqualFold(in.Type, temporaryBlob) && !strings.EqualFold(in.Type, "None") {
		return 0, nil, atelier.Errorf(atelier.Invalid, "InvalidPendingUploadType", "pendingUploadType is %q; it must be %s", in.Type, temporaryBlob).At("pendingUploadType")
	}
	if in.ID == "" {
		in.ID = a.NewID()
	}
	id := strings.ReplaceAll(a.NewID(), "-", "")
	out := pendingOut{ID: in.ID, Type: temporaryBlob}
	err := a.read(r, func(_ *store.Tx, w *atelier.Workspace) error {
		container := atelier.UploadContainer(w.UID, id[len(id)-16:])
		uri := a.containerURI(container)
		sig := a.SAS.Sign(auth.Access{Container: container, Permissions: auth.PermissionsAll, Expiry: a.Now().Add(pendingLife)})
		out.Reference = blobReference{uri, a.accountID(w), blobCredential{"SAS", uri + "?" + sig}}
		return nil
	})
	return ok, out, err
}

// containerURI is the address of a container.
func (a *API) containerURI(container string) string { return "https://" + a.BlobHost + "/" + container }

// accountID is how ARM would call the storage account of the installation.
func (a *API) accountID(w *atelier.Workspace) string {
	return "/subscriptions/" + w.Subscription + "/resourceGroups/" + w.ResourceGroup + "/providers/Microsoft.Storage/storageAccounts/" + a.SAS.Account
}
