package roster

import (
	"context"
	"net/http"

	"eyas/internal/web/frame"
)

// registerExport writes all rows of a register's list, in its order and with its columns. Personal data are not among
// the columns of lists.
func (s *room) registerExport(w http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	ask := s.Ask(r)
	if s.City.Register != nil && r.PathValue("id") == s.City.Register.ID {
		http.Redirect(w, r, ask.Link("/enterprises.xlsx"), http.StatusSeeOther)
		return nil, nil
	}
	l, err := s.shelfList(r)
	if err != nil {
		return nil, err
	}
	text := l.writer.Text
	page := l.index.Page(l.rows, l.query.sort, 0, l.table.N)
	notes := s.ExportNotes(ask, s.City.PlaceName(l.query.place, ask.Lang))
	for _, c := range l.chips(s, ask) {
		notes = append(notes, text("sheet.filter")+" "+c.Label)
	}
	head := []any{l.writer.Name(l.reg.Title())}
	for _, c := range l.columns {
		title := c.Head
		if c.Unit != "" {
			title += "（" + c.Unit + "）"
		}
		head = append(head, title)
	}
	fill := func(_ context.Context, put func(...any) error) error {
		cells := make([]any, len(head))
		for _, row := range page.Rows {
			cells = append(cells[:0], string(l.table.Names.At(row)))
			for _, c := range l.columns {
				cells = append(cells, c.cell(row).value)
			}
			if err := put(cells...); err != nil {
				return err
			}
		}
		return nil
	}
	title := l.reg.Name.In(ask.Lang)
	return &frame.Workbook{File: title + "-" + ask.Day() + ".xlsx", Rows: len(page.Rows), Title: title, Notes: notes, Head: head, Widths: []float64{36, 22}, Fill: fill}, nil
}
