package subject

import (
	"context"
	"net/http"

	"eyas/internal/quality"
	"eyas/internal/quality/judge"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
	"eyas/internal/web/markup"
)

// Doubts gives the values of one subject that are doubted now, the gravest first; *quality.Board does.
type Doubts interface {
	Doubts(ctx context.Context, subject int64) ([]quality.Row, error)
}

// doubt is a value that is doubted, as it is marked wherever it is used.
type doubt struct {
	Key   col.Key
	Name  string // of the value, with its year
	Value string
	Offer string // what it may be; empty for none
	Why   string
	URL   string // of the page on which it is decided
}

// doubted are the doubted values of a subject.
type doubted struct {
	list []*doubt // each value once, the gravest first
	at   map[col.Key]*doubt
}

func (d doubted) of(f *fact.SourcedFact) *doubt { return d.at[col.Key{Attr: f.Attr.ID, Year: f.Year}] }

// keys are the doubted values.
func (d doubted) keys() (keys []col.Key) {
	for _, x := range d.list {
		keys = append(keys, x.Key)
	}
	return keys
}

// doubted finds what is doubted of the values that a page shows: a finding about another value than the one that counts on the
// day of the page is none of it.
func (s *room) doubted(r *http.Request, x *open) (doubted, error) {
	d := doubted{at: map[col.Key]*doubt{}}
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
		if f == nil || f.Void || d.at[key] != nil || judge.Text(f.Attr, f.Value) != row.Value {
			continue
		}
		q := s.Pack.QualityRule(row.Rule)
		if q == nil {
			continue
		}
		one := &doubt{Key: key, Name: x.w.YearName(f.Attr, f.Year), Value: x.w.Value(f.Attr, f.Value), URL: x.Link("/quality/" + row.Key.String()),
			Why: q.Name.In(x.Lang) + x.w.Text("object.colon") + row.Because.In(x.Lang)}
		if unit := x.w.Unit(f.Attr); unit != "" {
			one.Value += " " + unit
		}
		if o := row.Offer; o != nil && !o.Void && !f.Attr.Personal {
			one.Offer = judge.Shown(f.Attr, o.Value).In(x.Lang)
		}
		d.at[key] = one
		d.list = append(d.list, one)
	}
	return d, nil
}

// putDoubt marks a doubted value: what it may be, why, and the way to the page on which that is decided.
func putDoubt(p *markup.Pieces, d *doubt, short bool) {
	if d == nil {
		return
	}
	p.Raw(` `)
	p.Link(d.URL)
	p.Raw(` class="doubt" title="`)
	p.Text(d.Why)
	p.Raw(`"><svg class="icon" aria-hidden="true"><use href="#i-warn"/></svg>`)
	if short {
		p.Raw(`<span class="visually-hidden">`)
	}
	if d.Offer != "" {
		p.Say("object.doubt.offer", "value", d.Offer)
	} else {
		p.Say("object.doubt")
	}
	if short {
		p.Raw(`</span>`)
	}
	p.Raw(`</a>`)
}
