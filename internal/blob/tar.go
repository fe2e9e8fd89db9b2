package blob

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/atelier-compute/atelier"
)

// Tar writes every blob at or below prefix as a tar archive, in order of name. If
// prefix is itself a blob, that is the only entry, under its last name.
func Tar(ctx context.Context, s Store, prefix string, w io.Writer) error {
	list, err := s.List(ctx, prefix)
	if err != nil {
		return err
	}
	tw := tar.NewWriter(w)
	for _, info := range list {
		name := path.Base(info.Key)
		if info.Key != prefix {
			name = strings.TrimPrefix(strings.TrimPrefix(info.Key, prefix), "/")
		}
		if err := tarBlob(ctx, tw, s, info.Key, name); err != nil {
			return fmt.Errorf("tar %q: %w", info.Key, err)
		}
	}
	return tw.Close()
}

func tarBlob(ctx context.Context, tw *tar.Writer, s Store, key, name string) error {
	f, info, err := s.Open(ctx, key)
	if atelier.IsKind(err, atelier.NotFound) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return tarFile(ctx, tw, name, info.Mode, info.Size, f)
}

// tarFile writes one file of exactly size bytes; one that is still growing is cut
// there, and one that shrank is padded, so that the archive stays whole.
func tarFile(ctx context.Context, tw *tar.Writer, name string, mode fs.FileMode, size int64, r io.Reader) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644}
	if mode&0o111 != 0 {
		h.Mode = 0o755
	}
	if err := tw.WriteHeader(h); err != nil {
		return err
	}
	n, err := io.Copy(tw, io.LimitReader(readerOf{ctx, r}, size))
	if err == nil && n < size {
		_, err = io.CopyN(tw, zeros{}, size-n)
	}
	return err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// Untar stores the files of a tar archive below prefix. Anything but plain files
// and folders, and every name that could lead out of the prefix or be two things
// at once, is an Invalid error that names the entry; more than the limits is
// TooLarge. What was stored before the error stays: the caller deletes the prefix.
func Untar(ctx context.Context, s Store, prefix string, r io.Reader, limits Limits) (Summary, error) {
	limits = limits.orDefault()
	tr := tar.NewReader(r)
	var t tree
	for entries := 1; ; entries++ {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return t.summary(), nil
		}
		if err != nil {
			return Summary{}, badArchive(ctx, err)
		}
		if entries > limits.Files {
			return Summary{}, atelier.Errorf(atelier.TooLarge, "TooManyFiles",
				"the archive has more than %d entries (the next is %q); leave out what is not needed, for example in .amlignore", limits.Files, clip(h.Name))
		}
		if err := untarOne(ctx, s, prefix, tr, h, limits, &t); err != nil {
			return Summary{}, err
		}
	}
}

func badArchive(ctx context.Context, err error) error {
	var e *atelier.Error
	if errors.As(err, &e) || ctx.Err() != nil {
		return err
	}
	if errors.Is(err, tar.ErrHeader) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, tar.ErrFieldTooLong) {
		return atelier.Errorf(atelier.Invalid, "InvalidArchive", "the body is not a whole tar archive (%v); send it uncompressed and complete", err)
	}
	return fmt.Errorf("read the archive: %w", err)
}

func untarOne(ctx context.Context, s Store, prefix string, tr *tar.Reader, h *tar.Header, limits Limits, t *tree) error {
	name := strings.TrimPrefix(h.Name, "./")
	switch h.Typeflag {
	case tar.TypeXGlobalHeader:
		return nil
	case tar.TypeDir:
		if name = strings.TrimSuffix(name, "/"); name == "" || name == "." {
			return nil
		}
		if err := CheckKey(name); err != nil {
			return err
		}
		return t.folder(name)
	case tar.TypeReg:
	case tar.TypeSymlink, tar.TypeLink:
		return atelier.Errorf(atelier.Invalid, "InvalidArchive", "the archive has the link %q (to %q); links are not taken: send the file itself", clip(h.Name), clip(h.Linkname))
	default:
		return atelier.Errorf(atelier.Invalid, "InvalidArchive", "the archive has %q, which is neither a file nor a folder (type %q); leave it out", clip(h.Name), h.Typeflag)
	}
	if err := CheckKey(name); err != nil {
		return err
	}
	switch {
	case h.Size > limits.FileBytes:
		return atelier.Errorf(atelier.TooLarge, "FileTooLarge", "the file %q has %d bytes; one file may have %d", clip(name), h.Size, limits.FileBytes)
	case t.bytes+h.Size > limits.Bytes:
		return atelier.Errorf(atelier.TooLarge, "ArchiveTooLarge", "with the file %q the archive has more than %d bytes; leave out what is not needed", clip(name), limits.Bytes)
	}
	if err := t.claim(name); err != nil {
		return err
	}
	sum := sha256.New()
	n, err := s.Put(ctx, path.Join(prefix, name), fs.FileMode(h.Mode)&0o111, io.TeeReader(tr, sum))
	if err != nil {
		return badArchive(ctx, err)
	}
	t.add(name, h.Mode&0o111 != 0, [sha256.Size]byte(sum.Sum(nil)), n)
	return nil
}
