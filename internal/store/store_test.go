package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/atelier-compute/atelier/internal/store"
	"github.com/atelier-compute/atelier/internal/store/storetest"
)

func memory(t *testing.T) *store.DB {
	return store.OpenDisk(new(store.Disk), time.Now)
}

func sqlite(t *testing.T) *store.DB {
	t.Helper()
	return reopen(t, filepath.Join(t.TempDir(), "atelier.db"))
}

func reopen(t *testing.T, path string) *store.DB {
	t.Helper()
	db, err := store.OpenSQLite(t.Context(), path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestMemory(t *testing.T) { storetest.Run(t, memory) }
func TestSQLite(t *testing.T) { storetest.Run(t, sqlite) }

func TestMemoryIsLikeSQLite(t *testing.T) { storetest.Same(t, memory, sqlite) }
