package api

import (
	"net/http"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/registry/fact"
	"eyas/internal/web/address"
)

// Findings is a page of the doubted values of a register, those found last first.
type Findings struct {
	Register string    `json:"register"`
	Total    int       `json:"total"`
	Items    []Finding `json:"items"`
	Next     *string   `json:"next"` // cursor of the next page; null: this is the last
}

// Finding is a doubted value.
type Finding struct {
	Key      string    `json:"key"`
	Subject  fact.Ref  `json:"subject"`
	District string    `json:"district,omitempty"`
	Rule     string    `json:"rule"`
	Name     string    `json:"name"` // of the rule
	Severity string    `json:"severity"`
	Value    string    `json:"value_key"` // of the value: sales@2020
	Doubted  *string   `json:"value"`     // as it is; null: a value that lacks. Personal ones are masked
	Because  string    `json:"because"`
	State    string    `json:"state"`
	Assignee string    `json:"assignee,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Import   int64     `json:"import,omitempty"`
	Record   int64     `json:"record,omitempty"`
	Cell     string    `json:"cell,omitempty"`
	FoundAt  time.Time `json:"found_at"`
}

// callFindings lists the doubted values of a register.
func (s *room) callFindings(r *http.Request) (*answered, error) {
	reg, err := s.registerOf(r.Context(), r.PathValue("register"))
	if err != nil {
		return nil, err
	}
	if s.Quality == nil {
		return nil, errNoCall()
	}
	at, limit, err := readPage(r)
	if err != nil {
		return nil, err
	}
	f := quality.Filter{Register: reg.ID, Sort: "found", Desc: true}
	q := r.URL.Query()
	for _, id := range q["rule"] {
		if x := s.Pack.QualityRule(id); x == nil {
			return nil, address.UnknownFilter("rule", id)
		}
		f.Rules = append(f.Rules, id)
	}
	for _, state := range q["state"] {
		if !slices.Contains(quality.States, quality.State(state)) {
			return nil, address.UnknownFilter("state", state)
		}
		f.States = append(f.States, quality.State(state))
	}
	if text := q.Get("subject"); text != "" {
		id, bad := readID(text)
		if bad {
			return nil, address.Mistake(fault.New(fault.Invalid, "subject 是主体的编号。", "subject is the number of a subject."), "subject")
		}
		f.Subjects = []int64{id}
	}
	_, total, err := s.Quality.Listed(r.Context(), f, 0, 0)
	if err != nil {
		return nil, err
	}
	out := Findings{Register: reg.ID, Total: total, Items: []Finding{}}
	list, next, err := s.findingsBehind(r, f, at, limit)
	if err != nil {
		return nil, err
	}
	for i := range list {
		out.Items = append(out.Items, s.finding(r, reg, &list[i]))
	}
	if next != nil {
		out.Next = next.text(r)
	}
	return &answered{value: out}, nil
}

// findingsBehind reads the findings behind a place. Those found meanwhile stand before it. Of those found at the same moment about so many
// are left out as were given; where rows of them are gone, it looks further up.
func (s *room) findingsBehind(r *http.Request, f quality.Filter, at *cursor, limit int) (page []quality.Row, next *cursor, err error) {
	from, given := 0, 0
	if at != nil {
		if at.Row == nil {
			return nil, nil, errMoved()
		}
		f.To = time.UnixMilli(at.Row.Found + 1)
		from, given = max(0, at.Skipped-1), max(0, at.Skipped)
	}
	behind := func(x quality.Row) bool { return at == nil || rowKeyOf(&x).behind(at.Row) }
	for step := 16; from > 0; step *= 16 { // rows before it are given already
		list, _, err := s.Quality.Listed(r.Context(), f, from, 1)
		if err != nil {
			return nil, nil, err
		}
		if len(list) == 1 && !behind(list[0]) {
			break
		}
		from = max(0, from-step)
	}
	for len(page) <= limit {
		list, _, err := s.Quality.Listed(r.Context(), f, from, mostItems+1)
		if err != nil {
			return nil, nil, err
		}
		for _, x := range list {
			if behind(x) {
				page = append(page, x)
			}
		}
		if from += len(list); len(list) <= mostItems {
			break
		}
	}
	if len(page) <= limit {
		return page, nil, nil
	}
	page = page[:limit]
	last := rowKeyOf(&page[limit-1])
	n := 0
	for i := range page {
		if page[i].FoundAt.UnixMilli() == last.Found {
			n++
		}
	}
	if at != nil && at.Row.Found == last.Found {
		n += given
	}
	return page, &cursor{Row: &last, Skipped: n}, nil
}

func rowKeyOf(x *quality.Row) rowKey {
	return rowKey{x.FoundAt.UnixMilli(), x.Subject, x.Rule, x.Attribute, x.Year}
}

func (s *room) finding(r *http.Request, reg *pack.Register, x *quality.Row) Finding {
	lang := s.LangOf(r)
	a := reg.Attribute(x.Attribute)
	o := Finding{Key: x.Key.String(), Subject: fact.Ref{Subject: x.Subject, Code: x.Code, Name: x.Name}, District: x.District, Rule: x.Rule, Because: figure.Masked(x.Because.In(lang)),
		State: string(x.State), Assignee: x.Assignee, Reason: figure.Masked(x.Reason), Record: x.Record, Cell: x.Cell, FoundAt: x.FoundAt.UTC()}
	if s.mayImport(r, x.Import) {
		o.Import = x.Import
	}
	if rule := s.Pack.QualityRule(x.Rule); rule != nil {
		o.Name, o.Severity = rule.Name.In(lang), rule.Severity
	}
	if a == nil {
		return o
	}
	o.Value = keyText(a, x.Year)
	if x.Value != "" {
		text := x.Value
		if a.Personal {
			text = hidden
		}
		o.Doubted = &text
	}
	return o
}

// mayImport reports whether the token sees an import.
func (s *room) mayImport(r *http.Request, id int64) bool {
	if id == 0 {
		return false
	}
	yes, err := auth.Kept(r.Context(), seenImport{auth.Named(r.Context()), id}, func() (bool, error) {
		_, err := s.Imports.ImportByID(r.Context(), id)
		if fault.Of(err) == fault.NotFound {
			return false, nil
		}
		return err == nil, err
	})
	return yes && err == nil
}

// seenImport is the key of whether an actor sees an import.
type seenImport struct {
	actor  auth.Actor
	number int64
}
