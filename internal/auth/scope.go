package auth

import (
	"slices"
	"strconv"
	"strings"
)

// Scope is the set of subjects of a register that an actor may see, and of what was made for them. The zero value holds
// nothing.
type Scope struct {
	whole     bool
	orgs      []string // organisations, with all below them, sorted
	subjects  []int64  // single subjects, sorted
	registers []string // of which alone it holds subjects, however much of them; nil: of all
	by        string   // what this person brought is seen as long as nobody knows where it lies
}

// Whole reports whether the scope holds everything.
func (s Scope) Whole() bool { return s.whole && s.registers == nil }

// Empty reports whether the scope holds nothing.
func (s Scope) Empty() bool { return !s.whole && len(s.orgs) == 0 && len(s.subjects) == 0 }

// Orgs are the districts, zones and parks whose subjects the scope holds: each organisation with all below it. They mean
// nothing in a scope that is whole. The slice must not be changed.
func (s Scope) Orgs() []string { return s.orgs }

// Subjects are the single subjects that the scope holds, with what belongs to them. The slice must not be changed.
func (s Scope) Subjects() []int64 { return s.subjects }

// By is the person whose own records the scope holds as long as nobody knows where they lie; empty: nobody.
func (s Scope) By() string { return s.by }

// Imports tells of which imports a scope holds the record: those into some registers (nil: into all) by a person (empty: by everybody). ok
// is false when it holds none: a file is about more than single subjects.
func (s Scope) Imports() (registers []string, person string, ok bool) {
	return s.registers, map[bool]string{false: s.by}[s.whole], s.whole || s.by != ""
}

// Unnamed returns the scope without what a person brought. It is the same for all persons of the same organisations and subjects.
func (s Scope) Unnamed() Scope {
	s.by = ""
	return s
}

// Has reports whether the scope holds what lies in an organisation.
func (s Scope) Has(org string) bool {
	if s.whole {
		return true
	}
	_, found := slices.BinarySearch(s.orgs, org)
	return found
}

// Holds reports whether the scope holds a thing. Something that lies nowhere is held by the whole only, and by the scope
// of who brought it.
func (s Scope) Holds(l Lie) bool {
	if s.registers != nil && l.Register != "" && !slices.Contains(s.registers, l.Register) {
		return false
	}
	switch {
	case s.whole || slices.ContainsFunc(l.Orgs, s.Has):
		return true
	case len(l.Orgs) == 0 && l.By != "" && l.By == s.by:
		return true
	}
	return slices.ContainsFunc(l.Subjects, func(id int64) bool {
		_, found := slices.BinarySearch(s.subjects, id)
		return found
	})
}

// Key is equal for equal scopes and different for different ones, for what is kept by scope.
func (s Scope) Key() string {
	if s.Whole() {
		return "*"
	}
	var b strings.Builder
	if s.whole {
		b.WriteString("*" + strings.Join(s.registers, ",") + "!")
	}
	b.WriteString(strings.Join(s.orgs, ","))
	for _, id := range s.subjects {
		b.WriteByte('#')
		b.WriteString(strconv.FormatInt(id, 10))
	}
	return b.String() + "@" + s.by
}
