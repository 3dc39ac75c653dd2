package fact

import (
	"cmp"
	"slices"
)

// Compare orders the facts of a profile by attribute, then by year.
func Compare(a, b Fact) int {
	if c := cmp.Compare(a.Attr.Index, b.Attr.Index); c != 0 {
		return c
	}
	return cmp.Compare(a.Year, b.Year)
}

// Precedes reports whether a stands before b in a profile. It is Compare without copies.
func Precedes(a, b *Fact) bool {
	return a.Attr.Index < b.Attr.Index || a.Attr.Index == b.Attr.Index && a.Year < b.Year
}

func ordered(facts []Fact) bool {
	for i := 1; i < len(facts); i++ {
		if Precedes(&facts[i], &facts[i-1]) {
			return false
		}
	}
	return true
}

// WithoutVoid returns the facts without those that a person declared wrong.
func WithoutVoid(facts []Fact) []Fact {
	for i := range facts {
		if facts[i].Void {
			return slices.DeleteFunc(facts, func(f Fact) bool { return f.Void })
		}
	}
	return facts
}

// Ascending reports whether facts are sorted and no two have the same attribute and year.
func Ascending(facts []Fact) bool {
	for i := 1; i < len(facts); i++ {
		if !Precedes(&facts[i-1], &facts[i]) {
			return false
		}
	}
	return true
}
