package oplog

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"eyas/internal/audit"
	"eyas/internal/sheet"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/told"
)

const (
	// logPage is how many entries a page has, logColumns the cookie that keeps the columns of the list.
	logPage    = 50
	logColumns = frame.ColumnCookie + "-log"
	// shortSaid is how many characters of what an entry says the list shows.
	shortSaid = 60
	// untilName is the name in addresses of the last entry of a list, so that its pages stay as they are while entries are added.
	untilName = "until"
)

// logView is the page of the list.
type logView struct {
	*grid.View
	Head string // of the log, as people note it; empty: nothing is sealed
	Hash string
}

// logList is the entries of the log as a list; the database filters and pages.
type logList struct {
	*room
	writer told.Writer
	cols   *grid.Columns
	until  int64
	about  []string // things that the text of the search means
	begins []string
	seq    int64 // entry whose number the text is
	r      *http.Request
}

func (s *room) listLog(r *http.Request) (*logList, error) {
	l := &logList{room: s, writer: s.writer(r), r: r}
	text := l.writer.Words.Text
	if v := r.URL.Query().Get(untilName); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 1 {
			return nil, address.UnknownFilter(untilName, v)
		}
		l.until = n
	}
	column := func(id string) *grid.Column {
		return &grid.Column{ID: id, Head: text("oplog.col." + id), Group: text("oplog.title")}
	}
	var actions, kinds, orgs []grid.Choice
	for _, a := range told.Actions {
		actions = append(actions, grid.Choice{Value: a, Label: told.ActionName(text, a)})
	}
	for _, k := range told.Kinds {
		kinds = append(kinds, grid.Choice{Value: k, Label: text("log.kind." + k)})
	}
	for _, o := range s.Pack.Orgs {
		orgs = append(orgs, grid.Choice{Value: o.ID, Label: l.writer.OrgName(o.ID)})
	}
	who, when, about := column("who"), column("when").Dated(), column("about")
	who.By, who.Fact, when.Fact, about.Fact = grid.Contain, true, true, true
	action, kind := column("action").Among(actions...), column("kind").Among(kinds...)
	action.Bare, action.Offered, kind.Bare, kind.Offered = true, true, true, true
	seq := column("seq")
	seq.Number = true
	l.cols = &grid.Columns{Title: text("oplog.col.did"), Usual: []string{"about", "when", "who", "org", "from", "said"},
		List: []*grid.Column{seq, about, when, who, column("org").Among(orgs...), column("role"), column("viewer"), column("from"), column("said"), action, kind}}
	return l, nil
}

// means finds the things that the text of a search means: an entry by its number, a thing as the log writes it, or a subject by
// its code or name with all that belongs to it.
func (l *logList) means(ctx context.Context, text string) error {
	switch n, err := strconv.ParseInt(strings.TrimPrefix(text, "#"), 10, 64); {
	case text == "":
		return nil
	case err == nil && len(text) < 18:
		l.seq = max(n, 0)
		return nil
	case strings.Contains(text, "/"):
		l.about = []string{text}
		return nil
	}
	l.about = []string{""} // what nothing is about
	if l.writer.Names == nil {
		return nil
	}
	refs, err := l.Known.Find(ctx, text)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		things := told.Things{Records: l.Known, Pairs: l.Pairs}
		about, begins, err := things.Of(ctx, ref.Subject)
		if err != nil {
			return err
		}
		l.about, l.begins = append(l.about, about...), append(l.begins, begins...)
	}
	return nil
}

// wanted is a query as the log knows it.
func (l *logList) wanted(q *grid.Query) audit.Wanted {
	w := audit.Wanted{Actor: q.Where["who"].Part, Actors: l.writer.Words.ActorsNamed(q.Where["who"].Part), Actions: q.Where["action"].Values, Kinds: q.Where["kind"].Values, Orgs: q.Where["org"].Values,
		Subjects: l.about, Begins: l.begins, Until: l.until, Chosen: q.Chosen}
	if l.seq > 0 {
		w.Chosen = append(w.Chosen, l.seq)
	}
	w.From, w.To = q.Where["when"].Days(l.Pack.Zone)
	return w
}

// readLog reads what the address asks of the log.
func (s *room) readLog(r *http.Request) (*logList, *grid.Query, error) {
	if err := s.ready(r); err != nil {
		return nil, nil, err
	}
	l, err := s.listLog(r)
	if err != nil {
		return nil, nil, err
	}
	q, err := grid.Read(r, l.writer.Ask, l, logColumns)
	if err != nil {
		return nil, nil, err
	}
	return l, q, l.means(r.Context(), q.Text)
}

func (s *room) showLog(w http.ResponseWriter, r *http.Request) error {
	l, q, err := s.readLog(r)
	if err != nil {
		return err
	}
	ask, text := l.writer.Ask, l.writer.Words.Text
	head, err := s.Log.Head(r.Context())
	if err != nil {
		return err
	}
	v := &logView{Hash: s.Log.Hash().String()}
	if head.Size > 0 {
		v.Head = head.Point().String()
	}
	v.View, err = grid.Show(r.Context(), ask, l, q, grid.Options{PerPage: logPage, Label: text("oplog.title"), Caption: text("oplog.title"), None: text("oplog.none"), Hint: text("oplog.hint"),
		Export: "/log.xlsx", Picked: text("oplog.picked"), Text: text, Now: s.Clock})
	if err != nil {
		return err
	}
	if l.until == 0 { // the pages behind the first one stay as they are while entries are added
		_, newest, err := s.Log.Entries(r.Context(), audit.Wanted{}, 0, 0)
		if err != nil {
			return err
		}
		l.until = int64(newest)
	}
	if l.until > 0 {
		v.Pager = address.Pages(ask, v.Pager.Page, v.Total, logPage, untilName, strconv.FormatInt(l.until, 10))
		if v.Pager.First != "" {
			v.Pager.First = ask.With("page", "", untilName, "")
		}
	}
	grid.Remember(w, r, l, logColumns)
	return s.Render(w, r, "log", v)
}

// exportLog writes all entries of a list, with all columns where the address names none. Subjects are named by their numbers.
func (s *room) exportLog(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	l, q, err := s.readLog(r)
	if err != nil {
		return nil, err
	}
	l.writer.Names = nil
	_, total, err := s.Log.Entries(r.Context(), l.wanted(q), 0, 0)
	if err != nil {
		return nil, err
	}
	if l.until == 0 {
		_, newest, err := s.Log.Entries(r.Context(), audit.Wanted{}, 0, 0)
		if err != nil {
			return nil, err
		}
		l.until = int64(newest)
	}
	text := l.writer.Words.Text
	return grid.Whole(r, l, q, text, grid.File{Name: text("oplog.title"), Rows: total, Notes: s.ExportNotes(l.writer.Ask, s.Pack.Name.In(l.writer.Ask.Lang))}, l.writer.Ask.Day()), nil
}

// Columns implements grid.Source.
func (l *logList) Columns() *grid.Columns { return l.cols }

// Page implements grid.Source.
func (l *logList) Page(ctx context.Context, q *grid.Query, offset, limit int) ([]grid.Row, int, error) {
	list, total, err := l.Log.Entries(ctx, l.wanted(q), offset, limit)
	rows := make([]grid.Row, len(list))
	for i := range list {
		rows[i] = l.row(ctx, q, &list[i], true)
	}
	return rows, total, err
}

// Each implements grid.Source. It goes from entry to entry by their numbers.
func (l *logList) Each(ctx context.Context, q *grid.Query, fn func(*grid.Row) error) error {
	w := l.wanted(q)
	for {
		list, _, err := l.Log.Entries(ctx, w, 0, frame.ExportBatch)
		if err != nil {
			return err
		}
		for i := range list {
			row := l.row(ctx, q, &list[i], false)
			if err := fn(&row); err != nil {
				return err
			}
		}
		if len(list) < frame.ExportBatch {
			return nil
		}
		if w.Until = list[len(list)-1].Seq - 1; w.Until < 1 {
			return nil
		}
	}
}

// row writes an entry; page says that it is for a page, whose cells lead on.
func (l *logList) row(ctx context.Context, q *grid.Query, e *audit.Entry, page bool) grid.Row {
	x := l.writer.Entry(ctx, e)
	row := grid.Row{ID: e.Seq, Name: x.Action, Cells: make([]grid.Cell, len(q.Columns))}
	if page {
		row.URL = l.writer.Ask.Link("/log/" + strconv.FormatInt(e.Seq, 10))
	}
	for i, c := range q.Columns {
		cell := &row.Cells[i]
		switch c.ID {
		case "seq":
			cell.Text, cell.Value = strconv.FormatInt(e.Seq, 10), sheet.Plain(e.Seq)
		case "about":
			if cell.Text = x.Thing; page {
				cell.URL = x.URL
			}
		case "said":
			if cell.Text = x.Short(shortSaid); !page {
				cell.Text = x.Short(1000)
			}
		case "who":
			cell.Text = x.Who
		case "org":
			if cell.Text = x.Org; cell.Text == "" {
				cell.Text = x.For
			}
		case "role":
			cell.Text = x.Role
		case "viewer":
			cell.Text = x.Viewer
		case "from":
			cell.Text = x.From
		case "when":
			cell.Text, cell.Value = x.When, l.MinuteCell(e.At)
		case "action":
			cell.Text = x.Action
		case "kind":
			cell.Text = e.Kind()
		}
	}
	return row
}
