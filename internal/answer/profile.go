package answer

import (
	"context"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/profile"
)

// Profile is the profile of a subject with the source of every value. Money is in yuan (or dollars), dates are like
// 2021-03-31.
type Profile struct {
	Subject int64           `json:"subject"`
	Code    string          `json:"uscc"`
	Name    string          `json:"name,omitempty"`
	AsOf    string          `json:"as_of,omitempty"`
	KnownOn string          `json:"known_on,omitempty"`
	Known   bool            `json:"known"` // false: nothing was known about the subject at that moment
	Values  []ProfileValue  `json:"values"`
	Merged  []fact.Ref      `json:"merged"` // subjects that were merged into this one
	Records []ProfileRecord `json:"records"`
}

// ProfileValue is a winning value with the superseded values.
type ProfileValue struct {
	Attribute string      `json:"attribute"`
	Name      string      `json:"name"`
	Year      int         `json:"year,omitempty"`
	Value     any         `json:"value"` // null if a person made the value unknown
	Unit      string      `json:"unit,omitempty"`
	Void      bool        `json:"void,omitempty"`
	Inferred  bool        `json:"inferred,omitempty"`
	Source    SourcedCell `json:"source"`
	Losers    []Lost      `json:"losers"`
}

// Lost is a superseded value.
type Lost struct {
	Value  any         `json:"value"`
	Void   bool        `json:"void,omitempty"`
	Same   bool        `json:"same,omitempty"` // it equals the winning value
	Source SourcedCell `json:"source"`
}

// SourcedCell is a cell with the name of its source.
type SourcedCell struct {
	fact.Address
	Name string `json:"source_name,omitempty"`
}

// ProfileRecord is a source record that is linked to the subject.
type ProfileRecord struct {
	Record   int64       `json:"record"`
	How      string      `json:"how"`
	Evidence string      `json:"evidence"`
	Merged   bool        `json:"merged,omitempty"` // the row names a subject that was merged into this one
	Undone   bool        `json:"undone,omitempty"`
	Source   SourcedCell `json:"source"`
}

// Subjects reads what is known about a subject; registry.Registry implements it.
type Subjects interface {
	ProfileAt(ctx context.Context, subject int64, m fact.Moment) (*fact.Profile, error)
	SourcedAt(ctx context.Context, subject int64, m fact.Moment) ([]fact.SourcedFact, error)
	MergesOf(ctx context.Context, subject int64) ([]identity.Joined, error)
	LinkedRecords(ctx context.Context, subject int64) ([]profile.LinkedRecord, error)
}

// ReadProfile returns the profile of a subject as of a moment, and the facts that it was made from. Names are in lang.
// An unknown subject is an error of from.ProfileAt.
func ReadProfile(ctx context.Context, from Subjects, p *pack.Pack, subject int64, m fact.Moment, lang string) (_ *Profile, _ []fact.SourcedFact, err error) {
	defer fault.At(&err, "answer.ReadProfile(subject %d)", subject)
	now, err := from.ProfileAt(ctx, subject, m)
	if err != nil {
		return nil, nil, err
	}
	facts, err := from.SourcedAt(ctx, subject, m)
	if err != nil {
		return nil, nil, err
	}
	full := func(s fact.Address) SourcedCell {
		f := SourcedCell{Address: s}
		if x := p.Source(s.Source); x != nil {
			f.Name = x.Name.In(lang)
		}
		return f
	}
	o := &Profile{Subject: subject, Code: now.Code, Name: now.Name, AsOf: dayOf(m.HeldOn), KnownOn: dayOf(m.KnownOn), Known: !now.Gone,
		Values: []ProfileValue{}, Merged: []fact.Ref{}, Records: []ProfileRecord{}}
	for _, f := range facts {
		v := ProfileValue{Attribute: f.Attr.ID, Name: f.Attr.Name.In(lang), Year: f.Year, Value: factValue(f.Fact), Unit: f.Attr.Unit, Void: f.Void,
			Inferred: f.Origin.Weak == fact.Inferred, Source: full(f.Source), Losers: []Lost{}}
		for _, l := range f.Losers {
			v.Losers = append(v.Losers, Lost{factValue(l.Fact), l.Void, l.Void == f.Void && l.Value == f.Value, full(l.Source)})
		}
		o.Values = append(o.Values, v)
	}
	merges, err := from.MergesOf(ctx, subject)
	if err != nil {
		return nil, nil, err
	}
	for _, x := range merges {
		if x.Into.Subject == subject && m.Knew(p, x.At, x.UndoneAt) {
			o.Merged = append(o.Merged, x.From)
		}
	}
	records, err := from.LinkedRecords(ctx, subject)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range records {
		if !m.Knew(p, r.Source.At, time.Time{}) {
			continue
		}
		o.Records = append(o.Records, ProfileRecord{r.Record, string(r.How), r.Evidence, r.RowSubject != 0, !m.Knew(p, r.Source.At, r.Undone), full(r.Source)})
	}
	return o, facts, nil
}

// dayOf formats a day as 2021-03-31; "" for the zero time.
func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
