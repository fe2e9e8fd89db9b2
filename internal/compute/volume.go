package compute

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/store"
)

// wipe deletes the volume of a compute that has no machine any more, and then the
// compute: as long as the compute is there the volume is known, so a crash between
// the two leaves nothing behind.
func (c *Controller) wipe(ctx context.Context, comp *atelier.Compute) (retry time.Duration, err error) {
	name := VolumeName(comp)
	if v, ok := c.Providers[comp.Spec.Location].(provider.Volumes); ok {
		if err := v.DeleteVolume(ctx, name); err != nil {
			if ctx.Err() != nil {
				return 0, ctx.Err()
			}
			c.Log.Warn("delete volume", "compute", comp.ID, "volume", name, "err", err)
			return terminateRetry, nil
		}
	}
	err = c.DB.Do(ctx, func(tx *store.Tx) error {
		tx.Actor = actor
		now, err := store.Get[atelier.Compute](tx, comp.ID)
		if err != nil || now.UID != comp.UID {
			return ignoreNotFound(err)
		}
		return store.Delete(tx, now)
	})
	if err != nil {
		return 0, fmt.Errorf("forget %s: %w", comp.ID, err)
	}
	return 0, nil
}

// reapVolumes deletes the volumes of computes that do not exist. A volume's name has
// the UID of its compute in it, so that one of a past incarnation is found too.
func (c *Controller) reapVolumes(ctx context.Context, location string, seen map[string]time.Time) error {
	v, ok := c.Providers[location].(provider.Volumes)
	if !ok {
		return nil
	}
	names, err := v.ListVolumes(ctx)
	if err != nil {
		return fmt.Errorf("list volumes of %s: %w", location, err)
	}
	known := map[string]bool{}
	err = c.DB.Read(ctx, func(tx *store.Tx) error {
		computes, err := store.All[atelier.Compute](tx, store.Query{Kind: atelier.KindCompute})
		for _, comp := range computes {
			known[VolumeName(comp)] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	prefix := "volume " + location + "/"
	there := map[string]bool{}
	var errs []error
	for _, name := range names {
		key := prefix + name
		there[key] = true
		if known[name] {
			delete(seen, key)
			continue
		}
		if _, ok := seen[key]; !ok {
			seen[key] = c.Now()
		}
		if c.Now().Sub(seen[key]) < OrphanVolume {
			continue
		}
		if err := v.DeleteVolume(ctx, name); err != nil {
			errs = append(errs, fmt.Errorf("delete orphaned volume %s: %w", name, err))
			continue
		}
		c.Log.Info("orphaned volume deleted", "provider", location, "volume", name)
		delete(seen, key)
	}
	maps.DeleteFunc(seen, func(key string, _ time.Time) bool { return strings.HasPrefix(key, prefix) && !there[key] })
	return errors.Join(errs...)
}
