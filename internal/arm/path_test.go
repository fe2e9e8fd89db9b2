package arm

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitPath(t *testing.T) {
	for name, tc := range map[string]struct {
		path string
		want []string
		bad  bool
	}{
		"plain":            {path: "/a/B/c", want: []string{"a", "B", "c"}},
		"root":             {path: "/"},
		"one-slash-behind": {path: "/a/b/", want: []string{"a", "b"}},
		"decoded-once":     {path: "/a%2541", want: []string{"a%41"}},
		"space":            {path: "/a%20b", want: []string{"a b"}},
		"not-absolute":     {path: "a", bad: true},
		"empty":            {path: "", bad: true},
		"empty-segment":    {path: "/a//b", bad: true},
		"two-slashes":      {path: "/a//", bad: true},
		"dot-dot":          {path: "/a/../b", bad: true},
		"escaped-dot-dot":  {path: "/a/%2e%2E/b", bad: true},
		"dot":              {path: "/a/./b", bad: true},
		"encoded-slash":    {path: "/a%2Fb", bad: true},
		"backslash":        {path: "/a%5Cb", bad: true},
		"nul":              {path: "/a%00", bad: true},
		"newline":          {path: "/a%0Ab", bad: true},
		"bad-escape":       {path: "/a%zz", bad: true},
		"not-utf-8":        {path: "/a%ff", bad: true},
		"long":             {path: "/" + strings.Repeat("a/", 5000), bad: true},
		"long-segment":     {path: "/" + strings.Repeat("a", 2000), bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := splitPath(tc.path)
			if tc.bad != (err != nil) || !slices.Equal(got, tc.want) {
				t.Fatalf("splitPath(%q) = %q, %v; want %q, an error: %v", tc.path, got, err, tc.want, tc.bad)
			}
		})
	}
}

func FuzzSplitPath(f *testing.F) {
	for _, s := range []string{"/a/b", "/a%2Fb", "/%2e%2e/x", "/a//b", "/a%00", "/%25", "/subscriptions/s/resourceGroups/g/", "/a%F0%9F%98%80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		segs, err := splitPath(path)
		if err != nil {
			return
		}
		for _, s := range segs {
			if s == "" || s == "." || s == ".." || strings.ContainsAny(s, "/\\\x00\n\r\x7f") {
				t.Fatalf("splitPath(%q) let the segment %q through", path, s)
			}
		}
		if n := strings.Count(strings.TrimSuffix(path, "/"), "/"); n != len(segs) {
			t.Fatalf("splitPath(%q) has %d segments; the path has %d", path, len(segs), n)
		}
	})
}
