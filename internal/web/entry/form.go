package subject

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
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/sight"
	"eyas/internal/registry/template"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/origin"
	"eyas/internal/web/words"
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
	Was      string        // what the field showed
	Saw      address.Field // and the mark of it; without a name in the form of somebody new
	Kind     string        // text, date, select or list
	Options  []frame.Option
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
func (s *room) form(r *http.Request) (*formView, error) {
	ask := s.Ask(r)
	v := &formView{Year: ask.Date.Year() - 1, Action: ask.With()}
	if !ask.Known.IsZero() {
		v.Past = ask.With("known", "")
	}
	if year, err := address.ReadYear(r.URL.Query().Get("year"), s.Clock()); err != nil {
		return nil, err
	} else if year != 0 {
		v.Year = year
	}
	var profile *fact.Profile
	if strings.HasPrefix(r.URL.Path, "/s/") {
		id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
		if err != nil || s.Subjects == nil {
			return nil, fault.New(fault.NotFound, "没有编号为“"+r.PathValue("id")+"”的主体。请从列表中打开。", "There is no subject “"+r.PathValue("id")+"”. Open one from a list.")
		}
		register, err := s.Subjects.RegisterOf(r.Context(), id)
		if err != nil {
			return nil, err
		}
		if profile, err = s.Known.ProfileAt(r.Context(), id, ask.Moment()); err != nil {
			return nil, err
		}
		v.Register, v.Subject, v.Name = s.Pack.Register(register), id, profile.Name
		v.Back = ask.Link(s.SubjectPath(register, profile.Code, id))
	} else {
		reg, _, err := s.InMemory(r.Context(), r.PathValue("id"), ask.Moment())
		if err != nil {
			return nil, err
		}
		v.Register, v.Back = reg, ask.Link(s.RegisterPath(reg))
	}
	w := s.WriterIn(v.Register.ID, ask.Lang, words.InWan)
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
func (s *room) formField(w words.Writer, v *formView, a *pack.Attribute, p *fact.Profile) formField {
	f := formField{Key: a.ID, Label: w.Name(a), Hint: a.Note.In(w.Lang), Kind: "text", Required: a.Required, Personal: a.Personal, attr: a}
	year := 0
	if a.Yearly {
		year = v.Year
		f.Key += "@" + strconv.Itoa(year)
		f.Label = strconv.Itoa(year) + " " + f.Label
	}
	f.Name = "f." + f.Key
	var known *fact.Fact
	if p != nil {
		known = p.Fact(a.ID, year)
	}
	if known != nil && !a.Personal {
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
	case f.Hint == "" && a.Example != "" && (a.Kind == pack.Money || a.Kind == pack.List):
		f.Hint = w.Text("form.note", "example", a.Example)
	}
	switch {
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
	return f
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

// written is a value as a person writes it, exactly: reading it again gives the same.
func written(a *pack.Attribute, v fact.Value) string {
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

func (s *room) subjectForm(w http.ResponseWriter, r *http.Request) error {
	v, err := s.form(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, "subjectform", v)
}

// subjectEnter takes a form in: what differs from what the form showed. It is a source record of its own.
func (s *room) subjectEnter(w http.ResponseWriter, r *http.Request) error {
	v, err := s.form(r)
	if err != nil {
		return err
	}
	ask := s.Ask(r)
	text := s.Words(ask.Lang)
	if v.Past != "" {
		return fault.New(fault.Conflict, "过去所知的数据只能查看。请回到按现在所知的表单录入。", "What was known in the past can only be read. Use the form by what is known now.")
	}
	v.Reason = strings.TrimSpace(r.PostForm.Get("reason"))
	e := intake.Entry{Register: v.Register.ID, Subject: v.Subject, Values: map[string]string{}, Form: text("form.by"), Reason: v.Reason, Lang: ask.Lang}
	e.Source = intake.HandSource(s.Pack, v.Register.ID, v.Subject != 0)
	e.New = v.Subject == 0 && r.PostForm.Get("known") == ""
	if err := readEntry(r, v, &e, text, ask.Lang); err != nil {
		return err
	}
	if len(v.Problems) == 0 && len(e.Values)+len(e.Void) == 0 {
		v.Problems = append(v.Problems, text("form.nothing"))
	}
	if len(v.Problems) > 0 {
		s.RenderStatus(w, r, http.StatusUnprocessableEntity, "subjectform", v)
		return nil
	}
	var subject int64
	err = s.Upon(r, func(ctx context.Context) (err error) {
		_, subject, err = s.Entries.Enter(ctx, e)
		return err
	})
	var f *fault.Error
	var known *intake.Known
	switch {
	case err == nil:
		http.Redirect(w, r, ask.Link(s.entered(r.Context(), v.Register, subject)), http.StatusSeeOther)
		return nil
	case frame.IsStale(err):
		return s.staleForm(w, r, &e)
	case errors.As(err, &known) && errors.As(err, &f):
		v.Known, v.Problems = known.Subject, append(v.Problems, f.In(ask.Lang)+text("form.known"))
		s.RenderStatus(w, r, http.StatusConflict, "subjectform", v)
		return nil
	case errors.As(err, &f) && fault.Of(err) == fault.Invalid:
		v.Problems = append(v.Problems, f.In(ask.Lang))
		s.RenderStatus(w, r, http.StatusUnprocessableEntity, "subjectform", v)
		return nil
	}
	return err
}

// readEntry reads what the form has that it did not show, keeps it in the fields, and of what was seen leaves only that
// for the check.
func readEntry(r *http.Request, v *formView, e *intake.Entry, text func(string, ...any) string, lang string) error {
	seen, err := frame.ReadSeen(r)
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
			needed = append(needed, sight.SawValue(v.Subject, f.Key))
		}
	}
	r.PostForm.Del(frame.SeenField)
	if v.Subject == 0 {
		return nil
	}
	for _, thing := range needed {
		mark, ok := seen[thing]
		if !ok {
			mark = "?" // nobody saw it: told as changed
		}
		r.PostForm.Add(frame.SeenField, thing+"="+mark)
	}
	return nil
}

// staleForm shows the form again, with what was filled in and, beside it, what others have made of the same values. It
// carries what is now, so that saving again saves all the same.
func (s *room) staleForm(w http.ResponseWriter, r *http.Request, e *intake.Entry) error {
	ask := s.Ask(r)
	v, err := s.form(r) // as it is now
	if err != nil {
		return err
	}
	facts, err := s.Known.Sourced(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	wr := s.WriterIn(v.Register.ID, ask.Lang, words.InWan)
	seen, err := frame.ReadSeen(r)
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
			if thing := sight.SawValue(v.Subject, f.Key); f.Saw.Value == thing+"="+seen[thing] {
				continue
			}
			now, from := "", origin.Source{}
			for k := range facts {
				if x := &facts[k]; words.ValueKey(x.Attr, x.Year) == f.Key {
					now, from = wr.Said(&x.Fact), origin.OfFact(ask, wr, x)
				}
			}
			f.Problem = frame.NowIs(wr, f.Label, now, from)
			v.Problems = append(v.Problems, f.Problem)
		}
	}
	s.RenderStatus(w, r, http.StatusConflict, "subjectform", v)
	return nil
}

// entered is the address of a subject that was just written.
func (s *room) entered(ctx context.Context, reg *pack.Register, subject int64) string {
	code := ""
	if p, err := s.Known.Profile(ctx, subject); err == nil {
		code = p.Code
	}
	return s.SubjectPath(reg.ID, code, subject)
}
