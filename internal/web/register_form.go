package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/template"
)

// formView is the form in which a subject of any register is entered or changed.
type formView struct {
	Register *pack.Register
	Subject  int64 // 0: a new one
	Name     string
	Known    int64 // the subject that what was entered as new turned out to be; saving again enters it there
	Stale    bool  // values have changed since the form was shown
	Year     int   // of yearly figures
	Sections []formSection
	Problems []string
	Reason   string
	Back     string
	Action   string
	Past     string // the form by what is known now, where the address asks what was known: then it can only be read
}

type formSection struct {
	Name   string
	Fields []formField
}

// formField is one attribute to fill in.
type formField struct {
	Name     string // f.ATTRIBUTE or f.ATTRIBUTE@YEAR
	Key      string // as entries know it
	Label    string
	Hint     string
	Value    string
	Was      string // what the field showed
	Saw      Field  // and the mark of it; without a name in the form of somebody new
	Kind     string // text, date, select or list
	Options  []option
	Required bool
	Personal bool
	Problem  string
	attr     *pack.Attribute
}

// ID is the field's id on the page.
func (f formField) ID() string { return strings.NewReplacer(".", "-", "@", "-").Replace(f.Name) }

// mostChoices is from where on a code list is offered while typing, and not as a menu.
const mostChoices = 60

// form makes the empty form of the address, filled with what is known.
func (s *Server) form(r *http.Request) (*formView, error) {
	ask := s.ask(r)
	v := &formView{Year: ask.Date.Year() - 1, Action: ask.With()}
	if !ask.Known.IsZero() {
		v.Past = ask.With("known", "")
	}
	if year, err := readYear(r.URL.Query().Get("year"), s.Clock()); err != nil {
		return nil, err
	} else if year != 0 {
		v.Year = year
	}
	var profile *registry.Profile
	if strings.HasPrefix(r.URL.Path, "/s/") {
		id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
		if err != nil || s.Subjects == nil {
			return nil, fault.New(fault.NotFound, "没有编号为“"+r.PathValue("id")+"”的主体。请从列表中打开。", "There is no subject “"+r.PathValue("id")+"”. Open one from a list.")
		}
		register, err := s.Subjects.RegisterOf(r.Context(), id)
		if err != nil {
			return nil, err
		}
		if profile, err = s.Registry.ProfileAt(r.Context(), id, ask.Moment()); err != nil {
			return nil, err
		}
		v.Register, v.Subject, v.Name = s.Pack.Register(register), id, profile.Name
		v.Back = ask.Link(s.subjectPath(register, profile.Code, id))
	} else {
		reg, _, err := s.shelf(r.Context(), ask, r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		v.Register, v.Back = reg, ask.Link(s.registerPath(reg))
	}
	w := writer{city: s.cities[v.Register.ID], lang: ask.Lang, money: inWan, text: s.words(ask.Lang)}
	for _, part := range v.Register.Sections {
		section := formSection{Name: part.Name.In(ask.Lang)}
		for _, id := range part.Attributes {
			if a := v.Register.Attribute(id); !a.Expert {
				section.Fields = append(section.Fields, s.formField(w, v, a, profile))
			}
		}
		if section.Fields != nil {
			v.Sections = append(v.Sections, section)
		}
	}
	return v, nil
}

// formField makes the field of an attribute.
func (s *Server) formField(w writer, v *formView, a *pack.Attribute, p *registry.Profile) formField {
	f := formField{Key: a.ID, Label: w.name(a), Hint: a.Note.In(w.lang), Kind: "text", Required: a.Required, Personal: a.Personal, attr: a}
	year := 0
	if a.Yearly {
		year = v.Year
		f.Key += "@" + strconv.Itoa(year)
		f.Label = strconv.Itoa(year) + " " + f.Label
	}
	f.Name = "f." + f.Key
	var known *registry.Fact
	if p != nil {
		known = p.Fact(a.ID, year)
	}
	if known != nil && !a.Personal {
		f.Was = written(a, known.Value)
	}
	f.Value = f.Was
	if v.Subject != 0 {
		f.Saw = sawField(registry.SawValue(v.Subject, f.Key), registry.Mark(known))
	}
	switch {
	case a.Personal && known != nil:
		f.Hint, f.Required = w.text("form.personal", "masked", w.value(a, known.Value)), false
	case a.Personal:
		f.Hint = strings.TrimSpace(f.Hint + " " + w.text("form.private"))
	case f.Hint == "" && a.Example != "" && (a.Kind == pack.Money || a.Kind == pack.List):
		f.Hint = w.text("form.note", "example", a.Example)
	}
	switch {
	case a.Kind == pack.Date:
		f.Kind = "date"
	case a.Kind == pack.Boolean:
		f.Kind, f.Options = "select", []option{{Value: "是", Label: w.text("value.yes")}, {Value: "否", Label: w.text("value.no")}}
	case a.Kind == pack.Code && a.Codes != "":
		f.Kind, f.Options = "select", s.choices(w, a)
		if len(f.Options) > mostChoices {
			f.Kind = "list"
		} else if f.Was != "" && !slices.ContainsFunc(f.Options, func(o option) bool { return o.Value == f.Was }) {
			f.Options = append(f.Options, option{Value: f.Was, Label: f.Was}) // a text that no list has
		}
	}
	return f
}

// choices are the codes of an attribute's list with their names.
func (s *Server) choices(w writer, a *pack.Attribute) (options []option) {
	switch a.Codes {
	case "org":
		for _, o := range w.city.districts {
			options = append(options, option{Value: o.ID, Label: o.Name.In(w.lang)})
		}
	case "zone":
		for _, o := range w.city.zones {
			options = append(options, option{Value: o.ID, Label: o.Name.In(w.lang)})
		}
	default:
		_, words := template.Choices(s.Pack, a.Codes, w.lang)
		for _, l := range s.Pack.Codes {
			if l.ID == a.Codes {
				for i, item := range l.Items {
					options = append(options, option{Value: item.Code, Label: words[i]})
				}
			}
		}
	}
	return options
}

// written is a value as a person writes it, exactly: reading it again gives the same.
func written(a *pack.Attribute, v registry.Value) string {
	switch a.Kind {
	case pack.Date:
		return time.Unix(v.Int*86400, 0).UTC().Format(time.DateOnly)
	case pack.Boolean:
		return map[bool]string{true: "是", false: "否"}[v.Int != 0]
	case pack.Money:
		unit := "元"
		if a.Unit == "usd" {
			unit = "美元"
		}
		fen := int64(v.Num)
		if fen%1_000_000 == 0 {
			return strconv.FormatInt(fen/1_000_000, 10) + "万" + unit
		}
		return strconv.FormatFloat(float64(fen)/100, 'f', -1, 64) + unit
	case pack.Integer, pack.Decimal:
		return strconv.FormatFloat(v.Num, 'f', -1, 64)
	}
	return v.Str
}

func (s *Server) subjectForm(w http.ResponseWriter, r *http.Request) error {
	v, err := s.form(r)
	if err != nil {
		return err
	}
	return s.render(w, r, "subjectform", v)
}

// subjectEnter takes a form in: what differs from what the form showed. It is a source record of its own.
func (s *Server) subjectEnter(w http.ResponseWriter, r *http.Request) error {
	v, err := s.form(r)
	if err != nil {
		return err
	}
	ask := s.ask(r)
	text := s.words(ask.Lang)
	if v.Past != "" {
		return fault.New(fault.Conflict, "过去所知的数据只能查看。请回到按现在所知的表单录入。", "What was known in the past can only be read. Use the form by what is known now.")
	}
	v.Reason = strings.TrimSpace(r.PostForm.Get("reason"))
	e := registry.Entry{Register: v.Register.ID, Subject: v.Subject, Values: map[string]string{}, Form: text("form.by"), Reason: v.Reason, Lang: ask.Lang}
	e.Source = registry.HandSource(s.Pack, v.Register.ID, v.Subject != 0)
	e.New = v.Subject == 0 && r.PostForm.Get("known") == ""
	if err := readEntry(r, v, &e, text, ask.Lang); err != nil {
		return err
	}
	if len(v.Problems) == 0 && len(e.Values)+len(e.Void) == 0 {
		v.Problems = append(v.Problems, text("form.nothing"))
	}
	if len(v.Problems) > 0 {
		s.renderStatus(w, r, http.StatusUnprocessableEntity, "subjectform", v)
		return nil
	}
	var subject int64
	err = s.upon(r, func(ctx context.Context) (err error) {
		_, subject, err = s.Registry.Enter(ctx, operator, e)
		return err
	})
	var f *fault.Error
	var known *registry.Known
	switch {
	case err == nil:
		http.Redirect(w, r, ask.Link(s.entered(r.Context(), v.Register, subject)), http.StatusSeeOther)
		return nil
	case isStale(err):
		return s.staleForm(w, r, &e)
	case errors.As(err, &known) && errors.As(err, &f):
		v.Known, v.Problems = known.Subject, append(v.Problems, f.In(ask.Lang)+text("form.known"))
		s.renderStatus(w, r, http.StatusConflict, "subjectform", v)
		return nil
	case errors.As(err, &f) && fault.Of(err) == fault.Invalid:
		v.Problems = append(v.Problems, f.In(ask.Lang))
		s.renderStatus(w, r, http.StatusUnprocessableEntity, "subjectform", v)
		return nil
	}
	return err
}

// readEntry reads what the form has that it did not show, keeps it in the fields, and of what was seen leaves only that
// for the check.
func readEntry(r *http.Request, v *formView, e *registry.Entry, text func(string, ...any) string, lang string) error {
	seen, err := readSeen(r)
	if err != nil {
		return err
	}
	var needed []string
	for i := range v.Sections {
		for j := range v.Sections[i].Fields {
			f := &v.Sections[i].Fields[j]
			if !r.PostForm.Has(f.Name) {
				continue
			}
			was := f.Was
			if shown := "was." + f.Key; r.PostForm.Has(shown) { // as the form showed it, whatever it is now
				was = r.PostForm.Get(shown)
			}
			value := strings.TrimSpace(r.PostForm.Get(f.Name))
			if value == strings.TrimSpace(was) && v.Subject != 0 && !(value == "" && f.Required) {
				continue // not touched; what others made of it meanwhile stays
			}
			f.Value = value
			switch {
			case f.Value == "" && f.Required:
				f.Problem = text("form.missing", "attribute", f.attr.Name.In(lang))
				v.Problems = append(v.Problems, f.Problem)
				continue
			case f.Value == "" && was == "":
				continue
			case f.Value == "":
				e.Void = append(e.Void, f.Key)
			default:
				e.Values[f.Key] = f.Value
			}
			needed = append(needed, registry.SawValue(v.Subject, f.Key))
		}
	}
	r.PostForm.Del(seenField)
	if v.Subject == 0 {
		return nil
	}
	for _, thing := range needed {
		mark, ok := seen[thing]
		if !ok {
			mark = "?" // nobody saw it: told as changed
		}
		r.PostForm.Add(seenField, thing+"="+mark)
	}
	return nil
}

// staleForm shows the form again, with what was filled in and, beside it, what others have made of the same values. It
// carries what is now, so that saving again saves all the same.
func (s *Server) staleForm(w http.ResponseWriter, r *http.Request, e *registry.Entry) error {
	ask := s.ask(r)
	v, err := s.form(r) // as it is now
	if err != nil {
		return err
	}
	facts, err := s.Registry.Sourced(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	wr := writer{city: s.cities[v.Register.ID], lang: ask.Lang, money: inWan, text: s.words(ask.Lang)}
	seen, err := readSeen(r)
	if err != nil {
		return err
	}
	v.Stale, v.Reason = true, e.Reason
	for i := range v.Sections {
		for j := range v.Sections[i].Fields {
			f := &v.Sections[i].Fields[j]
			mine, entered := e.Values[f.Key]
			if !entered && !slices.Contains(e.Void, f.Key) {
				continue
			}
			f.Value = mine
			if thing := registry.SawValue(v.Subject, f.Key); f.Saw.Value == thing+"="+seen[thing] {
				continue
			}
			now, from := "", source{}
			for k := range facts {
				if x := &facts[k]; valueKey(x.Attr, x.Year) == f.Key {
					now, from = wr.said(&x.Fact), factSource(ask, wr, x)
				}
			}
			f.Problem = nowIs(wr, f.Label, now, from)
			v.Problems = append(v.Problems, f.Problem)
		}
	}
	s.renderStatus(w, r, http.StatusConflict, "subjectform", v)
	return nil
}

// entered is the address of a subject that was just written.
func (s *Server) entered(ctx context.Context, reg *pack.Register, subject int64) string {
	code := ""
	if p, err := s.Registry.Profile(ctx, subject); err == nil {
		code = p.Code
	}
	return s.subjectPath(reg.ID, code, subject)
}
