package atelier

import "time"

// Reason says why something waits, in words and in a code, and what would help.
// Codes are those of studio 4.9.
type Reason struct {
	Code     string            `json:"code"`
	Message  string            `json:"message"`
	Params   map[string]string `json:"params,omitempty"`
	Since    time.Time         `json:"since,omitzero"`
	Evidence []string          `json:"evidence,omitempty"` // IDs and facts that show it
	Blocking bool              `json:"blocking"`           // nothing happens until somebody acts or something ends
	Remedies []string          `json:"remedies,omitempty"` // what would help, in words
}

// Reason codes.
const (
	ReasonClusterAtMax  = "ClusterAtMax"
	ReasonQueuedBehind  = "QueuedBehind"
	ReasonScalingUp     = "ScalingUp"
	ReasonNoCapacity    = "NoCapacity"
	ReasonSizeMismatch  = "SizeMismatch"
	ReasonComputeFailed = "ComputeFailed"
	ReasonPreempted     = "Preempted"
	ReasonStopped       = "ComputeStopped"
	ReasonQuotaExceeded = "QuotaExceeded"
	ReasonEnvironment   = "EnvironmentBuild" // ours: the environment is being built on the node
)
