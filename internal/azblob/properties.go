package azblob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/blob"
)

// properties are what clients say of a blob beside its bytes. Most say nothing, and
// then nothing is kept. They hold for the blob of the size and time that they name:
// whoever else writes the blob, an agent for example, makes them void by that.
type properties struct {
	Size        int64             `json:"size"`
	ModTime     time.Time         `json:"modTime"`
	Changed     time.Time         `json:"changed"`
	Type        string            `json:"type,omitempty"`
	Encoding    string            `json:"encoding,omitempty"`
	Language    string            `json:"language,omitempty"`
	Disposition string            `json:"disposition,omitempty"`
	Cache       string            `json:"cache,omitempty"`
	MD5         string            `json:"md5,omitempty"` // base64, as the client said it
	Metadata    map[string]string `json:"metadata,omitempty"`
	Stamp       string            `json:"stamp,omitempty"` // changes with every change
}

// noted reports whether there is anything to keep.
func (p *properties) noted() bool {
	return p.Type+p.Encoding+p.Language+p.Disposition+p.Cache+p.MD5 != "" || len(p.Metadata) > 0 || p.Stamp != ""
}

// state is a blob as it is.
type state struct {
	blob.Info
	properties
}

func (st *state) etag() string { return etagOf(st.Info.Size, st.Info.ModTime, st.Stamp) }

func (st *state) modified() time.Time {
	if st.Changed.After(st.Info.ModTime) {
		return st.Changed
	}
	return st.Info.ModTime
}

func etagOf(size int64, at time.Time, stamp string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %s", size, at.UnixNano(), stamp))
	return `"0x` + strings.ToUpper(hex.EncodeToString(sum[:8])) + `"`
}

// open opens a blob and reads its properties.
func (c *call) open(ctx context.Context) (io.ReadSeekCloser, *state, error) {
	f, info, err := c.s.Blobs.Open(ctx, c.key())
	if err != nil {
		return nil, nil, err
	}
	st := &state{Info: info}
	if st.properties, err = c.s.propertiesOf(ctx, c.workspace.UID, info); err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, st, nil
}

// look is open for those who do not want the bytes; nil if there is no blob.
func (c *call) look(ctx context.Context) (*state, error) {
	f, st, err := c.open(ctx)
	if atelier.IsKind(err, atelier.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return st, f.Close()
}

func (s *Server) propertiesOf(ctx context.Context, uid string, info blob.Info) (p properties, err error) {
	f, _, err := s.Blobs.Open(ctx, atelier.PropertiesKey(uid, info.Key))
	if atelier.IsKind(err, atelier.NotFound) {
		return p, nil
	}
	if err != nil {
		return p, fmt.Errorf("open the properties: %w", err)
	}
	defer f.Close()
	if err := json.NewDecoder(f).Decode(&p); err != nil {
		return properties{}, fmt.Errorf("read the properties of %q: %w", info.Key, err)
	}
	if p.Size != info.Size || !p.ModTime.Equal(info.ModTime) {
		return properties{}, nil // of a blob that was there before
	}
	return p, nil
}

// note keeps the properties of the blob as it is now, and returns both.
func (c *call) note(ctx context.Context, p properties) (*state, error) {
	f, info, err := c.s.Blobs.Open(ctx, c.key())
	if err != nil {
		return nil, err
	}
	f.Close()
	p.Size, p.ModTime, p.Changed = info.Size, info.ModTime, c.s.Now().UTC()
	at := atelier.PropertiesKey(c.workspace.UID, c.key())
	if !p.noted() {
		return &state{Info: info}, c.s.Blobs.Delete(ctx, at)
	}
	data, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	_, err = c.s.Blobs.Put(ctx, at, 0, bytes.NewReader(data))
	return &state{info, p}, err
}

const metaPrefix = "x-ms-meta-"

// said reads the properties in the headers of a request; with blob- before their
// names where the plain ones are about the request's own body.
func said(h http.Header, withMetadata bool) (p properties, err error) {
	p.Type, p.Encoding = h.Get("x-ms-blob-content-type"), h.Get("x-ms-blob-content-encoding")
	p.Language, p.Disposition = h.Get("x-ms-blob-content-language"), h.Get("x-ms-blob-content-disposition")
	p.Cache, p.MD5 = h.Get("x-ms-blob-cache-control"), h.Get("x-ms-blob-content-md5")
	for _, v := range []string{p.Type, p.Encoding, p.Language, p.Disposition, p.Cache, p.MD5} {
		if v != "" && strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r > '~' }) {
			return p, fail(http.StatusBadRequest, "InvalidHeaderValue", "a header has the value %q, which is not plain text", v)
		}
	}
	if p.Type == "" && !strings.HasPrefix(h.Get("Content-Type"), "application/xml") && h.Get("x-ms-blob-type") != "" {
		p.Type = h.Get("Content-Type")
	}
	if p.Type == defaultType {
		p.Type = ""
	}
	if withMetadata {
		p.Metadata, err = metadata(h)
	}
	return p, err
}

const (
	defaultType = "application/octet-stream"
	maxMetadata = 8 << 10
)

// metadata reads x-ms-meta-*. Names come in lower case: HTTP does not keep the case
// of headers.
func metadata(h http.Header) (map[string]string, error) {
	var m map[string]string
	size := 0
	for name, values := range h {
		key, ok := strings.CutPrefix(strings.ToLower(name), metaPrefix)
		if !ok {
			continue
		}
		value := strings.Join(values, ",")
		size += len(key) + len(value)
		switch {
		case !identifier(key):
			return nil, fail(http.StatusBadRequest, "InvalidMetadata", `the metadata name %q is not valid: letters, digits and "_" are allowed, and no digit at the front`, key)
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r > '~' }):
			return nil, fail(http.StatusBadRequest, "InvalidMetadata", "the metadata %q has a value that is not plain text; encode it", key)
		case size > maxMetadata:
			return nil, fail(http.StatusBadRequest, "MetadataTooLarge", "the metadata is larger than %d bytes", maxMetadata)
		}
		if m == nil {
			m = map[string]string{}
		}
		m[key] = value
	}
	return m, nil
}

func identifier(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9' || i == 0) {
			return false
		}
	}
	return s != ""
}

// tell writes the state into the headers of an answer.
func (st *state) tell(h http.Header) {
	st.tellVersion(h)
	for name, value := range map[string]string{
		"Content-Encoding": st.Encoding, "Content-Language": st.Language, "Content-Disposition": st.Disposition, "Cache-Control": st.Cache,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	h.Set("Content-Type", st.contentType())
	h.Set("Content-Security-Policy", "sandbox") // whatever it is, in a browser it is nobody's page
	h.Set("Accept-Ranges", "bytes")
	h.Set("x-ms-blob-type", "BlockBlob")
	h.Set("x-ms-creation-time", st.Info.ModTime.UTC().Format(http.TimeFormat))
	h.Set("x-ms-lease-state", "available")
	h.Set("x-ms-lease-status", "unlocked")
	h.Set("x-ms-server-encrypted", "false")
	st.tellMetadata(h)
}

func (st *state) tellVersion(h http.Header) {
	h.Set("ETag", st.etag())
	h.Set("Last-Modified", st.modified().UTC().Format(http.TimeFormat))
}

func (st *state) tellMetadata(h http.Header) {
	for key, value := range st.Metadata {
		h[metaPrefix+key] = []string{value} // in lower case, as clients look for it
	}
}

func (st *state) contentType() string {
	if st.Type == "" {
		return defaultType
	}
	return st.Type
}

// locks lets one request at a time write a blob.
type locks struct {
	mu   sync.Mutex
	held map[string]*turn
}

type turn struct {
	slot    chan struct{}
	waiting int
}

func (l *locks) lock(ctx context.Context, key string) (unlock func(), err error) {
	l.mu.Lock()
	t := l.held[key]
	if t == nil {
		t = &turn{slot: make(chan struct{}, 1)}
		if l.held == nil {
			l.held = map[string]*turn{}
		}
		l.held[key] = t
	}
	t.waiting++
	l.mu.Unlock()
	leave := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(l.held, key)
		}
	}
	select {
	case t.slot <- struct{}{}:
		return func() { <-t.slot; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, errors.Join(ctx.Err(), io.ErrUnexpectedEOF)
	}
}
