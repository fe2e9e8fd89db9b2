package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/blob"
	"github.com/atelier-compute/atelier/internal/runtime"
	"github.com/atelier-compute/atelier/internal/wire"
)

// makeReady lays out the task's directory, fetches code and inputs, makes the
// environment, and returns the command to run. What has nothing to do is skipped:
// on a warm node this takes a millisecond.
func (w *worker) makeReady(ctx context.Context) (*runtime.Task, error) {
	spec := w.task.Spec
	for _, dir := range []string{"work/outputs", "work/logs", "tmp", "logs/user_logs"} {
		if err := os.MkdirAll(w.path(dir), 0o700); err != nil {
			return nil, fmt.Errorf("make the task's folders: %w", err)
		}
	}
	if spec.Code != "" || spec.Environment != nil || len(spec.Inputs) > 0 { // else it is as soon begun anew
		if err := w.write(record{Phase: Preparing}); err != nil {
			return nil, err
		}
	}
	output := w.path("logs", stdLog(w.task))
	if err := touch(output); err != nil {
		return nil, fmt.Errorf("make the log: %w", err)
	}
	if spec.Code != "" {
		if err := w.code(ctx, spec.Code, spec.CodeHash); err != nil {
			return nil, fmt.Errorf("fetch the code: %w", err)
		}
	}
	lookup, err := w.places(ctx)
	if err != nil {
		return nil, err
	}
	vars, err := w.environment(ctx)
	if err != nil {
		return nil, err
	}
	env, err := w.env(vars, lookup)
	if err != nil {
		return nil, err
	}
	command, err := atelier.Expand(spec.Command, lookup)
	if err != nil {
		return nil, err
	}
	command, env = processes(w.task, command, env)
	return &runtime.Task{ID: w.key, Command: command, Dir: w.path("work"), Env: env, Output: output}, nil
}

func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// code puts the code folder into the working directory. Content of a known hash is
// kept for the next task.
func (w *worker) code(ctx context.Context, uri, hash string) error {
	if hash == "" || strings.ContainsAny(hash, "/\\.") {
		_, err := w.fetch(ctx, uri, w.path("work"))
		return err
	}
	cache := filepath.Join(w.a.cfg.Dir, "cache", "code")
	kept := filepath.Join(cache, hash)
	if _, err := os.Stat(kept); errors.Is(err, fs.ErrNotExist) {
		tmp := filepath.Join(cache, "."+w.key)
		defer os.RemoveAll(tmp)
		if err := os.MkdirAll(tmp, 0o700); err != nil {
			return err
		}
		sum, err := w.fetch(ctx, uri, tmp)
		if err != nil {
			return err
		}
		if sum.SHA256 != hash { // another way of hashing: then it says nothing here
			return copyTree(ctx, tmp, w.path("work"))
		}
		if err := os.Rename(tmp, kept); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return copyTree(ctx, kept, w.path("work"))
}

func copyTree(ctx context.Context, from, to string) error {
	src, dst := blob.Dir{Root: from}, blob.Dir{Root: to}
	list, err := src.List(ctx, "")
	if err != nil {
		return err
	}
	for _, info := range list {
		f, _, err := src.Open(ctx, info.Key)
		if err != nil {
			return err
		}
		_, err = dst.Put(ctx, info.Key, info.Mode, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// fetch gets the files of a URI into a folder.
func (w *worker) fetch(ctx context.Context, uri, dir string) (sum blob.Summary, err error) {
	query := url.Values{"task": {string(w.task.ID)}, "uri": {uri}}
	err = w.a.insist(ctx, func(l *link) error {
		return l.call(ctx, "GET", wire.PathFetch, query, nil, func(r io.Reader) error {
			body := &source{r: r}
			if sum, err = blob.Untar(ctx, blob.Dir{Root: dir}, "", body, blob.Limits{}); err != nil && !body.broke {
				return hereError{err}
			}
			if err != nil {
				return atelier.Errorf(atelier.Transient, "TransferBrokeOff", "the transfer of %q broke off: %v", uri, err)
			}
			return nil
		})
	})
	return sum, err
}

// source remembers whether it was what failed.
type source struct {
	r     io.Reader
	broke bool
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.broke = s.broke || err != nil && !errors.Is(err, io.EOF)
	return n, err
}

// places makes inputs and outputs ready and returns what their placeholders mean.
func (w *worker) places(ctx context.Context) (func(kind, name string) (string, error), error) {
	values := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(w.task.Spec.Inputs)) {
		value, err := w.input(ctx, name, w.task.Spec.Inputs[name])
		if err != nil {
			return nil, fmt.Errorf("input %q: %w", name, err)
		}
		values[atelier.RefInputs+"."+name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(w.task.Spec.Outputs)) {
		value, err := w.output(name, w.task.Spec.Outputs[name])
		if err != nil {
			return nil, fmt.Errorf("output %q: %w", name, err)
		}
		values[atelier.RefOutputs+"."+name] = value
	}
	return func(kind, name string) (string, error) {
		if v, ok := values[kind+"."+name]; ok {
			return v, nil
		}
		return "", atelier.Errorf(atelier.Invalid, "InvalidPlaceholder", "${{%s.%s}} names nothing: the job has no such %s", kind, name, strings.TrimSuffix(kind, "s"))
	}, nil
}

func (w *worker) input(ctx context.Context, name string, in atelier.Input) (string, error) {
	if in.URI == "" {
		return in.Value, nil
	}
	if strings.EqualFold(in.Mode, "Direct") {
		return in.URI, nil
	}
	dir, err := w.folder("inputs", name)
	if err != nil {
		return "", err
	}
	if _, err := w.fetch(ctx, in.URI, dir); err != nil {
		return "", err
	}
	if !strings.EqualFold(in.Type, "uri_file") {
		return dir, nil
	}
	files, err := blob.Dir{Root: dir}.List(ctx, "")
	if err != nil {
		return "", err
	}
	if len(files) != 1 {
		return "", atelier.Errorf(atelier.Invalid, "NotAFile", "%q is a folder of %d files; use type uri_folder, or name one file", in.URI, len(files))
	}
	return filepath.Join(dir, filepath.FromSlash(files[0].Key)), nil
}

func (w *worker) output(name string, out atelier.Output) (string, error) {
	dir, err := w.folder("outputs", name)
	if strings.EqualFold(out.Type, "uri_file") {
		return filepath.Join(dir, name), err
	}
	return dir, err
}

// folder makes a folder for something that the user named.
func (w *worker) folder(kind, name string) (string, error) {
	if err := blob.CheckKey(name); err != nil || strings.Contains(name, "/") {
		return "", atelier.Errorf(atelier.Invalid, "InvalidName", "%q cannot be the name of a folder", name)
	}
	dir := w.path(kind, name)
	return dir, os.MkdirAll(dir, 0o700)
}

// buildLog is the stream that the making of the environment is told in.
const buildLog = "azureml-logs/20_image_build_log.txt"

func (w *worker) environment(ctx context.Context) ([]string, error) {
	e := w.task.Spec.Environment
	if e == nil || e.Image == "" && e.Conda == "" && e.Pip == "" {
		return nil, nil // the host's own Python
	}
	if w.a.cfg.Envs == nil {
		return nil, atelier.Errorf(atelier.Unsupported, "EnvironmentNotSupported", "this node cannot make environment %q; submit the job without one", e.Name)
	}
	path := w.path("logs", filepath.FromSlash(buildLog))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the build log: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the build log: %w", err)
	}
	defer f.Close()
	w.ship.begin()
	vars, err := w.a.cfg.Envs.Prepare(ctx, runtime.Environment{Name: e.Name, Image: e.Image, Conda: e.Conda, Pip: e.Pip}, f)
	if err != nil {
		fmt.Fprintf(f, "%v\n", err)
		return nil, err
	}
	return vars, nil
}

// stdLog is the stream of the command's output.
func stdLog(t wire.Task) string {
	if len(t.Spec.Hosts) > 1 {
		return "user_logs/std_log_process_" + strconv.Itoa(t.Rank) + ".txt"
	}
	return "user_logs/std_log.txt"
}
