package client

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// fake is a server that answers by path, and a client of it. Waits are recorded,
// not waited.
type fake struct {
	*Client
	*httptest.Server
	mux *http.ServeMux

	mu    sync.Mutex
	calls []string // method, path and query without api-version
	waits []time.Duration
}

const ws = "/subscriptions/s/resourceGroups/r/providers/Microsoft.MachineLearningServices/workspaces/w"

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{mux: http.NewServeMux()}
	f.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if v := q.Get("api-version"); v != APIVersion {
			t.Errorf("%s %s: api-version is %q", r.Method, r.URL, v)
		}
		q.Del("api-version")
		line := r.Method + " " + strings.TrimPrefix(r.URL.EscapedPath(), ws)
		if len(q) > 0 {
			line += "?" + q.Encode()
		}
		f.mu.Lock()
		f.calls = append(f.calls, line)
		f.mu.Unlock()
		if got := r.Header.Get("Authorization"); got != "Bearer t0ken" {
			t.Errorf("Authorization is %q", got)
		}
		f.mux.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Server.Close)
	var err error
	f.Client, err = New(f.config())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fake) config() Config {
	return Config{
		Endpoint: f.URL, CA: f.ca(), Subscription: "s", ResourceGroup: "r", Workspace: "w",
		Token: func(context.Context) (string, error) { return "t0ken", nil },
		Sleep: func(ctx context.Context, d time.Duration) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.waits = append(f.waits, d)
			if len(f.waits) > 500 {
				return errors.New("waited too often")
			}
			return ctx.Err()
		},
	}
}

func (f *fake) ca() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.Certificate().Raw})
}

func (f *fake) on(pattern string, h http.HandlerFunc) {
	method, path, _ := strings.Cut(pattern, " ")
	f.mux.HandleFunc(method+" "+ws+path, h)
}

func (f *fake) saw(t *testing.T, want ...string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if !reflect.DeepEqual(f.calls, want) {
		t.Errorf("calls:\n%s\nwant:\n%s", strings.Join(f.calls, "\n"), strings.Join(want, "\n"))
	}
}

func say(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// inTurn answers each call with the next handler, and the last for ever.
func inTurn(list ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		h := list[0]
		if len(list) > 1 {
			list = list[1:]
		}
		mu.Unlock()
		h(w, r)
	}
}

const recorded = `{"id":"/x/computes/Gpu","name":"Gpu","type":"t","location":"local","tags":null,"new":1.0,"properties":{"computeType":"AmlCompute",
 "provisioningState":"Succeeded","provisioningErrors":null,"provisioningWarnings":{},"properties":{"vmSize":"STANDARD_DS2_V2","vmPriority":"Dedicated",
 "scaleSettings":{"maxNodeCount":2,"minNodeCount":0,"nodeIdleTimeBeforeScaleDown":"PT1M40S"},"currentNodeCount":0,"subnet":null,"errors":null,
 "nodeStateCounts":{"preparingNodeCount":1,"runningNodeCount":2,"idleNodeCount":3}}}}`

func TestCompute(t *testing.T) {
	f := newFake(t)
	ctx := t.Context()
	f.on("PUT /computes/Gpu", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		want := `{"location":"local","properties":{"computeType":"AmlCompute","properties":{"vmSize":"Local","scaleSettings":{"minNodeCount":0,"maxNodeCount":2}}}}`
		if string(body) != want || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("sent %s", body)
		}
		say(201, recorded, "Azure-AsyncOperation", f.URL+"/op/1?api-version="+APIVersion, "Retry-After", "3")(w, r)
	})
	f.on("GET /computes/Gpu", say(200, recorded))
	f.on("DELETE /computes/Gpu", say(202, "", "Azure-AsyncOperation", f.URL+"/op/1?api-version="+APIVersion))
	f.on("DELETE /computes/none", say(204, ""))
	f.on("GET /computes/{n}/why", say(200, `{"blocked":true,"reasons":[{"code":"NoCapacity","message":"m","blocking":true}]}`))
	f.mux.HandleFunc("GET /op/1", inTurn(say(200, `{"status":"InProgress"}`, "Retry-After", "2"), say(200, `{"status":"Succeeded","percentComplete":100.0}`)))

	sent := Compute{Location: "local", Properties: ComputeProperties{ComputeType: "AmlCompute", Properties: &Cluster{VMSize: "Local", ScaleSettings: &ScaleSettings{MaxNodeCount: 2}}}}
	made, op, err := f.PutCompute(ctx, "Gpu", sent)
	if err != nil {
		t.Fatal(err)
	}
	if made.Name != "Gpu" || made.Properties.Properties.VMSize != "STANDARD_DS2_V2" || made.Properties.Properties.NodeStateCounts.Idle != 3 || made.Properties.ProvisioningWarnings != nil {
		t.Errorf("decoded %+v", made)
	}
	if string(made.Raw) != recorded {
		t.Errorf("the bytes are not kept: %s", made.Raw)
	}
	var stages []string
	if err := f.Wait(ctx, op, func(s OperationStatus) { stages = append(stages, s.Status) }); err != nil {
		t.Fatal(err)
	}
	if want := []time.Duration{3 * time.Second, 2 * time.Second}; !reflect.DeepEqual(f.waits, want) || len(stages) != 2 {
		t.Errorf("waited %v, want %v; stages %v", f.waits, want, stages)
	}
	if _, err := f.Compute(ctx, "Gpu"); err != nil {
		t.Fatal(err)
	}
	if op, err = f.DeleteCompute(ctx, "Gpu"); err != nil || op.URL == "" {
		t.Fatal(op, err)
	}
	if op, err = f.DeleteCompute(ctx, "none"); err != nil || f.Wait(ctx, op, nil) != nil {
		t.Fatal(op, err)
	}
	if why, err := f.WhyCompute(ctx, "Gpu"); err != nil || !why.Blocked || why.Reasons[0].Code != "NoCapacity" {
		t.Fatal(why, err)
	}
	f.saw(t, "PUT /computes/Gpu", "GET /op/1", "GET /op/1", "GET /computes/Gpu",
		"DELETE /computes/Gpu?underlyingResourceAction=Delete", "DELETE /computes/none?underlyingResourceAction=Delete", "GET /computes/Gpu/why")
}

func TestNamesAreEscaped(t *testing.T) {
	f := newFake(t)
	for _, name := range []string{"../x", "a/b", "a b", "a?b", "a#b", "%2e", "한글", "."} {
		_, err := f.Compute(t.Context(), name)
		if err == nil {
			t.Errorf("%q exists", name)
		}
	}
	for _, call := range f.calls {
		if !strings.HasPrefix(call, "GET /computes/") || strings.Count(call, "/") != 2 || strings.Contains(call, "?") {
			t.Errorf("a name led to %s", call)
		}
	}
}

func TestWarnings(t *testing.T) {
	for text, want := range map[string]Warnings{
		`null`: nil, `{}`: nil, `[]`: nil,
		`[{"code":"A","message":"m"}]`:           {{Code: "A", Message: "m"}},
		`[{"error":{"code":"A","message":"m"}}]`: {{Code: "A", Message: "m"}},
		`{"code":"A","message":"m"}`:             {{Code: "A", Message: "m"}},
		`"x"`:                                    nil,
	} {
		var w Warnings
		if err := json.Unmarshal([]byte(text), &w); err != nil || !reflect.DeepEqual(w, want) {
			t.Errorf("%s: %v %v", text, w, err)
		}
	}
}

func TestJob(t *testing.T) {
	f := newFake(t)
	f.on("GET /jobs/j", say(200, `{"name":"j","properties":{"status":"Failed","exitCode":3,"attempt":2,"startTime":null,
		"error":{"error":{"code":"UserError","message":"m","target":null}},"outputs":{"default":{"uri":"u","mode":null,"jobOutputType":"uri_folder"}}}}`))
	f.on("POST /submitJobs", func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); string(body) != `{"value":[{"name":"a","properties":{"jobType":"Command","command":"c"}}]}` {
			t.Errorf("sent %s", body)
		}
		say(200, `{"value":[{"name":"a","status":"NotStarted"}]}`)(w, r)
	})
	j, err := f.Job(t.Context(), "j")
	if err != nil {
		t.Fatal(err)
	}
	if p := j.Properties; *p.ExitCode != 3 || p.Error.Code != "UserError" || p.Attempt != 2 || p.Outputs["default"].URI != "u" || !Terminal(p.Status) || Terminal("Finalizing") {
		t.Errorf("decoded %+v", p)
	}
	out, err := f.SubmitJobs(t.Context(), []BatchJob{{Name: "a", Properties: JobProperties{JobType: "Command", Command: "c"}}})
	if err != nil || len(out) != 1 || out[0] != (BatchResult{"a", "NotStarted"}) {
		t.Error(out, err)
	}
}

func TestFailedOperation(t *testing.T) {
	f := newFake(t)
	f.mux.HandleFunc("GET /op/1", say(200, `{"status":"Failed","error":{"code":"NoCapacity","message":"full"}}`))
	f.mux.HandleFunc("GET /location", inTurn(say(202, ""), say(200, "")))
	err := f.Wait(t.Context(), &Operation{URL: f.URL + "/op/1"}, nil)
	if !IsCode(err, "NoCapacity") || err.Error() != "full" {
		t.Errorf("got %v", err)
	}
	f.waits = nil
	if err := f.Wait(t.Context(), &Operation{URL: f.URL + "/location"}, nil); err != nil || len(f.waits) != 2 {
		t.Errorf("by Location: %v after %d looks", err, len(f.waits))
	}
	if err := f.Wait(t.Context(), nil, nil); err != nil {
		t.Error(err)
	}
}

func TestPages(t *testing.T) {
	f := newFake(t)
	f.on("GET /jobs", func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("$skip") {
		case "":
			fmt.Fprintf(w, `{"value":[{"name":"c"},{"name":"b"}],"nextLink":"%s%s/jobs?%%24skip=2&api-version=%s"}`, f.URL, ws, APIVersion)
		case "2":
			fmt.Fprint(w, `{"value":[{"name":"a"}],"nextLink":null}`)
		}
	})
	f.on("POST /computes/gpu/listNodes", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"nodes":[{"nodeId":"n1","nodeState":"idle"}],"nextLink":"%s%s/more?api-version=%s"}`, f.URL, ws, APIVersion)
	})
	f.on("GET /more", say(200, `{"nodes":[{"nodeId":"n2"}],"nextLink":""}`))
	f.on("GET /computes", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"value":[],"nextLink":"https://%s%s"}`, r.Host, r.URL.RequestURI())
	})

	jobs, err := Collect(f.Jobs(t.Context(), JobQuery{Top: 2, View: "All", Tag: "k=v"}), 0)
	if err != nil || len(jobs) != 3 || jobs[2].Name != "a" || string(jobs[2].Raw) != `{"name":"a"}` {
		t.Fatal(jobs, err)
	}
	if jobs, err = Collect(f.Jobs(t.Context(), JobQuery{}), 2); err != nil || len(jobs) != 2 {
		t.Fatal(jobs, err)
	}
	nodes, err := Collect(f.Nodes(t.Context(), "gpu"), 0)
	if err != nil || len(nodes) != 2 || nodes[1].NodeID != "n2" {
		t.Fatal(nodes, err)
	}
	f.saw(t, "GET /jobs?%24top=2&listViewType=All&tag=k%3Dv", "GET /jobs?%24skip=2", "GET /jobs", "POST /computes/gpu/listNodes", "GET /more")
	for range 2 { // the first call has no query of its own, the second repeats
		if _, err := Collect(f.Computes(t.Context()), 0); err == nil || !strings.Contains(err.Error(), "does not end") {
			t.Errorf("a list in a circle: %v", err)
		}
	}
}

func TestTokenStaysHere(t *testing.T) {
	f := newFake(t)
	for _, link := range []string{"https://evil.example/x", "http://" + strings.TrimPrefix(f.URL, "https://") + "/x", "//evil.example/x"} {
		f.mux = http.NewServeMux()
		f.on("GET /jobs", say(200, `{"value":[],"nextLink":"`+link+`"}`))
		if _, err := Collect(f.Jobs(t.Context(), JobQuery{}), 0); err == nil || !strings.Contains(err.Error(), "not itself") {
			t.Errorf("%s: %v", link, err)
		}
	}
	f.on("GET /computes/x", say(307, "", "Location", "https://evil.example/"))
	if _, err := f.Compute(t.Context(), "x"); !IsStatus(err, 307) {
		t.Errorf("a redirect: %v", err)
	}
}

func TestErrors(t *testing.T) {
	f := newFake(t)
	ctx := t.Context()
	f.on("GET /computes/no", say(404, `{"error":{"code":"ComputeNotFound","message":"there is none","target":"name","details":[{"code":"d","message":"m"}]}}`, "x-ms-request-id", "r1"))
	f.on("GET /computes/page", say(502, `<html>`, "Content-Type", "text/html"))
	f.on("GET /computes/text", say(413, "too big\n", "Content-Type", "text/plain; charset=utf-8"))
	f.on("GET /computes/odd", say(200, `[]`))
	f.on("GET /computes/busy", inTurn(say(429, `{"error":{"code":"TooManyRequests","message":"slow"}}`, "Retry-After", "7"), say(503, ``), say(200, recorded)))
	f.on("POST /submitJobs", say(503, `{"error":{"code":"Busy","message":"busy"}}`))

	_, err := f.Compute(ctx, "no")
	var e *Error
	if !errors.As(err, &e) || e.Status != 404 || e.Code != "ComputeNotFound" || e.Message != "there is none" || e.Target != "name" || e.RequestID != "r1" || len(e.Details) != 1 {
		t.Errorf("got %#v", err)
	}
	if _, err := f.Compute(ctx, "page"); !IsStatus(err, 502) || !strings.Contains(err.Error(), "502") || strings.Contains(err.Error(), "<") {
		t.Errorf("got %v", err)
	}
	if _, err := f.Compute(ctx, "text"); !IsStatus(err, 413) || !strings.Contains(err.Error(), "too big") {
		t.Errorf("got %v", err)
	}
	if _, err := f.Compute(ctx, "odd"); err == nil || !strings.Contains(err.Error(), "not what this client understands") {
		t.Errorf("got %v", err)
	}
	if len(f.waits) != 0 {
		t.Errorf("waited %v for errors that stay", f.waits)
	}
	if v, err := f.Compute(ctx, "busy"); err != nil || v.Name != "Gpu" || !reflect.DeepEqual(f.waits, []time.Duration{7 * time.Second, 2 * time.Second}) {
		t.Errorf("got %v %v after %v", v, err, f.waits)
	}
	f.waits = nil
	if _, err := f.SubmitJobs(ctx, nil); !IsCode(err, "busy") || len(f.waits) != 0 {
		t.Errorf("a POST was repeated: %v %v", err, f.waits)
	}
}

func TestUnreachable(t *testing.T) {
	f := newFake(t)
	check := func(name string, cfg Config, want string) {
		t.Helper()
		c, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Compute(t.Context(), "x")
		var down *Unreachable
		if !errors.As(err, &down) || !strings.Contains(down.Message, want) || !strings.Contains(down.Message, cfg.Endpoint) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	other := f.config()
	other.CA = nil
	check("unknown-ca", other, "SSL_CERT_FILE")
	names := f.config()
	names.Endpoint = strings.Replace(f.URL, "127.0.0.1", "localhost", 1)
	check("other-name", names, "certificate is for other names")
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	tlsToPlain := f.config()
	tlsToPlain.Endpoint = strings.Replace(plain.URL, "http:", "https:", 1)
	check("no-tls", tlsToPlain, "does not speak TLS")
	f.Server.Close()
	check("gone", f.config(), "atelier up")
	t.Run("canceled-stays-canceled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := f.Compute(ctx, "x"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("bad-endpoint", func(t *testing.T) {
		for _, e := range []string{"", "127.0.0.1:8443", "ftp://x", "https://"} {
			if _, err := New(Config{Endpoint: e}); err == nil {
				t.Errorf("%q is taken", e)
			}
		}
		if _, err := New(Config{Endpoint: "https://x", CA: []byte("x"), CAFile: "f.pem"}); err == nil || !strings.Contains(err.Error(), "f.pem") {
			t.Error(err)
		}
	})
}

func TestTrace(t *testing.T) {
	f := newFake(t)
	cfg := f.config()
	var seen []Exchange
	cfg.Trace = func(x Exchange) { seen = append(seen, x) }
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.Compute(t.Context(), "x") //nolint:errcheck // there is none
	if len(seen) != 1 || seen[0].Status != 404 || seen[0].Method != "GET" || strings.Contains(fmt.Sprint(seen), "t0ken") {
		t.Errorf("got %+v", seen)
	}
}

func TestLocalAndEnv(t *testing.T) {
	f := newFake(t)
	dir := t.TempDir()
	os.Mkdir(filepath.Join(dir, "run"), 0o700)
	ca := filepath.Join(dir, "ca.pem")
	os.WriteFile(ca, f.ca(), 0o600)
	put := func(token string) {
		data, _ := json.Marshal(LocalFile{Endpoint: f.URL, CA: ca, Token: token, PID: 7})
		os.WriteFile(filepath.Join(dir, "run", "cli.json"), data, 0o600)
	}
	t.Run("no-server", func(t *testing.T) {
		_, err := Local(dir)
		var down *Unreachable
		if !errors.As(err, &down) || !strings.Contains(err.Error(), "atelier up") || !strings.Contains(err.Error(), dir) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("local", func(t *testing.T) {
		put("old")
		cfg, err := Local(dir)
		if err != nil {
			t.Fatal(err)
		}
		put("t0ken") // the server started again
		cfg.Subscription, cfg.ResourceGroup, cfg.Workspace = "s", "r", "w"
		c, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		f.on("GET /computes/Gpu", say(200, recorded))
		if _, err := c.Compute(t.Context(), "Gpu"); err != nil {
			t.Error(err)
		}
	})
	t.Run("env", func(t *testing.T) {
		env := map[string]string{}
		get := func(k string) string { return env[k] }
		if _, ok, err := FromEnv(get); ok || err != nil {
			t.Error(ok, err)
		}
		env["ATELIER_ENDPOINT"], env["SSL_CERT_FILE"] = f.URL, ca
		if _, _, err := FromEnv(get); err == nil || !strings.Contains(err.Error(), "AZURE_CLIENT_SECRET") {
			t.Error(err)
		}
		env["ATELIER_TOKEN"] = "t0ken"
		cfg, ok, err := FromEnv(get)
		if token, _ := cfg.Token(t.Context()); !ok || err != nil || token != "t0ken" {
			t.Error(ok, err)
		}
	})
}

func TestServicePrincipal(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	asked := 0
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		r.ParseForm()
		want := url.Values{"grant_type": {"client_credentials"}, "client_id": {"c"}, "client_secret": {"s"}, "scope": {"https://arm/.default"}}
		if r.URL.Path != "/t/oauth2/v2.0/token" || !reflect.DeepEqual(r.PostForm, want) {
			t.Errorf("%s %v", r.URL, r.PostForm)
		}
		fmt.Fprintf(w, `{"access_token":"t%d","expires_in":3600}`, asked)
	}))
	defer s.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	token, err := ServicePrincipal{Authority: s.URL, Tenant: "t", ClientID: "c", Secret: "s"}.
		Tokens(Config{Endpoint: "https://arm/", CA: ca, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{0, "t1"}, {54 * time.Minute, "t1"}, {2 * time.Minute, "t2"}, {0, "t2"}} {
		now = now.Add(step.after)
		if got, err := token(t.Context()); err != nil || got != step.want {
			t.Errorf("at %v: %s %v, want %s", now, got, err, step.want)
		}
	}
}
