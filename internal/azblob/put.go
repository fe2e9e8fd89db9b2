package azblob

import (
	"context"
	"crypto/md5" //nolint:gosec // what the protocol has against broken transfers, not a protection
	"encoding/base64"
	"encoding/binary"
	"hash"
	"hash/crc64"
	"io"
	"net/http"
	"strings"
	"time"
)

// Limits of one request's body, as Azure has them.
const (
	maxBlob  = 5000 << 20
	maxBlock = 4000 << 20
)

// putBlob stores a whole blob.
func (c *call) putBlob() error {
	switch kind := c.Header.Get("x-ms-blob-type"); {
	case !strings.EqualFold(kind, "BlockBlob"):
		return fail(http.StatusBadRequest, "UnsupportedHeader", "x-ms-blob-type is %q; this blob service has block blobs only", kind)
	case c.Header.Get("x-ms-copy-source") != "":
		return fail(http.StatusBadRequest, "UnsupportedHeader", "copying is not supported; download the blob and upload it")
	}
	props, err := said(c.Header, true)
	if err != nil {
		return err
	}
	if sum := c.Header.Get("Content-MD5"); props.MD5 == "" {
		props.MD5 = sum
	}
	body, err := c.body(maxBlob)
	if err != nil {
		return err
	}
	return c.store(props, func(ctx context.Context) error {
		_, err := c.s.Blobs.Put(ctx, c.key(), 0, body)
		return err
	})
}

// store lets put write the blob, if the request's conditions hold, and answers.
func (c *call) store(props properties, put func(context.Context) error) error {
	if err := c.changeable(); err != nil {
		return err
	}
	ctx := c.Context()
	unlock, err := c.s.locks.lock(ctx, c.key())
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.mayWrite(ctx); err != nil {
		return err
	}
	if err := put(ctx); err != nil {
		return err
	}
	st, err := c.note(ctx, props)
	if err != nil {
		return err
	}
	if err := c.s.Blobs.Delete(ctx, c.blocks()); err != nil { // what waited for a list is void now
		return err
	}
	h := c.w.Header()
	st.tellVersion(h)
	if st.MD5 != "" {
		h.Set("Content-MD5", st.MD5)
	}
	h.Set("x-ms-request-server-encrypted", "false")
	c.w.WriteHeader(http.StatusCreated)
	return nil
}

// mayWrite looks whether the blob may be made or replaced now.
func (c *call) mayWrite(ctx context.Context) error {
	overwrites := strings.Contains(c.may, "w")
	if overwrites && !conditional(c.Header) {
		return nil
	}
	st, err := c.look(ctx)
	if err != nil {
		return err
	}
	if !overwrites && st != nil {
		return fail(http.StatusForbidden, "UnauthorizedBlobOverwrite", "the signature allows to create blobs, not to overwrite them")
	}
	return check(c.Header, st, true)
}

func conditional(h http.Header) bool {
	return h.Get("If-Match")+h.Get("If-None-Match")+h.Get("If-Modified-Since")+h.Get("If-Unmodified-Since") != ""
}

// check tests the conditions of a request; st is nil if there is no blob.
func check(h http.Header, st *state, writes bool) error {
	unchanged := func() error {
		if writes {
			return errCondition
		}
		return errNotModified
	}
	etag := ""
	if st != nil {
		etag = st.etag()
	}
	if m := h.Get("If-Match"); m != "" && (st == nil || m != "*" && !hasTag(m, etag)) {
		return errCondition
	}
	switch m := h.Get("If-None-Match"); {
	case m == "" || st == nil:
	case m == "*" && writes:
		return errExists
	case m == "*" || hasTag(m, etag):
		return unchanged()
	}
	since := func(name string) (at time.Time, ok bool) {
		at, err := http.ParseTime(h.Get(name))
		return at, err == nil && st != nil
	}
	if at, ok := since("If-Modified-Since"); ok && !st.modified().Truncate(time.Second).After(at) {
		return unchanged()
	}
	if at, ok := since("If-Unmodified-Since"); ok && st.modified().Truncate(time.Second).After(at) {
		return errCondition
	}
	return nil
}

func hasTag(list, etag string) bool {
	for tag := range strings.SplitSeq(list, ",") {
		if strings.Trim(strings.TrimSpace(tag), `"`) == strings.Trim(etag, `"`) {
			return true
		}
	}
	return false
}

// setMetadata replaces all metadata.
func (c *call) setMetadata() error {
	m, err := metadata(c.Header)
	if err != nil {
		return err
	}
	return c.change(func(p *properties) { p.Metadata = m })
}

// setProperties replaces all properties but the metadata.
func (c *call) setProperties() error {
	p, err := said(c.Header, false)
	if err != nil {
		return err
	}
	return c.change(func(old *properties) { p.Metadata = old.Metadata; *old = p })
}

// change changes the properties of a blob that is there.
func (c *call) change(f func(*properties)) error {
	if err := c.changeable(); err != nil {
		return err
	}
	ctx := c.Context()
	unlock, err := c.s.locks.lock(ctx, c.key())
	if err != nil {
		return err
	}
	defer unlock()
	st, err := c.look(ctx)
	if err != nil {
		return err
	}
	if st == nil {
		return errNoBlob
	}
	if err := check(c.Header, st, true); err != nil {
		return err
	}
	props := st.properties
	f(&props)
	props.Stamp = c.s.NewID() // so that the ETag tells
	if st, err = c.note(ctx, props); err != nil {
		return err
	}
	h := c.w.Header()
	st.tellVersion(h)
	h.Set("x-ms-request-server-encrypted", "false")
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// deleteBlob removes one blob. The store deletes by prefix, so it is made sure that
// there is nothing below: stores other than folders can have that.
func (c *call) deleteBlob() error {
	if err := c.changeable(); err != nil {
		return err
	}
	ctx := c.Context()
	unlock, err := c.s.locks.lock(ctx, c.key())
	if err != nil {
		return err
	}
	defer unlock()
	st, err := c.look(ctx)
	if err != nil {
		return err
	}
	if st == nil {
		return errNoBlob
	}
	if err := check(c.Header, st, true); err != nil {
		return err
	}
	below, err := c.s.Blobs.List(ctx, c.key())
	if err != nil {
		return err
	}
	if len(below) > 1 {
		return fail(http.StatusConflict, "BlobNameConflict", "there are blobs below %q; delete them first", c.path)
	}
	for _, key := range []string{c.key(), c.propertiesKey(), c.blocks()} {
		if err := c.s.Blobs.Delete(ctx, key); err != nil {
			return err
		}
	}
	c.w.Header().Set("x-ms-delete-type-permanent", "true")
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}

// body is the request's body within the limit, checked against the hashes that the
// client sent with it, if any.
func (c *call) body(limit int64) (io.Reader, error) {
	if c.ContentLength > limit {
		return nil, errBodyTooLarge
	}
	if c.Header.Get("x-ms-structured-body") != "" {
		return nil, fail(http.StatusBadRequest, "UnsupportedHeader", "structured bodies are not supported; send x-ms-content-crc64 or Content-MD5")
	}
	r := io.Reader(http.MaxBytesReader(c.w, c.Body, limit))
	r, err := verify(r, c.Header.Get("Content-MD5"), md5.New(), errMD5) //nolint:gosec // see the import
	if err == nil {
		r, err = verify(r, c.Header.Get("x-ms-content-crc64"), &littleEndian{crc64.New(azureCRC)}, errCRC64)
	}
	return r, err
}

// azureCRC is the polynomial of Azure Storage's checksums.
var azureCRC = crc64.MakeTable(0x9A6C9329AC4BC9B5)

// littleEndian gives the sum in the order of bytes that Azure sends it in.
type littleEndian struct{ hash.Hash64 }

func (h *littleEndian) Sum(b []byte) []byte { return binary.LittleEndian.AppendUint64(b, h.Sum64()) }

// verify fails at the end of r if what came does not have the sum; "" is any.
func verify(r io.Reader, sum string, h hash.Hash, mismatch *fault) (io.Reader, error) {
	if sum == "" {
		return r, nil
	}
	want, err := base64.StdEncoding.DecodeString(sum)
	if err != nil || len(want) != h.Size() {
		return nil, fail(http.StatusBadRequest, "InvalidHeaderValue", "%q is not the sum of anything: it must be %d bytes in base64", sum, h.Size())
	}
	return &verifier{r, h, string(want), mismatch}, nil
}

type verifier struct {
	r        io.Reader
	h        hash.Hash
	want     string
	mismatch *fault
}

func (v *verifier) Read(p []byte) (int, error) {
	n, err := v.r.Read(p)
	v.h.Write(p[:n])
	if err == io.EOF && string(v.h.Sum(nil)) != v.want { //nolint:errorlint // readers return io.EOF itself
		err = v.mismatch
	}
	return n, err
}
