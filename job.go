package atelier

import (
	"encoding/json"
	"time"
)

// Job is one submission to a compute.
type Job struct {
	Meta
	Spec   JobSpec   `json:"spec"`
	Status JobStatus `json:"status"`

	// CancelAt is when its user asked for the end, and CancelBy who. Edges write it.
	CancelAt time.Time `json:"cancelAt,omitzero"`
	CancelBy string    `json:"cancelBy,omitempty"`
}

// Index implements Resource.
func (j *Job) Index() Index {
	return Index{State: string(j.Shown()), Done: j.Status.State.Terminal(), Compute: j.Spec.Compute, Priority: j.Spec.Priority, Need: j.Spec.Instances}
}

// JobSpec is what the user asked for (wire D).
type JobSpec struct {
	Type         string            `json:"type"` // Azure's jobType; only Command runs so far
	DisplayName  string            `json:"displayName,omitempty"`
	Experiment   string            `json:"experiment"`
	Description  string            `json:"description,omitempty"`
	Tags         map[string]string `json:"tags,omitempty"`
	Properties   map[string]string `json:"properties,omitempty"`
	Archived     bool              `json:"archived,omitempty"` // may change after submission, as may tags
	Compute      ID                `json:"compute"`
	Command      string            `json:"command"`
	Code         ID                `json:"code,omitempty"`        // an Asset
	Environment  ID                `json:"environment,omitempty"` // an Asset; "" is the host's own Python
	Env          map[string]string `json:"env,omitempty"`
	Inputs       map[string]Input  `json:"inputs,omitempty"`
	Outputs      map[string]Output `json:"outputs,omitempty"`
	Instances    int               `json:"instances"`         // nodes, all at once
	Timeout      time.Duration     `json:"timeout,omitempty"` // of one attempt's run; 0 is none
	TimeoutText  string            `json:"timeoutText,omitempty"`
	Priority     int               `json:"priority,omitempty"` // higher goes first
	MaxAttempts  int               `json:"maxAttempts"`        // tries after lost or preempted nodes; at least 1
	Distribution *Distribution     `json:"distribution,omitempty"`
	Passthrough  map[string]any    `json:"passthrough,omitempty"` // stored and echoed, without effect: services, identity, queueSettings, resources' details

	// Document is all that the user said of a job of a type that Atelier keeps and
	// cannot run yet; nil for the others.
	Document map[string]json.RawMessage `json:"document,omitempty"`
}

// Input is a literal, or data by its URI.
type Input struct {
	Type  string `json:"type"` // literal, uri_file, uri_folder, …
	Value string `json:"value,omitempty"`
	URI   string `json:"uri,omitempty"`
	Mode  string `json:"mode,omitempty"`
}

// Output is a place that the command writes to.
type Output struct {
	Type string `json:"type"` // uri_file, uri_folder, …
	URI  string `json:"uri,omitempty"`
	Mode string `json:"mode,omitempty"`
	Name string `json:"name,omitempty"` // assetName
}

// Distribution says how the processes of a job find each other.
type Distribution struct {
	Type         string `json:"type"` // PyTorch
	ProcsPerNode int    `json:"procsPerNode,omitempty"`
}

// JobState is a job's status (behaviour 2.4).
type JobState string

const (
	JobNotStarted      JobState = "NotStarted" // of a type that nothing runs yet; see Spec.Document
	JobQueued          JobState = "Queued"
	JobStarting        JobState = "Starting"  // nodes are assigned
	JobPreparing       JobState = "Preparing" // code, data and environment are made ready
	JobRunning         JobState = "Running"
	JobFinalizing      JobState = "Finalizing" // outputs are collected
	JobCancelRequested JobState = "CancelRequested"
	JobCompleted       JobState = "Completed"
	JobFailed          JobState = "Failed"
	JobCanceled        JobState = "Canceled"
)

// Terminal reports whether no state follows.
func (s JobState) Terminal() bool {
	return s == JobCompleted || s == JobFailed || s == JobCanceled
}

// JobStatus is what became of it. Only package jobs writes it.
type JobStatus struct {
	State     JobState  `json:"state"`              // "" until it first has nodes
	Since     time.Time `json:"since,omitzero"`     // when State was entered
	QueuedAt  time.Time `json:"queuedAt,omitzero"`  // its place in the queue; kept when it goes back
	StartedAt time.Time `json:"startedAt,omitzero"` // first Running
	EndedAt   time.Time `json:"endedAt,omitzero"`
	Attempt   int       `json:"attempt"`            // number of the current or last attempt, from 1; the fencing number
	Nodes     []ID      `json:"nodes,omitempty"`    // of the current attempt, by rank
	Lost      int       `json:"lost,omitempty"`     // attempts that ended because nodes went away
	Stopping  string    `json:"stopping,omitempty"` // why the current attempt was told to stop: cancel, timeout, failed, lost
	Error     *Problem  `json:"error,omitempty"`
	ExitCode  *int      `json:"exitCode,omitempty"`
}

// Shown is the state that users see.
func (j *Job) Shown() JobState {
	switch {
	case j.Status.State.Terminal():
		return j.Status.State
	case !j.CancelAt.IsZero():
		return JobCancelRequested
	case j.Spec.Document != nil && j.Status.State == "":
		return JobNotStarted
	case j.Status.State == "": // jobs need not have seen it: it is in the queue by being there
		return JobQueued
	}
	return j.Status.State
}

// Task is what one node runs of one attempt of a job. Its ID is never used twice,
// so an agent that has seen it never starts it again.
type Task struct {
	Meta
	Job     ID  `json:"job"`
	Compute ID  `json:"compute"`
	Node    ID  `json:"node"`
	Attempt int `json:"attempt"`
	Rank    int `json:"rank"`
	// Stop is when the agent is told to end it. Only package jobs writes it.
	Stop time.Time `json:"stop,omitzero"`

	// What the agent reported. Only package fleet writes these.
	State     TaskState `json:"state"`
	StartedAt time.Time `json:"startedAt,omitzero"` // the command's start, by the node's clock
	EndedAt   time.Time `json:"endedAt,omitzero"`
	ExitCode  *int      `json:"exitCode,omitempty"` // nil if the command never ran or its end is unknown
	Problem   *Problem  `json:"problem,omitempty"`
}

// Index implements Resource.
func (t *Task) Index() Index {
	return Index{State: string(t.State), Done: t.State == TaskEnded, Compute: t.Compute, Node: t.Node}
}

// TaskName is the name of a task below its job.
func TaskName(attempt, rank int) string { return itoa(attempt) + "-" + itoa(rank) }

// TaskState is how far a task has come. The order is the order of the constants;
// reports that would go back are late ones and change nothing.
type TaskState string

const (
	TaskAssigned   TaskState = "Assigned"   // jobs:  recorded for the node
	TaskPreparing  TaskState = "Preparing"  // fleet: the agent has it and makes it ready
	TaskRunning    TaskState = "Running"    // fleet: its command runs
	TaskFinalizing TaskState = "Finalizing" // fleet: its command ended, outputs are collected
	TaskEnded      TaskState = "Ended"      // fleet: nothing of it is left on the node
)

// Order returns the place of the state in a task's life, or -1.
func (s TaskState) Order() int {
	for i, t := range []TaskState{TaskAssigned, TaskPreparing, TaskRunning, TaskFinalizing, TaskEnded} {
		if s == t {
			return i
		}
	}
	return -1
}
