package register

import (
	"math"
	"slices"
	"time"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/sheet"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/words"
)

const (
	// mostOptions is from how many values of a column on they are typed and not chosen; the most frequent are offered.
	mostOptions = 100
	// mostYears is how many columns of other years are offered at most before only the last few years are.
	mostYears, lastYears = 120, 3
	// mostKept is of how many words of a column the cells are kept while a page or a file is written.
	mostKept = 4096
)

// makeColumns are the columns of a register: its recognitions, then its attributes by section.
func (x *Register) makeColumns() *grid.Columns {
	cols := &grid.Columns{Title: x.Writer.Name(x.Pack.Title()), SortTitle: "name"}
	for _, r := range x.city.Ladder {
		cols.List = append(cols.List, x.ofRule(r)...)
	}
	years := x.years()
	for _, section := range x.sections() {
		for _, a := range section.attributes {
			c := x.ofAttribute(a, col.Key{Attr: a.ID, Year: map[bool]int{true: x.base}[a.Yearly]})
			c.Group = section.name
			if a.Yearly {
				c.Label = x.Writer.Name(a) + " " + x.Writer.Text("list.baseYear", "year", x.base)
			}
			cols.List = append(cols.List, c)
			for _, year := range years {
				if a.Yearly && !c.Bare {
					c := x.ofAttribute(a, col.Key{Attr: a.ID, Year: year})
					c.Group = section.name
					cols.List = append(cols.List, c)
				}
			}
		}
	}
	cols.More = func(id string) *grid.Column { return x.ofYear(cols, id) }
	cols.Usual = x.usual()
	return cols
}

// section is a part of the chooser of columns.
type section struct {
	name       string
	attributes []*pack.Attribute
}

// sections are the parts of the register as the pack has them; else what is yearly stands apart.
func (x *Register) sections() []section {
	var all []section
	for _, s := range x.Pack.Sections {
		one := section{name: s.Name.In(x.Ask.Lang)}
		for _, id := range s.Attributes {
			one.attributes = append(one.attributes, x.Pack.Attribute(id))
		}
		all = append(all, one)
	}
	if all != nil {
		return all
	}
	plain, yearly := section{name: x.Writer.Text("list.columns.plain")}, section{name: x.Writer.Text("list.columns.yearly")}
	for _, a := range x.Pack.Attributes {
		if a.Yearly {
			yearly.attributes = append(yearly.attributes, a)
		} else {
			plain.attributes = append(plain.attributes, a)
		}
	}
	return []section{plain, yearly}
}

// years are the years besides the base year that the chooser offers, the last first: all where they are few.
func (x *Register) years() []int {
	yearly := 0
	for _, a := range x.Pack.Attributes {
		if a.Yearly {
			yearly++
		}
	}
	years := slices.DeleteFunc(slices.Clone(x.Table.Years), func(year int) bool {
		return year == x.base || yearly*len(x.Table.Years) > mostYears && (year > x.base || year < x.base-lastYears)
	})
	slices.Reverse(years)
	return years
}

// ofYear is a column of a year that is not among those that are offered.
func (x *Register) ofYear(cols *grid.Columns, id string) *grid.Column {
	k, err := x.city.Key(id, x.base)
	if err != nil {
		return nil
	}
	a := x.city.Attributes[k.Attr]
	if !a.Yearly {
		return nil
	}
	c := x.ofAttribute(a, k)
	if i := slices.IndexFunc(cols.List, func(o *grid.Column) bool { return o.ID == a.ID }); i >= 0 {
		c.Group, c.Bare = cols.List[i].Group, cols.List[i].Bare
	}
	return c
}

// ofRule are the columns of a recognition: its verdict, the one criterion that is missing, its score. One that no law is in force
// of on the day can be asked for and not shown.
func (x *Register) ofRule(r *pack.Rule) []*grid.Column {
	o, group, text := x.outcome(r.ID), x.Writer.Text("list.columns.rules"), x.Writer.Text
	name := r.Name.In(x.Ask.Lang)
	if o != nil {
		name = o.Rule.Name.In(x.Ask.Lang)
	}
	verdict := &grid.Column{ID: "v." + r.ID, Head: name, Group: group, Bare: o == nil, Offered: o != nil, Fact: true, Aside: true, Sort: "v." + r.ID, By: grid.Choose, Field: "v." + r.ID,
		Choices: func() (all []grid.Choice) {
			for _, v := range city.Verdicts {
				all = append(all, grid.Choice{Value: string(v), Label: text("verdict." + string(v))})
			}
			return all
		},
		Check: func(v string) error {
			if !slices.Contains(city.Verdicts, list.Verdict(v)) {
				return address.UnknownFilter("v."+r.ID, v)
			}
			return nil
		},
		Name: func(v string) string { return text("verdict." + v) }}
	only := &grid.Column{ID: "o." + r.ID, Head: text("list.short", "rule", name), Group: group, Bare: o == nil, Fact: true, Aside: true, Sort: "o." + r.ID, By: grid.Choose, Field: "only." + r.ID,
		Choices: func() (all []grid.Choice) {
			if o == nil {
				return nil
			}
			for _, k := range o.Rule.Criteria {
				all = append(all, grid.Choice{Value: k.ID, Label: k.Name.In(x.Ask.Lang)})
			}
			return all
		},
		Check: func(v string) error {
			if x.city.Criterion(r.ID, v) == nil {
				return address.UnknownFilter("only."+r.ID, v)
			}
			return nil
		},
		Name: func(v string) string { return x.city.Criterion(r.ID, v).Name.In(x.Ask.Lang) }}
	all := []*grid.Column{verdict, only}
	if r.Score != nil || o != nil && o.Rule.Score != nil {
		all = append(all, &grid.Column{ID: "s." + r.ID, Head: name + " " + text("list.score"), Group: group, Bare: o == nil || o.ScoreLow == nil, Number: true, Aside: true, Sort: "s." + r.ID, By: grid.Range,
			Bound: func(text string) (float64, error) { return readNumber("s."+r.ID, text) }})
	}
	if o != nil {
		x.cells[verdict.ID] = func(row int) grid.Cell {
			state := city.VerdictOf(o, row)
			return grid.Cell{State: string(state), Value: text("verdict." + string(state))}
		}
		x.cells[only.ID] = func(row int) grid.Cell { return grid.Cell{Text: missing(o, row, x.Ask.Lang)} }
		x.cells["s."+r.ID] = func(row int) grid.Cell {
			low, high := float64(o.ScoreLow[row]), float64(o.ScoreHigh[row])
			cell := grid.Cell{Text: figure.Points(low, high)}
			if low == high { // an interval is no number
				cell.Value = math.Round(low*100) / 100
			}
			return cell
		}
	}
	return all
}

// missing names the one criterion that a row is short of; empty where it is not one short.
func missing(o *rule.Outcome, row int, lang string) string {
	for i := range o.Criteria {
		if o.Criteria[i].Only.Get(row) {
			return o.Criteria[i].Criterion.Name.In(lang)
		}
	}
	return ""
}

// ofAttribute is the column of an attribute, or of one of its years. What the table does not hold, what is personal and the name
// itself are no columns; still they can be asked for blanks.
func (x *Register) ofAttribute(a *pack.Attribute, k col.Key) *grid.Column {
	c := &grid.Column{ID: a.ID, Head: x.Writer.KeyName(k), Unit: x.Writer.Unit(a), Sort: words.Key(k), Blank: true, Bare: a.Personal || a == x.Pack.Title() || x.Table.Texts[k] != nil || !x.Table.Wordy && (a.Kind == pack.String || a.Kind == pack.List)}
	switch {
	case a == x.Pack.Code():
		c.ID, c.Alias, c.Sort = "code", a.ID, "code"
		x.keys[c.ID] = k
		x.cells[c.ID] = func(row int) grid.Cell { return grid.Cell{Text: string(x.Table.Codes.At(row))} }
		return c
	case a.Yearly && k.Year == x.base:
		c.Alias = words.Key(k)
	case a.Yearly:
		c.ID = words.Key(k)
	}
	x.keys[c.ID] = k
	if a.Personal {
		c.Sort = "" // the order would tell what is hidden
	}
	if c.Bare {
		return c
	}
	c.Offered = k.Year == 0 && (slices.Contains(x.Pack.Filtered, a.ID) || x.Pack.Filtered == nil && (a.OfOrgs() || a == x.city.Pack.IndustryAttribute(x.Pack)))
	x.filterBy(c, a, k)
	x.cells[c.ID] = x.cellsOfKey(a, k)
	return c
}

// filterBy says how a column is filtered.
func (x *Register) filterBy(c *grid.Column, a *pack.Attribute, k col.Key) {
	text := x.Writer.Text
	switch {
	case a.Kind.Numeric():
		c.By, c.Number = grid.Range, true
		c.Bound = func(text string) (float64, error) { return x.readBound(c.ID, a, text) }
		c.Write, c.Say = x.writeBound(a), func(v float64) string { return x.Writer.Number(a, v) }
	case a.Kind == pack.Date:
		c.By, c.Day = grid.Range, true
		c.Bound = func(text string) (float64, error) { return readDay(c.ID, text) }
		c.Write = func(v float64) string { return figure.Date(time.Unix(int64(v)*86400, 0).UTC()) }
	case a.Kind == pack.Boolean:
		c.By, c.Field = grid.Choose, "b."+c.ID
		c.Name = func(v string) string { return text("value." + v) }
		c.Choices = func() []grid.Choice {
			return []grid.Choice{{Value: "yes", Label: text("value.yes")}, {Value: "no", Label: text("value.no")}}
		}
		c.Check = func(v string) error {
			if v != "yes" && v != "no" {
				return address.UnknownFilter("b."+c.ID, v)
			}
			return nil
		}
	case a.Kind != pack.Code, a.Codes == "":
		c.By = grid.Contain
		if a.Kind == pack.Code {
			c.Also = []string{"c." + c.ID}
		}
	case a.ID == x.city.DistrictAttr():
		c.By, c.Field, c.Also, c.Part = grid.Choose, "in", []string{"c." + c.ID}, "t."+c.ID
		c.Choices = x.placeChoices
		c.Check = func(v string) error { return x.city.CheckPlace(city.ParsePlace(v)) }
		c.Name = x.placeName
	case a == x.city.Pack.IndustryAttribute(x.Pack): // its codes stand below one another by their beginnings
		c.By, c.Field, c.Also, c.Part = grid.Prefix, "industry", []string{"c." + c.ID}, "t."+c.ID
		c.Hint, c.Choices = text("list.industry.hint"), func() []grid.Choice { return x.branches(a) }
		c.Name = func(v string) string { return x.city.CodeName(a, v, x.Ask.Lang) }
	default:
		c.By, c.Part = grid.Choose, "t."+c.ID
		c.Name = func(v string) string { return x.city.CodeName(a, v, x.Ask.Lang) }
		if d := x.Table.Dicts[k]; d != nil && len(d.Words) > mostOptions {
			c.By, c.Also = grid.Contain, []string{"c." + c.ID}
		}
		c.Choices = func() []grid.Choice { return x.frequent(a, k, c.By == grid.Contain) }
		if a.Codes == pack.ZoneCodes {
			if c.By == grid.Choose {
				c.Field, c.Also = "zone", []string{"c." + c.ID}
			} else {
				c.Also = append(c.Also, "zone")
			}
			c.Check = func(v string) error {
				if x.city.Org[v] == nil {
					return fault.New(fault.NotFound, "没有功能区“"+v+"”。请从列表中选择。", "There is no zone “"+v+"”. Choose one from the list.")
				}
				return nil
			}
		}
	}
}

// placeChoices are the groups of districts, and the districts.
func (x *Register) placeChoices() (all []grid.Choice) {
	for _, g := range frame.PlacesOf(x.city, x.Ask.Lang, x.Writer.Text, city.Place{}) {
		for _, o := range g.Places {
			all = append(all, grid.Choice{Value: o.Value, Label: o.Label, Under: g.Label})
		}
	}
	return append(all, grid.Choice{Value: pack.Elsewhere, Label: x.Writer.Text("ladder.elsewhere"), Under: " "})
}

// branches are the sections and divisions of the industry classification.
func (x *Register) branches(a *pack.Attribute) (all []grid.Choice) {
	for _, codes := range x.frame.Pack.Codes {
		if codes.ID != a.Codes {
			continue
		}
		for _, item := range codes.Items {
			if item.Parent == "" || len(item.Code) == 2 {
				all = append(all, grid.Choice{Value: item.Code, Label: item.Code + " " + item.Name.In(x.Ask.Lang)})
			}
		}
	}
	return all
}

// frequent are the most frequent values of a column; typed ones are written by their names.
func (x *Register) frequent(a *pack.Attribute, k col.Key, typed bool) (all []grid.Choice) {
	if a.Yearly {
		return nil
	}
	for _, n := range x.index.CountAll(a.ID) {
		if n.Code == "" || len(all) == mostOptions {
			continue
		}
		name := x.city.CodeName(a, n.Code, x.Ask.Lang)
		if typed {
			all = append(all, grid.Choice{Value: name, Label: figure.Num(n.Count)})
		} else {
			all = append(all, grid.Choice{Value: n.Code, Label: name + " (" + figure.Num(n.Count) + ")"})
		}
	}
	return all
}

// cellsOfKey are the cells of an attribute's column.
func (x *Register) cellsOfKey(a *pack.Attribute, k col.Key) func(int) grid.Cell {
	t, w := x.Table, x.Writer
	none := func(int) grid.Cell { return grid.Cell{} }
	switch a.Kind {
	case pack.Integer, pack.Decimal, pack.Money:
		if n := t.Nums[k]; n != nil {
			return func(row int) grid.Cell {
				if !n.Valid.Get(row) {
					return grid.Cell{}
				}
				v := n.Val[row]
				shown := any(v)
				if a.Kind == pack.Money {
					shown = frame.AmountCell(v, w.Money.Scale())
				}
				return grid.Cell{Text: w.Aligned(a, v), Value: shown}
			}
		}
	case pack.Date:
		if d := t.Dates[k]; d != nil {
			return func(row int) grid.Cell {
				if !d.Valid.Get(row) {
					return grid.Cell{}
				}
				day := time.Unix(int64(d.Val[row])*86400, 0).UTC()
				return grid.Cell{Text: w.Number(a, float64(d.Val[row])), Value: sheet.Date(day)}
			}
		}
	case pack.Boolean:
		if b := t.Bools[k]; b != nil {
			return func(row int) grid.Cell {
				if !b.Valid.Get(row) {
					return grid.Cell{}
				}
				v := 0.0
				if b.Val.Get(row) {
					v = 1
				}
				return grid.Cell{Text: w.Number(a, v), Value: b.Val.Get(row)}
			}
		}
	default:
		if d := t.Dicts[k]; d != nil {
			written := x.city.Written(a, w.Lang)
			var kept []grid.Cell // of the first words: a page has few rows, and a file many
			return func(row int) grid.Cell {
				v := d.Val[row]
				if v == 0 {
					return grid.Cell{}
				}
				if kept == nil {
					kept = make([]grid.Cell, min(len(d.Words), mostKept))
				}
				if int(v) < len(kept) && kept[v].Value != nil {
					return kept[v]
				}
				c := grid.Cell{Text: x.city.CodeName(a, d.Words[v], w.Lang), Value: written(d.Words[v])}
				if int(v) < len(kept) {
					kept[v] = c
				}
				return c
			}
		}
	}
	return none
}
