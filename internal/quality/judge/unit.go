package judge

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"eyas/internal/figure"
	"eyas/internal/registry/fact"
)

// shifts are the units that a statement may stand in, as the power of ten that its amounts must be multiplied by to
// be what they were read as: yuan, thousands, ten thousands and millions, and what was yuan under a head that said these.
var shifts = [...]int{0, 3, 4, -3, -4, 6, -6}

// widest is the largest difference between two shifts.
const widest = 12

const units = len(shifts)

// statement is the amounts that one record gives for one year: units slip by row. In a table with a column per year
// each year is a statement of its own.
type statement struct {
	year   int
	cells  []amount
	heads  float64 // staff; 0 when unknown
	spend  float64 // what was spent in the year at least, in fen; 0 when unknown
	most   float64 // the largest amount of the row, in fen
	income bool    // the income is among its amounts
	own    [units]float64
}

type amount struct {
	fact *fact.Fact
	at   int     // position of the attribute in the rule
	log  float64 // power of ten of the value without its sign
}

// trellis is the work space of one subject.
type trellis struct {
	statements []statement
	cells      []amount
	unit       []int // per statement, index into shifts
	back       [][units]int
	steps      []changes // per statement, from the one before; the first has none
}

// changes is what a change between two statements is worth, by the difference of their shifts.
type changes [2*widest + 1]float64

func (c *changes) at(before, after int) float64 { return c[shifts[after]-shifts[before]+widest] }

// unit finds statements, and single amounts, that stand in another unit. It weighs for every statement the
// explanations “right” and “slipped by a thousand, ten thousand or a million” on what each says about the change from the year
// before, about the distance from peers per head, and about whether the staff could be paid at all; the logarithms
// of Student's t with three degrees of freedom keep one strange year from deciding alone. That a subject always
// writes in another unit is one explanation, not one for each year: an enterprise keeps its habit.
func (j *Judge) unit(r *bound) {
	t := &j.trellis
	j.statements(r)
	if len(t.statements) == 0 || !j.strange(r) {
		return
	}
	level := 1 / float64(len(t.statements)) // years of one subject tell its level once
	t.steps = t.steps[:0]
	for i := range t.statements {
		j.weigh(r, &t.statements[i], level)
		var c changes
		if i > 0 {
			c = j.change(r, &t.statements[i-1], &t.statements[i])
		}
		t.steps = append(t.steps, c)
	}
	best, score := t.path(math.Log(r.Number("rare")))
	if right := t.right(); score < right+r.Number("margin") {
		for i := range best {
			best[i] = 0
		}
	}
	for i, s := range t.statements {
		for k := range s.cells {
			s.cells[k].log += float64(shifts[best[i]])
			if u := shifts[best[i]]; u != 0 {
				zh, en := s.evidence(r, u)
				if len(t.statements) == 2 && t.statements[0].heads == 0 && t.statements[1].heads == 0 {
					zh, en = either(fmt.Sprintf("与 %d 年相比", t.statements[1-i].year), fmt.Sprintf("held against %d", t.statements[1-i].year))
				}
				j.slip(r, s.cells[k].fact, u, zh, en)
			}
		}
	}
	j.single(r)
}

// evidence says, of a statement that slipped, what it comes to per head as it stands and as it would be.
func (s *statement) evidence(r *bound, shift int) (zh, en string) {
	zh, en = "整行金额同为另一单位", "all amounts of the row are in another unit"
	for i := range s.cells {
		c := &s.cells[i]
		if r.per[c.at] != r.against || s.heads == 0 {
			continue
		}
		per := math.Abs(c.fact.Value.Num) / s.heads
		azh, aen := figure.Yuan(per)
		bzh, ben := figure.Yuan(per * math.Pow10(shift))
		return fmt.Sprintf("%s；%s人均 %s，改正后 %s", zh, c.fact.Attr.Name.ZH, azh, bzh), fmt.Sprintf("%s; %s per head %s, corrected %s", en, c.fact.Attr.Name.EN, aen, ben)
	}
	return zh, en
}

// statements fills the trellis with the subject's amounts by year; of the records that speak of a year the one with
// the most amounts.
func (j *Judge) statements(r *bound) {
	t := &j.trellis
	t.statements, t.cells = t.statements[:0], t.cells[:0]
	first, last := 0, 0
	for _, a := range r.attrs {
		if list := j.facts(a); len(list) > 0 {
			if first == 0 || list[0].Year < first {
				first = list[0].Year
			}
			last = max(last, list[len(list)-1].Year)
		}
	}
	for year := first; year <= last && year != 0; year++ {
		from := len(t.cells)
		for k, a := range r.attrs {
			if f := j.fact(a, year); f != nil && f.Value.Num != 0 {
				t.cells = append(t.cells, amount{f, k, math.Log10(math.Abs(f.Value.Num))})
			}
		}
		cells := t.cells[from:]
		if len(cells) == 0 {
			continue
		}
		main, most := int64(0), 0
		for _, c := range cells {
			n := 0
			for _, d := range cells {
				if d.fact.Record == c.fact.Record {
					n++
				}
			}
			if n > most {
				main, most = c.fact.Record, n
			}
		}
		cells = slices.DeleteFunc(cells, func(c amount) bool { return c.fact.Record != main })
		t.cells = t.cells[:from+len(cells)]
		s := statement{year: year, cells: cells}
		s.heads, _ = j.heads(r.against, year)
		s.spend = j.spent(r, cells)
		for _, c := range cells {
			s.most = max(s.most, math.Abs(c.fact.Value.Num))
			s.income = s.income || c.fact.Attr == r.income
		}
		t.statements = append(t.statements, s)
	}
}

// spent gives what an enterprise spent in a year at least: its costs where they are known, else its income less its
// profit. A loss adds to it: who sells nothing and pays wages makes one. 0 when it is not known.
func (j *Judge) spent(r *bound, cells []amount) float64 {
	var income, profit *fact.Fact
	for _, c := range cells {
		switch c.fact.Attr {
		case r.costs:
			return c.fact.Value.Num
		case r.income:
			income = c.fact
		case r.profit:
			profit = c.fact
		}
	}
	if income == nil || profit == nil {
		return 0
	}
	return income.Value.Num - profit.Value.Num
}

// strange reports whether anything calls for the weighing: most subjects pass here.
func (j *Judge) strange(r *bound) bool {
	t := &j.trellis
	for i := range t.statements {
		s := &t.statements[i]
		if j.unpaid(r, s, 0) > 0 {
			return true
		}
		for _, c := range s.cells {
			if m, heads, ok := j.peersAt(r, c, s.year); ok && math.Abs(c.log-math.Log10(heads)-m.median) > max(1.5, 4.5*m.spread) {
				return true
			}
			if i > 0 {
				if b := t.statements[i-1].cell(c.at); b != nil && math.Abs(b.log-c.log) > 1.5 {
					return true
				}
			}
		}
	}
	// Attributes that skip a year, and amounts beside the main record, are seen in their series.
	for _, a := range r.attrs {
		list := j.facts(a)
		for i := 1; i < len(list); i++ {
			if x := math.Abs(list[i].Value.Num / list[i-1].Value.Num); x > 30 || x < 1./30 && x > 0 {
				return true
			}
		}
	}
	return false
}

func (s *statement) cell(at int) *amount {
	for i := range s.cells {
		if s.cells[i].at == at {
			return &s.cells[i]
		}
	}
	return nil
}

// What it weighs that the staff could not have been paid: where what was spent is known, less than one in a thousand; where
// only the amounts of the row are known to be too small for it, one in twenty.
const (
	neverPaid  = 9
	hardlyPaid = 3
)

// unpaid is what it weighs against a statement, shifted, that it could not pay the staff; 0 where it could, and where the
// staff may be paid from elsewhere: they are hired out, or live on what the enterprise holds.
func (j *Judge) unpaid(r *bound, s *statement, shift int) float64 {
	if s.heads < r.Number("staff") || j.paidElsewhere(r) {
		return 0
	}
	factor := math.Pow10(shift)
	switch {
	case s.spend > 0 && s.spend*factor < s.heads*r.Number("wage"):
		return neverPaid
	case s.spend == 0 && s.income && s.most*factor < s.heads*r.Number("month"):
		return hardlyPaid
	}
	return 0
}

// paidElsewhere reports an enterprise, by its industry or its name, whose sales and costs need not hold its wages.
func (j *Judge) paidElsewhere(r *bound) bool {
	if j.industry != nil {
		if f := j.fact(j.industry, 0); f != nil {
			code := strings.TrimLeft(f.Value.Str, "ABCDEFGHIJKLMNOPQRST")
			for _, begin := range r.Elsewhere.Industries {
				if strings.HasPrefix(code, begin) {
					return true
				}
			}
		}
	}
	return slices.ContainsFunc(r.Elsewhere.Names, func(word string) bool { return strings.Contains(j.p.Name, word) })
}

func (j *Judge) peersAt(r *bound, c amount, year int) (m middle, heads float64, ok bool) {
	if heads, ok = j.heads(r.per[c.at], year); !ok {
		return m, 0, false
	}
	m, ok = j.peersOf(j.usual.series[r.series+c.at], year, heads)
	return m, heads, ok
}

// slip finds an amount and offers it in the right unit.
func (j *Judge) slip(r *bound, f *fact.Fact, shift int, zh, en string) {
	factor := math.Pow10(shift)
	v := f.Value.Num * factor
	if shift < 0 {
		v = math.Round(f.Value.Num / math.Pow10(-shift))
	}
	j.find(r, f, &Offer{Value: fact.Value{Num: v}, Factor: factor}, zh, en)
}

func comparison(years []amount, i int) (zh, en string) {
	other := i - 1
	if other < 0 {
		other = i + 1
	}
	f := years[other].fact
	azh, aen := plain(f.Attr, fact.Value{Num: math.Copysign(math.Pow(10, years[other].log), f.Value.Num)})
	return fmt.Sprintf("%d 年 %s", f.Year, azh), fmt.Sprintf("%s in %d", aen, f.Year)
}

// either adds that of two years nobody can say which is wrong, where nothing but the other speaks against a value.
func either(zh, en string) (string, string) {
	return zh + "；也可能是那一年的错", en + "; that year may be the wrong one"
}
