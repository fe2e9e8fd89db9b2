// Package cli is the command line of Atelier. It speaks only to package client: what
// a command shows is what the API said, and what it cannot do is not there.
//
// Commands build a listing or a detail and hand it to App, which knows the formats;
// errors travel up to App.Run, which knows their style and exit codes.
package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/atelier-compute/atelier/internal/client"
)

// App is one run of the command line. Env and the streams must be set; the rest has
// defaults.
type App struct {
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Env     func(string) string
	Version string

	Now     func() time.Time                                 // nil is the clock
	Sleep   func(ctx context.Context, d time.Duration) error // nil is a timer
	NewName func() string                                    // names jobs; nil is random words
	Extra   []*cobra.Command                                 // further commands of the binary: up, agent, …

	// Flags that every command has.
	output    string
	dataDir   string
	workspace string
	group     string
	sub       string
	lang      string
	debug     bool
	noColor   bool

	colour bool // stdout is a terminal that wants colours
	outTTY bool
	errTTY bool
	inTTY  bool
	api    *client.Client
}

// Run runs one command line and returns the exit code.
func (a *App) Run(ctx context.Context, args []string) int {
	a.defaults()
	root := a.Root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if a.api != nil {
		a.api.Close()
	}
	if err == nil {
		return exitOK
	}
	return a.report(ctx, cmd, err)
}

func (a *App) defaults() {
	if a.Now == nil {
		a.Now = time.Now
	}
	if a.Sleep == nil {
		a.Sleep = sleep
	}
	if a.NewName == nil {
		a.NewName = randomName
	}
	if a.Version == "" {
		a.Version = "dev"
	}
	a.outTTY, a.errTTY, a.inTTY = isTerminal(a.Stdout), isTerminal(a.Stderr), isTerminal(a.Stdin)
	a.output = "table"
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Root is the command tree.
func (a *App) Root() *cobra.Command {
	root := &cobra.Command{
		Use:   "atelier",
		Short: "Azure ML compute on your own machines",
		Long: "Atelier runs Azure Machine Learning's compute (clusters that grow from zero, and the jobs on them)\n" +
			"on machines of your own. `atelier up` starts it; the other commands talk to it.",
		SilenceUsage:      true,
		SilenceErrors:     true,
		Args:              cobra.ArbitraryArgs,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return a.prepare(cmd) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return a.unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	f := root.PersistentFlags()
	f.StringVarP(&a.output, "output", "o", "table", "output: table, wide, json, jsonl, yaml, csv or name")
	f.StringVar(&a.dataDir, "data-dir", "", "data directory of a server on this machine (or $ATELIER_DATA_DIR)")
	f.StringVar(&a.workspace, "workspace", "", "workspace (or $AZUREML_WORKSPACE_NAME)")
	f.StringVar(&a.group, "resource-group", "", "resource group (or $AZURE_RESOURCE_GROUP)")
	f.StringVar(&a.sub, "subscription", "", "subscription (or $AZURE_SUBSCRIPTION_ID)")
	f.StringVar(&a.lang, "lang", "", "language of messages: en or ko (or $LANG)")
	f.BoolVar(&a.debug, "debug", false, "print every request on stderr")
	f.BoolVar(&a.noColor, "no-color", false, "no colours (or $NO_COLOR)")
	root.SetIn(a.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return a.flagError(cmd, err) })
	root.AddGroup(&cobra.Group{ID: "work", Title: "Commands:"}, &cobra.Group{ID: "server", Title: "Server:"})
	root.SetHelpCommandGroupID("work")
	root.SetCompletionCommandGroupID("work")
	root.AddCommand(a.Commands()...)
	root.AddCommand(a.Extra...)
	_ = root.RegisterFlagCompletionFunc("output", fixed(formats...))
	_ = root.RegisterFlagCompletionFunc("lang", fixed("en", "ko"))
	return root
}

// Commands are the commands that talk to a server.
func (a *App) Commands() []*cobra.Command {
	all := []*cobra.Command{
		a.computeCommand(), a.jobCommand(), a.logsCommand("logs JOB"), a.eventsCommand(), a.whyCommand(), a.whoamiCommand(), a.quotaCommand(), a.principalCommand(), a.tokenCommand(), a.deviceCommand(), a.envCommand(), a.versionCommand(),
	}
	for _, c := range all {
		c.GroupID = "work"
	}
	return all
}

// prepare checks what every command depends on, once the flags are known.
func (a *App) prepare(cmd *cobra.Command) error {
	if err := checkFormat(a.output, cmd.Name() == "env"); err != nil {
		return err
	}
	if a.lang != "" && a.lang != "en" && a.lang != "ko" {
		return usage("--lang " + a.lang + ": there are en and ko")
	}
	a.colour = a.outTTY && !a.noColor && a.Env("NO_COLOR") == "" && a.Env("TERM") != "dumb"
	return nil
}

// verbs makes a command of verbs: without one it lists.
func (a *App) verbs(cmd *cobra.Command, list *cobra.Command, verbs ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(list)
	cmd.AddCommand(verbs...)
	cmd.Args = cobra.ArbitraryArgs
	cmd.Flags().AddFlagSet(list.Flags())
	cmd.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return a.unknownCommand(c, args[0])
		}
		return list.RunE(c, args)
	}
	return cmd
}

func (a *App) unknownCommand(cmd *cobra.Command, typed string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, append(c.Aliases, c.Name())...)
		}
	}
	if near := nearest(typed, names); near != "" {
		return usage(a.say("usage.command.near", typed, near))
	}
	return usage(a.say("usage.command", typed, cmd.CommandPath()))
}

// exactly demands a number of arguments and says what they are.
func (a *App) exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usage(a.say("usage.missing", names[len(args)], cmd.UseLine()))
		case len(args) > len(names):
			return usage(a.say("usage.extra", args[len(names)], cmd.UseLine()))
		}
		return nil
	}
}

func (a *App) atLeastOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage(a.say("usage.missing", name, cmd.UseLine()))
		}
		return nil
	}
}

// interrupted reports whether the user ended the run.
func interrupted(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }
