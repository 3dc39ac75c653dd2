package demo

import (
	"math"
	"math/rand/v2"
	"sort"
	"strconv"
	"strings"
	"time"
)

// span is how many years of annual figures are made: the base year and the three before it, which is as
// far back as any recognition looks.
const span = 4

// kind is the sort of enterprise; it rules size, research and growth.
type kind int

const (
	plain   kind = iota // trade, building, services: no research to speak of
	small               // small technology enterprises, most of those that bureaus work with
	growing             // fast growth over three years
	large               // large industrial enterprises with research of their own
	leading             // the few that could lead
	rising              // backed by venture capital, valued highly
)

// shape holds the medians and spreads (of the logarithm) that a kind draws its figures from.
type shape struct {
	staff, staffSpread     float64 // persons
	perHead, perHeadSpread float64 // sales per person, yuan
	growth, growthSpread   float64 // mean and deviation of a year's logarithmic growth
	research, researchSD   float64 // R&D over sales
	scientists             float64 // S&T staff over staff
	class1, class2         float64 // mean rights held
}

var shapes = [...]shape{
	plain:   {14, 1.1, 520e3, 0.8, 0.02, 0.25, 0.002, 0.003, 0.03, 0.02, 0.3},
	small:   {22, 0.9, 420e3, 0.7, 0.08, 0.28, 0.055, 0.030, 0.24, 0.8, 3.2},
	growing: {75, 0.8, 620e3, 0.6, 0.14, 0.15, 0.062, 0.028, 0.27, 1.8, 6.0},
	large:   {520, 0.6, 1100e3, 0.5, 0.05, 0.15, 0.034, 0.012, 0.16, 6.0, 18},
	leading: {900, 0.5, 1500e3, 0.4, 0.10, 0.10, 0.050, 0.012, 0.22, 22, 40},
	rising:  {260, 0.6, 500e3, 0.7, 0.45, 0.25, 0.180, 0.080, 0.45, 9, 15},
}

// year is one year of an enterprise's statement; money in yuan.
type year struct {
	staff, scientists, researchers   int
	sales, income, hightech, costs   float64
	research, researchHome, deducted float64
	assets, netAssets, profit, taxes float64
	exports                          float64
	loan                             bool
	before                           bool // the enterprise was not yet registered
}

// answer is a yes, a no, or nothing known.
type answer int8

const (
	silent answer = iota
	yes
	no
)

// enterprise is one synthetic enterprise with everything that is true of it. What a file then leaves out
// or spoils is decided where the file is written.
type enterprise struct {
	index      int
	kind       kind
	code, name string
	former     string
	place      *district
	zone       string
	address    string
	trade      *trade
	registered time.Time
	capital    float64 // yuan
	contact    string
	phone      string
	status     string
	abnormal   bool
	breach     bool

	years [span]year // years[span-1] is the base year

	class1, class2                                     int
	invention, utility, design                         int
	software                                           int
	ownResearch, core                                  answer
	conversions                                        float64
	standardsLed, standardsJoined                      answer
	award, provinceAward                               answer
	institution, certificates                          answer
	competition, nationalCompetition                   answer
	goods, conduct                                     answer
	capitalReceived, listed                            answer
	financing, valuation                               float64 // yuan, US dollars; 0: none known
	certFrom                                           time.Time
	certUntil                                          time.Time
	certNo                                             string
	advancement, coreRole, obtained, converts, manages int // expert scores; −1: not given
}

// city makes the enterprises of one demonstration city.
type city struct {
	seed  uint64
	until int // base year
	share []float64
}

func newCity(seed uint64, until int) *city {
	c := &city{seed: seed, until: until}
	sum := 0.0
	for i := range districts {
		sum += districts[i].weight
		c.share = append(c.share, sum)
	}
	return c
}

// stream is the randomness of one enterprise for one purpose, so that each file can be written on its own
// and every value of an enterprise stays the same whatever else is drawn.
func (c *city) stream(purpose uint64, index int) *rand.Rand {
	return rand.New(rand.NewPCG(c.seed*0x9e3779b97f4a7c15+purpose, uint64(index)))
}

// at makes enterprise index.
func (c *city) at(index int) *enterprise {
	r := c.stream(0, index)
	e := &enterprise{index: index, kind: drawKind(r, index)}
	c.identify(e, r)
	c.found(e, r)
	c.account(e, r)
	c.qualify(e, r)
	return e
}

// drawKind deals the rare kinds by index, so that a city of any size has its share of them.
func drawKind(r *rand.Rand, index int) kind {
	switch {
	case index%2500 == 1233:
		return rising
	case index%400 == 57:
		return leading
	}
	switch x := r.Float64(); {
	case x < 0.42:
		return plain
	case x < 0.895:
		return small
	case x < 0.965:
		return growing
	}
	return large
}

// identify gives the enterprise its place, code and name.
func (c *city) identify(e *enterprise, r *rand.Rand) {
	x := r.Float64() * c.share[len(c.share)-1]
	e.place = &districts[min(sort.SearchFloat64s(c.share, x), len(districts)-1)]
	area := e.place.code
	switch {
	case r.Float64() < 0.004: // moved out of the city
		e.place = &elsewhere[r.IntN(len(elsewhere))]
	case r.Float64() < 0.012: // moved between districts: the code keeps the first one's area
		area = districts[r.IntN(len(districts))].code
	}
	serial := (uint64(e.index)*387_420_489 + c.seed%orgSpace*1_000_003) % orgSpace // one to one: 3¹⁸ and 31⁶ share no factor
	e.code = creditCode(area, serial)

	trades := technology
	if e.kind == plain {
		trades = ordinary
	}
	brand, t := c.brand(e.index, len(trades))
	e.trade = &trades[t]
	form := []string{"有限公司", "有限公司", "有限责任公司"}[r.IntN(3)]
	if e.kind >= large && r.Float64() < 0.6 {
		form = "股份有限公司"
	}
	if e.kind != plain && !strings.HasSuffix(e.trade.word, "科技") && !strings.HasSuffix(e.trade.word, "技术") && r.Float64() < 0.4 {
		form = "科技" + form
	}
	town := "天津"
	if r.Float64() < 0.3 {
		town = "天津市"
	}
	e.name = town + brand + e.trade.word + form + "（示例）"
	if r.Float64() < 0.03 {
		old, _ := c.brand(e.index+1<<40, len(trades))
		e.former = town + old + "商贸有限公司（示例）"
	}

	if e.place.code == "120116" && r.Float64() < 0.8 {
		e.zone = zones[r.IntN(len(zones))]
	}
	town = "天津市"
	if e.place.code[:2] != "12" {
		town = ""
	}
	e.address = town + e.place.name + e.place.streets[r.IntN(len(e.place.streets))] + strconv.Itoa(1+r.IntN(320)) + "号"
	e.contact = string(surnames[r.IntN(len(surnames))]) + string(given[r.IntN(len(given))])
	e.phone = "000" + digits(r, 8) // no number of the national plan begins so
}

// legal is the name of the legal representative. It draws nothing, so that all else stays as it was.
func (e *enterprise) legal() string {
	s, g := surnames, given
	return string(s[(e.index*7+3)%len(s)]) + string(g[(e.index*13+5)%len(g)])
}

// brand deals a brand name and a trade to an index: every pair once before a third syllable is added.
func (c *city) brand(index, trades int) (string, int) {
	const step = 15_485_863 // a prime larger than the space, so that the walk meets every place
	space := len(first) * len(second) * trades
	k := (index%space*step + int(c.seed%1_000_003)) % space
	b := string([]rune{first[k/trades/len(second)], second[k/trades%len(second)]})
	if block := index / space; block > 0 {
		b += string(third[(block-1)%len(third)])
	}
	return b, k % trades
}

// found gives the enterprise its day of registration and its standing.
func (c *city) found(e *enterprise, r *rand.Rand) {
	// Half of a register is younger than eight years; few are older than twenty.
	age := 0.2 + 9*math.Pow(r.Float64(), 1.4)/(1.12-r.Float64())
	switch e.kind {
	case large, leading:
		age = 8 + 17*r.Float64()
	case growing:
		age = 3.5 + 9*r.Float64()
	case rising:
		age = 4 + 5.5*r.Float64()
	}
	age = min(age, 28)
	end := time.Date(c.until, 12, 31, 0, 0, 0, 0, time.UTC)
	e.registered = end.AddDate(0, 0, -int(age*365.25))
	steps := []float64{10e4, 50e4, 100e4, 200e4, 300e4, 500e4, 1000e4, 2000e4, 5000e4}
	e.capital = steps[r.IntN(7)]
	if e.kind >= growing {
		e.capital = steps[3+r.IntN(6)] * float64(1+r.IntN(4))
	}
	e.status = "存续"
	if r.Float64() < 0.2 {
		e.status = "在业"
	}
	e.abnormal = r.Float64() < 0.025
	e.breach = r.Float64() < 0.006
}

// account makes four years of figures, the last year first and the others by going back.
func (c *city) account(e *enterprise, r *rand.Rand) {
	s := shapes[e.kind]
	staff := math.Exp(math.Log(s.staff) + s.staffSpread*r.NormFloat64())
	sales := staff * math.Exp(math.Log(s.perHead)+s.perHeadSpread*r.NormFloat64())
	if r.Float64() < 0.02 && e.kind == small {
		sales = 0 // still developing its first product
	}
	intensity := max(0, s.research+s.researchSD*r.NormFloat64())
	scientists := min(0.9, max(0, s.scientists*(1+0.5*r.NormFloat64())))
	hightech := 0.55 + 0.44*r.Float64()
	if e.kind == plain {
		hightech = 0
	}
	margin := 0.06 + 0.09*r.NormFloat64()
	depth := math.Exp(0.1 + 0.6*r.NormFloat64())
	equity := 0.45 + 0.25*r.NormFloat64()
	export := 0.0
	if r.Float64() < 0.12 {
		export = 0.4 * r.Float64()
	}
	for i := span - 1; i >= 0; i-- {
		y := &e.years[i]
		*y = year{
			staff: max(1, int(staff)),
			sales: round(sales),
			loan:  e.kind != plain && r.Float64() < 0.25,
		}
		y.before = e.registered.Year() > c.until-(span-1)+i
		y.scientists = min(y.staff, int(math.Round(float64(y.staff)*scientists)))
		y.researchers = int(float64(y.scientists) * (0.5 + 0.5*r.Float64()))
		y.income = round(sales * (1 + 0.04*r.Float64()))
		y.hightech = round(y.income * hightech * (0.92 + 0.08*r.Float64()))
		spent := max(sales*(1-margin), 5e4)
		if sales == 0 { // still its staff are paid
			spent = float64(y.staff) * 1.1e5
		}
		y.costs = round(spent * (0.96 + 0.08*r.Float64()))
		y.research = round(sales * intensity * (0.85 + 0.3*r.Float64()))
		if sales == 0 {
			y.research = round(y.costs * 0.5)
		}
		y.researchHome = round(y.research * (0.9 + 0.1*r.Float64()))
		if e.kind == large && r.Float64() < 0.1 {
			y.researchHome = round(y.research * 0.4)
		}
		y.deducted = round(y.research * 0.75 * r.Float64())
		y.assets = round(max(sales, 1e5) * depth)
		y.netAssets = round(y.assets * equity)
		y.profit = round(sales - y.costs)
		y.taxes = round(max(0, sales*0.03+max(0, y.profit)*0.15))
		y.exports = round(sales * export)
		g := s.growth + s.growthSpread*r.NormFloat64()
		sales /= math.Exp(g)
		staff /= math.Exp(0.7 * g)
		equity -= 0.03 * r.Float64()
	}
}

// qualify gives rights, certificates and what people have found.
func (c *city) qualify(e *enterprise, r *rand.Rand) {
	s := shapes[e.kind]
	last := e.years[span-1]
	e.class1 = count(r, s.class1)
	e.class2 = count(r, s.class2)
	e.advancement, e.coreRole, e.obtained, e.converts, e.manages = -1, -1, -1, -1, -1

	tech := e.kind != plain
	chance := func(p float64) answer {
		if r.Float64() < p {
			return yes
		}
		return no
	}
	only := func(known, p float64) answer { // an answer given at all with probability known
		if r.Float64() < known {
			return chance(p)
		}
		return silent
	}
	e.ownResearch = only(0.8, 0.9)
	e.standardsLed = only(0.9, map[bool]float64{true: 0.02, false: 0}[tech])
	e.standardsJoined = only(0.88, map[bool]float64{true: 0.06, false: 0}[tech])
	e.award = only(0.92, 0.0015)
	e.provinceAward = only(0.9, map[bool]float64{true: 0.01, false: 0}[tech])
	e.institution = only(0.92, [...]float64{0, 0.012, 0.05, 0.25, 0.85, 0.3}[e.kind])
	e.certificates = only(0.85, map[bool]float64{true: 0.08, false: 0}[tech && e.trade.field == "软件"])
	e.competition = only(0.85, map[bool]float64{true: 0.015, false: 0}[tech])
	e.nationalCompetition = only(0.85, map[bool]float64{true: 0.004, false: 0}[tech])

	// Those whose figures look right often hold the certificate of a high-tech enterprise.
	intense := last.sales > 0 && last.research/last.sales >= 0.03 && last.scientists*10 >= last.staff
	if tech && (intense && r.Float64() < 0.45 || e.kind == leading && r.Float64() < 0.95) {
		day := time.Date(c.until+1, 2, 28, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -r.IntN(4*365))
		if day.After(e.registered.AddDate(1, 0, 0)) {
			e.certFrom = day
			e.certUntil = day.AddDate(3, 0, -1)
			e.certNo = "GR" + strconv.Itoa(day.Year()) + "12" + digits(r, 6)
		}
	}
	certified := !e.certFrom.IsZero()
	if certified && e.class1 == 0 && e.class2 < 5 {
		e.class2 += 5 // nobody is certified without rights
	}

	e.invention = e.class1
	e.utility = int(float64(e.class2) * r.Float64())
	e.software = (e.class2 - e.utility) * 4 / 5
	e.design = e.class2 - e.utility - e.software
	e.conversions = math.Round(float64(e.class1+e.class2)*(0.3+0.7*r.Float64())*10) / 10

	// People have found something about those that applied for something; experts scored the certified and some others.
	if certified && r.Float64() < 0.75 || r.Float64() < [...]float64{0.03, 0.3, 0.45, 0.5, 0.9, 0.9}[e.kind] {
		e.goods, e.conduct = chance(0.985), chance(0.985)
		e.core = only(0.65, 0.97)
		if certified {
			e.core = only(0.95, 0.99)
		}
		if certified && r.Float64() < 0.85 || r.Float64() < 0.15 {
			e.scored(r, certified)
		}
	}
	if e.kind == rising || tech && r.Float64() < 0.02 {
		e.capitalReceived, e.listed = yes, no
		value := math.Exp(math.Log(2.5e7) + 1.1*r.NormFloat64())
		if e.kind == rising {
			value = math.Exp(math.Log(1.3e9) + 0.5*r.NormFloat64())
		}
		e.valuation = math.Round(value/1e5) * 1e5
		e.financing = math.Round(value*1.2/1e5) * 1e5
	} else if e.kind >= large {
		e.capitalReceived, e.listed = only(0.8, 0.3), only(0.9, 0.06)
	}
}

// scored gives the points of experts, each within its band.
func (e *enterprise) scored(r *rand.Rand, certified bool) {
	e.advancement, e.coreRole, e.manages = 3+r.IntN(5), 3+r.IntN(5), 8+r.IntN(10)
	if certified {
		e.advancement, e.coreRole, e.manages = 5+r.IntN(4), 5+r.IntN(4), 14+r.IntN(7)
	}
	if e.ownResearch == yes && e.class1+e.class2 > 0 {
		e.obtained = 3 + r.IntN(4)
	}
	for i, least := range []float64{5, 4, 3, 2, 1} { // bands of 25–30, 19–24, 13–18, 7–12 and 1–6 points
		if e.conversions >= least {
			e.converts = 25 - 6*i + r.IntN(6)
			break
		}
	}
}

// count draws a whole number with a long tail around a mean.
func count(r *rand.Rand, mean float64) int {
	return int(mean * r.ExpFloat64() * (0.5 + r.Float64()))
}

// round gives money in whole hundreds of yuan, which is what a statement in 万元 with two decimals can say.
func round(x float64) float64 { return math.Round(x/100) * 100 }

func digits(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + r.IntN(10))
	}
	return string(b)
}
