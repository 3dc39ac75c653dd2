package subject

import (
	"net/http"
	"slices"
	"strconv"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/origin"
	"eyas/internal/web/words"
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
	Units       []frame.Option
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

// subject shows one subject. Those of the main register have a page of their own.
func (s *room) subject(w http.ResponseWriter, r *http.Request) error {
	ask := s.Ask(r)
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || s.Subjects == nil {
		return fault.New(fault.NotFound, "没有编号为“"+r.PathValue("id")+"”的主体。请从列表中打开。", "There is no subject “"+r.PathValue("id")+"”. Open one from a list.")
	}
	register, err := s.Subjects.RegisterOf(r.Context(), id)
	if err != nil {
		return err
	}
	reg := s.Pack.Register(register)
	if reg == s.City.Register {
		http.Redirect(w, r, ask.Link(address.EnterprisePath("", id)), http.StatusSeeOther)
		return nil
	}
	known, err := s.Known.DossierAt(r.Context(), id, ask.Moment())
	if err != nil {
		return err
	}
	profile, facts := known.Profile, known.Facts
	if done, err := s.leadToRoot(w, r, register, id, profile); done || err != nil {
		return err
	}
	wr := s.WriterOf(r, register)
	v := &subjectView{Register: reg, RegisterURL: ask.Link(s.RegisterPath(reg)), Name: profile.Name, Code: profile.Code, Gone: profile.Gone,
		Sections: sectionsOf(ask, wr, reg, facts), Conflicts: conflicts(ask, wr, facts)}
	v.Edit = ask.Link("/s/" + strconv.FormatInt(id, 10) + "/edit")
	if v.Provenance, err = s.provenance(r, wr, profile, reg, facts); err != nil {
		return err
	}
	if v.relations, err = s.relate(r, ask, wr, known); err != nil {
		return err
	}
	for _, u := range []words.Unit{words.InWan, words.InYi, words.InYuan} {
		v.Units = append(v.Units, frame.Option{Label: wr.Text("unit.yuan." + string(u)), URL: ask.With("unit", string(u)), On: u == wr.Money})
	}
	return s.Render(w, r, "subject", v)
}

// sectionsOf lays the values of a profile out as the pack says; what is in no section comes last.
func sectionsOf(ask *address.Ask, w words.Writer, reg *pack.Register, facts []fact.SourcedFact) (list []subjectSection) {
	for _, part := range reg.Sections {
		s := subjectSection{Name: part.Name.In(w.Lang)}
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
				s.Blank = append(s.Blank, w.Name(a))
				continue
			}
			yearly := yearlyRow{w.Name(a), w.Unit(a), make([]yearlyCell, len(s.Years))}
			for _, f := range facts {
				if f.Attr.ID != id {
					continue
				}
				src, losers := origin.OfFact(ask, w, &f), len(differing(w, f))
				if f.Year == 0 {
					s.Rows = append(s.Rows, factRow{w.Name(a), w.Said(&f.Fact), w.Unit(a), src, losers})
				} else {
					yearly.Cells[slices.Index(s.Years, f.Year)] = yearlyCell{w.Said(&f.Fact), src, losers}
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
func conflicts(ask *address.Ask, w words.Writer, facts []fact.SourcedFact) (list []conflict) {
	for _, f := range facts {
		others := differing(w, f)
		if others == nil {
			continue
		}
		c := conflict{Name: w.KeyName(col.Key{Attr: f.Attr.ID, Year: f.Year}), Value: w.Said(&f.Fact), Unit: w.Unit(f.Attr), Source: origin.OfFact(ask, w, &f)}
		for _, o := range others {
			c.Losers = append(c.Losers, loser{w.Said(&o.Fact), origin.OfFact(ask, w, &o)})
		}
		list = append(list, c)
	}
	return list
}
