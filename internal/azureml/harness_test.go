package azureml

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/blob"
	"github.com/atelier-compute/atelier/internal/logs"
	"github.com/atelier-compute/atelier/internal/place"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/store"
)

// The workspaces of the tests, as their users spell them.
const (
	subscription = "00000000-0000-0000-0000-00000000000A"
	wsURL        = "/subscriptions/" + subscription + "/resourceGroups/Default/providers/Microsoft.MachineLearningServices/workspaces/Main"
	otherURL     = "/subscriptions/" + subscription + "/resourceGroups/Default/providers/Microsoft.MachineLearningServices/workspaces/Other"
	locURL       = "/subscriptions/" + subscription + "/providers/Microsoft.MachineLearningServices/locations/local"
)

// sizes is a catalogue whose machine has 4 vCPUs.
type sizes struct{}

func (sizes) Sizes() []atelier.Size { return provider.AzureSizes()[:20] }

func (sizes) Fit(name string) (atelier.Size, string, error) {
	s, err := provider.FindSize(provider.AzureSizes(), name)
	if err == nil && s.VCPUs > 4 {
		return s, fmt.Sprintf("%d vCPUs instead of %d", 4, s.VCPUs), nil
	}
	return s, "", err
}

// tokens is a gate: "ann" may do everything, "bob" is at home in Other, "eve" may
// read Main.
type tokens struct{}

type person struct{ name string }

func (tokens) Identify(r *http.Request) (arm.Caller, error) {
	name := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if name != "ann" && name != "bob" && name != "eve" {
		return nil, errors.New("who is this")
	}
	return person{name}, nil
}

func (p person) Name() string { return p.name }

func (p person) Sees(w atelier.ID) bool {
	return p.name == "ann" || strings.HasSuffix(string(w), "~other") == (p.name == "bob")
}

func (p person) May(action string, scope atelier.ID) bool {
	return p.name == "ann" || p.Sees(scope) && (p.name == "bob" || strings.HasSuffix(action, "/read"))
}

type world struct {
	t    testing.TB
	db   *store.DB
	api  *API
	srv  *arm.Server
	log  bytes.Buffer
	mu   sync.Mutex
	now  time.Time
	ids  int
	main *atelier.Workspace

	promise *promise
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return worldOn(t, nil)
}

// worldOn is a world in the store, or in one in memory.
func worldOn(t testing.TB, db *store.DB) *world {
	t.Helper()
	w := &world{db: db, t: t, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }
	if w.db == nil {
		w.db = store.OpenDisk(new(store.Disk), clock)
	}
	queue := new(place.View)
	must(t, w.db.AddView(queue))
	w.api = &API{
		DB: w.db, Now: clock, NewID: w.newID, Queue: queue, Catalogs: map[string]provider.Catalog{"local": sizes{}},
		Blobs: &blob.Dir{Root: t.TempDir()}, Logs: &logs.Store{Root: t.TempDir()},
		HashPassword: func(p string) (string, error) { return "hash of " + p, nil }, Tenant: "tenant-1",
		Seal: func(aad, plain string) string {
			return "sealed for " + aad + ": " + base64.StdEncoding.EncodeToString([]byte(plain))
		},
		Open:     unseal,
		SAS:      &auth.SAS{Key: []byte("key"), Account: atelier.BlobAccount("tenant-1"), Now: clock},
		BlobHost: atelier.BlobAccount("tenant-1") + atelier.BlobSuffix + ":8443",
		Uploads:  blob.Limits{Files: 10, Bytes: 1 << 20, FileBytes: 1 << 20},
	}
	w.srv = &arm.Server{Gate: tokens{}, Log: slog.New(slog.NewTextHandler(&w.log, nil)), NewID: w.newID, MaxBody: 1 << 20}
	must(t, w.srv.Handle(w.api.Routes()))
	w.promise = newPromise(t, w.api.Routes())
	w.main = w.workspace("Main")
	w.workspace("Other")
	return w
}

func unseal(aad, sealed string) (string, error) {
	text, ok := strings.CutPrefix(sealed, "sealed for "+aad+": ")
	if !ok {
		return "", errors.New("sealed for something else")
	}
	plain, err := base64.StdEncoding.DecodeString(text)
	return string(plain), err
}

func (w *world) newID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return fmt.Sprintf("00000000-0000-0000-0000-%012d", w.ids)
}

func (w *world) workspace(name string) *atelier.Workspace {
	ws := &atelier.Workspace{Meta: atelier.Meta{ID: atelier.WorkspaceID(subscription, "Default", name), Name: name, UID: "uid-" + name, CreatedAt: w.now, UpdatedAt: w.now, CreatedBy: "atelier"}}
	ws.Subscription, ws.ResourceGroup, ws.Location = subscription, "Default", "local"
	w.do(func(tx *store.Tx) error { return store.Put(tx, ws) })
	return ws
}

func (w *world) do(f func(tx *store.Tx) error) {
	w.t.Helper()
	must(w.t, w.db.Do(w.t.Context(), func(tx *store.Tx) error { tx.Actor = "test"; return f(tx) }))
}

// change reads a resource, changes it and writes it back, as a controller would.
func change[T any, P interface {
	*T
	atelier.Resource
}](w *world, id atelier.ID, f func(P)) {
	w.t.Helper()
	w.do(func(tx *store.Tx) error {
		v, err := store.Get[T](tx, id)
		if err != nil {
			return err
		}
		f(P(v))
		return store.Put(tx, P(v))
	})
}

func (w *world) tick(d time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.now = w.now.Add(d) }

type reply struct {
	t testing.TB
	*http.Response
	body string
}

// as sends a request in somebody's name.
func (w *world) as(who, method, path, body string) reply {
	w.t.Helper()
	return w.raw(who, method, path, strings.NewReader(body))
}

func (w *world) raw(who, method, path string, body io.Reader, headers ...string) reply {
	w.t.Helper()
	if strings.HasPrefix(path, "http://") {
		path = strings.TrimPrefix(path, "http://example.com")
	}
	if !strings.Contains(path, "api-version=") {
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		path += sep + "api-version=2024-04-01"
	}
	r := httptest.NewRequest(method, path, body)
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+who)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.srv.ServeHTTP(rec, r)
	if err := w.promise.check(method, path, rec); err != nil {
		w.t.Error(err)
	}
	return reply{w.t, rec.Result(), rec.Body.String()}
}

func (w *world) ann(method, path, body string) reply {
	w.t.Helper()
	return w.as("ann", method, path, body)
}

// want fails unless the status is the expected one.
func (r reply) want(status int) reply {
	r.t.Helper()
	if r.StatusCode != status {
		r.t.Fatalf("got %d %s; want %d", r.StatusCode, r.body, status)
	}
	return r
}

// wantError also compares the error's code and target.
func (r reply) wantError(status int, code, target string) reply {
	r.t.Helper()
	r.want(status)
	if got := r.at("error.code"); got != code {
		r.t.Fatalf("code is %v, want %s: %s", got, code, r.body)
	}
	if got, _ := r.at("error.target").(string); got != target {
		r.t.Fatalf("target is %q, want %q: %s", got, target, r.body)
	}
	return r
}

// at reads a member of the body by its path: "properties.status", "value.0.name".
func (r reply) at(path string) any {
	r.t.Helper()
	var v any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		r.t.Fatalf("%q is not JSON: %v", r.body, err)
	}
	for part := range strings.SplitSeq(path, ".") {
		switch c := v.(type) {
		case map[string]any:
			v = c[part]
		case []any:
			var i int
			if _, err := fmt.Sscan(part, &i); err != nil || i >= len(c) {
				return nil
			}
			v = c[i]
		default:
			return nil
		}
	}
	return v
}

func (r reply) wantAt(path string, want any) reply {
	r.t.Helper()
	if got := r.at(path); fmt.Sprint(got) != fmt.Sprint(want) {
		r.t.Fatalf("%s is %v, want %v: %s", path, got, want, r.body)
	}
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const gpu = `{"location":"local","properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS2_v2","scaleSettings":{"minNodeCount":0,"maxNodeCount":4}}}}`

// cluster creates a cluster and lets it succeed.
func (w *world) cluster(name string) atelier.ID {
	w.t.Helper()
	w.ann("PUT", wsURL+"/computes/"+name, gpu).want(201)
	return w.provision(name)
}

func (w *world) provision(name string) atelier.ID {
	w.t.Helper()
	id := w.main.ID.Child(atelier.KindCompute, name)
	change(w, id, func(c *atelier.Compute) {
		c.Status.Observed, c.Status.State, c.Status.ObservedAt = c.Generation, atelier.Succeeded, w.now
	})
	return id
}

func jobBody(compute, more string) string {
	return `{"properties":{"jobType":"Command","command":"python train.py","computeId":"` + wsURL + "/computes/" + compute + `"` + more + `}}`
}

func (w *world) jobID(name string) atelier.ID { return w.main.ID.Child(atelier.KindJob, name) }

// start lets an attempt of the job run on a node.
func (w *world) start(name string, attempt int) {
	w.t.Helper()
	id := w.jobID(name)
	change(w, id, func(j *atelier.Job) {
		j.Status = atelier.JobStatus{State: atelier.JobRunning, Attempt: attempt, QueuedAt: w.now, StartedAt: w.now, Since: w.now}
	})
	task := &atelier.Task{Meta: atelier.Meta{ID: id.Child(atelier.KindTask, atelier.TaskName(attempt, 0)), Name: atelier.TaskName(attempt, 0), UID: w.newID()}, Job: id, Attempt: attempt, State: atelier.TaskRunning}
	w.do(func(tx *store.Tx) error { return store.Put(tx, task) })
}

// end lets the attempt's task end, and the job with it if it is the last.
func (w *world) end(name string, attempt int, last bool) {
	w.t.Helper()
	change(w, w.jobID(name).Child(atelier.KindTask, atelier.TaskName(attempt, 0)), func(t *atelier.Task) { t.State = atelier.TaskEnded })
	if last {
		change(w, w.jobID(name), func(j *atelier.Job) {
			code := 0
			j.Status.State, j.Status.EndedAt, j.Status.ExitCode = atelier.JobCompleted, w.now, &code
		})
	}
}

// say appends to a log of the job.
func (w *world) say(name string, attempt int, stream, text string) {
	w.t.Helper()
	key := logs.Key{Job: w.uid(name), Attempt: attempt, Stream: stream}
	size := int64(0)
	list, err := w.api.Logs.List(w.t.Context(), key.Job)
	must(w.t, err)
	for _, l := range list {
		if l.Key == key {
			size = l.Size
		}
	}
	_, err = w.api.Logs.Append(w.t.Context(), key, size, strings.NewReader(text))
	must(w.t, err)
}

func (w *world) uid(job string) (uid string) {
	w.t.Helper()
	w.do(func(tx *store.Tx) error {
		j, err := store.Get[atelier.Job](tx, w.jobID(job))
		if err == nil {
			uid = j.UID
		}
		return err
	})
	return uid
}

// archive is a tar stream of name, content, name, content, …
func archive(t *testing.T, files ...string) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		must(t, tw.WriteHeader(&tar.Header{Name: files[i], Mode: 0o644, Size: int64(len(files[i+1])), Typeflag: tar.TypeReg}))
		_, err := tw.Write([]byte(files[i+1]))
		must(t, err)
	}
	must(t, tw.Close())
	return &b
}
