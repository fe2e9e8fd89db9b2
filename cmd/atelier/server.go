package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/azblob"
	"github.com/atelier-compute/atelier/internal/azureml"
	"github.com/atelier-compute/atelier/internal/compute"
	"github.com/atelier-compute/atelier/internal/fleet"
	"github.com/atelier-compute/atelier/internal/jobs"
	"github.com/atelier-compute/atelier/internal/logs"
	"github.com/atelier-compute/atelier/internal/place"
	"github.com/atelier-compute/atelier/internal/probe"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/provider/all"
	"github.com/atelier-compute/atelier/internal/reconcile"
	"github.com/atelier-compute/atelier/internal/store"
	"github.com/atelier-compute/atelier/internal/studio"
	"github.com/atelier-compute/atelier/internal/wire"
	"github.com/atelier-compute/atelier/internal/workspaces"
	"github.com/atelier-compute/atelier/web"
)

// server is one running Atelier. Everything that exists is named in open, once.
type server struct {
	settings
	log        *slog.Logger
	db         *store.DB
	queue      *place.View
	auth       *auth.Auth
	keys       *auth.Keys
	fleet      *fleet.Fleet
	agents     *fleet.Server
	compute    *compute.Controller
	jobs       *jobs.Controller
	workspaces *workspaces.Controller
	blobs      *azblob.Server
	http       *http.Server
	listener   net.Listener
	endpoint   string
}

func open(ctx context.Context, s settings, log *slog.Logger) (srv *server, err error) {
	srv = &server{settings: s, log: log, queue: new(place.View)}
	defer func() {
		if err != nil {
			srv.close()
		}
	}()
	if err := srv.listen(); err != nil {
		return srv, err
	}
	if srv.keys, err = auth.OpenKeys(filepath.Join(s.DataDir, "keys"), certNames(s.Listen), time.Now); err != nil {
		return srv, fmt.Errorf("open the keys: %w", err)
	}
	if srv.db, err = store.OpenSQLite(ctx, filepath.Join(s.DataDir, "atelier.db"), time.Now); err != nil {
		return srv, fmt.Errorf("open the database: %w", err)
	}
	if err := srv.db.AddView(srv.queue); err != nil {
		return srv, fmt.Errorf("read the queue: %w", err)
	}
	srv.auth, err = auth.New(auth.Config{DB: srv.db, Keys: srv.keys, Now: time.Now, Endpoints: []string{srv.endpoint}})
	if err != nil {
		return srv, fmt.Errorf("open the principals: %w", err)
	}
	if err := srv.auth.KeepSessions(s.DataDir); err != nil {
		return srv, err
	}
	blobs, drafts, err := openBlobs(ctx, s)
	if err != nil {
		return srv, err
	}
	logStore := &logs.Store{Root: filepath.Join(s.DataDir, "logs")}
	srv.fleet = &fleet.Fleet{DB: srv.db, Now: time.Now, Secret: srv.keys.Derive("join"), Endpoint: srv.endpoint, Identities: srv.auth}
	srv.agents = &fleet.Server{Fleet: srv.fleet, Blobs: blobs, Logs: logStore, Log: log}
	providers, err := srv.providers(ctx)
	if err != nil {
		return srv, err
	}
	srv.compute = &compute.Controller{
		DB: srv.db, Queue: srv.queue, Providers: providers, Join: srv.join, Limits: compute.DefaultLimits,
		Now: time.Now, Log: log, Each: atOnce,
	}
	srv.jobs = &jobs.Controller{DB: srv.db, Queue: srv.queue, Now: time.Now, NewID: auth.NewGUID}
	srv.workspaces = &workspaces.Controller{DB: srv.db, Blobs: []workspaces.Blobs{blobs, drafts}, Logs: logStore}
	sas := &auth.SAS{Key: srv.keys.Derive("blob signatures"), Account: atelier.BlobAccount(srv.auth.Tenant()), Now: time.Now}
	if err := srv.openBlobService(blobs, drafts, sas); err != nil {
		return srv, err
	}
	api := &azureml.API{
		DB: srv.db, Now: time.Now, NewID: auth.NewGUID, Queue: srv.queue, Catalogs: catalogs(providers), Blobs: blobs, Logs: logStore,
		HashPassword: srv.auth.HashPassword, Seal: srv.auth.Seal, Open: srv.auth.Open, SAS: sas, BlobHost: blobHost(sas.Account, srv.endpoint),
		Prober:     &probe.Prober{Now: time.Now},
		Principals: srv.auth, Accounts: srv.auth,
		Tenant: srv.auth.Tenant(), UniqueInWorkspace: s.UniqueInWorkspace,
	}
	if err := srv.handle(api); err != nil {
		return srv, err
	}
	return srv, srv.firstStart(ctx)
}

func (s *server) listen() (err error) {
	if s.listener, err = net.Listen("tcp", s.Listen); err != nil {
		return atelier.Errorf(atelier.Conflict, "AddressInUse", "cannot listen on %s: %v; give another address with --listen", s.Listen, err)
	}
	host, _, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return fmt.Errorf("read --listen %q: %w", s.Listen, err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	_, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		return fmt.Errorf("read the address of the listener: %w", err)
	}
	s.endpoint = "https://" + net.JoinHostPort(host, port)
	return nil
}

// certNames are the names that the server's certificate is for, beside those of
// this machine.
func certNames(listen string) []string {
	names := []string{"*" + atelier.BlobSuffix}
	host, _, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err != nil || host == "" || ip != nil && ip.IsUnspecified() {
		return names
	}
	return append(names, host)
}

func (s *server) providers(ctx context.Context) (provider.Set, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the atelier binary: %w", err)
	}
	c := all.Config{
		Nodes: filepath.Join(s.DataDir, "nodes"), Exe: exe, Installation: s.auth.Tenant()[:8], Log: s.log,
		Env:      []string{envCache + "=" + filepath.Join(s.DataDir, "cache", "envs")},
		FakeBoot: s.FakeBoot,
	}
	if s.FakeLocation {
		c.Fake = filepath.Join(s.DataDir, "fake")
	}
	return all.Providers(ctx, c)
}

func catalogs(set provider.Set) map[string]provider.Catalog {
	m := map[string]provider.Catalog{}
	for name, p := range set {
		if c, ok := p.(provider.Catalog); ok {
			m[name] = c
		}
	}
	return m
}

// join is how the machine of a node finds its way here.
func (s *server) join(n *atelier.Node) provider.Join {
	return provider.Join{
		Endpoint: strings.TrimPrefix(s.endpoint, "https://"), CA: string(s.keys.CA), Token: s.fleet.JoinToken(n.ID, n.UID),
	}
}

// atOnce calls f for 0..n-1, several at a time.
func atOnce(n int, f func(int)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, 16)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	wg.Wait()
}

// gate lets arm ask auth.
type gate struct{ *auth.Auth }

func (g gate) Identify(r *http.Request) (arm.Caller, error) {
	c, err := g.Auth.Identify(r)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// handle puts the edges onto one port: the API of Azure ML, the issuer of its
// tokens, the studio; told apart by the host's name, the blob service; and, told
// apart by TLS's application protocol, the agents.
func (s *server) handle(api *azureml.API) error {
	routes := &arm.Server{Gate: gate{s.auth}, Log: s.log, NewID: auth.NewGUID, Tenant: s.auth.Tenant()}
	if err := routes.Handle(api.Routes()); err != nil {
		return fmt.Errorf("lay out the API: %w", err)
	}
	rest := http.NewServeMux()
	for _, rt := range s.auth.Routes() {
		rest.Handle(rt.Method+" "+rt.Pattern, rt.Handler)
	}
	for _, rt := range (&studio.Studio{Auth: s.auth, DB: s.db, Version: version, Files: web.Dist(), Dev: s.StudioDev}).Routes() {
		rest.Handle(rt.Method+" "+rt.Pattern, rt.Handler)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	s.http = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case s.blobs.Serves(r):
				s.blobs.ServeHTTP(w, r)
			case routes.Serves(r):
				routes.ServeHTTP(w, r)
			default:
				rest.ServeHTTP(w, r)
			}
		}),
		Protocols: protocols,
		TLSConfig: fleet.TLSConfig(blobTLS(&tls.Config{
			MinVersion: tls.VersionTLS12, GetCertificate: s.keys.Certificate, NextProtos: []string{"h2", "http/1.1", wire.ALPN},
		})),
		TLSNextProto:      map[string]func(*http.Server, *tls.Conn, http.Handler){wire.ALPN: s.agent},
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute, // this and the next are lifted for who was let in and follows, uploads or downloads
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	return nil
}

func (s *server) agent(_ *http.Server, conn *tls.Conn, _ http.Handler) { s.agents.ServeConn(conn) }

// firstStart makes what a new installation has.
func (s *server) firstStart(ctx context.Context) error {
	id := atelier.WorkspaceID(atelier.DefaultSubscription, atelier.DefaultResourceGroup, atelier.DefaultWorkspace)
	err := s.db.Do(ctx, func(tx *store.Tx) error {
		tx.Actor = "atelier"
		if _, err := store.Get[atelier.Workspace](tx, id); !atelier.IsKind(err, atelier.NotFound) {
			return err
		}
		now := time.Now().UTC()
		return store.Put(tx, &atelier.Workspace{
			Meta:         atelier.Meta{ID: id, Name: atelier.DefaultWorkspace, UID: auth.NewGUID(), Generation: 1, CreatedAt: now, UpdatedAt: now},
			Subscription: atelier.DefaultSubscription, ResourceGroup: atelier.DefaultResourceGroup, Location: "local",
		})
	})
	if err != nil {
		return fmt.Errorf("make the first workspace: %w", err)
	}
	if _, err := s.auth.Bootstrap(ctx, s.DataDir); err != nil {
		return fmt.Errorf("make the first service principal: %w", err)
	}
	debug.FreeOSMemory() // hashing its secret took tens of megabytes, once
	if _, err := s.auth.WriteLocal(s.DataDir, s.endpoint); err != nil {
		return fmt.Errorf("leave the way here for the command line: %w", err)
	}
	return nil
}

// serve runs until ctx ends, then lets requests under way finish for a moment.
func (s *server) serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	for _, run := range append(s.loops(), s.agentLinks, s.reap, s.sweepBlobs) {
		wg.Go(func() { run(ctx) })
	}
	failed := make(chan error, 1)
	go func() { failed <- s.http.ServeTLS(s.listener, "", "") }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fmt.Errorf("serve: %w", err)
	}
	cancel()
	s.agents.Close()
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer stop()
	if errors.Is(s.http.Shutdown(grace), context.DeadlineExceeded) {
		s.http.Close() // who follows a log is cut off, and comes back to the next server
	}
	wg.Wait()
	return err
}

// loops are the controllers. What a start looks at first is what is not at rest.
func (s *server) loops() []func(context.Context) {
	computeOf := func(id atelier.ID) (owner atelier.ID) {
		s.db.Peek(func() { owner = s.queue.ComputeOf(id) })
		return owner
	}
	var start []atelier.ID
	err := s.db.Scan([]string{atelier.KindWorkspace, atelier.KindCompute, atelier.KindJob}, func(c store.Change) {
		if c.ID.Kind() != atelier.KindJob || c.Index.State != string(atelier.JobQueued) {
			start = append(start, c.ID)
		}
	})
	if err != nil {
		s.log.Error("read what is not at rest", "err", err)
	}
	loop := func(name string, workers int, owner func(atelier.ID) atelier.ID, do reconcile.Func) func(context.Context) {
		changes := s.db.Watch()
		return (&reconcile.Loop{
			Name: name, Log: s.log, Changes: changes, Wake: changes.Wake, Owner: owner, Do: do,
			Workers: workers, Now: time.Now, Start: start,
		}).Run
	}
	return []func(context.Context){
		loop("compute", 8, computeOf, s.compute.Reconcile),
		loop("place", 4, computeOf, s.jobs.Place),
		loop("jobs", 8, jobs.OwnerJob, s.jobs.Reconcile),
		loop("workspaces", 1, workspaces.Owner, s.workspaces.Reconcile),
	}
}

// agentLinks tells agents of changes, and finds the nodes that fell silent.
func (s *server) agentLinks(ctx context.Context) {
	if err := s.agents.Run(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("serve the agents", "err", err)
	}
}

// reap removes machines that no node stands for.
func (s *server) reap(ctx context.Context) {
	seen := map[string]time.Time{}
	every(ctx, func() time.Duration {
		if err := s.compute.Reap(ctx, seen); err != nil && ctx.Err() == nil {
			s.log.Warn("look for orphaned machines", "err", err)
		}
		return 30 * time.Second
	})
}

func every(ctx context.Context, f func() time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(f()):
		}
	}
}

func (s *server) close() {
	if s.auth != nil {
		if err := auth.RemoveLocal(s.DataDir); err != nil {
			s.log.Warn("clean up", "err", err)
		}
	}
	if s.listener != nil {
		s.listener.Close()
	}
	if s.db != nil {
		if err := s.db.Close(); err != nil {
			s.log.Error("close the database", "err", err)
		}
	}
}

// greeting is what `up` prints when the server answers.
func (s *server) greeting(took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Atelier %s answers at %s (started in %d ms)\n", version, s.endpoint, took.Milliseconds())
	fmt.Fprintf(&b, "  sign in:   %s   (once, within ten minutes)\n", studio.Link(s.endpoint, s.auth.SignInCode()))
	fmt.Fprintf(&b, "  data:      %s\n", s.DataDir)
	if s.FakeLocation {
		fmt.Fprintf(&b, "  fake:      a pretend cloud for trying things; its machines are processes of this machine, whatever their size says\n")
	}
	for _, p := range s.problems() {
		fmt.Fprintf(&b, "  local:     %s\n", p.Message)
	}
	fmt.Fprintf(&b, "  next:      atelier compute create cluster cpu --max 2      atelier job run --compute cpu -- python3 -V\n")
	return b.String()
}

// problems are what the nodes of this machine will lack.
func (s *server) problems() (list []atelier.Problem) {
	if p, ok := s.compute.Providers["local"].(interface{ Problems() []atelier.Problem }); ok {
		list = p.Problems()
	}
	return list
}

// farewell says what goes on without the server.
func (s *server) farewell() string {
	return "Atelier has stopped. Jobs that run go on; `atelier up` takes them over again.\n"
}
