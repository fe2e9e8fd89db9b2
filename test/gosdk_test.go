package e2e

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	ml "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/machinelearning/armmachinelearning/v4"
)

func background() context.Context { return context.Background() }

// sdk is Microsoft's Go client, as a user sets it up from `atelier env`.
type sdk struct {
	*ml.ClientFactory
	group, workspace string
}

func cloudOf(env map[string]string) cloud.Configuration {
	return cloud.Configuration{
		ActiveDirectoryAuthorityHost: env["AZURE_AUTHORITY_HOST"],
		Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: env["ATELIER_ENDPOINT"], Audience: env["ATELIER_ENDPOINT"]},
		},
	}
}

func (s *server) sdk(t *testing.T, secret string) *sdk {
	t.Helper()
	options := policy.ClientOptions{Cloud: cloudOf(s.env), Transport: s.http(t)}
	cred, err := azidentity.NewClientSecretCredential(s.env["AZURE_TENANT_ID"], s.env["AZURE_CLIENT_ID"], secret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	return newSDK(t, s.env, cred, options)
}

func newSDK(t *testing.T, env map[string]string, cred azcore.TokenCredential, options policy.ClientOptions) *sdk {
	t.Helper()
	f, err := ml.NewClientFactory(env["AZURE_SUBSCRIPTION_ID"], cred, &arm.ClientOptions{ClientOptions: options})
	if err != nil {
		t.Fatal(err)
	}
	return &sdk{f, env["AZURE_RESOURCE_GROUP"], env["AZUREML_WORKSPACE_NAME"]}
}

func cluster(size string, least, most int32) ml.ComputeResource {
	return ml.ComputeResource{
		Location: to.Ptr("local"),
		Tags:     map[string]*string{"team": to.Ptr("e2e")},
		Properties: &ml.AmlCompute{
			ComputeType: to.Ptr(ml.ComputeTypeAmlCompute),
			Description: to.Ptr("made by the Go SDK"),
			Properties: &ml.AmlComputeProperties{
				VMSize: to.Ptr(size), VMPriority: to.Ptr(ml.VMPriorityDedicated), OSType: to.Ptr(ml.OsTypeLinux),
				ScaleSettings: &ml.ScaleSettings{MinNodeCount: &least, MaxNodeCount: &most, NodeIdleTimeBeforeScaleDown: to.Ptr("PT1M40S")},
			},
		},
	}
}

// refused checks that err is the ARM error that Microsoft's clients understand.
func refused(t *testing.T, err error, status int, code string) {
	t.Helper()
	var e *azcore.ResponseError
	if !errors.As(err, &e) || e.StatusCode != status || e.ErrorCode != code {
		t.Errorf("got %v, want %d %s", err, status, code)
	}
}

func TestGoSDKCluster(t *testing.T) {
	s := start(t)
	c := s.sdk(t, s.env["AZURE_CLIENT_SECRET"])
	computes, ctx := c.NewComputeClient(), t.Context()
	amlOf := func(r ml.ComputeResource) (*ml.AmlCompute, *ml.AmlComputeProperties) {
		t.Helper()
		aml, ok := r.Properties.(*ml.AmlCompute)
		if !ok || aml.Properties == nil {
			t.Fatalf("the compute is a %T", r.Properties)
		}
		return aml, aml.Properties
	}

	poller, err := computes.BeginCreateOrUpdate(ctx, c.group, c.workspace, "Gpu-Cluster", cluster("STANDARD_ds2_V2", 0, 2), nil)
	if err != nil {
		t.Fatal(err)
	}
	made, err := poller.PollUntilDone(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	aml, p := amlOf(made.ComputeResource)
	if *made.Name != "Gpu-Cluster" || *aml.ProvisioningState != ml.ProvisioningStateSucceeded || *p.VMSize != "STANDARD_ds2_V2" ||
		*p.ScaleSettings.NodeIdleTimeBeforeScaleDown != "PT1M40S" || *p.ScaleSettings.MaxNodeCount != 2 || *made.Tags["team"] != "e2e" ||
		*aml.Description != "made by the Go SDK" || *p.RemoteLoginPortPublicAccess != ml.RemoteLoginPortPublicAccessNotSpecified {
		t.Errorf("created %s", mustJSON(t, made.ComputeResource))
	}
	got, err := computes.Get(ctx, c.group, c.workspace, "gpu-cluster", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, p := amlOf(got.ComputeResource); *got.Name != "Gpu-Cluster" || *p.AllocationState != ml.AllocationStateSteady || *p.CurrentNodeCount != 0 || *p.NodeStateCounts.IdleNodeCount != 0 {
		t.Errorf("got %s", mustJSON(t, got.ComputeResource))
	}
	t.Run("put-what-get-said", func(t *testing.T) {
		poller, err := computes.BeginCreateOrUpdate(ctx, c.group, c.workspace, "Gpu-Cluster", got.ComputeResource, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := poller.PollUntilDone(ctx, nil); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("list", func(t *testing.T) {
		var names []string
		for pager := computes.NewListPager(c.group, c.workspace, nil); pager.More(); {
			page, err := pager.NextPage(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page.Value {
				names = append(names, *v.Name)
			}
		}
		if !reflect.DeepEqual(names, []string{"Gpu-Cluster"}) {
			t.Errorf("listed %v", names)
		}
	})
	t.Run("update-and-nodes", func(t *testing.T) {
		poller, err := computes.BeginUpdate(ctx, c.group, c.workspace, "Gpu-Cluster", ml.ClusterUpdateParameters{Properties: &ml.ClusterUpdateProperties{
			Properties: &ml.ScaleSettingsInformation{ScaleSettings: &ml.ScaleSettings{MinNodeCount: to.Ptr[int32](1), MaxNodeCount: to.Ptr[int32](3)}},
		}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		updated, err := poller.PollUntilDone(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, p := amlOf(updated.ComputeResource); *p.ScaleSettings.MinNodeCount != 1 || *p.ScaleSettings.MaxNodeCount != 3 {
			t.Errorf("updated %s", mustJSON(t, updated.ComputeResource))
		}
		eventually(t, "a node is idle", func() bool {
			nodes := c.nodes(t, "Gpu-Cluster")
			return len(nodes) == 1 && *nodes[0].NodeState == ml.NodeStateIdle && *nodes[0].NodeID != ""
		})
	})
	t.Run("refusals", func(t *testing.T) {
		put := func(name string, r ml.ComputeResource) error {
			_, err := computes.BeginCreateOrUpdate(ctx, c.group, c.workspace, name, r, nil)
			return err
		}
		_, err := computes.Get(ctx, c.group, c.workspace, "none", nil)
		refused(t, err, http.StatusNotFound, "ComputeNotFound")
		refused(t, put("1-bad", cluster("Local", 0, 1)), http.StatusBadRequest, "InvalidComputeName")
		refused(t, put("other", cluster("Standard_Nonsense", 0, 1)), http.StatusBadRequest, "InvalidVMSize")
		refused(t, put("Gpu-Cluster", cluster("Standard_D4_v3", 1, 3)), http.StatusConflict, "PropertyChangeNotAllowed")
		_, err = computes.Get(ctx, c.group, "elsewhere", "none", nil)
		refused(t, err, http.StatusNotFound, "ResourceNotFound")
	})
	t.Run("delete", func(t *testing.T) {
		poller, err := computes.BeginDelete(ctx, c.group, c.workspace, "Gpu-Cluster", ml.UnderlyingResourceActionDelete, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := poller.PollUntilDone(ctx, nil); err != nil {
			t.Fatal(err)
		}
		_, err = computes.Get(ctx, c.group, c.workspace, "Gpu-Cluster", nil)
		refused(t, err, http.StatusNotFound, "ComputeNotFound")
		if left := s.processes(); len(left) > 0 {
			t.Errorf("processes %v outlived their cluster", left)
		}
	})
}

func (c *sdk) nodes(t *testing.T, compute string) []*ml.AmlComputeNodeInformation {
	t.Helper()
	var nodes []*ml.AmlComputeNodeInformation
	for pager := c.NewComputeClient().NewListNodesPager(c.group, c.workspace, compute, nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, page.Nodes...)
	}
	return nodes
}

func TestGoSDKJob(t *testing.T) {
	s := start(t)
	c := s.sdk(t, s.env["AZURE_CLIENT_SECRET"])
	jobs, ctx := c.NewJobsClient(), t.Context()
	poller, err := c.NewComputeClient().BeginCreateOrUpdate(ctx, c.group, c.workspace, "cpu", cluster("Local", 0, 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	compute, err := poller.PollUntilDone(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	command := func(text string) ml.JobBase {
		return ml.JobBase{Properties: &ml.CommandJob{
			JobType: to.Ptr(ml.JobTypeCommand), ComputeID: compute.ID, Command: &text, DisplayName: to.Ptr("from Go"),
			Inputs: map[string]ml.JobInputClassification{
				"word": &ml.LiteralJobInput{JobInputType: to.Ptr(ml.JobInputTypeLiteral), Value: to.Ptr("hello")},
			},
			EnvironmentVariables: map[string]*string{"WHO": to.Ptr("world")},
			Tags:                 map[string]*string{"k": to.Ptr("v")},
		}}
	}
	status := func(name string) ml.JobStatus {
		t.Helper()
		got, err := jobs.Get(ctx, c.group, c.workspace, name, nil)
		if err != nil {
			t.Fatal(err)
		}
		return *got.Properties.GetJobBaseProperties().Status
	}
	made, err := jobs.CreateOrUpdate(ctx, c.group, c.workspace, "greet", command(`echo "${{inputs.word}} $WHO"; mkdir -p outputs; echo 1 > outputs/one.txt`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if job, ok := made.Properties.(*ml.CommandJob); !ok || *made.Name != "greet" || *job.ComputeID != *compute.ID || *job.Tags["k"] != "v" || *job.DisplayName != "from Go" {
		t.Errorf("created %s", mustJSON(t, made.JobBase))
	}
	eventually(t, "the job has ended", func() bool { return status("greet") == ml.JobStatusCompleted })
	var out strings.Builder
	if err := s.client(t).Output(ctx, "greet", false, &out); err != nil || !strings.Contains(out.String(), "hello world\n") {
		t.Errorf("the job said %q, %v", out.String(), err)
	}
	t.Run("cancel", func(t *testing.T) {
		if _, err := jobs.CreateOrUpdate(ctx, c.group, c.workspace, "long", command("sleep 600"), nil); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the job runs", func() bool { return status("long") == ml.JobStatusRunning })
		poller, err := jobs.BeginCancel(ctx, c.group, c.workspace, "long", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := poller.PollUntilDone(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if got := status("long"); got != ml.JobStatusCanceled {
			t.Errorf("the cancelled job is %s", got)
		}
	})
	t.Run("list", func(t *testing.T) {
		var names []string
		for pager := jobs.NewListPager(c.group, c.workspace, nil); pager.More(); {
			page, err := pager.NextPage(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, j := range page.Value {
				names = append(names, *j.Name)
			}
		}
		if !reflect.DeepEqual(names, []string{"long", "greet"}) {
			t.Errorf("listed %v", names)
		}
	})
	t.Run("delete", func(t *testing.T) {
		poller, err := jobs.BeginDelete(ctx, c.group, c.workspace, "long", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := poller.PollUntilDone(ctx, nil); err != nil {
			t.Fatal(err)
		}
		_, err = jobs.Get(ctx, c.group, c.workspace, "long", nil)
		refused(t, err, http.StatusNotFound, "UserError")
	})
	t.Run("refusals", func(t *testing.T) {
		other := command("true")
		other.Properties.(*ml.CommandJob).ComputeID = to.Ptr(strings.TrimSuffix(*compute.ID, "cpu") + "none")
		_, err := jobs.CreateOrUpdate(ctx, c.group, c.workspace, "lost", other, nil)
		refused(t, err, http.StatusBadRequest, "ComputeNotFound")
		big := command("true")
		big.Properties.(*ml.CommandJob).Resources = &ml.JobResourceConfiguration{InstanceCount: to.Ptr[int32](2)}
		_, err = jobs.CreateOrUpdate(ctx, c.group, c.workspace, "big", big, nil)
		refused(t, err, http.StatusBadRequest, "JobNodeCountExceedsClusterSize")
	})
}

func TestGoSDKWrongSecret(t *testing.T) {
	s := start(t)
	c := s.sdk(t, "wrong")
	_, err := c.NewComputeClient().Get(t.Context(), c.group, c.workspace, "cpu", nil)
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "7000215") || failed.RawResponse.StatusCode != http.StatusUnauthorized {
		t.Errorf("got %v", err)
	}
}

// childOf marks the test binary that TestEnvInAShell starts.
const childOf = "ATELIER_E2E_CHILD"

// TestEnvInAShell evaluates the variables in a shell, as a user does, and runs
// Microsoft's client there with nothing but them.
func TestEnvInAShell(t *testing.T) {
	if os.Getenv(childOf) != "" {
		listFromEnv(t)
		return
	}
	s := start(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, line := range map[string]string{
		"atelier-env": `eval "$("$1" env --data-dir "$2")"`,
		"print-env":   `. "$2/env.sh"`,
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("sh", "-c", "set -eu; "+line+`; exec "$3" -test.v -test.run '^TestEnvInAShell$'`, "sh", binary, s.dir, self)
			cmd.Env = []string{childOf + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "listed 0 computes") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func listFromEnv(t *testing.T) {
	env := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	cred, err := azidentity.NewEnvironmentCredential(&azidentity.EnvironmentCredentialOptions{DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	c := newSDK(t, env, cred, policy.ClientOptions{Cloud: cloudOf(env)})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n := 0
	for pager := c.NewComputeClient().NewListPager(c.group, c.workspace, nil); pager.More(); {
		page, err := pager.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Value)
	}
	t.Logf("listed %d computes", n)
}

func mustJSON(t *testing.T, v interface{ MarshalJSON() ([]byte, error) }) []byte {
	t.Helper()
	data, err := v.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return data
}
