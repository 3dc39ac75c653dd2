package link

import (
	"cmp"
	"math"
	"slices"

	"eyas/internal/registry/cell"
	"eyas/internal/registry/link/orgname"
)

// byCode decides by the code, or by a slip that leads to a code of the register.
func (d *decider) byCode(s *state) (Match, bool) {
	x := d.x
	code, check := x.readCode(s.row.Code)
	s.check = check
	if check != cell.NoCode {
		s.code = string(code)
		if i := x.withCode(code); i >= 0 && x.subject[i].id != s.row.Except {
			zh, en := "统一社会信用代码相同。", "The credit codes are the same."
			if x.opt.Plain {
				zh, en = "编号相同。", "The codes are the same."
			}
			if check == cell.BadCheck {
				zh, en = "统一社会信用代码相同（校验码不符，库里也是这样写的，请核对营业执照）。", "The credit codes are the same (the check character is wrong, in the register too; check the licence)."
			}
			how, name := d.agreement(s, i)
			if more := d.namesSay(s, i, how); more.zh != "" {
				zh, en = zh+more.zh, en+" "+more.en
			}
			return d.decided(s, Link, ByCode, i, name, zh, en), true
		}
	}
	typed := typedCode(s.row.Code)
	found := slices.DeleteFunc(x.slips(typed), func(f slip) bool { return x.subject[f.subject].id == s.row.Except })
	for _, f := range found {
		if how, name := d.agreement(s, f.subject); how == agrees {
			zh := "代码不在库里，可能写错了：" + f.zh + "。名称也是这家企业，所以是它。"
			en := "The code is not in the register and may contain a typing error: " + f.en + ". The name agrees too, so it is this subject."
			return d.decided(s, Link, BySlip, f.subject, name, zh, en), true
		}
	}
	for _, f := range found {
		if how, name := d.agreement(s, f.subject); how == unsure && !d.elsewhere(s) {
			zh := "代码不在库里，可能写错了：" + f.zh + "。但名称说不准是不是这家企业，请核对。"
			en := "The code is not in the register and may contain a typing error: " + f.en + ". It is not certain that the name is this subject's; check it."
			return d.decided(s, Ask, BySlip, f.subject, name, zh, en), true
		}
	}
	switch {
	case x.opt.Plain:
		s.notes.add("编号不在库里。", "The code is not in the register.")
	case check == cell.NoCode && len(typed) > 0:
		why := cell.Unusable(typed)
		s.notes.add("代码不能用："+why.ZH, "The code cannot be used: "+why.EN)
	case check == cell.BadCheck:
		why := cell.Warn(s.code)
		s.notes.add("代码不在库里，校验码也不符："+why.ZH, "The code is not in the register and its check character fails: "+why.EN)
	case check == cell.GoodCode:
		s.notes.add("代码正确，但库里没有。", "The code is valid, but not in the register.")
	}
	for i, f := range found {
		if i == 0 {
			s.slip = &f
		}
		s.notes.add("离它最近的代码是“"+x.nowName(f.subject)+"”的（"+f.zh+"），但名称不同。",
			"The nearest code is that of “"+x.nowName(f.subject)+"” ("+f.en+"), but the name differs.")
	}
	return Match{}, false
}

// byIdentifier decides by the registration number or the organisation code.
func (d *decider) byIdentifier(s *state) (Match, bool) {
	x := d.x
	if reg := identifier(s.row.Registration); reg != "" {
		h := orgname.HashText(reg, 'r')
		if m, done := d.among(s, ByRegistration, x.all(x.byRegistration, h, func(i int) bool { return x.subject[i].registration == h && x.subject[i].id != s.row.Except }),
			"注册号相同。", "The registration numbers are the same."); done {
			return m, true
		}
	}
	org := x.organisation(s.row.Org, s.code)
	if org == "" {
		return Match{}, false
	}
	h := orgname.HashText(org, 'o')
	return d.among(s, ByOrg, x.all(x.byOrg, h, func(i int) bool { return x.subject[i].org == h && x.subject[i].id != s.row.Except }), "组织机构代码相同。", "The organisation codes are the same.")
}

// all returns the members of a bucket that fit, at most 64.
func (x *Index) all(c *chain, hash uint64, fits func(int) bool) []int {
	var list []int
	for i := c.first(hash); i >= 0 && len(list) < 64; i = c.after(i) {
		if fits(i) {
			list = append(list, i)
		}
	}
	return list
}

// among decides between the subjects that have the same identifier.
func (d *decider) among(s *state, by By, list []int, zh, en string) (Match, bool) {
	if len(list) == 0 {
		return Match{}, false
	}
	x := d.x
	best, how, name := -1, disagrees, -1
	count := 0
	for _, i := range list {
		h, n := d.agreement(s, i)
		switch {
		case best < 0 || h > how || h == how && x.subject[i].id < x.subject[best].id:
			if h > how || best < 0 {
				count = 0
			}
			best, how, name = i, h, n
			count++
		case h == how:
			count++
		}
	}
	decision := Link
	switch {
	case count > 1 && how < agrees || count > 1:
		decision = Ask
		zh, en = zh+"但有几家都是这个号码，请选定一家。", en+" But several subjects have it; choose one of them."
	case s.check == cell.GoodCode && x.code(uint32(best)) != "" && x.code(uint32(best)) != s.code && how < agrees:
		decision = Ask
		zh, en = zh+"但信用代码不同，请核对。", en+" But the credit codes differ; check them."
	}
	if more := d.namesSay(s, best, how); more.zh != "" {
		zh, en = zh+more.zh, en+" "+more.en
	}
	return d.decided(s, decision, by, best, name, s.notes.zh+zh, joined(s.notes.en, en)), true
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}

// accord is how well the names of a row and a subject agree.
type accord int8

const (
	disagrees accord = iota
	unsure
	agrees
)

// agreement compares the row's name with all names of a subject. It returns the index of the name that agrees best.
func (d *decider) agreement(s *state, subject int) (accord, int) {
	x := d.x
	r := &x.subject[subject]
	first := int(r.first)
	if d.parts.Empty || r.names == 0 {
		return unsure, first
	}
	best, at := math.Inf(-1), first
	for i := first; i < first+int(r.names); i++ {
		if x.name[i].key == s.key {
			return agrees, i
		}
	}
	for i := first; i < first+int(r.names); i++ {
		n := &x.name[i]
		if n.key != 0 && n.plain == d.plain() {
			return agrees, i
		}
		if n.key == 0 {
			continue
		}
		got := d.comparer.compare(x, &d.parts, 0, n)
		if w := x.model.sum(&got); w > best {
			best, at = w, i
		}
	}
	// The subject was found by its code. The only question left is whether names agree this well by chance.
	switch {
	case best >= 10:
		return agrees, at
	case best >= 3:
		return unsure, at
	}
	return disagrees, at
}

// namesSay returns the warning for a link by code whose names do not agree.
func (d *decider) namesSay(s *state, subject int, how accord) notes {
	x := d.x
	if how == agrees || d.parts.Empty {
		return notes{}
	}
	n := notes{"名称不同，请留意是否改过名。", "The names differ; the enterprise may have changed its name."}
	for i := x.byKey.first(s.key); i >= 0; i = x.byKey.after(i) {
		if x.name[i].key == s.key && int(x.name[i].subject) != subject && x.name[i].kind == nowName && x.subject[x.name[i].subject].id != s.row.Except {
			n.add("库里另有一家正叫这个名称，请核对代码。", "Another subject of the register has exactly this name; check the code.")
			break
		}
	}
	return n
}

// elsewhere reports whether a subject has exactly the row's name.
func (d *decider) elsewhere(s *state) bool {
	for i := d.x.byKey.first(s.key); i >= 0; i = d.x.byKey.after(i) {
		if d.x.name[i].key == s.key && d.x.subject[d.x.name[i].subject].id != s.row.Except {
			return true
		}
	}
	return false
}

// named returns the names that fit, one per subject. A current name goes before a former one.
func (d *decider) named(s *state, c *chain, hash uint64, fits func(*nameRecord) bool) (list []int) {
	x := d.x
	for i := c.first(hash); i >= 0 && len(list) < 256; i = c.after(i) {
		if fits(&x.name[i]) && !slices.Contains(s.denied, x.subject[x.name[i].subject].id) {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b int) int {
		m, n := &x.name[a], &x.name[b]
		return cmp.Or(cmp.Compare(x.subject[m.subject].id, x.subject[n.subject].id), int(m.kind)-int(n.kind), a-b)
	})
	return slices.CompactFunc(list, func(a, b int) bool { return x.name[a].subject == x.name[b].subject })
}

// byName decides by the exact current or former name, by the plain name, or by a former name of the row.
func (d *decider) byName(s *state) (Match, bool) {
	x := d.x
	same := d.named(s, x.byKey, s.key, func(n *nameRecord) bool { return n.key == s.key })
	now := slices.DeleteFunc(slices.Clone(same), func(i int) bool { return x.name[i].kind != nowName })
	if len(now) > 0 {
		return d.oneOf(s, ByName, now, "名称完全相同。", "The names are exactly the same."), true
	}
	if len(same) > 0 {
		return d.oneOf(s, ByFormer, same, "与曾用名完全相同。", "The name is exactly a former name."), true
	}
	plain := d.plain()
	if list := d.named(s, x.byPlain, plain, func(n *nameRecord) bool { return n.plain == plain }); len(list) > 0 {
		return d.oneOf(s, ByPlain, list, "名称只在写法上不同（地名后的省市县区、括号、公司形式）。",
			"The names differ only in writing (suffixes of places, brackets, the legal form)."), true
	}
	if len(s.row.Former) > 0 {
		own := d.parts
		var other orgname.Parts
		for _, f := range s.row.Former {
			d.parser.Parse(f, &other)
			key := other.Key | 1
			if other.Empty {
				continue
			}
			if list := d.named(s, x.byKey, key, func(n *nameRecord) bool { return n.key == key }); len(list) > 0 {
				d.parts = own
				return d.oneOf(s, ByFormer, list, "本行的曾用名“"+f+"”是它的名称。", "The row's former name “"+f+"” is one of its names."), true
			}
		}
	}
	return Match{}, false
}

// oneOf decides for a name that one or several subjects have.
func (d *decider) oneOf(s *state, by By, list []int, zh, en string) Match {
	x := d.x
	if len(list) == 1 {
		i := list[0]
		subject := x.name[i].subject
		if other := x.code(subject); s.check == cell.GoodCode && other != "" {
			zh, en = zh+"但代码不同：库里是 "+other+"。可能换过证照，也可能是另一家，请核对。",
				en+" But the codes differ: the register has "+other+". It may have a new licence, or be another enterprise; check it."
			return d.decided(s, Ask, by, int(subject), i, s.notes.zh+zh, joined(s.notes.en, en))
		}
		return d.decided(s, Link, by, int(subject), i, s.notes.zh+zh, joined(s.notes.en, en))
	}
	m := Match{Decision: Ask, By: by, ZH: s.notes.zh + zh + "但有几家是这个名称，请选定一家。", EN: joined(s.notes.en, en+" But several subjects have it; choose one of them.")}
	for _, i := range list[:min(len(list), x.opt.Shown)] {
		m.Candidates = append(m.Candidates, d.candidate(s, int(x.name[i].subject), i, by))
	}
	m.ID = m.Candidates[0].ID
	return m
}
