package web

import (
	"net/http"
	"strings"

	"eyas/internal/registry"

	"github.com/xuri/excelize/v2"
)

// exportBatch is how many rows an export reads at once.
const exportBatch = 5000

// exportLinks writes all pairs of a state with what was compared.
func (s *Server) exportLinks(w http.ResponseWriter, r *http.Request) error {
	q, err := s.readLinks(r)
	if err != nil {
		return err
	}
	ask, wr := s.ask(r), s.writerOf(r, q.register.ID)
	text := wr.text
	title := text("links.title")
	notes := append(s.exportNotes(ask, q.register.Name.In(ask.Lang)), text("links.col.state")+" "+text("links.state."+string(q.state)))
	head := []any{text("links.left"), text("links.code"), text("links.right"), text("links.code"), text("links.bits"), text("links.col.weight"), text("links.evidence"),
		text("links.col.state"), text("links.col.when"), text("links.col.who"), text("links.reason")}
	return sendRows(w, title, title+"-"+ask.Day()+".xlsx", notes, head, []float64{36, 22, 36, 22}, func(row func([]any) error) error {
		for from := 0; from < mostRows; from += exportBatch {
			list, _, err := s.Registry.Questions(r.Context(), q.register.ID, q.state, from, exportBatch)
			if err != nil {
				return err
			}
			for _, x := range list {
				var when, who string
				if !x.DecidedAt.IsZero() {
					when, who = s.when(x.DecidedAt), wr.actor(x.DecidedBy)
				}
				if err := row([]any{x.Subject.Name, x.Subject.Code, x.Candidate.Name, x.Candidate.Code, x.Weight, wr.weight(x.Weight), wr.evidenceText(x.Evidence),
					text("links.state." + string(x.State)), when, who, x.Reason}); err != nil {
					return err
				}
			}
			if len(list) < exportBatch {
				return nil
			}
		}
		return nil
	})
}

// evidenceText writes what was compared in one line.
func (w writer) evidenceText(list []registry.Evidence) string {
	var parts []string
	for _, e := range w.evidence(list) {
		text := e.Text
		if text == "" {
			text = e.Field
		}
		if e.Bits != "" {
			text += " " + e.Bits
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, w.text("links.sep"))
}

// sendRows answers with a book of one sheet whose rows fill gives one after the other.
func sendRows(w http.ResponseWriter, title, file string, notes []string, head []any, widths []float64, fill func(row func([]any) error) error) error {
	book := excelize.NewFile()
	defer book.Close()
	if err := book.SetSheetName("Sheet1", title); err != nil {
		return err
	}
	out, err := newSheet(book, title, notes, head, widths)
	if err != nil {
		return err
	}
	if err := fill(out.row); err != nil {
		return err
	}
	if err := out.close(); err != nil {
		return err
	}
	return sendBook(w, book, file)
}
