package subject

import (
	"slices"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
	"eyas/internal/web/address"
	"eyas/internal/web/origin"
	"eyas/internal/web/words"
)

// factGroup is the values that do not change by year, of one kind.
type factGroup struct {
	Key  string // of its heading
	Rows []factRow
}

type factRow struct {
	Name   string
	Value  string
	Unit   string
	Source origin.Source
	Losers int
}

// yearlyRow is one yearly attribute, its cells in the order of the years.
type yearlyRow struct {
	Name  string
	Unit  string
	Cells []yearlyCell
}

type yearlyCell struct {
	Value  string
	Source origin.Source
	Losers int
}

// conflict is a value that differs between sources: the one that counts, and the others.
type conflict struct {
	Name   string
	Value  string
	Unit   string
	Source origin.Source
	Losers []loser
}

type loser struct {
	Value  string
	Source origin.Source
}

// facts lays the values of a profile out: single ones by kind, yearly ones by year, and what the sources disagree on.
func (v *enterpriseView) facts(ask *address.Ask, w words.Writer, facts []fact.SourcedFact) {
	groups := []factGroup{{Key: "enterprise.basic"}, {Key: "enterprise.rights"}, {Key: "enterprise.certs"}, {Key: "enterprise.findings"}}
	for _, f := range facts {
		if f.Year != 0 && !slices.Contains(v.Years, f.Year) {
			v.Years = append(v.Years, f.Year)
		}
	}
	slices.Sort(v.Years)
	slices.Reverse(v.Years)
	yearly := map[string]int{}
	for _, f := range facts {
		src := origin.OfFact(ask, w, &f)
		others := differing(w, f)
		if others != nil {
			c := conflict{Name: w.KeyName(col.Key{Attr: f.Attr.ID, Year: f.Year}), Value: w.Said(&f.Fact), Unit: w.Unit(f.Attr), Source: src}
			for _, o := range others {
				c.Losers = append(c.Losers, loser{w.Said(&o.Fact), origin.OfFact(ask, w, &o)})
			}
			v.Conflicts = append(v.Conflicts, c)
		}
		if f.Year == 0 {
			g := &groups[groupOf(w, f.Attr)]
			g.Rows = append(g.Rows, factRow{w.Name(f.Attr), w.Said(&f.Fact), w.Unit(f.Attr), src, len(others)})
			continue
		}
		i, ok := yearly[f.Attr.ID]
		if !ok {
			i = len(v.Yearly)
			yearly[f.Attr.ID] = i
			v.Yearly = append(v.Yearly, yearlyRow{w.Name(f.Attr), w.Unit(f.Attr), make([]yearlyCell, len(v.Years))})
		}
		v.Yearly[i].Cells[slices.Index(v.Years, f.Year)] = yearlyCell{w.Said(&f.Fact), src, len(others)}
	}
	v.Groups = slices.DeleteFunc(groups, func(g factGroup) bool { return g.Rows == nil })
}

// groupOf sorts an attribute into basic, rights and honours, certificates, or findings that people make.
func groupOf(w words.Writer, a *pack.Attribute) int {
	switch {
	case a.Manual || a.Expert:
		return 3
	case w.City.Register.IsOfCertificate(a.ID):
		return 2
	case a.Kind == pack.Boolean || a.Kind == pack.Integer || a.Kind == pack.Decimal:
		return 1
	}
	return 0
}

// differing are the losers that say something else than the winner.
func differing(w words.Writer, f fact.SourcedFact) []fact.SourcedFact {
	var list []fact.SourcedFact
	for _, l := range f.Losers {
		if l.Value != f.Value || l.Void != f.Void {
			list = append(list, l)
		}
	}
	return list
}
