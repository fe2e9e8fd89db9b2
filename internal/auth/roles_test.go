package auth

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/atelier-compute/atelier"
)

func TestRoles(t *testing.T) {
	const p = "Microsoft.MachineLearningServices/workspaces/"
	const w = "Microsoft.MachineLearningServices/workspaces"
	all := []string{Owner, Contributor, Reader, DataScientist, ComputeOperator}
	for action, may := range map[string]string{ // roles by their first letters
		w + "/read":                                              "OCRD",
		w + "/write":                                             "OC",
		w + "/delete":                                            "OC",
		p + "listKeys/action":                                    "OC",
		p + "computes/read":                                      "OCRDA",
		p + "computes/write":                                     "OCA",
		p + "computes/delete":                                    "OCA",
		p + "computes/start/action":                              "OCDA",
		p + "computes/listNodes/action":                          "OCDA",
		p + "computes/listKeys/action":                           "OCA",
		p + "computes/nodes/write":                               "OCA",
		p + "jobs/read":                                          "OCRD",
		p + "jobs/write":                                         "OCD",
		p + "jobs/delete":                                        "OCD",
		p + "jobs/cancel/action":                                 "OCD",
		p + "codes/versions/write":                               "OCD",
		p + "events/read":                                        "OCRD",
		"Microsoft.Authorization/roleAssignments/write":          "O",
		"Microsoft.Authorization/roleAssignments/delete":         "O",
		"Microsoft.Authorization/roleAssignments/read":           "OCR",
		"Microsoft.Resources/subscriptions/resourceGroups/write": "OC",
	} {
		for i, role := range all {
			for _, spelling := range []string{action, strings.ToUpper(action), strings.ToLower(action)} {
				got := Allowed([]atelier.RoleGrant{{Role: role, Scope: "workspaces/a"}}, spelling, "workspaces/a/computes/c")
				if want := strings.Contains(may, "OCRDA"[i:i+1]); got != want {
					t.Errorf("%s, %s: %v, want %v", role, spelling, got, want)
				}
			}
		}
	}
}

func TestScopes(t *testing.T) {
	const read = "Microsoft.MachineLearningServices/workspaces/read"
	for _, tt := range []struct {
		grant, at     atelier.ID
		allowed, sees bool
	}{
		{"", "workspaces/a", true, true},
		{"workspaces/a", "workspaces/a", true, true},
		{"workspaces/a", "workspaces/ab", false, false},
		{"workspaces/ab", "workspaces/a", false, false},
		{"workspaces/a", "workspaces/b", false, false},
		{"workspaces/a/computes/c", "workspaces/a", false, true},
		{"workspaces/a/computes/c", "workspaces/b", false, false},
		{"workspaces/A", "workspaces/a", false, false}, // IDs are in lower case; another spelling is another resource
	} {
		grants := []atelier.RoleGrant{{Role: Reader, Scope: tt.grant}}
		if got := Allowed(grants, read, tt.at); got != tt.allowed {
			t.Errorf("grant at %q, action at %q: allowed %v", tt.grant, tt.at, got)
		}
		if got := Visible(grants, tt.at); got != tt.sees {
			t.Errorf("grant at %q: sees %q: %v", tt.grant, tt.at, got)
		}
	}
	t.Run("installation", func(t *testing.T) {
		grants := []atelier.RoleGrant{{Role: DataScientist, Scope: "workspaces/a"}}
		if !Allowed(grants, "Microsoft.MachineLearningServices/locations/vmSizes/read", "") {
			t.Error("somebody with a role somewhere may not see the sizes")
		}
		for _, action := range []string{read, "Microsoft.MachineLearningServices/locations/updateQuotas/action", "Microsoft.Authorization/roleAssignments/write"} {
			if Allowed(grants, action, "") {
				t.Errorf("a role in one workspace gives %s everywhere", action)
			}
		}
	})
	t.Run("unknown-role", func(t *testing.T) {
		grants := []atelier.RoleGrant{{Role: "Super Owner"}, {Role: ""}}
		if Allowed(grants, read, "workspaces/a") || Allowed(grants, "x/read", "") || Visible(grants, "workspaces/a") {
			t.Error("a role that nobody knows gives something")
		}
	})
}

func action(t *rapid.T) string {
	seg := rapid.SampledFrom([]string{"microsoft.machinelearningservices", "workspaces", "computes", "jobs", "read", "write", "delete", "action", "listkeys", "x"})
	return strings.Join(rapid.SliceOfN(seg, 1, 6).Draw(t, "segments"), "/")
}

func grants(t *rapid.T) []atelier.RoleGrant {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) atelier.RoleGrant {
		return atelier.RoleGrant{
			Role:  rapid.SampledFrom([]string{Owner, Contributor, Reader, DataScientist, ComputeOperator, "?"}).Draw(t, "role"),
			Scope: rapid.SampledFrom([]atelier.ID{"", "workspaces/a", "workspaces/ab", "workspaces/a/computes/c"}).Draw(t, "scope"),
		}
	}), 0, 4).Draw(t, "grants")
}

func TestRoleProperties(t *testing.T) {
	scopes := rapid.SampledFrom([]atelier.ID{"workspaces/a", "workspaces/ab", "workspaces/a/computes/c", "workspaces/z"})
	t.Run("patterns-as-a-regular-expression-has-them", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			pattern := rapid.StringMatching(`[ab/*]{0,8}`).Draw(t, "pattern")
			s := rapid.StringMatching(`[ab/]{0,8}`).Draw(t, "action")
			expr := func(p string) bool {
				return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(p), `\*`, ".*") + "$").MatchString(s)
			}
			want := expr(pattern) || expr(strings.ReplaceAll(pattern, "/*/", "/"))
			if got := match(pattern, s); got != want {
				t.Fatalf("match(%q, %q) is %v", pattern, s, got)
			}
		})
	})
	t.Run("more-grants-never-take-away", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			g, more, a, at := grants(t), grants(t), action(t), scopes.Draw(t, "at")
			if Allowed(g, a, at) && !Allowed(append(more, g...), a, at) {
				t.Fatal("a grant took something away")
			}
		})
	})
	t.Run("what-holds-above-holds-below", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			g, a, at := grants(t), action(t), scopes.Draw(t, "at")
			if Allowed(g, a, at) && !Allowed(g, a, at.Child("jobs", "j")) {
				t.Fatal("a right ended below its scope")
			}
		})
	})
	t.Run("case-does-not-count", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			g, a, at := grants(t), action(t), scopes.Draw(t, "at")
			if Allowed(g, a, at) != Allowed(g, strings.ToUpper(a), at) {
				t.Fatal("case counts")
			}
		})
	})
	t.Run("nobody-may-what-the-owner-may-not", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			g, a, at := grants(t), action(t), scopes.Draw(t, "at")
			if Allowed(g, a, at) && !Allowed([]atelier.RoleGrant{{Role: Owner}}, a, at) {
				t.Fatal("the owner may less")
			}
			if Allowed(g, a, at) && !Visible(g, at.Workspace()) {
				t.Fatal("somebody may act where nothing is seen")
			}
		})
	})
	t.Run("letters-that-only-look-alike", func(t *testing.T) {
		if lower("\u212aAZ") != "\u212aaz" { // a Kelvin sign, which Unicode folds to k
			t.Error("more than ASCII is folded")
		}
	})
}

func TestCallerKnowsTheirRoles(t *testing.T) {
	c := Caller{principal: &atelier.Principal{Kind: KindService, Roles: []atelier.RoleGrant{
		{Role: "owner"}, {Role: Reader, Scope: "workspaces/a"}, {Role: Owner, Scope: "workspaces/a"}, {Role: Contributor, Scope: "workspaces/b"}, {Role: "no such role"},
	}}}
	if got := c.Roles("workspaces/a"); !slices.Equal(got, []string{Owner, Reader}) || c.Kind() != KindService {
		t.Errorf("%v, %s", got, c.Kind())
	}
	if got := (Caller{}).Roles(""); len(got) > 0 || (Caller{}).Kind() != "" {
		t.Errorf("nobody has %v", got)
	}
}
