package atelier

import (
	"strings"
)

// Kinds of placeholders.
const (
	RefInputs  = "inputs"
	RefOutputs = "outputs"
)

// Ref is one placeholder of a text: ${{kind.name}}, where it stands.
type Ref struct {
	Kind  string // RefInputs or RefOutputs
	Name  string
	Start int // offset of its "$"
	End   int // offset behind its last "}"
}

// String returns the placeholder in its plain form, without spaces.
func (r Ref) String() string { return openRef + r.Kind + "." + r.Name + closeRef }

const (
	openRef  = "${{"
	closeRef = "}}"
)

// Expand replaces every placeholder of a job's text by what lookup says of it. The
// replacement is put in as it is: it is neither quoted for a shell nor expanded
// again. Azure has no way to write a literal "${{" in a job's text, so neither have
// we: every "${{" begins a placeholder, also behind another "$" or a backslash. An
// error of lookup is returned as it is.
func Expand(text string, lookup func(kind, name string) (string, error)) (string, error) {
	refs, err := Placeholders(text)
	if err != nil || len(refs) == 0 {
		return text, err
	}
	var b strings.Builder
	end := 0
	for _, r := range refs {
		value, err := lookup(r.Kind, r.Name)
		if err != nil {
			return "", err
		}
		b.WriteString(text[end:r.Start])
		b.WriteString(value)
		end = r.End
	}
	b.WriteString(text[end:])
	return b.String(), nil
}

// Placeholders returns the placeholders of a job's text in order. A malformed one,
// or one of a kind that a command job does not have, is an Invalid error that names
// it and its place.
func Placeholders(text string) ([]Ref, error) {
	var refs []Ref
	for at := 0; ; {
		i := strings.Index(text[at:], openRef)
		if i < 0 {
			return refs, nil
		}
		start := at + i
		inner, _, closed := strings.Cut(text[start+len(openRef):], closeRef)
		if !closed || strings.Contains(inner, openRef) {
			return nil, badRef(text, start, excerpt(text[start:]), `it is not closed by "}}"`)
		}
		end := start + len(openRef) + len(inner) + len(closeRef)
		kind, name, dot := strings.Cut(strings.Trim(inner, " \t"), ".")
		whole := excerpt(text[start:end])
		switch {
		case kind != RefInputs && kind != RefOutputs:
			return nil, badRef(text, start, whole, whyNotKind(kind))
		case !dot || name == "":
			return nil, badRef(text, start, whole, "it names no "+strings.TrimSuffix(kind, "s")+"; write ${{"+kind+".NAME}}")
		case strings.ContainsFunc(name, notInRef):
			return nil, badRef(text, start, whole, `a name has only letters, digits, "_" and "-"`)
		}
		refs = append(refs, Ref{Kind: kind, Name: name, Start: start, End: end})
		at = end
	}
}

func whyNotKind(kind string) string {
	switch kind {
	case "search_space":
		return "search_space exists only in a sweep's trial, and this is a command job; use an input"
	case "parent":
		return "parent exists only in a pipeline, and this is a job of its own; use ${{inputs.NAME}} or ${{outputs.NAME}}"
	}
	return "a command job knows ${{inputs.NAME}} and ${{outputs.NAME}}"
}

func badRef(text string, at int, whole, why string) error {
	line := 1 + strings.Count(text[:at], "\n")
	column := 1 + len([]rune(text[strings.LastIndexByte(text[:at], '\n')+1:at]))
	return Errorf(Invalid, "InvalidPlaceholder", "placeholder %q at line %d, column %d cannot be replaced: %s", whole, line, column, why)
}

// excerpt keeps an error message short when the text at fault is long.
func excerpt(s string) string {
	const most = 40
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func notInRef(r rune) bool { return !isLetter(r) && !isDigit(r) && r != '_' && r != '-' }
