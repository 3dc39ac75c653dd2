package quality_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"eyas/internal/demo"
	"eyas/internal/quality"
	"eyas/internal/quality/judge"
	"eyas/internal/registry"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
)

// BenchmarkRegister judges demonstration cities of 10,000 and 100,000 enterprises, and of EYAS_BENCH_ROWS if that is
// more, by all listed rules. us/subject is the time per subject. x-first is that time relative to the smallest city: 1
// means that the time grows only with the size. One file is imported again from another source, so every enterprise in
// it is disputed and its records are read.
func BenchmarkRegister(b *testing.B) {
	sizes := []int{10_000, 100_000}
	if n, err := strconv.Atoi(os.Getenv("EYAS_BENCH_ROWS")); err == nil && n > sizes[1] {
		sizes = append(sizes, n)
	}
	first := map[string]float64{}
	for _, rows := range sizes {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			g := city(b, rows)
			p := tianjin(b)
			for _, rules := range []struct {
				name string
				ids  []string
			}{{"profiles", []string{"unit_slip", "counts_negative", "rd_above_sales", "jump", "peers"}}, {"all", nil}} {
				b.Run(rules.name, func(b *testing.B) {
					subjects := 0
					for b.Loop() {
						done, err := quality.Run(b.Context(), p, g, judge.Options{Date: day, Rules: rules.ids}, "")
						if err != nil {
							b.Fatal(err)
						}
						subjects = done.Subjects
					}
					each := b.Elapsed().Seconds() / float64(b.N) / float64(subjects) * 1e6
					if first[rules.name] == 0 {
						first[rules.name] = each
					}
					b.ReportMetric(each, "us/subject")
					b.ReportMetric(each/first[rules.name], "x-first")
				})
			}
		})
	}
}

// city returns a base of a demonstration city whose statement came from two sources.
func city(b *testing.B, rows int) *registry.Registry {
	b.Helper()
	p := tianjin(b)
	dir := b.TempDir()
	db, err := store.Open(b.Context(), filepath.Join(dir, "base.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	g := registry.New(p, db, time.Now)
	paths, err := demo.Write(demo.Options{Rows: rows, Seed: 1, Until: 2021, Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range []struct {
		path   int
		source string
	}{{0, "market"}, {1, "annual"}, {2, "bureau"}, {1, "tax"}} {
		src := layout.Source{Name: filepath.Base(paths[f.path]), Path: paths[f.path]}
		if _, _, err := g.Import(b.Context(), src, layout.Options{Register: "enterprise", Source: f.source}, nil); err != nil {
			b.Fatal(err)
		}
	}
	return g
}
