package entry

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/intake"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// sameName is the name under which a form says that what was entered as new is known as a subject; distinct is the key of
// the answer that it is another one, though it has a name that is known.
const sameName, distinct = "same", "distinct"

// askForm asks beside the fields about what was typed and is probably meant otherwise, and reports whether it asked. What
// was confirmed is not asked about again.
func (s *room) askForm(r *http.Request, v *formView, e *intake.Entry, sure map[string]bool) (asked bool, err error) {
	v.each(func(f *formField) {
		value, entered := e.Values[f.Key]
		if !entered || f.Problem != "" {
			return
		}
		switch {
		case f.attr.Kind == pack.Money:
			f.Ask = askAmount(v.writer, v.profile, f.attr, f.year, f.Key, value, sure)
		case f.attr.ID == v.Register.CodeAttr && v.Register.Scheme() == pack.USCC:
			f.Ask = askCode(v.writer, f.Key, value, sure)
		}
		asked = asked || f.Ask != nil
	})
	if v.Subject != 0 || e.Subject != 0 {
		return asked, nil
	}
	name := e.Values[v.Register.NameAttr]
	if sure[sureOf(distinct, name)] {
		e.Distinct = true
		return asked, nil
	}
	field := v.field(v.Register.NameAttr)
	if name == "" || field == nil || field.Problem != "" {
		return asked, nil
	}
	same, err := s.namesakes(r, v.Register, name)
	if err != nil || len(same) == 0 {
		return asked, err
	}
	field.Ask, err = s.askSame(r, v, same, true)
	return true, err
}

// namesakes are the subjects of a register that have a name.
func (s *room) namesakes(r *http.Request, reg *pack.Register, name string) (ids []int64, err error) {
	found, err := s.searchIn(r, reg, name, 2*proposed, false)
	key := cell.NameKey(name)
	for _, x := range found {
		if cell.NameKey(x.Name) == key {
			ids = append(ids, x.Subject)
		}
	}
	return ids, err
}

// askSame asks whether what is entered as new is one of some subjects that are known. other says that it may be another one.
func (s *room) askSame(r *http.Request, v *formView, subjects []int64, other bool) (*question, error) {
	ask, w := s.Ask(r), v.writer
	q := &question{Says: w.Text("form.ask.same", "n", len(subjects), "one", v.Register.One.In(w.Lang))}
	for _, id := range subjects {
		p, err := s.Known.Profile(r.Context(), id)
		if err != nil {
			return nil, err
		}
		who := s.who(w, v.Register, p)
		q.Answers = append(q.Answers,
			answer{Link: ask.Link(s.SubjectPath(v.Register.ID, p.Code, id)), Label: w.Text("form.ask.same.see", "who", who)},
			answer{Name: sameName, Value: strconv.FormatInt(id, 10), Label: w.Text("form.ask.same.add", "who", who)})
	}
	if name := v.field(v.Register.NameAttr); other && name != nil {
		q.Answers = append(q.Answers, answer{Name: sureName, Value: sureOf(distinct, name.Value), Label: w.Text("form.ask.same.new")})
	}
	return q, nil
}

// askCode asks about a credit code whose check character fails; nil where there is nothing to ask.
func askCode(w words.Writer, key, text string, sure map[string]bool) *question {
	code, state := cell.USCC([]byte(text), nil)
	if state != cell.BadCheck || sure[sureOf(key, text)] {
		return nil
	}
	why := cell.Warn(string(code))
	says := pack.Text{ZH: why.ZH, EN: why.EN}.In(w.Lang)
	return &question{Says: says, Answers: []answer{{Name: sureName, Value: sureOf(key, text), Label: w.Text("form.ask.code")}}}
}

// formStep answers what is no saving: another year is shown, a name is looked for, or one of those found is taken. Whatever
// was typed stays.
func (s *room) formStep(w http.ResponseWriter, r *http.Request, v *formView) error {
	confirmed(r, v)
	v.each(func(f *formField) {
		if r.PostForm.Has(f.Name) {
			f.Value = strings.TrimSpace(r.PostForm.Get(f.Name))
			f.Echo = v.writer.Echo(f.attr, f.Value)
		}
		if shown := "was." + f.Key; r.PostForm.Has(shown) {
			f.Was = r.PostForm.Get(shown)
		}
	})
	if seen, err := frame.ReadSeen(r); err == nil {
		v.each(func(f *formField) { // what was seen when the form was opened
			if at := strings.LastIndexByte(f.Saw.Value, '='); at > 0 {
				if mark, ok := seen[f.Saw.Value[:at]]; ok {
					f.Saw.Value = f.Saw.Value[:at+1] + mark
				}
			}
		})
	}
	if err := s.take(r, v); err != nil {
		return err
	}
	if key := r.PostForm.Get("find"); key != "" {
		if f := v.field(key); f != nil && f.Relation != "" {
			var err error
			if f.Found, err = s.proposals(r, relationOf(v.Register, f.Relation).To, lastOf(f), proposed); err != nil {
				return err
			}
			f.Searched = true
		}
	}
	return s.Render(w, r, "subjectform", v)
}

// take fills in the subject that was picked: KEY=SUBJECT.
func (s *room) take(r *http.Request, v *formView) error {
	key, text, ok := strings.Cut(r.PostForm.Get("pick"), "=")
	f := v.field(key)
	id, err := strconv.ParseInt(text, 10, 64)
	if !ok || f == nil || f.Relation == "" || err != nil {
		return nil
	}
	p, err := s.Known.Profile(r.Context(), id)
	if err != nil {
		return err
	}
	f.Value = p.Name
	if f.Several {
		all := several(r.PostForm.Get(f.Name))
		if n := len(all); n > 0 {
			all = all[:n-1] // what was looked for
		}
		if !slices.Contains(all, p.Name) {
			all = append(all, p.Name)
		}
		f.Value = strings.Join(all, "；")
	}
	if code := v.field(relationOf(v.Register, f.Relation).CodeAttr); code != nil && !f.Several {
		code.Value = p.Code
	}
	return nil
}

// lastOf is what is looked for in a field: of several names, the last.
func lastOf(f *formField) string {
	if all := several(f.Value); f.Several && len(all) > 0 {
		return all[len(all)-1]
	}
	return f.Value
}

// several are the names of a list as a person writes it.
func several(text string) (names []string) {
	for _, one := range strings.FieldsFunc(text, func(c rune) bool { return c == '；' || c == ';' || c == '、' }) {
		if one = strings.TrimSpace(one); one != "" {
			names = append(names, one)
		}
	}
	return names
}
