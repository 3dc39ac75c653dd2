package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"

	"eyas/internal/fault"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

func connectPostgres(ctx context.Context, dsn string) (*DB, error) {
	db := &DB{d: postgres(), name: redacted(dsn)}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		// The driver's own words may hold the password.
		return nil, fault.New(fault.Invalid, "数据库地址写法有误，应如 postgres://用户:密码@主机:5432/库名。",
			"The database URL is not well written; it is like postgres://user:password@host:5432/name.")
	}
	db.write = stdlib.OpenDB(*config)
	db.read = db.write
	db.write.SetMaxOpenConns(8 + extraReaders())
	db.write.SetMaxIdleConns(8)
	if err := db.write.PingContext(ctx); err != nil {
		return nil, errors.Join(db.unusable(err), db.Close())
	}
	return db, nil
}

// redacted is a URL without its password and options.
func redacted(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return "postgres://…"
	}
	u.RawQuery = ""
	return u.Redacted()
}

func diagnosePostgres(err error) (zh, en string, ok bool) {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		switch server.Code {
		case "28P01", "28000":
			return "用户名或密码不被接受", "the user or password is not accepted", true
		case "3D000":
			return "没有这个库，请先建立", "there is no database of that name; create it first", true
		case "42501", "25006":
			return "该用户没有建表或写入的权限", "the user may not create tables or write", true
		}
		return "", "", false
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return "连不上服务器，请检查地址、端口和网络", "the server cannot be reached; check host, port and network", true
	}
	return "", "", false
}

// snapshot is the isolation under which a reading transaction sees one moment. SQLite gives nothing less.
func (d *dialect) snapshot() sql.IsolationLevel {
	if d.dollar {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}
