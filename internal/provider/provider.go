// Package provider is the contract between the platform and whatever supplies
// machines. Implementations live in sub-packages and import only this package and
// atelier; providertest holds the suite that all of them must pass.
package provider

import (
	"context"

	"github.com/atelier-compute/atelier"
)

// Provider supplies machines that boot the atelier agent. Everything else
// (readiness, work, logs) travels over the agent's own connection.
//
// Every method is safe for concurrent use and idempotent on Machine.Name: the
// platform repeats calls after crashes and timeouts.
type Provider interface {
	// Launch makes the named machine exist. It returns once the request is
	// accepted; the agent's hello, not Launch, proves that the machine is up. An
	// atelier.Error of kind NoQuota says that capacity is the obstacle, Invalid
	// that the same request can never succeed; any other error is worth a repeat.
	Launch(ctx context.Context, m Machine) error

	// Terminate makes the named machine, all its processes and its directories not
	// exist. A machine that is already gone is not an error.
	Terminate(ctx context.Context, name string) error

	// List returns the names of all machines that this installation holds here,
	// including ones that the platform has forgotten, in order. A machine whose
	// Launch answered may be missing for some seconds.
	List(ctx context.Context) ([]string, error)
}

// Machine is what a provider needs to know.
type Machine struct {
	Name     string // unique for ever; also the idempotency key: [a-z0-9-], at most 63
	Node     atelier.ID
	Size     string // as the user spelled it
	Priority string // atelier.Dedicated or atelier.LowPriority
	Volume   string `json:",omitempty"` // directory that outlives the machine, its tasks' home; named as machines are; "": none
	Join     Join
}

// Volumes is implemented by providers that keep volumes. Launch makes the volume of
// a machine when there is none of the name. One that does not keep volumes refuses
// to launch a machine with one, by an Unsupported error.
type Volumes interface {
	// DeleteVolume makes the volume and all that is in it not exist. No machine
	// that has it exists any more. A volume that is already gone is not an error.
	DeleteVolume(ctx context.Context, name string) error

	// ListVolumes returns the names of all volumes that this installation has here,
	// in order.
	ListVolumes(ctx context.Context) ([]string, error)
}

// Join is how the machine's agent reaches the server.
type Join struct {
	Endpoint string `json:"endpoint"` // host:port of the server's TLS listener
	CA       string `json:"ca"`       // PEM certificates to trust
	Token    string `json:"token"`    // proves that this is the machine of Machine.Node; dies with the first hello
}

// Catalog is implemented by providers that know which sizes they have.
type Catalog interface {
	// Sizes lists what can be asked for, in a stable order.
	Sizes() []atelier.Size
	// Fit looks a size up without regard to case. Short says in words what the
	// machine will lack of what the size promises, and is "" when nothing. An
	// unknown size is an Invalid error that names near ones.
	Fit(size string) (s atelier.Size, short string, err error)
}

// Capacity is implemented by providers that know how many machines they could make
// now. It answers from what is at hand: users look at a list of sizes and wait.
type Capacity interface {
	// Free is how many more machines of the size there are now; known is false if
	// nobody can say, or nothing limits them.
	Free(size string) (n int, known bool)
}

// Preempter is implemented by providers whose machines can be taken away on purpose,
// as clouds take those at low priority: a drill.
type Preempter interface {
	// Preempt makes the machine end now, without asking it. A machine that is already
	// gone is not an error.
	Preempt(ctx context.Context, name string) error
}

// Set is the providers of one server by location.
type Set map[string]Provider
