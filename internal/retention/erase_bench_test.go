package retention_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"eyas/internal/retention"
	"eyas/internal/store/basetest"
)

// What is due of a large file is counted and erased, on SQLite and on PostgreSQL: for each cell, of a small file and of one that is ten times
// as large. longest is the longest transaction in which others wait.
func BenchmarkErase(b *testing.B) {
	for _, on := range []string{"sqlite", "postgres"} {
		for _, rows := range []int{5_000, 50_000} {
			b.Run(fmt.Sprintf("%s/%d", on, rows), func(b *testing.B) {
				for range b.N {
					dsn := ""
					if on == "sqlite" {
						dsn = basetest.Path(b)
					} else {
						dsn = basetest.Server(b)
					}
					eraseAll(b, dsn, rows)
				}
			})
		}
	}
}

func eraseAll(b *testing.B, dsn string, rows int) {
	c := open(b, dsn, b.TempDir()+"/keys", time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
	defer c.db.Close()
	var text strings.Builder
	text.WriteString("企业名称,联系人,联系电话,2019年销售收入（元）\n")
	for i := range rows {
		fmt.Fprintf(&text, "天津第%d号科技有限公司,王小%d,139%08d,%d\n", i, i, i, i)
	}
	c.brings(chen, "old.csv", text.String(), day(2019, 12, 31))
	start := time.Now()
	p, err := c.keeper.Count(chen, retention.Wanted{}, nil)
	counted := time.Since(start)
	if err == nil {
		p, err = c.keeper.Ask(chen, p.ID, "保存期已满")
	}
	if err == nil {
		_, err = c.keeper.Approve(zhao, p.ID, p.Cells)
	}
	if err != nil {
		b.Fatal(err)
	}
	start = time.Now()
	last, longest := start, time.Duration(0)
	p, err = c.keeper.Apply(zhao, p.ID, func(int, int) {
		longest = max(longest, time.Since(last))
		last = time.Now()
	})
	if err != nil || p.Erased != 2*rows {
		b.Fatal(p, err)
	}
	b.ReportMetric(float64(counted.Microseconds())/float64(rows), "µs/row")
	b.ReportMetric(float64(time.Since(start).Microseconds())/float64(p.Erased), "µs/cell")
	b.ReportMetric(float64(longest.Milliseconds()), "ms/longest")
}
