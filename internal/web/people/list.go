package people

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/figure"
	"eyas/internal/people"
	"eyas/internal/sheet"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
)

// peopleColumns is the cookie that keeps the columns of the list; peoplePage is how many people a page has.
const (
	peopleColumns = frame.ColumnCookie + "-people"
	peoplePage    = 50
)

// states are those that the list can be filtered by.
var states = []people.State{people.Asked, people.Invited, people.Active, people.Locked, people.Left}

// The two choices of a filter by what somebody has or has not.
const (
	has    = "on"
	hasNot = "off"
)

// peopleList is the people whom who asks may see, as a list; the database filters, sorts and pages.
type peopleList struct {
	*room
	ask  *address.Ask
	lang string
	text func(string, ...any) string
	cols *grid.Columns
}

// peopleView is the page of the list, with what waits for who looks.
type peopleView struct {
	*grid.View
	Proposals []grantRow
	May       may
}

// may is what who acts may do with people.
type may struct{ Account, Grant, Propose bool }

func (s *room) mayOf(ctx context.Context) may {
	return may{s.may(ctx, auth.Account), s.may(ctx, auth.Grant), s.may(ctx, auth.Propose)}
}

// readPeople reads what the address asks of the list, and refuses who may see no part of it.
func (s *room) readPeople(r *http.Request) (*peopleList, *grid.Query, error) {
	if err := s.peopled(r); err != nil {
		return nil, nil, err
	}
	if !s.may(r.Context(), auth.Account, auth.Grant, auth.Propose) {
		return nil, nil, s.People.Decide(r.Context(), auth.Account, auth.Resource{})
	}
	l := &peopleList{room: s, ask: s.Ask(r), lang: s.LangOf(r)}
	l.text = s.Words(l.lang)
	l.cols = &grid.Columns{Title: l.text("people.col.id"), SortTitle: "id", Usual: []string{"name", "state", "roles", "second", "last"}, List: l.columns()}
	q, err := grid.Read(r, l.ask, l, peopleColumns)
	return l, q, err
}

// columns are those that the list can show.
func (l *peopleList) columns() []*grid.Column {
	column := func(id string) *grid.Column {
		return &grid.Column{ID: id, Head: l.text("people.col." + id), Group: l.text("people.title")}
	}
	var stated, roles, orgs []grid.Choice
	for _, x := range states {
		stated = append(stated, grid.Choice{Value: string(x), Label: l.text("people.state." + string(x))})
	}
	for _, x := range l.Pack.Roles {
		roles = append(roles, grid.Choice{Value: x.ID, Label: x.Name.In(l.lang)})
	}
	for _, o := range l.Pack.Orgs {
		orgs = append(orgs, grid.Choice{Value: o.ID, Label: city.ShortName(o, l.lang)})
	}
	name, state, made := column("name"), column("state").Among(stated...), column("made").Dated()
	name.Sort, state.Sort, made.Sort = "name", "state", "made"
	role, org := column("roles").Among(roles...), column("org").Among(orgs...)
	second := column("second").Among(grid.Choice{Value: has, Label: l.text("people.second.on")}, grid.Choice{Value: hasNot, Label: l.text("people.second.off")})
	name.Fact, state.Fact, role.Fact = true, true, true
	org.Bare, org.Offered, made.Offered = true, true, true
	return []*grid.Column{name, state, role, org, second, column("last"), made, column("made_by"), column("phone"), column("mail")}
}

func (s *room) showPeople(w http.ResponseWriter, r *http.Request) error {
	l, q, err := s.readPeople(r)
	if err != nil {
		return err
	}
	text := l.text
	v := &peopleView{May: s.mayOf(r.Context())}
	v.View, err = grid.Show(r.Context(), l.ask, l, q, grid.Options{PerPage: peoplePage, Label: text("people.title"), Caption: text("people.title"), None: text("people.none"), Hint: text("people.hint"),
		Counted: func(n int) string { return text("people.lead", "n", n) }, Export: "/people.xlsx", Unnumbered: true, Text: text, Now: s.Clock})
	if err != nil {
		return err
	}
	list, err := s.People.Proposals(r.Context())
	if err != nil {
		return err
	}
	for i := range list {
		v.Proposals = append(v.Proposals, s.grantRow(r, &list[i]))
	}
	grid.Remember(w, r, l, peopleColumns)
	return s.Render(w, r, "people", v)
}

// exportPeople writes all persons of a list, with all columns where the address names none.
func (s *room) exportPeople(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	l, q, err := s.readPeople(r)
	if err != nil {
		return nil, err
	}
	_, total, err := s.People.List(r.Context(), l.wanted(q), 0, 0)
	if err != nil {
		return nil, err
	}
	f := grid.File{Name: l.text("people.title"), Rows: total, Notes: s.ExportNotes(l.ask, s.Pack.Name.In(l.lang))}
	return grid.Whole(r, l, q, l.text, f, l.ask.Day()), nil
}

// Columns implements grid.Source.
func (l *peopleList) Columns() *grid.Columns { return l.cols }

// wanted is what a query asks for.
func (l *peopleList) wanted(q *grid.Query) people.Wanted {
	w := people.Wanted{Text: strings.TrimSpace(q.Text), Orgs: q.Where["org"].Values, Desc: q.Desc}
	if q.Sort != l.cols.SortTitle {
		w.By = q.Sort
	}
	for _, v := range q.Where["state"].Values {
		w.States = append(w.States, people.State(v))
	}
	for _, v := range q.Where["roles"].Values {
		w.Roles = append(w.Roles, auth.Role(v))
	}
	if v := q.Where["second"].Values; len(v) == 1 { // both are all
		on := v[0] == has
		w.Second = &on
	}
	w.From, w.To = q.Where["made"].Days(l.Pack.Zone)
	return w
}

// Page implements grid.Source.
func (l *peopleList) Page(ctx context.Context, q *grid.Query, offset, limit int) (rows []grid.Row, total int, err error) {
	list, total, err := l.People.List(ctx, l.wanted(q), offset, limit)
	for i := range list {
		rows = append(rows, l.row(q, &list[i]))
	}
	return rows, total, err
}

// Each implements grid.Source.
func (l *peopleList) Each(ctx context.Context, q *grid.Query, fn func(*grid.Row) error) error {
	return grid.Batches(func(offset, limit int) ([]grid.Row, error) {
		rows, _, err := l.Page(ctx, q, offset, limit)
		return rows, err
	}, fn)
}

func (l *peopleList) row(q *grid.Query, p *people.Seen) grid.Row {
	row := grid.Row{Name: p.ID, URL: l.ask.Link("/people/" + p.ID), Muted: p.State == people.Left, Cells: make([]grid.Cell, len(q.Columns))}
	for i, c := range q.Columns {
		cell := &row.Cells[i]
		switch c.ID {
		case "name":
			cell.Text = p.Name
		case "state":
			cell.Text = l.text("people.state." + string(p.State))
		case "roles":
			cell.Text = strings.Join(l.held(p, func(g *people.Grant) string { return l.grantName(g, l.lang) }), "；")
		case "org":
			cell.Text = strings.Join(slices.Compact(l.held(p, func(g *people.Grant) string {
				if o := l.Pack.Orgs.ByID(g.Org); o != nil {
					return city.ShortName(o, l.lang)
				}
				return ""
			})), "；")
		case "second":
			if p.Second {
				cell.Text = l.text("people.second.on")
			}
		case "last":
			if !p.Last.IsZero() {
				cell.Text, cell.Value = l.When(p.Last), l.MinuteCell(p.Last)
			}
		case "made":
			cell.Text, cell.Value = l.day(p.Made), sheet.Date(p.Made.In(l.Pack.Zone))
		case "made_by":
			cell.Text = l.actor(p.MadeBy, l.lang)
		case "phone":
			cell.Text = figure.Mask(p.Phone)
		case "mail":
			cell.Text = figure.Mask(p.Mail)
		}
	}
	return row
}

// held names the roles that a person holds today or later, each as name does; an empty name is left out.
func (l *peopleList) held(p *people.Seen, name func(*people.Grant) string) (names []string) {
	today := l.day(l.Clock())
	for j := range p.Grants {
		if g := &p.Grants[j]; g.State == people.Given && (g.Until == "" || g.Until >= today) {
			if s := name(g); s != "" {
				names = append(names, s)
			}
		}
	}
	return names
}
