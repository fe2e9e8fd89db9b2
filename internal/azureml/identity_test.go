package azureml

import (
	"fmt"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

func TestIdentityOfACompute(t *testing.T) {
	w := newWorld(t)
	body := func(identity string) string {
		return `{"location":"local","identity":` + identity + `,"properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS3_v2","scaleSettings":{"maxNodeCount":1}}}}`
	}
	put := func(ws, name, identity string) (id *atelier.Identity) {
		t.Helper()
		w.ann("PUT", ws+"/computes/"+name, body(identity))
		w.do(func(tx *store.Tx) error {
			c, err := store.Get[atelier.Compute](tx, w.main.ID.Child(atelier.KindCompute, name))
			id = c.Spec.Identity
			return err
		})
		return id
	}
	const system, none, user = `{"type":"SystemAssigned"}`, `{"type":"None"}`, `{"type":"UserAssigned","userAssignedIdentities":{"/subscriptions/S/x":{},"/y":{}}}`
	first := put(wsURL, "one", system)
	if !first.HasSystem() || first.ClientID == "" || first.TenantID != w.api.Tenant {
		t.Fatalf("a compute with an identity has %+v", first)
	}
	w.ann("GET", wsURL+"/computes/one", "").want(200).wantAt("identity.principalId", first.PrincipalID).wantAt("identity.tenantId", w.api.Tenant)
	if again := put(wsURL, "one", system); *ids(again) != *ids(first) {
		t.Errorf("another PUT gives another identity: %+v, then %+v", first, again)
	}
	if other := put(wsURL, "two", system); other.PrincipalID == first.PrincipalID || other.ClientID == first.ClientID {
		t.Error("two computes share an identity")
	}
	if gone := put(wsURL, "one", none); gone.HasSystem() || gone.PrincipalID != "" {
		t.Errorf("without an identity there is %+v", gone)
	}
	if anew := put(wsURL, "one", system); anew.PrincipalID == first.PrincipalID {
		t.Error("an identity that was given up came back, with its roles")
	}
	shared, same := put(wsURL, "three", user), put(wsURL, "four", user)
	if len(shared.User) != 2 || shared.User["/y"].ClientID == "" || fmt.Sprint(shared.User) != fmt.Sprint(same.User) {
		t.Errorf("users' identities are %+v and %+v", shared, same)
	}
	w.ann("PUT", wsURL+"/computes/three", body(`{"type":"UserAssigned","userAssignedIdentities":{"/y":{"principalId":"forged","clientId":"`+first.ClientID+`"}}}`)).
		wantAt("identity.userAssignedIdentities./y.clientId", shared.User["/y"].ClientID)
}

func ids(i *atelier.Identity) *atelier.IdentityMember {
	return &atelier.IdentityMember{PrincipalID: i.PrincipalID, ClientID: i.ClientID}
}
