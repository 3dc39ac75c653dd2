package web

import (
	"net/http"

	"eyas/internal/fault"

	"github.com/xuri/excelize/v2"
)

// mostRows is what a sheet holds besides its notes and header.
const mostRows = 1_000_000

// enterpriseExport writes all rows of a list, in its order and with its columns.
func (s *Server) enterpriseExport(w http.ResponseWriter, r *http.Request) error {
	l, err := s.list(r.Context(), r)
	if err != nil {
		return err
	}
	if l == nil {
		return fault.New(fault.NotFound, "库里还没有企业，没有可导出的内容。", "There are no enterprises yet, so there is nothing to export.")
	}
	ask := s.ask(r)
	text := l.writer.text
	page := l.index.Page(l.rows, l.query.sort, 0, mostRows)
	notes := s.exportNotes(ask, s.city.placeName(l.query.place, ask.Lang))
	for _, c := range s.chips(ask, l) {
		notes = append(notes, text("sheet.filter")+" "+c.Label)
	}
	if page.Total > len(page.Rows) {
		notes = append(notes, text("sheet.cut", "rows", num(len(page.Rows)), "total", num(page.Total)))
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
	book := excelize.NewFile()
	defer book.Close()
	title := text("list.title")
	if err := book.SetSheetName("Sheet1", title); err != nil {
		return err
	}
	out, err := newSheet(book, title, notes, head, []float64{36, 22})
	if err != nil {
		return err
	}
	cells := make([]any, len(head))
	for i, row := range page.Rows {
		if i%4096 == 0 && r.Context().Err() != nil {
			return r.Context().Err()
		}
		cells = append(cells[:0], string(l.table.Names.At(row)), string(l.table.Codes.At(row)))
		for _, c := range l.columns {
			if c.ID != "code" {
				cells = append(cells, c.cell(row).value)
			}
		}
		if err := out.row(cells); err != nil {
			return err
		}
	}
	if err := out.close(); err != nil {
		return err
	}
	return sendBook(w, book, title+"-"+ask.Day()+".xlsx")
}
