// Package veil stands between database/sql and a driver. What is written and holds an identity number, or is said to be of
// the highest class, is sealed before the database sees it; what is read is opened. So no statement and no table can forget
// it. Values that are compared in the database (codes, keys of names) are said to be clear, and hold no such number.
package veil

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/vault"
)

// Clear is a text that is written as it is.
type Clear string

// Raw marks a context: rows are given and parameters are written as they stand in the database. It is for carrying values
// over to another key.
func Raw(ctx context.Context) context.Context { return context.WithValue(ctx, rawKey{}, true) }

// Lenient marks a context: what is sealed by a key that is missing is given as it stands in the database, for who compares
// rows with their checksums and says what he could not compare.
func Lenient(ctx context.Context) context.Context {
	return context.WithValue(ctx, lenientKey{}, true)
}

type (
	rawKey     struct{}
	lenientKey struct{}
)

func isRaw(ctx context.Context) bool { return ctx.Value(rawKey{}) != nil }

// OpenDB opens a database whose values go through a ring. Without a ring nothing is sealed or opened: for measuring. In a
// database that several transactions write at once, server, a transaction that seals holds a lock until it ends: see Alone.
func OpenDB(c driver.Connector, r *vault.Ring, server bool) *sql.DB {
	if r == nil {
		return sql.OpenDB(c)
	}
	return sql.OpenDB(connector{c, r, server})
}

// The lock of the keys of a base on PostgreSQL. Whoever seals shares it, and whoever names another key has it alone, so that
// nothing is sealed by the key before once another one is named. Its number is that of the table of this base.
const (
	keyLock = `(20210331, CAST(CAST(CAST(CAST('cipher_key' AS regclass) AS oid) AS bigint) % 2147483647 AS int))`
	Shared  = `SELECT pg_advisory_xact_lock_shared` + keyLock
	Alone   = `SELECT pg_advisory_xact_lock` + keyLock // waits for all transactions that have sealed something
)

// Named is the connector of a registered driver for a data source.
func Named(name, dsn string) (driver.Connector, error) {
	db, err := sql.Open(name, dsn)
	if err != nil {
		return nil, err
	}
	defer db.Close() // nothing is connected yet
	return named{db.Driver(), dsn}, nil
}

type named struct {
	driver driver.Driver
	dsn    string
}

func (n named) Connect(context.Context) (driver.Conn, error) { return n.driver.Open(n.dsn) }
func (n named) Driver() driver.Driver                        { return n.driver }

type connector struct {
	driver.Connector
	ring   *vault.Ring
	server bool
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := inner.(fullConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("veil: %T lacks methods", inner), inner.Close())
	}
	return &conn{fullConn: full, ring: c.ring, server: c.server}, nil
}

// fullConn is what the connections of both drivers can.
type fullConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
}

// conn is a connection of one of the drivers.
type conn struct {
	fullConn
	ring   *vault.Ring
	server bool
	key    string // by which this transaction seals; empty: not asked yet
}

// Conn is the driver's own connection.
func (c *conn) Conn() driver.Conn { return c.fullConn }

func (c *conn) IsValid() bool {
	v, ok := c.fullConn.(driver.Validator)
	return !ok || v.IsValid()
}

func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.key = ""
	return c.fullConn.BeginTx(ctx, opts)
}

// ResetSession begins another use of the connection.
func (c *conn) ResetSession(ctx context.Context) error {
	c.key = ""
	return c.fullConn.ResetSession(ctx)
}

// CheckNamedValue lets the types of this package and of vault pass; the driver gets what they become.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error { return c.check(v, c.fullConn) }

func (c *conn) check(v *driver.NamedValue, inner any) error {
	switch v.Value.(type) {
	case Clear, vault.Hidden, vault.HiddenText, vault.Marked, vault.MarkedText:
		return nil
	}
	if checks, ok := inner.(driver.NamedValueChecker); ok {
		return checks.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.fullConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	full, ok := s.(fullStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("veil: %T lacks methods", s), s.Close())
	}
	return &stmt{full, c, writes(query)}, nil
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.seal(ctx, args, writes(query)); err != nil {
		return nil, err
	}
	return c.fullConn.ExecContext(ctx, query, args)
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.seal(ctx, args, writes(query)); err != nil {
		return nil, err
	}
	return c.opened(ctx)(c.fullConn.QueryContext(ctx, query, args))
}

type fullStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type stmt struct {
	fullStmt
	c      *conn
	writes bool
}

func (s *stmt) CheckNamedValue(v *driver.NamedValue) error {
	if _, ok := s.fullStmt.(driver.NamedValueChecker); ok {
		return s.c.check(v, s.fullStmt)
	}
	return s.c.check(v, s.c.fullConn)
}

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.c.seal(ctx, args, s.writes); err != nil {
		return nil, err
	}
	return s.fullStmt.ExecContext(ctx, args)
}

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.c.seal(ctx, args, s.writes); err != nil {
		return nil, err
	}
	return s.c.opened(ctx)(s.fullStmt.QueryContext(ctx, args))
}

// writes reports whether a statement writes its parameters; those of others are only compared.
func writes(query string) bool {
	word := strings.TrimLeft(query, " \t\n(")
	return len(word) > 6 && (strings.EqualFold(word[:6], "INSERT") || strings.EqualFold(word[:6], "UPDATE"))
}

// seal turns parameters into what the database gets.
func (c *conn) seal(ctx context.Context, args []driver.NamedValue, writes bool) error {
	raw := !writes || isRaw(ctx)
	for i := range args {
		var err error
		switch v := args[i].Value.(type) {
		case Clear:
			if args[i].Value = string(v); writes && vault.IsSealed(string(v)) { // it could not be read again
				err = errMark
			}
		case vault.Marked:
			if writes {
				err = c.ready(ctx)
			}
			if err == nil {
				args[i].Value, err = c.ring.Mark(string(v))
			}
			if !writes && errors.Is(err, vault.ErrNoKey) { // nothing is found
				args[i].Value, err = []byte{}, nil
			}
		case vault.MarkedText:
			var mark []byte
			if writes {
				err = c.ready(ctx)
			}
			if err == nil {
				mark, err = c.ring.Mark(string(v))
			}
			if !writes && errors.Is(err, vault.ErrNoKey) { // nothing is found
				err = nil
			}
			args[i].Value = hex.EncodeToString(mark)
		case vault.Hidden:
			if v == nil {
				args[i].Value = nil
			} else if err = c.ready(ctx); err == nil {
				args[i].Value, err = c.ring.Seal(c.key, v)
			}
		case vault.HiddenText:
			if err = c.ready(ctx); err == nil {
				args[i].Value, err = c.ring.SealText(c.key, string(v))
			}
		case []byte:
			if raw || !vault.IsSealed(v) && !vault.Holds(v) { // what only looks sealed is sealed, or it could not be read
				continue
			}
			if err = c.ready(ctx); err == nil {
				args[i].Value, err = c.ring.Seal(c.key, v)
			}
		case string:
			if raw || !vault.IsSealed(v) && !vault.Holds(v) {
				continue
			}
			if err = c.ready(ctx); err == nil {
				args[i].Value, err = c.ring.SealText(c.key, v)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var errMark = fault.New(fault.Invalid, "有一个名称或编号以系统保留的字符（U+E0FF）开头，不能保存。请删去这个字符。", "A name or a code begins with a character that the program reserves (U+E0FF), so it cannot be stored. Delete that character.")

// ready finds the key by which this base seals: the one that its table names. The first time, a key is made and named in
// the same transaction. Another process may have named another one, so each transaction asks.
func (c *conn) ready(ctx context.Context) error {
	if c.key != "" {
		return nil
	}
	if c.server {
		if _, err := c.fullConn.ExecContext(ctx, Shared, nil); err != nil {
			return err
		}
	}
	current, err := c.current(ctx)
	if err != nil {
		return err
	}
	id, err := c.ring.Ready(current)
	if err != nil {
		return err
	}
	if current == "" {
		const text = `INSERT INTO cipher_key (id, current) SELECT '%s', 1 WHERE NOT EXISTS (SELECT 1 FROM cipher_key WHERE current = 1)`
		if _, err := c.fullConn.ExecContext(ctx, fmt.Sprintf(text, id), nil); err != nil {
			return err
		}
	}
	c.key = id
	return nil
}

func (c *conn) current(ctx context.Context) (id string, err error) {
	rows, err := c.fullConn.QueryContext(ctx, `SELECT id FROM cipher_key WHERE current = 1`, nil)
	if err != nil {
		return "", err
	}
	value := make([]driver.Value, 1)
	switch err = rows.Next(value); {
	case err == nil:
		id, _ = value[0].(string)
	case errors.Is(err, io.EOF):
		err = nil
	}
	return id, errors.Join(err, rows.Close())
}

// opened wraps the rows of a query.
func (c *conn) opened(ctx context.Context) func(driver.Rows, error) (driver.Rows, error) {
	return func(r driver.Rows, err error) (driver.Rows, error) {
		if err != nil || isRaw(ctx) {
			return r, err
		}
		return &rows{r, c.ring, ctx.Value(lenientKey{}) != nil}, nil
	}
}

type rows struct {
	driver.Rows
	ring    *vault.Ring
	lenient bool
}

// Next opens what is sealed.
func (r *rows) Next(to []driver.Value) error {
	if err := r.Rows.Next(to); err != nil {
		return err
	}
	for i := range to {
		was := to[i]
		var err error
		switch v := was.(type) {
		case []byte:
			if len(v) > 0 && v[0] == vault.BlobMark[0] && vault.IsSealed(v) {
				to[i], err = r.ring.Open(v)
			}
		case string:
			if len(v) > 0 && v[0] == vault.TextMark[0] && vault.IsSealed(v) {
				to[i], err = r.ring.OpenText(v)
			}
		}
		if r.lenient && errors.Is(err, vault.ErrNoKey) {
			to[i], err = was, nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}
