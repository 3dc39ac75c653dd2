package roster

import (
	"context"
	"net/http"

	"eyas/internal/fault"
	"eyas/internal/web/frame"
)

// enterpriseExport writes all rows of a list, in its order and with its columns.
func (s *room) enterpriseExport(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	l, err := s.list(r.Context(), r)
	if err != nil {
		return nil, err
	}
	if l == nil {
		return nil, fault.New(fault.NotFound, "库里还没有企业，没有可导出的内容。", "There are no enterprises yet, so there is nothing to export.")
	}
	ask := s.Ask(r)
	text := l.writer.Text
	page := l.index.Page(l.rows, l.query.sort, 0, l.table.N)
	notes := s.ExportNotes(ask, s.City.PlaceName(l.query.place, ask.Lang))
	for _, c := range s.chips(ask, l) {
		notes = append(notes, text("sheet.filter")+" "+c.Label)
	}
	name := l.writer.Name(s.City.Attributes[s.City.Register.NameAttr])
	code := l.writer.Name(s.City.Attributes[s.City.Register.CodeAttr])
	head := []any{name, code}
	for _, c := range l.columns {
		if c.ID != "code" {
			title := c.Head
			if c.Unit != "" {
				title += "（" + c.Unit + "）"
			}
			head = append(head, title)
		}
	}
	fill := func(_ context.Context, put func(...any) error) error {
		cells := make([]any, len(head))
		for _, row := range page.Rows {
			cells = append(cells[:0], string(l.table.Names.At(row)), string(l.table.Codes.At(row)))
			for _, c := range l.columns {
				if c.ID != "code" {
					cells = append(cells, c.cell(row).value)
				}
			}
			if err := put(cells...); err != nil {
				return err
			}
		}
		return nil
	}
	title := text("list.title")
	return &frame.Workbook{File: title + "-" + ask.Day() + ".xlsx", Rows: len(page.Rows), Title: title, Notes: notes, Head: head, Widths: []float64{36, 22}, Fill: fill}, nil
}
