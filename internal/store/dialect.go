package store

import (
	"strconv"
	"strings"
	"sync"
)

// dialect holds the few differences between the two databases. Every statement is written once, with ?.
type dialect struct {
	name     string
	types    *strings.Replacer // placeholders of migrations
	rows     *strings.Replacer // {row}: where a row lies
	dollar   bool              // parameters are $1, $2 …
	prepares bool              // the driver keeps prepared statements by itself
	bound    sync.Map          // statement as written → as the database reads it

	// lockMigrations makes processes that open one database at the same time migrate it one after another.
	// On SQLite the transaction itself does, because it begins as a writer.
	lockMigrations string
	// statistics is run after many rows were written: without it PostgreSQL's planner takes a table that was just
	// filled for one where every value is frequent, and reads all of it. SQLite's plans are made to need none.
	statistics string
	// release is run after such a transaction, so that its page cache is not kept until the next.
	release string
	// keep and hasty make the writer wait, or not, until a commit is on the disk.
	keep, hasty string
	// begun and done are run when a batch begins and when it has ended.
	begun, done string
	// lockPatience bounds how long a writing transaction waits for a lock, and holder says who has it. SQLite waits as
	// long as busy_timeout says, and does not know for whom.
	lockPatience string
	holder       string
	tables       string // counts all tables, and those named migration
	// snapshotMark names the snapshot of a transaction; takeSnapshot makes another transaction see the one of a mark.
	// Without takeSnapshot, transactions with the same mark see the same.
	snapshotMark, takeSnapshot string
}

func sqlite() *dialect {
	return &dialect{
		name: "sqlite",
		// INTEGER PRIMARY KEY is SQLite's own row number: the table is its index. STRICT holds types to what they say.
		rows:    strings.NewReplacer("{row}", "rowid"),
		types:   strings.NewReplacer("{int}", "INTEGER", "{key}", "INTEGER PRIMARY KEY", "{blob}", "BLOB", "{strict}", "STRICT"),
		release: `PRAGMA shrink_memory`,
		keep:    `PRAGMA synchronous = FULL`,
		hasty:   `PRAGMA synchronous = NORMAL`,
		begun:   `PRAGMA wal_autocheckpoint = 0`,
		done:    `PRAGMA wal_autocheckpoint = 1000`,
		tables:  `SELECT COUNT(*), COUNT(CASE WHEN name = 'migration' THEN 1 END) FROM sqlite_master WHERE type = 'table'`,
		// Every writing transaction of every process moves it.
		snapshotMark: `SELECT CAST(value AS TEXT) FROM counter WHERE name = 'write'`,
	}
}

func postgres() *dialect {
	return &dialect{
		name:           "postgres",
		rows:           strings.NewReplacer("{row}", "ctid"),
		types:          strings.NewReplacer("{int}", "BIGINT", "{key}", "BIGINT PRIMARY KEY", "{blob}", "BYTEA", " {strict}", ""),
		dollar:         true,
		prepares:       true,
		lockMigrations: `SELECT pg_advisory_xact_lock(20210331)`,
		lockPatience:   `SET LOCAL lock_timeout = '30s'`,
		holder: `SELECT a.pid, a.application_name, COALESCE(host(a.client_addr), ''), CAST(EXTRACT(EPOCH FROM clock_timestamp() - a.xact_start) AS BIGINT)
			FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
			WHERE l.relation = 'counter'::regclass AND l.mode = 'RowExclusiveLock' AND l.granted ORDER BY a.xact_start LIMIT 1`,
		statistics:   `ANALYZE import, record, link, profile, mention, finding`,
		tables:       `SELECT COUNT(*), COUNT(CASE WHEN table_name = 'migration' THEN 1 END) FROM information_schema.tables WHERE table_schema = current_schema()`,
		snapshotMark: `SELECT pg_export_snapshot()`,
		takeSnapshot: `SET TRANSACTION SNAPSHOT '%s'`,
	}
}

// sql gives a statement as the database reads it.
func (d *dialect) sql(text string) string {
	if !d.dollar {
		return text
	}
	if s, ok := d.bound.Load(text); ok {
		return s.(string)
	}
	s := dollars(text)
	d.bound.Store(text, s)
	return s
}

// dollars numbers the parameters of a statement; a question mark inside quotes is text.
func dollars(text string) string {
	var b strings.Builder
	n, quoted := 0, false
	for _, c := range []byte(text) {
		switch {
		case c == '\'':
			quoted = !quoted
			b.WriteByte(c)
		case c == '?' && !quoted:
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// marks gives rows groups of columns parameters: "(?,?),(?,?)".
func marks(rows, columns int) string {
	row := "(" + strings.Repeat("?,", columns-1) + "?)"
	return strings.Repeat(row+",", rows-1) + row
}
