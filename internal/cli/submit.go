package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/client"
)

// anonymousEnvironment is what Azure's clients call an environment without a name.
const anonymousEnvironment = "CliV2AnonymousEnvironment"

// submission turns a job file into a job: it uploads what is local and builds the
// body to send.
type submission struct {
	app *App
	c   *client.Client
	job *jobFile
	dry bool // upload nothing
}

// body uploads what the job needs and returns what to send.
func (s *submission) body(ctx context.Context) (map[string]any, error) {
	j := s.job
	props := map[string]any{
		"jobType": "Command", "command": j.Command, "displayName": firstOf(j.DisplayName, j.Name), "experimentName": firstOf(j.Experiment, "Default"),
		"isArchived": false, "tags": orEmpty(j.Tags), "properties": orEmpty(j.Properties), "environmentVariables": orEmpty(j.Env),
	}
	compute, err := s.compute()
	if err != nil {
		return nil, err
	}
	props["computeId"] = compute
	for k, v := range map[string]any{
		"description": j.Description, "parentJobName": j.Parent, "distribution": j.Distribution, "queueSettings": j.Queue, "identity": j.Identity,
	} {
		if m, isMap := v.(map[string]any); v != "" && (!isMap || m != nil) {
			props[k] = v
		}
	}
	if j.Services != nil {
		props["services"] = j.Services
	}
	if j.Timeout > 0 {
		props["limits"] = map[string]any{"jobLimitsType": "Command", "timeout": atelier.FormatDuration(j.Timeout)}
	}
	resources := map[string]any{"instanceCount": max(j.Instances, 1)}
	maps.Copy(resources, j.Resources)
	props["resources"] = resources
	if err := s.files(ctx, props); err != nil {
		return nil, err
	}
	return map[string]any{"properties": props}, nil
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// compute is the ARM id of the compute that the job names.
func (s *submission) compute() (string, error) {
	name := strings.TrimPrefix(s.job.Compute, "azureml:")
	switch {
	case name == "":
		return "", usage(s.app.say("job.nocompute"))
	case strings.HasPrefix(name, "/"):
		return name, nil
	case name == "local":
		return "", usage(s.app.say("job.local"))
	}
	return s.c.Path("computes", name), nil
}

// files uploads code, environment and inputs.
func (s *submission) files(ctx context.Context, props map[string]any) error {
	code, err := s.code(ctx)
	if err != nil {
		return err
	}
	if code != "" {
		props["codeId"] = code
	}
	env, err := s.environment(ctx)
	if err != nil {
		return err
	}
	if env != "" {
		props["environmentId"] = env
	}
	inputs := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.job.Inputs)) {
		if inputs[name], err = s.input(ctx, name, s.job.Inputs[name]); err != nil {
			return err
		}
	}
	outputs := map[string]any{}
	for name, o := range s.job.Outputs {
		out := client.JobOutput{JobOutputType: o.Type, Mode: o.Mode, AssetName: o.Name}
		if out.URI = o.Path; strings.HasPrefix(o.Path, "azureml:") && !strings.HasPrefix(o.Path, "azureml://") {
			return usage(fmt.Sprintf("output %s: path %s is an asset; an output's path is a URI such as azureml://datastores/…", name, o.Path))
		}
		outputs[name] = out
	}
	props["inputs"], props["outputs"] = inputs, outputs
	return nil
}

// local is a path of the job file as a path of this process.
func (s *submission) local(path string) string {
	path = strings.TrimPrefix(path, "file://")
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(s.job.Dir, path)
}

// asset is the ARM id of "azureml:NAME:VERSION"; ids pass through.
func (s *submission) asset(kind, ref string) (string, error) {
	rest, ok := strings.CutPrefix(ref, "azureml:")
	if !ok || strings.HasPrefix(rest, "/") {
		return rest, nil
	}
	if name, label, ok := strings.Cut(rest, "@"); ok {
		return "", atelier.Errorf(atelier.Unsupported, "NotSupported", "%s: labels such as @%s are not supported yet; write azureml:%s:VERSION", ref, label, name)
	}
	name, version, ok := strings.Cut(rest, ":")
	if !ok || name == "" || version == "" {
		return "", usage(fmt.Sprintf("%s has no version; write azureml:NAME:VERSION", ref))
	}
	return s.c.Path(kind, name, "versions", version), nil
}

func isURI(path string) bool {
	scheme, _, ok := strings.Cut(path, "://")
	return ok && scheme != "file" || strings.HasPrefix(path, "azureml:")
}

// code uploads the code folder. A single file goes as the folder of that file alone
// only through Azure's own clients; here it must be a folder.
func (s *submission) code(ctx context.Context) (string, error) {
	path := s.job.Code
	switch {
	case path == "":
		return "", nil
	case strings.HasPrefix(path, "azureml:") && !strings.HasPrefix(path, "azureml://"), strings.HasPrefix(path, "/subscriptions/"):
		return s.asset(client.Codes, path)
	case isURI(path), strings.HasPrefix(path, "git+"):
		return "", atelier.Errorf(atelier.Unsupported, "NotSupported", "code: %s is not a local folder; code from elsewhere is not supported yet: fetch it first", path)
	}
	dir := s.local(path)
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return "", s.app.fail(pathError(err), "cannot.read", "code: "+path)
	case !info.IsDir():
		return "", usage(fmt.Sprintf("code: %s is a file; name the folder that it is in", path))
	case s.dry:
		return s.c.Path(client.Codes, "(made of the content)", "versions", "1"), nil
	}
	up, err := s.c.UploadFolder(ctx, client.Codes, dir)
	if err != nil {
		return "", s.app.fail(err, "cannot.upload", "code: "+path)
	}
	s.said("job.code", path, up)
	return up.Asset.ID, nil
}

// said tells what was uploaded; before are the arguments before its figures.
func (s *submission) said(key, path string, up *client.Uploaded, before ...any) {
	known := ""
	if up.Known {
		known = s.app.say("job.code.known")
	}
	fmt.Fprintln(s.app.Stderr, s.app.say(key, append(before, plain(path), s.app.files(up.Files), bytesText(up.Bytes), known)...))
}

// files writes a number of files.
func (a *App) files(n int) string {
	if n == 1 {
		return a.say("file.one")
	}
	return a.say("file.many", n)
}

// input uploads a local file or folder; other paths pass through.
func (s *submission) input(ctx context.Context, name string, in inputFile) (any, error) {
	if in.Type == "literal" {
		return client.JobInput{JobInputType: "literal", Value: in.Literal}, nil
	}
	out := client.JobInput{JobInputType: in.Type, URI: in.Path, Mode: in.Mode}
	if isURI(in.Path) {
		if strings.HasPrefix(in.Path, "azureml:") && !strings.HasPrefix(in.Path, "azureml://") {
			id, err := s.asset(client.Data, in.Path)
			if err != nil {
				return nil, err
			}
			out.URI, err = s.dataURI(ctx, id, in.Path)
			return out, err
		}
		return out, nil
	}
	path := s.local(in.Path)
	info, err := os.Stat(path)
	if err != nil {
		return nil, s.app.fail(pathError(err), "cannot.read", "input "+name+": "+in.Path)
	}
	if in.Type == "uri_file" && info.IsDir() {
		return nil, usage(fmt.Sprintf("input %s: %s is a folder; its type must be uri_folder", name, in.Path))
	}
	if in.Type == "uri_folder" && !info.IsDir() {
		return nil, usage(fmt.Sprintf("input %s: %s is a file; its type must be uri_file", name, in.Path))
	}
	if s.dry {
		return out, nil
	}
	up, err := s.uploadData(ctx, path, info)
	if err != nil {
		return nil, s.app.fail(err, "cannot.upload", "input "+name+": "+in.Path)
	}
	s.said("job.data", in.Path, up, name)
	out.URI = up.Asset.Properties.DataURI
	return out, nil
}

func (s *submission) uploadData(ctx context.Context, path string, info fs.FileInfo) (*client.Uploaded, error) {
	if info.IsDir() {
		return s.c.UploadFolder(ctx, client.Data, path)
	}
	return s.c.UploadFile(ctx, path)
}

// dataURI is where the files of a data asset are.
func (s *submission) dataURI(ctx context.Context, id, ref string) (string, error) {
	if !strings.HasPrefix(ref, "azureml:/") {
		name, version, _ := strings.Cut(strings.TrimPrefix(ref, "azureml:"), ":")
		v, err := s.c.Asset(ctx, client.Data, name, version)
		if err != nil {
			return "", err
		}
		return v.Properties.DataURI, nil
	}
	return id, nil
}

// environment makes the environment that the job describes. Without one, a
// requirements.txt beside the code is taken, and said so; else it is the node's own
// Python.
func (s *submission) environment(ctx context.Context) (string, error) {
	e, a := s.job.Environment, s.app
	if e.Ref != "" {
		return s.asset(client.Environments, e.Ref)
	}
	if e.empty() {
		if s.job.Code != "" && !isURI(s.job.Code) {
			found := filepath.Join(s.local(s.job.Code), "requirements.txt")
			if _, err := os.Stat(found); err == nil {
				fmt.Fprintln(a.Stderr, a.say("job.env.found", filepath.Join(s.job.Code, "requirements.txt")))
				return s.putEnvironment(ctx, envFile{PipPath: filepath.Join(s.job.Code, "requirements.txt")})
			}
		}
		fmt.Fprintln(a.Stderr, a.say("job.env.host"))
		return "", nil
	}
	return s.putEnvironment(ctx, e)
}

// putEnvironment registers an environment under its content's hash, or under the
// name that it was given.
func (s *submission) putEnvironment(ctx context.Context, e envFile) (string, error) {
	var err error
	for _, f := range []struct {
		path string
		to   *string
	}{{e.CondaPath, &e.Conda}, {e.PipPath, &e.Pip}} {
		if f.path == "" {
			continue
		}
		data, rerr := os.ReadFile(s.local(f.path))
		if rerr != nil {
			return "", s.app.fail(pathError(rerr), "cannot.read", "environment: "+f.path)
		}
		if len(data) > maxYAML {
			return "", usage(fmt.Sprintf("environment: %s has %d bytes; at most %d are possible", f.path, len(data), maxYAML))
		}
		*f.to = string(data)
	}
	sum := sha256.Sum256([]byte(e.Image + "\x00" + e.Conda + "\x00" + e.Pip))
	name, version := e.Name, e.Version
	if name == "" {
		name = anonymousEnvironment
	}
	if version == "" {
		version = hex.EncodeToString(sum[:])
	}
	id := s.c.Path(client.Environments, name, "versions", version)
	if s.dry {
		return id, nil
	}
	v, err := s.c.PutAsset(ctx, client.Environments, name, version, client.Asset{Properties: client.AssetProperties{
		IsAnonymous: e.Name == "", Image: e.Image, CondaFile: e.Conda, PipFile: e.Pip, Tags: e.Tags,
	}})
	if err != nil {
		return "", s.app.fail(err, "cannot.upload", "environment: "+name)
	}
	return firstOf(v.ID, id), nil
}
