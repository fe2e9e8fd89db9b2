package provider

import "github.com/atelier-compute/atelier"

const maxName = 63

// CheckName reports what is wrong with a machine's name. Implementations call it
// before a name becomes part of a path or of a request.
func CheckName(name string) error {
	ok := name != "" && len(name) <= maxName && name[0] != '-'
	for _, r := range name {
		ok = ok && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-')
	}
	if !ok {
		return atelier.Errorf(atelier.Invalid, "InvalidMachineName",
			`machine name %.80q is not valid: it must be 1 to %d of a-z, 0-9 and "-", and not start with "-"`, name, maxName)
	}
	return nil
}
