package fleet

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
	"github.com/atelier-compute/atelier/internal/wire"
)

// masterPort is the port that the processes of a job meet at (behaviour 7.2).
const masterPort = 6105

// spec is the task's job as its node needs to know it. A job that refers to what
// does not exist is refused in it, in words, rather than failed here: the task must
// come to an end like any other.
func (f *Fleet) spec(tx *store.Tx, t *atelier.Task, n *atelier.Node) (wire.TaskSpec, error) {
	j, err := store.Get[atelier.Job](tx, t.Job)
	if atelier.IsKind(err, atelier.NotFound) {
		return wire.TaskSpec{Job: t.Job, Refused: &atelier.Problem{Code: "JobNotFound", Message: "the job was deleted"}}, nil
	}
	if err != nil {
		return wire.TaskSpec{}, err
	}
	s := wire.TaskSpec{
		Job: j.ID, JobName: j.Name, Experiment: j.Spec.Experiment, Command: j.Spec.Command,
		Inputs: maps.Clone(j.Spec.Inputs), Outputs: j.Spec.Outputs, Distribution: j.Spec.Distribution,
	}
	if err := refuse(&s, errors.Join(assets(tx, j, &s), inputs(tx, j, &s))); err != nil {
		return s, err
	}
	if s.Hosts, err = hosts(tx, t, j, n); err != nil {
		return s, err
	}
	w, err := store.Get[atelier.Workspace](tx, t.ID.Workspace())
	if drop(err, atelier.NotFound) != nil {
		return s, err
	}
	s.Env = maps.Clone(j.Spec.Env)
	if s.Env == nil {
		s.Env = map[string]string{}
	}
	maps.Copy(s.Env, f.env(w, j, t, s))
	return s, f.identify(tx, &s, j, t)
}

// refuse turns the user's mistakes into a refusal and passes other errors on.
func refuse(s *wire.TaskSpec, err error) error {
	var e *atelier.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	s.Refused = &atelier.Problem{Code: e.Code, Message: e.Message, Target: e.Target}
	return nil
}

func assets(tx *store.Tx, j *atelier.Job, s *wire.TaskSpec) error {
	if j.Spec.Code != "" {
		code, err := store.Get[atelier.Asset](tx, j.Spec.Code)
		if err != nil {
			return gone(err, "code", j.Spec.Code)
		}
		s.Code, s.CodeHash = code.URI, code.Hash
	}
	if j.Spec.Environment != "" {
		env, err := store.Get[atelier.Asset](tx, j.Spec.Environment)
		if err != nil {
			return gone(err, "environment", j.Spec.Environment)
		}
		s.Environment = &wire.Environment{Name: env.ID.Name(), Image: env.Image, Conda: env.Conda, Pip: env.Pip}
	}
	return nil
}

func gone(err error, what string, id atelier.ID) error {
	if !atelier.IsKind(err, atelier.NotFound) {
		return err
	}
	return atelier.Errorf(atelier.NotFound, "AssetNotFound", "the job's %s %q does not exist any more; create it again and submit the job anew", what, id.Name())
}

// inputs replaces the names of data assets by where their files are.
func inputs(tx *store.Tx, j *atelier.Job, s *wire.TaskSpec) error {
	for _, name := range slices.Sorted(maps.Keys(s.Inputs)) {
		in := s.Inputs[name]
		id, ok := dataID(j.ID.Workspace(), in.URI)
		if !ok {
			continue
		}
		data, err := store.Get[atelier.Asset](tx, id)
		if err != nil {
			return gone(err, "input "+strconv.Quote(name)+", data", id)
		}
		in.URI = data.URI
		s.Inputs[name] = in
	}
	return nil
}

// dataID reads "azureml:NAME:VERSION" and the ARM ID of a data version.
func dataID(workspace atelier.ID, uri string) (atelier.ID, bool) {
	if rest, ok := strings.CutPrefix(uri, "azureml:"); ok && !strings.HasPrefix(rest, "//") {
		uri = rest
		if !strings.HasPrefix(uri, "/") {
			name, version, ok := strings.Cut(uri, ":")
			return workspace.Child(atelier.KindData, name+":"+version), ok && name != "" && version != ""
		}
	}
	segs := strings.Split(uri, "/")
	if n := len(segs); n > 4 && segs[0] == "" && strings.EqualFold(segs[n-4], "data") && strings.EqualFold(segs[n-2], "versions") {
		return workspace.Child(atelier.KindData, segs[n-3]+":"+segs[n-1]), true
	}
	return "", false
}

// hosts are the addresses of the attempt's nodes by rank.
func hosts(tx *store.Tx, t *atelier.Task, j *atelier.Job, n *atelier.Node) ([]string, error) {
	if j.Spec.Instances <= 1 || j.Status.Attempt != t.Attempt || len(j.Status.Nodes) <= 1 {
		return []string{n.Host.Address}, nil
	}
	list := make([]string, len(j.Status.Nodes))
	for rank, id := range j.Status.Nodes {
		peer, err := store.Get[atelier.Node](tx, id)
		if err != nil && !atelier.IsKind(err, atelier.NotFound) {
			return nil, err
		}
		if err == nil {
			list[rank] = peer.Host.Address
		}
	}
	return list, nil
}

// env are the variables that Azure's documents promise to a command.
func (f *Fleet) env(w *atelier.Workspace, j *atelier.Job, t *atelier.Task, s wire.TaskSpec) map[string]string {
	rank := strconv.Itoa(t.Rank)
	env := map[string]string{
		"AZUREML_RUN_ID":           j.Name,
		"AZUREML_ROOT_RUN_ID":      j.Name,
		"AZUREML_EXPERIMENT_NAME":  s.Experiment,
		"AZUREML_ARM_PROJECT_NAME": s.Experiment,
		"AZUREML_EXPERIMENT_ID":    s.Experiment,
		"AZUREML_PROCESS_NAME":     "rank_" + rank,
		"AZUREML_CR_NODE_RANK":     rank,
		"AZUREML_NODE_COUNT":       strconv.Itoa(len(s.Hosts)),
		"AZUREML_ATTEMPT":          strconv.Itoa(t.Attempt),
		"AZ_BATCH_HOST_LIST":       strings.Join(s.Hosts, ","),
	}
	if w != nil {
		env["AZUREML_ARM_SUBSCRIPTION"] = w.Subscription
		env["AZUREML_ARM_RESOURCEGROUP"] = w.ResourceGroup
		env["AZUREML_ARM_WORKSPACE_NAME"] = w.Name
		env["AZUREML_WORKSPACE_ID"] = w.UID
	}
	if f.Endpoint != "" {
		env["AZUREML_SERVICE_ENDPOINT"] = f.Endpoint
	}
	if s.Distribution != nil && strings.EqualFold(s.Distribution.Type, "PyTorch") {
		master := s.Hosts[0]
		if master == "" {
			master = "127.0.0.1"
		}
		env["MASTER_ADDR"] = master
		env["MASTER_PORT"] = strconv.Itoa(masterPort)
		env["NODE_RANK"] = rank
		env["WORLD_SIZE"] = fmt.Sprint(len(s.Hosts) * max(1, s.Distribution.ProcsPerNode))
	}
	return env
}
