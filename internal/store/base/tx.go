package base

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"eyas/internal/store/dialect"
	"eyas/internal/store/seal"
	"eyas/internal/vault"
)

// Tx runs the statements of one transaction. It prepares each statement once.
type Tx struct {
	Dialect *dialect.Dialect
	Began   time.Time   // of one that writes
	Written int         // rows inserted
	OfBatch bool        // it is one of many of a batch, which takes statistics and gives memory back itself
	Over    any         // what the room above keeps with the transaction
	Sealer  seal.Sealer // of the rows of one statement
	Hid     bool        // a record was sealed: so are the seeds of its block, or its values could be guessed from their digests

	tx       *sql.Tx
	hooks    *Hooks
	prepared map[string]Statement
	analysed int   // of Written, when the statistics were taken
	failed   error // of the first part that failed
	ended    bool  // nothing may join any more
	// snapshotOf is set for a transaction that only reads: others can be opened on its snapshot.
	snapshotOf *DB
	fresh      []string // statements that were prepared for this transaction alone
}

// Reads reports a transaction that only reads.
func (t *Tx) Reads() bool { return t.snapshotOf != nil }

// Other returns a second user of the same transaction without the state of the rooms above. Closing it ends the use.
func (t *Tx) Other() (other *Tx, close func()) {
	other = &Tx{tx: t.tx, Dialect: t.Dialect, hooks: t.hooks}
	return other, other.close
}

// End prevents further reads and writes from joining the transaction.
func (t *Tx) End() { t.ended = true }

// Part runs a part of a transaction that another caller began. When the part fails or panics, the transaction can no
// longer be committed, even if the caller ignores the error.
func (t *Tx) Part(ctx context.Context, fn func() error) error {
	err := errors.New("store: a part of the transaction was left in its middle")
	defer func() {
		if t.failed == nil {
			t.failed = err
		}
	}()
	if err = fn(); err == nil {
		err = t.analyse(ctx) // for the plans of the parts that follow
	}
	return err
}

// Many is the number of rows after which a transaction updates the statistics of the planner.
const Many = 10_000

// analyse updates the planner's statistics when many rows were written since the last time.
func (t *Tx) analyse(ctx context.Context) error {
	if t.OfBatch || t.Written-t.analysed < Many || t.Dialect.Statistics == "" {
		return nil
	}
	t.analysed = t.Written
	if _, err := t.Exec(ctx, t.Dialect.Statistics); err != nil {
		return fmt.Errorf("store: statistics: %w", err)
	}
	return nil
}

// Statement is a prepared statement, or one that the driver prepares.
type Statement interface {
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, args ...any) *sql.Row
}

func (t *Tx) close() {
	for _, s := range t.prepared {
		if s, ok := s.(*sql.Stmt); ok {
			s.Close()
		}
	}
	t.prepared = nil
}

// Prepare returns a statement that is ready to run. Each statement is prepared once in a transaction.
func (t *Tx) Prepare(ctx context.Context, text string) (Statement, error) {
	if t.hooks.Prepare != nil {
		var err error
		if text, err = t.hooks.Prepare(ctx, t, text); err != nil {
			return nil, err
		}
	}
	if s := t.prepared[text]; s != nil {
		return s, nil
	}
	var s Statement = direct{t.tx, t.Dialect.SQL(text)}
	if kept := t.keptStatement(text); kept != nil {
		s = t.tx.StmtContext(ctx, kept)
	} else if !t.Dialect.Prepares {
		prepared, err := t.tx.PrepareContext(ctx, t.Dialect.SQL(text))
		if err != nil {
			return nil, fmt.Errorf("store: prepare %s: %w", text, err)
		}
		s = prepared
	}
	if t.prepared == nil {
		t.prepared = map[string]Statement{}
	}
	t.prepared[text] = s
	return s, nil
}

// keptStatement returns a statement that is kept between reading transactions; nil when there is none.
func (t *Tx) keptStatement(text string) *sql.Stmt {
	if t.snapshotOf == nil || t.Dialect.Prepares {
		return nil
	}
	kept := t.snapshotOf.kept.get(text)
	if kept == nil {
		t.fresh = append(t.fresh, text)
	}
	return kept
}

// keptStatements holds statements that all reading transactions share: preparing takes longer than most of them run.
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

// keep prepares statements for later transactions. The caller must hold no connection, because preparing waits for one.
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

// direct leaves preparing to the driver, which keeps prepared statements with the connection longer than a transaction.
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

// Exec runs a statement that gives no rows.
func (t *Tx) Exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	s, err := t.Prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

// One scans the only row of a query; found is false when there is none.
func (t *Tx) One(ctx context.Context, text string, args []any, dest ...any) (found bool, err error) {
	s, err := t.Prepare(ctx, text)
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

// Each calls fn on every row of a query.
func (t *Tx) Each(ctx context.Context, text string, args []any, fn func(*sql.Rows) error) error {
	s, err := t.Prepare(ctx, text)
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

// Unwatched returns a context for a query that returns its rows one by one from an index, and a function that must be
// called for each row and returns the error of the original context. For SQLite's driver, watching a context takes longer
// than returning a row.
func (t *Tx) Unwatched(ctx context.Context) (context.Context, func() error) {
	if t.Dialect.Dollar {
		return ctx, func() error { return nil }
	}
	rows := 0
	return context.WithoutCancel(ctx), func() error {
		if rows++; rows%64 == 0 {
			return ctx.Err()
		}
		return nil
	}
}

// Chunk is the number of rows in one INSERT and of values in one IN list. It is large enough to share a round trip to a
// server and small enough for short statements. On SQLite, 32 and more cost the same.
const Chunk = 64

// chunkBytes limits the bytes of the rows in one INSERT; longer rows are inserted one by one.
const chunkBytes = 1 << 20

// Insert writes n rows in statements of up to Chunk rows. head is the statement before VALUES, tail the part after the
// values, and values appends the parameters of row i, one for each column. Statements have only two sizes, so that few
// are prepared.
func (t *Tx) Insert(ctx context.Context, head, tail string, columns, n int, values func(args []any, i int) []any) error {
	t.Written += n
	args := make([]any, 0, Chunk*columns)
	write := func(rows int, args []any) error {
		if _, err := t.Exec(ctx, head+" VALUES "+dialect.Marks(rows, columns)+tail, args...); err != nil {
			return fmt.Errorf("store: %s: %w", head, err)
		}
		return nil
	}
	for i := 0; i < n; {
		args = args[:0]
		t.Sealer.Reset()
		for size := 0; i < n && len(args) < Chunk*columns && size < chunkBytes; i++ {
			from := len(args)
			args = values(args, i)
			size += argBytes(args[from:])
		}
		if len(args) == Chunk*columns {
			if err := write(Chunk, args); err != nil {
				return err
			}
			continue
		}
		for row := range slices.Chunk(args, columns) {
			if err := write(1, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// argBytes returns the total length in bytes of the texts and blobs among parameters.
func argBytes(args []any) (n int) {
	for _, a := range args {
		switch v := a.(type) {
		case []byte:
			n += len(v)
		case vault.Hidden:
			n += len(v)
		case string:
			n += len(v)
		}
	}
	return n
}

// Runner is a transaction, possibly wrapped by the rooms above.
type Runner interface {
	Each(ctx context.Context, text string, args []any, fn func(*sql.Rows) error) error
	Exec(ctx context.Context, text string, args ...any) (sql.Result, error)
}

// Among runs a query once for each Chunk of values. The values are the last parameters of the query, in one IN list that
// is written as {in}.
func Among[T any](ctx context.Context, t Runner, text string, args []any, values []T, fn func(*sql.Rows) error) error {
	for len(values) > 0 {
		part := values[:min(len(values), Chunk)]
		values = values[len(part):]
		size := Chunk
		if len(part) == 1 { // most are about one subject
			size = 1
		}
		all := append(make([]any, 0, len(args)+size), args...)
		for i := range size { // a short list is filled up with its last value: two statements for all lengths
			all = append(all, part[min(i, len(part)-1)])
		}
		if err := t.Each(ctx, strings.Replace(text, "{in}", dialect.Marks(1, size), 1), all, fn); err != nil {
			return err
		}
	}
	return nil
}

// ExecAmong does what Among does for a statement that returns no rows.
func ExecAmong(ctx context.Context, t Runner, text string, ids []int64) error {
	for part := range slices.Chunk(ids, Chunk) {
		args := make([]any, 0, Chunk)
		for i := range Chunk {
			args = append(args, part[min(i, len(part)-1)])
		}
		if _, err := t.Exec(ctx, strings.Replace(text, "{in}", dialect.Marks(1, Chunk), 1), args...); err != nil {
			return err
		}
	}
	return nil
}

// Flag returns a boolean in the form that both databases store: 1 or 0.
func Flag(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
