package api

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
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
	Matter    string   `json:"matter,omitempty"`    // to which the token is held
	HeldTo    int64    `json:"held_to,omitempty"`   // subject to which the token is held
	Synthetic bool     `json:"synthetic,omitempty"` // the base holds generated data
}

func (s *room) callMe(r *http.Request) (*answered, error) {
	a := s.Actors.Acting(r.Context())
	me := Me{Person: a.ID, Role: string(a.Role), Org: a.Org, Subject: a.Subject, Actions: []string{}}
	if b := auth.BoundsOf(r.Context()); b != nil {
		for _, x := range b.Actions {
			me.Actions = append(me.Actions, string(x))
		}
		me.Register, me.Matter, me.HeldTo = b.Register, b.Matter, b.Subject
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

func (s *room) callRegisters(r *http.Request) (*answered, error) {
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

// callFind finds subjects by their code or name, as commands do.
func (s *room) callFind(r *http.Request) (*answered, error) {
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

// callSubjects lists a register with the filters, order and columns of its page.
func (s *room) callSubjects(r *http.Request) (*answered, error) {
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
	x, q, err := opened(s.Frame, r, reg.ID, listNames)
	if err != nil {
		return nil, err
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

// How many items a page has.
const (
	usualItems = 50
	mostItems  = 500
)

// cursor is a place in a list, behind the last item that was given. It says what the list was asked for, so that it is not taken for a
// place in another one.
type cursor struct {
	Of      string      `json:"q"`           // digest of the query
	Place   *list.Place `json:"p,omitempty"` // of a register
	ID      int64       `json:"i,omitempty"` // of an import
	Row     *rowKey     `json:"r,omitempty"` // of a finding
	Weight  *int64      `json:"w,omitempty"` // of a question, with its number in ID
	Skipped int         `json:"n,omitempty"` // about how many rows stand before it
}

// rowKey is a finding, in the order of the list.
type rowKey struct {
	Found     int64  `json:"f"`
	Subject   int64  `json:"s"`
	Rule      string `json:"u"`
	Attribute string `json:"a"`
	Year      int    `json:"y"`
}

// queryOf is the digest of what a list is asked for: its address without the place, the length and the language.
func queryOf(r *http.Request) string {
	q := r.URL.Query()
	for _, name := range []string{"cursor", "limit", "lang"} {
		q.Del(name)
	}
	sum := sha256.Sum256([]byte(r.URL.Path + "?" + q.Encode()))
	return hex.EncodeToString(sum[:8])
}

// text writes a cursor for an address.
func (c *cursor) text(r *http.Request) *string {
	c.Of = queryOf(r)
	raw, err := json.Marshal(c)
	if err != nil {
		panic(err) // numbers and texts have a form
	}
	text := base64.RawURLEncoding.EncodeToString(raw)
	return &text
}

// readPage reads which part of a list is asked for: behind which place, nil: from the beginning, and how many items.
func readPage(r *http.Request) (at *cursor, limit int, err error) {
	q := r.URL.Query()
	limit = usualItems
	if text := q.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > mostItems {
			return nil, 0, address.Mistake(fault.New(fault.Invalid, "limit 是 1 到 500 的整数。", "limit is a whole number from 1 to 500."), "limit")
		}
	}
	text := q.Get("cursor")
	if text == "" {
		return nil, limit, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	at = &cursor{}
	if err != nil || json.Unmarshal(raw, at) != nil {
		return nil, 0, address.Mistake(fault.New(fault.Invalid, "cursor 读不出。请原样使用上一页的 next。", "The cursor cannot be read. Use the next of the last page as it is."), "cursor")
	}
	if at.Of != queryOf(r) {
		return nil, 0, address.Mistake(fault.New(fault.Invalid, "这个 cursor 是另一个查询的。翻页时，除了 cursor 和 limit，其余参数要与第一页相同。",
			"This cursor is that of another query. From page to page all parameters but cursor and limit stay the same."), "cursor")
	}
	return at, limit, nil
}

// errMoved is answered where the place of a cursor is found no more.
func errMoved() error {
	return address.Mistake(fault.New(fault.Conflict, "列表在翻到的这一处变了，接不上。请从第一页重新读，或不按名称、代码排序。",
		"The list has changed at this place, and what follows cannot be told. Read it again from the first page, or do not sort it by names or codes."), "cursor")
}

// behind reports whether a finding stands behind another one in the list, whose order is descending.
func (k rowKey) behind(o *rowKey) bool {
	return cmp.Or(cmp.Compare(k.Found, o.Found), cmp.Compare(k.Subject, o.Subject), cmp.Compare(k.Rule, o.Rule), cmp.Compare(k.Attribute, o.Attribute), cmp.Compare(k.Year, o.Year)) < 0
}

// opened reads what is asked of a list. Besides names, only the list's own filters and columns are known.
func opened(f *frame.Frame, r *http.Request, id string, names []string) (*register.Register, *grid.Query, error) {
	x, err := register.Open(f, r, id)
	if err != nil {
		return nil, nil, err
	}
	cols := x.Columns()
	for name := range r.URL.Query() {
		if !slices.Contains(names, name) && !cols.Reads(name) {
			return nil, nil, errName(name)
		}
	}
	q, err := grid.Read(r, x.Ask, x, "")
	if err != nil {
		return nil, nil, err
	}
	for _, id := range r.URL.Query()["col"] {
		if c := cols.Find(id); c == nil || c.Bare {
			return nil, nil, address.UnknownFilter("col", id)
		}
	}
	return x, q, nil
}
