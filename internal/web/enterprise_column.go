package web

import (
	"strconv"
	"strings"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/sheet"
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
func (w writer) columns(ids []string, t *col.Table, outcomes []*rule.Outcome, base int) []column {
	var cols []column
	for _, id := range ids {
		if kind, ruleID, found := strings.Cut(id, "."); found {
			if c, ok := w.ruleColumn(id, kind, ruleID, outcomes); ok {
				cols = append(cols, c)
			}
			continue
		}
		if id == "code" {
			a := w.city.attributes[w.city.register.CodeAttr]
			cols = append(cols, column{ID: id, Head: w.name(a), Sort: "code", cell: func(row int) cell {
				text := string(t.Codes.At(row))
				return cell{Text: text, value: text}
			}})
			continue
		}
		key, err := w.city.key(id, base)
		if err != nil {
			continue
		}
		cols = append(cols, w.attrColumn(id, key, t))
	}
	return cols
}

// ruleColumn is a verdict ("v.RULE") or a score ("s.RULE").
func (w writer) ruleColumn(id, kind, ruleID string, outcomes []*rule.Outcome) (column, bool) {
	for _, o := range outcomes {
		if o.Rule.ID != ruleID {
			continue
		}
		c := column{ID: id, Head: o.Rule.Name.In(w.lang)}
		if kind == "s" {
			if o.ScoreLow == nil {
				return c, false
			}
			c.Head += " " + w.text("list.score")
			c.Numeric = true
			c.cell = func(row int) cell {
				text := points(float64(o.ScoreLow[row]), float64(o.ScoreHigh[row]))
				return cell{Text: text, value: text}
			}
			return c, true
		}
		c.Verdict = true
		c.cell = func(row int) cell {
			state := stateOf(o, row)
			return cell{State: state, value: w.text("verdict." + string(state))}
		}
		return c, true
	}
	return column{}, false
}

// stateOf is the most telling state of a row.
func stateOf(o *rule.Outcome, row int) list.Verdict {
	switch {
	case o.Met.Get(row):
		return list.Met
	case o.Near.Get(row):
		return list.Near
	case o.Unmet.Get(row):
		return list.Unmet
	case o.Pending.Get(row):
		return list.Pending
	}
	return list.Unknown
}

func (w writer) attrColumn(id string, key col.Key, t *col.Table) column {
	a := w.city.attributes[key.Attr]
	c := column{ID: id, Head: w.keyName(key), Sort: keyText(key), Unit: w.unit(a)}
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
					shown = amountCell(v, w.money.scale())
				}
				return cell{Text: w.aligned(a, v), value: shown}
			}
		}
	case pack.Date:
		if d := t.Dates[key]; d != nil {
			c.cell = func(row int) cell {
				if !d.Valid.Get(row) {
					return cell{}
				}
				day := time.Unix(int64(d.Val[row])*86400, 0).UTC()
				return cell{Text: w.number(a, float64(d.Val[row])), value: sheet.Date(day)}
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
				text := w.number(a, v)
				return cell{Text: text, value: text}
			}
		}
	default:
		if d := t.Dicts[key]; d != nil {
			c.cell = func(row int) cell {
				text := w.city.codeName(a, d.Words[d.Val[row]], w.lang)
				return cell{Text: text, value: text}
			}
		}
	}
	return c
}

// keyText writes a key as sorting and addresses know it.
func keyText(k col.Key) string {
	if k.Year == 0 {
		return k.Attr
	}
	return k.Attr + "@" + strconv.Itoa(k.Year)
}
