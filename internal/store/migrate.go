package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"time"

	"eyas/internal/fault"
)

// Migrations are numbered from 1 without gaps, go forward only, and are never edited once released:
// a change is a new file.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

type migration struct {
	version int
	name    string
	text    string
}

var migrationName = regexp.MustCompile(`^(\d{4})_([a-z0-9_]+)\.sql$`)

func migrations(files fs.FS) ([]migration, error) {
	entries, err := fs.ReadDir(files, "migrations") // sorted by name
	if err != nil {
		return nil, err
	}
	var list []migration
	for i, e := range entries {
		m := migrationName.FindStringSubmatch(e.Name())
		if m == nil {
			return nil, fmt.Errorf("store: migration %s is not named 0001_name.sql", e.Name())
		}
		version, _ := strconv.Atoi(m[1]) // four digits
		if version != i+1 {
			return nil, fmt.Errorf("store: migration %s should have number %d", e.Name(), i+1)
		}
		text, err := fs.ReadFile(files, "migrations/"+e.Name())
		if err != nil {
			return nil, err
		}
		list = append(list, migration{version, m[2], string(text)})
	}
	return list, nil
}

// migrate brings a database to the newest schema of list, each step in a transaction of its own that also
// records it. A database that is newer than the program is left alone, with a fault.
func (db *DB) migrate(ctx context.Context, list []migration, at time.Time) error {
	// Looking first costs no write lock: a program that only reads may open a base while another imports into it.
	version, err := db.version(ctx, db.read)
	for err == nil && version < len(list) {
		version, err = db.migrateOne(ctx, list, at)
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

// migrateOne applies the next migration, if another process has not done so meanwhile, and gives the version then.
func (db *DB) migrateOne(ctx context.Context, list []migration, at time.Time) (int, error) {
	tx, err := db.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback() // no effect after Commit
	if db.d.lockMigrations != "" {
		if _, err := tx.ExecContext(ctx, db.d.lockMigrations); err != nil {
			return 0, err
		}
	}
	version, err := db.version(ctx, tx)
	if err != nil || version >= len(list) {
		return version, err
	}
	m := list[version]
	text := m.text
	if m.version == 1 {
		text = migrationTable + text
	}
	text = strings.ReplaceAll(text, "{random}", "'"+rand.Text()+"'")
	for _, statement := range statements(db.d.types.Replace(text)) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return 0, fmt.Errorf("store: migration %04d_%s: %w in\n%s", m.version, m.name, err, statement)
		}
	}
	if m.version == 1 {
		if _, err := tx.ExecContext(ctx, db.d.sql(`INSERT INTO setting (name, value) VALUES ('base', ?)`), rand.Text()); err != nil {
			return 0, err
		}
	}
	if _, err := tx.ExecContext(ctx, db.d.sql(`INSERT INTO migration (version, name, at) VALUES (?, ?, ?)`),
		m.version, m.name, at.UnixMilli()); err != nil {
		return 0, err
	}
	return m.version, tx.Commit()
}

// migrationTable records what was applied.
const migrationTable = `CREATE TABLE migration (version {key}, name TEXT NOT NULL, at {int} NOT NULL) {strict};
`

// version gives the number of the last migration that was applied; 0 for an empty database. A database that
// holds tables, but no record of migrations, belongs to something else.
func (db *DB) version(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) (int, error) {
	var tables, own, n int
	if err := q.QueryRowContext(ctx, db.d.tables).Scan(&tables, &own); err != nil {
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

// statements splits a migration at the semicolons that end lines; comments stay with their statement.
func statements(text string) []string {
	var list []string
	for part := range strings.SplitSeq(text, ";\n") {
		if strings.TrimSpace(part) != "" {
			list = append(list, part)
		}
	}
	return list
}
