package list

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

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

// lies is a jurisdiction in which subjects that say no place lie where it says.
type lies map[int64]string

func (l lies) Within(_ context.Context, _ string, subjects []int64, s auth.Scope) (list []int64, err error) {
	for _, id := range subjects {
		if s.Has(l[id]) {
			list = append(list, id)
		}
	}
	return list, nil
}

func (l lies) HeldWithin(context.Context, string, auth.Scope) (all, seen []int64, err error) {
	return nil, nil, nil
}

func (l lies) Brought(context.Context, string, string, []int64) ([]int64, error) { return nil, nil }

func (l lies) Belonging(_ context.Context, _ string, s auth.Scope) ([]int64, error) {
	return s.Subjects(), nil
}

// Whatever was written, what is kept of the rows of a scope is what a base finds that keeps nothing.
func TestKeptPartsAreThoseOfAFreshBase(t *testing.T) {
	p := city()
	p.Registers = []*pack.Register{enterprise()}
	p.Roles = []*pack.Role{{ID: "officer", Rows: pack.RowsOrg, May: []string{"see"}, Fields: pack.AllClasses()}, {ID: "firm", Rows: pack.RowsOwn, May: []string{"see"}, Fields: pack.AllClasses()}}
	rights, err := auth.New(p)
	if err != nil {
		t.Fatal(err)
	}
	actors := []auth.Actor{{ID: "wang", Role: "officer", Org: "120110"}, {ID: "li", Role: "officer", Org: "120111"}, {ID: "chen", Role: "officer", Org: "120000"}, {ID: "f", Role: "firm", Subject: 4}}
	rapid.Check(t, func(rt *rapid.T) {
		s, elsewhere := &fakeSource{}, lies{}
		fresh := func() *Base {
			b := NewBase(Config{Pack: p, Register: p.Registers[0], Source: s, Actors: rights, Jurisdiction: elsewhere})
			if err := b.Refresh(ctx); err != nil {
				rt.Fatal(err)
			}
			return b
		}
		b := fresh()
		ids, orgs := rapid.Int64Range(1, 8), rapid.SampledFrom([]string{"", "120110", "120111"})
		for range rapid.IntRange(1, 12).Draw(rt, "writes") {
			id, name, org := ids.Draw(rt, "subject"), rapid.SampledFrom([]string{"甲", "乙", "甲", ""}).Draw(rt, "name"), orgs.Draw(rt, "district")
			if rapid.Bool().Draw(rt, "in another register") {
				elsewhere[id] = org
				b.round.Add(1)
			} else {
				s.put(id, name, float64(id))
				if name != "" && org != "" {
					s.profiles[id].Facts = append([]fact.Fact{{Attr: p.Registers[0].Attribute("district"), Value: fact.Value{Str: org}}}, s.profiles[id].Facts...)
				}
			}
			if err := b.Refresh(ctx); err != nil {
				rt.Fatal(err)
			}
			f := fresh()
			for _, a := range actors {
				got, err := b.Current(auth.In(ctx, a))
				want, other := f.Current(auth.In(ctx, a))
				if err != nil || other != nil || !slices.Equal(got.Subjects, want.Subjects) || names(got) != names(want) {
					rt.Fatalf("%s sees %v, and should see %v: %v %v", a.ID, got.Subjects, want.Subjects, err, other)
				}
			}
		}
	})
}
