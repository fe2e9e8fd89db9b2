package arm

import (
	"cmp"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Schema is a JSON schema as OpenAPI 3.0 writes it.
type Schema map[string]any

// Shape says what an operation takes and answers. Body and Reply are values of the
// wire types, of which only the types count, or a Schema.
type Shape struct {
	Body     any
	Reply    any
	Error    any      // if it is not ARM's
	Form     bool     // the body is a form, not JSON
	Media    string   // of the reply, if it is not JSON
	Also     string   // a media type that the reply may have instead
	Statuses []int    // of success; none is what the method usually has
	Query    []string // parameters beside api-version
	Headers  []string // of the request, that change what it does
}

// Describe is an OpenAPI 3 document of the routes: what they take and answer comes
// from the types that are sent and read, so that it cannot be out of date. Parts are
// values of further types to name, which replies hold where their own says "anything".
//
// A field's tag says what its type cannot: api:"notnull" of a list that is [] when
// there is nothing, api:"enum=A|B" of a text that is one of these.
func Describe(title, version string, routes []Route, shape func(*Route) Shape, parts ...any) map[string]any {
	d := describer{schemas: map[string]any{}}
	for _, p := range parts {
		d.of(p)
	}
	paths := map[string]map[string]any{}
	for i := range routes {
		rt := &routes[i]
		path := strings.ReplaceAll(rt.Pattern, "...}", "}")
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path][strings.ToLower(rt.Method)] = d.operation(rt, path, shape(rt))
	}
	d.schema(reflect.TypeFor[Wrapped]())
	return map[string]any{
		"openapi": "3.0.3",
		"info": map[string]any{
			"title": title, "version": version,
			"description": "The API of Azure Machine Learning as Atelier serves it. Fixed parts of paths, and names of query parameters, are matched without regard to case; every api-version is taken, and members of bodies that are not known are ignored.",
		},
		"paths":    paths,
		"security": []any{map[string]any{"bearer": []string{}}},
		"components": map[string]any{
			"schemas":         d.schemas,
			"securitySchemes": map[string]any{"bearer": map[string]any{"type": "http", "scheme": "bearer"}},
		},
	}
}

// describer collects the schemas of named types.
type describer struct {
	schemas map[string]any
	loose   bool // nothing is required: what may be said rather than what is answered
}

func (d *describer) operation(rt *Route, path string, s Shape) map[string]any {
	op := map[string]any{
		"summary": cmp.Or(rt.Doc, rt.Action), "operationId": operationID(rt.Method, path),
		"parameters": parameters(rt, path, s), "responses": d.responses(rt, s), "x-action": rt.Action,
	}
	if rt.Action == Public {
		op["security"] = []any{}
	}
	switch {
	case rt.Raw:
		op["requestBody"] = map[string]any{"content": content("application/octet-stream", Schema{"type": "string", "format": "binary"})}
	case s.Body != nil:
		media, body := "application/json", describer{loose: true}
		if s.Form {
			media = "application/x-www-form-urlencoded"
		}
		op["requestBody"] = map[string]any{"content": content(media, body.of(s.Body))}
	}
	return op
}

func (d *describer) responses(rt *Route, s Shape) map[string]any {
	wrong := ref("Wrapped")
	if s.Error != nil {
		wrong = d.of(s.Error)
	}
	out := map[string]any{"default": map[string]any{"description": "What is wrong, and what would help.", "content": content("application/json", wrong)}}
	statuses := s.Statuses
	if statuses == nil {
		statuses = map[string][]int{"PUT": {200, 201}, "DELETE": {200, 202, 204}}[rt.Method]
	}
	if statuses == nil {
		statuses = []int{200}
	}
	for _, status := range statuses {
		r := map[string]any{"description": statusWords[status]}
		switch {
		case status != 200 && status != 201:
		case s.Media != "":
			r["content"] = content(s.Media, Schema{"type": "string"})
		case s.Reply != nil:
			types := content("application/json", d.of(s.Reply))
			if s.Also != "" {
				maps.Copy(types, content(s.Also, Schema{"type": "string"}))
			}
			r["content"] = types
		}
		out[strconv.Itoa(status)] = r
	}
	return out
}

var statusWords = map[int]string{
	200: "Done.", 201: "Created; it may go on, and Azure-AsyncOperation says where to ask.",
	202: "Under way; Azure-AsyncOperation or Location says where to ask.", 204: "There is nothing to say.",
}

func content(media string, s any) map[string]any {
	return map[string]any{media: map[string]any{"schema": s}}
}

func ref(name string) Schema { return Schema{"$ref": "#/components/schemas/" + name} }

func parameters(rt *Route, path string, s Shape) []any {
	list := []any{}
	add := func(name, in string, required bool) {
		list = append(list, map[string]any{"name": name, "in": in, "required": required, "schema": Schema{"type": "string"}})
	}
	for seg := range strings.SplitSeq(path, "/") {
		if name, found := strings.CutPrefix(seg, "{"); found {
			add(strings.TrimSuffix(name, "}"), "path", true)
		}
	}
	if strings.Contains(rt.Pattern, "/providers/") || strings.HasPrefix(rt.Pattern, "/subscriptions") {
		add("api-version", "query", rt.Action != Public)
	}
	for _, name := range s.Query {
		add(name, "query", false)
	}
	if rt.DryRun {
		add("dryRun", "query", false)
	}
	for _, name := range s.Headers {
		add(name, "header", false)
	}
	return list
}

// operationID is unique, because the method and the pattern are.
func operationID(method, path string) string {
	var b strings.Builder
	b.WriteString(strings.ToLower(method))
	for _, seg := range strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '.' || r == '-' || r == '_' || r == '~' }) {
		if name, found := strings.CutPrefix(seg, "{"); found {
			seg = "By" + strings.ToUpper(name[:1]) + strings.TrimSuffix(name[1:], "}")
		}
		b.WriteString(strings.ToUpper(seg[:1]) + seg[1:])
	}
	return b.String()
}

func (d *describer) of(v any) Schema {
	if s, is := v.(Schema); is {
		return s
	}
	return d.schema(reflect.TypeOf(v))
}

// schema describes a type as encoding/json writes it.
func (d *describer) schema(t reflect.Type) Schema {
	switch {
	case t == nil || t == reflect.TypeFor[json.RawMessage]() || t.Kind() == reflect.Interface:
		return Schema{"nullable": true}
	case t == reflect.TypeFor[time.Time]():
		return Schema{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[Text]():
		return Schema{"type": "string"}
	case t.Implements(reflect.TypeFor[json.Marshaler]()):
		return Schema{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.orNull(t.Elem())
	case reflect.Struct:
		return d.named(t)
	case reflect.Map:
		return Schema{"type": "object", "nullable": true, "additionalProperties": d.schema(t.Elem())}
	case reflect.Slice:
		return Schema{"type": "array", "nullable": true, "items": d.schema(t.Elem())}
	case reflect.String:
		return Schema{"type": "string"}
	case reflect.Bool:
		return Schema{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return Schema{"type": "number"}
	}
	return Schema{"type": "integer"}
}

// orNull is written out: OpenAPI 3.0 cannot say that a reference may be null.
func (d *describer) orNull(t reflect.Type) Schema {
	s := d.schema(t)
	if t.Kind() == reflect.Struct && s["$ref"] != nil {
		s = d.object(t)
	}
	s["nullable"] = true
	return s
}

// named puts the schema of a struct among the components.
func (d *describer) named(t reflect.Type) Schema {
	name := typeName(t)
	if name == "" || d.loose {
		return d.object(t)
	}
	if d.schemas[name] == nil {
		d.schemas[name] = Schema{} // what refers to itself ends here
		d.schemas[name] = d.object(t)
	}
	return ref(name)
}

// typeName is how components are called: jobOut is Job. Generic and unnamed types
// have no name.
func typeName(t reflect.Type) string {
	name := strings.TrimSuffix(t.Name(), "Out")
	if name == "" || strings.ContainsRune(name, '[') {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

func (d *describer) object(t reflect.Type) Schema {
	members, required := map[string]any{}, []string{}
	d.members(t, members, &required)
	s := Schema{"type": "object", "properties": members}
	if slices.Sort(required); len(required) > 0 {
		s["required"] = required
	}
	return s
}

func (d *describer) members(t reflect.Type, members map[string]any, required *[]string) {
	for f := range t.Fields() {
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && tag == "":
			if inner := f.Type; inner.Kind() == reflect.Pointer { // its members are there together, or none is
				d.members(inner.Elem(), members, new([]string))
			} else {
				d.members(inner, members, required)
			}
			continue
		case !f.IsExported() || tag == "-":
			continue
		}
		name := cmp.Or(tag, f.Name)
		s := d.schema(f.Type)
		said := f.Tag.Get("api")
		omit := strings.Contains(options, "omit")
		// Of a list of ARM's it is [] when there is nothing, and what is omitted is never null.
		if isList := f.Type.Kind() == reflect.Slice || f.Type.Kind() == reflect.Map; isList && (name == "value" || omit || said == "notnull") {
			delete(s, "nullable")
		}
		if names, isEnum := strings.CutPrefix(said, "enum="); isEnum && !d.loose {
			s["enum"] = strings.Split(names, "|")
		}
		members[name] = s
		if !d.loose && !omit {
			*required = append(*required, name)
		}
	}
}
