package web

import (
	"context"
	"net/http"

	"eyas/internal/fault"
)

// enterpriseExport writes all rows of a list, in its order and with its columns.
func (s *Server) enterpriseExport(_ http.ResponseWriter, r *http.Request) (*workbook, error) {
	l, err := s.list(r.Context(), r)
	if err != nil {
		return nil, err
	}
	if l == nil {
		return nil, fault.New(fault.NotFound, "库里还没有企业，没有可导出的内容。", "There are no enterprises yet, so there is nothing to export.")
	}
	ask := s.ask(r)
	text := l.writer.text
	page := l.index.Page(l.rows, l.query.sort, 0, l.table.N)
	notes := s.exportNotes(ask, s.city.placeName(l.query.place, ask.Lang))
	for _, c := range s.chips(ask, l) {
		notes = append(notes, text("sheet.filter")+" "+c.Label)
	}
	name := l.writer.name(s.city.attributes[s.city.register.NameAttr])
	code := l.writer.name(s.city.attributes[s.city.register.CodeAttr])
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
	return &workbook{file: title + "-" + ask.Day() + ".xlsx", rows: len(page.Rows), title: title, notes: notes, head: head, widths: []float64{36, 22}, fill: fill}, nil
}
