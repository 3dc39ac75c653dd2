package intake

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"slices"

	"eyas/internal/auth"
	"eyas/internal/figure"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/sheet"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/words"
)

// importsPage is how many imports a page lists, importsColumns the cookie that keeps the columns of the list.
const (
	importsPage    = 20
	importsColumns = frame.ColumnCookie + "-imports"
)

// importList is the imports of files as a list; the database filters, sorts and pages.
type importList struct {
	*room
	ask    *address.Ask
	writer words.Writer
	undoes bool // the reader may take imports back
	cols   *grid.Columns
}

// Values of filters that say yes or no.
const (
	inForce, undone      = "inforce", "undone"
	generated, submitted = "yes", "no"
)

func (s *room) listImports(r *http.Request) *importList {
	l := &importList{room: s, ask: s.Ask(r), writer: s.WriterOf(r, ""), undoes: s.May(r.Context(), auth.Undo)}
	text := l.writer.Text
	column := func(id string) *grid.Column {
		return &grid.Column{ID: id, Head: text("import.col." + id), Group: text("import.past")}
	}
	number := func(id, sort string) *grid.Column {
		c := column(id)
		c.Number, c.Sort = true, sort
		return c
	}
	fact := func(c *grid.Column) *grid.Column { c.Fact = true; return c }
	offered := func(c *grid.Column) *grid.Column { c.Offered = true; return c }
	var registers, sources []grid.Choice
	for _, reg := range s.Pack.Registers {
		registers = append(registers, grid.Choice{Value: reg.ID, Label: reg.Name.In(l.ask.Lang)})
	}
	for _, x := range s.Pack.Sources {
		sources = append(sources, grid.Choice{Value: x.ID, Label: x.Name.In(l.ask.Lang)})
	}
	when, who := fact(column("when").Dated()), column("who")
	when.Sort, who.By = "when", grid.Contain
	source := column("source").Among(sources...)
	source.Blank = true
	l.cols = &grid.Columns{Title: text("import.col.file"), SortTitle: "file", Usual: []string{"source", "when", "who", "rows", "accepted", "unchanged", "refused", "state"}, List: []*grid.Column{
		offered(column("register").Among(registers...)), source, column("asof"), when, who,
		number("rows", "rows"), number("accepted", ""), number("unchanged", ""), fact(number("refused", "refused")), number("size", ""),
		offered(column("synthetic").Among(grid.Choice{Value: generated, Label: text("value.yes")}, grid.Choice{Value: submitted, Label: text("value.no")})),
		fact(column("state").Among(grid.Choice{Value: inForce, Label: text("import.inForce")}, grid.Choice{Value: undone, Label: text("import.state.undone")})),
		column("undone"), column("undoneBy"),
	}}
	return l
}

// pastImports is the list of imports and how many there are without its filters; nil while there are none.
func (s *room) pastImports(r *http.Request) (*grid.View, int, error) {
	l := s.listImports(r)
	q, err := grid.Read(r, l.ask, l, importsColumns)
	if err != nil {
		return nil, 0, err
	}
	_, all, err := s.Imports.Imports(r.Context(), fact.Wanted{}, 0, 0)
	if err != nil || all == 0 {
		return nil, all, err
	}
	text := l.writer.Text
	v, err := grid.Show(r.Context(), l.ask, l, q, grid.Options{PerPage: importsPage, Label: text("import.past"), Caption: text("import.past"), None: text("import.none"), Hint: text("import.hint"),
		Export: s.ExportAt(r.Context(), "/import.xlsx"), Picked: text("import.picked"), Text: text, Now: s.Clock})
	return v, all, err
}

// exportImports writes all imports of a list, with all columns where the address names none.
func (s *room) exportImports(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	if err := s.importsReady(); err != nil {
		return nil, err
	}
	l := s.listImports(r)
	q, err := grid.Read(r, l.ask, l, importsColumns)
	if err != nil {
		return nil, err
	}
	_, total, err := s.Imports.Imports(r.Context(), l.wanted(q), 0, 0)
	if err != nil {
		return nil, err
	}
	return grid.Whole(r, l, q, l.writer.Text, grid.File{Name: l.writer.Text("import.past"), Rows: total, Notes: s.ExportNotes(l.ask, s.Pack.Name.In(l.ask.Lang))}, l.ask.Day()), nil
}

// Columns implements grid.Source.
func (l *importList) Columns() *grid.Columns { return l.cols }

// wanted is a query as the database knows it.
func (l *importList) wanted(q *grid.Query) fact.Wanted {
	w := fact.Wanted{Text: q.Text, Registers: q.Where["register"].Values, Sources: q.Where["source"].Values, Who: q.Where["who"].Part, WhoIs: l.writer.ActorsNamed(q.Where["who"].Part), Chosen: q.Chosen, By: q.Sort, Desc: q.Desc,
		Undone: only(q.Where["state"], undone), Synthetic: only(q.Where["synthetic"], generated)}
	if q.Where["source"].Blank {
		w.Sources = append(slices.Clone(w.Sources), "")
	}
	w.From, w.To = q.Where["when"].Days(l.Pack.Zone)
	return w
}

// only is a condition of two values as yes or no; nil where it wants both or nothing is asked.
func only(c grid.Condition, yes string) *bool {
	if len(c.Values) != 1 {
		return nil
	}
	is := slices.Contains(c.Values, yes)
	return &is
}

// Page implements grid.Source.
func (l *importList) Page(ctx context.Context, q *grid.Query, offset, limit int) ([]grid.Row, int, error) {
	return l.read(ctx, q, offset, limit, true)
}

// Each implements grid.Source.
func (l *importList) Each(ctx context.Context, q *grid.Query, fn func(*grid.Row) error) error {
	return grid.Batches(func(offset, limit int) ([]grid.Row, error) {
		rows, _, err := l.read(ctx, q, offset, limit, false)
		return rows, err
	}, fn)
}

// read reads imports, for a page or for a file.
func (l *importList) read(ctx context.Context, q *grid.Query, offset, limit int, page bool) ([]grid.Row, int, error) {
	list, total, err := l.Imports.Imports(ctx, l.wanted(q), offset, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("list imports: %w", err)
	}
	rows := make([]grid.Row, len(list))
	for i := range list {
		rows[i] = l.row(q, &list[i], page)
	}
	return rows, total, nil
}

// What a page shows of a file's name, and of an import in force with the link that takes it back.
var (
	fileName = template.Must(template.New("file").Parse(`{{.File}}{{with .Mark}} <span class="status">{{.}}</span>{{end}}`))
	undoLink = template.Must(template.New("undo").Parse(`{{.State}} <a href="{{.URL}}">{{.Undo}}<span class="visually-hidden"> {{.File}}</span></a>`))
)

// row writes an import; page says that it is for a page, whose cells lead on.
func (l *importList) row(q *grid.Query, imp *intake.Import, page bool) grid.Row {
	text, x := l.writer.Text, l.importLine(l.ask, imp)
	row := grid.Row{ID: imp.ID, Name: imp.File, Muted: x.Undone != "", Cells: make([]grid.Cell, len(q.Columns))}
	if page {
		var mark string
		if imp.Synthetic {
			mark = text("frame.synthetic")
		}
		row.URL, row.HTML = x.URL, grid.Fill(l.Log, fileName, struct{ File, Mark string }{imp.File, mark})
	}
	for i, c := range q.Columns {
		cell := &row.Cells[i]
		count := func(n int) { cell.Text, cell.Value = figure.Num(n), n }
		switch c.ID {
		case "register":
			cell.Text = x.Register
		case "source":
			if cell.Text = x.SourceName; page && x.SourceDay != "" {
				day := text("identity.asOfDay", "date", x.SourceDay)
				if cell.Text = day; x.SourceName != "" {
					cell.Text = x.SourceName + " · " + day
				}
			}
		case "asof":
			if cell.Text = x.SourceDay; x.SourceDay != "" {
				cell.Value = frame.DayCell(x.SourceDay)
			}
		case "when":
			cell.Text, cell.Value = x.When, l.MinuteCell(imp.At)
		case "who":
			cell.Text = l.writer.Actor(imp.Actor)
		case "rows":
			count(imp.Report.Rows)
		case "accepted":
			count(imp.Report.Accepted)
		case "unchanged":
			count(imp.Report.Unchanged)
		case "refused":
			if count(imp.Report.Refused); imp.Report.Refused > 0 {
				cell.URL = x.URL
			}
		case "size":
			if cell.Text = x.Size; !page {
				cell.Value = sheet.Plain(imp.Size)
			}
		case "synthetic":
			cell.Text = text(map[bool]string{true: "value.yes", false: "value.no"}[imp.Synthetic])
		case "state":
			switch {
			case x.Undone != "" && page:
				cell.Text = text("import.undone", "when", x.Undone)
			case x.Undone != "":
				cell.Text = text("import.state.undone")
			case page && l.undoes:
				cell.HTML = grid.Fill(l.Log, undoLink, struct{ State, URL, Undo, File string }{text("import.inForce"), l.ask.Link(address.ImportPath(imp.ID) + "/undo"), text("import.undo"), imp.File})
			default:
				cell.Text = text("import.inForce")
			}
		case "undone":
			if x.Undone != "" {
				cell.Text, cell.Value = x.Undone, l.MinuteCell(imp.UndoneAt)
			}
		case "undoneBy":
			cell.Text = l.writer.Actor(imp.UndoneBy)
		}
	}
	return row
}
