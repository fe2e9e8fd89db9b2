package blob

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/atelier-compute/atelier"
)

// Ignore reports whether to leave out the file or folder at a slash path below the
// root of a tree. A nil Ignore leaves out nothing.
type Ignore func(name string, folder bool) bool

// HashDir returns the Summary that Untar would give of TarDir's archive.
func HashDir(ctx context.Context, dir string, ignore Ignore) (Summary, error) {
	return folder(ctx, dir, ignore, nil)
}

// TarDir writes a local folder as a tar archive, in order of name.
func TarDir(ctx context.Context, dir string, ignore Ignore, w io.Writer) (Summary, error) {
	tw := tar.NewWriter(w)
	s, err := folder(ctx, dir, ignore, tw)
	if err != nil {
		return s, err
	}
	return s, tw.Close()
}

func folder(ctx context.Context, dir string, ignore Ignore, tw *tar.Writer) (Summary, error) {
	if info, err := os.Stat(dir); err != nil {
		return Summary{}, atelier.Errorf(atelier.Invalid, "InvalidPath", "the folder %q cannot be read: %v", dir, err)
	} else if !info.IsDir() {
		return Summary{}, atelier.Errorf(atelier.Invalid, "InvalidPath", "%q is not a folder", dir)
	}
	w := &walker{ctx: ctx, dir: Dir{Root: dir}, ignore: ignore, tw: tw}
	if err := w.walk(dir, ""); err != nil {
		return Summary{}, err
	}
	s := w.tree.summary()
	s.Skipped = w.skipped
	return s, nil
}

// walker goes through a folder of the user's own; ignored folders are not entered.
type walker struct {
	ctx     context.Context
	dir     Dir
	ignore  Ignore
	tw      *tar.Writer // nil: only hash
	tree    tree
	skipped []string
}

func (w *walker) walk(dir, below string) error {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return fmt.Errorf("read the folder: %w", err)
	}
	for _, e := range entries {
		name := path.Join(below, e.Name())
		switch {
		case w.ignore != nil && w.ignore(name, e.IsDir()), strings.HasSuffix(name, partial):
		case e.IsDir():
			err = w.walk(dir+string(os.PathSeparator)+e.Name(), name)
		case e.Type().IsRegular():
			err = w.file(name)
		default:
			w.skipped = append(w.skipped, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) file(name string) error {
	f, info, err := w.dir.Open(w.ctx, name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := w.tree.claim(name); err != nil {
		return err
	}
	sum := sha256.New()
	r := io.TeeReader(io.LimitReader(f, info.Size), sum)
	if w.tw != nil {
		err = tarFile(w.ctx, w.tw, name, info.Mode, info.Size, r)
	} else {
		_, err = io.Copy(io.Discard, readerOf{w.ctx, r})
	}
	if err != nil {
		return fmt.Errorf("read %q: %w", name, err)
	}
	w.tree.add(name, info.Mode&0o111 != 0, [sha256.Size]byte(sum.Sum(nil)), info.Size)
	return nil
}
