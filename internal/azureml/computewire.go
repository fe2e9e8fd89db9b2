package azureml

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
)

// computeIn is what may be said in a PUT. Read-only members are not here, and so
// are ignored.
type computeIn struct {
	Location   string      `json:"location"`
	Tags       *arm.Texts  `json:"tags"`
	Identity   *identityIn `json:"identity"`
	Sku        *skuIn      `json:"sku"`
	Properties *struct {
		ComputeType      string          `json:"computeType"`
		ResourceID       string          `json:"resourceId"`
		ComputeLocation  string          `json:"computeLocation"`
		Description      *string         `json:"description"`
		DisableLocalAuth *bool           `json:"disableLocalAuth"`
		ScaleSettings    *scaleIn        `json:"scaleSettings"` // of a PATCH by old clients
		Properties       json.RawMessage `json:"properties"`
	} `json:"properties"`

	kind     string // as Azure spells it; "" in a PATCH until the compute is known
	location string // that was found for it

	// One of them, by the kind: the inner object.
	inner    *clusterIn
	instance *instanceIn
	attached *attachedIn
}

type skuIn struct {
	Name     string `json:"name,omitempty"`
	Tier     string `json:"tier,omitempty"`
	Size     string `json:"size,omitempty"`
	Family   string `json:"family,omitempty"`
	Capacity *int   `json:"capacity,omitempty"`
}

func (in *computeIn) resourceID() string {
	if in.Properties == nil {
		return ""
	}
	return in.Properties.ResourceID
}

type identityIn struct {
	Type                   string                     `json:"type"`
	UserAssignedIdentities map[string]json.RawMessage `json:"userAssignedIdentities"`
}

type refIn struct {
	ID string `json:"id"`
}

type scaleIn struct {
	MaxNodeCount                *int      `json:"maxNodeCount"`
	MinNodeCount                *int      `json:"minNodeCount"`
	NodeIdleTimeBeforeScaleDown *arm.Text `json:"nodeIdleTimeBeforeScaleDown"`
}

type clusterIn struct {
	OSType                 string   `json:"osType"`
	VMSize                 string   `json:"vmSize"`
	VMPriority             string   `json:"vmPriority"`
	VirtualMachineImage    *refIn   `json:"virtualMachineImage"`
	IsolatedNetwork        *bool    `json:"isolatedNetwork"`
	ScaleSettings          *scaleIn `json:"scaleSettings"`
	UserAccountCredentials *struct {
		AdminUserName         string `json:"adminUserName"`
		AdminUserSSHPublicKey string `json:"adminUserSshPublicKey"`
		AdminUserPassword     string `json:"adminUserPassword"`
	} `json:"userAccountCredentials"`
	Subnet                      *refIn `json:"subnet"`
	RemoteLoginPortPublicAccess string `json:"remoteLoginPortPublicAccess"`
	EnableNodePublicIP          *bool  `json:"enableNodePublicIp"`
	PropertyBag                 *struct {
		StrictSize *bool `json:"strictSize"`
	} `json:"propertyBag"`
}

func decodeCompute(r *arm.Request) (*computeIn, error) {
	in := new(computeIn)
	if err := r.Decode(in); err != nil {
		return nil, err
	}
	if in.Properties == nil {
		return nil, missing("properties")
	}
	if in.Properties.ComputeType == "" {
		return nil, missing("properties.computeType")
	}
	in.kind = kindOf(in.Properties.ComputeType)
	return in, in.decodeInner()
}

// kindOf is the kind as Azure spells it; one that there is not stays as it is.
func kindOf(text string) string {
	if k, isAttached := atelier.AttachedKindOf(text); isAttached {
		return k.Name
	}
	return canonical(text, atelier.KindCluster, atelier.KindInstance)
}

func decodePatch(r *arm.Request) (*computeIn, error) {
	in := new(computeIn)
	return in, r.Decode(in)
}

// patches finishes decoding a PATCH once it is known what it is for.
func (in *computeIn) patches(kind string) error {
	in.kind = kind
	if err := in.decodeInner(); err != nil {
		return err
	}
	if in.inner != nil && in.Properties != nil && in.Properties.ScaleSettings != nil {
		in.inner.ScaleSettings = in.Properties.ScaleSettings
	}
	return nil
}

func (in *computeIn) decodeInner() (err error) {
	var raw json.RawMessage
	if in.Properties != nil {
		raw = in.Properties.Properties
	}
	k, isAttached := atelier.AttachedKindOf(in.kind)
	switch {
	case in.kind == atelier.KindCluster:
		if in.inner = new(clusterIn); len(raw) > 0 && string(raw) != "null" {
			return arm.Unmarshal(raw, in.inner, "properties.properties")
		}
	case in.kind == atelier.KindInstance:
		in.instance, err = decodeInstance(raw)
	case isAttached:
		in.attached, err = decodeAttached(k, raw)
	default:
		return unsupportedKind(in.kind)
	}
	return err
}

func missing(target string) error {
	return atelier.Errorf(atelier.Invalid, "InvalidRequestContent", "%s is required", target).At(target)
}

func unsupportedKind(kind string) error {
	names := []string{atelier.KindCluster, atelier.KindInstance}
	for _, k := range atelier.AttachedKinds {
		names = append(names, k.Name)
	}
	return atelier.Errorf(atelier.Unsupported, "ComputeTypeNotSupported",
		"there is no computeType %q; there are %s", kind, strings.Join(names, ", ")).At("properties.computeType")
}

// where is the location that the body asks for on a change, or "". A client that
// gives both means the compute's own.
func (in *computeIn) where(old *atelier.ComputeSpec) string {
	if in.Properties != nil && in.Properties.ComputeLocation != "" {
		return in.Properties.ComputeLocation
	}
	if old.ComputeLocation == "" {
		return in.Location
	}
	return ""
}

// describe takes over what every kind has. What the body leaves out stays.
func (in *computeIn) describe(spec *atelier.ComputeSpec) error {
	if in.Tags != nil {
		spec.Tags = map[string]string(*in.Tags)
		if len(spec.Tags) == 0 {
			spec.Tags = nil
		}
	}
	if p := in.Properties; p != nil {
		spec.Description = deref(p.Description, spec.Description)
		spec.DisableLocalAuth = deref(p.DisableLocalAuth, spec.DisableLocalAuth)
	}
	if in.Sku != nil {
		spec.Sku = (*atelier.Sku)(in.Sku)
	}
	if in.Identity == nil || in.Identity.Type == "" {
		return nil
	}
	id, err := in.Identity.spec()
	if err == nil {
		spec.Identity = id
	}
	return err
}

func (in *identityIn) spec() (*atelier.Identity, error) {
	id := &atelier.Identity{Type: in.Type}
	switch kind := normal(in.Type); kind {
	case "none", "systemassigned":
	case "userassigned":
		if len(in.UserAssignedIdentities) == 0 {
			return nil, atelier.Errorf(atelier.Invalid, "InvalidIdentity",
				"identity.type is UserAssigned, and identity.userAssignedIdentities names none; name at least one").At("identity.userAssignedIdentities")
		}
		id.User = map[string]atelier.IdentityMember{}
		for name := range in.UserAssignedIdentities {
			id.User[name] = atelier.IdentityMember{}
		}
	case "systemassigned,userassigned":
		return nil, atelier.Errorf(atelier.Invalid, "InvalidIdentity",
			"a compute can have a system-assigned identity or user-assigned ones, not both; choose one").At("identity.type")
	default:
		return nil, atelier.Errorf(atelier.Invalid, "InvalidIdentity",
			"identity.type is %q; it must be None, SystemAssigned or UserAssigned", in.Type).At("identity.type")
	}
	return id, nil
}

// cluster is the spec that the body asks for. What it leaves out is as it was, or
// at first Azure's default. The administrator's password is already hashed; one in
// the body of a change never counts.
func (in *computeIn) cluster(old *atelier.ClusterSpec) (*atelier.ClusterSpec, error) {
	cl := in.inner
	if cl == nil {
		cl = new(clusterIn)
	}
	s := atelier.ClusterSpec{Priority: atelier.Dedicated, Max: 1, IdleAfter: atelier.DefaultIdle, RemoteLogin: "NotSpecified", OSType: "Linux"}
	if old != nil {
		s = *old
	}
	set(&s.Size, cl.VMSize)
	set(&s.Priority, canonical(cl.VMPriority, atelier.Dedicated, atelier.LowPriority))
	set(&s.RemoteLogin, canonical(cl.RemoteLoginPortPublicAccess, "Enabled", "Disabled", "NotSpecified"))
	set(&s.OSType, canonical(cl.OSType, "Linux", "Windows"))
	if cl.VirtualMachineImage != nil {
		set(&s.Image, cl.VirtualMachineImage.ID)
	}
	if cl.Subnet != nil {
		set(&s.Subnet, cl.Subnet.ID)
	}
	s.Isolated = deref(cl.IsolatedNetwork, s.Isolated)
	s.NoPublicIP = !deref(cl.EnableNodePublicIP, !s.NoPublicIP)
	if cl.PropertyBag != nil {
		s.StrictSize = deref(cl.PropertyBag.StrictSize, s.StrictSize)
	}
	if u := cl.UserAccountCredentials; u != nil {
		set(&s.AdminUser, u.AdminUserName)
		set(&s.AdminKey, u.AdminUserSSHPublicKey)
		if old == nil {
			s.AdminPassHash = u.AdminUserPassword
		}
	}
	return &s, cl.ScaleSettings.apply(&s, old == nil)
}

func (in *scaleIn) apply(s *atelier.ClusterSpec, isNew bool) error {
	const at = "properties.properties.scaleSettings."
	if in == nil {
		return nil
	}
	if in.MaxNodeCount == nil && isNew {
		return missing(at + "maxNodeCount")
	}
	s.Max = deref(in.MaxNodeCount, s.Max)
	s.Min = deref(in.MinNodeCount, s.Min)
	if in.NodeIdleTimeBeforeScaleDown == nil {
		return nil
	}
	text := string(*in.NodeIdleTimeBeforeScaleDown)
	d, err := duration(text)
	if err != nil {
		return atAs(err, at+"nodeIdleTimeBeforeScaleDown")
	}
	s.IdleAfter, s.IdleText = d, text
	if text == atelier.FormatDuration(d) {
		s.IdleText = "" // nothing to keep
	}
	return nil
}

// duration reads ISO 8601, or a number of seconds.
func duration(text string) (time.Duration, error) {
	if text != "" && strings.Trim(text, "0123456789") == "" {
		text = "PT" + text + "S"
	}
	return atelier.ParseDuration(text)
}

// atAs names the part of the request that an error is about.
func atAs(err error, target string) error {
	if e, ok := err.(*atelier.Error); ok { //nolint:errorlint // made just now, not wrapped
		return e.At(target)
	}
	return fmt.Errorf("%s: %w", target, err)
}

func set(field *string, value string) {
	if value != "" {
		*field = value
	}
}

// canonical is the spelling of the value among those that are possible; one that
// is not among them stays as it is, for Validate to refuse.
func canonical(value string, possible ...string) string {
	for _, p := range possible {
		if strings.EqualFold(value, p) {
			return p
		}
	}
	return value
}

// computeOut is a compute as GET shows it (wire A.10), with null where the service
// has null.
type computeOut struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Type       string            `json:"type"`
	Location   string            `json:"location"`
	Tags       map[string]string `json:"tags"`
	Identity   *identityOut      `json:"identity,omitempty"`
	Sku        *atelier.Sku      `json:"sku,omitempty"`
	SystemData *systemData       `json:"systemData,omitempty"` // ours: Azure says null of computes
	Properties computeProps      `json:"properties"`
}

type identityOut struct {
	Type        string                            `json:"type"`
	PrincipalID string                            `json:"principalId,omitempty"`
	TenantID    string                            `json:"tenantId,omitempty"`
	User        map[string]atelier.IdentityMember `json:"userAssignedIdentities,omitempty"`
}

type computeProps struct {
	CreatedOn            string           `json:"createdOn"`
	ModifiedOn           string           `json:"modifiedOn"`
	DisableLocalAuth     bool             `json:"disableLocalAuth"`
	Description          *string          `json:"description"`
	ResourceID           *string          `json:"resourceId"`
	ComputeType          string           `json:"computeType"`
	ComputeLocation      string           `json:"computeLocation,omitempty"`
	ProvisioningState    string           `json:"provisioningState" api:"enum=Creating|Updating|Succeeded|Failed|Deleting"`
	ProvisioningErrors   []arm.Wrapped    `json:"provisioningErrors"`
	ProvisioningWarnings any              `json:"provisioningWarnings"` // {} or a list
	IsAttachedCompute    bool             `json:"isAttachedCompute"`
	Reasons              []atelier.Reason `json:"reasons,omitempty"`     // ours
	Permissions          []string         `json:"permissions,omitempty"` // ours: what the caller may do with it
	Preview              *previewOut      `json:"preview,omitempty"`     // ours: only of a dry run
	Properties           any              `json:"properties"`            // *amlComputeOut, or a map with every member of the kind
}

type amlComputeOut struct {
	VMSize                        string          `json:"vmSize"`
	VMPriority                    string          `json:"vmPriority"`
	ScaleSettings                 scaleOut        `json:"scaleSettings"`
	UserAccountCredentials        *userOut        `json:"userAccountCredentials,omitempty"`
	Subnet                        *refIn          `json:"subnet"`
	CurrentNodeCount              *int            `json:"currentNodeCount"`
	TargetNodeCount               *int            `json:"targetNodeCount"`
	NodeStateCounts               *atelier.Counts `json:"nodeStateCounts"`
	AllocationState               *string         `json:"allocationState"`
	AllocationStateTransitionTime *string         `json:"allocationStateTransitionTime,omitempty"`
	Errors                        []arm.Wrapped   `json:"errors"`
	RemoteLoginPortPublicAccess   string          `json:"remoteLoginPortPublicAccess"`
	OSType                        string          `json:"osType"`
	VirtualMachineImage           *refIn          `json:"virtualMachineImage"`
	IsolatedNetwork               bool            `json:"isolatedNetwork"`
	EnableNodePublicIP            bool            `json:"enableNodePublicIp"`
	EnableBatchPrivateLink        bool            `json:"enableBatchPrivateLink"`
	PropertyBag                   map[string]any  `json:"propertyBag,omitzero"`
}

type scaleOut struct {
	MaxNodeCount                int    `json:"maxNodeCount"`
	MinNodeCount                int    `json:"minNodeCount"`
	NodeIdleTimeBeforeScaleDown string `json:"nodeIdleTimeBeforeScaleDown"`
}

type userOut struct {
	AdminUserName         string  `json:"adminUserName"`
	AdminUserPassword     *string `json:"adminUserPassword"` // write-only: always null
	AdminUserSSHPublicKey *string `json:"adminUserSshPublicKey"`
}

func (a *API) computeOut(w *atelier.Workspace, c *atelier.Compute) *computeOut {
	out := &computeOut{
		ID: armID(w, "computes", c.Name), Name: c.Name, Type: ws + "computes",
		Location: c.Spec.LocationText, Tags: nonNil(c.Spec.Tags),
		Properties: computeProps{
			CreatedOn: stamp(c.CreatedAt), ModifiedOn: stamp(c.UpdatedAt),
			DisableLocalAuth: c.Spec.DisableLocalAuth, Description: textOrNil(c.Spec.Description),
			ComputeType: c.Spec.Kind, ComputeLocation: c.Spec.ComputeLocation,
			ProvisioningState: string(c.Shown()), ProvisioningWarnings: a.warnings(c), Reasons: c.Status.Reasons,
		},
	}
	if out.Properties.ComputeLocation == "" {
		out.Properties.ComputeLocation = c.Spec.LocationText
	}
	if i := c.Spec.Identity; i != nil {
		out.Identity = &identityOut{Type: i.Type, PrincipalID: i.PrincipalID, TenantID: i.TenantID, User: i.User}
	}
	out.Sku = c.Spec.Sku
	failed := c.Shown() == atelier.Failed
	if failed {
		out.Properties.ProvisioningErrors = wrapAll(c.Status.Errors)
	}
	switch {
	case c.Spec.Cluster != nil:
		cl := clusterOutOf(c)
		if !failed {
			cl.Errors = wrapAll(c.Status.Errors)
		}
		out.Properties.Properties = &cl
	case c.Spec.Instance != nil:
		out.Properties.Properties = a.instanceOut(c)
	case c.Spec.Attached != nil:
		out.Properties.ResourceID = textOrNil(c.Spec.Attached.ResourceID)
		out.Properties.IsAttachedCompute = c.Spec.Attached.ResourceID != "" || c.Spec.Kind != atelier.KindAKS
		out.Properties.Properties = attachedOut(c)
	}
	return out
}

func clusterOutOf(c *atelier.Compute) amlComputeOut {
	s, st := c.Spec.Cluster, c.Status
	state := "Steady"
	if st.Resizing {
		state = "Resizing"
	}
	out := amlComputeOut{
		VMSize: s.Size, VMPriority: s.Priority, ScaleSettings: scaleOut{s.Max, s.Min, idleText(s)},
		Subnet: refOrNil(s.Subnet), CurrentNodeCount: &st.Current, TargetNodeCount: &st.Target, NodeStateCounts: &st.Counts,
		AllocationState: &state, RemoteLoginPortPublicAccess: s.RemoteLogin, OSType: s.OSType,
		VirtualMachineImage: refOrNil(s.Image), IsolatedNetwork: s.Isolated, EnableNodePublicIP: !s.NoPublicIP, PropertyBag: map[string]any{},
	}
	since := st.ResizingSince
	if since.IsZero() {
		since = c.CreatedAt
	}
	changed := stamp(since)
	out.AllocationStateTransitionTime = &changed
	if s.StrictSize {
		out.PropertyBag["strictSize"] = true
	}
	if s.AdminUser != "" {
		out.UserAccountCredentials = &userOut{AdminUserName: s.AdminUser, AdminUserSSHPublicKey: textOrNil(s.AdminKey)}
	}
	return out
}

// created makes of what GET shows what the service answers to the PUT that creates:
// nothing that is only known later.
func created(out *computeOut, in *computeIn) *computeOut {
	if in.Tags == nil || len(*in.Tags) == 0 {
		out.Tags = nil
	}
	p := &out.Properties
	p.ComputeLocation, p.ProvisioningWarnings, p.Reasons = "", nil, nil
	if inner, isInstance := p.Properties.(map[string]any); isInstance && p.ComputeType == atelier.KindInstance {
		p.Properties = createdInstance(inner)
	}
	cl, isCluster := p.Properties.(*amlComputeOut)
	if !isCluster {
		return out
	}
	cl.UserAccountCredentials, cl.CurrentNodeCount, cl.TargetNodeCount = nil, nil, nil
	cl.NodeStateCounts, cl.AllocationState, cl.AllocationStateTransitionTime, cl.PropertyBag = nil, nil, nil, nil
	return out
}

// warnings is {} as on Azure, or the list of what is not as the user asked.
func (a *API) warnings(c *atelier.Compute) any {
	if list := a.problems(c); len(list) > 0 {
		return list
	}
	return struct{}{}
}

// problems are what is not as the user asked.
func (a *API) problems(c *atelier.Compute) []atelier.Problem {
	list := append([]atelier.Problem{}, c.Status.Warnings...)
	if size := c.Spec.VMSize(); size != "" && a.Catalogs[c.Spec.Location] != nil {
		if _, short, err := a.Catalogs[c.Spec.Location].Fit(size); err == nil && short != "" {
			list = append(list, atelier.Problem{
				Code: "SizeNotAvailableInFull", Target: "vmSize",
				Message: "nodes have less than " + size + " says: " + short + "; they get what there is",
			})
		}
	}
	var subnet, image string
	switch {
	case c.Spec.Cluster != nil:
		subnet, image = c.Spec.Cluster.Subnet, c.Spec.Cluster.Image
	case c.Spec.Instance != nil:
		subnet = c.Spec.Instance.Subnet
		list = append(list, instanceWarnings(c.Spec.Instance)...)
	}
	for _, f := range []struct{ field, value string }{{"subnet", subnet}, {"virtualMachineImage", image}} {
		if f.value != "" {
			list = append(list, atelier.Problem{
				Code: "NotEnforced", Target: f.field,
				Message: f.field + " is kept but has no effect at location " + c.Spec.Location,
			})
		}
	}
	return list
}

func wrapAll(problems []atelier.Problem) []arm.Wrapped {
	var list []arm.Wrapped
	for _, p := range problems {
		list = append(list, arm.Wrap(p))
	}
	return list
}

func idleText(s *atelier.ClusterSpec) string {
	if s.IdleText != "" {
		return s.IdleText
	}
	return atelier.FormatDuration(s.IdleAfter)
}

func refOrNil(id string) *refIn {
	if id == "" {
		return nil
	}
	return &refIn{id}
}

func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// armID is the ARM ID of something in a workspace.
func armID(w *atelier.Workspace, parts ...string) string {
	return arm.WorkspacePath(w.Subscription, w.ResourceGroup, w.Name) + "/" + strings.Join(parts, "/")
}
