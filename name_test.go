package atelier

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestComputeName(t *testing.T) {
	for _, c := range []struct{ name, given, rule, suggestion string }{
		{"shortest", "abc", "", ""},
		{"longest", "abcdefghijklmnopqrstuvwx", "", ""},
		{"digits-and-dashes", "Gpu-4x-v100s", "", ""},
		{"double-dash", "a--b", "", ""},
		{"empty", "", "at least 3 characters and has 0", ""},
		{"too-short", "ab", "at least 3 characters and has 2", "abx"},
		{"too-long", "abcdefghijklmnopqrstuvwxyz", "at most 24 characters and has 26", "abcdefghijklmnopqrstuvwx"},
		{"starts-with-digit", "4gpu", "must start with a letter", "gpu"},
		{"starts-with-dash", "-gpu", "must start with a letter", "gpu"},
		{"only-digits", "1234", "must start with a letter", ""},
		{"digit-behind-dash", "gpu-1", `every "-" must be followed, somewhere, by a letter`, "gpu1"},
		{"dash-at-end", "gpu-", `every "-" must be followed, somewhere, by a letter`, "gpu"},
		{"last-dash-counts", "a-b-1", `every "-" must be followed, somewhere, by a letter`, "a-b1"},
		{"underscore", "my_gpu", `it has "_"`, "my-gpu"},
		{"dots-and-digits", "v1.2", `it has "."`, "v12"},
		{"space", "my gpu", `it has " "`, "my-gpu"},
		{"slash", "a/../b", `it has "/"`, "a----b"},
		{"letters-of-others", "größe", `it has "ö"`, "gre"},
		{"full-width", "ｇｐｕ", `it has "ｇ"`, ""},
		{"control", "gpu\x1b[31m", "it has a control character", "gpu31m"},
		{"invisible", "gpu\u202eupg", `it has "\u202e"`, "gpuupg"},
		{"not-utf8", "gpu\xff", "it has a byte that is no character", "gpu"},
		{"long-and-foreign", strings.Repeat("ab_", 20), `it has "_"`, "ab-ab-ab-ab-ab-ab-ab-ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := CheckComputeName(c.given)
			if c.rule == "" {
				if err != nil {
					t.Errorf("a valid name was refused: %v", err)
				}
				return
			}
			var e *Error
			if !errors.As(err, &e) || e.Kind != Invalid || e.Target != "name" {
				t.Fatalf("error = %v", err)
			}
			if !strings.Contains(e.Message, c.rule) {
				t.Errorf("message %q does not name the rule %q", e.Message, c.rule)
			}
			if got := SuggestComputeName(c.given); got != c.suggestion {
				t.Errorf("suggestion = %q, want %q", got, c.suggestion)
			}
			if would := `"` + c.suggestion + `" would do`; (c.suggestion != "") != strings.HasSuffix(e.Message, would) {
				t.Errorf("message %q, suggestion %q", e.Message, c.suggestion)
			}
		})
	}
}

// checkName holds for every name, whatever is in it.
func checkName(t interface{ Fatalf(string, ...any) }, name string) {
	err, s := CheckComputeName(name), SuggestComputeName(name)
	if s != "" && CheckComputeName(s) != nil {
		t.Fatalf("the suggestion %q for %q is not valid: %v", s, name, CheckComputeName(s))
	}
	if err == nil && s != name {
		t.Fatalf("%q is valid, yet %q is suggested", name, s)
	}
	if want := specName(name); (err == nil) != want {
		t.Fatalf("%q: %v; the rule as written says valid = %v", name, err, want)
	}
	if err != nil && strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == 0x202e }) {
		t.Fatalf("the message for %q has it raw: %q", name, err)
	}
}

// specName is the rule once more, in another way.
func specName(name string) bool {
	if len(name) < 3 || len(name) > 24 {
		return false
	}
	letter := false // seen from the end
	for i := len(name) - 1; i >= 0; i-- {
		c := name[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letter = true
		case c >= '0' && c <= '9' && i > 0:
		case c == '-' && letter && i > 0:
		default:
			return false
		}
	}
	return true
}

func TestComputeNameProperties(t *testing.T) {
	near := rapid.StringMatching(`[A-Za-z0-9_. -]{0,30}`)
	rapid.Check(t, func(t *rapid.T) {
		checkName(t, rapid.OneOf(near, rapid.String()).Draw(t, "name"))
	})
}

func FuzzComputeName(f *testing.F) {
	for _, s := range []string{"", "abc", "a-1", "4x", "größe", "a\xff\x00", "a-b-1", strings.Repeat("-", 30)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) { checkName(t, name) })
}
