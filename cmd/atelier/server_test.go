package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/store"
)

// patience is how long anything that must happen may take.
const patience = 30 * time.Second

// running is a server that serves, with time limits that a test can wait for.
type running struct {
	*server
	t      *testing.T
	tls    *tls.Config
	token  string
	ws     *atelier.Workspace
	closed chan string // addresses of clients whose connections were closed
}

func run(t *testing.T, read, write time.Duration) *running {
	t.Helper()
	dir := t.TempDir()
	s, err := open(t.Context(), settings{DataDir: dir, Listen: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	must(t, err)
	if s.http.ReadTimeout <= 0 || s.http.WriteTimeout <= s.http.ReadTimeout {
		t.Errorf("bodies may take %s and answers %s", s.http.ReadTimeout, s.http.WriteTimeout)
	}
	s.http.ReadTimeout, s.http.WriteTimeout = read, write
	r := &running{server: s, t: t, tls: &tls.Config{RootCAs: x509.NewCertPool()}, closed: make(chan string, 100)}
	s.http.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			r.closed <- c.RemoteAddr().String()
		}
	}
	r.tls.RootCAs.AppendCertsFromPEM(s.keys.CA)
	var f auth.LocalFile
	data, err := os.ReadFile(filepath.Join(dir, "run", "cli.json"))
	must(t, err)
	must(t, json.Unmarshal(data, &f))
	r.token = f.Token
	must(t, s.db.Read(t.Context(), func(tx *store.Tx) (err error) {
		r.ws, err = store.Get[atelier.Workspace](tx, atelier.WorkspaceID(atelier.DefaultSubscription, atelier.DefaultResourceGroup, atelier.DefaultWorkspace))
		return err
	}))
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.serve(ctx) }()
	t.Cleanup(func() {
		stop()
		<-ended
		s.close()
	})
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// connect opens a connection that holds little on its way.
func (r *running) connect(ctx context.Context, _, _ string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", r.listener.Addr().String())
	if err != nil {
		return nil, err
	}
	return c, c.(*net.TCPConn).SetReadBuffer(64 << 10)
}

// dial opens a connection that speaks HTTP/1.1.
func (r *running) dial() *tls.Conn {
	r.t.Helper()
	config := r.tls.Clone()
	config.NextProtos, config.ServerName = []string{"http/1.1"}, "localhost"
	plain, err := r.connect(r.t.Context(), "", "")
	must(r.t, err)
	c := tls.Client(plain, config)
	r.t.Cleanup(func() { c.Close() })
	must(r.t, c.SetDeadline(time.Now().Add(patience)))
	return c
}

// client takes every name for the server's.
func (r *running) client(http2 bool) *http.Client {
	tr := &http.Transport{TLSClientConfig: r.tls.Clone(), ForceAttemptHTTP2: http2, DialContext: r.connect}
	r.t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: patience}
}

// follow follows the events of the workspace, up to the first word.
func (r *running) follow(http2 bool) *bufio.Scanner {
	r.t.Helper()
	url := fmt.Sprintf("%s/subscriptions/%s/resourceGroups/%s/providers/Microsoft.MachineLearningServices/workspaces/%s/events?follow=true&api-version=2024-04-01",
		r.endpoint, atelier.DefaultSubscription, atelier.DefaultResourceGroup, atelier.DefaultWorkspace)
	req, err := http.NewRequestWithContext(r.t.Context(), "GET", url, nil)
	must(r.t, err)
	req.Header.Set("Authorization", "Bearer "+r.token)
	res, err := r.client(http2).Do(req)
	must(r.t, err)
	r.t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != 200 || (res.ProtoMajor == 2) != http2 {
		r.t.Fatalf("the events answer %s %s", res.Proto, res.Status)
	}
	lines := bufio.NewScanner(res.Body)
	r.heard(lines, "event: ready")
	return lines
}

func (r *running) heard(lines *bufio.Scanner, word string) {
	r.t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), word) {
			return
		}
	}
	r.t.Errorf("the stream ended before it said %q: %v", word, lines.Err())
}

// blob asks the blob service for a blob of the workspace.
func (r *running) blob(method, name string, body io.Reader, size int) (*http.Response, error) {
	r.t.Helper()
	sas, container := r.blobs.SAS, atelier.Container(r.ws.UID, atelier.DataStore)
	signature := sas.Sign(auth.Access{Container: container, Permissions: auth.PermissionsAll, Expiry: time.Now().Add(time.Hour)})
	req, err := http.NewRequestWithContext(r.t.Context(), method, "https://"+blobHost(sas.Account, r.endpoint)+"/"+container+"/"+name+"?"+signature, body)
	must(r.t, err)
	req.Header.Set("x-ms-blob-type", "BlockBlob")
	req.ContentLength = int64(size)
	return r.client(false).Do(req)
}

// TestTimeLimits makes sure that nobody keeps a connection busy by sending or taking
// bytes slowly, save for who was let in to do what may take long.
func TestTimeLimits(t *testing.T) {
	r := run(t, 2*time.Second, 4*time.Second) // within which a busy machine shakes hands
	big := bytes.Repeat([]byte("x"), 32<<20)  // more than a connection holds on its way
	prefix, _ := atelier.ContainerPrefix(r.ws.UID, atelier.Container(r.ws.UID, atelier.DataStore))
	_, err := r.blobs.Blobs.Put(t.Context(), prefix+"/big", 0, bytes.NewReader(big))
	must(t, err)

	// What may take long begins first, so that it has taken longer than is free when
	// what may not is cut off.
	one, two := r.follow(false), r.follow(true)
	download, err := r.blob("GET", "big", nil, 0)
	must(t, err)
	defer download.Body.Close()
	from, to := io.Pipe()
	half := bytes.Repeat([]byte("x"), 1<<20) // more than the client gathers before it sends
	uploaded := make(chan error, 1)
	go func() {
		res, err := r.blob("PUT", "two-halves", from, 2*len(half))
		if err == nil {
			if res.Body.Close(); res.StatusCode != 201 {
				err = fmt.Errorf("the upload answers %s", res.Status)
			}
		}
		uploaded <- err
	}()
	_, err = to.Write(half)
	must(t, err)

	slow := r.dial() // sends half of its body
	_, err = io.WriteString(slow, "POST /signin HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	must(t, err)
	deaf := r.dial() // asks and never listens
	go func() {
		for range 100 {
			if _, err := io.WriteString(deaf, "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
				return
			}
		}
	}()
	for cut := map[string]bool{}; !cut[slow.LocalAddr().String()] || !cut[deaf.LocalAddr().String()]; {
		select {
		case address := <-r.closed:
			cut[address] = true
		case <-time.After(patience):
			t.Fatalf("not cut off: what sends slowly %t, what takes nothing %t", !cut[slow.LocalAddr().String()], !cut[deaf.LocalAddr().String()])
		}
	}

	_, err = to.Write(half)
	must(t, errors.Join(err, to.Close()))
	must(t, <-uploaded)
	if got, err := io.ReadAll(download.Body); err != nil || !bytes.Equal(got, big) {
		t.Errorf("the download broke off after %d bytes: %v", len(got), err)
	}
	must(t, r.db.Do(t.Context(), func(tx *store.Tx) error {
		tx.Actor = "test"
		return store.Put(tx, &atelier.Datastore{Meta: atelier.Meta{ID: r.ws.ID.Child(atelier.KindDatastore, "news"), Name: "news", UID: auth.NewGUID(), Generation: 1}})
	}))
	r.heard(one, "news")
	r.heard(two, "news")
}
