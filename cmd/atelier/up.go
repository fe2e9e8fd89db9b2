package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier/internal/cli"
)

// settings are the flags of `atelier up`.
type settings struct {
	DataDir           string
	Listen            string
	PrintEnv          string
	LogLevel          string
	Blobs             string
	UniqueInWorkspace bool
	FakeLocation      bool
	FakeBoot          time.Duration
	StudioDev         string
}

func upCommand() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use: "up", Aliases: []string{"server"}, GroupID: "server", Args: cobra.NoArgs,
		Short: "Start Atelier on this machine",
		Long: "Starts the server with the embedded database and the location `local`, whose nodes are\n" +
			"processes of this machine, and serves until Ctrl-C or SIGTERM. Jobs that run go on when the\n" +
			"server ends, and the next start takes them over.",
		Example: "  atelier up\n  atelier up --data-dir /srv/atelier --listen 127.0.0.1:8443",
		RunE: func(cmd *cobra.Command, _ []string) error {
			s.DataDir = cmd.Flag("data-dir").Value.String()
			if s.DataDir == "" {
				s.DataDir = cli.DataDir("", os.Getenv)
			}
			return up(cmd.Context(), s, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&s.Listen, "listen", "127.0.0.1:8443", "address of the API; port 0 picks a free one")
	f.StringVar(&s.PrintEnv, "print-env", "", "write what atelier env prints to this `FILE` when ready")
	f.StringVar(&s.LogLevel, "log-level", "warn", "what the server logs on stderr: debug, info, warn or error")
	f.StringVar(&s.Blobs, "blobs", "", "keep code, data and outputs in S3: s3://BUCKET/PREFIX?endpoint=URL&region=NAME, with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	f.BoolVar(&s.UniqueInWorkspace, "unique-in-workspace", false, "compute names need to be unique in their workspace only, not in the whole location")
	f.BoolVar(&s.FakeLocation, "fake-location", false, "add the location 'fake', a pretend cloud for trying things and for tests: it has all sizes, and its machines are processes of this machine")
	f.DurationVar(&s.FakeBoot, "fake-boot", 2*time.Second, "how long the machines of the location 'fake' take to boot")
	f.StringVar(&s.StudioDev, "studio-dev", "", "take the studio's files from Vite's development server at this `URL`")
	f.Lookup("studio-dev").Hidden = true
	return cmd
}

func up(ctx context.Context, s settings, out, errs io.Writer) error {
	began := time.Now()
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.LogLevel)); err != nil {
		return fmt.Errorf("--log-level %q is none of debug, info, warn, error", s.LogLevel)
	}
	dir, err := filepath.Abs(s.DataDir)
	if err != nil {
		return fmt.Errorf("find the data directory: %w", err)
	}
	s.DataDir = dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	unlock, err := lock(filepath.Join(dir, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	srv, err := open(ctx, s, slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: level})))
	if err != nil {
		return err
	}
	defer srv.close()
	fmt.Fprint(out, srv.greeting(time.Since(began)))
	if s.PrintEnv != "" {
		if err := writeEnv(s.PrintEnv, dir); err != nil {
			return err
		}
	}
	if err := srv.serve(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	fmt.Fprint(out, srv.farewell())
	return nil
}

// writeEnv leaves the variables for other clients in a file, complete or not at all.
func writeEnv(path, dataDir string) error {
	vars, err := cli.Environ(dataDir)
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := cli.WriteEnv(&b, vars); err != nil {
		return err
	}
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("write --print-env: %w", err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("write --print-env: %w", err)
	}
	return nil
}
