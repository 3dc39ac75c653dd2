package lab

import (
	"net/http"

	"eyas/internal/rule"
	"eyas/internal/web/frame"
)

// whatIf is what the page's script gets while a slider is dragged.
type whatIf struct {
	Before     rule.Count `json:"before"`
	After      rule.Count `json:"after"`
	Entered    int        `json:"entered"`
	Left       int        `json:"left"`
	Districts  []tally    `json:"districts"`
	Industries []tally    `json:"industries"`
	Fallback   int        `json:"fallback"`
	Micros     int64      `json:"micros"` // time of computing and counting
	Query      string     `json:"query"`  // the trial as an address carries it
}

// answerWhatIf answers a trial as JSON.
func (s *room) answerWhatIf(w http.ResponseWriter, r *http.Request) error {
	t, err := s.readTrial(r)
	if err != nil {
		return err
	}
	if len(t.problems) > 0 {
		return t.problems[0]
	}
	start := s.Clock()
	d, table, err := s.answer(r.Context(), t)
	if err != nil {
		return err
	}
	out := whatIf{
		Before: d.Before, After: d.After, Entered: d.Entered.Count(), Left: d.Left.Count(),
		Districts: s.byDistrict(d, table), Industries: s.byIndustry(d, table),
		Fallback: d.Outcome.Fallback, Query: t.link(""),
	}
	took := s.Clock().Sub(start)
	out.Micros = took.Microseconds()
	serverTiming(w, "lab", took)
	return frame.WriteJSON(w, out)
}
