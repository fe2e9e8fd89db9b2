package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

func put(t *testing.T, db *store.DB, list ...atelier.Resource) error {
	t.Helper()
	return db.Do(t.Context(), func(tx *store.Tx) error {
		for _, r := range list {
			if err := store.Put(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// written makes a file with a few jobs and returns its path.
func written(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "atelier.db")
	db := reopen(t, path)
	for i := range 40 {
		if err := put(t, db, numbered(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReopen(t *testing.T) {
	path := written(t)
	db := reopen(t, path)
	if err := put(t, db, numbered("another")); err != nil {
		t.Fatal(err)
	}
	if err := put(t, db, numbered("7")); !atelier.IsKind(err, atelier.Conflict) {
		t.Errorf("create what was there before: %v", err)
	}
	if err := db.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path + "-wal"); !os.IsNotExist(err) {
		t.Errorf("closing left the write-ahead log: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the file: %v, %v", info.Mode(), err)
	}
}

func TestAwkwardPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b%20?x=1#y'é.db")
	db := reopen(t, path)
	if err := put(t, db, numbered("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		_, err := store.Get[atelier.Job](tx, numbered("a").ID)
		return err
	})
	if err != nil {
		t.Errorf("readers look elsewhere: %v", err)
	}
}

func TestRefusedFiles(t *testing.T) {
	change := func(statement string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	overwrite := func(at int64, with string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			if _, err := f.WriteAt([]byte(with), at); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name   string
		damage func(t *testing.T, path string)
		says   string
	}{
		{"a-newer-schema", change("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)"), "written by a newer Atelier (schema 99, this one knows 2)"},
		{"another-programs-database", change("PRAGMA application_id = 7"), "not Atelier's"},
		{"no-database", overwrite(0, "#!/bin/sh\necho hello\n"), "is damaged"},
		{"a-torn-page", overwrite(4096*3, strings.Repeat("\x00", 4096)), "is damaged"},
		{"an-event-left-out", change("DELETE FROM events WHERE seq = 5"), "event 6 follows event 4"},
		{"an-event-rewritten", change("UPDATE events SET actor = 'nobody' WHERE seq = 5"), "event 5 is not what was written"},
		{"an-events-detail-rewritten", change("UPDATE events SET detail = '[1]' WHERE seq = 5"), "event 5 is not what was written"},
		{"a-document-rewritten", change("UPDATE resources SET body = replace(body, 'uid', 'uld') WHERE seq = 5"), "checksum"},
		{"a-column-rewritten", change("UPDATE resources SET priority = 3 WHERE seq = 5"), "checksum"},
		{"a-row-left-out", change("DELETE FROM resources WHERE seq = 5"), "1 resources are missing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := written(t)
			test.damage(t, path)
			db, err := store.OpenSQLite(t.Context(), path, time.Now)
			if err == nil {
				_ = db.Close()
				t.Fatal("it was opened")
			}
			if !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("it says %q, want the path and %q", err, test.says)
			}
		})
	}
}

// TestFlippedBits flips single bits all over the file. Each is refused, or lies
// where nothing is: what is read is never wrong.
func TestFlippedBits(t *testing.T) {
	path := written(t)
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := contents(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for at := 0; at < len(sound); at += 397 {
		bad := append([]byte(nil), sound...)
		bad[at] ^= 1 << (at % 8)
		flipped := filepath.Join(t.TempDir(), "atelier.db")
		if err := os.WriteFile(flipped, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		switch got, err := contents(t.Context(), flipped); {
		case err != nil:
			refused++
		case got != want:
			t.Errorf("with a bit of byte %d of page %d flipped, it reads something else", at%4096, at/4096+1)
		}
	}
	if refused < 20 {
		t.Errorf("only %d files were refused", refused)
	}
}

func contents(ctx context.Context, path string) (text string, err error) {
	db, err := store.OpenSQLite(ctx, path, time.Now)
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }()
	err = db.Read(ctx, func(tx *store.Tx) error {
		jobs, err := store.All[atelier.Job](tx, store.Query{Kind: atelier.KindJob, Parent: workspace})
		for _, j := range jobs {
			text += fmt.Sprintln(*j)
		}
		return err
	})
	return text, err
}

// TestLogIsBegunAnew: without checkpoints the write-ahead log would hold every page
// ever written.
func TestLogIsBegunAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "atelier.db")
	db := reopen(t, path)
	var sizes []int64
	for round := range 30 {
		var list []atelier.Resource
		for i := range 200 {
			j := numbered(fmt.Sprint(round, "-", i))
			j.Spec.Command = strings.Repeat("x", 1000)
			list = append(list, j)
		}
		if err := put(t, db, list...); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, info.Size())
	}
	if first, last := sizes[9], sizes[29]; last > 2*first {
		t.Errorf("the log has %d bytes after 10 rounds and %d after 30", first, last)
	}
}
