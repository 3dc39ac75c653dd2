package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"eyas/internal/fault"
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
	return in(db).Write(context.Background(), func(w tables) error {
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
	if _, err := db.room.Base.Write.Exec(`PRAGMA max_page_count = 400`); err != nil {
		t.Fatal(err)
	}
	sentence(t, fill(db), fault.Unavailable, "the disk is full and nothing of this was written")
	if err := in(db).Write(t.Context(), func(w tables) error { return w.Set(t.Context(), "a", "b") }); err != nil {
		t.Errorf("after the disk was full: %v", err)
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
	write := func(after func(w tables)) error {
		return in(db).Write(t.Context(), func(w tables) error {
			if err := w.Set(t.Context(), "a", "b"); err != nil {
				return err
			}
			after(w)
			return w.Set(t.Context(), "a", "c")
		})
	}
	sentence(t, write(func(w tables) {
		w.CounterRows.Tx.Exec(t.Context(), `SELECT pg_terminate_backend(pg_backend_pid())`)
	}), fault.Unavailable, "")
	if err := write(func(tables) {}); err != nil {
		t.Errorf("when the server is back: %v", err)
	}
	sentence(t, in(db).Write(t.Context(), func(w tables) error { return w.Set(t.Context(), "nul", "a\x00b") }), fault.Invalid, "NUL")
	sentence(t, write(func(tables) { p.cut() }), fault.Unavailable, "connection to the database server was lost")
	sentence(t, write(func(tables) {}), fault.Unavailable, "the server cannot be reached")
	sentence(t, in(db).Read(t.Context(), func(tables) error { return nil }), fault.Unavailable, "the server cannot be reached")
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
	waiter.room.Base.Dialect.LockPatience = `SET LOCAL lock_timeout = '50ms'`
	err = in(holder).Write(t.Context(), func(tables) error {
		err := in(waiter).Write(t.Context(), func(tables) error { return nil })
		sentence(t, err, fault.Conflict, "Another program (eyas@")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
