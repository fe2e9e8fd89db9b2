package logs_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/logs"
)

var key = logs.Key{Job: "u1", Attempt: 1, Stream: "user_logs/std_log.txt"}

func appends(t *testing.T, s *logs.Store, k logs.Key, offset int64, text string, want int64) {
	t.Helper()
	got, err := s.Append(t.Context(), k, offset, strings.NewReader(text))
	if err != nil || got != want {
		t.Errorf("append %q at %d: complete to %d (%v), want %d", text, offset, got, err, want)
	}
}

func content(t *testing.T, s *logs.Store, k logs.Key) string {
	t.Helper()
	f, _, err := s.Open(t.Context(), k)
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

func TestAppend(t *testing.T) {
	s := &logs.Store{Root: filepath.Join(t.TempDir(), "new")}
	if _, _, err := s.Open(t.Context(), key); !atelier.IsKind(err, atelier.NotFound) {
		t.Errorf("open before the first byte: %v", err)
	}
	appends(t, s, key, 5, "late", 0) // a gap at the very start
	appends(t, s, key, 0, "hello ", 6)
	appends(t, s, key, 0, "hello ", 6) // repeated
	appends(t, s, key, 2, "ll", 6)     // an old part
	appends(t, s, key, 3, "lo world", 11)
	appends(t, s, key, 12, "gap", 11)
	appends(t, s, key, 0, "", 11) // a question
	appends(t, s, key, 11, "!", 12)
	if got := content(t, s, key); got != "hello world!" {
		t.Errorf("the log is %q", got)
	}
	if _, err := s.Append(t.Context(), key, -1, strings.NewReader("x")); !atelier.IsKind(err, atelier.Invalid) {
		t.Errorf("a negative offset: %v", err)
	}
}

// Whatever is repeated, late or cut off: the log ends up as it was written.
func TestAppendAnyOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	text := strings.Repeat("0123456789abcdef\n", 200)
	for range 20 {
		s := &logs.Store{Root: t.TempDir()}
		for have := int64(0); have < int64(len(text)); {
			from := rnd.Int64N(min(have+40, int64(len(text))))
			to := min(from+rnd.Int64N(300), int64(len(text)))
			r := io.Reader(strings.NewReader(text[from:to]))
			if rnd.IntN(4) == 0 {
				r = io.MultiReader(io.LimitReader(r, (to-from)/2), cut{})
			}
			got, err := s.Append(t.Context(), key, from, r)
			if err != nil && !errors.Is(err, errCut) {
				t.Fatal(err)
			}
			if got < have {
				t.Fatalf("went back from %d to %d", have, got)
			}
			have = got
		}
		if content(t, s, key) != text {
			t.Fatal("the log is not what was written")
		}
	}
}

var errCut = errors.New("line cut")

type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, errCut }

func TestLimit(t *testing.T) {
	s := &logs.Store{Root: t.TempDir(), Limit: 10}
	appends(t, s, key, 0, "01234567", 8)
	appends(t, s, key, 8, "89", 10)
	if got := content(t, s, key); got != "0123456789" {
		t.Errorf("a log of exactly the limit is %q", got)
	}
	appends(t, s, key, 10, "abc", 13)
	appends(t, s, key, 13, "def", 16)
	appends(t, s, key, 4, "4567", 8)  // a repetition after the cut
	appends(t, s, key, 500, "x", 501) // the sender is never sent back
	if got := content(t, s, key); got != "0123456789"+logs.Marker {
		t.Errorf("a cut log is %q", got)
	}
}

func TestNames(t *testing.T) {
	s := &logs.Store{Root: t.TempDir()}
	for _, k := range []logs.Key{
		{Job: "..", Stream: "x"},
		{Job: "", Stream: "x"},
		{Job: "a/b", Stream: "x"},
		{Job: "u", Stream: ""},
		{Job: "u", Stream: "../x"},
		{Job: "u", Stream: "/x"},
		{Job: "u", Stream: "a//b"},
		{Job: "u", Stream: "a/./b"},
		{Job: "u", Stream: `a\b`},
		{Job: "u", Stream: "a\x00"},
		{Job: "u", Stream: "a\n"},
		{Job: "u", Stream: strings.Repeat("a/", 9) + "a"},
		{Job: "u", Stream: "x", Attempt: -1},
	} {
		if _, err := s.Append(t.Context(), k, 0, strings.NewReader("x")); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("append to %+v: %v, want Invalid", k, err)
		}
		if _, _, err := s.Open(t.Context(), k); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("open %+v: %v, want Invalid", k, err)
		}
	}
	if left, _ := os.ReadDir(s.Root); len(left) != 0 {
		t.Errorf("something was written: %v", left)
	}
	if err := s.Delete(t.Context(), ".."); !atelier.IsKind(err, atelier.Invalid) {
		t.Errorf("delete ..: %v", err)
	}
}

func TestListAndDelete(t *testing.T) {
	s := &logs.Store{Root: t.TempDir()}
	for _, k := range []logs.Key{{"u1", 10, 0, "b"}, {"u1", 2, 1, "a/x"}, {"u1", 2, 0, "z"}, {"u2", 1, 0, "a"}} {
		appends(t, s, k, 0, "x", 1)
	}
	list, err := s.List(t.Context(), "u1")
	want := []logs.Info{{logs.Key{"u1", 2, 0, "z"}, 1}, {logs.Key{"u1", 2, 1, "a/x"}, 1}, {logs.Key{"u1", 10, 0, "b"}, 1}}
	if err != nil || len(list) != 3 || list[0] != want[0] || list[1] != want[1] || list[2] != want[2] {
		t.Errorf("list is %v (%v), want %v", list, err, want)
	}
	for range 2 {
		if err := s.Delete(t.Context(), "u1"); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := s.List(t.Context(), "u1"); len(list) != 0 || err != nil {
		t.Errorf("after delete: %v (%v)", list, err)
	}
	if content(t, s, logs.Key{"u2", 1, 0, "a"}) != "x" {
		t.Error("delete took another job's log")
	}
}

func TestFollow(t *testing.T) {
	s := &logs.Store{Root: t.TempDir()}
	f := s.Follow("u1")
	appends(t, s, logs.Key{Job: "u2", Stream: "x"}, 0, "other", 5)
	appends(t, s, key, 0, "", 0)
	select {
	case <-f.Wake:
		t.Error("woken without a change")
	default:
	}
	appends(t, s, key, 0, "a", 1)
	appends(t, s, key, 1, "b", 2)
	<-f.Wake
	select {
	case <-f.Wake:
		t.Error("two changes woke twice")
	default:
	}
	f.Close()
	appends(t, s, key, 2, "c", 3)
	select {
	case <-f.Wake:
		t.Error("woken after Close")
	default:
	}
}

// A follower sees every byte, once, in order, while several write.
func TestFollowWhileWriting(t *testing.T) {
	s := &logs.Store{Root: t.TempDir()}
	const lines = 300
	text := strings.Repeat("line\n", lines)
	f := s.Follow(key.Job)
	defer f.Close()
	var wg sync.WaitGroup
	for range 2 { // the second repeats all that the first says
		wg.Go(func() {
			for i := 0; i < len(text); i += 5 {
				if _, err := s.Append(t.Context(), key, int64(i), strings.NewReader(text[i:i+5])); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var got strings.Builder
	var r io.ReadCloser
	for deadline := time.After(30 * time.Second); got.Len() < len(text); {
		select {
		case <-f.Wake:
		case <-deadline:
			t.Fatalf("the follower hangs after %d bytes", got.Len())
		}
		if r == nil {
			r, _, _ = s.Open(t.Context(), key)
			defer r.Close()
		}
		if _, err := io.Copy(&got, r); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	if got.String() != text {
		t.Error("the follower read something else than was written")
	}
}
