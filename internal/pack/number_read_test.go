package pack

import (
	"testing"

	"eyas/internal/fault"
)

func TestNumberRead(t *testing.T) {
	money := &Number{Name: "sales.max", Unit: "money", Text: "2亿元"}
	dollars := &Number{Name: "value.min", Unit: "money", Text: "10亿美元"}
	share := &Number{Name: "rnd.low", Unit: "percent", Text: "5%"}
	points := &Number{Name: "score.pass", Unit: "point", Text: "60"}
	for _, x := range []struct {
		n    *Number
		text string
		want float64
		ok   bool
	}{
		{money, "2亿元", 2e10, true},
		{money, "2.5亿元", 2.5e10, true},
		{money, "5,000万元", 5e9, true},
		{money, "0.01", 1, true},
		{money, "200000000", 2e10, true},
		{money, "1亿美元", 0, false}, // another currency
		{dollars, "1亿美元", 1e10, true},
		{dollars, "5", 500, true},
		{dollars, "1亿元", 0, false},
		{money, "-5万元", -5e6, true},
		{money, "", 0, false},
		{money, "2个亿元", 0, false},
		{money, "1e9", 0, false},
		{money, "NaN", 0, false},
		{money, "99999999亿元", 0, false},
		{share, "25%", 0.25, true},
		{share, "2.5％", 0.025, true},
		{share, "0.07", 0.07, true},
		{share, "7%", 0.07, true}, // not 0.07000000000000001
		{share, "25", 0, false},
		{points, "55", 55, true},
		{points, "55分", 55, true},
		{points, "55%", 0, false},
		{points, "many", 0, false},
	} {
		got, err := x.n.Read(x.text)
		if (err == nil) != x.ok || got != x.want {
			t.Errorf("%s = %q: %v, %v; want %v, %v", x.n.Name, x.text, got, err, x.want, x.ok)
		}
		if err != nil && fault.Of(err) != fault.Invalid {
			t.Errorf("%q: %v is not wrong use", x.text, err)
		}
	}
}
