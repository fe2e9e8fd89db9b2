// Package logs keeps what tasks print: append-only streams, one file each, by job,
// attempt and rank. Agents send stretches by offset and may repeat them; readers
// follow a job without polling.
package logs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/atelier-compute/atelier"
)

// DefaultLimit is how long a stream may grow.
const DefaultLimit = 1 << 30

// Marker ends a stream that was cut at its limit.
const Marker = "\n[Atelier cut this log here: it reached its size limit]\n"

// Store keeps streams below Root. It is safe for concurrent use.
type Store struct {
	Root  string
	Limit int64 // of one stream; 0 is DefaultLimit

	mu      sync.Mutex
	writing map[Key]*turn
	readers map[string][]*Follower // by job
}

// turn makes the appends to one stream go one after another.
type turn struct {
	sync.Mutex
	users int
}

// Key names a stream. Job is the UID of the job, so that a later job of the same
// name has its own logs; Stream is a path such as "user_logs/std_log.txt".
type Key struct {
	Job     string
	Attempt int
	Rank    int
	Stream  string
}

// Info describes a stream.
type Info struct {
	Key
	Size int64
}

// Append takes what r holds beyond the stream's size, where offset is the place in
// the stream of r's first byte, and returns up to where the stream is complete:
// the sender goes on from there. Bytes that are there already count as taken, so a
// repetition is harmless; a stretch that would leave a gap changes nothing. A
// stream at its limit takes no more and says that it has everything.
func (s *Store) Append(ctx context.Context, k Key, offset int64, r io.Reader) (size int64, err error) {
	name, err := k.file()
	if err != nil {
		return 0, err
	}
	if offset < 0 {
		return 0, atelier.Errorf(atelier.Invalid, "InvalidOffset", "the offset %d is negative", offset)
	}
	defer s.lock(k)()
	root, err := s.open()
	if err != nil {
		return 0, err
	}
	defer root.Close()
	f, size, err := openStream(root, name, offset == 0)
	if err != nil {
		return 0, fmt.Errorf("open log %s: %w", name, err)
	}
	if f == nil || offset > size && size <= s.limit() {
		if f != nil {
			f.Close()
		}
		return size, nil // a gap: the sender goes back
	}
	end, err := s.copy(ctx, f, size, offset, r)
	err = errors.Join(err, f.Close())
	if end > size {
		s.wake(k.Job)
	}
	if err != nil {
		return end, fmt.Errorf("append to log %s: %w", name, err)
	}
	return end, nil
}

// openStream opens a stream for appending. It makes one that is missing only when
// it is asked to begin; else f is nil.
func openStream(root *os.Root, name string, begin bool) (f *os.File, size int64, err error) {
	f, err = root.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if !begin {
			return nil, 0, nil
		}
		if err = root.MkdirAll(path.Dir(name), 0o700); err != nil {
			return nil, 0, err
		}
		f, err = root.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("not a plain file")
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// copy appends what is new of r and returns the new end of the stream.
func (s *Store) copy(ctx context.Context, f *os.File, size, offset int64, r io.Reader) (int64, error) {
	r = readerOf{ctx, r}
	if size > s.limit() { // cut before: only the marker makes it longer than the limit
		n, err := io.Copy(io.Discard, r)
		return offset + n, err
	}
	known := size - offset
	if n, err := io.CopyN(io.Discard, r, known); err != nil {
		if errors.Is(err, io.EOF) && n < known {
			return size, nil // all of it was known
		}
		return size, err
	}
	n, err := io.Copy(f, io.LimitReader(r, s.limit()-size))
	size += n
	if err != nil || size < s.limit() {
		return size, err
	}
	more, err := io.Copy(io.Discard, r)
	if more > 0 {
		_, werr := io.WriteString(f, Marker)
		err = errors.Join(err, werr)
	}
	return size + more, err
}

func (s *Store) limit() int64 {
	if s.Limit > 0 {
		return s.Limit
	}
	return DefaultLimit
}

// Open opens a stream for reading; reading again after the end gives what was
// appended since. NotFound if nothing was written yet.
func (s *Store) Open(_ context.Context, k Key) (io.ReadSeekCloser, int64, error) {
	name, err := k.file()
	if err != nil {
		return nil, 0, err
	}
	missing := atelier.Errorf(atelier.NotFound, "LogNotFound", "attempt %d, node %d has no log %q", k.Attempt, k.Rank, k.Stream)
	root, err := os.OpenRoot(s.Root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, missing
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open the logs: %w", err)
	}
	defer root.Close()
	f, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, 0, missing
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open log %s: %w", name, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = missing
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// List returns the streams of a job by attempt, rank and name.
func (s *Store) List(ctx context.Context, job string) ([]Info, error) {
	if err := checkSegment(job); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(s.Root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the logs: %w", err)
	}
	defer root.Close()
	var list []Info
	err = fs.WalkDir(root.FS(), job, func(name string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		info, err := e.Info()
		if err != nil || !e.Type().IsRegular() {
			return nil // gone meanwhile, or a folder
		}
		if k, ok := keyOf(name); ok {
			list = append(list, Info{Key: k, Size: info.Size()})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list logs of %s: %w", job, err)
	}
	slices.SortFunc(list, func(a, b Info) int {
		return cmp.Or(a.Attempt-b.Attempt, a.Rank-b.Rank, strings.Compare(a.Stream, b.Stream))
	})
	return list, nil
}

// Delete removes all streams of a job; nothing there is not an error.
func (s *Store) Delete(_ context.Context, job string) error {
	if err := checkSegment(job); err != nil {
		return err
	}
	root, err := os.OpenRoot(s.Root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the logs: %w", err)
	}
	defer root.Close()
	if err := root.RemoveAll(job); err != nil {
		return fmt.Errorf("delete logs of %s: %w", job, err)
	}
	s.wake(job)
	return nil
}

func (s *Store) open() (*os.Root, error) {
	root, err := os.OpenRoot(s.Root)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Clean(s.Root), 0o700); err == nil {
			root, err = os.OpenRoot(s.Root)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the logs: %w", err)
	}
	return root, nil
}

func (s *Store) lock(k Key) (unlock func()) {
	s.mu.Lock()
	if s.writing == nil {
		s.writing = map[Key]*turn{}
	}
	t := s.writing[k]
	if t == nil {
		t = &turn{}
		s.writing[k] = t
	}
	t.users++
	s.mu.Unlock()
	t.Lock()
	return func() {
		t.Unlock()
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.users--; t.users == 0 {
			delete(s.writing, k)
		}
	}
}

// file is where a stream is kept: JOB/ATTEMPT-RANK/STREAM.
func (k Key) file() (string, error) {
	if err := checkSegment(k.Job); err != nil {
		return "", err
	}
	segs := strings.Split(k.Stream, "/")
	if len(k.Stream) > 400 || len(segs) > 8 || k.Attempt < 0 || k.Rank < 0 {
		return "", atelier.Errorf(atelier.Invalid, "InvalidLogName", "the log name %.50q is too long or too deep", k.Stream)
	}
	for _, seg := range segs {
		if err := checkSegment(seg); err != nil {
			return "", err
		}
	}
	return path.Join(k.Job, strconv.Itoa(k.Attempt)+"-"+strconv.Itoa(k.Rank), k.Stream), nil
}

func keyOf(name string) (Key, bool) {
	job, rest, _ := strings.Cut(name, "/")
	try, stream, ok := strings.Cut(rest, "/")
	a, r, _ := strings.Cut(try, "-")
	attempt, err1 := strconv.Atoi(a)
	rank, err2 := strconv.Atoi(r)
	return Key{Job: job, Attempt: attempt, Rank: rank, Stream: stream}, ok && err1 == nil && err2 == nil
}

// checkSegment admits plain ASCII names that mean nothing special to any system.
func checkSegment(s string) error {
	ok := s != "" && len(s) <= 128 && s[0] != '.' && s[len(s)-1] != '.'
	for i := 0; ok && i < len(s); i++ {
		c := s[i]
		ok = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
	}
	if !ok {
		return atelier.Errorf(atelier.Invalid, "InvalidLogName", `%.50q cannot be part of a log's name; letters, digits, "-", "_" and "." can`, s)
	}
	return nil
}

type readerOf struct {
	ctx context.Context
	r   io.Reader
}

func (r readerOf) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
