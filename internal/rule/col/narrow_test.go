package col_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
)

// A part of a table is the table that is built from its profiles alone, without the attributes that are hidden: whatever was
// updated before, and whatever is shared with the part of an earlier table.
func TestNarrowEqualsBuilding(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r, wordy := small(), rapid.Bool().Draw(rt, "texts are kept")
		seen := small()
		if hidden := rapid.SampledFrom([]string{"", "staff", "district", "former_names"}).Draw(rt, "hidden"); hidden != "" {
			seen.Attributes = slices.DeleteFunc(seen.Attributes, func(a *pack.Attribute) bool { return a.ID == hidden })
			for i, a := range seen.Attributes {
				a.Index = i
			}
		}
		live := map[int64]*fact.Profile{}
		for id := range int64(rapid.IntRange(0, 140).Draw(rt, "start")) {
			live[id*3] = drawProfile(rt, r, id*3)
		}
		table := rebuild(rt, r, wordy, live, 1)
		mine := func(id int64) bool { return id%2 == 0 }
		var before *col.Narrowed
		for step := range rapid.IntRange(1, 4).Draw(rt, "steps") {
			rows, own := col.NewBitmap(table.N), map[int64]*fact.Profile{}
			for id, p := range live {
				if mine(id) {
					rows.Set(table.Row(id))
					own[id] = p
				}
			}
			before = table.Narrow(rows, seen, before)
			if got, want := dump(before.Table), dump(rebuild(rt, seen, wordy, own, before.Table.Change)); got != want {
				rt.Fatalf("step %d: the part is\n%s\nwant\n%s", step, got, want)
			}
			if whole := table.Narrow(nil, seen, nil).Table; dump(whole) != dump(rebuild(rt, seen, wordy, live, whole.Change)) {
				rt.Fatalf("step %d: the table without an attribute differs", step)
			}
			u, changed := table.Updater(), map[int64]*fact.Profile{}
			for range rapid.IntRange(0, 3).Draw(rt, "changes") {
				id := int64(rapid.IntRange(0, 430).Draw(rt, "subject"))
				changed[id] = drawProfile(rt, r, id)
				changed[id].Gone = rapid.IntRange(0, 5).Draw(rt, "gone") == 0
			}
			for _, id := range slices.Sorted(maps.Keys(changed)) {
				if err := u.Add(changed[id]); err != nil {
					rt.Fatal(err)
				}
				if live[id] = changed[id]; changed[id].Gone {
					delete(live, id)
				}
			}
			var err error
			if table, err = u.Table(int64(step + 2)); err != nil {
				rt.Fatal(err)
			}
		}
	})
}

// After one value of one subject has changed, a table has the other columns of the table before, and so has a part of it: a save at a
// million enterprises is followed by each district in the time of one column.
func TestNarrowShares(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := small()
		staff := r.Attribute("staff")
		live := map[int64]*fact.Profile{}
		for id := range int64(40) {
			live[id] = drawProfile(rt, r, id)
		}
		table := rebuild(rt, r, rapid.Bool().Draw(rt, "texts are kept"), live, 1)
		rows := col.NewBitmap(table.N)
		for row := range table.N {
			if row%2 == 0 {
				rows.Set(row)
			}
		}
		part := table.Narrow(rows, r, nil)
		p := *live[int64(rapid.IntRange(0, 39).Draw(rt, "subject"))]
		p.Facts = slices.DeleteFunc(slices.Clone(p.Facts), func(f fact.Fact) bool { return f.Attr == staff })
		p.Facts = append(p.Facts, fact.Fact{Attr: staff, Year: 2020, Value: fact.Value{Num: 123456}})
		u := table.Updater()
		if err := u.Add(&p); err != nil {
			rt.Fatal(err)
		}
		next, err := u.Table(2)
		if err != nil {
			rt.Fatal(err)
		}
		for _, x := range []struct{ was, is *col.Table }{{table, next}, {part.Table, next.Narrow(rows, r, part).Table}} {
			for k, c := range x.was.Nums {
				if k.Attr != staff.ID && x.is.Nums[k] != c {
					rt.Errorf("%v was copied", k)
				}
			}
			for k, c := range x.was.Dates {
				if x.is.Dates[k] != c {
					rt.Errorf("%v was copied", k)
				}
			}
			for k, c := range x.was.Bools {
				if x.is.Bools[k] != c {
					rt.Errorf("%v was copied", k)
				}
			}
			for k, c := range x.was.Dicts {
				if x.is.Dicts[k] != c {
					rt.Errorf("%v was copied", k)
				}
			}
			for k, c := range x.was.Texts {
				if is := x.is.Texts[k]; len(is) == 0 || &is[0] != &c[0] {
					rt.Errorf("%v was copied", k)
				}
			}
			if len(x.was.Names.Bytes) > 0 && &x.is.Names.Bytes[0] != &x.was.Names.Bytes[0] {
				rt.Error("names were copied")
			}
		}
	})
}

// The rows of a district are those that name it, or a zone in it; of the others nothing is known, or another place.
func TestLying(t *testing.T) {
	r := &pack.Register{ID: "enterprise", NameAttr: "name", Attributes: []*pack.Attribute{
		{ID: "name", Kind: pack.String}, {ID: "district", Index: 1, Kind: pack.Code, Codes: "org"}, {ID: "zone", Index: 2, Kind: pack.Code, Codes: "zone"}}}
	orgs := pack.Orgs{{ID: "1", Kind: "city"}, {ID: "a", Kind: "district", Parent: "1"}, {ID: "b", Kind: "district", Parent: "1"}, {ID: "z", Kind: "zone", Parent: "a"}}
	places := [][2]string{{"a", ""}, {"b", ""}, {"b", "z"}, {"", "z"}, {"", ""}, {"1", ""}, {"nowhere", ""}}
	b := col.NewBuilder(r)
	for i, at := range places {
		p := &fact.Profile{Subject: int64(i + 1)}
		for k, id := range at {
			p.Facts = append(p.Facts, fact.Fact{Attr: r.Attributes[k+1], Value: fact.Value{Str: id}})
		}
		if err := b.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	t1 := b.Table(1)
	first := t1.Places(orgs, nil)
	seen, unknown := first.Lying(func(org string) bool { return org == "a" || org == "z" })
	list := func(rows col.Bitmap) (all []int) {
		rows.Each(func(row int) { all = append(all, row) })
		return all
	}
	if got := list(seen); !slices.Equal(got, []int{0, 2, 3}) {
		t.Errorf("seen: %v", got)
	}
	if got := list(unknown); !slices.Equal(got, []int{4, 5, 6}) {
		t.Errorf("unknown: %v", got)
	}
	// What a reader does with his rows changes nobody else's, and an answer stands until a place changes.
	seen.Set(6)
	unknown.Clear(4)
	moved := func(subject int64, name, district string) *col.Table {
		u := t1.Updater()
		p := &fact.Profile{Subject: subject, Name: name, Facts: []fact.Fact{{Attr: r.Attributes[1], Value: fact.Value{Str: district}}}}
		if err := u.Add(p); err != nil {
			t.Fatal(err)
		}
		next, err := u.Table(2)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	if again := moved(1, "甲", "a").Places(orgs, first); again != first {
		t.Error("a name says where a subject lies")
	}
	then := moved(5, "", "b").Places(orgs, first)
	seen, unknown = then.Lying(func(org string) bool { return org == "b" })
	if a, b := list(seen), list(unknown); !slices.Equal(a, []int{1, 2, 4}) || !slices.Equal(b, []int{5, 6}) {
		t.Errorf("moved: %v %v", a, b)
	}
}

// BenchmarkNarrow takes a sixteenth out of a table: at first, and after a write that changed one column.
func BenchmarkNarrow(b *testing.B) {
	t := coltest.Random(coltest.Register(), 100_000, 1, 0.5)
	rows := col.NewBitmap(t.N)
	for row := 0; row < t.N; row += 16 {
		rows.Set(row)
	}
	first := t.Narrow(rows, t.Register, nil)
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			t.Narrow(rows, t.Register, nil)
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			t.Narrow(rows, t.Register, first)
		}
	})
}
