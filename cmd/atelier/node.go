package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier/internal/agent"
	"github.com/atelier-compute/atelier/internal/provider/local"
	"github.com/atelier-compute/atelier/internal/runtime/process"
	"github.com/atelier-compute/atelier/internal/runtime/python"
)

// envCache names the folder of environments that the nodes of a machine share.
const envCache = "ATELIER_ENV_CACHE"

// nodeInitCommand is process 1 of a local node. The local provider starts it.
func nodeInitCommand() *cobra.Command {
	return &cobra.Command{
		Use: "node-init DIR", Short: "process 1 of a local node (started by the server)", Hidden: true, Args: cobra.ExactArgs(1),
		Run: func(_ *cobra.Command, args []string) {
			exe, err := os.Executable()
			if err != nil {
				fmt.Fprintln(os.Stderr, "find the atelier binary:", err)
				os.Exit(1)
			}
			os.Exit(local.Init(args[0], []string{exe, "agent", "--dir", args[0]}))
		},
	}
}

// agentCommand runs the agent of one node.
func agentCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "agent", Short: "the agent of a node (started by the node)", Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rt, err := process.Open(filepath.Join(dir, "runtime"), nil)
			if err != nil {
				return fmt.Errorf("open the runtime: %w", err)
			}
			cache := os.Getenv(envCache)
			if cache == "" {
				cache = filepath.Join(dir, "envs")
			}
			code, err := agent.Run(cmd.Context(), agent.Config{
				Dir: dir, Runtime: rt, Envs: &python.Envs{Cache: cache},
				Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Now: time.Now,
			})
			if err != nil {
				return err
			}
			os.Exit(code)
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "directory of the node")
	_ = cmd.MarkFlagRequired("dir")
	return cmd
}
