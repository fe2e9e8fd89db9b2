package azblob

import (
	"net/http"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/auth"
)

// action begins the permissions that tokens need: what an Azure role says of the
// datastores of a workspace holds for their blobs.
const action = "Microsoft.MachineLearningServices/workspaces/datastores/blobs/"

// admit lets the caller at the container, and finds it.
func (c *call) admit(op operation) (err error) {
	if auth.Signed(c.q) {
		if c.may, err = c.s.SAS.Check(c.q, c.container, c.path); err != nil {
			return denied(err)
		}
		if !strings.ContainsAny(c.may, op.needs) {
			return fail(http.StatusForbidden, "AuthorizationPermissionMismatch",
				"the signature gives the permissions %q, and this needs one of %q", c.may, op.needs)
		}
		return c.find()
	}
	if c.Header.Get("Authorization") == "" {
		c.challenge()
		return fail(http.StatusUnauthorized, "NoAuthenticationInformation",
			"the request bears neither a signature nor a token; there is no anonymous access")
	}
	caller, err := c.s.Gate.Identify(c.Request)
	if err != nil || caller == nil {
		c.challenge()
		return fail(http.StatusUnauthorized, "InvalidAuthenticationInfo", "the token is not valid; sign in again")
	}
	if err := c.find(); err != nil {
		return err
	}
	if !caller.Sees(c.workspace.ID) { // as if it were not there
		return noContainer()
	}
	if !caller.May(action+op.action, c.workspace.ID) {
		return fail(http.StatusForbidden, "AuthorizationPermissionMismatch",
			"%s may not do %s in workspace %s; ask an owner of the workspace for a role that includes it", caller.Name(), action+op.action, c.workspace.Name)
	}
	for letters, a := range map[string]string{"rl": read, "acw": write, "d": remove} {
		if caller.May(action+a, c.workspace.ID) {
			c.may += letters
		}
	}
	return nil
}

func (c *call) challenge() {
	if c.s.Authority != "" {
		c.w.Header().Set("WWW-Authenticate", "Bearer authorization_uri="+c.s.Authority+"/oauth2/authorize resource_id=https://storage.azure.com")
	}
}

func (c *call) find() error {
	if c.workspace = c.s.Workspaces.of(c.container); c.workspace == nil {
		return noContainer()
	}
	c.prefix, _ = atelier.ContainerPrefix(c.workspace.UID, c.container)
	return nil
}

func noContainer() error {
	return fail(http.StatusNotFound, "ContainerNotFound", "The specified container does not exist.")
}

// changeable refuses to touch the files of an asset version that Atelier itself
// took in and hashed: versions do not change. Their paths are
// KIND/NAME/VERSION/GUID/….
func (c *call) changeable() error {
	segs := strings.Split(c.path, "/")
	if c.container != atelier.Container(c.workspace.UID, atelier.DataStore) || len(segs) < 5 || len(segs[3]) != 36 || strings.Count(segs[3], "-") != 4 {
		return nil
	}
	switch segs[0] {
	case atelier.KindCode, atelier.KindData, atelier.KindEnvironment:
		return fail(http.StatusForbidden, "BlobImmutable",
			"%q belongs to version %s of %s, and versions do not change; upload to another path", c.path, segs[2], segs[1])
	}
	return nil
}
