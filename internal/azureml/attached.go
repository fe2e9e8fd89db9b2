package azureml

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

// attachedIn is the inner object of a compute that Atelier keeps and does not drive.
type attachedIn struct {
	kind    atelier.AttachedKind
	fields  map[string]json.RawMessage
	secrets map[string]string // by path, as sent
	plain   map[string]string // texts and numbers that rules look at
}

// attachedShape is every member of these kinds whose type clients rely on.
type attachedShape struct {
	// AKS
	AgentCount       *int   `json:"agentCount"`
	AgentVMSize      string `json:"agentVmSize"`
	ClusterFqdn      string `json:"clusterFqdn"`
	ClusterPurpose   string `json:"clusterPurpose"`
	LoadBalancerType string `json:"loadBalancerType"`
	LoadBalancer     string `json:"loadBalancerSubnet"`
	SSL              *struct {
		Status string `json:"status"`
		Cert   string `json:"cert"`
		Key    string `json:"key"`
		CName  string `json:"cname"`
		Label  string `json:"leafDomainLabel"`
		Over   *bool  `json:"overwriteExistingDomain"`
	} `json:"sslConfiguration"`
	Network *struct {
		SubnetID string `json:"subnetId"`
		Service  string `json:"serviceCidr"`
		DNS      string `json:"dnsServiceIP"`
		Bridge   string `json:"dockerBridgeCidr"`
	} `json:"aksNetworkingConfiguration"`
	// Kubernetes
	Relay         string                      `json:"relayConnectionString"`
	Bus           string                      `json:"serviceBusConnectionString"`
	Principal     string                      `json:"extensionPrincipalId"`
	Train         string                      `json:"extensionInstanceReleaseTrain"`
	VC            string                      `json:"vcName"`
	Namespace     string                      `json:"namespace"`
	DefaultType   string                      `json:"defaultInstanceType"`
	InstanceTypes map[string]*json.RawMessage `json:"instanceTypes"`
	// VirtualMachine, HDInsight
	VMSize       string `json:"virtualMachineSize"`
	SSHPort      *int   `json:"sshPort"`
	NotebookPort *int   `json:"notebookServerPort"`
	Address      string `json:"address"`
	Account      *struct {
		Username   string `json:"username"`
		Password   string `json:"password"`
		PublicKey  string `json:"publicKeyData"`
		PrivateKey string `json:"privateKeyData"`
	} `json:"administratorAccount"`
	IsNotebook *bool `json:"isNotebookInstanceCompute"`
	// Databricks, DataLakeAnalytics
	Token string `json:"databricksAccessToken"`
	URL   string `json:"workspaceUrl"`
	Store string `json:"dataLakeStoreAccountName"`
	// SynapseSpark
	AutoScale *struct {
		Min     *int  `json:"minNodeCount"`
		Max     *int  `json:"maxNodeCount"`
		Enabled *bool `json:"enabled"`
	} `json:"autoScaleProperties"`
	AutoPause *struct {
		Delay   *int  `json:"delayInMinutes"`
		Enabled *bool `json:"enabled"`
	} `json:"autoPauseProperties"`
	SparkVersion string `json:"sparkVersion"`
	NodeCount    *int   `json:"nodeCount"`
	NodeSize     string `json:"nodeSize"`
	NodeFamily   string `json:"nodeSizeFamily"`
}

func decodeAttached(kind atelier.AttachedKind, raw json.RawMessage) (*attachedIn, error) {
	in := &attachedIn{kind: kind, fields: map[string]json.RawMessage{}, secrets: map[string]string{}, plain: map[string]string{}}
	if len(raw) == 0 || string(raw) == "null" {
		return in, nil
	}
	const at = "properties.properties"
	shape := new(attachedShape)
	if err := arm.Unmarshal(raw, shape, at); err != nil {
		return nil, err
	}
	object, err := objectOf(raw, at)
	if err != nil {
		return nil, err
	}
	dropMembers(object, kind.ReadOnly)
	for _, path := range kind.Secrets {
		if s := takeText(object, path); s != "" {
			in.secrets[path] = s
		}
	}
	in.fields = membersOf(object)
	in.plain["address"], in.plain["workspaceUrl"], in.plain["dataLakeStoreAccountName"] = shape.Address, shape.URL, shape.Store
	return in, shape.check()
}

func (s *attachedShape) check() error {
	const at = "properties.properties."
	for _, c := range []struct{ target, value, possible string }{
		{"clusterPurpose", s.ClusterPurpose, "FastProd DenseProd DevTest"},
		{"loadBalancerType", s.LoadBalancerType, "PublicIp InternalLoadBalancer"},
	} {
		if c.value != "" && !contains(strings.Fields(c.possible), c.value) {
			return atelier.Errorf(atelier.Invalid, "InvalidComputeSpec", "%s is %q; it must be one of %s", c.target, c.value, strings.Join(strings.Fields(c.possible), ", ")).At(at + c.target)
		}
	}
	if s.AgentCount != nil && *s.AgentCount < 0 {
		return atelier.Errorf(atelier.Invalid, "InvalidComputeSpec", "agentCount is %d; it must be 0 or more", *s.AgentCount).At(at + "agentCount")
	}
	if s.SSHPort != nil && (*s.SSHPort < 0 || *s.SSHPort > 65535) {
		return atelier.Errorf(atelier.Invalid, "InvalidComputeSpec", "sshPort is %d; it must be a port, 1 to 65535", *s.SSHPort).At(at + "sshPort")
	}
	return nil
}

// attached is the spec that the body asks for. What it leaves out is as it was.
func (a *API) attached(c *atelier.Compute, in *computeIn, old *atelier.AttachedSpec) (*atelier.AttachedSpec, error) {
	inner := in.attached
	s := atelier.AttachedSpec{Fields: map[string]json.RawMessage{}, Secrets: map[string]string{}}
	if old != nil {
		s.ResourceID = old.ResourceID
		maps.Copy(s.Fields, old.Fields)
		maps.Copy(s.Secrets, old.Secrets)
	}
	if id := in.resourceID(); id != "" {
		if old != nil && !strings.EqualFold(id, old.ResourceID) {
			return nil, atelier.Errorf(atelier.Conflict, "PropertyChangeNotAllowed",
				"resourceId cannot change after the compute was attached: it is %q, the request asks for %q; detach the compute and attach the other", old.ResourceID, id).At("properties.resourceId")
		}
		if old == nil {
			s.ResourceID = id
		}
	}
	for _, name := range sorted(inner.fields) {
		s.Fields[name] = inner.fields[name]
	}
	if old == nil {
		if err := inner.kind.CheckResource(s.ResourceID, inner.plain[inner.kind.Or]); err != nil {
			return nil, err
		}
		attachedDefaults(inner.kind.Name, &s)
	}
	for _, path := range sorted(inner.secrets) {
		aad := string(c.ID) + "#" + path
		if was, err := a.Open(aad, s.Secrets[path]); s.Secrets[path] == "" || err != nil || was != inner.secrets[path] {
			s.Secrets[path] = a.Seal(aad, inner.secrets[path])
		}
	}
	if len(s.Secrets) == 0 {
		s.Secrets = nil
	}
	if len(s.Fields) == 0 {
		s.Fields = nil
	}
	if inner.kind.Name == atelier.KindAKS && s.ResourceID == "" {
		return &s, a.checkAKS(c, in, &s)
	}
	return &s, nil
}

// attachedDefaults makes Azure's defaults explicit, so that the echo of a GET
// changes nothing.
func attachedDefaults(kind string, s *atelier.AttachedSpec) {
	defaults := map[string]any{}
	switch kind {
	case atelier.KindAKS:
		if s.ResourceID == "" {
			defaults = map[string]any{"agentCount": 3, "agentVmSize": "Standard_D3_v2", "clusterPurpose": "FastProd", "loadBalancerType": "PublicIp"}
			if text(s.Fields["clusterPurpose"]) == "DevTest" {
				defaults["agentCount"] = 1
			}
		}
	case atelier.KindKubernetes:
		defaults["namespace"] = "default"
	case atelier.KindVM, "HDInsight":
		defaults["sshPort"] = 22
	case atelier.KindSpark:
		seg := strings.Split(s.ResourceID, "/")
		for i, name := range []string{2: "subscriptionId", 4: "resourceGroup", 8: "workspaceName", 10: "poolName"} {
			if name != "" && i < len(seg) {
				defaults[name] = seg[i]
			}
		}
	}
	for name, raw := range membersOf(defaults) {
		if _, given := s.Fields[name]; !given {
			s.Fields[name] = raw
		}
	}
}

func text(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s) // "" for what is no text
	return s
}

// checkAKS holds the rule that a production cluster has 12 vCPUs (behaviour 11).
func (a *API) checkAKS(c *atelier.Compute, in *computeIn, s *atelier.AttachedSpec) error {
	size, count := text(s.Fields["agentVmSize"]), 0
	if err := json.Unmarshal(s.Fields["agentCount"], &count); err != nil {
		return fmt.Errorf("read agentCount: %w", err)
	}
	loc := c.Spec.Location
	if loc == "" {
		loc = in.location
	}
	of, _, err := a.Catalogs[loc].Fit(size)
	if err != nil {
		return atAs(err, "properties.properties.agentVmSize")
	}
	if cores := count * of.VCPUs; text(s.Fields["clusterPurpose"]) != "DevTest" && cores < atelier.MinAKSCores {
		return atelier.Errorf(atelier.Invalid, "InvalidComputeSpec",
			"%d nodes of %s have %d vCPUs; a production cluster needs at least %d: raise agentCount to %d, take a larger size, or make it a DevTest cluster",
			count, of.Name, cores, atelier.MinAKSCores, (atelier.MinAKSCores+of.VCPUs-1)/of.VCPUs).At("properties.properties.agentCount")
	}
	return nil
}

// attachedMembers are what GET shows of each kind even if nobody said it.
var attachedMembers = map[string]string{
	atelier.KindAKS: "clusterFqdn systemServices agentCount agentVmSize clusterPurpose sslConfiguration aksNetworkingConfiguration loadBalancerType loadBalancerSubnet",
	atelier.KindKubernetes: "relayConnectionString serviceBusConnectionString extensionPrincipalId extensionInstanceReleaseTrain vcName namespace " +
		"defaultInstanceType instanceTypes",
	atelier.KindVM:         "virtualMachineSize sshPort notebookServerPort address administratorAccount isNotebookInstanceCompute",
	"HDInsight":            "sshPort address administratorAccount",
	atelier.KindDatabricks: "databricksAccessToken workspaceUrl",
	"DataLakeAnalytics":    "dataLakeStoreAccountName",
	atelier.KindSpark: "autoScaleProperties autoPauseProperties sparkVersion nodeCount nodeSize nodeSizeFamily subscriptionId resourceGroup " +
		"workspaceName poolName",
}

// attachedOut is the inner object: never null, because clients look into it.
func attachedOut(c *atelier.Compute) map[string]any {
	out := map[string]any{}
	for _, name := range strings.Fields(attachedMembers[c.Spec.Kind]) {
		out[name] = nil
	}
	for name, raw := range c.Spec.Attached.Fields {
		out[name] = raw
	}
	return out
}

// listKeys shows the secrets of a compute, to who may have them.
func (a *API) listKeys(r *arm.Request) (int, any, error) {
	var out map[string]any
	err := a.read(r, func(tx *store.Tx, _ *atelier.Workspace) error {
		c, err := computeOf(tx, r)
		if err != nil {
			return err
		}
		s := c.Spec.Attached
		if s == nil {
			return noVerb("listKeys", c)
		}
		out = map[string]any{"computeType": c.Spec.Kind}
		if c.Spec.Kind == atelier.KindAKS {
			out["userKubeConfig"], out["adminKubeConfig"], out["imagePullSecretName"] = nil, nil, nil
		}
		k, _ := atelier.AttachedKindOf(c.Spec.Kind)
		for _, path := range k.Secrets {
			if err := a.showSecret(c, path, out); err != nil {
				return err
			}
		}
		return nil
	})
	return ok, out, err
}

// showSecret puts the secret at the path into out, beside what else is there.
func (a *API) showSecret(c *atelier.Compute, path string, out map[string]any) error {
	var value any
	if sealed := c.Spec.Attached.Secrets[path]; sealed != "" {
		plain, err := a.Open(string(c.ID)+"#"+path, sealed)
		if err != nil {
			return fmt.Errorf("open %s of %s: %w", strconv.Quote(path), c.ID, err)
		}
		value = plain
	}
	name, rest, nested := strings.Cut(path, ".")
	if !nested {
		out[name] = value
		return nil
	}
	inner, _ := out[name].(map[string]any)
	if inner == nil {
		_ = json.Unmarshal(c.Spec.Attached.Fields[name], &inner) // nothing but secrets was sent
		if inner == nil {
			inner = map[string]any{}
		}
		out[name] = inner
	}
	inner[rest] = value
	return nil
}
