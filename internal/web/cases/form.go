package cases

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/file"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/template"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// The steps of a form: fields, papers, and to file it.
const (
	stepFields = "fields"
	stepPapers = "papers"
	stepFile   = "file"
)

// mostChoices is from where on a code list is offered while typing, and not as a menu.
const mostChoices = 60

// spareRows is how many empty rows a form offers behind those that are filled in.
const spareRows = 3

// formView is the page on which a case is filled in.
type formView struct {
	No              int64
	Matter, Subject string
	Step            string
	Steps           []frame.Option
	To, Case, Later string // addresses: of the form, of the case, of the next step
	Drop            string // where a paper is taken out
	Do              string // what is done: save, supply or fulfil
	Visit, Seen     int
	Key             string
	Sections        []formSection
	Papers          []formPaper
	Problems        []problem
	Failed          bool   // it was refused, or must be mended before it is filed; else it is what is still missing
	Changed         string // what somebody else changed meanwhile
	Sentence        string
	Fields, Missing int
	Supply          []string
}

type problem struct{ At, Text string }

type formSection struct {
	Name   string
	Fields []field
}

// field is one field to fill in, or one with repeated rows.
type field struct {
	Name, Label, Unit, Hint, Value, Kind string // Kind: text, long, date, select, list, amount, number
	Options                              []frame.Option
	Required, Hidden                     bool
	Problem                              string
	Remarks                              []string
	Echo, Yuan, Currency                 string
	Rows                                 [][]field
	Heads                                []string
	Most                                 int
}

// ID is the id of the field on the page.
func (f field) ID() string {
	return "f-" + strings.NewReplacer(".", "-", "@", "-", "[", "-", "]", "").Replace(f.Name)
}

// Described are the ids of what describes the field.
func (f field) Described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, "h-"+f.ID())
	}
	if f.Problem != "" || len(f.Remarks) > 0 {
		ids = append(ids, "p-"+f.ID())
	}
	return strings.Join(ids, " ")
}

// formPaper is an attachment with its files.
type formPaper struct {
	ID, Label, Hint, Problem   string
	Send                       string // where a file is sent to
	Remarks                    []string
	Files                      []paper
	Required, Full, Promisable bool
	Promise, Promised          string
}

// fieldOf makes the field of an attribute with a value as the form has it.
func (x *reader) fieldOf(f *pack.Field, name, value string) field {
	a := f.Attr
	w := x.WriterIn(x.t.Register, x.ask.Lang, words.InWan)
	y := field{Name: name, Label: x.label(f), Hint: a.Note.In(x.ask.Lang), Value: value, Kind: "text", Required: f.Required}
	seen, masked := x.sees(a)
	if y.Hidden = !seen; y.Hidden {
		return y
	}
	if masked && value != "" {
		y.Hint, y.Value, y.Required = x.text("cases.form.masked", "value", figure.Mask(value)), "", false
	} else if f.Bound && value != "" {
		y.Hint = strings.TrimSpace(y.Hint + " " + x.text("cases.form.known"))
	}
	switch {
	case a.Kind == pack.Money:
		y.Kind, y.Unit, y.Yuan, y.Currency = "amount", w.Unit(a), w.YuanWord(a), words.Yuan(a)
		y.Value = inForm(a, y.Value)
		y.Echo = w.Echo(a, y.Value)
	case a.Kind == pack.Integer || a.Kind == pack.Decimal:
		y.Kind, y.Unit = "number", w.Unit(a)
	case a.Kind == pack.Date:
		y.Kind = "date"
	case a.Kind == pack.Boolean:
		y.Kind, y.Options = "select", []frame.Option{{Value: "是", Label: w.Text("value.yes")}, {Value: "否", Label: w.Text("value.no")}}
	case a.Kind == pack.Code && a.Codes != "":
		y.Kind, y.Options = "select", x.choices(w, a)
		if len(y.Options) > mostChoices {
			y.Kind = "list"
		} else if y.Value != "" && !slices.ContainsFunc(y.Options, func(o frame.Option) bool { return o.Value == y.Value }) {
			y.Options = append(y.Options, frame.Option{Value: y.Value, Label: y.Value})
		}
	case a.Max > 60 && f.Rows == nil && !f.Bound && !strings.HasPrefix(name, "s.") && !strings.Contains(name, "["):
		y.Kind = "long"
	}
	return y
}

// choices are the codes of an attribute's list with their names.
func (x *reader) choices(w words.Writer, a *pack.Attribute) (options []frame.Option) {
	if a.OfOrgs() {
		list := w.City.Districts
		if a.Codes == pack.ZoneCodes {
			list = w.City.Zones
		}
		for _, o := range list {
			options = append(options, frame.Option{Value: o.ID, Label: o.Name.In(w.Lang)})
		}
		return options
	}
	_, names := template.Choices(x.Pack, a.Codes, w.Lang)
	for _, l := range x.Pack.Codes {
		if l.ID == a.Codes {
			for i, item := range l.Items {
				options = append(options, frame.Option{Value: item.Code, Label: names[i]})
			}
		}
	}
	return options
}

// inForm is an amount as its field is filled in, in 万: reading it again gives the same. What cannot be read stays as it was written.
func inForm(a *pack.Attribute, text string) string {
	if strings.TrimSpace(text) == "" {
		return text
	}
	fen, ok := words.ReadWritten(a, text)
	if !ok {
		return text
	}
	return words.FormScale.Write(fen)
}

// withUnit is what was typed into a field, as the form of a case keeps it: an amount without a unit is in 万, as its label says.
func withUnit(f *pack.Field, text string) string {
	text = strings.TrimSpace(text)
	if f == nil || f.Attr.Kind != pack.Money || text == "" || cell.HasUnit([]byte(text)) {
		return text
	}
	if _, ok := words.ReadAmount(f.Attr, text); !ok {
		return text
	}
	return text + words.FormUnit(f.Attr)
}

// formDo is what who looks may do with the form of a case now, and in which visit; empty: nothing.
func (x *reader) formDo() (do string, visit int) {
	for _, want := range []string{matter.ActSupply, matter.ActSave, matter.ActFulfil} {
		for _, l := range x.seen.May {
			if l.Do == want {
				return l.Do, l.Visit
			}
		}
	}
	return "", 0
}

// form makes the page; typed is what was just written, nil: the form as it is.
func (x *reader) form(typed *matter.Form) (*formView, error) {
	do, visit := x.formDo()
	if do == "" {
		return nil, fault.New(fault.Conflict, "这件办件现在不用填表。", "Nothing is filled in in this case now.")
	}
	c, lang := x.c, x.ask.Lang
	v := &formView{No: c.ID, Matter: x.t.Name.In(lang), Subject: x.subjectName(x.r.Context(), c.Subject), Do: do, Visit: visit, Seen: c.Seq, Key: file.NewID(), Case: x.ask.Link(casePath(c.ID)), Drop: x.ask.Link(casePath(c.ID) + "/papers/drop")}
	v.Step = x.r.URL.Query().Get("step")
	if v.Step != stepPapers && v.Step != stepFile || do == matter.ActFulfil {
		v.Step = map[bool]string{true: stepPapers, false: stepFields}[do == matter.ActFulfil]
	}
	at := casePath(c.ID) + "/form"
	v.To = x.ask.Link(at, "step", v.Step)
	steps := []string{stepFields, stepPapers, stepFile}
	if do == matter.ActFulfil {
		steps = nil
	}
	if do == matter.ActSupply {
		steps = []string{stepPapers, stepFields} // what was typed goes with the answer
	}
	for i, step := range steps {
		v.Steps = append(v.Steps, frame.Option{Value: strconv.Itoa(i + 1), Label: x.text("cases.step." + step), URL: x.ask.Link(at, "step", step), On: step == v.Step})
		if step == v.Step && i+1 < len(steps) {
			v.Later = x.ask.Link(at, "step", steps[i+1])
		}
	}
	pending, err := x.pending()
	if err != nil {
		return nil, err
	}
	changes := typed
	if len(pending) > 0 && do == matter.ActSupply {
		if changes == nil {
			changes = &matter.Form{}
		}
		changes = &matter.Form{Values: changes.Values, Rows: changes.Rows, Files: x.together(pending)}
	}
	checked, err := x.Desk.Check(x.r.Context(), c.ID, changes, x.r.PostForm["promise"])
	if err != nil {
		return nil, err
	}
	v.fill(x, matter.With(c.Form, changes), checked)
	v.Sentence, _ = x.sentence()
	for _, k := range c.Standing() {
		v.Supply = append(v.Supply, x.fieldName(k.Field)+x.text("frame.colon")+k.Text)
	}
	return v, nil
}

// fill fills the page in with a form and what is wrong with it.
func (v *formView) fill(x *reader, f matter.Form, checked *desk.Checked) {
	lang := x.ask.Lang
	wrong := map[string]string{}
	for _, p := range checked.Problems {
		says := p.Says.In(lang)
		at := "#" + field{Name: "v." + p.Field}.ID()
		if head, _, row := strings.Cut(p.Field, "["); row {
			at = "#" + field{Name: "v." + head}.ID()
		}
		text := x.fieldName(p.Field) + x.text("frame.colon") + says
		if p.Kind == matter.Unmet {
			at, text = "", says
		}
		if a := x.t.Form.Attachment(p.Field); a != nil {
			at = "#paper-" + a.ID
			if v.Step != stepPapers {
				at = x.ask.Link(casePath(x.c.ID)+"/form", "step", stepPapers) + at
			}
		} else if at != "" && v.Step != stepFields {
			at = x.ask.Link(casePath(x.c.ID)+"/form", "step", stepFields) + at
		}
		wrong[p.Field] = says
		v.Problems = append(v.Problems, problem{at, text})
	}
	v.Missing = len(v.Problems)
	for _, g := range x.t.Form.Sections {
		p := formSection{Name: g.Name.In(lang)}
		for _, y := range g.Fields {
			if asked, conditional := checked.Asked[y.ID]; conditional && !asked && f.Values[y.ID] == "" && len(f.Rows[y.ID]) == 0 {
				continue
			}
			one := x.fieldOf(y, "v."+y.ID, f.Values[y.ID])
			if one.Hidden {
				continue
			}
			one.Remarks = x.remarksOn(y.ID)
			if says := wrong[y.ID]; says != "" && (x.c.Filed != "" || f.Values[y.ID] != "" || len(f.Rows[y.ID]) > 0) {
				one.Problem = says
			}
			if y.Rows != nil {
				one.rows(x, y, f.Rows[y.ID], wrong)
			}
			p.Fields = append(p.Fields, one)
			v.Fields++
		}
		if len(p.Fields) > 0 {
			v.Sections = append(v.Sections, p)
		}
	}
	v.papers(x, f, checked, wrong)
}

// rows fills in repeated rows, with some empty ones behind them.
func (y *field) rows(x *reader, f *pack.Field, rows []map[string]string, wrong map[string]string) {
	y.Kind, y.Most = "rows", f.Rows.Most
	if f.Rows.Least == 0 && !f.Required {
		y.Required = false
	}
	for _, c := range f.Rows.Fields {
		one := x.fieldOf(c, "", "")
		head := one.Label
		if one.Unit != "" {
			head += x.text("cases.unit", "unit", one.Unit)
		}
		y.Heads = append(y.Heads, head)
	}
	n := min(max(len(rows)+spareRows, f.Rows.Least), f.Rows.Most)
	for i := range n {
		var line []field
		for _, c := range f.Rows.Fields {
			value := ""
			if i < len(rows) {
				value = rows[i][c.ID]
			}
			one := x.fieldOf(c, "r."+f.ID+"["+strconv.Itoa(i+1)+"]."+c.ID, value)
			one.Hint = ""
			if i < len(rows) {
				one.Problem = wrong[f.ID+"["+strconv.Itoa(i+1)+"]."+c.ID]
			}
			line = append(line, one)
		}
		y.Rows = append(y.Rows, line)
	}
}

func (v *formView) papers(x *reader, f matter.Form, checked *desk.Checked, wrong map[string]string) {
	lang := x.ask.Lang
	for _, a := range x.t.Form.Attachments {
		if asked, conditional := checked.Asked[a.ID]; conditional && !asked && len(f.Files[a.ID]) == 0 {
			continue
		}
		promised := ""
		for _, p := range x.c.Promises {
			if p.Attachment == a.ID && p.Kept == "" {
				promised = string(p.Until)
			}
		}
		if v.Do == matter.ActFulfil && promised == "" {
			continue
		}
		p := formPaper{ID: a.ID, Label: a.Name.In(lang), Send: x.ask.Link(casePath(x.c.ID)+"/papers", "paper", a.ID), Required: a.Required, Full: len(f.Files[a.ID]) >= a.Most, Remarks: x.remarksOn(a.ID), Promised: promised,
			Hint: x.text("cases.paper.hint", "types", strings.ToUpper(strings.Join(a.Types, " ")), "most", a.Most, "size", figure.Size(largestPaper))}
		if len(f.Files[a.ID]) > 0 || x.c.Filed != "" {
			p.Problem = wrong[a.ID]
		}
		if !a.Promise.None() && promised == "" {
			p.Promisable, p.Promise = len(f.Files[a.ID]) == 0, x.limit(a.Promise)
		}
		for _, one := range f.Files[a.ID] {
			y := paper{Name: one.Name, Size: figure.Size(one.Size), Label: one.Hash}
			y.Drops = v.Do == matter.ActSave || v.Do == matter.ActSupply && !slices.ContainsFunc(x.c.Form.Files[a.ID], func(f matter.File) bool { return f.Hash == one.Hash })
			if one.Hash != "" {
				y.URL = x.ask.Link(casePath(x.c.ID) + "/files/" + one.Hash)
			}
			p.Files = append(p.Files, y)
		}
		v.Papers = append(v.Papers, p)
	}
}

func (s *room) showForm(w http.ResponseWriter, r *http.Request) error {
	x, err := s.read(r)
	if err != nil {
		return err
	}
	v, err := x.form(nil)
	if err != nil {
		return err
	}
	return s.Render(w, r, "caseform", v)
}
