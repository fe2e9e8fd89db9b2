package agent

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/yamux"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/wire"
)

// Times of the connection.
const (
	firstRetry = 50 * time.Millisecond
	lastRetry  = 2 * time.Second
	callWithin = 10 * time.Second
	lastWords  = 2 * time.Second // for the report before leaving
	maxMessage = 64 << 20
)

// link is one connection to the server.
type link struct {
	mux    *yamux.Session
	client *http.Client
}

// stayConnected connects again and again until ctx ends or the node is to leave.
func (a *agent) stayConnected(ctx context.Context) (left bool) {
	wait := firstRetry
	for {
		welcomed, err := a.connect(ctx)
		if welcomed {
			wait = firstRetry
		}
		select {
		case <-a.leave:
			return true
		default:
		}
		if ctx.Err() != nil {
			return false
		}
		a.cfg.Log.Info("not connected", "endpoint", a.machine.Join.Endpoint, "err", err)
		if atelier.IsKind(err, atelier.Forbidden) && !a.busy() {
			a.cfg.Log.Error("the server refuses this machine; leaving", "err", err)
			return true
		}
		retry := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-a.leave:
		case <-retry.C:
		}
		retry.Stop()
		wait = min(2*wait, lastRetry)
	}
}

func (a *agent) busy() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.core.Busy()
}

// connect is the life of one connection.
func (a *agent) connect(ctx context.Context) (welcomed bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l, err := a.dial(ctx)
	if err != nil {
		return false, fmt.Errorf("dial: %w", err)
	}
	defer l.client.CloseIdleConnections()
	defer l.mux.Close()
	hs := &http.Server{Handler: a.handler(), ReadHeaderTimeout: callWithin, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	a.tasks.Go(func() { _ = hs.Serve(l.mux) })
	defer hs.Close()

	if err := a.hello(ctx, l); err != nil {
		return false, fmt.Errorf("hello: %w", err)
	}
	a.setLink(l)
	defer a.setLink(nil)
	beat := time.NewTicker(wire.Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return true, ctx.Err()
		case <-l.mux.CloseChan():
			return true, errors.New("the connection ended")
		case <-a.leave:
			last, cancel := context.WithTimeout(ctx, lastWords)
			defer cancel()
			return true, a.report(last, l)
		case <-a.news:
			if a.nothingNew() {
				continue
			}
		case <-beat.C:
		}
		if err := a.report(ctx, l); err != nil {
			return true, fmt.Errorf("report: %w", err)
		}
	}
}

func (a *agent) dial(ctx context.Context) (*link, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(a.machine.Join.CA)) {
		return nil, errors.New("machine.json has no certificate to trust")
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	d := tls.Dialer{Config: &tls.Config{
		RootCAs: roots, Certificates: []tls.Certificate{a.cert}, NextProtos: []string{wire.ALPN}, MinVersion: tls.VersionTLS13,
	}}
	c, err := d.DialContext(ctx, "tcp", a.machine.Join.Endpoint)
	if err != nil {
		return nil, err
	}
	cfg := yamux.DefaultConfig()
	cfg.MaxStreamWindowSize = 4 << 20 // the default caps a stream at 5 MB/s over 50 ms
	cfg.KeepAliveInterval = wire.Heartbeat
	cfg.ConnectionWriteTimeout, cfg.StreamOpenTimeout = callWithin, callWithin
	cfg.LogOutput = io.Discard
	mux, err := yamux.Client(c, cfg)
	if err != nil {
		c.Close()
		return nil, err
	}
	return &link{mux: mux, client: &http.Client{Transport: &http.Transport{
		DialContext:         func(context.Context, string, string) (net.Conn, error) { return mux.Open() },
		MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute,
	}}}, nil
}

func (a *agent) hello(ctx context.Context, l *link) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	session := rand.Text()
	a.mu.Lock()
	a.core.Session(session)
	report, rev := a.core.Report(), a.core.Rev()
	a.mu.Unlock()
	h := wire.Hello{
		Version: wire.Version, Node: a.machine.Node, Token: a.machine.Join.Token,
		Boot: a.boot, Session: session, Host: a.host, Report: report,
	}
	var w wire.Welcome
	if err := l.post(ctx, wire.PathHello, h, &w); err != nil {
		return err
	}
	a.mu.Lock()
	a.told = rev
	a.mu.Unlock()
	a.obey(w.Desired)
	return nil
}

func (a *agent) report(ctx context.Context, l *link) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	a.mu.Lock()
	r, rev := a.core.Report(), a.core.Rev()
	a.mu.Unlock()
	var d wire.Desired
	if err := l.post(ctx, wire.PathReport, r, &d); err != nil {
		return err
	}
	a.mu.Lock()
	a.told = rev
	a.mu.Unlock()
	a.obey(d)
	return nil
}

func (a *agent) nothingNew() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.told == a.core.Rev()
}

// handler serves the server's calls.
func (a *agent) handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST "+wire.PathDesired, func(w http.ResponseWriter, r *http.Request) {
		var d wire.Desired
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxMessage)).Decode(&d); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a.obey(d)
		// What is new comes by itself, a little later.
		report := wire.Report{Node: a.machine.Node, Session: d.Session, Tasks: []wire.TaskReport{}}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(report) // a server that went away is told at the next hello
	})
	return m
}

func (a *agent) setLink(l *link) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.link = l
	if l != nil {
		close(a.up)
	} else {
		a.up = make(chan struct{})
	}
}

// connected waits for a connection on which the hello was answered.
func (a *agent) connected(ctx context.Context) (*link, error) {
	for {
		a.mu.Lock()
		l, up := a.link, a.up
		a.mu.Unlock()
		if l != nil {
			return l, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-up:
		}
	}
}

// hereError is trouble on this side of the connection: another call will not help.
type hereError struct{ error }

func (e hereError) Unwrap() error { return e.error }

// insist calls f until it succeeds, or the server says that it never will, or the
// trouble is here. A server that is away is waited for.
func (a *agent) insist(ctx context.Context, f func(l *link) error) error {
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		l, err := a.connected(ctx)
		if err == nil {
			err = f(l)
		}
		var e *atelier.Error
		var here hereError
		if err == nil || ctx.Err() != nil || errors.As(err, &here) || errors.As(err, &e) && e.Kind != atelier.Transient && e.Code != "HelloFirst" {
			return err
		}
		a.cfg.Log.Debug("again", "err", err)
		retry := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			retry.Stop()
			return ctx.Err()
		case <-retry.C:
		}
	}
}

func (l *link) post(ctx context.Context, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return l.call(ctx, http.MethodPost, path, nil, bytes.NewReader(text), func(r io.Reader) error {
		return json.NewDecoder(r).Decode(into)
	})
}

// call makes one call; take reads the answer and may be nil. An answer that is a
// fault becomes the atelier.Error that it was.
func (l *link) call(ctx context.Context, method, path string, query url.Values, body io.Reader, take func(io.Reader) error) error {
	u := url.URL{Scheme: "http", Host: "server", Path: path, RawQuery: query.Encode()}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return err
	}
	resp, err := l.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		var f wire.Fault
		if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&f); err != nil || f.Kind == "" {
			return fmt.Errorf("the server answered %s", resp.Status)
		}
		return f.Error()
	}
	if take == nil {
		return nil
	}
	if err := take(resp.Body); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}
