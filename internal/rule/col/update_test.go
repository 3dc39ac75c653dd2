package col_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
)

// small is a register with an attribute of each kind.
func small() *pack.Register {
	r := &pack.Register{ID: "enterprise", CodeAttr: "uscc", NameAttr: "name"}
	for i, s := range strings.Fields("uscc:code name:text district:code registered_on:date listed:boolean address:text former_names:list sales:money staff:integer rate:decimal") {
		id, kind, _ := strings.Cut(s, ":")
		r.Attributes = append(r.Attributes, &pack.Attribute{ID: id, Index: i, Kind: pack.Kind(kind), Yearly: i >= 7})
	}
	return r
}

func drawProfile(rt *rapid.T, r *pack.Register, id int64) *fact.Profile {
	p := &fact.Profile{Subject: id, Code: rapid.SampledFrom([]string{"", "91A", "91BB"}).Draw(rt, "code"), Name: rapid.SampledFrom([]string{"", "甲公司", "乙"}).Draw(rt, "name")}
	for _, a := range r.Attributes[2:] {
		years := []int{0}
		if a.Yearly {
			years = []int{2019, 2020}
		}
		for _, y := range years {
			if rapid.Bool().Draw(rt, "blank") {
				continue
			}
			n := rapid.IntRange(0, 3).Draw(rt, "value")
			p.Facts = append(p.Facts, fact.Fact{Attr: a, Year: y, Value: fact.Value{Num: float64(n), Int: int64(n) % 2, Str: []string{"", "有", "有", "有"}[n]}})
			if a.ID == col.FormerNames {
				p.Facts[len(p.Facts)-1].Value.Str = []string{"", "旧名", "旧名；更旧的名称", "甲公司"}[n]
			}
			if a.Kind == pack.Code {
				p.Facts[len(p.Facts)-1].Value.Str = []string{"", "120101", "120102", "别处"}[n]
			}
		}
	}
	return p
}

func rebuild(rt *rapid.T, r *pack.Register, wordy bool, live map[int64]*fact.Profile, change int64) *col.Table {
	b := col.NewBuilder(r)
	if wordy {
		b.KeepTexts()
	}
	for _, id := range slices.Sorted(maps.Keys(live)) {
		if err := b.Add(live[id]); err != nil {
			rt.Fatal(err)
		}
	}
	return b.Table(change)
}

// Any chain of updates gives the same table as building again, and no earlier table changes.
func TestUpdateEqualsRebuild(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r, wordy := small(), rapid.Bool().Draw(rt, "texts are kept")
		type version struct {
			table *col.Table
			live  map[int64]*fact.Profile
			text  string
		}
		live := map[int64]*fact.Profile{}
		for id := range int64(rapid.IntRange(0, 150).Draw(rt, "start")) {
			live[id*3] = &fact.Profile{Subject: id * 3, Name: fmt.Sprint("企业", id), Facts: []fact.Fact{{Attr: r.Attribute("staff"), Year: 2020, Value: fact.Value{Num: float64(id)}}}}
		}
		start := rebuild(rt, r, wordy, live, 1)
		versions := []version{{start, live, dump(start)}}
		for step := range rapid.IntRange(1, 6).Draw(rt, "steps") {
			// Mostly the last version, sometimes an older one: two tables may be made from one.
			from := versions[len(versions)-1]
			if rapid.IntRange(0, 3).Draw(rt, "older") == 0 {
				from = rapid.SampledFrom(versions).Draw(rt, "from")
			}
			live := maps.Clone(from.live)
			top := int64(0)
			for id := range live {
				top = max(top, id)
			}
			ids := rapid.SliceOfNDistinct(rapid.Int64Range(0, top+1), 0, 8, rapid.ID).Draw(rt, "changed")
			if rapid.Bool().Draw(rt, "appends") {
				for range rapid.IntRange(1, 10).Draw(rt, "new") {
					top += int64(rapid.IntRange(1, 3).Draw(rt, "gap"))
					ids = append(ids, top)
				}
			}
			slices.Sort(ids)
			undone := int64(1 << 40) // subjects from here on are inactive, as after undoing the last import
			if rapid.IntRange(0, 3).Draw(rt, "undo") == 0 {
				undone = rapid.Int64Range(0, top+1).Draw(rt, "undone")
				for id := range live {
					if id >= undone {
						ids = append(ids, id)
					}
				}
				if rapid.Bool().Draw(rt, "nothing else") {
					ids = slices.DeleteFunc(ids, func(id int64) bool { return id < undone })
				}
				slices.Sort(ids)
			}
			u := from.table.Updater()
			for _, id := range slices.Compact(ids) {
				p := drawProfile(rt, r, id)
				p.Gone = id >= undone || rapid.IntRange(0, 5).Draw(rt, "gone") == 0
				if err := u.Add(p); err != nil {
					rt.Fatal(err)
				}
				if live[id] = p; p.Gone {
					delete(live, id)
				}
			}
			change := int64(step + 2)
			got, err := u.Table(change)
			if err != nil {
				rt.Fatal(err)
			}
			check(rt, got)
			text := dump(got)
			if want := dump(rebuild(rt, r, wordy, live, change)); text != want {
				rt.Fatalf("step %d: got\n%s\nwant\n%s", step, text, want)
			}
			versions = append(versions, version{got, live, text})
		}
		for i, v := range versions {
			if dump(v.table) != v.text {
				rt.Fatalf("version %d of %d changed under its readers", i, len(versions)-1)
			}
		}
	})
}

func TestUpdateSharesWhatDidNotChange(t *testing.T) {
	reg := coltest.Register()
	old := build(t, coltest.Random(reg, 1000, 5, 0.5))
	var p fact.Profile
	coltest.NewSource(old).Profile(17, &p)
	for i := range p.Facts {
		if p.Facts[i].Attr.ID == "staff" {
			p.Facts[i].Value.Num += 1
		}
	}
	u := old.Updater()
	if err := u.Add(&p); err != nil {
		t.Fatal(err)
	}
	got, err := u.Table(old.Change + 1)
	if err != nil {
		t.Fatal(err)
	}
	for k, c := range old.Nums {
		if shared := &got.Nums[k].Val[0] == &c.Val[0]; shared == (k.Attr == "staff") && c.Valid.Get(17) {
			t.Errorf("%v: shared %v", k, shared)
		}
	}
	if &got.Names.Bytes[0] != &old.Names.Bytes[0] {
		t.Error("names were copied")
	}

	// New subjects use the spare capacity. Of two tables made from one, only the first has it.
	add := func(from *col.Table) *col.Table {
		p.Subject = from.Subjects[from.N-1] + 1
		u := from.Updater()
		if err := u.Add(&p); err != nil {
			t.Fatal(err)
		}
		next, err := u.Table(from.Change + 1)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	first := add(got)
	second := add(first)
	key := col.Key{Attr: "sales", Year: 2020}
	if &first.Nums[key].Val[0] != &got.Nums[key].Val[0] || &second.Nums[key].Val[0] != &first.Nums[key].Val[0] {
		t.Error("room behind the rows is not used")
	}
	if third := add(first); &third.Nums[key].Val[0] == &first.Nums[key].Val[0] {
		t.Error("two tables were given the same room")
	}

	// The same holds for tables that share all columns: only the first to grow has the spare capacity.
	idle := func(from *col.Table) *col.Table {
		next, err := from.Updater().Table(from.Change)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	one, two := idle(second), idle(second)
	grown := add(one)
	want := dump(grown)
	if p.Name = "另一家"; add(two).N != grown.N || dump(grown) != want {
		t.Error("two tables grew into the same room")
	}

	// Undoing the last import cuts its rows off. What is behind them is not written to, because others still read it.
	u = second.Updater()
	if err := u.Add(&fact.Profile{Subject: second.Subjects[second.N-1], Gone: true}); err != nil {
		t.Fatal(err)
	}
	cut, err := u.Table(second.Change + 1)
	if err != nil {
		t.Fatal(err)
	}
	if cut.N != first.N || &cut.Nums[key].Val[0] != &second.Nums[key].Val[0] {
		t.Error("columns were copied to leave out the last row")
	}
	before := dump(second)
	if p.Code = "9112"; add(cut).N != second.N || dump(second) != before {
		t.Error("a table changed under its readers")
	}
}
