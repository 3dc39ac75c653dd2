package entry

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/web/address"
	"eyas/internal/web/words"
)

// formView is the form in which a subject of any register is entered or changed.
type formView struct {
	Register *pack.Register
	Subject  int64 // 0: a new one
	Name     string
	Stale    bool // values have changed since the form was shown
	Year     int  // of yearly figures
	Sections []formSection
	Problems []problem // in the order of the page
	Failed   bool      // the problems are of what was sent; false: there are only questions
	Reason   string
	Back     string
	Action   string
	Past     string          // the form by what is known now, where the address asks what was known: then it can only be read
	Carry    []address.Field // answers that were given

	profile *fact.Profile // nil: of a new one
	writer  words.Writer
}

// problem is a line of the list above a form: what is wrong, and the field.
type problem struct {
	At   string // id of the field; empty: of none
	Text string
}

type formSection struct {
	Name   string
	Fields []formField
}

// field finds a field by the key of its value; nil when the form has none.
func (v *formView) field(key string) *formField {
	for i := range v.Sections {
		for j := range v.Sections[i].Fields {
			if f := &v.Sections[i].Fields[j]; f.Key == key {
				return f
			}
		}
	}
	return nil
}

// each passes the fields in the order of the page.
func (v *formView) each(fn func(*formField)) {
	for i := range v.Sections {
		for j := range v.Sections[i].Fields {
			fn(&v.Sections[i].Fields[j])
		}
	}
}

// list gathers what is wrong and what is asked, for the top of the page.
func (v *formView) list() {
	var of []problem
	v.each(func(f *formField) {
		switch {
		case f.Problem != "":
			of, f.Elsewhere = append(of, problem{f.ID(), f.says(v.writer)}), false
			v.Failed = true
		case f.Ask != nil:
			of, f.Elsewhere = append(of, problem{f.ID(), f.Ask.Says}), false
		}
	})
	v.Problems = append(of, v.Problems...)
}

// form makes the empty form of the address, filled with what is known.
func (s *room) form(r *http.Request) (*formView, error) {
	ask := s.Ask(r)
	v := &formView{Year: ask.Date.Year() - 1, Action: ask.Without("year", "relation", "to").With()}
	if !ask.Known.IsZero() {
		v.Past = ask.With("known", "")
	}
	shown := r.URL.Query().Get("year")
	if r.PostForm.Has("year") {
		shown = r.PostForm.Get("year")
	}
	if year, err := address.ReadYear(shown, s.Clock()); err != nil {
		return nil, err
	} else if year != 0 {
		v.Year = year
	}
	if err := s.formOf(r, ask, v); err != nil {
		return nil, err
	}
	v.writer = s.WriterIn(v.Register.ID, ask.Lang, words.InWan)
	others := otherYears(r, v.Year)
	for _, part := range v.Register.Sections {
		section := formSection{Name: part.Name.In(ask.Lang)}
		for _, id := range part.Attributes {
			a := v.Register.Attribute(id)
			if a.Expert {
				continue
			}
			section.Fields = append(section.Fields, s.formField(v, a, v.Year))
			for _, year := range others[id] {
				f := s.formField(v, a, year)
				f.Elsewhere = true
				section.Fields = append(section.Fields, f)
			}
		}
		if section.Fields != nil {
			v.Sections = append(v.Sections, section)
		}
	}
	return v, nil
}

// formOf finds whom the form of an address is about.
func (s *room) formOf(r *http.Request, ask *address.Ask, v *formView) error {
	if strings.HasPrefix(r.URL.Path, "/s/") {
		id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
		if err != nil || s.Subjects == nil {
			return fault.New(fault.NotFound, "没有编号为“"+r.PathValue("id")+"”的主体。请从列表中打开。", "There is no subject “"+r.PathValue("id")+"”. Open one from a list.")
		}
		register, err := s.Subjects.RegisterOf(r.Context(), id)
		if err != nil {
			return err
		}
		if v.profile, err = s.Known.ProfileAt(r.Context(), id, ask.Moment()); err != nil {
			return err
		}
		v.Register, v.Subject, v.Name = s.Pack.Register(register), id, v.profile.Name
		s.About(r, v.Register)
		v.Back = ask.Link(s.SubjectPath(register, v.profile.Code, id))
		return nil
	}
	reg := s.Pack.Register(r.PathValue("id"))
	if reg == nil || s.Subjects == nil {
		return fault.New(fault.NotFound, "没有名为“"+r.PathValue("id")+"”的库。请从库的列表中选择。", "There is no register “"+r.PathValue("id")+"”. Choose one from the list of registers.")
	}
	v.Register, v.Back = reg, ask.Link(s.RegisterPath(reg))
	return nil
}

// otherYears are the years, by attribute, of figures that a form was sent with and that are not of the year it shows.
func otherYears(r *http.Request, shown int) map[string][]int {
	others := map[string][]int{}
	for name := range r.PostForm {
		id, text, dated := strings.Cut(strings.TrimPrefix(name, "f."), "@")
		year, err := strconv.Atoi(text)
		if strings.HasPrefix(name, "f.") && dated && err == nil && year != shown && !slices.Contains(others[id], year) {
			others[id] = append(others[id], year)
		}
	}
	for _, years := range others {
		slices.Sort(years)
	}
	return others
}

func (s *room) subjectForm(w http.ResponseWriter, r *http.Request) error {
	v, err := s.form(r)
	if err != nil {
		return err
	}
	if err := s.prefill(r, v); err != nil {
		return err
	}
	return s.Render(w, r, "subjectform", v)
}

// prefill names in the form of somebody new whom the address says that he names: relation and to.
func (s *room) prefill(r *http.Request, v *formView) error {
	q := r.URL.Query()
	to, err := strconv.ParseInt(q.Get("to"), 10, 64)
	relation := relationOf(v.Register, q.Get("relation"))
	if err != nil || relation == nil || v.Subject != 0 {
		return nil
	}
	other, err := s.Known.Profile(r.Context(), to)
	if err != nil {
		return err
	}
	for id, value := range map[string]string{relation.NameAttr: other.Name, relation.CodeAttr: other.Code} {
		if f := v.field(id); f != nil {
			f.Value = value
		}
	}
	v.Back = s.Ask(r).Link(s.SubjectPath(s.registerOf(relation, other), other.Code, to))
	return nil
}

// registerOf is the register of a subject that a relation leads to.
func (s *room) registerOf(v *pack.Relation, p *fact.Profile) string {
	if len(p.Facts) > 0 {
		for _, id := range v.To {
			if reg := s.Pack.Register(id); reg != nil && reg.Attribute(p.Facts[0].Attr.ID) == p.Facts[0].Attr {
				return id
			}
		}
	}
	return v.To[0]
}

// relationOf finds a relation of a register by its id; nil when there is none.
func relationOf(reg *pack.Register, id string) *pack.Relation {
	for _, v := range reg.Relations {
		if v.ID == id {
			return v
		}
	}
	return nil
}

// fieldID is the id of a field on the page.
func fieldID(name string) string { return strings.NewReplacer(".", "-", "@", "-").Replace(name) }
