package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier/internal/client"
)

// computePower starts, stops or restarts instances and waits until they are so.
func (a *App) computePower(verb, short, cannot, done string) *cobra.Command {
	var noWait bool
	var limit time.Duration
	cmd := &cobra.Command{
		Use: verb + " NAME…", Short: short, Args: a.atLeastOne("NAME"), ValidArgsFunction: a.names(true, computeNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			ctx, cancel := deadline(cmd.Context(), limit)
			defer cancel()
			return a.eachNamed(args, cannot, limit, func(name string) error {
				op, err := c.PowerCompute(ctx, name, verb)
				if err != nil {
					return a.notFound(ctx, err, name, computeNames)
				}
				return a.operated(ctx, c, op, noWait, name, done)
			})
		},
	}
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "do not wait")
	cmd.Flags().DurationVar(&limit, "timeout", 0, "longest wait (default: none)")
	return cmd
}

func (a *App) computeDetach() *cobra.Command {
	var noWait bool
	var limit time.Duration
	cmd := &cobra.Command{
		Use: "detach NAME…", Short: "Let go of attached computes, which go on existing", Args: a.atLeastOne("NAME"), ValidArgsFunction: a.names(true, computeNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			ctx, cancel := deadline(cmd.Context(), limit)
			defer cancel()
			return a.eachNamed(args, "cannot.detach", limit, func(name string) error {
				if _, err := c.Compute(ctx, name); err != nil {
					return a.notFound(ctx, err, name, computeNames)
				}
				op, err := c.DetachCompute(ctx, name)
				if err != nil {
					return err
				}
				return a.operated(ctx, c, op, noWait, name, "compute.detach")
			})
		},
	}
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "do not wait until it is gone")
	cmd.Flags().DurationVar(&limit, "timeout", 0, "longest wait (default: none)")
	return cmd
}

// eachNamed does one after the other and stops at the first that cannot be done.
func (a *App) eachNamed(names []string, cannot string, limit time.Duration, do func(name string) error) error {
	for _, name := range names {
		if err := do(name); err != nil {
			return a.fail(a.overdue(err, limit), cannot, name)
		}
	}
	return nil
}

// operated waits for the operation and says so.
func (a *App) operated(ctx context.Context, c *client.Client, op *client.Operation, noWait bool, name, say string) error {
	if noWait {
		fmt.Fprintln(a.Stderr, a.say("compute.asked", name, name))
		return nil
	}
	if err := c.Wait(ctx, op, nil); err != nil {
		return err
	}
	fmt.Fprintln(a.Stderr, a.say(say, name))
	return nil
}
