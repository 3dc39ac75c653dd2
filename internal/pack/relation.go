package pack

import "slices"

// named reads the id of an attribute of a register. If kinds are given, the attribute must have one of them.
func (l *loader) named(x *node, r *Register, kinds ...Kind) string {
	if x.str() == "" {
		return ""
	}
	a := r.Attribute(x.str())
	switch {
	case a == nil:
		l.add(x.pos, "库里没有数据项 %q", "the register has no attribute %q", x.str())
		return ""
	case len(kinds) > 0 && !slices.Contains(kinds, a.Kind):
		l.add(x.pos, "%s 是 %s 类，这里要 %s 类", "%s is of kind %s; this must be of kind %s", a.ID, a.Kind, kinds[0])
		return ""
	}
	return a.ID
}

// namedList is named for a list without repetitions.
func (l *loader) namedList(n *node, r *Register, kinds ...Kind) (list []string) {
	for _, x := range n.list() {
		id := l.named(x, r, kinds...)
		if slices.Contains(list, id) {
			l.add(x.pos, "%q 列了两次", "%q is listed twice", id)
		} else if id != "" {
			list = append(list, id)
		}
	}
	return list
}

// readIdentity reads which attributes identify a subject of a register.
func (l *loader) readIdentity(n *node, r *Register) {
	r.CodeAttr, r.NameAttr = l.named(n.get("code"), r, Code), l.named(n.get("title"), r, String)
	if x := n.get("scheme"); x != nil && n.get("code") == nil {
		l.add(x.pos, "没有 code，scheme 无从说起", "a scheme says how codes are read, but the register has no code")
	}
	if r.BeginsAttr = l.named(n.get("begins"), r, Date); r.BeginsAttr != "" && r.Attribute(r.BeginsAttr).Yearly {
		l.add(n.get("begins").pos, "begins 须是一个日期，%q 一年一值", "begins must be one date, and %q has one a year", r.BeginsAttr)
	}
	for _, x := range n.get("apart").list() {
		id := l.named(x, r, String, Code, List)
		if id == "" {
			continue
		}
		if id == r.CodeAttr || id == r.NameAttr || r.Attribute(id).Yearly || slices.Contains(r.ApartAttrs, id) {
			l.add(x.pos, "%q 不能用来区分同名：它已是 code 或 title，或者一年一值，或者写了两次", "%q cannot distinguish subjects with the same name: it is the code or the title, yearly, or given twice", id)
			continue
		}
		r.ApartAttrs = append(r.ApartAttrs, id)
	}
}

// readShown reads the columns, filters and sections of a register.
func (l *loader) readShown(n *node, r *Register) {
	r.Listed, r.Filtered = l.namedList(n.get("list"), r), l.namedList(n.get("filters"), r, Code, Boolean)
	sections := n.get("sections")
	if sections == nil {
		return
	}
	in := map[string]bool{}
	for _, x := range sections.list() {
		s := Section{ID: x.get("id").str(), Name: text(x.get("name"))}
		if slices.ContainsFunc(r.Sections, func(o Section) bool { return o.ID == s.ID }) {
			l.add(x.get("id").place(x), "栏目 %q 写了两次", "section %q is given twice", s.ID)
			continue
		}
		for _, y := range x.get("attributes").list() {
			id := l.named(y, r)
			if in[id] {
				l.add(y.pos, "%q 已在另一栏目里", "%q is already in a section", id)
			} else if id != "" {
				in[id] = true
				s.Attributes = append(s.Attributes, id)
			}
		}
		r.Sections = append(r.Sections, s)
	}
	for _, a := range r.Attributes {
		if !in[a.ID] {
			l.add(a.Pos, "数据项 %q 不在任何栏目（sections）里", "attribute %q is in none of the sections", a.ID)
		}
	}
}

// readRelations reads the relations of a register. Their target registers are checked after all registers are read.
func (l *loader) readRelations(n *node, r *Register) {
	for _, x := range n.get("relations").list() {
		v := &Relation{ID: x.get("id").str(), Name: text(x.get("name")), Back: text(x.get("back")), From: r.ID,
			CodeAttr: l.named(x.get("code"), r, Code), NameAttr: l.named(x.get("title"), r, String, List),
			FromAttr: l.named(x.get("from"), r, Date), UntilAttr: l.named(x.get("until"), r, Date), Pos: x.pos}
		if x.get("code") == nil && x.get("title") == nil {
			l.add(x.pos, "关系要写明哪个数据项是对方的代码（code）或名称（title）", "a relation must name the attribute with the other's code, or with its name (title)")
		}
		for key, id := range map[string]string{"code": v.CodeAttr, "title": v.NameAttr, "from": v.FromAttr, "until": v.UntilAttr} {
			if a := r.Attribute(id); a != nil && a.Yearly {
				l.add(x.get(key).pos, "%s 一年一值，不能用在关系里", "%s is yearly and cannot be part of a relation", a.ID)
			}
		}
		for _, y := range x.get("to").list() {
			if y.str() != "" {
				v.To = append(v.To, y.str())
			}
		}
		l.relationsAt[v] = x.get("to")
		if slices.ContainsFunc(r.Relations, func(o *Relation) bool { return o.ID == v.ID }) {
			l.add(x.get("id").place(x), "关系 %q 写了两次", "relation %q is given twice", v.ID)
			continue
		}
		r.Relations = append(r.Relations, v)
	}
	if x := n.get("belongs"); x != nil {
		if r.BelongsBy = x.str(); r.Belongs() == nil {
			l.add(x.pos, "库里没有关系 %q", "the register has no relation %q", r.BelongsBy)
		}
	}
}

// Belongs returns the relation to the subject that a subject belongs to; nil if there is none.
func (r *Register) Belongs() *Relation {
	if i := slices.IndexFunc(r.Relations, func(v *Relation) bool { return v.ID == r.BelongsBy }); i >= 0 {
		return r.Relations[i]
	}
	return nil
}

// checkRelations checks that the target registers of relations exist.
func (l *loader) checkRelations() {
	if l.unread["registers"] {
		return
	}
	for _, r := range l.pack.Registers {
		for _, v := range r.Relations {
			for _, x := range l.relationsAt[v].list() {
				if x.str() != "" && l.register(x.str()) == nil {
					l.add(x.pos, "没有库 %q", "there is no register %q", x.str())
				}
			}
		}
	}
}
