package rowloop

import (
	"eyas/internal/rule/kernel"
	"eyas/internal/tri"
)

// row is the values of one enterprise that several recognitions read.
type row struct {
	staff, staff3, stStaff, sales, sales1, sales2, sales3, assets, costs, rd, class1, class2, valuation num
	resident, goods, abnormal, breach, conductOK, listed, vc                                            tri.Bool
	hnteHeld, top3, award, institution, led, joined, software, national, provincial                     tri.Bool
	registered                                                                                          date
	tianjin                                                                                             tri.Bool
	conduct                                                                                             finding
	rndShare                                                                                            ratio
}

func read(c *columns, d *days, inCity []bool, i int) row {
	r := row{
		staff: number(c.staff, i), staff3: number(c.staff3, i), stStaff: number(c.stStaff, i),
		sales: number(c.sales, i), sales1: number(c.sales1, i), sales2: number(c.sales2, i), sales3: number(c.sales3, i),
		assets: number(c.assets, i), costs: number(c.costs, i), rd: number(c.rd, i),
		class1: number(c.class1, i), class2: number(c.class2, i), valuation: number(c.valuation, i),
		resident: truth(c.resident, i), goods: truth(c.goods, i), abnormal: truth(c.abnormal, i), breach: truth(c.breach, i),
		conductOK: truth(c.conduct, i), listed: truth(c.listed, i), vc: truth(c.vc, i),
		top3: truth(c.top3, i), award: truth(c.award, i), institution: truth(c.institution, i), led: truth(c.led, i), joined: truth(c.joined, i),
		software: truth(c.software, i), national: truth(c.national, i), provincial: truth(c.provincial, i),
		registered: dateAt(c.registered, i),
	}
	r.hnteHeld = held(dateAt(c.certFrom, i), dateAt(c.certUntil, i), d)
	district := tri.Unknown
	if c.district != nil && c.district.Val[i] != 0 {
		district = tri.Of(inCity[c.district.Val[i]])
	}
	r.tianjin = truth(c.legal, i).And(district)
	lists := r.abnormal.Not().And(r.breach.Not())
	r.conduct = finding{v: lists.And(r.conductOK), pending: lists != tri.Unknown, byHand: lists != tri.False}
	r.rndShare = divide(r.rd, r.sales)
	return r
}

func held(from, until date, d *days) tri.Bool {
	switch {
	case !from.ok && !until.ok:
		return tri.False
	case !from.ok:
		if until.v < d.day {
			return tri.False
		}
		return tri.Unknown
	case !until.ok:
		return tri.Of(from.v <= d.day && from.v >= d.heldSince)
	}
	return tri.Of(from.v <= d.day && d.day <= until.v)
}

var (
	staffMarks  = [5]float64{0.30, 0.25, 0.20, 0.15, 0.10}
	staffPoints = [5]int{20, 16, 12, 8, 4}
	salesMarks  = [5]float64{0.06, 0.05, 0.04, 0.03, 0.02}
	costsMarks  = [5]float64{0.30, 0.25, 0.20, 0.15, 0.10}
	rndPoints   = [5]int{50, 40, 30, 20, 10}
)

// class returns the points for a count of rights. marks descend. A blank count gives the full interval.
func (a num) class(marks []float64, low, high []int) span {
	if !a.ok {
		return span{0, high[0]}
	}
	for k, m := range marks {
		if a.v >= m {
			return span{low[k], high[k]}
		}
	}
	return span{}
}

var (
	class1Mark   = []float64{1}
	class1Points = []int{30}
	class2Marks  = []float64{4, 3, 2, 1}
	class2Points = []int{24, 18, 12, 6}
)

// tsme evaluates 科技型中小企业评价办法, articles 6 to 8.
func (r *row) tsme(f *[9]finding) (low, high int16) {
	staff := divide(r.stStaff, r.staff).bands(&staffMarks, &staffPoints)
	rnd := better(r.rndShare.bands(&salesMarks, &rndPoints), divide(r.rd, r.costs).bands(&costsMarks, &rndPoints))
	ip := better(r.class1.class(class1Mark, class1Points, class1Points), r.class2.class(class2Marks, class2Points, class2Points))
	total := span{staff.low + rnd.low + ip.low, staff.high + rnd.high + ip.high}
	score := reaches(total, 60).And(reaches(staff, 1))
	direct := r.hnteHeld.Or(r.top3).Or(r.institution).Or(r.led)
	f[0] = finding{v: r.resident}
	f[1] = finding{v: r.staff.atMost(500)}
	f[2] = finding{v: r.sales.atMost(200e6 * yuan)}
	f[3] = finding{v: r.assets.atMost(200e6 * yuan)}
	f[4] = finding{v: r.goods, pending: true, byHand: true}
	f[5] = r.conduct
	f[6] = finding{v: score.Or(direct)}
	return int16(total.low), int16(total.high)
}

func reaches(s span, mark int) tri.Bool {
	switch {
	case s.low >= mark:
		return tri.True
	case s.high < mark:
		return tri.False
	}
	return tri.Unknown
}

// sum adds the years from the year of registration on. It is unknown without that date, with a blank year, or if no
// year counts.
func sum(x0, x1, x2 num, registered date, d *days) num {
	if !registered.ok || registered.v > d.end || !x0.ok {
		return num{}
	}
	s := x0.v
	if registered.v <= d.end1 {
		if !x1.ok {
			return num{}
		}
		s += x1.v
	}
	if registered.v <= d.end2 {
		if !x2.ok {
			return num{}
		}
		s += x2.v
	}
	return num{s, true}
}

// growth is the mean of the two yearly rates. There is one rate for those registered in B−1, and none for younger ones.
func growth(x0, x1, x2 num, registered date, d *days) ratio {
	if registered.ok && registered.v > d.end1 {
		return ratio{ok: true}
	}
	one := registered.ok && registered.v > d.end2
	if x1.ok && x1.v <= 0 || !one && x2.ok && x2.v <= 0 {
		return ratio{ok: true}
	}
	if !x0.ok || !x1.ok || !one && !x2.ok {
		return ratio{}
	}
	if one {
		return ratio{kernel.OneRate(x0.v, x1.v), true, true}
	}
	return ratio{kernel.MeanRate(x0.v, x1.v, x2.v), true, true}
}

func (r ratio) growthPoints() span {
	switch {
	case !r.ok:
		return span{0, 10}
	case !r.has:
		return span{}
	case r.v >= 0.35:
		return span{9, 10}
	case r.v >= 0.25:
		return span{7, 8}
	case r.v >= 0.15:
		return span{5, 6}
	case r.v >= 0.05:
		return span{3, 4}
	case r.v > 0:
		return span{1, 2}
	}
	return span{}
}

var (
	number2Marks    = []float64{5, 3, 1}
	number2Low      = []int{5, 3, 1}
	number2High     = []int{6, 4, 2}
	number1Low      = []int{7}
	number1High     = []int{8}
	conversionMarks = []float64{5, 4, 3, 2, 1}
	conversionLow   = []int{25, 19, 13, 7, 1}
	conversionHigh  = []int{30, 24, 18, 12, 6}
)

// hnte evaluates 高新技术企业认定管理办法, article 11, with part 3 of 工作指引.
func (r *row) hnte(c *columns, d *days, i int, f *[9]finding) (low, high int16) {
	rd1, rd2 := number(c.rd1, i), number(c.rd2, i)
	rdSum := sum(r.rd, rd1, rd2, r.registered, d)
	salesSum := sum(r.sales, r.sales1, r.sales2, r.registered, d)
	homeSum := sum(number(c.rdHome, i), number(c.rdHome1, i), number(c.rdHome2, i), r.registered, d)
	intensity := divide(rdSum, salesSum)
	rnd := tri.Unknown
	if r.sales.ok {
		switch {
		case r.sales.v <= 50e6*yuan:
			rnd = intensity.atLeast(0.05)
		case r.sales.v <= 200e6*yuan:
			rnd = intensity.atLeast(0.04)
		default:
			rnd = intensity.atLeast(0.03)
		}
	}
	plain, total := r.innovation(c, d, i)
	score := reaches(total, 71)

	f[0] = finding{}
	if r.registered.ok {
		f[0].v = tri.Of(r.registered.v <= d.yearAgo)
	}
	f[1] = finding{v: truth(c.core, i), pending: true, byHand: true}
	f[2] = finding{pending: true}
	if c.field != nil && c.field.Val[i] != 0 {
		f[2].v = tri.True
	}
	f[3] = finding{v: divide(r.stStaff, r.staff).atLeast(0.10)}
	f[4] = finding{v: rnd}
	f[5] = finding{v: divide(homeSum, rdSum).atLeast(0.60)}
	f[6] = finding{v: divide(number(c.hightechIncome, i), number(c.totalIncome, i)).atLeast(0.60)}
	f[7] = finding{v: score, pending: true, byHand: plain.high >= 71}
	f[8] = finding{v: r.conductOK, pending: true, byHand: true}
	return int16(total.low), int16(total.high)
}

// innovation scores the capability for innovation, without and with the experts' points.
func (r *row) innovation(c *columns, d *days, i int) (plain, total span) {
	count := better(r.class1.class(class1Mark, number1Low, number1High), r.class2.class(number2Marks, number2Low, number2High))
	var obtained span
	none := r.class1.atMost(0).And(r.class2.atMost(0))
	own := truth(c.own, i)
	switch {
	case none == tri.True:
	case own == tri.False:
		obtained = span{1, 3}
	default:
		obtained = span{1, 6}
	}
	if none == tri.Unknown {
		obtained.low = 0
	}
	standards := span{0, 2}
	switch r.led.Or(r.joined) {
	case tri.True:
		standards.low = 1
	case tri.False:
		standards.high = 0
	}
	conversion := number(c.conversions, i).class(conversionMarks, conversionLow, conversionHigh)
	assets := growth(number(c.net, i), number(c.net1, i), number(c.net2, i), r.registered, d).growthPoints()
	sales := growth(r.sales, r.sales1, r.sales2, r.registered, d).growthPoints()

	plain = hnteTotal(span{0, 8}, span{0, 8}, count, obtained, standards, conversion, span{0, 20}, assets, sales)
	total = hnteTotal(span{0, 8}.given(c.sAdvancement, i), span{0, 8}.given(c.sCore, i), count.given(c.sNumber, i), obtained.given(c.sObtained, i),
		standards.given(c.sStandards, i), conversion.given(c.sConversion, i), span{0, 20}.given(c.sManagement, i), assets.given(c.sGrowthAssets, i), sales.given(c.sGrowthSale, i))
	return plain, total
}

func hnteTotal(advancement, core, count, obtained, standards, conversion, management, assets, sales span) span {
	low := min(30, advancement.low+core.low+count.low+obtained.low+standards.low)
	high := min(30, advancement.high+core.high+count.high+obtained.high+standards.high)
	return span{low + conversion.low + management.low + assets.low + sales.low, high + conversion.high + management.high + assets.high + sales.high}
}

// eaglet evaluates 津科规〔2021〕3号.
func (r *row) eaglet(d *days, f *[9]finding) {
	one, two := r.class1.atLeast(1), r.class2.atLeast(1)
	route := one.Or(r.class2.atLeast(2)).Or(r.software).
		Or(r.national.Or(r.provincial).And(one.Or(two))).
		Or(r.hnteHeld).Or(r.award).Or(r.institution).Or(r.led).Or(r.joined)
	f[0] = finding{v: r.tianjin}
	f[1] = finding{v: r.registered.between(d.end8, d.end)}
	f[2] = r.conduct
	f[3] = finding{v: r.sales.atLeast(100e3 * yuan)}
	f[4] = finding{v: route}
}

// gazelle uses figures that this project chose.
func (r *row) gazelle(d *days, f *[9]finding) {
	rising := grown(r.sales, r.sales1)
	since := func(day int32) tri.Bool {
		if !r.registered.ok {
			return tri.Unknown
		}
		return tri.Of(r.registered.v >= day)
	}
	bySales := r.sales3.atLeast(10e6 * yuan).And(divide(r.sales, r.sales3).atLeast(1.728)).And(rising)
	byStaff := r.staff3.atLeast(100).And(divide(r.staff, r.staff3).atLeast(2.197)).And(rising)
	big := since(d.end10).And(r.sales.atLeast(500e6 * yuan))
	fast := since(d.end5).And(r.sales.atLeast(100e6 * yuan)).And(divide(r.sales, r.sales1).atLeast(1.5))
	f[0] = finding{v: r.tianjin}
	f[1] = finding{v: r.registered.between(d.end15, d.end)}
	f[2] = r.conduct
	f[3] = finding{v: r.rndShare.atLeast(0.025)}
	f[4] = finding{v: r.class1.atLeast(1).Or(r.class2.atLeast(3))}
	f[5] = finding{v: bySales.Or(byStaff).Or(big).Or(fast)}
}

// leader uses figures that this project chose.
func (r *row) leader(f *[9]finding) {
	notShrunk := tri.Unknown
	if r.sales.ok && r.sales3.ok {
		notShrunk = tri.Of(r.sales.v >= r.sales3.v)
	}
	f[0] = finding{v: r.tianjin}
	f[1] = r.conduct
	f[2] = finding{v: r.hnteHeld}
	f[3] = finding{v: r.sales.atLeast(500e6 * yuan)}
	f[4] = finding{v: r.rndShare.atLeast(0.03)}
	f[5] = finding{v: r.class1.atLeast(10)}
	f[6] = finding{v: r.institution}
	f[7] = finding{v: notShrunk}
}

func (r *row) cultivated(f *[9]finding) {
	f[0] = finding{v: r.tianjin}
	f[1] = r.conduct
	f[2] = finding{v: r.sales.atLeast(200e6 * yuan)}
	f[3] = finding{v: r.rndShare.atLeast(0.03)}
	f[4] = finding{v: r.class1.atLeast(5)}
}

// unicorn uses the common definition. since is the earliest day of founding, usd the lowest valuation in US dollars.
func (r *row) unicorn(since, day int32, usd float64, f *[9]finding) {
	age := tri.Unknown
	if r.registered.ok {
		age = tri.Of(r.registered.v >= since)
	}
	f[0] = finding{v: age}
	f[1] = finding{v: r.vc}
	f[2] = finding{v: r.listed.Not()}
	f[3] = finding{v: r.valuation.atLeast(usd * 100)}
}
