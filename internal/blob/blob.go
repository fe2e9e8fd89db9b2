// Package blob keeps bytes under keys: code snapshots, data and outputs.
package blob

import (
	"context"
	"io"
	"io/fs"
	"time"
)

// Store keeps blobs. A key is a clean relative slash path ("a/b/c.txt"); any other
// key is an Invalid error and touches nothing. A store may refuse, as a Conflict, to
// have a blob and others below its name. Safe for concurrent use. Package blobtest
// tests all this.
type Store interface {
	// Put stores what r yields, replacing what was there; readers see the old or
	// the new bytes, never a mixture. Of mode only the executable bit is kept.
	Put(ctx context.Context, key string, mode fs.FileMode, r io.Reader) (size int64, err error)
	// Open opens a blob; NotFound if there is none.
	Open(ctx context.Context, key string) (io.ReadSeekCloser, Info, error)
	// List returns every blob at or below prefix ("" is all), in order of key. It
	// may leave Mode out.
	List(ctx context.Context, prefix string) ([]Info, error)
	// Delete removes every blob at or below prefix; nothing there is not an error.
	Delete(ctx context.Context, prefix string) error
}

// Info describes a blob.
type Info struct {
	Key     string
	Size    int64
	Mode    fs.FileMode
	ModTime time.Time
}
