package azureml

import (
	"strconv"

	"github.com/atelier-compute/atelier"
)

// nameIdentity gives the managed identities of a compute their IDs. Its own keeps
// them for as long as it has one; after None it is another, without the old one's
// roles. Those that users name are of the workspace: an ARM ID that is spelled in
// another workspace is somebody else there.
func (a *API) nameIdentity(w *atelier.Workspace, c *atelier.Compute, old *atelier.Identity, spec *atelier.ComputeSpec) {
	if spec.Identity == nil || spec.Identity == old {
		return
	}
	id := *spec.Identity
	switch normal(id.Type) {
	case "systemassigned":
		if old.HasSystem() {
			id.PrincipalID, id.ClientID = old.PrincipalID, old.ClientID
		} else {
			m := atelier.NameIdentity(a.Tenant, "compute", c.UID, strconv.FormatInt(c.Generation, 10))
			id.PrincipalID, id.ClientID = m.PrincipalID, m.ClientID
		}
		id.TenantID = a.Tenant
	case "userassigned":
		id.User = map[string]atelier.IdentityMember{}
		for arm := range spec.Identity.User {
			id.User[arm] = atelier.NameIdentity(a.Tenant, "user", w.UID, normal(arm))
		}
	}
	spec.Identity = &id
}
