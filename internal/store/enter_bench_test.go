package store_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"eyas/internal/registry"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
	"eyas/internal/store/pgtest"
	"eyas/packs"
)

// enterBase names the base into which a process that BenchmarkEnterWhileImporting starts enters values.
const enterBase = "EYAS_BENCH_ENTER_BASE"

// BenchmarkEnterWhileImporting enters values, twenty a second, while EYAS_BENCH_ROWS rows (100,000 by default) come in:
// in the process that imports, in another one, and on PostgreSQL. n is how many were entered, rate how many a second;
// p50-ms, p99-ms and max-ms are how long one took.
func BenchmarkEnterWhileImporting(b *testing.B) {
	rows := 100_000
	if n, err := strconv.Atoi(os.Getenv("EYAS_BENCH_ROWS")); err == nil && n > 0 {
		rows = n
	}
	file := filepath.Join(b.TempDir(), "2020年报.csv")
	writeWide(b, file, rows)
	for _, c := range []struct {
		name  string
		open  func(b *testing.B) string
		enter func(ctx context.Context, b *testing.B, dsn string) []time.Duration
	}{
		{"SQLite", func(b *testing.B) string { return filepath.Join(b.TempDir(), "base.db") }, nil},
		{"AnotherProcess", func(b *testing.B) string { return filepath.Join(b.TempDir(), "base.db") }, enterElsewhere},
		{"Postgres", func(b *testing.B) string { return pgtest.URL(b) }, nil},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				enterWhileImporting(b, c.open(b), file, rows, c.enter)
			}
		})
	}
}

func enterWhileImporting(b *testing.B, dsn, file string, rows int, elsewhere func(context.Context, *testing.B, string) []time.Duration) {
	p, err := packs.Default()
	if err != nil {
		b.Fatal(err)
	}
	db, err := store.Open(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	g := registry.New(p, db, time.Now)
	if _, _, err := g.Enter(b.Context(), intake.Entry{Register: "enterprise", Values: map[string]string{"name": "在先"}}); err != nil {
		b.Fatal(err)
	}
	ctx, done := context.WithCancel(b.Context())
	took := make(chan []time.Duration, 1)
	go func() {
		if elsewhere != nil {
			took <- elsewhere(ctx, b, dsn)
			return
		}
		list, err := enterOften(ctx, g)
		if err != nil {
			b.Error(err)
		}
		took <- list
	}()
	start := time.Now()
	report, _, err := g.Import(b.Context(), layout.Source{Name: "2020年报.csv", Path: file}, layout.Options{Register: "enterprise"}, nil)
	imported := time.Since(start)
	done()
	list := <-took
	if err != nil || report.Accepted != rows || len(list) == 0 {
		b.Fatalf("%+v, %v, %d entered", report, err, len(list))
	}
	slices.Sort(list)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(imported.Seconds(), "s-import")
	b.ReportMetric(float64(len(list)), "n")
	b.ReportMetric(float64(len(list))/imported.Seconds(), "rate")
	b.ReportMetric(ms(list[len(list)/2]), "p50-ms")
	b.ReportMetric(ms(list[len(list)*99/100]), "p99-ms")
	b.ReportMetric(ms(list[len(list)-1]), "max-ms")
}

// enterOften enters a value twenty times a second until ctx ends, whether or not those before are in, and gives how long
// each took from the moment at which it was due.
func enterOften(ctx context.Context, g *registry.Registry) ([]time.Duration, error) {
	const every = time.Second / 20
	var (
		mu     sync.Mutex
		took   []time.Duration
		failed error
		all    sync.WaitGroup
	)
	began := time.Now()
	for i := 0; ; i++ {
		due := began.Add(time.Duration(i) * every)
		select {
		case <-ctx.Done():
			all.Wait()
			return took, failed
		case <-time.After(time.Until(due)):
		}
		all.Go(func() {
			_, _, err := g.Enter(ctx, intake.Entry{Register: "enterprise", Values: map[string]string{"name": fmt.Sprintf("手工%d", i), "staff@2020": "7"}})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				took = append(took, time.Since(due))
			case ctx.Err() == nil:
				failed = err
			}
		})
	}
}

// enterElsewhere is enterOften in a process of its own, which ends when its input does.
func enterElsewhere(ctx context.Context, b *testing.B, dsn string) []time.Duration {
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), enterBase+"="+dsn), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Error(err)
		return nil
	}
	context.AfterFunc(ctx, func() { in.Close() })
	out, err := cmd.Output()
	if err != nil {
		b.Error(err)
	}
	var list []time.Duration
	for _, s := range strings.Fields(string(out)) {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			b.Error(err)
		}
		list = append(list, time.Duration(n))
	}
	return list
}

// enterer is the process of enterElsewhere.
func enterer() int {
	p, err := packs.Default()
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		os.Stdin.Read(make([]byte, 1)) // until it is closed
		cancel()
	}()
	db, err := store.Open(ctx, os.Getenv(enterBase))
	if err != nil {
		panic(err)
	}
	list, err := enterOften(ctx, registry.New(p, db, time.Now))
	if err != nil {
		panic(err)
	}
	for _, d := range list {
		fmt.Println(int64(d))
	}
	return 0
}
