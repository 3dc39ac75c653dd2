package pack

// readOrgs reads org.yaml: the tree, parents first, and the groups.
func (l *loader) readOrgs(n *node) {
	if n == nil {
		return
	}
	names := map[string]map[string]*node{"district": {}, "zone": {}} // spellings in use, separately for districts and zones
	for _, x := range n.get("orgs").list() {
		o := &Org{ID: x.get("id").str(), Kind: x.get("kind").str(), Name: text(x.get("name")), Short: text(x.get("short")),
			Parent: x.get("parent").str(), Status: Status(x.get("status").str()), From: l.date(x.get("from")), Until: l.date(x.get("until"))}
		if !o.Until.IsZero() && o.Until.Before(o.From) {
			l.add(x.get("until").pos, "撤销日期早于设立日期", "the last day is before the first")
		}
		if o.ID == "" {
			continue
		}
		for _, a := range x.get("aliases").list() {
			o.Aliases = append(o.Aliases, a.str())
		}
		at := x.get("id").pos
		if l.orgs[o.ID] != nil {
			l.add(at, "机构 %q 写了两次", "org %q is given twice", o.ID)
			continue
		}
		switch {
		case len(l.pack.Orgs) == 0 && (o.Kind != "city" || o.Parent != ""):
			l.add(at, "第一个机构须是城市，且没有上级", "the first org must be the city, without a parent")
		case len(l.pack.Orgs) > 0 && o.Kind == "city":
			l.add(at, "一个城市包只有一个城市", "a pack has one city")
		case len(l.pack.Orgs) > 0 && o.Parent == "":
			l.add(at, "机构 %q 缺少上级（parent）", "org %q has no parent", o.ID)
		case o.Parent != "" && l.orgs[o.Parent] == nil:
			l.add(x.get("parent").pos, "上级 %q 不在前面的机构之中", "the parent %q is not among the orgs before this one", o.Parent)
		}
		l.checkSpellings(x, o, names)
		l.orgs[o.ID] = o
		l.pack.Orgs = append(l.pack.Orgs, o)
	}
	l.readGroups(n.get("groups"))
}

// checkSpellings refuses a spelling that could mean two districts or two zones.
func (l *loader) checkSpellings(x *node, o *Org, names map[string]map[string]*node) {
	space := names["zone"]
	switch o.Kind {
	case "city":
		return
	case "district":
		space = names["district"]
	}
	spellings := []*node{x.get("id"), x.get("name").get("zh"), x.get("short").get("zh")}
	spellings = append(spellings, x.get("aliases").list()...)
	for _, s := range spellings {
		if s.str() == "" {
			continue
		}
		if first := space[s.str()]; first != nil && first != x {
			l.add(s.pos, "%q 已指另一个机构（第 %d 行）", "%q already means another org (line %d)", s.str(), first.pos.Line)
			continue
		}
		space[s.str()] = x
	}
}

func (l *loader) readGroups(n *node) {
	ids, of := map[string]bool{}, map[string]string{}
	for _, x := range n.list() {
		g := Group{ID: x.get("id").str(), Name: text(x.get("name"))}
		if ids[g.ID] {
			l.add(x.get("id").pos, "板块 %q 写了两次", "group %q is given twice", g.ID)
		}
		ids[g.ID] = true
		for _, m := range x.get("members").list() {
			switch o := l.orgs[m.str()]; {
			case !o.IsDistrict():
				l.add(m.pos, "没有代码为 %q 的区", "there is no district %q", m.str())
			case of[m.str()] != "":
				l.add(m.pos, "%s已在板块 %s 里；一个区只在一个板块", "%s is already in group %s: a district is in one group", choice{o.Name.ZH, o.Name.EN}, of[m.str()])
			default:
				of[m.str()] = g.ID
				g.Members = append(g.Members, m.str())
			}
		}
		l.pack.Groups = append(l.pack.Groups, g)
	}
}
