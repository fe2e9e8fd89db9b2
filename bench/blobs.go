package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/client"
)

// Sizes of what is uploaded, and of the pieces that Azure's SDK makes of a large file.
const (
	uploadBytes = 1 << 30
	shortBytes  = 128 << 20
	pieceBytes  = 4 << 20
	smallBytes  = 1 << 20
	uploaders   = 8
)

// blobs measures uploads as Azure's SDK sends them: a folder of files, and one large
// file in pieces.
func (b *bench) blobs(ctx context.Context) error {
	s, _, err := b.up(ctx, b.dir+"/blobs")
	if err != nil {
		return err
	}
	defer s.down(ctx)
	size := b.rounds(uploadBytes, shortBytes)
	u, err := s.uploader(ctx)
	if err != nil {
		return err
	}
	before, err := resident(s.cmd.Process.Pid, "VmRSS")
	if err != nil {
		return err
	}
	for _, way := range []struct {
		name   string
		upload func(context.Context, int) error
	}{{"folder of 1 MiB files", u.folder}, {"file in 4 MiB blocks", u.file}} {
		began := time.Now()
		if err := way.upload(ctx, size); err != nil {
			return fmt.Errorf("upload a %s: %w", way.name, err)
		}
		took := time.Since(began).Seconds()
		b.report.add(line{what: fmt.Sprintf("upload of %d MiB, %s", size>>20, way.name), value: float64(size) / 1e6 / took, budget: 300, unit: "MB/s", more: true})
	}
	peak, err := resident(s.cmd.Process.Pid, "VmHWM")
	if err != nil {
		return err
	}
	b.report.add(line{what: "memory that uploads add at most", value: (peak - before) / 1e6, budget: 100, unit: "MB"})
	return nil
}

// uploader sends into one pending upload.
type uploader struct {
	http *http.Client
	at   *url.URL // of the container, with its signature
	data []byte
}

// uploader asks for a place to upload to, as a client does that submits code.
func (s *server) uploader(ctx context.Context) (*uploader, error) {
	f, err := client.ReadLocal(s.dir)
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(f.CA)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	u := &uploader{data: bytes.Repeat([]byte("0123456789abcdef"), pieceBytes/16)}
	u.http = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: uploaders, WriteBufferSize: 64 << 10,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) { // in place of an entry in the hosts file
			if host, port, err := net.SplitHostPort(address); err == nil && strings.HasSuffix(host, atelier.BlobSuffix) {
				address = net.JoinHostPort("127.0.0.1", port)
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}}
	path := "/subscriptions/" + atelier.DefaultSubscription + "/resourceGroups/" + atelier.DefaultResourceGroup +
		"/providers/Microsoft.MachineLearningServices/workspaces/" + atelier.DefaultWorkspace + "/codes/bench/versions/1/startPendingUpload?api-version=2023-04-01"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.Endpoint+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+f.Token)
	res, err := u.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var pending struct {
		Reference struct {
			Credential struct {
				URI string `json:"sasUri"`
			} `json:"credential"`
		} `json:"blobReferenceForConsumption"`
	}
	if err := json.NewDecoder(res.Body).Decode(&pending); err != nil {
		return nil, fmt.Errorf("start a pending upload: %w", err)
	}
	u.at, err = url.Parse(pending.Reference.Credential.URI)
	return u, err
}

// put sends one request and wants it to succeed.
func (u *uploader) put(ctx context.Context, name string, query url.Values, body []byte) error {
	at := *u.at
	at.Path += "/" + name
	at.RawQuery += "&" + query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, at.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("x-ms-blob-type", "BlockBlob")
	res, err := u.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%s: %s", res.Status, text)
	}
	return err
}

// each calls f for 0..n-1, several at a time, and returns the first error.
func each(n int, f func(int) error) error {
	next, failed := make(chan int), make(chan error, uploaders)
	var wg sync.WaitGroup
	for range uploaders {
		wg.Go(func() {
			for i := range next {
				if err := f(i); err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func (u *uploader) folder(ctx context.Context, size int) error {
	return each(size/smallBytes, func(i int) error {
		return u.put(ctx, fmt.Sprintf("src/%02d/%04d.bin", i%50, i), nil, u.data[:smallBytes])
	})
}

func (u *uploader) file(ctx context.Context, size int) error {
	id := func(i int) string { return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%06d", i)) }
	n := size / pieceBytes
	err := each(n, func(i int) error {
		return u.put(ctx, "big.bin", url.Values{"comp": {"block"}, "blockid": {id(i)}}, u.data)
	})
	if err != nil {
		return err
	}
	var list strings.Builder
	list.WriteString("<BlockList>")
	for i := range n {
		list.WriteString("<Latest>" + id(i) + "</Latest>")
	}
	list.WriteString("</BlockList>")
	return u.put(ctx, "big.bin", url.Values{"comp": {"blocklist"}}, []byte(list.String()))
}
