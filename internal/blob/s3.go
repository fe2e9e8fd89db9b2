package blob

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
)

// S3 keeps blobs in a bucket of any store that speaks S3. Unlike Dir it can hold a
// blob and others below its name. Open S3 with OpenS3.
type S3 struct {
	Bucket   string
	Prefix   string // of the keys in the bucket; "" is none
	Endpoint string // "https://host:port"; the bucket comes in the path
	Region   string

	AccessKey, SecretKey, SessionToken string

	HTTP *http.Client
	Now  func() time.Time
}

var _ interface {
	Store
	PrefixLister
} = (*S3)(nil)

// OpenS3 reads "s3://BUCKET/PREFIX?endpoint=URL&region=NAME". The credentials are
// in the variables that AWS's own tools read.
func OpenS3(text string, getenv func(string) string, now func() time.Time) (*S3, error) {
	bad := func(format string, args ...any) error {
		return atelier.Errorf(atelier.Invalid, "InvalidBlobStore", "the blob store %q %s; give s3://BUCKET/PREFIX?endpoint=https://HOST&region=NAME", text, fmt.Sprintf(format, args...))
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.User != nil {
		return nil, bad("cannot be read")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, bad("has a query that cannot be read")
	}
	for name := range q {
		if name != "endpoint" && name != "region" {
			return nil, bad("has the unknown parameter %s", name)
		}
	}
	s := &S3{
		Bucket: u.Host, Prefix: strings.Trim(u.Path, "/"), Endpoint: strings.TrimRight(q.Get("endpoint"), "/"), Region: q.Get("region"),
		AccessKey: getenv("AWS_ACCESS_KEY_ID"), SecretKey: getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: getenv("AWS_SESSION_TOKEN"),
		HTTP: &http.Client{Transport: s3Transport()}, Now: now,
	}
	if s.Prefix != "" {
		if err := CheckKey(s.Prefix); err != nil {
			return nil, err
		}
	}
	if s.Region == "" {
		s.Region = first(getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"), "us-east-1")
	}
	if s.Endpoint == "" {
		s.Endpoint = first(getenv("AWS_ENDPOINT_URL_S3"), getenv("AWS_ENDPOINT_URL"), "https://s3."+s.Region+".amazonaws.com")
	}
	if e, err := url.Parse(s.Endpoint); err != nil || e.Scheme != "https" && e.Scheme != "http" || e.Host == "" || e.Path != "" {
		return nil, bad("has the endpoint %q, which is no address of a host", s.Endpoint)
	}
	if s.AccessKey == "" || s.SecretKey == "" {
		return nil, atelier.Errorf(atelier.Invalid, "NoCredentials", "there are no credentials for %s; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", text)
	}
	return s, nil
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// Check fails if the bucket cannot be used.
func (s *S3) Check(ctx context.Context) error {
	res, err := s.do(ctx, request{method: http.MethodGet, query: url.Values{"list-type": {"2"}, "max-keys": {"1"}}})
	if err != nil {
		return fmt.Errorf("reach the bucket %s at %s: %w", s.Bucket, s.Endpoint, err)
	}
	return res.Body.Close()
}

// name is how the bucket calls a key.
func (s *S3) name(key string) string {
	if s.Prefix == "" {
		return key
	}
	return s.Prefix + "/" + key
}

// modeHeader keeps the executable bit.
const modeHeader = "X-Amz-Meta-Executable"

// Open implements Store. The bytes are asked for when they are read.
func (s *S3) Open(ctx context.Context, key string) (io.ReadSeekCloser, Info, error) {
	if err := CheckKey(key); err != nil {
		return nil, Info{}, err
	}
	res, err := s.do(ctx, request{method: http.MethodHead, name: s.name(key)})
	if isStatus(err, http.StatusNotFound) {
		return nil, Info{}, atelier.Errorf(atelier.NotFound, "BlobNotFound", "there is no file %q", key)
	}
	if err != nil {
		return nil, Info{}, fmt.Errorf("open %q: %w", key, err)
	}
	res.Body.Close()
	info := Info{Key: key, Size: res.ContentLength}
	if info.ModTime, err = http.ParseTime(res.Header.Get("Last-Modified")); err != nil {
		return nil, Info{}, fmt.Errorf("open %q: the store did not say when it was changed: %w", key, err)
	}
	if res.Header.Get(modeHeader) != "" {
		info.Mode = 0o111
	}
	return &s3Reader{ctx: ctx, s: s, key: key, size: info.Size, etag: res.Header.Get("ETag")}, info, nil
}

// s3Reader reads one version of a blob, from where it was sought to.
type s3Reader struct {
	ctx  context.Context
	s    *S3
	key  string
	size int64
	etag string
	at   int64
	body io.ReadCloser
}

func (r *s3Reader) Read(p []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if r.body == nil {
		h := http.Header{"Range": {"bytes=" + strconv.FormatInt(r.at, 10) + "-"}}
		if r.etag != "" {
			h.Set("If-Match", r.etag) // never a mixture of two
		}
		res, err := r.s.do(r.ctx, request{method: http.MethodGet, name: r.s.name(r.key), header: h})
		if isStatus(err, http.StatusPreconditionFailed) || isStatus(err, http.StatusNotFound) {
			return 0, atelier.Errorf(atelier.Transient, "BlobChanging", "the file %q was changed while it was read; try again", r.key)
		}
		if err != nil {
			return 0, fmt.Errorf("read %q: %w", r.key, err)
		}
		if res.StatusCode != http.StatusPartialContent && r.at > 0 {
			res.Body.Close()
			return 0, fmt.Errorf("read %q: the store does not know ranges", r.key)
		}
		r.body = res.Body
	}
	n, err := r.body.Read(p)
	r.at += int64(n)
	if errors.Is(err, io.EOF) && r.at < r.size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (r *s3Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, fs.ErrInvalid
	}
	if offset == r.at {
		return offset, nil
	}
	r.at = offset
	return offset, r.Close()
}

func (r *s3Reader) Close() error {
	if r.body == nil {
		return nil
	}
	err := r.body.Close()
	r.body = nil
	return err
}

type s3List struct {
	Contents []struct {
		Key          string
		LastModified time.Time
		Size         int64
	}
	IsTruncated           bool
	NextContinuationToken string
}

// List implements Store. A bucket's list says nothing of modes.
func (s *S3) List(ctx context.Context, prefix string) ([]Info, error) {
	var list []Info
	below := s.Prefix
	if prefix != "" {
		_, info, err := s.Open(ctx, prefix)
		if err == nil {
			info.Mode = 0
			list = append(list, info)
		} else if !atelier.IsKind(err, atelier.NotFound) {
			return nil, err
		}
		below = s.name(prefix)
	}
	if below != "" {
		below += "/"
	}
	more, err := s.begin(ctx, below)
	if err != nil {
		return nil, fmt.Errorf("list %q: %w", prefix, err)
	}
	return append(list, more...), nil
}

// ListPrefix implements PrefixLister.
func (s *S3) ListPrefix(ctx context.Context, prefix string) ([]Info, error) {
	if strings.HasPrefix(prefix, "/") {
		return nil, nil // no key is like that
	}
	list, err := s.begin(ctx, s.name(prefix))
	if err != nil {
		return nil, fmt.Errorf("list %q: %w", prefix, err)
	}
	return list, nil
}

// begin returns the blobs whose names in the bucket begin with the text.
func (s *S3) begin(ctx context.Context, text string) (list []Info, err error) {
	for token := ""; ; {
		page, err := s.page(ctx, text, token)
		if err != nil {
			return nil, err
		}
		for _, c := range page.Contents {
			key := c.Key
			if s.Prefix != "" {
				key = strings.TrimPrefix(key, s.Prefix+"/")
			}
			if CheckKey(key) == nil { // what others put there under names that no blob can have
				list = append(list, Info{Key: key, Size: c.Size, ModTime: c.LastModified.Truncate(time.Second)})
			}
		}
		if token = page.NextContinuationToken; !page.IsTruncated || token == "" {
			return list, nil
		}
	}
}

func (s *S3) page(ctx context.Context, below, token string) (page s3List, err error) {
	q := url.Values{"list-type": {"2"}}
	if below != "" {
		q.Set("prefix", below)
	}
	if token != "" {
		q.Set("continuation-token", token)
	}
	res, err := s.do(ctx, request{method: http.MethodGet, query: q})
	if err != nil {
		return page, err
	}
	defer res.Body.Close()
	return page, xml.NewDecoder(res.Body).Decode(&page)
}

type s3Delete struct {
	XMLName xml.Name `xml:"Delete"`
	Quiet   bool
	Objects []s3Object `xml:"Object"`
}

type s3Object struct{ Key string }

// atOnce is how many keys one request can delete.
const atOnce = 1000

// Delete implements Store.
func (s *S3) Delete(ctx context.Context, prefix string) error {
	list, err := s.List(ctx, prefix)
	if err != nil {
		return err
	}
	for len(list) > 0 {
		n := min(len(list), atOnce)
		if err := s.deleteAll(ctx, list[:n]); err != nil {
			return fmt.Errorf("delete %q: %w", prefix, err)
		}
		list = list[n:]
	}
	return nil
}

func (s *S3) deleteAll(ctx context.Context, list []Info) error {
	d := s3Delete{Quiet: true}
	for _, b := range list {
		d.Objects = append(d.Objects, s3Object{s.name(b.Key)})
	}
	body, err := xml.Marshal(d)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, request{method: http.MethodPost, query: url.Values{"delete": {""}}, body: body, summed: true})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var out struct {
		Errors []struct{ Key, Code, Message string } `xml:"Error"`
	}
	if err := xml.NewDecoder(res.Body).Decode(&out); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if len(out.Errors) > 0 {
		e := out.Errors[0]
		return fmt.Errorf("%d were not deleted, the first %q: %s %s", len(out.Errors), e.Key, e.Code, e.Message)
	}
	return nil
}
