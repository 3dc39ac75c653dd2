package entry

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/sight"
	"eyas/internal/registry/template"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// formField is one attribute to fill in.
type formField struct {
	Name      string // f.ATTRIBUTE or f.ATTRIBUTE@YEAR
	Key       string // as entries know it
	Label     string
	Unit      string // behind the label
	Hint      string
	Value     string
	Was       string        // what the field showed
	Saw       address.Field // and the mark of it; without a name in the form of somebody new
	Kind      string        // text, date, select, list, amount or number
	Options   []frame.Option
	Required  bool
	Focus     bool // whoever opens the form writes here first
	Personal  bool
	Elsewhere bool // it is of another year than the form shows, and only carried along
	Problem   string
	Ask       *question
	Echo      string // what an amount comes to
	Yuan      string // the unit of that
	Currency  string // as files write it: 元 or 美元

	Relation string // of the register, whose names are proposed while typing; empty: none are
	Code     string // id of the field that takes the code of the chosen one; empty: there is none
	Several  bool   // it may name several
	Searched bool   // names were looked for
	Found    []proposal

	attr *pack.Attribute
	year int
}

// ID is the field's id on the page.
func (f formField) ID() string { return fieldID(f.Name) }

// Described are the ids of what describes the field.
func (f formField) Described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, "h-"+f.ID())
	}
	if f.Problem != "" {
		ids = append(ids, "p-"+f.ID())
	}
	if f.Ask != nil {
		ids = append(ids, "q-"+f.ID())
	}
	return strings.Join(ids, " ")
}

// says is the problem of the field where it stands without its label.
func (f *formField) says(w words.Writer) string {
	if strings.Contains(f.Problem, f.attr.Name.In(w.Lang)) {
		return f.Problem
	}
	return w.Text("form.of", "field", f.Label, "problem", f.Problem)
}

// mostChoices is from where on a code list is offered while typing, and not as a menu.
const mostChoices = 60

// formField makes the field of an attribute in a year.
func (s *room) formField(v *formView, a *pack.Attribute, year int) formField {
	w := v.writer
	f := formField{Key: a.ID, Label: w.Name(a), Unit: w.Unit(a), Hint: a.Note.In(w.Lang), Kind: "text", Required: a.Required, Personal: a.Personal, attr: a}
	if a.Yearly {
		f.year = year
		f.Key += "@" + strconv.Itoa(year)
		f.Label = strconv.Itoa(year) + " " + f.Label
	}
	f.Name = "f." + f.Key
	var known *fact.Fact
	if v.profile != nil {
		known = v.profile.Fact(a.ID, f.year)
	}
	if known != nil && !known.Void && !a.Personal {
		f.Was = written(a, known.Value)
	}
	f.Value = f.Was
	if v.Subject != 0 {
		f.Saw = frame.SawField(sight.SawValue(v.Subject, f.Key), sight.Mark(known))
	}
	switch {
	case a.Personal && known != nil:
		f.Hint, f.Required = w.Text("form.personal", "masked", w.Value(a, known.Value)), false
	case a.Personal:
		f.Hint = strings.TrimSpace(f.Hint + " " + w.Text("form.private"))
	case f.Hint == "" && a.Example != "" && a.Kind == pack.List:
		f.Hint = w.Text("form.note", "example", a.Example)
	}
	s.kindOfField(w, &f)
	s.relationField(v.Register, &f)
	return f
}

// kindOfField says how a field is filled in.
func (s *room) kindOfField(w words.Writer, f *formField) {
	switch a := f.attr; {
	case a.Kind == pack.Money:
		f.Kind, f.Yuan, f.Currency, f.Echo = "amount", w.YuanWord(a), words.Yuan(a), w.Echo(a, f.Value)
	case a.Kind == pack.Integer || a.Kind == pack.Decimal:
		f.Kind = "number"
	case a.Kind == pack.Date:
		f.Kind = "date"
	case a.Kind == pack.Boolean:
		f.Kind, f.Options = "select", []frame.Option{{Value: "是", Label: w.Text("value.yes")}, {Value: "否", Label: w.Text("value.no")}}
	case a.Kind == pack.Code && a.Codes != "":
		f.Kind, f.Options = "select", s.choices(w, a)
		if len(f.Options) > mostChoices {
			f.Kind = "list"
		} else if f.Was != "" && !slices.ContainsFunc(f.Options, func(o frame.Option) bool { return o.Value == f.Was }) {
			f.Options = append(f.Options, frame.Option{Value: f.Was, Label: f.Was}) // a text that no list has
		}
	}
}

// relationField makes the field with the name of another subject propose names.
func (s *room) relationField(reg *pack.Register, f *formField) {
	for _, v := range reg.Relations {
		if f.attr.ID != v.NameAttr || f.Relation != "" {
			continue
		}
		f.Relation, f.Several = v.ID, f.attr.Kind == pack.List
		if v.CodeAttr != "" && !f.Several {
			f.Code = fieldID("f." + v.CodeAttr)
		}
	}
}

// choices are the codes of an attribute's list with their names.
func (s *room) choices(w words.Writer, a *pack.Attribute) (options []frame.Option) {
	switch a.Codes {
	case "org":
		for _, o := range w.City.Districts {
			options = append(options, frame.Option{Value: o.ID, Label: o.Name.In(w.Lang)})
		}
	case "zone":
		for _, o := range w.City.Zones {
			options = append(options, frame.Option{Value: o.ID, Label: o.Name.In(w.Lang)})
		}
	default:
		_, words := template.Choices(s.Pack, a.Codes, w.Lang)
		for _, l := range s.Pack.Codes {
			if l.ID == a.Codes {
				for i, item := range l.Items {
					options = append(options, frame.Option{Value: item.Code, Label: words[i]})
				}
			}
		}
	}
	return options
}

// written is a value as its field is filled in, exactly: reading it again gives the same.
func written(a *pack.Attribute, v fact.Value) string {
	switch a.Kind {
	case pack.Date:
		return time.Unix(v.Int*86400, 0).UTC().Format(time.DateOnly)
	case pack.Boolean:
		return map[bool]string{true: "是", false: "否"}[v.Int != 0]
	case pack.Money:
		return words.FormScale.Write(int64(v.Num))
	case pack.Integer, pack.Decimal:
		return strconv.FormatFloat(v.Num, 'f', -1, 64)
	}
	return v.Str
}
