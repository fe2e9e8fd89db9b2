// Package all lists the providers that are linked into the binary.
package all

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/provider/local"
)

// Config is what the providers need to know of the server.
type Config struct {
	Nodes        string   // directory for the nodes of this machine
	Exe          string   // the atelier binary
	Installation string   // tells our machines from those of others
	Env          []string // for nodes of this machine, "K=V"
	Log          *slog.Logger
	Fake         string        // directory for the pretend cloud; "": there is none
	FakeBoot     time.Duration // from the making of its machines to their boot
}

// Providers returns one provider for each location.
func Providers(ctx context.Context, c Config) (provider.Set, error) {
	set := provider.Set{
		"local": &local.Provider{
			Dir: c.Nodes, Exe: c.Exe, Installation: c.Installation, Env: c.Env, Log: c.Log,
		},
	}
	if c.Fake != "" {
		p, err := openPretend(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("open the location %s: %w", Fake, err)
		}
		set[Fake] = p
	}
	return set, nil
}
