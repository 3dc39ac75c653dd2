package derive

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/fact/facttest"
)

// Facts that come in sorted are let in in one pass; what comes of it is what comes of letting them in one by one.
func TestFoldInOnePass(t *testing.T) {
	reg := facttest.Register()
	r := newPrecedence(&pack.Pack{}, reg)
	rapid.Check(t, func(t *rapid.T) {
		facts, later := facttest.Sorted(reg).Draw(t, "facts"), facttest.Sorted(reg).Draw(t, "later")
		want, changed, touched := slices.Clone(facts), false, false
		for i := range later {
			var c1, t1 bool
			at, found := slices.BinarySearchFunc(want, later[i], fact.Compare)
			if !found {
				want, c1, t1 = slices.Insert(want, at, later[i]), true, true
			} else if wins, changes := r.beats(&later[i], &want[at]); wins {
				want[at], c1, t1 = later[i], changes, true
			}
			changed, touched = changed || c1, touched || t1
		}
		got, c2, t2 := r.Fold(slices.Clone(facts), later)
		if !slices.EqualFunc(got, want, facttest.SameBits) || c2 != changed || t2 != touched {
			t.Fatalf("fold gives %+v, %v, %v; want %+v, %v, %v", got, c2, t2, want, changed, touched)
		}
	})
}

// Folding records one after another is folding each value on its own: the last that says something new wins.
func TestFold(t *testing.T) {
	reg := facttest.Register()
	r := newPrecedence(&pack.Pack{}, reg)
	type key struct {
		attr string
		year int
	}
	rapid.Check(t, func(t *rapid.T) {
		want := map[key]fact.Fact{}
		var facts []fact.Fact
		for n := range rapid.IntRange(0, 5).Draw(t, "records") {
			later := rapid.SliceOfN(rapid.Map(facttest.Fact(reg), func(f fact.Fact) fact.Fact { // few values, so that they repeat
				f.Year = min(f.Year, 1901)
				switch n := f.Cell % 2; {
				case f.Attr.Kind.Numeric():
					f.Value = fact.Value{Num: float64(n)}
				case f.Attr.Kind == pack.Date || f.Attr.Kind == pack.Boolean:
					f.Value = fact.Value{Int: int64(n)}
				default:
					f.Value = fact.Value{Str: fmt.Sprint(n)}
				}
				return f
			}), 0, 8).Draw(t, "record")
			for j := range later {
				later[j].Record = int64(n + 1) // records come in order
			}
			changed := false
			for _, f := range later {
				k := key{f.Attr.ID, f.Year}
				declared := f.Cell == 0 && want[k].Cell != 0 // a "no" without a cell takes nothing back
				if old, ok := want[k]; !ok || old.Value != f.Value && !declared {
					want[k] = f
					changed = true
				}
			}
			got := false
			facts, got, _ = r.Fold(facts, later)
			if got != changed {
				t.Fatalf("changed %v, want %v", got, changed)
			}
			if !slices.IsSortedFunc(facts, fact.Compare) || len(facts) != len(want) {
				t.Fatalf("%d facts, want %d in order", len(facts), len(want))
			}
			for _, f := range facts {
				if !facttest.SameBits(f, want[key{f.Attr.ID, f.Year}]) {
					t.Fatalf("%+v, want %+v", f, want[key{f.Attr.ID, f.Year}])
				}
			}
		}
	})
}

// A name in another width is not another name.
func TestFoldNames(t *testing.T) {
	reg := facttest.Register()
	r := newPrecedence(&pack.Pack{}, reg)
	name := func(s string) []fact.Fact {
		return []fact.Fact{{Attr: reg.Attribute("name"), Value: fact.Value{Str: s}}}
	}
	for _, x := range []struct {
		from, to string
		changed  bool
	}{
		{"甲（天津）公司", "甲(天津) 公司", false},
		{"甲公司", "乙公司", true},
	} {
		facts, changed, _ := r.Fold(name(x.from), name(x.to))
		if changed != x.changed || changed != (facts[0].Value.Str == x.to) {
			t.Errorf("%s → %s: %v, %s", x.from, x.to, changed, facts[0].Value.Str)
		}
	}
}
