// Package blobtest holds what every blob.Store must do, as tests that each
// implementation runs.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/blob"
)

// Run tests the stores that open returns; each must be empty.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	for name, f := range map[string]func(*testing.T, blob.Store){
		"put-and-open": putAndOpen, "prefixes": prefixes, "beginnings": beginnings, "bad-keys": badKeys, "odd-names": oddNames, "large": large,
		"broken-off": brokenOff, "seek": seek, "together": together, "join": join, "many": many,
	} {
		t.Run(name, func(t *testing.T) { f(t, open(t)) })
	}
}

func put(t *testing.T, s blob.Store, key, text string) {
	t.Helper()
	if n, err := s.Put(t.Context(), key, 0, strings.NewReader(text)); err != nil || n != int64(len(text)) {
		t.Fatalf("put %q: %d, %v", key, n, err)
	}
}

func read(t *testing.T, s blob.Store, key string) (string, blob.Info) {
	t.Helper()
	f, info, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), info
}

func keys(t *testing.T, s blob.Store, prefix string) string {
	t.Helper()
	list, err := s.List(t.Context(), prefix)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, i := range list {
		names = append(names, fmt.Sprintf("%s:%d", i.Key, i.Size))
	}
	return strings.Join(names, " ")
}

func putAndOpen(t *testing.T, s blob.Store) {
	if _, _, err := s.Open(t.Context(), "a/b"); !atelier.IsKind(err, atelier.NotFound) {
		t.Errorf("open of nothing: %v", err)
	}
	began := time.Now()
	put(t, s, "a/b", "one")
	put(t, s, "a/b", "three")
	put(t, s, "empty", "")
	got, info := read(t, s, "a/b")
	if got != "three" || info.Key != "a/b" || info.Size != 5 || info.Mode != 0 || info.ModTime.Before(began.Add(-3*time.Second)) || info.ModTime.After(time.Now().Add(3*time.Second)) {
		t.Errorf("got %q %+v", got, info)
	}
	if got, info := read(t, s, "empty"); got != "" || info.Size != 0 {
		t.Errorf("got %q %+v", got, info)
	}
	if _, err := s.Put(t.Context(), "run.sh", 0o755, strings.NewReader("#!")); err != nil {
		t.Fatal(err)
	}
	if _, info := read(t, s, "run.sh"); info.Mode&0o111 == 0 {
		t.Errorf("the executable bit is lost: %v", info.Mode)
	}
	list, err := s.List(t.Context(), "a/b")
	if err != nil || len(list) != 1 || !list[0].ModTime.Equal(info.ModTime) {
		t.Errorf("the list says %+v, Open %+v (%v)", list, info, err)
	}
}

func prefixes(t *testing.T, s blob.Store) {
	if got := keys(t, s, ""); got != "" {
		t.Fatalf("an empty store lists %q", got)
	}
	for _, key := range []string{"b/c.txt", "b/d/e", "a.txt", "b.txt", "b-x"} {
		put(t, s, key, "x")
	}
	for prefix, want := range map[string]string{
		"": "a.txt:1 b-x:1 b.txt:1 b/c.txt:1 b/d/e:1", "b": "b/c.txt:1 b/d/e:1", "b/c.txt": "b/c.txt:1", "b/d": "b/d/e:1", "a.txt/x": "", "c": "", "b/c": "",
	} {
		if got := keys(t, s, prefix); got != want {
			t.Errorf("below %q are %q, want %q", prefix, got, want)
		}
	}
	for range 2 {
		if err := s.Delete(t.Context(), "b"); err != nil {
			t.Fatal(err)
		}
	}
	if got := keys(t, s, ""); got != "a.txt:1 b-x:1 b.txt:1" {
		t.Errorf("delete of b leaves %q", got)
	}
	if err := s.Delete(t.Context(), "a.txt"); err != nil || keys(t, s, "") != "b-x:1 b.txt:1" {
		t.Errorf("delete of one: %v", err)
	}
	if err := s.Delete(t.Context(), ""); err != nil || keys(t, s, "") != "" {
		t.Errorf("delete of all: %v", err)
	}
}

// plain is a store without what it does better than others.
type plain struct{ blob.Store }

func beginnings(t *testing.T, s blob.Store) {
	for _, key := range []string{"d/job1/a", "d/job12/b", "d/job", "e/job1", "d/jo/x/y", "a"} {
		put(t, s, key, "x")
	}
	for prefix, want := range map[string]string{
		"d/job1": "d/job1/a d/job12/b", "d/job1/": "d/job1/a", "d/job": "d/job d/job1/a d/job12/b", "d/": "d/jo/x/y d/job d/job1/a d/job12/b", "d": "d/jo/x/y d/job d/job1/a d/job12/b",
		"": "a d/jo/x/y d/job d/job1/a d/job12/b e/job1", "d/jo/x/y": "d/jo/x/y", "d/jo/x/y/": "", "a/": "", "a/b": "", "none/x": "", "../": "", "d//": "", "/": "", "d/../": "", "..": "",
	} {
		for name, s := range map[string]blob.Store{"own": s, "by-list": plain{s}} {
			list, err := blob.ListPrefix(t.Context(), s, prefix)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, b := range list {
				names = append(names, b.Key)
			}
			if got := strings.Join(names, " "); got != want {
				t.Errorf("%s: with %q begin %q, want %q", name, prefix, got, want)
			}
		}
	}
}

func badKeys(t *testing.T, s blob.Store) {
	for _, key := range []string{"", "/a", "..", "a/../../b", "a//b", "./a", "a/", `a\b`, "a\x00b", "\xff", strings.Repeat("x", 300)} {
		if _, err := s.Put(t.Context(), key, 0, strings.NewReader("x")); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("put %.40q: %v", key, err)
		}
		if _, _, err := s.Open(t.Context(), key); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("open %.40q: %v", key, err)
		}
		if key == "" {
			continue
		}
		if _, err := s.List(t.Context(), key); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("list %.40q: %v", key, err)
		}
		if err := s.Delete(t.Context(), key); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("delete %.40q: %v", key, err)
		}
	}
	if got := keys(t, s, ""); got != "" {
		t.Errorf("something was stored: %q", got)
	}
}

func oddNames(t *testing.T, s blob.Store) {
	for _, key := range []string{"a b", "a+b", "ä/ö.txt", "100%", "%2e%2e/x", "a?b=c&d", "a#b", "x=y;z", "q'\"", "tilde~", "$@:,!*()", "日本"} {
		put(t, s, "odd/"+key, key)
		if got, _ := read(t, s, "odd/"+key); got != key {
			t.Errorf("%q reads %q", key, got)
		}
		if got := keys(t, s, "odd/"+key); got != fmt.Sprintf("odd/%s:%d", key, len(key)) {
			t.Errorf("%q lists %q", key, got)
		}
	}
	if err := s.Delete(t.Context(), "odd"); err != nil || keys(t, s, "") != "" {
		t.Errorf("delete leaves %q, %v", keys(t, s, ""), err)
	}
}

// pattern yields size bytes that differ from place to place.
func pattern(size int) io.Reader {
	var b bytes.Buffer
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%015d\n", i)
	}
	return io.LimitReader(&b, int64(size))
}

func large(t *testing.T, s blob.Store) {
	for _, size := range []int{16 << 20, 33 << 20} {
		if n, err := s.Put(t.Context(), "large", 0, pattern(size)); err != nil || n != int64(size) {
			t.Fatalf("put: %d, %v", n, err)
		}
		want, _ := io.ReadAll(pattern(size))
		if got, info := read(t, s, "large"); got != string(want) || info.Size != int64(size) {
			t.Errorf("%d bytes come back as %d", size, len(got))
		}
	}
}

var errBroken = errors.New("broken off")

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// brokenOff: what does not arrive as a whole leaves what was there.
func brokenOff(t *testing.T, s blob.Store) {
	put(t, s, "a", "old")
	for _, size := range []int{0, 5, 20 << 20} {
		for _, err := range []error{errBroken, io.ErrUnexpectedEOF} {
			if _, got := s.Put(t.Context(), "a", 0, io.MultiReader(pattern(size), failing{err})); !errors.Is(got, err) {
				t.Errorf("put of %d bytes that break off: %v", size, got)
			}
			if _, got := s.Put(t.Context(), "new", 0, io.MultiReader(pattern(size), failing{err})); !errors.Is(got, err) {
				t.Errorf("put of %d bytes that break off: %v", size, got)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Put(ctx, "a", 0, strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("put by nobody: %v", err)
	}
	if got := keys(t, s, ""); got != "a:3" {
		t.Errorf("left are %q", got)
	}
}

func seek(t *testing.T, s blob.Store) {
	put(t, s, "a", "0123456789")
	f, _, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, step := range []struct {
		offset int64
		whence int
		at     int64
		want   string
	}{{3, io.SeekStart, 3, "34"}, {1, io.SeekCurrent, 6, "67"}, {-2, io.SeekEnd, 8, "89"}, {0, io.SeekStart, 0, "01"}, {0, io.SeekCurrent, 2, "23"}} {
		at, err := f.Seek(step.offset, step.whence)
		if err != nil || at != step.at {
			t.Fatalf("seek: %d, %v, want %d", at, err, step.at)
		}
		b := make([]byte, 2)
		if _, err := io.ReadFull(f, b); err != nil || string(b) != step.want {
			t.Errorf("at %d is %q, %v", at, b, err)
		}
	}
	if _, err := f.Seek(0, io.SeekEnd); err != nil {
		t.Fatal(err)
	}
	if n, err := f.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %d, %v", n, err)
	}
	if _, err := f.Seek(-1, io.SeekStart); err == nil {
		t.Error("a seek before the beginning works")
	}
}

// together: readers see one writer's bytes.
func together(t *testing.T, s blob.Store) {
	var wg sync.WaitGroup
	put(t, s, "a", strings.Repeat("z", 1000))
	for i := range 8 {
		wg.Go(func() {
			text := strings.Repeat(string(rune('a'+i)), 1000)
			if _, err := s.Put(t.Context(), "a", 0, strings.NewReader(text)); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			f, _, err := s.Open(t.Context(), "a")
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			b, err := io.ReadAll(f)
			if atelier.IsKind(err, atelier.Transient) {
				return // changed meanwhile, and said so
			}
			if err != nil || len(b) != 1000 || strings.Trim(string(b), string(b[:1])) != "" {
				t.Errorf("read %d bytes of a mixture, %v", len(b), err)
			}
		})
	}
	wg.Wait()
}

func join(t *testing.T, s blob.Store) {
	put(t, s, "parts/1", "one ")
	put(t, s, "parts/2", "")
	put(t, s, "parts/3", "three ")
	if err := blob.Join(t.Context(), s, "whole", []string{"parts/3", "parts/2", "parts/1", "parts/3"}); err != nil {
		t.Fatal(err)
	}
	if got, _ := read(t, s, "whole"); got != "three one three " {
		t.Errorf("joined is %q", got)
	}
	if err := blob.Join(t.Context(), s, "whole", nil); err != nil {
		t.Fatal(err)
	}
	if got, _ := read(t, s, "whole"); got != "" {
		t.Errorf("nothing joined is %q", got)
	}
	if err := blob.Join(t.Context(), s, "other", []string{"parts/1", "none"}); !atelier.IsKind(err, atelier.NotFound) {
		t.Errorf("join with a part that is not there: %v", err)
	}
	if got := keys(t, s, ""); got != "parts/1:4 parts/2:0 parts/3:6 whole:0" {
		t.Errorf("left are %q", got)
	}
}

func many(t *testing.T, s blob.Store) {
	const n = 1500 // more than a page of S3
	for i := range n {
		put(t, s, fmt.Sprintf("m/%05d", i), "")
	}
	list, err := s.List(t.Context(), "m")
	if err != nil || len(list) != n || list[n-1].Key != "m/01499" {
		t.Fatalf("%d are listed, %v", len(list), err)
	}
	if err := s.Delete(t.Context(), "m"); err != nil || keys(t, s, "") != "" {
		t.Errorf("delete: %v, left %.60q", err, keys(t, s, ""))
	}
}
