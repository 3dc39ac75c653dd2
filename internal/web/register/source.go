// Package register is a register in memory as the source of a list: its recognitions and attributes as columns, its subjects as rows, and
// the file with both. Rooms that list subjects of a register open one for a request and show it with package grid.
package register

import (
	"context"
	"net/http"
	"slices"

	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/words"
)

// Register is a register in memory, as a list shows it: one table with the verdicts of a day. It is a grid.Source.
type Register struct {
	Ask      *address.Ask
	Pack     *pack.Register
	Table    *col.Table
	Writer   words.Writer
	Only     col.Bitmap // the list has these rows of the table and no others; nil: all
	frame    *frame.Frame
	city     *city.City
	index    *list.Index
	outcomes []*rule.Outcome
	base     int // the year that yearly attributes mean where no year is named
	columns  *grid.Columns
	cells    map[string]func(row int) grid.Cell // by the id of the column
	keys     map[string]col.Key                 // of columns of attributes
}

// Open gives a register as of the moment and day that an address asks for. A register that is not in memory is a fault.
func Open(f *frame.Frame, r *http.Request, id string) (*Register, error) {
	ask := f.Ask(r)
	reg, base, err := f.InMemory(r.Context(), id, ask.Moment())
	if err != nil {
		return nil, err
	}
	outcomes, t, err := base.Outcomes(r.Context(), ask.Date, ask.Assume)
	if err != nil {
		return nil, err
	}
	x := &Register{Ask: ask, Pack: reg, Table: t, Writer: f.WriterIn(id, ask.Lang, f.MoneyUnit(r)), frame: f, city: f.CityOf(id), index: base.Index(t), outcomes: outcomes,
		base: ask.Date.Year() - 1, cells: map[string]func(int) grid.Cell{}, keys: map[string]col.Key{}}
	x.columns = x.makeColumns()
	x.Only = f.Counted(ask, id, t)
	return x, nil
}

// IsMain reports whether it is the register that pages open with.
func (x *Register) IsMain() bool { return x.Pack == x.frame.City.Register }

// Columns implements grid.Source.
func (x *Register) Columns() *grid.Columns { return x.columns }

// Page implements grid.Source.
func (x *Register) Page(_ context.Context, q *grid.Query, offset, limit int) ([]grid.Row, int, error) {
	page, err := x.page(q, offset, limit)
	if err != nil {
		return nil, 0, err
	}
	rows := make([]grid.Row, len(page.Rows))
	cells := x.cellsOf(q)
	for i, row := range page.Rows {
		rows[i].Cells = make([]grid.Cell, len(cells))
		x.row(&rows[i], cells, row)
		rows[i].URL = x.Ask.Link(x.frame.SubjectPath(x.Pack.ID, rows[i].Code, rows[i].ID))
	}
	return rows, page.Total, nil
}

// Each implements grid.Source. A row of a file leads nowhere.
func (x *Register) Each(_ context.Context, q *grid.Query, fn func(*grid.Row) error) error {
	page, err := x.page(q, 0, x.Table.N)
	if err != nil {
		return err
	}
	cells := x.cellsOf(q)
	r := grid.Row{Cells: make([]grid.Cell, len(cells))}
	for _, row := range page.Rows {
		x.row(&r, cells, row)
		if err := fn(&r); err != nil {
			return err
		}
	}
	return nil
}

func (x *Register) cellsOf(q *grid.Query) []func(int) grid.Cell {
	cells := make([]func(int) grid.Cell, len(q.Columns))
	for i, c := range q.Columns {
		cells[i] = x.cells[c.ID]
	}
	return cells
}

func (x *Register) row(r *grid.Row, cells []func(int) grid.Cell, row int) {
	r.ID, r.Code, r.Name = x.Table.Subjects[row], string(x.Table.Codes.At(row)), string(x.Table.Names.At(row))
	r.Of[0] = r.ID
	for i, cell := range cells {
		r.Cells[i] = cell(row)
	}
}

// Total is how many rows a query has.
func (x *Register) Total(q *grid.Query) (int, error) {
	page, err := x.page(q, 0, 0)
	return page.Total, err
}

// Rows are the rows of the table that a query has; they must not be changed.
func (x *Register) Rows(q *grid.Query) (col.Bitmap, error) {
	f, err := x.filter(q)
	if err != nil {
		return nil, err
	}
	return x.index.Filter(f, x.outcomes)
}

// HasVerdicts reports whether a recognition of the register is in force on the day.
func (x *Register) HasVerdicts() bool { return len(x.outcomes) > 0 }

// page answers a query with rows of the table.
func (x *Register) page(q *grid.Query, offset, limit int) (list.Page, error) {
	f, err := x.filter(q)
	if err != nil {
		return list.Page{}, err
	}
	rows, err := x.index.Filter(f, x.outcomes)
	if err != nil {
		return list.Page{}, err
	}
	return x.index.PageOf(rows, list.Sort{By: q.Sort, Desc: q.Desc}, x.outcomes, offset, limit), nil
}

// filter is what a query asks, as the index knows it.
func (x *Register) filter(q *grid.Query) (list.Filter, error) {
	f := list.Filter{Text: q.Text, Verdicts: map[string][]list.Verdict{}, Only: map[string][]string{}, Scores: map[string]list.Bounds{},
		Codes: map[col.Key][]string{}, Contains: map[col.Key]string{}, Yes: map[col.Key][]bool{}, Between: map[col.Key]list.Bounds{}}
	f.Rows = x.Only
	if q.Chosen != nil {
		f.Rows = col.NewBitmap(x.Table.N)
		for _, id := range q.Chosen {
			if row := x.Table.Row(id); row >= 0 && (x.Only == nil || x.Only.Get(row)) {
				f.Rows.Set(row)
			}
		}
	}
	for _, id := range q.Asked() {
		c, k := q.Where[id], x.keys[id]
		a := x.city.Attributes[k.Attr]
		if a == nil {
			x.filterByRule(&f, id, c)
			continue
		}
		if c.Blank {
			f.Missing = append(f.Missing, k)
		}
		if c.From != nil || c.To != nil {
			f.Between[k] = list.Bounds{From: c.From, To: c.To}
		}
		if c.Prefix != "" {
			f.Industry = c.Prefix
		}
		switch {
		case len(c.Values) > 0 && a.ID == x.city.DistrictAttr():
			for _, p := range places(c) {
				if p.Group != "" {
					f.Groups = append(f.Groups, p.Group)
				} else {
					f.Districts = append(f.Districts, p.District)
				}
			}
		case len(c.Values) > 0 && a.Kind == pack.Boolean:
			for _, v := range c.Values {
				f.Yes[k] = append(f.Yes[k], v == "yes")
			}
		case len(c.Values) > 0:
			f.Codes[k] = c.Values
		}
		if c.Part != "" {
			f.Contains[k] = c.Part
		}
	}
	return f, nil
}

// filterByRule adds a condition on the verdict ("v.RULE"), the score ("s.RULE") or the missing criterion ("o.RULE") of a recognition.
func (x *Register) filterByRule(f *list.Filter, id string, c grid.Condition) {
	switch kind, rule := id[:1], id[2:]; kind {
	case "v":
		for _, v := range c.Values {
			f.Verdicts[rule] = append(f.Verdicts[rule], list.Verdict(v))
		}
	case "o":
		f.Only[rule] = c.Values
	case "s":
		f.Scores[rule] = list.Bounds{From: c.From, To: c.To}
	}
}

// places are the parts of the city that a condition names.
func places(c grid.Condition) []city.Place {
	list := make([]city.Place, len(c.Values))
	for i, v := range c.Values {
		list[i] = city.ParsePlace(v)
	}
	return list
}

// Where names the part of the city that a query is about; the scope of the address when it names none.
func (x *Register) Where(q *grid.Query) string {
	name := ""
	for i, v := range q.Where[x.city.DistrictAttr()].Values {
		if i > 0 {
			name += x.Writer.Text("list.or")
		}
		name += x.placeName(v)
	}
	if name == "" {
		return x.frame.City.ScopeName(x.city.ScopeOf(x.Ask.Scope), x.Ask.Lang)
	}
	return name
}

func (x *Register) placeName(v string) string {
	p := city.ParsePlace(v)
	if p.District == pack.Elsewhere {
		return x.Writer.Text("ladder.elsewhere")
	}
	return x.frame.City.PlaceName(p, x.Ask.Lang)
}

// usual are the columns of a first visit: those that the pack lists, and behind the district the first recognitions.
func (x *Register) usual() []string {
	const recognitions = 4
	var ids []string
	for _, id := range x.Pack.Listed {
		if id == x.Pack.CodeAttr {
			id = "code"
		}
		ids = append(ids, id)
	}
	at := slices.Index(ids, x.city.DistrictAttr()) + 1
	var rules []string
	for _, r := range x.city.Ladder {
		if x.outcome(r.ID) != nil && len(rules) < recognitions {
			rules = append(rules, "v."+r.ID)
		}
	}
	return slices.Insert(ids, at, rules...)
}

func (x *Register) outcome(id string) *rule.Outcome {
	for _, o := range x.outcomes {
		if o.Rule.ID == id {
			return o
		}
	}
	return nil
}
