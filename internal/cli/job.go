package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier/internal/client"
)

func (a *App) jobCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "job", Short: "Jobs: submit, run, list, show, logs, priority, cancel, download"}
	return a.verbs(cmd, a.jobList(),
		a.jobSubmit(), a.jobRun(), a.jobShow(), a.logsCommand("logs JOB"), a.jobPriority(), a.jobCancel(), a.jobDelete(), a.jobOutputs(), a.jobDownload())
}

var jobColumns = []column{
	{head: "NAME"},
	{head: "STATUS"},
	{head: "COMPUTE"},
	{head: "AGE"},
	{head: "DURATION"},
	{head: "DISPLAY NAME"},
	{head: "WAITS FOR"},
	{head: "EXPERIMENT", wide: true},
	{head: "NODES", wide: true},
	{head: "ATTEMPT", wide: true},
	{head: "EXIT", wide: true},
	{head: "CREATED", wide: true},
}

func (a *App) jobRow(j *client.Job) row {
	p := j.Properties
	created, reason, nodes, attempt := "", "", "", ""
	if j.SystemData != nil {
		created = j.SystemData.CreatedAt
	}
	if len(p.Reasons) > 0 {
		reason = p.Reasons[0].Code
	}
	if p.Resources != nil {
		nodes = fmt.Sprint(p.Resources.InstanceCount)
	}
	if p.Attempt > 0 {
		attempt = fmt.Sprint(p.Attempt)
	}
	return row{j.Name, []string{
		j.Name, p.Status, lastSegment(p.ComputeID), a.ago(created), a.ran(p), p.DisplayName, reason,
		p.ExperimentName, nodes, attempt, number(p.ExitCode), created,
	}, j.Raw}
}

func lastSegment(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// ran is how long the job has run, or ran.
func (a *App) ran(p client.JobProperties) string {
	start, err := parseTime(p.StartTime)
	if err != nil {
		return ""
	}
	end, err := parseTime(p.EndTime)
	if err != nil {
		end = a.Now()
	}
	return short(end.Sub(start))
}

func (a *App) jobList() *cobra.Command {
	var watch, all, archived bool
	var top int
	var tag, status, compute string
	cmd := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List jobs, newest first", Args: a.exactly(), ValidArgsFunction: nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			q := client.JobQuery{Tag: tag, View: "ActiveOnly"}
			switch {
			case all:
				q.View = "All"
			case archived:
				q.View = "ArchivedOnly"
			}
			return a.fail(a.watchList(cmd.Context(), watch, func(ctx context.Context) (listing, error) {
				l := listing{columns: jobColumns, empty: a.say("job.none")}
				for j, err := range c.Jobs(ctx, q) {
					if err != nil {
						return l, err
					}
					p := j.Properties
					if status != "" && !strings.EqualFold(status, p.Status) || compute != "" && !strings.EqualFold(compute, lastSegment(p.ComputeID)) {
						continue
					}
					if l.rows = append(l.rows, a.jobRow(j)); top > 0 && len(l.rows) == top {
						break
					}
				}
				return l, nil
			}), "cannot.list", "jobs")
		},
	}
	fl := cmd.Flags()
	fl.BoolVarP(&watch, "watch", "w", false, "go on, and print what changes")
	fl.BoolVar(&all, "all", false, "archived jobs too")
	fl.BoolVar(&archived, "archived", false, "only archived jobs")
	fl.IntVar(&top, "top", 50, "at most so many; 0 is all")
	fl.StringVar(&tag, "tag", "", "only with this tag: key or key=value")
	fl.StringVar(&status, "status", "", "only in this status")
	fl.StringVar(&compute, "compute", "", "only on this compute")
	_ = cmd.RegisterFlagCompletionFunc("compute", a.names(true, computeNames))
	_ = cmd.RegisterFlagCompletionFunc("status", fixed("NotStarted", "Queued", "Starting", "Preparing", "Running", "Finalizing", "CancelRequested", "Completed", "Failed", "Canceled"))
	return cmd
}

func (a *App) jobShow() *cobra.Command {
	return &cobra.Command{
		Use: "show JOB", Aliases: []string{"get"}, Short: "Show one job", Args: a.exactly("JOB"), ValidArgsFunction: a.names(false, jobNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			j, err := c.Job(cmd.Context(), args[0])
			if err != nil {
				return a.fail(a.notFound(cmd.Context(), err, args[0], jobNames), "cannot.job.show", args[0])
			}
			return a.one(j.Name, j.Raw, func(d *detail) { a.jobDetail(d, j) })
		},
	}
}

func (a *App) jobDetail(d *detail, j *client.Job) {
	p := j.Properties
	d.field("Name", j.Name)
	if p.DisplayName != j.Name {
		d.field("Display name", p.DisplayName)
	}
	d.field("Status", p.Status)
	if p.Error != nil {
		d.field(a.say("error"), fmt.Sprintf("%s  [%s]", p.Error.Message, p.Error.Code))
	}
	d.field("Exit code", number(p.ExitCode))
	d.field("Compute", lastSegment(p.ComputeID))
	d.field("Experiment", p.ExperimentName)
	d.field("Description", p.Description)
	d.field("Command", p.Command)
	if p.Resources != nil && p.Resources.InstanceCount > 1 {
		d.field("Nodes", fmt.Sprint(p.Resources.InstanceCount))
	}
	var on []string
	for _, n := range p.Nodes {
		on = append(on, lastSegment(n))
	}
	d.field("Runs on", strings.Join(on, ", "))
	if p.Attempt > 1 {
		d.field("Attempt", fmt.Sprint(p.Attempt))
	}
	if j.SystemData != nil {
		d.field("Created", j.SystemData.CreatedAt+by(j.SystemData.CreatedBy))
	}
	d.field("Queued", p.QueuedTime)
	d.field("Started", p.StartTime)
	d.field("Ended", p.EndTime)
	d.field("Duration", a.ran(p))
	if p.Limits != nil && p.Limits.Timeout != "" {
		d.field("Time limit", shortISO(p.Limits.Timeout))
	}
	for _, name := range sortedKeys(p.Inputs) {
		in := p.Inputs[name]
		d.field("Input "+name, firstOf(in.URI, in.Value))
	}
	for _, name := range sortedKeys(p.Outputs) {
		d.field("Output "+name, p.Outputs[name].URI)
	}
	if p.Priority != 0 {
		d.field("Priority", fmt.Sprint(p.Priority))
	}
	d.field("Tags", tagText(p.Tags))
	d.field("Studio", studioOf(p))
	d.para(a.reasons(j.Name, p.Reasons)...)
}

// studioOf is the page of the job in the studio.
func studioOf(p client.JobProperties) string {
	var s struct {
		Endpoint     string `json:"endpoint"`
		ErrorMessage string `json:"errorMessage"`
	}
	if json.Unmarshal(p.Services["Studio"], &s) != nil || s.ErrorMessage != "" {
		return ""
	}
	return s.Endpoint
}

func by(who string) string {
	if who == "" {
		return ""
	}
	return " by " + who
}

func (a *App) jobCancel() *cobra.Command {
	noWait := false
	cmd := &cobra.Command{
		Use: "cancel JOB…", Short: "Cancel jobs", Args: a.atLeastOne("JOB"), ValidArgsFunction: a.names(true, jobNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			for _, name := range args {
				if err := a.cancelOne(cmd.Context(), c, name, noWait); err != nil {
					return a.fail(a.notFound(cmd.Context(), err, name, jobNames), "cannot.job.cancel", name)
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "do not wait until it has ended")
	return cmd
}

func (a *App) cancelOne(ctx context.Context, c *client.Client, name string, noWait bool) error {
	j, err := c.Job(ctx, name)
	if err != nil {
		return err
	}
	if client.Terminal(j.Properties.Status) {
		fmt.Fprintln(a.Stderr, a.say("job.over", name, j.Properties.Status))
		return nil
	}
	if _, err := c.CancelJob(ctx, name); err != nil {
		return err
	}
	if noWait {
		fmt.Fprintln(a.Stderr, a.say("job.canceling", name))
		return nil
	}
	err = a.look(ctx, func() (bool, error) {
		j, err = c.Job(ctx, name)
		return err == nil && client.Terminal(j.Properties.Status), err
	})
	switch {
	case err != nil:
		return err
	case j.Properties.Status == "Canceled":
		fmt.Fprintln(a.Stderr, a.say("job.cancelled", name))
	default:
		fmt.Fprintln(a.Stderr, a.say("job.over", name, j.Properties.Status))
	}
	return nil
}

func (a *App) jobDelete() *cobra.Command {
	var yes, missing bool
	cmd := &cobra.Command{
		Use: "delete JOB…", Aliases: []string{"rm"}, Short: "Delete ended jobs with their logs and outputs", Args: a.atLeastOne("JOB"), ValidArgsFunction: a.names(true, jobNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, err := a.connect()
			if err != nil {
				return err
			}
			if args = existing(args, missing, func(name string) error { _, err := c.Job(ctx, name); return err }); len(args) == 0 {
				return nil
			}
			for _, name := range args {
				if _, err := c.Job(ctx, name); err != nil {
					return a.fail(a.notFound(ctx, err, name, jobNames), "cannot.job.delete", name)
				}
			}
			if ok, err := a.confirm("job.delete.ask", args, yes); !ok || err != nil {
				return err
			}
			for _, name := range args {
				if _, err := c.DeleteJob(ctx, name); err != nil {
					return a.fail(err, "cannot.job.delete", name)
				}
				fmt.Fprintln(a.Stderr, a.say("job.deleted", name))
			}
			return nil
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&missing, "if-exists", false, "it is fine if there is none")
	return cmd
}
