package store_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// TestOldSchema opens a store that was written before events had details: what it
// holds is sound, and events go on with them.
func TestOldSchema(t *testing.T) {
	path := written(t)
	old, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"ALTER TABLE events DROP COLUMN detail", "DELETE FROM goose_db_version WHERE version_id = 2"} {
		if _, err := old.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	db := reopen(t, path)
	c := &atelier.Compute{Meta: atelier.Meta{ID: workspace.Child(atelier.KindCompute, "c"), Name: "c", UID: "u", CreatedAt: time.Now()}}
	c.Spec.Cluster, c.Status.Target = &atelier.ClusterSpec{Max: 1}, 1
	if err := put(t, db, c); err != nil {
		t.Fatal(err)
	}
	if err := db.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	err = db.Read(t.Context(), func(tx *store.Tx) error {
		list, err := store.Events(tx, store.EventQuery{})
		if len(list) < 2 || list[0].Detail != "" || list[len(list)-1].Detail != "[1]" {
			t.Errorf("events %+v", list)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
