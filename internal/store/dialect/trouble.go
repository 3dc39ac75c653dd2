package dialect

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"eyas/internal/fault"

	"github.com/jackc/pgx/v5/pgconn"
	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// Trouble is an error of a driver in words: parts of sentences without an end.
type Trouble struct {
	Code   fault.Code
	ZH, EN string
}

// Said turns an error of a driver in a transaction into a fault when a person can fix it. No other function does; package
// base adds the name of the database.
func Said(err error) error {
	var f *fault.Error
	if err == nil || errors.As(err, &f) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	t, ok := Diagnose(err)
	if !ok {
		return err
	}
	return fault.New(t.Code, fmt.Sprintf("底库没有完成这件事：%s。", t.ZH), fmt.Sprintf("The base could not do this: %s.", t.EN)).Wrap(err)
}

// Committed returns a fault for a connection that was lost during a commit: it is unknown whether the transaction was
// written. It returns other errors unchanged.
func Committed(err error) error {
	if !Lost(err) {
		return err
	}
	return fault.New(fault.Unavailable,
		"写入即将完成时与数据库断开，不知道是否已经写入。请等数据库恢复后，先查看导入记录（“数据”页，或 eyas imports），再决定是否重做。",
		"The connection to the database was lost at the very end of writing, and it is unknown whether the data were written. When the database is available again, check the imports (the page Data, or eyas imports) before you repeat the work.").Wrap(err)
}

// Lost reports whether the connection to a server was lost.
func Lost(err error) bool {
	var network net.Error
	return errors.Is(err, sqldriver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EPIPE) ||
		errors.As(err, &network) || strings.Contains(err.Error(), "conn closed")
}

// Diagnose describes an error of a driver when a person can fix it; ok is false otherwise.
func Diagnose(err error) (Trouble, bool) {
	var own *driver.Error
	var server *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &own):
		return sqliteTrouble(own.Code())
	case errors.As(err, &server):
		return postgresTrouble(server.Code)
	case errors.As(err, &connect):
		return Trouble{fault.Unavailable, "连不上服务器，请检查地址、端口和网络", "the server cannot be reached; check host, port and network"}, true
	case errors.Is(err, syscall.ENOSPC):
		return diskFull, true
	case Lost(err):
		return Trouble{fault.Unavailable, "与数据库服务器的连接断了，这次没有写入任何内容；请等数据库恢复后再试", "the connection to the database server was lost and nothing of this was written; try again when it is back"}, true
	}
	return Trouble{}, false
}

var diskFull = Trouble{fault.Unavailable, "磁盘已满，这次没有写入任何内容；请清理空间后再试", "the disk is full and nothing of this was written; make room and try again"}

func sqliteTrouble(code int) (Trouble, bool) {
	switch code & 0xff { // without the extended part
	case codes.SQLITE_NOTADB:
		return Trouble{fault.Internal, "它不是数据库文件", "it is not a database file"}, true
	case codes.SQLITE_CORRUPT:
		return Trouble{fault.Unavailable, "文件已损坏，请从备份恢复", "the file is damaged; restore it from a backup"}, true
	case codes.SQLITE_READONLY, codes.SQLITE_PERM:
		return Trouble{fault.Forbidden, "没有写入权限，请检查文件和所在文件夹是否只读", "it may not be written to; check whether the file or its folder is read-only"}, true
	case codes.SQLITE_CANTOPEN:
		return Trouble{fault.Forbidden, "无法在该位置建立文件，请检查权限", "no file can be made there; check the permissions"}, true
	case codes.SQLITE_FULL:
		return diskFull, true
	case codes.SQLITE_IOERR:
		return Trouble{fault.Unavailable, "读写数据库文件时出错，请检查磁盘或网络盘（是否已满、断开或文件被移走）", "the database file could not be read or written; check the disk or network drive: is it full or gone, or was the file moved"}, true
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
		return Trouble{fault.Conflict, fmt.Sprintf("另一个程序正在写入这个底库，等了 %d 秒仍未结束。请等它完成后再试", LockPatience/time.Second),
			fmt.Sprintf("another program is writing to this base and did not finish within %d seconds. Try again when it is done", LockPatience/time.Second)}, true
	case codes.SQLITE_NOMEM:
		return Trouble{fault.Unavailable, "内存不足，请关闭其他程序后再试", "there is not enough memory; close other programs and try again"}, true
	case codes.SQLITE_TOOBIG:
		return Trouble{fault.Invalid, "有一个值太长，无法保存；请缩短后再试", "a value is too long to be stored; shorten it and try again"}, true
	}
	return Trouble{}, false
}

func postgresTrouble(code string) (Trouble, bool) {
	switch code {
	case "28P01", "28000":
		return Trouble{fault.Forbidden, "用户名或密码不被接受", "the user or password is not accepted"}, true
	case "3D000":
		return Trouble{fault.NotFound, "没有这个库，请先建立", "there is no database of that name; create it first"}, true
	case "42501", "25006":
		return Trouble{fault.Forbidden, "该用户没有建表或写入的权限", "the user may not create tables or write"}, true
	case "53100":
		return diskFull, true
	case "53200":
		return Trouble{fault.Unavailable, "数据库服务器内存不足，请稍后再试，或请管理员检查", "the database server is out of memory; try again later, or have its administrator look"}, true
	case "53300":
		return Trouble{fault.Unavailable, "数据库服务器的连接数已满，请稍后再试，或请管理员调大 max_connections", "the database server has too many connections; try again later, or have its administrator raise max_connections"}, true
	case "55P03":
		return Trouble{fault.Conflict, fmt.Sprintf("另一个程序正在写入这个底库，等了 %d 秒仍未结束。请等它完成后再试", LockPatience/time.Second),
			fmt.Sprintf("another program is writing to this base and did not finish within %d seconds. Try again when it is done", LockPatience/time.Second)}, true
	case "40001", "40P01":
		return Trouble{fault.Conflict, "与另一个程序的写入冲突，这次没有写入任何内容；请再试一次", "it ran into what another program was writing, and nothing of this was written; try again"}, true
	case "57P01", "57P02", "57P03":
		return Trouble{fault.Unavailable, "数据库服务器正在停止或启动，这次没有写入任何内容；请等它恢复后再试", "the database server is stopping or starting, and nothing of this was written; try again when it is back"}, true
	case "57014":
		return Trouble{fault.Unavailable, "数据库服务器中止了这条语句（超过它的时限）；请管理员检查 statement_timeout", "the database server cancelled a statement that took longer than it allows; have its administrator look at statement_timeout"}, true
	case "22021", "22P05":
		return Trouble{fault.Invalid, "有一个值含有无法保存的字符（空字符或不成文字的字节）；请删去后再试", "a value holds characters that cannot be stored, such as NUL; remove them and try again"}, true
	case "54000":
		return Trouble{fault.Invalid, "有一个值太长，无法保存；请缩短后再试", "a value is too long to be stored; shorten it and try again"}, true
	case "XX001", "XX002":
		return Trouble{fault.Unavailable, "数据库文件已损坏，请从备份恢复", "the database's files are damaged; restore them from a backup"}, true
	}
	return Trouble{}, false
}

// IsBusy reports that another process holds the write lock of a file.
func IsBusy(err error) bool {
	var e *driver.Error
	if !errors.As(err, &e) {
		return false
	}
	c := e.Code() & 0xff // without the extended part
	return c == codes.SQLITE_BUSY || c == codes.SQLITE_LOCKED
}

// IsLockTimeout reports that a lock of a server was not released in time.
func IsLockTimeout(err error) bool { return isServer(err, "55P03") } // lock_not_available

// IsOvertaken reports a conflict with another transaction of a server.
func IsOvertaken(err error) bool { return isServer(err, "23505", "40001", "40P01") } // unique_violation, serialization_failure, deadlock_detected

// IsDamage reports that the database itself found damage.
func IsDamage(err error) bool {
	var lite *driver.Error
	if errors.As(err, &lite) {
		c := lite.Code() & 0xff // without the extended part
		return c == codes.SQLITE_CORRUPT || c == codes.SQLITE_NOTADB
	}
	return isServer(err, "XX001", "XX002") // data_corrupted, index_corrupted
}

// IsForbidden reports that the user may not call a function of a server, or that the function does not exist.
func IsForbidden(err error) bool { return isServer(err, "42501", "42883") } // insufficient_privilege, undefined_function

func isServer(err error, states ...string) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && slices.Contains(states, server.Code)
}
