package testkit_test

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
)

// issuer makes tokens that say for whom they are.
type issuer struct{}

func (issuer) IdentityToken(w atelier.Workload, resource string) (string, time.Time, time.Time, error) {
	return w.Identity.ClientID + " " + w.TaskUID + " " + resource, time.Unix(1000, 0), time.Unix(2000, 0), nil
}

// asks sends a request as a command's library would, and returns status and body.
func asks(t *testing.T, url string, header ...string) (int, map[string]string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body := map[string]string{}
	_ = json.NewDecoder(resp.Body).Decode(&body) // what is no JSON has none of the words that are wanted
	return resp.StatusCode, body
}

func TestManagedIdentity(t *testing.T) {
	r := newRig(t)
	r.halt()
	r.issuer = issuer{}
	r.serve()
	c := &atelier.Compute{Meta: meta(cluster, "cuid"), Spec: atelier.ComputeSpec{Identity: &atelier.Identity{Type: "SystemAssigned", PrincipalID: "p0", ClientID: "c0"}}}
	r.put(c)
	node := r.wanted("n0")
	m := r.launch(node)
	gate := filepath.Join(t.TempDir(), "gate")
	t.Cleanup(func() { _ = os.WriteFile(gate, nil, 0o600) }) // a failed test leaves no command behind
	command := `env; echo ready; until [ -e ` + gate + ` ] || [ ! -d ` + filepath.Dir(gate) + ` ]; do sleep 0.01; done`
	start := func(name string) (atelier.ID, map[string]string) {
		id := r.submit(name, atelier.JobSpec{Command: command}, node)[0]
		r.until("the command of "+name, func() bool { return strings.Contains(r.output(name, 0, stdLog), "ready\n") })
		env := map[string]string{}
		for line := range strings.Lines(r.output(name, 0, stdLog)) {
			k, v, _ := strings.Cut(strings.TrimSpace(line), "=")
			env[k] = v
		}
		return id, env
	}
	id, env := start("j")
	if env["DEFAULT_IDENTITY_CLIENT_ID"] != "c0" || !strings.HasPrefix(env["MSI_ENDPOINT"], "http://127.0.0.1:") {
		t.Fatalf("the command's environment has %q", env)
	}
	msi := env["MSI_ENDPOINT"] + "?api-version=2017-09-01&resource=R&clientid="
	imds := env["AZURE_POD_IDENTITY_AUTHORITY_HOST"] + "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=R"
	good := "c0 uid-" + string(id) + " R"
	for _, tt := range []struct {
		name, url string
		header    []string
		status    int
	}{
		{"azure-ml", msi + "c0", []string{"secret", env["MSI_SECRET"]}, 200},
		{"app-service", env["IDENTITY_ENDPOINT"] + "?api-version=2019-08-01&resource=R&client_id=c0", []string{"X-IDENTITY-HEADER", env["IDENTITY_HEADER"]}, 200},
		{"imds", imds, []string{"Metadata", "true"}, 200},
		{"default", env["MSI_ENDPOINT"] + "?resource=R", []string{"secret", env["MSI_SECRET"]}, 200},
		{"another-identity", msi + "c1", []string{"secret", env["MSI_SECRET"]}, 400},
		{"no-resource", env["MSI_ENDPOINT"], []string{"secret", env["MSI_SECRET"]}, 400},
		{"no-secret", msi + "c0", nil, 401},
		{"wrong-secret", msi + "c0", []string{"secret", env["MSI_SECRET"] + "x"}, 401},
		{"another-tasks-secret", msi + "c0", []string{"secret", "k" + env["MSI_SECRET"]}, 401},
		{"two-secrets", msi + "c0", []string{"secret", env["MSI_SECRET"], "X-IDENTITY-HEADER", env["MSI_SECRET"]}, 401},
		{"imds-without-its-header", imds, nil, 400},
		{"imds-through-a-proxy", imds, []string{"Metadata", "true", "X-Forwarded-For", "x"}, 400},
		{"imds-without-the-secret", strings.Replace(imds, env["MSI_SECRET"], "x", 1), []string{"Metadata", "true"}, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, body := asks(t, tt.url, tt.header...)
			if status != tt.status || status == 200 && (body["access_token"] != good || body["expires_on"] != "2000" || body["client_id"] != "c0" || body["resource"] != "R") || status != 200 && body["access_token"] != "" {
				t.Errorf("got %d %v, want %d", status, body, tt.status)
			}
		})
	}
	other, env2 := start("k")
	if env2["MSI_SECRET"] == env["MSI_SECRET"] {
		t.Error("two tasks share a secret")
	}
	m.kill() // what runs goes on, and keeps its address and its secret
	m.boot(nil)
	r.until("the agent's address", func() bool {
		conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(env["MSI_ENDPOINT"], "http://"), "/msi/token"))
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	if status, body := asks(t, msi+"c0", "secret", env["MSI_SECRET"]); status != 200 || body["access_token"] != good {
		t.Errorf("after the agent's restart: %d %v", status, body)
	}
	change(r, cluster, func(c *atelier.Compute) { c.Spec.Identity.Type = "None" })
	if status, _ := asks(t, msi, "secret", env["MSI_SECRET"]); status != 400 {
		t.Errorf("after the identity was taken away: %d", status)
	}
	r.must(os.WriteFile(gate, nil, 0o600))
	r.wantCode(r.ended(id), 0)
	r.wantCode(r.ended(other), 0)
	if status, _ := asks(t, msi+"c0", "secret", env["MSI_SECRET"]); status != 401 {
		t.Errorf("after the command's end: %d", status)
	}
	_, plain := start("l")
	if plain["MSI_ENDPOINT"] != "" || plain["IDENTITY_ENDPOINT"] != "" || plain["AZURE_CLIENT_ID"] != "" {
		t.Errorf("a task without an identity has %q", plain)
	}
}
