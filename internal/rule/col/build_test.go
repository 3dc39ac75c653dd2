package col_test

import (
	"math"
	"strings"
	"testing"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
)

func TestBuild(t *testing.T) {
	// More rows than a chunk has, so that chunks are joined.
	want := coltest.Random(coltest.Register(), 70_000, 3, 0.5)
	got := build(t, want)
	check(t, got)
	if dump(got) != dump(want) {
		t.Fatal("the table that was built from a table's profiles differs from it")
	}
	if len(want.Years) != 4 || got.Years[0] != coltest.BaseYear-3 {
		t.Errorf("years %v", got.Years)
	}
}

func TestBuildWhatIsNoValue(t *testing.T) {
	reg := coltest.Register()
	said := func(id string, year int, v fact.Value) fact.Fact {
		return fact.Fact{Attr: reg.Attribute(id), Year: year, Value: v}
	}
	b := col.NewBuilder(reg)
	profiles := []fact.Profile{
		{Subject: 5, Name: "甲", Facts: []fact.Fact{
			said("uscc", 0, fact.Value{Str: "9112"}),
			said("name", 0, fact.Value{Str: "甲"}),
			said("district", 0, fact.Value{Str: ""}),
			said("address", 0, fact.Value{Str: ""}),
			said("registered_on", 0, fact.Value{Int: math.MaxInt64}),
			said("sales", 2019, fact.Value{Num: math.NaN()}),
			said("sales", 2020, fact.Value{Num: 0}),
			said("sales", 2021, fact.Value{Num: math.Inf(1)}),
		}},
		{Subject: 6, Name: "乙", Gone: true, Facts: []fact.Fact{said("staff", 2020, fact.Value{Num: 3})}},
		{Subject: 7, Code: "91", Facts: []fact.Fact{said("listed", 0, fact.Value{Int: 0})}},
	}
	for i := range profiles {
		if err := b.Add(&profiles[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Add(&fact.Profile{Subject: 7}); err == nil || !strings.Contains(err.Error(), "order") {
		t.Errorf("a subject twice: %v", err)
	}
	tab := b.Table(9)
	check(t, tab)
	want := "2 9 [2020]\n5  甲 sales@2020=0,0,\n7 91  listed@0=0,0,\n"
	if got := dump(tab); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if tab.Row(5) != 0 || tab.Row(7) != 1 || tab.Row(6) != -1 || tab.Row(8) != -1 {
		t.Error("rows of subjects")
	}
	if tab.Present(col.Key{Attr: "uscc"}).Count() != 1 || tab.Present(col.Key{Attr: "name"}).Count() != 1 {
		t.Error("codes and names that are there")
	}
	if b.Len() != 0 {
		t.Error("the builder must be empty afterwards")
	}
}

// A profile may have been read with another loading of the same pack.
func TestBuildForeignAttributes(t *testing.T) {
	reg := coltest.Register()
	foreign := &pack.Attribute{ID: "staff", Index: 999, Kind: pack.Integer, Yearly: true}
	unknown := &pack.Attribute{ID: "nothing", Index: 3, Kind: pack.Integer}
	b := col.NewBuilder(reg)
	if err := b.Add(&fact.Profile{Subject: 1, Facts: []fact.Fact{{Attr: foreign, Year: 2020, Value: fact.Value{Num: 7}}, {Attr: unknown}}}); err != nil {
		t.Fatal(err)
	}
	tab := b.Table(1)
	if len(tab.Nums) != 1 || tab.Nums[col.Key{Attr: "staff", Year: 2020}].Val[0] != 7 {
		t.Errorf("%v", tab.Nums)
	}
}
