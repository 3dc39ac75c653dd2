package identity

import (
	"cmp"
	"context"
	"html/template"
	"net/http"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/words"
)

// mergeList is the merges of a register as a list; the database filters, sorts and pages.
type mergeList struct {
	*room
	ask    *address.Ask
	reg    *pack.Register
	writer words.Writer
	carry  []address.Field // what the forms to take a merge back carry
	links  bool            // the reader may take merges back
	cols   *grid.Columns
}

func (s *room) listMerges(r *http.Request, reg *pack.Register) *mergeList {
	l := &mergeList{room: s, ask: s.Ask(r), reg: reg, writer: s.WriterOf(r, reg.ID), links: s.May(r.Context(), auth.Link)}
	text := l.writer.Text
	l.carry = []address.Field{{Name: "register", Value: r.URL.Query().Get("register")}, {Name: "state", Value: r.URL.Query().Get("state")}}
	var hows, states []grid.Choice
	for _, how := range mergedByOrder {
		hows = append(hows, grid.Choice{Value: how, Label: joinedBy(l.writer, how)})
	}
	for _, state := range []fact.MergeState{fact.Standing, fact.Undone} {
		states = append(states, grid.Choice{Value: string(state), Label: text("merges.state." + string(state))})
	}
	l.cols = &grid.Columns{Title: text("merges.from"), Usual: []string{"into", "when", "state", "how", "why", "who"}, List: []*grid.Column{
		{ID: "from_code", Head: text("links.code") + " · " + text("merges.from"), Group: text("merges.title")},
		{ID: "into", Head: text("merges.into"), Group: text("merges.title"), Fact: true},
		{ID: "into_code", Head: text("links.code") + " · " + text("merges.into"), Group: text("merges.title")},
		(&grid.Column{ID: "how", Head: text("merges.how"), Group: text("merges.title")}).Among(hows...),
		{ID: "why", Head: text("merges.why"), Group: text("merges.title")},
		(&grid.Column{ID: "when", Head: text("links.col.when"), Group: text("merges.title"), Fact: true, Sort: "when"}).Dated(),
		{ID: "who", Head: text("links.col.who"), Group: text("merges.title"), By: grid.Contain},
		{ID: "undone", Head: text("merges.undoneAt"), Group: text("merges.title")},
		{ID: "undone_by", Head: text("merges.undoneBy"), Group: text("merges.title")},
		(&grid.Column{ID: "state", Head: text("merges.col.state"), Group: text("merges.title"), Fact: true, Field: "state"}).Among(states...),
	}}
	return l
}

// Columns implements grid.Source.
func (l *mergeList) Columns() *grid.Columns { return l.cols }

// wanted is a query as the database knows it.
func (l *mergeList) wanted(q *grid.Query) (which fact.MergeState, w fact.Wanted) {
	w = fact.Wanted{Text: q.Text, Hows: q.Where["how"].Values, Who: q.Where["who"].Part, WhoIs: l.writer.ActorsNamed(q.Where["who"].Part), Chosen: q.Chosen, By: q.Sort, Desc: q.Desc}
	w.From, w.To = q.Where["when"].Days(l.Pack.Zone)
	if states := q.Where["state"].Values; len(states) == 1 { // both are all
		which = fact.MergeState(states[0])
	}
	return which, w
}

// Page implements grid.Source.
func (l *mergeList) Page(ctx context.Context, q *grid.Query, offset, limit int) ([]grid.Row, int, error) {
	return l.read(ctx, q, 0, offset, limit, true)
}

// Each implements grid.Source. It goes from merge to merge by their numbers: what is merged meanwhile moves no row into a batch
// twice, and out of none.
func (l *mergeList) Each(ctx context.Context, q *grid.Query, fn func(*grid.Row) error) error {
	for after := int64(0); ; {
		rows, _, err := l.read(ctx, q, after, 0, frame.ExportBatch, false)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := fn(&rows[i]); err != nil {
				return err
			}
		}
		if len(rows) < frame.ExportBatch {
			return nil
		}
		after = rows[len(rows)-1].ID
	}
}

// read reads merges, for a page or for a file.
func (l *mergeList) read(ctx context.Context, q *grid.Query, after int64, offset, limit int, page bool) ([]grid.Row, int, error) {
	which, w := l.wanted(q)
	w.After = after
	list, total, err := l.Identities.Merges(ctx, l.reg.ID, which, w, offset, limit)
	rows := make([]grid.Row, len(list))
	for i := range list {
		rows[i] = l.row(q, &list[i], page)
	}
	return rows, total, err
}

// intoName is where a merge led, with what the two names do not share; undoMergeForm takes it back.
var (
	markedName    = template.Must(template.New("marked").Parse(`{{range .}}{{if .Found}}<mark>{{.Text}}</mark>{{else}}{{.Text}}{{end}}{{end}}`))
	intoName      = template.Must(template.Must(markedName.Clone()).New("into").Parse(`<a href="{{.IntoURL}}">{{template "marked" .Into}}</a>`))
	undoMergeForm = template.Must(template.New("undo").Parse(`<form class="inline" method="post" action="{{.UndoURL}}">` +
		`{{range .Carry}}<input type="hidden" name="{{.Name}}" value="{{.Value}}">{{end}}<button class="quiet" type="submit">{{.Label}}<span class="visually-hidden"> {{.Name}}</span></button></form>`))
)

// row writes a merge; page says that it is for a page, whose cells lead on.
func (l *mergeList) row(q *grid.Query, m *identity.Joined, page bool) grid.Row {
	text, x := l.writer.Text, l.mergeRow(l.ask, l.writer, m, l.links)
	row := grid.Row{ID: m.ID, Of: [2]int64{m.From.Subject, m.Into.Subject}, Name: m.From.Name, Code: m.From.Code, Muted: x.Undone != "", Cells: make([]grid.Cell, len(q.Columns))}
	if page {
		row.URL, row.HTML = x.FromURL, grid.Fill(l.Log, markedName, x.From)
	}
	for i, c := range q.Columns {
		cell := &row.Cells[i]
		switch c.ID {
		case "from_code":
			cell.Text = m.From.Code
		case "into":
			if cell.Text = m.Into.Name; page {
				cell.HTML = grid.Fill(l.Log, intoName, x)
			}
		case "into_code":
			cell.Text = m.Into.Code
		case "how":
			cell.Text = x.How
		case "why":
			cell.Text = joinTexts(l.writer, cmp.Or(m.Reason, why(l.writer, m.Evidence)), evidenceText(l.writer, m.Evidence))
			if !x.ByPerson { // what linkage went by stands in the evidence, in both languages
				cell.Text = evidenceText(l.writer, m.Evidence)
			}
		case "when":
			cell.Text, cell.Value = x.When, l.MinuteCell(m.At)
		case "who":
			cell.Text = x.Who
		case "undone":
			if x.Undone != "" {
				cell.Text, cell.Value = x.Undone, l.MinuteCell(m.UndoneAt)
			}
		case "undone_by":
			cell.Text = x.UndoneBy
		case "state":
			switch {
			case x.Undone != "" && page:
				cell.Text = text("merges.undone", "when", x.Undone, "who", x.UndoneBy)
			case page && l.links:
				cell.HTML = grid.Fill(l.Log, undoMergeForm, struct {
					UndoURL, Name, Label string
					Carry                []address.Field
				}{x.UndoURL, x.Name, text("merges.undo"), l.carry})
			default:
				cell.Text = text("merges.state." + map[bool]string{true: string(fact.Undone), false: string(fact.Standing)}[x.Undone != ""])
			}
		}
	}
	return row
}

// joinTexts writes two texts on one line, one where the other is empty or says the same.
func joinTexts(w words.Writer, a, b string) string {
	if a == "" || b == "" || strings.Contains(b, a) {
		return cmp.Or(b, a)
	}
	return a + w.Text("links.sep") + b
}
