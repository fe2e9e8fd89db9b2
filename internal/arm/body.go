package arm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/atelier-compute/atelier"
)

// maxDepth is how deep JSON may be nested.
const maxDepth = 64

// Decode reads the JSON body into v. Members that v does not have are ignored, as
// read-only ones must be (wire 0.5). The error names the member at fault.
func (r *Request) Decode(v any) error {
	if len(bytes.TrimSpace(r.body)) == 0 {
		return atelier.Errorf(atelier.Invalid, "InvalidRequestContent", "the request needs a JSON body and has none")
	}
	if err := scan(r.body); err != nil {
		return err
	}
	return Unmarshal(r.body, v, "")
}

// HasBody reports whether there is anything to decode.
func (r *Request) HasBody() bool { return len(bytes.TrimSpace(r.body)) > 0 }

// Unmarshal decodes a part of a body that sits at the path prefix ("" is the whole).
func Unmarshal(data []byte, v any, prefix string) error {
	err := json.Unmarshal(data, v)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var fit *atelier.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return atelier.Errorf(atelier.Invalid, "InvalidRequestContent", "the body is not valid JSON: %v, at byte %d", syntax, syntax.Offset)
	case errors.As(err, &kind):
		at := strings.Trim(prefix+"."+kind.Field, ".")
		if at == "" {
			return atelier.Errorf(atelier.Invalid, "InvalidRequestContent", "the body must be a JSON %s, not %s", jsonType(kind.Type), article(kind.Value))
		}
		return atelier.Errorf(atelier.Invalid, "InvalidRequestContent", "%s must be %s, not %s", at, article(jsonType(kind.Type)), article(kind.Value)).At(at)
	case errors.As(err, &fit):
		return fit
	}
	return atelier.Errorf(atelier.Invalid, "InvalidRequestContent", "the body is not valid: %v", err)
}

func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "whole number"
	case reflect.Float64:
		return "number"
	case reflect.String:
		return "string"
	case reflect.Slice, reflect.Array:
		return "array"
	case reflect.Pointer:
		return jsonType(t.Elem())
	}
	return "object"
}

func article(what string) string {
	switch {
	case what == "":
		return "something else"
	case what == "bool":
		return "a boolean"
	case strings.HasPrefix(what, "number "):
		return "the " + what
	case strings.ContainsRune("aeio", rune(what[0])):
		return "an " + what
	}
	return "a " + what
}

// scan refuses what the decoder would take but nothing else can: text that is not
// UTF-8, the character NUL, nesting without end.
func scan(data []byte) error {
	if !utf8.Valid(data) {
		return atelier.Errorf(atelier.Invalid, "InvalidRequestContent", "the body is not UTF-8")
	}
	depth, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			if bytes.HasPrefix(data[i:], []byte(`\u0000`)) {
				return atelier.Errorf(atelier.Invalid, "InvalidRequestContent", `a string has the character NUL (\u0000) in it, at byte %d; leave it out`, i)
			}
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return atelier.Errorf(atelier.Invalid, "InvalidRequestContent", "the body is nested deeper than %d levels", maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// readBody reads a body of at most limit bytes.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, atelier.Errorf(atelier.Invalid, "InvalidRequestContent", "the body could not be read to its end; send it again")
	}
	if int64(len(data)) > limit {
		return nil, tooLarge(limit)
	}
	return data, nil
}

func tooLarge(limit int64) error {
	return atelier.Errorf(atelier.TooLarge, "RequestEntityTooLarge", "the body is larger than %s, the most that this operation takes", bytesText(limit))
}

func bytesText(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// Texts is a map of strings that takes numbers and booleans as well, since some
// clients send them where the schema says string.
type Texts map[string]string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Texts) UnmarshalJSON(data []byte) error {
	var m map[string]Text
	if err := json.Unmarshal(data, &m); err != nil || m == nil {
		*t = nil
		return err
	}
	*t = make(Texts, len(m))
	for k, v := range m {
		(*t)[k] = string(v)
	}
	return nil
}

// Text is a string that takes numbers and booleans as well.
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '"':
		return json.Unmarshal(data, (*string)(t))
	case '{':
		return &json.UnmarshalTypeError{Value: "object", Type: reflect.TypeFor[string]()}
	case '[':
		return &json.UnmarshalTypeError{Value: "array", Type: reflect.TypeFor[string]()}
	case 'n':
		return nil
	}
	*t = Text(data)
	return nil
}
