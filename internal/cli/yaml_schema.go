package cli

import (
	"slices"
	"strconv"
	"strings"

	"github.com/atelier-compute/atelier"
)

// schema reads the keys of a mapping: each key with what reads its value. A nil
// reader is a key that only the server writes; files that were exported have it,
// and it is ignored.
type schema map[string]func(*value)

// mapping reads a mapping by its schema. A key that is not in it is a problem, with
// the nearest one that is.
func (f *yamlFile) mapping(v *value, what string, s schema) {
	if v.kind == kindNull {
		return
	}
	if v.kind != kindMap {
		f.fail(v, "%s must be a mapping, and this is %s", what, v.kind)
		return
	}
	seen := map[string]bool{}
	for _, e := range v.keys {
		key := e.key.text
		read, known := s[key]
		switch {
		case !known:
			f.fail(e.key, "unknown key %q in %s%s", key, what, f.hint(key, s))
		case seen[key]:
			f.fail(e.key, "the key %q is there twice", key)
		case read != nil:
			read(e.val)
		}
		seen[key] = true
	}
}

func (f *yamlFile) hint(key string, s schema) string {
	names := make([]string, 0, len(s))
	for name := range s {
		names = append(names, name)
	}
	slices.Sort(names)
	if near := nearest(key, names); near != "" {
		return "; did you mean " + strconv.Quote(near) + "?"
	}
	names = slices.DeleteFunc(names, func(n string) bool { return s[n] == nil })
	return "; known are " + strings.Join(names, ", ")
}

// str reads a string. A number is taken as it was written: names and versions that
// look like numbers are common.
func (f *yamlFile) str(to *string) func(*value) {
	return func(v *value) {
		switch v.kind {
		case kindNull:
		case kindList, kindMap:
			f.fail(v, "this must be a string, and it is %s", v.kind)
		default:
			*to = v.text
		}
	}
}

// integer reads a whole number within bounds.
func (f *yamlFile) integer(to *int, least, most int) func(*value) {
	return func(v *value) {
		n, err := strconv.ParseInt(strings.ReplaceAll(v.text, "_", ""), 10, 64)
		switch {
		case v.kind == kindNull:
		case v.kind == kindInt, v.kind == kindString && err == nil:
			if v.kind == kindInt {
				n = v.num
			}
			if n < int64(least) || n > int64(most) {
				f.fail(v, "%d is out of range; it must be between %d and %d", n, least, most)
				return
			}
			*to = int(n)
		default:
			f.fail(v, "this must be an integer, and it is %s", v.describe())
		}
	}
}

// boolean reads true or false.
func (f *yamlFile) boolean(to *bool) func(*value) {
	return func(v *value) {
		switch {
		case v.kind == kindNull:
		case v.kind == kindBool:
			*to = v.text == "true"
		default:
			f.fail(v, "this must be true or false, and it is %s", v.describe())
		}
	}
}

// oneOf reads one word of a list and puts down what it means on the wire. Case, "_"
// and "-" do not matter.
func (f *yamlFile) oneOf(to *string, words ...[2]string) func(*value) {
	return func(v *value) {
		if v.kind == kindNull {
			return
		}
		known := make([]string, 0, len(words))
		for _, w := range words {
			if sameWord(v.text, w[0]) || sameWord(v.text, w[1]) {
				*to = w[1]
				return
			}
			known = append(known, w[0])
		}
		f.fail(v, "%s is not one of %s", v.describe(), strings.Join(known, ", "))
	}
}

func sameWord(a, b string) bool {
	strip := strings.NewReplacer("_", "", "-", "", " ", "")
	return strings.EqualFold(strip.Replace(a), strip.Replace(b))
}

// strings reads a mapping of names to scalars, such as tags.
func (f *yamlFile) strings(to *map[string]string, what string) func(*value) {
	return func(v *value) {
		f.named(v, what, func(name string, v *value) {
			s := ""
			f.str(&s)(v)
			if *to == nil {
				*to = map[string]string{}
			}
			(*to)[name] = s
		})
	}
}

// named reads a mapping whose keys are the user's own names.
func (f *yamlFile) named(v *value, what string, read func(string, *value)) {
	if v.kind == kindNull {
		return
	}
	if v.kind != kindMap {
		f.fail(v, "%s must be a mapping of names to values, and this is %s", what, v.kind)
		return
	}
	seen := map[string]bool{}
	for _, e := range v.keys {
		if seen[e.key.text] {
			f.fail(e.key, "the key %q is there twice", e.key.text)
			continue
		}
		seen[e.key.text] = true
		read(e.key.text, e.val)
	}
}

// items reads a list.
func (f *yamlFile) items(what string, read func(*value)) func(*value) {
	return func(v *value) {
		switch v.kind {
		case kindNull:
		case kindList:
			for _, e := range v.list {
				read(e)
			}
		default:
			f.fail(v, "%s must be a list, and this is %s", what, v.describe())
		}
	}
}

// any returns the value as JSON would have it, for what is passed through as it is.
func (v *value) any() any {
	switch v.kind {
	case kindBool:
		return v.text == "true"
	case kindInt:
		return v.num
	case kindFloat:
		if x, err := strconv.ParseFloat(v.text, 64); err == nil && x == x && x-x == 0 {
			return x
		}
		return v.text
	case kindString:
		return v.text
	case kindList:
		list := make([]any, 0, len(v.list))
		for _, e := range v.list {
			list = append(list, e.any())
		}
		return list
	case kindMap:
		m := make(map[string]any, len(v.keys))
		for _, e := range v.keys {
			m[e.key.text] = e.val.any()
		}
		return m
	}
	return nil
}

func (v *value) describe() string {
	switch v.kind {
	case kindInt, kindFloat, kindBool, kindString:
		return strconv.Quote(v.text)
	}
	return string(v.kind)
}

// schemaType finds out which schema a file is of: by "$schema", else by "type".
func schemaType(f *yamlFile, root *value) string {
	if s := root.get("$schema"); s != nil && s.kind == kindString {
		url, _, _ := strings.Cut(s.text, "#")
		base := strings.TrimSuffix(url[strings.LastIndexByte(url, '/')+1:], ".schema.json")
		switch strings.ToLower(base) {
		case "amlcompute":
			return "amlcompute"
		case "commandjob":
			return "command"
		case "":
		default:
			return base
		}
	}
	if t := root.get("type"); t != nil && t.kind == kindString {
		return strings.ToLower(t.text)
	}
	switch { // without either, az ml takes a job file as a command
	case root.get("command") != nil:
		return "command"
	case root.get("min_instances") != nil || root.get("max_instances") != nil:
		return "amlcompute"
	}
	return ""
}

// wrongType says which types there are.
func wrongType(name, got, want string) error {
	if got == "" {
		return atelier.Errorf(atelier.Invalid, "InvalidYaml", "%s does not say what it is; add \"type: %s\"", name, want)
	}
	known := map[string]string{
		"amlcompute": "a compute; create it with `atelier compute create cluster -f " + name + "`",
		"command":    "a job; submit it with `atelier job submit -f " + name + "`",
	}
	if k := known[strings.ToLower(got)]; k != "" {
		return atelier.Errorf(atelier.Invalid, "InvalidYaml", "%s is %s", name, k)
	}
	return atelier.Errorf(atelier.Unsupported, "UnsupportedType", "%s is of type %q, which Atelier does not know yet; it knows amlcompute and command", name, got)
}
