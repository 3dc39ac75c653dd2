package base

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"eyas/internal/fault"
	"eyas/internal/store/dialect"
	"eyas/internal/store/veil"
	"eyas/internal/vault"

	_ "modernc.org/sqlite" // the driver
)

// readers is how many askers can read at a time; more wait. connections is how many connections there may be: an asker may read within
// what he reads, and that never waits.
const (
	readers     = 8
	connections = 64
)

// connectSQLite opens a database file. Its pragmas:
//
//   - WAL: readers never wait for the writer, and a process that is killed leaves the last commit.
//   - synchronous=FULL: a commit is on the disk when it returns. What was accepted is never lost, also when
//     the power goes. The chunks of a batch need not wait for that: their last transaction does.
//   - cache_size: 64 MB of pages for the one writer, so that the indexes of a large import stay in memory; 16 MB per
//     reader. In memory it is a little more than twice that: the driver's allocator gives a page of 4 KB, with its
//     header, a slot of 8 KB.
//   - busy_timeout: none for the writer, which waits for writers of other processes by itself; see begin.
//   - journal_size_limit: after a large import the log shrinks again.
func connectSQLite(ctx context.Context, path string, ring *vault.Ring) (*DB, error) {
	db := &DB{Dialect: dialect.SQLite(), name: path}
	db.look.Path = path
	db.Queue.path, db.Queue.long = path+"-queue", longChunk
	if err := db.checkFile(path); err != nil {
		return nil, err
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dsn := func(busy string, extra ...string) string {
		q := url.Values{"_pragma": append([]string{
			busy, "synchronous(FULL)", "journal_size_limit(67108864)", "foreign_keys(1)",
		}, extra...)}
		return (&url.URL{Scheme: "file", Path: full, RawQuery: q.Encode()}).String()
	}
	open := func(dsn string) (*sql.DB, error) {
		c, err := veil.Named("sqlite", dsn)
		if err != nil {
			return nil, err
		}
		return veil.OpenDB(c, ring, false), nil
	}
	if db.Write, err = open(dsn("busy_timeout(0)", "journal_mode(WAL)", "cache_size(-65536)") + "&_txlock=immediate"); err != nil {
		return nil, err
	}
	db.Write.SetMaxOpenConns(1)
	if db.Read, err = open(dsn("busy_timeout(30000)", "cache_size(-16384)", "query_only(1)")); err != nil {
		return nil, err
	}
	if db.checkpoint, err = sql.Open("sqlite", dsn("busy_timeout(0)", "cache_size(-64)")); err != nil {
		return nil, err
	}
	db.checkpoint.SetMaxOpenConns(1)
	db.checkpoint.SetMaxIdleConns(0) // opened when it is needed
	db.Read.SetMaxOpenConns(connections)
	db.Read.SetMaxIdleConns(readers)
	if err := db.begun(ctx); err != nil {
		return nil, errors.Join(db.Unusable(err), db.Close())
	}
	return db, nil
}

// begun waits until the file is in WAL mode, in which it stays. When several processes create the same base at once,
// SQLite refuses the change to all but one of them, regardless of busy_timeout.
func (db *DB) begun(ctx context.Context) error {
	for deadline := time.Now().Add(30 * time.Second); ; {
		err := db.Write.PingContext(ctx)
		if err == nil || !dialect.IsBusy(err) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// checkFile returns a fault for a path that cannot be opened, before the driver returns an error number.
func (db *DB) checkFile(path string) error {
	if path == "" {
		return fault.New(fault.Invalid, "没有给出数据库。用 --db 或环境变量 EYAS_DB 指定一个文件或 postgres:// 地址。",
			"No database was given. Give a file or a postgres:// URL with --db or EYAS_DB.")
	}
	folder := filepath.Dir(path)
	switch info, err := os.Stat(folder); {
	case errors.Is(err, fs.ErrNotExist):
		return fault.New(fault.Invalid, fmt.Sprintf("数据库所在的文件夹 %s 不存在。请先建立它，或换一个位置。", folder),
			fmt.Sprintf("The folder %s for the database does not exist. Create it, or give another path.", folder)).Wrap(err)
	case err != nil:
		return fault.New(fault.Invalid, fmt.Sprintf("无法访问文件夹 %s。", folder), fmt.Sprintf("The folder %s cannot be reached.", folder)).Wrap(err)
	case !info.IsDir():
		return fault.New(fault.Invalid, fmt.Sprintf("%s 不是文件夹。", folder), fmt.Sprintf("%s is not a folder.", folder))
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.New(fault.Invalid, fmt.Sprintf("没有权限打开数据库 %s。", path), fmt.Sprintf("The database %s may not be opened.", path)).Wrap(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fault.New(fault.Invalid, fmt.Sprintf("%s 是文件夹。请给出其中的数据库文件。", path), fmt.Sprintf("%s is a folder. Name the database file in it.", path))
	}
	const magic = "SQLite format 3\x00"
	head := make([]byte, len(magic))
	if n, err := io.ReadFull(f, head); n > 0 && (err != nil || string(head) != magic) {
		return notADatabase(path)
	}
	return nil
}

func notADatabase(path string) *fault.Error {
	return fault.New(fault.Invalid, fmt.Sprintf("%s 不是数据库文件，没有动它。要导入表格，请用 eyas import。", path),
		fmt.Sprintf("%s is not a database file and was left alone. To import a table, use eyas import.", path))
}
