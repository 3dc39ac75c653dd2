package judge_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// firm is a kind of ordinary enterprise. It generates the years of one.
type firm struct {
	kind, industry, name string
	years                func(r *rand.Rand, set func(year int, attr string, v float64))
}

func around(r *rand.Rand, median, spread float64) float64 {
	return median * math.Exp(spread*r.NormFloat64())
}

func between(r *rand.Rand, low, high float64) float64 {
	return low * math.Pow(high/low, r.Float64())
}

// going returns a kind whose figures continue from year to year: sales per head, the share of R&D in sales, and assets
// per head, each around a median.
func going(staff [2]float64, perHead, perHeadSpread, rd, assets, profit float64) func(*rand.Rand, func(int, string, float64)) {
	return func(r *rand.Rand, set func(int, string, float64)) {
		people := between(r, staff[0], staff[1])
		sales := people * around(r, perHead, perHeadSpread)
		share := around(r, rd, 0.5)
		held := people * around(r, assets, 0.8)
		for year := 2018; year <= 2021; year++ {
			set(year, "staff", math.Ceil(people))
			set(year, "sales", sales)
			set(year, "assets", held)
			made := sales * (profit + 0.04*r.NormFloat64())
			set(year, "profit", made)
			if r.IntN(2) == 0 {
				set(year, "costs", sales-made)
			}
			if rd > 0 {
				set(year, "rd_expense", sales*share*around(r, 1, 0.15))
				set(year, "rd_staff", math.Ceil(people*0.12))
			}
			people *= around(r, 1.03, 0.1)
			sales *= around(r, 1.06, 0.2)
			held *= around(r, 1.05, 0.1)
		}
	}
}

// firms are kinds of ordinary enterprises, including some with strange but true figures.
var firms = []firm{
	{"maker", "C3484", "机械制造", going([2]float64{8, 8000}, 700_000, 0.6, 0.04, 900_000, 0.06)},
	{"software house", "I6513", "软件", going([2]float64{5, 1500}, 450_000, 0.6, 0.12, 500_000, 0.08)},
	{"farm", "A0141", "农业", going([2]float64{5, 400}, 60_000, 0.4, 0, 150_000, 0.02)},
	{"trader", "F5112", "贸易", going([2]float64{3, 300}, 8_000_000, 1, 0, 3_000_000, 0.01)},
	{"cleaning", "O8211", "保洁服务", going([2]float64{50, 5000}, 45_000, 0.25, 0, 10_000, 0.03)},
	{"dispatch, by its industry", "L7263", "服务", going([2]float64{200, 40_000}, 9_000, 0.5, 0, 3_000, 0.05)},
	{"dispatch, by its name", "", "人力资源服务", going([2]float64{200, 40_000}, 9_000, 0.5, 0, 3_000, 0.05)},
	{"holding", "L7212", "投资控股", func(r *rand.Rand, set func(int, string, float64)) {
		people, held := between(r, 5, 300), between(r, 1e7, 5e10)
		for year := 2018; year <= 2021; year++ {
			set(year, "staff", math.Ceil(people))
			set(year, "assets", held)
			set(year, "profit", held*(0.02+0.02*r.NormFloat64()))
			if r.IntN(3) > 0 {
				set(year, "sales", people*between(r, 3000, 200_000))
			}
			held *= around(r, 1.05, 0.1)
		}
	}},
	{"shell", "L7299", "商贸", func(r *rand.Rand, set func(int, string, float64)) {
		held := between(r, 10_000, 1e6)
		for year := 2018; year <= 2021; year++ {
			set(year, "staff", float64(r.IntN(4)))
			set(year, "assets", held)
			set(year, "profit", -between(r, 1000, 50_000))
			set(year, "sales", []float64{0, 0, between(r, 5_000, 300_000)}[r.IntN(3)])
		}
	}},
	{"start-up without sales", "M7340", "生物技术", func(r *rand.Rand, set func(int, string, float64)) {
		people, spends := between(r, 25, 300), between(r, 4e6, 1e8)
		first := 2020 + r.IntN(4) // possibly after these years
		for year := 2018; year <= 2021; year++ {
			set(year, "staff", math.Ceil(people))
			set(year, "rd_staff", math.Ceil(people*0.6))
			set(year, "rd_expense", spends)
			set(year, "profit", -spends*around(r, 1.2, 0.1))
			if year >= first {
				set(year, "sales", between(r, 1e6, 2e7))
			} else if r.IntN(2) == 0 {
				set(year, "sales", 0)
			}
			people *= around(r, 1.2, 0.1)
			spends *= around(r, 1.3, 0.25)
		}
	}},
	{"whose R&D ends", "C2710", "制药", func(r *rand.Rand, set func(int, string, float64)) {
		people, end := between(r, 60, 900), 2020+r.IntN(2)
		sales := people * around(r, 600_000, 0.4)
		for year := 2018; year <= 2021; year++ {
			set(year, "staff", math.Ceil(people))
			set(year, "sales", sales)
			set(year, "profit", sales*0.07)
			if year < end {
				set(year, "rd_staff", math.Ceil(people*0.1))
				set(year, "rd_expense", sales*0.05)
			} else {
				set(year, "rd_staff", float64(r.IntN(3)))
				set(year, "rd_expense", sales*0.05/between(r, 200, 600))
			}
			sales *= around(r, 1.05, 0.15)
		}
	}},
	{"whose R&D becomes an asset", "C3610", "汽车零部件", func(r *rand.Rand, set func(int, string, float64)) {
		people := between(r, 100, 2000)
		sales := people * around(r, 900_000, 0.4)
		for year := 2018; year <= 2021; year++ {
			set(year, "staff", math.Ceil(people))
			set(year, "sales", sales)
			set(year, "profit", sales*0.07)
			set(year, "rd_staff", math.Ceil(people*0.1))
			x := sales * 0.05
			if year == 2021 {
				x /= between(r, 2, 25)
			}
			set(year, "rd_expense", x)
		}
	}},
}

// population makes a register of ordinary enterprises of all kinds.
func population(t testing.TB, reg *pack.Register, seed uint64, each int) (list []fact.Profile, kinds []string) {
	r := rand.New(rand.NewPCG(seed, 1))
	for _, f := range firms {
		for n := range each {
			given := map[string]string{}
			f.years(r, func(year int, attr string, v float64) {
				given[fmt.Sprintf("%s@%d", attr, year)] = strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
			})
			if f.industry != "" {
				given["industry"] = f.industry[1:]
			}
			p := subject(t, reg, given)
			p.Subject, p.Name = int64(len(list)+1), fmt.Sprintf("天津样例%d%s有限公司", n, f.name)
			list, kinds = append(list, p), append(kinds, f.kind)
		}
	}
	return list, kinds
}

// Ordinary enterprises are never doubted, neither in a register of all kinds nor with one year only.
func TestOrdinaryEnterprises(t *testing.T) {
	p := tianjin(t)
	reg := p.Registers[0]
	years, doubted := 0, 0
	for seed := range uint64(20) {
		list, kinds := population(t, reg, seed, 50)
		j := judged(t, p, list)
		for i := range list {
			for only := 2017; only <= 2021; only++ {
				q := clone(&list[i])
				if only > 2017 {
					kept := q.Facts[:0]
					for _, f := range q.Facts {
						if f.Year == 0 || f.Year == only {
							kept = append(kept, f)
						}
					}
					q.Facts = kept
					years++
				}
				if found := written(j.Check(&q, nil)); found != "" {
					doubted++
					t.Errorf("seed %d, %s (%s), years from %d: finds %s in %s", seed, kinds[i], q.Name, only, found, figures(&q))
				}
			}
		}
	}
	t.Logf("%d company-years, %d doubted", years, doubted)
}

func figures(p *fact.Profile) (s string) {
	for _, f := range p.Facts {
		s += fmt.Sprintf("%s@%d=%.0f ", f.Attr.ID, f.Year, f.Value.Num)
	}
	return s
}

// Wrong values that were missed at first, each in a register of ordinary enterprises.
func TestWrongFigures(t *testing.T) {
	p := tianjin(t)
	reg := p.Registers[0]
	type given = map[string]string
	for _, x := range []struct {
		name  string
		given given
		want  string
	}{
		{"one year in thousands, sales and staff alone", given{"sales@2021": "439557195", "staff@2021": "191970"}, "unit_slip sales@2021=439557195000 (×1000)"},
		{"one year in millions", given{"sales@2021": "848258", "rd_expense@2021": "15577", "staff@2021": "449934", "rd_staff@2021": "13689"},
			"unit_slip sales@2021=848258000000 (×1000000); unit_slip rd_expense@2021=15577000000 (×1000000)"},
		{"a year in millions between others", given{"sales@2019": "745917000000", "sales@2020": "768070", "sales@2021": "848258000000"}, "unit_slip sales@2020=768070000000 (×1000000)"},
		{"a year in yuan under millions", given{"sales@2019": "74591700", "sales@2020": "76807000000000", "sales@2021": "84825800"}, "unit_slip sales@2020=76807000 (÷1000000)"},
	} {
		t.Run(x.name, func(t *testing.T) {
			for seed := range uint64(5) {
				list, kinds := population(t, reg, seed, 300)
				kept := list[:0]
				for i := range list { // as similar as those of published statements
					if kinds[i] == "maker" {
						kept = append(kept, list[i])
					}
				}
				j := judged(t, p, kept)
				s := subject(t, reg, x.given)
				if got := written(j.Check(&s, nil)); got != x.want {
					t.Errorf("seed %d: finds %q, want %q", seed, got, x.want)
				}
			}
		})
	}
}
