package web

import (
	"context"
	"net/http"
	"strings"

	"eyas/internal/registry"
)

// exportBatch is how many rows an export reads at once.
const exportBatch = 5000

// exportLinks writes all pairs of a state with what was compared.
func (s *Server) exportLinks(_ http.ResponseWriter, r *http.Request) (*workbook, error) {
	q, err := s.readLinks(r)
	if err != nil {
		return nil, err
	}
	_, total, err := s.Registry.Questions(r.Context(), q.register.ID, q.state, 0, 1)
	if err != nil {
		return nil, err
	}
	ask, wr := s.ask(r), s.writerOf(r, q.register.ID)
	text := wr.text
	title := text("links.title")
	notes := append(s.exportNotes(ask, q.register.Name.In(ask.Lang)), text("links.col.state")+" "+text("links.state."+string(q.state)))
	head := []any{text("links.left"), text("links.code"), text("links.right"), text("links.code"), text("links.bits"), text("links.col.weight"), text("links.evidence"),
		text("links.col.state"), text("links.col.when"), text("links.col.who"), text("links.reason")}
	fill := func(ctx context.Context, row func(...any) error) error {
		for from := 0; ; from += exportBatch {
			list, _, err := s.Registry.Questions(ctx, q.register.ID, q.state, from, exportBatch)
			if err != nil {
				return err
			}
			for _, x := range list {
				var who string
				if !x.DecidedAt.IsZero() {
					who = wr.actor(x.DecidedBy)
				}
				if err := row(x.Subject.Name, x.Subject.Code, x.Candidate.Name, x.Candidate.Code, x.Weight, wr.weight(x.Weight), wr.evidenceText(x.Evidence),
					text("links.state."+string(x.State)), s.minuteCell(x.DecidedAt), who, x.Reason); err != nil {
					return err
				}
			}
			if len(list) < exportBatch {
				return nil
			}
		}
	}
	return &workbook{file: title + "-" + ask.Day() + ".xlsx", rows: total, title: title, notes: notes, head: head, widths: []float64{36, 22, 36, 22}, fill: fill}, nil
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
