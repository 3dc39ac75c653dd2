package register

import (
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/rule/list"
	"eyas/internal/web/city"
	"eyas/internal/web/grid"
	"eyas/internal/web/words"
)

// Score is what is known of a score: bounds, which are equal when it is known.
type Score struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// After gives the rows of the table behind a place in a query's order, nil: from the beginning; how many rows the query has in all; and
// the place behind them, nil when they are the last. It reports false when nothing says any more where the place was.
func (x *Register) After(q *grid.Query, after *list.Place, limit int) (rows []int, total int, next *list.Place, ok bool, err error) {
	f, err := x.filter(q)
	if err != nil {
		return nil, 0, nil, false, err
	}
	fit, err := x.index.Filter(f, x.outcomes)
	if err != nil {
		return nil, 0, nil, false, err
	}
	p, next, ok := list.PageAfter(x.index, fit, list.Sort{By: q.Sort, Desc: q.Desc}, x.outcomes, after, limit)
	return p.Rows, p.Total, next, ok, nil
}

// KeyOf is the key of a column for programs: an attribute, with its year where it is yearly, or v., s., o. and a recognition; and the
// attribute, nil: it is of a recognition.
func (x *Register) KeyOf(c *grid.Column) (string, *pack.Attribute) {
	k, known := x.keys[c.ID]
	if !known {
		return c.ID, nil
	}
	return words.Key(k), x.city.Attributes[k.Attr]
}

// Plain gives the values of a column for programs, by the row of the table; nil where nothing is known. Money is in yuan (or dollars), a
// day is 2021-03-31, a verdict one of met, near, pending, unknown, unmet. Personal attributes are no columns.
func (x *Register) Plain(c *grid.Column) func(row int) any {
	k, known := x.keys[c.ID]
	if !known {
		return x.plainOfRule(c.ID)
	}
	t, a := x.Table, x.city.Attributes[k.Attr]
	none := func(int) any { return nil }
	switch {
	case a.Personal:
		return none
	case a == x.Pack.Code():
		return func(row int) any { return string(t.Codes.At(row)) }
	}
	if n := t.Nums[k]; n != nil {
		return func(row int) any {
			if !n.Valid.Get(row) {
				return nil
			}
			return figure.Plain(n.Val[row], a.Unit)
		}
	}
	if d := t.Dates[k]; d != nil {
		return func(row int) any {
			if !d.Valid.Get(row) {
				return nil
			}
			return figure.Day(float64(d.Val[row]))
		}
	}
	if b := t.Bools[k]; b != nil {
		return func(row int) any {
			if !b.Valid.Get(row) {
				return nil
			}
			return b.Val.Get(row)
		}
	}
	if d := t.Dicts[k]; d != nil {
		return func(row int) any {
			if d.Val[row] == 0 {
				return nil
			}
			return d.Words[d.Val[row]]
		}
	}
	return none
}

// plainOfRule gives the values of a column of a recognition.
func (x *Register) plainOfRule(id string) func(row int) any {
	o := x.outcome(id[2:])
	if o == nil {
		return func(int) any { return nil }
	}
	switch id[:1] {
	case "v":
		return func(row int) any { return string(city.VerdictOf(o, row)) }
	case "s":
		return func(row int) any { return Score{float64(o.ScoreLow[row]), float64(o.ScoreHigh[row])} }
	}
	return func(row int) any {
		for i := range o.Criteria {
			if o.Criteria[i].Only.Get(row) {
				return o.Criteria[i].Criterion.ID
			}
		}
		return nil
	}
}
