package cli

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/atelier-compute/atelier/internal/client"
)

func (a *App) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "Your personal tokens and signed-in devices: create, list, revoke"}
	return a.verbs(cmd, a.tokenList(), a.tokenCreate(), a.tokenRevoke())
}

func (a *App) tokenList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List your personal tokens, and the devices that are signed in as you", Args: a.exactly(), ValidArgsFunction: nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			list, err := client.Collect(c.Tokens(cmd.Context()), 0)
			if err != nil {
				return a.fail(err, "cannot.list", "tokens")
			}
			l := listing{columns: []column{{head: "NAME"}, {head: "KIND"}, {head: "CREATED"}, {head: "EXPIRES"}, {head: "LAST USED"}, {head: "ID"}}, empty: a.say("token.none")}
			for _, t := range list {
				l.rows = append(l.rows, row{name: t.ID, raw: t.Raw, cells: []string{t.Name, t.Kind, day(t.CreatedAt), day(t.ExpiresAt), hour(t.LastUsedAt), t.ID}})
			}
			return a.list(l)
		},
	}
}

func day(stamp string) string { return stamp[:min(len("2006-01-02"), len(stamp))] }

// hour is as exact as the use of a token is known.
func hour(stamp string) string {
	if stamp == "" {
		return "-"
	}
	return strings.Replace(stamp[:min(len("2006-01-02T15"), len(stamp))], "T", " ", 1) + "h UTC"
}

func (a *App) tokenCreate() *cobra.Command {
	var days int
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Make a personal token, which is printed this once", Args: a.exactly("NAME"), ValidArgsFunction: nothing,
		Long: "Make a personal token, which is printed this once. Whoever has it may do at the API what you may, until it\n" +
			"ends or is revoked. It signs in to the studio too, and is what ATELIER_TOKEN takes beside ATELIER_ENDPOINT.",
		Example: "  atelier token create ci --days 90\n  curl -H \"Authorization: Bearer $(atelier token create once --days 1)\" …",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			t, err := c.CreateToken(cmd.Context(), args[0], days)
			if err != nil {
				return a.fail(err, "cannot.token.create", args[0])
			}
			if a.output != "table" && a.output != "wide" {
				return a.list(listing{columns: []column{{head: "ID"}}, rows: []row{{name: t.ID, raw: t.Raw, cells: []string{t.ID}}}})
			}
			fmt.Fprintln(a.Stdout, t.Token)
			fmt.Fprintln(a.Stderr, a.say("token.created", t.Name, day(t.ExpiresAt)))
			return nil
		},
	}
	cmd.Flags().IntVar(&days, "days", 30, "days that it is good for, 1 to 365")
	return cmd
}

func (a *App) tokenRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke NAME…", Aliases: []string{"delete", "rm"}, Short: "End personal tokens, or sign devices out, by ID or by name", Args: a.atLeastOne("NAME"), ValidArgsFunction: nothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			list, err := client.Collect(c.Tokens(cmd.Context()), 0)
			if err != nil {
				return a.fail(err, "cannot.list", "tokens")
			}
			for _, name := range args {
				id, n := name, 0
				for _, t := range list {
					if t.Name == name {
						id, n = t.ID, n+1
					}
				}
				if n > 1 {
					return usage(a.say("token.several", n, name))
				}
				if err := c.RevokeToken(cmd.Context(), id); err != nil {
					return a.fail(err, "cannot.token.revoke", name)
				}
				fmt.Fprintln(a.Stderr, a.say("token.revoked", name))
			}
			return nil
		},
	}
}

func (a *App) principalPassword() *cobra.Command {
	return &cobra.Command{
		Use: "set-password [NAME]", Short: "Set the password that a user signs in to the studio with; without NAME, your own", ValidArgsFunction: nothing,
		Long: "Set the password that a user signs in to the studio with; without NAME, your own. It has at least 12\n" +
			"characters, and is asked for on a terminal or else read from the first line of stdin. Sessions of the user end.",
		Example: "  atelier principal set-password kim\n  pwgen 24 1 | tee kim.txt | atelier principal set-password kim",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(a.say("usage.extra", args[1], cmd.UseLine()))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			name := strings.Join(args, "")
			c, err := a.connect()
			if err != nil {
				return err
			}
			password, err := a.newPassword()
			if err != nil {
				return err
			}
			if err := c.SetPassword(cmd.Context(), name, password); err != nil {
				return a.fail(err, "cannot.principal.password")
			}
			fmt.Fprintln(a.Stderr, a.say("principal.password"))
			return nil
		},
	}
}

// newPassword asks twice on a terminal, without showing what is typed.
func (a *App) newPassword() (string, error) {
	in, ok := a.Stdin.(*os.File)
	if !ok || !a.inTTY {
		line, err := bufio.NewReader(a.Stdin).ReadString('\n')
		if line == "" && err != nil {
			return "", usage(a.say("password.missing"))
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	var typed [2]string
	for i, key := range []string{"password.ask", "password.again"} {
		fmt.Fprint(a.Stderr, a.say(key))
		text, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(a.Stderr)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		typed[i] = string(text)
	}
	if typed[0] != typed[1] {
		return "", usage(a.say("password.differ"))
	}
	return typed[0], nil
}
