package cli_test

import (
	"archive/tar"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// fake is an API server in memory. It answers with objects as the wire contract has
// them, and plays just enough of a life for commands that wait.
type fake struct {
	t        testing.TB
	url      string
	mu       sync.Mutex
	computes map[string]map[string]any
	jobs     map[string]map[string]any
	assets   map[string]map[string]any
	looks    map[string]int
	seen     []string // "METHOD path" of what was written, with bodies
}

const fakeWorkspace = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default/providers/Microsoft.MachineLearningServices/workspaces/default"

// startFake starts a server and leaves a data directory for it in dir.
func startFake(t testing.TB, dir string) *fake {
	t.Helper()
	f := &fake{t: t, computes: map[string]map[string]any{}, jobs: map[string]map[string]any{}, assets: map[string]map[string]any{}, looks: map[string]int{}}
	f.seed()
	f.mu.Lock() // until the address is known
	defer f.mu.Unlock()
	s := httptest.NewTLSServer(f)
	t.Cleanup(s.Close)
	f.url = s.URL
	ca := filepath.Join(dir, "keys", "ca.pem")
	cli, _ := json.Marshal(map[string]any{"endpoint": s.URL, "ca": ca, "caBundle": ca, "token": "local-token", "pid": os.Getpid()})
	for name, data := range map[string][]byte{
		"keys/ca.pem":      pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}),
		"run/cli.json":     cli,
		"credentials.json": []byte(`{"tenantId":"11111111-2222-3333-4444-555555555555","clientId":"66666666-7777-8888-9999-aaaaaaaaaaaa","clientSecret":"it's a 'secret'"}`),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func object(text string) map[string]any {
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		panic(err)
	}
	return m
}

func (f *fake) seed() {
	f.computes["cpu"] = object(`{"id":"` + fakeWorkspace + `/computes/cpu","name":"cpu","type":"Microsoft.MachineLearningServices/workspaces/computes","location":"local","tags":{"team":"비전"},
"properties":{"createdOn":"2026-11-01T10:00:00Z","disableLocalAuth":true,"description":"","computeType":"AmlCompute","computeLocation":"local","provisioningState":"Succeeded","provisioningErrors":null,
"provisioningWarnings":[{"code":"SizeShort","message":"the machine has 2 vCPUs, the size says 4"}],"isAttachedCompute":false,
"reasons":[{"code":"ClusterAtMax","message":"All 2 nodes are busy.","params":{"max":"2"},"since":"2026-11-01T11:57:00Z","evidence":["jobs/calm_river_1 waits"],"blocking":true,"remedies":["raise max: atelier compute update cpu --max 3"]}],
"properties":{"osType":"Linux","vmSize":"Standard_DS3_v2","vmPriority":"Dedicated","scaleSettings":{"maxNodeCount":2,"minNodeCount":0,"nodeIdleTimeBeforeScaleDown":"PT2M"},"remoteLoginPortPublicAccess":"NotSpecified",
"allocationState":"Steady","currentNodeCount":2,"targetNodeCount":2,"nodeStateCounts":{"preparingNodeCount":0,"runningNodeCount":2,"idleNodeCount":0,"unusableNodeCount":0,"leavingNodeCount":0,"preemptedNodeCount":0},"propertyBag":{"kept":true}}}}`)
	for name, j := range map[string]string{
		"calm_river_1": `{"status":"Queued","displayName":"밤샘 학습","reasons":[{"code":"ClusterAtMax","message":"All 2 nodes are busy.","params":{"max":"2"},"since":"2026-11-01T11:57:00Z","blocking":true,"remedies":["raise max"]}]`,
		"bad_luck_2":   `{"status":"Failed","displayName":"bad","exitCode":3,"attempt":1,"startTime":"2026-11-01T11:00:00Z","endTime":"2026-11-01T11:00:42Z","error":{"code":"UserError","message":"the command ended with exit code 3: ValueError: no data"}`,
		"good_day_3":   `{"status":"Completed","displayName":"good","exitCode":0,"attempt":1,"startTime":"2026-11-01T11:00:00Z","endTime":"2026-11-01T11:03:05Z"`,
	} {
		f.jobs[name] = object(`{"id":"` + fakeWorkspace + `/jobs/` + name + `","name":"` + name + `","type":"Microsoft.MachineLearningServices/workspaces/jobs","systemData":{"createdAt":"2026-11-01T10:59:00Z","createdBy":"owner"},"properties":` + j +
			`,"jobType":"Command","command":"python train.py","computeId":"` + fakeWorkspace + `/computes/cpu","experimentName":"Default","resources":{"instanceCount":1}}}`)
	}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("x-ms-request-id", "req-1")
	if r.URL.Path == "/version" {
		answer(w, 200, map[string]any{"version": "9.9"})
		return
	}
	if r.Header.Get("Authorization") != "Bearer local-token" {
		fail(w, 401, "InvalidAuthenticationToken", "the token is not valid")
		return
	}
	if r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/upload") && !strings.HasSuffix(r.URL.Path, "/listNodes") {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		method := r.Method
		if r.URL.Query().Get("dryRun") == "true" {
			method = "TRY"
		}
		f.seen = append(f.seen, method+" "+strings.TrimPrefix(r.URL.Path, fakeWorkspace)+" "+string(body))
	}
	if at, ok := strings.CutPrefix(r.URL.Path, "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.MachineLearningServices/locations/"); ok {
		f.location(w, r, at)
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, fakeWorkspace)
	if !ok {
		fail(w, 404, "ResourceNotFound", "there is nothing at "+r.URL.Path)
		return
	}
	parts := strings.Split(strings.Trim(rest, "/"), "/")
	switch parts[0] {
	case "":
		answer(w, 200, map[string]any{"id": fakeWorkspace, "name": "default", "location": "local"})
	case "access":
		fmt.Fprint(w, `{"name":"ann","displayName":"Ann Example","kind":"user","workspace":{"name":"default","location":"local","subscription":"s","resourceGroup":"default"},"roles":["Reader","AzureML Compute Operator"],"actions":["a/read","b/read"]}`)
	case "sizes":
		fmt.Fprint(w, offers[r.URL.Query().Get("priority")])
	case "testConnection":
		testConnection(w, r)
	case "computes":
		f.compute(w, r, parts[1:])
	case "jobs":
		f.job(w, r, parts[1:])
	case "events":
		f.events(w, r)
	default:
		f.asset(w, r, parts)
	}
}

// testConnection shows a host key until it is trusted, and finds no docker then.
func testConnection(w http.ResponseWriter, r *http.Request) {
	var in struct{ HostKey, Password string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	switch {
	case in.Password == "too often":
		fail(w, 400, "InvalidRequest", "port is 99999")
	case in.HostKey == "":
		fmt.Fprint(w, `{"ok":false,"hostKey":{"type":"ssh-ed25519","fingerprint":"SHA256:abc"},"checks":[{"name":"tcp","status":"ok","code":"Answers","message":"10.0.0.5:22 answers","milliseconds":3},{"name":"hostKey","status":"warning","code":"HostKeyUnknown","message":"nobody has confirmed it","milliseconds":9},{"name":"auth","status":"skipped","code":"NotLookedAt","message":"not looked at","milliseconds":0}]}`)
	case in.Password == "open":
		fmt.Fprint(w, `{"ok":true,"hostKey":{"type":"ssh-ed25519","fingerprint":"SHA256:abc"},"checks":[{"name":"docker","status":"ok","code":"DockerWorks","message":"Docker 27","milliseconds":30}]}`)
	default:
		fmt.Fprint(w, `{"ok":false,"hostKey":{"type":"ssh-ed25519","fingerprint":"SHA256:abc"},"checks":[{"name":"docker","status":"failed","code":"DockerMissing","message":"docker is missing","detail":"sh: docker: not found\n","help":"install it","command":"sudo apt-get install docker.io","milliseconds":30}]}`)
	}
}

// offers are sizes with whether they can be had, by priority.
var offers = map[string]string{
	"Dedicated": `{"value":[{"name":"Local","family":"local","vCPUs":2,"memoryGB":8,"gpus":0,"diskGB":50,"lowPriorityCapable":true,"pricePerHour":null,"category":"Local","quota":{"used":2,"limit":-1,"available":-1},"capacity":null,"availability":"Available","reason":null,"recommended":true},
{"name":"Standard_NC6s_v3","family":"standardNCSv3Family","vCPUs":6,"memoryGB":112,"gpus":1,"gpuModel":"V100-16GB","diskGB":736,"lowPriorityCapable":true,"pricePerHour":3.06,"category":"Gpu","quota":{"used":6,"limit":10,"available":4},"capacity":0,"availability":"NoQuota",
"reason":{"code":"QuotaExceeded","message":"one node needs 6 vCPUs; 4 of 10 are free","params":{"need":"6","free":"4","limit":"10","family":"standardNCSv3Family"}},"recommended":false}],"nextLink":null}`,
	"LowPriority": `{"value":[],"nextLink":null}`,
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, status int, code, message string) {
	answer(w, status, map[string]any{"error": map[string]any{"code": code, "message": message, "target": nil, "details": []any{}}})
}

func (f *fake) location(w http.ResponseWriter, r *http.Request, at string) {
	switch at {
	case "local/vmSizes":
		fmt.Fprint(w, `{"value":[{"name":"Local","family":"local","vCPUs":2,"gpus":0,"memoryGB":8,"maxResourceVolumeMB":51200,"lowPriorityCapable":true,"supportedComputeTypes":["AmlCompute"],"estimatedVMPrices":null},
{"name":"Standard_NC6s_v3","family":"standardNCSv3Family","vCPUs":6,"gpus":1,"memoryGB":112,"maxResourceVolumeMB":753664,"lowPriorityCapable":true,"supportedComputeTypes":["AmlCompute"],"estimatedVMPrices":{"billingCurrency":"USD","unitOfMeasure":"OneHour","values":[{"retailPrice":3.06,"osType":"Linux","vmTier":"Standard"}]}}]}`)
	case "local/usages":
		fmt.Fprint(w, `{"value":[{"id":"y","type":"t","unit":"Count","currentValue":0,"limit":-1,"name":{"value":"idleFamily","localizedValue":"idleFamily"}},{"id":"x","type":"t","unit":"Count","currentValue":4,"limit":-1,"name":{"value":"standardDSv2Family","localizedValue":"Standard DSv2 Family vCPUs"}}]}`)
	case "local/quotas":
		fmt.Fprintf(w, `{"value":[{"id":"%[1]s2/quotas/local","name":{"value":"local"},"limit":3},{"id":"%[1]s/quotas/local","name":{"value":"local"},"limit":-1},{"id":"%[1]s/quotas/standardNCSv3Family","name":{"value":"standardNCSv3Family"},"limit":10},{"id":"%[1]s/quotas/LowPriorityCores","name":{"value":"LowPriorityCores"},"limit":-1}]}`, fakeWorkspace)
	case "local/updateQuotas":
		f.updateQuotas(w, r)
	default:
		fail(w, 404, "LocationNotFound", "there is no location called "+strings.Split(at, "/")[0])
	}
}

func (f *fake) updateQuotas(w http.ResponseWriter, r *http.Request) {
	var body struct{ Value []map[string]any }
	_ = json.NewDecoder(r.Body).Decode(&body)
	q := body.Value[0]
	switch family := path.Base(q["id"].(string)); {
	case family != "local" && family != "standardNCSv3Family":
		q["status"] = "InvalidVMFamilyName"
	case q["limit"] == 1.0:
		q["status"] = "InvalidQuotaBelowClusterMinimum"
	default:
		q["status"] = "Success"
	}
	answer(w, 200, map[string]any{"value": body.Value})
}

func (f *fake) compute(w http.ResponseWriter, r *http.Request, parts []string) {
	if len(parts) == 0 {
		list := []any{}
		for _, name := range sorted(f.computes) {
			list = append(list, f.computes[name])
		}
		answer(w, 200, map[string]any{"value": list})
		return
	}
	name := parts[0]
	v := f.computes[name]
	if code, ok := strings.CutPrefix(name, "fail-"); ok && r.Method == http.MethodGet { // fail-STATUS-CODE
		var status int
		_, _ = fmt.Sscan(code[:3], &status)
		fail(w, status, code[4:], "the server says no")
		return
	}
	if v == nil && r.Method != http.MethodPut {
		fail(w, 404, "ComputeNotFound", "Compute with name "+name+" not found in provided workspace")
		return
	}
	switch {
	case len(parts) == 2 && parts[1] == "listNodes":
		fmt.Fprint(w, `{"nodes":[{"nodeId":"cpu-x1-0","privateIpAddress":"127.0.0.1","publicIpAddress":null,"port":null,"nodeState":"running","runId":"good_day_3","state":"Ready","actions":["drain"],"connection":null,"connectionReason":"Nodes accept no SSH connections in this version of Atelier.","since":"2026-11-01T11:59:00Z","host":{"address":"127.0.0.1","vcpus":2,"memoryGiB":7.75,"isolation":["cpu","memory"],"problems":[{"code":"NoMounts","message":"no mount namespace: the server does not run as root"}]}}],"nextLink":null}`)
	case len(parts) == 4 && parts[1] == "nodes" && parts[2] != "cpu-x1-0":
		fail(w, 404, "NodeNotFound", name+" has no node "+parts[2])
	case len(parts) == 4 && parts[1] == "nodes":
		fmt.Fprintf(w, `{"nodeId":%q}`, parts[2])
	case len(parts) == 2 && parts[1] == "series":
		fmt.Fprintf(w, `{"from":%q,"to":"2026-11-01T12:00:00Z","at":[1793530800000,1793532600000],"target":[0,2],"current":[0,2],"states":{"idle":[0,1],"running":[0,1],"preparing":[0,0],"leaving":[0,0],"unusable":[0,0],"preempted":[0,0]}}`, r.URL.Query().Get("from"))
	case len(parts) == 2 && parts[1] == "why":
		p := v["properties"].(map[string]any)
		answer(w, 200, map[string]any{"blocked": p["reasons"] != nil, "reasons": orList(p["reasons"])})
	case r.Method == http.MethodGet:
		f.look(name, v)
		answer(w, 200, v)
	case r.Method == http.MethodDelete:
		delete(f.computes, name)
		w.Header().Set("Azure-AsyncOperation", f.url+"/nowhere")
		w.WriteHeader(202)
	default:
		f.putCompute(w, r, name, v)
	}
}

func orList(v any) any {
	if v == nil {
		return []any{}
	}
	return v
}

// look plays the life of a compute: it is there at the second look after a write.
func (f *fake) look(name string, v map[string]any) {
	p := v["properties"].(map[string]any)
	if p["provisioningState"] == "Succeeded" || strings.HasPrefix(name, "slow") {
		return
	}
	if f.looks[name]++; f.looks[name] > 1 {
		p["provisioningState"] = "Succeeded"
		f.looks[name] = 0
		if strings.HasPrefix(name, "sad") {
			p["provisioningState"] = "Failed"
			p["provisioningErrors"] = []any{map[string]any{"error": map[string]any{"code": "AllocationFailed", "message": "no machine could be started"}}}
		}
	}
}

func (f *fake) putCompute(w http.ResponseWriter, r *http.Request, name string, old map[string]any) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		fail(w, 400, "InvalidRequestContent", err.Error())
		return
	}
	if name == "taken" {
		fail(w, 409, "AlreadyExists", "Compute name 'taken' is not available. Reason: AlreadyExists. Message: The specified name taken is already in use and is therefore unavailable")
		return
	}
	if r.URL.Query().Get("dryRun") == "true" {
		body["id"], body["name"] = fakeWorkspace+"/computes/"+name, name
		p := body["properties"].(map[string]any)
		p["provisioningState"] = "Creating"
		p["provisioningWarnings"] = []any{object(`{"code":"NotEnforced","message":"subnet has no effect"}`)}
		p["preview"] = object(`{"currency":"USD","pricePerHour":{"min":0,"max":24.48},"quota":{"family":"standardNCSv3Family","before":6,"after":54,"limit":100},"warnings":[{"code":"NotEnforced","message":"subnet has no effect"}],"isNew":true}`)
		answer(w, 200, body)
		return
	}
	status := 201
	if old != nil {
		status = 200
		if r.Method == http.MethodPatch {
			scale := body["properties"].(map[string]any)["properties"].(map[string]any)["scaleSettings"]
			tags := body["tags"]
			body = old
			body["tags"] = tags
			body["properties"].(map[string]any)["properties"].(map[string]any)["scaleSettings"] = scale
		}
	}
	body["id"], body["name"] = fakeWorkspace+"/computes/"+name, name
	p := body["properties"].(map[string]any)
	p["provisioningState"] = map[bool]string{true: "Creating", false: "Updating"}[old == nil]
	f.looks[name] = 0
	f.computes[name] = body
	w.Header().Set("Azure-AsyncOperation", f.url+"/nowhere")
	answer(w, status, body)
}

func (f *fake) job(w http.ResponseWriter, r *http.Request, parts []string) {
	if len(parts) == 0 {
		list := []any{}
		for _, name := range sorted(f.jobs) {
			list = append(list, f.jobs[name])
		}
		answer(w, 200, map[string]any{"value": list})
		return
	}
	name := parts[0]
	v := f.jobs[name]
	if v == nil && r.Method != http.MethodPut {
		fail(w, 404, "ResourceNotFound", "Job "+name+" not found")
		return
	}
	verb := ""
	if len(parts) > 1 {
		verb = parts[1]
	}
	switch {
	case r.Method == http.MethodPut:
		f.putJob(w, r, name)
	case r.Method == http.MethodDelete:
		delete(f.jobs, name)
		w.WriteHeader(202)
	case verb == "cancel":
		props(v)["status"] = "Canceled"
		w.WriteHeader(202)
	case verb == "priority" && props(v)["status"] != "Queued":
		fail(w, 409, "JobNotQueued", "the priority of job "+name+" cannot change")
	case verb == "priority":
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body)
		props(v)["priority"] = body["priority"]
		answer(w, 200, v)
	case verb == "why":
		answer(w, 200, map[string]any{"blocked": props(v)["reasons"] != nil, "reasons": orList(props(v)["reasons"])})
	case verb == "output", verb == "logs" && len(parts) > 2:
		f.output(w, r, v)
	case verb == "logs":
		fmt.Fprint(w, `{"value":[{"name":"azureml-logs/20_image_build_log.txt","attempt":1,"rank":0,"size":1200},{"name":"user_logs/std_log.txt","attempt":1,"rank":0,"size":64}]}`)
	case verb == "outputs" && len(parts) == 2:
		f.outputs(w, name)
	case verb == "outputs":
		fmt.Fprintf(w, "bytes of %s\n", strings.Join(parts[2:], "/"))
	default:
		answer(w, 200, v)
	}
}

func (f *fake) outputs(w http.ResponseWriter, name string) {
	switch name {
	case "good_day_3":
		fmt.Fprint(w, `{"value":[{"path":"outputs/metrics.json","size":29},{"path":"outputs/model/weights.bin","size":123456}]}`)
	case "bad_luck_2":
		fmt.Fprint(w, `{"value":[{"path":"../../escaped","size":29}]}`)
	default:
		fmt.Fprint(w, `{"value":[]}`)
	}
}

func props(v map[string]any) map[string]any { return v["properties"].(map[string]any) }

// output writes the whole log; one that is followed has then ended.
func (f *fake) output(w http.ResponseWriter, r *http.Request, v map[string]any) {
	var offset int
	_, _ = fmt.Sscan(r.URL.Query().Get("offset"), &offset)
	p := props(v)
	text := "epoch 1\nepoch 2\n\x1b]0;title\x07accuracy 0.97\n"
	if p["status"] == "Queued" && r.URL.Query().Get("follow") != "true" {
		text = ""
	}
	if r.URL.Query().Get("follow") == "true" && p["status"] != "Completed" && p["status"] != "Canceled" {
		p["status"], p["startTime"], p["endTime"] = "Completed", "2026-11-01T11:58:00Z", "2026-11-01T11:59:30Z"
		if strings.Contains(fmt.Sprint(p["command"]), "exit 3") {
			p["status"], p["exitCode"] = "Failed", 3
			p["error"] = map[string]any{"code": "UserError", "message": "the command ended with exit code 3"}
		}
		delete(p, "reasons")
	}
	fmt.Fprint(w, text[min(offset, len(text)):])
	if strings.Contains(fmt.Sprint(p["command"]), "hang") {
		p["status"] = "Running"
		w.(http.Flusher).Flush()
		f.mu.Unlock()
		<-r.Context().Done()
		f.mu.Lock()
	}
}

func (f *fake) putJob(w http.ResponseWriter, r *http.Request, name string) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		fail(w, 400, "InvalidRequestContent", err.Error())
		return
	}
	p := props(body)
	id := fmt.Sprint(p["computeId"])
	if compute := id[strings.LastIndexByte(id, '/')+1:]; f.computes[compute] == nil {
		fail(w, 404, "ComputeNotFound", "Compute with name "+compute+" not found in provided workspace")
		return
	}
	body["id"], body["name"] = fakeWorkspace+"/jobs/"+name, name
	p["status"] = "Queued"
	f.jobs[name] = body
	answer(w, 201, body)
}

func (f *fake) events(w http.ResponseWriter, r *http.Request) {
	events := []string{
		`{"seq":41,"at":"2026-11-01T10:00:00Z","actor":"owner","verb":"created","target":"workspaces/x~default~default/computes/cpu","state":"Creating"}`,
		`{"seq":42,"at":"2026-11-01T11:59:00Z","actor":"jobs","verb":"updated","target":"workspaces/x~default~default/jobs/bad_luck_2","state":"Failed","reason":"UserError","message":"exit code 3"}`,
	}
	if q := r.URL.Query(); q.Get("follow") != "true" {
		if q.Get("before") == "42" || q.Get("actor") == "owner" && q.Get("verb") == "created" {
			events = events[:1]
		}
		fmt.Fprintf(w, `{"value":[%s]}`, strings.Join(events, ","))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, `id: 42
event: ready
data: {"seq":99}

id: 43
data: {"seq":43,"at":"2026-11-01T12:00:00Z","actor":"fleet","verb":"updated","target":"workspaces/x~default~default/computes/cpu/nodes/n-1","state":"Ready"}

`)
	w.(http.Flusher).Flush()
	f.mu.Unlock()
	<-r.Context().Done()
	f.mu.Lock()
}

func (f *fake) asset(w http.ResponseWriter, r *http.Request, parts []string) {
	key := strings.Join(parts, "/")
	switch {
	case strings.HasSuffix(key, "/upload"):
		var names []string
		tr := tar.NewReader(r.Body)
		for {
			h, err := tr.Next()
			if err != nil {
				break
			}
			if h.Typeflag == tar.TypeReg {
				names = append(names, h.Name)
			}
		}
		_, _ = io.Copy(io.Discard, r.Body)
		key = strings.TrimSuffix(key, "/upload")
		f.seen = append(f.seen, "UPLOAD "+parts[0]+" "+strings.Join(names, " "))
		v := map[string]any{"id": fakeWorkspace + "/" + key, "name": parts[3], "properties": map[string]any{
			"codeUri": "azureml://datastores/workspaceblobstore/paths/" + key, "dataUri": "azureml://datastores/workspaceblobstore/paths/" + key,
		}}
		f.assets[key] = v
		answer(w, 200, v)
	case r.Method == http.MethodPut:
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body)
		body["id"] = fakeWorkspace + "/" + key
		f.assets[key] = body
		answer(w, 201, body)
	case f.assets[key] != nil:
		answer(w, 200, f.assets[key])
	default:
		fail(w, 404, "ResourceNotFound", "there is no "+key)
	}
}

func sorted(m map[string]map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	for i := range names {
		for j := i + 1; j < len(names); j++ {
			if names[j] < names[i] {
				names[i], names[j] = names[j], names[i]
			}
		}
	}
	return names
}
