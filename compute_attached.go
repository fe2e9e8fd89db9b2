package atelier

import (
	"encoding/json"
	"slices"
	"strings"
)

// AttachedSpec is a compute that exists outside Atelier, or one of a kind that
// Atelier cannot make yet: it is kept as its user described it, and runs no jobs.
type AttachedSpec struct {
	ResourceID string                     `json:"resourceId,omitempty"`
	Fields     map[string]json.RawMessage `json:"fields,omitempty"`  // as sent, without what is read-only or secret
	Secrets    map[string]string          `json:"secrets,omitempty"` // sealed, by path: "administratorAccount.password"
}

// AttachedKind is what is known of a computeType whose machines are not Atelier's.
type AttachedKind struct {
	Name     string
	What     string   // in words
	Resource []string // one of these types must be in resourceId; nil: any
	Or       string   // the property that can stand for resourceId
	Optional bool     // neither is needed
	Secrets  []string // paths in properties that are secret
	ReadOnly []string // members of properties that the service says
}

// Kinds of computes that are not Atelier's own.
const (
	KindAKS        = "AKS"
	KindKubernetes = "Kubernetes"
	KindSpark      = "SynapseSpark"
	KindDatabricks = "Databricks"
	KindVM         = "VirtualMachine"
)

var account = []string{"administratorAccount.password", "administratorAccount.privateKeyData", "administratorAccount.privateKeyPassphrase"}

// AttachedKinds are they, as Azure spells them (behaviour 1.3 to 1.5).
var AttachedKinds = []AttachedKind{
	{
		Name: KindAKS, What: "an inference cluster", Resource: []string{"Microsoft.ContainerService/managedClusters"}, Optional: true,
		Secrets: []string{"sslConfiguration.key"}, ReadOnly: []string{"systemServices"},
	},
	{
		Name: KindKubernetes, What: "a Kubernetes cluster",
		Resource: []string{"Microsoft.ContainerService/managedClusters", "Microsoft.Kubernetes/connectedClusters"},
		Secrets:  []string{"relayConnectionString", "serviceBusConnectionString"},
	},
	{Name: KindVM, What: "a virtual machine", Resource: []string{"Microsoft.Compute/virtualMachines"}, Or: "address", Secrets: account},
	{Name: "HDInsight", What: "an HDInsight cluster", Resource: []string{"Microsoft.HDInsight/clusters"}, Or: "address", Secrets: account},
	{Name: "DataFactory", What: "a data factory", Optional: true},
	{
		Name: KindDatabricks, What: "a Databricks workspace", Resource: []string{"Microsoft.Databricks/workspaces"}, Or: "workspaceUrl",
		Secrets: []string{"databricksAccessToken"},
	},
	{Name: "DataLakeAnalytics", What: "a Data Lake Analytics account", Resource: []string{"Microsoft.DataLakeAnalytics/accounts"}, Or: "dataLakeStoreAccountName"},
	{Name: KindSpark, What: "a Synapse Spark pool", Resource: []string{"Microsoft.Synapse/workspaces"}},
}

// AttachedKindOf finds a kind by its name in any case.
func AttachedKindOf(name string) (AttachedKind, bool) {
	i := slices.IndexFunc(AttachedKinds, func(k AttachedKind) bool { return strings.EqualFold(k.Name, name) })
	if i < 0 {
		return AttachedKind{}, false
	}
	return AttachedKinds[i], true
}

// CheckResource reports what is wrong with the resource that is to be attached. Or
// is the value of the property that can stand for it.
func (k AttachedKind) CheckResource(id, or string) error {
	const at = "properties.resourceId"
	switch {
	case id == "" && (k.Optional || k.Or != "" && or != ""):
		return nil
	case id == "" && k.Or != "":
		return Errorf(Invalid, "InvalidRequestContent", "properties.resourceId, or properties.properties.%s, is required to attach %s", k.Or, k.What).At(at)
	case id == "":
		return Errorf(Invalid, "InvalidRequestContent", "properties.resourceId is required to attach %s", k.What).At(at)
	case !strings.HasPrefix(fold(id), "/subscriptions/"):
		return Errorf(Invalid, "InvalidResourceId", "resourceId is %q; it must be the ARM ID of %s: /subscriptions/…", id, k.What).At(at)
	}
	for _, t := range k.Resource {
		if strings.Contains(fold(id), "/providers/"+fold(t)+"/") {
			return nil
		}
	}
	if k.Resource == nil {
		return nil
	}
	return Errorf(Invalid, "InvalidResourceId", "resourceId is %q; for computeType %s it must be the ARM ID of a %s", id, k.Name, strings.Join(k.Resource, " or of a ")).At(at)
}

// NotDriven says why no job can run on a compute of the kind.
func (k AttachedKind) NotDriven() Problem {
	return Problem{
		Code:    "ComputeTypeNotDriven",
		Message: "Atelier keeps this compute (" + k.What + ") but cannot run anything on it yet; jobs for it are refused, use a cluster or an instance",
	}
}

// Lengths of the name of an AKS cluster (behaviour 11, trap 1).
const (
	minAKSName = 2
	maxAKSName = 16
)

// CheckAKSName is CheckComputeName for inference clusters, whose names are shorter.
func CheckAKSName(name string) error {
	long := name
	if len(name) == minAKSName {
		long += "x" // the other rules do not depend on it
	}
	if n := len(name); n < minAKSName || n > maxAKSName {
		return Errorf(Invalid, "InvalidComputeName", "compute name %q is not valid: the name of an inference cluster must have between %d and %d characters and has %d", name, minAKSName, maxAKSName, n).At("name")
	}
	if brokenRule(long) != "" {
		return CheckComputeName(name)
	}
	return nil
}

// MinAKSCores is what a production inference cluster must have (behaviour 11, trap 2).
const MinAKSCores = 12
