package web

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"eyas/internal/rule"
	"eyas/internal/rule/col/coltest"
	"eyas/packs"
)

// BenchmarkLab is what a drag in the policy lab costs the server, from the request to the JSON: the pass mark of
// tsme over EYAS_BENCH_ROWS enterprises (100,000 by default), and the whole curve of it.
func BenchmarkLab(b *testing.B) {
	rows := 100_000
	if n, err := strconv.Atoi(os.Getenv("EYAS_BENCH_ROWS")); err == nil {
		rows = n
	}
	d := labDeps(b, 1)
	p, err := packs.Default()
	if err != nil {
		b.Fatal(err)
	}
	rules, err := rule.Compile(p)
	if err != nil {
		b.Fatal(err)
	}
	d.Pack, d.Rules = p, rules
	table := coltest.Random(p.Main(), rows, 1, 0.1)
	d.Registers = only(p, tableBase{rules: rules, table: table, pack: p})
	h, err := New(d)
	if err != nil {
		b.Fatal(err)
	}
	run := func(name, address string, value func(i int) int) {
		b.Run(fmt.Sprintf("%s/rows=%d", name, rows), func(b *testing.B) {
			get(h, fmt.Sprintf(address, value(0))) // the first answer for a number keeps what does not depend on it
			for i := range b.N {
				if w := get(h, fmt.Sprintf(address, value(i))); w.Code != 200 {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
	const what = "/lab/what-if?rule=tsme&date=2021-03-31&open=%s&set=%s=%%d"
	run("pass mark", fmt.Sprintf(what, "score.pass", "score.pass"), func(i int) int { return i % 100 })
	run("staff limit", fmt.Sprintf(what, "staff.max", "staff.max"), func(i int) int { return 50 + i%900 })
	run("band mark", fmt.Sprintf(what, "score.rnd.sales.p50", "score.rnd.sales.p50")+"%%25", func(i int) int { return 1 + i%20 })
	run("curve", "/lab/curve?rule=tsme&date=2021-03-31&number=score.pass&part=%d", func(int) int { return 1 })
}
