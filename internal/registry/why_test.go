package registry

import (
	"testing"
	"time"

	"eyas/packs"
)

func TestWhy(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	reg := p.Registers[0]
	fact := func(attr, source string, day int32, v Value) *Fact {
		return &Fact{Attr: reg.Attribute(attr), Value: v, Record: 1, Cell: 1, Origin: Origin{Source: p.Source(source), Day: day, Dated: true}}
	}
	num := func(n float64) Value { return Value{Num: n} }
	yes, no := Value{Int: 1}, Value{}
	change := func(f *Fact, with func(*Fact)) *Fact { with(f); return f }
	held := Moment{HeldOn: time.Unix(100*86400, 0).UTC()}
	for _, c := range []struct {
		what          string
		m             Moment
		winner, loser *Fact
		want          Why
	}{
		{"said twice", Moment{}, fact("sales", "tax", 9, num(5)), fact("sales", "annual", 8, num(5)), WhySame},
		{"a better source", Moment{}, fact("sales", "tax", 8, num(5)), fact("sales", "annual", 9, num(6)), WhyRank},
		{"a later day of one source", Moment{}, fact("sales", "tax", 9, num(5)), fact("sales", "tax", 8, num(6)), WhyDay},
		{"one source, one day", Moment{}, fact("sales", "tax", 9, num(5)), fact("sales", "tax", 9, num(6)), WhyTurn},
		{"where the day decides", Moment{}, fact("abnormal_list", "market", 9, yes), fact("abnormal_list", "abnormal", 8, no), WhyDay},
		{"not in a whole list", Moment{}, change(fact("abnormal_list", "abnormal", 9, no), func(f *Fact) { f.Cell, f.Record, f.Whole = 0, 0, 3 }), fact("abnormal_list", "abnormal", 8, yes), WhyDay},
		{"a blank of a complete list", Moment{}, fact("abnormal_list", "market", 1, yes), change(fact("abnormal_list", "abnormal", 9, no), func(f *Fact) { f.Cell = 0 }), WhyList},
		{"a name of one that was merged", Moment{}, fact("name", "bureau", 1, Value{Str: "甲"}), change(fact("name", "market", 9, Value{Str: "乙"}), func(f *Fact) { f.Origin.Weak = Borrowed }), WhyBorrowed},
		{"an inferred district", Moment{}, fact("district", "bureau", 1, Value{Str: "120110"}), change(fact("district", "market", 9, Value{Str: "120111"}), func(f *Fact) { f.Origin.Weak = Inferred }), WhyInferred},
		{"of a later day than is asked", held, fact("sales", "annual", 90, num(5)), fact("sales", "tax", 110, num(6)), WhyLater},
		{"declared wrong", Moment{}, change(fact("sales", "correction", 9, num(0)), func(f *Fact) { f.Void = true }), fact("sales", "tax", 8, num(6)), WhyVoid},
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
