package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func (a *App) whoamiCommand() *cobra.Command {
	return &cobra.Command{
		Use: "whoami", Short: "Say who you are, and what you may do in the workspace", Args: a.exactly(), ValidArgsFunction: nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			v, err := c.Access(cmd.Context())
			if err != nil {
				return a.fail(err, "cannot.whoami")
			}
			return a.one(v.Name, v.Raw, func(d *detail) {
				d.field("Name", v.Name)
				if v.DisplayName != v.Name {
					d.field("Display name", v.DisplayName)
				}
				d.field("Kind", v.Kind)
				d.field("Roles", strings.Join(v.Roles, ", "))
				d.field("Actions", fmt.Sprintf("%d (-o json lists them)", len(v.Actions)))
				d.field("Workspace", v.Workspace.Name)
				d.field("Resource group", v.Workspace.ResourceGroup)
				d.field("Subscription", v.Workspace.Subscription)
				d.field("Location", v.Workspace.Location)
			})
		},
	}
}
