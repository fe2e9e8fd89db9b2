package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"
)

func (a *App) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version of this program, and of the server if one runs", Args: a.exactly(), ValidArgsFunction: nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := map[string]string{"client": a.Version, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH}
			if server := a.serverVersion(cmd.Context()); server != "" {
				v["server"] = server
			}
			raw, err := json.Marshal(v)
			if err != nil {
				return fmt.Errorf("print the version: %w", err)
			}
			return a.one(a.Version, raw, func(d *detail) {
				d.field("atelier", v["client"])
				d.field("server", v["server"])
				d.field("platform", v["platform"])
				d.field("built with", v["go"])
			})
		},
	}
}

// serverVersion asks the server, if one is near.
func (a *App) serverVersion(ctx context.Context) string {
	c, err := a.connect()
	if err != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	raw, _, err := c.Raw(ctx, "GET", "/version", nil, nil)
	if err != nil {
		return ""
	}
	var v struct {
		Version string `json:"version"`
	}
	if json.Unmarshal(raw, &v) != nil {
		return ""
	}
	return v.Version
}
