package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
)

func (a *App) jobPriority() *cobra.Command {
	return &cobra.Command{
		Use: "priority JOB N", Short: "Give a job that waits for nodes another priority; higher goes first", Args: a.exactly("JOB", "N"), ValidArgsFunction: a.names(false, jobNames),
		Example: "  atelier job priority calm_river_1 10\n  atelier job priority calm_river_1 -- -5",
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[1])
			if err != nil {
				return usage(a.say("job.priority.number", args[1]))
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			j, err := c.SetPriority(cmd.Context(), args[0], n)
			if err != nil {
				return a.fail(a.notFound(cmd.Context(), err, args[0], jobNames), "cannot.job.priority", args[0])
			}
			fmt.Fprintln(a.Stderr, a.say("job.priority", j.Name, j.Properties.Priority))
			if a.output == "table" {
				return nil
			}
			return a.one(j.Name, j.Raw, func(d *detail) { a.jobDetail(d, j) })
		},
	}
}
