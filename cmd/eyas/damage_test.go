package main

import (
	"bytes"
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eyas/internal/store"
)

const pageSize = 4096

// harm damages one page of a file.
func harm(file []byte, kind string, r *rand.Rand) (page int) {
	pages := len(file) / pageSize
	page = r.IntN(pages)
	b := file[page*pageSize : (page+1)*pageSize]
	switch kind {
	case "zeroed":
		clear(b)
	case "random":
		for i := range b {
			b[i] = byte(r.Uint32())
		}
	case "bit":
		b[r.IntN(pageSize)] ^= 1 << r.IntN(8)
	case "swapped":
		other := file[r.IntN(pages)*pageSize:][:pageSize]
		was := bytes.Clone(b)
		copy(b, other)
		copy(other, was)
	case "stale": // as it was before something was written, or another page's content
		copy(b, file[r.IntN(pages)*pageSize:][:pageSize])
	}
	return page
}

// outcome runs a command and gives its exit code and what it printed.
func outcome(args ...string) (int, string) {
	var out, errs bytes.Buffer
	code := run(context.Background(), append(args, "--lang", "en"), &out, &errs)
	return code, out.String()
}

// TestDamagedPages damages one page of a base, a random one in a random way, and holds what every reader says against
// what was said of the whole base: no wrong figure may come out without an error. Whatever SQLite finds broken, eyas
// check finds; and when it says that the base is sound, nothing reads differently.
func TestDamagedPages(t *testing.T) {
	trials, seed := 8, uint64(20261129)
	if soak {
		trials, seed = 100, rand.Uint64()
	}
	t.Logf("seed %d", seed)
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.db")
	command(t, 0, "demo", "--db", whole, "--rows", "200", "--year", "2020")
	base, err := sql.Open("sqlite", whole)
	if err != nil {
		t.Fatal(err)
	}
	var code string
	if err := base.QueryRow(`SELECT code FROM profile WHERE code <> '' AND gone = 0 ORDER BY subject_id LIMIT 1 OFFSET 30`).Scan(&code); err != nil {
		t.Fatal(err)
	}
	base.Close()
	file, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	more := filepath.Join(dir, "more.csv")
	if err := os.WriteFile(more, []byte("企业名称,从业人数\n天津新来的科技有限公司,7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	path, csv := filepath.Join(dir, "trial.db"), filepath.Join(dir, "out.csv")
	put := func(b []byte) {
		t.Helper()
		for _, end := range []string{"-wal", "-shm", ".columns", ".damaged"} {
			os.Remove(path + end)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	readers := map[string]func() (int, string){
		"screen": func() (int, string) {
			os.Remove(csv)
			code, _ := outcome("screen", "--db", path, "--rule", "tsme", "--date", "2021-03-31", "--out", csv)
			b, _ := os.ReadFile(csv)
			return code, string(b)
		},
		"profile": func() (int, string) { return outcome("profile", code, "--db", path, "--json") },
		"imports": func() (int, string) { return outcome("imports", "--db", path, "--json") },
	}
	want := map[string]string{}
	put(file)
	for name, read := range readers {
		code, out := read()
		if code != 0 {
			t.Fatalf("%s of the whole base: %d", name, code)
		}
		want[name] = out
	}
	table := map[string]*[6]int{}
	kinds := []string{"zeroed", "random", "bit", "swapped", "stale"}
	for _, k := range kinds {
		table[k] = new([6]int)
	}
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range trials {
		kind := kinds[i%len(kinds)]
		bad := bytes.Clone(file)
		page := harm(bad, kind, r)
		if bytes.Equal(bad, file) {
			continue
		}
		row := table[kind]
		row[0]++
		differ, silent := false, false
		for name, read := range readers {
			put(bad)
			code, out := read()
			if code == 0 && out != want[name] {
				silent = true
				t.Errorf("trial %d, page %d of %d %s: %s says something else without an error", i, page+1, len(file)/pageSize, kind, name)
			}
			differ = differ || code != 0
		}
		put(bad)
		broken := integrity(path) != "ok"
		put(bad)
		checked, said := outcome("check", "--db", path, "--json")
		if checked == 0 && (broken || differ) {
			t.Errorf("trial %d, page %d %s: eyas check finds nothing: %s; integrity_check: %s", i, page+1, kind, said, integrity(path))
		}
		put(bad)
		quick := quickly(path)
		put(bad)
		imported, _ := outcome("import", more, "--db", path, "--year", "2020")
		if quick && imported == 0 {
			t.Errorf("trial %d, page %d %s: written into a base known to be damaged", i, page+1, kind)
		}
		for n, yes := range []bool{broken, checked != 0, quick, imported != 0, silent} {
			if yes {
				row[n+1]++
			}
		}
	}
	t.Logf("%-8s %6s %10s %11s %11s %14s %12s", "kind", "trials", "structure", "eyas check", "quick check", "import refused", "silent wrong")
	for _, k := range kinds {
		n := table[k]
		t.Logf("%-8s %6d %10d %11d %11d %14d %12d", k, n[0], n[1], n[2], n[3], n[4], n[5])
	}
}

// integrity is what SQLite says of a file.
func integrity(path string) string {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err.Error()
	}
	defer db.Close()
	var says string
	if err := db.QueryRow(`PRAGMA integrity_check(1)`).Scan(&says); err != nil {
		return err.Error()
	}
	return says
}

// quickly reports whether opening a base or the quick check finds that it is damaged.
func quickly(path string) bool {
	db, err := store.Open(context.Background(), path)
	if err != nil {
		return true
	}
	defer db.Close()
	return db.Quick(context.Background()) != nil
}

// A damaged base is refused by the server that would show it, and the sentence says what to do.
func TestServeADamagedBase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "base.db")
	command(t, 0, "demo", "--db", path, "--rows", "100", "--year", "2020")
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for page := 20; page < 60; page += 2 {
		clear(file[page*pageSize : (page+1)*pageSize])
	}
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"serve", "--addr", "127.0.0.1:0"}, {"check"}, {"backup", filepath.Join(t.TempDir(), "b.zip")}} {
		if out := command(t, 1, append(args, "--db", path, "--lang", "en")...); !strings.Contains(out, "damaged") {
			t.Errorf("%v: %s", args, out)
		}
	}
}
