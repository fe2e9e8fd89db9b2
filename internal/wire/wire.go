// Package wire is what agents and server say to each other: HTTP with JSON bodies
// over one connection that the agent dials, on which both sides can call (package
// agent and package fleet hold the two ends). Every message may be lost, late or
// repeated; all of them say what is, not what changed, so that a repetition is
// harmless.
package wire

import (
	"net/url"
	"strconv"
	"time"

	"github.com/atelier-compute/atelier"
)

// Version is of the protocol. A server answers agents of this version and of the
// one before.
const Version = 1

// ALPN is the TLS application protocol of the agents' connections, which share a
// port with the API. Agents show a self-signed client certificate: the node is
// bound to its key at the first hello.
const ALPN = "atelier-agent/1"

// Paths that the server serves to an agent on its connection.
const (
	PathHello  = "/hello"  // POST Hello → Welcome
	PathReport = "/report" // POST Report → Desired
	PathLog    = "/log"    // POST raw bytes, query LogQuery → LogAck
	PathFetch  = "/fetch"  // GET ?task=ID&uri=URI → tar stream
	PathUpload = "/upload" // PUT ?task=ID&output=NAME, body a tar stream → 204
	PathToken  = "/token"  // POST TokenRequest → Token
)

// PathDesired is what an agent serves to the server: POST Desired → Report.
const PathDesired = "/desired"

// Times that both sides count on.
const (
	Heartbeat = 4 * time.Second  // between reports when nothing happens
	LostAfter = 13 * time.Second // silence after which a node is lost
)

// Hello is an agent's first message on a connection.
type Hello struct {
	Version int          `json:"version"`
	Node    atelier.ID   `json:"node"`
	Token   string       `json:"token"`
	Key     string       `json:"-"`       // fingerprint of the key that the connection proved; filled by the transport
	Boot    string       `json:"boot"`    // random, of this agent process
	Session string       `json:"session"` // random, of this connection
	Host    atelier.Host `json:"host"`
	Report  Report       `json:"report"`
}

// Welcome admits the agent.
type Welcome struct {
	Heartbeat time.Duration `json:"heartbeat"`
	Desired   Desired       `json:"desired"`
}

// Report is all that an agent has to say of its tasks: those it holds, and those
// that ended until the server stops asking for them.
type Report struct {
	Node    atelier.ID   `json:"node"`
	Session string       `json:"session"` // of the last hello; a report of another one is refused
	Tasks   []TaskReport `json:"tasks"`
}

// TaskReport is one task as its agent sees it.
type TaskReport struct {
	ID        atelier.ID        `json:"id"`
	UID       string            `json:"uid"` // as in Task
	State     atelier.TaskState `json:"state"`
	StartedAt time.Time         `json:"startedAt,omitzero"`
	EndedAt   time.Time         `json:"endedAt,omitzero"`
	ExitCode  *int              `json:"exitCode,omitempty"`
	Problem   *atelier.Problem  `json:"problem,omitempty"`
}

// Desired is all that a node should hold. The agent starts what it has never seen,
// stops what is marked or missing, and forgets an ended task once it is missing
// here: the server has its end by then. The agent ignores a message of another
// session than its last hello's, and one whose Seq is not higher than the last.
type Desired struct {
	Node    atelier.ID `json:"node"`
	Session string     `json:"session"`
	Seq     int64      `json:"seq"`
	Leave   bool       `json:"leave,omitempty"` // the node is no longer wanted: stop everything
	Tasks   []Task     `json:"tasks"`
}

// Task is what a node is to run.
type Task struct {
	ID      atelier.ID `json:"id"`
	UID     string     `json:"uid"` // tells it from a task of an earlier job of the same name
	Stop    bool       `json:"stop,omitempty"`
	Attempt int        `json:"attempt"`
	Rank    int        `json:"rank"`
	Spec    TaskSpec   `json:"spec"`
}

// TaskSpec is a job as one node needs to know it. URIs are those of the job;
// PathFetch serves the ones that have bytes in Atelier.
type TaskSpec struct {
	Job          atelier.ID                `json:"job"`
	JobName      string                    `json:"jobName"`
	Experiment   string                    `json:"experiment"`
	Command      string                    `json:"command"`        // with placeholders
	Code         string                    `json:"code,omitempty"` // URI of a folder
	CodeHash     string                    `json:"codeHash,omitempty"`
	Environment  *Environment              `json:"environment,omitempty"`
	Env          map[string]string         `json:"env,omitempty"` // with placeholders; AZUREML_* of the server included
	Inputs       map[string]atelier.Input  `json:"inputs,omitempty"`
	Outputs      map[string]atelier.Output `json:"outputs,omitempty"`
	Distribution *atelier.Distribution     `json:"distribution,omitempty"`
	Hosts        []string                  `json:"hosts"`              // addresses of the attempt's nodes by rank
	Identity     string                    `json:"identity,omitempty"` // client ID of the managed identity that it has; "" is none
	Refused      *atelier.Problem          `json:"refused,omitempty"`  // why it cannot run: it ends without being started
}

// TokenRequest asks for an access token of the managed identity of a task's
// compute. Of the names of the identity any may be empty; all empty is the default.
type TokenRequest struct {
	Task      atelier.ID `json:"task"`
	UID       string     `json:"uid"` // of the task
	Resource  string     `json:"resource"`
	Client    string     `json:"client,omitempty"`
	Principal string     `json:"principal,omitempty"`
	ARM       string     `json:"arm,omitempty"`
}

// Token is what a TokenRequest was asking for.
type Token struct {
	Access   string    `json:"access"`
	Resource string    `json:"resource"`
	Client   string    `json:"client"` // client ID of the identity
	Begins   time.Time `json:"begins"`
	Ends     time.Time `json:"ends"`
}

// Environment is the Python that a task needs.
type Environment struct {
	Name  string `json:"name"`
	Image string `json:"image,omitempty"`
	Conda string `json:"conda,omitempty"`
	Pip   string `json:"pip,omitempty"`
}

// LogQuery names a stretch of a task's log. Stream is a path such as
// "user_logs/std_log.txt". The server takes what it does not have yet and says in
// LogAck up to where it has everything; the agent goes on from there.
type LogQuery struct {
	Task   atelier.ID
	Stream string
	Offset int64
}

// Values returns the query as it is sent.
func (q LogQuery) Values() url.Values {
	return url.Values{"task": {string(q.Task)}, "stream": {q.Stream}, "offset": {strconv.FormatInt(q.Offset, 10)}}
}

// ParseLogQuery reads what Values wrote.
func ParseLogQuery(v url.Values) (LogQuery, error) {
	offset, err := strconv.ParseInt(v.Get("offset"), 10, 64)
	if err != nil || offset < 0 {
		return LogQuery{}, atelier.Errorf(atelier.Invalid, "InvalidOffset", "the offset %q is not a whole number of at least 0", v.Get("offset"))
	}
	return LogQuery{Task: atelier.ID(v.Get("task")), Stream: v.Get("stream"), Offset: offset}, nil
}

// Outputs that every task has without naming them: folders of its working
// directory, under the names by which PathUpload knows them.
const (
	OutputFolder = "./outputs"
	LogFolder    = "./logs"
)

// Fault is how an error crosses the wire: every answer but 2xx has one as its body.
// The kind says what to do; the HTTP status says nothing.
type Fault struct {
	Kind    atelier.Kind `json:"kind"`
	Code    string       `json:"code"`
	Message string       `json:"message"`
	Target  string       `json:"target,omitempty"`
}

// Error returns the fault as the error that it was.
func (f Fault) Error() *atelier.Error {
	return atelier.Errorf(f.Kind, f.Code, "%s", f.Message).At(f.Target)
}

// LogAck is up to where the server has the stream.
type LogAck struct {
	Size int64 `json:"size"`
}
