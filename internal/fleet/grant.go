package fleet

import (
	"context"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/logs"
	"github.com/atelier-compute/atelier/internal/store"
	"github.com/atelier-compute/atelier/internal/wire"
)

// Fetch returns the prefix of the blobs that a URI stands for, if an agent may have
// them for a task: one that is under way on its node, and whose job names the URI.
func (f *Fleet) Fetch(ctx context.Context, key string, node, task atelier.ID, uri string) (prefix string, err error) {
	err = f.DB.Read(ctx, func(tx *store.Tx) error {
		t, j, err := active(tx, key, node, task)
		if err != nil {
			return err
		}
		n, err := store.Get[atelier.Node](tx, node)
		if err != nil {
			return err
		}
		s, err := f.spec(tx, t, n)
		if err != nil {
			return err
		}
		named := s.Code == uri
		for _, in := range s.Inputs {
			named = named || in.URI == uri
		}
		if uri == "" || !named {
			return atelier.Errorf(atelier.Forbidden, "NotAnInput", "%q is neither the code nor an input of job %q", clip(uri, maxWord), j.Name)
		}
		prefix, err = blobOf(tx, task, uri)
		return err
	})
	return prefix, f.heardOf(node, err)
}

// Upload returns the prefix that an output of a task goes to, if an agent may write
// it: the task must be under way on its node, in the current attempt of its job.
func (f *Fleet) Upload(ctx context.Context, key string, node, task atelier.ID, output string) (prefix string, err error) {
	err = f.DB.Read(ctx, func(tx *store.Tx) error {
		_, j, err := active(tx, key, node, task)
		if err != nil {
			return err
		}
		w, err := store.Get[atelier.Workspace](tx, task.Workspace())
		if err != nil {
			return err
		}
		own := atelier.OutputPrefix(w.UID, j.Name) + "/"
		if output == wire.OutputFolder || output == wire.LogFolder {
			prefix = own + strings.TrimPrefix(output, "./")
			return nil
		}
		out, ok := j.Spec.Outputs[output]
		switch {
		case !ok:
			return atelier.Errorf(atelier.Forbidden, "NotAnOutput", "%q is not an output of job %q", clip(output, maxWord), j.Name)
		case out.URI == "":
			prefix = own + "named-outputs/" + output
			return nil
		}
		prefix, err = atelier.BlobKey(w, out.URI)
		if err == nil && !open(w, prefix, own) {
			err = atelier.Errorf(atelier.Forbidden, "OutputNotAllowed",
				"output %q goes to %q, which holds assets or another job's outputs, and those do not change; give it another path", output, out.URI)
		}
		return err
	})
	return prefix, f.heardOf(node, err)
}

// open reports whether a job may write below the prefix: not over the files of
// assets, and not over what other jobs left behind.
func open(w *atelier.Workspace, prefix, own string) bool {
	path, ok := strings.CutPrefix(prefix+"/", w.UID+"/"+atelier.DataStore+"/")
	if !ok {
		return strings.HasPrefix(prefix+"/", own)
	}
	for _, kind := range []string{atelier.KindCode, atelier.KindData, atelier.KindEnvironment} {
		if strings.HasPrefix(strings.ToLower(path), kind+"/") {
			return false
		}
	}
	return true
}

// Log returns the stream that a stretch of a task's log belongs to. Other than
// inputs and outputs, logs are taken as long as the task is the node's and its
// attempt the current one, also after its end was reported or its node given up:
// what it printed is worth having, and can harm nobody.
func (f *Fleet) Log(ctx context.Context, key string, node atelier.ID, q wire.LogQuery) (k logs.Key, err error) {
	err = f.DB.Read(ctx, func(tx *store.Tx) error {
		t, j, _, err := placed(tx, key, node, q.Task)
		if err != nil {
			return err
		}
		k = logs.Key{Job: j.UID, Attempt: t.Attempt, Rank: t.Rank, Stream: q.Stream}
		return nil
	})
	return k, f.heardOf(node, err)
}

// active returns a task that is under way on a node that is wanted.
func active(tx *store.Tx, key string, node, task atelier.ID) (*atelier.Task, *atelier.Job, error) {
	t, j, n, err := placed(tx, key, node, task)
	if err != nil {
		return nil, nil, err
	}
	if t.State == atelier.TaskEnded || givenUp(n) {
		return nil, nil, atelier.Errorf(atelier.Conflict, "TaskOver", "task %q of job %q is over", t.Name, j.Name)
	}
	return t, j, nil
}

// placed returns a task that was placed on the node, if its attempt is the current
// one of its job and the node is bound to the key.
func placed(tx *store.Tx, key string, node, task atelier.ID) (*atelier.Task, *atelier.Job, *atelier.Node, error) {
	n, err := bound(tx, key, node)
	if err != nil {
		return nil, nil, nil, err
	}
	refused := atelier.Errorf(atelier.Forbidden, "NotThisTask", "task %q is not one of node %q", clip(string(task), maxWord), node.Name())
	if task.Kind() != atelier.KindTask {
		return nil, nil, nil, refused
	}
	t, err := store.Get[atelier.Task](tx, task)
	if atelier.IsKind(err, atelier.NotFound) || err == nil && t.Node != node {
		return nil, nil, nil, refused
	}
	if err != nil {
		return nil, nil, nil, err
	}
	j, err := store.Get[atelier.Job](tx, t.Job)
	if err != nil {
		return nil, nil, nil, err
	}
	if j.Status.Attempt != t.Attempt {
		return nil, nil, nil, atelier.Errorf(atelier.Conflict, "AttemptSuperseded", "attempt %d of job %q was followed by attempt %d", t.Attempt, j.Name, j.Status.Attempt)
	}
	return t, j, n, nil
}

func blobOf(tx *store.Tx, task atelier.ID, uri string) (string, error) {
	w, err := store.Get[atelier.Workspace](tx, task.Workspace())
	if err != nil {
		return "", err
	}
	return atelier.BlobKey(w, uri)
}

// heardOf notes that the agent lives, unless it was refused.
func (f *Fleet) heardOf(node atelier.ID, err error) error {
	if l := f.link(node, false); l != nil && err == nil {
		f.touch(l)
	}
	return err
}
