package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier/internal/client"
)

func isUnreachable(err error) bool {
	var down *client.Unreachable
	return errors.As(err, &down)
}

// listWithCurl signs in and lists computes with nothing but what `atelier env` says.
const listWithCurl = `set -eu
eval "$("$1" env --data-dir "$2")"
token=$(curl -sSf --data-urlencode grant_type=client_credentials --data-urlencode "client_id=$AZURE_CLIENT_ID" \
	--data-urlencode "client_secret=$AZURE_CLIENT_SECRET" --data-urlencode "scope=$ATELIER_ENDPOINT/.default" \
	"$AZURE_AUTHORITY_HOST/$AZURE_TENANT_ID/oauth2/v2.0/token" | sed 's/.*"access_token": *"\([^"]*\)".*/\1/')
curl -sSf -H "Authorization: Bearer $token" \
	"$ATELIER_ENDPOINT/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP/providers/Microsoft.MachineLearningServices/workspaces/$AZUREML_WORKSPACE_NAME/computes?api-version=2025-12-01"
echo
curl -sSf "$ARM_CLOUD_METADATA_URL" >/dev/null
echo metadata is there
unset SSL_CERT_FILE
curl -sSf "$ARM_CLOUD_METADATA_URL" || echo a stranger is refused with $?
`

func TestEnvWithCurl(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl here")
	}
	s := start(t)
	_, _, err := s.client(t).PutCompute(t.Context(), "by-curl", client.Compute{Location: "local", Properties: client.ComputeProperties{
		ComputeType: "AmlCompute", Properties: &client.Cluster{VMSize: "Local", ScaleSettings: &client.ScaleSettings{MaxNodeCount: 1}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", listWithCurl, "sh", binary, s.dir)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{`"name":"by-curl"`, "metadata is there", "a stranger is refused with 60"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// TestEnvEverywhere compares what `up --print-env` wrote with what `env` prints.
func TestEnvEverywhere(t *testing.T) {
	s := start(t)
	printed, err := os.ReadFile(s.envFile)
	if err != nil {
		t.Fatal(err)
	}
	lines, _, code := s.cli(t, "env")
	if code != 0 || lines != string(printed) {
		t.Errorf("exit %d; env prints\n%s\nand --print-env wrote\n%s", code, lines, printed)
	}
	text, _, code := s.cli(t, "env", "-o", "json")
	var object map[string]any
	err = json.NewDecoder(bytes.NewReader([]byte(text))).Decode(&object)
	vars := map[string]string{}
	for name, v := range object {
		if text, ok := v.(string); ok { // all but what /etc/hosts needs, which is no variable
			vars[name] = text
		}
	}
	if hosts, ok := object["hosts"].([]any); code != 0 || err != nil || !maps.Equal(vars, s.env) || !ok || len(hosts) != 1 {
		t.Errorf("exit %d, %v; as JSON it is\n%s", code, err, text)
	}
	for _, name := range []string{
		"AZURE_AUTHORITY_HOST", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_SUBSCRIPTION_ID",
		"AZURE_RESOURCE_GROUP", "AZUREML_WORKSPACE_NAME", "ATELIER_ENDPOINT", "ARM_CLOUD_METADATA_URL", "SSL_CERT_FILE",
		"REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
	} {
		if s.env[name] == "" {
			t.Errorf("%s is missing in %v", name, slices.Sorted(maps.Keys(s.env)))
		}
	}
	if info, err := os.Stat(s.envFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file holds a secret and is %v, %v", info.Mode(), err)
	}
}

// TestNobody runs a server without rights: it says what that costs, and works.
func TestNobody(t *testing.T) {
	s := startNobody(t)
	const lack = "does not run as root"
	if said := s.output.String(); !strings.Contains(said, lack) {
		t.Errorf("at its start it says only\n%s", said)
	}
	c := s.principal(t)
	makeCluster(t, c, "plain", 1)
	submit(t, c, "who", "plain", "id -u; id -G")
	if j := final(t, c, "who"); j.Properties.Status != "Completed" {
		t.Errorf("%s: %+v\n%s", j.Properties.Status, j.Properties.Error, s.nodeLogs())
	}
	var out bytes.Buffer
	if err := c.Output(t.Context(), "who", false, &out); err != nil || out.String() != "65534\n65534\n" {
		t.Errorf("%v; the job ran as %q", err, out.String())
	}
	if show, _, code := s.cli(t, "compute", "show", "plain"); code != 0 || !strings.Contains(show, lack) {
		t.Errorf("exit %d; compute show says\n%s", code, show)
	}
}
