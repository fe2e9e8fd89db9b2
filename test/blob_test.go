package e2e

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	ml "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/machinelearning/armmachinelearning/v4"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"

	"github.com/atelier-compute/atelier"
)

// blobHTTP is s.http that finds the blob service by its name, as an entry in the
// hosts file would have it.
func (s *server) blobHTTP(t *testing.T) *http.Client {
	t.Helper()
	c := s.http(t)
	c.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err == nil && strings.HasSuffix(host, atelier.BlobSuffix) {
			address = net.JoinHostPort("127.0.0.1", port)
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	return c
}

func (s *server) container(t *testing.T, sas string) *container.Client {
	t.Helper()
	c, err := container.NewClientWithNoCredential(sas, &container.ClientOptions{ClientOptions: azcore.ClientOptions{
		Transport: s.blobHTTP(t), Retry: policy.RetryOptions{MaxRetries: -1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// store is the container of a datastore, opened with what its secrets give.
func (s *server) store(t *testing.T, c *sdk, name string) *container.Client {
	t.Helper()
	stores := c.NewDatastoresClient()
	d, err := stores.Get(t.Context(), c.group, c.workspace, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, ok := d.Properties.(*ml.AzureBlobDatastore)
	if !ok {
		t.Fatalf("the datastore is a %T", d.Properties)
	}
	secrets, err := stores.ListSecrets(t.Context(), c.group, c.workspace, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	sas := secrets.DatastoreSecretsClassification.(*ml.SasDatastoreSecrets)
	return s.container(t, "https://"+*p.AccountName+".blob."+*p.Endpoint+"/"+*p.ContainerName+"?"+*sas.SasToken)
}

func names(t *testing.T, c *container.Client, prefix string) (list []string) {
	t.Helper()
	pages := c.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &prefix, MaxResults: to.Ptr(int32(2)), Include: container.ListBlobsInclude{Metadata: true}})
	for pages.More() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range page.Segment.BlobItems {
			list = append(list, *b.Name)
		}
	}
	return list
}

func download(t *testing.T, c *container.Client, name string) string {
	t.Helper()
	got, err := c.NewBlobClient(name).DownloadStream(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	data, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestGoSDKCodeToOutput takes a job the way of Azure's SDK: code and data go up,
// the job runs, and what it left comes down, all by Microsoft's clients.
func TestGoSDKCodeToOutput(t *testing.T) {
	t.Run("files", func(t *testing.T) { codeToOutput(t, start(t)) })
	t.Run("s3", func(t *testing.T) {
		back := s3mem.New()
		if err := back.CreateBucket(t.Context(), "bucket"); err != nil {
			t.Fatal(err)
		}
		fake := httptest.NewServer(gofakes3.New(back, gofakes3.WithV4Auth(map[string]string{"key": "secret"})).Server())
		t.Cleanup(fake.Close)
		t.Setenv("AWS_ACCESS_KEY_ID", "key")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
		s := start(t, "--blobs", "s3://bucket/atelier?endpoint="+fake.URL)
		codeToOutput(t, s)
		if left, err := os.ReadDir(filepath.Join(s.dir, "blobs")); len(left) > 0 {
			t.Errorf("beside the bucket there are %v, %v", left, err)
		}
	})
}

func codeToOutput(t *testing.T, s *server) {
	t.Helper()
	c, ctx := s.sdk(t, s.env["AZURE_CLIENT_SECRET"]), t.Context()
	codes := c.NewCodeVersionsClient()
	pending, err := codes.CreateOrGetStartPendingUpload(ctx, c.group, c.workspace, "src", "1",
		ml.PendingUploadRequestDto{PendingUploadType: to.Ptr(ml.PendingUploadTypeTemporaryBlobReference)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	sas := *pending.BlobReferenceForConsumption.Credential.(*ml.SASCredentialDto).SasURI
	code := s.container(t, sas)
	if _, err := code.NewBlobClient("src/main.py").GetProperties(ctx, nil); !bloberror.HasCode(err, bloberror.BlobNotFound) {
		t.Errorf("before the upload: %v", err)
	}
	script := `import sys, pathlib
out = pathlib.Path(sys.argv[2]); out.mkdir(parents=True, exist_ok=True)
data = pathlib.Path(sys.argv[1]).read_bytes()
(out / "sum.txt").write_text(str(sum(data)))
pathlib.Path("outputs").mkdir(exist_ok=True); pathlib.Path("outputs/log.txt").write_text("done")
`
	main := code.NewBlockBlobClient("src/main.py")
	if _, err := main.UploadBuffer(ctx, []byte(script), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := main.SetMetadata(ctx, map[string]*string{"upload_status": to.Ptr("completed"), "name": to.Ptr("src")}, nil); err != nil {
		t.Fatal(err)
	}
	props, err := main.GetProperties(ctx, nil)
	if err != nil || *props.ContentLength != int64(len(script)) || len(props.Metadata) != 2 {
		t.Errorf("properties: %+v, %v", props, err)
	}

	data := make([]byte, 9<<20)
	for i := range data {
		data[i] = byte(rand.Uint32())
	}
	blobs := s.store(t, c, atelier.DataStore)
	big := blobs.NewBlockBlobClient("LocalUpload/x/data.bin")
	if _, err := big.UploadStream(ctx, bytes.NewReader(data), &blockblob.UploadStreamOptions{BlockSize: 1 << 20, Concurrency: 3}); err != nil {
		t.Fatal(err)
	}
	back := make([]byte, len(data))
	if _, err := big.DownloadBuffer(ctx, back, &blob.DownloadBufferOptions{BlockSize: 1 << 20, Concurrency: 3}); err != nil || !bytes.Equal(back, data) {
		t.Fatalf("what came back differs, or %v", err)
	}

	address, _, _ := strings.Cut(sas, "?")
	version, err := codes.CreateOrUpdate(ctx, c.group, c.workspace, "src", "1", ml.CodeVersion{Properties: &ml.CodeVersionProperties{
		CodeURI: to.Ptr(address + "/src"), IsAnonymous: to.Ptr(true), Properties: map[string]*string{"hash_sha256": to.Ptr("cafe"), "hash_version": to.Ptr("202208")},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	found, err := codes.NewListPager(c.group, c.workspace, "another", &ml.CodeVersionsClientListOptions{Hash: to.Ptr("cafe"), HashVersion: to.Ptr("202208")}).NextPage(ctx)
	if err != nil || len(found.Value) != 1 || *found.Value[0].ID != *version.ID {
		t.Errorf("found by hash: %v, %v", found.Value, err)
	}

	poller, err := c.NewComputeClient().BeginCreateOrUpdate(ctx, c.group, c.workspace, "cpu", cluster("Local", 0, 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	compute, err := poller.PollUntilDone(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	jobs := c.NewJobsClient()
	_, err = jobs.CreateOrUpdate(ctx, c.group, c.workspace, "sum", ml.JobBase{Properties: &ml.CommandJob{
		JobType: to.Ptr(ml.JobTypeCommand), ComputeID: compute.ID, CodeID: version.ID, Command: to.Ptr("python3 main.py ${{inputs.d}} ${{outputs.o}}"),
		Inputs: map[string]ml.JobInputClassification{"d": &ml.URIFileJobInput{
			JobInputType: to.Ptr(ml.JobInputTypeURIFile), URI: to.Ptr("azureml://datastores/workspaceblobstore/paths/LocalUpload/x/data.bin"),
		}},
		Outputs: map[string]ml.JobOutputClassification{"o": &ml.URIFolderJobOutput{JobOutputType: to.Ptr(ml.JobOutputTypeURIFolder)}},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var status ml.JobStatus
	eventually(t, "the job has ended", func() bool {
		got, err := jobs.Get(ctx, c.group, c.workspace, "sum", nil)
		if err != nil {
			t.Fatal(err)
		}
		status = *got.Properties.GetJobBaseProperties().Status
		return status == ml.JobStatusCompleted || status == ml.JobStatusFailed
	})
	if status != ml.JobStatusCompleted {
		var out strings.Builder
		_ = s.client(t).Output(ctx, "sum", false, &out)
		t.Fatalf("the job is %s and said %s", status, out.String())
	}
	artifacts := s.store(t, c, atelier.ArtifactStore)
	left := names(t, artifacts, "ExperimentRun/dcid.sum/")
	text := strings.Join(left, " ")
	if !strings.Contains(text, "ExperimentRun/dcid.sum/outputs/log.txt") || !strings.Contains(text, "ExperimentRun/dcid.sum/named-outputs/o/sum.txt") {
		t.Fatalf("the job left %q", left)
	}
	want := 0
	for _, b := range data {
		want += int(b)
	}
	if got := download(t, artifacts, "ExperimentRun/dcid.sum/named-outputs/o/sum.txt"); got != strconv.Itoa(want) {
		t.Errorf("the sum is %s, want %d", got, want)
	}

	u, err := url.Parse(sas)
	if err != nil {
		t.Fatal(err)
	}
	q, err := url.Parse(artifacts.URL())
	if err != nil {
		t.Fatal(err)
	}
	q.RawQuery = u.RawQuery
	if _, err := s.container(t, q.String()).NewBlobClient(left[0]).GetProperties(ctx, nil); !bloberror.HasCode(err, bloberror.AuthenticationFailed) {
		t.Errorf("the upload's signature at the artifacts: %v", err)
	}
}
