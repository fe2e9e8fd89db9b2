package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/atelier-compute/atelier/internal/client"
)

func (a *App) computeTestConnection() *cobra.Command {
	var t client.ConnectionTarget
	keyFile, byPassword, locked := "", false, false
	cmd := &cobra.Command{
		Use: "test-connection ADDRESS", Short: "Look at a machine before it is attached: does it answer, let its user in, have what jobs need", ValidArgsFunction: nothing, Args: a.exactly("ADDRESS"),
		Long: "Look at a machine before it is attached: the server signs in there by SSH, says what it finds, and keeps\n" +
			"nothing. The first test only shows the machine's host key; give it with --host-key, once you have\n" +
			"compared it, to go on. Passwords are asked for, or read as lines of stdin.\n" +
			"The exit code is 0 if all is well and 1 if not.",
		Example: "  atelier compute test-connection 10.0.0.5 --user kim --key ~/.ssh/id_ed25519\n" +
			"  atelier compute test-connection gpu-box --user kim --password --host-key SHA256:…",
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			t.Address = args[0]
			if t.UserName == "" {
				return usage(a.say("connection.user"))
			}
			if keyFile == "" && !byPassword {
				return usage(a.say("connection.how"))
			}
			if keyFile != "" {
				text, err := os.ReadFile(keyFile)
				if err != nil {
					return a.fail(err, "cannot.read", keyFile)
				}
				t.PrivateKey = string(text)
			}
			if byPassword {
				if t.Password, err = a.secret(a.say("connection.password")); err != nil {
					return err
				}
			}
			if locked {
				if t.Passphrase, err = a.secret(a.say("connection.passphrase")); err != nil {
					return err
				}
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			report, err := c.TestConnection(cmd.Context(), t)
			if err != nil {
				return a.fail(err, "cannot.test", t.Address)
			}
			if err := a.one(t.Address, report.Raw, func(d *detail) { d.para(connectionLines(report)...) }); err != nil || report.OK {
				return err
			}
			if t.HostKey == "" && report.HostKey != nil {
				fmt.Fprintln(a.Stderr, a.say("connection.trust", plain(report.HostKey.Fingerprint)))
			}
			return quiet(exitError)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&t.UserName, "user", "", "whom to sign in as there")
	fl.IntVar(&t.Port, "port", 22, "port of the SSH server")
	fl.StringVar(&keyFile, "key", "", "sign in by the private key in this `FILE`")
	fl.BoolVar(&locked, "passphrase", false, "the private key has a passphrase: ask for it")
	fl.BoolVar(&byPassword, "password", false, "sign in by a password: ask for it")
	fl.StringVar(&t.HostKey, "host-key", "", "the machine's host key that you trust, as an earlier test showed it: SHA256:…")
	return cmd
}

// connectionLines shows each check, and below it what would help.
func connectionLines(r *client.Connection) (lines []string) {
	marks := map[string]string{"ok": "✓", "failed": "✗", "warning": "!", "skipped": "-"}
	for _, c := range r.Checks {
		took := ""
		if c.Status != "skipped" {
			took = fmt.Sprintf("  (%d ms)", c.Milliseconds)
		}
		lines = append(lines, fmt.Sprintf("%s %-8s %s%s", firstOf(marks[c.Status], "?"), plain(c.Name), plain(c.Message), took))
		for text := range strings.Lines(c.Detail) {
			lines = append(lines, "    · "+plain(strings.TrimSpace(text)))
		}
		if c.Help != "" {
			lines = append(lines, "    helps: "+plain(c.Help))
		}
		if c.Command != "" {
			lines = append(lines, "      "+plain(c.Command))
		}
	}
	return lines
}

// secret asks on a terminal, without showing what is typed, and reads a line else.
func (a *App) secret(prompt string) (string, error) {
	if in, ok := a.Stdin.(*os.File); ok && a.inTTY {
		fmt.Fprint(a.Stderr, prompt)
		text, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(a.Stderr)
		if err != nil {
			return "", fmt.Errorf("read what is typed: %w", err)
		}
		return string(text), nil
	}
	var line []byte
	for b := make([]byte, 1); ; { // byte by byte: the next line may be another secret
		n, err := a.Stdin.Read(b)
		switch {
		case n > 0 && b[0] == '\n', err == io.EOF && len(line) > 0:
			return strings.TrimRight(string(line), "\r"), nil
		case n > 0:
			line = append(line, b[0])
		case err != nil:
			return "", usage(a.say("password.missing"))
		}
	}
}
