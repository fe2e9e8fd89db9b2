package azureml

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
)

// instanceIn is what may be said of a compute instance. The members up to Idle are
// taken over; those below are checked and kept as they are.
type instanceIn struct {
	VMSize      string `json:"vmSize"`
	SSHSettings *struct {
		SSHPublicAccess string `json:"sshPublicAccess"`
		AdminPublicKey  string `json:"adminPublicKey"`
	} `json:"sshSettings"`
	Subnet             *refIn    `json:"subnet"`
	EnableNodePublicIP *bool     `json:"enableNodePublicIp"`
	Idle               *arm.Text `json:"idleTimeBeforeShutdown"`

	Sharing        string          `json:"applicationSharingPolicy"`
	Authorization  string          `json:"computeInstanceAuthorizationType"`
	OSPatching     *bool           `json:"enableOSPatching"`
	RootAccess     *bool           `json:"enableRootAccess"`
	SSO            *bool           `json:"enableSSO"`
	ReleaseQuota   *bool           `json:"releaseQuotaOnStop"`
	CustomServices []customService `json:"customServices"`
	Autologger     *struct {
		Mlflow string `json:"mlflowAutologger"`
	} `json:"autologgerSettings"`
	Personal *struct {
		User *struct {
			ObjectID string `json:"objectId"`
			TenantID string `json:"tenantId"`
		} `json:"assignedUser"`
	} `json:"personalComputeInstanceSettings"`
	SetupScripts *struct {
		Scripts *struct {
			Startup  *scriptIn `json:"startupScript"`
			Creation *scriptIn `json:"creationScript"`
		} `json:"scripts"`
	} `json:"setupScripts"`
	Schedules *struct {
		StartStop []scheduleIn `json:"computeStartStop"`
	} `json:"schedules"`

	fields map[string]json.RawMessage
}

type customService struct {
	Name  string `json:"name"`
	Image *struct {
		Type      string `json:"type"`
		Reference string `json:"reference"`
	} `json:"image"`
	Docker *struct {
		Privileged *bool `json:"privileged"`
	} `json:"docker"`
	Endpoints []struct {
		Protocol  string `json:"protocol"`
		Name      string `json:"name"`
		Target    int    `json:"target"`
		Published *int   `json:"published"`
	} `json:"endpoints"`
	Volumes []struct {
		Type   string `json:"type"`
		Source string `json:"source"`
		Target string `json:"target"`
	} `json:"volumes"`
}

type dataMount struct {
	Source      string `json:"source"`
	SourceType  string `json:"sourceType"`
	MountName   string `json:"mountName"`
	MountAction string `json:"mountAction"`
	MountPath   string `json:"mountPath"`
}

type scriptIn struct {
	Source    string `json:"scriptSource"`
	Data      string `json:"scriptData"`
	Arguments string `json:"scriptArguments"`
	Timeout   string `json:"timeout"`
}

type scheduleIn struct {
	Status     string `json:"status"`
	Action     string `json:"action"`
	Trigger    string `json:"triggerType"`
	Recurrence *struct {
		Frequency string `json:"frequency"`
		Interval  int    `json:"interval"`
		TimeZone  string `json:"timeZone"`
	} `json:"recurrence"`
	Cron *struct {
		Expression string `json:"expression"`
		TimeZone   string `json:"timeZone"`
	} `json:"cron"`
}

// instanceTyped are the members that are taken over, and instanceSaid those that
// only the service says: neither is among the fields that are kept as they are.
var (
	instanceTyped = []string{"vmSize", "sshSettings", "subnet", "enableNodePublicIp", "idleTimeBeforeShutdown"}
	instanceSaid  = []string{
		"errors", "state", "lastOperation", "connectivityEndpoints", "applications", "createdBy", "versions", "osImageMetadata",
		"containers", "dataDisks", "dataMounts", "updateStatus", "imageVersion", "imageSku", "enableBatchPrivateLink",
	}
)

// maxSchedules is how many an instance may have (behaviour 10).
const maxSchedules = 4

func decodeInstance(raw json.RawMessage) (*instanceIn, error) {
	in := new(instanceIn)
	if len(raw) == 0 || string(raw) == "null" {
		return in, nil
	}
	const at = "properties.properties"
	if err := arm.Unmarshal(raw, in, at); err != nil {
		return nil, err
	}
	object, err := objectOf(raw, at)
	if err != nil {
		return nil, err
	}
	dropMembers(object, instanceTyped)
	dropMembers(object, instanceSaid)
	cleanSchedules(object)
	in.fields = membersOf(object)
	return in, in.check()
}

// cleanSchedules takes out of schedules what only the service says.
func cleanSchedules(object map[string]any) {
	schedules, _ := object["schedules"].(map[string]any)
	list, _ := schedules["computeStartStop"].([]any)
	for _, s := range list {
		if one, isObject := s.(map[string]any); isObject {
			dropMembers(one, []string{"id", "provisioningStatus"})
		}
	}
}

func (in *instanceIn) check() error {
	const at = "properties.properties."
	type choice struct{ target, value, possible string }
	list := []choice{
		{"applicationSharingPolicy", in.Sharing, "Personal Shared"},
		{"computeInstanceAuthorizationType", in.Authorization, "personal"},
	}
	if in.Autologger != nil {
		list = append(list, choice{"autologgerSettings.mlflowAutologger", in.Autologger.Mlflow, "Enabled Disabled"})
	}
	if in.Schedules != nil {
		if n := len(in.Schedules.StartStop); n > maxSchedules {
			return atelier.Errorf(atelier.Invalid, "InvalidComputeSpec", "the instance has %d schedules; at most %d are possible", n, maxSchedules).At(at + "schedules")
		}
		for i, s := range in.Schedules.StartStop {
			where := "schedules.computeStartStop[" + strconv.Itoa(i) + "]."
			list = append(list, choice{where + "status", s.Status, "Enabled Disabled"}, choice{where + "action", s.Action, "Start Stop"},
				choice{where + "triggerType", s.Trigger, "Recurrence Cron"})
		}
	}
	for _, c := range list {
		possible := strings.Fields(c.possible)
		if c.value != "" && !contains(possible, canonical(c.value, possible...)) {
			return atelier.Errorf(atelier.Invalid, "InvalidComputeSpec", "%s is %q; it must be %s", c.target, c.value, strings.Join(possible, " or ")).At(at + c.target)
		}
	}
	if p := in.Personal; p != nil && p.User != nil && (p.User.ObjectID == "" || p.User.TenantID == "") {
		return missing(at + "personalComputeInstanceSettings.assignedUser.objectId and tenantId")
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// instanceDefaults are Azure's, made explicit when the instance is created, so that
// the echo of a GET changes nothing.
var instanceDefaults = map[string]string{
	"applicationSharingPolicy": `"Shared"`, "computeInstanceAuthorizationType": `"personal"`, "enableOSPatching": `false`,
	"enableRootAccess": `true`, "enableSSO": `true`, "releaseQuotaOnStop": `false`,
}

// spec is the instance that the body asks for. What it leaves out is as it was, or
// at first Azure's default.
func (in *instanceIn) spec(old *atelier.InstanceSpec) (*atelier.InstanceSpec, error) {
	s := atelier.InstanceSpec{SSHAccess: "Disabled", Fields: map[string]json.RawMessage{}}
	if old != nil {
		s = *old
		s.Fields = map[string]json.RawMessage{}
		for _, name := range sorted(old.Fields) {
			s.Fields[name] = old.Fields[name]
		}
	} else {
		for _, name := range sorted(instanceDefaults) {
			s.Fields[name] = json.RawMessage(instanceDefaults[name])
		}
	}
	if old == nil || !strings.EqualFold(in.VMSize, s.Size) {
		set(&s.Size, in.VMSize)
	}
	if in.SSHSettings != nil {
		set(&s.SSHAccess, canonical(in.SSHSettings.SSHPublicAccess, "Enabled", "Disabled"))
		set(&s.AdminKey, in.SSHSettings.AdminPublicKey)
	}
	if in.Subnet != nil {
		set(&s.Subnet, in.Subnet.ID)
	}
	s.NoPublicIP = !deref(in.EnableNodePublicIP, !s.NoPublicIP)
	for _, name := range sorted(in.fields) {
		if s.Fields[name] = in.fields[name]; emptyJSON(in.fields[name]) {
			delete(s.Fields, name)
		}
	}
	return &s, setIdle(&s, in.Idle)
}

func setIdle(s *atelier.InstanceSpec, in *arm.Text) error {
	if in == nil || string(*in) == s.IdleText {
		return nil
	}
	s.IdleAfter, s.IdleText = 0, string(*in)
	if s.IdleText == "" {
		return nil
	}
	d, err := duration(s.IdleText)
	if err != nil {
		return atAs(err, "properties.properties.idleTimeBeforeShutdown")
	}
	s.IdleAfter = d
	return nil
}

// instanceOut is the inner object of an instance as GET shows it (wire A.10).
func (a *API) instanceOut(c *atelier.Compute) map[string]any {
	s, st := c.Spec.Instance, c.Status.Instance
	if st == nil {
		st = &atelier.InstanceStatus{
			State:     atelier.InstanceCreating,
			Operation: atelier.LastOperation{Name: s.Asked.Operation, At: s.Asked.At, Status: atelier.OperationInProgress, Trigger: atelier.TriggerUser},
		}
	}
	out := map[string]any{}
	for _, name := range []string{
		"imageVersion", "imageSku", "autologgerSettings", "personalComputeInstanceSettings", "setupScripts", "dataMounts",
		"dataDisks", "containers", "updateStatus", "osImageMetadata",
	} {
		out[name] = nil
	}
	out["customServices"], out["schedules"] = []any{}, map[string]any{"computeStartStop": []any{}}
	for _, name := range sorted(s.Fields) {
		out[name] = s.Fields[name]
	}
	if raw, given := s.Fields["schedules"]; given {
		out["schedules"] = shownSchedules(raw)
	}
	if raw, given := s.Fields["dataMounts"]; given {
		out["dataMounts"] = shownMounts(raw)
	}
	out["vmSize"], out["subnet"], out["enableNodePublicIp"], out["enableBatchPrivateLink"] = s.Size, refOrNil(s.Subnet), !s.NoPublicIP, false
	out["sshSettings"] = map[string]any{"sshPublicAccess": s.SSHAccess, "adminUserName": "azureuser", "sshPort": nil, "adminPublicKey": textOrNil(s.AdminKey)}
	out["idleTimeBeforeShutdown"] = textOrNil(s.IdleText)
	out["state"] = st.State
	out["errors"] = full(wrapAll(c.Status.Errors))
	out["connectivityEndpoints"] = map[string]any{"publicIpAddress": nil, "privateIpAddress": textOrNil(hostOnly(st.Address))}
	out["applications"] = []any{}
	out["lastOperation"] = map[string]any{
		"operationName": st.Operation.Name, "operationTime": stamp(st.Operation.At),
		"operationStatus": st.Operation.Status, "operationTrigger": st.Operation.Trigger,
	}
	out["createdBy"] = map[string]any{"userName": c.CreatedBy, "userOrgId": a.Tenant, "userId": c.CreatedBy}
	out["versions"] = map[string]any{"runtime": nil}
	return out
}

// shownSchedules says of every schedule that it is kept and has no effect.
func shownSchedules(raw json.RawMessage) any {
	var s struct {
		StartStop []map[string]any `json:"computeStartStop"`
	}
	if json.Unmarshal(raw, &s) != nil || s.StartStop == nil {
		return map[string]any{"computeStartStop": []any{}}
	}
	for i, one := range s.StartStop {
		if one != nil {
			one["id"], one["provisioningStatus"] = fmt.Sprintf("schedule-%d", i+1), "Failed"
		}
	}
	return map[string]any{"computeStartStop": s.StartStop}
}

// shownMounts says the same of data mounts.
func shownMounts(raw json.RawMessage) any {
	var list []map[string]any
	if json.Unmarshal(raw, &list) != nil {
		return []any{}
	}
	for _, one := range list {
		if one != nil {
			one["mountState"], one["error"] = "MountFailed", "Atelier keeps this mount but cannot mount data on instances yet"
		}
	}
	return full(list)
}

// createdInstance takes out of the inner object what is not known when the instance
// is created.
func createdInstance(out map[string]any) map[string]any {
	for _, name := range []string{
		"sshSettings", "errors", "connectivityEndpoints", "applications", "state", "lastOperation", "applicationSharingPolicy",
		"versions", "customServices", "osImageMetadata",
	} {
		out[name] = nil
	}
	return out
}

// instanceWarnings are what an instance was asked that has no effect yet.
func instanceWarnings(s *atelier.InstanceSpec) (list []atelier.Problem) {
	for _, f := range []struct{ field, words string }{
		{"customServices", "Atelier keeps custom applications but does not run them yet"},
		{"dataMounts", "Atelier keeps data mounts but does not mount them yet"},
		{"schedules", "Atelier keeps schedules but does not act on them yet: start and stop the instance yourself, or set idleTimeBeforeShutdown"},
		{"setupScripts", "Atelier keeps setup scripts but does not run them yet: run them as a job on the instance"},
	} {
		if raw, given := s.Fields[f.field]; given && !emptyJSON(raw) {
			list = append(list, atelier.Problem{Code: "NotEnforced", Target: f.field, Message: f.words})
		}
	}
	return list
}

// emptyJSON reports whether the value has nothing but empty lists and objects.
func emptyJSON(raw json.RawMessage) bool {
	return strings.Trim(string(raw), `[]{}:," `) == "" || string(raw) == `{"computeStartStop":[]}`
}
