package rule_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
	"eyas/packs"
)

// Before its first day, a subject is in no set of an outcome. From then on it is in one. On every day, the sets
// partition Rows.
func TestNotCountedBeforeItBegan(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	set, err := rule.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	reg := p.Main()
	begins := col.Key{Attr: reg.BeginsAttr}
	rapid.Check(t, func(rt *rapid.T) {
		table := coltest.Random(reg, 1+rapid.IntRange(0, 300).Draw(rt, "rows"), rapid.Uint64().Draw(rt, "seed"), 0.1)
		day := time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -rapid.IntRange(0, 8000).Draw(rt, "days before"))
		number := int32(day.Unix() / 86400)
		for range 2 { // the second time, the kept result is returned
			rows := table.Begun(number)
			dates := table.Dates[begins]
			for row := range table.N {
				begun := dates == nil || !dates.Valid.Get(row) || dates.Val[row] <= number
				if got := rows == nil || rows.Get(row); got != begun {
					rt.Fatalf("row %d began: %v, want %v", row, got, begun)
				}
			}
			if rows != nil && rows.Count() == table.N {
				rt.Fatal("all rows are not written as nil")
			}
		}
		outcomes, err := set.Screen(table, rule.Options{Date: day})
		if err != nil {
			rt.Fatal(err)
		}
		for _, o := range outcomes {
			for row := range table.N {
				in := 0
				for _, set := range []col.Bitmap{o.Met, o.Unmet, o.Unknown} {
					if set.Get(row) {
						in++
					}
				}
				if want := o.Rows.Get(row); (in == 1) != want || in > 1 {
					rt.Fatalf("%s: row %d stands in %d sets, counted: %v", o.Rule.ID, row, in, want)
				}
				if begun := table.Begun(number); o.Rows.Get(row) != (begun == nil || begun.Get(row)) {
					rt.Fatalf("%s: row %d", o.Rule.ID, row)
				}
			}
			for w := range o.Rows {
				if (o.Near[w]|o.Pending[w])&^o.Rows[w] != 0 {
					rt.Fatalf("%s: near or pending before it began", o.Rule.ID)
				}
			}
		}
	})
}
