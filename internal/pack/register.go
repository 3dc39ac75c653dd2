package pack

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// readRegister reads a file of registers/.
func (l *loader) readRegister(n *node) {
	if n == nil {
		return
	}
	r := &Register{ID: n.get("id").str(), Name: text(n.get("name")), One: text(n.get("one")), Measure: n.get("measure").str(),
		Status: Status(n.get("status").str()), Note: text(n.get("note")),
		CodeAttr: n.get("code").str(), CodeScheme: Scheme(n.get("scheme").str()), NameAttr: n.get("title").str(), Pos: n.pos}
	if r.ID == "" {
		return
	}
	if l.registers[r.ID] != nil {
		l.add(n.get("id").pos, "库 %q 已在 %s", "register %q is already in %s", r.ID, l.registers[r.ID].Pos.File)
		return
	}
	l.registers[r.ID] = r
	headers := map[string]*Attribute{} // header → its attribute
	for _, x := range n.get("attributes").list() {
		a := l.readAttribute(x)
		if a.ID == "" {
			continue
		}
		if slices.ContainsFunc(r.Attributes, func(b *Attribute) bool { return b.ID == a.ID }) {
			l.add(a.Pos, "数据项 %q 写了两次", "attribute %q is given twice", a.ID)
			continue
		}
		a.Index = len(r.Attributes)
		r.Attributes = append(r.Attributes, a)
		r.confidential = r.confidential || a.Class == Identity
		spellings := append([]*node{x.get("zh")}, x.get("aliases").list()...)
		for _, h := range spellings {
			if h.str() == "" {
				continue
			}
			if other := headers[h.str()]; other != nil {
				l.add(h.pos, "表头 %q 已指数据项 %s", "the header %q already means %s", h.str(), other.ID)
				continue
			}
			headers[h.str()] = a
		}
	}
	r.Attribute("") // makes the index now, so that the pack is safe for concurrent use
	l.readIdentity(n, r)
	l.readShown(n, r)
	l.readRelations(n, r)
	l.readCertificates(n, r)
}

func (l *loader) readAttribute(x *node) *Attribute {
	yes := func(key string) bool { return x.get(key).str() == "true" }
	a := &Attribute{ID: x.get("id").str(), Name: Text{ZH: x.get("zh").str(), EN: x.get("en").str()}, Kind: Kind(x.get("kind").str()),
		Unit: x.get("unit").str(), Yearly: yes("yearly"), Codes: x.get("codes").str(), Personal: yes("personal"), Manual: yes("manual"),
		Span: Span(x.get("span").str()), Required: yes("required"), Own: yes("own"), Example: x.get("example").str(), Note: text(x.get("note")), Pos: x.get("id").place(x)}
	for _, s := range x.get("aliases").list() {
		a.Aliases = append(a.Aliases, s.str())
	}
	a.Class = Class(x.get("class").str())
	if a.Class == "" {
		a.Class = map[bool]Class{true: Private, false: Working}[a.Personal]
	}
	a.Personal = a.Class == Private || a.Class == Identity
	if e := x.get("expert"); e != nil {
		if limits, ok := pair(e); ok {
			a.Expert, a.Manual, a.Range = true, true, &limits
		}
		if a.Kind != Integer {
			l.add(e.pos, "专家打分的数据项须是 integer", "an attribute with expert points must be an integer")
		}
	}
	if m := x.get("max"); m != nil {
		a.Max, _ = strconv.Atoi(m.str())
		if a.Kind != String && a.Kind != List && a.Kind != Code {
			l.add(m.pos, "只有 text、list、code 类的数据项才有字数上限（max）", "only an attribute of kind text, list or code has a max")
		}
	}
	if m := x.get("precision"); m != nil {
		a.Monthly = m.str() == "month"
		if a.Kind != Date {
			l.add(m.pos, "只有 date 类的数据项才有精度（precision）", "only an attribute of kind date has a precision")
		}
	}
	if c := x.get("codes"); c != nil {
		l.codesAt[a] = c.pos
		if a.Kind != Code {
			l.add(c.pos, "只有 code 类的数据项才有代码表", "only an attribute of kind code has a code list")
		}
	}
	if a.Kind == Money && a.Unit != "yuan" && a.Unit != "usd" {
		l.add(a.Pos, "金额的单位（unit）须是 yuan 或 usd", "the unit of money is yuan or usd")
	}
	return a
}

// place returns the position of a node, or of its holder if the node is missing.
func (n *node) place(holder *node) Pos {
	if n == nil {
		return holder.pos
	}
	return n.pos
}

// pair reads a list of two numbers. ok is false unless the first is not above the second.
func pair(n *node) (p [2]float64, ok bool) {
	list := n.list()
	if len(list) != 2 {
		return p, false
	}
	for i, x := range list {
		num, isNumber := x.json.(json.Number)
		if !isNumber {
			return p, false
		}
		p[i], _ = num.Float64()
	}
	return p, p[0] <= p[1]
}

// readCodes reads a file of codes/.
func (l *loader) readCodes(n *node) {
	if n == nil {
		return
	}
	list := &CodeList{ID: n.get("id").str(), Name: text(n.get("name")), Source: n.get("source").str()}
	if list.ID == "" {
		return
	}
	if first := l.codeLists[list.ID]; first != nil {
		l.add(n.get("id").pos, "代码表 %q 已在 %s", "code list %q is already in %s", list.ID, first.pos.File)
		return
	}
	l.codeLists[list.ID] = n
	items := n.get("items")
	if items.str() != "" && !items.block {
		l.add(items.pos, "代码请写在 items: | 之后，一行一个", "write the codes after items: |, one per line")
		return
	}
	var above []string // codes of the lines above, one per level
	seen := map[string]bool{}
	for i, line := range strings.Split(items.str(), "\n") {
		bare := strings.TrimLeft(line, " ")
		indent := len(line) - len(bare)
		pos := Pos{File: n.pos.File, Line: items.place(n).Line + i, Column: items.place(n).Column + indent}
		if bare == "" {
			continue
		}
		code, name, ok := strings.Cut(bare, " ")
		zh, en, _ := strings.Cut(name, " | ")
		if !ok || strings.TrimSpace(zh) == "" {
			l.add(pos, "这一行要有代码、空格和名称", "this line needs a code, a space and a name")
			continue
		}
		if seen[code] {
			l.add(pos, "代码 %q 写了两次", "the code %q is given twice", code)
			continue
		}
		seen[code] = true
		if indent%2 != 0 || indent/2 > len(above) {
			l.add(pos, "缩进须是上一级的两个空格", "indent a line by two spaces more than the line above it in the tree")
			continue
		}
		item := CodeItem{Code: code, Name: Text{ZH: strings.TrimSpace(zh), EN: strings.TrimSpace(en)}}
		if depth := indent / 2; depth > 0 {
			item.Parent = above[depth-1]
		}
		above = append(above[:indent/2], code)
		list.Items = append(list.Items, item)
	}
	l.pack.Codes = append(l.pack.Codes, list)
}

// checkCodeNames checks that the code lists exist that attributes and pack.yaml name.
func (l *loader) checkCodeNames() {
	if id := l.pack.Industries; id != "" && !l.unread["codes"] && l.pack.CodeList(id) == nil {
		l.add(l.industriesAt, "没有代码表 %q", "there is no code list %q", id)
	}
	for _, r := range l.pack.Registers {
		for _, a := range r.Attributes {
			if a.Codes == "" || a.OfOrgs() {
				continue
			}
			if !l.unread["codes"] && l.pack.CodeList(a.Codes) == nil {
				l.add(l.codesAt[a], "没有代码表 %q", "there is no code list %q", a.Codes)
			}
		}
	}
}
