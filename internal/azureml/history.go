package azureml

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/logs"
	"github.com/atelier-compute/atelier/internal/store"
)

// The data plane: what clients ask of the services beside ARM (wire C.2, C.5). All
// are on the same host; discovery says so.

const (
	inHistory = "/history/v1.0" + inWS
	inRun     = inHistory + "/runs/{job}"
)

func (a *API) historyRoutes() []arm.Route {
	const read = ws + "jobs/read"
	return []arm.Route{
		{Method: "GET", Pattern: "/discovery", Action: arm.Public, Handler: a.discover, Doc: "says where the services of the data plane are"},
		{Method: "GET", Pattern: inRun, Action: read, Handler: a.getRun, Doc: "shows a job as run history calls it"},
		{Method: "GET", Pattern: inRun + "/details", Action: read, Handler: a.getRunDetails, Doc: "shows a run and where its logs are"},
		{Method: "GET", Pattern: inRun + "/children", Action: read, Handler: a.listChildren, Doc: "lists the runs that a run started"},
		{Method: "GET", Pattern: inRun + "/serviceinstances/{node}", Action: read, Handler: a.getServiceInstances, Doc: "lists the applications that run beside a job on a node"},
		{Method: "GET", Pattern: inRun + "/logs/{path...}", Action: arm.Public, Handler: a.getSignedLog, Doc: "sends a log to the bearer of the signature that run details gave out"},
		{Method: "POST", Pattern: inHistory + "/rundata", Action: read, Handler: a.getRunData, Doc: "shows a run and where its outputs are"},
		{Method: "POST", Pattern: "/data/v1.0" + inWS + "/dataversion/batchGetResolvedUris", Action: ws + "data/read", Handler: a.resolveOutputs, Doc: "says where named outputs are"},
	}
}

// discover needs no token: clients ask it before they have one for this audience.
func (a *API) discover(r *arm.Request) (int, any, error) {
	out := map[string]string{}
	for _, name := range []string{"api", "catalog", "experimentation", "history", "hyperdrive", "labeling", "modelmanagement", "notebooks", "pipelines", "studio"} {
		out[name] = r.Base()
	}
	return ok, out, nil
}

// runOut is a job as run history shows it (wire C.5).
type runOut struct {
	RunID         string               `json:"runId"`
	RunUUID       string               `json:"runUuid"`
	RootRunID     string               `json:"rootRunId"`
	RootRunUUID   string               `json:"rootRunUuid"`
	ParentRunID   *string              `json:"parentRunId"`
	RunNumber     int64                `json:"runNumber"`
	RunType       string               `json:"runType"`
	DisplayName   string               `json:"displayName"`
	Description   *string              `json:"description"`
	ExperimentID  string               `json:"experimentId"`
	Status        string               `json:"status"`
	Target        string               `json:"target"`
	Compute       any                  `json:"compute"`
	CreatedUTC    string               `json:"createdUtc"`
	CreatedTime   string               `json:"createdTimeUtc"`
	StartTime     *string              `json:"startTimeUtc"`
	EndTime       *string              `json:"endTimeUtc"`
	CreatedBy     map[string]string    `json:"createdBy"`
	LastModified  string               `json:"lastModifiedUtc"`
	Tags          map[string]string    `json:"tags"`
	Properties    map[string]string    `json:"properties"`
	Parameters    map[string]string    `json:"parameters"`
	Services      map[string]any       `json:"services"`
	Inputs        map[string]any       `json:"inputs"`
	Outputs       map[string]runOutput `json:"outputs"`
	InputDatasets []any                `json:"inputDatasets"`
	OutputDatas   []any                `json:"outputDatasets"`
	RunDefinition any                  `json:"runDefinition"`
	Duration      *string              `json:"duration"`
	Revision      int64                `json:"revision"`
	Error         *runError            `json:"error"`
	Warnings      []any                `json:"warnings"`
	LogFiles      map[string]string    `json:"logFiles,omitzero"`
}

type runOutput struct {
	AssetID string `json:"assetId"`
	Type    string `json:"type"`
}

type runError struct {
	Error runErrorBody `json:"error"`
}

type runErrorBody struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Target  *string `json:"target"`
	Inner   any     `json:"innerError"`
}

func runOutOf(r *arm.Request, w *atelier.Workspace, j *atelier.Job) *runOut {
	s, st := &j.Spec, &j.Status
	out := &runOut{
		RunID: j.Name, RunUUID: j.UID, RootRunID: j.Name, RootRunUUID: j.UID, RunNumber: 1, RunType: "azureml." + strings.ToLower(s.Type),
		DisplayName: s.DisplayName, Description: textOrNil(s.Description), ExperimentID: s.Experiment, Status: string(j.Shown()),
		CreatedUTC: utc(j.CreatedAt), CreatedTime: utc(j.CreatedAt), StartTime: orNil(st.StartedAt), EndTime: orNil(st.EndedAt),
		CreatedBy: map[string]string{"userName": j.CreatedBy, "userTenantId": ""}, LastModified: utc(j.UpdatedAt),
		Tags: nonNil(s.Tags), Properties: nonNil(s.Properties), Parameters: map[string]string{}, Services: servicesOf(r, w, j),
		Inputs: map[string]any{}, Outputs: map[string]runOutput{}, InputDatasets: []any{}, OutputDatas: []any{}, Revision: j.Rev, Warnings: []any{},
	}
	if s.Compute != "" {
		out.Target = s.Compute.Name()
		out.Compute = map[string]any{"target": s.Compute.Name(), "targetType": "amlctrain", "vmSize": nil, "instanceCount": s.Instances}
	}
	if !st.StartedAt.IsZero() && !st.EndedAt.IsZero() {
		out.Duration = clockText(st.EndedAt.Sub(st.StartedAt))
	}
	if e := errorOf(st.Error); e != nil {
		out.Error = &runError{runErrorBody{Code: e.Code, Message: e.Message, Target: e.Target}}
	}
	for _, name := range sorted(s.Outputs) {
		out.Outputs[name] = runOutput{AssetID: outputAsset(j.Name, name), Type: s.Outputs[name].Type}
	}
	return out
}

// clockText is a duration as .NET writes it, which clients show.
func clockText(d time.Duration) *string {
	d = max(d, 0)
	s := fmt.Sprintf("%02d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
	return &s
}

func (a *API) getRun(r *arm.Request) (int, any, error) {
	var out *runOut
	err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		j, err := jobOf(tx, r)
		if err == nil {
			out = runOutOf(r, w, j)
		}
		return err
	})
	return ok, out, err
}

// getRunDetails is what clients poll while they stream the logs.
func (a *API) getRunDetails(r *arm.Request) (int, any, error) {
	var out *runOut
	var j *atelier.Job
	err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) (err error) {
		if j, err = jobOf(tx, r); err == nil {
			out = runOutOf(r, w, j)
		}
		return err
	})
	if err == nil {
		out.LogFiles, err = a.logLinks(r, j)
	}
	r.AskAgain()
	return ok, out, err
}

// wholeLog is where all that a job says is shown under: rank 0's words, over all
// attempts, so that it only ever grows. Clients remember how much they have seen.
const wholeLog = "user_logs/std_log.txt"

// signedLogs is how long a signature for a log is good.
const signedLogs = time.Hour

// logLinks are the addresses of the logs that there are.
func (a *API) logLinks(r *arm.Request, j *atelier.Job) (map[string]string, error) {
	found, err := a.Logs.List(r.Context(), j.UID)
	links := map[string]string{}
	for _, l := range found {
		name := l.Stream
		switch {
		case l.Rank == 0: // how its environment was made is the beginning of the whole
			name = wholeLog
		case l.Attempt != j.Status.Attempt:
			continue
		}
		if _, done := links[name]; !done {
			links[name] = a.logLink(r, j, name, l.Attempt, l.Rank)
		}
	}
	return links, err
}

func (a *API) logLink(r *arm.Request, j *atelier.Job, name string, attempt, rank int) string {
	what := fmt.Sprintf("%d/%d/%s", attempt, rank, name)
	sig := a.SAS.Sign(auth.Access{Container: runContainer(j.UID), Path: what, Permissions: "r", Expiry: a.Now().Add(signedLogs)})
	return r.Base() + "/history/v1.0" + r.WorkspacePath() + "/runs/" + url.PathEscape(j.Name) + "/logs/" + what + "?" + sig
}

// runContainer stands for a job in signatures. No container of the blob service has
// such a name, so neither's signatures open the other.
func runContainer(uid string) string { return "runs/" + uid }

// getSignedLog sends a log, whole, to whoever has the signature.
func (a *API) getSignedLog(r *arm.Request) (int, any, error) {
	refused := atelier.Errorf(atelier.Forbidden, "AuthenticationFailed", "the signature is not one for this log, or it expired; ask for the run's details again")
	var j *atelier.Job
	err := a.read(r, func(tx *store.Tx, _ *atelier.Workspace) (err error) {
		j, err = jobOf(tx, r)
		return err
	})
	if err != nil {
		return 0, nil, refused // whether there is such a job is for those who may know
	}
	if _, err := a.SAS.Check(r.URL.Query(), runContainer(j.UID), r.Param("path")); err != nil {
		return 0, nil, refused
	}
	var attempt, rank int
	parts := strings.SplitN(r.Param("path"), "/", 3)
	if len(parts) != 3 {
		return 0, nil, refused
	}
	attempt, err1 := strconv.Atoi(parts[0])
	rank, err2 := strconv.Atoi(parts[1])
	if err1 != nil || err2 != nil {
		return 0, nil, refused
	}
	if parts[2] == wholeLog {
		return a.sendOutput(r, j, 0, false)
	}
	key := logs.Key{Job: j.UID, Attempt: attempt, Rank: rank, Stream: parts[2]}
	f, _, err := a.Logs.Open(r.Context(), key)
	if err != nil {
		return 0, nil, notLogged(err, j, key)
	}
	f.Close()
	t := a.tail(r, j, 0)
	t.follow = false
	return t.send(func(*jobNow) (bool, error) { return true, t.copy(key) })
}

// listChildren finds none: no job starts others yet.
func (a *API) listChildren(r *arm.Request) (int, any, error) {
	_, err := a.jobNow(r)
	return ok, map[string]any{"value": []any{}, "nextLink": nil, "continuationToken": nil}, err
}

// getServiceInstances finds none: services are stored with a job and not started.
func (a *API) getServiceInstances(r *arm.Request) (int, any, error) {
	_, err := a.jobNow(r)
	return ok, map[string]any{"instances": map[string]any{}}, err
}

// getRunData is what clients begin a download with. Before that the logs of a job
// that ended are put beside its outputs, which is where the clients look for them.
func (a *API) getRunData(r *arm.Request) (int, any, error) {
	var in struct {
		RunID string `json:"runId"`
	}
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	var out *runOut
	var j *atelier.Job
	var prefix string
	err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) (err error) {
		if j, err = jobNamed(tx, w, in.RunID); err == nil {
			out, prefix = runOutOf(r, w, j), atelier.OutputPrefix(w.UID, j.Name)
		}
		return err
	})
	if err == nil && j.Status.State.Terminal() {
		err = a.keepLogs(r.Context(), j, prefix)
	}
	return ok, map[string]any{"runMetadata": out, "runDefinition": nil, "jobSpecification": nil}, err
}

// keepLogs copies the logs of an ended job to where its outputs are, once.
func (a *API) keepLogs(ctx context.Context, j *atelier.Job, prefix string) error {
	found, err := a.Logs.List(ctx, j.UID)
	if err != nil {
		return err
	}
	for _, l := range found {
		key := prefix + "/" + l.Stream
		if l.Attempt != j.Status.Attempt {
			key = fmt.Sprintf("%s/attempts/%d/%s", prefix, l.Attempt, l.Stream)
		}
		if err := a.keepLog(ctx, l.Key, key); err != nil {
			return fmt.Errorf("keep the log %s of job %s: %w", l.Stream, j.ID, err)
		}
	}
	return nil
}

func (a *API) keepLog(ctx context.Context, log logs.Key, key string) error {
	if have, info, err := a.Blobs.Open(ctx, key); err == nil {
		have.Close()
		if info.Size > 0 {
			return nil
		}
	}
	f, _, err := a.Logs.Open(ctx, log)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = a.Blobs.Put(ctx, key, 0, f)
	return err
}

// outputAsset is how run history calls a named output. Names of jobs and of outputs
// have no colon.
func outputAsset(job, output string) string { return "output:" + job + ":" + output }

// resolveOutputs says where the bytes of named outputs are, in the long form of
// addresses, which is the one that clients read there.
func (a *API) resolveOutputs(r *arm.Request) (int, any, error) {
	var in struct {
		Values []string `json:"values"`
	}
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	type resolved struct {
		URI  string `json:"uri"`
		Type string `json:"type"`
	}
	out := map[string]resolved{}
	err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		for _, id := range in.Values {
			parts := strings.Split(id, ":")
			if len(parts) != 3 || parts[0] != "output" {
				continue
			}
			j, err := jobNamed(tx, w, parts[1])
			if atelier.IsKind(err, atelier.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if o, there := j.Spec.Outputs[parts[2]]; there {
				out[id] = resolved{URI: outputURI(w, j.Name, parts[2], o), Type: o.Type}
			}
		}
		return nil
	})
	return ok, map[string]any{"values": out}, err
}

// outputURI is the long form of where a named output is kept.
func outputURI(w *atelier.Workspace, job, name string, o atelier.Output) string {
	uri := o.URI
	if uri == "" {
		uri = atelier.DatastoreURI(atelier.ArtifactStore, atelier.OutputPath(job)+"/named-outputs/"+name+"/")
	}
	short, isShort := strings.CutPrefix(uri, "azureml://datastores/")
	if !isShort {
		return uri
	}
	return "azureml://subscriptions/" + w.Subscription + "/resourcegroups/" + w.ResourceGroup + "/workspaces/" + w.Name + "/datastores/" + short
}

// jobNamed reads a job by the name in a body.
func jobNamed(tx *store.Tx, w *atelier.Workspace, name string) (*atelier.Job, error) {
	if err := checkName("job name", name); err != nil {
		return nil, err
	}
	j, err := get[atelier.Job](tx, w.ID.Child(atelier.KindJob, name))
	if err == nil && j == nil {
		err = atelier.Errorf(atelier.NotFound, "UserError", "Job %s was not found in workspace %s", name, w.Name)
	}
	return j, err
}
