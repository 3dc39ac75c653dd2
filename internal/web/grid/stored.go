package grid

import (
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"eyas/internal/figure"
	"eyas/internal/registry/fact"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// Batches calls fn for all rows that a database gives page by page. page returns at most limit rows from offset on.
func Batches(page func(offset, limit int) ([]Row, error), fn func(*Row) error) error {
	for from := 0; ; from += frame.ExportBatch {
		rows, err := page(from, frame.ExportBatch)
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
	}
}

// Dated makes a column of times be filtered by days, from and to.
func (c *Column) Dated() *Column {
	c.By, c.Day = Range, true
	c.Bound = func(text string) (float64, error) {
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return 0, address.UnknownFilter(c.ID, text)
		}
		return float64(fact.DayOf(t)), nil
	}
	c.Write = func(v float64) string { return figure.Date(fact.TimeOf(int32(v))) }
	return c
}

// Among makes a column be filtered by its choices, and refuse every other value.
func (c *Column) Among(choices ...Choice) *Column {
	at := func(v string) int { return slices.IndexFunc(choices, func(x Choice) bool { return x.Value == v }) }
	c.By, c.Choices = Choose, func() []Choice { return choices }
	c.Check = func(v string) error {
		if at(v) < 0 {
			return address.UnknownFilter(c.field(), v)
		}
		return nil
	}
	c.Name = func(v string) string { return choices[at(v)].Label }
	return c
}

// Days are the bounds of a condition on days as times in a zone: from the beginning of the first day to the end of the last. The
// zero time is no bound.
func (x Condition) Days(zone *time.Location) (from, to time.Time) {
	midnight := func(v float64, later int) time.Time {
		t := fact.TimeOf(int32(v))
		return time.Date(t.Year(), t.Month(), t.Day()+later, 0, 0, 0, 0, zone)
	}
	if x.From != nil {
		from = midnight(*x.From, 0)
	}
	if x.To != nil {
		to = midnight(*x.To, 1)
	}
	return from, to
}

// Fill fills in the template of a cell, which escapes what it is given. What fails is logged, and the cell is cut off there.
func Fill(log *slog.Logger, t *template.Template, data any) template.HTML {
	var out strings.Builder
	if err := t.Execute(&out, data); err != nil {
		log.Error("cell of a list", "template", t.Name(), "error", err)
	}
	return template.HTML(out.String())
}

// Whole plans the file of all rows of a query, with all columns where the address of the request names none. The name of f is the
// title, to which the day is added for the download; what the list is filtered by is added to its notes.
func Whole(r *http.Request, src Source, q *Query, text func(string, ...any) string, f File, day string) *frame.Workbook {
	if r.URL.Query()["col"] == nil {
		q.Columns = src.Columns().List
	}
	for _, said := range Says(src, q, text) {
		f.Notes = append(f.Notes, strings.TrimSpace(text("sheet.filter")+" "+said))
	}
	f.Title, f.Name = f.Name, f.Name+"-"+day+".xlsx"
	return Workbook(src, q, f)
}
