// Package files stores files and their links in the base, for package file.
package files

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/store/base"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
	"eyas/internal/vault"
)

var _ file.Storage = (*Files)(nil)

// Files is the storage of files in a base.
type Files struct{ db *room.DB }

// Of returns the files of a base.
func Of(db *room.DB) *Files { return &Files{db} }

// Rows reads and writes the tables of files in an open transaction.
type Rows struct{ *row.Tx }

const (
	// fileLock makes those who say what files there are go one after another on PostgreSQL.
	fileLock = 20210333
	// filePatience is how long a piece of a file waits for the write lock before it asks again whether it is still wanted.
	filePatience = 5 * time.Second
)

// ReadFiles runs fn on one snapshot, or in the transaction that ctx carries.
func (s *Files) ReadFiles(ctx context.Context, fn func(file.Reader) error) error {
	return s.db.Reading(ctx, func(t *row.Tx) error { return fn(Rows{t}) })
}

// WriteFiles runs fn in a short transaction of its own, or in the one that ctx carries. With logged, the operation log
// proves it.
func (s *Files) WriteFiles(ctx context.Context, logged bool, fn func(file.Writer) error) error {
	if logged {
		return s.db.Changing(ctx, func(t *row.Tx) error {
			if s.db.Base.Dialect.Dollar {
				if _, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(?)`, int64(fileLock)); err != nil {
					return err
				}
			}
			return fn(inFiles(t))
		})
	}
	return s.patiently(ctx, fileLock, func(t *row.Tx) error { return fn(inFiles(t)) })
}

// inFiles wraps a transaction in the methods of file.Writer.
func inFiles(t *row.Tx) file.Writer {
	return struct {
		Rows
		row.LogRows
	}{Rows{t}, row.LogRows{Tx: t}}
}

// patiently does what Aside does and waits until ctx ends.
func (s *Files) patiently(ctx context.Context, lock int64, fn func(*row.Tx) error) error {
	for {
		err := s.db.Aside(ctx, lock, filePatience, fn)
		if !errors.Is(err, base.ErrBusy) {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

func (s *Files) AddPiece(ctx context.Context, body string, n int, raw []byte, packed bool, at time.Time) (err error) {
	defer fault.At(&err, "files.AddPiece(file %s, piece %d)", body, n)
	return s.patiently(ctx, 0, func(t *row.Tx) error {
		if n == 0 {
			if _, err := t.Exec(ctx, `INSERT INTO file_begun (body, at) VALUES (?, ?)`, body, at.UnixMilli()); err != nil {
				return err
			}
		}
		if raw == nil {
			raw = []byte{}
		}
		_, err := t.Exec(ctx, `INSERT INTO file_piece (body, n, packed, raw) VALUES (?, ?, ?, ?)`, body, n, base.Flag(packed), vault.Hidden(raw))
		return err
	})
}

func (s *Files) DropPieces(ctx context.Context, body string, limit int) (n int, err error) {
	err = s.patiently(ctx, 0, func(t *row.Tx) error {
		done, err := t.Exec(ctx, `DELETE FROM file_piece WHERE body = ? AND n IN (SELECT n FROM file_piece WHERE body = ? ORDER BY n LIMIT ?)`, body, body, limit)
		if err != nil {
			return err
		}
		rows, err := done.RowsAffected()
		if n = int(rows); err != nil || n == limit {
			return err
		}
		_, err = t.Exec(ctx, `DELETE FROM file_begun WHERE body = ?`, body)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("store: drop pieces of %s: %w", body, err)
	}
	return n, nil
}

// bodies returns the rows of a query on files.
func (t Rows) bodies(ctx context.Context, tail string, args ...any) (list []file.Body, err error) {
	err = t.Each(ctx, `SELECT sha256, size, body, folder, pieces, at FROM file `+tail, args, func(rows *sql.Rows) error {
		var b file.Body
		var folder, at int64
		err := rows.Scan(&b.SHA256, &b.Size, &b.ID, &folder, &b.Pieces, &at)
		b.Folder, b.At = folder != 0, time.UnixMilli(at).UTC()
		list = append(list, b)
		return err
	})
	return list, err
}

func (t Rows) Body(ctx context.Context, sha256 string) (_ *file.Body, err error) {
	defer fault.At(&err, "files.Body(file %s)", sha256)
	list, err := t.bodies(ctx, `WHERE sha256 = ?`, sha256)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func (t Rows) Bodies(ctx context.Context) (_ []file.Body, err error) {
	defer fault.At(&err, "files.Bodies")
	return t.bodies(ctx, `ORDER BY sha256`)
}

// unnamed is the condition of files without links and imports.
const unnamed = ` NOT EXISTS (SELECT 1 FROM file_link WHERE file_link.sha256 = file.sha256)
	AND NOT EXISTS (SELECT 1 FROM import WHERE import.sha256 = file.sha256)`

func (t Rows) Unnamed(ctx context.Context, before time.Time) (_ []file.Body, err error) {
	defer fault.At(&err, "files.Unnamed")
	return t.bodies(ctx, `WHERE at < ? AND`+unnamed+` ORDER BY sha256`, before.UnixMilli())
}

func (t Rows) Named(ctx context.Context, sha256 string) (_ bool, err error) {
	defer fault.At(&err, "files.Named(file %s)", sha256)
	var n int
	_, err = t.One(ctx, `SELECT (SELECT COUNT(*) FROM file_link WHERE sha256 = ?) + (SELECT COUNT(*) FROM import WHERE sha256 = ?)`, []any{sha256, sha256}, &n)
	return n > 0, err
}

func (t Rows) Piece(ctx context.Context, body string, n int) (raw []byte, packed, ok bool, err error) {
	defer fault.At(&err, "files.Piece(file %s, piece %d)", body, n)
	ok, err = t.One(ctx, `SELECT raw, packed FROM file_piece WHERE body = ? AND n = ?`, []any{body, n}, &raw, &packed)
	return raw, packed, ok, err
}

func (t Rows) Loose(ctx context.Context, before time.Time, limit int) (list []string, err error) {
	defer fault.At(&err, "files.Loose")
	err = t.Each(ctx, `SELECT body FROM file_begun WHERE at < ? AND NOT EXISTS (SELECT 1 FROM file WHERE file.body = file_begun.body) ORDER BY body LIMIT ?`,
		[]any{before.UnixMilli(), limit}, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			list = append(list, id)
			return err
		})
	return list, err
}

func (t Rows) AddBody(ctx context.Context, b file.Body) error {
	_, err := t.Exec(ctx, `INSERT INTO file (sha256, size, body, folder, pieces, at) VALUES (?, ?, ?, ?, ?, ?)`,
		b.SHA256, b.Size, b.ID, base.Flag(b.Folder), b.Pieces, b.At.UnixMilli())
	if err != nil {
		return fmt.Errorf("store: add file %s: %w", b.SHA256, err)
	}
	return nil
}

func (t Rows) DropBody(ctx context.Context, sha256 string) (err error) {
	defer fault.At(&err, "files.DropBody(file %s)", sha256)
	_, err = t.Exec(ctx, `DELETE FROM file WHERE sha256 = ?`, sha256)
	return err
}

// fileLinks returns the rows of a query on links.
func (t Rows) fileLinks(ctx context.Context, tail string, args ...any) (list []file.Link, err error) {
	err = t.Each(ctx, `SELECT id, sha256, size, kind, scope, name, type, at, actor, note FROM file_link `+tail, args, func(rows *sql.Rows) error {
		var l file.Link
		var at int64
		var note string
		err := rows.Scan(&l.ID, &l.SHA256, &l.Size, &l.Scope.Kind, &l.Scope.ID, &l.Name, &l.Type, &at, &l.Actor, &note)
		if l.At = time.UnixMilli(at).UTC(); note != "" {
			l.Note = json.RawMessage(note)
		}
		list = append(list, l)
		return err
	})
	return list, err
}

func (t Rows) FileLink(ctx context.Context, id string) (_ *file.Link, err error) {
	defer fault.At(&err, "files.FileLink(link %s)", id)
	list, err := t.fileLinks(ctx, `WHERE id = ?`, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func (t Rows) FileLinks(ctx context.Context, scope file.Scope) (_ []file.Link, err error) {
	defer fault.At(&err, "files.FileLinks")
	if scope.ID == "" {
		return t.fileLinks(ctx, `WHERE kind = ? ORDER BY at DESC, id`, scope.Kind)
	}
	return t.fileLinks(ctx, `WHERE kind = ? AND scope = ? ORDER BY at DESC, id`, scope.Kind, scope.ID)
}

func (t Rows) SetFileLink(ctx context.Context, l file.Link) error {
	_, err := t.Exec(ctx, `INSERT INTO file_link (id, sha256, size, kind, scope, name, type, at, actor, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, scope = excluded.scope, name = excluded.name, note = excluded.note`,
		l.ID, l.SHA256, l.Size, l.Scope.Kind, l.Scope.ID, strings.ToValidUTF8(l.Name, "�"), l.Type, l.At.UnixMilli(), l.Actor, string(l.Note))
	if err != nil {
		return fmt.Errorf("store: link file %s: %w", l.SHA256, err)
	}
	return nil
}

func (t Rows) DropFileLink(ctx context.Context, id string) (err error) {
	defer fault.At(&err, "files.DropFileLink(link %s)", id)
	_, err = t.Exec(ctx, `DELETE FROM file_link WHERE id = ?`, id)
	return err
}
