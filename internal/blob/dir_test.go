package blob_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/blob"
)

func put(t *testing.T, s blob.Store, key, text string) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, 0, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, s blob.Store, key string) string {
	t.Helper()
	f, _, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func keys(t *testing.T, s blob.Store, prefix string) string {
	t.Helper()
	list, err := s.List(t.Context(), prefix)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, i := range list {
		names = append(names, i.Key)
	}
	return strings.Join(names, " ")
}

func TestDir(t *testing.T) {
	s := blob.Dir{Root: filepath.Join(t.TempDir(), "new"), Sync: true}
	if got := keys(t, s, ""); got != "" {
		t.Errorf("an absent folder lists %q", got)
	}
	put(t, s, "b/c.txt", "one")
	put(t, s, "b/c.txt", "two")
	put(t, s, "a.txt", "three")
	put(t, s, "b.txt", "four")
	if got := read(t, s, "b/c.txt"); got != "two" {
		t.Errorf("read %q, want the newer text", got)
	}
	if got := keys(t, s, ""); got != "a.txt b.txt b/c.txt" {
		t.Errorf("list is %q", got)
	}
	if got := keys(t, s, "b"); got != "b/c.txt" {
		t.Errorf("list of b is %q: b.txt is not below b", got)
	}
	if got := keys(t, s, "b/c.txt"); got != "b/c.txt" {
		t.Errorf("list of a blob is %q", got)
	}
	if got := keys(t, s, "a.txt/x"); got != "" {
		t.Errorf("list below a file is %q", got)
	}
	if _, err := s.Put(t.Context(), "b", 0, strings.NewReader("")); !atelier.IsKind(err, atelier.Conflict) {
		t.Errorf("a file over a folder: %v", err)
	}
	if _, err := s.Put(t.Context(), "a.txt/x/y", 0, strings.NewReader("")); !atelier.IsKind(err, atelier.Conflict) {
		t.Errorf("a folder over a file: %v", err)
	}
	for range 2 {
		if err := s.Delete(t.Context(), "b"); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.Open(t.Context(), "b/c.txt"); !atelier.IsKind(err, atelier.NotFound) {
		t.Errorf("open after delete: %v", err)
	}
	if got := keys(t, s, ""); got != "a.txt b.txt" {
		t.Errorf("delete of b leaves %q", got)
	}
	if err := s.Delete(t.Context(), ""); err != nil || keys(t, s, "") != "" {
		t.Errorf("delete of everything: %v", err)
	}
}

func TestDirBadKeys(t *testing.T) {
	s := blob.Dir{Root: t.TempDir()}
	for _, key := range []string{"", "/etc/passwd", "..", "a/../../b", "a//b", "./a", "a/.", "a/", `a\b`, "a\x00b", "\xff", "x.partial~", strings.Repeat("x", 300), strings.Repeat("x/", 1100) + "x"} {
		_, err := s.Put(t.Context(), key, 0, strings.NewReader(""))
		if !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("put %.40q: %v, want Invalid", key, err)
		}
		if _, _, err := s.Open(t.Context(), key); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("open %.40q: %v, want Invalid", key, err)
		}
		if err := s.Delete(t.Context(), key); key != "" && !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("delete %.40q: %v, want Invalid", key, err)
		}
	}
}

func TestDirFollowsNoLinks(t *testing.T) {
	out, dir := t.TempDir(), t.TempDir()
	s := blob.Dir{Root: dir}
	if err := os.WriteFile(filepath.Join(out, "secret"), []byte("s"), 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, s, "real/f", "f")
	for link, to := range map[string]string{"out": out, "file": filepath.Join(out, "secret"), "in": "real", "dangling": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"out/secret", "file", "in/f"} {
		if _, _, err := s.Open(t.Context(), key); err == nil {
			t.Errorf("open %q went through a link", key)
		}
	}
	for _, key := range []string{"out/new", "in/new"} {
		if _, err := s.Put(t.Context(), key, 0, strings.NewReader("x")); err == nil {
			t.Errorf("put %q went through a link", key)
		}
	}
	if got := keys(t, s, ""); got != "real/f" {
		t.Errorf("list is %q, want no links", got)
	}
	s.Delete(t.Context(), "in/f")
	s.Delete(t.Context(), "out/secret")
	if err := s.Delete(t.Context(), "out"); err != nil {
		t.Errorf("delete of a link: %v", err)
	}
	if _, err := os.Stat(filepath.Join(out, "secret")); err != nil || read(t, s, "real/f") != "f" {
		t.Errorf("a delete went through a link: %v", err)
	}
	put(t, s, "file", "replaced")
	if b, _ := os.ReadFile(filepath.Join(out, "secret")); string(b) != "s" {
		t.Error("a put wrote through a link")
	}
}

// A failed put must leave the old bytes, and nothing half-written in sight.
func TestDirPutIsWhole(t *testing.T) {
	s := blob.Dir{Root: t.TempDir()}
	put(t, s, "k", "old")
	broken := io.MultiReader(strings.NewReader("half"), errReader{})
	if _, err := s.Put(t.Context(), "k", 0, broken); err == nil {
		t.Fatal("a broken reader is not an error")
	}
	if got := read(t, s, "k"); got != "old" {
		t.Errorf("a failed put leaves %q", got)
	}
	a, b := bytes.Repeat([]byte("a"), 1<<16), bytes.Repeat([]byte("b"), 1<<16)
	var wg sync.WaitGroup
	for _, body := range [][]byte{a, b} {
		wg.Go(func() {
			for range 50 {
				if _, err := s.Put(t.Context(), "k", 0, bytes.NewReader(body)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 50 {
		if got := []byte(read(t, s, "k")); string(got) != "old" && !bytes.Equal(got, a) && !bytes.Equal(got, b) {
			t.Fatalf("read a mixture of %d bytes", len(got))
		}
	}
	wg.Wait()
	if got := keys(t, s, ""); got != "k" {
		t.Errorf("list is %q", got)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("line cut") }

func TestDirSweep(t *testing.T) {
	s := blob.Dir{Root: t.TempDir()}
	put(t, s, "a/b", "x")
	half := filepath.Join(s.Root, "a", "c.0a1b2c3d.partial~")
	if err := os.WriteFile(half, []byte("ha"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Sweep(t.Context(), time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(half); err != nil {
		t.Errorf("a file that is being written is gone: %v", err)
	}
	if err := s.Sweep(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Dir(half)); err != nil || len(left) != 1 || left[0].Name() != "b" {
		t.Errorf("left are %v, %v", left, err)
	}
	if err := (blob.Dir{Root: filepath.Join(s.Root, "none")}).Sweep(t.Context(), time.Now()); err != nil {
		t.Errorf("without a folder: %v", err)
	}
}
