package store_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	"eyas/internal/rule/list"
	"eyas/internal/store"
	"eyas/packs"
)

// BenchmarkDerive measures what reads every record or every profile of a base, in subjects a second: deriving all
// profiles again, the base as known on a day, and the columns built anew. The base has EYAS_BENCH_ROWS enterprises
// (100,000 by default) with two records each, of which one is of an import that was undone. EYAS_BENCH_BASE names a
// file in which the base is kept for the next run.
func BenchmarkDerive(b *testing.B) {
	rows := 100_000
	if n, err := strconv.Atoi(os.Getenv("EYAS_BENCH_ROWS")); err == nil && n > 0 {
		rows = n
	}
	p, err := packs.Default()
	if err != nil {
		b.Fatal(err)
	}
	ctx := b.Context()
	path := os.Getenv("EYAS_BENCH_BASE")
	if path == "" {
		path = filepath.Join(b.TempDir(), "base.db")
	}
	_, err = os.Stat(path)
	made := err == nil
	db, err := store.Open(ctx, path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	g := registry.New(p, db, time.Now)
	if !made {
		file := filepath.Join(b.TempDir(), "2020年报.csv")
		writeWide(b, file, rows)
		opt := layout.Options{Register: "enterprise"}
		if _, _, err := g.Import(ctx, layout.Source{Name: "2020年报.csv", Path: file}, opt, nil); err != nil {
			b.Fatal(err)
		}
		opt.Map = map[string]string{"经营范围": "-"}
		_, id, err := g.Import(ctx, layout.Source{Name: "2020年报.csv", Path: file}, opt, nil)
		if err != nil {
			b.Fatal(err)
		}
		if err := g.Undo(ctx, id, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("rederive", func(b *testing.B) {
		for b.Loop() {
			if changed, err := g.Rederive(ctx, nil); err != nil || changed != 0 {
				b.Fatalf("deriving again changes %d profiles, %v", changed, err)
			}
		}
		b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "subjects/s")
	})
	b.Run("as-known", func(b *testing.B) {
		for b.Loop() {
			n := 0
			m := fact.Moment{KnownOn: time.Now().AddDate(0, 0, 2)}
			if err := g.EachAt(ctx, "enterprise", m, func(*fact.Profile) error { n++; return nil }); err != nil || n != rows {
				b.Fatalf("%d are known, %v", n, err)
			}
		}
		b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "subjects/s")
	})
	b.Run("columns", func(b *testing.B) {
		for b.Loop() {
			base := list.NewBase(list.Config{Pack: p, Register: p.Registers[0], Source: g})
			if err := base.Refresh(ctx); err != nil {
				b.Fatal(err)
			}
			if t, err := base.Current(b.Context()); err != nil || t.N != rows {
				b.Fatalf("%d rows, %v", t.N, err)
			}
		}
		b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "subjects/s")
	})
}
