package store

import (
	"errors"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/atelier-compute/atelier"
)

const (
	upsertRow = `INSERT INTO resources (seq, id, kind, parent, rev, state, done, compute, node, priority, need, hash, created, sum, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, ''), nullif(?9, ''), ?10, ?11, nullif(?12, ''), ?13, ?14, ?15)
ON CONFLICT (seq) DO UPDATE SET rev = excluded.rev, state = excluded.state, done = excluded.done, compute = excluded.compute,
node = excluded.node, priority = excluded.priority, need = excluded.need, hash = excluded.hash, created = excluded.created,
sum = excluded.sum, body = excluded.body`
	deleteRow   = `DELETE FROM resources WHERE id = ?1`
	insertEvent = `INSERT INTO events (seq, at, actor, verb, target, uid, rev, state, reason, message, hash, detail)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)`
)

func (s *sqliteFile) commit(rows []row, log []entry) error {
	if s.failure != nil {
		return s.failure
	}
	err := s.exec("BEGIN IMMEDIATE")
	if err == nil {
		err = s.write(rows, log)
	}
	if err == nil {
		err = s.exec("COMMIT")
	}
	if err != nil {
		_ = s.exec("ROLLBACK") // SQLite may have done it already
		return classify(err)
	}
	if s.logged += len(rows) + len(log); s.logged >= checkpointEvery {
		s.logged = 0
		s.checkpoint()
	}
	return nil
}

// checkpoint moves the write-ahead log to the file and begins it anew. SQLite's own
// way never finds the moment to begin anew while somebody always reads, and the log
// grows without end; here the writer waits for them, briefly. If they take longer,
// the next checkpoint goes on. What the log holds is durable already, so only an
// error that leaves the disk in doubt matters, and it matters to the next commit.
func (s *sqliteFile) checkpoint() {
	err := s.exec(fmt.Sprintf("PRAGMA busy_timeout = %d", readersTimeout))
	if err == nil {
		err = s.exec("PRAGMA wal_checkpoint(RESTART)")
	}
	if again := s.exec(fmt.Sprintf("PRAGMA busy_timeout = %d", busyTimeout)); err == nil {
		err = again
	}
	if err = classify(err); errors.As(err, new(fatal)) {
		s.failure = err
	}
}

func (s *sqliteFile) write(rows []row, log []entry) error {
	for _, r := range rows {
		if r.rev == 0 || r.again {
			if err := s.exec(deleteRow, string(r.id)); err != nil {
				return err
			}
		}
		if r.rev == 0 {
			continue
		}
		columns, body := sums(r, &s.w.buffer)
		x := r.index
		err := s.exec(upsertRow, r.seq, string(r.id), r.id.Kind(), string(r.id.Parent()), r.rev, x.State, x.Done, string(x.Compute), string(x.Node),
			int64(x.Priority), int64(x.Need), x.Hash, r.created.UnixMicro(), int64(uint64(columns)<<32|uint64(body)), string(r.body))
		if err != nil {
			return fmt.Errorf("write %s: %w", r.id, err)
		}
	}
	for _, l := range log {
		e := l.event
		err := s.exec(insertEvent, e.Seq, e.At.UnixMicro(), e.Actor, e.Verb, string(e.Target), e.UID, e.Rev, e.State, e.Reason, e.Message, l.hash, e.Detail)
		if err != nil {
			return fmt.Errorf("write event %d: %w", e.Seq, err)
		}
	}
	return nil
}

func (s *sqliteFile) exec(query string, args ...any) error {
	stmt, err := s.w.prepared.get(s.ctx, query)
	if err == nil {
		_, err = stmt.ExecContext(s.ctx, args...)
	}
	return err
}

// classify tells errors after which the same may work again from those after which
// nobody knows what the disk holds: a failed fsync may have dropped what it should
// have written, and the next one would not say so.
func classify(err error) error {
	c := code(err)
	switch {
	case err == nil:
		return nil
	case c&0xff == sqlite3.SQLITE_FULL, c == sqlite3.SQLITE_IOERR_SHMSIZE:
		return notSaved(err, "StorageFull", "the disk of the data directory is full", "free some space")
	case c&0xff == sqlite3.SQLITE_BUSY, c&0xff == sqlite3.SQLITE_LOCKED:
		return notSaved(err, "StorageBusy", "another program holds the database", "end it")
	case c&0xff == sqlite3.SQLITE_NOMEM, c&0xff == sqlite3.SQLITE_TOOBIG:
		return notSaved(err, "StorageRefused", "the database could not take it", "wait a moment")
	}
	return fatal{err}
}

func notSaved(cause error, code, why, help string) error {
	e := atelier.Errorf(atelier.Transient, code, "the change was not saved: %s (%v); %s, then try again", why, cause, help)
	return fmt.Errorf("%w (%w)", e, cause)
}
