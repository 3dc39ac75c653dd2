package derive

import (
	"slices"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// WholeList is a closed-world list: a subject that is not in it has a "no".
type WholeList struct {
	attr        *pack.Attribute
	importID    int64
	first, last int64 // the first and the last id of its records
	origin      fact.Origin
	later       bool           // it speaks of a day after the valid time that is wanted
	doubt       map[int64]bool // subjects that are candidates of open questions about records of the list
}

// declare adds the "no" of each list to the facts of a subject that is not in it. facts must be sorted and stays sorted.
// A list says nothing about an enterprise that was registered after the day of the list.
//
// A list speaks of its own day only: it says nothing about the days before. It also says nothing about a subject that may
// be one of its rows according to an open question.
func (n *Rules) declare(subject int64, facts []fact.Fact, lists map[int][]WholeList) []fact.Fact {
	if len(lists) == 0 {
		return facts
	}
	born := int32(0)
	for i := range facts {
		if facts[i].Attr.ID == n.Register.BeginsAttr && !facts[i].Void {
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
		l := &list[len(list)-1] // the latest; an older list would lose against it
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
			continue // the subject is in the list
		}
		if by := n.order(&fact.Fact{Attr: l.attr, Cell: 1, Origin: l.origin}, f); by > 0 || by == 0 && l.first > f.Record {
			facts[at] = no
		}
	}
	return facts
}

// says reports whether a fact is the value that the list gives to the subjects in it.
func (l *WholeList) says(f fact.Fact) bool {
	return f.Attr == l.attr && f.Record >= l.first && f.Record <= l.last
}
