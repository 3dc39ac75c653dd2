package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"eyas/internal/store/pgtest"
)

// BenchmarkBases measures the same work on SQLite and on PostgreSQL: a file of EYAS_BENCH_ROWS enterprises is imported,
// served and undone. s/import and s/undo are commands of their own processes; s/start builds the columns anew;
// ms/list and ms/search are medians over HTTP; ms/seen is how long a server shows nothing of what another process has
// just imported.
func BenchmarkBases(b *testing.B) {
	rows := benchRows(b)
	file := filepath.Join(b.TempDir(), "2020年报.csv")
	writeStatements(b, file, rows)
	for _, c := range []struct {
		name string
		base func(b *testing.B) string
	}{
		{"SQLite", func(b *testing.B) string { return filepath.Join(b.TempDir(), "base.db") }},
		{"Postgres", func(b *testing.B) string { return pgtest.URL(b) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				measureBase(b, c.base(b), file)
			}
			b.ReportMetric(float64(rows), "enterprises")
		})
	}
}

func measureBase(b *testing.B, db, file string) {
	took := func(unit string, args ...string) {
		began := time.Now()
		command(b, 0, append(args, "--db", db)...)
		b.ReportMetric(time.Since(began).Seconds(), unit)
	}
	took("s/import", "import", "--register", "enterprise", file)
	p := start(b, db)
	b.ReportMetric(p.ready(b).Seconds(), "s/start")
	const day = "date=2021-03-31"
	b.ReportMetric(p.median(b, "/enterprises?"+day, "/enterprises?"+day+"&in=120110&sort=-sales", "/enterprises?"+day+"&sort=name&page=3"), "ms/list")
	b.ReportMetric(p.median(b, "/search?part=1&q=科技", "/search?part=1&q=tjkj", "/search?part=1&q=91120110MA00"), "ms/search")

	late := filepath.Join(b.TempDir(), "后来.csv")
	if err := os.WriteFile(late, []byte("企业名称,2020年职工总数\n后来居上有限公司,7\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	command(b, 0, "import", "--db", db, "--register", "enterprise", late)
	began := time.Now()
	for {
		if body, _ := p.get(b, "/search?part=1&q="+url.QueryEscape("后来居上")); strings.Contains(body, "/enterprises/s-") {
			break
		}
		time.Sleep(5 * time.Millisecond) // a benchmark may sleep
	}
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms/seen")
	p.end()
	took("s/undo", "undo", "1")
}

// writeStatements writes a file of annual statements.
func writeStatements(b *testing.B, path string, rows int) {
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "统一社会信用代码,企业名称,所属区,成立日期,2019年销售收入（元）,2020年销售收入（元）,2020年研发费用（元）,2020年职工总数,2020年科技人员数,Ⅰ类知识产权")
	r := rand.New(rand.NewPCG(1, 2))
	districts := []string{"和平区", "河东区", "河西区", "南开区", "东丽区", "西青区"}
	for i := range rows {
		sales, staff := 100_000+r.IntN(200_000_000), 1+r.IntN(300)
		fmt.Fprintf(w, "%s,天津%s科技第%s号有限公司,%s,%d-%02d-01,%d,%d,%d,%d,%d,%d\n", killedCode(i), districts[i%6][:6], strconv.Itoa(i), districts[i%6],
			1995+r.IntN(24), 1+r.IntN(12), sales*9/10, sales, sales/20, staff, staff/5, r.IntN(3))
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}
