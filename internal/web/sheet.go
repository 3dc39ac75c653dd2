package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/xuri/excelize/v2"
)

// sheet writes one sheet row by row: notes on top, a bold frozen header, then rows. Memory stays flat.
type sheet struct {
	out *excelize.StreamWriter
	at  int
}

// newSheet begins a sheet that exists in the book. Widths are in characters, by column; where none is given, 14.
func newSheet(book *excelize.File, name string, notes []string, head []any, widths []float64) (*sheet, error) {
	out, err := book.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	bold, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, err
	}
	for i := range head {
		width := 14.0
		if i == 0 {
			width = 30
		}
		if i < len(widths) {
			width = widths[i]
		}
		if err := out.SetColWidth(i+1, i+1, width); err != nil {
			return nil, err
		}
	}
	top := len(notes) + 1
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: top, TopLeftCell: fmt.Sprintf("A%d", top+1), ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	s := &sheet{out: out, at: 1}
	for _, note := range notes {
		if err := s.row([]any{note}); err != nil {
			return nil, err
		}
	}
	cells := make([]any, len(head))
	for i, h := range head {
		cells[i] = excelize.Cell{StyleID: bold, Value: h}
	}
	return s, s.row(cells)
}

func (s *sheet) row(cells []any) error {
	err := s.out.SetRow(fmt.Sprintf("A%d", s.at), cells)
	s.at++
	return err
}

func (s *sheet) close() error { return s.out.Flush() }

// exportNotes say, above a sheet's header, what it speaks of: city, day, assumptions, synthetic data.
func (s *Server) exportNotes(ask *Ask, place string) []string {
	text := s.words(ask.Lang)
	notes := []string{text("sheet.note", "place", place, "date", ask.Day(), "today", formatDay(ask.Today))}
	if len(ask.Assume) > 0 {
		names := make([]string, 0, len(ask.Assume))
		for _, id := range ask.Assume {
			names = append(names, s.city.attributes[id].Name.In(ask.Lang))
		}
		notes = append(notes, text("frame.assumed")+" "+strings.Join(names, text("frame.and")))
	}
	return notes
}

// bookHead says that an answer is an Excel file.
func bookHead(w http.ResponseWriter, name string) {
	h := w.Header()
	h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(name))
	h.Set("Cache-Control", "no-store")
}

// sendBook answers with an Excel file.
func sendBook(w http.ResponseWriter, book *excelize.File, name string) error {
	bookHead(w, name)
	_, err := book.WriteTo(w)
	return err
}
