package entry

import (
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/web/words"
)

// What a form fills in for an amount is read as the same amount again, to the fen.
func TestAmountsAreWrittenAsTheyAreRead(t *testing.T) {
	for _, unit := range []string{"yuan", "usd"} {
		a := &pack.Attribute{ID: "sales", Kind: pack.Money, Unit: unit}
		rapid.Check(t, func(t *rapid.T) {
			fen := rapid.Int64Range(-1<<53, 1<<53).Draw(t, "fen")
			text := written(a, fact.Value{Num: float64(fen)})
			if got, ok := words.ReadAmount(a, text); !ok || got != fen {
				t.Fatalf("%d fen are written %q and read as %d, %v", fen, text, got, ok)
			}
		})
	}
}

// A number without a unit is in that of the label; one with a unit keeps it. Either way the form says what it comes to.
func TestAmountsSayWhatTheyComeTo(t *testing.T) {
	a := &pack.Attribute{ID: "income", Kind: pack.Money, Unit: "yuan"}
	w := words.Writer{Lang: "zh-CN", Text: func(key string, _ ...any) string {
		return map[string]string{"unit.yuan.yuan": "元", "unit.yuan.wan": "万元"}[key]
	}}
	for text, want := range map[string]string{"820": "= 8,200,000 元", "0.082": "= 820 元", "8,200,000元": "= 8,200,000 元", "1.2亿": "= 120,000,000 元", "１２０": "= 1,200,000 元", "-3": "= -30,000 元",
		"0.000001": "= 0.01 元", "很多": "", "": "", "100美元": ""} {
		if got := w.Echo(a, text); got != want {
			t.Errorf("%q comes to %q, want %q", text, got, want)
		}
	}
}

// An amount is asked about when it is a hundredfold away from that of its year, or of the nearest one, and what was meant
// is offered where another unit comes near.
func TestAmountsFarFromTheKnownAreAskedAbout(t *testing.T) {
	a := &pack.Attribute{ID: "income", Kind: pack.Money, Unit: "yuan", Yearly: true}
	w := words.Writer{Lang: "zh-CN", Text: func(key string, _ ...any) string { return key }}
	of := func(year int, fen float64) fact.Fact {
		return fact.Fact{Attr: a, Year: year, Value: fact.Value{Num: fen}}
	}
	p := &fact.Profile{Facts: []fact.Fact{of(2018, 5e6), of(2020, 820e6)}}
	for _, x := range []struct {
		year int
		text string
		ask  string // what it says; empty: nothing is asked
		as   string // the unit that is offered; empty: none is
	}{
		{2020, "820", "", ""},
		{2020, "81999", "", ""},
		{2020, "82000", "form.ask.amount", ""},
		{2020, "8.21", "", ""},
		{2020, "8.2", "form.ask.amount", ""},
		{2020, "8200000", "form.ask.amount", "income@2020=元"},
		{2020, "0.09", "form.ask.amount", "income@2020=亿元"},
		{2020, "8200000元", "", ""},
		{2020, "0", "", ""},
		{2020, "-8200000", "", ""},
		{2021, "8200000", "form.ask.amount.year", "income@2021=元"},
		{2019, "100", "", ""},                                  // 2018 is as near as 2020, and comes first
		{2019, "820", "form.ask.amount.year", "income@2019=元"}, // 5 万元 in 2018
	} {
		key := words.ValueKey(a, x.year)
		q := askAmount(w, p, a, x.year, key, x.text, nil)
		if q == nil {
			if x.ask != "" {
				t.Errorf("%d %s: nothing is asked", x.year, x.text)
			}
			continue
		}
		as := ""
		for _, one := range q.Answers {
			if one.Name == readAs {
				as = one.Value
			}
		}
		if q.Says != x.ask || as != x.as {
			t.Errorf("%d %s: asks %q, offers %q; want %q, %q", x.year, x.text, q.Says, as, x.ask, x.as)
		}
		if askAmount(w, p, a, x.year, key, x.text, map[string]bool{sureOf(key, x.text): true}) != nil {
			t.Errorf("%d %s: asked again", x.year, x.text)
		}
	}
	if q := askAmount(w, nil, a, 2020, "income@2020", "1", nil); q != nil {
		t.Error("asked where nothing is known")
	}
}
