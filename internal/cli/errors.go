package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/client"
)

// Exit codes.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitForbidden   = 4
	exitConflict    = 5
	exitBlocked     = 6
	exitTimeout     = 7
	exitUnreachable = 8
	exitInterrupted = 130
)

// failure is an error with what the user wanted and what to try next.
type failure struct {
	what  string // "cannot create cluster "gpu"", in the user's language
	err   error
	tries []string
}

func (f *failure) Error() string {
	if f.what == "" {
		return f.err.Error()
	}
	return f.what + ": " + f.err.Error()
}
func (f *failure) Unwrap() error { return f.err }

// quiet is an exit code whose story has been told already.
type quiet int

func (q quiet) Error() string { return fmt.Sprintf("exit %d", int(q)) }

// fail wraps err with what was wanted: key names a sentence of the catalogue.
func (a *App) fail(err error, key string, args ...any) error {
	if err == nil {
		return nil
	}
	var q quiet
	if errors.As(err, &q) {
		return err
	}
	f := &failure{what: a.say(key, args...), err: err}
	var inner *failure
	if errors.As(err, &inner) {
		f.tries = inner.tries
	}
	return f
}

// try adds what would help to an error.
func try(err error, lines ...string) error {
	return &failure{err: err, tries: lines}
}

func usage(message string) error { return atelier.Errorf(atelier.Invalid, "Usage", "%s", message) }

func (a *App) flagError(cmd *cobra.Command, err error) error {
	msg := err.Error()
	if flag, ok := strings.CutPrefix(msg, "unknown flag: --"); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := nearest(flag, names); near != "" {
			return usage(a.say("usage.flag.near", flag, near))
		}
	}
	return usage(msg)
}

// report prints an error and returns the exit code. What an error of ours looks
// like: the sentence with the code in brackets, what the server added, what to try.
func (a *App) report(ctx context.Context, cmd *cobra.Command, err error) int {
	var q quiet
	if errors.As(err, &q) {
		return int(q)
	}
	if interrupted(ctx) && errors.Is(err, context.Canceled) {
		fmt.Fprintln(a.Stderr, a.say("interrupted"))
		return exitInterrupted
	}
	code, target, exit := classify(err)
	fmt.Fprint(a.Stderr, a.errorText(err, code, target, cmd))
	return exit
}

func (a *App) errorText(err error, code, target string, cmd *cobra.Command) string {
	why, what := err.Error(), ""
	var tries []string
	var f *failure
	if errors.As(err, &f) {
		what, why, tries = f.what, f.err.Error(), f.tries
		var inner *failure
		if errors.As(f.err, &inner) {
			if why = inner.err.Error(); inner.what != "" && inner.what != what {
				why = a.say("error.joined", inner.what, why) // a file of many, for example
			}
		}
	}
	first, rest, _ := strings.Cut(strings.TrimRight(why, "\n"), "\n")
	lines := []string{}
	if known := a.known("why." + code); known != "" && a.language() != "en" {
		// The server speaks English: its sentence follows the one of the catalogue.
		lines = append(lines, "  "+first)
		first = known
	}
	head := a.say("error") + ": " + first
	if what != "" {
		head = a.say("error") + ": " + a.say("error.joined", what, first)
	}
	head = plain(head)
	if code != "" {
		head += "  [" + plain(code) + "]"
	}
	if rest != "" {
		lines = append(lines, strings.Split(rest, "\n")...)
	}
	lines = append(lines, details(err, target)...)
	if len(tries) == 0 {
		if hint := a.known("try." + code); hint != "" {
			tries = []string{hint}
		} else if code == "Usage" && cmd != nil {
			tries = []string{cmd.CommandPath() + " --help"}
		}
	}
	for _, t := range tries {
		lines = append(lines, "  "+a.say("try")+":  "+t)
	}
	for i, l := range lines {
		lines[i] = "  " + strings.TrimRight(plain(strings.TrimPrefix(l, "  ")), " ")
	}
	return strings.Join(append([]string{head}, lines...), "\n") + "\n"
}

// details are what the server said beyond the sentence.
func details(err error, target string) []string {
	var lines []string
	var e *client.Error
	if !errors.As(err, &e) {
		return nil
	}
	for _, d := range e.Details {
		if d.Message != "" && d.Message != e.Message && len(lines) < 2 {
			lines = append(lines, "  "+d.Message)
		}
	}
	var at []string
	if target != "" {
		at = append(at, "at: "+target)
	}
	if e.Status >= 500 && e.RequestID != "" {
		at = append(at, "id: "+e.RequestID)
	}
	if len(at) > 0 {
		lines = append(lines, "  "+strings.Join(at, " · "))
	}
	return lines
}

// classify finds the code of an error and the exit code that goes with it.
func classify(err error) (code, target string, exit int) {
	var ours *atelier.Error
	var theirs *client.Error
	var gone *client.Unreachable
	var job *jobError
	switch {
	case errors.As(err, &job):
		return job.why.Code, "", exitError
	case errors.As(err, &theirs):
		if theirs.Code == "" {
			theirs.Code = strings.ReplaceAll(http.StatusText(theirs.Status), " ", "")
		}
		return theirs.Code, theirs.Target, exitOfStatus(theirs.Status, theirs.Code)
	case errors.As(err, &gone):
		return "Unreachable", "", exitUnreachable
	case errors.As(err, &ours):
		return ours.Code, ours.Target, exitOfKind(ours)
	case errors.Is(err, context.DeadlineExceeded):
		return "Timeout", "", exitTimeout
	}
	return "", "", exitError
}

func exitOfStatus(status int, code string) int {
	switch code {
	case "QuotaExceeded", "NoCapacity", "JobNodeCountExceedsCoreQuota", "JobNodeCountExceedsClusterSize", "SizeNotAvailable":
		return exitBlocked
	}
	switch status {
	case http.StatusNotFound, http.StatusGone:
		return exitNotFound
	case http.StatusUnauthorized, http.StatusForbidden:
		return exitForbidden
	case http.StatusConflict, http.StatusPreconditionFailed:
		return exitConflict
	case http.StatusTooManyRequests:
		return exitBlocked
	case http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return exitTimeout
	}
	return exitError
}

func exitOfKind(e *atelier.Error) int {
	switch e.Code {
	case "Usage", "InvalidYaml", "UnsupportedType":
		return exitUsage
	case "Timeout":
		return exitTimeout
	case "NoServer":
		return exitUnreachable
	}
	switch e.Kind {
	case atelier.NotFound:
		return exitNotFound
	case atelier.Unauthentic, atelier.Forbidden:
		return exitForbidden
	case atelier.Conflict:
		return exitConflict
	case atelier.NoQuota:
		return exitBlocked
	}
	return exitError
}
