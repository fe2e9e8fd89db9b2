package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
)

// Job is one submission. It is also what PutJob sends.
type Job struct {
	Resource
	Properties JobProperties `json:"properties"`
}

// JobProperties is a command job as Azure's schema has it, and what Atelier adds.
type JobProperties struct {
	JobType              string                     `json:"jobType"`
	DisplayName          string                     `json:"displayName,omitempty"`
	ExperimentName       string                     `json:"experimentName,omitempty"`
	Description          string                     `json:"description,omitempty"`
	Tags                 map[string]string          `json:"tags,omitempty"`
	Properties           map[string]string          `json:"properties,omitempty"`
	IsArchived           bool                       `json:"isArchived,omitempty"`
	ComputeID            string                     `json:"computeId,omitempty"`
	CodeID               string                     `json:"codeId,omitempty"`
	EnvironmentID        string                     `json:"environmentId,omitempty"`
	Command              string                     `json:"command"`
	EnvironmentVariables map[string]string          `json:"environmentVariables,omitempty"`
	Inputs               map[string]JobInput        `json:"inputs,omitempty"`
	Outputs              map[string]JobOutput       `json:"outputs,omitempty"`
	Limits               *JobLimits                 `json:"limits,omitempty"`
	Resources            *JobResources              `json:"resources,omitempty"`
	Distribution         *JobDistribution           `json:"distribution,omitempty"`
	QueueSettings        json.RawMessage            `json:"queueSettings,omitempty"`
	Identity             json.RawMessage            `json:"identity,omitempty"`
	Services             map[string]json.RawMessage `json:"services,omitempty"`

	// Read only.
	Status      string   `json:"status,omitempty"`
	Attempt     int      `json:"attempt,omitempty"`
	ExitCode    *int     `json:"exitCode,omitempty"`
	Error       *Problem `json:"error,omitempty"`
	Reasons     []Reason `json:"reasons,omitempty"`
	MaxAttempts int      `json:"maxAttempts,omitempty"`
	Priority    int      `json:"priority,omitempty"`
	CreatedTime string   `json:"createdTime,omitempty"`
	QueuedTime  string   `json:"queuedTime,omitempty"`
	StartTime   string   `json:"startTime,omitempty"`
	EndTime     string   `json:"endTime,omitempty"`
	Nodes       []string `json:"nodes,omitempty"` // of the current attempt, by rank
}

// JobInput is a literal, or data by its URI.
type JobInput struct {
	JobInputType string `json:"jobInputType"`
	Value        string `json:"value,omitempty"`
	URI          string `json:"uri,omitempty"`
	Mode         string `json:"mode,omitempty"`
}

// JobOutput is a place that the command writes to.
type JobOutput struct {
	JobOutputType string `json:"jobOutputType"`
	URI           string `json:"uri,omitempty"`
	Mode          string `json:"mode,omitempty"`
	AssetName     string `json:"assetName,omitempty"`
}

// JobLimits bounds an attempt; Timeout is ISO 8601.
type JobLimits struct {
	JobLimitsType string `json:"jobLimitsType"`
	Timeout       string `json:"timeout,omitempty"`
}

// JobResources is what a job takes.
type JobResources struct {
	InstanceCount int            `json:"instanceCount,omitempty"`
	InstanceType  string         `json:"instanceType,omitempty"`
	ShmSize       string         `json:"shmSize,omitempty"`
	DockerArgs    string         `json:"dockerArgs,omitempty"`
	Properties    map[string]any `json:"properties,omitempty"`
}

// JobDistribution says how the processes of a job find each other.
type JobDistribution struct {
	DistributionType        string `json:"distributionType"`
	ProcessCountPerInstance int    `json:"processCountPerInstance,omitempty"`
}

// Terminal reports whether a job's status is its last.
func Terminal(status string) bool {
	return status == "Completed" || status == "Failed" || status == "Canceled"
}

// PutJob submits a job, or changes the few fields that may change afterwards.
func (c *Client) PutJob(ctx context.Context, name string, body any) (*Job, error) {
	return call[Job](ctx, c, http.MethodPut, c.Path("jobs", name), nil, body)
}

// Job reads one job.
func (c *Client) Job(ctx context.Context, name string) (*Job, error) {
	return get[Job](ctx, c, c.Path("jobs", name), nil)
}

// JobQuery selects jobs. Zero fields select all that are not archived.
type JobQuery struct {
	Top      int    // page size; 0 is the server's
	View     string // ActiveOnly, ArchivedOnly, All
	Tag      string // "key" or "key=value"
	JobType  string
	Property string
}

// Jobs lists jobs, newest first.
func (c *Client) Jobs(ctx context.Context, q JobQuery) iter.Seq2[*Job, error] {
	v := url.Values{}
	for _, f := range []struct{ key, value string }{
		{"listViewType", q.View}, {"tag", q.Tag}, {"jobType", q.JobType}, {"properties", q.Property},
	} {
		if f.value != "" {
			v.Set(f.key, f.value)
		}
	}
	if q.Top > 0 {
		v.Set("$top", strconv.Itoa(q.Top))
	}
	return pages[Job](ctx, c, http.MethodGet, c.Path("jobs"), v)
}

// CancelJob asks a job to end. Wait on the operation to see that it has.
func (c *Client) CancelJob(ctx context.Context, name string) (*Operation, error) {
	_, h, err := c.Raw(ctx, http.MethodPost, c.Path("jobs", name, "cancel"), nil, nil)
	if err != nil {
		return nil, err
	}
	return operation(h), nil
}

// DeleteJob removes an ended job with its logs and outputs.
func (c *Client) DeleteJob(ctx context.Context, name string) (*Operation, error) {
	_, h, err := c.Raw(ctx, http.MethodDelete, c.Path("jobs", name), nil, nil)
	if err != nil {
		return nil, err
	}
	return operation(h), nil
}

// WhyJob says why a job waits.
func (c *Client) WhyJob(ctx context.Context, name string) (*Why, error) {
	return get[Why](ctx, c, c.Path("jobs", name, "why"), nil)
}

// BatchJob is one job of a batch; Properties are a JobProperties or any JSON.
type BatchJob struct {
	Name       string `json:"name"`
	Properties any    `json:"properties"`
}

// BatchResult is what became of one job of a batch.
type BatchResult struct {
	Name   string `json:"name"`
	Status string `json:"status"`
}

// SubmitJobs submits many jobs at once: all of them or none.
func (c *Client) SubmitJobs(ctx context.Context, jobs []BatchJob) ([]BatchResult, error) {
	raw, _, err := c.Raw(ctx, http.MethodPost, c.Path("submitJobs"), nil, map[string]any{"value": jobs})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Value []BatchResult `json:"value"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("the server's answer is not what this client understands: %w", err)
	}
	return answer.Value, nil
}
