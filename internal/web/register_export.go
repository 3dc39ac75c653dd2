package web

import (
	"net/http"
	"slices"

	"github.com/xuri/excelize/v2"
)

// registerExport writes all rows of a register's list, in its order and with its columns. Personal data are not among
// the columns of lists.
func (s *Server) registerExport(w http.ResponseWriter, r *http.Request) error {
	ask := s.ask(r)
	if s.city.register != nil && r.PathValue("id") == s.city.register.ID {
		http.Redirect(w, r, ask.Link("/enterprises.xlsx"), http.StatusSeeOther)
		return nil
	}
	l, err := s.shelfList(r)
	if err != nil {
		return err
	}
	text := l.writer.text
	page := l.index.Page(l.rows, l.query.sort, 0, mostRows)
	notes := s.exportNotes(ask, s.city.placeName(l.query.place, ask.Lang))
	for _, c := range l.chips(s, ask) {
		notes = append(notes, text("sheet.filter")+" "+c.Label)
	}
	if page.Total > len(page.Rows) {
		notes = append(notes, text("sheet.cut", "rows", num(len(page.Rows)), "total", num(page.Total)))
	}
	head := []any{l.writer.name(l.reg.Title())}
	for _, c := range l.columns {
		title := c.Head
		if c.Unit != "" {
			title += "（" + c.Unit + "）"
		}
		head = append(head, title)
	}
	book := excelize.NewFile()
	defer book.Close()
	title := l.reg.Name.In(ask.Lang)
	if err := book.SetSheetName("Sheet1", title); err != nil {
		return err
	}
	out, err := newSheet(book, title, notes, head, []float64{36, 22})
	if err != nil {
		return err
	}
	cells := make([]any, len(head))
	for part := range slices.Chunk(page.Rows, exportChunk) {
		if r.Context().Err() != nil {
			return r.Context().Err()
		}
		for _, row := range part {
			cells = append(cells[:0], string(l.table.Names.At(row)))
			for _, c := range l.columns {
				cells = append(cells, c.cell(row).value)
			}
			if err := out.row(cells); err != nil {
				return err
			}
		}
	}
	if err := out.close(); err != nil {
		return err
	}
	return sendBook(w, book, title+"-"+ask.Day()+".xlsx")
}

// exportChunk is how many rows are written before it is asked whether anybody still waits.
const exportChunk = 1024
