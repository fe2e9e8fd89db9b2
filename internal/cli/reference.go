package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Reference writes the manual of all commands as Markdown: docs/cli.md. Extra are the
// commands that the binary has beside those of this package.
func Reference(w io.Writer, extra ...*cobra.Command) error {
	a := &App{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Env: func(string) string { return "" }, Extra: extra}
	a.defaults()
	root := a.Root()
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpFlag()
	var b strings.Builder
	b.WriteString("# The command line\n\n<!-- Made by `go test ./internal/cli -run TestReference -update`; do not edit. -->\n\n")
	b.WriteString(referenceIntro)
	b.WriteString("\n## Flags of every command\n\n")
	flagTable(&b, root.PersistentFlags())
	for _, c := range root.Commands() {
		section(&b, c, 2)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const referenceIntro = "`atelier NOUN VERB [NAME] [flags]`; without a verb, a noun lists. The verbs of `az ml compute` work as well.\n\n" +
	"The server is the one of `--data-dir`, else the one that `atelier env` has named in this shell (`ATELIER_ENDPOINT`), else the one on this machine " +
	"(`ATELIER_DATA_DIR`, or `~/.local/share/atelier`).\n\n" +
	"`-o json` prints the object of the API as the server sent it; lists are arrays. `-w` with `-o json` prints one object a line as it changes. " +
	"Results go to stdout, progress and questions to stderr.\n\n" +
	"| exit code | meaning |\n|---|---|\n| 0 | done |\n| 1 | error; also a streamed job that failed or was canceled |\n| 2 | the command line or the file is wrong |\n| 3 | not found |\n| 4 | not signed in, or not permitted |\n" +
	"| 5 | the state forbids it (conflict) |\n| 6 | quota, capacity or another reason blocks it |\n| 7 | the time limit is over |\n| 8 | the server cannot be reached |\n| 130 | interrupted |\n"

func section(b *strings.Builder, c *cobra.Command, level int) {
	if !c.IsAvailableCommand() || c.Name() == "help" {
		return
	}
	fmt.Fprintf(b, "\n%s %s\n\n%s\n", strings.Repeat("#", min(level, 4)), c.CommandPath(), firstOf(c.Long, c.Short+"."))
	if c.Runnable() {
		fmt.Fprintf(b, "\n```\n%s\n```\n", c.UseLine())
	}
	if len(c.Aliases) > 0 {
		fmt.Fprintf(b, "\nAlso: `%s`.\n", strings.Join(c.Aliases, "`, `"))
	}
	if c.Example != "" {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(c.Example, "  "), "\n  ", "\n"))
	}
	if c.LocalNonPersistentFlags().HasAvailableFlags() {
		b.WriteByte('\n')
		flagTable(b, c.LocalNonPersistentFlags())
	}
	for _, sub := range c.Commands() {
		section(b, sub, level+1)
	}
}

func flagTable(b *strings.Builder, flags *pflag.FlagSet) {
	b.WriteString("| flag | meaning |\n|---|---|\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name := "`--" + f.Name
		if kind, _ := pflag.UnquoteUsage(f); kind != "" {
			name += " " + kind
		}
		name += "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		meaning := strings.ReplaceAll(f.Usage, "|", `\|`)
		switch f.DefValue {
		case "", "0", "0s", "false", "[]", "-1":
		default:
			if !strings.Contains(meaning, "default") {
				meaning += " (default " + f.DefValue + ")"
			}
		}
		fmt.Fprintf(b, "| %s | %s |\n", name, meaning)
	})
}
