package identity

import (
	"context"
	"html/template"
	"math"
	"net/http"
	"strconv"
	"strings"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/words"
)

// linkList is the pairs of a register in a state as a list; the database filters, sorts and pages.
type linkList struct {
	*room
	ask    *address.Ask
	reg    *pack.Register
	state  fact.QuestionState
	writer words.Writer
	cols   *grid.Columns
	shown  []identity.Question // those of the page that was read last
}

func (s *room) listLinks(r *http.Request, reg *pack.Register, state fact.QuestionState) *linkList {
	l := &linkList{room: s, ask: s.Ask(r), reg: reg, state: state, writer: s.WriterOf(r, reg.ID)}
	text := l.writer.Text
	column := func(id, head string) *grid.Column {
		return &grid.Column{ID: id, Head: head, Group: text("links.title")}
	}
	right, bits, when, who := column("right", text("links.right")), column("weight", text("links.bits")), column("when", text("links.col.when")), column("who", text("links.col.who"))
	right.Fact = true
	// How likely it is stands in words; the figure is a column to choose.
	likely := column("likelihood", text("links.col.weight"))
	likely.Sort, likely.Fact = "weight", true
	bits.Number, bits.By, bits.Bound, bits.Offered = true, grid.Range, readBits, true
	who.By = grid.Contain
	// What is open has no answer yet.
	decided := state != fact.Open
	when.Dated().Offered, when.Fact, who.Offered = decided, decided, decided
	l.cols = &grid.Columns{Title: text("links.left"), Usual: []string{"left_code", "right", "right_code", "likelihood"}, List: []*grid.Column{
		column("left_code", text("links.code")+" · "+text("links.left")), right, column("right_code", text("links.code")+" · "+text("links.right")),
		likely, bits, column("evidence", text("links.evidence")), column("state", text("links.col.state")), when, who, column("reason", text("links.reason")),
	}}
	if decided {
		l.cols.Usual = []string{"left_code", "right", "right_code", "likelihood", "state", "when", "who", "reason"}
	}
	return l
}

// mostBits bounds what a weight is compared with; none is as large.
const mostBits = 1e6

// readBits reads a bound of the weight, in bits. The sign may be written as pages write it.
func readBits(text string) (float64, error) {
	v, err := strconv.ParseFloat(strings.NewReplacer("−", "-", ",", "").Replace(text), 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > mostBits {
		return 0, address.UnknownFilter("weight", text)
	}
	return v, nil
}

// Columns implements grid.Source.
func (l *linkList) Columns() *grid.Columns { return l.cols }

// wanted is a query as the database knows it. It holds weights in thousandths of a bit.
func (l *linkList) wanted(q *grid.Query) fact.Wanted {
	w := fact.Wanted{Text: q.Text, Who: q.Where["who"].Part, WhoIs: l.writer.ActorsNamed(q.Where["who"].Part), Chosen: q.Chosen, By: q.Sort, Desc: q.Desc}
	w.From, w.To = q.Where["when"].Days(l.Pack.Zone)
	if c := q.Where["weight"]; c.From != nil || c.To != nil {
		if c.From != nil {
			least := int64(math.Ceil(*c.From*1000 - 1e-6)) // 0.3 has no binary form
			w.Least = &least
		}
		if c.To != nil {
			most := int64(math.Floor(*c.To*1000 + 1e-6))
			w.Most = &most
		}
	}
	return w
}

// Page implements grid.Source.
func (l *linkList) Page(ctx context.Context, q *grid.Query, offset, limit int) (rows []grid.Row, total int, err error) {
	l.shown, total, err = l.Identities.Questions(ctx, l.reg.ID, l.state, l.wanted(q), offset, limit)
	for i := range l.shown {
		rows = append(rows, l.row(q, &l.shown[i], true))
	}
	return rows, total, err
}

// Each implements grid.Source.
func (l *linkList) Each(ctx context.Context, q *grid.Query, fn func(*grid.Row) error) error {
	return grid.Batches(func(offset, limit int) (rows []grid.Row, err error) {
		list, _, err := l.Identities.Questions(ctx, l.reg.ID, l.state, l.wanted(q), offset, limit)
		for i := range list {
			rows = append(rows, l.row(q, &list[i], false))
		}
		return rows, err
	}, fn)
}

// comparedLine is what was compared, in words; the figure of each is in its tooltip.
var comparedLine = template.Must(template.New("compared").Parse(`<span class="compared-line">{{range .}}<span{{with .Said}} title="{{.}}"{{end}}>{{.Line}}</span> {{end}}</span>`))

// row writes a pair; page says that it is for a page, whose rows lead to the pair.
func (l *linkList) row(q *grid.Query, x *identity.Question, page bool) grid.Row {
	row := grid.Row{ID: x.ID, Of: [2]int64{x.Subject.Subject, x.Candidate.Subject}, Name: x.Subject.Name, Code: x.Subject.Code, Cells: make([]grid.Cell, len(q.Columns))}
	var right template.HTML
	if page {
		left, other := words.Differences(x.Subject.Name, x.Candidate.Name)
		row.URL, row.HTML, right = l.ask.With("q", strconv.FormatInt(x.ID, 10), "done", ""), grid.Fill(l.Log, markedName, left), grid.Fill(l.Log, markedName, other)
	}
	for i, c := range q.Columns {
		cell := &row.Cells[i]
		switch c.ID {
		case "left_code":
			cell.Text = x.Subject.Code
		case "right":
			cell.Text, cell.HTML = x.Candidate.Name, right
		case "right_code":
			cell.Text = x.Candidate.Code
		case "weight":
			cell.Text, cell.Value = bitsText(x.Weight), x.Weight
		case "likelihood":
			cell.Text = weight(l.writer, x.Weight)
		case "evidence":
			if cell.Text = evidenceText(l.writer, x.Evidence); page {
				cell.HTML = grid.Fill(l.Log, comparedLine, evidence(l.writer, x.Evidence))
			}
		case "state":
			cell.Text = l.writer.Text("links.state." + string(x.State))
		case "when":
			if !x.DecidedAt.IsZero() {
				cell.Text, cell.Value = l.When(x.DecidedAt), l.MinuteCell(x.DecidedAt)
			}
		case "who":
			if !x.DecidedAt.IsZero() {
				cell.Text = l.writer.Actor(x.DecidedBy)
			}
		case "reason":
			cell.Text = figure.Masked(x.Reason)
		}
	}
	return row
}

// exportLinks writes all pairs of a list, with all columns where the address names none.
func (s *room) exportLinks(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	l, q, err := s.readLinks(r)
	if err != nil {
		return nil, err
	}
	_, total, err := s.Identities.Questions(r.Context(), l.reg.ID, l.state, l.wanted(q), 0, 0)
	if err != nil {
		return nil, err
	}
	text := l.writer.Text
	notes := append(s.ExportNotes(l.ask, l.reg.Name.In(l.ask.Lang)), text("links.col.state")+" "+text("links.state."+string(l.state)))
	return grid.Whole(r, l, q, text, grid.File{Name: text("links.title"), Rows: total, Notes: notes}, l.ask.Day()), nil
}
