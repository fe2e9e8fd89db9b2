// Command atelier is the whole platform in one binary: the server (up), the node's
// init and agent, and the command line that talks to a server.
package main

import (
	"os"

	"github.com/atelier-compute/atelier/internal/cli"
)

// version is set by the linker.
var version = "dev"

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv, version,
		upCommand(), nodeInitCommand(), agentCommand()))
}
