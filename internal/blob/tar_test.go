package blob_test

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/blob"
)

func archive(t testing.TB, hs ...tar.Header) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range hs {
		body := h.Uname // the content, for brevity
		h.Uname = ""
		if h.Typeflag == 0 {
			h.Typeflag, h.Size = tar.TypeReg, int64(len(body))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func file(name, body string) tar.Header { return tar.Header{Name: name, Uname: body, Mode: 0o644} }

func TestUntarRefuses(t *testing.T) {
	dir := func(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeDir} }
	for name, tt := range map[string]struct {
		in   []tar.Header
		kind atelier.Kind
		says string
	}{
		"absolute":         {[]tar.Header{file("/etc/x", "")}, atelier.Invalid, `"/etc/x"`},
		"dot-dot":          {[]tar.Header{file("a/../../x", "")}, atelier.Invalid, `a/../../x`},
		"dot-dot-folder":   {[]tar.Header{dir("../x/")}, atelier.Invalid, `../x`},
		"backslash":        {[]tar.Header{file(`a\b`, "")}, atelier.Invalid, "backslash"},
		"not-utf8":         {[]tar.Header{file("a\xff", "")}, atelier.Invalid, "UTF-8"},
		"symlink":          {[]tar.Header{{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/etc"}}, atelier.Invalid, `"l"`},
		"hard-link":        {[]tar.Header{{Name: "l", Typeflag: tar.TypeLink, Linkname: "x"}}, atelier.Invalid, `"l"`},
		"device":           {[]tar.Header{{Name: "d", Typeflag: tar.TypeChar}}, atelier.Invalid, `"d"`},
		"fifo":             {[]tar.Header{{Name: "p", Typeflag: tar.TypeFifo}}, atelier.Invalid, `"p"`},
		"twice":            {[]tar.Header{file("a", "1"), file("a", "2")}, atelier.Invalid, `"a" twice`},
		"twice-by-dot":     {[]tar.Header{file("a", "1"), file("./a", "2")}, atelier.Invalid, `"a" twice`},
		"case":             {[]tar.Header{file("Train.py", ""), file("train.py", "")}, atelier.Invalid, "rename one"},
		"case-of-folder":   {[]tar.Header{file("A/x", ""), file("a/y", "")}, atelier.Invalid, "rename one"},
		"file-then-folder": {[]tar.Header{file("a", ""), file("a/b", "")}, atelier.Invalid, "file and as a folder"},
		"folder-then-file": {[]tar.Header{dir("a/"), file("a", "")}, atelier.Invalid, "file and as a folder"},
		"too-many":         {[]tar.Header{file("1", ""), file("2", ""), file("3", ""), file("4", "")}, atelier.TooLarge, `"4"`},
		"file-too-big":     {[]tar.Header{file("big", "0123456789")}, atelier.TooLarge, `"big"`},
		"all-too-big":      {[]tar.Header{file("a", "0123456"), file("b", "0123456")}, atelier.TooLarge, `"b"`},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			_, err := blob.Untar(t.Context(), blob.Dir{Root: filepath.Join(root, "in")}, "p", archive(t, tt.in...), blob.Limits{Files: 3, Bytes: 10, FileBytes: 8})
			if !atelier.IsKind(err, tt.kind) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error is %v, want %s with %s", err, tt.kind, tt.says)
			}
			if left, _ := os.ReadDir(root); len(left) > 1 {
				t.Errorf("something was written outside: %v", left)
			}
		})
	}
	for name, body := range map[string]string{"garbage": strings.Repeat("garbage ", 200), "cut": archive(t, file("a", strings.Repeat("x", 2000))).String()[:1000]} {
		if _, err := blob.Untar(t.Context(), blob.Dir{Root: t.TempDir()}, "", strings.NewReader(body), blob.Limits{}); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
}

func TestSameTreeSameHash(t *testing.T) {
	untar := func(hs ...tar.Header) blob.Summary {
		t.Helper()
		s, err := blob.Untar(t.Context(), blob.Dir{Root: t.TempDir()}, "", archive(t, hs...), blob.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	run := file("sub/run.sh", "echo")
	run.Mode = 0o755
	one := untar(file("a.py", "a"), tar.Header{Name: "sub/", Typeflag: tar.TypeDir}, run)
	if two := untar(run, file("./a.py", "a")); two.SHA256 != one.SHA256 || two.Files != 2 || two.Bytes != 5 {
		t.Errorf("another order gives %+v, want %+v", two, one)
	}
	for name, other := range map[string]blob.Summary{
		"content": untar(file("a.py", "b"), run),
		"name":    untar(file("b.py", "a"), run),
		"exec":    untar(file("a.py", "a"), file("sub/run.sh", "echo")),
		"less":    untar(file("a.py", "a")),
	} {
		if other.SHA256 == one.SHA256 {
			t.Errorf("a different %s has the same hash", name)
		}
	}

	dir := t.TempDir()
	d := blob.Dir{Root: dir}
	if _, err := blob.Untar(t.Context(), d, "", archive(t, run, file("a.py", "a"), file("skip/me", "x")), blob.Limits{}); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.py", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	ignore := func(name string, folder bool) bool { return folder && name == "skip" }
	local, err := blob.HashDir(t.Context(), dir, ignore)
	if err != nil || local.SHA256 != one.SHA256 || len(local.Skipped) != 1 {
		t.Errorf("HashDir: %+v, %v", local, err)
	}
	var b bytes.Buffer
	if sent, err := blob.TarDir(t.Context(), dir, ignore, &b); err != nil || sent.SHA256 != one.SHA256 {
		t.Errorf("TarDir: %+v, %v", sent, err)
	}
	if got, err := blob.Untar(t.Context(), blob.Dir{Root: t.TempDir()}, "", &b, blob.Limits{}); err != nil || got.SHA256 != one.SHA256 {
		t.Errorf("Untar of TarDir: %+v, %v", got, err)
	}
}

func TestTar(t *testing.T) {
	s := blob.Dir{Root: t.TempDir()}
	put(t, s, "p/a", "1")
	put(t, s, "p/b/c", "2")
	put(t, s, "pp", "3")
	for prefix, want := range map[string]string{"p": "a b/c", "p/b/c": "c", "none": ""} {
		var b bytes.Buffer
		if err := blob.Tar(t.Context(), s, prefix, &b); err != nil {
			t.Fatal(err)
		}
		to := blob.Dir{Root: t.TempDir()}
		if _, err := blob.Untar(t.Context(), to, "", &b, blob.Limits{}); err != nil {
			t.Fatal(err)
		}
		if got := keys(t, to, ""); got != want {
			t.Errorf("tar of %q holds %q, want %q", prefix, got, want)
		}
	}
}

func FuzzUntar(f *testing.F) {
	f.Add(archive(f, file("a/b", "x"), tar.Header{Name: "d/", Typeflag: tar.TypeDir}).Bytes())
	f.Add(archive(f, tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: ".."}, file("l/x", "x")).Bytes())
	f.Fuzz(func(t *testing.T, body []byte) {
		root := t.TempDir()
		in := filepath.Join(root, "in")
		s, err := blob.Untar(t.Context(), blob.Dir{Root: in}, "p", bytes.NewReader(body), blob.Limits{Files: 50, Bytes: 1 << 16, FileBytes: 1 << 14})
		if left, _ := os.ReadDir(root); len(left) > 1 {
			t.Fatalf("written outside: %v", left)
		}
		if err != nil {
			return
		}
		again, err := blob.HashDir(t.Context(), in, nil)
		if s.Files > 0 && (err != nil || again.Files != s.Files || again.Bytes != s.Bytes) {
			t.Fatalf("untar says %+v, on disk is %+v (%v)", s, again, err)
		}
	})
}
