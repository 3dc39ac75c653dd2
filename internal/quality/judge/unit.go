package judge

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"eyas/internal/figure"
	"eyas/internal/registry/fact"
)

// shifts are the possible slips of a statement, as powers of ten that correct its amounts. Positive: the amounts are in
// thousands, ten thousands or millions and were read as yuan. Negative: the opposite.
var shifts = [...]int{0, 3, 4, -3, -4, 6, -6}

// widest is the largest difference between two shifts.
const widest = 12

const units = len(shifts)

// statement is the amounts of one record for one year, because a unit applies to a row. In a table with a column per
// year, each year is a statement.
type statement struct {
	year   int
	cells  []amount
	heads  float64 // staff; 0 if unknown
	spend  float64 // least amount spent in the year, in fen; 0 if unknown
	most   float64 // largest amount of the row, in fen
	income bool    // the row has the income
	own    [units]float64
}

type amount struct {
	fact *fact.Fact
	at   int     // index of the attribute in the rule
	log  float64 // log₁₀ of the absolute value
}

// trellis is the working memory for one subject.
type trellis struct {
	statements []statement
	cells      []amount
	unit       []int // per statement: index into shifts
	back       [][units]int
	steps      []changes // per statement: change from the one before; the first has none
}

// changes are the scores of a change between two statements, by the difference of their shifts.
type changes [2*widest + 1]float64

func (c *changes) at(before, after int) float64 { return c[shifts[after]-shifts[before]+widest] }

// unit finds statements and single amounts in another unit. For every statement it scores the explanations “right” and
// “wrong by a thousand, ten thousand or a million”. Three things count: the change from the year before, the distance
// from peers per head, and whether the staff could be paid. Scores are logarithms of Student's t distribution with
// three degrees of freedom, so that one strange year does not decide alone. A subject that always writes in another
// unit needs one explanation, not one per year.
func (j *Judge) unit(r *bound) {
	t := &j.trellis
	j.statements(r)
	if len(t.statements) == 0 || !j.strange(r) {
		return
	}
	level := 1 / float64(len(t.statements)) // the level of a subject is one piece of evidence, not one per year
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
					zh, en = either(fmt.Sprintf("与 %d 年相比", t.statements[1-i].year), fmt.Sprintf("compared with %d", t.statements[1-i].year))
				}
				j.slip(r, s.cells[k].fact, u, zh, en)
			}
		}
	}
	j.single(r)
}

// evidence describes a statement in another unit: its amount per head, as it is and corrected.
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

// statements fills the trellis with the subject's amounts by year. If several records have amounts of a year, the one
// with the most amounts is used.
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

// spent returns the least amount that an enterprise spent in a year, in fen: its costs if known, else income minus
// profit. A loss counts as spending. It is 0 if unknown.
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

// strange reports whether the scores need to be computed. Most subjects are not strange.
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
	// Attributes that skip a year, and amounts of other records, are compared in their series.
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

// Penalties if the staff could not have been paid, as natural logarithms. neverPaid (less than 1 in 1,000) applies if
// the amount spent is known. hardlyPaid (1 in 20) applies if only the amounts of the row are known to be too small.
const (
	neverPaid  = 9
	hardlyPaid = 3
)

// unpaid returns the penalty of a shifted statement that could not pay the staff. It is 0 if it could, and if the staff
// may be paid from elsewhere, as in agencies for temporary staff and holding companies.
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

// paidElsewhere reports whether an enterprise, by its industry or name, may pay its staff from more than its own sales
// and costs.
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

// slip adds a finding for an amount and offers the amount in the right unit.
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

// either adds that the other year may be the wrong one, if only that year speaks against the value.
func either(zh, en string) (string, string) {
	return zh + "；也可能是那一年的错", en + "; that year may be the wrong one"
}
