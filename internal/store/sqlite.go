package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/atelier-compute/atelier"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

const (
	// applicationID marks a file as ours.
	applicationID = 0x41544c52
	// checkedAtStart is how large a file is read and verified whole at the start.
	// Beyond it, damage shows when what is damaged is read.
	checkedAtStart = 8 << 20
	// checkpointEvery is after how many written rows and events the write-ahead log is
	// moved to the file and begun anew: some 20 MB.
	checkpointEvery = 2000
	busyTimeout     = 5000 // milliseconds; only an operator's own tools can make us wait
	readersTimeout  = 50   // milliseconds that a checkpoint waits for those who read what is in the log
	maxReaders      = 32
	idleReaders     = 4 // each keeps some memory
)

// sqliteFile is storage in one SQLite file: one connection writes, others read.
type sqliteFile struct {
	path    string
	ctx     context.Context // of statements; never cancelled, so that none is cut short
	pool    *sql.DB         // holds the writer
	writer  *sql.Conn
	w       *sqlReader
	readers *sql.DB
	shared  *statements // of readers

	logged  int   // rows and events since the last checkpoint
	failure error // of a checkpoint, after which nothing may be written
}

// OpenSQLite opens or makes the store in the file. The context bounds only the
// opening. One process at a time may have a file open; the caller sees to that.
func OpenSQLite(ctx context.Context, path string, now func() time.Time) (*DB, error) {
	return openSQLite(ctx, path, now, "FULL")
}

// openSQLite takes the sync mode for the test that shows what a lesser one loses.
func openSQLite(ctx context.Context, path string, now func() time.Time, synchronous string) (*DB, error) {
	// Where it exists, fdatasync makes a commit as durable as fsync and cheaper.
	_, _ = sqlite.Fdatasync(true)
	size, err := create(path)
	if err != nil {
		return nil, err
	}
	s := &sqliteFile{path: path, ctx: context.WithoutCancel(ctx)}
	db, err := s.open(ctx, now, synchronous, size)
	if err != nil {
		_ = s.close() // the first error counts
		return nil, s.explain(err)
	}
	return db, nil
}

// create makes the file, readable by its owner only, and returns its size.
func create(path string) (int64, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return 0, fmt.Errorf("open the store: %w", err)
	}
	info, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, fmt.Errorf("open the store: %w", err)
	}
	return info.Size(), nil
}

func (s *sqliteFile) open(ctx context.Context, now func() time.Time, synchronous string, size int64) (*DB, error) {
	if err := s.connect(ctx, synchronous); err != nil {
		return nil, err
	}
	seq, head, err := s.tail()
	if err != nil {
		return nil, err
	}
	db := &DB{eng: s, Now: now, seq: seq, head: head}
	if size > 0 && size <= checkedAtStart {
		if err := db.Verify(ctx); err != nil {
			return nil, s.damaged(err)
		}
	}
	return db, nil
}

func (s *sqliteFile) connect(ctx context.Context, synchronous string) (err error) {
	s.pool, err = sql.Open("sqlite", dsn(s.path,
		"busy_timeout", fmt.Sprint(busyTimeout), "journal_mode", "WAL", "synchronous", synchronous,
		"foreign_keys", "ON", "wal_autocheckpoint", "0", "journal_size_limit", "67108864"))
	if err != nil {
		return err
	}
	s.pool.SetMaxOpenConns(1)
	if err := s.recognize(ctx); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(s.path)); err != nil {
		return err
	}
	if s.writer, err = s.pool.Conn(ctx); err != nil {
		return err
	}
	if err := s.assertPragmas(ctx, synchronous); err != nil {
		return err
	}
	s.w = &sqlReader{file: s, prepared: &statements{prepare: s.writer.PrepareContext}}
	s.readers, err = sql.Open("sqlite", dsn(s.path, "busy_timeout", fmt.Sprint(busyTimeout), "query_only", "ON"))
	if err != nil {
		return err
	}
	s.readers.SetMaxOpenConns(maxReaders)
	s.readers.SetMaxIdleConns(idleReaders)
	s.shared = &statements{prepare: s.readers.PrepareContext}
	return nil
}

// dsn names the file and what is set on every connection to it.
func dsn(path string, pragmas ...string) string {
	q := url.Values{}
	for i := 0; i < len(pragmas); i += 2 {
		q.Add("_pragma", pragmas[i]+"("+pragmas[i+1]+")")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// recognize refuses a file that is no store of ours.
func (s *sqliteFile) recognize(ctx context.Context) error {
	var id, tables int64
	if err := s.pool.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if err := s.pool.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	if id == applicationID || id == 0 && tables == 0 {
		return nil
	}
	return atelier.Errorf(atelier.Conflict, "StoreUnknown", "%s is a database, but not Atelier's; "+
		"name another data directory, or move the file away", s.path)
}

func (s *sqliteFile) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.pool, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if current > target {
		return atelier.Errorf(atelier.Unsupported, "StoreTooNew", "%s was written by a newer Atelier (schema %d, this one knows %d); "+
			"start that version, or restore a backup made before the upgrade", s.path, current, target)
	}
	if current == target {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema from version %d to %d: %w", current, target, err)
	}
	return nil
}

// syncDir makes the name of a new file durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open the data directory: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync the data directory: %w", err)
	}
	return nil
}

// assertPragmas makes sure that what durability hangs on was not ignored.
func (s *sqliteFile) assertPragmas(ctx context.Context, synchronous string) error {
	level := map[string]string{"FULL": "2", "NORMAL": "1", "OFF": "0"}[synchronous]
	for _, want := range [][2]string{
		{"journal_mode", "wal"}, {"synchronous", level}, {"foreign_keys", "1"}, {"busy_timeout", fmt.Sprint(busyTimeout)},
	} {
		var got string
		if err := s.writer.QueryRowContext(ctx, "PRAGMA "+want[0]).Scan(&got); err != nil {
			return err
		}
		if got != want[1] {
			return fmt.Errorf("open the store: SQLite's %s is %q and must be %q; is %s on a network file system?", want[0], got, want[1], s.path)
		}
	}
	return nil
}

// check has SQLite compare every page and every index with the tables.
func (s *sqliteFile) check(ctx context.Context) error {
	var said string
	if err := s.readers.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said); err != nil {
		return err
	}
	if said != "ok" {
		return s.damaged(errors.New(said))
	}
	return nil
}

func (s *sqliteFile) damaged(cause error) error {
	if errors.As(cause, new(*atelier.Error)) {
		return cause // it says so already
	}
	e := atelier.Errorf(atelier.Conflict, "StoreDamaged", "%s is damaged (%v); restore it from a backup, "+
		"or move it away to start with an empty one", s.path, cause)
	return fmt.Errorf("%w (%w)", e, cause)
}

// explain puts into words what SQLite says only in codes.
func (s *sqliteFile) explain(err error) error {
	switch code(err) & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT:
		return s.damaged(err)
	}
	if errors.As(err, new(*atelier.Error)) {
		return err
	}
	return fmt.Errorf("open the store %s: %w", s.path, err)
}

// code returns SQLite's extended result code, or 0.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

func (s *sqliteFile) reader() reader { return s.w }

func (s *sqliteFile) read(f func(reader) error) error {
	tx, err := s.readers.BeginTx(s.ctx, nil) // deferred: a snapshot from the first read on
	if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return f(&sqlReader{file: s, prepared: s.shared, tx: tx})
}

func (s *sqliteFile) close() error {
	var errs []error
	if s.readers != nil {
		errs = append(errs, s.shared.close(), s.readers.Close())
	}
	if s.w != nil {
		errs = append(errs, s.w.prepared.close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	if s.pool != nil {
		errs = append(errs, s.pool.Close())
	}
	return errors.Join(errs...)
}
