package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/client"
)

// clusterFlags are the flags that describe a cluster.
type clusterFlags struct {
	size, location, priority, description string
	min, max                              int
	idle                                  time.Duration
	tags                                  []string
	strict, publicSSH                     bool
	adminUser, sshKey, subnet             string
	identity                              []string
	file                                  string
	dry                                   bool
	wait, noWait                          bool
	timeout                               time.Duration
}

func (a *App) computeCreate() *cobra.Command {
	cmd := &cobra.Command{Use: "create", Short: "Create a compute", Args: cobra.ArbitraryArgs}
	cmd.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return a.unknownCommand(c, args[0])
		}
		return c.Help()
	}
	cmd.AddCommand(a.createCluster())
	return cmd
}

func (a *App) createCluster() *cobra.Command {
	var f clusterFlags
	cmd := &cobra.Command{
		Use: "cluster NAME", Short: "Create a cluster that grows with its jobs and shrinks again",
		Example: "  atelier compute create cluster cpu --size Local --max 2\n  atelier compute create cluster gpu --size Standard_NC6s_v3 --min 0 --max 4 --idle 10m --priority low\n  atelier compute create cluster -f cluster.yml",
		Args:    cobra.MaximumNArgs(1), ValidArgsFunction: nothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			spec, err := a.clusterSpec(cmd, &f, args)
			if err != nil {
				return err
			}
			return a.fail(a.create(cmd.Context(), spec, &f), "cannot.create.cluster", spec.Name)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.size, "size", "", "machine size, of those that compute sizes lists (default: the first)")
	fl.StringVar(&f.location, "location", "", "location (default: that of the workspace)")
	fl.StringVar(&f.priority, "priority", "dedicated", "dedicated, or low: cheaper, and may be taken away")
	fl.StringVar(&f.description, "description", "", "description")
	fl.IntVar(&f.min, "min", 0, "nodes that are always there")
	fl.IntVar(&f.max, "max", 1, "most nodes")
	fl.DurationVar(&f.idle, "idle", atelier.DefaultIdle, "how long a node may be idle before it goes, for example 120s")
	fl.StringArrayVar(&f.tags, "tag", nil, "tag, as key=value; may be repeated")
	fl.BoolVar(&f.strict, "strict-sizes", false, "refuse a machine that is smaller than the size says, rather than warn")
	fl.BoolVar(&f.publicSSH, "public-ssh", false, "whether nodes answer to SSH: --public-ssh or --public-ssh=false (default: not specified)")
	fl.StringVar(&f.adminUser, "admin-username", "", "name of the administrator's account on nodes")
	fl.StringVar(&f.sshKey, "ssh-key", "", "the administrator's public key, or the file that holds it")
	fl.StringVar(&f.subnet, "subnet", "", "ARM id of a subnet (kept and shown; local nodes do not enforce it)")
	fl.StringArrayVar(&f.identity, "identity", nil, "system, or the ARM id of a user-assigned identity; may be repeated")
	fl.StringVarP(&f.file, "file", "f", "", "YAML of Azure ML's amlCompute schema, or - for standard input; flags go before it")
	fl.BoolVar(&f.dry, "dry-run", false, "make nothing: show what it would be, what it costs and what it takes of the quota")
	fl.BoolVar(&f.wait, "wait", true, "wait until it is provisioned")
	fl.BoolVar(&f.noWait, "no-wait", false, "do not wait")
	fl.DurationVar(&f.timeout, "timeout", 0, "longest wait (default: none)")
	_ = cmd.RegisterFlagCompletionFunc("size", a.names(true, sizeNames))
	_ = cmd.RegisterFlagCompletionFunc("priority", fixed("dedicated", "low"))
	return cmd
}

// clusterSpec is what the file and the flags together ask for.
func (a *App) clusterSpec(cmd *cobra.Command, f *clusterFlags, args []string) (*clusterFile, error) {
	spec := &clusterFile{Min: f.min, Max: f.max, Idle: f.idle, Priority: atelier.Dedicated, PublicSSH: "NotSpecified"}
	if f.file != "" {
		name, src, err := a.readFile(f.file)
		if err != nil {
			return nil, err
		}
		if spec, err = readCluster(name, src); err != nil {
			return nil, err
		}
		if spec.Priority == "" {
			spec.Priority = atelier.Dedicated
		}
		if !spec.HasMax {
			spec.Max = max(f.max, spec.Min)
		}
		if !spec.HasIdle {
			spec.Idle = f.idle
		}
	}
	if len(args) == 1 {
		spec.Name = args[0]
	}
	if spec.Name == "" {
		return nil, usage(a.say("compute.noname"))
	}
	return spec, a.overlay(cmd, f, spec)
}

// overlay puts the flags that were given over what the file says.
func (a *App) overlay(cmd *cobra.Command, f *clusterFlags, spec *clusterFile) error {
	given := cmd.Flags().Changed
	for _, s := range []struct {
		flag, text string
		to         *string
	}{{"size", f.size, &spec.Size}, {"location", f.location, &spec.Location}, {"description", f.description, &spec.Description}, {"admin-username", f.adminUser, &spec.AdminUser}, {"subnet", f.subnet, &spec.Subnet}} {
		if given(s.flag) {
			*s.to = s.text
		}
	}
	if given("min") {
		spec.Min = f.min
	}
	if given("max") {
		spec.Max = f.max
	}
	if given("idle") {
		spec.Idle = f.idle
	}
	if given("public-ssh") {
		spec.PublicSSH = map[bool]string{true: "Enabled", false: "Disabled"}[f.publicSSH]
	}
	if given("priority") {
		var err error
		if spec.Priority, err = priorityOf(f.priority); err != nil {
			return err
		}
	}
	spec.StrictSizes = f.strict
	tags, err := pairs("--tag", f.tags)
	if err != nil {
		return err
	}
	for k, v := range tags {
		put(&spec.Tags, k, v)
	}
	if given("ssh-key") {
		if spec.AdminKey, err = sshKey(f.sshKey); err != nil {
			return err
		}
	}
	for _, id := range f.identity {
		switch {
		case strings.HasPrefix(id, "/"):
			spec.Identities = append(spec.Identities, id)
		case sameWord(id, "system"), sameWord(id, "system_assigned"):
			spec.Identity = "SystemAssigned"
		default:
			return usage("--identity " + id + ": write system, or an ARM id")
		}
	}
	if len(spec.Identities) > 0 && spec.Identity == "" {
		spec.Identity = "UserAssigned"
	}
	return nil
}

// pairs reads key=value flags.
func pairs(flag string, list []string) (map[string]string, error) {
	if len(list) == 0 {
		return nil, nil
	}
	m := make(map[string]string, len(list))
	for _, p := range list {
		k, v, ok := strings.Cut(p, "=")
		if !ok || k == "" {
			return nil, usage(fmt.Sprintf("%s %s: write key=value", flag, p))
		}
		m[k] = v
	}
	return m, nil
}

// sshKey reads a public key given in place or in a file. A private key is refused
// before it leaves the machine.
func sshKey(s string) (string, error) {
	if !strings.Contains(s, " ") {
		data, err := os.ReadFile(s)
		if err != nil {
			return "", usage(fmt.Sprintf("--ssh-key: %v; give a public key such as \"ssh-ed25519 AAAA…\", or a file that holds one", err))
		}
		s = strings.TrimSpace(string(data))
	}
	if strings.Contains(s, "PRIVATE KEY") {
		return "", usage("--ssh-key: this is a private key; give the public one (its file ends in .pub)")
	}
	return s, nil
}

// maxRead bounds what is read of a file or standard input.
const maxRead = 4 << 20

// readFile reads a file, or standard input for "-".
func (a *App) readFile(name string) (shown string, src []byte, err error) {
	r := a.Stdin
	if shown = name; name == "-" {
		shown = "standard input"
	} else {
		f, err := os.Open(filepath.Clean(name))
		if err != nil {
			return name, nil, a.fail(pathError(err), "cannot.read", name)
		}
		defer f.Close()
		r = f
	}
	src, err = io.ReadAll(io.LimitReader(r, maxRead))
	if err != nil {
		return shown, nil, a.fail(pathError(err), "cannot.read", shown)
	}
	return shown, src, nil
}

// pathError says what is wrong with a file, without the name of the system call.
func pathError(err error) error {
	if pe, ok := err.(*os.PathError); ok {
		err = pe.Err
	}
	return usage(err.Error())
}

// wireCluster is what is sent for a cluster.
func wireCluster(spec *clusterFile) *client.Compute {
	yes := true
	publicIP := !spec.NoPublicIP
	body := &client.Compute{
		Location: spec.Location, Tags: spec.Tags,
		Properties: client.ComputeProperties{
			ComputeType: atelier.KindCluster, ComputeLocation: spec.Location, Description: spec.Description, DisableLocalAuth: &yes,
			Properties: &client.Cluster{
				OSType: "Linux", VMSize: spec.Size, VMPriority: spec.Priority, RemoteLoginPortPublicAccess: spec.PublicSSH, EnableNodePublicIP: &publicIP,
				ScaleSettings: &client.ScaleSettings{MinNodeCount: spec.Min, MaxNodeCount: spec.Max, NodeIdleTimeBeforeScaleDown: atelier.FormatDuration(spec.Idle)},
			},
		},
	}
	s := body.Properties.Properties
	if spec.AdminUser != "" || spec.AdminKey != "" || spec.AdminPass != "" {
		no := false
		body.Properties.DisableLocalAuth = &no
		s.UserAccountCredentials = &client.UserAccount{AdminUserName: spec.AdminUser, AdminUserSSHPublicKey: spec.AdminKey, AdminUserPassword: spec.AdminPass}
	}
	if spec.Subnet != "" {
		s.Subnet = &client.Ref{ID: spec.Subnet}
	}
	if spec.StrictSizes {
		s.PropertyBag = map[string]any{"strictSize": true}
	}
	if spec.Identity != "" && spec.Identity != "None" {
		body.Identity = &client.Identity{Type: spec.Identity}
		for _, id := range spec.Identities {
			put(&body.Identity.UserAssignedIdentities, id, json.RawMessage("{}"))
		}
	}
	return body
}

func (a *App) create(ctx context.Context, spec *clusterFile, f *clusterFlags) error {
	if err := atelier.CheckComputeName(spec.Name); err != nil {
		return err
	}
	c, err := a.connect()
	if err != nil {
		return err
	}
	if spec.Location, err = a.locationOr(ctx, c, spec.Location); err != nil {
		return err
	}
	if spec.Size == "" {
		if spec.Size, err = a.firstSize(ctx, c, spec.Location); err != nil {
			return err
		}
	}
	body := wireCluster(spec)
	if f.dry {
		v, err := c.TryCompute(ctx, spec.Name, body)
		if err != nil {
			return err
		}
		return a.tried(spec.Name, v)
	}
	start := a.Now()
	v, _, err := c.PutCompute(ctx, spec.Name, body)
	if err != nil {
		return err
	}
	if f.noWait || !f.wait {
		fmt.Fprintln(a.Stderr, a.say("compute.accepted", spec.Name, spec.Name))
		return a.created(v)
	}
	if v, err = a.waitProvisioned(ctx, c, spec.Name, f.timeout); err != nil {
		return err
	}
	for _, w := range v.Properties.ProvisioningWarnings {
		fmt.Fprintf(a.Stderr, "%s: %s  [%s]\n", a.say("warning"), plain(w.Message), plain(w.Code))
	}
	fmt.Fprintln(a.Stderr, a.say("compute.created", spec.Name, short(a.Now().Sub(start))))
	return a.created(v)
}

// firstSize is the size of a cluster whose user named none: the first that the
// location lists. It is said, because it cannot change afterwards.
func (a *App) firstSize(ctx context.Context, c *client.Client, location string) (string, error) {
	sizes, err := client.Collect(c.Sizes(ctx, location), 1)
	if err != nil {
		return "", err
	}
	if len(sizes) == 0 {
		return "", usage(a.say("sizes.none", location))
	}
	fmt.Fprintln(a.Stderr, a.say("compute.size", plain(sizes[0].Name)))
	return sizes[0].Name, nil
}

// created prints the object for those who asked for a format; for the others the
// line on stderr says all.
func (a *App) created(v *client.Compute) error {
	if a.output == "table" {
		return nil
	}
	return a.one(v.Name, v.Raw, func(d *detail) { a.computeDetail(d, v) })
}

// dryRun shows what would be sent.
func (a *App) dryRun(path string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	fmt.Fprintln(a.Stderr, a.say("compute.dry", path))
	if a.output == "yaml" {
		return a.yaml(raw)
	}
	return a.json(raw)
}
