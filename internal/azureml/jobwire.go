package azureml

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/url"
	"slices"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
)

// jobIn is what may be said of a job (wire D).
type jobIn struct {
	Properties *jobProps `json:"properties"`
}

type jobProps struct {
	JobType              string                `json:"jobType"`
	Description          string                `json:"description"`
	DisplayName          string                `json:"displayName"`
	ExperimentName       string                `json:"experimentName"`
	IsArchived           bool                  `json:"isArchived"`
	Tags                 arm.Texts             `json:"tags"`
	Properties           arm.Texts             `json:"properties"`
	ComputeID            string                `json:"computeId"`
	Command              string                `json:"command"`
	CodeID               string                `json:"codeId"`
	EnvironmentID        string                `json:"environmentId"`
	EnvironmentVariables arm.Texts             `json:"environmentVariables"`
	Inputs               map[string]*inputIn   `json:"inputs"`
	Outputs              map[string]*outputIn  `json:"outputs"`
	Limits               *limitsIn             `json:"limits"`
	Resources            *resourcesIn          `json:"resources"`
	Distribution         *distributionIn       `json:"distribution"`
	QueueSettings        *queueIn              `json:"queueSettings"`
	Services             map[string]*serviceIn `json:"services"`
	Identity             map[string]any        `json:"identity"`
	NotificationSetting  map[string]any        `json:"notificationSetting"`
	ComponentID          string                `json:"componentId"`
	ParentJobName        string                `json:"parentJobName"`

	raw map[string]json.RawMessage // all of it; only of what one request says of one job
}

type inputIn struct {
	JobInputType string   `json:"jobInputType"`
	Value        arm.Text `json:"value"`
	URI          string   `json:"uri"`
	Mode         string   `json:"mode"`
	Description  string   `json:"description"`
}

type outputIn struct {
	JobOutputType string `json:"jobOutputType"`
	URI           string `json:"uri"`
	Mode          string `json:"mode"`
	AssetName     string `json:"assetName"`
	Description   string `json:"description"`
}

type limitsIn struct {
	Timeout arm.Text `json:"timeout"`
}

type resourcesIn struct {
	InstanceCount *int           `json:"instanceCount"`
	InstanceType  string         `json:"instanceType"`
	ShmSize       string         `json:"shmSize"`
	DockerArgs    string         `json:"dockerArgs"`
	Properties    map[string]any `json:"properties"`
}

type distributionIn struct {
	DistributionType        string `json:"distributionType"`
	ProcessCountPerInstance *int   `json:"processCountPerInstance"`
}

type queueIn struct {
	JobTier  string   `json:"jobTier"`
	Priority arm.Text `json:"priority"`
}

type serviceIn map[string]any

// jobOut is a job as GET shows it (wire C.2, the real 201), and ours at the end.
type jobOut struct {
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Type       string      `json:"type"`
	SystemData *systemData `json:"systemData"`
	Properties jobOutProps `json:"properties"`
}

type jobOutProps struct {
	Description          *string              `json:"description"`
	Tags                 map[string]string    `json:"tags"`
	Properties           map[string]string    `json:"properties"`
	DisplayName          string               `json:"displayName"`
	Status               string               `json:"status" api:"enum=NotStarted|Queued|Starting|Preparing|Running|Finalizing|CancelRequested|Completed|Failed|Canceled"`
	ExperimentName       string               `json:"experimentName"`
	Services             map[string]any       `json:"services"`
	ComputeID            string               `json:"computeId"`
	IsArchived           bool                 `json:"isArchived"`
	Identity             any                  `json:"identity"`
	ComponentID          *string              `json:"componentId"`
	JobType              string               `json:"jobType"`
	Resources            map[string]any       `json:"resources"`
	CodeID               *string              `json:"codeId"`
	Command              string               `json:"command"`
	EnvironmentID        *string              `json:"environmentId"`
	Inputs               map[string]inputOut  `json:"inputs"`
	Outputs              map[string]outputOut `json:"outputs"`
	Distribution         *distributionOut     `json:"distribution"`
	Limits               *limitsOut           `json:"limits"`
	EnvironmentVariables map[string]string    `json:"environmentVariables"`
	Parameters           map[string]string    `json:"parameters"`
	QueueSettings        any                  `json:"queueSettings"`
	NotificationSetting  any                  `json:"notificationSetting,omitempty"`
	ParentJobName        any                  `json:"parentJobName,omitempty"`
	Reasons              []atelier.Reason     `json:"reasons,omitempty"` // ours from here on
	Error                *errorItem           `json:"error"`
	ExitCode             *int                 `json:"exitCode"`
	Attempt              int                  `json:"attempt"`
	MaxAttempts          int                  `json:"maxAttempts"`
	Priority             int                  `json:"priority"`
	CreatedTime          string               `json:"createdTime"`
	QueuedTime           *string              `json:"queuedTime"`
	StartTime            *string              `json:"startTime"`
	EndTime              *string              `json:"endTime"`
	Nodes                []string             `json:"nodes,omitempty"`       // of the current attempt, by rank
	Permissions          []string             `json:"permissions,omitempty"` // what the caller may do with it
}

type inputOut struct {
	JobInputType string  `json:"jobInputType"`
	Value        *string `json:"value,omitempty"`
	URI          *string `json:"uri,omitempty"`
	Mode         *string `json:"mode,omitempty"`
}

type outputOut struct {
	URI           *string `json:"uri"`
	Mode          *string `json:"mode"`
	AssetName     *string `json:"assetName,omitempty"`
	JobOutputType string  `json:"jobOutputType"`
}

type distributionOut struct {
	DistributionType        string `json:"distributionType"`
	ProcessCountPerInstance *int   `json:"processCountPerInstance"`
}

type limitsOut struct {
	JobLimitsType string `json:"jobLimitsType"`
	Timeout       string `json:"timeout"`
}

const propTarget = "_azureml.ComputeTargetType"

// jobOutOf shows a job to a caller who may do with it what may says.
func jobOutOf(r *arm.Request, w *atelier.Workspace, j *atelier.Job, may []string) *jobOut {
	s, st := &j.Spec, &j.Status
	out := &jobOut{ID: armID(w, "jobs", j.Name), Name: j.Name, Type: ws + "jobs", SystemData: systemDataOf(&j.Meta)}
	out.Properties = jobOutProps{
		Description: textOrNil(s.Description), Tags: nonNil(s.Tags), Properties: withKey(s.Properties, propTarget, "amlctrain"),
		DisplayName: s.DisplayName, Status: string(j.Shown()), ExperimentName: s.Experiment, Services: servicesOf(r, w, j),
		ComputeID: armID(w, "computes", s.Compute.Name()), IsArchived: s.Archived, Identity: s.Passthrough["identity"], JobType: s.Type,
		Resources: resourcesOf(s), CodeID: assetARM(w, s.Code), Command: s.Command, EnvironmentID: assetARM(w, s.Environment),
		Inputs: inputsOf(s), Outputs: outputsOf(j), EnvironmentVariables: nonNil(s.Env), Parameters: map[string]string{},
		QueueSettings: s.Passthrough["queueSettings"], NotificationSetting: s.Passthrough["notificationSetting"], ParentJobName: s.Passthrough["parentJobName"],
		Error: errorOf(st.Error), ExitCode: st.ExitCode, Attempt: st.Attempt, MaxAttempts: s.MaxAttempts, Priority: s.Priority,
		CreatedTime: utc(j.CreatedAt), QueuedTime: orNil(st.QueuedAt), StartTime: orNil(st.StartedAt), EndTime: orNil(st.EndedAt), Permissions: may,
	}
	if text, kept := s.Passthrough["computeId"].(string); kept {
		out.Properties.ComputeID = text
	}
	if text, kept := s.Passthrough["codeId"].(string); kept {
		out.Properties.CodeID = &text
	}
	if text, kept := s.Passthrough["environmentId"].(string); kept {
		out.Properties.EnvironmentID = &text
	}
	for _, n := range st.Nodes {
		out.Properties.Nodes = append(out.Properties.Nodes, n.Name())
	}
	if d := s.Distribution; d != nil {
		out.Properties.Distribution = &distributionOut{DistributionType: d.Type}
		if d.ProcsPerNode > 0 {
			out.Properties.Distribution.ProcessCountPerInstance = &d.ProcsPerNode
		}
	}
	if s.Timeout > 0 {
		text := s.TimeoutText
		if text == "" {
			text = atelier.FormatDuration(s.Timeout)
		}
		out.Properties.Limits = &limitsOut{"Command", text}
	}
	return out
}

func withKey(m map[string]string, key, value string) map[string]string {
	all := make(map[string]string, len(m)+1)
	maps.Copy(all, m)
	all[key] = value
	return all
}

// servicesOf shows what the user asked for, and the two that the service itself
// adds: the page of the job in the studio, and what says that it is not there yet.
func servicesOf(r *arm.Request, w *atelier.Workspace, j *atelier.Job) map[string]any {
	all := map[string]any{}
	if asked, ok := j.Spec.Passthrough["services"].(map[string]any); ok {
		maps.Copy(all, asked)
	}
	path := arm.WorkspacePath(w.Subscription, w.ResourceGroup, w.Name)
	builtin := func(kind, endpoint string, missing any) map[string]any {
		return map[string]any{"jobServiceType": kind, "port": nil, "endpoint": endpoint, "status": nil, "errorMessage": missing, "properties": nil}
	}
	all["Tracking"] = builtin("Tracking", "azureml://"+r.Host+"/mlflow/v1.0"+path+"?", "MLflow tracking is not part of this version of Atelier")
	all["Studio"] = builtin("Studio", r.Base()+"/w/"+url.PathEscape(w.Name)+"/jobs/"+url.PathEscape(j.Name), nil)
	return all
}

func resourcesOf(s *atelier.JobSpec) map[string]any {
	all := map[string]any{"instanceCount": s.Instances, "instanceType": nil, "properties": nil, "shmSize": "2g", "dockerArgs": nil}
	if more, ok := s.Passthrough["resources"].(map[string]any); ok {
		maps.Copy(all, more)
	}
	return all
}

func inputsOf(s *atelier.JobSpec) map[string]inputOut {
	all := make(map[string]inputOut, len(s.Inputs))
	for name, in := range s.Inputs {
		out := inputOut{JobInputType: in.Type, URI: textOrNil(in.URI), Mode: textOrNil(in.Mode)}
		if in.Type == literal {
			out.Value = &in.Value
		}
		all[name] = out
	}
	return all
}

// outputsOf shows the named outputs, and the place of all that the job left. While
// it runs that is not shown: one client would look for the logs there (wire C.2).
func outputsOf(j *atelier.Job) map[string]outputOut {
	all := make(map[string]outputOut, len(j.Spec.Outputs)+1)
	for name, o := range j.Spec.Outputs {
		all[name] = outputOut{URI: textOrNil(o.URI), Mode: textOrNil(o.Mode), AssetName: textOrNil(o.Name), JobOutputType: o.Type}
	}
	if _, taken := all["default"]; !taken && j.Status.State.Terminal() {
		uri, mode := defaultOutput(j.Name), "ReadWriteMount"
		all["default"] = outputOut{URI: &uri, Mode: &mode, JobOutputType: "uri_folder"}
	}
	return all
}

// defaultOutput is in the service's short form: one client takes the long one for
// a reason to read the datastore by itself (wire C.2).
func defaultOutput(job string) string {
	return "azureml://datastores/" + atelier.ArtifactStore + "/" + atelier.OutputPath(job)
}

// assetARM is the ARM ID of an asset's version, or null.
func assetARM(w *atelier.Workspace, id atelier.ID) *string {
	if id == "" {
		return nil
	}
	name := atelier.AssetGroup(id).Name()
	path := armID(w, id.Kind(), name, "versions", id.Name()[len(name)+1:])
	return &path
}

func sorted[M ~map[K]V, K cmp.Ordered, V any](m M) []K { return slices.Sorted(maps.Keys(m)) }
