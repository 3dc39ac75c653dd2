package quality

import (
	"context"
	"net/http"
	"strings"

	"eyas/internal/quality"
	"eyas/internal/registry/sight"
	"eyas/internal/web/frame"
)

// findingKind is the kind of decisions about doubted values that enter nothing: they are named by the keys of the values.
const findingKind = "finding"

// mostNamed is how many decisions an address names; more at a time are taken back one by one.
const mostNamed = 50

// lookFinding says what was decided of doubted values.
func (s *room) lookFinding(r *http.Request, text string) (*frame.Write, error) {
	rows, err := s.findings(r, text)
	if err != nil {
		return nil, err
	}
	ask := s.Ask(r)
	say := s.Words(ask.Lang)
	v := &frame.Write{}
	var says []string
	open := 0
	for _, row := range rows {
		shown, ok := s.findingRow(ask, row)
		if !ok {
			return nil, frame.ErrNoPage()
		}
		if row.State == quality.Open {
			open++
			v.Undone = s.When(row.ChangedAt)
		}
		if row.State == quality.Mended {
			v.Fixed = say("quality.saved.mended")
		}
		what := shown.Attr
		if shown.Year != 0 {
			what += " " + say("quality.year", "year", shown.Year)
		}
		says = append(says, say("quality.saved", "name", shown.Name, "attr", what, "state", say("quality.state."+string(row.State))))
	}
	if open < len(rows) {
		v.Undone = ""
	}
	v.Says = says[0]
	if n := len(says); n > 1 {
		v.Says = say("quality.saved.many", "first", says[0], "n", n)
	}
	return v, nil
}

// findings reads the doubted values that an address names.
func (s *room) findings(r *http.Request, text string) (rows []*quality.Row, err error) {
	if s.Quality == nil {
		return nil, errNoQuality()
	}
	for part := range strings.SplitSeq(text, ",") {
		k, ok := quality.ParseKey(part)
		if !ok || len(rows) == mostNamed {
			return nil, frame.ErrNoPage()
		}
		row, err := s.Quality.Found(r.Context(), k)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// takeFinding takes decisions back.
func (s *room) takeFinding(r *http.Request, text string) (string, error) {
	rows, err := s.findings(r, text)
	if err != nil {
		return "", err
	}
	return "", s.Quality.Upon(r.Context(), sight.Seen{}, func(ctx context.Context) error {
		for _, row := range rows {
			if row.State == quality.Open {
				continue
			}
			if err := s.Quality.Reopen(ctx, row.Key); err != nil {
				return err
			}
		}
		return nil
	})
}
