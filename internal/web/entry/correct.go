package entry

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/origin"
	"eyas/internal/web/words"
)

// correctView is the small form by which a value is corrected, or declared wrong.
type correctView struct {
	frame.Crumbs
	Key      string
	Attr     string     // with its year; empty: the attribute is to be chosen
	Field    *formField // of the right value
	Now      string     // what counts now; empty: nothing is known
	Source   origin.Source
	Reason   string
	Lacks    string // why the reason is refused
	Void     bool
	Problems []problem
	Failed   bool            // false: there is only a question
	Attrs    []attrOption    // to choose from
	Carry    []address.Field // answers that were given

	attr    *pack.Attribute
	year    int
	profile *fact.Profile
	writer  words.Writer
}

// attrOption is an attribute to choose.
type attrOption struct{ Value, Label string }

// attributeOf reads staff@2020 of a register.
func attributeOf(reg *pack.Register, key string) (a *pack.Attribute, year int, err error) {
	id, text, dated := strings.Cut(key, "@")
	a = reg.Attribute(id)
	if dated {
		year, err = strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(text), "年"))
	}
	if a == nil || err != nil || a.Yearly != dated || dated && (year < 1949 || year > 2200) {
		return nil, 0, fault.New(fault.Invalid, "没有数据项“"+key+"”。分年度的写成 staff@2020 这样。", "There is no attribute “"+key+"”. Yearly ones are written like staff@2020.")
	}
	return a, year, nil
}

// askCorrection shows the form for a value, or asks which value is meant.
func (s *room) askCorrection(w http.ResponseWriter, r *http.Request) error {
	v, err := s.correctView(r, s.correctKey(r))
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Invalid && r.URL.Query().Get("attr") != "" { // chosen without its year, or with one too many
		if v, err = s.correctView(r, ""); err == nil {
			v.Problems, v.Failed = []problem{{"year", f.In(s.LangOf(r))}}, true
			s.RenderStatus(w, r, http.StatusUnprocessableEntity, "correct", v)
			return nil
		}
	}
	if err != nil {
		return err
	}
	if v.Field != nil {
		v.Field.Focus = true
	}
	return s.Render(w, r, "correct", v)
}

// correctKey is the value that an address names: key, or attr and year as the form that chooses sends them.
func (s *room) correctKey(r *http.Request) string {
	q := r.URL.Query()
	attr, year := q.Get("attr"), strings.TrimSpace(q.Get("year"))
	switch {
	case q.Get("key") != "":
		return q.Get("key")
	case attr != "" && year != "":
		return attr + "@" + year
	}
	return attr
}

func (s *room) correctView(r *http.Request, key string) (*correctView, error) {
	p, reg, wr, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return nil, err
	}
	wr.Money = words.InWan // as the field counts
	v := &correctView{Crumbs: s.Crumbs(s.Ask(r), p, reg), Key: key, profile: p, writer: wr}
	if key == "" {
		for _, a := range reg.Attributes {
			if a.ID != reg.CodeAttr {
				v.Attrs = append(v.Attrs, attrOption{a.ID, wr.Name(a)})
			}
		}
		return v, nil
	}
	if v.attr, v.year, err = attributeOf(reg, key); err != nil {
		return nil, err
	}
	v.Attr, v.Field = wr.YearName(v.attr, v.year), s.correctField(wr, v.attr)
	facts, err := s.Known.Sourced(r.Context(), p.Subject)
	if err != nil {
		return nil, err
	}
	v.Field.Saw = frame.SawField(sight.SawValue(p.Subject, key), sight.Mark(nil))
	for i := range facts {
		if f := &facts[i]; f.Attr.ID == v.attr.ID && f.Year == v.year {
			v.Field.Saw.Value = sight.SawValue(p.Subject, key) + "=" + sight.Mark(&f.Fact)
			v.Now, v.Source = wr.Said(&f.Fact), origin.OfFact(s.Ask(r), wr, f)
			if f.Attr.Kind == pack.Money && !f.Void {
				v.Now = words.FormScale.Show(int64(f.Value.Num))
			}
		}
	}
	return v, nil
}

// correctField is the field for the right value: empty, for what is known stands above it.
func (s *room) correctField(w words.Writer, a *pack.Attribute) *formField {
	f := &formField{Name: "value", Key: "value", Label: w.Text("identity.value"), Unit: w.Unit(a), Hint: a.Note.In(w.Lang), Kind: "text", attr: a}
	s.kindOfField(w, f)
	if f.Hint == "" && a.Kind == pack.List {
		f.Hint = w.Text("correct.hint.list")
	}
	return f
}

// enterCorrection enters the corrected value as a record of its own, and offers to take it back.
func (s *room) enterCorrection(w http.ResponseWriter, r *http.Request) error {
	ask, key := s.Ask(r), r.PostForm.Get("key")
	v, err := s.correctView(r, key)
	if err != nil {
		return err
	}
	if v.attr == nil {
		return fault.New(fault.Invalid, "没有写明更正哪一项。请从主体的页面重新打开。", "The form does not say which value is corrected. Open it again from the page of the subject.")
	}
	reg := v.writer.City.Register
	e := intake.Entry{Register: reg.ID, Subject: v.profile.Subject, Form: v.writer.Text("correct.form"), Lang: ask.Lang}
	e.Source = intake.HandSource(s.Pack, reg.ID, true)
	v.readCorrection(r, &e)
	if v.Field.Problem == "" {
		var unread *intake.Unread
		if err := s.Entries.Readable(r.Context(), e); errors.As(err, &unread) {
			v.Field.Problem, v.Failed = unread.Why[key].In(ask.Lang), true
		} else if err != nil {
			return err
		}
	}
	if v.Failed || v.Field.Ask != nil {
		return s.correctAgain(w, r, v, http.StatusUnprocessableEntity)
	}
	var id int64
	err = s.Upon(r, func(ctx context.Context) (err error) {
		id, _, err = s.Entries.Enter(ctx, e)
		return err
	}, sight.SawValue(v.profile.Subject, key))
	var f *fault.Error
	var unread *intake.Unread
	switch {
	case err == nil:
		http.Redirect(w, r, ask.Link(s.SubjectPath(reg.ID, "", v.profile.Subject), frame.EntryPair(id)...), http.StatusSeeOther)
		return nil
	case frame.IsStale(err):
		sent := v
		if v, err = s.correctView(r, key); err != nil { // as it is now
			return err
		}
		v.readCorrection(r, &e)
		v.Field.Value, v.Field.Echo, v.Field.Ask, v.Carry = sent.Field.Value, sent.Field.Echo, nil, sent.Carry
		v.Field.Problem = frame.NowIs(v.writer, v.Attr, v.Now, v.Source)
		return s.correctAgain(w, r, v, http.StatusConflict)
	case errors.As(err, &unread):
		v.Field.Problem = unread.Why[key].In(ask.Lang)
	case errors.As(err, &f) && f.Code == fault.Invalid:
		v.Field.Problem = f.In(ask.Lang)
	default:
		return err
	}
	return s.correctAgain(w, r, v, http.StatusUnprocessableEntity)
}

// readCorrection reads what was sent into an entry, and says beside the fields what is lacking or asked.
func (v *correctView) readCorrection(r *http.Request, e *intake.Entry) {
	f, text := r.PostForm, v.writer.Text
	value := strings.TrimSpace(f.Get("value"))
	if unit := answered(r, readAs)[v.Key]; unit != "" && v.attr.Kind == pack.Money && value != "" && !cell.HasUnit([]byte(value)) {
		value += unit
	}
	v.Field.Value, v.Field.Echo = value, v.writer.Echo(v.attr, value)
	v.Reason, v.Void = strings.TrimSpace(f.Get("reason")), f.Get("void") != ""
	sure := map[string]bool{}
	for _, text := range f[sureName] {
		sure[text] = true
		v.Carry = append(v.Carry, address.Field{Name: sureName, Value: text})
	}
	e.Reason = v.Reason
	switch {
	case v.Void:
		e.Void = []string{v.Key}
	case value == "":
		v.Field.Problem = text("correct.missing")
	default:
		e.Values = map[string]string{v.Key: value}
		if v.attr.Kind == pack.Money {
			e.Units = map[string]string{v.Key: words.FormUnit(v.attr)}
			v.Field.Ask = askAmount(v.writer, v.profile, v.attr, v.year, v.Key, value, sure)
		}
	}
	if v.Reason == "" {
		v.Lacks = text("correct.noreason")
	}
	v.Failed = v.Field.Problem != "" || v.Lacks != ""
}

// correctAgain shows the form again with what was filled in.
func (s *room) correctAgain(w http.ResponseWriter, r *http.Request, v *correctView, status int) error {
	if v.Field.Problem != "" {
		v.Problems = append(v.Problems, problem{"value", v.Field.Problem})
	}
	if v.Field.Ask != nil {
		v.Problems = append(v.Problems, problem{"value", v.Field.Ask.Says})
	}
	if v.Lacks != "" {
		v.Problems = append(v.Problems, problem{"reason", v.Lacks})
	}
	v.Failed = v.Field.Problem != "" || v.Lacks != ""
	s.RenderStatus(w, r, status, "correct", v)
	return nil
}
