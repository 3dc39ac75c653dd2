package base

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/store/dialect"
	"eyas/internal/store/veil"
	"eyas/internal/vault"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// connectPatience is how long a server has to answer.
const connectPatience = 10 * time.Second

// IsServer reports whether a data source names a server.
func IsServer(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

func connectPostgres(ctx context.Context, dsn string, ring *vault.Ring) (*DB, error) {
	db := &DB{Dialect: dialect.Postgres(), name: redacted(dsn)}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		// The driver's own words may hold the password.
		return nil, fault.New(fault.Invalid, "数据库地址写法有误，应如 postgres://用户:密码@主机:5432/库名。",
			"The database URL is invalid. Write it like postgres://user:password@host:5432/name.")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectPatience
	}
	if config.RuntimeParams["application_name"] == "" { // by which another process says who keeps it waiting
		host, _ := os.Hostname()
		config.RuntimeParams["application_name"] = fmt.Sprintf("eyas@%s/%d", host, os.Getpid())
	}
	db.server = config
	db.Write = veil.OpenDB(stdlib.GetConnector(*config), ring, true)
	db.Read = db.Write
	db.idConnections(config)
	db.Write.SetMaxOpenConns(connections / 2) // a server has 100 for all
	db.Write.SetMaxIdleConns(8)
	if err := db.Write.PingContext(ctx); err != nil {
		return nil, errors.Join(db.Unusable(err), db.Close())
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
