package subject

import (
	"context"
	"net/http"

	"eyas/internal/quality"
	"eyas/internal/quality/judge"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
	"eyas/internal/web/standing"
)

// Doubts gives the values of one subject that are doubted now, the gravest first; *quality.Board does.
type Doubts interface {
	Doubts(ctx context.Context, subject int64) ([]quality.Row, error)
}

// doubted finds what is doubted of the values that a page shows: a finding about another value than the one that counts on the
// day of the page is none of it.
func (s *room) doubted(r *http.Request, x *open) (standing.Doubts, error) {
	d := standing.Doubts{At: map[col.Key]*standing.Doubt{}}
	if s.Quality == nil {
		return d, nil
	}
	rows, err := s.Quality.Doubts(r.Context(), x.known.Subject)
	if err != nil {
		return d, err
	}
	facts := make(map[col.Key]*fact.SourcedFact, len(x.known.Facts))
	for i := range x.known.Facts {
		f := &x.known.Facts[i]
		facts[col.Key{Attr: f.Attr.ID, Year: f.Year}] = f
	}
	for i := range rows {
		row := &rows[i]
		key := col.Key{Attr: row.Attribute, Year: row.Year}
		f := facts[key]
		if f == nil || f.Void || d.At[key] != nil || judge.Text(f.Attr, f.Value) != row.Value {
			continue
		}
		q := s.Pack.QualityRule(row.Rule)
		if q == nil {
			continue
		}
		one := &standing.Doubt{Key: key, Name: x.W.YearName(f.Attr, f.Year), Value: x.W.Value(f.Attr, f.Value), URL: x.Link("/quality/" + row.Key.String()),
			Why: q.Name.In(x.Lang) + x.W.Text("object.colon") + row.Because.In(x.Lang)}
		if unit := x.W.Unit(f.Attr); unit != "" {
			one.Value += " " + unit
		}
		if o := row.Offer; o != nil && !o.Void && !f.Attr.Personal {
			one.Offer = judge.Shown(f.Attr, o.Value).In(x.Lang)
		}
		d.At[key] = one
		d.List = append(d.List, one)
	}
	return d, nil
}
