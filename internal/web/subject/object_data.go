package subject

import (
	"slices"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
	"eyas/internal/web/origin"
	"eyas/internal/web/standing"
	"eyas/internal/web/words"
)

// section is one part of what is known: single values, and yearly ones by year.
type section struct {
	Name   string
	Rows   []factRow
	Years  []int
	Yearly []yearlyRow
	Blank  []string // attributes of which nothing is known
}

type factRow struct {
	Name   string
	Value  string
	Unit   string
	Source origin.Source
	Losers int
	Doubt  *standing.Doubt
	// Correct is the address of the form that corrects it; empty in the past, and of what names the subject.
	Correct string
}

// yearlyRow is one yearly attribute, its cells in the order of the years.
type yearlyRow struct {
	Name  string
	Unit  string
	Cells []yearlyCell
}

type yearlyCell struct {
	Value   string
	Name    string // of the attribute with its year
	Source  origin.Source
	Losers  int
	Doubt   *standing.Doubt
	Correct string
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

// sectionsOf lays the values of a profile out as the pack says; what is in no section comes last.
func sectionsOf(x *open) (list []section) {
	rest := pack.Section{Name: pack.Text{ZH: x.W.Text("object.rest"), EN: x.W.Text("object.rest")}}
	for _, a := range x.reg.Attributes {
		if !slices.ContainsFunc(x.reg.Sections, func(s pack.Section) bool { return slices.Contains(s.Attributes, a.ID) }) {
			rest.Attributes = append(rest.Attributes, a.ID)
		}
	}
	for _, part := range append(slices.Clone(x.reg.Sections), rest) {
		if s := sectionOf(x, part); s.Rows != nil || s.Yearly != nil || s.Blank != nil {
			list = append(list, s)
		}
	}
	return list
}

func sectionOf(x *open, part pack.Section) section {
	s := section{Name: part.Name.In(x.Lang)}
	facts := map[string][]*fact.SourcedFact{}
	for i := range x.known.Facts {
		f := &x.known.Facts[i]
		if !slices.Contains(part.Attributes, f.Attr.ID) {
			continue
		}
		facts[f.Attr.ID] = append(facts[f.Attr.ID], f)
		if f.Year != 0 && !slices.Contains(s.Years, f.Year) {
			s.Years = append(s.Years, f.Year)
		}
	}
	slices.Sort(s.Years)
	slices.Reverse(s.Years)
	for _, id := range part.Attributes {
		a := x.reg.Attribute(id)
		switch known := facts[id]; {
		case known == nil:
			s.Blank = append(s.Blank, x.W.Name(a))
		case !a.Yearly:
			s.Rows = append(s.Rows, x.row(known[0]))
		default:
			row := yearlyRow{x.W.Name(a), x.W.Unit(a), make([]yearlyCell, len(s.Years))}
			for _, f := range known {
				row.Cells[slices.Index(s.Years, f.Year)] = yearlyCell{aligned(x.W, f), x.W.YearName(f.Attr, f.Year), origin.OfFact(x.Ask, x.W, f), len(differing(*f)), x.Doubts.Of(f), x.correct(f)}
			}
			s.Yearly = append(s.Yearly, row)
		}
	}
	return s
}

// row writes a single value.
func (x *open) row(f *fact.SourcedFact) factRow {
	return factRow{x.W.YearName(f.Attr, f.Year), x.W.Said(&f.Fact), x.W.Unit(f.Attr), origin.OfFact(x.Ask, x.W, f), len(differing(*f)), x.Doubts.Of(f), x.correct(f)}
}

// correct is the address of the form that corrects a value; empty where it cannot be corrected: in the past, the code,
// and by who may not.
func (x *open) correct(f *fact.SourcedFact) string {
	if !x.enters || !x.Ask.Moment().Latest() || f.Attr.ID == x.reg.CodeAttr {
		return ""
	}
	return x.Ask.Link(subjectStep(x.known.Profile.Subject, "correct"), "key", words.ValueKey(f.Attr, f.Year))
}

// aligned writes a value for a column: amounts have their decimal points below each other.
func aligned(w words.Writer, f *fact.SourcedFact) string {
	if f.Attr.Kind == pack.Money && !f.Void && !f.Attr.Personal {
		return w.Aligned(f.Attr, f.Value.Num)
	}
	return w.Said(&f.Fact)
}

// conflicts are the values on which sources disagree.
func conflicts(x *open) (list []conflict) {
	for i := range x.known.Facts {
		f := &x.known.Facts[i]
		others := differing(*f)
		if others == nil {
			continue
		}
		c := conflict{Name: x.W.KeyName(col.Key{Attr: f.Attr.ID, Year: f.Year}), Value: x.W.Said(&f.Fact), Unit: x.W.Unit(f.Attr), Source: origin.OfFact(x.Ask, x.W, f)}
		for j := range others {
			c.Losers = append(c.Losers, loser{x.W.Said(&others[j].Fact), origin.OfFact(x.Ask, x.W, &others[j])})
		}
		list = append(list, c)
	}
	return list
}

// differing are the losers that say something else than the winner.
func differing(f fact.SourcedFact) []fact.SourcedFact {
	var list []fact.SourcedFact
	for _, l := range f.Losers {
		if l.Value != f.Value || l.Void != f.Void {
			list = append(list, l)
		}
	}
	return list
}
