package entry

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/origin"
	"eyas/internal/web/words"
)

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
	if r.PostForm.Get("do") == "year" || r.PostForm.Has("find") || r.PostForm.Has("pick") {
		return s.formStep(w, r, v)
	}
	e := intake.Entry{Register: v.Register.ID, Subject: v.Subject, Values: map[string]string{}, Units: map[string]string{}, Form: text("form.by"), Reason: v.Reason, Lang: ask.Lang}
	e.Source = intake.HandSource(s.Pack, v.Register.ID, v.Subject != 0)
	if same, err := strconv.ParseInt(r.PostForm.Get(sameName), 10, 64); err == nil && v.Subject == 0 {
		e.Subject = same // what was entered as new turned out to be known
	}
	e.New = e.Subject == 0
	lacks, err := readEntry(r, v, &e)
	if err != nil {
		return err
	}
	sure := confirmed(r, v)
	if !lacks && len(e.Values)+len(e.Void) == 0 {
		v.Problems, v.Failed = []problem{{"", text("form.nothing")}}, true
	}
	if len(e.Values)+len(e.Void) > 0 {
		if err := s.markUnread(r, v, e); err != nil {
			return err
		}
	}
	asked, err := s.askForm(r, v, &e, sure)
	if err != nil {
		return err
	}
	if v.list(); v.Failed || asked {
		s.RenderStatus(w, r, http.StatusUnprocessableEntity, "subjectform", v)
		return nil
	}
	var id, subject int64
	err = s.Upon(r, func(ctx context.Context) (err error) {
		id, subject, err = s.Entries.Enter(ctx, e)
		return err
	})
	if err == nil {
		pairs := frame.EntryPair(id)
		http.Redirect(w, r, ask.Link(s.entered(r.Context(), v.Register, subject), pairs...), http.StatusSeeOther)
		return nil
	}
	return s.formRefused(w, r, v, &e, err)
}

// markUnread says beside each field whose value cannot be read what is wrong with it.
func (s *room) markUnread(r *http.Request, v *formView, e intake.Entry) error {
	err := s.Entries.Readable(r.Context(), e)
	var unread *intake.Unread
	if !errors.As(err, &unread) {
		return err
	}
	for key, why := range unread.Why {
		if field := v.field(key); field != nil && field.Problem == "" {
			field.Problem = why.In(v.writer.Lang)
		}
	}
	return nil
}

// formRefused shows a form again that was not taken in.
func (s *room) formRefused(w http.ResponseWriter, r *http.Request, v *formView, e *intake.Entry, err error) error {
	var f *fault.Error
	var known *intake.AlreadyKnown
	var unread *intake.Unread
	lang, status := s.LangOf(r), frame.StatusOf(err)
	switch {
	case frame.IsStale(err):
		return s.staleForm(w, r, e)
	case errors.As(err, &known):
		field := v.field(v.Register.NameAttr)
		if code := v.field(v.Register.CodeAttr); code != nil && e.Values[v.Register.CodeAttr] != "" {
			field = code
		}
		if field.Ask, err = s.askSame(r, v, []int64{known.Subject}, false); err != nil {
			return err
		}
	case errors.As(err, &unread):
		for key, why := range unread.Why {
			if field := v.field(key); field != nil {
				field.Problem = why.In(lang)
			}
		}
	case errors.As(err, &f) && (f.Code == fault.Invalid || f.Code == fault.Unavailable || f.Code == fault.Conflict):
		v.Problems, v.Failed = []problem{{"", f.In(lang)}}, true
	default: // nothing that was typed is lost, whatever went wrong
		s.Broken(r, "a form was not taken in", err)
		v.Problems, v.Failed = []problem{{"", s.Words(lang)("form.broken")}}, true
	}
	v.list()
	s.RenderStatus(w, r, status, "subjectform", v)
	return nil
}

// readEntry reads what the form has that it did not show, keeps it in the fields, and of what was seen leaves only that
// for the check. It reports whether something that is required is lacking.
func readEntry(r *http.Request, v *formView, e *intake.Entry) (lacks bool, err error) {
	seen, err := frame.ReadSeen(r)
	if err != nil {
		return false, err
	}
	var needed []string
	text, lang := v.writer.Text, v.writer.Lang
	as := answered(r, readAs)
	v.each(func(f *formField) {
		if !r.PostForm.Has(f.Name) {
			return
		}
		was := f.Was
		if shown := "was." + f.Key; r.PostForm.Has(shown) { // as the form showed it, whatever it is now
			was = r.PostForm.Get(shown)
		}
		value := strings.TrimSpace(r.PostForm.Get(f.Name))
		if value == strings.TrimSpace(was) && v.Subject != 0 && !(value == "" && f.Required) {
			return // not touched; what others made of it meanwhile stays
		}
		if unit := as[f.Key]; unit != "" && f.attr.Kind == pack.Money && value != "" && !cell.HasUnit([]byte(value)) {
			value += unit
		}
		f.Value = value
		f.Echo = v.writer.Echo(f.attr, value)
		switch {
		case f.Value == "" && f.Required:
			f.Problem = text("form.missing", "attribute", f.attr.Name.In(lang))
			lacks = true
			return
		case f.Value == "" && was == "":
			return
		case f.Value == "":
			e.Void = append(e.Void, f.Key)
		default:
			e.Values[f.Key] = f.Value
			if f.attr.Kind == pack.Money {
				e.Units[f.Key] = words.FormUnit(f.attr)
			}
		}
		needed = append(needed, sight.SawValue(v.Subject, f.Key))
	})
	r.PostForm.Del(frame.SeenField)
	if v.Subject == 0 {
		return lacks, nil
	}
	for _, thing := range needed {
		mark, ok := seen[thing]
		if !ok {
			mark = "?" // nobody saw it: told as changed
		}
		r.PostForm.Add(frame.SeenField, thing+"="+mark)
	}
	return lacks, nil
}

// answered are the answers of a form of one name: KEY=VALUE.
func answered(r *http.Request, name string) map[string]string {
	list := map[string]string{}
	for _, text := range r.PostForm[name] {
		if key, value, ok := strings.Cut(text, "="); ok {
			list[key] = value
		}
	}
	return list
}

// confirmed are the values that were confirmed; the form goes on carrying them.
func confirmed(r *http.Request, v *formView) map[string]bool {
	sure := map[string]bool{}
	for _, text := range r.PostForm[sureName] {
		if !sure[text] {
			sure[text] = true
			v.Carry = append(v.Carry, address.Field{Name: sureName, Value: text})
		}
	}
	return sure
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
	seen, err := frame.ReadSeen(r)
	if err != nil {
		return err
	}
	v.Stale, v.Reason = true, e.Reason
	confirmed(r, v)
	v.each(func(f *formField) {
		mine, entered := e.Values[f.Key]
		if !entered && !slices.Contains(e.Void, f.Key) {
			return
		}
		f.Value, f.Echo = mine, v.writer.Echo(f.attr, mine)
		if thing := sight.SawValue(v.Subject, f.Key); f.Saw.Value == thing+"="+seen[thing] {
			return
		}
		now, from := "", origin.Source{}
		for k := range facts {
			if x := &facts[k]; words.ValueKey(x.Attr, x.Year) == f.Key {
				now, from = v.writer.Said(&x.Fact), origin.OfFact(ask, v.writer, x)
			}
		}
		f.Problem = frame.NowIs(v.writer, f.Label, now, from)
	})
	v.list()
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
