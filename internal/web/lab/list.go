package lab

import (
	"net/http"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/register"
)

// rowsPerPage is how many rows a page of a list behind a trial has.
const rowsPerPage = 50

// listView is a list of who is met, enters or leaves.
type listView struct {
	*grid.View
	Rule    *pack.Rule
	Who     string // met, near, unknown, pending, unmet, entered, left
	Where   string // district or section, in words; empty for the whole city
	Back    string
	Whole   string // the same list of the whole city
	Units   []frame.Option
	Changes []labNumber
}

// listing is the rows of a trial that an address asks for, as a list of their register.
type listing struct {
	*register.Register
	trial             *trial
	who               string
	district, section string // as the address has them; empty: the whole city
	where             string // these in words
}

// openList reads the trial and the list of it that an address asks for. A list that does not exist, and a figure that cannot be read, are faults.
func (s *room) openList(r *http.Request) (*listing, error) {
	t, err := s.readTrial(r)
	if err == nil && len(t.problems) > 0 {
		err = t.problems[0]
	}
	if err != nil {
		return nil, err
	}
	reg, err := register.Open(s.Frame, r, t.rule.Register)
	if err != nil {
		return nil, err
	}
	d, err := s.over(reg.Table, t)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	x := &listing{Register: reg, trial: t, who: q.Get("who"), district: q.Get("district"), section: q.Get("section")}
	if x.who == "" {
		x.who = "met"
	}
	rows, err := rowsOf(d, x.who)
	if err != nil {
		return nil, address.Mistake(err, "who")
	}
	reg.Only = city.Both(reg.Only, rows)
	if x.district != "" {
		reg.Only = groupRows(reg.Only, reg.Table.Districts(), list.ByDistrict(s.Pack.Orgs), x.district)
	}
	if x.section != "" {
		reg.Only = groupRows(reg.Only, s.industryWords(reg.Table), list.BySection(s.industries(reg.Pack)), x.section)
	}
	x.where = s.placeName(t, reg.Pack, x.district, x.section)
	x.adapt(reg.Columns())
	return x, nil
}

// rowsOf gives the rows of one of the lists of a trial.
func rowsOf(d *rule.Difference, who string) (col.Bitmap, error) {
	switch who {
	case "entered":
		return d.Entered, nil
	case "left":
		return d.Left, nil
	case "met":
		return d.Outcome.Met, nil
	case "near":
		return d.Outcome.Near, nil
	case "unknown":
		return d.Outcome.Unknown, nil
	case "pending":
		return d.Outcome.Pending, nil
	case "unmet":
		return d.Outcome.Unmet, nil
	}
	return nil, fault.New(fault.Invalid, "名单“"+who+"”不存在。请从政策实验室的数字进入。", "There is no list “"+who+"”: start from a figure of the policy lab.")
}

// adapt makes the columns of the register those of a list of the lab: where and how large an enterprise is are the usual ones, the columns of the
// rule say that they speak of the law's numbers, and the numbers of the trial are no filters.
func (x *listing) adapt(cols *grid.Columns) {
	cols.Usual = slices.DeleteFunc([]string{"code", "district", "industry", "sales", "staff"}, func(id string) bool { return cols.Find(id) == nil })
	for _, c := range cols.List {
		if kind, id, _ := strings.Cut(c.ID, "."); id == x.trial.rule.ID && slices.Contains([]string{"v", "o", "s"}, kind) {
			c.Head = x.Writer.Text("lab.list.inForce", "column", c.Head)
		}
	}
	cols.Other = func(name string) bool { return strings.HasPrefix(name, "n.") }
}

// cookie keeps the columns of this list.
func (x *listing) cookie() string {
	return frame.ColumnCookie + "-lab-" + x.Pack.ID + "-" + x.who
}

// carry is what the filters and the file carry along: the trial, the list and the unit of amounts.
func (x *listing) carry(q *grid.Query) []address.Field {
	fields := x.Carry(q)
	add := func(name string, values ...string) {
		for _, v := range values {
			if v != "" {
				fields = append(fields, address.Field{Name: name, Value: v})
			}
		}
	}
	add("rule", x.trial.rule.ID)
	add("set", x.trial.sets()...)
	add("who", x.who)
	add("district", x.district)
	add("section", x.section)
	return fields
}

func (s *room) listWhatIf(w http.ResponseWriter, r *http.Request) error {
	x, err := s.openList(r)
	if err != nil {
		return err
	}
	q, err := grid.Read(r, x.Ask, x, x.cookie())
	if err != nil {
		return err
	}
	text := x.Writer.Text
	title := text("lab.list." + x.who)
	o := grid.Options{PerPage: rowsPerPage, Label: title, Hint: text("list.filter.name.hint"), None: text("list.none"), Counted: x.Counted, Export: s.ExportAt(r.Context(), "/lab/list.xlsx"),
		Picked: text("list.picked"), Carry: x.carry(q), Text: text, Now: s.Clock}
	switch {
	case x.Only.Empty():
		o.None = text("lab.list." + x.who + ".none")
	case !x.IsMain():
		o.None, o.Picked = text("list.none.item"), text("list.picked.item")
	}
	v := &listView{Rule: x.trial.rule, Who: x.who, Where: x.where, Back: x.trial.link("/lab"), Units: x.Units()}
	if x.where != "" {
		v.Whole = x.trial.link("/lab/list", "who", x.who)
	}
	for _, g := range s.labGroups(x.trial) {
		for _, n := range g.Numbers {
			if n.Moved {
				v.Changes = append(v.Changes, n)
			}
		}
	}
	if v.View, err = grid.Show(r.Context(), x.Ask, x, q, o); err != nil {
		return err
	}
	v.Caption = text("lab.list.caption", "list", title, "date", x.Ask.Day(), "n", x.Counted(v.Total))
	if n := len(x.Ask.Assume); n > 0 {
		v.FootMark = text("frame.assumed.mark", "n", n)
		v.Caption += " " + v.FootMark
	}
	s.Remember(w, r)
	grid.Remember(w, r, x, x.cookie())
	return s.Render(w, r, "lablist", v)
}

// placeName says in words which district or section a list is limited to.
func (s *room) placeName(t *trial, reg *pack.Register, district, section string) string {
	if district == pack.Elsewhere || section == pack.Elsewhere {
		return s.Words(t.ask.Lang)("lab.other")
	}
	if o := s.Pack.Orgs.ByID(district); o != nil {
		return o.Name.In(t.ask.Lang)
	}
	if list := s.industries(reg); list != nil && section != "" {
		for _, item := range list.Items {
			if item.Code == section {
				return item.Name.In(t.ask.Lang)
			}
		}
	}
	return district + section
}

// exportWhatIf plans the file with the whole list.
func (s *room) exportWhatIf(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	x, err := s.openList(r)
	if err != nil {
		return nil, err
	}
	q, err := grid.Read(r, x.Ask, x, x.cookie())
	if err != nil {
		return nil, err
	}
	title := x.Writer.Text("lab.list." + x.who)
	f := register.File{Title: title, Notes: []string{x.trial.link("/lab")}}
	if x.where != "" {
		f.Place = x.where
	}
	book, err := x.Workbook(q, f)
	if err != nil {
		return nil, err
	}
	book.File = x.trial.rule.ID + "-" + x.who + "-" + x.Ask.Day() + ".xlsx"
	book.Heading = x.trial.rule.Name.In(x.Ask.Lang) + " · " + title + " · " + x.Ask.Day()
	return book, nil
}
