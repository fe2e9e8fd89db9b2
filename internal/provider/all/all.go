// Package all lists the providers that are linked into the binary.
package all

import (
	"log/slog"

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
}

// Providers returns one provider for each location.
func Providers(c Config) provider.Set {
	return provider.Set{
		"local": &local.Provider{
			Dir: c.Nodes, Exe: c.Exe, Installation: c.Installation, Env: c.Env, Log: c.Log,
		},
	}
}
