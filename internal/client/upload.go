package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/atelier-compute/atelier/internal/blob"
)

// Uploaded says what UploadFolder did.
type Uploaded struct {
	Asset   *Asset
	Files   int
	Bytes   int64
	Hash    string
	Skipped []string // neither a plain file nor a folder
	Known   bool     // the server had it already: nothing was sent
}

// UploadFolder stores a local folder as code or data, under a name made of its
// content: the same content is sent once. What .amlignore or .gitignore names is
// left out.
func (c *Client) UploadFolder(ctx context.Context, kind, dir string) (*Uploaded, error) {
	ignore, err := blob.IgnoreFile(dir)
	if err != nil {
		return nil, err
	}
	sum, err := blob.HashDir(ctx, dir, ignore)
	if err != nil {
		return nil, err
	}
	dataType := ""
	if kind == Data {
		dataType = "uri_folder"
	}
	return c.upload(ctx, kind, dataType, sum, func(w io.Writer) (blob.Summary, error) {
		return blob.TarDir(ctx, dir, ignore, w)
	})
}

// UploadFile stores one local file as data.
func (c *Client) UploadFile(ctx context.Context, path string) (*Uploaded, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	if info, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("upload %s: it is not a regular file", path)
	}
	dir, base := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	only := func(name string, _ bool) bool { return name != base }
	sum, err := blob.HashDir(ctx, dir, only)
	if err != nil {
		return nil, err
	}
	return c.upload(ctx, Data, "uri_file", sum, func(w io.Writer) (blob.Summary, error) {
		return blob.TarDir(ctx, dir, only, w)
	})
}

func (c *Client) upload(ctx context.Context, kind, dataType string, sum blob.Summary, write func(io.Writer) (blob.Summary, error)) (*Uploaded, error) {
	up := &Uploaded{Files: sum.Files, Bytes: sum.Bytes, Hash: sum.SHA256, Skipped: sum.Skipped}
	name := assetName(sum.SHA256)
	if dataType == "uri_file" { // a folder of one file has the same hash
		name += "-file"
	}
	known, err := c.Asset(ctx, kind, name, "1")
	switch {
	case err == nil && (known.Properties.SHA256 == sum.SHA256 || known.Properties.SHA256 == ""):
		up.Asset, up.Known = known, true
		return up, nil
	case err != nil && !IsStatus(err, http.StatusNotFound):
		return nil, err
	}
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		held := &holdBack{w: w}
		sent, err := write(held)
		if err == nil && sent.SHA256 != sum.SHA256 {
			err = errChanged
		}
		if err == nil {
			_, err = w.Write(held.last)
		}
		done <- err
		w.CloseWithError(err) // nil is the end of the archive
	}()
	up.Asset, err = c.Upload(ctx, kind, name, "1", dataType, r)
	r.Close() // ends the writer, should the server not have read to the end
	if sent := <-done; sent != nil && (errors.Is(sent, errChanged) || errors.Is(err, sent)) {
		return nil, sent // what went wrong here, rather than what the server made of it
	}
	if err != nil {
		return nil, err
	}
	return up, nil
}

var errChanged = errors.New("the files changed while they were sent; submit again when nothing writes to them")

// holdBack passes all on but the last bytes, without which an archive is not whole:
// the server must not store under the name of one content what became another.
type holdBack struct {
	w    io.Writer
	last []byte
}

const heldBytes = 1024 // the end of a tar archive

func (h *holdBack) Write(p []byte) (int, error) {
	h.last = append(h.last, p...)
	if over := len(h.last) - heldBytes; over > 0 {
		if _, err := h.w.Write(h.last[:over]); err != nil {
			return 0, err
		}
		h.last = append(h.last[:0], h.last[over:]...)
	}
	return len(p), nil
}

// assetName is a name in the form of a UUID, as Azure's clients make it, out of a
// content hash.
func assetName(hash string) string {
	h := hash
	for len(h) < 32 {
		h += "0"
	}
	return h[0:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:32]
}
