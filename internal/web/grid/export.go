package grid

import (
	"context"

	"eyas/internal/disclosure"
	"eyas/internal/sheet"
	"eyas/internal/web/frame"
)

// File is what a file of a list is called and begins with.
type File struct {
	Name  string // of the download
	Title string // of the sheet
	Notes []string
	Code  string // head of a column with the codes of rows behind their names; empty: no such column
	Rows  int    // about how many there are
}

// Workbook plans the file with all rows of a query, in its order and with its columns.
func Workbook(src Source, q *Query, f File) *frame.Workbook {
	head, widths := []any{src.Columns().Title}, []float64{0}
	if f.Code != "" {
		head, widths = append(head, f.Code), append(widths, 0)
	}
	for _, c := range q.Columns {
		title := c.Head
		if c.Unit != "" {
			title += "（" + c.Unit + "）"
		}
		head, widths = append(head, sheet.Column{Head: title, Aside: c.Aside}), append(widths, c.Width)
	}
	members := &disclosure.Members{}
	fill := func(ctx context.Context, put func(...any) error) error {
		cells := make([]any, 0, len(head))
		return src.Each(ctx, q, func(r *Row) error {
			for _, subject := range r.Of {
				members.Add(subject)
			}
			cells = append(cells[:0], r.Name)
			if f.Code != "" {
				cells = append(cells, r.Code)
			}
			for i := range r.Cells {
				if v := r.Cells[i].Value; v != nil {
					cells = append(cells, v)
				} else {
					cells = append(cells, r.Cells[i].Text)
				}
			}
			return put(cells...)
		})
	}
	return &frame.Workbook{File: f.Name, Rows: f.Rows, Title: f.Title, Notes: f.Notes, Head: head, Widths: widths, Fill: fill, Members: members}
}

// Says are the filters of a query in words, for the notes above a file.
func Says(src Source, q *Query, text func(string, ...any) string) (list []string) {
	if q.Text != "" {
		list = append(list, text("grid.chip.text", "text", q.Text))
	}
	for _, id := range q.order(src.Columns()) {
		c := q.by[id]
		list = append(list, c.sentence(q.Where[id], text))
	}
	if n := len(q.Chosen); n > 0 {
		list = append(list, text("grid.chip.chosen", "n", n))
	}
	return list
}
