package list

import (
	"os"
	"strconv"
	"testing"

	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// benchRows is the size of the base in benchmarks: EYAS_BENCH_ROWS, else 100,000.
func benchRows(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv("EYAS_BENCH_ROWS"))
	if err != nil {
		return 100_000
	}
	return n
}

var shared = map[int]*Index{}

func benchIndex(b *testing.B, n int) *Index {
	if shared[n] == nil {
		clear(shared)
		x := random(b, n, 0.5)
		numbers := &col.Dict{Val: make([]uint32, n), Words: []string{""}} // every other enterprise has a number of its own
		for row := 0; row < n; row += 2 {
			numbers.Val[row] = uint32(len(numbers.Words))
			numbers.Words = append(numbers.Words, "1201"+strconv.Itoa(10_000_000_000+row))
		}
		x.table.Dicts[col.Key{Attr: oldNumber}] = numbers
		shared[n] = NewIndex(x.table, city(), nil)
	}
	return shared[n]
}

func BenchmarkPrepare(b *testing.B) {
	t := benchIndex(b, benchRows(b)).table
	for name, prepare := range map[string]func(*texts){
		"initials":  func(x *texts) { x.initials() },
		"nameRanks": func(x *texts) { x.nameRanks() },
		"codeRanks": func(x *texts) { x.codeRanks() },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				prepare(newTexts(t))
			}
		})
	}
}

// lists are the requests of a list page: filter, sort, one page.
var lists = []struct {
	name string
	f    Filter
	s    Sort
	at   int
}{
	{"first/by=subject", Filter{}, Sort{}, 0},
	{"first/by=name", Filter{}, Sort{By: "name"}, 0},
	{"first/by=sales", Filter{}, Sort{By: "sales", Desc: true}, 0},
	{"deep/by=sales", Filter{}, Sort{By: "sales", Desc: true}, 1 << 30},
	{"district/by=sales", Filter{Districts: []string{"120104"}}, Sort{By: "sales", Desc: true}, 0},
	{"group+industry/by=staff", Filter{Groups: []string{"around"}, Industry: "C"}, Sort{By: "staff"}, 0},
	{"met/by=name", Filter{Verdicts: map[string][]Verdict{"tsme": {Met}}}, Sort{By: "name"}, 0},
	{"near+only/by=rd_expense", Filter{Verdicts: map[string][]Verdict{"tsme": {Near}}, Only: map[string][]string{"tsme": {"staff"}}}, Sort{By: "rd_expense"}, 0},
	{"missing+district/by=code", Filter{Districts: []string{"120116"}, Missing: []col.Key{{Attr: "sales", Year: 2020}, {Attr: "industry"}}}, Sort{By: "code"}, 0},
	{"deep/district/by=name", Filter{Districts: []string{"120116"}}, Sort{By: "name"}, 1 << 30},
}

func BenchmarkList(b *testing.B) {
	x := benchIndex(b, benchRows(b))
	outcomes := []*rule.Outcome{randomOutcome(x.table.N, "tsme", 1)}
	for _, l := range lists {
		b.Run(l.name, func(b *testing.B) {
			for b.Loop() {
				rows, err := x.Filter(l.f, outcomes)
				if err != nil {
					b.Fatal(err)
				}
				x.Page(rows, l.s, min(l.at, rows.Count()/2), 50)
			}
		})
	}
}

// BenchmarkGrowth runs the same list at growing sizes. The time per row must stay the same.
func BenchmarkGrowth(b *testing.B) {
	for n := 10_000; n <= benchRows(b); n *= 10 {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			x := benchIndex(b, n)
			b.ResetTimer()
			for b.Loop() {
				rows, err := x.Filter(Filter{Districts: []string{"120104", "120116"}}, nil)
				if err != nil {
					b.Fatal(err)
				}
				x.Page(rows, Sort{By: "sales", Desc: true}, 0, 50)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
		})
	}
}

func BenchmarkSearch(b *testing.B) {
	x := benchIndex(b, benchRows(b))
	x.Warm()
	for _, q := range []struct{ name, text string }{
		{"two", "华瑞"}, {"common", "科技"}, {"everywhere", "有限公司"}, {"long", "滨海新区北辰"}, {"absent", "鑫鑫鑫鑫"},
		{"initials", "hrkj"}, {"rareInitials", "zzzz"}, {"pinyin", "huarui"}, {"commonPinyin", "keji"}, {"codeBegins", "91120116"}, {"code", string(x.table.Codes.At(x.table.N / 2))},
		{"former", string(x.table.Former(0))}, {"numberBegins", "12011000000"},
	} {
		b.Run(q.name, func(b *testing.B) {
			for b.Loop() {
				x.Search(q.text, 20)
			}
		})
		b.Run(q.name+"/filter", func(b *testing.B) {
			for b.Loop() {
				x.textRows(q.text)
			}
		})
	}
}

func BenchmarkByDistrict(b *testing.B) {
	x := benchIndex(b, benchRows(b))
	by := ByDistrict(x.pack.Orgs)
	for b.Loop() {
		by.Split(x.table.Dicts[col.Key{Attr: x.district}], x.table.N)
	}
}
