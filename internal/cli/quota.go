package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/client"
)

func (a *App) quotaCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "quota", Short: "How many vCPUs the workspace may hold, by family of sizes: list, set"}
	return a.verbs(cmd, a.quotaList(), a.quotaSet())
}

func (a *App) quotaList() *cobra.Command {
	location, all := "", false
	cmd := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List the limits of the workspace and what it holds of them", Args: a.exactly(), ValidArgsFunction: nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			at, err := a.locationOr(cmd.Context(), c, location)
			if err != nil {
				return a.fail(err, "cannot.list", "quotas")
			}
			used, err := heldByFamily(cmd.Context(), c, at)
			if err != nil {
				return a.fail(err, "cannot.list", "quotas")
			}
			l := listing{columns: []column{{head: "FAMILY"}, {head: "HELD"}, {head: "LIMIT"}}, empty: a.say("quota.none", at)}
			for q, err := range c.Quotas(cmd.Context(), at) {
				if err != nil {
					return a.fail(err, "cannot.list", "quotas")
				}
				n, table := used[strings.ToLower(q.Family.Value)], a.output == "table" || a.output == "wide"
				if n == 0 && q.Limit < 0 && !all && table {
					continue
				}
				limit := ""
				if q.Limit >= 0 {
					limit = fmt.Sprint(q.Limit)
				}
				l.rows = append(l.rows, row{q.Family.Value, []string{q.Family.Value, fmt.Sprint(n), limit}, q.Raw})
			}
			return a.list(l)
		},
	}
	cmd.Flags().StringVar(&location, "location", "", "location (default: that of the workspace)")
	cmd.Flags().BoolVar(&all, "all", false, "families of which nothing is held and that have no limit, too")
	return cmd
}

// heldByFamily asks how many vCPUs the workspace holds: the sizes of a family say so.
func heldByFamily(ctx context.Context, c *client.Client, location string) (map[string]int, error) {
	held := map[string]int{}
	for o, err := range c.Offers(ctx, location, atelier.Dedicated) {
		if err != nil {
			return nil, err
		}
		held[strings.ToLower(o.Family)] = o.Quota.Used
	}
	for o, err := range c.Offers(ctx, location, atelier.LowPriority) {
		if err != nil {
			return nil, err
		}
		held["lowprioritycores"] = o.Quota.Used // all sizes share it
	}
	return held, nil
}

func (a *App) quotaSet() *cobra.Command {
	location := ""
	cmd := &cobra.Command{
		Use: "set FAMILY CORES", Short: "Set how many vCPUs of a family the workspace may hold; none lifts the limit", Args: a.exactly("FAMILY", "CORES"),
		ValidArgsFunction: a.names(false, familyNames),
		Example:           "  atelier quota set standardDSv2Family 32 --location local\n  atelier quota set LowPriorityCores none",
		RunE: func(cmd *cobra.Command, args []string) error {
			limit, err := strconv.Atoi(args[1])
			if sameWord(args[1], "none") {
				limit, err = -1, nil
			}
			if err != nil || limit < -1 {
				return usage(a.say("quota.number", args[1]))
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			at, err := a.locationOr(cmd.Context(), c, location)
			if err != nil {
				return a.fail(err, "cannot.quota", args[0])
			}
			if err := c.SetQuota(cmd.Context(), at, args[0], limit); err != nil {
				return a.fail(a.notFound(cmd.Context(), err, args[0], familyNames), "cannot.quota", args[0])
			}
			if limit < 0 {
				fmt.Fprintln(a.Stderr, a.say("quota.lifted", args[0], at))
			} else {
				fmt.Fprintln(a.Stderr, a.say("quota.set", args[0], at, limit))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&location, "location", "", "location (default: that of the workspace)")
	return cmd
}

// familyNames are the families at the workspace's own location.
func familyNames(ctx context.Context, c *client.Client) ([]string, error) {
	ws, err := c.Workspace(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for q, err := range c.Quotas(ctx, ws.Location) {
		if err != nil {
			return nil, err
		}
		names = append(names, q.Family.Value)
	}
	return names, nil
}
