package atelier

import (
	"encoding/json"
	"time"
)

// KindInstance is the computeType of a compute instance: one machine for one user,
// which is started and stopped and keeps its home.
const KindInstance = "ComputeInstance"

// InstanceSpec is what the user asked of a compute instance.
type InstanceSpec struct {
	Size       string        `json:"size"`
	SSHAccess  string        `json:"sshAccess"` // Enabled, Disabled
	AdminKey   string        `json:"adminKey,omitempty"`
	Subnet     string        `json:"subnet,omitempty"`
	NoPublicIP bool          `json:"noPublicIP,omitempty"`
	IdleAfter  time.Duration `json:"idleAfter,omitempty"` // without work, then it stops; 0 is never
	IdleText   string        `json:"idleText,omitempty"`  // IdleAfter as the user wrote it, ISO 8601
	IdleSetAt  time.Time     `json:"idleSetAt,omitzero"`  // the idle clock starts then at the earliest

	// Asked is the last thing that was asked of the machine, and Epoch counts the
	// times that it was to be replaced by a new one: a node of an earlier epoch goes.
	Asked Asked `json:"asked"`
	Epoch int   `json:"epoch,omitempty"`

	// Fields are the other members, as the user sent them.
	Fields map[string]json.RawMessage `json:"fields,omitempty"`
}

// Asked is a wish for the machine of an instance.
type Asked struct {
	Operation  string    `json:"operation"` // one of the names below
	On         bool      `json:"on"`        // that the machine should be there
	At         time.Time `json:"at"`
	By         string    `json:"by,omitempty"`
	Generation int64     `json:"generation"` // that it came with
}

// Names of operations (wire A.10).
const (
	OperationCreate  = "Create"
	OperationStart   = "Start"
	OperationStop    = "Stop"
	OperationRestart = "Restart"
	OperationResize  = "Resize"
	OperationDelete  = "Delete"
)

// Statuses of operations; one that failed is its name and "Failed".
const (
	OperationInProgress = "InProgress"
	OperationSucceeded  = "Succeeded"
)

// Who set off an operation.
const (
	TriggerUser = "User"
	TriggerIdle = "IdleShutdown"
)

// IsPowerVerb reports whether the verb of an Operation is about the machine of an
// instance rather than about its document.
func IsPowerVerb(verb string) bool {
	return verb == "start" || verb == "stop" || verb == "restart" || verb == "resize"
}

// InstanceState is the state of an instance (behaviour 2.1).
type InstanceState string

const (
	InstanceCreating     InstanceState = "Creating"
	InstanceCreateFailed InstanceState = "CreateFailed"
	InstanceRunning      InstanceState = "Running"
	InstanceJobRunning   InstanceState = "JobRunning"
	InstanceStarting     InstanceState = "Starting"
	InstanceRestarting   InstanceState = "Restarting"
	InstanceResizing     InstanceState = "Resizing"
	InstanceStopping     InstanceState = "Stopping"
	InstanceStopped      InstanceState = "Stopped"
	InstanceUnusable     InstanceState = "Unusable" // its machine is gone or does not come, and Atelier goes on trying
	InstanceDeleting     InstanceState = "Deleting"
)

// InstanceStatus is what the platform has observed of an instance. Only package
// compute writes it.
type InstanceStatus struct {
	State     InstanceState `json:"state"`
	Since     time.Time     `json:"since"`             // when State was entered
	Seen      int64         `json:"seen"`              // the Asked.Generation that Operation is about
	IdleOff   int64         `json:"idleOff,omitempty"` // the Asked.Generation that ended because nothing ran
	Operation LastOperation `json:"operation"`
	Address   string        `json:"address,omitempty"` // of its machine
}

// LastOperation is what last happened to an instance.
type LastOperation struct {
	Name    string    `json:"name"`
	At      time.Time `json:"at"`
	Status  string    `json:"status"`
	Trigger string    `json:"trigger"`
}

// On reports whether an instance should have its machine: its user wants it, and it
// was not stopped since for want of work.
func (c *Compute) On() bool {
	s, st := c.Spec.Instance, c.Status.Instance
	return s != nil && s.Asked.On && !c.Deleting() && (st == nil || st.IdleOff != s.Asked.Generation)
}

// Bounds of the idle time of an instance (behaviour 1.1).
const (
	MinInstanceIdle = 15 * time.Minute
	MaxInstanceIdle = 3 * 24 * time.Hour
)

// Validate reports the first thing wrong with an instance's spec.
func (s *InstanceSpec) Validate() error {
	const at = "properties.properties."
	bad := func(target, format string, args ...any) error {
		return Errorf(Invalid, "InvalidComputeSpec", format, args...).At(at + target)
	}
	switch {
	case s.Size == "":
		return bad("vmSize", "vmSize is required; `atelier compute sizes` lists what the location has")
	case s.SSHAccess != "Enabled" && s.SSHAccess != "Disabled":
		return bad("sshSettings.sshPublicAccess", "sshPublicAccess is %q; it must be Enabled or Disabled", s.SSHAccess)
	case s.IdleAfter != 0 && (s.IdleAfter < MinInstanceIdle || s.IdleAfter > MaxInstanceIdle):
		return bad("idleTimeBeforeShutdown", "idleTimeBeforeShutdown is %s; it must be between 15 minutes (PT15M) and 3 days (P3D)", s.IdleAfter)
	}
	return nil
}

// Fixed returns an error that names the first field that differs from old and may
// not change after creation (behaviour 1.1).
func (s *InstanceSpec) Fixed(old *InstanceSpec) error {
	for _, f := range []struct {
		field     string
		was, asks any
		help      string
	}{
		{"vmSize", fold(old.Size), fold(s.Size), "use the operation resize"},
		{"sshSettings.sshPublicAccess", old.SSHAccess, s.SSHAccess, "delete the instance and create it anew"},
		{"subnet", fold(old.Subnet), fold(s.Subnet), "delete the instance and create it anew"},
		{"enableNodePublicIp", !old.NoPublicIP, !s.NoPublicIP, "delete the instance and create it anew"},
	} {
		if f.was != f.asks {
			return Errorf(Conflict, "PropertyChangeNotAllowed",
				"%s cannot change after the instance was created: it is %v, the request asks for %v; %s, or leave the field as it is",
				f.field, quoted(f.was), quoted(f.asks), f.help).At("properties.properties." + f.field)
		}
	}
	return nil
}
