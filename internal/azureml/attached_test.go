package azureml

import (
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
)

const arms = "/subscriptions/s/resourceGroups/g/providers/"

// One body for each kind, with every member.
const (
	richAKS = `{"location":"local","properties":{"computeType":"AKS","properties":{"agentCount":3,"agentVmSize":"Standard_DS3_v2","clusterPurpose":"FastProd","clusterFqdn":"x",
"sslConfiguration":{"status":"Enabled","cert":"CERT","key":"hush","cname":"c","leafDomainLabel":"l","overwriteExistingDomain":true},
"aksNetworkingConfiguration":{"subnetId":"/n","serviceCidr":"10.0.0.0/16","dnsServiceIP":"10.0.0.10","dockerBridgeCidr":"172.17.0.1/16"},"loadBalancerType":"PublicIp","loadBalancerSubnet":"n"}}}`
	richKube = `{"location":"local","identity":{"type":"SystemAssigned"},"properties":{"computeType":"Kubernetes","resourceId":"` + arms + `Microsoft.Kubernetes/connectedClusters/c","properties":{"namespace":"ns","vcName":"v",
"relayConnectionString":"hush","serviceBusConnectionString":"hush","extensionPrincipalId":"p","extensionInstanceReleaseTrain":"t","defaultInstanceType":"d",
"instanceTypes":{"d":{"nodeSelector":{"k":"v"},"resources":{"requests":{"cpu":"1"},"limits":{"nvidia.com/gpu":null}}}}}}}`
	richVM = `{"location":"local","properties":{"computeType":"VirtualMachine","resourceId":"` + arms + `Microsoft.Compute/virtualMachines/v","properties":{"sshPort":2222,"hostKey":"SHA256:abc","notebookServerPort":1,"address":"10.0.0.5",
"virtualMachineSize":"Standard_D2","isNotebookInstanceCompute":false,"administratorAccount":{"username":"u","password":"hush","publicKeyData":"PUB","privateKeyData":"hush"}}}}`
	richSpark = `{"location":"local","properties":{"computeType":"SynapseSpark","resourceId":"` + arms + `Microsoft.Synapse/workspaces/sw/bigDataPools/pool","properties":{"autoScaleProperties":{"minNodeCount":1,"maxNodeCount":3,"enabled":true},
"autoPauseProperties":{"delayInMinutes":5,"enabled":true},"sparkVersion":"3.4","nodeCount":3,"nodeSize":"Small","nodeSizeFamily":"MemoryOptimized"}}}`
	richDatabricks = `{"location":"local","properties":{"computeType":"Databricks","resourceId":"` + arms + `Microsoft.Databricks/workspaces/d","properties":{"databricksAccessToken":"hush","workspaceUrl":"https://d"}}}`
	richHDInsight  = `{"location":"local","properties":{"computeType":"HDInsight","properties":{"address":"c-ssh.azurehdinsight.net","administratorAccount":{"username":"u","password":"hush"}}}}`
	richLake       = `{"location":"local","properties":{"computeType":"DataLakeAnalytics","resourceId":"` + arms + `Microsoft.DataLakeAnalytics/accounts/a","properties":{"dataLakeStoreAccountName":"a"}}}`
	richFactory    = `{"location":"local","properties":{"computeType":"DataFactory","resourceId":"` + arms + `Microsoft.DataFactory/factories/f"}}`
)

var attachedBodies = map[string]string{
	"AKS": richAKS, "Kubernetes": richKube, "VirtualMachine": richVM, "SynapseSpark": richSpark, "Databricks": richDatabricks,
	"HDInsight": richHDInsight, "DataLakeAnalytics": richLake, "DataFactory": richFactory,
}

// TestAttachedKinds walks every kind from its attachment to its end: what was sent
// comes back, secrets only by listKeys, and the echo of a GET changes nothing.
func TestAttachedKinds(t *testing.T) {
	for _, k := range atelier.AttachedKinds {
		t.Run(strings.ToLower(k.Name), func(t *testing.T) {
			w := newWorld(t)
			body := attachedBodies[k.Name]
			made := w.ann("PUT", wsURL+"/computes/it-is", body).want(201).wantAt("properties.provisioningState", "Creating")
			got := w.ann("GET", wsURL+"/computes/it-is", "").want(200).wantAt("properties.computeType", k.Name)
			list := w.ann("GET", wsURL+"/computes", "").want(200)
			for _, r := range []reply{made, got, list} {
				if strings.Contains(r.body, "hush") || strings.Contains(r.body, "v1.") {
					t.Errorf("a secret is shown: %s", r.body)
				}
			}
			if got.at("properties.properties") == nil {
				t.Errorf("properties.properties is null: %s", got.body)
			}
			for _, kept := range []string{`"CERT"`, `"PUB"`, `"nvidia.com/gpu":null`, `"3.4"`, `"sshPort":2222`, `"hostKey":"SHA256:abc"`, `"https://d"`, `"azurehdinsight`, `"dataLakeStoreAccountName":"a"`} {
				if sent := strings.Contains(body, kept); sent && !strings.Contains(got.body, kept) {
					t.Errorf("%s is lost: %s", kept, got.body)
				}
			}
			spec := w.compute("it-is").Spec
			for _, sealed := range spec.Attached.Secrets {
				if strings.Contains(sealed, "hush") {
					t.Errorf("a secret is in the store as it is: %q", sealed)
				}
			}
			w.ann("PUT", wsURL+"/computes/it-is", body).want(200)
			w.ann("PUT", wsURL+"/computes/it-is", got.body).want(200)
			if c := w.compute("it-is"); c.Generation != 1 {
				t.Errorf("echoes made generation %d", c.Generation)
			}
			keys := w.ann("POST", wsURL+"/computes/it-is/listKeys", "").want(200).wantAt("computeType", k.Name)
			if strings.Contains(body, "hush") != strings.Contains(keys.body, "hush") {
				t.Errorf("keys: %s", keys.body)
			}
			w.as("eve", "POST", wsURL+"/computes/it-is/listKeys", "").want(403)
			w.ann("POST", wsURL+"/computes/it-is/start", "").wantError(400, "OperationNotSupported", "")
			if spec.Attached.ResourceID != "" {
				w.ann("DELETE", wsURL+"/computes/it-is?underlyingResourceAction=Delete", "").wantError(400, "DeleteNotSupported", "underlyingResourceAction")
			}
			w.ann("DELETE", wsURL+"/computes/it-is?underlyingResourceAction=Detach", "").want(202)
		})
	}
}

func TestKeysHaveTheShapesOfTheClients(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"AKS", "Kubernetes", "VirtualMachine"} {
		w.ann("PUT", wsURL+"/computes/x"+name[:3], attachedBodies[name]).want(201)
	}
	keys := func(name string) reply { return w.ann("POST", wsURL+"/computes/x"+name+"/listKeys", "").want(200) }
	keys("Vir").wantAt("administratorAccount.username", "u").wantAt("administratorAccount.password", "hush").wantAt("administratorAccount.privateKeyData", "hush").wantAt("administratorAccount.publicKeyData", "PUB")
	keys("AKS").wantAt("userKubeConfig", nil).wantAt("sslConfiguration.key", "hush")
	keys("Kub").wantAt("relayConnectionString", "hush")
	w.ann("PUT", wsURL+"/computes/xVir", strings.Replace(richVM, `"password":"hush"`, `"password":"new"`, 1)).want(200)
	keys("Vir").wantAt("administratorAccount.password", "new").wantAt("administratorAccount.privateKeyData", "hush")
}

// TestSecretsInOddSpelling: members are read without regard to case, so they must be
// taken out likewise.
func TestSecretsInOddSpelling(t *testing.T) {
	w := newWorld(t)
	r := w.ann("PUT", wsURL+"/computes/box", strings.Replace(richVM, `"administratorAccount":{"username":"u","password":"hush"`, `"AdministratorAccount":{"Username":"u","PASSWORD":"hush"`, 1)).want(201)
	if strings.Contains(r.body, "hush") {
		t.Errorf("a secret is shown: %s", r.body)
	}
	if r := w.ann("GET", wsURL+"/computes/box", "").want(200); strings.Contains(r.body, "hush") {
		t.Errorf("a secret is shown: %s", r.body)
	}
}

func TestAttachedRules(t *testing.T) {
	const at = "properties.properties."
	for name, tc := range map[string]struct {
		name, body, code, target string
	}{
		"no-resource":      {"kube", `{"properties":{"computeType":"Kubernetes"}}`, "InvalidRequestContent", "properties.resourceId"},
		"wrong-resource":   {"kube", strings.Replace(richKube, "connectedClusters", "things", 1), "InvalidResourceId", "properties.resourceId"},
		"no-arm-id":        {"kube", strings.Replace(richKube, arms, "x/", 1), "InvalidResourceId", "properties.resourceId"},
		"no-address":       {"hdi", `{"properties":{"computeType":"HDInsight","properties":{}}}`, "InvalidRequestContent", "properties.resourceId"},
		"few-cores":        {"aks", strings.Replace(richAKS, `"agentCount":3`, `"agentCount":2`, 1), "InvalidComputeSpec", at + "agentCount"},
		"long-aks-name":    {"a-name-of-seventeen", richAKS, "InvalidComputeName", "name"},
		"odd-aks-name":     {"a1-", richAKS, "InvalidComputeName", "name"},
		"odd-purpose":      {"aks", strings.Replace(richAKS, "FastProd", "Fun", 1), "InvalidComputeSpec", at + "clusterPurpose"},
		"negative-agents":  {"aks", strings.Replace(richAKS, `"agentCount":3`, `"agentCount":-1`, 1), "InvalidComputeSpec", at + "agentCount"},
		"port":             {"box", strings.Replace(richVM, "2222", "70000", 1), "InvalidComputeSpec", at + "sshPort"},
		"wrong-type":       {"box", strings.Replace(richVM, "2222", `"x"`, 1), "InvalidRequestContent", at + "sshPort"},
		"inner-no-object":  {"box", `{"properties":{"computeType":"VirtualMachine","resourceId":"` + arms + `Microsoft.Compute/virtualMachines/v","properties":[1]}}`, "InvalidRequestContent", "properties.properties"},
		"short-other-name": {"ab", richVM, "InvalidComputeName", "name"},
	} {
		t.Run(name, func(t *testing.T) {
			newWorld(t).ann("PUT", wsURL+"/computes/"+tc.name, tc.body).wantError(400, tc.code, tc.target)
		})
	}
	w := newWorld(t)
	w.ann("PUT", wsURL+"/computes/ak", strings.Replace(strings.Replace(richAKS, `"agentCount":3`, `"agentCount":1`, 1), "FastProd", "DevTest", 1)).want(201)
	w.ann("PUT", wsURL+"/computes/kube", richKube).want(201)
	w.ann("PUT", wsURL+"/computes/kube", strings.Replace(richKube, "connectedClusters/c", "connectedClusters/d", 1)).wantError(409, "PropertyChangeNotAllowed", "properties.resourceId")
	w.ann("PUT", wsURL+"/computes/spark", strings.Replace(richSpark, `"properties":{"autoScale`, `"x":{"autoScale`, 1)).want(201).
		wantAt(at+"poolName", "pool").wantAt(at+"workspaceName", "sw").wantAt(at+"sparkVersion", nil)
}

func TestQuotas(t *testing.T) {
	w := newWorld(t)
	set := func(family string, limit string) reply {
		return w.ann("POST", locURL+"/updateQuotas", `{"value":[{"id":"`+wsURL+`/quotas/`+family+`","type":"x","limit":`+limit+`,"unit":"Count"}],"location":"local"}`).want(200)
	}
	status := "value.0.status"
	set("standardDSv2Family", "6").wantAt(status, "Success").wantAt("value.0.limit", 6)
	set("NoFamily", "6").wantAt(status, "InvalidVMFamilyName")
	set("standardDSv2Family", "-2").wantAt(status, "Failure")
	w.ann("PUT", wsURL+"/computes/gpu", gpu).wantError(409, "QuotaExceeded", "properties.properties.vmSize") // 4 nodes of 2
	w.ann("PUT", wsURL+"/computes/gpu", strings.Replace(gpu, `"maxNodeCount":4`, `"maxNodeCount":2`, 1)).want(201)
	w.ann("PUT", wsURL+"/computes/dev", dev).want(201)
	r := w.ann("PUT", wsURL+"/computes/dev2", dev).wantError(409, "QuotaExceeded", "properties.properties.vmSize")
	for _, number := range []string{"hold 2 vCPUs", "may hold 6", "hold 6"} {
		if !strings.Contains(r.body, number) {
			t.Errorf("the message lacks %q: %s", number, r.body)
		}
	}
	w.ann("PATCH", wsURL+"/computes/gpu", `{"properties":{"scaleSettings":{"maxNodeCount":3}}}`).wantError(409, "QuotaExceeded", "properties.properties.vmSize")
	w.ann("POST", wsURL+"/computes/dev/resize", `{"targetVMSize":"Standard_DS3_v2"}`).wantError(409, "QuotaExceeded", "properties.properties.vmSize")
	w.ann("PUT", otherURL+"/computes/theirs", gpu).want(201) // another workspace's is its own
	set("standardDSv2Family", "1").wantAt(status, "InvalidQuotaBelowClusterMinimum")
	set("standardDSv2Family", "2").wantAt(status, "Success")
	w.ann("PATCH", wsURL+"/computes/gpu", `{"properties":{"scaleSettings":{"maxNodeCount":1}}}`).want(200) // less than before passes
	w.ann("GET", locURL+"/usages", "").want(200).wantAt("value.0.name.value", "standardDSv2Family").wantAt("value.0.currentValue", 2+2+8)
	set("standardDSv2Family", "-1").wantAt(status, "Success")
	w.ann("PUT", wsURL+"/computes/dev2", dev).want(201)

	other := `{"value":[{"id":"` + otherURL + `/quotas/standardDSv2Family","limit":1}]}`
	w.as("eve", "POST", locURL+"/updateQuotas", other).want(404)
	w.as("eve", "POST", locURL+"/updateQuotas", strings.Replace(other, "Other", "Main", 1)).want(403)
	w.ann("POST", locURL+"/updateQuotas", `{"value":[{"id":"/x","limit":1}]}`).wantError(400, "InvalidQuotaId", "value[0].id")
}

func TestSizesOfAKind(t *testing.T) {
	w := newWorld(t)
	w.ann("GET", locURL+"/vmSizes?compute_type=computeinstance", "").want(200).wantAt("value.0.supportedComputeTypes.1", "ComputeInstance")
	w.ann("GET", locURL+"/vmSizes?compute_type=AKS", "").want(200).wantAt("value.0", nil)
}
