package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Main runs the command line args (without the program's name) until it ends or a
// signal comes, and returns the exit code. Extra are further commands of the binary.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) string, version string, extra ...*cobra.Command) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the process at once, should the first not.
	context.AfterFunc(ctx, stop)
	a := &App{Stdin: stdin, Stdout: stdout, Stderr: stderr, Env: env, Version: version, Extra: extra}
	return a.Run(ctx, args)
}
