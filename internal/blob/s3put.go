package blob

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"sync"
)

// partSize is how much of a blob is in memory at a time. S3 takes 10,000 parts.
const partSize = 16 << 20

var parts = sync.Pool{New: func() any { b := make([]byte, partSize); return &b }}

// Put implements Store. What fits into one part is one request; else nothing is
// seen of the blob until all parts are there.
func (s *S3) Put(ctx context.Context, key string, mode fs.FileMode, r io.Reader) (int64, error) {
	if err := CheckKey(key); err != nil {
		return 0, err
	}
	buf := parts.Get().(*[]byte)
	defer parts.Put(buf)
	r = readerOf{ctx, r}
	n, end, err := fillUp(r, *buf)
	if err != nil {
		return 0, fmt.Errorf("put %q: %w", key, err)
	}
	h := http.Header{}
	if mode&0o111 != 0 {
		h.Set(modeHeader, "true")
	}
	size := int64(n)
	if end {
		_, err = s.send(ctx, request{method: http.MethodPut, name: s.name(key), header: h, body: (*buf)[:n]})
	} else {
		size, err = s.putParts(ctx, s.name(key), h, r, *buf)
	}
	if err != nil {
		return 0, fmt.Errorf("put %q: %w", key, err)
	}
	return size, nil
}

// fillUp reads until the buffer is full, or to the end.
func fillUp(r io.Reader, buf []byte) (n int, end bool, err error) {
	for n < len(buf) {
		m, err := r.Read(buf[n:])
		n += m
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}

type s3Part struct {
	PartNumber int
	ETag       string
}

type s3Complete struct {
	XMLName xml.Name `xml:"CompleteMultipartUpload"`
	Parts   []s3Part `xml:"Part"`
}

// putParts uploads the full buffer and what follows it.
func (s *S3) putParts(ctx context.Context, name string, h http.Header, r io.Reader, buf []byte) (size int64, err error) {
	data, err := s.send(ctx, request{method: http.MethodPost, name: name, query: url.Values{"uploads": {""}}, header: h})
	if err != nil {
		return 0, err
	}
	var begun struct{ UploadId string } //nolint:revive // S3's spelling
	if err := xml.Unmarshal(data, &begun); err != nil {
		return 0, fmt.Errorf("begin an upload in parts: %w", err)
	}
	id := url.Values{"uploadId": {begun.UploadId}}
	defer func() {
		if err != nil {
			_, gone := s.send(context.WithoutCancel(ctx), request{method: http.MethodDelete, name: name, query: id})
			err = errors.Join(err, gone)
		}
	}()
	var done s3Complete
	for n, end := len(buf), false; n > 0; {
		part := len(done.Parts) + 1
		res, err := s.do(ctx, request{
			method: http.MethodPut, name: name, body: buf[:n],
			query: url.Values{"uploadId": {begun.UploadId}, "partNumber": {strconv.Itoa(part)}},
		})
		if err != nil {
			return 0, err
		}
		res.Body.Close()
		done.Parts, size = append(done.Parts, s3Part{part, res.Header.Get("ETag")}), size+int64(n)
		if end {
			break
		}
		if n, end, err = fillUp(r, buf); err != nil {
			return 0, err
		}
	}
	list, err := xml.Marshal(done)
	if err != nil {
		return 0, err
	}
	data, err = s.send(ctx, request{method: http.MethodPost, name: name, query: id, body: list})
	if err == nil && bytes.Contains(data, []byte("<Error>")) { // S3 may find out after it said 200
		err = fmt.Errorf("complete an upload in parts: %s", clip(string(data)))
	}
	return size, err
}
