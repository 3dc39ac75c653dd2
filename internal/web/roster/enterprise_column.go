package roster

import (
	"strings"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/sheet"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// column is one column of a list over one table.
type column struct {
	ID      string
	Head    string
	Unit    string
	Numeric bool
	Sort    string // what the list sorts by; empty when it cannot
	Verdict bool   // cells are verdicts
	cell    func(row int) cell
}

// cell is what stands in a row of a column: text, or a verdict and text.
type cell struct {
	Text  string
	State list.Verdict
	value any // for spreadsheets: a number where it is one
}

// columns resolves ids over one table and its outcomes. What a rule not in force would show is left out.
func columns(w words.Writer, ids []string, t *col.Table, outcomes []*rule.Outcome, base int) []column {
	var cols []column
	for _, id := range ids {
		if kind, ruleID, found := strings.Cut(id, "."); found {
			if c, ok := ruleColumn(w, id, kind, ruleID, outcomes); ok {
				cols = append(cols, c)
			}
			continue
		}
		if id == "code" {
			a := w.City.Attributes[w.City.Register.CodeAttr]
			cols = append(cols, column{ID: id, Head: w.Name(a), Sort: "code", cell: func(row int) cell {
				text := string(t.Codes.At(row))
				return cell{Text: text, value: text}
			}})
			continue
		}
		key, err := w.City.Key(id, base)
		if err != nil {
			continue
		}
		cols = append(cols, attrColumn(w, id, key, t))
	}
	return cols
}

// ruleColumn is a verdict ("v.RULE") or a score ("s.RULE").
func ruleColumn(w words.Writer, id, kind, ruleID string, outcomes []*rule.Outcome) (column, bool) {
	for _, o := range outcomes {
		if o.Rule.ID != ruleID {
			continue
		}
		c := column{ID: id, Head: o.Rule.Name.In(w.Lang)}
		if kind == "s" {
			if o.ScoreLow == nil {
				return c, false
			}
			c.Head += " " + w.Text("list.score")
			c.Numeric = true
			c.cell = func(row int) cell {
				text := words.Points(float64(o.ScoreLow[row]), float64(o.ScoreHigh[row]))
				return cell{Text: text, value: text}
			}
			return c, true
		}
		c.Verdict = true
		c.cell = func(row int) cell {
			state := city.VerdictOf(o, row)
			return cell{State: state, value: w.Text("verdict." + string(state))}
		}
		return c, true
	}
	return column{}, false
}

func attrColumn(w words.Writer, id string, key col.Key, t *col.Table) column {
	a := w.City.Attributes[key.Attr]
	c := column{ID: id, Head: w.KeyName(key), Sort: words.Key(key), Unit: w.Unit(a)}
	blank := func(int) cell { return cell{} }
	c.cell = blank
	switch a.Kind {
	case pack.Integer, pack.Decimal, pack.Money:
		c.Numeric = true
		if n := t.Nums[key]; n != nil {
			c.cell = func(row int) cell {
				if !n.Valid.Get(row) {
					return cell{}
				}
				v := n.Val[row]
				shown := any(v)
				if a.Kind == pack.Money {
					shown = frame.AmountCell(v, w.Money.Scale())
				}
				return cell{Text: w.Aligned(a, v), value: shown}
			}
		}
	case pack.Date:
		if d := t.Dates[key]; d != nil {
			c.cell = func(row int) cell {
				if !d.Valid.Get(row) {
					return cell{}
				}
				day := time.Unix(int64(d.Val[row])*86400, 0).UTC()
				return cell{Text: w.Number(a, float64(d.Val[row])), value: sheet.Date(day)}
			}
		}
	case pack.Boolean:
		if b := t.Bools[key]; b != nil {
			c.cell = func(row int) cell {
				if !b.Valid.Get(row) {
					return cell{}
				}
				v := 0.0
				if b.Val.Get(row) {
					v = 1
				}
				text := w.Number(a, v)
				return cell{Text: text, value: text}
			}
		}
	default:
		if d := t.Dicts[key]; d != nil {
			c.cell = func(row int) cell {
				text := w.City.CodeName(a, d.Words[d.Val[row]], w.Lang)
				return cell{Text: text, value: text}
			}
		}
	}
	return c
}
