package pack

import "slices"

// Showing returns the city as those see it who may see fields of some classes only: attributes of other classes, and what
// speaks of them, are not there at all. It is the city itself when nothing is hidden. The name and the code of a subject
// are always there.
func (p *Pack) Showing(classes []Class) *Pack {
	hidden := func(r *Register, id string) bool {
		a := r.Attribute(id)
		return a != nil && id != r.CodeAttr && id != r.NameAttr && !slices.Contains(classes, a.Class)
	}
	all := true
	for _, r := range p.Registers {
		all = all && !slices.ContainsFunc(r.Attributes, func(a *Attribute) bool { return hidden(r, a.ID) })
	}
	if all {
		return p
	}
	shown := *p
	shown.Registers = make([]*Register, len(p.Registers))
	for i, r := range p.Registers {
		shown.Registers[i] = r.without(func(id string) bool { return hidden(r, id) })
	}
	shown.Quality = nil
	for _, q := range p.Quality {
		r := p.Register(q.Register)
		if r == nil {
			continue
		}
		own := *q
		own.Attributes = slices.DeleteFunc(slices.Clone(q.Attributes), func(id string) bool { return hidden(r, id) })
		if len(own.Attributes) < len(q.Attributes) && len(own.Attributes) == 0 || hidden(r, q.Against) || hidden(r, q.Loss) {
			continue
		}
		shown.Quality = append(shown.Quality, &own)
	}
	return &shown
}

// Indexed is the number of indexes of attributes (Attribute.Index): of a register that shows a part of another one, that of
// the whole one up to the last that it shows.
func (r *Register) Indexed() (n int) {
	for _, a := range r.Attributes {
		n = max(n, a.Index+1)
	}
	return n
}

// without returns a register without some attributes.
func (r *Register) without(hidden func(id string) bool) *Register {
	own := *r
	ids := func(list []string) []string { return slices.DeleteFunc(slices.Clone(list), hidden) }
	blank := func(id *string) {
		if hidden(*id) {
			*id = ""
		}
	}
	own.Attributes = slices.DeleteFunc(slices.Clone(r.Attributes), func(a *Attribute) bool { return hidden(a.ID) })
	own.ApartAttrs, own.Listed, own.Filtered = ids(r.ApartAttrs), ids(r.Listed), ids(r.Filtered)
	blank(&own.BeginsAttr)
	own.Sections = nil
	for _, s := range r.Sections {
		if s.Attributes = ids(s.Attributes); len(s.Attributes) > 0 {
			own.Sections = append(own.Sections, s)
		}
	}
	own.Relations = nil
	for _, v := range r.Relations {
		x := *v
		for _, id := range []*string{&x.CodeAttr, &x.NameAttr, &x.FromAttr, &x.UntilAttr} {
			blank(id)
		}
		if x.CodeAttr != "" || x.NameAttr != "" {
			own.Relations = append(own.Relations, &x)
		}
	}
	own.Certificates = nil
	for _, c := range r.Certificates {
		x := *c
		for _, id := range []*string{&x.From, &x.Until, &x.Number} {
			blank(id)
		}
		own.Certificates = append(own.Certificates, &x)
	}
	own.byID = nil
	own.Attribute("") // fills its index, before goroutines share it
	return &own
}
