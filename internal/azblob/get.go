package azblob

import (
	"bytes"
	"crypto/md5" //nolint:gosec // what the protocol has against broken transfers, not a protection
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// getBlob answers GET and HEAD: the bytes, or a range of them, and what is known of
// the blob.
func (c *call) getBlob() error {
	f, st, err := c.open(c.Context())
	if err != nil {
		return err
	}
	defer f.Close()
	h := c.w.Header()
	if err := check(c.Header, st, false); err != nil {
		st.tellVersion(h)
		return err
	}
	size := st.Info.Size
	from, to, part, err := c.span(size)
	if err != nil {
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", size))
		return err
	}
	st.tell(h)
	h.Set("Content-Length", strconv.FormatInt(to-from, 10))
	if !part {
		if st.MD5 != "" {
			h.Set("Content-MD5", st.MD5)
		}
		return c.send(http.StatusOK, f, size)
	}
	h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, size))
	if st.MD5 != "" {
		h.Set("x-ms-blob-content-md5", st.MD5)
	}
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return fmt.Errorf("seek in %q: %w", st.Key, err)
	}
	if strings.EqualFold(c.Header.Get("x-ms-range-get-content-md5"), "true") {
		return c.sendSummed(f, to-from)
	}
	return c.send(http.StatusPartialContent, f, to-from)
}

func (c *call) send(status int, r io.Reader, n int64) error {
	c.w.WriteHeader(status)
	if c.Method == http.MethodHead {
		return nil
	}
	if _, err := io.CopyN(c.w, r, n); err != nil {
		if c.Context().Err() == nil {
			c.s.Log.Debug("blob broken off", "op", c.Method+" "+c.URL.Path, "err", err)
		}
		panic(http.ErrAbortHandler) // so that the client sees that it is not whole
	}
	return nil
}

// maxSummed is the longest range that Azure makes a sum of.
const maxSummed = 4 << 20

// sendSummed sends a range with the sum that the client asked for.
func (c *call) sendSummed(r io.Reader, n int64) error {
	if n > maxSummed {
		return fail(http.StatusBadRequest, "OutOfRangeInput", "sums are made of at most %d bytes; ask for a shorter range", maxSummed)
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); err != nil {
		return fmt.Errorf("read a range: %w", err)
	}
	sum := md5.Sum(data) //nolint:gosec // see the import
	c.w.Header().Set("Content-MD5", base64.StdEncoding.EncodeToString(sum[:]))
	return c.send(http.StatusPartialContent, bytes.NewReader(data), n)
}

// span reads which bytes the request asks for: from and up to but without to. Part
// is false for all. Only one range is possible, as with Azure; anything else in its
// place is as good as none.
func (c *call) span(size int64) (from, to int64, part bool, err error) {
	text := c.Header.Get("x-ms-range")
	if text == "" {
		text = c.Header.Get("Range")
	}
	spec, ok := strings.CutPrefix(text, "bytes=")
	first, last, dash := strings.Cut(spec, "-")
	from, err1 := strconv.ParseInt(first, 10, 64)
	if !ok || !dash || err1 != nil || from < 0 {
		return 0, size, false, nil
	}
	to = size
	if last != "" {
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil || n < from {
			return 0, size, false, nil
		}
		to = min(size, n+1)
		if n+1 < 0 {
			to = size
		}
	}
	if from >= size {
		return 0, 0, false, errRange
	}
	return from, to, true, nil
}

// getMetadata answers with what clients said of the blob.
func (c *call) getMetadata() error {
	st, err := c.look(c.Context())
	if err != nil {
		return err
	}
	if st == nil {
		return errNoBlob
	}
	h := c.w.Header()
	st.tellVersion(h)
	if err := check(c.Header, st, false); err != nil {
		return err
	}
	st.tellMetadata(h)
	c.w.WriteHeader(http.StatusOK)
	return nil
}
