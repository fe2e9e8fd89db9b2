package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier/internal/client"
)

// completionTime bounds what a press of the tab key may cost.
const completionTime = 300 * time.Millisecond

// names completes arguments with names that the server knows; one argument unless
// many.
func (a *App) names(many bool, list func(context.Context, *client.Client) ([]string, error)) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 && !many {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
		defer cancel()
		c, err := a.connect()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		all, err := list(ctx, c)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var fit []string
		for _, n := range all {
			if strings.HasPrefix(strings.ToLower(n), strings.ToLower(typed)) && !slices.Contains(args, n) {
				fit = append(fit, plain(n))
			}
		}
		return fit, cobra.ShellCompDirectiveNoFileComp
	}
}

func computeNames(ctx context.Context, c *client.Client) ([]string, error) {
	list, err := client.Collect(c.Computes(ctx), 200)
	names := make([]string, 0, len(list))
	for _, v := range list {
		names = append(names, v.Name)
	}
	return names, err
}

func jobNames(ctx context.Context, c *client.Client) ([]string, error) {
	list, err := client.Collect(c.Jobs(ctx, client.JobQuery{Top: 50}), 50)
	names := make([]string, 0, len(list))
	for _, v := range list {
		names = append(names, v.Name)
	}
	return names, err
}

func allNames(ctx context.Context, c *client.Client) ([]string, error) {
	computes, err := computeNames(ctx, c)
	if err != nil {
		return nil, err
	}
	jobs, err := jobNames(ctx, c)
	return append(computes, jobs...), err
}

func sizeNames(ctx context.Context, c *client.Client) ([]string, error) {
	ws, err := c.Workspace(ctx)
	if err != nil {
		return nil, err
	}
	list, err := client.Collect(c.Sizes(ctx, ws.Location), 500)
	names := make([]string, 0, len(list))
	for _, v := range list {
		names = append(names, v.Name)
	}
	return names, err
}

// notFound adds the nearest existing name to a "not found".
func (a *App) notFound(ctx context.Context, err error, typed string, list func(context.Context, *client.Client) ([]string, error)) error {
	if err == nil || !client.IsStatus(err, 404) {
		return err
	}
	c, cerr := a.connect()
	if cerr != nil {
		return err
	}
	names, lerr := list(ctx, c)
	if lerr != nil {
		return err
	}
	return try(err, a.nearText(typed, names))
}

func (a *App) nearText(typed string, names []string) string {
	const show = 5
	switch near := nearest(typed, names); {
	case near != "":
		return a.say("near.name", near)
	case len(names) == 0:
		return a.say("near.nothing")
	default:
		more := ""
		if len(names) > show {
			names, more = names[:show], ", …"
		}
		return a.say("near.none", strings.Join(names, ", ")+more)
	}
}
