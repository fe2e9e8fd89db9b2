package atelier

import (
	"regexp"
	"testing"
)

func TestNameIdentity(t *testing.T) {
	guid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	a := NameIdentity("x", "y")
	if !guid.MatchString(a.PrincipalID) || !guid.MatchString(a.ClientID) || a.PrincipalID == a.ClientID {
		t.Errorf("%+v are no two GUIDs", a)
	}
	if a != NameIdentity("x", "y") {
		t.Error("the same parts give another identity")
	}
	for _, parts := range [][]string{{"xy"}, {"x", "y", ""}, {"y", "x"}, {`x" "y`}} {
		if NameIdentity(parts...) == a {
			t.Errorf("%q and [x y] are one identity", parts)
		}
	}
}

func TestIdentityFind(t *testing.T) {
	one, two := IdentityMember{"p1", "c1"}, IdentityMember{"p2", "c2"}
	system := &Identity{Type: "systemAssigned", PrincipalID: "p0", ClientID: "c0"}
	users := &Identity{Type: "UserAssigned", User: map[string]IdentityMember{"/b": two, "/a": one}}
	for _, tt := range []struct {
		name                        string
		id                          *Identity
		client, principal, resource string
		want, arm                   string
	}{
		{"no-identity", nil, "", "", "", "", ""},
		{"none", &Identity{Type: "None", PrincipalID: "p0", ClientID: "c0"}, "", "", "", "", ""},
		{"default-system", system, "", "", "", "c0", ""},
		{"system-by-client", system, "C0", "", "", "c0", ""},
		{"system-by-principal", system, "", "P0", "", "c0", ""},
		{"system-by-another", system, "c1", "", "", "", ""},
		{"system-of-two-minds", system, "c0", "p1", "", "", ""},
		{"system-by-resource", system, "", "", "/a", "", ""},
		{"default-user", users, "", "", "", "c1", "/a"},
		{"user-by-client", users, "c2", "", "", "c2", "/b"},
		{"user-by-resource", users, "", "", "/B", "c2", "/b"},
		{"user-by-another", users, "c0", "", "", "", ""},
		{"not-named-yet", &Identity{Type: "UserAssigned", User: map[string]IdentityMember{"/a": {}}}, "", "", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, arm, ok := tt.id.Find(tt.client, tt.principal, tt.resource)
			if m.ClientID != tt.want || ok && arm != tt.arm || ok != (tt.want != "") {
				t.Errorf("found %+v %q %v, want %q %q", m, arm, ok, tt.want, tt.arm)
			}
		})
	}
}
