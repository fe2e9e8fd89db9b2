package azureml

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
)

// description is the document that the server serves, read by another's reader.
var description = sync.OnceValues(func() (*openapi3.T, error) {
	data, err := json.Marshal((&API{}).Describe())
	if err != nil {
		return nil, err
	}
	return openapi3.NewLoader().LoadFromData(data)
})

// check holds a reply to the description: every answer that any test here gets.
func (d *promise) check(method, target string, rec *httptest.ResponseRecorder) error {
	path, _, _ := strings.Cut(target, "?")
	op := d.find(method, path)
	if op == nil {
		return nil // there is no such operation, and the test means that
	}
	status := strconv.Itoa(rec.Code)
	res := op.Responses.Value(status)
	if res == nil && rec.Code >= 400 {
		res = op.Responses.Default()
	}
	if res == nil {
		return fmt.Errorf("%s %s answers %s, which openapi.json does not know", method, target, status)
	}
	media, _, _ := strings.Cut(rec.Header().Get("Content-Type"), ";")
	body := rec.Body.Bytes()
	if len(body) == 0 || media != "application/json" {
		if want := res.Value.Content; len(body) > 0 && want.Get(media) == nil {
			return fmt.Errorf("%s %s answers %s, which openapi.json does not know", method, target, media)
		}
		return nil
	}
	content := res.Value.Content.Get(media)
	if content == nil {
		return fmt.Errorf("%s %s answers %s with a body: openapi.json knows none: %s", method, target, status, body)
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	if err := content.Schema.Value.VisitJSON(v); err != nil {
		return fmt.Errorf("%s %s answers %s, and that is not as in openapi.json: %w", method, target, status, err)
	}
	return nil
}

// promise is what openapi.json says of the replies.
type promise struct {
	doc   *openapi3.T
	paths []pattern
}

type pattern struct {
	segs []string
	rest bool
	item *openapi3.PathItem
}

func newPromise(t testing.TB, routes []arm.Route) *promise {
	t.Helper()
	doc, err := description()
	must(t, err)
	d := &promise{doc: doc}
	seen := map[string]bool{}
	for _, rt := range routes {
		path := strings.ReplaceAll(rt.Pattern, "...}", "}")
		if !seen[path] {
			seen[path] = true
			d.paths = append(d.paths, pattern{strings.Split(path, "/"), path != rt.Pattern, doc.Paths.Value(path)})
		}
	}
	return d
}

func (d *promise) find(method, path string) *openapi3.Operation {
	segs := strings.Split(path, "/")
	var best *openapi3.Operation
	most := -1
	for _, p := range d.paths {
		if n, fits := p.fits(segs); fits && n > most && p.item != nil && p.item.GetOperation(method) != nil {
			best, most = p.item.GetOperation(method), n
		}
	}
	return best
}

// fits also says how many segments are literally the same.
func (p *pattern) fits(segs []string) (literal int, fits bool) {
	if len(segs) != len(p.segs) && !(p.rest && len(segs) > len(p.segs)) {
		return 0, false
	}
	for i, want := range p.segs {
		switch {
		case strings.HasPrefix(want, "{"):
		case strings.EqualFold(want, segs[i]):
			literal++
		default:
			return 0, false
		}
	}
	return literal, true
}

func TestOpenAPIIsValid(t *testing.T) {
	w := newWorld(t)
	r := w.as("", "GET", "/openapi.json", "").want(200)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(r.body))
	must(t, err)
	must(t, doc.Validate(t.Context()))
	for _, rt := range w.api.Routes() {
		item := doc.Paths.Value(strings.ReplaceAll(rt.Pattern, "...}", "}"))
		if item == nil || item.GetOperation(rt.Method) == nil {
			t.Errorf("%s %s is not in openapi.json", rt.Method, rt.Pattern)
			continue
		}
		op := item.GetOperation(rt.Method)
		if op.Summary == "" || op.Responses.Default() == nil {
			t.Errorf("%s %s has the summary %q and the responses %v", rt.Method, rt.Pattern, op.Summary, op.Responses.Map())
		}
		if isPublic := op.Security != nil && len(*op.Security) == 0; isPublic != (rt.Action == arm.Public) {
			t.Errorf("%s %s: public is %v in openapi.json", rt.Method, rt.Pattern, isPublic)
		}
	}
}

// TestOpenAPISaysWhatHeadersDo finds what is asked for and answered beside JSON.
func TestOpenAPISaysWhatHeadersDo(t *testing.T) {
	doc, err := description()
	must(t, err)
	events := doc.Paths.Value(inWS + "/events").Get
	if events.Parameters.GetByInAndName("header", "Last-Event-ID") == nil || events.Responses.Value("200").Value.Content["text/event-stream"] == nil {
		t.Error("the stream of events is not described")
	}
	one := doc.Paths.Value(inWS + "/computes/{compute}")
	if one.Put.Parameters.GetByInAndName("header", "If-None-Match") == nil {
		t.Error("PUT of a compute does not say how to create only")
	}
	for method, op := range one.Operations() {
		if tries := op.Parameters.GetByInAndName("query", "dryRun") != nil; tries != (method == "PUT" || method == "PATCH") {
			t.Errorf("%s of a compute: dryRun is %v", method, tries)
		}
	}
}

// TestShapesAreOfRoutes finds shapes whose route is called otherwise by now.
func TestShapesAreOfRoutes(t *testing.T) {
	there := map[string]bool{}
	for _, rt := range (&API{}).Routes() {
		there[rt.Method+" "+short(rt.Pattern)] = true
	}
	for _, key := range sorted(shapes()) {
		if !there[key] {
			t.Errorf("no route is called %s", key)
		}
	}
	for _, rt := range (*auth.Auth)(nil).Routes() {
		if _, described := issuerShapes()[rt.Method+" "+rt.Pattern]; !described {
			t.Errorf("%s %s of the issuer has no shape", rt.Method, rt.Pattern)
		}
	}
}

// TestTheDescriptionIsHeldAgainstReplies plants answers that differ from it.
func TestTheDescriptionIsHeldAgainstReplies(t *testing.T) {
	w := newWorld(t)
	d := newPromise(t, w.api.Routes())
	for name, tc := range map[string]struct {
		path   string
		status int
		body   string
		words  string // "" fits
	}{
		"fits":         {"/computes/gpu/why", 200, `{"blocked":false,"reasons":[]}`, ""},
		"lacks":        {"/computes/gpu/why", 200, `{"reasons":[]}`, "blocked"},
		"type":         {"/computes/gpu/why", 200, `{"blocked":"no","reasons":[]}`, "blocked"},
		"null-in-list": {"/computes", 200, `{"value":null,"nextLink":null}`, "value"},
		"status":       {"/computes/gpu/why", 202, "", "202"},
		"error":        {"/computes/gpu/why", 404, `{"code":"x"}`, "error"},
	} {
		t.Run(name, func(t *testing.T) {
			rec := httptest.NewRecorder()
			rec.Header().Set("Content-Type", "application/json; charset=utf-8")
			rec.WriteHeader(tc.status)
			rec.WriteString(tc.body)
			err := d.check("GET", strings.ToLower(wsURL)+tc.path, rec)
			if (err == nil) != (tc.words == "") || err != nil && !strings.Contains(err.Error(), tc.words) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestOpenAPIFile holds docs/openapi.json to what is served; -update writes it.
func TestOpenAPIFile(t *testing.T) {
	const file = "../../docs/openapi.json"
	want, err := json.MarshalIndent((&API{}).Describe(), "", " ")
	must(t, err)
	want = append(want, '\n')
	if *update {
		must(t, os.WriteFile(file, want, 0o644))
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the server serves; `make gen` writes it (%v)", file, err)
	}
}

// TestInnerShapes holds what is inside of computes and jobs, which replies call
// anything, to the shapes that are listed for it. There is no member beside those.
func TestInnerShapes(t *testing.T) {
	w := rich(t)
	w.ann("PUT", wsURL+"/computes/bare"+own, `{"location":"local","properties":{"computeType":"ComputeInstance","properties":{"vmSize":"Standard_DS2_v2"}}}`).want(201)
	w.ann("PUT", wsURL+"/computes/rich"+own, richInstance).want(201)
	w.ann("PUT", wsURL+"/jobs/j"+own, jobBody("gpu", richJob)).want(201)
	w.step("instance bare Running Start Succeeded")
	w.step("node gpu node-0")
	doc, err := description()
	must(t, err)
	for path, part := range map[string]struct{ shape, at string }{
		"/computes/gpu":  {"AmlCompute", "properties.properties"},
		"/computes/bare": {"ComputeInstance", "properties.properties"},
		"/computes/rich": {"ComputeInstance", "properties.properties"},
		"/jobs/j":        {"JobOutProps", "properties"},
	} {
		t.Run(part.shape, func(t *testing.T) {
			got := w.ann("GET", wsURL+path+own, "").want(200).at(part.at)
			shape := doc.Components.Schemas[part.shape]
			if shape == nil {
				t.Fatalf("there is no shape %s", part.shape)
			}
			if err := shape.Value.VisitJSON(got); err != nil {
				t.Error(err)
			}
			for _, name := range sorted(got.(map[string]any)) {
				if shape.Value.Properties[name] == nil && name != "laterMember" { // which a client made up
					t.Errorf("%s lacks %s", part.shape, name)
				}
			}
		})
	}
}
