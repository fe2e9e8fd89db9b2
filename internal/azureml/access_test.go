package azureml

import (
	"fmt"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
)

const own = "?api-version=" + arm.OwnVersion

func TestAccess(t *testing.T) {
	w := newWorld(t)
	w.ann("GET", wsURL+"/access"+own, "").want(200).
		wantAt("name", "ann").wantAt("displayName", "ann").wantAt("kind", "user").
		wantAt("workspace.name", "Main").wantAt("workspace.location", "local").wantAt("workspace.subscription", subscription).wantAt("workspace.resourceGroup", "Default")
	all := fmt.Sprint(w.ann("GET", wsURL+"/access"+own, "").at("actions"))
	eve := w.as("eve", "GET", wsURL+"/access"+own, "").want(200).wantAt("displayName", "eve").wantAt("roles.0", nil)
	some := fmt.Sprint(eve.at("actions"))
	for _, action := range w.api.actions() {
		if !strings.Contains(all, action) || strings.Contains(some, action) != strings.HasSuffix(action, "/read") {
			t.Errorf("%s: ann %s, eve %s", action, all, some)
		}
	}
	if strings.Contains(all, arm.Member) || strings.Contains(all, arm.Public) {
		t.Errorf("what is no action is listed: %s", all)
	}
}

func TestAccessOfAPrincipal(t *testing.T) {
	w, a, _ := newDoors(t)
	kim := tokenOf(t, a, &atelier.Principal{
		Meta: atelier.Meta{Name: "kim"}, Kind: auth.KindUser, Display: "Kim Min",
		Roles: []atelier.RoleGrant{{Role: auth.Reader, Scope: w.main.ID}, {Role: auth.Owner, Scope: atelier.WorkspaceID(subscription, "Default", "Other")}},
	})
	w.as(kim, "GET", wsURL+"/access"+own, "").want(200).
		wantAt("name", "kim").wantAt("displayName", "Kim Min").wantAt("kind", "user").wantAt("roles", "[Reader]")
}

func TestPermissions(t *testing.T) {
	w := rich(t)
	job := jobBody("gpu", "")
	w.ann("PUT", wsURL+"/jobs/j"+own, job).want(201).wantAt("properties.permissions", "[read write cancel delete]")
	const every = "[read write delete start stop restart resize listNodes listKeys]"
	w.ann("PUT", wsURL+"/computes/mine"+own, gpu).want(201).wantAt("properties.permissions", every)
	w.ann("PATCH", wsURL+"/computes/mine"+own, `{"tags":{"a":"b"}}`).want(200).wantAt("properties.permissions", every)
	w.as("eve", "GET", wsURL+"/computes/mine"+own, "").want(200).wantAt("systemData.createdBy", "ann")
	w.as("eve", "GET", wsURL+"/computes"+own, "").want(200).wantAt("value.0.systemData.createdBy", "ann")
	for _, path := range []string{"/computes/gpu", "/jobs/j"} {
		w.as("eve", "GET", wsURL+path+own, "").want(200).wantAt("properties.permissions", "[read]")
		list := path[:strings.LastIndex(path, "/")]
		w.as("eve", "GET", wsURL+list+own, "").want(200).wantAt("value.0.properties.permissions", "[read]")
		for _, at := range []string{path, list} {
			if r := w.ann("GET", wsURL+at, "").want(200); strings.Contains(r.body, "permissions") {
				t.Errorf("one of Azure's versions shows permissions: %s", r.body)
			}
		}
	}
}
