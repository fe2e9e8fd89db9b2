package arm

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/atelier-compute/atelier"
)

// Limits of a path.
const (
	maxPath    = 8 << 10
	maxSegment = 1 << 10
)

// splitPath returns the decoded segments of an escaped path. Each segment is
// decoded once; what could be read as another path is refused.
func splitPath(escaped string) ([]string, error) {
	switch {
	case escaped == "" || escaped[0] != '/':
		return nil, badPath("it must begin with %q", "/")
	case len(escaped) > maxPath:
		return nil, badPath("it is %d characters long; at most %d are possible", len(escaped), maxPath)
	case escaped == "/":
		return nil, nil
	}
	parts := strings.Split(strings.TrimSuffix(escaped[1:], "/"), "/")
	for i, part := range parts {
		s, err := url.PathUnescape(part)
		if err != nil {
			return nil, badPath("%q is not a valid escape sequence", part)
		}
		if err := checkSegment(s); err != nil {
			return nil, err
		}
		parts[i] = s
	}
	return parts, nil
}

func checkSegment(s string) error {
	switch {
	case s == "":
		return badPath("it has an empty segment")
	case s == "." || s == "..":
		return badPath("%q is not a name", s)
	case len(s) > maxSegment:
		return badPath("a segment is %d characters long; at most %d are possible", len(s), maxSegment)
	case !utf8.ValidString(s):
		return badPath("a segment is not UTF-8")
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return badPath("a segment has a control character")
	case strings.ContainsAny(s, `/\`):
		return badPath("the segment %q has a slash in it", s)
	}
	return nil
}

// checkName refuses a name that could be taken for a part of an ID.
func checkName(s string) error {
	if i := strings.IndexAny(s, "~:?#%"); i >= 0 {
		return badPath("the name %q has %q in it", s, s[i:i+1])
	}
	return nil
}

func badPath(format string, args ...any) error {
	e := atelier.Errorf(atelier.Invalid, "InvalidRequestUri", format, args...)
	e.Message = "the path of the request is not valid: " + e.Message
	return e
}
