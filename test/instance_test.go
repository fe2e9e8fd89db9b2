package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	ml "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/machinelearning/armmachinelearning/v4"
)

func workstation() ml.ComputeResource {
	return ml.ComputeResource{
		Location: to.Ptr("local"),
		Identity: &ml.ManagedServiceIdentity{Type: to.Ptr(ml.ManagedServiceIdentityTypeSystemAssigned)},
		Properties: &ml.ComputeInstance{
			ComputeType: to.Ptr(ml.ComputeTypeComputeInstance), Description: to.Ptr("made by the Go SDK"),
			Properties: &ml.ComputeInstanceProperties{
				VMSize: to.Ptr("Local"), ApplicationSharingPolicy: to.Ptr(ml.ApplicationSharingPolicyPersonal),
				SSHSettings: &ml.ComputeInstanceSSHSettings{SSHPublicAccess: to.Ptr(ml.SSHPublicAccessDisabled)},
			},
		},
	}
}

// put creates or changes a compute and waits until it is so.
func (c *sdk) put(t *testing.T, name string, r ml.ComputeResource) ml.ComputeResource {
	t.Helper()
	poller, err := c.NewComputeClient().BeginCreateOrUpdate(t.Context(), c.group, c.workspace, name, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	done, err := poller.PollUntilDone(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return done.ComputeResource
}

// power starts, stops or restarts an instance and waits for the end.
func (c *sdk) power(t *testing.T, name, verb string) {
	t.Helper()
	computes, ctx := c.NewComputeClient(), t.Context()
	var err error
	switch verb {
	case "start":
		p, begin := computes.BeginStart(ctx, c.group, c.workspace, name, nil)
		if err = begin; err == nil {
			_, err = p.PollUntilDone(ctx, nil)
		}
	case "stop":
		p, begin := computes.BeginStop(ctx, c.group, c.workspace, name, nil)
		if err = begin; err == nil {
			_, err = p.PollUntilDone(ctx, nil)
		}
	case "restart":
		p, begin := computes.BeginRestart(ctx, c.group, c.workspace, name, nil)
		if err = begin; err == nil {
			_, err = p.PollUntilDone(ctx, nil)
		}
	}
	if err != nil {
		t.Fatalf("%s %s: %v", verb, name, err)
	}
}

func (c *sdk) instance(t *testing.T, name string) *ml.ComputeInstanceProperties {
	t.Helper()
	got, err := c.NewComputeClient().Get(t.Context(), c.group, c.workspace, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	ci, ok := got.Properties.(*ml.ComputeInstance)
	if !ok || ci.Properties == nil {
		t.Fatalf("the compute is a %T", got.Properties)
	}
	return ci.Properties
}

func (c *sdk) remove(t *testing.T, name string, action ml.UnderlyingResourceAction) {
	t.Helper()
	poller, err := c.NewComputeClient().BeginDelete(t.Context(), c.group, c.workspace, name, action, nil)
	if err == nil {
		_, err = poller.PollUntilDone(t.Context(), nil)
	}
	if err != nil {
		t.Fatalf("remove %s: %v", name, err)
	}
	_, err = c.NewComputeClient().Get(t.Context(), c.group, c.workspace, name, nil)
	refused(t, err, http.StatusNotFound, "ComputeNotFound")
}

// shell runs a command on the compute and returns what it printed.
func (s *server) shell(t *testing.T, compute, command string) string {
	t.Helper()
	out, errs, code := s.cli(t, "job", "run", "--data-dir", s.dir, "--compute", compute, "--", "sh", "-c", command)
	if code != 0 {
		t.Fatalf("the command ended with %d: %s%s", code, out, errs)
	}
	return out
}

// TestGoSDKInstance is the life of a compute instance: its machine is a process that
// is there and is not, and its home outlives it.
func TestGoSDKInstance(t *testing.T) {
	s := start(t)
	c := s.sdk(t, s.env["AZURE_CLIENT_SECRET"])
	made := c.put(t, "dev-box", workstation())
	if ci := made.Properties.(*ml.ComputeInstance); *ci.ProvisioningState != ml.ProvisioningStateSucceeded || *ci.Properties.State != ml.ComputeInstanceStateRunning ||
		*ci.Properties.LastOperation.OperationName != ml.OperationNameCreate || *ci.Properties.LastOperation.OperationStatus != ml.OperationStatusSucceeded {
		t.Errorf("created %s", mustJSON(t, made))
	}
	if len(s.processes()) == 0 {
		t.Fatal("the instance runs without a process")
	}
	s.shell(t, "dev-box", `echo kept > "$HOME/note"; test "$HOME" = "$ATELIER_HOME"`)
	volumes, err := os.ReadDir(filepath.Join(s.dir, "volumes"))
	if err != nil || len(volumes) != 1 {
		t.Fatalf("volumes %v, %v", volumes, err)
	}

	c.power(t, "dev-box", "stop")
	c.power(t, "dev-box", "stop")
	if p := c.instance(t, "dev-box"); *p.State != ml.ComputeInstanceStateStopped || len(s.processes()) != 0 {
		t.Errorf("stopped, it is %s with the processes %v", *p.State, s.processes())
	}
	if note, err := os.ReadFile(filepath.Join(s.dir, "volumes", volumes[0].Name(), "note")); err != nil || string(note) != "kept\n" {
		t.Errorf("the note says %q, %v", note, err)
	}
	t.Run("a-job-waits-for-the-start", func(t *testing.T) {
		if _, errs, code := s.cli(t, "job", "run", "--data-dir", s.dir, "--no-stream", "--name", "waits", "--compute", "dev-box", "--", "cat", "note"); code != 0 {
			t.Fatal(errs)
		}
		if out, errs, _ := s.cli(t, "why", "waits"); !strings.Contains(out+errs, "atelier compute start dev-box") {
			t.Errorf("why: %s%s", out, errs)
		}
		if _, errs, code := s.cli(t, "job", "cancel", "waits"); code != 0 {
			t.Fatal(errs)
		}
	})
	c.power(t, "dev-box", "start")
	c.power(t, "dev-box", "start")
	if got := s.shell(t, "dev-box", `cat "$HOME/note"`); !strings.Contains(got, "kept") {
		t.Errorf("after the start the note says %q", got)
	}
	before := s.processes()
	c.power(t, "dev-box", "restart")
	if after := s.processes(); len(after) == 0 || sameAny(before, after) {
		t.Errorf("restarted, the processes went from %v to %v", before, after)
	}
	if got := s.shell(t, "dev-box", `cat "$HOME/note"`); !strings.Contains(got, "kept") {
		t.Errorf("after the restart the note says %q", got)
	}
	if _, errs, code := s.cli(t, "compute", "stop", "dev-box"); code != 0 {
		t.Error(errs)
	}
	if out, _, _ := s.cli(t, "compute", "list"); !strings.Contains(out, "Stopped") {
		t.Errorf("listed as %s", out)
	}
	if _, errs, code := s.cli(t, "compute", "start", "dev-box"); code != 0 {
		t.Error(errs)
	}
	c.remove(t, "dev-box", ml.UnderlyingResourceActionDelete)
	if left, _ := os.ReadDir(filepath.Join(s.dir, "volumes")); len(left) > 0 || len(s.processes()) > 0 {
		t.Errorf("the instance left %v and the processes %v", left, s.processes())
	}
}

func sameAny(a, b []int) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}

// TestGoSDKAttached attaches and detaches every kind, as the SDK has it.
func TestGoSDKAttached(t *testing.T) {
	s := start(t)
	c := s.sdk(t, s.env["AZURE_CLIENT_SECRET"])
	const arms = "/subscriptions/s/resourceGroups/g/providers/"
	account := &ml.VirtualMachineSSHCredentials{Username: to.Ptr("u"), Password: to.Ptr("hush")}
	for _, k := range []struct {
		name   string
		p      ml.ComputeClassification
		action ml.UnderlyingResourceAction
	}{
		{"aks", &ml.AKS{ComputeType: to.Ptr(ml.ComputeTypeAKS), Properties: &ml.AKSSchemaProperties{AgentCount: to.Ptr[int32](3), AgentVMSize: to.Ptr("Standard_DS3_v2")}}, ml.UnderlyingResourceActionDelete},
		{"kube", &ml.Kubernetes{
			ComputeType: to.Ptr(ml.ComputeTypeKubernetes), ResourceID: to.Ptr(arms + "Microsoft.Kubernetes/connectedClusters/c"),
			Properties: &ml.KubernetesProperties{Namespace: to.Ptr("ns")},
		}, ml.UnderlyingResourceActionDetach},
		{"box", &ml.VirtualMachine{
			ComputeType: to.Ptr(ml.ComputeTypeVirtualMachine), ResourceID: to.Ptr(arms + "Microsoft.Compute/virtualMachines/v"),
			Properties: &ml.VirtualMachineSchemaProperties{SSHPort: to.Ptr[int32](22), AdministratorAccount: account},
		}, ml.UnderlyingResourceActionDetach},
		{"hdi", &ml.HDInsight{
			ComputeType: to.Ptr(ml.ComputeTypeHDInsight),
			Properties:  &ml.HDInsightProperties{Address: to.Ptr("c-ssh"), AdministratorAccount: account},
		}, ml.UnderlyingResourceActionDetach},
		{"factory", &ml.DataFactory{ComputeType: to.Ptr(ml.ComputeTypeDataFactory)}, ml.UnderlyingResourceActionDetach},
		{"bricks", &ml.Databricks{
			ComputeType: to.Ptr(ml.ComputeTypeDatabricks), ResourceID: to.Ptr(arms + "Microsoft.Databricks/workspaces/d"),
			Properties: &ml.DatabricksProperties{DatabricksAccessToken: to.Ptr("hush"), WorkspaceURL: to.Ptr("https://d")},
		}, ml.UnderlyingResourceActionDetach},
		{"lake", &ml.DataLakeAnalytics{
			ComputeType: to.Ptr(ml.ComputeTypeDataLakeAnalytics), ResourceID: to.Ptr(arms + "Microsoft.DataLakeAnalytics/accounts/a"),
			Properties: &ml.DataLakeAnalyticsSchemaProperties{DataLakeStoreAccountName: to.Ptr("a")},
		}, ml.UnderlyingResourceActionDetach},
		{"spark", &ml.SynapseSpark{ComputeType: to.Ptr(ml.ComputeTypeSynapseSpark), ResourceID: to.Ptr(arms + "Microsoft.Synapse/workspaces/w/bigDataPools/p")}, ml.UnderlyingResourceActionDetach},
	} {
		t.Run(k.name, func(t *testing.T) {
			name := k.name + "-x"
			made := c.put(t, name, ml.ComputeResource{Location: to.Ptr("local"), Properties: k.p})
			if base := made.Properties.GetCompute(); *base.ComputeType != *k.p.GetCompute().ComputeType || *base.ProvisioningState != ml.ProvisioningStateSucceeded {
				t.Errorf("attached %s", mustJSON(t, made))
			}
			c.put(t, name, made) // the echo of what was answered
			keys, err := c.NewComputeClient().ListKeys(t.Context(), c.group, c.workspace, name, nil)
			if err != nil {
				t.Fatal(err)
			}
			switch v := keys.ComputeSecretsClassification.(type) {
			case *ml.VirtualMachineSecrets:
				if *v.AdministratorAccount.Password != "hush" {
					t.Errorf("keys %s", mustJSON(t, v))
				}
			case *ml.DatabricksComputeSecrets:
				if *v.DatabricksAccessToken != "hush" {
					t.Errorf("keys %s", mustJSON(t, v))
				}
			}
			if out, errs, code := s.cli(t, "job", "run", "--data-dir", s.dir, "--compute", name, "--", "true"); code == 0 || !strings.Contains(errs, "cannot drive") {
				t.Errorf("a job on it: %d %s%s", code, out, errs)
			}
			c.remove(t, name, k.action)
		})
	}
}

// TestGoSDKQuotas sets a quota and meets it.
func TestGoSDKQuotas(t *testing.T) {
	s := start(t)
	c := s.sdk(t, s.env["AZURE_CLIENT_SECRET"])
	quotas := c.NewQuotasClient()
	var one *ml.ResourceQuota
	for pager := quotas.NewListPager("local", nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range page.Value {
			if *q.Name.Value == "standardDSv2Family" {
				one = q
			}
		}
	}
	if one == nil {
		t.Fatal("the family is not in the list")
	}
	done, err := quotas.Update(t.Context(), "local", ml.QuotaUpdateParameters{
		Location: to.Ptr("local"),
		Value:    []*ml.QuotaBaseProperties{{ID: one.ID, Type: one.Type, Limit: to.Ptr[int64](4), Unit: to.Ptr(ml.QuotaUnitCount)}},
	}, nil)
	if err != nil || *done.Value[0].Status != ml.StatusSuccess {
		t.Fatalf("update: %v %s", err, mustJSON(t, done))
	}
	_, err = c.NewComputeClient().BeginCreateOrUpdate(t.Context(), c.group, c.workspace, "large", cluster("Standard_DS2_v2", 0, 3), nil)
	refused(t, err, http.StatusConflict, "QuotaExceeded")
	c.put(t, "small", cluster("Standard_DS2_v2", 0, 2))
	used := int64(-1)
	for pager := c.NewUsagesClient().NewListPager("local", nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range page.Value {
			if *u.Name.Value == "standardDSv2Family" {
				used = *u.CurrentValue
			}
		}
	}
	if used != 4 {
		t.Errorf("%d vCPUs are in use; a cluster of 2 nodes of 2 holds 4", used)
	}
}
