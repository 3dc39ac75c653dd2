package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
)

// transaction runs statements of one transaction; it prepares each once.
type transaction struct {
	tx       *sql.Tx
	d        *dialect
	prepared map[string]statement
	numbers  map[string]int64 // of registers; nil until they were read
	ids      map[int64]string // the way back
	written  int              // rows inserted
	analysed int              // of them, when the statistics were taken
	failed   error            // of the first Write within Together that failed
	ended    bool             // nothing may join any more
	record                    // what the log will prove
	view
	// snapshotOf is set for a transaction that only reads: others can be opened on its snapshot.
	snapshotOf *DB
	fresh      []string // statements that were prepared for this transaction alone
}

// statement is a prepared statement, or one that the driver prepares.
type statement interface {
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, args ...any) *sql.Row
}

func (t *transaction) close() {
	for _, s := range t.prepared {
		if s, ok := s.(*sql.Stmt); ok {
			s.Close()
		}
	}
	t.prepared = nil
}

func (t *transaction) prepare(ctx context.Context, text string) (statement, error) {
	if s := t.prepared[text]; s != nil {
		return s, nil
	}
	var s statement = direct{t.tx, t.d.sql(text)}
	if kept := t.keptStatement(text); kept != nil {
		s = t.tx.StmtContext(ctx, kept)
	} else if !t.d.prepares {
		var err error
		if s, err = t.tx.PrepareContext(ctx, t.d.sql(text)); err != nil {
			return nil, fmt.Errorf("store: prepare %s: %w", text, err)
		}
	}
	if t.prepared == nil {
		t.prepared = map[string]statement{}
	}
	t.prepared[text] = s
	return s, nil
}

// keptStatement gives a statement that is kept between reading transactions; nil when there is none.
func (t *transaction) keptStatement(text string) *sql.Stmt {
	if t.snapshotOf == nil || t.d.prepares {
		return nil
	}
	kept := t.snapshotOf.kept.get(text)
	if kept == nil {
		t.fresh = append(t.fresh, text)
	}
	return kept
}

// keptStatements are prepared once for all reading transactions: preparing takes longer than most of them run.
type keptStatements struct {
	mu  sync.Mutex
	all map[string]*sql.Stmt
}

// mostStatements bounds how many are kept.
const mostStatements = 256

func (s *keptStatements) get(text string) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[text]
}

// keep prepares statements for the transactions to come. The caller holds no connection: preparing waits for one.
func (s *keptStatements) keep(ctx context.Context, db *sql.DB, texts []string) {
	for _, text := range texts {
		s.mu.Lock()
		full, known := len(s.all) >= mostStatements, s.all[text] != nil
		s.mu.Unlock()
		if full || known {
			continue
		}
		prepared, err := db.PrepareContext(ctx, text)
		if err != nil {
			return // the next transaction prepares its own
		}
		s.mu.Lock()
		if s.all == nil {
			s.all = map[string]*sql.Stmt{}
		}
		if s.all[text] != nil {
			prepared.Close()
		} else {
			s.all[text] = prepared
		}
		s.mu.Unlock()
	}
}

// direct leaves preparing to a driver that keeps prepared statements with the connection, beyond the transaction.
type direct struct {
	tx   *sql.Tx
	text string
}

func (d direct) ExecContext(ctx context.Context, args ...any) (sql.Result, error) {
	return d.tx.ExecContext(ctx, d.text, args...)
}

func (d direct) QueryContext(ctx context.Context, args ...any) (*sql.Rows, error) {
	return d.tx.QueryContext(ctx, d.text, args...)
}

func (d direct) QueryRowContext(ctx context.Context, args ...any) *sql.Row {
	return d.tx.QueryRowContext(ctx, d.text, args...)
}

func (t *transaction) exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	s, err := t.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

// one scans the only row of a query; found is false when there is none.
func (t *transaction) one(ctx context.Context, text string, args []any, dest ...any) (found bool, err error) {
	s, err := t.prepare(ctx, text)
	if err != nil {
		return false, err
	}
	switch err := s.QueryRowContext(ctx, args...).Scan(dest...); err {
	case nil:
		return true, nil
	case sql.ErrNoRows:
		return false, nil
	default:
		return false, err
	}
}

// each calls fn on every row of a query.
func (t *transaction) each(ctx context.Context, text string, args []any, fn func(*sql.Rows) error) error {
	s, err := t.prepare(ctx, text)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// chunk is how many rows go into one INSERT and how many values into one IN list: enough that a round trip to
// a server is shared, few enough that the statement stays small. On SQLite, 32 and more cost the same.
const chunk = 64

// insert writes n rows in statements of up to chunk rows; head is the statement up to VALUES, tail what follows
// them, and values appends the parameters of row i, columns of them.
func (t *transaction) insert(ctx context.Context, head, tail string, columns, n int, values func(args []any, i int) []any) error {
	t.written += n
	args := make([]any, 0, chunk*columns)
	for i := 0; i < n; {
		size := chunk
		if n-i < chunk {
			size = 1 // the rest one by one, so that only two statements are ever prepared
		}
		args = args[:0]
		for range size {
			args = values(args, i)
			i++
		}
		if _, err := t.exec(ctx, head+" VALUES "+marks(size, columns)+tail, args...); err != nil {
			return fmt.Errorf("store: %s: %w", head, err)
		}
	}
	return nil
}

// among runs a query once per chunk of values; the query's last parameters are one IN list, written as {in}.
func among[T any](ctx context.Context, t *transaction, text string, args []any, values []T, fn func(*sql.Rows) error) error {
	for len(values) > 0 {
		part := values[:min(len(values), chunk)]
		values = values[len(part):]
		all := append(make([]any, 0, len(args)+chunk), args...)
		for i := range chunk { // a short list is filled up with its last value: one statement for all lengths
			all = append(all, part[min(i, len(part)-1)])
		}
		if err := t.each(ctx, strings.Replace(text, "{in}", marks(1, chunk), 1), all, fn); err != nil {
			return err
		}
	}
	return nil
}
