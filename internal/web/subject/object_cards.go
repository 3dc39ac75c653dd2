package subject

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/web/city"
	"eyas/internal/web/words"
)

// card is one recognition: where the subject stands, and everything behind it.
type card struct {
	ID    string
	URL   string
	State list.Verdict
	Score string // "82", "62–78" or empty
	Unmet int
	Open  bool
	*reading
}

// certificate is a recognition held or once held.
type certificate struct {
	Name        string
	From, Until string
	Days        int // until it expires, counted from the as-of day; negative: it has expired
	Soon, Past  bool
}

// certificateWarning is how long before its end a certificate is warned about.
const certificateWarning = 365

// cards explains every recognition in force that is about the register. The one that the address names is open, else the one
// nearest to being met.
func (s *room) cards(r *http.Request, x *open, h *head, here string) error {
	if !h.Main && !slices.ContainsFunc(s.Pack.Rules, func(r *pack.Rule) bool { return r.Register == x.reg.ID }) {
		return nil // nothing asks for its columns
	}
	_, base, err := s.InMemory(r.Context(), x.reg.ID, x.at)
	if err != nil {
		return err
	}
	outcomes, t, err := base.Outcomes(r.Context(), x.Date, x.Assume)
	if h.Tabs[len(h.Tabs)-1].On && errors.Is(err, list.ErrLoading) {
		return nil // a history is there before the columns are
	}
	if err != nil {
		return err
	}
	row := t.Row(x.known.Subject)
	if row < 0 {
		h.Out = true // its imports were undone: what was said of it is all that is shown
		return nil
	}
	sources := map[col.Key]*fact.SourcedFact{}
	for i := range x.known.Facts {
		f := &x.known.Facts[i]
		sources[col.Key{Attr: f.Attr.ID, Year: f.Year}] = f
	}
	opt := rule.Options{Date: x.Date, Assume: x.Assume, Doubted: x.doubt.keys()}
	for _, o := range outcomes {
		e, err := s.Rules.Explain(t, row, o.Rule.ID, opt)
		if err != nil {
			return err
		}
		c := card{ID: o.Rule.ID, URL: x.Link(here, "rule", o.Rule.ID, "unit", r.URL.Query().Get("unit")) + "#rule-" + o.Rule.ID, State: city.VerdictOf(o, row),
			reading: readExplanation(x, e, sources)}
		for _, cv := range c.Criteria {
			if cv.State == list.Unmet {
				c.Unmet++
			}
		}
		if e.HasScore {
			c.Score = figure.Points(e.ScoreLow, e.ScoreHigh)
		}
		h.Chips = append(h.Chips, c)
	}
	if open := slices.IndexFunc(h.Chips, func(c card) bool { return c.ID == r.URL.Query().Get("rule") }); open >= 0 {
		h.Chips[open].Open = true
	} else if open := nearest(h.Chips); open >= 0 {
		h.Chips[open].Open = true
	} else if len(h.Chips) > 0 {
		h.Chips[0].Open = true
	}
	h.Stands.of(x, h.Chips)
	return nil
}

// nearest is the recognition that is nearest to being met and is not; -1 when all are.
func nearest(cards []card) int {
	rank := func(c *card) (int, int) {
		switch {
		case c.State == list.Near && c.Plan.Possible:
			return 0, 0
		case c.State == list.Near:
			return 1, 0
		case c.State == list.Pending:
			return 2, 0
		case c.State == list.Unmet && c.Plan.Possible:
			return 3, c.Unmet
		case c.State == list.Unknown:
			return 4, 0
		case c.State == list.Met:
			return 6, 0
		}
		return 5, c.Unmet
	}
	best := -1
	for i := range cards {
		a, b := rank(&cards[i])
		if a == 6 {
			continue
		}
		if best < 0 {
			best = i
			continue
		}
		if c, d := rank(&cards[best]); a < c || a == c && b < d {
			best = i
		}
	}
	return best
}

// opened gives the recognitions with the open one first, so that it stands right below the tabs.
func opened(chips []card) []card {
	cards := slices.Clone(chips)
	slices.SortStableFunc(cards, func(a, b card) int {
		switch {
		case a.Open == b.Open:
			return 0
		case a.Open:
			return -1
		}
		return 1
	})
	return cards
}

// certificates are those that the pack says the register keeps; one without an end holds for its term.
func certificates(wr words.Writer, p *fact.Profile, on time.Time) []certificate {
	var certs []certificate
	for _, kept := range wr.City.Register.Certificates {
		issued := p.Fact(kept.From, 0)
		if issued == nil {
			continue
		}
		from := time.Unix(issued.Value.Int*86400, 0).UTC()
		c := certificate{Name: kept.Name.In(wr.Lang), From: figure.Date(from)}
		if r := wr.City.Recognition(kept.ID); r != nil {
			c.Name = r.Name.In(wr.Lang)
		}
		until, known := kept.Last(from)
		if end := p.Fact(kept.Until, 0); kept.Until != "" && end != nil {
			until, known = time.Unix(end.Value.Int*86400, 0).UTC(), true
		}
		if known {
			c.Until = figure.Date(until)
			c.Days = int(until.Sub(on).Hours() / 24)
			c.Past = c.Days < 0
			c.Soon = !c.Past && c.Days <= certificateWarning
		}
		certs = append(certs, c)
	}
	return certs
}
