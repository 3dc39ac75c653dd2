package base

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/store/migrations"
)

// migrate applies the missing migrations of list, each in a transaction of its own that also records it. For a database
// that is newer than the program it returns a fault and changes nothing.
func (db *DB) migrate(ctx context.Context, list []migrations.Migration, values map[string]string, at time.Time) error {
	// Reading the version first needs no write lock, so that a read-only program can open a base while another one
	// imports into it.
	version, err := db.version(ctx, db.Read)
	for err == nil && version < len(list) {
		version, err = db.migrateOne(ctx, list, values, at)
	}
	if err != nil {
		return err
	}
	if version > len(list) {
		return fault.New(fault.Conflict,
			fmt.Sprintf("数据库的结构版本是 %d，比本程序所知的 %d 新。请换用新版本的程序打开。", version, len(list)),
			fmt.Sprintf("The database has schema version %d, newer than the %d this program knows. Open it with a newer program.", version, len(list)))
	}
	return nil
}

// migrateOne applies the next migration, unless another process has just done it, and returns the new version.
func (db *DB) migrateOne(ctx context.Context, list []migrations.Migration, values map[string]string, at time.Time) (int, error) {
	tx, err := db.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback() // no effect after Commit
	if db.Dialect.LockMigrations != "" {
		if _, err := tx.ExecContext(ctx, db.Dialect.LockMigrations); err != nil {
			return 0, err
		}
	}
	version, err := db.version(ctx, tx)
	if err != nil || version >= len(list) {
		return version, err
	}
	m := list[version]
	text := m.Text
	if m.Version == 1 {
		text = migrationTable + text
	}
	text = strings.ReplaceAll(text, "{random}", "'"+rand.Text()+"'")
	for name, value := range values {
		text = strings.ReplaceAll(text, name, value)
	}
	for _, statement := range migrations.Statements(db.Dialect.Types.Replace(text)) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return 0, fmt.Errorf("store: migration %04d_%s: %w in\n%s", m.Version, m.Name, err, statement)
		}
	}
	if m.Version == 1 {
		if _, err := tx.ExecContext(ctx, db.Dialect.SQL(`INSERT INTO setting (name, value) VALUES ('base', ?)`), rand.Text()); err != nil {
			return 0, err
		}
	}
	if _, err := tx.ExecContext(ctx, db.Dialect.SQL(`INSERT INTO migration (version, name, at) VALUES (?, ?, ?)`),
		m.Version, m.Name, at.UnixMilli()); err != nil {
		return 0, err
	}
	return m.Version, tx.Commit()
}

// migrationTable records what was applied.
const migrationTable = `CREATE TABLE migration (version {key}, name TEXT NOT NULL, at {int} NOT NULL) {strict};
`

// version returns the number of the last applied migration; 0 for an empty database. A database with tables but without
// the table of migrations belongs to another program: that is a fault.
func (db *DB) version(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) (int, error) {
	var tables, own, n int
	if err := q.QueryRowContext(ctx, db.Dialect.Tables).Scan(&tables, &own); err != nil {
		return 0, err
	}
	switch {
	case own > 0:
		err := q.QueryRowContext(ctx, `SELECT COALESCE(MAX(version), 0) FROM migration`).Scan(&n)
		return n, err
	case tables > 0:
		return 0, fault.New(fault.Invalid,
			fmt.Sprintf("%s 是另一个程序的数据库，没有动它。请给出另一个文件或数据库。", db.name),
			fmt.Sprintf("%s is another program's database and was left alone. Name another file or database.", db.name))
	}
	return 0, nil
}
