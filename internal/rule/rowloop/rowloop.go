// Package rowloop screens the recognitions of the Tianjin pack with a hand-written loop over rows, as a Go programmer
// would write it without a rule engine. Benchmarks compare the kernels with it. It was written from the official texts,
// not from the pack, so tests require equal results bit for bit. It writes both bitmaps of every criterion, the five
// sets of every recognition and the bounds of every score.
package rowloop

import (
	"math"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"
	"eyas/internal/tri"
)

// num is a number that may be blank.
type num struct {
	v  float64
	ok bool
}

// ratio is a number that may be blank or have no value.
type ratio struct {
	v       float64
	ok, has bool
}

// finding is one criterion of one row.
type finding struct {
	v       tri.Bool
	pending bool // unknown, and a manual finding would settle it
	byHand  bool // unmet only by a manual finding
}

// span is an interval of points.
type span struct{ low, high int }

const yuan = 100 // fen

// criteria are the criterion ids of each recognition, in the order of Screen's results.
var criteria = map[string][]string{
	"tsme":              {"resident", "staff", "sales", "assets", "goods", "conduct", "score"},
	"hnte":              {"age", "ip", "field", "staff", "rnd", "domestic", "income", "score", "conduct"},
	"eaglet":            {"tianjin", "age", "conduct", "sales", "route"},
	"gazelle":           {"tianjin", "age", "conduct", "rnd", "ip", "route"},
	"leader":            {"tianjin", "conduct", "hnte", "sales", "rnd", "ip", "institution", "growth"},
	"leader_cultivated": {"tianjin", "conduct", "sales", "rnd", "ip"},
	"unicorn":           {"age", "capital", "unlisted", "valuation"},
	"unicorn_seed":      {"age", "capital", "unlisted", "valuation"},
}

// Order is the recognitions in the order of Screen's results.
var Order = []string{"tsme", "hnte", "eaglet", "gazelle", "leader", "leader_cultivated", "unicorn", "unicorn_seed"}

// columns are the columns that the rules read. A column that the table does not have is nil.
type columns struct {
	staff, staff3, stStaff                               *col.Num
	sales, sales1, sales2, sales3, assets, costs         *col.Num
	rd, rd1, rd2, rdHome, rdHome1, rdHome2               *col.Num
	hightechIncome, totalIncome, net, net1, net2         *col.Num
	class1, class2, conversions, valuation               *col.Num
	sAdvancement, sCore, sNumber, sObtained, sStandards  *col.Num
	sConversion, sManagement, sGrowthAssets, sGrowthSale *col.Num
	resident, legal, goods, conduct, abnormal, breach    *col.Bool
	top3, award, institution, led, joined, software      *col.Bool
	national, provincial, own, core, vc, listed          *col.Bool
	registered, certFrom, certUntil                      *col.Date
	district, field                                      *col.Dict
}

func load(t *col.Table, base int) *columns {
	n := func(a string, ago int) *col.Num { return t.Nums[col.Key{Attr: a, Year: base - ago}] }
	one := func(a string) *col.Num { return t.Nums[col.Key{Attr: a}] }
	b := func(a string) *col.Bool { return t.Bools[col.Key{Attr: a}] }
	d := func(a string) *col.Date { return t.Dates[col.Key{Attr: a}] }
	return &columns{
		staff: n("staff", 0), staff3: n("staff", 3), stStaff: n("st_staff", 0),
		sales: n("sales", 0), sales1: n("sales", 1), sales2: n("sales", 2), sales3: n("sales", 3), assets: n("assets", 0), costs: n("costs", 0),
		rd: n("rd_expense", 0), rd1: n("rd_expense", 1), rd2: n("rd_expense", 2),
		rdHome: n("rd_expense_domestic", 0), rdHome1: n("rd_expense_domestic", 1), rdHome2: n("rd_expense_domestic", 2),
		hightechIncome: n("hightech_income", 0), totalIncome: n("total_income", 0), net: n("net_assets", 0), net1: n("net_assets", 1), net2: n("net_assets", 2),
		class1: one("ip_class1"), class2: one("ip_class2"), conversions: one("conversions"), valuation: one("valuation_usd"),
		sAdvancement: one("score_ip_advancement"), sCore: one("score_ip_core"), sNumber: one("score_ip_number"), sObtained: one("score_ip_obtained"),
		sStandards: one("score_standards"), sConversion: one("score_conversion"), sManagement: one("score_rd_management"),
		sGrowthAssets: one("score_growth_assets"), sGrowthSale: one("score_growth_sales"),
		resident: b("resident_enterprise"), legal: b("independent_legal_person"), goods: b("goods_allowed"), conduct: b("conduct_ok"),
		abnormal: b("abnormal_list"), breach: b("breach_list"), top3: b("national_award_top3"), award: b("province_award"), institution: b("rd_institution"),
		led: b("standards_led"), joined: b("standards_joined"), software: b("software_certificates"), national: b("competition_national"),
		provincial: b("competition_provincial"), own: b("ip_own_research"), core: b("ip_core"), vc: b("vc_received"), listed: b("listed"),
		registered: d("registered_on"), certFrom: d("cert_hnte_from"), certUntil: d("cert_hnte_until"),
		district: t.Dicts[col.Key{Attr: "district"}], field: t.Dicts[col.Key{Attr: "hightech_field"}],
	}
}

// days are the dates that the rules compare with on one day of screening, in days since 1970-01-01.
type days struct {
	day                                       int32
	yearAgo, tenYears, fiveYears              int32
	end, end1, end2, end5, end8, end10, end15 int32
	heldSince                                 int32
}

func daysOf(date time.Time, base int) days {
	day := kernel.Days(date)
	return days{day: day, yearAgo: day - 365, tenYears: kernel.YearsBefore(day, 10), fiveYears: kernel.YearsBefore(day, 5),
		end: kernel.YearEnd(base), end1: kernel.YearEnd(base - 1), end2: kernel.YearEnd(base - 2), end5: kernel.YearEnd(base - 5),
		end8: kernel.YearEnd(base - 8), end10: kernel.YearEnd(base - 10), end15: kernel.YearEnd(base - 15), heldSince: heldSince(day)}
}

func number(c *col.Num, i int) num {
	if c == nil || !c.Valid.Get(i) {
		return num{}
	}
	return num{c.Val[i], true}
}

func truth(c *col.Bool, i int) tri.Bool {
	if c == nil || !c.Valid.Get(i) {
		return tri.Unknown
	}
	return tri.Of(c.Val.Get(i))
}

func (a num) atLeast(x float64) tri.Bool {
	if !a.ok {
		return tri.Unknown
	}
	return tri.Of(a.v >= x)
}

func (a num) atMost(x float64) tri.Bool {
	if !a.ok {
		return tri.Unknown
	}
	return tri.Of(a.v <= x)
}

func divide(a, b num) ratio {
	if b.ok && b.v <= 0 {
		return ratio{ok: true}
	}
	if !a.ok || !b.ok {
		return ratio{}
	}
	return ratio{a.v / b.v, true, true}
}

func (r ratio) atLeast(x float64) tri.Bool {
	if !r.ok {
		return tri.Unknown
	}
	return tri.Of(r.has && r.v >= x)
}

// grown returns whether a > b.
func grown(a, b num) tri.Bool {
	if !a.ok || !b.ok {
		return tri.Unknown
	}
	return tri.Of(a.v > b.v)
}

// date is a day that may be blank.
type date struct {
	v  int32
	ok bool
}

func dateAt(c *col.Date, i int) date {
	if c == nil || !c.Valid.Get(i) {
		return date{}
	}
	return date{c.Val[i], true}
}

func (d date) between(lo, hi int32) tri.Bool {
	if !d.ok {
		return tri.Unknown
	}
	return tri.Of(d.v >= lo && d.v <= hi)
}

// Screen evaluates all recognitions over a table on a day. Its figures are constants, equal to those of the pack.
func Screen(t *col.Table, on time.Time, rules map[string]*pack.Rule) []*rule.Outcome {
	base := on.Year() - 1
	c, d := load(t, base), daysOf(on, base)
	outs := make([]*rule.Outcome, len(Order))
	for k, id := range Order {
		outs[k] = newOutcome(t.N, rules[id], criteria[id], k < 2)
	}
	inCity := make([]bool, 0)
	if c.district != nil {
		inCity = make([]bool, len(c.district.Words))
		for k, w := range c.district.Words {
			inCity[k] = len(w) == 6 && w[:4] == "1201"
		}
	}
	var found [9]finding
	for i := range t.N {
		r := read(c, &d, inCity, i)
		outs[0].ScoreLow[i], outs[0].ScoreHigh[i] = r.tsme(&found)
		settle(outs[0], i, found[:7])
		outs[1].ScoreLow[i], outs[1].ScoreHigh[i] = r.hnte(c, &d, i, &found)
		settle(outs[1], i, found[:9])
		r.eaglet(&d, &found)
		settle(outs[2], i, found[:5])
		r.gazelle(&d, &found)
		settle(outs[3], i, found[:6])
		r.leader(&found)
		settle(outs[4], i, found[:8])
		r.cultivated(&found)
		settle(outs[5], i, found[:5])
		r.unicorn(d.tenYears, d.day, 1e9, &found)
		settle(outs[6], i, found[:4])
		r.unicorn(d.fiveYears, d.day, 1e8, &found)
		settle(outs[7], i, found[:4])
	}
	return outs
}

func newOutcome(n int, r *pack.Rule, ids []string, score bool) *rule.Outcome {
	o := &rule.Outcome{Rule: r, Met: col.NewBitmap(n), Unmet: col.NewBitmap(n), Unknown: col.NewBitmap(n), Near: col.NewBitmap(n), Pending: col.NewBitmap(n)}
	for _, id := range ids {
		o.Criteria = append(o.Criteria, rule.CriterionOutcome{Criterion: &pack.Criterion{ID: id}, True: col.NewBitmap(n), False: col.NewBitmap(n), Only: col.NewBitmap(n)})
	}
	if score {
		o.ScoreLow, o.ScoreHigh = make([]int16, n), make([]int16, n)
	}
	return o
}

// settle writes one row of one recognition.
func settle(o *rule.Outcome, i int, found []finding) {
	unmet, last := 0, 0
	allMet, stuck := true, false
	for k := range found {
		f := &found[k]
		switch f.v {
		case tri.True:
			o.Criteria[k].True.Set(i)
		case tri.False:
			o.Criteria[k].False.Set(i)
			unmet++
			last = k
			allMet = false
		default:
			allMet = false
			if !f.pending {
				stuck = true
			}
		}
	}
	switch {
	case allMet:
		o.Met.Set(i)
	case unmet > 0:
		o.Unmet.Set(i)
		if unmet == 1 && !stuck && !found[last].byHand {
			o.Near.Set(i)
			o.Criteria[last].Only.Set(i)
		}
	default:
		o.Unknown.Set(i)
		if !stuck {
			o.Pending.Set(i)
		}
	}
}

// bands returns the points of the first mark that is reached. A blank ratio gives the full interval.
func (r ratio) bands(marks *[5]float64, points *[5]int) span {
	if !r.ok {
		return span{0, points[0]}
	}
	if r.has {
		for k, m := range marks {
			if r.v >= m {
				return span{points[k], points[k]}
			}
		}
	}
	return span{}
}

func better(a, b span) span { return span{max(a.low, b.low), max(a.high, b.high)} }

// given replaces the interval by an expert's points if they lie within it.
func (s span) given(c *col.Num, i int) span {
	if c == nil || !c.Valid.Get(i) {
		return s
	}
	if p := c.Val[i]; p >= float64(s.low) && p <= float64(s.high) && p == math.Trunc(p) {
		return span{int(p), int(p)}
	}
	return s
}

// heldSince returns the earliest day of issue for which a certificate without an end is still held on a day.
func heldSince(day int32) int32 {
	from := kernel.YearsBefore(day, 3) - 2
	for kernel.HeldUntil(from, pack.Term{Years: 3}) < day {
		from++
	}
	return from
}
