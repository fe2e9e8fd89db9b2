package agent

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/wire"
)

// msi serves tokens of managed identities to the tasks of the node, on loopback, in
// the three ways that clients of Azure ask for them. Each task has a secret of its
// own, which is good while its command runs. The node has no identity itself: what
// is asked for goes to the server, which knows what runs where.
//
// Address and key are kept in the node's directory, since the environment of a
// command that runs cannot change when the agent starts again.
type msi struct {
	a *agent

	mu   sync.Mutex
	kept msiKept
	on   bool
}

type msiKept struct {
	Port int    `json:"port"`
	Key  []byte `json:"key"`
}

// Paths that are served, below the secret for IMDS, which has no header for one.
const (
	msiPath  = "/msi/token"
	imdsPath = "/metadata/identity/oauth2/token"
)

// begin listens, unless it does so already. When the address of an earlier process
// is taken by another program, that may know the secrets of the tasks which call
// there: then there is another key, too.
func (m *msi) begin() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.on || m.a.ctx.Err() != nil {
		return nil
	}
	path := filepath.Join(m.a.cfg.Dir, "identity.json")
	var kept msiKept
	var ln net.Listener
	err := readJSON(path, &kept)
	if err == nil && kept.Port > 0 && len(kept.Key) == sha256.Size {
		if ln, err = listen(kept.Port); err != nil {
			m.a.cfg.Log.Error("the address for identities is taken; running commands get no more tokens", "port", kept.Port, "err", err)
		}
	}
	if ln == nil {
		if ln, err = listen(0); err != nil {
			return fmt.Errorf("listen for identities: %w", err)
		}
		kept = msiKept{Port: ln.Addr().(*net.TCPAddr).Port, Key: make([]byte, sha256.Size)}
		rand.Read(kept.Key) //nolint:errcheck // never fails: it ends the process instead
		text, err := json.Marshal(kept)
		if err = errors.Join(err, writeFile(path, text)); err != nil {
			ln.Close()
			return fmt.Errorf("keep the address for identities: %w", err)
		}
	}
	m.kept, m.on = kept, true
	hs := &http.Server{
		Handler: m.handler(), ReadHeaderTimeout: callWithin, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	m.a.tasks.Go(func() { _ = hs.Serve(ln) })
	context.AfterFunc(m.a.ctx, func() { hs.Close() })
	return nil
}

func listen(port int) (net.Listener, error) {
	return net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}

// env is what a task's command finds its identity by.
func (m *msi) env(key string) (map[string]string, error) {
	if err := m.begin(); err != nil {
		return nil, err
	}
	at, secret := "http://127.0.0.1:"+strconv.Itoa(m.kept.Port), m.secret(key)
	return map[string]string{
		"MSI_ENDPOINT": at + msiPath, "MSI_SECRET": secret,
		"IDENTITY_ENDPOINT": at + msiPath, "IDENTITY_HEADER": secret,
		"AZURE_POD_IDENTITY_AUTHORITY_HOST": at + "/" + secret,
	}, nil
}

// secret is a task's: its key, and what only this agent can add to it.
func (m *msi) secret(key string) string {
	mac := hmac.New(sha256.New, m.kept.Key)
	fmt.Fprint(mac, key)
	return key + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// taskOf returns the task whose secret it is, if its command runs.
func (m *msi) taskOf(secret string) (t wire.Task, ok bool) {
	key, _, _ := strings.Cut(secret, ".")
	if !hmac.Equal([]byte(secret), []byte(m.secret(key))) {
		return t, false
	}
	m.a.mu.Lock()
	defer m.a.mu.Unlock()
	w := m.a.workers[key]
	if w == nil || !m.a.core.Awaits(key) {
		return t, false
	}
	return w.task, w.task.Spec.Identity != ""
}

func (m *msi) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+msiPath, func(w http.ResponseWriter, r *http.Request) {
		secrets := append(r.Header.Values("secret"), r.Header.Values("X-IDENTITY-HEADER")...)
		if len(secrets) != 1 {
			refuse(w, http.StatusUnauthorized, "invalid_request", "the request needs the header secret with MSI_SECRET, or X-IDENTITY-HEADER with IDENTITY_HEADER")
			return
		}
		m.serve(w, r, secrets[0])
	})
	mux.HandleFunc("GET /{secret}"+imdsPath, func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.Header.Get("Metadata"), "true") || r.Header.Get("X-Forwarded-For") != "" {
			refuse(w, http.StatusBadRequest, "bad_request_102", "Required metadata header not specified")
			return
		}
		m.serve(w, r, r.PathValue("secret"))
	})
	return mux
}

func (m *msi) serve(w http.ResponseWriter, r *http.Request, secret string) {
	t, ok := m.taskOf(secret)
	if !ok {
		refuse(w, http.StatusUnauthorized, "unauthorized_client", "the secret is not that of a command that runs on this node and has a managed identity")
		return
	}
	query := r.URL.Query()
	q := wire.TokenRequest{
		Task: t.ID, UID: t.UID, Resource: query.Get("resource"), Client: first(query, "client_id", "clientid"),
		Principal: first(query, "principal_id", "object_id"), ARM: first(query, "mi_res_id", "msi_res_id"),
	}
	if q.Resource == "" {
		refuse(w, http.StatusBadRequest, "invalid_request", "the parameter resource is missing; it says what the token is for, for example https://management.azure.com/")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), callWithin)
	defer cancel()
	var token wire.Token
	err := m.a.insist(ctx, func(l *link) error { return l.post(ctx, wire.PathToken, q, &token) })
	var e *atelier.Error
	switch {
	case errors.As(err, &e) && e.Kind != atelier.Transient:
		refuse(w, http.StatusBadRequest, "invalid_request", e.Message)
	case err != nil:
		refuse(w, http.StatusServiceUnavailable, "temporarily_unavailable", "the server cannot be reached from this node now; try again")
	default:
		m.answer(w, token)
	}
}

// answer is in words that all of the three ways have; numbers are text in them.
func (m *msi) answer(w http.ResponseWriter, t wire.Token) {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	left := number(int64(max(t.Ends.Sub(m.a.cfg.Now()), 0) / time.Second))
	reply(w, http.StatusOK, map[string]string{
		"access_token": t.Access, "client_id": t.Client, "resource": t.Resource, "token_type": "Bearer",
		"expires_in": left, "ext_expires_in": left, "expires_on": number(t.Ends.Unix()), "not_before": number(t.Begins.Unix()),
	})
}

func first(query url.Values, names ...string) string {
	for _, name := range names {
		if v := query.Get(name); v != "" {
			return v
		}
	}
	return ""
}

func refuse(w http.ResponseWriter, status int, code, why string) {
	reply(w, status, map[string]string{"error": code, "error_description": why, "message": why})
}

func reply(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a command that went away needs no answer
}
