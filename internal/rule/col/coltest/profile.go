package coltest

import (
	"slices"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
)

// Source returns the subjects of a table as profiles. A text that the table only knows to be present becomes "有".
// Former names keep their text.
type Source struct {
	t       *col.Table
	columns []source
}

type source struct {
	attr *pack.Attribute
	year int
	read func(row int) (fact.Value, bool)
}

// NewSource returns a source that reads a table.
func NewSource(t *col.Table) *Source {
	s := &Source{t: t}
	add := func(k col.Key, read func(int) (fact.Value, bool)) {
		s.columns = append(s.columns, source{t.Register.Attribute(k.Attr), k.Year, read})
	}
	for k, c := range t.Nums {
		add(k, func(i int) (fact.Value, bool) { return fact.Value{Num: c.Val[i]}, c.Valid.Get(i) })
	}
	for k, c := range t.Dates {
		add(k, func(i int) (fact.Value, bool) { return fact.Value{Int: int64(c.Val[i])}, c.Valid.Get(i) })
	}
	for k, c := range t.Bools {
		add(k, func(i int) (fact.Value, bool) {
			v := fact.Value{}
			if c.Val.Get(i) {
				v.Int = 1
			}
			return v, c.Valid.Get(i)
		})
	}
	for k, c := range t.Dicts {
		add(k, func(i int) (fact.Value, bool) { return fact.Value{Str: c.Words[c.Val[i]]}, c.Val[i] != 0 })
	}
	for k, c := range t.Texts {
		add(k, func(i int) (fact.Value, bool) {
			if k.Attr == col.FormerNames {
				return fact.Value{Str: string(t.Former(i))}, c.Get(i)
			}
			return fact.Value{Str: "有"}, c.Get(i)
		})
	}
	slices.SortFunc(s.columns, func(a, b source) int {
		if a.attr.Index != b.attr.Index {
			return a.attr.Index - b.attr.Index
		}
		return a.year - b.year
	})
	return s
}

// Profile fills p with the profile of a row; its facts are overwritten by the next call with the same p.
func (s *Source) Profile(row int, p *fact.Profile) {
	*p = fact.Profile{Subject: s.t.Subjects[row], Code: string(s.t.Codes.At(row)), Name: string(s.t.Names.At(row)), Facts: p.Facts[:0], Change: s.t.Subjects[row]}
	for _, c := range s.columns {
		if v, ok := c.read(row); ok {
			p.Facts = append(p.Facts, fact.Fact{Attr: c.attr, Year: c.year, Value: v, Record: s.t.Subjects[row], Cell: c.attr.Index + 1})
		}
	}
}
