package e2e

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/atelier-compute/atelier/internal/client"
)

// grant gives somebody a role in the workspace, and returns what is shown of
// them.
func (s *server) grant(t *testing.T, name string, properties map[string]string) map[string]any {
	t.Helper()
	c := s.client(t)
	raw, _, err := c.Raw(t.Context(), http.MethodPut, c.Path("principals", name), nil, map[string]any{"properties": properties})
	if err != nil {
		t.Fatal(err)
	}
	var out struct{ Properties map[string]any }
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out.Properties
}

// computes lists them with a credential, as its owner.
func (s *server) computes(t *testing.T, cred azcore.TokenCredential) error {
	t.Helper()
	options := policy.ClientOptions{Cloud: cloudOf(s.env), Transport: s.http(t), Retry: policy.RetryOptions{MaxRetries: -1}}
	c := newSDK(t, s.env, cred, options)
	_, err := c.NewComputeClient().NewListPager(c.group, c.workspace, nil).NextPage(t.Context())
	return err
}

func TestClientCertificateCredential(t *testing.T) {
	s := start(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	card := func(name string) (*x509.Certificate, string) {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &rsaKey.PublicKey, rsaKey)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	mine, text := card("mine")
	const id = "11111111-2222-4333-8444-555555555555"
	made := s.grant(t, id, map[string]string{"kind": "service", "role": "Reader", "certificate": text})
	if made["clientSecret"] != nil || made["certificates"] != 1.0 {
		t.Errorf("made %v", made)
	}
	credential := func(cert *x509.Certificate) azcore.TokenCredential {
		cred, err := azidentity.NewClientCertificateCredential(s.env["AZURE_TENANT_ID"], id, []*x509.Certificate{cert}, rsaKey,
			&azidentity.ClientCertificateCredentialOptions{ClientOptions: policy.ClientOptions{Cloud: cloudOf(s.env), Transport: s.http(t)}, DisableInstanceDiscovery: true})
		if err != nil {
			t.Fatal(err)
		}
		return cred
	}
	if err := s.computes(t, credential(mine)); err != nil {
		t.Errorf("with its certificate: %v", err)
	}
	other, _ := card("other")
	if err := s.computes(t, credential(other)); err == nil || !strings.Contains(err.Error(), "AADSTS700027") {
		t.Errorf("with another certificate of the same key: %v", err)
	}
}

// browser signs in with the link that the server printed, and answers a device.
func (s *server) browser(t *testing.T) func(code, answer string) string {
	t.Helper()
	links := regexp.MustCompile(`https://\S+/signin\?code=(\S+)`).FindAllStringSubmatch(s.output.String(), -1)
	if len(links) == 0 {
		t.Fatal("the server printed no link")
	}
	link := links[len(links)-1] // of its last start
	var cookie *http.Cookie
	send := func(path string, form url.Values) *http.Response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.env["ATELIER_ENDPOINT"]+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		if cookie != nil {
			req.AddCookie(cookie)
		}
		res, err := s.http(t).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	res := send("/signin", url.Values{"code": {link[1]}})
	body(t, res)
	if cookies := res.Cookies(); len(cookies) == 1 {
		cookie = cookies[0]
	} else {
		t.Fatalf("signing in gives %v %v", res.Status, cookies)
	}
	return func(code, answer string) string {
		return body(t, send("/device", url.Values{"code": {code}, "answer": {answer}}))
	}
}

func TestDeviceCodeCredential(t *testing.T) {
	s := start(t)
	answer, prompts := s.browser(t), 0
	credential := func(how string) *azidentity.DeviceCodeCredential {
		cred, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
			ClientOptions: policy.ClientOptions{Cloud: cloudOf(s.env), Transport: s.http(t)}, TenantID: s.env["AZURE_TENANT_ID"], DisableInstanceDiscovery: true,
			UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error {
				prompts++
				if m.VerificationURL != s.env["ATELIER_ENDPOINT"]+"/device" || !strings.Contains(m.Message, m.UserCode) {
					t.Errorf("the user is told %+v", m)
				}
				if page := answer(m.UserCode, ""); !strings.Contains(page, "Azure CLI, or an Azure SDK") || !strings.Contains(page, m.UserCode) {
					t.Errorf("the page asks %s", page)
				}
				answer(m.UserCode, how)
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return cred
	}
	cred := credential("approve")
	if err := s.computes(t, cred); err != nil {
		t.Fatal(err)
	}
	// The next token comes by the refresh token, also over a restart of the server.
	s.down(t)
	s.up(t, "--listen", strings.TrimPrefix(s.env["ATELIER_ENDPOINT"], "https://"))
	asked := policy.TokenRequestOptions{Scopes: []string{"https://storage.azure.com/.default"}, EnableCAE: true} // as the management clients do: else the credential signs in anew
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	token, err := cred.GetToken(ctx, asked)
	if err != nil || token.Token == "" || prompts != 1 {
		t.Fatalf("the user was asked %d times: %v", prompts, err)
	}
	answer = s.browser(t)
	if _, err := credential("deny").GetToken(ctx, asked); err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "RESPONSE 400") {
		t.Errorf("denied: %v", err)
	}
}

// asks is a job that gets a token in each of the three ways, and uses one.
const asks = `python3 - <<'END'
import json, os, ssl, urllib.request, urllib.error
def get(url, **headers):
    request = urllib.request.Request(url, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request, context=ssl._create_unverified_context()) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as e:
        return e.code, json.load(e)
env, resource = os.environ, "&resource=https://management.azure.com/"
client = env["DEFAULT_IDENTITY_CLIENT_ID"]
ways = {
    "azureml": get(env["MSI_ENDPOINT"] + "?api-version=2017-09-01&clientid=" + client + resource, secret=env["MSI_SECRET"]),
    "appservice": get(env["IDENTITY_ENDPOINT"] + "?api-version=2019-08-01&client_id=" + client + resource, X_IDENTITY_HEADER=env["IDENTITY_HEADER"]),
    "imds": get(env["AZURE_POD_IDENTITY_AUTHORITY_HOST"] + "/metadata/identity/oauth2/token?api-version=2018-02-01" + resource, Metadata="true"),
    "nosecret": get(env["MSI_ENDPOINT"] + "?api-version=2017-09-01" + resource),
    "other": get(env["MSI_ENDPOINT"] + "?api-version=2017-09-01&clientid=x" + resource, secret=env["MSI_SECRET"]),
}
for name, (status, answer) in sorted(ways.items()):
    print(name, status, answer.get("client_id") == client and int(answer["expires_on"]) > 0)
token = ways["azureml"][1]["access_token"]
print("TOKEN", token)
workspace = env["AZUREML_SERVICE_ENDPOINT"] + "/subscriptions/" + env["AZUREML_ARM_SUBSCRIPTION"] + "/resourceGroups/" + env["AZUREML_ARM_RESOURCEGROUP"] + "/providers/Microsoft.MachineLearningServices/workspaces/" + env["AZUREML_ARM_WORKSPACE_NAME"]
print("computes", get(workspace + "/computes?api-version=2024-04-01", Authorization="Bearer " + token)[0])
END`

func TestManagedIdentityInAJob(t *testing.T) {
	s := start(t)
	c, ctx := s.client(t), t.Context()
	put := func(name, identity string) map[string]any {
		t.Helper()
		spec := fmt.Sprintf(`{"location":"local","identity":{"type":%q},"properties":{"computeType":"AmlCompute","properties":{"vmSize":"Local","scaleSettings":{"maxNodeCount":1}}}}`, identity)
		made, _, err := c.PutCompute(ctx, name, json.RawMessage(spec))
		if err != nil {
			t.Fatal(err)
		}
		var out struct{ Identity map[string]any }
		if err := json.Unmarshal(made.Raw, &out); err != nil {
			t.Fatal(err)
		}
		return out.Identity
	}
	run := func(name, compute, command string) string {
		t.Helper()
		job := client.Job{Properties: client.JobProperties{JobType: "Command", ComputeID: c.Path("computes", compute), Command: command}}
		if _, err := c.PutJob(ctx, name, job); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the job has ended", func() bool {
			j, err := c.Job(ctx, name)
			return err == nil && (j.Properties.Status == "Completed" || j.Properties.Status == "Failed")
		})
		var out strings.Builder
		if err := c.Output(ctx, name, false, &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	identity := put("known", "SystemAssigned")
	out := run("before", "known", asks)
	for _, want := range []string{"azureml 200 True\n", "appservice 200 True\n", "imds 200 True\n", "nosecret 401 False\n", "other 400 False\n", "computes 404\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	client := strings.TrimSpace(run("who", "known", `echo "$DEFAULT_IDENTITY_CLIENT_ID"`))
	client = client[strings.LastIndexByte(client, '\n')+1:]
	if granted := s.grant(t, client, map[string]string{"kind": "identity", "role": "Reader"}); granted["principalId"] != identity["principalId"] {
		t.Errorf("the role is given to %v, the compute is %v", granted, identity)
	}
	out = run("after", "known", asks)
	if !strings.Contains(out, "computes 200\n") {
		t.Errorf("with a role: %s", out)
	}
	token := regexp.MustCompile(`TOKEN (\S+)`).FindStringSubmatch(out)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.env["ATELIER_ENDPOINT"]+c.Path("computes")+"?api-version=2024-04-01", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token[1])
	res, err := s.http(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if text := body(t, res); res.StatusCode != 401 {
		t.Errorf("the token outlives its job: %d %s", res.StatusCode, text)
	}
	put("unknown", "None")
	if out := run("without", "unknown", `echo "[$MSI_ENDPOINT$IDENTITY_ENDPOINT$DEFAULT_IDENTITY_CLIENT_ID]"`); !strings.Contains(out, "[]\n") {
		t.Errorf("a job without an identity has %s", out)
	}
}

// TestPrincipalsByTheCommandLine makes a principal of a workspace and signs in as it.
func TestPrincipalsByTheCommandLine(t *testing.T) {
	s := start(t)
	out, errs, code := s.cli(t, "principal", "create", "trainer", "--role", "AzureML Compute Operator")
	if code != 0 {
		t.Fatalf("%d %s", code, errs)
	}
	vars := map[string]string{}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		vars[name] = strings.Trim(value, "'")
	}
	cred, err := azidentity.NewClientSecretCredential(vars["AZURE_TENANT_ID"], vars["AZURE_CLIENT_ID"], vars["AZURE_CLIENT_SECRET"],
		&azidentity.ClientSecretCredentialOptions{ClientOptions: policy.ClientOptions{Cloud: cloudOf(s.env), Transport: s.http(t)}, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.computes(t, cred); err != nil {
		t.Error(err)
	}
	if out, _, _ := s.cli(t, "principal", "list"); !strings.Contains(out, "trainer") || !strings.Contains(out, "AzureML Compute Operator") || strings.Contains(out, vars["AZURE_CLIENT_SECRET"]) {
		t.Errorf("listed %s", out)
	}
	if _, errs, code := s.cli(t, "principal", "delete", vars["AZURE_CLIENT_ID"], "-y"); code != 0 {
		t.Errorf("%d %s", code, errs)
	}
	if err := s.computes(t, cred); err == nil {
		t.Error("a principal that was deleted still gets in")
	}
	if _, errs, code := s.cli(t, "principal", "create", "kim", "--kind", "user", "--role", "Contributor"); code != 0 {
		t.Errorf("%d %s", code, errs)
	}
	if out, errs, code := s.cli(t, "principal", "link", "kim"); code != 0 || !strings.HasPrefix(out, s.env["ATELIER_ENDPOINT"]+"/signin?code=") {
		t.Errorf("%d %s %s", code, out, errs)
	}
	device, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: policy.ClientOptions{Cloud: cloudOf(s.env), Transport: s.http(t)}, TenantID: s.env["AZURE_TENANT_ID"], DisableInstanceDiscovery: true,
		UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error {
			if _, errs, code := s.cli(t, "device", "approve", m.UserCode); code != 0 {
				t.Errorf("%d %s", code, errs)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.computes(t, device); err != nil {
		t.Error(err)
	}
	if _, _, code := s.cli(t, "device", "deny", "BBBB-BBBB"); code != 3 {
		t.Errorf("a code that nobody shows: exit code %d", code)
	}
}
