package list

import (
	"slices"
	"testing"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
)

// Each scope gets a table of its own rows: its index finds no others, and it is kept until the register changes.
func TestBaseShowsAScope(t *testing.T) {
	p := city()
	p.Registers = []*pack.Register{enterprise()}
	p.Roles = []*pack.Role{{ID: "officer", Rows: pack.RowsOrg, May: []string{"see"}, Fields: pack.AllClasses()}, {ID: "firm", Rows: pack.RowsOwn, May: []string{"see"}, Fields: pack.AllClasses()}}
	rights, err := auth.New(p)
	if err != nil {
		t.Fatal(err)
	}
	s := &fakeSource{}
	put := func(id int64, name, district string) {
		s.put(id, name, float64(id))
		if district != "" {
			s.profiles[id].Facts = append([]fact.Fact{{Attr: p.Registers[0].Attribute("district"), Value: fact.Value{Str: district}}}, s.profiles[id].Facts...)
		}
	}
	put(1, "甲一", "120110")
	put(2, "乙二", "120111")
	put(3, "甲三", "120110")
	put(4, "无四", "")
	b := NewBase(Config{Pack: p, Register: p.Registers[0], Source: s, Actors: rights})
	if err := b.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	officer := auth.In(t.Context(), auth.Actor{ID: "wang", Role: "officer", Org: "120110"})
	table := func(a auth.Actor) *col.Table {
		t.Helper()
		got, err := b.Current(auth.In(t.Context(), a))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	own := table(auth.Actor{ID: "wang", Role: "officer", Org: "120110"})
	if !slices.Equal(own.Subjects, []int64{1, 3}) {
		t.Errorf("a district sees %v", own.Subjects)
	}
	if other := table(auth.Actor{ID: "li", Role: "officer", Org: "120111"}); !slices.Equal(other.Subjects, []int64{2}) {
		t.Errorf("the other district sees %v", other.Subjects)
	}
	if firm := table(auth.Actor{ID: "f", Role: "firm", Subject: 4}); !slices.Equal(firm.Subjects, []int64{4}) {
		t.Errorf("a firm sees %v", firm.Subjects)
	}
	if whole := table(auth.Actor{ID: "chen", Role: "officer", Org: "120000"}); whole.N != 4 {
		t.Errorf("the city sees %v", whole.Subjects)
	}
	x := b.Index(own)
	if b.Index(own) != x || len(x.Search("乙二", 5)) != 0 || len(x.Search("甲三", 5)) != 1 {
		t.Error("the index of a district is made twice, or finds what lies elsewhere")
	}
	if again, _ := b.Current(officer); again != own {
		t.Error("the part of a register that did not change is made again")
	}
	put(5, "甲五", "120110")
	put(1, "甲一", "120111") // it moved
	if err := b.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if now, _ := b.Current(officer); !slices.Equal(now.Subjects, []int64{3, 5}) {
		t.Errorf("after a move a district sees %v", now.Subjects)
	}
	if _, err := b.Current(auth.In(t.Context(), auth.Actor{ID: "nobody"})); err == nil {
		t.Error("without a role somebody sees the register")
	}
}
