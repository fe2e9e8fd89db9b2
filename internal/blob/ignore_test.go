package blob_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/blob"
)

func TestIgnore(t *testing.T) {
	for _, tt := range []struct {
		rules, name string
		folder      bool
		want        bool
	}{
		{"*.pyc", "a.pyc", false, true},
		{"*.pyc", "deep/down/a.pyc", false, true},
		{"*.pyc", "a.pyc.txt", false, false},
		{"/data", "data", true, true},
		{"/data", "data/x", false, true},
		{"/data", "sub/data", true, false},
		{"data/", "sub/data/x", false, true},
		{"data/", "data", false, false}, // a file of that name
		{"a/b", "x/a/b", false, false},  // a slash in the middle anchors
		{"**/b", "x/a/b", false, true},
		{"a/**/b", "a/b", false, true},
		{"a/**/b", "a/x/y/b", false, true},
		{"a/**", "a/x/y", false, true},
		{"a/**", "a", true, false},
		{"*\n!keep.txt", "keep.txt", false, false},
		{"*\n!keep.txt", "lose.txt", false, true},
		{"dir/\n!dir/keep", "dir/keep", false, true}, // as git: the folder is gone already
		{"# *\n\n  ", "x", false, false},
		{`\#x`, "#x", false, true},
		{`\!x`, "!x", false, true},
		{"x   ", "x", false, true},
		{"x\r\n", "x", false, true},
		{"?.py", "a.py", false, true},
		{"?.py", "ab.py", false, false},
		{"[ab].py", "b.py", false, true},
		{"[!ab].py", "c.py", false, true},
		{"[!ab].py", "a.py", false, false},
		{"a+b(c).txt", "a+b(c).txt", false, true},
		{"모델*", "모델1", false, true},
		{"", ".git/config", false, true},
		{"", "src/__pycache__/x", false, true},
	} {
		ignore, err := blob.ParseIgnore("f", tt.rules)
		if err != nil {
			t.Errorf("%q: %v", tt.rules, err)
			continue
		}
		if got := ignore(tt.name, tt.folder); got != tt.want {
			t.Errorf("%q ignores %q (folder %t): %t, want %t", tt.rules, tt.name, tt.folder, got, tt.want)
		}
	}
	if _, err := blob.ParseIgnore("f", "ok\n[z-a]"); !atelier.IsKind(err, atelier.Invalid) {
		t.Errorf("a bad range: %v, want Invalid", err)
	}
}

func TestIgnoreFilePrefersAml(t *testing.T) {
	dir := t.TempDir()
	asks := func() (git, aml bool) {
		t.Helper()
		ignore, err := blob.IgnoreFile(dir)
		if err != nil {
			t.Fatal(err)
		}
		return ignore("g", false), ignore("a", false)
	}
	if g, a := asks(); g || a {
		t.Error("without a file something is ignored")
	}
	os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("g"), 0o600)
	if g, a := asks(); !g || a {
		t.Error(".gitignore is not read")
	}
	os.WriteFile(filepath.Join(dir, ".amlignore"), []byte("a"), 0o600)
	if g, a := asks(); g || !a {
		t.Error(".amlignore does not replace .gitignore")
	}
}
