package api

import (
	"net/http"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/grid"
	"eyas/internal/web/register"
)

// Me is who acts by a token.
type Me struct {
	Person    string   `json:"person"`
	Role      string   `json:"role"`
	Org       string   `json:"org,omitempty"`
	Subject   int64    `json:"subject,omitempty"`
	Actions   []string `json:"actions"`             // to which the token is held; empty: all of the role
	Register  string   `json:"register,omitempty"`  // to which the token is held
	HeldTo    int64    `json:"held_to,omitempty"`   // subject to which the token is held
	Synthetic bool     `json:"synthetic,omitempty"` // the base holds generated data
}

func (s *room) me(r *http.Request) (*answered, error) {
	a := s.Actors.Acting(r.Context())
	me := Me{Person: a.ID, Role: string(a.Role), Org: a.Org, Subject: a.Subject, Actions: []string{}}
	if b := auth.BoundsOf(r.Context()); b != nil {
		for _, x := range b.Actions {
			me.Actions = append(me.Actions, string(x))
		}
		me.Register, me.HeldTo = b.Register, b.Subject
	}
	return &answered{value: me}, nil
}

// Registers are those that the token sees something of.
type Registers struct {
	Registers []Register `json:"registers"`
}

// Register is a kind of subjects.
type Register struct {
	ID         string      `json:"register"`
	Name       string      `json:"name"`
	Code       string      `json:"code_attribute,omitempty"` // by which its subjects are known
	Title      string      `json:"name_attribute"`
	Rules      []string    `json:"rules"` // recognitions that are about it
	Attributes []Attribute `json:"attributes"`
}

// Attribute is something that is known of the subjects of a register.
type Attribute struct {
	ID       string `json:"attribute"`
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Unit     string `json:"unit,omitempty"`
	Yearly   bool   `json:"yearly"`   // its keys have a year: sales@2020
	Personal bool   `json:"personal"` // its values are masked
}

func (s *room) registers(r *http.Request) (*answered, error) {
	if err := s.sees(r.Context()); err != nil {
		return nil, err
	}
	lang := s.LangOf(r)
	all := Registers{Registers: []Register{}}
	for _, reg := range s.Pack.Registers {
		if s.MayOf(r.Context(), auth.See, reg.ID) {
			all.Registers = append(all.Registers, s.registerPlain(reg, lang))
		}
	}
	return &answered{value: all}, nil
}

func (s *room) registerPlain(reg *pack.Register, lang string) Register {
	x := Register{ID: reg.ID, Name: reg.Name.In(lang), Code: reg.CodeAttr, Title: reg.NameAttr, Rules: []string{}, Attributes: []Attribute{}}
	for _, rule := range s.Pack.Rules {
		if rule.Register == reg.ID && !slices.Contains(x.Rules, rule.ID) {
			x.Rules = append(x.Rules, rule.ID)
		}
	}
	for _, a := range reg.Attributes {
		x.Attributes = append(x.Attributes, Attribute{a.ID, a.Name.In(lang), string(a.Kind), a.Unit, a.Yearly, a.Personal})
	}
	return x
}

// Found are subjects that a code or a name fits.
type Found struct {
	Subjects []fact.Ref `json:"subjects"`
}

// find finds subjects by their code or name, as commands do.
func (s *room) find(r *http.Request) (*answered, error) {
	reg, err := s.registerOf(r.Context(), r.PathValue("register"))
	if err != nil {
		return nil, err
	}
	q := r.URL.Query().Get("q")
	if q == "" {
		return nil, address.Mistake(fault.New(fault.Invalid, "请用 q 给出代码或名称。", "Give a code or a name by q."), "q")
	}
	if err := noNumber(r); err != nil {
		return nil, err
	}
	found, err := s.Known.FindIn(r.Context(), reg.ID, q)
	if err != nil {
		return nil, err
	}
	if found == nil {
		found = []fact.Ref{}
	}
	return &answered{value: Found{found}}, nil
}

// noNumber refuses an address that searches for an identity number: addresses are kept in logs.
func noNumber(r *http.Request) error {
	if address.NumberAsked(r.URL.Query()) == "" {
		return nil
	}
	return fault.New(fault.Invalid, "身份证号不能写在网址里：网址会留在日志中。请用页面上的搜索。", "An identity number does not belong into an address, which logs keep. Use the search of the pages.")
}

// List is a page of a register's subjects.
type List struct {
	Register string   `json:"register"`
	Date     string   `json:"date"`
	Total    int      `json:"total"`
	Columns  []Column `json:"columns"`
	Items    []Item   `json:"items"`
	Next     *string  `json:"next"` // cursor of the next page; null: this is the last
}

// Column is what a list gives of its subjects.
type Column struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	Kind string `json:"kind"` // of the attribute; verdict, score or criterion for those of recognitions
	Unit string `json:"unit,omitempty"`
}

// Item is a subject in a list. Values are by the keys of columns; null where nothing is known.
type Item struct {
	fact.Ref
	Values map[string]any `json:"values"`
}

// kindsOfRule are the kinds of columns of recognitions, by the first letter of their keys.
var kindsOfRule = map[byte]string{'v': "verdict", 's': "score", 'o': "criterion"}

// subjects lists a register with the filters, order and columns of its page.
func (s *room) subjects(r *http.Request) (*answered, error) {
	reg, err := s.registerOf(r.Context(), r.PathValue("register"))
	if err != nil {
		return nil, err
	}
	if err := noNumber(r); err != nil {
		return nil, err
	}
	at, limit, err := readPage(r)
	if err != nil {
		return nil, err
	}
	x, err := register.Open(s.Frame, r, reg.ID)
	if err != nil {
		return nil, err
	}
	cols := x.Columns()
	for name := range r.URL.Query() {
		if !slices.Contains(listNames, name) && !cols.Reads(name) {
			return nil, errName(name)
		}
	}
	q, err := grid.Read(r, x.Ask, x, "")
	if err != nil {
		return nil, err
	}
	for _, id := range r.URL.Query()["col"] {
		if c := cols.Find(id); c == nil || c.Bare {
			return nil, address.UnknownFilter("col", id)
		}
	}
	var after *list.Place
	if at != nil {
		if after = at.Place; after == nil {
			return nil, errMoved()
		}
	}
	rows, total, next, ok, err := x.After(q, after, limit)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errMoved()
	}
	out := List{Register: reg.ID, Date: x.Ask.Day(), Total: total, Columns: []Column{}, Items: make([]Item, len(rows))}
	values := make([]func(int) any, len(q.Columns))
	for i, c := range q.Columns {
		key, a := x.KeyOf(c)
		col := Column{Key: key, Name: c.Head, Kind: kindsOfRule[key[0]]}
		if a != nil {
			col.Kind, col.Unit = string(a.Kind), a.Unit
		}
		out.Columns, values[i] = append(out.Columns, col), x.Plain(c)
	}
	for i, row := range rows {
		item := Item{Ref: fact.Ref{Subject: x.Table.Subjects[row], Code: string(x.Table.Codes.At(row)), Name: string(x.Table.Names.At(row))}, Values: make(map[string]any, len(values))}
		for j, value := range values {
			item.Values[out.Columns[j].Key] = value(row)
		}
		out.Items[i] = item
	}
	if next != nil {
		out.Next = (&cursor{Place: next}).text(r)
	}
	return &answered{value: out}, nil
}

// listNames are the names that lists take besides those of their columns.
var listNames = []string{"cursor", "limit", "lang", "date", "known", "scope", "assume"}

// dayOf writes a day.
func dayOf(t time.Time) string { return t.Format(time.DateOnly) }

// subjectOf finds the subject that an address names, with its register.
func (s *room) subjectOf(r *http.Request) (subject int64, reg *pack.Register, err error) {
	if err := s.sees(r.Context()); err != nil {
		return 0, nil, err
	}
	id, bad := readID(r.PathValue("subject"))
	if bad || s.Known == nil {
		return 0, nil, errNoSubject()
	}
	register, err := s.Known.RegisterOf(r.Context(), id)
	if err != nil {
		return 0, nil, as(err, errNoSubject())
	}
	if reg = s.Pack.Register(register); reg == nil {
		return 0, nil, errNoSubject()
	}
	return id, reg, nil
}
