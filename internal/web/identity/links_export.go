package identity

import (
	"context"
	"net/http"
	"strings"

	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// exportLinks writes all pairs of a state with what was compared.
func (s *room) exportLinks(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	q, err := s.readLinks(r)
	if err != nil {
		return nil, err
	}
	_, total, err := s.Identities.Questions(r.Context(), q.register.ID, q.state, fact.Wanted{}, 0, 1)
	if err != nil {
		return nil, err
	}
	ask, wr := s.Ask(r), s.WriterOf(r, q.register.ID)
	text := wr.Text
	title := text("links.title")
	notes := append(s.ExportNotes(ask, q.register.Name.In(ask.Lang)), text("links.col.state")+" "+text("links.state."+string(q.state)))
	head := []any{text("links.left"), text("links.code"), text("links.right"), text("links.code"), text("links.bits"), text("links.col.weight"), text("links.evidence"),
		text("links.col.state"), text("links.col.when"), text("links.col.who"), text("links.reason")}
	fill := func(ctx context.Context, row func(...any) error) error {
		for from := 0; ; from += frame.ExportBatch {
			list, _, err := s.Identities.Questions(ctx, q.register.ID, q.state, fact.Wanted{}, from, frame.ExportBatch)
			if err != nil {
				return err
			}
			for _, x := range list {
				var who string
				if !x.DecidedAt.IsZero() {
					who = wr.Actor(x.DecidedBy)
				}
				if err := row(x.Subject.Name, x.Subject.Code, x.Candidate.Name, x.Candidate.Code, x.Weight, weight(wr, x.Weight), evidenceText(wr, x.Evidence),
					text("links.state."+string(x.State)), s.MinuteCell(x.DecidedAt), who, x.Reason); err != nil {
					return err
				}
			}
			if len(list) < frame.ExportBatch {
				return nil
			}
		}
	}
	return &frame.Workbook{File: title + "-" + ask.Day() + ".xlsx", Rows: total, Title: title, Notes: notes, Head: head, Fill: fill}, nil
}

// evidenceText writes what was compared in one line.
func evidenceText(w words.Writer, list []identity.Evidence) string {
	var parts []string
	for _, e := range evidence(w, list) {
		text := e.Text
		if text == "" {
			text = e.Field
		}
		if e.Bits != "" {
			text += " " + e.Bits
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, w.Text("links.sep"))
}
