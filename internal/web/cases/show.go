package cases

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/figure"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
	"eyas/internal/web/address"
	"eyas/internal/web/words"
)

// caseView is the page of a case.
type caseView struct {
	No                  int64
	Matter, Basis       string
	Status              pack.Status
	Subject, SubjectURL string
	Where, Next         string // the sentence: where it is, and what comes next
	Due                 due
	Unknown             bool // a year on the way to the last day has no notice of holidays
	Chips               []chip
	Remarks             []remark // that wait for an answer, for who answers
	Form, Papers        string   // where the applicant fills the form in, or gives promised papers; empty: he cannot
	FormDo              string   // what he does there: save, supply
	Acts                []actForm
	Line                []stageMark
	Sections            []section
	Files               []paper
	Promises            []promise
	Objections          []objection
	Visits              []visit
	Record              []event
	Ended               bool
	All                 string // the list
	Version             int
	Verdict             string // what the rule said last
}

// chip is a state of a case.
type chip struct{ Text, Class string }

type remark struct{ Field, Text string }

// section is a part of the form with what was filled in.
type section struct {
	Name string
	Rows []line
}

// line is a field of the form: with a value, or with rows.
type line struct {
	Label, Unit, Value string
	Bound              bool // of the register
	Blank              bool
	Heads              []string
	Rows               [][]string
	Remarks            []string
}

// paper is a file of the form.
type paper struct {
	Label, Name, Size, URL string
	Remarks                []string
	Drops                  bool // in a form: it can be taken out
}

type promise struct {
	Label, Until, Kept string
	Broken             bool
}

type objection struct {
	No                      int
	By, On, Note            string
	Settled, Answer, Upheld string
}

// visit is one time in a stage, for the record.
type visit struct {
	Name, Begun, Due, Ended, Outcome, By, Note string
	Late, Void, Open                           bool
	Seats                                      []seat
	Remarks                                    []remark
	Reported                                   []string
	Fields                                     []line
	Score                                      string
}

type seat struct{ Who, State, Note string }

// event is a line of the record.
type event struct {
	When, Who, As, Did, Stage, Note, Verdict string
	Changed                                  []string // fields of the form
}

// reader writes a case for who looks.
type reader struct {
	*room
	r       *http.Request
	ask     *address.Ask
	text    func(string, ...any) string
	seen    *desk.Seen
	t       *pack.MatterType
	c       *matter.Case
	classes []pack.Class
}

func (s *room) read(r *http.Request) (*reader, error) {
	id, err := number(r)
	if err != nil {
		return nil, err
	}
	seen, err := s.Desk.Show(r.Context(), id)
	if err != nil {
		return nil, err
	}
	s.Looked(r, seen.Case.Subject)
	ask := s.Ask(r)
	return &reader{s, r, ask, s.Words(ask.Lang), seen, seen.Matter, seen.Case, s.Actors.Classes(r.Context())}, nil
}

// applies reports whether who looks acts for the applicant.
func (x *reader) applies() bool {
	a := x.Actors.Acting(x.r.Context())
	return a.Role != auth.Operator && matter.Applies(x.t, x.c, matter.Person{ID: a.ID, Role: string(a.Role), Org: a.Org, Subject: a.Subject})
}

func (s *room) show(w http.ResponseWriter, r *http.Request) error {
	x, err := s.read(r)
	if err != nil {
		return err
	}
	c, lang := x.c, x.ask.Lang
	v := &caseView{No: c.ID, Matter: x.t.Name.In(lang), Basis: x.t.Basis.In(lang), Status: x.t.Status, Subject: s.subjectName(r.Context(), c.Subject), Ended: c.End != "", All: x.ask.Link(path), Version: c.FormNo}
	if register, err := s.registerOf(r, c.Subject); err == nil && register != "" {
		v.SubjectURL = x.ask.Link(s.SubjectPath(register, "", c.Subject))
	}
	v.Due, v.Unknown = s.dueOn(string(x.seen.Due)), !x.seen.Known
	v.Where, v.Next = x.sentence()
	v.Chips = x.chips()
	v.Line = x.line()
	v.Sections, v.Files = x.sections(), x.papers()
	for _, p := range c.Promises {
		v.Promises = append(v.Promises, promise{x.t.Form.Attachment(p.Attachment).Name.In(lang), string(p.Until), string(p.Kept), p.Broken})
	}
	for _, o := range c.Objections {
		v.Objections = append(v.Objections, objection{o.No, s.person(r, o.By), string(o.On), o.Note, string(o.Settled), o.Answer, map[bool]string{true: "1"}[o.Upheld]})
	}
	for _, at := range c.Visits {
		v.Visits = append(v.Visits, x.visit(at))
	}
	v.Record = x.record()
	if n := len(v.Record); n > 0 {
		for i := n - 1; i >= 0 && v.Verdict == ""; i-- {
			v.Verdict = x.verdict(x.seen.Events[i].Verdict)
		}
	}
	if err := x.offer(v); err != nil {
		return err
	}
	return s.Render(w, r, "case", v)
}

// registerOf is the register of a subject that who looks sees; empty: he does not see it.
func (s *room) registerOf(r *http.Request, subject int64) (string, error) {
	if s.Known == nil {
		return "", nil
	}
	return s.Known.RegisterOf(r.Context(), subject)
}

// offer fills in what may be done now.
func (x *reader) offer(v *caseView) error {
	for _, l := range x.seen.May {
		switch {
		case l.Do == matter.ActSave:
			v.Form, v.FormDo = x.ask.Link(casePath(x.c.ID)+"/form"), l.Do
		case l.Do == matter.ActSupply:
			v.Form, v.FormDo = x.ask.Link(casePath(x.c.ID)+"/form"), l.Do
		case l.Do == matter.ActFulfil:
			v.Papers = x.ask.Link(casePath(x.c.ID)+"/form", "step", "papers")
		case l.Do == matter.ActPass && x.t.Stage(l.Stage).Kind == pack.StageApply: // from the form
		default:
			f, err := x.actForm(l)
			if err != nil {
				return err
			}
			v.Acts = append(v.Acts, f)
		}
	}
	slices.SortStableFunc(v.Acts, func(a, b actForm) int { return slices.Index(actOrder, a.Do) - slices.Index(actOrder, b.Do) })
	if v.Form != "" {
		for _, k := range x.c.Standing() {
			v.Remarks = append(v.Remarks, remark{x.fieldName(k.Field), k.Text})
		}
	}
	return nil
}

// fieldName names a field, a column of a row or an attachment of the form, or of a check.
func (x *reader) fieldName(id string) string {
	lang := x.ask.Lang
	head, rest, inRow := strings.Cut(id, "[")
	if f := x.t.Form.Field(head); f != nil {
		name := x.label(f)
		if no, column, ok := strings.Cut(rest, "]."); inRow && ok && f.Rows != nil {
			name = x.text("cases.rowOf", "name", name, "n", no)
			for _, y := range f.Rows.Fields {
				if y.ID == column {
					name += " " + y.Attr.Name.In(lang)
				}
			}
		}
		return name
	}
	if a := x.t.Form.Attachment(head); a != nil {
		return a.Name.In(lang)
	}
	return id
}

// label names a field, with its year where it has one.
func (x *reader) label(f *pack.Field) string {
	name := words.Begins(f.Attr.Name.In(x.ask.Lang))
	if f.Bound && f.Attr.Yearly {
		return x.text("cases.ofYear", "year", x.c.Base-f.Back, "name", name)
	}
	return name
}

// sees reports whether who looks sees a field at all, and whether masked.
func (x *reader) sees(a *pack.Attribute) (seen, masked bool) {
	if a.Class != "" && !slices.Contains(x.classes, a.Class) {
		return false, false
	}
	return true, a.Personal || a.Class == pack.Private || a.Class == pack.Identity
}

// shown is a value as who looks sees it.
func (x *reader) shown(f *pack.Field, value string) string {
	seen, masked := x.sees(f.Attr)
	switch {
	case !seen:
		return ""
	case masked:
		return figure.Mask(value)
	case f.Attr.Kind == pack.Money:
		return x.amount(f.Attr, value)
	case f.Attr.Kind == pack.Code && value != "":
		return x.WriterIn(x.t.Register, x.ask.Lang, "").City.CodeName(f.Attr, value, x.ask.Lang)
	}
	return value
}

// amount writes an amount of the form in the unit in which who looks reads amounts; what cannot be read as it was written.
func (x *reader) amount(a *pack.Attribute, text string) string {
	fen, ok := words.ReadWritten(a, text)
	if !ok {
		return text
	}
	w := x.WriterOf(x.r, x.t.Register)
	return w.Number(a, float64(fen)) + " " + w.Unit(a)
}

func (x *reader) remarksOn(id string) (list []string) {
	for _, k := range x.c.Standing() {
		if head, _, _ := strings.Cut(k.Field, "["); head == id {
			list = append(list, k.Text)
		}
	}
	return list
}

// sections are the form as it is now.
func (x *reader) sections() (list []section) {
	for _, g := range x.t.Form.Sections {
		p := section{Name: g.Name.In(x.ask.Lang)}
		for _, f := range g.Fields {
			if seen, _ := x.sees(f.Attr); !seen {
				continue
			}
			l := line{Label: x.label(f), Bound: f.Bound, Remarks: x.remarksOn(f.ID)}
			if f.Rows == nil {
				l.Value = x.shown(f, x.c.Form.Values[f.ID])
				l.Blank = l.Value == ""
				p.Rows = append(p.Rows, l)
				continue
			}
			for _, y := range f.Rows.Fields {
				l.Heads = append(l.Heads, y.Attr.Name.In(x.ask.Lang))
			}
			for _, row := range x.c.Form.Rows[f.ID] {
				var cells []string
				for _, y := range f.Rows.Fields {
					cells = append(cells, x.shown(y, row[y.ID]))
				}
				l.Rows = append(l.Rows, cells)
			}
			l.Blank = len(l.Rows) == 0
			p.Rows = append(p.Rows, l)
		}
		list = append(list, p)
	}
	return list
}

// papers are the files of the form. Whoever may take them along is led to them.
func (x *reader) papers() (list []paper) {
	takes := x.takes()
	for _, a := range x.t.Form.Attachments {
		for _, f := range x.c.Form.Files[a.ID] {
			p := paper{Label: a.Name.In(x.ask.Lang), Name: f.Name, Size: figure.Size(f.Size), Remarks: x.remarksOn(a.ID)}
			if takes && f.Hash != "" {
				p.URL = x.ask.Link(casePath(x.c.ID) + "/files/" + f.Hash)
			}
			list = append(list, p)
		}
	}
	return list
}

// takes reports whether who looks may take papers of the case along: who handles or files cases, or exports what he sees.
func (x *reader) takes() bool {
	ctx := x.r.Context()
	return x.Files != nil && (x.May(ctx, auth.Handle) || x.May(ctx, auth.File) || x.May(ctx, auth.Export))
}

// verdict is what the rule said at an act, in words; empty: nothing.
func (x *reader) verdict(raw json.RawMessage) string {
	var v desk.Verdict
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil || v.Verdict == "" {
		return ""
	}
	return x.text("cases.verdict", "rule", x.ruleName(v.Rule), "verdict", x.text("cases.verdict."+v.Verdict), "law", v.Law, "on", v.On)
}

func (s *room) ruleNameIn(id, lang string) string {
	for _, r := range s.Pack.Rules {
		if r.ID == id {
			return r.Name.In(lang)
		}
	}
	return id
}

func (x *reader) ruleName(id string) string { return x.ruleNameIn(id, x.ask.Lang) }
