package atelier

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckComputeName reports which rule a compute's name breaks and suggests one
// that does not (behaviour 1.6; the rule on "-" is read strictly: after every "-"
// a letter must follow somewhere).
func CheckComputeName(name string) error {
	rule := brokenRule(name)
	if rule == "" {
		return nil
	}
	e := Errorf(Invalid, "InvalidComputeName", "compute name %q is not valid: %s", name, rule)
	if s := SuggestComputeName(name); s != "" {
		e.Message += "; " + `"` + s + `" would do`
	}
	return e.At("name")
}

// Lengths of a compute's name.
const (
	minName = 3
	maxName = 24
)

func brokenRule(name string) string {
	for _, r := range name {
		if !isLetter(r) && !isDigit(r) && r != '-' {
			return `only letters a-z and A-Z, digits and "-" are allowed, and it has ` + quoteRune(r)
		}
	}
	switch {
	case len(name) < minName:
		return "it must have at least 3 characters and has " + itoa(len(name))
	case len(name) > maxName:
		return "it must have at most 24 characters and has " + itoa(len(name))
	case !isLetter(rune(name[0])):
		return "it must start with a letter"
	case !letterAfterDashes(name):
		return `every "-" must be followed, somewhere, by a letter`
	}
	return ""
}

// SuggestComputeName returns a valid name near the given one, or "" if nothing of
// it can be kept.
func SuggestComputeName(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case isLetter(r), isDigit(r), r == '-':
			b.WriteRune(r)
		case r == '_', r == '.', r == ' ', r == '/':
			b.WriteByte('-')
		}
	}
	s := strings.TrimLeftFunc(b.String(), func(r rune) bool { return !isLetter(r) })
	if len(s) > maxName {
		s = s[:maxName]
	}
	for i := strings.LastIndexByte(s, '-'); i >= 0 && !letterAfterDashes(s); i = strings.LastIndexByte(s, '-') {
		s = s[:i] + s[i+1:]
	}
	if len(s) > 0 && len(s) < minName {
		s += strings.Repeat("x", minName-len(s))
	}
	if brokenRule(s) != "" {
		return ""
	}
	return s
}

func letterAfterDashes(name string) bool {
	i := strings.LastIndexByte(name, '-')
	return i < 0 || strings.ContainsFunc(name[i:], isLetter)
}

func quoteRune(r rune) string {
	switch {
	case unicode.IsControl(r):
		return "a control character"
	case r == utf8.RuneError:
		return "a byte that is no character"
	}
	return strconv.Quote(string(r)) // shows what cannot be seen by its number
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
func isDigit(r rune) bool  { return r >= '0' && r <= '9' }
