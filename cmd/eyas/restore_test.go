package main

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/store/pgtest"
)

// The drill of docs/operations.md on PostgreSQL: a base is dumped while a server shows it, restored beside it, and
// renewed. Each then has columns of its own, and neither shows the other's enterprises, renewed or not.
func TestRestoreOnPostgres(t *testing.T) {
	dsn := pgtest.URL(t)
	bins, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	if err != nil || len(bins) == 0 {
		t.Skip("pg_dump is not installed")
	}
	tool := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(filepath.Join(filepath.Dir(bins[len(bins)-1]), name), args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	host, schema := u.Query().Get("host"), u.Query().Get("search_path")
	to := *u
	to.Path = "/restored_" + schema
	restored := to.String()
	dir := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", dir)
	csv := filepath.Join(dir, "out.csv")
	screen := func(db string) string {
		t.Helper()
		command(t, 0, "screen", "--db", db, "--rule", "tsme", "--date", "2021-03-31", "--out", csv)
		b, err := os.ReadFile(csv)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	add := func(db, name string) {
		t.Helper()
		path := filepath.Join(dir, name+".csv")
		if err := os.WriteFile(path, []byte("企业名称,从业人数\n"+name+",7\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		command(t, 0, "import", path, "--db", db, "--year", "2020")
	}

	command(t, 0, "demo", "--db", dsn, "--rows", "60", "--year", "2020")
	before := screen(dsn)
	dump := filepath.Join(dir, "base.dump")
	tool("pg_dump", "-h", host, "-U", "eyas", "-d", "postgres", "-Fc", "-n", schema, "-f", dump)
	tool("createdb", "-h", host, "-U", "eyas", "restored_"+schema)
	t.Cleanup(func() { tool("dropdb", "--force", "-h", host, "-U", "eyas", "restored_"+schema) })
	tool("pg_restore", "-h", host, "-U", "eyas", "-d", "restored_"+schema, dump)

	// Forgotten to renew: the identities are the same, and the counters too after an import into each.
	add(dsn, "天津只在原库科技有限公司")
	add(restored, "天津只在副本科技有限公司")
	for range 2 { // columns of either are kept by then
		if got := screen(dsn); !strings.Contains(got, "天津只在原库") || strings.Contains(got, "天津只在副本") {
			t.Error("the base shows what is not in it")
		}
		if got := screen(restored); !strings.Contains(got, "天津只在副本") || strings.Contains(got, "天津只在原库") {
			t.Error("the restored base shows what is not in it")
		}
	}
	if out := command(t, 0, "renew", "--db", restored, "--lang", "en"); !strings.Contains(out, "begins a new history") {
		t.Error(out)
	}
	command(t, 0, "check", "--db", restored)
	if got := screen(restored); !strings.Contains(got, "天津只在副本") || strings.Count(got, "\n") != strings.Count(before, "\n")+1 {
		t.Error("the renewed base is not as it was")
	}
	if out := command(t, 0, "verify", "--db", restored, "--lang", "en"); !strings.Contains(out, "the log is whole") {
		t.Error(out)
	}
}

// A server whose file is replaced under it shows neither the old base's enterprises nor the new one's any more, and says
// why.
func TestServeAReplacedFile(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "base.db")
	command(t, 0, "demo", "--db", db, "--rows", "60", "--year", "2020")
	other := filepath.Join(dir, "other.db")
	command(t, 0, "demo", "--db", other, "--rows", "60", "--seed", "9", "--year", "2020")
	s := serve(t, db, "--addr", "127.0.0.1:0")
	s.page(t, "/enterprises?date=2021-03-31")
	if err := os.Rename(other, db); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/s/1", "/enterprises?date=2021-03-31", "/search?q=天津&date=2021-03-31"} {
		for end := time.Now().Add(patienceInTests); ; { // it looks every two seconds whether the file is still there
			_, body := s.status(t, path)
			if !strings.Contains(body, "（示例）") {
				break
			}
			if path == "/s/1" || time.Now().After(end) {
				t.Fatalf("%s shows enterprises of a base that is no more there: %s", path, s.errs)
			}
		}
	}
	if !strings.Contains(s.errs.String(), "replaced or moved away") {
		t.Errorf("the server does not say why: %s", s.errs)
	}
}

// status fetches a page as it is.
func (s *served) status(t *testing.T, path string) (int, string) {
	t.Helper()
	res, err := http.Get(s.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}
