package web

import (
	"net/http"
	"slices"
	"strconv"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/rule/col"
)

// subjectView is the page of one subject of any register: what is known of it and from where, whom it names and who
// names it.
type subjectView struct {
	Register    *pack.Register
	RegisterURL string
	Name, Code  string
	Gone        bool
	Sections    []subjectSection
	Conflicts   []conflict
	Units       []option
	Edit        string
	Provenance  *provenance
	relations
}

// subjectSection is one part of the page: single values, and yearly ones by year.
type subjectSection struct {
	Name   string
	Rows   []factRow
	Years  []int
	Yearly []yearlyRow
	Blank  []string // attributes of which nothing is known
}

// subject shows one subject. Those of the first register have a page of their own.
func (s *Server) subject(w http.ResponseWriter, r *http.Request) error {
	ask := s.ask(r)
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || s.Subjects == nil {
		return fault.New(fault.NotFound, "没有编号为“"+r.PathValue("id")+"”的主体。请从列表中打开。", "There is no subject “"+r.PathValue("id")+"”. Open one from a list.")
	}
	register, err := s.Subjects.RegisterOf(r.Context(), id)
	if err != nil {
		return err
	}
	reg := s.Pack.Register(register)
	if reg == s.city.register {
		http.Redirect(w, r, ask.Link(enterprisePath("", id)), http.StatusSeeOther)
		return nil
	}
	profile, err := s.Registry.ProfileAt(r.Context(), id, ask.Moment())
	if err != nil {
		return err
	}
	if done, err := s.leadToRoot(w, r, register, id, profile); done || err != nil {
		return err
	}
	facts, err := s.Registry.SourcedAt(r.Context(), id, ask.Moment())
	if err != nil {
		return err
	}
	wr := writer{city: s.cities[register], lang: ask.Lang, money: s.moneyUnit(r), text: s.words(ask.Lang)}
	v := &subjectView{Register: reg, RegisterURL: ask.Link(s.registerPath(reg)), Name: profile.Name, Code: profile.Code, Gone: profile.Gone,
		Sections: sectionsOf(ask, wr, reg, facts), Conflicts: conflicts(ask, wr, facts)}
	v.Edit = ask.Link("/s/" + strconv.FormatInt(id, 10) + "/edit")
	if v.Provenance, err = s.provenance(r, wr, profile, reg, facts); err != nil {
		return err
	}
	if v.relations, err = s.relate(r, ask, wr, profile, reg); err != nil {
		return err
	}
	for _, u := range []moneyUnit{inWan, inYi, inYuan} {
		v.Units = append(v.Units, option{Label: wr.text("unit.yuan." + string(u)), URL: ask.With("unit", string(u)), On: u == wr.money})
	}
	return s.render(w, r, "subject", v)
}

// sectionsOf lays the values of a profile out as the pack says; what is in no section comes last.
func sectionsOf(ask *Ask, w writer, reg *pack.Register, facts []registry.SourcedFact) (list []subjectSection) {
	for _, part := range reg.Sections {
		s := subjectSection{Name: part.Name.In(w.lang)}
		known := map[string]bool{}
		for _, f := range facts {
			if slices.Contains(part.Attributes, f.Attr.ID) {
				known[f.Attr.ID] = true
				if f.Year != 0 && !slices.Contains(s.Years, f.Year) {
					s.Years = append(s.Years, f.Year)
				}
			}
		}
		slices.Sort(s.Years)
		slices.Reverse(s.Years)
		for _, id := range part.Attributes {
			a := reg.Attribute(id)
			if !known[id] {
				s.Blank = append(s.Blank, w.name(a))
				continue
			}
			yearly := yearlyRow{w.name(a), w.unit(a), make([]yearlyCell, len(s.Years))}
			for _, f := range facts {
				if f.Attr.ID != id {
					continue
				}
				src, losers := factSource(ask, w, &f), len(differing(w, f))
				if f.Year == 0 {
					s.Rows = append(s.Rows, factRow{w.name(a), w.said(&f.Fact), w.unit(a), src, losers})
				} else {
					yearly.Cells[slices.Index(s.Years, f.Year)] = yearlyCell{w.said(&f.Fact), src, losers}
				}
			}
			if a.Yearly {
				s.Yearly = append(s.Yearly, yearly)
			}
		}
		list = append(list, s)
	}
	return list
}

// conflicts are the values on which sources disagree.
func conflicts(ask *Ask, w writer, facts []registry.SourcedFact) (list []conflict) {
	for _, f := range facts {
		others := differing(w, f)
		if others == nil {
			continue
		}
		c := conflict{Name: w.keyName(col.Key{Attr: f.Attr.ID, Year: f.Year}), Value: w.said(&f.Fact), Unit: w.unit(f.Attr), Source: factSource(ask, w, &f)}
		for _, o := range others {
			c.Losers = append(c.Losers, loser{w.said(&o.Fact), factSource(ask, w, &o)})
		}
		list = append(list, c)
	}
	return list
}
