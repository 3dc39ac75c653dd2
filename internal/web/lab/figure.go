package lab

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/pack"
)

// scale is a unit in which figures are written: one of it is Factor base units.
type scale struct {
	Key    string  // locale key of its name
	Suffix string  // as addresses and pack files write it behind the figure
	Factor float64 // base units in one
	Digits int     // most digits after the point
}

// Money is held in fen (cents for dollars), shares as plain ratios, all else as it is counted.
var (
	unitYi         = scale{"lab.unit.yi", "亿元", 1e10, 4}
	unitWan        = scale{"lab.unit.wan", "万元", 1e6, 4}
	unitYuan       = scale{"lab.unit.yuan", "元", 100, 2}
	unitYiDollars  = scale{"lab.unit.yiDollars", "亿美元", 1e10, 4}
	unitWanDollars = scale{"lab.unit.wanDollars", "万美元", 1e6, 4}
	unitDollars    = scale{"lab.unit.dollars", "美元", 100, 2}
	unitPercent    = scale{"lab.unit.percent", "%", 0.01, 4}
)

// scaleOf gives the unit in which a number of a rule is read and moved: the one its document would use.
func scaleOf(n *pack.Number) scale {
	switch n.Unit {
	case "percent":
		return unitPercent
	case "money":
		size := math.Abs(n.Value)
		units := []scale{unitYi, unitWan, unitYuan}
		if strings.Contains(n.Text, "美元") {
			units = []scale{unitYiDollars, unitWanDollars, unitDollars}
		}
		for _, u := range units {
			if size >= u.Factor {
				return u
			}
		}
		return units[1]
	case "person", "item", "point", "day", "year":
		return scale{"lab.unit." + n.Unit, "", 1, 4}
	}
	return scale{"lab.unit.none", "", 1, 4}
}

// show writes a base value in the unit, without the suffix and without thousands apart, as number fields want it.
func (u scale) show(base float64) string {
	text := strconv.FormatFloat(base/u.Factor, 'f', u.Digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		return "0"
	}
	return text
}

// write gives a base value as an address carries it: 2.5亿元, 25%, 60.
func (u scale) write(base float64) string { return u.show(base) + u.Suffix }

// round12 takes away the noise of a multiplication: 0.1 + 0.2 parts are not a figure that anybody wrote.
func round12(v float64) float64 { return math.Round(v*1e12) / 1e12 }

// sliderRange gives the bounds and the step of a number's slider in base units: the pack's, or about twice the
// figure in round steps.
func sliderRange(n *pack.Number) (lo, hi, step float64) {
	lo, hi, step = n.Min, n.Max, n.Step
	if lo >= hi {
		unit := scaleOf(n)
		v := math.Abs(n.Value) / unit.Factor
		lo, hi = 0, roundUp(max(2*v, 1))
		if n.Unit == "percent" && v <= 100 {
			hi = min(hi, 100)
		}
		hi *= unit.Factor
		if n.Value < 0 {
			lo = -hi
		}
	}
	if step <= 0 {
		unit := scaleOf(n)
		step = roundDown((hi-lo)/unit.Factor/100) * unit.Factor
		if n.Unit != "percent" && unit.Suffix == "" {
			step = max(1, math.Round(step))
		}
	}
	return lo, hi, step
}

// roundUp gives the next number of the form 1, 2 or 5 times a power of ten; roundDown the one before.
func roundUp(v float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5, 10} {
		if v <= m*p*(1+1e-9) {
			return m * p
		}
	}
	return 10 * p
}

func roundDown(v float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{5, 2, 1} {
		if v >= m*p*(1-1e-9) {
			return m * p
		}
	}
	return p
}

// curvePoints is the most points of a response curve between its ends.
const curvePoints = 120

// curveValues gives the values at which a number's curve is computed: whole steps over the slider's range,
// and the values that are marked.
func curveValues(n *pack.Number, marked ...float64) []float64 {
	lo, hi, step := sliderRange(n)
	for _, m := range marked { // a value typed in beyond the slider widens the curve
		lo, hi = min(lo, m), max(hi, m)
	}
	count := math.Round((hi - lo) / step)
	if count > curvePoints {
		step *= math.Ceil(count / curvePoints)
	}
	var values []float64
	for i := 0.0; ; i++ {
		v := round12(lo + i*step)
		if v > hi {
			break
		}
		values = append(values, v)
	}
	values = append(values, hi)
	values = append(values, marked...)
	slices.Sort(values)
	return slices.Compact(values)
}
