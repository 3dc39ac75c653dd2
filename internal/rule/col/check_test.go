package col_test

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"testing"

	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
)

// dump writes a table as text, one line per subject. Tables are equal if their texts are, whatever the order of their
// words.
func dump(t *col.Table) string {
	b := fmt.Appendln(nil, t.N, t.Change, t.Years)
	src := coltest.NewSource(t)
	var p fact.Profile
	for i := range t.N {
		src.Profile(i, &p)
		b = strconv.AppendInt(b, p.Subject, 10)
		b = append(append(append(append(b, ' '), p.Code...), ' '), p.Name...)
		if former := t.Former(i); len(former) > 0 {
			b = append(append(b, " formerly "...), former...)
		}
		for _, f := range p.Facts {
			b = append(append(append(b, ' '), f.Attr.ID...), '@')
			b = append(strconv.AppendInt(b, int64(f.Year), 10), '=')
			b = append(strconv.AppendFloat(b, f.Value.Num, 'g', -1, 64), ',')
			b = append(strconv.AppendInt(b, f.Value.Int, 10), ',')
			b = append(b, f.Value.Str...)
		}
		b = append(b, '\n')
	}
	return string(b)
}

// check verifies the invariants of a table.
func check(t interface {
	Helper()
	Fatalf(string, ...any)
}, tab *col.Table) {
	t.Helper()
	words := (tab.N + 63) / 64
	bitmap := func(k col.Key, b col.Bitmap, empty bool) {
		if len(b) != words {
			t.Fatalf("%v: %d words for %d rows", k, len(b), tab.N)
		}
		if tab.N%64 != 0 && b[words-1]>>(tab.N%64) != 0 {
			t.Fatalf("%v: bits above the last row", k)
		}
		if !empty && b.Empty() {
			t.Fatalf("%v: a column without values", k)
		}
	}
	rows := func(k col.Key, n int) {
		if n != tab.N {
			t.Fatalf("%v: %d values for %d rows", k, n, tab.N)
		}
	}
	for k, c := range tab.Nums {
		bitmap(k, c.Valid, false)
		rows(k, len(c.Val))
		for i, v := range c.Val {
			if v != 0 && !c.Valid.Get(i) {
				t.Fatalf("%v row %d: a blank is %v", k, i, v)
			}
		}
	}
	for k, c := range tab.Dates {
		bitmap(k, c.Valid, false)
		rows(k, len(c.Val))
		for i, v := range c.Val {
			if v != 0 && !c.Valid.Get(i) {
				t.Fatalf("%v row %d: a blank is %v", k, i, v)
			}
		}
	}
	for k, c := range tab.Bools {
		bitmap(k, c.Valid, false)
		bitmap(k, c.Val, true)
		for i := range c.Val {
			if c.Val[i]&^c.Valid[i] != 0 {
				t.Fatalf("%v: a blank is yes", k)
			}
		}
	}
	for k, c := range tab.Dicts {
		rows(k, len(c.Val))
		if c.Words[0] != "" || slices.Max(c.Val) == 0 {
			t.Fatalf("%v: words %q, highest %d", k, c.Words, slices.Max(c.Val))
		}
		if s := slices.Sorted(slices.Values(c.Words)); len(slices.Compact(s)) != len(c.Words) {
			t.Fatalf("%v: a word twice: %q", k, c.Words)
		}
	}
	for k, c := range tab.Texts {
		bitmap(k, c, false)
	}
	rows(col.Key{Attr: "subjects"}, len(tab.Subjects))
	rows(col.Key{Attr: "codes"}, len(tab.Codes.Off)-1)
	rows(col.Key{Attr: "names"}, len(tab.Names.Off)-1)
	if !slices.IsSorted(tab.Subjects) || !slices.IsSorted(tab.Years) {
		t.Fatalf("subjects or years out of order")
	}
}

// build makes the table of a source's rows, as if each row were in the base.
func build(t testing.TB, of *col.Table) *col.Table {
	b := col.NewBuilder(of.Register)
	src := coltest.NewSource(of)
	var p fact.Profile
	for i := range of.N {
		src.Profile(i, &p)
		if err := b.Add(&p); err != nil {
			t.Fatal(err)
		}
	}
	return b.Table(of.Change)
}

func TestBitmap(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 65, 200} {
		all := col.All(n)
		if all.Count() != n {
			t.Errorf("All(%d) has %d", n, all.Count())
		}
		odd := col.NewBitmap(n)
		for i := 1; i < n; i += 2 {
			odd.Set(i)
		}
		even := all.Clone()
		even.AndNot(odd)
		both := even.Clone()
		both.And(odd)
		union := even.Clone()
		union.Or(odd)
		if !both.Empty() || union.Count() != n || even.Count() != (n+1)/2 {
			t.Errorf("n=%d: even %d, both %d, union %d", n, even.Count(), both.Count(), union.Count())
		}
		var rows []int
		even.Each(func(i int) { rows = append(rows, i) })
		for i, r := range rows {
			if r != 2*i {
				t.Fatalf("n=%d: %v", n, rows)
			}
		}
	}
	if bits.OnesCount64(col.All(70)[1]) != 6 {
		t.Error("bits above the last row")
	}
}
