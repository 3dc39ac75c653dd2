package link_test

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"eyas/internal/registry/link"
	"eyas/internal/registry/link/linktest"
)

// largest is the number of subjects and rows of the largest measurement.
func largest(b *testing.B) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("EYAS_BENCH_ROWS"), "100000"))
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// processor returns the processor seconds of this process. Other work on the machine does not count.
func processor(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// BenchmarkLink links generated rows to as many generated subjects: three rows in ten have no code, and one in twenty
// has a changed name. Sizes grow by a factor of ten, to show the growth of the time per row.
func BenchmarkLink(b *testing.B) {
	most := largest(b)
	small := 0.0 // processor seconds per row at the smallest size
	for n := max(most/100, 1000); n <= most; n *= 10 {
		b.Run(fmt.Sprintf("%d", n), func(b *testing.B) {
			c := linktest.Default(n, n)
			var took float64
			for b.Loop() {
				before := heap()
				start := time.Now()
				x := link.Build(c.Register(), link.Options{})
				built := time.Since(start)
				b.ReportMetric((heap()-before)/1e6, "MB/index")
				start = time.Now()
				x.Learn(rowsOf(c))
				learned := time.Since(start)
				start = time.Now()
				worked := processor(b)
				var count tally
				if err := link.Each(x, c.Incoming(), rowOfItem, count.add); err != nil {
					b.Fatal(err)
				}
				wall := time.Since(start).Seconds()
				worked = processor(b) - worked
				alone := processor(b) // making the rows is not part of linking them
				for range c.Incoming() {
				}
				worked -= processor(b) - alone
				b.ReportMetric(float64(n)/worked, "rows/core-s")
				count.check(b)
				b.ReportMetric(built.Seconds(), "s/build")
				b.ReportMetric(learned.Seconds(), "s/learn")
				b.ReportMetric(float64(n)/wall, "rows/s")
				b.ReportMetric(float64(n)/(wall+built.Seconds()+learned.Seconds()), "rows/s-with-building")
				count.report(b)

				rows := min(n, 20_000)
				start = time.Now()
				weighed := processor(b)
				if err := link.Each(x, c.Only(rows), rowOfItem, func(*linktest.Item, *link.Match) error { return nil }); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(rows)/time.Since(start).Seconds(), "rows/s-weighed")
				weighed = processor(b) - weighed
				alone = processor(b)
				for range c.Only(rows) {
				}
				weighed -= processor(b) - alone
				b.ReportMetric(float64(rows)/weighed, "rows/core-s-weighed")
				naive(b, x, c, weighed/float64(rows))
				took = worked
			}
			per := took / float64(n)
			if small == 0 {
				small = per
			}
			b.ReportMetric(per/small, "work-a-row/smallest")
		})
	}
}

// naive compares a few rows with every name, and reports how many times more work that is per row than with blocks.
func naive(b *testing.B, x *link.Index, c linktest.City, blocked float64) {
	const rows = 10
	worked := processor(b)
	for it := range c.Only(rows) {
		link.AllPairs(x, it.Row)
	}
	b.ReportMetric((processor(b)-worked)/rows/blocked, "all-pairs/blocks")
}

func rowOfItem(i *linktest.Item) *link.Row { return &i.Row }

func rowsOf(c linktest.City) func(func(link.Row) bool) {
	return func(yield func(link.Row) bool) {
		for i := range c.Incoming() {
			if !yield(i.Row) {
				return
			}
		}
	}
}

// tally counts decisions by the true answers.
type tally struct{ rows, linked, asked, wrongLinked, wrongAsked, dirty, dirtyFound int }

func (t *tally) add(i *linktest.Item, m *link.Match) error {
	t.rows++
	right := m.ID == i.Want && i.Want != 0
	switch m.Decision {
	case link.Link:
		t.linked++
		if !right {
			t.wrongLinked++
		}
	case link.Ask:
		t.asked++
		if !right {
			t.wrongAsked++
		}
	}
	if i.Dirty != "" && i.Row.Code == "" && i.Want != 0 {
		t.dirty++
		if m.Decision != link.Leave && right {
			t.dirtyFound++
		}
	}
	return nil
}

func (t *tally) report(b *testing.B) {
	b.ReportMetric(100*float64(t.linked)/float64(t.rows), "%linked")
	b.ReportMetric(100*float64(t.asked)/float64(t.rows), "%asked")
	b.ReportMetric(100*float64(t.wrongLinked)/float64(t.linked), "%links-wrong")
	b.ReportMetric(100*float64(t.dirtyFound)/float64(max(1, t.dirty)), "%dirty-found")
}

func (t *tally) check(b *testing.B) {
	if t.linked < t.rows/2 || t.wrongLinked > t.linked/100 {
		b.Fatalf("%+v", *t)
	}
}
