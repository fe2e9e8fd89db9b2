//go:build !linux

package local

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
)

// Launch implements provider.Provider; it is not possible here.
func (p *Provider) Launch(context.Context, provider.Machine) error { return unsupported() }

// Terminate implements provider.Provider: there can be no machine.
func (p *Provider) Terminate(context.Context, string) error { return nil }

// List implements provider.Provider: there can be no machine.
func (p *Provider) List(context.Context) ([]string, error) { return nil, nil }

// Init is not possible here.
func Init(string, []string) int {
	fmt.Fprintln(os.Stderr, unsupported())
	return 1
}

// Problems says what nodes of this machine lack.
func (p *Provider) Problems() []atelier.Problem {
	err := unsupported()
	return []atelier.Problem{{Code: err.Code, Message: err.Message}}
}

func unsupported() *atelier.Error {
	return atelier.Errorf(atelier.Unsupported, "LocationUnsupported",
		"the location local cannot run nodes on %s yet: it follows a node's processes through Linux's /proc; run the server on Linux, or use a container or virtual machine with Linux", runtime.GOOS)
}

func machineMemory() float64 { return 0 }
