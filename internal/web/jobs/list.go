package jobs

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"eyas/internal/figure"
	"eyas/internal/job"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/words"
)

// jobColumns is the cookie that keeps the columns of the list; jobsPage is how many jobs a page has.
const (
	jobColumns = frame.ColumnCookie + "-jobs"
	jobsPage   = 50
)

// kinds and states are those that the list can be filtered by.
var (
	kinds  = []string{"preview", "import", "undo", "link", "demo", "quality", "export"}
	states = []job.State{job.Waiting, job.Running, job.Done, job.Failed, job.Cancelled}
)

// jobList is the newest work that who asks may see, as a list. The runner gives few jobs, so they are filtered and sorted here.
type jobList struct {
	*room
	ask    *address.Ask
	writer words.Writer
	jobs   []job.Status
	cols   *grid.Columns
}

// jobsView is the page of the list.
type jobsView struct {
	*grid.View
	Open int // not ended
}

func (s *room) listJobs(r *http.Request) *jobList {
	l := &jobList{room: s, ask: s.Ask(r), writer: s.WriterOf(r, "")}
	text := l.writer.Text
	for _, j := range s.Jobs.List(r.Context()) {
		if slices.Contains(kinds, j.Kind) { // what timers do is nobody's work
			j.Title = s.JobTitle(l.ask.Lang, &j)
			l.jobs = append(l.jobs, j)
		}
	}
	column := func(id string) *grid.Column {
		return &grid.Column{ID: id, Head: text("jobs.col." + id), Group: text("jobs.title")}
	}
	var ofKind, inState []grid.Choice
	for _, k := range kinds {
		ofKind = append(ofKind, grid.Choice{Value: k, Label: text("job.kind." + k)})
	}
	for _, x := range states {
		inState = append(inState, grid.Choice{Value: string(x), Label: text("jobs.state." + string(x))})
	}
	when, ended, who := column("when").Dated(), column("ended"), column("who")
	when.Sort, when.Fact, who.By = "when", true, grid.Contain
	state := column("state").Among(inState...)
	state.Fact = true
	l.cols = &grid.Columns{Title: text("jobs.col.what"), SortTitle: "what", Usual: []string{"kind", "state", "when", "took", "who"},
		List: []*grid.Column{column("kind").Among(ofKind...), state, when, ended, column("took"), who}}
	return l
}

func (s *room) showJobs(w http.ResponseWriter, r *http.Request) error {
	if s.Jobs == nil {
		return errNoJob()
	}
	l := s.listJobs(r)
	q, err := grid.Read(r, l.ask, l, jobColumns)
	if err != nil {
		return err
	}
	text := l.writer.Text
	v := &jobsView{}
	for i := range l.jobs {
		if !l.jobs[i].State.Final() {
			v.Open++
		}
	}
	v.View, err = grid.Show(r.Context(), l.ask, l, q, grid.Options{PerPage: jobsPage, Label: text("jobs.title"), Caption: text("jobs.title"), None: text("jobs.none"), Hint: text("jobs.hint"),
		Export: s.ExportAt(r.Context(), "/jobs.xlsx"), Text: text, Now: s.Clock})
	if err != nil {
		return err
	}
	grid.Remember(w, r, l, jobColumns)
	return s.Render(w, r, "jobs", v)
}

// exportJobs writes all work of a list, with all columns where the address names none.
func (s *room) exportJobs(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	if s.Jobs == nil {
		return nil, errNoJob()
	}
	l := s.listJobs(r)
	q, err := grid.Read(r, l.ask, l, jobColumns)
	if err != nil {
		return nil, err
	}
	text := l.writer.Text
	return grid.Whole(r, l, q, text, grid.File{Name: text("jobs.title"), Rows: len(l.wanted(q)), Notes: s.ExportNotes(l.ask, s.Pack.Name.In(l.ask.Lang))}, l.ask.Day()), nil
}

// Columns implements grid.Source.
func (l *jobList) Columns() *grid.Columns { return l.cols }

// wanted are the jobs of a query in its order: the newest first unless another is asked for.
func (l *jobList) wanted(q *grid.Query) (list []*job.Status) {
	from, to := q.Where["when"].Days(l.Pack.Zone)
	among := func(column, value string) bool {
		values := q.Where[column].Values
		return len(values) == 0 || slices.Contains(values, value)
	}
	part := func(text, part string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(part)) }
	for i := range l.jobs {
		j := &l.jobs[i]
		if among("kind", j.Kind) && among("state", string(j.State)) && part(j.Title, q.Text) && part(l.writer.Actor(j.Actor), q.Where["who"].Part) &&
			!j.Added.Before(from) && (to.IsZero() || j.Added.Before(to)) {
			list = append(list, j)
		}
	}
	slices.SortStableFunc(list, func(a, b *job.Status) int {
		order := a.Added.Compare(b.Added)
		if q.Sort == "what" {
			order = cmp.Compare(a.Title, b.Title)
		}
		if q.Desc || q.Sort == "" {
			order = -order
		}
		return order
	})
	return list
}

// Page implements grid.Source.
func (l *jobList) Page(_ context.Context, q *grid.Query, offset, limit int) (rows []grid.Row, total int, err error) {
	all := l.wanted(q)
	for _, j := range all[min(offset, len(all)):min(offset+limit, len(all))] {
		rows = append(rows, l.row(q, j))
	}
	return rows, len(all), nil
}

// Each implements grid.Source.
func (l *jobList) Each(_ context.Context, q *grid.Query, fn func(*grid.Row) error) error {
	for _, j := range l.wanted(q) {
		row := l.row(q, j)
		if err := fn(&row); err != nil {
			return err
		}
	}
	return nil
}

func (l *jobList) row(q *grid.Query, j *job.Status) grid.Row {
	text := l.writer.Text
	row := grid.Row{Name: j.Title, URL: l.ask.Link("/jobs/" + j.ID), Cells: make([]grid.Cell, len(q.Columns))}
	for i, c := range q.Columns {
		cell := &row.Cells[i]
		switch c.ID {
		case "kind":
			cell.Text = text("job.kind." + j.Kind)
		case "state":
			if cell.Text = text("jobs.state." + string(j.State)); j.State == job.Running && j.Progress.TotalBytes > 0 {
				cell.Text += " " + figure.Num(int(100*j.Share())) + " %"
			}
		case "when":
			cell.Text, cell.Value = l.When(j.Added), l.MinuteCell(j.Added)
		case "ended":
			if !j.Ended.IsZero() {
				cell.Text, cell.Value = l.When(j.Ended), l.MinuteCell(j.Ended)
			}
		case "took":
			if !j.Started.IsZero() {
				cell.Text = text("jobs.seconds", "n", figure.Decimal(j.Elapsed.Seconds(), 1))
			}
		case "who":
			cell.Text = l.writer.Actor(j.Actor)
		}
	}
	return row
}
