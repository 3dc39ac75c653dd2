// Package pgtest gives tests a PostgreSQL server of their own: started from Debian's binaries when the first test
// asks, on a socket in a temporary folder, without a port and without durability, and gone with the test program.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Start starts the server, once. Without PostgreSQL on the machine the test is skipped, saying so, or fails when EYAS_TEST_POSTGRES is
// "require". A package whose tests call it, or what calls it, runs them through Main.
func Start(t testing.TB) {
	t.Helper()
	once.Do(func() {
		os.Setenv("XDG_CONFIG_HOME", filepath.Join(os.TempDir(), "eyas-pgtest")) // where keys of bases on a server are
		running, failed = start()
	})
	if errors.Is(failed, errAbsent) && os.Getenv("EYAS_TEST_POSTGRES") != "require" {
		t.Skipf("skipped on PostgreSQL: %v", failed)
	}
	if failed != nil {
		t.Fatalf("no PostgreSQL to test with: %v", failed)
	}
}

// URL gives the address of an empty schema, which is dropped when the test ends. It begins with Start.
func URL(t testing.TB) string {
	t.Helper()
	Start(t)
	schema := fmt.Sprintf("t%d", schemas.Add(1))
	if err := running.exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Error(err)
		}
	})
	return running.url(schema)
}

// Main runs a package's tests, stops the server that they started, and ends the program.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run is Main for those who end the program themselves: it gives the exit code.
func Run(m *testing.M) int {
	code := m.Run()
	if running != nil {
		running.stop()
	}
	return code
}

var (
	once    sync.Once
	running *server
	failed  error
	schemas atomic.Int64

	errAbsent = errors.New("PostgreSQL is not installed (apt-get install -y postgresql)")
)

type server struct {
	folder string
	cmd    *exec.Cmd
	log    strings.Builder
}

// nobody is who runs the server when the tests run as root, whom it refuses.
const nobody = 65534

func start() (*server, error) {
	bins, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return nil, err
	}
	if len(bins) == 0 {
		return nil, errAbsent
	}
	bin := filepath.Dir(bins[len(bins)-1])
	folder, err := os.MkdirTemp("", "eyas-pg-")
	if err != nil {
		return nil, err
	}
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // gone with the tests, also when those are killed
	if os.Geteuid() == 0 {
		if err := os.Chown(folder, nobody, nobody); err != nil {
			return nil, err
		}
		attr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	data := filepath.Join(folder, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "eyas", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
	initdb.Dir, initdb.SysProcAttr = folder, &syscall.SysProcAttr{Credential: attr.Credential}
	if out, err := initdb.CombinedOutput(); err != nil {
		os.RemoveAll(folder)
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	s := &server{folder: folder}
	s.cmd = exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", folder,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	s.cmd.Dir, s.cmd.SysProcAttr = folder, attr
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	started := make(chan error)
	go func() {
		// The parent whose death ends the server is a thread, not the process: this one stays.
		runtime.LockOSThread()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			s.cmd.Wait()
			started <- fmt.Errorf("postgres ended:\n%s", s.log.String())
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	for {
		if s.exec("SELECT 1") == nil {
			return s, nil
		}
		select {
		case err := <-started:
			return nil, err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *server) url(schema string) string {
	q := url.Values{"host": {s.folder}, "user": {"eyas"}}
	if schema != "" {
		q.Set("search_path", schema)
	}
	return "postgres:///postgres?" + q.Encode()
}

func (s *server) exec(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, s.url(""))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, statement)
	return err
}

func (s *server) stop() {
	s.cmd.Process.Signal(syscall.SIGQUIT) // at once; there is nothing to keep
	s.cmd.Process.Wait()
	os.RemoveAll(s.folder)
}

// Database gives the address of an empty database of its own, for tests that make copies of it: see Copy.
func Database(t testing.TB) string {
	t.Helper()
	Start(t)
	url, drop, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Error(err)
		}
	})
	return url
}

// New makes an empty database and gives its address, after Start.
func New() (url string, drop func() error, err error) { return database("template0") }

// Copy makes a copy of a database that nobody is connected to, and gives its address. It may be called from many
// goroutines.
func Copy(of string) (url string, drop func() error, err error) { return database(nameOf(of)) }

func database(of string) (address string, drop func() error, err error) {
	name := fmt.Sprintf("d%d", schemas.Add(1))
	if err := running.exec("CREATE DATABASE " + name + " TEMPLATE " + of + " STRATEGY wal_log"); err != nil {
		return "", nil, fmt.Errorf("pgtest: copy %s: %w", of, err)
	}
	q := url.Values{"host": {running.folder}, "user": {"eyas"}}
	return "postgres:///" + name + "?" + q.Encode(), func() error {
		return running.exec("DROP DATABASE " + name + " WITH (FORCE)")
	}, nil
}

func nameOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err) // it is one that Database gave
	}
	return strings.TrimPrefix(u.Path, "/")
}
