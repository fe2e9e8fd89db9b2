package fleet

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/yamux"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/blob"
	"github.com/atelier-compute/atelier/internal/logs"
	"github.com/atelier-compute/atelier/internal/wire"
)

// Server speaks with agents over their connections: HTTP with JSON bodies over
// yamux over TLS, on which both sides can call. It keeps one connection per node.
type Server struct {
	Fleet  *Fleet
	Blobs  blob.Store
	Logs   *logs.Store
	Limits blob.Limits // of one uploaded output
	Log    *slog.Logger

	mu     sync.Mutex
	nodes  map[atelier.ID]*conn // the connection of each node's last hello
	conns  map[*conn]bool       // all of them
	closed bool
}

// Times and sizes of a connection.
const (
	helloWithin = 10 * time.Second
	callWithin  = 10 * time.Second
	maxMessage  = 8 << 20 // of a hello, a report, a stretch of a log
)

// conn is one agent's connection.
type conn struct {
	s      *Server
	key    string // fingerprint of the key that the connection proved
	mux    *yamux.Session
	client *http.Client
	dirty  chan struct{} // what the node should hold may have changed
	done   chan struct{}

	mu      sync.Mutex
	node    atelier.ID // "" before the hello
	session string
}

// TLSConfig returns a copy of base that takes agents beside other clients: they
// are told apart by ALPN, and only they are asked for a certificate.
func TLSConfig(base *tls.Config) *tls.Config {
	agents := base.Clone()
	agents.NextProtos = []string{wire.ALPN}
	agents.ClientAuth = tls.RequireAnyClientCert // self-signed: Hello binds the node to its key
	agents.MinVersion = tls.VersionTLS13
	// A resumed session would skip the proof of the key.
	agents.SessionTicketsDisabled = true
	both := base.Clone()
	both.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		for _, p := range h.SupportedProtos {
			if p == wire.ALPN {
				return agents, nil
			}
		}
		if base.GetConfigForClient != nil {
			return base.GetConfigForClient(h)
		}
		return nil, nil
	}
	return both
}

// Fingerprint names the key of a certificate.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// sessionConfig is the yamux configuration of the connections.
func sessionConfig() *yamux.Config {
	c := yamux.DefaultConfig()
	c.MaxStreamWindowSize = 4 << 20 // the default caps a stream at 5 MB/s over 50 ms
	c.KeepAliveInterval = wire.Heartbeat
	c.ConnectionWriteTimeout = callWithin
	c.StreamOpenTimeout = callWithin
	c.LogOutput = io.Discard
	return c
}

// ServeConn serves an agent's connection until it ends. It is for the TLSNextProto
// of an http.Server, under wire.ALPN.
func (s *Server) ServeConn(tc *tls.Conn) {
	_ = tc.SetDeadline(time.Time{}) // the http.Server's, for the handshake
	certs := tc.ConnectionState().PeerCertificates
	if len(certs) == 0 {
		tc.Close()
		return
	}
	session, err := yamux.Server(tc, sessionConfig())
	if err != nil {
		tc.Close()
		return
	}
	c := &conn{s: s, key: Fingerprint(certs[0]), mux: session, dirty: make(chan struct{}, 1), done: make(chan struct{})}
	c.client = &http.Client{Timeout: callWithin, Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) { return session.Open() },
	}}
	if !s.add(c) {
		session.Close()
		return
	}
	defer s.remove(c)
	late := time.AfterFunc(helloWithin, func() {
		if c.id() == "" {
			session.Close()
		}
	})
	defer late.Stop()
	hs := &http.Server{
		Handler: c.handler(), ReadHeaderTimeout: callWithin, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	_ = hs.Serve(session) // ends with the session, which says why to nobody's use
	hs.Close()
}

// Close ends all connections and takes no more. Agents try again elsewhere or later.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	var all []*conn
	for c := range s.conns {
		all = append(all, c)
	}
	s.mu.Unlock()
	for _, c := range all {
		c.mux.Close()
	}
}

// Connected returns how many agents are connected.
func (s *Server) Connected() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.nodes)
}

func (s *Server) add(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if s.conns == nil {
		s.conns, s.nodes = map[*conn]bool{}, map[atelier.ID]*conn{}
	}
	s.conns[c] = true
	return true
}

func (s *Server) remove(c *conn) {
	c.mux.Close()
	close(c.done)
	c.client.CloseIdleConnections()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if s.nodes[c.id()] == c {
		delete(s.nodes, c.id())
	}
}

// join makes c the connection of its node; an older one is of no use any more.
func (s *Server) join(c *conn) {
	s.mu.Lock()
	old := s.nodes[c.id()]
	s.nodes[c.id()] = c
	s.mu.Unlock()
	if old != nil && old != c {
		old.mux.Close()
	}
}

func (c *conn) id() atelier.ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.node
}

func (c *conn) sessionID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

// mark says that what the node should hold may have changed.
func (c *conn) mark() {
	select {
	case c.dirty <- struct{}{}:
	default: // already marked
	}
}
