package store_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/profile"
	"eyas/internal/registry/sight"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/internal/store/pgtest"
	"eyas/packs"
)

// writerBase names the base into which a process of TestSoakWriters writes, until its input is closed.
const writerBase = "EYAS_TEST_STORE_WRITER"

// seeded is how many subjects there are before anybody writes.
const seeded = 12

// Processes that write side by side lose nothing, enter no firm twice, hand out no number twice, and are told of no lock;
// a follower that asks what changed misses nothing; a process that is killed does no harm; and the log proves all of it.
func TestSoakWriters(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { soakWriters(t, basetest.Path(t)) })
	t.Run("Postgres", func(t *testing.T) { soakWriters(t, basetest.Server(t)) })
}

func soakWriters(t *testing.T, dsn string) {
	long := 4 * time.Second
	if os.Getenv("EYAS_SOAK") != "" {
		long = 2 * time.Minute
	}
	const enough, enoughFirms = 20, 5 // entries, and firms that they are about: a busy machine takes its time
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, dsn)
	g := registry.New(p, db, time.Now)
	for i := range seeded {
		if _, _, err := g.Enter(t.Context(), intake.Entry{Register: "enterprise", Values: map[string]string{"name": fmt.Sprintf("天津在先第%d公司", i)}}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), long+time.Minute)
	defer stop()
	past, passed := context.WithTimeout(ctx, long)
	defer passed()
	var mu sync.Mutex
	var said []string
	entered, about := 0, map[string]bool{}
	take := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		if said = append(said, line); strings.HasPrefix(line, "entered\t") {
			entered++
			about[strings.Split(line, "\t")[2]] = true
		}
	}
	done := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return past.Err() != nil && entered >= enough && len(about) >= enoughFirms
	}
	var all sync.WaitGroup
	for n := range 2 {
		all.Go(func() { writer(t, ctx, dsn, n, take) })
	}
	all.Go(func() { // one after another is killed
		for n := 2; ctx.Err() == nil; n++ {
			short, cancel := context.WithTimeout(ctx, 500*time.Millisecond+rand.N(time.Second))
			victimOf(t, short, dsn, n, take)
			cancel()
		}
	})
	f := follower{seen: map[int64]fact.ProfileRow{}}
	for ctx.Err() == nil && !done() {
		f.look(t, db)
	}
	stop()
	all.Wait()
	f.look(t, db)
	f.compare(t, db)

	imports, firms, counts := map[string]bool{}, map[string]string{}, map[string]int{}
	for _, line := range said {
		part := strings.Split(line, "\t")
		counts[part[0]]++
		switch part[0] {
		case "error":
			t.Errorf("a writer was told: %s", line)
		case "entered":
			if imports[part[1]] {
				t.Errorf("import %s was handed out twice", part[1])
			}
			imports[part[1]] = true
			if known := firms[part[2]]; part[2] != "" && known != "" && known != part[3] {
				t.Errorf("%s is subject %s, and %s", part[2], known, part[3])
			}
			firms[part[2]] = part[3]
		}
	}
	t.Logf("%v, %d firms", counts, len(firms))
	if counts["entered"] < enough || len(firms) < enoughFirms {
		t.Errorf("little was written: %v", counts)
	}
	b := newTrusted(t, dsn)
	for id := range imports {
		var n int
		if err := b.raw.QueryRow(`SELECT COUNT(*) FROM import i JOIN record r ON r.import_id = i.id JOIN link l ON l.record_id = r.id WHERE i.id = ` + id).Scan(&n); err != nil || n != 1 {
			t.Fatalf("import %s, which was acknowledged, has %d records: %v", id, n, err)
		}
	}
	var twice int
	if err := b.raw.QueryRow(`SELECT COUNT(*) FROM (SELECT name_key FROM profile WHERE gone = 0 AND name_key <> '' GROUP BY register, name_key HAVING COUNT(*) > 1) d`).Scan(&twice); err != nil || twice != 0 {
		t.Errorf("%d firms are there twice: %v", twice, err)
	}
	if err := b.db.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.db.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v, said := b.verify(nil); len(said) > 0 || v.Unsealed != 0 || v.Head.Size != v.Last.Seq {
		t.Errorf("%d unsealed, %q", v.Unsealed, said[:min(5, len(said))])
	}
}

// follower keeps profiles by what it is told has changed.
type follower struct {
	seen  map[int64]fact.ProfileRow
	after int64
}

func (f *follower) look(t *testing.T, db *store.DB) {
	t.Helper()
	err := db.Profiles().Read(t.Context(), func(r profile.Reader) error {
		now, err := r.Counter(t.Context(), fact.LastChange)
		if err != nil || now == f.after {
			return err
		}
		ids, err := r.Changed(t.Context(), "enterprise", f.after)
		if err != nil {
			return err
		}
		rows, err := r.Profiles(t.Context(), ids)
		for _, p := range rows {
			p.Facts = bytes.Clone(p.Facts)
			f.seen[p.Subject] = p
		}
		f.after = now
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (f *follower) compare(t *testing.T, db *store.DB) {
	t.Helper()
	n := 0
	err := db.Profiles().Read(t.Context(), func(r profile.Reader) error {
		return r.EachProfile(t.Context(), "enterprise", func(p *fact.ProfileRow) error {
			n++
			if old := f.seen[p.Subject]; !bytes.Equal(old.Facts, p.Facts) || old.Name != p.Name || old.Gone != p.Gone || old.Change != p.Change {
				t.Errorf("the follower missed change %d of subject %d: it has %d", p.Change, p.Subject, old.Change)
			}
			return nil
		})
	})
	if err != nil || n < seeded {
		t.Errorf("%d profiles, %v", n, err)
	}
}

// writer starts a process that writes until ctx ends, and takes what it says.
func writer(t *testing.T, ctx context.Context, dsn string, n int, take func(string)) {
	cmd, in, out := startWriter(t, dsn, n)
	context.AfterFunc(ctx, func() { in.Close() })
	for scan := bufio.NewScanner(out); scan.Scan(); {
		take(scan.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("writer %d: %v", n, err)
	}
}

// victimOf is writer for a process that is killed when ctx ends. What it said before counts.
func victimOf(t *testing.T, ctx context.Context, dsn string, n int, take func(string)) {
	cmd, in, out := startWriter(t, dsn, n)
	defer in.Close()
	context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	for r := bufio.NewReader(out); ; {
		line, err := r.ReadString('\n')
		if err != nil { // half a line was not said
			break
		}
		take(strings.TrimSpace(line))
	}
	cmd.Wait()
}

func startWriter(t *testing.T, dsn string, n int) (*exec.Cmd, io.Closer, io.Reader) {
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), writerBase+"="+dsn, fmt.Sprintf("EYAS_TEST_STORE_WRITER_N=%d", n), "TMPDIR="+t.TempDir()), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, in, out
}

// writing is the process of writer.
func writing(dsn string) int {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		os.Stdin.Read(make([]byte, 1)) // until it is closed
		cancel()
	}()
	p, err := packs.Default()
	if err != nil {
		panic(err)
	}
	db, err := store.Open(ctx, dsn)
	if err != nil {
		panic(err)
	}
	defer db.Close()
	g := registry.New(p, db, time.Now)
	n := os.Getenv("EYAS_TEST_STORE_WRITER_N")
	var mu sync.Mutex
	say := func(format string, args ...any) { mu.Lock(); fmt.Printf(format+"\n", args...); mu.Unlock() }
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				err := oneWrite(ctx, g, db, fmt.Sprintf("%s.%d.%d", n, w, i), i, say)
				if err != nil && ctx.Err() == nil {
					say("error\t%v", err)
				}
			}
		})
	}
	all.Wait()
	return 0
}

func oneWrite(ctx context.Context, g *registry.Registry, db *store.DB, mark string, i int, say func(string, ...any)) error {
	enter := func(ctx context.Context, e intake.Entry, name string) error {
		e.Register = "enterprise"
		id, subject, err := g.Enter(ctx, e)
		if err == nil {
			defer say("entered\t%d\t%s\t%d", id, name, subject)
		}
		return err
	}
	value := map[string]string{"staff@2020": fmt.Sprint(1 + rand.N(100_000))}
	subject := 1 + rand.Int64N(seeded)
	switch r := rand.N(100); {
	case r < 55:
		return enter(ctx, intake.Entry{Subject: subject, Values: value}, "")
	case r < 80: // the same firms at about the same time as others
		firm := time.Now().UnixMilli() / 200 % 100_000
		name := fmt.Sprintf("天津新来第%d公司", firm)
		value["name"] = name
		if rand.N(2) == 0 {
			value["uscc"] = credit(int(firm))
		}
		return enter(ctx, intake.Entry{Values: value}, name)
	case r < 90: // upon what was seen
		var change int64
		err := db.Profiles().Read(ctx, func(r profile.Reader) error {
			rows, err := r.Profiles(ctx, []int64{subject})
			if err == nil && len(rows) == 1 {
				change = rows[0].Change
			}
			return err
		})
		if err != nil {
			return err
		}
		var id int64
		err = g.Upon(ctx, sight.Seen{sight.SawSubject(subject): fmt.Sprint(change)}, func(ctx context.Context) (err error) {
			id, _, err = g.Enter(ctx, intake.Entry{Register: "enterprise", Subject: subject, Values: value})
			return err
		})
		var stale *sight.Stale
		if errors.As(err, &stale) && fault.Of(err) == fault.Conflict {
			say("stale")
			return nil
		}
		if err == nil {
			say("entered\t%d\t\t%d", id, subject)
		}
		return err
	case r < 97: // alone
		say("remembered")
		return g.Remember(ctx, "enterprise", map[string]string{"列" + mark: "staff"})
	default:
		path := filepath.Join(os.TempDir(), mark+".csv")
		rows := 20
		if i%7 == 0 {
			rows = 1500 // a batch
		}
		var b strings.Builder
		b.WriteString("企业名称,2019年销售收入（元）\n")
		for k := range rows {
			fmt.Fprintf(&b, "天津导入%s第%d公司,%d\n", mark, k, k+1)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			return err
		}
		defer os.Remove(path)
		_, _, err := g.Import(ctx, layout.Source{Name: mark + ".csv", Path: path}, layout.Options{Register: "enterprise"}, nil)
		if err == nil {
			say("imported\t%d", rows)
		}
		return err
	}
}

// BenchmarkEnterBeside enters values of many firms from several goroutines on PostgreSQL: beside one another, and each
// alone.
func BenchmarkEnterBeside(b *testing.B) {
	p, err := packs.Default()
	if err != nil {
		b.Fatal(err)
	}
	for _, alone := range []bool{false, true} {
		b.Run(map[bool]string{false: "Beside", true: "Alone"}[alone], func(b *testing.B) {
			db, err := store.Open(b.Context(), pgtest.URL(b))
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			g := registry.New(p, db, time.Now)
			const firms = 200
			for i := range firms {
				if _, _, err := g.Enter(b.Context(), intake.Entry{Register: "enterprise", Values: map[string]string{"name": fmt.Sprintf("天津在先第%d公司", i)}}); err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			b.SetParallelism(4)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					enter := func(ctx context.Context) error {
						_, _, err := g.Enter(ctx, intake.Entry{Register: "enterprise", Subject: 1 + rand.Int64N(firms), Values: map[string]string{"staff@2020": "7"}})
						return err
					}
					var err error
					if alone {
						err = db.Together(b.Context(), enter)
					} else {
						err = enter(b.Context())
					}
					if err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
