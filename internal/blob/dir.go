package blob

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/atelier-compute/atelier"
)

// Dir keeps blobs as files below a folder. It never leaves the folder and never
// follows a symbolic link, also when somebody else changes the folder meanwhile.
type Dir struct {
	Root string // made when missing
	Sync bool   // Put returns when the bytes survive a power cut
}

var _ interface {
	Store
	Joiner
	PrefixLister
} = Dir{}

// partial ends the names of files that are being written. No key may use it.
const partial = ".partial~"

// Limits of a key.
const (
	maxKey     = 2048
	maxSegment = 255 - len(partial) - 9 // what file systems allow, less what Put adds
)

// CheckKey returns an Invalid error unless the key is a clean relative slash path
// that every file system can hold.
func CheckKey(key string) error {
	bad := func(why string) error {
		return atelier.Errorf(atelier.Invalid, "InvalidPath", "the path %q %s", clip(key), why)
	}
	switch {
	case key == "":
		return bad("is empty")
	case len(key) > maxKey:
		return bad(fmt.Sprintf("is longer than %d bytes; shorten it", maxKey))
	case !utf8.ValidString(key):
		return bad("is not UTF-8")
	case strings.ContainsRune(key, 0):
		return bad("contains a NUL character")
	case strings.ContainsRune(key, '\\'):
		return bad(`contains a backslash; separate folders with "/"`)
	case strings.HasPrefix(key, "/"):
		return bad("is absolute; give one that is relative to the folder")
	}
	for seg := range strings.SplitSeq(key, "/") {
		switch {
		case seg == "..":
			return bad(`contains "..", which would lead out of the folder`)
		case seg == "" || seg == ".":
			return bad("is not a clean path")
		case len(seg) > maxSegment:
			return bad(fmt.Sprintf("has a name longer than %d bytes; shorten it", maxSegment))
		case strings.HasSuffix(seg, partial):
			return bad(fmt.Sprintf("ends in %q, which is reserved", partial))
		}
	}
	return nil
}

func clip(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}

// Put implements Store.
func (d Dir) Put(ctx context.Context, key string, mode fs.FileMode, r io.Reader) (int64, error) {
	return d.place(key, mode, func(f *os.File, _ reopen) (int64, error) {
		return copyAll(f, readerOf{ctx, r})
	})
}

// reopen opens the file that is being written once more.
type reopen func() (*os.File, error)

// place puts a file where the key says once fill has written it.
func (d Dir) place(key string, mode fs.FileMode, fill func(*os.File, reopen) (int64, error)) (int64, error) {
	if err := CheckKey(key); err != nil {
		return 0, err
	}
	if err := os.MkdirAll(d.Root, 0o700); err != nil {
		return 0, fmt.Errorf("make the blob folder: %w", err)
	}
	root, err := os.OpenRoot(d.Root)
	if err != nil {
		return 0, fmt.Errorf("open the blob folder: %w", err)
	}
	defer root.Close()
	if err := d.makeParents(root, path.Dir(key)); err != nil {
		return 0, fmt.Errorf("put %q: %w", key, err)
	}
	var salt [4]byte
	rand.Read(salt[:])
	tmp := key + "." + hex.EncodeToString(salt[:]) + partial
	n, err := d.write(root, tmp, mode, fill)
	if err == nil {
		err = root.Rename(tmp, key)
	}
	if err != nil {
		root.Remove(tmp)
		if errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.EEXIST) || errors.Is(err, syscall.ENOTEMPTY) {
			return 0, atelier.Errorf(atelier.Conflict, "PathConflict", "%q is a folder already; a file cannot take its name", key)
		}
		return 0, fmt.Errorf("put %q: %w", key, err)
	}
	if d.Sync {
		if err := syncFolder(root, path.Dir(key)); err != nil {
			return 0, fmt.Errorf("put %q: %w", key, err)
		}
	}
	return n, nil
}

func (d Dir) write(root *os.Root, name string, mode fs.FileMode, fill func(*os.File, reopen) (int64, error)) (int64, error) {
	perm := fs.FileMode(0o600)
	if mode&0o111 != 0 {
		perm = 0o700
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return 0, err
	}
	n, err := fill(f, func() (*os.File, error) { return root.OpenFile(name, os.O_WRONLY, 0) })
	if err == nil && d.Sync {
		err = f.Sync()
	}
	return n, errors.Join(err, f.Close())
}

// copyBuffer is large, since readers give little at a time and each write costs.
const copyBuffer = 256 << 10

var copyBuffers = sync.Pool{New: func() any { b := make([]byte, copyBuffer); return &b }}

func copyAll(w io.Writer, r io.Reader) (size int64, err error) {
	buf := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buf)
	for end := false; !end; {
		var n int
		if n, end, err = fillUp(r, *buf); err != nil {
			return size, err
		}
		if _, err := w.Write((*buf)[:n]); err != nil {
			return size, err
		}
		size += int64(n)
	}
	return size, nil
}

// makeParents makes the folders above a key; none may be a link.
func (d Dir) makeParents(root *os.Root, dir string) error {
	if dir == "." {
		return nil
	}
	info, err := root.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := d.makeParents(root, path.Dir(dir)); err != nil {
			return err
		}
		if err := root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if d.Sync {
			if err := syncFolder(root, path.Dir(dir)); err != nil {
				return err
			}
		}
		info, err = root.Lstat(dir)
	}
	if errors.Is(err, syscall.ENOTDIR) || err == nil && !info.IsDir() {
		return atelier.Errorf(atelier.Conflict, "PathConflict", "%q is a file already; a folder cannot take its name", dir)
	}
	if err != nil {
		return err
	}
	return noLinks(root, path.Dir(dir))
}

// noLinks fails if the path, or a folder above it, is a symbolic link.
func noLinks(root *os.Root, name string) error {
	for ; name != "."; name = path.Dir(name) {
		info, err := root.Lstat(name)
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			return fmt.Errorf("%q is a symbolic link", name)
		}
	}
	return nil
}

func syncFolder(root *os.Root, dir string) error {
	f, err := root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Open implements Store.
func (d Dir) Open(_ context.Context, key string) (io.ReadSeekCloser, Info, error) {
	if err := CheckKey(key); err != nil {
		return nil, Info{}, err
	}
	missing := atelier.Errorf(atelier.NotFound, "BlobNotFound", "there is no file %q", key)
	root, err := os.OpenRoot(d.Root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Info{}, missing
	}
	if err != nil {
		return nil, Info{}, fmt.Errorf("open the blob folder: %w", err)
	}
	defer root.Close()
	for range 3 { // a Put may come between looking and opening
		f, is, err := openPlain(root, key)
		if errors.Is(err, errSwapped) {
			continue
		}
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			return nil, Info{}, missing
		}
		if err != nil {
			return nil, Info{}, fmt.Errorf("open %q: %w", key, err)
		}
		return f, infoOf(key, is), nil
	}
	return nil, Info{}, atelier.Errorf(atelier.Transient, "BlobChanging", "the file %q keeps changing; try again", key)
}

var errSwapped = errors.New("another file took the name meanwhile")

// openPlain opens a plain file that no link leads to.
func openPlain(root *os.Root, key string) (*os.File, fs.FileInfo, error) {
	if err := noLinks(root, path.Dir(key)); err != nil {
		return nil, nil, err
	}
	was, err := root.Lstat(key)
	if err != nil {
		return nil, nil, err
	}
	if !was.Mode().IsRegular() {
		return nil, nil, fs.ErrNotExist
	}
	f, err := root.OpenFile(key, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	is, err := f.Stat()
	if err == nil && !os.SameFile(was, is) {
		err = errSwapped
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, is, nil
}

func infoOf(key string, i fs.FileInfo) Info {
	return Info{Key: key, Size: i.Size(), Mode: i.Mode() & 0o111, ModTime: i.ModTime()}
}

// List implements Store.
func (d Dir) List(ctx context.Context, prefix string) ([]Info, error) {
	list, _, err := d.walk(ctx, prefix)
	return list, err
}

// walk lists the plain files at or below prefix, and names what is neither a plain
// file nor a folder.
func (d Dir) walk(ctx context.Context, prefix string) (list []Info, special []string, err error) {
	start := "."
	if prefix != "" {
		if err := CheckKey(prefix); err != nil {
			return nil, nil, err
		}
		start = prefix
	}
	root, err := os.OpenRoot(d.Root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("open the blob folder: %w", err)
	}
	defer root.Close()
	if err := noLinks(root, start); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, fmt.Errorf("list %q: %w", prefix, err)
	}
	err = fs.WalkDir(root.FS(), start, func(name string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted meanwhile
		}
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if e.IsDir() || strings.HasSuffix(name, partial) {
			return nil
		}
		if !e.Type().IsRegular() {
			special = append(special, name)
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		list = append(list, infoOf(name, info))
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list %q: %w", prefix, err)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Key < list[j].Key })
	return list, special, nil
}

// Delete implements Store.
func (d Dir) Delete(_ context.Context, prefix string) error {
	if prefix != "" {
		if err := CheckKey(prefix); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(d.Root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the blob folder: %w", err)
	}
	defer root.Close()
	if prefix != "" {
		if err := noLinks(root, path.Dir(prefix)); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			return nil
		} else if err != nil {
			return fmt.Errorf("delete %q: %w", prefix, err)
		}
		if err := root.RemoveAll(prefix); err != nil {
			return fmt.Errorf("delete %q: %w", prefix, err)
		}
		return nil
	}
	entries, err := fs.ReadDir(root.FS(), ".")
	for _, e := range entries {
		err = errors.Join(err, root.RemoveAll(e.Name()))
	}
	if err != nil {
		return fmt.Errorf("delete everything: %w", err)
	}
	return nil
}

// Sweep removes what Puts that were killed left half-written, if it was last written
// before the time.
func (d Dir) Sweep(ctx context.Context, before time.Time) error {
	root, err := os.OpenRoot(d.Root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the blob folder: %w", err)
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted meanwhile
		}
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if !e.Type().IsRegular() || !strings.HasSuffix(name, partial) {
			return nil
		}
		info, err := e.Info()
		if err == nil && info.ModTime().Before(before) {
			err = root.Remove(name)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}

// readerOf ends a copy when its context ends.
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
