package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/azblob"
	"github.com/atelier-compute/atelier/internal/blob"
)

// openBlobs opens what code, data and outputs are kept in. Drafts is the same for
// what is worth nothing yet, such as a piece of an upload.
func openBlobs(ctx context.Context, s settings) (blobs, drafts blob.Store, err error) {
	if s.Blobs != "" {
		bucket, err := blob.OpenS3(s.Blobs, os.Getenv, time.Now)
		if err == nil {
			err = bucket.Check(ctx)
		}
		return bucket, bucket, err
	}
	dir := blob.Dir{Root: filepath.Join(s.DataDir, "blobs")}
	synced := dir
	synced.Sync = true
	return &synced, &dir, nil
}

// blobTLS has the blob service speak HTTP/1.1, as Azure's does: a stream with a
// connection of its own is what moves large files fastest.
func blobTLS(base *tls.Config) *tls.Config {
	both, blobs := base.Clone(), base.Clone()
	blobs.NextProtos = []string{"http/1.1"}
	both.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if strings.HasSuffix(strings.ToLower(hello.ServerName), atelier.BlobSuffix) {
			return blobs, nil
		}
		return nil, nil
	}
	return both
}

// blobHost is where clients find the blob service: on the port of the API, told
// apart by its name.
func blobHost(account, endpoint string) string {
	host := account + atelier.BlobSuffix
	if u, err := url.Parse(endpoint); err == nil && u.Port() != "" {
		host += ":" + u.Port()
	}
	return host
}

func (s *server) openBlobService(blobs, drafts blob.Store, sas *auth.SAS) error {
	view := new(azblob.Workspaces)
	if err := s.db.AddView(view); err != nil {
		return fmt.Errorf("read the workspaces: %w", err)
	}
	s.blobs = &azblob.Server{
		Blobs: blobs, Drafts: drafts, Workspaces: view, SAS: sas, Gate: gate{s.auth}, Now: time.Now, NewID: auth.NewGUID, Log: s.log,
		Authority: s.endpoint + "/" + s.auth.Tenant(),
	}
	return nil
}

// sweepBlobs removes what uploads that broke off left behind.
func (s *server) sweepBlobs(ctx context.Context) {
	began := time.Now()
	if s.Blobs == "" { // only the server before this one can have left something
		half := blob.Dir{Root: filepath.Join(s.DataDir, "blobs")}
		if err := half.Sweep(ctx, began.Add(-time.Minute)); err != nil && ctx.Err() == nil {
			s.log.Error("sweep half-written blobs", "err", err)
		}
	}
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := s.blobs.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("sweep blobs", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
