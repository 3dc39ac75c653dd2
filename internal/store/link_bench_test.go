package store_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
	"eyas/packs"
)

// BenchmarkLinkLast links EYAS_BENCH_ROWS names (20,000 by default) to as many enterprises, or asks about as many, and reports
// how long the last transaction of that takes, for which others wait.
func BenchmarkLinkLast(b *testing.B) {
	b.Run("merges", func(b *testing.B) { linkLast(b, "天津%s机械制造有限责任公司,%d\n") })
	b.Run("questions", func(b *testing.B) { linkLast(b, "天津市%s机械制造有限公司宝坻分公司,%d\n") })
}

func linkLast(b *testing.B, listed string) {
	rows := 20_000
	if n, err := strconv.Atoi(os.Getenv("EYAS_BENCH_ROWS")); err == nil && n > 0 {
		rows = min(n, 100_000) // a million that are merged at once take minutes
	}
	p, err := packs.Default()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		dir := b.TempDir()
		db, err := store.Open(b.Context(), filepath.Join(dir, "linked.db"))
		if err != nil {
			b.Fatal(err)
		}
		timed := &timedBase{DB: db}
		db.AfterWrite(func(context.Context, []string) { timed.written = time.Now() })
		g := registry.New(p, timed, time.Now)
		for name, write := range map[string]func(*bufio.Writer, int, string){
			"名录.csv": func(w *bufio.Writer, i int, name string) {
				if i == 0 {
					fmt.Fprintln(w, "统一社会信用代码,企业名称")
				}
				fmt.Fprintf(w, "%s,天津市%s机械制造有限公司\n", credit(i), name)
			},
			"走访名单.csv": func(w *bufio.Writer, i int, name string) {
				if i == 0 {
					fmt.Fprintln(w, "企业名称,2020年职工总数")
				}
				fmt.Fprintf(w, listed, name, i%300+1)
			},
		} {
			path := filepath.Join(dir, name)
			writeNames(b, path, rows, write)
			if _, _, err := g.Import(b.Context(), layout.Source{Name: name, Path: path}, layout.Options{Register: "enterprise"}, nil); err != nil {
				b.Fatal(err)
			}
		}
		start := time.Now()
		done, err := g.Link(b.Context(), "enterprise", nil)
		if err != nil || done.Linked+done.Asked < rows/2 {
			b.Fatalf("%+v, %v", done, err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "s-link")
		b.ReportMetric(timed.written.Sub(timed.began).Seconds(), "s-last")
		b.ReportMetric(float64(done.Linked), "merges")
		b.ReportMetric(float64(done.Asked), "questions")
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// timedBase is a database that notes when the last transaction of a batch began, and when it was written.
type timedBase struct {
	*store.DB
	began, written time.Time
}

func (t *timedBase) Begin(ctx context.Context, kind string, waiting func()) (derive.Batch, error) {
	b, err := t.DB.Begin(ctx, kind, waiting)
	if err != nil {
		return nil, err
	}
	return timedBatch{b, t}, nil
}

type timedBatch struct {
	derive.Batch
	base *timedBase
}

func (b timedBatch) Force(ctx context.Context, fn func(context.Context, derive.BatchWriter) error) error {
	return b.Batch.Force(ctx, func(ctx context.Context, w derive.BatchWriter) error {
		b.base.began = time.Now()
		return fn(ctx, w)
	})
}

// writeNames writes a file of rows about enterprises with names of four characters.
func writeNames(b *testing.B, path string, rows int, write func(w *bufio.Writer, i int, name string)) {
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range rows {
		var name []rune
		for range 4 {
			name = append(name, rune(0x4E00+r.IntN(4000)))
		}
		write(w, i, string(name))
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}
