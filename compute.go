package atelier

import (
	"fmt"
	"strconv"
	"time"
)

// Compute is a compute target of a workspace.
type Compute struct {
	Meta
	Spec   ComputeSpec   `json:"spec"`
	Status ComputeStatus `json:"status"`
}

// Index implements Resource. Hash is the lower-case name, which is how a name is
// found in all workspaces of a location.
func (c *Compute) Index() Index {
	i := Index{State: string(c.Shown()), Compute: c.ID, Hash: c.ID.Name()}
	if c.Spec.Most() > 0 {
		i.Detail = c.Status.Shape()
	}
	return i
}

// ComputeSpec is what the user asked for. Strings are kept as they were spelled,
// because clients compare them.
type ComputeSpec struct {
	Kind             string            `json:"kind"`                      // Azure's computeType
	Location         string            `json:"location"`                  // that supplies the machines, as the server spells it
	LocationText     string            `json:"locationText,omitempty"`    // as the user spelled it
	ComputeLocation  string            `json:"computeLocation,omitempty"` // likewise, when given apart
	Description      string            `json:"description,omitempty"`
	Tags             map[string]string `json:"tags,omitempty"`
	Identity         *Identity         `json:"identity,omitempty"`
	DisableLocalAuth bool              `json:"disableLocalAuth,omitempty"`
	Sku              *Sku              `json:"sku,omitempty"`      // kept, without effect
	Cluster          *ClusterSpec      `json:"cluster,omitempty"`  // when Kind is AmlCompute
	Instance         *InstanceSpec     `json:"instance,omitempty"` // when Kind is ComputeInstance
	Attached         *AttachedSpec     `json:"attached,omitempty"` // when Kind is one of AttachedKinds
}

// Sku is what clients echo of a pricing tier.
type Sku struct {
	Name     string `json:"name,omitempty"`
	Tier     string `json:"tier,omitempty"`
	Size     string `json:"size,omitempty"`
	Family   string `json:"family,omitempty"`
	Capacity *int   `json:"capacity,omitempty"`
}

// KindCluster is the computeType of an autoscaling cluster.
const KindCluster = "AmlCompute"

// Most is how many nodes the compute can have at once; 0 if Atelier gives it none.
func (s *ComputeSpec) Most() int {
	switch {
	case s.Cluster != nil:
		return s.Cluster.Max
	case s.Instance != nil:
		return 1
	}
	return 0
}

// VMSize is the size of the compute's nodes, or "".
func (s *ComputeSpec) VMSize() string {
	switch {
	case s.Cluster != nil:
		return s.Cluster.Size
	case s.Instance != nil:
		return s.Instance.Size
	}
	return ""
}

// ClusterSpec is between Min and Max machines of one size.
type ClusterSpec struct {
	Size          string        `json:"size"`
	Priority      string        `json:"priority"` // Dedicated or LowPriority
	Min           int           `json:"min"`
	Max           int           `json:"max"`
	IdleAfter     time.Duration `json:"idleAfter"`
	IdleText      string        `json:"idleText,omitempty"`   // IdleAfter as the user wrote it, ISO 8601
	StrictSize    bool          `json:"strictSize,omitempty"` // refuse a machine that is smaller than the size says
	AdminUser     string        `json:"adminUser,omitempty"`
	AdminKey      string        `json:"adminKey,omitempty"`      // SSH public key
	AdminPassHash string        `json:"adminPassHash,omitempty"` // never the password itself
	RemoteLogin   string        `json:"remoteLogin"`             // Enabled, Disabled, NotSpecified
	Subnet        string        `json:"subnet,omitempty"`
	OSType        string        `json:"osType"`
	Image         string        `json:"image,omitempty"` // virtualMachineImage.id
	Isolated      bool          `json:"isolated,omitempty"`
	NoPublicIP    bool          `json:"noPublicIP,omitempty"`
}

// Priorities of a cluster's machines.
const (
	Dedicated   = "Dedicated"
	LowPriority = "LowPriority"
)

// DefaultIdle is the idle time of a cluster whose user gave none (behaviour 1.2).
const DefaultIdle = 120 * time.Second

// MaxNodes bounds a cluster (behaviour 10: nodes of a non-communicating pool).
const MaxNodes = 65_000

// Validate reports the first thing wrong with a cluster's spec.
func (s *ClusterSpec) Validate() error {
	const at = "properties.properties."
	bad := func(target, format string, args ...any) error {
		return Errorf(Invalid, "InvalidComputeSpec", format, args...).At(at + target)
	}
	switch {
	case s.Size == "":
		return bad("vmSize", "vmSize is required; `atelier compute sizes` lists what the location has")
	case s.Priority != Dedicated && s.Priority != LowPriority:
		return bad("vmPriority", "vmPriority is %q; it must be Dedicated or LowPriority", s.Priority)
	case s.Min < 0:
		return bad("scaleSettings.minNodeCount", "minNodeCount is %d; it must be 0 or more", s.Min)
	case s.Max < 1:
		return bad("scaleSettings.maxNodeCount", "maxNodeCount is %d; it must be 1 or more", s.Max)
	case s.Max < s.Min:
		return bad("scaleSettings.maxNodeCount", "maxNodeCount %d is less than minNodeCount %d; raise the one or lower the other", s.Max, s.Min)
	case s.Max > MaxNodes:
		return bad("scaleSettings.maxNodeCount", "maxNodeCount is %d; at most %d nodes are possible", s.Max, MaxNodes)
	case s.IdleAfter < 0:
		return bad("scaleSettings.nodeIdleTimeBeforeScaleDown", "nodeIdleTimeBeforeScaleDown is %s; it cannot be negative", s.IdleAfter)
	case s.RemoteLogin != "Enabled" && s.RemoteLogin != "Disabled" && s.RemoteLogin != "NotSpecified":
		return bad("remoteLoginPortPublicAccess", "remoteLoginPortPublicAccess is %q; it must be Enabled, Disabled or NotSpecified", s.RemoteLogin)
	case s.OSType != "Linux" && s.OSType != "Windows":
		return bad("osType", "osType is %q; it must be Linux or Windows", s.OSType)
	case s.AdminUser != "" && s.AdminKey == "" && s.AdminPassHash == "":
		return bad("userAccountCredentials", "adminUserName %q has neither adminUserSshPublicKey nor adminUserPassword; give one", s.AdminUser)
	}
	return nil
}

// Fixed returns an error that names the first field that differs from old and may
// not change after creation (behaviour 1.2).
func (s *ClusterSpec) Fixed(old *ClusterSpec) error {
	for _, f := range []struct {
		field     string
		was, asks any
	}{
		{"vmSize", old.Size, s.Size},
		{"vmPriority", old.Priority, s.Priority},
		{"osType", old.OSType, s.OSType},
		{"remoteLoginPortPublicAccess", old.RemoteLogin, s.resolved(old)},
		{"userAccountCredentials.adminUserName", old.AdminUser, s.AdminUser},
		{"userAccountCredentials.adminUserSshPublicKey", old.AdminKey, s.AdminKey},
		{"subnet", old.Subnet, s.Subnet},
		{"virtualMachineImage", old.Image, s.Image},
		{"isolatedNetwork", old.Isolated, s.Isolated},
		{"enableNodePublicIp", !old.NoPublicIP, !s.NoPublicIP},
	} {
		if !sameFixed(f.field, f.was, f.asks) {
			return Errorf(Conflict, "PropertyChangeNotAllowed",
				"%s cannot change after the cluster was created: it is %v, the request asks for %v; delete the cluster and create it anew, or leave the field as it is",
				f.field, quoted(f.was), quoted(f.asks)).At("properties.properties." + f.field)
		}
	}
	return nil
}

// sameFixed compares without regard to case what Azure names without regard to case;
// the error then repeats both as they were written.
func sameFixed(field string, was, asks any) bool {
	switch field {
	case "vmSize", "subnet", "virtualMachineImage":
		return fold(was.(string)) == fold(asks.(string))
	}
	return was == asks
}

// resolved is the remote login that the spec asks for. "NotSpecified" is no wish:
// clients that were told so say Disabled when they update, and not when they create.
func (s *ClusterSpec) resolved(old *ClusterSpec) string {
	if old.RemoteLogin == "NotSpecified" || s.RemoteLogin == "NotSpecified" {
		return old.RemoteLogin
	}
	return s.RemoteLogin
}

func quoted(v any) string {
	if s, ok := v.(string); ok {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprint(v)
}

// Shown is the provisioning state that users see: the observed one, unless what
// they asked for is newer than the observation.
func (c *Compute) Shown() ComputeState {
	switch {
	case c.Deleting():
		return Deleting
	case c.Status.Observed == c.Generation && c.Status.State != "":
		return c.Status.State
	case c.Generation <= 1:
		return Creating
	}
	return Updating
}

// ComputeState is a provisioning state (wire A.10).
type ComputeState string

const (
	Creating  ComputeState = "Creating"
	Updating  ComputeState = "Updating"
	Succeeded ComputeState = "Succeeded"
	Failed    ComputeState = "Failed"
	Deleting  ComputeState = "Deleting"
)

// ComputeStatus is what the platform has observed. Only package compute writes it.
type ComputeStatus struct {
	Observed   int64        `json:"observed"`   // the Generation this status is about
	ObservedAt time.Time    `json:"observedAt"` // when Observed was first reached
	State      ComputeState `json:"state"`
	Errors     []Problem    `json:"errors,omitempty"`
	Warnings   []Problem    `json:"warnings,omitempty"`
	Reasons    []Reason     `json:"reasons,omitempty"` // why it is not what it should be

	Resizing      bool      `json:"resizing"`               // allocationState Resizing rather than Steady
	ResizingSince time.Time `json:"resizingSince,omitzero"` // when Resizing last changed
	Current       int       `json:"current"`                // nodes that exist
	Target        int       `json:"target"`                 // nodes that are wanted
	Counts        Counts    `json:"counts"`
	Named         int       `json:"named"`                 // nodes ever named: the next is called after it
	LaunchFails   int       `json:"launchFails,omitempty"` // refusals in a row
	LaunchAfter   time.Time `json:"launchAfter,omitzero"`  // not before then, after a refusal
	LaunchKind    Kind      `json:"launchKind,omitempty"`  // of the last refusal
	BootFails     int       `json:"bootFails,omitempty"`   // machines in a row whose agent did not report

	Instance *InstanceStatus `json:"instance,omitempty"` // of a compute instance
}

// Shape is how many nodes the compute wants, has, and has in each state: the JSON list
// [target, current, idle, running, preparing, leaving, unusable, preempted], without
// the zeros at its end. Events keep it, so that it can be seen over time.
func (s *ComputeStatus) Shape() string {
	n := []int{s.Target, s.Current, s.Counts.Idle, s.Counts.Running, s.Counts.Preparing, s.Counts.Leaving, s.Counts.Unusable, s.Counts.Preempted}
	for len(n) > 0 && n[len(n)-1] == 0 {
		n = n[:len(n)-1]
	}
	b := []byte{'['}
	for i, v := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(v), 10)
	}
	return string(append(b, ']'))
}

// Counts is how many nodes are in each of Azure's node states (wire A.10).
type Counts struct {
	Idle      int `json:"idleNodeCount"`
	Running   int `json:"runningNodeCount"`
	Preparing int `json:"preparingNodeCount"`
	Unusable  int `json:"unusableNodeCount"`
	Leaving   int `json:"leavingNodeCount"`
	Preempted int `json:"preemptedNodeCount"`
}

// Node is one machine of a compute, from the intent to have it until it is gone.
// Its name is used once and never again, so that a machine that comes late cannot
// join another node's place.
type Node struct {
	Meta
	Compute  ID        `json:"compute"`
	Location string    `json:"location"`
	Size     string    `json:"size"`
	Priority string    `json:"priority"`
	Epoch    int       `json:"epoch,omitempty"` // of an instance's machine: InstanceSpec.Epoch when it was wanted
	State    NodeState `json:"state"`
	Since    time.Time `json:"since"`             // when State was entered
	Problem  *Problem  `json:"problem,omitempty"` // why it is Lost or Leaving, or why the launch was refused

	// What users asked of this machine. Only edges write these.
	DrainAt   time.Time `json:"drainAt,omitzero"` // no new work, and it goes when its job has ended
	DrainBy   string    `json:"drainBy,omitempty"`
	PreemptAt time.Time `json:"preemptAt,omitzero"` // a drill: its provider takes it away now
	PreemptBy string    `json:"preemptBy,omitempty"`

	// What runs here. Only package jobs writes these.
	Job     ID        `json:"job,omitempty"`    // whose attempt has the node to itself
	FreedAt time.Time `json:"freedAt,omitzero"` // when the last one let it go
	Stuck   bool      `json:"stuck,omitempty"`  // it is heard of but does not do what it is told

	// What the agent said of itself. Only package fleet writes these.
	Key     string    `json:"key,omitempty"`  // fingerprint of the agent's key, bound at its first hello
	Boot    string    `json:"boot,omitempty"` // of the agent process: changes when it restarts
	Host    Host      `json:"host,omitzero"`
	HeardAt time.Time `json:"heardAt,omitzero"` // as of the last durable change, not of each heartbeat
}

// Open reports whether the node may be given work.
func (n *Node) Open() bool {
	return n.State == Ready && n.Job == "" && n.DrainAt.IsZero() && n.PreemptAt.IsZero()
}

// Taken reports whether the node's provider is to take its machine away, and has
// not yet said that it did.
func (n *Node) Taken() bool {
	return !n.PreemptAt.IsZero() && (n.State == Booting || n.State == Ready || n.State == Draining)
}

// Index implements Resource.
func (n *Node) Index() Index { return Index{State: string(n.State), Compute: n.Compute} }

// Host is what an agent found out about its machine.
type Host struct {
	Address   string    `json:"address,omitempty"` // for the tasks of a gang to reach each other
	VCPUs     float64   `json:"vcpus,omitempty"`
	MemoryGiB float64   `json:"memoryGiB,omitempty"`
	GPUs      int       `json:"gpus,omitempty"`
	Isolation []string  `json:"isolation,omitempty"` // what holds here: "cpu", "memory", "pids", "mounts"
	Problems  []Problem `json:"problems,omitempty"`  // what does not, in words
}

// NodeState is the life of a machine. Each state is entered by exactly one party,
// named on the right.
type NodeState string

const (
	Wanted   NodeState = "Wanted"   // compute: recorded, launch not yet confirmed
	Booting  NodeState = "Booting"  // compute: the provider accepted the launch
	Ready    NodeState = "Ready"    // fleet:   the agent said hello
	Lost     NodeState = "Lost"     // fleet:   not heard of for too long; it must be replaced
	Draining NodeState = "Draining" // compute: no new work
	Leaving  NodeState = "Leaving"  // compute: terminate until the provider says gone
	Gone     NodeState = "Gone"     // compute: no machine any more; the row stays until jobs let it go
)
