package entry

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// proposed is how many subjects are proposed at a time.
const proposed = 8

// proposal is a subject that may be meant.
type proposal struct {
	Subject int64  `json:"subject"`
	Name    string `json:"name"`
	Code    string `json:"code"`
	Where   string `json:"where"` // district, and the register where there are several
}

// propose answers what is typed into a field that names subjects, as JSON: ?q=TEXT finds those of the register, and with
// relation=ID those that a relation of it may lead to.
func (s *room) propose(w http.ResponseWriter, r *http.Request) error {
	reg := s.Pack.Register(r.PathValue("id"))
	q := r.URL.Query()
	relation := q.Get("relation")
	if reg == nil || relation != "" && relationOf(reg, relation) == nil {
		return frame.ErrNoPage()
	}
	in := []string{reg.ID}
	if relation != "" {
		in = relationOf(reg, relation).To
	}
	found, err := s.proposals(r, in, q.Get("q"), proposed)
	if err != nil {
		return err
	}
	if found == nil {
		found = []proposal{}
	}
	return frame.WriteJSON(w, found)
}

// proposals finds subjects of some registers, best first. While a register is not in memory yet, the database answers.
func (s *room) proposals(r *http.Request, registers []string, text string, limit int) (found []proposal, err error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	for _, id := range registers {
		some, err := s.searchIn(r, s.Pack.Register(id), text, limit, len(registers) > 1)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	return found, nil
}

// searchIn finds subjects of a register as the search of every page does.
func (s *room) searchIn(r *http.Request, reg *pack.Register, text string, limit int, named bool) (found []proposal, err error) {
	w := s.WriterIn(reg.ID, s.LangOf(r), words.InWan)
	_, base, err := s.InMemory(r.Context(), reg.ID, fact.Moment{})
	var t *col.Table
	if err == nil {
		t, err = base.Current(r.Context())
	}
	if errors.Is(err, list.ErrLoading) || s.Registers == nil {
		refs, err := s.Known.FindIn(r.Context(), reg.ID, text)
		for _, ref := range refs[:min(len(refs), limit)] {
			found = append(found, proposal{ref.Subject, ref.Name, ref.Code, inRegister(w, reg, "", named)})
		}
		return found, err
	}
	if err != nil {
		return nil, err
	}
	for _, hit := range base.Index(t).Search(text, limit) {
		where := ""
		if a := w.City.Attributes[w.City.DistrictAttr()]; a != nil {
			if d := t.Dicts[col.Key{Attr: a.ID}]; d != nil && d.Val[hit.Row] != 0 {
				where = w.City.CodeName(a, d.Words[d.Val[hit.Row]], w.Lang)
			}
		}
		found = append(found, proposal{t.Subjects[hit.Row], cmp.Or(hit.Name, hit.Code), hit.Code, inRegister(w, reg, where, named)})
	}
	return found, nil
}

// inRegister adds the register to where a subject is, where subjects of several are proposed.
func inRegister(w words.Writer, reg *pack.Register, where string, named bool) string {
	if !named {
		return where
	}
	return strings.Join(filled(reg.One.In(w.Lang), where), " · ")
}

// who says in a line who a subject is: name, code, district.
func (s *room) who(w words.Writer, reg *pack.Register, p *fact.Profile) string {
	where := ""
	if f := p.Fact(w.City.DistrictAttr(), 0); f != nil && !f.Void {
		where = w.Value(f.Attr, f.Value)
	}
	apart := ""
	if p.Code == "" && len(reg.ApartAttrs) > 0 { // what tells those of one name apart
		if f := p.Fact(reg.ApartAttrs[0], 0); f != nil && !f.Void {
			apart = w.Value(f.Attr, f.Value)
		}
	}
	return strings.Join(filled(p.Name, p.Code, apart, where), " · ")
}

// filled are the texts that are not empty.
func filled(texts ...string) (list []string) {
	for _, text := range texts {
		if text != "" {
			list = append(list, text)
		}
	}
	return list
}
