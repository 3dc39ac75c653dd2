package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"eyas/internal/demo"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
	"eyas/packs"
)

// BenchmarkMentions imports 50,000 rows that each name a carrier twice: with what they name kept, and with the same
// columns set aside. x-named is the ratio.
func BenchmarkMentions(b *testing.B) {
	const rows = 50_000
	p, err := packs.Default()
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	file := filepath.Join(dir, "在孵企业.csv")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "企业名称,注册地址,2020年销售收入（元）,2020年职工总数,入驻载体,入驻载体编号,入驻日期")
	for i := range rows {
		fmt.Fprintf(w, "天津第%d科技有限公司,示例路%d号,%d,%d,第%d孵化器,ZT-%d,2020-01-02\n", i, i, i*100, i%200, i%300, i%300)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	f.Close()
	take := func(aside map[string]string) time.Duration {
		base := filepath.Join(dir, "base.db")
		db, err := store.Open(b.Context(), base)
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		report, _, err := registry.New(p, db, time.Now).Import(b.Context(), layout.Source{Name: "在孵企业.csv", Path: file}, layout.Options{Register: "enterprise", Map: aside}, nil)
		took := time.Since(start)
		if err != nil || report.Accepted != rows {
			b.Fatalf("%+v, %v", report, err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		removeBase(b, base)
		return took
	}
	for b.Loop() {
		aside := take(map[string]string{"入驻载体": "-", "入驻载体编号": "-", "入驻日期": "-"})
		named := take(nil)
		b.ReportMetric(named.Seconds()/aside.Seconds(), "x-named")
		b.ReportMetric(named.Seconds(), "s-named")
	}
}

// stopwatch adds up what the files of a city take, the three of all enterprises and the small ones apart.
type stopwatch struct {
	*registry.Registry
	large, small time.Duration
}

func (s *stopwatch) Import(ctx context.Context, src layout.Source, opt layout.Options, progress func(derive.Progress)) (*intake.FileReport, int64, error) {
	start := time.Now()
	report, id, err := s.Registry.Import(ctx, src, opt, progress)
	if err == nil && report.Rows > 1000 {
		s.large += time.Since(start)
	} else {
		s.small += time.Since(start)
	}
	return report, id, err
}

// BenchmarkDemo fills a city of 20,000 enterprises. x-all is the import of all files against that of the three large
// ones alone.
func BenchmarkDemo(b *testing.B) {
	p, err := packs.Default()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		base := filepath.Join(b.TempDir(), "base.db")
		db, err := store.Open(b.Context(), base)
		if err != nil {
			b.Fatal(err)
		}
		into := &stopwatch{Registry: registry.New(p, db, time.Now)}
		if _, err := demo.Fill(b.Context(), into, demo.Options{Rows: 20_000, Seed: 1, Until: 2020}, nil); err != nil {
			b.Fatal(err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		removeBase(b, base)
		b.ReportMetric((into.large+into.small).Seconds()/into.large.Seconds(), "x-all")
		b.ReportMetric(into.large.Seconds(), "s-large")
		b.ReportMetric(into.small.Seconds(), "s-small")
	}
}
