package azureml

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier/internal/arm"
)

// fillIn makes a path out of a pattern.
func fillIn(pattern, workspace string) string {
	return strings.NewReplacer(
		"{subscription}", subscription, "{group}", "Default", "{workspace}", workspace, "{location}", "local",
		"{principal}", "kim", "{code}", "BCDF-GHJK", "{answer}", "deny", "{compute}", "gpu", "{job}", "train-1", "{name}", "thing", "{version}", "1", "{operation}", "op-1", "{path...}", "a/b.txt", "{node}", "0", "{deployment}", "blue",
	).Replace(pattern)
}

func TestEveryRouteHasAnActionAndADoc(t *testing.T) {
	w := newWorld(t)
	for _, rt := range w.api.Routes() {
		if rt.Action == arm.Public && !slices.Contains([]string{"/metadata/endpoints", "/openapi.json", "/discovery", inRun + "/logs/{path...}"}, rt.Pattern) {
			t.Errorf("%s %s is public", rt.Method, rt.Pattern)
		}
		if rt.Action == arm.Member && (rt.Method != "GET" || !slices.Contains([]string{inWS + "/access"}, rt.Pattern)) {
			t.Errorf("%s %s is for everybody who sees the workspace", rt.Method, rt.Pattern)
		}
		isAction := rt.Action != arm.Public && rt.Action != arm.Member
		if isAction && !strings.HasPrefix(rt.Action, "Microsoft.") {
			t.Errorf("%s %s has the action %q", rt.Method, rt.Pattern, rt.Action)
		}
		if last := rt.Action[strings.LastIndexByte(rt.Action, '/')+1:]; isAction && !slices.Contains([]string{"read", "write", "delete", "action"}, last) {
			t.Errorf("%s %s has the action %q, which roles cannot be written for", rt.Method, rt.Pattern, rt.Action)
		}
		if strings.Contains(rt.Pattern, "/workspaces/") != strings.Contains(rt.Pattern, "{workspace}") {
			t.Errorf("%s %s is below a workspace that it does not name", rt.Method, rt.Pattern)
		}
		if strings.Contains(fillIn(rt.Pattern, "Main"), "{") {
			t.Errorf("%s %s has a parameter that the tests do not know", rt.Method, rt.Pattern)
		}
	}
	for _, rt := range w.api.Ours() {
		if rt.Doc == "" {
			t.Errorf("%s %s is ours and says nothing", rt.Method, rt.Pattern)
		}
	}
}

// TestEveryRouteIsGuarded tries every route without a token, with a wrong one and
// with one of another workspace.
func TestEveryRouteIsGuarded(t *testing.T) {
	w := newWorld(t)
	for _, rt := range w.api.Routes() {
		if rt.Action == arm.Public {
			continue
		}
		path := fillIn(rt.Pattern, "Main")
		name := rt.Method + " " + rt.Pattern
		for who, status := range map[string]int{"": 401, "mallory": 401} {
			if r := w.as(who, rt.Method, path, "{}"); r.StatusCode != status || r.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s as %q: %d, want %d", name, who, r.StatusCode, status)
			}
		}
		if rt.Scope() != arm.ScopeWorkspace {
			continue
		}
		// a workspace that bob may not see looks exactly like one that is not there
		hidden, none := w.as("bob", rt.Method, path, "{}"), w.as("bob", rt.Method, fillIn(rt.Pattern, "Nowhere"), "{}")
		if hidden.StatusCode != 404 || none.StatusCode != 404 || message(hidden) != strings.ReplaceAll(message(none), "Nowhere", "Main") {
			t.Errorf("%s as bob: %d %s, but for no workspace %d %s", name, hidden.StatusCode, hidden.body, none.StatusCode, none.body)
		}
		if r := w.as("ann", rt.Method, fillIn(rt.Pattern, "Nowhere"), "{}"); r.StatusCode != 404 && r.StatusCode != 400 && (r.StatusCode != 204 || rt.Method+rt.Pattern != "DELETE"+inWS) {
			t.Errorf("%s in a workspace that does not exist: %d %s", name, r.StatusCode, r.body)
		}
		if !strings.HasSuffix(rt.Action, "/read") && rt.Action != arm.Member {
			if r := w.as("eve", rt.Method, path, "{}"); r.StatusCode != 403 {
				t.Errorf("%s as a reader: %d", name, r.StatusCode)
			}
		}
	}
	if w.log.Len() > 0 {
		t.Errorf("faults: %s", w.log.String())
	}
}

func message(r reply) string { return fmt.Sprint(r.at("error.code"), r.at("error.message")) }

// TestNothingLeaksAcrossWorkspaces makes things in Main and asks for them by way of
// Other, where bob may do everything.
func TestNothingLeaksAcrossWorkspaces(t *testing.T) {
	w := rich(t)
	w.ann("PUT", wsURL+"/jobs/train-1", jobBody("gpu", richJob)).want(201)
	w.ann("PUT", wsURL+"/environments/thing/versions/1", `{"properties":{"image":"x"}}`).want(201)
	for _, rt := range w.api.Routes() {
		if rt.Method != "GET" || rt.Scope() != arm.ScopeWorkspace || !strings.Contains(rt.Pattern, "{workspace}/") {
			continue
		}
		r := w.as("bob", "GET", fillIn(rt.Pattern, "Other"), "")
		if r.StatusCode == 200 && (strings.Contains(r.body, "train") || strings.Contains(r.body, `"value":[{`) && !strings.HasSuffix(rt.Pattern, "/events") && !strings.HasSuffix(rt.Pattern, "/datastores") && rt.Pattern != inWS+"/locations" && rt.Pattern != inWS+"/sizes") {
			t.Errorf("GET %s shows %s", rt.Pattern, r.body)
		}
	}
	for name, body := range map[string]string{
		"code":        `"codeId":"` + wsURL + `/codes/src/versions/1"`,
		"environment": `"environmentId":"` + wsURL + `/environments/MyEnv/versions/1"`,
		"data":        `"inputs":{"d":{"jobInputType":"uri_folder","uri":"` + wsURL + `/data/x/versions/1"}}`,
		"uri":         `"inputs":{"d":{"jobInputType":"uri_folder","uri":"azureml://subscriptions/` + subscription + `/resourcegroups/Default/workspaces/Main/datastores/workspaceblobstore/paths/x"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			w.as("bob", "PUT", otherURL+"/computes/bobs", gpu)
			r := w.as("bob", "PUT", otherURL+"/jobs/"+name, `{"properties":{"jobType":"Command","command":"x","computeId":"bobs",`+body+`}}`)
			r.t = t
			r.want(400)
		})
	}
}

func TestUnknownRoutes(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{wsURL + "/widgets", wsURL + "/computes/a/b/c/d", "/subscriptions/x/y/z", "/providers"} {
		w.ann("GET", path, "").wantError(404, "ResourceTypeNotFound", "")
	}
	w.ann("PATCH", wsURL+"/jobs/x", "{}").wantError(405, "MethodNotAllowed", "")
	if !w.srv.Serves(httptest.NewRequest("GET", "/subscriptions/../x", nil)) || w.srv.Serves(httptest.NewRequest("GET", "/signin", nil)) {
		t.Fatal("Serves does not tell whose paths are whose")
	}
}

// bodies are one good body for each operation that takes one.
func bodies() map[string]struct{ method, path, body string } {
	return map[string]struct{ method, path, body string }{
		"compute":   {"PUT", wsURL + "/computes/fuzz", `{"location":"local","tags":{"a":"b"},"identity":{"type":"UserAssigned","userAssignedIdentities":{"/x":{}}},"properties":{"computeType":"AmlCompute","computeLocation":"local","description":"d","disableLocalAuth":true,"properties":{"vmSize":"Standard_DS2_v2","vmPriority":"Dedicated","osType":"Linux","isolatedNetwork":false,"enableNodePublicIp":true,"subnet":{"id":"/n"},"virtualMachineImage":{"id":"/i"},"scaleSettings":{"maxNodeCount":3,"minNodeCount":1,"nodeIdleTimeBeforeScaleDown":"PT1M"},"remoteLoginPortPublicAccess":"Enabled","propertyBag":{"strictSize":false},"userAccountCredentials":{"adminUserName":"u","adminUserSshPublicKey":"k","adminUserPassword":"p"}}}}`},
		"patch":     {"PATCH", wsURL + "/computes/gpu", `{"tags":{"a":"b"},"properties":{"scaleSettings":{"maxNodeCount":2},"properties":{"scaleSettings":{"maxNodeCount":8,"minNodeCount":1,"nodeIdleTimeBeforeScaleDown":"PT5M"}}}}`},
		"instance":  {"PUT", wsURL + "/computes/fuzz", richInstance},
		"aks":       {"PUT", wsURL + "/computes/fuzz", richAKS},
		"kube":      {"PUT", wsURL + "/computes/fuzz", richKube},
		"vm":        {"PUT", wsURL + "/computes/fuzz", richVM},
		"spark":     {"PUT", wsURL + "/computes/fuzz", richSpark},
		"quotas":    {"POST", locURL + "/updateQuotas", `{"value":[{"id":"` + wsURL + `/quotas/standardDSv2Family","type":"x","limit":100,"unit":"Count"}],"location":"local"}`},
		"job":       {"PUT", wsURL + "/jobs/fuzz", jobBody("gpu", richJob+`,"notificationSetting":{"emails":["x"]},"isArchived":false`)},
		"batch":     {"POST", wsURL + "/submitJobs", `{"value":[{"name":"b1",` + strings.TrimPrefix(jobBody("gpu", richJob), "{") + `]}`},
		"env":       {"PUT", wsURL + "/environments/fuzz/versions/1", `{"properties":{"description":"d","isAnonymous":false,"isArchived":false,"image":"i","condaFile":"c","pipFile":"p","tags":{"a":"b"},"properties":{"k":"v"}}}`},
		"code":      {"PUT", wsURL + "/codes/fuzz/versions/1", `{"properties":{"codeUri":"azureml://datastores/workspaceblobstore/paths/x","isAnonymous":true,"properties":{"hash_sha256":"x","hash_version":202208}}}`},
		"datastore": {"PUT", wsURL + "/datastores/fuzz", `{"properties":{"datastoreType":"AzureBlob","accountName":"a","containerName":"c","tags":{"a":"b"},"properties":{"k":"v"},"credentials":{"credentialsType":"AccountKey","secrets":{"secretsType":"AccountKey","key":"k"}}}}`},
		"pending":   {"POST", wsURL + "/codes/fuzz/versions/1/startPendingUpload", `{"pendingUploadId":"x","pendingUploadType":"TemporaryBlobReference"}`},
		"secrets":   {"POST", wsURL + "/datastores/workspaceblobstore/listSecrets", `{"expirableSecret":true,"expireAfterHours":1}`},
		"data":      {"PUT", wsURL + "/data/fuzz/versions/1", `{"properties":{"dataUri":"x","dataType":"uri_file"}}`},
	}
}

// walk calls f for every member of the JSON value, with what puts another in its place.
func walk(v any, path string, f func(path string, old any, replace func(any))) {
	switch c := v.(type) {
	case map[string]any:
		for _, k := range sorted(c) {
			f(path+"."+k, c[k], func(x any) { c[k] = x })
			walk(c[k], path+"."+k, f)
		}
	case []any:
		for i := range c {
			f(fmt.Sprintf("%s[%d]", path, i), c[i], func(x any) { c[i] = x })
			walk(c[i], fmt.Sprintf("%s[%d]", path, i), f)
		}
	}
}

// TestEveryFieldOfTheWrongType replaces each member of each body by a value of
// another type: that is the user's mistake, or ignored, but never ours.
func TestEveryFieldOfTheWrongType(t *testing.T) {
	wrong := []any{nil, true, 3.5, -1, "?", []any{"x"}, map[string]any{"x": "y"}, []any{}, map[string]any{}}
	for name, op := range bodies() {
		t.Run(name, func(t *testing.T) {
			w := rich(t)
			w.as("ann", op.method, op.path, op.body) // the good one must pass, or nothing is tested
			if r := w.as("ann", op.method, op.path, op.body); r.StatusCode != 200 {
				t.Fatalf("the good body: %d %s", r.StatusCode, r.body)
			}
			refused := 0
			var tree any
			must(t, json.Unmarshal([]byte(op.body), &tree))
			walk(tree, "", func(path string, old any, replace func(any)) {
				for _, v := range wrong {
					replace(v)
					data, err := json.Marshal(tree)
					must(t, err)
					r := rich4(w, op.method, op.path, string(data))
					if r.StatusCode >= 500 || r.StatusCode >= 400 && r.at("error.code") == nil {
						t.Errorf("%s = %v: %d %s", path, v, r.StatusCode, r.body)
					}
					if r.StatusCode >= 400 {
						refused++
					}
				}
				replace(old)
			})
			if refused == 0 || w.log.Len() > 0 {
				t.Errorf("%d refused; faults: %s", refused, w.log.String())
			}
		})
	}
}

var fresh int

// rich4 sends the body to a name that was never used.
func rich4(w *world, method, path, body string) reply {
	if method == "PUT" {
		fresh++
		if i := strings.Index(path, "/fuzz"); i >= 0 {
			path = fmt.Sprintf("%s/f%dx%s", path[:i], fresh, path[i+5:])
		}
	}
	return w.ann(method, path, body)
}

// TestRandomBodiesNeverFault mutates the good bodies byte by byte.
func TestRandomBodiesNeverFault(t *testing.T) {
	w := rich(t)
	rng := rand.New(rand.NewPCG(1, 2))
	ops := bodies()
	tokens := []string{"{", "}", "[", "]", ",", ":", `"`, "null", "true", "-1", "1e999", "99999999999999999999", `"\ud800"`, `"${{"`, `"PT9999999999H"`, `"azureml:"`, `"azureml:/"`, `"/subscriptions/"`, "\x00", "\xff"}
	for range 3000 {
		op := ops[sorted(ops)[rng.IntN(len(ops))]]
		b := []byte(op.body)
		for range 1 + rng.IntN(4) {
			at := rng.IntN(len(b))
			switch rng.IntN(4) {
			case 0:
				b = slices.Delete(b, at, min(len(b), at+1+rng.IntN(8)))
			case 1:
				b = slices.Insert(b, at, []byte(tokens[rng.IntN(len(tokens))])...)
			case 2:
				b[at] = byte(rng.IntN(256))
			case 3:
				from := rng.IntN(len(b))
				b = slices.Insert(b, at, b[from:min(len(b), from+rng.IntN(40))]...)
			}
			if len(b) == 0 {
				b = []byte("{}")
			}
		}
		if r := rich4(w, op.method, op.path, string(b)); r.StatusCode >= 500 {
			t.Fatalf("%s %s with %q: %d %s\n%s", op.method, op.path, b, r.StatusCode, r.body, w.log.String())
		}
	}
}

func TestHugeBodies(t *testing.T) {
	w := rich(t)
	for name, op := range bodies() {
		size := int64(2 << 20)
		if name == "batch" {
			size = maxBatchBytes + 1
		}
		r := w.raw("ann", op.method, op.path, io.LimitReader(spaces{}, size))
		r.t = t
		r.wantError(413, "RequestEntityTooLarge", "")
		if name != "batch" {
			w.raw("ann", op.method, op.path, bytes.NewReader(bytes.Repeat([]byte("["), 1<<16))).wantError(400, "InvalidRequestContent", "")
		}
	}
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
