package auth

import (
	"strings"

	"github.com/atelier-compute/atelier"
)

// Azure's built-in roles that Atelier knows.
const (
	Owner           = "Owner"
	Contributor     = "Contributor"
	Reader          = "Reader"
	DataScientist   = "AzureML Data Scientist"
	ComputeOperator = "AzureML Compute Operator"
)

// role is a set of actions: those that a pattern in actions covers, save for those
// that one in except covers. Patterns are in lower case.
type role struct {
	name    string
	actions []string
	except  []string
}

const (
	ml = "microsoft.machinelearningservices/workspaces/"
	az = "microsoft.authorization/"
)

// roles are as Azure defines them.
var roles = []role{
	{name: Owner, actions: []string{"*"}},
	{name: Contributor, actions: []string{"*"}, except: []string{
		az + "*/delete", az + "*/write", az + "elevateaccess/action",
		"microsoft.blueprint/blueprintassignments/write", "microsoft.blueprint/blueprintassignments/delete",
		"microsoft.compute/galleries/share/action", "microsoft.purview/consents/write", "microsoft.purview/consents/delete",
	}},
	{name: Reader, actions: []string{"*/read"}},
	{name: DataScientist, actions: []string{ml + "*/read", ml + "*/action", ml + "*/delete", ml + "*/write"}, except: []string{
		strings.TrimSuffix(ml, "/") + "/delete", strings.TrimSuffix(ml, "/") + "/write",
		ml + "computes/*/write", ml + "computes/*/delete", ml + "computes/listkeys/action", ml + "listkeys/action",
		ml + "hubs/write", ml + "hubs/delete", ml + "featurestores/write", ml + "featurestores/delete",
	}},
	{name: ComputeOperator, actions: []string{ml + "computes/*", ml + "notebooks/vm/*"}},
}

// Allowed reports whether the grants allow an action at a scope. A grant at a scope
// holds for everything below it. Scope "" is the whole installation, where what is
// read is no workspace's own (sizes, locations, the list of workspaces, of which
// each caller gets theirs): any grant that allows to read such things does.
func Allowed(grants []atelier.RoleGrant, action string, scope atelier.ID) bool {
	action = lower(action)
	everywhere := scope == "" && strings.HasSuffix(action, "/read") && !strings.HasPrefix(action, ml)
	for _, g := range grants {
		if !everywhere && !covers(g.Scope, scope) {
			continue
		}
		if everywhere && known(g.Role) {
			return true
		}
		if roleAllows(g.Role, action) {
			return true
		}
	}
	return false
}

// Visible reports whether the grants give any right in a workspace.
func Visible(grants []atelier.RoleGrant, workspace atelier.ID) bool {
	for _, g := range grants {
		if known(g.Role) && (covers(g.Scope, workspace) || workspace != "" && covers(workspace, g.Scope)) {
			return true
		}
	}
	return false
}

// covers reports whether a resource is the scope, or below it.
func covers(scope, id atelier.ID) bool {
	return scope == "" || id == scope || strings.HasPrefix(string(id), string(scope)+"/")
}

func known(name string) bool {
	_, ok := RoleName(name)
	return ok
}

// RoleName returns a role's name as Azure spells it.
func RoleName(name string) (string, bool) {
	for _, r := range roles {
		if strings.EqualFold(r.name, name) {
			return r.name, true
		}
	}
	return "", false
}

// RoleNames are the names of all roles.
func RoleNames() []string {
	var names []string
	for _, r := range roles {
		names = append(names, r.name)
	}
	return names
}

func roleAllows(name, action string) bool {
	for _, r := range roles {
		if strings.EqualFold(r.name, name) {
			return matchAny(r.actions, action) && !matchAny(r.except, action)
		}
	}
	return false // a role that nobody knows gives nothing
}

func matchAny(patterns []string, action string) bool {
	for _, p := range patterns {
		if match(p, action) {
			return true
		}
	}
	return false
}

// match reports whether a pattern covers an action, both in lower case. "*" stands
// for anything, slashes included, and "/*/" for "/" too: Azure's
// "computes/*/write" is what takes "computes/write" from a data scientist.
func match(pattern, action string) bool {
	if matchStars(pattern, action) {
		return true
	}
	short := strings.ReplaceAll(pattern, "/*/", "/")
	return short != pattern && matchStars(short, action)
}

func matchStars(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}

// lower folds ASCII only: a letter that only looks like one is another.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
