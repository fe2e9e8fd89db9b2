package client

import (
	"context"
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Kinds of assets, as the API's paths name them.
const (
	Codes        = "codes"
	Data         = "data"
	Environments = "environments"
)

// Asset is one version of code, data or an environment. It is also what PutAsset
// sends.
type Asset struct {
	Resource
	Properties AssetProperties `json:"properties"`
}

// AssetProperties has the fields of all three kinds.
type AssetProperties struct {
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Properties  map[string]string `json:"properties,omitempty"`
	IsAnonymous bool              `json:"isAnonymous,omitempty"`
	IsArchived  bool              `json:"isArchived,omitempty"`
	CodeURI     string            `json:"codeUri,omitempty"`
	DataURI     string            `json:"dataUri,omitempty"`
	DataType    string            `json:"dataType,omitempty"`
	Image       string            `json:"image,omitempty"`
	CondaFile   string            `json:"condaFile,omitempty"`
	PipFile     string            `json:"pipFile,omitempty"` // ours: requirements.txt text
	SHA256      string            `json:"sha256,omitempty"`
}

// PutAsset makes a version of an asset, which never changes afterwards.
func (c *Client) PutAsset(ctx context.Context, kind, name, version string, body any) (*Asset, error) {
	return call[Asset](ctx, c, http.MethodPut, c.asset(kind, name, version), nil, body)
}

// Asset reads one version.
func (c *Client) Asset(ctx context.Context, kind, name, version string) (*Asset, error) {
	return get[Asset](ctx, c, c.asset(kind, name, version), nil)
}

// Assets lists the versions of an asset.
func (c *Client) Assets(ctx context.Context, kind, name string) iter.Seq2[*Asset, error] {
	return pages[Asset](ctx, c, http.MethodGet, c.Path(kind, name, "versions"), nil)
}

// Upload stores the files of a tar stream as a version of code or data. The same
// content again is fine. DataType is uri_file or uri_folder, and "" for code.
func (c *Client) Upload(ctx context.Context, kind, name, version, dataType string, tar io.Reader) (*Asset, error) {
	q := url.Values{}
	if dataType != "" {
		q.Set("type", dataType)
	}
	res, err := c.send(ctx, http.MethodPost, c.asset(kind, name, version)+"/upload", q, tar, "application/x-tar")
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, c.unreachable(err)
	}
	return read[Asset](raw)
}

func (c *Client) asset(kind, name, version string) string {
	return c.Path(kind, name, "versions", version)
}

// OutputFile is one file that a job left.
type OutputFile struct {
	Kept
	Path string `json:"path"`
	Size int64  `json:"size"`
}

// Files are files that the server keeps below one path: what a job left, the code
// that went with it.
type Files struct {
	c    *Client
	path []string
}

// Outputs are the files that a job left.
func (c *Client) Outputs(job string) Files { return Files{c, []string{"jobs", job, "outputs"}} }

// Code are the files of a version of code.
func (c *Client) Code(name, version string) Files {
	return Files{c, []string{"codes", name, "versions", version, "files"}}
}

// List lists them.
func (f Files) List(ctx context.Context) iter.Seq2[*OutputFile, error] {
	return pages[OutputFile](ctx, f.c, http.MethodGet, f.c.Path(f.path...), nil)
}

// Open opens one of them. Its size is -1 if the server does not say.
func (f Files) Open(ctx context.Context, path string) (io.ReadCloser, int64, error) {
	res, err := f.c.send(ctx, http.MethodGet, f.c.Path(append(slices.Clone(f.path), strings.Split(path, "/")...)...), nil, nil, "")
	if err != nil {
		return nil, 0, err
	}
	return res.Body, res.ContentLength, nil
}
