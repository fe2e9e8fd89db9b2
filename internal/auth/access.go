package auth

import (
	"slices"

	"github.com/atelier-compute/atelier"
)

// Kind is what the caller is: KindUser, KindService or KindIdentity.
func (c Caller) Kind() string {
	if c.principal == nil {
		return ""
	}
	return c.principal.Kind
}

// Roles are the names of the caller's roles at the scope, those inherited from above
// included.
func (c Caller) Roles(scope atelier.ID) []string {
	if c.principal == nil {
		return nil
	}
	var names []string
	for _, g := range c.principal.Roles {
		if name, ok := RoleName(g.Role); ok && covers(g.Scope, scope) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
