//go:build unix

package store_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// present is a view of which jobs there are.
type present struct{ names map[string]bool }

func (v *present) Kinds() []string { return []string{atelier.KindJob} }
func (v *present) Reset()          { v.names = map[string]bool{} }

func (v *present) Apply(c store.Change) {
	v.names[c.ID.Name()] = true
	if c.Gone {
		delete(v.names, c.ID.Name())
	}
}

// fill writes jobs until the disk refuses, and returns the first that was refused.
func fill(t *testing.T, db *store.DB, prefix string) (*atelier.Job, error) {
	t.Helper()
	for i := range 100_000 {
		j := numbered(prefix + strings.Repeat("x", i%7) + "-" + itoa(i))
		j.Spec.Command = strings.Repeat("x", 4000)
		if err := put(t, db, j); err != nil {
			return j, err
		}
	}
	t.Fatal("the disk never was full")
	return nil, nil
}

func itoa(i int) string {
	if i < 10 {
		return string(rune('0' + i))
	}
	return itoa(i/10) + itoa(i%10)
}

func needsMounts(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("needs Linux and root, to mount file systems of its own")
	}
}

func TestFullDisk(t *testing.T) {
	needsMounts(t)
	dir := mountAs(t, "-t", "tmpfs", "-o", "size=4m", "none")
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	db := reopen(t, filepath.Join(dir, "atelier.db"))
	view := new(present)
	if err := db.AddView(view); err != nil {
		t.Fatal(err)
	}
	refused, err := fill(t, db, "a")
	if !atelier.IsKind(err, atelier.Transient) || !strings.Contains(err.Error(), "full") {
		t.Fatalf("with the disk full: %v, want a transient error that says so", err)
	}
	if refused.Rev != 0 || view.names[refused.Name] || !view.names["a-0"] {
		t.Errorf("the refused job has revision %d and is in the view: %v", refused.Rev, view.names[refused.Name])
	}
	err = db.Read(t.Context(), func(tx *store.Tx) error {
		_, err := store.Get[atelier.Job](tx, numbered("a-0").ID)
		return err
	})
	if err != nil {
		t.Errorf("reading with the disk full: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := put(t, db, refused); err != nil {
		t.Fatalf("the same with space again: %v", err)
	}
	if !view.names[refused.Name] || db.Broken() != nil {
		t.Errorf("the view misses the job, or the store is broken: %v", db.Broken())
	}
	if err := db.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestFailedSync writes to a file system whose disk cannot take it: it is on a loop
// device in a memory file system that is full. What fails then is the sync.
func TestFailedSync(t *testing.T) {
	needsMounts(t)
	image := filepath.Join(mountAs(t, "-t", "tmpfs", "-o", "size=6m", "none"), "image")
	makeExt4(t, image, "-O", "^has_journal")
	path := filepath.Join(mount(t, image), "atelier.db")
	db := reopen(t, path)
	_, err := fill(t, db, "a")
	if !atelier.IsKind(err, atelier.Transient) || !strings.Contains(err.Error(), "restart Atelier") {
		t.Fatalf("after a failed sync: %v, want to be told to restart", err)
	}
	if db.Broken() == nil {
		t.Error("the store goes on after a failed sync")
	}
	if err := put(t, db, numbered("later")); err == nil {
		t.Error("a broken store took a write")
	}
}
