package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier/internal/client"
)

func (a *App) principalCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "principal", Short: "Who may do what in the workspace: create, list, grant, link, set-password, delete"}
	return a.verbs(cmd, a.principalList(), a.principalCreate(), a.principalGrant(), a.principalLink(), a.principalPassword(), a.principalDelete())
}

func (a *App) principalList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List who has a role in the workspace", Args: a.exactly(), ValidArgsFunction: nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			list, err := client.Collect(c.Principals(cmd.Context()), 0)
			if err != nil {
				return a.fail(err, "cannot.list", "principals")
			}
			l := listing{columns: []column{{head: "NAME"}, {head: "KIND"}, {head: "ROLES"}, {head: "INHERITED"}, {head: "DISPLAY NAME"}, {head: "PRINCIPAL ID", wide: true}}, empty: a.say("principal.none")}
			for _, p := range list {
				v := p.Properties
				l.rows = append(l.rows, row{name: p.Name, raw: p.Raw, cells: []string{p.Name, v.Kind, strings.Join(v.Roles, ", "), strings.Join(v.Inherited, ", "), v.DisplayName, v.PrincipalID}})
			}
			return a.list(l)
		},
	}
}

func (a *App) principalCreate() *cobra.Command {
	var kind, role, certificate string
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Make a service principal or a user, with a role in the workspace", Args: a.exactly("NAME"), ValidArgsFunction: nothing,
		Long: "Make a service principal or a user, with a role in the workspace. A service principal gets a client ID,\n" +
			"and a secret that is shown this once, unless it signs in with a certificate. A user signs in with a\n" +
			"browser: `atelier principal link NAME` makes a link for that, `set-password` sets a password.",
		Example: "  atelier principal create trainer --role \"AzureML Data Scientist\"\n  atelier principal create kim --kind user --role Contributor",
		RunE: func(cmd *cobra.Command, args []string) error {
			v := client.PrincipalProperties{Kind: kind, Role: role, DisplayName: args[0]}
			name := args[0]
			if kind == "service" {
				name = newGUID()
			}
			if certificate != "" {
				text, err := os.ReadFile(certificate)
				if err != nil {
					return a.fail(err, "cannot.read", certificate)
				}
				v.Certificate = string(text)
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			p, err := c.PutPrincipal(cmd.Context(), name, v)
			if err != nil {
				return a.fail(err, "cannot.principal.create", args[0])
			}
			return a.showPrincipal(p)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&kind, "kind", "service", "service or user")
	fl.StringVar(&role, "role", "Reader", "role in the workspace, as Azure names it")
	fl.StringVar(&certificate, "certificate", "", "PEM file of the certificate that the service signs in with, instead of a secret")
	_ = cmd.RegisterFlagCompletionFunc("kind", fixed("service", "user"))
	_ = cmd.RegisterFlagCompletionFunc("role", fixed(roles...))
	return cmd
}

// roles are offered by completion; the server has the last word.
var roles = []string{"Owner", "Contributor", "Reader", "AzureML Data Scientist", "AzureML Compute Operator"}

func (a *App) showPrincipal(p *client.Principal) error {
	if a.output != "table" && a.output != "wide" {
		return a.list(listing{columns: []column{{head: "NAME"}}, rows: []row{{name: p.Name, raw: p.Raw, cells: []string{p.Name}}}})
	}
	v := p.Properties
	if v.ClientSecret != "" {
		return WriteEnv(a.Stdout, []EnvVar{{"AZURE_TENANT_ID", v.TenantID}, {"AZURE_CLIENT_ID", v.ClientID}, {"AZURE_CLIENT_SECRET", v.ClientSecret}})
	}
	fmt.Fprintln(a.Stderr, a.say("principal.has", p.Name, strings.Join(v.Roles, ", ")))
	return nil
}

func (a *App) principalGrant() *cobra.Command {
	var role, kind string
	cmd := &cobra.Command{
		Use: "grant NAME", Short: "Give somebody another role in the workspace, or a compute's managed identity its first", Args: a.exactly("NAME"), ValidArgsFunction: nothing,
		Example: "  atelier principal grant kim --role Owner\n  atelier principal grant CLIENT_ID --kind identity --role Reader",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			p, err := c.PutPrincipal(cmd.Context(), args[0], client.PrincipalProperties{Kind: kind, Role: role})
			if err != nil {
				return a.fail(err, "cannot.principal.grant", args[0])
			}
			return a.showPrincipal(p)
		},
	}
	cmd.Flags().StringVar(&role, "role", "Reader", "role in the workspace, as Azure names it")
	cmd.Flags().StringVar(&kind, "kind", "", "identity, for the client ID of a compute's managed identity")
	_ = cmd.RegisterFlagCompletionFunc("role", fixed(roles...))
	return cmd
}

func (a *App) principalLink() *cobra.Command {
	return &cobra.Command{
		Use: "link NAME", Short: "Print a link that signs a browser in as a user, once, within ten minutes", Args: a.exactly("NAME"), ValidArgsFunction: nothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			link, err := c.SignInLink(cmd.Context(), args[0])
			if err != nil {
				return a.fail(err, "cannot.principal.link", args[0])
			}
			fmt.Fprintln(a.Stdout, link)
			return nil
		},
	}
}

func (a *App) principalDelete() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "delete NAME…", Aliases: []string{"rm"}, Short: "Take somebody's roles in the workspace; who has no other is gone", Args: a.atLeastOne("NAME"), ValidArgsFunction: nothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			if ok, err := a.confirm("principal.delete.ask", args, yes); !ok || err != nil {
				return err
			}
			for _, name := range args {
				if err := c.DeletePrincipal(cmd.Context(), name); err != nil {
					return a.fail(err, "cannot.principal.delete", name)
				}
				fmt.Fprintln(a.Stderr, a.say("principal.deleted", name))
			}
			return nil
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func (a *App) deviceCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "device", Short: "Let a device or a program that shows a code sign in as you: approve, deny"}
	verb := func(use, short string, yes bool) *cobra.Command {
		return &cobra.Command{
			Use: use + " CODE", Short: short, Args: a.exactly("CODE"), ValidArgsFunction: nothing,
			RunE: func(cmd *cobra.Command, args []string) error { return a.answerDevice(cmd.Context(), args[0], yes) },
		}
	}
	cmd.AddCommand(verb("approve", "Let the device that shows the code sign in as you", true), verb("deny", "Refuse the device that shows the code", false))
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return a.unknownCommand(c, args[0])
		}
		return c.Help()
	}
	return cmd
}

func (a *App) answerDevice(ctx context.Context, code string, yes bool) error {
	c, err := a.connect()
	if err != nil {
		return err
	}
	if err := c.AnswerDevice(ctx, url.PathEscape(code), yes); err != nil {
		return a.fail(err, "cannot.device", code)
	}
	if yes {
		fmt.Fprintln(a.Stderr, a.say("device.approved"))
	} else {
		fmt.Fprintln(a.Stderr, a.say("device.denied"))
	}
	return nil
}

// newGUID is the client ID of a new service principal.
func newGUID() string {
	var b [16]byte
	rand.Read(b[:]) //nolint:errcheck // never fails: it ends the process instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
