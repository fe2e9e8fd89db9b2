package compute

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// Orphan is how long a machine may be unknown to the store before Reap removes it:
// longer than any launch can be under way.
const Orphan = 3 * time.Minute

// OrphanVolume is the same for volumes. It is long because what is lost with a volume
// is a user's work: a store that came back from a backup may yet be put right.
const OrphanVolume = 24 * time.Hour

// Reap terminates machines that no node stands for. A launch whose answer was
// lost, or that took effect after we gave up on it, leaves such machines behind.
// Seen remembers since when each has been unknown; the caller keeps it between
// calls, and losing it only delays the next removal.
func (c *Controller) Reap(ctx context.Context, seen map[string]time.Time) error {
	var errs []error
	for _, location := range slices.Sorted(maps.Keys(c.Providers)) {
		errs = append(errs, c.reap(ctx, location, seen), c.reapVolumes(ctx, location, seen))
	}
	return errors.Join(errs...)
}

func (c *Controller) reap(ctx context.Context, location string, seen map[string]time.Time) error {
	prov := c.Providers[location]
	names, err := prov.List(ctx)
	if err != nil {
		return fmt.Errorf("list machines of %s: %w", location, err)
	}
	known, err := c.known(ctx)
	if err != nil {
		return err
	}
	now := c.Now()
	there := map[string]bool{}
	var errs []error
	for _, name := range names {
		key := location + "/" + name
		there[key] = true
		if known[name] {
			delete(seen, key)
			continue
		}
		if _, ok := seen[key]; !ok {
			seen[key] = now
		}
		if now.Sub(seen[key]) < Orphan {
			continue
		}
		if err := prov.Terminate(ctx, name); err != nil {
			errs = append(errs, fmt.Errorf("terminate orphan %s: %w", name, err))
			continue
		}
		c.Log.Info("orphan terminated", "provider", location, "machine", name)
		delete(seen, key)
	}
	maps.DeleteFunc(seen, func(key string, _ time.Time) bool {
		return strings.HasPrefix(key, location+"/") && !there[key]
	})
	return errors.Join(errs...)
}

// known returns the names of all nodes. It is read after the machines were listed,
// so that a machine launched meanwhile is not taken for an orphan.
func (c *Controller) known(ctx context.Context) (map[string]bool, error) {
	known := map[string]bool{}
	err := c.DB.Read(ctx, func(tx *store.Tx) error {
		nodes, err := store.All[atelier.Node](tx, store.Query{Kind: atelier.KindNode})
		for _, n := range nodes {
			if n.State != atelier.Gone {
				known[n.Name] = true
			}
		}
		return err
	})
	return known, err
}
