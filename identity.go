package atelier

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Identity is the managed identity of a compute: one that the platform made for it,
// or some that users share between computes of a workspace. Nobody has a password of
// either; tasks that run on the compute's nodes get tokens for them.
type Identity struct {
	Type        string                    `json:"type"` // as the user spelled it
	PrincipalID string                    `json:"principalId,omitempty"`
	ClientID    string                    `json:"clientId,omitempty"`
	TenantID    string                    `json:"tenantId,omitempty"`
	User        map[string]IdentityMember `json:"user,omitempty"` // by ARM ID, as spelled
}

// IdentityMember is who signs in as an identity: the object, and the application.
type IdentityMember struct {
	PrincipalID string `json:"principalId,omitempty"`
	ClientID    string `json:"clientId,omitempty"`
}

// Workload is a task that signs in as a managed identity. Its tokens are good for as
// long as it is under way.
type Workload struct {
	Identity   IdentityMember
	ResourceID string // of the identity, as its tokens name it
	Task       ID
	TaskUID    string
}

// NameIdentity makes the two GUIDs of a managed identity out of what tells it from
// others: the same always gives the same. They are names and no secrets.
func NameIdentity(parts ...string) IdentityMember {
	sum := sha256.Sum256(fmt.Appendf(nil, "atelier managed identity %q", parts))
	guid := func(b []byte) string {
		b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // version 8
		return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	}
	return IdentityMember{PrincipalID: guid(sum[:16]), ClientID: guid(sum[16:])}
}

// HasSystem reports whether the platform made an identity for the compute.
func (i *Identity) HasSystem() bool {
	return i != nil && i.PrincipalID != "" && strings.HasPrefix(foldIdentity(i.Type), "systemassigned")
}

func foldIdentity(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "")) }

// Default is the identity that a task has which names none: the compute's own, or
// else the first of the users'. Resource is its ARM ID, or "" for the compute's own.
func (i *Identity) Default() (m IdentityMember, resource string, ok bool) {
	switch {
	case i.HasSystem():
		return IdentityMember{PrincipalID: i.PrincipalID, ClientID: i.ClientID}, "", true
	case i == nil:
		return m, "", false
	}
	for _, resource := range slices.Sorted(maps.Keys(i.User)) {
		return i.User[resource], resource, i.User[resource].ClientID != ""
	}
	return m, "", false
}

// Find returns the identity that a task asks for: by client ID, by principal ID, or
// by ARM ID; all empty is the default.
func (i *Identity) Find(client, principal, resource string) (m IdentityMember, arm string, ok bool) {
	if client == "" && principal == "" && resource == "" {
		return i.Default()
	}
	fits := func(m IdentityMember, arm string) bool {
		return m.ClientID != "" && (client == "" || strings.EqualFold(client, m.ClientID)) &&
			(principal == "" || strings.EqualFold(principal, m.PrincipalID)) && (resource == "" || strings.EqualFold(resource, arm))
	}
	if i == nil {
		return m, "", false
	}
	if own := (IdentityMember{PrincipalID: i.PrincipalID, ClientID: i.ClientID}); i.HasSystem() && fits(own, "") {
		return own, "", true
	}
	for _, arm := range slices.Sorted(maps.Keys(i.User)) {
		if fits(i.User[arm], arm) {
			return i.User[arm], arm, true
		}
	}
	return m, "", false
}

// IsPrincipalName reports whether somebody can be called so: what stands in IDs,
// headers and addresses without being mistaken.
func IsPrincipalName(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-._@", r)
	})
}
