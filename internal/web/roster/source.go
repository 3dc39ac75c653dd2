package roster

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
	"eyas/internal/web/grid"
	"eyas/internal/web/words"
)

// register is a register in memory, as a list shows it: one table with the verdicts of a day.
type register struct {
	*room
	ask      *address.Ask
	reg      *pack.Register
	city     *city.City
	table    *col.Table
	index    *list.Index
	outcomes []*rule.Outcome
	base     int // the year that yearly attributes mean where no year is named
	writer   words.Writer
	columns  *grid.Columns
	cells    map[string]func(row int) grid.Cell // by the id of the column
	keys     map[string]col.Key                 // of columns of attributes
}

// open gives a register as of the moment and day that an address asks for.
func (s *room) open(r *http.Request, id string) (*register, error) {
	ask := s.Ask(r)
	reg, base, err := s.InMemory(r.Context(), id, ask.Moment())
	if err != nil {
		return nil, err
	}
	outcomes, t, err := base.Outcomes(r.Context(), ask.Date, ask.Assume)
	if err != nil {
		return nil, err
	}
	x := &register{room: s, ask: ask, reg: reg, city: s.CityOf(id), table: t, index: base.Index(t), outcomes: outcomes, base: ask.Date.Year() - 1,
		writer: s.WriterIn(id, ask.Lang, s.MoneyUnit(r)), cells: map[string]func(int) grid.Cell{}, keys: map[string]col.Key{}}
	x.columns = x.makeColumns()
	return x, nil
}

// isMain reports whether it is the register that pages open with.
func (x *register) isMain() bool { return x.reg == x.City.Register }

// Columns implements grid.Source.
func (x *register) Columns() *grid.Columns { return x.columns }

// Page implements grid.Source.
func (x *register) Page(_ context.Context, q *grid.Query, offset, limit int) ([]grid.Row, int, error) {
	page, err := x.page(q, offset, limit)
	if err != nil {
		return nil, 0, err
	}
	rows := make([]grid.Row, len(page.Rows))
	cells := x.cellsOf(q)
	for i, row := range page.Rows {
		rows[i].Cells = make([]grid.Cell, len(cells))
		x.row(&rows[i], cells, row)
		rows[i].URL = x.ask.Link(x.SubjectPath(x.reg.ID, rows[i].Code, rows[i].ID))
	}
	return rows, page.Total, nil
}

// Each implements grid.Source. A row of a file leads nowhere.
func (x *register) Each(_ context.Context, q *grid.Query, fn func(*grid.Row) error) error {
	page, err := x.page(q, 0, x.table.N)
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

func (x *register) cellsOf(q *grid.Query) []func(int) grid.Cell {
	cells := make([]func(int) grid.Cell, len(q.Columns))
	for i, c := range q.Columns {
		cells[i] = x.cells[c.ID]
	}
	return cells
}

func (x *register) row(r *grid.Row, cells []func(int) grid.Cell, row int) {
	r.ID, r.Code, r.Name = x.table.Subjects[row], string(x.table.Codes.At(row)), string(x.table.Names.At(row))
	for i, cell := range cells {
		r.Cells[i] = cell(row)
	}
}

// page answers a query with rows of the table.
func (x *register) page(q *grid.Query, offset, limit int) (list.Page, error) {
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
func (x *register) filter(q *grid.Query) (list.Filter, error) {
	f := list.Filter{Text: q.Text, Verdicts: map[string][]list.Verdict{}, Only: map[string][]string{}, Scores: map[string]list.Bounds{},
		Codes: map[col.Key][]string{}, Contains: map[col.Key]string{}, Yes: map[col.Key][]bool{}, Between: map[col.Key]list.Bounds{}}
	if q.Chosen != nil {
		f.Rows = col.NewBitmap(x.table.N)
		for _, id := range q.Chosen {
			if row := x.table.Row(id); row >= 0 {
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
func (x *register) filterByRule(f *list.Filter, id string, c grid.Condition) {
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

// where names the part of the city that a query is about; the whole city when it names none.
func (x *register) where(q *grid.Query) string {
	name := ""
	for i, v := range q.Where[x.city.DistrictAttr()].Values {
		if i > 0 {
			name += x.writer.Text("list.or")
		}
		name += x.placeName(v)
	}
	if name == "" {
		return x.City.PlaceName(city.Place{}, x.ask.Lang)
	}
	return name
}

func (x *register) placeName(v string) string {
	p := city.ParsePlace(v)
	if p.District == pack.Elsewhere {
		return x.writer.Text("ladder.elsewhere")
	}
	return x.City.PlaceName(p, x.ask.Lang)
}

// usual are the columns of a first visit: those that the pack lists, and behind the district the first recognitions.
func (x *register) usual() []string {
	const recognitions = 4
	var ids []string
	for _, id := range x.reg.Listed {
		if id == x.reg.CodeAttr {
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

func (x *register) outcome(id string) *rule.Outcome {
	for _, o := range x.outcomes {
		if o.Rule.ID == id {
			return o
		}
	}
	return nil
}
