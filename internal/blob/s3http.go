package blob

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // S3 wants it with a list of what to delete; it protects nothing
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/atelier-compute/atelier"
)

// request is one request to the bucket.
type request struct {
	method string
	name   string // of the object; "" is the bucket
	query  url.Values
	header http.Header
	body   []byte
	summed bool // send Content-MD5
}

// s3Error is an error as S3 tells it.
type s3Error struct {
	status  int
	Code    string
	Message string
}

func (e *s3Error) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the store answered %d %s %s", e.status, e.Code, e.Message))
}

func isStatus(err error, status int) bool {
	var e *s3Error
	return errors.As(err, &e) && e.status == status
}

// attempts and pauses of a request that fails for reasons that pass.
const (
	attempts   = 4
	firstPause = 200 * time.Millisecond
)

func s3Transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 32
	t.ResponseHeaderTimeout = time.Minute
	return t
}

// do sends the request, again if need be, and returns an answer of success.
func (s *S3) do(ctx context.Context, r request) (*http.Response, error) {
	pause := firstPause
	for n := 1; ; n++ {
		res, err := s.once(ctx, r)
		var told *s3Error
		passes := err != nil && (!errors.As(err, &told) || told.status >= 500 || told.status == http.StatusTooManyRequests)
		switch {
		case !passes || ctx.Err() != nil:
			return res, err
		case n == attempts:
			return nil, atelier.Errorf(atelier.Transient, "BlobStoreUnavailable", "the blob store at %s cannot be used now: %v; try again", s.Endpoint, err)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, errors.Join(err, ctx.Err())
		case <-timer.C:
		}
		pause *= 2
	}
}

// send is do for those who want a short answer as a whole.
func (s *S3) send(ctx context.Context, r request) ([]byte, error) {
	res, err := s.do(ctx, r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	return io.ReadAll(io.LimitReader(res.Body, 1<<20))
}

func (s *S3) once(ctx context.Context, r request) (*http.Response, error) {
	req, err := s.signed(ctx, r)
	if err != nil {
		return nil, err
	}
	res, err := s.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode < 300 {
		return res, nil
	}
	defer res.Body.Close()
	e := &s3Error{}
	data, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10)) // what cannot be read says nothing
	_ = xml.Unmarshal(data, e)
	e.status = res.StatusCode
	return nil, e
}

func (s *S3) signed(ctx context.Context, r request) (*http.Request, error) {
	path := "/" + s.Bucket
	if r.name != "" {
		path += "/" + r.name
	}
	u, err := url.Parse(s.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("read the endpoint: %w", err)
	}
	u.Path, u.RawPath = path, escapePath(path)
	u.RawQuery = strings.ReplaceAll(r.query.Encode(), "+", "%20")
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	if r.summed {
		sum := md5.Sum(r.body) //nolint:gosec // see the import
		req.Header.Set("Content-MD5", base64.StdEncoding.EncodeToString(sum[:]))
	}
	hash := "UNSIGNED-PAYLOAD" // TLS protects it
	if u.Scheme != "https" {
		sum := sha256.Sum256(r.body)
		hash = hex.EncodeToString(sum[:])
	}
	req.Header.Set("X-Amz-Content-Sha256", hash)
	creds := aws.Credentials{AccessKeyID: s.AccessKey, SecretAccessKey: s.SecretKey, SessionToken: s.SessionToken}
	plain := func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true } // it is escaped, once
	if err := v4.NewSigner(plain).SignHTTP(ctx, creds, req, hash, "s3", s.Region, s.Now()); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return req, nil
}

// escapePath escapes all that S3's signatures do not take as it is.
func escapePath(path string) string {
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~/", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
