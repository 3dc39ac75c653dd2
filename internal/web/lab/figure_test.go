package lab

import (
	"math"
	"slices"
	"testing"

	"eyas/internal/fault"
	"eyas/internal/pack"

	"pgregory.net/rapid"
)

func TestReadFigure(t *testing.T) {
	money := &pack.Number{Name: "sales.max", Unit: "money", Value: 2e10, Text: "2亿元"}
	share := &pack.Number{Name: "staff.min", Unit: "percent", Value: 0.1, Text: "10%"}
	points := &pack.Number{Name: "score.pass", Unit: "point", Value: 60, Text: "60"}
	for _, c := range []struct {
		n    *pack.Number
		text string
		want float64
	}{
		{money, "2.5亿元", 2.5e10}, {money, "5000万元", 5e9}, {money, "5,000 万元", 5e9}, {money, "1元", 100}, {money, "1.05", 105},
		{money, "12", 1200},
		{share, "25%", 0.25}, {share, "2.5％", 0.025}, {share, "0.3", 0.3}, {share, "7%", 0.07},
		{points, "55分", 55}, {points, "55", 55}, {points, " 55.5 ", 55.5}, {points, "-3", -3},
	} {
		if got, err := c.n.Read(c.text); err != nil || got != c.want {
			t.Errorf("%s %q: got %v, %v; want %v", c.n.Name, c.text, got, err, c.want)
		}
	}
	for _, c := range []struct {
		n    *pack.Number
		text string
	}{
		{money, ""}, {money, "10亿美元"}, {money, "两亿"}, {money, "25%"}, {money, "1.005"}, {money, "1e400"}, {share, "25"}, {points, "55人"}, {money, "9999999999亿元"}, {money, "NaN"}, {share, "2亿元"}, {points, "55%"}, {points, "0x10"}, {points, "Inf"}, {points, "5 5 a"},
	} {
		if got, err := c.n.Read(c.text); fault.Of(err) != fault.Invalid {
			t.Errorf("%s %q: got %v, %v; want it refused", c.n.Name, c.text, got, err)
		}
	}
}

// What a number field shows is read back as the same value.
func TestFigureRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := &pack.Number{Name: "x", Unit: rapid.SampledFrom([]string{"money", "percent", "person", "point"}).Draw(t, "unit")}
		switch n.Unit {
		case "money":
			n.Value = 1e6 * float64(rapid.IntRange(1, 1e6).Draw(t, "wan"))
		case "percent":
			n.Value = float64(rapid.IntRange(1, 1000).Draw(t, "per mille")) / 1000
		default:
			n.Value = float64(rapid.IntRange(1, 5000).Draw(t, "count"))
		}
		u := scaleOf(n)
		got, err := n.Read(u.write(n.Value))
		if err != nil || math.Abs(got-n.Value) > 1e-9*n.Value {
			t.Fatalf("%v is written %q and read as %v, %v", n.Value, u.write(n.Value), got, err)
		}
	})
}

func TestSliderRangeAndCurveCoverTheFigure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := &pack.Number{Unit: rapid.SampledFrom([]string{"money", "percent", "person"}).Draw(t, "unit")}
		n.Value = map[string]float64{"money": 1e6, "percent": 0.005, "person": 1}[n.Unit] * float64(rapid.IntRange(1, 200).Draw(t, "v"))
		lo, hi, step := sliderRange(n)
		if lo > n.Value || hi < n.Value || step <= 0 || (hi-lo)/step > 1000 || (hi-lo)/step < 1 {
			t.Fatalf("value %v: %v … %v by %v", n.Value, lo, hi, step)
		}
		moved := n.Value * 3
		values := curveValues(n, n.Value, moved)
		if !slices.IsSorted(values) || len(values) > curvePoints+4 || !slices.Contains(values, n.Value) || !slices.Contains(values, moved) {
			t.Fatalf("%d values: %v", len(values), values)
		}
		for i := 1; i < len(values); i++ {
			if values[i] == values[i-1] {
				t.Fatalf("%v twice", values[i])
			}
		}
	})
}

func TestSliderRangeOfThePack(t *testing.T) {
	n := &pack.Number{Unit: "point", Value: 60, Min: 40, Max: 80, Step: 1}
	if got := curveValues(n, 60); len(got) != 41 || got[0] != 40 || got[40] != 80 {
		t.Errorf("%v", got)
	}
}
