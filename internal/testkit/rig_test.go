package testkit_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/agent"
	"github.com/atelier-compute/atelier/internal/blob"
	"github.com/atelier-compute/atelier/internal/fleet"
	"github.com/atelier-compute/atelier/internal/logs"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/runtime"
	"github.com/atelier-compute/atelier/internal/runtime/process"
	"github.com/atelier-compute/atelier/internal/store"
	"github.com/atelier-compute/atelier/internal/wire"
)

// rig is the two ends of wire over real TLS on loopback, with a real store and
// real processes; jobs and compute, who would make the documents, are the test.
type rig struct {
	t      *testing.T
	db     *store.DB
	blobs  blob.Dir
	logs   *logs.Store
	cert   tls.Certificate
	ca     string
	addr   string
	secret []byte
	log    *slog.Logger
	issuer fleet.Identities

	fleet *fleet.Fleet
	halt  func() // stops the server
}

const (
	ws      = atelier.ID("workspaces/sub~rg~ws")
	cluster = ws + "/computes/c"
)

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{
		t: t, secret: []byte("secret"),
		blobs: blob.Dir{Root: filepath.Join(t.TempDir(), "blobs")},
		logs:  &logs.Store{Root: filepath.Join(t.TempDir(), "logs")},
		log:   slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelInfo})),
	}
	var err error
	r.db, err = store.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "atelier.db"), time.Now)
	r.must(err)
	t.Cleanup(func() { r.db.Close() })
	r.certificate()
	r.put(&atelier.Workspace{Meta: meta(ws, "wsuid"), Subscription: "sub", ResourceGroup: "rg"})
	r.serve()
	t.Cleanup(func() { r.halt() })
	return r
}

// testWriter keeps a late line of a goroutine that is ending from failing a test.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	if w.t.Context().Err() == nil {
		w.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

func meta(id atelier.ID, uid string) atelier.Meta {
	return atelier.Meta{ID: id, Name: id.Name(), UID: uid, Generation: 1, CreatedAt: time.Now().UTC()}
}

func (r *rig) certificate() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	r.must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	r.must(err)
	r.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	r.ca = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// serve starts the server's end, on the address it had before.
func (r *rig) serve() {
	addr := r.addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	ln, err := net.Listen("tcp", addr)
	r.must(err)
	r.addr = ln.Addr().String()
	r.fleet = &fleet.Fleet{DB: r.db, Now: time.Now, Secret: r.secret, Identities: r.issuer}
	s := &fleet.Server{Fleet: r.fleet, Blobs: r.blobs, Logs: r.logs, Log: r.log}
	hs := &http.Server{
		Handler:   http.NotFoundHandler(),
		TLSConfig: fleet.TLSConfig(&tls.Config{Certificates: []tls.Certificate{r.cert}}),
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){
			wire.ALPN: func(_ *http.Server, c *tls.Conn, _ http.Handler) { s.ServeConn(c) },
		},
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = hs.ServeTLS(ln, "", "") })
	wg.Go(func() { _ = s.Run(ctx) })
	r.halt = sync.OnceFunc(func() { cancel(); s.Close(); hs.Close(); wg.Wait() })
}

func (r *rig) put(res atelier.Resource) {
	r.t.Helper()
	r.must(r.db.Do(r.t.Context(), func(tx *store.Tx) error { return store.Put(tx, res) }))
}

func get[T any](r *rig, id atelier.ID) *T {
	r.t.Helper()
	var v *T
	r.must(r.db.Read(r.t.Context(), func(tx *store.Tx) (err error) { v, err = store.Get[T](tx, id); return err }))
	return v
}

// change rewrites a document as often as it takes.
func change[T any, P interface {
	*T
	atelier.Resource
}](r *rig, id atelier.ID, f func(P)) {
	r.t.Helper()
	r.must(r.db.Do(r.t.Context(), func(tx *store.Tx) error {
		v, err := store.Get[T](tx, id)
		if err != nil {
			return err
		}
		f(P(v))
		return store.Put(tx, P(v))
	}))
}

// until waits for a condition, looking again at every commit.
func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	w := r.db.Watch()
	defer r.db.Unwatch(w)
	for deadline := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			r.t.Fatalf("waited in vain for %s", what)
		}
		look := time.NewTimer(5 * time.Millisecond)
		select {
		case <-w.Wake:
		case <-look.C:
		}
		look.Stop()
	}
}

// wanted makes the document of a node, as compute does.
func (r *rig) wanted(name string) atelier.ID {
	id := cluster.Child(atelier.KindNode, name)
	r.put(&atelier.Node{Meta: meta(id, "uid-"+name), Compute: cluster, State: atelier.Booting})
	return id
}

// machine is a node's machine: a directory and an agent that runs in this process.
type machine struct {
	r      *rig
	dir    string
	cancel context.CancelFunc
	end    chan int
	called sync.Map // runtime ID → time.Time of the call of Start
}

// timed notes when the agent calls the runtime.
type timed struct {
	runtime.Runtime
	m *machine
}

func (r timed) Start(ctx context.Context, t runtime.Task) error {
	r.m.called.LoadOrStore(t.ID, time.Now())
	return r.Runtime.Start(ctx, t)
}

func (r *rig) launch(node atelier.ID) *machine {
	r.t.Helper()
	dir := r.t.TempDir()
	write := func(name string, v any) {
		text, err := json.Marshal(v)
		r.must(err)
		r.must(os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	write("machine.json", provider.Machine{Name: node.Name(), Node: node, Join: provider.Join{
		Endpoint: r.addr, CA: r.ca, Token: r.fleet.JoinToken(node, "uid-"+node.Name()),
	}})
	write("host.json", atelier.Host{Address: "127.0.0.1", VCPUs: 2, Isolation: []string{}})
	m := &machine{r: r, dir: dir}
	m.boot(nil)
	r.t.Cleanup(func() { m.kill() })
	return m
}

// boot starts the agent.
func (m *machine) boot(envs runtime.Environments) {
	m.r.t.Helper()
	rt, err := process.Open(filepath.Join(m.dir, "runtime"), nil)
	m.r.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	end := make(chan int, 1)
	m.cancel, m.end = cancel, end
	go func() {
		code, err := agent.Run(ctx, agent.Config{Dir: m.dir, Runtime: timed{rt, m}, Envs: envs, Log: m.r.log, Now: time.Now, Grace: time.Second})
		if err != nil {
			m.r.log.Error("agent", "err", err)
		}
		end <- code
	}()
}

// kill ends the agent; what it runs goes on.
func (m *machine) kill() {
	m.cancel()
	select {
	case code := <-m.end:
		m.end <- code
	case <-time.After(20 * time.Second):
		m.r.t.Error("the agent does not end")
	}
}

func (m *machine) exit() int {
	m.r.t.Helper()
	select {
	case code := <-m.end:
		m.end <- code
		return code
	case <-time.After(20 * time.Second):
		m.r.t.Fatal("the agent does not exit")
		return 0
	}
}

// submit makes the documents of a job that was placed, as jobs does.
func (r *rig) submit(name string, spec atelier.JobSpec, nodes ...atelier.ID) (tasks []atelier.ID) {
	r.t.Helper()
	spec.Compute, spec.Instances = cluster, len(nodes)
	j := &atelier.Job{Meta: meta(ws.Child(atelier.KindJob, name), "uid-"+name), Spec: spec}
	j.Status = atelier.JobStatus{State: atelier.JobStarting, Attempt: 1, Nodes: nodes}
	r.must(r.db.Do(r.t.Context(), func(tx *store.Tx) error {
		for rank, n := range nodes {
			id := j.ID.Child(atelier.KindTask, atelier.TaskName(1, rank))
			tasks = append(tasks, id)
			t := &atelier.Task{Meta: meta(id, "uid-"+string(id)), Job: j.ID, Compute: cluster, Node: n, Attempt: 1, Rank: rank, State: atelier.TaskAssigned}
			if err := store.Put(tx, t); err != nil {
				return err
			}
		}
		return store.Put(tx, j)
	}))
	return tasks
}

func (r *rig) ended(task atelier.ID) *atelier.Task {
	r.t.Helper()
	r.until("the end of "+string(task), func() bool { return get[atelier.Task](r, task).State == atelier.TaskEnded })
	return get[atelier.Task](r, task)
}

func (r *rig) running(task atelier.ID) {
	r.t.Helper()
	r.until("the start of "+string(task), func() bool { return get[atelier.Task](r, task).State == atelier.TaskRunning })
}

func (r *rig) wantCode(t *atelier.Task, code int) {
	r.t.Helper()
	if t.ExitCode == nil || *t.ExitCode != code || t.Problem != nil {
		r.t.Errorf("task %s ended with code %v, problem %v; want code %d", t.Name, t.ExitCode, t.Problem, code)
	}
}

func (r *rig) output(job string, rank int, stream string) string {
	f, _, err := r.logs.Open(r.t.Context(), logs.Key{Job: "uid-" + job, Attempt: 1, Rank: rank, Stream: stream})
	if atelier.IsKind(err, atelier.NotFound) {
		return ""
	}
	r.must(err)
	defer f.Close()
	b, err := io.ReadAll(f)
	r.must(err)
	return string(b)
}

const stdLog = "user_logs/std_log.txt"

func (r *rig) blob(key string) string {
	r.t.Helper()
	f, _, err := r.blobs.Open(r.t.Context(), key)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	r.must(err)
	return string(b)
}

func (r *rig) store(key, text string, mode os.FileMode) {
	r.t.Helper()
	_, err := r.blobs.Put(r.t.Context(), key, mode, bytes.NewReader([]byte(text)))
	r.must(err)
}
