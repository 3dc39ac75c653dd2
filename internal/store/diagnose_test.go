package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"eyas/internal/fault"
	"eyas/internal/registry"
	"eyas/internal/store/pgtest"
)

// sentence holds that an error is a fault of a code whose sentence says a word, without a word of the driver's.
func sentence(t *testing.T, err error, code fault.Code, word string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code || !strings.Contains(f.EN, word) || f.ZH == "" || strings.Contains(f.EN, "SQLSTATE") {
		t.Errorf("says %v, want a fault %s about %q", err, code, word)
	}
}

// fill writes until it fails.
func fill(db *DB) error {
	return db.Write(context.Background(), func(w registry.Writer) error {
		for i := range 10_000 {
			if err := w.Set(context.Background(), fmt.Sprint("test.", i), strings.Repeat("x", 10_000)); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestDiskFull(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "base.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.write.Exec(`PRAGMA max_page_count = 400`); err != nil {
		t.Fatal(err)
	}
	sentence(t, fill(db), fault.Unavailable, "the disk is full and nothing of this was written")
	if err := db.Write(t.Context(), func(w registry.Writer) error { return w.Set(t.Context(), "a", "b") }); err != nil {
		t.Errorf("after the disk was full: %v", err)
	}
}

func TestReadOnlyFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Log("as root every file may be written; the sentence is tested by code below")
	}
	for _, x := range []struct {
		code int
		want fault.Code
		word string
	}{
		{8, fault.Forbidden, "read-only"}, {8 | 4<<8, fault.Forbidden, "read-only"}, {10 | 3<<8, fault.Unavailable, "disk or network drive"},
		{11, fault.Unavailable, "restore it from a backup"}, {13, fault.Unavailable, "full"}, {5, fault.Conflict, "did not finish"}, {14, fault.Forbidden, "permissions"},
		{18, fault.Invalid, "too long"}, {7, fault.Unavailable, "memory"},
	} {
		got, ok := sqliteTrouble(x.code)
		if !ok || got.code != x.want || !strings.Contains(got.en, x.word) {
			t.Errorf("%d: %+v", x.code, got)
		}
	}
}

// proxy passes connections on to a server until it is cut.
type proxy struct {
	ln    net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func newProxy(t *testing.T, socket string) *proxy {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{ln: ln}
	go func() {
		for {
			from, err := ln.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("unix", socket)
			if err != nil {
				from.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, from, to)
			p.mu.Unlock()
			go func() { io.Copy(to, from); to.Close() }()
			go func() { io.Copy(from, to); from.Close() }()
		}
	}()
	t.Cleanup(p.cut)
	return p
}

func (p *proxy) cut() {
	p.ln.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

func TestPostgresGoesAway(t *testing.T) {
	u, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	p := newProxy(t, filepath.Join(q.Get("host"), ".s.PGSQL.5432"))
	q.Set("host", "127.0.0.1")
	q.Set("port", fmt.Sprint(p.ln.Addr().(*net.TCPAddr).Port))
	q.Set("sslmode", "disable")
	u.RawQuery = q.Encode()
	db, err := Open(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	write := func(after func(w registry.Writer)) error {
		return db.Write(t.Context(), func(w registry.Writer) error {
			if err := w.Set(t.Context(), "a", "b"); err != nil {
				return err
			}
			after(w)
			return w.Set(t.Context(), "a", "c")
		})
	}
	sentence(t, write(func(w registry.Writer) {
		w.(*transaction).exec(t.Context(), `SELECT pg_terminate_backend(pg_backend_pid())`)
	}), fault.Unavailable, "")
	if err := write(func(registry.Writer) {}); err != nil {
		t.Errorf("when the server is back: %v", err)
	}
	sentence(t, db.Write(t.Context(), func(w registry.Writer) error { return w.Set(t.Context(), "nul", "a\x00b") }), fault.Invalid, "NUL")
	sentence(t, write(func(registry.Writer) { p.cut() }), fault.Unavailable, "connection to the database server was lost")
	sentence(t, write(func(registry.Writer) {}), fault.Unavailable, "the server cannot be reached")
	sentence(t, db.Read(t.Context(), func(registry.Reader) error { return nil }), fault.Unavailable, "the server cannot be reached")
}

// A lock that is not let go is waited for a bounded time, and the sentence says who has it.
func TestPostgresLockIsNotLetGo(t *testing.T) {
	dsn := pgtest.URL(t)
	holder, err := Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	waiter, err := Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer waiter.Close()
	waiter.d.lockPatience = `SET LOCAL lock_timeout = '50ms'`
	err = holder.Write(t.Context(), func(registry.Writer) error {
		err := waiter.Write(t.Context(), func(registry.Writer) error { return nil })
		sentence(t, err, fault.Conflict, "Another program (eyas@")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPostgresSentences(t *testing.T) {
	for code, word := range map[string]string{"53300": "too many connections", "28P01": "password", "53100": "full", "57P03": "starting", "55P03": "did not finish", "22021": "NUL"} {
		if got, ok := postgresTrouble(code); !ok || !strings.Contains(got.en, word) || got.zh == "" {
			t.Errorf("%s: %+v", code, got)
		}
	}
}
