package azureml

import (
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

const dev = `{"location":"local","properties":{"computeType":"ComputeInstance","properties":{"vmSize":"Standard_DS2_v2"}}}`

// richInstance has every member that a client can send.
const richInstance = `{"location":"local","identity":{"type":"SystemAssigned"},"sku":{"name":"Basic","tier":"Basic"},"properties":{"computeType":"ComputeInstance","description":"d","properties":{
"vmSize":"Standard_DS2_v2","subnet":{"id":"/net/1"},"applicationSharingPolicy":"Personal","autologgerSettings":{"mlflowAutologger":"Enabled"},
"sshSettings":{"sshPublicAccess":"Enabled","adminPublicKey":"ssh-rsa A"},"computeInstanceAuthorizationType":"personal","enableOSPatching":true,"enableRootAccess":false,"enableSSO":false,"releaseQuotaOnStop":true,
"personalComputeInstanceSettings":{"assignedUser":{"objectId":"o","tenantId":"t"}},"enableNodePublicIp":false,"idleTimeBeforeShutdown":"PT60M","laterMember":{"big":12345678901234567890},
"setupScripts":{"scripts":{"creationScript":{"scriptSource":"inline","scriptData":"ZWNobw==","scriptArguments":"a","timeout":"5m"}}},
"customServices":[{"name":"r","image":{"type":"docker","reference":"x"},"docker":{"privileged":true},"endpoints":[{"protocol":"http","target":8787,"published":8787,"name":"c"}],"volumes":[{"type":"bind","source":"/a","target":"/b"}]}],
"schedules":{"computeStartStop":[{"status":"Enabled","action":"Stop","triggerType":"Cron","cron":{"expression":"0 18 * * *","timeZone":"UTC","startTime":"2026-01-01T00:00:00"}},{"action":"Start","triggerType":"Recurrence","recurrence":{"frequency":"Day","interval":1,"schedule":{"hours":[8],"minutes":[0]}}}]}}}}`

func TestEchoOfARichInstanceChangesNothing(t *testing.T) {
	w := newWorld(t)
	const at = "properties.properties."
	w.ann("PUT", wsURL+"/computes/dev", richInstance).want(201).wantAt("properties.provisioningState", "Creating").wantAt(at+"state", nil)
	w.step("instance dev Running Create Succeeded")
	got := w.ann("GET", wsURL+"/computes/dev", "").want(200).wantAt(at+"state", "Running").wantAt(at+"idleTimeBeforeShutdown", "PT60M").
		wantAt(at+"sshSettings.sshPublicAccess", "Enabled").wantAt(at+"schedules.computeStartStop.0.provisioningStatus", "Failed").
		wantAt(at+"customServices.0.endpoints.0.target", 8787).wantAt(at+"applicationSharingPolicy", "Personal").wantAt("sku.name", "Basic").
		wantAt(at+"connectivityEndpoints.privateIpAddress", "127.0.0.1")
	if !strings.Contains(got.body, "12345678901234567890") {
		t.Errorf("a member that nobody knows is lost: %s", got.body)
	}
	for _, warned := range []string{"schedules", "setupScripts", "customServices", "subnet"} {
		if !strings.Contains(got.body, `"target":"`+warned+`"`) {
			t.Errorf("nothing says that %s has no effect: %s", warned, got.body)
		}
	}
	w.ann("PUT", wsURL+"/computes/dev", got.body).want(200)
	if c := w.compute("dev"); c.Generation != 1 {
		t.Fatalf("the echo of a GET made generation %d", c.Generation)
	}
	if after := w.ann("GET", wsURL+"/computes/dev", "").want(200); after.body != got.body {
		t.Errorf("the echo changed\n%s\nto\n%s", got.body, after.body)
	}
	plain := w.ann("PUT", wsURL+"/computes/plain", strings.Replace(dev, "dev", "plain", 1)).want(201)
	w.step("instance plain Running Create Succeeded")
	plain = w.ann("GET", wsURL+"/computes/plain", "").want(200)
	w.ann("PUT", wsURL+"/computes/plain", plain.body).want(200)
	if c := w.compute("plain"); c.Generation != 1 {
		t.Fatalf("the echo of a plain one made generation %d: %s", c.Generation, plain.body)
	}
}

// TestInstancesAreNotToldWhatOnlyWeSay: members are read without regard to case, and
// those that only the service says are not taken over in any.
func TestInstancesAreNotToldWhatOnlyWeSay(t *testing.T) {
	w := newWorld(t)
	body := strings.Replace(dev, `"vmSize"`, `"STATE":"evil","LastOperation":{"operationName":"evil"},"createdBy":{"userId":"evil"},"VmSize"`, 1)
	w.ann("PUT", wsURL+"/computes/dev", body).want(201).wantAt("properties.properties.vmSize", "Standard_DS2_v2")
	w.step("instance dev Running Create Succeeded")
	if r := w.ann("GET", wsURL+"/computes/dev", "").want(200); strings.Contains(r.body, "evil") || strings.Contains(r.body, `"VmSize"`) {
		t.Errorf("taken over: %s", r.body)
	}
}

func TestInstanceRules(t *testing.T) {
	const at = "properties.properties."
	inner := func(s string) string {
		return `{"properties":{"computeType":"ComputeInstance","properties":{"vmSize":"Standard_DS2_v2",` + s + `}}}`
	}
	for name, tc := range map[string]struct{ body, code, target string }{
		"no-size":        {`{"properties":{"computeType":"ComputeInstance"}}`, "InvalidComputeSpec", at + "vmSize"},
		"unknown-size":   {strings.Replace(dev, "DS2_v2", "DS99", 1), "InvalidVMSize", at + "vmSize"},
		"idle-too-short": {inner(`"idleTimeBeforeShutdown":"PT5M"`), "InvalidComputeSpec", at + "idleTimeBeforeShutdown"},
		"idle-too-long":  {inner(`"idleTimeBeforeShutdown":"P4D"`), "InvalidComputeSpec", at + "idleTimeBeforeShutdown"},
		"idle-no-time":   {inner(`"idleTimeBeforeShutdown":"soon"`), "InvalidDuration", at + "idleTimeBeforeShutdown"},
		"ssh":            {inner(`"sshSettings":{"sshPublicAccess":"Maybe"}`), "InvalidComputeSpec", at + "sshSettings.sshPublicAccess"},
		"sharing":        {inner(`"applicationSharingPolicy":"Nobody"`), "InvalidComputeSpec", at + "applicationSharingPolicy"},
		"five-schedules": {inner(`"schedules":{"computeStartStop":[{},{},{},{},{}]}`), "InvalidComputeSpec", at + "schedules"},
		"odd-action":     {inner(`"schedules":{"computeStartStop":[{"action":"Dance"}]}`), "InvalidComputeSpec", at + "schedules.computeStartStop[0].action"},
		"half-a-user":    {inner(`"personalComputeInstanceSettings":{"assignedUser":{"objectId":"x"}}`), "InvalidRequestContent", at + "personalComputeInstanceSettings.assignedUser.objectId and tenantId"},
		"wrong-type":     {inner(`"enableSSO":"yes"`), "InvalidRequestContent", at + "enableSSO"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.ann("PUT", wsURL+"/computes/dev", tc.body).wantError(400, tc.code, tc.target)
		})
	}
	for name, tc := range map[string]struct{ body, target string }{
		"size": {strings.Replace(dev, "DS2", "DS3", 1), at + "vmSize"},
		"ssh":  {inner(`"sshSettings":{"sshPublicAccess":"Enabled"}`), at + "sshSettings.sshPublicAccess"},
		"kind": {gpu, "properties.computeType"},
	} {
		t.Run("change-of-"+name, func(t *testing.T) {
			w := newWorld(t)
			w.ann("PUT", wsURL+"/computes/dev", dev).want(201)
			w.ann("PUT", wsURL+"/computes/dev", tc.body).wantError(409, "PropertyChangeNotAllowed", tc.target)
		})
	}
}

// TestPowerVerbs says each verb twice, in each state: the second changes nothing.
func TestPowerVerbs(t *testing.T) {
	for _, tc := range []struct {
		name, state, operation, verb string
		asked                        string
		on                           bool
		epoch                        int
	}{
		{"start-stopped", "Stopped", "Stop", "start", "Start", true, 0},
		{"start-running", "Running", "Create", "start", "Create", true, 0},
		{"stop-running", "Running", "Create", "stop", "Stop", false, 0},
		{"stop-stopped", "Stopped", "Stop", "stop", "Stop", false, 0},
		{"restart-running", "Running", "Create", "restart", "Restart", true, 1},
		{"restart-stopped", "Stopped", "Stop", "restart", "Restart", true, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.ann("PUT", wsURL+"/computes/dev", dev).want(201)
			if tc.state == "Stopped" {
				w.ann("POST", wsURL+"/computes/dev/stop", "").want(202)
			}
			w.step("instance dev " + tc.state + " " + tc.operation + " Succeeded")
			before := w.compute("dev")
			r := w.ann("POST", wsURL+"/computes/dev/"+tc.verb, "").want(202)
			once := w.compute("dev")
			w.ann("POST", wsURL+"/computes/dev/"+tc.verb, "").want(202)
			twice := w.compute("dev")
			asked := twice.Spec.Instance.Asked
			if asked.Operation != tc.asked || asked.On != tc.on || twice.Spec.Instance.Epoch != tc.epoch || twice.Generation != once.Generation {
				t.Errorf("asked %+v, epoch %d, generations %d, %d", asked, twice.Spec.Instance.Epoch, once.Generation, twice.Generation)
			}
			poll := r.Header.Get("Azure-AsyncOperation")
			if changed := once.Generation != before.Generation; changed {
				w.ann("GET", poll, "").want(200).wantAt("status", "InProgress")
				w.step("instance dev Running " + tc.asked + " InProgress")
				w.ann("GET", poll, "").want(200).wantAt("status", "InProgress")
				w.step("instance dev Running " + tc.asked + " Succeeded")
			}
			w.ann("GET", poll, "").want(200).wantAt("status", "Succeeded")
		})
	}
}

func TestPowerVerbsOfOldClientsAndOtherKinds(t *testing.T) {
	w := newWorld(t)
	w.cluster("gpu")
	w.ann("PUT", wsURL+"/computes/dev", dev).want(201)
	w.ann("POST", wsURL+"/computes/gpu/start", "").wantError(400, "OperationNotSupported", "")
	w.ann("POST", wsURL+"/computes/none/start", "").wantError(404, "ComputeNotFound", "")
	w.ann("POST", wsURL+"/computes/dev/stop?api-version=2020-08-01", "").want(200)
	w.ann("POST", wsURL+"/computes/dev/listNodes?api-version=2024-04-01", "").wantError(400, "OperationNotSupported", "")
	w.ann("POST", wsURL+"/computes/dev/listNodes?api-version=2026-11-01-atelier", "").want(200).wantAt("nodes.0", nil)
	w.ann("POST", wsURL+"/computes/dev/listKeys", "").wantError(400, "OperationNotSupported", "")
	w.ann("DELETE", wsURL+"/computes/dev?underlyingResourceAction=Detach", "").wantError(400, "DetachNotSupported", "underlyingResourceAction")
	w.ann("DELETE", wsURL+"/computes/none?underlyingResourceAction=Delete&api-version=2020-08-01", "").want(200)
	w.ann("DELETE", wsURL+"/computes/dev?underlyingResourceAction=Delete", "").want(202)
	w.ann("POST", wsURL+"/computes/dev/start", "").wantError(409, "ComputeDeleting", "")
}

func TestALaterStopEndsAStart(t *testing.T) {
	w := newWorld(t)
	w.ann("PUT", wsURL+"/computes/dev", dev).want(201)
	w.ann("POST", wsURL+"/computes/dev/stop", "").want(202)
	w.step("instance dev Stopped Stop Succeeded")
	start := w.ann("POST", wsURL+"/computes/dev/start", "").want(202).Header.Get("Azure-AsyncOperation")
	w.ann("POST", wsURL+"/computes/dev/stop", "").want(202)
	w.step("instance dev Stopping Stop InProgress")
	w.ann("GET", start, "").want(200).wantAt("status", "Failed").wantAt("error.code", "OperationPreempted")
}

func TestResize(t *testing.T) {
	w := newWorld(t)
	w.ann("PUT", wsURL+"/computes/dev", dev).want(201)
	w.step("instance dev Running Create Succeeded")
	w.ann("POST", wsURL+"/computes/dev/getAllowedVmSizesForResize", "").want(200).wantAt("value.0.supportedComputeTypes.1", "ComputeInstance")
	w.ann("POST", wsURL+"/computes/dev/resize", `{}`).wantError(400, "InvalidRequestContent", "targetVMSize")
	w.ann("POST", wsURL+"/computes/dev/resize", `{"targetVMSize":"Standard_X"}`).wantError(400, "InvalidVMSize", "targetVMSize")
	r := w.ann("POST", wsURL+"/computes/dev/resize", `{"targetVMSize":"Standard_DS3_v2"}`).want(202)
	if s := w.compute("dev").Spec.Instance; s.Size != "Standard_DS3_v2" || s.Epoch != 1 || s.Asked.Operation != "Resize" || !s.Asked.On {
		t.Fatalf("asked %+v", s)
	}
	w.ann("GET", r.Header.Get("Location"), "").want(202)
	w.step("instance dev Running Resize Succeeded")
	w.ann("GET", r.Header.Get("Location"), "").want(200)
}

func TestSettingsOfInstances(t *testing.T) {
	w := newWorld(t)
	w.ann("PUT", wsURL+"/computes/dev", dev).want(201)
	const at = "properties.properties."
	post := func(verb, body string) reply { return w.ann("POST", wsURL+"/computes/dev/"+verb, body) }
	post("updateIdleShutdownSetting", `{"idleTimeBeforeShutdown":"PT120M"}`).want(200)
	post("updateIdleShutdownSetting", `{"idleTimeBeforeShutdown":"PT1M"}`).wantError(400, "InvalidComputeSpec", at+"idleTimeBeforeShutdown")
	post("customServices", `[{"name":"r","image":{"type":"docker","reference":"x"}}]`).want(200)
	post("customServices", `{}`).wantError(400, "InvalidRequestContent", "")
	post("updateDataMounts", `[{"source":"azureml://x","sourceType":"URI","mountName":"m","mountAction":"Mount"}]`).want(200)
	post("enableSso", `{"enableSSO":false}`).want(200)
	post("enableSso", `{}`).wantError(400, "InvalidRequestContent", "enableSSO")
	w.ann("GET", wsURL+"/computes/dev", "").want(200).wantAt(at+"idleTimeBeforeShutdown", "PT120M").wantAt(at+"customServices.0.name", "r").
		wantAt(at+"dataMounts.0.mountState", "MountFailed").wantAt(at+"enableSSO", false)
	if s := w.compute("dev").Spec.Instance; s.IdleAfter != 2*time.Hour || !s.IdleSetAt.Equal(w.now) {
		t.Errorf("idle %s since %s", s.IdleAfter, s.IdleSetAt)
	}
	post("updateIdleShutdownSetting", `{"idleTimeBeforeShutdown":null}`).want(200)
	post("customServices", `[]`).want(200)
	w.ann("GET", wsURL+"/computes/dev", "").want(200).wantAt(at+"idleTimeBeforeShutdown", nil).wantAt(at+"customServices.0", nil)
}

func TestCheckName(t *testing.T) {
	w := newWorld(t)
	w.ann("PUT", wsURL+"/computes/dev", dev).want(201)
	w.ann("PUT", otherURL+"/computes/theirs", dev).want(201)
	ask := func(name string) reply {
		return w.ann("POST", wsURL+"/checkComputeNameAvailability", `{"name":"`+name+`","type":"Microsoft.MachineLearningServices/workspaces/computes"}`).want(200)
	}
	ask("fresh").wantAt("nameAvailable", true).wantAt("reason", nil)
	ask("DEV").wantAt("nameAvailable", false).wantAt("reason", "AlreadyExists")
	ask("theirs").wantAt("nameAvailable", false).wantAt("reason", "AlreadyExists")
	ask("1x").wantAt("nameAvailable", false).wantAt("reason", "Invalid")
}

func TestJobsOnInstancesAndAttachedComputes(t *testing.T) {
	w := newWorld(t)
	w.ann("PUT", wsURL+"/computes/dev", dev).want(201)
	w.ann("PUT", wsURL+"/computes/box", richVM).want(201)
	w.ann("PUT", wsURL+"/jobs/j1", jobBody("dev", "")).want(201)
	w.ann("PUT", wsURL+"/jobs/j2", jobBody("dev", `,"resources":{"instanceCount":2}`)).wantError(400, "JobNodeCountExceedsClusterSize", "properties.resources.instanceCount")
	w.ann("PUT", wsURL+"/jobs/j3", jobBody("box", "")).wantError(400, "ComputeTypeNotSupported", "properties.computeId")
	w.ann("POST", wsURL+"/computes/dev/stop", "").want(202)
	w.do(func(tx *store.Tx) error { return nil })
	w.ann("GET", wsURL+"/jobs/j1/why?api-version=2026-11-01-atelier", "").want(200).wantAt("reasons.0.code", atelier.ReasonStopped).
		wantAt("reasons.0.remedies.0", "atelier compute start dev")
}
