package all_test

import (
	"path/filepath"
	"testing"

	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/provider/all"
)

// Every location can say which sizes it has, and lists no machines of nobody.
func TestProviders(t *testing.T) {
	set := all.Providers(all.Config{Nodes: filepath.Join(t.TempDir(), "nodes"), Exe: "/bin/false", Installation: "i"})
	if set["local"] == nil {
		t.Error("the location local is missing")
	}
	for location, p := range set {
		c, ok := p.(provider.Catalog)
		if !ok || len(c.Sizes()) == 0 {
			t.Errorf("%s has no sizes", location)
		}
		if names, err := p.List(t.Context()); err != nil || len(names) > 0 {
			t.Errorf("%s lists %q, %v in a new installation", location, names, err)
		}
	}
}
