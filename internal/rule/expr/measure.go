package expr

import (
	"errors"
	"fmt"
	"math"

	"eyas/internal/fault"
	"eyas/internal/rule/col"
)

// How is the kind of a measure.
type How string

// Kinds of measures.
const (
	Count    How = "count"    // number of subjects
	Sum      How = "sum"      // total of a number or an amount over the subjects
	Distinct How = "distinct" // number of different values
	Ratio    How = "ratio"    // one measure divided by another
)

// Measure defines an indicator over the subjects of a register.
type Measure struct {
	How   How
	Where *Expression // of type Truth: which subjects count; nil: all
	Of    *Expression // the Number or Money that is summed, or the values that are counted once each
	// Part is divided by Whole. Both are nil unless How is Ratio.
	Part, Whole *Measure
}

// Check reports what is missing or wrong in a measure, as fault.Invalid.
func (m *Measure) Check() error {
	refuse := func(zh, en string) error { return fault.New(fault.Invalid, zh, en) }
	if m.Where != nil && m.Where.Type != Truth {
		return refuse("统计范围（where）须是“是或否”的表达式。", "The filter of a measure (where) must be an expression that gives yes or no.")
	}
	switch m.How {
	case Count:
		if m.Of != nil {
			return refuse("计数（count）不需要 of。", "A count does not take an expression (of).")
		}
	case Sum:
		if m.Of == nil || m.Of.Type != Number && m.Of.Type != Money {
			return refuse("求和（sum）需要一个数或金额的表达式（of）。", "A sum needs an expression that gives a number or an amount of money (of).")
		}
	case Distinct:
		if m.Of == nil || m.Of.Type == Truth || m.Of.Type == Banded {
			return refuse("去重计数（distinct）需要一个表达式（of）。", "A count of different values needs the expression that gives them (of).")
		}
	case Ratio:
		if m.Part == nil || m.Whole == nil || m.Of != nil || m.Where != nil {
			return refuse("比率（ratio）由两个统计组成：分子（part）和分母（whole）。", "A ratio is made of two measures, part and whole.")
		}
		return errors.Join(m.Part.Check(), m.Whole.Check())
	default:
		return refuse(fmt.Sprintf("没有“%s”这种统计方式；有 count、sum、distinct、ratio。", m.How), fmt.Sprintf("There is no measure “%s”. Use count, sum, distinct or ratio.", m.How))
	}
	return nil
}

// Total is the value of a measure: an interval where unknown inputs leave it open.
type Total struct {
	Low, High           float64 // in fen where money is summed; 0 where not known
	LowKnown, HighKnown bool
	NoValue             bool // of a ratio: Whole is zero or less
	Subjects            int  // subjects that certainly count
	Missing             int  // subjects that may count or may not, or whose value is unknown
}

// Known reports whether the total is one number, not an interval.
func (t Total) Known() bool { return t.LowKnown && t.HighKnown && t.Low == t.High && !t.NoValue }

// Read computes a measure over rows of a table. nil rows means all rows. It returns fault.Invalid for a measure that
// fails Check.
func (m *Measure) Read(t *col.Table, rows col.Bitmap, on On) (_ Total, err error) {
	defer fault.At(&err, "expr.Read(register %s, %s)", t.Register.ID, m.How)
	if err := m.Check(); err != nil {
		return Total{}, err
	}
	if m.How == Ratio {
		part, err := m.Part.Read(t, rows, on)
		if err != nil {
			return Total{}, err
		}
		whole, err := m.Whole.Read(t, rows, on)
		return ratioOf(part, whole), err
	}
	yes, maybe, err := m.whom(t, rows, on)
	if err != nil {
		return Total{}, err
	}
	total := Total{LowKnown: true, HighKnown: true, Subjects: yes.Count()}
	if m.How == Count {
		total.Missing = maybe.Count()
		total.Low, total.High = float64(total.Subjects), float64(total.Subjects+total.Missing)
		return total, nil
	}
	c, err := m.Of.Column(t, on)
	if err != nil {
		return Total{}, err
	}
	if m.How == Sum {
		total.sum(c, yes, maybe)
	} else {
		total.distinct(c, yes, maybe)
	}
	return total, nil
}

// whom returns the rows that certainly count and those that may count.
func (m *Measure) whom(t *col.Table, rows col.Bitmap, on On) (yes, maybe col.Bitmap, err error) {
	yes, maybe = col.NewBitmap(t.N), col.NewBitmap(t.N)
	all := func(i int) uint64 {
		w := ^uint64(0)
		if rest := uint(t.N) & 63; rest != 0 && i == len(yes)-1 {
			w = 1<<rest - 1
		}
		if rows != nil {
			w &= rows[i]
		}
		return w
	}
	var c *Column
	if m.Where != nil {
		if c, err = m.Where.Column(t, on); err != nil {
			return nil, nil, err
		}
	}
	for i := range yes {
		if c == nil {
			yes[i] = all(i)
			continue
		}
		yes[i] = c.True[i] & all(i)
		maybe[i] = all(i) &^ (c.True[i] | c.False[i])
	}
	return yes, maybe, nil
}

// sum adds up a column. A row that may count contributes between nothing and its value. A value without a bound leaves
// the total without that bound.
func (t *Total) sum(c *Column, yes, maybe col.Bitmap) {
	var low, high exact
	add := func(row int, certain bool) {
		v := c.Value(row)
		if !v.Known || !certain {
			t.Missing++
		}
		if !v.LowKnown {
			t.LowKnown = false
		}
		if !v.HighKnown {
			t.HighKnown = false
		}
		if !certain { // it may contribute nothing
			v.Low, v.High = min(v.Low, 0), max(v.High, 0)
		}
		low.add(v.Low)
		high.add(v.High)
	}
	yes.Each(func(row int) { add(row, true) })
	maybe.Each(func(row int) { add(row, false) })
	t.Low, t.High = low.value(), high.value()
	if !t.LowKnown {
		t.Low = 0
	}
	if !t.HighKnown {
		t.High = 0
	}
}

// distinct counts different values. An unknown value may equal another one or be a new one.
func (t *Total) distinct(c *Column, yes, maybe col.Bitmap) {
	sure, all, open := map[answer]bool{}, map[answer]bool{}, 0
	each := func(row int, certain bool) {
		v := c.Value(row)
		if !v.Known {
			open++
			t.Missing++
			return
		}
		k := answer{v.Num, v.Text}
		all[k] = true
		if certain {
			sure[k] = true
		} else {
			t.Missing++
		}
	}
	yes.Each(func(row int) { each(row, true) })
	maybe.Each(func(row int) { each(row, false) })
	t.Low, t.High = float64(len(sure)), float64(len(all)+open)
}

// answer is a value as a map key.
type answer struct {
	num  float64
	text string
}

// ratioOf divides one total by another. The result has no bound where a sign is open.
func ratioOf(part, whole Total) Total {
	t := Total{Subjects: part.Subjects, Missing: part.Missing + whole.Missing}
	if whole.HighKnown && whole.High <= 0 {
		t.NoValue = true
		return t
	}
	if part.LowKnown && whole.HighKnown && part.Low >= 0 {
		t.Low, t.LowKnown = part.Low/whole.High, true
	}
	if part.HighKnown && whole.LowKnown && whole.Low > 0 {
		t.High, t.HighKnown = part.High/whole.Low, true
	}
	return t
}

// exact adds floating-point numbers with compensation for rounding errors (Neumaier 1974).
type exact struct{ total, rest float64 }

func (s *exact) add(x float64) {
	t := s.total + x
	if math.Abs(s.total) >= math.Abs(x) {
		s.rest += (s.total - t) + x
	} else {
		s.rest += (x - t) + s.total
	}
	s.total = t
}

func (s *exact) value() float64 { return s.total + s.rest }
