package arm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
)

// guard knows the token "good", whose caller sees workspace w and may read.
type guard struct{}

func (guard) Identify(r *http.Request) (Caller, error) {
	if r.Header.Get("Authorization") != "Bearer good" {
		return nil, errors.New("no")
	}
	return reader{}, nil
}

type reader struct{}

func (reader) Name() string                         { return "ann" }
func (reader) May(action string, _ atelier.ID) bool { return strings.HasSuffix(action, "/read") }
func (reader) Sees(w atelier.ID) bool               { return w == atelier.WorkspaceID("s", "g", "w") }

const wsPattern = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.MachineLearningServices/workspaces/{workspace}"

const wsPath = "/subscriptions/S/resourcegroups/g/PROVIDERS/microsoft.machinelearningservices/workspaces/W"

func serve(t *testing.T, log *bytes.Buffer, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	type in struct {
		Name  string `json:"name"`
		Inner struct {
			N    int   `json:"n"`
			Tags Texts `json:"tags"`
			Flag *bool `json:"flag"`
		} `json:"inner"`
	}
	s := &Server{Gate: guard{}, NewID: func() string { return "req-1" }, MaxBody: 1000, Log: slog.New(slog.NewTextHandler(log, nil))}
	echo := func(r *Request) (int, any, error) {
		var v in
		if err := r.Decode(&v); err != nil {
			return 0, nil, err
		}
		return http.StatusOK, v, nil
	}
	err := s.Handle([]Route{
		{Method: "GET", Pattern: wsPattern + "/things/{thing}", Action: "x/things/read", Handler: func(r *Request) (int, any, error) {
			return 200, map[string]string{"thing": r.Param("thing"), "workspace": string(r.Workspace())}, nil
		}},
		{Method: "PUT", Pattern: wsPattern + "/things/{thing}", Action: "x/things/write", Handler: echo},
		{Method: "POST", Pattern: wsPattern + "/things/{thing}/echo", Action: "x/things/read", Handler: echo},
		{Method: "POST", Pattern: wsPattern + "/things/{thing}/try", Action: "x/things/read", DryRun: true, Handler: func(r *Request) (int, any, error) {
			return 200, map[string]bool{"dry": r.Dry}, nil
		}},
		{Method: "GET", Pattern: wsPattern + "/things/{thing}/files/{path...}", Action: "x/things/read", Handler: func(r *Request) (int, any, error) {
			return 200, map[string]string{"path": r.Param("path")}, nil
		}},
		{Method: "GET", Pattern: wsPattern + "/list", Action: "x/read", Handler: func(r *Request) (int, any, error) {
			p, err := r.Page()
			return 200, List[string]{Value: []string{fmt.Sprint(p.After, p.Top)}, NextLink: r.Next(7)}, err
		}},
		{Method: "GET", Pattern: "/panic", Action: Public, Handler: func(*Request) (int, any, error) { panic("secret words") }},
		{Method: "GET", Pattern: "/fault", Action: Public, Handler: func(*Request) (int, any, error) { return 0, nil, errors.New("secret words") }},
		{Method: "GET", Pattern: "/mine", Action: "x/read", Plain: true, Handler: func(r *Request) (int, any, error) { return 200, r.Caller.Name(), nil }},
		{Method: "DELETE", Pattern: "/async", Action: Public, Handler: func(r *Request) (int, any, error) {
			r.Operation("/ops/1")
			return http.StatusAccepted, nil, nil
		}},
		{Method: "GET", Pattern: "/fail/{kind}", Action: Public, Handler: func(r *Request) (int, any, error) {
			return 0, nil, fmt.Errorf("wrapped: %w", atelier.Errorf(atelier.Kind(r.Param("kind")), "Code", "what, why, what next").At("here").In(46500*time.Millisecond))
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func request(method, path, body string) *http.Request {
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	r := httptest.NewRequest(method, path+sep+"api-version=2024-04-01", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer good")
	return r
}

// bare is a request without an api-version.
func bare(path, token string) *http.Request {
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func envelope(t *testing.T, w *httptest.ResponseRecorder) ErrorBody {
	t.Helper()
	var e Wrapped
	if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || e.Error.Code == "" || e.Error.Message == "" {
		t.Fatalf("%d %s is no error envelope: %v", w.Code, w.Body, err)
	}
	if got := w.Header().Get("x-ms-error-code"); got != e.Error.Code {
		t.Errorf("x-ms-error-code is %q, the body says %q", got, e.Error.Code)
	}
	return e.Error
}

func TestAdmission(t *testing.T) {
	for name, tc := range map[string]struct {
		r      *http.Request
		status int
		code   string // of the error
		body   string // part of it
	}{
		"any-case":             {r: request("GET", wsPath+"/THINGS/Gpu", ""), status: 200, body: `"thing":"Gpu","workspace":"workspaces/s~g~w"`},
		"rest":                 {r: request("GET", wsPath+"/things/x/files/a/b%20c", ""), status: 200, body: `"path":"a/b c"`},
		"unknown-route":        {r: request("GET", "/nothing", ""), status: 404, code: "ResourceTypeNotFound"},
		"unknown-below":        {r: request("GET", wsPath+"/things/x/y", ""), status: 404, code: "ResourceTypeNotFound"},
		"wrong-method":         {r: request("DELETE", wsPath+"/things/x", ""), status: 405, code: "MethodNotAllowed", body: "GET, PUT"},
		"other-workspace":      {r: request("GET", strings.Replace(wsPath, "/W", "/V", 1)+"/things/x", ""), status: 404, code: "ResourceNotFound"},
		"not-permitted":        {r: request("PUT", wsPath+"/things/x", "{}"), status: 403, code: "AuthorizationFailed", body: "perform action 'x/things/write' over scope '/subscriptions/S/resourceGroups/g/"},
		"dot-dot":              {r: request("GET", wsPath+"/things/%2e%2e", ""), status: 400, code: "InvalidRequestUri"},
		"tilde-in-name":        {r: request("GET", "/subscriptions/s~g/resourceGroups/x/providers/Microsoft.MachineLearningServices/workspaces/w/things/y", ""), status: 400, code: "InvalidRequestUri"},
		"huge":                 {r: request("POST", wsPath+"/things/x/echo", `{"name":"`+strings.Repeat("x", 2000)+`"}`), status: 413, code: "RequestEntityTooLarge"},
		"deep":                 {r: request("POST", wsPath+"/things/x/echo", strings.Repeat("[", 100)), status: 400, code: "InvalidRequestContent", body: "nested deeper"},
		"not-json":             {r: request("POST", wsPath+"/things/x/echo", `{"name":`), status: 400, code: "InvalidRequestContent", body: "not valid JSON"},
		"no-body":              {r: request("POST", wsPath+"/things/x/echo", ` `), status: 400, code: "InvalidRequestContent"},
		"wrong-type":           {r: request("POST", wsPath+"/things/x/echo", `{"inner":{"n":"1"}}`), status: 400, code: "InvalidRequestContent", body: `"target":"inner.n"`},
		"fraction":             {r: request("POST", wsPath+"/things/x/echo", `{"inner":{"n":1.5}}`), status: 400, code: "InvalidRequestContent", body: `"target":"inner.n"`},
		"array-for-object":     {r: request("POST", wsPath+"/things/x/echo", `[]`), status: 400, code: "InvalidRequestContent"},
		"object-for-text":      {r: request("POST", wsPath+"/things/x/echo", `{"inner":{"tags":{"a":{}}}}`), status: 400, code: "InvalidRequestContent", body: `"target":"inner.tags`},
		"number-for-text":      {r: request("POST", wsPath+"/things/x/echo", `{"inner":{"tags":{"a":202208,"b":true,"c":"x"}}}`), status: 200, body: `"a":"202208","b":"true","c":"x"`},
		"nul":                  {r: request("POST", wsPath+"/things/x/echo", `{"name":"a\u0000b"}`), status: 400, code: "InvalidRequestContent", body: "NUL"},
		"escaped-backslash":    {r: request("POST", wsPath+"/things/x/echo", `{"name":"a\\u0000b"}`), status: 200},
		"unknown-members":      {r: request("POST", wsPath+"/things/x/echo", `{"id":"x","properties":[1],"name":"n"}`), status: 200, body: `"name":"n"`},
		"panic":                {r: request("GET", "/panic", ""), status: 500, code: "InternalServerError", body: "req-1"},
		"fault":                {r: request("GET", "/fault", ""), status: 500, code: "InternalServerError", body: "req-1"},
		"page":                 {r: request("GET", wsPath+"/list?$top=5000", ""), status: 200, body: `"value":["0 1000"]`},
		"bad-top":              {r: request("GET", wsPath+"/list?$top=none", ""), status: 400, code: "InvalidQueryParameter"},
		"bad-skip":             {r: request("GET", wsPath+"/list?$skip=10", ""), status: 400, code: "InvalidSkipToken"},
		"version-in-any-case":  {r: withQuery("/things/x", "API-VERSION=2024-04-01"), status: 200},
		"own-version":          {r: withQuery("/things/x", "api-version="+OwnVersion), status: 200},
		"preview":              {r: withQuery("/things/x", "api-version=2023-08-01-preview"), status: 200},
		"data-plane-version":   {r: withQuery("/things/x", "api-version=v1.0"), status: 200},
		"no-version":           {r: withQuery("/things/x", ""), status: 400, code: "MissingApiVersionParameter"},
		"plain":                {r: bare("/mine", "good"), status: 200},
		"dry-run":              {r: request("POST", wsPath+"/things/x/try?DryRun=true", ""), status: 200, body: `{"dry":true}`},
		"no-dry-run":           {r: request("POST", wsPath+"/things/x/try?dryRun=0", ""), status: 200, body: `{"dry":false}`},
		"half-a-dry-run":       {r: request("POST", wsPath+"/things/x/try?dryRun=perhaps", ""), status: 400, code: "InvalidQueryParameter", body: `"target":"dryRun"`},
		"cannot-be-tried":      {r: request("POST", wsPath+"/things/x/echo?dryRun=true", `{"name":"n"}`), status: 400, code: "DryRunNotSupported", body: "nothing was done"},
		"changes-nothing":      {r: request("GET", wsPath+"/things/x?dryRun=true", ""), status: 200},
		"plain-wrong-version":  {r: bare("/mine?api-version=latest", "good"), status: 400, code: "InvalidApiVersionParameter"},
		"plain-and-nobody":     {r: bare("/mine", "bad"), status: 401, code: "InvalidAuthenticationToken"},
		"garbage-version":      {r: withQuery("/things/x", "api-version=latest"), status: 400, code: "InvalidApiVersionParameter"},
		"kind-invalid":         {r: request("GET", "/fail/invalid", ""), status: 400, code: "Code", body: `"target":"here"`},
		"kind-not-found":       {r: request("GET", "/fail/not_found", ""), status: 404, code: "Code"},
		"kind-conflict":        {r: request("GET", "/fail/conflict", ""), status: 409, code: "Code"},
		"kind-forbidden":       {r: request("GET", "/fail/forbidden", ""), status: 403, code: "Code"},
		"kind-too-large":       {r: request("GET", "/fail/too_large", ""), status: 413, code: "Code"},
		"kind-no-quota":        {r: request("GET", "/fail/no_quota", ""), status: 429, code: "Code"},
		"kind-unsupported":     {r: request("GET", "/fail/unsupported", ""), status: 400, code: "Code"},
		"kind-transient":       {r: request("GET", "/fail/transient", ""), status: 503, code: "Code"},
		"kind-that-is-unknown": {r: request("GET", "/fail/other", ""), status: 500, code: "InternalServerError"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			w := serve(t, &log, tc.r)
			if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.body) {
				t.Fatalf("got %d %s; want %d with %s", w.Code, w.Body, tc.status, tc.body)
			}
			if tc.code != "" {
				if e := envelope(t, w); e.Code != tc.code {
					t.Errorf("code is %s, want %s", e.Code, tc.code)
				}
			}
			if strings.Contains(w.Body.String(), "secret") {
				t.Error("the answer has the words of an inner fault")
			}
			if w.Code == 500 && log.Len() == 0 {
				t.Error("a fault of our own is not in the log")
			}
			if w.Header().Get("x-ms-request-id") != "req-1" || w.Header().Get("Content-Type") != "application/json; charset=utf-8" {
				t.Errorf("headers: %v", w.Header())
			}
		})
	}
}

func withQuery(path, query string) *http.Request {
	r := httptest.NewRequest("GET", wsPath+path+"?"+query, nil)
	r.Header.Set("Authorization", "Bearer good")
	return r
}

func TestWithoutToken(t *testing.T) {
	for name, token := range map[string]string{"none": "", "garbage": "Bearer bad"} {
		t.Run(name, func(t *testing.T) {
			r := request("GET", wsPath+"/things/x", "")
			r.Header.Set("Authorization", token)
			w := serve(t, new(bytes.Buffer), r)
			if e := envelope(t, w); w.Code != 401 || e.Code != "InvalidAuthenticationToken" {
				t.Fatalf("got %d %s", w.Code, e.Code)
			}
			if h := w.Header().Get("WWW-Authenticate"); !strings.Contains(h, `Bearer authorization_uri="http://example.com/`) || !strings.Contains(h, `error="invalid_token"`) {
				t.Fatalf("WWW-Authenticate: %s", h)
			}
		})
	}
}

func TestNextLinkIsAbsoluteAndReadable(t *testing.T) {
	w := serve(t, new(bytes.Buffer), request("GET", wsPath+"/list?$top=3&tag=a%20b", ""))
	var page List[string]
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || page.NextLink == nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	if !strings.HasPrefix(*page.NextLink, "http://example.com"+wsPath+"/list?") || !strings.Contains(*page.NextLink, "tag=a+b") {
		t.Fatalf("nextLink is %s", *page.NextLink)
	}
	next := httptest.NewRequest("GET", *page.NextLink, nil)
	next.Header.Set("Authorization", "Bearer good")
	if w = serve(t, new(bytes.Buffer), next); !strings.Contains(w.Body.String(), `"value":["7 3"]`) {
		t.Fatalf("the next page got %s", w.Body)
	}
}

func TestAsyncOperation(t *testing.T) {
	w := serve(t, new(bytes.Buffer), request("DELETE", "/async", ""))
	if got := w.Header().Get("Azure-AsyncOperation"); w.Code != 202 || got != "http://example.com/ops/1?api-version=2024-04-01&service=new" || w.Header().Get("Retry-After") != "1" {
		t.Fatalf("%d %q %v", w.Code, got, w.Header())
	}
	if w.Body.Len() != 0 {
		t.Fatalf("body %s", w.Body)
	}
}

func TestRetryAfter(t *testing.T) {
	for kind, want := range map[string]string{"no_quota": "47", "transient": "47", "invalid": "", "conflict": ""} {
		if got := serve(t, new(bytes.Buffer), request("GET", "/fail/"+kind, "")).Header().Get("Retry-After"); got != want {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
	h := http.Header{}
	SetRetry(h, atelier.Errorf(atelier.Transient, "Code", "nobody knows for how long"))
	if got := h.Get("Retry-After"); got != "1" {
		t.Errorf("unknown: %q", got)
	}
}

func TestClientRequestID(t *testing.T) {
	r := request("GET", wsPath+"/things/x", "")
	r.Header.Set("x-ms-client-request-id", "c-1")
	r.Header.Set("x-ms-return-client-request-id", "True")
	if got := serve(t, new(bytes.Buffer), r).Header().Get("x-ms-client-request-id"); got != "c-1" {
		t.Fatalf("echo is %q", got)
	}
	r.Header.Del("x-ms-return-client-request-id")
	if got := serve(t, new(bytes.Buffer), r).Header().Get("x-ms-client-request-id"); got != "" {
		t.Fatalf("echo is %q without being asked", got)
	}
}

func TestHandleRefuses(t *testing.T) {
	h := func(*Request) (int, any, error) { return 200, nil, nil }
	for name, routes := range map[string][]Route{
		"no-action":  {{Method: "GET", Pattern: "/a", Handler: h}},
		"no-handler": {{Method: "GET", Pattern: "/a", Action: "x"}},
		"twice":      {{Method: "GET", Pattern: "/a/{b}", Action: "x", Handler: h}, {Method: "GET", Pattern: "/A/{c}", Action: "x", Handler: h}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := new(Server).Handle(routes); err == nil {
				t.Fatal("no error")
			}
		})
	}
}
