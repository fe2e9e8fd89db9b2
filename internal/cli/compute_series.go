package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier/internal/client"
)

var seriesColumns = []column{
	{head: "TIME"}, {head: "TARGET"}, {head: "NODES"}, {head: "IDLE"}, {head: "RUNNING"}, {head: "PREPARING"}, {head: "LEAVING"}, {head: "UNUSABLE"}, {head: "PREEMPTED"},
}

func (a *App) computeSeries() *cobra.Command {
	since, points := time.Duration(0), 0
	cmd := &cobra.Command{
		Use: "series NAME", Short: "Show how many nodes a compute had over time, by state", Args: a.exactly("NAME"), ValidArgsFunction: a.names(false, computeNames),
		Example: "  atelier compute series gpu --since 24h\n  atelier compute series gpu --since 168h --points 50 -o csv",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			s, err := c.Series(cmd.Context(), args[0], client.SeriesQuery{From: a.Now().Add(-since), Points: points})
			if err != nil {
				return a.fail(a.notFound(cmd.Context(), err, args[0], computeNames), "cannot.series", args[0])
			}
			l := listing{columns: seriesColumns}
			for _, p := range s.Points() {
				cells := []string{time.UnixMilli(p.At).UTC().Format("2006-01-02 15:04:05.000Z")}
				for _, n := range []int{p.Target, p.Current, p.Idle, p.Running, p.Preparing, p.Leaving, p.Unusable, p.Preempted} {
					cells = append(cells, fmt.Sprint(n))
				}
				l.rows = append(l.rows, row{cells[0], cells, p.Raw})
			}
			return a.list(l)
		},
	}
	cmd.Flags().DurationVar(&since, "since", time.Hour, "how far back, for example 24h")
	cmd.Flags().IntVar(&points, "points", 0, "at most so many; where more happened, the last of each interval (default 300)")
	return cmd
}
