package azureml

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/atelier-compute/atelier/internal/arm"
)

// objectOf reads a JSON object so that nothing of it is lost, not even the digits of
// its numbers.
func objectOf(raw json.RawMessage, at string) (map[string]any, error) {
	if err := arm.Unmarshal(raw, new(map[string]json.RawMessage), at); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil {
		return nil, missing(at)
	}
	return object, nil
}

// membersOf are those of an object that are not null, in canonical spelling: the same
// values give the same bytes.
func membersOf(object map[string]any) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	for _, name := range sorted(object) {
		if object[name] == nil {
			continue
		}
		if data, err := json.Marshal(object[name]); err == nil { // what was decoded can be encoded
			m[name] = data
		}
	}
	return m
}

// dropMembers takes members out of an object, whatever the case of their names:
// that is how the decoder reads them.
func dropMembers(object map[string]any, names []string) {
	for _, key := range sorted(object) {
		for _, name := range names {
			if strings.EqualFold(key, name) {
				delete(object, key)
			}
		}
	}
}

// takeText takes the text at a path such as "administratorAccount.password" out of
// an object, whatever the case of the names.
func takeText(object map[string]any, path string) (text string) {
	name, rest, nested := strings.Cut(path, ".")
	for _, key := range sorted(object) {
		if !strings.EqualFold(key, name) {
			continue
		}
		if !nested {
			if s, isText := object[key].(string); isText {
				text = s
			}
			delete(object, key)
		} else if inner, isObject := object[key].(map[string]any); isObject {
			if s := takeText(inner, rest); s != "" {
				text = s
			}
		}
	}
	return text
}

// sameJSON reports whether two values are the same document.
func sameJSON(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}
