package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
)

// statements keeps statements prepared, by their text.
type statements struct {
	prepare func(ctx context.Context, query string) (*sql.Stmt, error)

	mu     sync.Mutex
	byText map[string]*sql.Stmt
}

func (s *statements) get(ctx context.Context, query string) (*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt, ok := s.byText[query]; ok {
		return stmt, nil
	}
	stmt, err := s.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	if s.byText == nil {
		s.byText = map[string]*sql.Stmt{}
	}
	s.byText[query] = stmt
	return stmt, nil
}

// close lets go of the statements: SQLite keeps a file open while it has any.
func (s *statements) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, stmt := range s.byText {
		errs = append(errs, stmt.Close())
	}
	s.byText = nil
	return errors.Join(errs...)
}

// sqlReader reads on the writer's connection, or in a transaction of its own.
type sqlReader struct {
	file     *sqliteFile
	prepared *statements
	tx       *sql.Tx // nil on the writer's connection
	buffer   []byte
}

const (
	rowColumns   = "seq, id, rev, state, done, ifnull(compute, ''), ifnull(node, ''), priority, need, ifnull(hash, ''), created, sum"
	eventColumns = "seq, at, actor, verb, target, uid, rev, state, reason, message, hash, detail"
	scanPage     = 2000
)

// query calls f for every row of the answer.
func (r *sqlReader) query(query string, args []any, f func(*sql.Rows) error) error {
	stmt, err := r.prepared.get(r.file.ctx, query)
	if err != nil {
		return r.file.explain(err)
	}
	if r.tx != nil {
		stmt = r.tx.StmtContext(r.file.ctx, stmt)
		defer func() { _ = stmt.Close() }() // the transaction's copy
	}
	rows, err := stmt.QueryContext(r.file.ctx, args...)
	if err != nil {
		return r.file.explain(err)
	}
	defer func() { _ = rows.Close() }() // Err says what went wrong
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return r.file.explain(err)
	}
	return nil
}

// row reads one row, and its body if the query asked for it, and checks them
// against their sums.
func (r *sqlReader) row(rows *sql.Rows, withBody bool) (row, error) {
	var v row
	var id, compute, node string
	var done, priority, need, created, sum int64
	dest := [13]any{&v.seq, &id, &v.rev, &v.index.State, &done, &compute, &node, &priority, &need, &v.index.Hash, &created, &sum}
	n := 12
	if withBody {
		dest[12] = &v.body
		n++
	}
	if err := rows.Scan(dest[:n]...); err != nil {
		return row{}, r.file.damaged(err)
	}
	v.id, v.index.Done, v.created = atelier.ID(id), done != 0, time.UnixMicro(created).UTC()
	v.index.Compute, v.index.Node = atelier.ID(compute), atelier.ID(node)
	v.index.Priority, v.index.Need = int(priority), int(need)
	columns, body := sums(v, &r.buffer)
	if columns != uint32(uint64(sum)>>32) || withBody && body != uint32(uint64(sum)) {
		return row{}, r.file.damaged(fmt.Errorf("the checksum of %q is wrong", id))
	}
	return v, nil
}

func (r *sqlReader) get(id atelier.ID) (found row, err error) {
	err = r.query("SELECT "+rowColumns+", body FROM resources WHERE id = ?1", []any{string(id)}, func(rows *sql.Rows) (err error) {
		found, err = r.row(rows, true)
		return err
	})
	if err == nil && found.rev > 0 && found.id != id {
		err = r.file.damaged(fmt.Errorf("the index finds %q as %q", found.id, id))
	}
	return found, err
}

func (r *sqlReader) list(q Query) ([]row, error) {
	if (q.Compute == "" && q.Node == "") || q.Active || q.Hash != "" {
		return r.pages(q, q.Active, false)
	}
	// The indexes by compute and node keep the done apart: two ordered answers make one.
	active, err := r.pages(q, true, false)
	if err != nil {
		return nil, err
	}
	done, err := r.pages(q, false, true)
	if err != nil {
		return nil, err
	}
	list := append(active, done...)
	q.sort(list)
	if q.Limit > 0 && len(list) > q.Limit {
		list = list[:q.Limit]
	}
	return list, nil
}

// pages lists what q selects, of the active or the done ones or both.
func (r *sqlReader) pages(q Query, active, done bool) (list []row, err error) {
	text, args := selection(q, active, done)
	err = r.query(text, args, func(rows *sql.Rows) error {
		v, err := r.row(rows, true)
		list = append(list, v)
		return err
	})
	return list, err
}

// selection is the query as SQL. It names the index, because SQLite knows nothing
// of how many rows a condition leaves.
func selection(q Query, active, done bool) (string, []any) {
	var where []string
	var args []any
	add := func(condition string, arg any) {
		args = append(args, arg)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	index := "resources_kind"
	by := func(name, condition, arg string) {
		if arg != "" {
			add(condition, arg)
			index = name
		}
	}
	add("kind = ?%d", q.Kind)
	by("resources_parent", "parent = ?%d", string(q.Parent))
	if active {
		where = append(where, "done = 0")
		index = "resources_active"
	}
	if done {
		where = append(where, "done = 1")
	}
	by("resources_state", "state = ?%d", q.State)
	by("resources_compute", "compute = ?%d", string(q.Compute))
	by("resources_node", "node = ?%d", string(q.Node))
	by("resources_hash", "hash = ?%d", q.Hash)
	order := "ASC"
	if q.Newest {
		order = "DESC"
	}
	switch {
	case q.After > 0 && q.Newest:
		add("seq < ?%d", q.After)
	case q.After > 0:
		add("seq > ?%d", q.After)
	}
	limit := int64(-1)
	if q.Limit > 0 {
		limit = int64(q.Limit)
	}
	args = append(args, limit)
	return fmt.Sprintf("SELECT %s, body FROM resources INDEXED BY %s WHERE %s ORDER BY seq %s LIMIT ?%d",
		rowColumns, index, strings.Join(where, " AND "), order, len(args)), args
}

// scan merges the kinds. It reads pages, so that f may read too.
func (r *sqlReader) scan(kinds []string, f func(row) error) error {
	var runs []*run
	for _, kind := range slices.Compact(slices.Sorted(slices.Values(kinds))) {
		runs = append(runs, &run{kind: kind})
	}
	for {
		var first *run
		for _, run := range runs {
			if err := run.fill(r); err != nil {
				return err
			}
			if len(run.page) > 0 && (first == nil || run.page[0].seq < first.page[0].seq) {
				first = run
			}
		}
		if first == nil {
			return nil
		}
		v := first.page[0]
		first.page = first.page[1:]
		if err := f(v); err != nil {
			return err
		}
	}
}

// run is the active rows of one kind, page by page, without bodies.
type run struct {
	kind  string
	page  []row
	after int64
	ended bool
}

func (n *run) fill(r *sqlReader) error {
	if len(n.page) > 0 || n.ended {
		return nil
	}
	n.page = make([]row, 0, scanPage)
	err := r.query("SELECT "+rowColumns+" FROM resources INDEXED BY resources_active WHERE kind = ?1 AND done = 0 AND seq > ?2 ORDER BY seq LIMIT ?3",
		[]any{n.kind, n.after, int64(scanPage)}, func(rows *sql.Rows) error {
			v, err := r.row(rows, false)
			n.page, n.after = append(n.page, v), v.seq
			return err
		})
	n.ended = len(n.page) < scanPage
	return err
}

func (r *sqlReader) all(f func(row) error) error {
	return r.query("SELECT "+rowColumns+", body FROM resources ORDER BY seq", nil, func(rows *sql.Rows) error {
		v, err := r.row(rows, true)
		if err != nil {
			return err
		}
		return f(v)
	})
}

func (r *sqlReader) trail(f func(entry) error) error {
	return r.query("SELECT "+eventColumns+" FROM events ORDER BY seq", nil, func(rows *sql.Rows) error {
		e, err := r.entry(rows)
		if err != nil {
			return err
		}
		return f(e)
	})
}

func (r *sqlReader) entry(rows *sql.Rows) (entry, error) {
	var e atelier.Event
	var at int64
	var target string
	var hash []byte
	if err := rows.Scan(&e.Seq, &at, &e.Actor, &e.Verb, &target, &e.UID, &e.Rev, &e.State, &e.Reason, &e.Message, &hash, &e.Detail); err != nil {
		return entry{}, r.file.damaged(err)
	}
	e.At, e.Target = time.UnixMicro(at).UTC(), atelier.ID(target)
	return entry{event: e, hash: hash}, nil
}

func (r *sqlReader) events(q EventQuery) (list []atelier.Event, err error) {
	text, args := eventSelection(q)
	err = r.query(text, args, func(rows *sql.Rows) error {
		e, err := r.entry(rows)
		list = append(list, e.event)
		return err
	})
	if q.Newest && q.Limit > 0 {
		slices.Reverse(list)
	}
	return list, err
}

// eventSelection reads the log in its order, or the index by target where Under is
// narrow: most of the log is under a workspace, little of it under anything deeper.
func eventSelection(q EventQuery) (string, []any) {
	order, limit := "ASC", int64(-1)
	if q.Limit > 0 {
		limit = int64(q.Limit)
		if q.Newest {
			order = "DESC"
		}
	}
	args := []any{q.After, limit}
	where, access := "seq > ?1", "NOT INDEXED"
	if q.Of != "" {
		args = append(args, string(q.Of))
		where, access = where+" AND target = ?3", "INDEXED BY events_target"
	} else if q.Under != "" {
		args = append(args, string(q.Under), string(q.Under)+"/", string(q.Under)+"0") // "0" follows "/"
		under := "(target = ?3 OR target >= ?4 AND target < ?5)"
		if q.Under.Kind() != atelier.KindWorkspace {
			where += " AND seq IN (SELECT seq FROM events INDEXED BY events_target WHERE target = ?3 AND seq > ?1" +
				" UNION ALL SELECT seq FROM events INDEXED BY events_target WHERE target >= ?4 AND target < ?5 AND seq > ?1)"
		} else {
			where += " AND " + under
		}
	}
	if q.Before > 0 {
		args = append(args, q.Before)
		where += fmt.Sprintf(" AND seq < ?%d", len(args))
	}
	for _, f := range []struct{ column, value string }{{"actor", q.Actor}, {"reason", q.Reason}, {"verb", q.Verb}} {
		if f.value != "" {
			args = append(args, f.value)
			where += fmt.Sprintf(" AND %s = ?%d", f.column, len(args))
		}
	}
	return fmt.Sprintf("SELECT %s FROM events %s WHERE %s ORDER BY seq %s LIMIT ?2", eventColumns, access, where, order), args
}

func (s *sqliteFile) tail() (seq int64, head []byte, err error) {
	err = s.writer.QueryRowContext(s.ctx, "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").Scan(&seq, &head)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, nil
	}
	return seq, head, err
}
