package cli

import (
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
)

// clusterFile is what an amlCompute file, or the flags that stand for one, asks for.
// A nil number was not given.
type clusterFile struct {
	Name        string
	Location    string
	Description string
	Tags        map[string]string
	Size        string
	Priority    string // Dedicated or LowPriority
	Min, Max    int
	Idle        time.Duration
	HasMin      bool
	HasMax      bool
	HasIdle     bool
	PublicSSH   string // Enabled, Disabled or NotSpecified
	AdminUser   string
	AdminKey    string
	AdminPass   string
	Subnet      string
	Identity    string
	Identities  []string
	NoPublicIP  bool
	StrictSizes bool
}

// readCluster reads a file of Azure ML's amlCompute schema.
func readCluster(name string, src []byte) (*clusterFile, error) {
	f, root, err := openYAML(name, src)
	if err != nil {
		return nil, err
	}
	if t := schemaType(f, root); t != "amlcompute" {
		return nil, wrongType(name, t, "amlcompute")
	}
	c := &clusterFile{PublicSSH: "NotSpecified"}
	idle, vnet, subnet := 0, "", ""
	ssh, publicIP := false, true
	var at value
	f.mapping(root, "an amlCompute file", schema{
		"$schema": nil, "type": nil, "id": nil, "resource_id": nil, "provisioning_state": nil, "provisioning_errors": nil, "created_on": nil,
		"name":          f.str(&c.Name),
		"location":      f.str(&c.Location),
		"description":   f.str(&c.Description),
		"tags":          f.strings(&c.Tags, "tags"),
		"size":          f.str(&c.Size),
		"tier":          f.oneOf(&c.Priority, [2]string{"dedicated", atelier.Dedicated}, [2]string{"low_priority", atelier.LowPriority}),
		"min_instances": given(&c.HasMin, f.integer(&c.Min, 0, atelier.MaxNodes)),
		"max_instances": given(&c.HasMax, f.integer(&c.Max, 1, atelier.MaxNodes)),
		"idle_time_before_scale_down": given(&c.HasIdle, func(v *value) {
			f.integer(&idle, 0, 365*24*3600)(v)
			c.Idle = time.Duration(idle) * time.Second
		}),
		"ssh_public_access_enabled": func(v *value) {
			f.boolean(&ssh)(v)
			c.PublicSSH = map[bool]string{true: "Enabled", false: "Disabled"}[ssh]
		},
		"ssh_settings": func(v *value) {
			f.mapping(v, "ssh_settings", schema{
				"admin_username": f.str(&c.AdminUser), "admin_password": f.str(&c.AdminPass), "ssh_key_value": f.str(&c.AdminKey),
			})
		},
		"network_settings": func(v *value) {
			at = *v
			f.mapping(v, "network_settings", schema{
				"vnet_name": f.str(&vnet), "subnet": f.str(&subnet), "public_ip_address": nil, "private_ip_address": nil,
			})
		},
		"identity":              f.identity(&c.Identity, &c.Identities),
		"enable_node_public_ip": f.boolean(&publicIP),
	})
	c.NoPublicIP = !publicIP
	c.Subnet = subnetID(f, &at, vnet, subnet)
	if err := f.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// given notes that a key was there with a value.
func given(has *bool, read func(*value)) func(*value) {
	return func(v *value) {
		*has = v.kind != kindNull
		read(v)
	}
}

// subnetID is the ARM id that vnet_name and subnet stand for; subnet may be one.
func subnetID(f *yamlFile, at *value, vnet, subnet string) string {
	switch {
	case subnet == "" && vnet == "":
		return ""
	case strings.HasPrefix(subnet, "/"):
		return subnet
	case vnet == "" || subnet == "":
		f.fail(at, "network_settings needs vnet_name and subnet, or the ARM id of a subnet")
		return ""
	case strings.HasPrefix(vnet, "/"):
		return vnet + "/subnets/" + subnet
	}
	return "/virtualNetworks/" + vnet + "/subnets/" + subnet
}

// identity reads the identity of a compute.
func (f *yamlFile) identity(kind *string, ids *[]string) func(*value) {
	return func(v *value) {
		f.mapping(v, "identity", schema{
			"principal_id": nil, "tenant_id": nil,
			"type": f.oneOf(kind, [2]string{"system_assigned", "SystemAssigned"}, [2]string{"user_assigned", "UserAssigned"},
				[2]string{"system_assigned,user_assigned", "SystemAssigned,UserAssigned"}, [2]string{"none", "None"}),
			"user_assigned_identities": f.items("user_assigned_identities", func(v *value) {
				id := ""
				switch v.kind {
				case kindMap:
					f.mapping(v, "user_assigned_identities", schema{"resource_id": f.str(&id), "client_id": nil, "principal_id": nil})
				default:
					f.str(&id)(v)
				}
				if id == "" {
					f.fail(v, "a user-assigned identity needs its resource_id")
					return
				}
				*ids = append(*ids, id)
			}),
		})
	}
}
