package rule

import (
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
)

// mixed returns a table with the rows of a, but for some that are those of b. Columns in which nothing differs are those of a.
func mixed(a, b *col.Table, rows []int, rnd *rand.Rand) *col.Table {
	t := &col.Table{Register: a.Register, N: a.N, Subjects: a.Subjects, Codes: a.Codes, Names: a.Names, Formers: a.Formers, Years: a.Years,
		Nums: maps.Clone(a.Nums), Dates: maps.Clone(a.Dates), Bools: maps.Clone(a.Bools), Dicts: maps.Clone(a.Dicts), Texts: maps.Clone(a.Texts)}
	put := func(to, from col.Bitmap, row int) {
		to.Clear(row)
		if from.Get(row) {
			to.Set(row)
		}
	}
	none := col.NewBitmap(a.N)
	for k, from := range b.Nums {
		to := &col.Num{Val: make([]float64, a.N), Valid: none.Clone()}
		if old := a.Nums[k]; old != nil {
			to = &col.Num{Val: slices.Clone(old.Val), Valid: old.Valid.Clone()}
		}
		for _, row := range rows {
			to.Val[row] = from.Val[row]
			put(to.Valid, from.Valid, row)
		}
		t.Nums[k] = to
	}
	for k, from := range b.Dates {
		to := &col.Date{Val: make([]int32, a.N), Valid: none.Clone()}
		if old := a.Dates[k]; old != nil {
			to = &col.Date{Val: slices.Clone(old.Val), Valid: old.Valid.Clone()}
		}
		for _, row := range rows {
			to.Val[row] = from.Val[row]
			put(to.Valid, from.Valid, row)
		}
		t.Dates[k] = to
	}
	for k, from := range b.Bools {
		to := &col.Bool{Val: none.Clone(), Valid: none.Clone()}
		if old := a.Bools[k]; old != nil {
			to = &col.Bool{Val: old.Val.Clone(), Valid: old.Valid.Clone()}
		}
		for _, row := range rows {
			put(to.Val, from.Val, row)
			put(to.Valid, from.Valid, row)
		}
		t.Bools[k] = to
	}
	for k, from := range b.Dicts { // with all words numbered anew, in any order
		old := a.Dicts[k]
		if old == nil {
			old = &col.Dict{Val: make([]uint32, a.N), Words: []string{""}}
		}
		to := &col.Dict{Val: slices.Clone(old.Val), Words: slices.Clone(old.Words)}
		if rnd.IntN(2) == 0 {
			rnd.Shuffle(len(to.Words)-1, func(i, j int) { to.Words[i+1], to.Words[j+1] = to.Words[j+1], to.Words[i+1] })
			for row := range to.Val {
				to.Val[row] = uint32(slices.Index(to.Words, old.Words[old.Val[row]]))
			}
		}
		for _, row := range rows {
			word := from.Words[from.Val[row]]
			if i := slices.Index(to.Words, word); i >= 0 {
				to.Val[row] = uint32(i)
			} else {
				to.Words = append(to.Words, word)
				to.Val[row] = uint32(len(to.Words) - 1)
			}
		}
		t.Dicts[k] = to
	}
	for k, from := range b.Texts {
		to := none.Clone()
		if old := a.Texts[k]; old != nil {
			to = old.Clone()
		}
		for _, row := range rows {
			put(to, from, row)
		}
		t.Texts[k] = to
	}
	return t
}

// rowOf is all values of a row.
func rowOf(t *col.Table, row int) map[col.Key]any {
	m := map[col.Key]any{}
	for k, c := range t.Nums {
		if c.Valid.Get(row) {
			m[k] = c.Val[row]
		}
	}
	for k, c := range t.Dates {
		if c.Valid.Get(row) {
			m[k] = c.Val[row]
		}
	}
	for k, c := range t.Bools {
		if c.Valid.Get(row) {
			m[k] = c.Val.Get(row)
		}
	}
	for k, c := range t.Dicts {
		if c.Val[row] != 0 {
			m[k] = c.Words[c.Val[row]]
		}
	}
	for k, c := range t.Texts {
		if c.Get(row) {
			m[k] = true
		}
	}
	return m
}

// A screening that begins with an earlier one is the same as one of all rows, whatever has changed since; and the rows that are said
// to differ are those that do.
func TestScreenAfterIsScreen(t *testing.T) {
	s, p := tianjin(t)
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		rnd := rand.New(rand.NewPCG(seed, 9))
		n := rapid.SampledFrom([]int{1, 64, 1100}).Draw(rt, "rows")
		a, b := coltest.Random(p.Registers[0], n, seed, 0.5), coltest.Random(p.Registers[0], n, seed+1, 0.5)
		var rows []int
		for range rapid.IntRange(0, 6).Draw(rt, "changed") {
			rows = append(rows, rnd.IntN(n))
		}
		now := mixed(a, b, rows, rnd)
		if rapid.Bool().Draw(rt, "back") {
			a, now = now, a // columns and words go, too
		}
		differing, ok := now.Differing(a)
		if !ok {
			rt.Fatal("they have the same subjects")
		}
		for row := range n {
			if differs := !reflect.DeepEqual(rowOf(a, row), rowOf(now, row)); differs != differing.Get(row) {
				rt.Fatalf("row %d: %v", row, differs)
			}
		}
		opt := Options{Date: time.Date(2021, 8, 31, 0, 0, 0, 0, time.UTC)}
		before, err := s.Screen(a, opt)
		if err != nil {
			rt.Fatal(err)
		}
		kept, err := s.Screen(a, opt)
		if err != nil {
			rt.Fatal(err)
		}
		want, err := s.Screen(now, opt)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := s.ScreenAfter(now, opt, before, differing)
		if err != nil {
			rt.Fatal(err)
		}
		for i := range want {
			want[i].Seconds, got[i].Seconds, kept[i].Seconds = 0, 0, before[i].Seconds
			if !reflect.DeepEqual(got[i], want[i]) {
				rt.Fatalf("%s: %+v, want %+v", want[i].Rule.ID, got[i].Counts(), want[i].Counts())
			}
			if !reflect.DeepEqual(before[i], kept[i]) {
				rt.Fatalf("%s: the earlier outcome was changed", want[i].Rule.ID)
			}
		}
	})
	if _, ok := coltest.Random(p.Registers[0], 5, 1, 0.5).Differing(coltest.Random(p.Registers[0], 6, 1, 0.5)); ok {
		t.Error("tables of other subjects differ in more than rows")
	}
}
