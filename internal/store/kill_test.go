package store_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"eyas/internal/file"
	"eyas/internal/job"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/internal/store/pgtest"
	"eyas/internal/vault"
)

// Environment of a process that works until it is killed.
const (
	victimBase = "EYAS_TEST_STORE_VICTIM"
	victimWork = "EYAS_TEST_STORE_VICTIM_WORK" // put, job, or rotate
)

// shortSilence lets tests not wait for long until a process is taken for dead.
const shortSilence = 200 * time.Millisecond

func TestMain(m *testing.M) {
	if os.Getenv(enterBase) != "" {
		os.Exit(enterer())
	}
	if base := os.Getenv(writerBase); base != "" {
		os.Exit(writing(base))
	}
	if base := os.Getenv(victimBase); base != "" {
		if err := victim(base, os.Getenv(victimWork)); err != nil {
			panic(err)
		}
		return
	}
	pgtest.Main(m)
}

// victim does its work and says a line at every step.
func victim(base, work string) error {
	ctx := context.Background()
	db, err := store.Open(ctx, base, store.Keys(os.Getenv(victimKeys), ""))
	if err != nil {
		return err
	}
	if work == "rotate" {
		return rotating(ctx, db)
	}
	if work == "job" {
		r := runner(db, func() error { fmt.Println("begun"); select {} })
		defer r.Close(ctx)
		select {}
	}
	files, err := filesOf(db, filepath.Join(os.TempDir(), "victim-copies"))
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		if _, err := files.Put(ctx, &steps{r: bytes.NewReader(content(n))}, file.Link{Name: strconv.Itoa(n), Scope: file.Scope{Kind: "case", ID: "1"}, Actor: "local"}); err != nil {
			return err
		}
		fmt.Println("kept", n)
	}
}

// content is about 2.5 MB that do not pack.
func content(n int) []byte {
	b := make([]byte, 2_500_000)
	r := rand.NewChaCha8([32]byte{byte(n)})
	r.Read(b)
	return b
}

// steps says a line now and then.
type steps struct {
	r io.Reader
	n int
}

func (s *steps) Read(p []byte) (int, error) {
	n, err := s.r.Read(p[:min(len(p), 1<<18)])
	if s.n += n; n > 0 {
		fmt.Println("step", s.n)
	}
	return n, err
}

func filesOf(db *store.DB, copies string) (*file.Store, error) {
	return file.Open(file.Config{Vault: db.Vault(), Storage: db, Copies: copies, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
}

// runner is a process that runs jobs of one kind, which writes.
func runner(db *store.DB, work func() error) *job.Runner {
	r := job.Open(job.Config{Storage: db, Clock: time.Now, Log: slog.New(slog.DiscardHandler), Every: 10 * time.Millisecond, Silence: shortSilence})
	r.Register(job.Kind{Name: "work", Write: true, Safe: true, Run: func(context.Context, json.RawMessage, func(job.Progress)) (any, error) {
		return "ended", work()
	}})
	return r
}

// killed starts a victim and kills it after some lines of those that begin with a word; it gives all lines.
func killed(t *testing.T, base, work, word string, after int) (lines []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimBase+"="+base, victimWork+"="+work, "TMPDIR="+t.TempDir())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	scan := bufio.NewScanner(out)
	for scan.Scan() {
		lines = append(lines, scan.Text())
		if strings.HasPrefix(scan.Text(), word) {
			if after--; after < 0 {
				cmd.Process.Kill()
			}
		}
	}
	if err := scan.Err(); err != nil {
		t.Error(err)
	}
	cmd.Wait() // it was killed
	return lines
}

// kills is how often; the long form is a part of the soak.
func kills(short int) int {
	if os.Getenv("EYAS_SOAK") != "" {
		return 10 * short
	}
	return short
}

// bothBases runs a test on an SQLite file and on PostgreSQL.
func bothBases(t *testing.T, test func(t *testing.T, dsn string)) {
	if testing.Short() {
		t.Skip("skipped in short runs: it starts processes")
	}
	t.Run("SQLite", func(t *testing.T) { test(t, basetest.Path(t)) })
	t.Run("Postgres", func(t *testing.T) { test(t, basetest.Server(t)) })
}

// A process that is killed while it puts files leaves those whole that it said were kept, and nothing of another; what
// it had stored of that one is swept.
func TestKilledWhilePutting(t *testing.T) {
	bothBases(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		kept := map[string]bool{}
		for range kills(4) {
			for _, line := range killed(t, dsn, "put", "step", random.IntN(25)) {
				if n, ok := strings.CutPrefix(line, "kept "); ok {
					kept[n] = true
				}
			}
		}
		files, err := filesOf(db, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		links, err := files.Links(t.Context(), file.Scope{Kind: "case", ID: "1"})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, l := range links {
			seen[l.Name] = true
			path, err := files.Local(t.Context(), l.SHA256)
			if err != nil {
				t.Fatal(err)
			}
			n, _ := strconv.Atoi(l.Name)
			if b, err := vault.ReadFile(path, files); err != nil || !bytes.Equal(b, content(n)) {
				t.Errorf("file %s comes back with %d bytes: %v", l.Name, len(b), err)
			}
		}
		for n := range kept {
			if !seen[n] {
				t.Errorf("file %s was acknowledged and is lost", n)
			}
		}
		later, err := file.Open(file.Config{Vault: db.Vault(), Storage: db, Copies: t.TempDir(), Clock: func() time.Time { return time.Now().Add(48 * time.Hour) }})
		if err != nil {
			t.Fatal(err)
		}
		if err := later.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		err = db.ReadFiles(t.Context(), func(r file.Reader) error {
			loose, err := r.Loose(t.Context(), time.Now().Add(time.Hour), 100)
			if len(loose) > 0 {
				t.Errorf("%d bodies are left", len(loose))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := files.Check(t.Context(), func(b file.Body, err error) { t.Errorf("%s: %v", b.SHA256, err) }); n != len(seen) || err != nil {
			t.Errorf("%d files for %d names: %v", n, len(seen), err)
		}
		if _, err := db.VerifyAudit(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A job whose process is killed is run again by the next, whichever that is; so are those behind it.
func TestKilledWhileWorking(t *testing.T) {
	bothBases(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		for range kills(2) {
			starter := job.Open(job.Config{Storage: db, Clock: time.Now, Log: slog.New(slog.DiscardHandler), Every: -1, Silence: shortSilence})
			starter.Register(job.Kind{Name: "work", Write: true, Safe: true})
			var ids []string
			err := db.Together(t.Context(), func(ctx context.Context) error { // so that the starter does not run them
				for range 3 {
					id, _, err := starter.Enqueue(ctx, job.Spec{Kind: "work"})
					if err != nil {
						return err
					}
					ids = append(ids, id)
				}
				starter.Register(job.Kind{Name: "none"})
				return starter.Close(context.Background())
			})
			if err != nil {
				t.Fatal(err)
			}
			killed(t, dsn, "job", "begun", 0)
			ran := 0
			next := runner(db, func() error { ran++; return nil })
			for i, id := range ids {
				s, ok := next.Wait(t.Context(), id)
				want := 1
				if i == 0 {
					want = 2
				}
				if !ok || s.State != job.Done || s.Attempt != want {
					t.Errorf("job %d: %+v", i, s)
				}
			}
			if err := next.Close(context.Background()); err != nil || ran != 3 {
				t.Errorf("%d jobs ran again: %v", ran, err)
			}
		}
	})
}
