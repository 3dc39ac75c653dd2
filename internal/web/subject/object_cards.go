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
	"eyas/internal/web/standing"
	"eyas/internal/web/words"
)

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
	opt := rule.Options{Date: x.Date, Assume: x.Assume, Doubted: x.Doubts.Keys()}
	for _, o := range outcomes {
		e, err := s.Rules.Explain(t, row, o.Rule.ID, opt)
		if err != nil {
			return err
		}
		url := x.Link(here, "rule", o.Rule.ID, "unit", r.URL.Query().Get("unit")) + "#rule-" + o.Rule.ID
		h.Chips = append(h.Chips, standing.NewCard(&x.Reader, e, city.VerdictOf(o, row), sources, url))
	}
	if open := slices.IndexFunc(h.Chips, func(c standing.Card) bool { return c.ID == r.URL.Query().Get("rule") }); open >= 0 {
		h.Chips[open].Open = true
	} else if open := standing.Nearest(h.Chips); open >= 0 {
		h.Chips[open].Open = true
	} else if len(h.Chips) > 0 {
		h.Chips[0].Open = true
	}
	h.Stands.Of(&x.Reader, h.Chips)
	return nil
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
