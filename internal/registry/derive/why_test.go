package derive

import (
	"testing"
	"time"

	"eyas/internal/registry/fact"
	"eyas/packs"
)

func TestWhy(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	reg := p.Registers[0]
	said := func(attr, source string, day int32, v fact.Value) *fact.Fact {
		return &fact.Fact{Attr: reg.Attribute(attr), Value: v, Record: 1, Cell: 1, Origin: fact.Origin{Source: p.Source(source), Day: day, Dated: true}}
	}
	num := func(n float64) fact.Value { return fact.Value{Num: n} }
	yes, no := fact.Value{Int: 1}, fact.Value{}
	change := func(f *fact.Fact, with func(*fact.Fact)) *fact.Fact { with(f); return f }
	held := fact.Moment{HeldOn: time.Unix(100*86400, 0).UTC()}
	for _, c := range []struct {
		what          string
		m             fact.Moment
		winner, loser *fact.Fact
		want          Why
	}{
		{"said twice", fact.Moment{}, said("sales", "tax", 9, num(5)), said("sales", "annual", 8, num(5)), WhySame},
		{"a better source", fact.Moment{}, said("sales", "tax", 8, num(5)), said("sales", "annual", 9, num(6)), WhyRank},
		{"a later day of one source", fact.Moment{}, said("sales", "tax", 9, num(5)), said("sales", "tax", 8, num(6)), WhyDay},
		{"one source, one day", fact.Moment{}, said("sales", "tax", 9, num(5)), said("sales", "tax", 9, num(6)), WhyTurn},
		{"where the day decides", fact.Moment{}, said("abnormal_list", "market", 9, yes), said("abnormal_list", "abnormal", 8, no), WhyDay},
		{"not in a whole list", fact.Moment{}, change(said("abnormal_list", "abnormal", 9, no), func(f *fact.Fact) { f.Cell, f.Record, f.Whole = 0, 0, 3 }), said("abnormal_list", "abnormal", 8, yes), WhyDay},
		{"a blank of a complete list", fact.Moment{}, said("abnormal_list", "market", 1, yes), change(said("abnormal_list", "abnormal", 9, no), func(f *fact.Fact) { f.Cell = 0 }), WhyList},
		{"a name of one that was merged", fact.Moment{}, said("name", "bureau", 1, fact.Value{Str: "甲"}), change(said("name", "market", 9, fact.Value{Str: "乙"}), func(f *fact.Fact) { f.Origin.Weak = fact.Borrowed }), WhyBorrowed},
		{"an inferred district", fact.Moment{}, said("district", "bureau", 1, fact.Value{Str: "120110"}), change(said("district", "market", 9, fact.Value{Str: "120111"}), func(f *fact.Fact) { f.Origin.Weak = fact.Inferred }), WhyInferred},
		{"of a later day than is asked", held, said("sales", "annual", 90, num(5)), said("sales", "tax", 110, num(6)), WhyLater},
		{"declared wrong", fact.Moment{}, change(said("sales", "correction", 9, num(0)), func(f *fact.Fact) { f.Void = true }), said("sales", "tax", 8, num(6)), WhyVoid},
	} {
		j := NewJudge(p, reg, c.m)
		if got := j.Why(c.winner, c.loser); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
		if w := *c.winner; w.Whole == 0 && c.want != WhySame && c.want != WhyTurn && j.order(&w, c.loser) <= 0 {
			t.Errorf("%s: it does not win", c.what)
		}
	}
}
