package base

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"eyas/internal/store/dialect"

	"github.com/jackc/pgx/v5"
)

// glanceEvery is how often a process checks whether the SQLite file was written to. One check reads a few bytes of shared
// memory.
const glanceEvery = 100 * time.Millisecond

// Listen calls wake when another process may have written. It returns when ctx ends or the connection is lost.
func (db *DB) Listen(ctx context.Context, wake func()) error {
	if db.server != nil {
		return listenPostgres(ctx, db.server, wake)
	}
	full, err := filepath.Abs(db.name)
	if err != nil {
		return err
	}
	q := url.Values{"_pragma": {"busy_timeout(1000)", "query_only(1)", "cache_size(-64)"}}
	pool, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: full, RawQuery: q.Encode()}).String())
	if err != nil {
		return err
	}
	defer pool.Close()
	conn, err := pool.Conn(ctx) // what the pragma gives is of one connection
	if err != nil {
		return err
	}
	defer conn.Close()
	last := int64(-1)
	for {
		var version int64
		if err := conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&version); err != nil {
			return err
		}
		if version != last {
			wake()
		}
		last = version
		if err := Pause(ctx, glanceEvery); err != nil {
			return err
		}
	}
}

func listenPostgres(ctx context.Context, config *pgx.ConnConfig, wake func()) error {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `LISTEN `+dialect.Channel); err != nil {
		return fmt.Errorf("store: listen: %w", err)
	}
	for {
		wake() // what was written before nobody was told of
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
	}
}
