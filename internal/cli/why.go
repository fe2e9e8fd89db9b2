package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/client"
)

func (a *App) whyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "why NAME", Short: "Say why a job or a compute waits (exit code 6 if it is blocked)", Args: a.exactly("NAME"), ValidArgsFunction: a.names(false, allNames),
		Long: "Say why a job or a compute waits, what shows it, and what would help.\nNAME is a job or a compute; job/NAME and compute/NAME say which.\nThe exit code is 0 if nothing blocks it and 6 if something does.",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			name, why, err := a.why(cmd, c, args[0])
			if err != nil {
				return a.fail(err, "cannot.why", args[0])
			}
			err = a.one(name, why.Raw, func(d *detail) {
				if lines := a.reasons(name, why.Reasons); len(lines) > 0 {
					d.para(lines...)
				} else {
					d.para(a.say("why.none", plain(name)))
				}
			})
			if err == nil && why.Blocked {
				return quiet(exitBlocked)
			}
			return err
		},
	}
}

func (a *App) why(cmd *cobra.Command, c *client.Client, name string) (string, *client.Why, error) {
	ctx := cmd.Context()
	kind, rest, ok := strings.Cut(name, "/")
	switch {
	case ok && (kind == "job" || kind == "jobs"):
		why, err := c.WhyJob(ctx, rest)
		return rest, why, a.notFound(ctx, err, rest, jobNames)
	case ok && (kind == "compute" || kind == "computes"):
		why, err := c.WhyCompute(ctx, rest)
		return rest, why, a.notFound(ctx, err, rest, computeNames)
	}
	why, err := c.WhyJob(ctx, name)
	if client.IsStatus(err, 404) {
		why, err = c.WhyCompute(ctx, name)
	}
	if client.IsStatus(err, 404) {
		err = atelier.Errorf(atelier.NotFound, "ResourceNotFound", "%s", a.say("why.notfound", name))
		if names, lerr := allNames(ctx, c); lerr == nil {
			err = try(err, a.nearText(name, names))
		}
	}
	return name, why, err
}

// reasons are the lines that say why something waits.
func (a *App) reasons(name string, list []client.Reason) []string {
	if len(list) == 0 {
		return nil
	}
	head := "why.waits"
	for _, r := range list {
		if r.Blocking {
			head = "why.blocked"
		}
	}
	lines := []string{a.say(head, plain(name))}
	for _, r := range list {
		line := "  " + a.reasonText(r) + "  [" + plain(r.Code) + "]"
		if since := a.ago(r.Since); since != "" {
			line += " " + a.say("why.since", since)
		}
		lines = append(lines, line)
		for _, e := range r.Evidence {
			lines = append(lines, "    · "+plain(e))
		}
		for _, h := range r.Remedies {
			lines = append(lines, "    "+a.say("why.helps")+": "+plain(h))
		}
	}
	return lines
}

// reasonText is a reason in the user's language: the server's words in English, the
// catalogue's with the server's figures in others.
func (a *App) reasonText(r client.Reason) string {
	t := a.known("reason." + r.Code)
	if t == "" || a.language() == "en" && r.Message != "" {
		return plain(firstOf(r.Message, r.Code))
	}
	for k, v := range r.Params {
		t = strings.ReplaceAll(t, "{"+k+"}", v)
	}
	if strings.Contains(t, "{") { // a figure that the server did not give
		return plain(firstOf(r.Message, r.Code))
	}
	return plain(t)
}
