package client

import "encoding/json"

// Kept holds an object as the server said it.
type Kept struct {
	Raw json.RawMessage `json:"-"`
}

func (k *Kept) keep(raw json.RawMessage) { k.Raw = raw }

// object is a pointer to a struct that embeds Kept.
type object[T any] interface {
	*T
	keep(raw json.RawMessage)
}

// SystemData says who made an object and when.
type SystemData struct {
	CreatedAt      string `json:"createdAt,omitempty"`
	CreatedBy      string `json:"createdBy,omitempty"`
	CreatedByType  string `json:"createdByType,omitempty"`
	LastModifiedAt string `json:"lastModifiedAt,omitempty"`
	LastModifiedBy string `json:"lastModifiedBy,omitempty"`
}

// Resource is the envelope of every ARM object.
type Resource struct {
	Kept
	ID         string      `json:"id,omitempty"`
	Name       string      `json:"name,omitempty"`
	Type       string      `json:"type,omitempty"`
	SystemData *SystemData `json:"systemData,omitempty"`
}

// Compute is a compute target. It is also what PutCompute sends: fields that only
// the server sets may stay empty.
type Compute struct {
	Resource
	Location   string            `json:"location,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
	Identity   *Identity         `json:"identity,omitempty"`
	Properties ComputeProperties `json:"properties"`
}

// Identity is the managed identity of a compute.
type Identity struct {
	Type                   string                     `json:"type"`
	PrincipalID            string                     `json:"principalId,omitempty"`
	TenantID               string                     `json:"tenantId,omitempty"`
	UserAssignedIdentities map[string]json.RawMessage `json:"userAssignedIdentities,omitempty"`
}

// ComputeProperties is the part of a compute that all kinds have.
type ComputeProperties struct {
	ComputeType          string    `json:"computeType"`
	ComputeLocation      string    `json:"computeLocation,omitempty"`
	ResourceID           string    `json:"resourceId,omitempty"` // of what is attached
	Description          string    `json:"description,omitempty"`
	DisableLocalAuth     *bool     `json:"disableLocalAuth,omitempty"`
	ProvisioningState    string    `json:"provisioningState,omitempty"`
	ProvisioningErrors   []Problem `json:"provisioningErrors,omitempty"`
	ProvisioningWarnings Warnings  `json:"provisioningWarnings,omitempty"`
	Reasons              []Reason  `json:"reasons,omitempty"`
	Permissions          []string  `json:"permissions,omitempty"` // what the caller may do with it
	Preview              *Preview  `json:"preview,omitempty"`     // only of a dry run
	CreatedOn            string    `json:"createdOn,omitempty"`
	ModifiedOn           string    `json:"modifiedOn,omitempty"`
	Properties           *Cluster  `json:"properties,omitempty"`
}

// Cluster is the part of a compute that depends on its kind: what AmlCompute has, and
// below it what instances have.
type Cluster struct {
	OSType                        string           `json:"osType,omitempty"`
	VMSize                        string           `json:"vmSize,omitempty"`
	VMPriority                    string           `json:"vmPriority,omitempty"`
	ScaleSettings                 *ScaleSettings   `json:"scaleSettings,omitempty"`
	UserAccountCredentials        *UserAccount     `json:"userAccountCredentials,omitempty"`
	Subnet                        *Ref             `json:"subnet,omitempty"`
	VirtualMachineImage           *Ref             `json:"virtualMachineImage,omitempty"`
	IsolatedNetwork               *bool            `json:"isolatedNetwork,omitempty"`
	EnableNodePublicIP            *bool            `json:"enableNodePublicIp,omitempty"`
	RemoteLoginPortPublicAccess   string           `json:"remoteLoginPortPublicAccess,omitempty"`
	PropertyBag                   map[string]any   `json:"propertyBag,omitempty"`
	AllocationState               string           `json:"allocationState,omitempty"`
	AllocationStateTransitionTime string           `json:"allocationStateTransitionTime,omitempty"`
	Errors                        []Problem        `json:"errors,omitempty"`
	CurrentNodeCount              *int             `json:"currentNodeCount,omitempty"`
	TargetNodeCount               *int             `json:"targetNodeCount,omitempty"`
	NodeStateCounts               *NodeStateCounts `json:"nodeStateCounts,omitempty"`

	State                  string         `json:"state,omitempty"` // Running, Stopped, …
	IdleTimeBeforeShutdown string         `json:"idleTimeBeforeShutdown,omitempty"`
	LastOperation          *LastOperation `json:"lastOperation,omitempty"`
}

// LastOperation is what last happened to an instance.
type LastOperation struct {
	OperationName    string `json:"operationName"`
	OperationTime    string `json:"operationTime"`
	OperationStatus  string `json:"operationStatus"`
	OperationTrigger string `json:"operationTrigger"`
}

// Ref names another object by its ARM ID.
type Ref struct {
	ID string `json:"id"`
}

// ScaleSettings bounds a cluster. The idle time is ISO 8601.
type ScaleSettings struct {
	MinNodeCount                int    `json:"minNodeCount"`
	MaxNodeCount                int    `json:"maxNodeCount"`
	NodeIdleTimeBeforeScaleDown string `json:"nodeIdleTimeBeforeScaleDown,omitempty"`
}

// UserAccount is the administrator's account on nodes.
type UserAccount struct {
	AdminUserName         string `json:"adminUserName"`
	AdminUserSSHPublicKey string `json:"adminUserSshPublicKey,omitempty"`
	AdminUserPassword     string `json:"adminUserPassword,omitempty"`
}

// NodeStateCounts is how many nodes are in each state.
type NodeStateCounts struct {
	Idle      int `json:"idleNodeCount"`
	Running   int `json:"runningNodeCount"`
	Preparing int `json:"preparingNodeCount"`
	Unusable  int `json:"unusableNodeCount"`
	Leaving   int `json:"leavingNodeCount"`
	Preempted int `json:"preemptedNodeCount"`
}

// Warnings are problems that do not stop a compute. The service says {} for none.
type Warnings []Problem

// UnmarshalJSON takes the list, one problem, or nothing.
func (w *Warnings) UnmarshalJSON(data []byte) error {
	*w = nil
	var list []Problem
	if json.Unmarshal(data, &list) == nil && len(list) > 0 {
		*w = list
		return nil
	}
	var one Problem
	if json.Unmarshal(data, &one) == nil && one != (Problem{}) {
		*w = Warnings{one}
	}
	return nil
}

// Reason says why something waits.
type Reason struct {
	Code     string            `json:"code"`
	Message  string            `json:"message"`
	Params   map[string]string `json:"params,omitempty"`
	Since    string            `json:"since,omitempty"`
	Evidence []string          `json:"evidence,omitempty"`
	Blocking bool              `json:"blocking"`
	Remedies []string          `json:"remedies,omitempty"`
}

// Why is the answer to "why does it wait".
type Why struct {
	Kept
	Blocked bool     `json:"blocked"`
	Reasons []Reason `json:"reasons"`
}

// Node is one machine of a cluster.
type Node struct {
	Kept
	NodeID           string `json:"nodeId"`
	PrivateIPAddress string `json:"privateIpAddress"`
	PublicIPAddress  string `json:"publicIpAddress"`
	Port             int    `json:"port"`
	NodeState        string `json:"nodeState"`
	RunID            string `json:"runId"`

	// Ours.
	State   string   `json:"state"` // as Atelier has it: Wanted, Booting, Ready, Lost, Draining, Leaving
	Since   string   `json:"since"`
	HeardAt string   `json:"heardAt"`
	Problem *Problem `json:"problem"`
	Host    *struct {
		Address   string    `json:"address"`
		VCPUs     float64   `json:"vcpus"`
		MemoryGiB float64   `json:"memoryGiB"`
		GPUs      int       `json:"gpus"`
		Isolation []string  `json:"isolation"`
		Problems  []Problem `json:"problems"`
	} `json:"host"`
	Actions          []string `json:"actions"`          // what may be done with it now: drain, preempt
	Connection       string   `json:"connection"`       // how to reach it by SSH
	ConnectionReason string   `json:"connectionReason"` // why not
}

// Size is a machine shape that a location has.
type Size struct {
	Kept
	Name                  string   `json:"name"`
	Family                string   `json:"family"`
	VCPUs                 int      `json:"vCPUs"`
	GPUs                  int      `json:"gpus"`
	MemoryGB              float64  `json:"memoryGB"`
	MaxResourceVolumeMB   int      `json:"maxResourceVolumeMB"`
	LowPriorityCapable    bool     `json:"lowPriorityCapable"`
	SupportedComputeTypes []string `json:"supportedComputeTypes"`
	GPUModel              string   `json:"gpuModel"` // ours
	Short                 string   `json:"short"`    // ours: what the location lacks of it, in words
	EstimatedVMPrices     *struct {
		BillingCurrency string `json:"billingCurrency"`
		UnitOfMeasure   string `json:"unitOfMeasure"`
		Values          []struct {
			RetailPrice float64 `json:"retailPrice"`
			OSType      string  `json:"osType"`
			VMTier      string  `json:"vmTier"`
		} `json:"values"`
	} `json:"estimatedVMPrices"`
}

// Usage is how much of something is in use.
type Usage struct {
	Kept
	ID           string `json:"id"`
	Type         string `json:"type"`
	Unit         string `json:"unit"`
	CurrentValue int64  `json:"currentValue"`
	Limit        int64  `json:"limit"`
	Name         struct {
		Value          string `json:"value"`
		LocalizedValue string `json:"localizedValue"`
	} `json:"name"`
}

// Event is one change that the server recorded.
type Event struct {
	Kept
	Seq     int64  `json:"seq"`
	At      string `json:"at"`
	Actor   string `json:"actor"`
	Verb    string `json:"verb"`
	Target  string `json:"target"`
	State   string `json:"state,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
}
