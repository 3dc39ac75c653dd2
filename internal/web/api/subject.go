package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/answer"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/sight"
	"eyas/internal/rule"
	"eyas/internal/web/address"
)

// readID reads the number of a thing; bad: it is none.
func readID(text string) (id int64, bad bool) {
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err != nil || id < 1 || strconv.FormatInt(id, 10) != text
}

// both is what answer.ReadProfile asks of.
type both struct {
	Known
	Identities
}

// callProfile gives what is known of a subject with its sources, as eyas profile --json does, as masked as on its page.
func (s *room) callProfile(r *http.Request) (*answered, error) {
	subject, reg, err := s.subjectOf(r)
	if err != nil {
		return nil, err
	}
	ask := s.Ask(r)
	s.Looked(r, subject)
	p, _, err := answer.ReadProfile(r.Context(), both{s.Known, s.Identities}, s.Pack, subject, ask.Moment(), ask.Lang)
	if err != nil {
		return nil, as(err, errNoSubject())
	}
	for i := range p.Values {
		v := &p.Values[i]
		a := reg.Attribute(v.Attribute)
		v.Value, v.Source = masked(a, v.Value), maskedCell(a, v.Source)
		for j := range v.Losers {
			l := &v.Losers[j]
			l.Value, l.Source = masked(a, l.Value), maskedCell(a, l.Source)
		}
	}
	for i := range p.Records {
		x := &p.Records[i]
		x.Evidence, x.Source = figure.Masked(x.Evidence), maskedCell(nil, x.Source)
	}
	return &answered{value: p}, nil
}

// hidden stands for a personal value of which no part is shown.
const hidden = "****"

// masked is a value as pages show it: personal ones are masked.
func masked(a *pack.Attribute, v any) any {
	if a == nil || !a.Personal || v == nil {
		return v
	}
	if text, ok := v.(string); ok && (a.Kind == pack.String || a.Kind == pack.List) {
		return figure.Mask(text)
	}
	return hidden
}

// maskedRaw is a cell as it came, as the page of its record shows it.
func maskedRaw(a *pack.Attribute, raw string) string {
	if a != nil && a.Personal && raw != "" {
		return figure.Mask(raw)
	}
	return figure.Masked(raw)
}

func maskedCell(a *pack.Attribute, c answer.SourcedCell) answer.SourcedCell {
	c.Raw, c.Reason = maskedRaw(a, c.Raw), figure.Masked(c.Reason)
	return c
}

// callExplain says why a subject meets a recognition or not, as eyas explain --json does.
func (s *room) callExplain(r *http.Request) (*answered, error) {
	subject, reg, err := s.subjectOf(r)
	if err != nil {
		return nil, err
	}
	ask := s.Ask(r)
	id := r.PathValue("rule")
	if err := s.ruleOf(id, reg.ID); err != nil {
		return nil, err
	}
	if _, _, err := s.Rules.Law(id, ask.Date); err != nil {
		return nil, err
	}
	_, base, err := s.InMemory(r.Context(), reg.ID, ask.Moment())
	if err != nil {
		return nil, err
	}
	table, err := base.Current(r.Context())
	if err != nil {
		return nil, err
	}
	row := table.Row(subject)
	if row < 0 {
		return nil, errNoSubject()
	}
	x, err := s.Rules.Explain(table, row, id, rule.Options{Date: ask.Date, Assume: ask.Assume})
	if err != nil {
		return nil, err
	}
	facts, err := s.Known.SourcedAt(r.Context(), subject, ask.Moment())
	if err != nil {
		return nil, as(err, errNoSubject())
	}
	s.Looked(r, subject)
	e := answer.Explain(x, ask.Assume, fact.Ref{Subject: subject, Code: string(table.Codes.At(row)), Name: string(table.Names.At(row))}, facts, ask.Lang)
	for i := range e.Criteria {
		maskInputs(reg, e.Criteria[i].Inputs)
	}
	if e.Score != nil {
		for i := range e.Score.Items {
			maskInputs(reg, e.Score.Items[i].Inputs)
		}
	}
	return &answered{value: e}, nil
}

func maskInputs(reg *pack.Register, list []answer.Input) {
	for i := range list {
		a := reg.Attribute(list[i].Attribute)
		list[i].Value = masked(a, list[i].Value)
		if list[i].Source != nil {
			list[i].Source.Raw = maskedRaw(a, list[i].Source.Raw)
		}
	}
}

// ruleOf refuses a recognition that there is not, or that is not about a register; empty: about any.
func (s *room) ruleOf(id, register string) error {
	if slices.ContainsFunc(s.Pack.Rules, func(r *pack.Rule) bool { return r.ID == id && (register == "" || r.Register == register) }) {
		return nil
	}
	return fault.New(fault.NotFound, "没有这个资格，或它不是关于这个库的。资格的列表在 /api/v1/rules。", "There is no such recognition, or it is not about this register. See /api/v1/rules.")
}

// Value is one value of a subject. Its ETag is what an entry is made upon.
type Value struct {
	Subject  int64               `json:"subject"`
	Key      string              `json:"key"` // staff@2020
	Name     string              `json:"name"`
	Value    any                 `json:"value"` // null: nothing is known, or it was declared wrong; personal ones are masked
	Unit     string              `json:"unit,omitempty"`
	Void     bool                `json:"void,omitempty"`
	Inferred bool                `json:"inferred,omitempty"`
	Source   *answer.SourcedCell `json:"source"` // null: nothing is known
}

// keyOf reads the key of a value of a register: staff@2020, address.
func keyOf(reg *pack.Register, key string) (a *pack.Attribute, year int, err error) {
	id, text, dated := strings.Cut(key, "@")
	a = reg.Attribute(id)
	if dated {
		year, err = strconv.Atoi(text)
	}
	if a == nil || err != nil || a.Yearly != dated || dated && (year < 1949 || year > 2200) {
		key = address.Shortened(key)
		return nil, 0, fault.New(fault.NotFound, "没有数据项“"+key+"”。分年度的写成 staff@2020 这样，不分年度的不写年份。", "There is no attribute “"+key+"”. Yearly ones are written like staff@2020, others without a year.")
	}
	return a, year, nil
}

// callValue gives one value of a subject.
func (s *room) callValue(r *http.Request) (*answered, error) {
	subject, reg, err := s.subjectOf(r)
	if err != nil {
		return nil, err
	}
	a, year, err := keyOf(reg, r.PathValue("key"))
	if err != nil {
		return nil, err
	}
	s.Looked(r, subject)
	v, mark, err := s.valueNow(r, subject, a, year, fact.Moment{})
	if err != nil {
		return nil, as(err, errNoSubject())
	}
	return &answered{value: v, etag: etagOf(mark)}, nil
}

// valueNow reads a value, and the mark by which a change of it is noticed.
func (s *room) valueNow(r *http.Request, subject int64, a *pack.Attribute, year int, m fact.Moment) (v Value, mark string, err error) {
	facts, err := s.Known.SourcedAt(r.Context(), subject, m)
	if err != nil {
		return v, "", err
	}
	v = Value{Subject: subject, Key: keyText(a, year), Name: a.Name.In(s.LangOf(r)), Unit: a.Unit}
	mark = sight.Mark(nil)
	for i := range facts {
		if f := &facts[i]; f.Attr.ID == a.ID && f.Year == year {
			mark = sight.Mark(&f.Fact)
			cell := answer.SourcedCell{Address: f.Source}
			if x := s.Pack.Source(f.Source.Source); x != nil {
				cell.Name = x.Name.In(s.LangOf(r))
			}
			cell = maskedCell(a, cell)
			v.Source, v.Void, v.Inferred = &cell, f.Void, f.Origin.Weak == fact.Inferred
			if !f.Void {
				v.Value = masked(a, answer.InputValue(answer.InputOf(f.Fact)))
			}
		}
	}
	return v, mark, nil
}

func keyText(a *pack.Attribute, year int) string {
	if year == 0 {
		return a.ID
	}
	return a.ID + "@" + strconv.Itoa(year)
}

func etagOf(mark string) string { return strconv.Quote(mark) }

// decide refuses what the token may not do to a subject.
func (s *room) decide(r *http.Request, action auth.Action, reg *pack.Register, subject int64) error {
	return s.Actors.Decide(r.Context(), action, auth.Resource{Register: reg.ID, ID: strconv.FormatInt(subject, 10)})
}

// number is a JSON number as people write it: without an exponent.
func number(n json.Number) (string, error) {
	text := n.String()
	if !strings.ContainsAny(text, "eE") {
		return text, nil
	}
	v, err := n.Float64()
	if err != nil {
		return "", err
	}
	return strconv.FormatFloat(v, 'f', -1, 64), nil
}
