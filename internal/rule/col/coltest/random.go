package coltest

import (
	"math"
	"math/rand/v2"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
)

// BaseYear is the last year with figures in random tables. They have three years before it too.
const BaseYear = 2020

// figure is the annual figures of one enterprise; money in fen.
type figure struct {
	staff, stStaff, rdStaff                 float64
	sales, totalIncome, hightech, costs     float64
	rd, rdDomestic, rdDeducted, assets, net float64
	profit, taxes, exports                  float64
	loan                                    bool
}

// Random returns a table of n subjects with the columns of the enterprise register that the register has. The same
// arguments give the same table. The share of blanks differs between columns, from missing/50 to missing (0.5: from 1
// to 50 %). Names and codes are never blank.
//
// Values are plausible and often equal the limits of rules: 1 to 800 employees, sales log-normal from 0.1 to 2,000
// million yuan (some exactly 200 million), R&D from zero to 15 % of sales (some exactly 3, 5 and 6 %), some negative
// net assets, and zeros.
func Random(r *pack.Register, n int, seed uint64, missing float64) *col.Table {
	g := &generator{rnd: rand.New(rand.NewPCG(seed, 0x45796173)), missing: missing, rates: map[col.Key]float64{},
		t: &col.Table{Register: r, N: n, Subjects: make([]int64, n), Change: int64(n),
			Nums: map[col.Key]*col.Num{}, Dates: map[col.Key]*col.Date{}, Bools: map[col.Key]*col.Bool{},
			Dicts: map[col.Key]*col.Dict{}, Texts: map[col.Key]col.Bitmap{}}}
	g.t.Codes.Off, g.t.Names.Off = make([]uint32, 1, n+1), make([]uint32, 1, n+1)
	for row := range n {
		g.row(row)
	}
	if f := &g.t.Formers; len(f.Off) > 0 {
		for len(f.Off) <= n {
			f.Off = append(f.Off, uint32(len(f.Bytes)))
		}
	}
	for y := BaseYear - 3; y <= BaseYear; y++ {
		if n > 0 {
			g.t.Years = append(g.t.Years, y)
		}
	}
	return g.t
}

type generator struct {
	t       *col.Table
	rnd     *rand.Rand
	missing float64
	rates   map[col.Key]float64 // share of blanks per column
	dicts   map[string]uint32   // attribute and word → number of the word
}

func (g *generator) chance(p float64) bool { return g.rnd.Float64() < p }

// blank decides whether a value is left out.
func (g *generator) blank(k col.Key) bool {
	rate, ok := g.rates[k]
	if !ok {
		rate = g.missing * (0.02 + 0.98*g.rnd.Float64())
		g.rates[k] = rate
	}
	return g.chance(rate)
}

func (g *generator) kind(id string) pack.Kind {
	if a := g.t.Register.Attribute(id); a != nil {
		return a.Kind
	}
	return ""
}

func (g *generator) num(id string, year, row int, v float64) {
	k := col.Key{Attr: id, Year: year}
	if !g.kind(id).Numeric() || g.blank(k) {
		return
	}
	c := g.t.Nums[k]
	if c == nil {
		c = &col.Num{Val: make([]float64, g.t.N), Valid: col.NewBitmap(g.t.N)}
		g.t.Nums[k] = c
	}
	c.Val[row] = v
	c.Valid.Set(row)
}

func (g *generator) date(id string, row int, v int32) {
	k := col.Key{Attr: id}
	if g.kind(id) != pack.Date || g.blank(k) {
		return
	}
	c := g.t.Dates[k]
	if c == nil {
		c = &col.Date{Val: make([]int32, g.t.N), Valid: col.NewBitmap(g.t.N)}
		g.t.Dates[k] = c
	}
	c.Val[row] = v
	c.Valid.Set(row)
}

func (g *generator) flag(id string, year, row int, v bool) {
	k := col.Key{Attr: id, Year: year}
	if g.kind(id) != pack.Boolean || g.blank(k) {
		return
	}
	c := g.t.Bools[k]
	if c == nil {
		c = &col.Bool{Val: col.NewBitmap(g.t.N), Valid: col.NewBitmap(g.t.N)}
		g.t.Bools[k] = c
	}
	c.Valid.Set(row)
	if v {
		c.Val.Set(row)
	}
}

func (g *generator) word(id string, row int, w string) {
	k := col.Key{Attr: id}
	if g.kind(id) != pack.Code || g.blank(k) {
		return
	}
	c := g.t.Dicts[k]
	if c == nil {
		c = &col.Dict{Val: make([]uint32, g.t.N), Words: []string{""}}
		g.t.Dicts[k] = c
	}
	if g.dicts == nil {
		g.dicts = map[string]uint32{}
	}
	v, ok := g.dicts[id+"\x00"+w]
	if !ok {
		v = uint32(len(c.Words))
		c.Words = append(c.Words, w)
		g.dicts[id+"\x00"+w] = v
	}
	c.Val[row] = v
}

func (g *generator) text(id string, row int) {
	k := col.Key{Attr: id}
	if kind := g.kind(id); kind != pack.String && kind != pack.List || g.blank(k) {
		return
	}
	if id == col.FormerNames {
		if row%formerEvery != 0 {
			return
		}
		g.former(row)
	}
	if g.t.Texts[k] == nil {
		g.t.Texts[k] = col.NewBitmap(g.t.N)
	}
	g.t.Texts[k].Set(row)
}

// formerEvery is the number of subjects per subject with a former name.
const formerEvery = 8

// former gives a row a former name. It has its own random numbers, so the other columns do not depend on it.
func (g *generator) former(row int) {
	f := &g.t.Formers
	for len(f.Off) <= row {
		f.Off = append(f.Off, uint32(len(f.Bytes)))
	}
	f.Bytes = append(f.Bytes, name(rand.New(rand.NewPCG(uint64(row), formerEvery)))...)
	f.Off = append(f.Off, uint32(len(f.Bytes)))
}

// row fills one subject.
func (g *generator) row(row int) {
	r := g.rnd
	g.t.Subjects[row] = int64(row + 1)
	district := Districts[r.IntN(len(Districts))]
	if g.chance(0.3) {
		district = "120116" // 滨海新区 has about a third of all
	}
	if g.chance(0.01) {
		district = []string{"110105", "130102", "开发区以外"}[r.IntN(3)]
	}
	g.t.Codes.Bytes = append(g.t.Codes.Bytes, code(r, row)...)
	g.t.Codes.Off = append(g.t.Codes.Off, uint32(len(g.t.Codes.Bytes)))
	g.t.Names.Bytes = append(g.t.Names.Bytes, name(r)...)
	g.t.Names.Off = append(g.t.Names.Off, uint32(len(g.t.Names.Bytes)))

	g.word("district", row, district)
	if g.chance(0.2) {
		g.word("zone", row, []string{"huayuan", "beichen", "nankai", "wuqing", "tanggu"}[r.IntN(5)])
	}
	g.word("industry", row, industries[min(r.IntN(len(industries)), r.IntN(len(industries)))])
	g.word("status", row, []string{"存续", "存续", "存续", "在业", "注销", "吊销", "迁出"}[r.IntN(7)])
	if g.chance(0.6) {
		g.word("hightech_field", row, fields[r.IntN(len(fields))])
	}
	for _, id := range []string{"former_names", "address", "office_address", "registrar", "business_scope", "legal_form", "contact", "phone"} {
		g.text(id, row)
	}

	registered := day(1995, 1, 1) + int32(r.IntN(int(day(2020, 12, 31)-day(1995, 1, 1))+1))
	if g.chance(0.02) { // exactly a limit
		registered = day(BaseYear-[]int{8, 10, 15}[r.IntN(3)], 12, 31)
	}
	g.date("registered_on", row, registered)
	if g.chance(0.25) {
		from := day(2016, 1, 1) + int32(r.IntN(6*365))
		g.date("cert_hnte_from", row, from)
		g.date("cert_hnte_until", row, from+3*365)
	}
	g.flags(row)
	g.counts(row)
	g.years(row)
}

func (g *generator) flags(row int) {
	for _, f := range []struct {
		id  string
		yes float64
	}{
		{"independent_legal_person", 0.97}, {"resident_enterprise", 0.98}, {"ip_own_research", 0.7}, {"ip_core", 0.6},
		{"standards_led", 0.01}, {"standards_joined", 0.04}, {"national_award_top3", 0.002}, {"province_award", 0.01},
		{"rd_institution", 0.03}, {"software_certificates", 0.05}, {"competition_national", 0.01}, {"competition_provincial", 0.02},
		{"goods_allowed", 0.99}, {"conduct_ok", 0.98}, {"abnormal_list", 0.03}, {"breach_list", 0.005},
		{"vc_received", 0.06}, {"listed", 0.003},
	} {
		g.flag(f.id, 0, row, g.chance(f.yes))
	}
}

func (g *generator) counts(row int) {
	r := g.rnd
	class1, class2 := 0.0, 0.0
	if g.chance(0.35) {
		class1 = math.Floor(math.Exp(0.8 * math.Abs(r.NormFloat64())))
	}
	if g.chance(0.55) {
		class2 = math.Floor(math.Exp(1.1 * math.Abs(r.NormFloat64())))
	}
	g.num("ip_class1", 0, row, class1)
	g.num("ip_class2", 0, row, class2)
	g.num("ip_invention", 0, row, class1)
	g.num("ip_utility", 0, row, math.Floor(class2/2))
	g.num("ip_design", 0, row, float64(r.IntN(2)))
	g.num("ip_software", 0, row, math.Ceil(class2/2))
	g.num("conversions", 0, row, float64(r.IntN(20))/3)
	g.num("registered_capital", 0, row, math.Round(math.Exp(15+1.5*r.NormFloat64()))*100)
	g.num("paid_in_capital", 0, row, math.Round(math.Exp(14.5+1.5*r.NormFloat64()))*100)
	if g.chance(0.08) {
		g.num("financing_total", 0, row, math.Round(math.Exp(17+1.5*r.NormFloat64()))*100)
		v := math.Round(math.Exp(18+1.5*r.NormFloat64())) * 100
		if g.chance(0.05) {
			v = []float64{1e8, 1e9}[r.IntN(2)] * 100
		}
		g.num("valuation_usd", 0, row, v)
	}
	if g.chance(0.05) {
		for _, s := range []struct {
			id  string
			max int
		}{{"score_ip_advancement", 8}, {"score_ip_core", 8}, {"score_ip_number", 8}, {"score_ip_obtained", 6}, {"score_standards", 2},
			{"score_conversion", 30}, {"score_rd_management", 20}, {"score_growth_assets", 10}, {"score_growth_sales", 10}} {
			g.num(s.id, 0, row, float64(r.IntN(s.max+1)))
		}
	}
}

// years fills four years of figures, computed backwards from the last one with yearly growth rates.
func (g *generator) years(row int) {
	r := g.rnd
	var f figure
	f.staff = min(800, max(1, math.Round(math.Exp(3.2+1.2*r.NormFloat64()))))
	if g.chance(0.01) {
		f.staff = []float64{500, 501, 100}[r.IntN(3)]
	}
	f.stStaff = math.Round(f.staff * min(1, max(0, 0.2+0.2*r.NormFloat64())))
	f.sales = min(2e11, max(1e7, math.Round(math.Exp(20.5+1.6*r.NormFloat64()))))
	switch {
	case g.chance(0.01):
		f.sales = []float64{2e10, 5e9, 5e10, 1e7}[r.IntN(4)]
	case g.chance(0.01):
		f.sales = 0
	}
	share := 0.15 * r.Float64() * r.Float64()
	switch {
	case g.chance(0.1):
		share = 0
	case g.chance(0.03):
		share = []float64{0.03, 0.05, 0.06}[r.IntN(3)]
	}
	f.rd = math.Round(f.sales * share)
	hightech := min(1, max(0, 0.6+0.3*r.NormFloat64()))
	if g.chance(0.02) {
		hightech = 0.6
	}
	for y := BaseYear; y > BaseYear-4; y-- {
		f.rdStaff = math.Floor(f.stStaff * (0.5 + 0.5*r.Float64()))
		f.totalIncome = math.Round(f.sales * (1 + 0.1*r.Float64()))
		f.hightech = math.Round(f.totalIncome * hightech)
		f.costs = math.Round(f.sales * (0.6 + 0.5*r.Float64()))
		f.rdDomestic = math.Round(f.rd * min(1, 0.5+r.Float64()))
		f.rdDeducted = math.Round(f.rd * r.Float64())
		f.assets = math.Round(f.sales * math.Exp(0.3+0.6*r.NormFloat64()))
		f.net = math.Round(f.assets * (0.9*r.Float64() - 0.07))
		f.profit = math.Round(f.totalIncome - f.costs)
		f.taxes = math.Round(f.sales * 0.06 * r.Float64())
		f.exports = 0
		if g.chance(0.1) {
			f.exports = math.Round(f.sales * r.Float64())
		}
		f.loan = g.chance(0.2)
		g.year(row, y, &f)
		rate := 1 + 0.08 + 0.25*r.NormFloat64()
		if g.chance(0.02) {
			rate = 1.2
		}
		f.sales = math.Round(f.sales / max(0.3, rate))
		f.staff = max(1, math.Round(f.staff/max(0.5, 1+0.04+0.15*r.NormFloat64())))
		f.stStaff = min(f.staff, math.Round(f.stStaff*(0.8+0.3*r.Float64())))
		f.rd = math.Round(f.sales * share * (0.7 + 0.5*r.Float64()))
	}
}

func (g *generator) year(row, y int, f *figure) {
	for _, v := range []struct {
		id string
		v  float64
	}{
		{"staff", f.staff}, {"st_staff", f.stStaff}, {"rd_staff", f.rdStaff}, {"sales", f.sales}, {"total_income", f.totalIncome},
		{"hightech_income", f.hightech}, {"costs", f.costs}, {"rd_expense", f.rd}, {"rd_expense_domestic", f.rdDomestic},
		{"rd_deducted", f.rdDeducted}, {"assets", f.assets}, {"net_assets", f.net}, {"profit", f.profit}, {"taxes", f.taxes}, {"exports", f.exports},
	} {
		g.num(v.id, y, row, v.v)
	}
	g.flag("loan_received", y, row, f.loan)
}

func day(y, m, d int) int32 {
	return int32(time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}
