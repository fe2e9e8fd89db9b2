package azureml

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azarm "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	aml "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/machinelearning/armmachinelearning/v4"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

type annsToken struct{}

func (annsToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "ann", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// TestGoSDK lets Microsoft's Go client judge the wire shapes and its pollers the
// long-running operations.
func TestGoSDK(t *testing.T) {
	w := newWorld(t)
	srv := httptest.NewTLSServer(w.srv)
	defer srv.Close()
	f, err := aml.NewClientFactory(subscription, annsToken{}, &azarm.ClientOptions{DisableRPRegistration: true, ClientOptions: policy.ClientOptions{
		Transport: srv.Client(),
		Cloud:     cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{cloud.ResourceManager: {Endpoint: srv.URL, Audience: srv.URL}}},
	}})
	must(t, err)
	t.Run("cluster", func(t *testing.T) { sdkCluster(t, w, f.NewComputeClient()) })
	t.Run("job", func(t *testing.T) { sdkJob(t, w, f.NewJobsClient()) })
	t.Run("assets", func(t *testing.T) { sdkAssets(t, f) })
}

const rg, wsName = "Default", "Main"

func sdkCluster(t *testing.T, w *world, c *aml.ComputeClient) {
	ctx := t.Context()
	var missing *azcore.ResponseError
	if _, err := c.Get(ctx, rg, wsName, "gpu", nil); !errors.As(err, &missing) || missing.ErrorCode != "ComputeNotFound" || missing.StatusCode != 404 {
		t.Fatalf("before it is there: %v", err)
	}
	body := aml.ComputeResource{Location: to.Ptr("local"), Properties: &aml.AmlCompute{Properties: &aml.AmlComputeProperties{
		VMSize: to.Ptr("STANDARD_DS2_V2"), ScaleSettings: &aml.ScaleSettings{MaxNodeCount: to.Ptr[int32](4), MinNodeCount: to.Ptr[int32](0)},
	}}}
	create, err := c.BeginCreateOrUpdate(ctx, rg, wsName, "gpu", body, nil)
	must(t, err)
	w.provision("gpu")
	made, err := create.PollUntilDone(ctx, nil)
	must(t, err)
	cluster := made.Properties.(*aml.AmlCompute)
	if *cluster.ProvisioningState != aml.ProvisioningStateSucceeded || *cluster.Properties.VMSize != "STANDARD_DS2_V2" || *cluster.Properties.NodeStateCounts.IdleNodeCount != 0 {
		t.Fatalf("%+v", cluster)
	}
	change, err := c.BeginUpdate(ctx, rg, wsName, "gpu", aml.ClusterUpdateParameters{Properties: &aml.ClusterUpdateProperties{Properties: &aml.ScaleSettingsInformation{
		ScaleSettings: &aml.ScaleSettings{MaxNodeCount: to.Ptr[int32](8), MinNodeCount: to.Ptr[int32](1), NodeIdleTimeBeforeScaleDown: to.Ptr("PT5M")},
	}}}, nil)
	must(t, err)
	w.provision("gpu")
	changed, err := change.PollUntilDone(ctx, nil)
	must(t, err)
	if got := changed.Properties.(*aml.AmlCompute).Properties.ScaleSettings; *got.MaxNodeCount != 8 || *got.NodeIdleTimeBeforeScaleDown != "PT5M" {
		t.Fatalf("%+v", got)
	}
	w.step("node gpu node-0")
	nodes, err := c.NewListNodesPager(rg, wsName, "gpu", nil).NextPage(ctx)
	must(t, err)
	if len(nodes.Nodes) != 1 || *nodes.Nodes[0].NodeState != aml.NodeStateIdle {
		t.Fatalf("%+v", nodes)
	}
	count := 0
	for pager := c.NewListPager(rg, wsName, nil); pager.More(); {
		page, err := pager.NextPage(ctx)
		must(t, err)
		count += len(page.Value)
	}
	w.cluster("other")
	remove, err := c.BeginDelete(ctx, rg, wsName, "other", aml.UnderlyingResourceActionDelete, nil)
	must(t, err)
	w.step("gone other")
	if _, err = remove.PollUntilDone(ctx, nil); err != nil || count != 1 {
		t.Fatalf("%d listed, %v", count, err)
	}
}

func sdkJob(t *testing.T, w *world, c *aml.JobsClient) {
	ctx := t.Context()
	body := aml.JobBase{Properties: &aml.CommandJob{
		Command: to.Ptr("echo ${{inputs.a}}"), ComputeID: to.Ptr(wsURL + "/computes/gpu"), EnvironmentID: to.Ptr(""),
		Inputs: map[string]aml.JobInputClassification{"a": &aml.LiteralJobInput{JobInputType: to.Ptr(aml.JobInputTypeLiteral), Value: to.Ptr("3")}},
		Limits: &aml.CommandJobLimits{Timeout: to.Ptr("PT1H")}, Tags: map[string]*string{"k": to.Ptr("v")},
	}}
	_, err := c.CreateOrUpdate(ctx, rg, wsName, "train-1", body, nil)
	must(t, err)
	w.start("train-1", 1)
	got, err := c.Get(ctx, rg, wsName, "train-1", nil)
	must(t, err)
	job := got.Properties.(*aml.CommandJob)
	if *job.Status != aml.JobStatusRunning || *job.Inputs["a"].(*aml.LiteralJobInput).Value != "3" || *got.SystemData.CreatedBy != "ann" {
		t.Fatalf("%+v", job)
	}
	cancel, err := c.BeginCancel(ctx, rg, wsName, "train-1", nil)
	must(t, err)
	w.end("train-1", 1, true)
	_, err = cancel.PollUntilDone(ctx, nil)
	must(t, err)
	count := 0
	for pager := c.NewListPager(rg, wsName, &aml.JobsClientListOptions{ListViewType: to.Ptr(aml.ListViewTypeAll)}); pager.More(); {
		page, err := pager.NextPage(ctx)
		must(t, err)
		count += len(page.Value)
	}
	if count != 1 {
		t.Fatalf("%d jobs", count)
	}
	remove, err := c.BeginDelete(ctx, rg, wsName, "train-1", nil)
	must(t, err)
	_, err = remove.PollUntilDone(ctx, nil)
	must(t, err)
	w.do(func(tx *store.Tx) error {
		if j, err := get[atelier.Job](tx, w.jobID("train-1")); j != nil || err != nil {
			t.Errorf("%v, %v", j, err)
		}
		return nil
	})
}

func sdkAssets(t *testing.T, f *aml.ClientFactory) {
	ctx := t.Context()
	env := aml.EnvironmentVersion{Properties: &aml.EnvironmentVersionProperties{Image: to.Ptr("python:3.12"), CondaFile: to.Ptr("name: x")}}
	made, err := f.NewEnvironmentVersionsClient().CreateOrUpdate(ctx, rg, wsName, "MyEnv", "1", env, nil)
	if err != nil || *made.Properties.Image != "python:3.12" || *made.Name != "1" {
		t.Fatalf("%+v, %v", made, err)
	}
	box, err := f.NewEnvironmentContainersClient().Get(ctx, rg, wsName, "MyEnv", nil)
	if err != nil || *box.Properties.LatestVersion != "1" || *box.Properties.NextVersion != "2" {
		t.Fatalf("%+v, %v", box, err)
	}
	sizes, err := f.NewVirtualMachineSizesClient().List(ctx, "local", nil)
	if err != nil || len(sizes.Value) == 0 {
		t.Fatalf("%+v, %v", sizes, err)
	}
	if _, err := f.NewUsagesClient().NewListPager("local", nil).NextPage(ctx); err != nil {
		t.Fatal(err)
	}
	if ws, err := f.NewWorkspacesClient().Get(ctx, rg, wsName, nil); err != nil || *ws.Name != "Main" {
		t.Fatalf("%+v, %v", ws, err)
	}
	if _, err := f.NewQuotasClient().NewListPager("local", nil).NextPage(ctx); err != nil {
		t.Fatal(err)
	}
}
