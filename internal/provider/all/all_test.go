package all_test

import (
	"path/filepath"
	"testing"

	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/provider/all"
)

// Every location can say which sizes it has, and lists no machines of nobody.
func TestProviders(t *testing.T) {
	dir := t.TempDir()
	c := all.Config{Nodes: filepath.Join(dir, "nodes"), Exe: "/bin/false", Installation: "i"}
	if set, err := all.Providers(t.Context(), c); err != nil || len(set) != 1 || set["local"] == nil {
		t.Errorf("locations = %v, %v; want only local when nobody asked for more", set, err)
	}
	c.Fake = filepath.Join(dir, "fake")
	set, err := all.Providers(t.Context(), c)
	if err != nil || len(set) != 2 || set["local"] == nil || set[all.Fake] == nil {
		t.Errorf("locations = %v, %v; want local and %s", set, err, all.Fake)
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
