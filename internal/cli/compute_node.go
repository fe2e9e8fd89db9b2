package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier/internal/client"
)

// computeNode is what can be done with one node of a cluster.
func (a *App) computeNode() *cobra.Command {
	cmd := &cobra.Command{Use: "node", Short: "Drain or take away one node of a cluster"}
	cmd.AddCommand(
		a.changeNode("drain", "Let a node take no more jobs, and go when its job has ended", "compute.node.drain"),
		a.changeNode("preempt", "Take a node's machine away now, where the location can: a drill", "compute.node.preempt"),
	)
	return cmd
}

func (a *App) changeNode(verb, short, done string) *cobra.Command {
	return &cobra.Command{
		Use: verb + " COMPUTE NODE", Short: short, Args: a.exactly("COMPUTE", "NODE"), ValidArgsFunction: a.names(false, computeNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			n, err := c.ChangeNode(cmd.Context(), args[0], args[1], verb)
			switch {
			case client.IsCode(err, "NodeNotFound"):
				return a.fail(try(err, "atelier compute nodes "+args[0]), "cannot.node", verb, args[1])
			case err != nil:
				return a.fail(a.notFound(cmd.Context(), err, args[0], computeNames), "cannot.node", verb, args[1])
			}
			fmt.Fprintln(a.Stderr, a.say(done, n.NodeID))
			return nil
		},
	}
}
