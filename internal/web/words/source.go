package words

import (
	"strings"

	"eyas/internal/registry/fact"
)

// How says by what a record is linked.
func (w Writer) How(how fact.How) string {
	switch how {
	case fact.ByCode, fact.ByName, fact.ByAdopted, fact.ByPerson:
		return w.Text("identity.how." + string(how))
	}
	return string(how)
}

// MarkOf says in a word of the catalog what makes a value less than a plain one.
func MarkOf(f *fact.Fact) string {
	switch {
	case f.Void:
		return "void"
	case f.Origin.Weak == fact.Inferred:
		return "inferred"
	case f.Origin.Weak == fact.Borrowed:
		return "borrowed"
	}
	return ""
}

// Said writes a value that may have been declared wrong.
func (w Writer) Said(f *fact.Fact) string {
	if f.Void {
		return "—"
	}
	return w.Value(f.Attr, f.Value)
}

// ActorsNamed gives the ids of actors whose word has a part in it, whatever case its letters have.
func (w Writer) ActorsNamed(part string) (ids []string) {
	for _, id := range fact.Worded {
		if part != "" && strings.Contains(strings.ToLower(w.Actor(id)), strings.ToLower(part)) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Actor names who acted; a base without accounts has one operator.
func (w Writer) Actor(id string) string {
	switch id {
	case "local":
		return w.Text("frame.person")
	case "linkage":
		return w.Text("identity.linkage")
	}
	return id
}
