package azureml

import "github.com/atelier-compute/atelier/internal/arm"

// computeInstanceOut says what instanceOut makes: it is a map because most of it is
// kept as it was sent. Only the description of the API reads this.
type computeInstanceOut struct {
	VMSize                          string            `json:"vmSize"`
	State                           string            `json:"state" api:"enum=Creating|CreateFailed|Running|JobRunning|Starting|Restarting|Resizing|Stopping|Stopped|Unusable|Deleting"`
	Errors                          []arm.Wrapped     `json:"errors" api:"notnull"`
	LastOperation                   instanceOperation `json:"lastOperation"`
	ConnectivityEndpoints           instanceAddresses `json:"connectivityEndpoints"`
	Applications                    []instanceApp     `json:"applications" api:"notnull"`
	CreatedBy                       instanceOwner     `json:"createdBy"`
	SSHSettings                     instanceSSH       `json:"sshSettings"`
	Subnet                          *refIn            `json:"subnet"`
	EnableNodePublicIP              bool              `json:"enableNodePublicIp"`
	EnableBatchPrivateLink          bool              `json:"enableBatchPrivateLink"`
	EnableOSPatching                bool              `json:"enableOSPatching"`
	EnableRootAccess                bool              `json:"enableRootAccess"`
	EnableSSO                       bool              `json:"enableSSO"`
	ReleaseQuotaOnStop              bool              `json:"releaseQuotaOnStop"`
	IdleTimeBeforeShutdown          *string           `json:"idleTimeBeforeShutdown"`
	ApplicationSharingPolicy        string            `json:"applicationSharingPolicy" api:"enum=Personal|Shared"`
	ComputeInstanceAuthorization    string            `json:"computeInstanceAuthorizationType"`
	PersonalComputeInstanceSettings *instancePersonal `json:"personalComputeInstanceSettings"`
	Schedules                       instanceSchedules `json:"schedules"`
	CustomServices                  []map[string]any  `json:"customServices" api:"notnull"`
	DataMounts                      []map[string]any  `json:"dataMounts"`
	SetupScripts                    map[string]any    `json:"setupScripts"`
	AutologgerSettings              map[string]any    `json:"autologgerSettings"`
	Versions                        instanceVersions  `json:"versions"`
	ImageVersion                    *string           `json:"imageVersion"`
	ImageSku                        *string           `json:"imageSku"`
	DataDisks                       []map[string]any  `json:"dataDisks"`
	Containers                      []map[string]any  `json:"containers"`
	UpdateStatus                    map[string]any    `json:"updateStatus"`
	OSImageMetadata                 map[string]any    `json:"osImageMetadata"`
}

type instanceOperation struct {
	OperationName    string `json:"operationName" api:"enum=Create|Start|Stop|Restart|Resize|Delete"`
	OperationTime    string `json:"operationTime"`
	OperationStatus  string `json:"operationStatus"`
	OperationTrigger string `json:"operationTrigger"`
}

type instanceAddresses struct {
	PublicIPAddress  *string `json:"publicIpAddress"`
	PrivateIPAddress *string `json:"privateIpAddress"`
}

type instanceApp struct {
	DisplayName string `json:"displayName"`
	EndpointURI string `json:"endpointUri"`
}

type instanceOwner struct {
	UserName  string `json:"userName"`
	UserOrgID string `json:"userOrgId"`
	UserID    string `json:"userId"`
}

type instanceSSH struct {
	SSHPublicAccess string  `json:"sshPublicAccess" api:"enum=Enabled|Disabled"`
	AdminUserName   string  `json:"adminUserName"`
	SSHPort         *int    `json:"sshPort"`
	AdminPublicKey  *string `json:"adminPublicKey"`
}

type instancePersonal struct {
	AssignedUser *struct {
		ObjectID string `json:"objectId"`
		TenantID string `json:"tenantId"`
	} `json:"assignedUser"`
}

type instanceSchedules struct {
	ComputeStartStop []instanceSchedule `json:"computeStartStop" api:"notnull"`
}

type instanceSchedule struct {
	ID                 string         `json:"id"`
	ProvisioningStatus string         `json:"provisioningStatus"`
	Action             string         `json:"action,omitempty"`
	Status             string         `json:"status,omitempty"`
	TriggerType        string         `json:"triggerType,omitempty"`
	Cron               map[string]any `json:"cron,omitempty"`
	Recurrence         map[string]any `json:"recurrence,omitempty"`
}

type instanceVersions struct {
	Runtime *string `json:"runtime"`
}
