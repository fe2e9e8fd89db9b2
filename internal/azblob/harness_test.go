package azblob

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/blob"
	"github.com/atelier-compute/atelier/internal/store"
)

// Workspaces of the tests. Ann owns Main, Eve reads it, Bob owns Other.
const (
	mainUID  = "11111111-1111-1111-1111-111111111111"
	otherUID = "22222222-2222-2222-2222-222222222222"
	account  = "ateliertenant-1"
	host     = account + ".blob.core.atelier.internal:8443"
)

var (
	data   = atelier.Container(mainUID, atelier.DataStore)
	others = atelier.Container(otherUID, atelier.DataStore)
	upload = atelier.UploadContainer(mainUID, "0123456789abcdef")
)

type people struct{}

type person string

func (people) Identify(r *http.Request) (arm.Caller, error) {
	p := person(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if p != "ann" && p != "bob" && p != "eve" {
		return nil, errors.New("who is this")
	}
	return p, nil
}

func (p person) Name() string { return string(p) }
func (p person) Sees(id atelier.ID) bool {
	return strings.HasSuffix(string(id), "~other") == (p == "bob")
}

func (p person) May(action string, id atelier.ID) bool {
	return p.Sees(id) && (p != "eve" || strings.HasSuffix(action, "/read"))
}

type world struct {
	t     testing.TB
	s     *Server
	db    *store.DB
	blobs blob.Store
	log   bytes.Buffer
	mu    sync.Mutex
	now   time.Time
	ids   int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, now: time.Now()}
	clock := func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }
	w.db = store.OpenDisk(new(store.Disk), clock)
	w.blobs = &blob.Dir{Root: t.TempDir()}
	view := new(Workspaces)
	must(t, w.db.AddView(view))
	w.s = &Server{
		Blobs: w.blobs, Drafts: w.blobs, Workspaces: view, Gate: people{}, Now: clock, Log: slog.New(slog.NewTextHandler(&w.log, nil)),
		SAS:       &auth.SAS{Key: []byte("key"), Account: account, Now: clock},
		Authority: "https://localhost:8443/tenant-1",
		NewID: func() string {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.ids++
			return strings.Repeat("i", w.ids%7+1) + "-" + time.Duration(w.ids).String()
		},
	}
	for name, uid := range map[string]string{"Main": mainUID, "Other": otherUID} {
		ws := &atelier.Workspace{Meta: atelier.Meta{ID: atelier.WorkspaceID("s", "g", name), Name: name, UID: uid, CreatedAt: w.now}}
		must(t, w.db.Do(t.Context(), func(tx *store.Tx) error { return store.Put(tx, ws) }))
	}
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sas signs for a container.
func (w *world) sas(container, permissions string) string {
	return w.s.SAS.Sign(auth.Access{Container: container, Permissions: permissions, Expiry: w.s.Now().Add(time.Hour)})
}

type reply struct {
	t testing.TB
	*http.Response
	body string
}

// do sends a request. Headers are "name: value"; a path without "?sig" gets a
// signature of everything in its container.
func (w *world) do(method, path, body string, headers ...string) reply {
	w.t.Helper()
	container, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	container, _, _ = strings.Cut(container, "?")
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	return w.raw(method, path+sep+w.sas(container, auth.PermissionsAll), body, headers...)
}

func (w *world) raw(method, path, body string, headers ...string) reply {
	w.t.Helper()
	r := httptest.NewRequest(method, "https://"+host+"/", strings.NewReader(body))
	u, err := url.Parse("https://" + host + path)
	must(w.t, err)
	r.URL = u
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	w.s.ServeHTTP(rec, r)
	return reply{w.t, rec.Result(), rec.Body.String()}
}

func (w *world) put(path, body string, headers ...string) reply {
	w.t.Helper()
	return w.do("PUT", path, body, append(headers, "x-ms-blob-type: BlockBlob")...)
}

func (r reply) want(status int, code ...string) reply {
	r.t.Helper()
	if r.StatusCode != status {
		r.t.Fatalf("got %d %s; want %d", r.StatusCode, r.body, status)
	}
	if got := r.Header.Get("x-ms-error-code"); len(code) > 0 && (got != code[0] || r.body != "" && !strings.Contains(r.body, "<Code>"+code[0]+"</Code>")) {
		r.t.Fatalf("code is %q, want %s: %s", got, code[0], r.body)
	}
	return r
}

// header is a header by its exact spelling.
func (r reply) header(name string) string {
	if v := r.Header[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func (w *world) stored(key string) string {
	w.t.Helper()
	f, _, err := w.blobs.Open(w.t.Context(), key)
	must(w.t, err)
	defer f.Close()
	b, err := io.ReadAll(f)
	must(w.t, err)
	return string(b)
}
