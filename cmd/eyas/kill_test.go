package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"eyas/internal/store/basetest"
)

// Of several files of one import none stays when the process is killed, whenever that is, and nobody sees one without the
// others meanwhile.
func TestKilledBetweenFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in short runs: it starts a process for each kill")
	}
	dir := t.TempDir()
	args := []string{"import"}
	for i, rows := range []int{50, 3_000, 50} {
		var b bytes.Buffer
		b.WriteString("统一社会信用代码,企业名称,2020年职工总数\n")
		for n := range rows {
			fmt.Fprintf(&b, "91120116MA%d%06dX,第%d批企业%d,5\n", i, n, i, n)
		}
		path := filepath.Join(dir, fmt.Sprint(i, ".csv"))
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	kills := 2
	if soak {
		kills = 60
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for name, bases := range map[string]func(t *testing.T, i int) (url, driver, dsn string){
		"sqlite": func(t *testing.T, i int) (string, string, string) {
			path := filepath.Join(dir, fmt.Sprintf("base%d.db", i))
			return path, "sqlite", "file:" + path + "?_pragma=busy_timeout(30000)"
		},
		"postgres": func(t *testing.T, i int) (string, string, string) {
			url := basetest.Server(t)
			return url, "pgx", url
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range kills {
				url, driver, dsn := bases(t, i)
				command(t, 0, "imports", "--db", url) // makes it
				db, err := sql.Open(driver, dsn)
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				count := func() (n int) {
					if err := db.QueryRow(`SELECT COUNT(*) FROM import`).Scan(&n); err != nil {
						t.Fatal(err)
					}
					return n
				}
				ctx, kill := context.WithCancel(t.Context())
				cmd := exec.CommandContext(ctx, "process", append(args, "--db", url)...)
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				ended := make(chan struct{})
				go func() { cmd.Wait(); close(ended) }()
				// The last round goes on to its end.
				for looks, last := 0, 20+random.IntN(200); ; looks++ {
					n := count()
					if n != 0 && n != 3 {
						t.Fatalf("%d of 3 files are in the base", n)
					}
					if looks == last && i < kills-1 {
						kill()
					}
					select {
					case <-ended:
					case <-time.After(time.Millisecond):
						continue
					}
					break
				}
				kill()
				if n := count(); n != 0 && n != 3 {
					t.Fatalf("%d of 3 files are in the base after the process ended", n)
				} else if i == kills-1 && n != 3 {
					t.Errorf("%d of 3 files are in the base after all were imported", n)
				}
				command(t, 0, "verify", "--db", url)
			}
		})
	}
}
