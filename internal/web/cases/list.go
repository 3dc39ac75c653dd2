package cases

import (
	"context"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/matter/desk"
	"eyas/internal/registry/fact"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/words"
)

// caseColumns is the cookie that keeps the columns of the list.
const caseColumns = frame.ColumnCookie + "-cases"

// caseList is a box of cases as a list; the database filters, sorts and pages.
type caseList struct {
	*room
	ask    *address.Ask
	box    desk.Box
	writer words.Writer
	cols   *grid.Columns
}

// listed makes the list that a request asks for. Without a box it is what waits, or all where nothing waits.
func (s *room) listed(r *http.Request, box desk.Box) *caseList {
	l := &caseList{room: s, ask: s.Ask(r), box: box, writer: s.WriterOf(r, "")}
	text := l.writer.Text
	var matters, stages, orgs []grid.Choice
	for _, m := range s.Pack.Matters {
		name := m.Name.In(l.ask.Lang)
		matters = append(matters, grid.Choice{Value: m.ID, Label: name})
		for _, g := range m.Stages {
			stages = append(stages, grid.Choice{Value: m.ID + "/" + g.ID, Label: g.Name.In(l.ask.Lang), Under: name})
		}
		for _, e := range m.Ends {
			stages = append(stages, grid.Choice{Value: m.ID + "/" + e.ID, Label: text("cases.ended", "end", e.Name.In(l.ask.Lang)), Under: name})
		}
	}
	scope, err := s.Actors.Scope(r.Context(), "")
	for _, o := range s.Pack.Orgs {
		if o.Kind != "city" && err == nil && (scope.Whole() || scope.Has(o.ID)) {
			orgs = append(orgs, grid.Choice{Value: o.ID, Label: city.ShortName(o, l.ask.Lang)})
		}
	}
	var dues []grid.Choice
	for _, d := range []string{desk.DueLate, desk.DueSoon, desk.DueLater, desk.DueNone, desk.DueEnded} {
		dues = append(dues, grid.Choice{Value: d, Label: text("cases.dues." + d)})
	}
	column := func(id string) *grid.Column {
		return &grid.Column{ID: id, Head: text("cases.col." + id), Group: text("cases.title")}
	}
	m, stage, org, due, opened := column("matter").Among(matters...), column("stage").Among(stages...), column("org").Among(orgs...), column("due").Among(dues...), column("opened")
	m.Sort, due.Sort, opened.Sort = "matter", "due", "opened"
	m.Fact, stage.Fact, due.Fact = true, true, true
	l.cols = &grid.Columns{Title: text("cases.col.subject"), Usual: []string{"matter", "stage", "due", "org", "opened", "no"}, List: []*grid.Column{m, stage, due, org, opened, column("no")},
		Other: func(name string) bool { return name == "box" }}
	return l
}

// Columns implements grid.Source.
func (l *caseList) Columns() *grid.Columns { return l.cols }

// picked is a query as the database knows it.
func (l *caseList) picked(ctx context.Context, q *grid.Query) (desk.Picked, error) {
	p := desk.Picked{Box: l.box, Matters: q.Where["matter"].Values, Due: q.Where["due"].Values, Chosen: q.Chosen, By: q.Sort, Desc: q.Desc, Orgs: l.orgsIn(l.ask.Scope)}
	if orgs := q.Where["org"].Values; len(orgs) > 0 {
		if p.Orgs != nil {
			orgs = append(slices.DeleteFunc(slices.Clone(orgs), func(o string) bool { return !slices.Contains(p.Orgs, o) }), "-")
		}
		p.Orgs = orgs
	}
	for _, v := range q.Where["stage"].Values {
		id, place, _ := strings.Cut(v, "/")
		if m := l.Pack.Matter(id); m.End(place) != nil {
			p.Ends = append(p.Ends, desk.Place{Matter: id, ID: place})
		} else {
			p.Stages = append(p.Stages, desk.Place{Matter: id, ID: place})
		}
	}
	if q.Text != "" {
		if id, err := strconv.ParseInt(q.Text, 10, 64); err == nil && len(q.Text) < 8 {
			p.Chosen = []int64{id}
			return p, nil
		}
		subjects, err := l.subjectsCalled(ctx, q.Text)
		if err != nil {
			return p, err
		}
		p.Subjects = append(subjects, 0) // of nobody where nobody is called so
	}
	return p, nil
}

// mostCalled bounds how many subjects a text may mean.
const mostCalled = 500

// subjectsCalled are the subjects of the registers of matters that a text may mean.
func (l *caseList) subjectsCalled(ctx context.Context, text string) (ids []int64, err error) {
	var done []string
	for _, m := range l.Pack.Matters {
		if slices.Contains(done, m.Register) {
			continue
		}
		done = append(done, m.Register)
		_, base, err := l.InMemory(ctx, m.Register, fact.Moment{})
		if err != nil {
			return nil, err
		}
		t, err := base.Current(ctx)
		if err != nil {
			return nil, err
		}
		for _, hit := range base.Index(t).Search(text, mostCalled) {
			ids = append(ids, t.Subjects[hit.Row])
		}
	}
	return ids, nil
}

// Page implements grid.Source.
func (l *caseList) Page(ctx context.Context, q *grid.Query, offset, limit int) ([]grid.Row, int, error) {
	p, err := l.picked(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	list, total, err := l.Desk.Page(ctx, p, offset, limit)
	return l.rows(ctx, q, list, true), total, err
}

// Each implements grid.Source.
func (l *caseList) Each(ctx context.Context, q *grid.Query, fn func(*grid.Row) error) error {
	p, err := l.picked(ctx, q)
	if err != nil {
		return err
	}
	return grid.Batches(func(offset, limit int) ([]grid.Row, error) {
		list, _, err := l.Desk.Page(ctx, p, offset, limit)
		return l.rows(ctx, q, list, false), err
	}, fn)
}

var dueCell = template.Must(template.New("due").Parse(`<span class="due due-{{.State}}"><span class="due-day">{{.Day}}</span> <span class="due-words">{{.Says}}</span></span>`))

func (l *caseList) rows(ctx context.Context, q *grid.Query, list []desk.Boxed, page bool) []grid.Row {
	rows := make([]grid.Row, len(list))
	for i := range list {
		x := &list[i]
		row := grid.Row{ID: x.ID, Name: l.subjectName(ctx, x.Subject), Of: [2]int64{x.Subject}, Muted: x.End != "", Cells: make([]grid.Cell, len(q.Columns))}
		if page {
			row.URL = l.ask.Link(casePath(x.ID))
		}
		for j, c := range q.Columns {
			cell := &row.Cells[j]
			switch c.ID {
			case "matter":
				cell.Text = l.matterName(x.Matter, l.ask.Lang)
			case "stage":
				cell.Text = l.stages(&x.Listed, l.ask.Lang)
			case "due":
				d := l.due(&x.Listed)
				if d.Day == "" {
					break
				}
				cell.Text, cell.Value = d.Day, frame.DayCell(d.Day)
				if page {
					says := l.writer.Text("cases.due.is."+d.State, "n", d.Days)
					if !x.DueKnown {
						says += l.writer.Text("cases.due.unknown")
					}
					cell.HTML = grid.Fill(l.Log, dueCell, struct{ Day, State, Says string }{d.Day, d.State, says})
				}
			case "org":
				cell.Text = l.orgName(x.District, l.ask.Lang)
				if x.Park != "" {
					cell.Text += " " + l.orgName(x.Park, l.ask.Lang)
				}
			case "opened":
				cell.Text, cell.Value = x.Opened.In(l.Pack.Zone).Format(time.DateOnly), l.MinuteCell(x.Opened)
			case "no":
				cell.Text, cell.Value = strconv.FormatInt(x.ID, 10), x.ID
			}
		}
		rows[i] = row
	}
	return rows
}

// stages names where a case is, or how it ended.
func (s *room) stages(x *desk.Listed, lang string) string {
	m := s.Pack.Matter(x.Matter)
	if m == nil {
		return strings.Join(x.Stages, " ") + x.End
	}
	if e := m.End(x.End); e != nil {
		return s.Words(lang)("cases.ended", "end", e.Name.In(lang))
	}
	var names []string
	for _, id := range x.Stages {
		if g := m.Stage(id); g != nil {
			names = append(names, g.Name.In(lang))
		}
	}
	return strings.Join(names, s.Words(lang)("frame.and"))
}

// due is a last day with how a case stands with it: late, today, soon or later, and by how many days.
type due struct {
	Day, State string
	Days       int
}

func (s *room) due(x *desk.Listed) due {
	if x.End != "" {
		return due{}
	}
	return s.dueOn(string(x.Due))
}

// soonDays is how many days before its last one a case is shown as due soon, as the filter of the list has it.
const soonDays = 3

func (s *room) dueOn(day string) due {
	last, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return due{}
	}
	y, m, d := s.Desk.Today().Date()
	left := int(last.Sub(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)).Hours() / 24)
	x := due{Day: day, State: "later", Days: left}
	switch {
	case left < 0:
		x.State, x.Days = "late", -left
	case left == 0:
		x.State = "today"
	case left <= soonDays:
		x.State = "soon"
	}
	return x
}

// listView is the page of boxes.
type listView struct {
	*grid.View
	Box   desk.Box
	Boxes []boxTab
	Total int
	New   string // where a case is begun; empty: who looks begins none
}

type boxTab struct {
	Label, URL string
	N          int
	On         bool
}

// boxOf reads the box of an address.
func boxOf(r *http.Request) desk.Box {
	if box := desk.Box(r.URL.Query().Get("box")); slices.Contains(desk.Boxes, box) {
		return box
	}
	return desk.BoxWaiting
}

func (s *room) list(w http.ResponseWriter, r *http.Request) error {
	if err := s.Desk.Opens(r.Context()); err != nil {
		return err
	}
	l := s.listed(r, boxOf(r))
	text := l.writer.Text
	q, err := grid.Read(r, l.ask, l, caseColumns)
	if err != nil {
		return err
	}
	v := &listView{Box: l.box}
	for _, box := range desk.Boxes {
		n, err := s.Desk.CountBox(r.Context(), desk.Picked{Box: box, Orgs: s.orgsIn(l.ask.Scope)})
		if err != nil {
			return err
		}
		v.Boxes = append(v.Boxes, boxTab{text("cases.box." + string(box)), l.ask.Link(path, "box", string(box)), n, box == l.box})
		if box == l.box {
			v.Total = n
		}
	}
	if own := s.OwnSubject(r.Context()); own != 0 {
		v.New = l.ask.Link("/s/" + strconv.FormatInt(own, 10) + "/cases")
	}
	none := text("cases.none." + string(l.box))
	if v.Total > 0 {
		none = text("cases.none.filtered")
	}
	v.View, err = grid.Show(r.Context(), l.ask, l, q, grid.Options{PerPage: pageRows, Label: text("cases.title"), Caption: text("cases.box." + string(l.box)), None: none, Hint: text("cases.hint"),
		Export: s.ExportAt(r.Context(), path+".xlsx"), Picked: text("cases.picked"), Carry: []address.Field{{Name: "box", Value: string(l.box)}}, Text: text, Now: s.Clock})
	if err != nil {
		return err
	}
	return s.Render(w, r, "cases", v)
}

// export writes all cases of a list.
func (s *room) export(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	if s.Desk == nil {
		return nil, frame.ErrNoPage()
	}
	l := s.listed(r, boxOf(r))
	q, err := grid.Read(r, l.ask, l, caseColumns)
	if err != nil {
		return nil, err
	}
	p, err := l.picked(r.Context(), q)
	if err != nil {
		return nil, err
	}
	total, err := s.Desk.CountBox(r.Context(), p)
	if err != nil {
		return nil, err
	}
	text := l.writer.Text
	return grid.Whole(r, l, q, text, grid.File{Name: text("cases.file", "box", text("cases.box."+string(l.box))), Rows: total, Notes: s.ExportNotes(l.ask, s.Pack.Name.In(l.ask.Lang))}, l.ask.Day()), nil
}
