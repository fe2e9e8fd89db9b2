package blob_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/blob"
	"github.com/atelier-compute/atelier/internal/blob/blobtest"
)

func TestDirSuite(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return blob.Dir{Root: t.TempDir()} })
}

// fakeS3 is a store that checks signatures; wrap may come before it.
func fakeS3(t *testing.T, wrap func(http.Handler) http.Handler) string {
	t.Helper()
	back := s3mem.New()
	if err := back.CreateBucket(t.Context(), "bucket"); err != nil {
		t.Fatal(err)
	}
	h := gofakes3.New(back, gofakes3.WithV4Auth(map[string]string{"key": "secret"})).Server()
	if wrap != nil {
		h = wrap(h)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func openS3(t *testing.T, text, secret string) *blob.S3 {
	t.Helper()
	env := map[string]string{"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": secret}
	s, err := blob.OpenS3(text, func(name string) string { return env[name] }, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestS3Suite(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store {
		return openS3(t, "s3://bucket/some/where?region=eu-west-1&endpoint="+fakeS3(t, nil), "secret")
	})
}

func TestS3KeepsToItsPrefix(t *testing.T) {
	at := fakeS3(t, nil)
	a, ab, all := openS3(t, "s3://bucket/a?endpoint="+at, "secret"), openS3(t, "s3://bucket/ab?endpoint="+at, "secret"), openS3(t, "s3://bucket?endpoint="+at, "secret")
	put(t, a, "x", "1")
	put(t, ab, "x", "2")
	if got := keys(t, all, ""); got != "a/x ab/x" {
		t.Fatalf("in the bucket are %q", got)
	}
	if err := a.Delete(t.Context(), ""); err != nil || keys(t, all, "") != "ab/x" {
		t.Fatalf("left are %q, %v", keys(t, all, ""), err)
	}
}

func TestS3Check(t *testing.T) {
	at := fakeS3(t, nil)
	if err := openS3(t, "s3://bucket?endpoint="+at, "secret").Check(t.Context()); err != nil {
		t.Error(err)
	}
	if err := openS3(t, "s3://bucket?endpoint="+at, "wrong").Check(t.Context()); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("with a wrong secret: %v", err)
	}
	if err := openS3(t, "s3://none?endpoint="+at, "secret").Check(t.Context()); err == nil || !strings.Contains(err.Error(), "NoSuchBucket") {
		t.Errorf("without a bucket: %v", err)
	}
}

func TestS3TriesAgain(t *testing.T) {
	var calls, failures atomic.Int32
	s := openS3(t, "s3://bucket?endpoint="+fakeS3(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			if failures.Add(-1) >= 0 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			next.ServeHTTP(w, r)
		})
	}), "secret")
	failures.Store(2)
	put(t, s, "a", "x")
	if got := read(t, s, "a"); got != "x" || calls.Load() < 3 {
		t.Errorf("got %q after %d calls", got, calls.Load())
	}
	failures.Store(100)
	if _, err := s.Put(t.Context(), "b", 0, strings.NewReader("x")); !atelier.IsKind(err, atelier.Transient) {
		t.Errorf("a store that is down: %v", err)
	}
}

func TestOpenS3Refuses(t *testing.T) {
	env := map[string]string{"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
	getenv := func(name string) string { return env[name] }
	for name, text := range map[string]string{
		"scheme": "https://bucket", "no-bucket": "s3:///a", "user": "s3://me@bucket", "parameter": "s3://bucket?zone=x", "endpoint": "s3://bucket?endpoint=host:9000",
		"endpoint-path": "s3://bucket?endpoint=https://host/x", "prefix": "s3://bucket/a/../b",
	} {
		if _, err := blob.OpenS3(text, getenv, time.Now); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := blob.OpenS3("s3://bucket/p/q/", getenv, time.Now)
	if err != nil || s.Prefix != "p/q" || s.Region != "us-east-1" || s.Endpoint != "https://s3.us-east-1.amazonaws.com" {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := blob.OpenS3("s3://bucket", func(string) string { return "" }, time.Now); !atelier.IsKind(err, atelier.Invalid) || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") {
		t.Errorf("without credentials: %v", err)
	}
}
