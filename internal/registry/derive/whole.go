package derive

import (
	"slices"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// WholeList is a list of which absence says "no".
type WholeList struct {
	attr        *pack.Attribute
	importID    int64
	first, last int64 // its records
	origin      fact.Origin
	later       bool           // it speaks of a later day than the one that is asked for
	doubt       map[int64]bool // subjects of whom it is asked whether they are one that the list names
}

// declare lets lists speak of a subject that is not in them. facts is sorted and stays so. An enterprise that was
// registered after the day of a list could not be in it.
//
// That somebody is in a list is of its day too: it says nothing of the days before. Nor does absence of somebody of whom
// it is still asked whether he is one that the list names.
func (n *Rules) declare(subject int64, facts []fact.Fact, lists map[int][]WholeList) []fact.Fact {
	if len(lists) == 0 {
		return facts
	}
	born := int32(0)
	for i := range facts {
		if facts[i].Attr.ID == layout.RegisteredOn && !facts[i].Void {
			born = int32(facts[i].Value.Int)
		}
	}
	for _, list := range lists {
		for len(list) > 0 && list[len(list)-1].later {
			facts = slices.DeleteFunc(facts, list[len(list)-1].says)
			list = list[:len(list)-1]
		}
		if len(list) == 0 {
			continue
		}
		l := &list[len(list)-1] // the latest; that of an older one would lose against it
		if born > l.origin.Day || l.doubt[subject] {
			continue
		}
		no := fact.Fact{Attr: l.attr, Origin: l.origin, Whole: l.importID}
		at, found := slices.BinarySearchFunc(facts, no, fact.Compare)
		if !found {
			facts = slices.Insert(facts, at, no)
			continue
		}
		f := &facts[at]
		if l.says(*f) {
			continue // it is in the list
		}
		if by := n.order(&fact.Fact{Attr: l.attr, Cell: 1, Origin: l.origin}, f); by > 0 || by == 0 && l.first > f.Record {
			facts[at] = no
		}
	}
	return facts
}

// says reports whether a fact is what the list says of somebody who is in it.
func (l *WholeList) says(f fact.Fact) bool {
	return f.Attr == l.attr && f.Record >= l.first && f.Record <= l.last
}
