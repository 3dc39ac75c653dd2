package col_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
)

// benchRows is the number of subjects in benchmarks: EYAS_BENCH_ROWS, else 100,000.
func benchRows(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv("EYAS_BENCH_ROWS"))
	if err != nil {
		return 100_000
	}
	return n
}

// size adds up the bytes of a table's columns.
func size(t *col.Table) int {
	n := 8*len(t.Subjects) + len(t.Codes.Bytes) + 4*len(t.Codes.Off) + len(t.Names.Bytes) + 4*len(t.Names.Off)
	for _, c := range t.Nums {
		n += 8*len(c.Val) + 8*len(c.Valid)
	}
	for _, c := range t.Dates {
		n += 4*len(c.Val) + 8*len(c.Valid)
	}
	for _, c := range t.Bools {
		n += 16 * len(c.Val)
	}
	for _, c := range t.Dicts {
		n += 4 * len(c.Val)
		for _, w := range c.Words {
			n += 16 + len(w)
		}
	}
	for _, c := range t.Texts {
		n += 8 * len(c)
	}
	return n
}

func BenchmarkBuild(b *testing.B) {
	n := benchRows(b)
	src := coltest.NewSource(coltest.Random(coltest.Register(), n, 1, 0.5))
	var p fact.Profile
	b.Run("profiles", func(b *testing.B) { // the part of it that reads the profiles
		for b.Loop() {
			for i := range n {
				src.Profile(i, &p)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
	})
	b.Run("table", func(b *testing.B) {
		var t *col.Table
		for b.Loop() {
			t = nil
			builder := col.NewBuilder(coltest.Register())
			for i := range n {
				src.Profile(i, &p)
				if err := builder.Add(&p); err != nil {
					b.Fatal(err)
				}
			}
			t = builder.Table(1)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
		b.ReportMetric(float64(size(t))/float64(n), "B/row")
	})
}

func BenchmarkUpdate(b *testing.B) {
	n := benchRows(b)
	t := coltest.Random(coltest.Register(), n, 1, 0.5)
	src := coltest.NewSource(t)
	for name, rows := range map[string]int{"one": 1, "thousand": 1000} {
		b.Run(name, func(b *testing.B) {
			var p fact.Profile
			for b.Loop() {
				u := t.Updater()
				for i := range rows {
					src.Profile(i*(n/rows), &p)
					for k := range p.Facts {
						if p.Facts[k].Attr.ID == "sales" {
							p.Facts[k].Value.Num++
						}
					}
					if err := u.Add(&p); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := u.Table(2); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCache(b *testing.B) {
	n := benchRows(b)
	path := filepath.Join(b.TempDir(), "c")
	reg := coltest.Register()
	t := coltest.Random(reg, n, 1, 0.5)
	bytes := int64(size(t))
	b.Run("write", func(b *testing.B) {
		b.SetBytes(bytes)
		for b.Loop() {
			if err := t.WriteCache(path, stamp, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	t = nil
	runtime.GC()
	b.Run("read", func(b *testing.B) {
		b.SetBytes(bytes)
		for b.Loop() {
			if _, err := col.ReadCache(path, reg, stamp, nil); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/read")
	})
	b.Run("plain", func(b *testing.B) { // the lower limit: reading the same bytes into memory
		b.SetBytes(bytes)
		for b.Loop() {
			if _, err := os.ReadFile(path); err != nil {
				b.Fatal(err)
			}
		}
	})
}
