package link

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"eyas/internal/registry/cell"
)

// decider decides rows. One goroutine at a time; its memory is used again.
type decider struct {
	x        *Index
	parser   parser
	finder   finder
	comparer comparer
	parts    parts
	runes    []rune
	scored   []scored
}

// scored is a subject with the best of its names.
type scored struct {
	name   int
	got    comparison
	weight float64
	code   int // −1: the row has a good code and the subject another
}

var deciders = sync.Pool{New: func() any { return &decider{} }}

func (x *Index) decider() *decider {
	return &decider{x: x, parser: parser{words: x.words}}
}

// Match decides a row. It may be called from several goroutines.
func (x *Index) Match(row Row) Match {
	d := deciders.Get().(*decider)
	if d.x != x {
		d.x, d.parser.words = x, x.words
	}
	m := d.match(&row)
	deciders.Put(d)
	return m
}

// state is what is known of a row while it is decided.
type state struct {
	row    *Row
	code   string // usable code
	check  cell.State
	key    uint64
	denied []int64 // subjects that people said it is not
	notes  notes
	slip   *slip // the nearest code, when its subject's name differs
}

// notes are sentences about the code that a decision by name carries with it.
type notes struct{ zh, en string }

func (n *notes) add(zh, en string) {
	n.zh += zh
	if n.en != "" {
		n.en += " "
	}
	n.en += en
}

func (d *decider) match(row *Row) Match {
	x := d.x
	s := state{row: row}
	d.parser.begin(row.Name, &d.parts)
	if !d.parts.empty {
		s.key = d.parts.key | 1
	}
	if row.Code != "" {
		if m, done := d.byCode(&s); done {
			return m
		}
	}
	if m, done := d.byIdentifier(&s); done {
		return m
	}
	if d.parts.empty {
		return d.leave(&s, nil)
	}
	for _, a := range x.said[s.key] {
		if !a.Same {
			s.denied = append(s.denied, a.Subject)
			continue
		}
		if i := x.answered[a.Subject]; i >= 0 {
			return d.decided(&s, Link, ByAnswer, i, int(x.subject[i].first), "有人确认过，这个名称就是它。", "A person said that this name is its.")
		}
	}
	if m, done := d.byName(&s); done {
		return m
	}
	return d.byScore(&s)
}

// plain gives the key of the row's name in plain writing.
func (d *decider) plain() uint64 {
	d.whole()
	return d.parts.plain | 1
}

// whole takes the row's name apart, if that was not done yet.
func (d *decider) whole() {
	if !d.parts.taken {
		d.parser.finish(&d.parts)
	}
}

// byCode decides by the credit code, or by the slip that would make it one of the register.
func (d *decider) byCode(s *state) (Match, bool) {
	x := d.x
	code, check := cell.USCC([]byte(s.row.Code), nil)
	s.check = check
	if check != cell.NoCode {
		s.code = string(code)
		if i := x.withCode(code); i >= 0 {
			zh, en := "统一社会信用代码相同。", "The credit codes are the same."
			if check == cell.BadCheck {
				zh, en = "统一社会信用代码相同（校验码不符，库里也是这样写的，请核对营业执照）。", "The credit codes are the same (the check character fails, in the register too; check the licence)."
			}
			how, name := d.agreement(s, i)
			if more := d.namesSay(s, i, how); more.zh != "" {
				zh, en = zh+more.zh, en+" "+more.en
			}
			return d.decided(s, Link, ByCode, i, name, zh, en), true
		}
	}
	typed := typedCode(s.row.Code)
	found := x.slips(typed)
	for _, f := range found {
		if how, name := d.agreement(s, f.subject); how == agrees {
			zh := "代码不在库里，可能写错了：" + f.zh + "。名称也是这家企业，所以是它。"
			en := "The code is not in the register and may hold a slip: " + f.en + ". The name is this subject's too, so it is the one."
			return d.decided(s, Link, BySlip, f.subject, name, zh, en), true
		}
	}
	for _, f := range found {
		if how, name := d.agreement(s, f.subject); how == unsure && !d.elsewhere(s) {
			zh := "代码不在库里，可能写错了：" + f.zh + "。但名称说不准是不是这家企业，请核对。"
			en := "The code is not in the register and may hold a slip: " + f.en + ". Whether the name is this subject's is not certain; check it."
			return d.decided(s, Ask, BySlip, f.subject, name, zh, en), true
		}
	}
	switch {
	case check == cell.NoCode && len(typed) > 0:
		why := cell.Unusable(typed)
		s.notes.add("代码不能用："+why.ZH, "The code cannot be used: "+why.EN)
	case check == cell.BadCheck:
		why := cell.Warn(s.code)
		s.notes.add("代码不在库里，校验码也不符："+why.ZH, "The code is not in the register and its check character fails: "+why.EN)
	case check == cell.GoodCode:
		s.notes.add("代码正确，但库里没有。", "The code is right, but not in the register.")
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
		h := hashText(reg, 'r')
		if m, done := d.among(s, ByRegistration, x.all(x.byRegistration, h, func(i int) bool { return x.subject[i].registration == h }),
			"注册号相同。", "The registration numbers are the same."); done {
			return m, true
		}
	}
	org := organisation(s.row.Org, s.code)
	if org == "" {
		return Match{}, false
	}
	h := hashText(org, 'o')
	return d.among(s, ByOrg, x.all(x.byOrg, h, func(i int) bool { return x.subject[i].org == h }), "组织机构代码相同。", "The organisation codes are the same.")
}

// all lists the members of a bucket that fit.
func (x *Index) all(c *chain, hash uint64, fits func(int) bool) []int {
	var list []int
	for i := c.first(hash); i >= 0 && len(list) < 64; i = c.after(i) {
		if fits(i) {
			list = append(list, i)
		}
	}
	return list
}

// among decides between the subjects that share an identifier.
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
		zh, en = zh+"但有几家都是这个号码，请选定一家。", en+" But several subjects have it; choose one."
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

// accord is how far the names of a row and a subject agree.
type accord int8

const (
	disagrees accord = iota
	unsure
	agrees
)

// agreement compares the row's name with all names of a subject and gives the name that fits best.
func (d *decider) agreement(s *state, subject int) (accord, int) {
	x := d.x
	r := &x.subject[subject]
	first := int(r.first)
	if d.parts.empty || r.names == 0 {
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
	// The code has already chosen among all: what is left to ask is whether the names could be this alike by chance.
	switch {
	case best >= 10:
		return agrees, at
	case best >= 3:
		return unsure, at
	}
	return disagrees, at
}

// namesSay says what the names have to say of a link that they did not decide.
func (d *decider) namesSay(s *state, subject int, how accord) notes {
	x := d.x
	if how == agrees || d.parts.empty {
		return notes{}
	}
	n := notes{"名称不同，请留意是否改过名。", "The names differ; it may have changed its name."}
	for i := x.byKey.first(s.key); i >= 0; i = x.byKey.after(i) {
		if x.name[i].key == s.key && int(x.name[i].subject) != subject && x.name[i].kind == nowName {
			n.add("库里另有一家正叫这个名称，请核对代码。", "Another subject of the register has this very name; check the code.")
			break
		}
	}
	return n
}

// elsewhere reports whether the row's exact name is some subject's.
func (d *decider) elsewhere(s *state) bool {
	for i := d.x.byKey.first(s.key); i >= 0; i = d.x.byKey.after(i) {
		if d.x.name[i].key == s.key {
			return true
		}
	}
	return false
}

// exact reports whether a row is decided before names are weighed; for learning.
func (d *decider) exact(row *Row) bool {
	s := state{row: row}
	d.parser.parse(row.Name, &d.parts)
	if d.parts.empty {
		return true
	}
	s.key = d.parts.key | 1
	x := d.x
	if code, check := cell.USCC([]byte(row.Code), nil); check != cell.NoCode && x.withCode(code) >= 0 {
		return true
	}
	if len(x.said[s.key]) > 0 {
		return true
	}
	for i := x.byPlain.first(d.parts.plain | 1); i >= 0; i = x.byPlain.after(i) {
		if x.name[i].plain == d.parts.plain|1 {
			return true
		}
	}
	return d.elsewhere(&s)
}

// named lists the subjects with a name that fits, with that name; the name that a subject has now goes before a former one.
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

// byName decides by the exact name, former names, and the name in plain writing.
func (d *decider) byName(s *state) (Match, bool) {
	x := d.x
	same := d.named(s, x.byKey, s.key, func(n *nameRecord) bool { return n.key == s.key })
	now := slices.DeleteFunc(slices.Clone(same), func(i int) bool { return x.name[i].kind != nowName })
	if len(now) > 0 {
		return d.oneOf(s, ByName, now, "名称完全相同。", "The names are exactly the same."), true
	}
	if len(same) > 0 {
		return d.oneOf(s, ByFormer, same, "与曾用名完全相同。", "It is exactly a former name."), true
	}
	plain := d.plain()
	if list := d.named(s, x.byPlain, plain, func(n *nameRecord) bool { return n.plain == plain }); len(list) > 0 {
		return d.oneOf(s, ByPlain, list, "名称只在写法上不同（地名后的省市县区、括号、公司形式）。",
			"The names differ only in writing (kinds of places, brackets, the form of company)."), true
	}
	if len(s.row.Former) > 0 {
		own := d.parts
		var other parts
		for _, f := range s.row.Former {
			d.parser.parse(f, &other)
			key := other.key | 1
			if other.empty {
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

// oneOf decides by a name that one or several subjects have.
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
	m := Match{Decision: Ask, By: by, ZH: s.notes.zh + zh + "但有几家是这个名称，请选定一家。", EN: joined(s.notes.en, en+" But several subjects have it; choose one.")}
	for _, i := range list[:min(len(list), x.opt.Shown)] {
		m.Candidates = append(m.Candidates, d.candidate(s, int(x.name[i].subject), i, by))
	}
	m.ID = m.Candidates[0].ID
	return m
}

// compared gives the comparisons with the best name of every candidate; for learning.
func (d *decider) compared(row *Row) []comparison {
	s := state{row: row}
	d.parser.parse(row.Name, &d.parts)
	if d.parts.empty {
		return nil
	}
	d.score(&s)
	out := make([]comparison, len(d.scored))
	for i := range d.scored {
		out[i] = d.scored[i].got
	}
	return out
}

// score weighs the candidates, the best first.
func (d *decider) score(s *state) {
	x := d.x
	d.whole()
	address := uint32(0)
	if s.row.Address != "" {
		d.runes = d.runes[:0]
		for _, c := range cell.NameKey(s.row.Address) {
			d.runes = append(d.runes, c)
		}
		address = hash32(d.runes, 'a') | 1
	}
	d.scored = d.scored[:0]
	prior := x.prior()
	for _, h := range d.finder.find(x, &d.parts) {
		n := &x.name[h.name]
		if len(s.denied) > 0 && slices.Contains(s.denied, x.subject[n.subject].id) {
			continue
		}
		c := scored{name: int(h.name), got: d.comparer.compare(x, &d.parts, address, n)}
		c.weight = prior + x.model.sum(&c.got)
		if s.check == cell.GoodCode && x.codes[18*int(n.subject)] != 0 {
			c.code, c.weight = -1, c.weight-otherCode
		}
		better := true
		for i := range d.scored {
			if x.name[d.scored[i].name].subject == n.subject {
				if better = false; c.weight > d.scored[i].weight || c.weight == d.scored[i].weight && x.order(h.name, uint32(d.scored[i].name)) < 0 {
					d.scored[i] = c
				}
				break
			}
		}
		if better {
			d.scored = append(d.scored, c)
		}
	}
	slices.SortFunc(d.scored, func(a, b scored) int {
		return cmp.Or(-cmp.Compare(a.weight, b.weight), x.order(uint32(a.name), uint32(b.name)))
	})
}

// otherCode is what it weighs against a candidate that it has another code than the row's, whose check character holds.
const otherCode = 10

// byScore decides by the weights.
func (d *decider) byScore(s *state) Match {
	x := d.x
	d.score(s)
	if len(d.scored) == 0 || d.scored[0].weight < x.opt.Ask {
		return d.leave(s, d.scored)
	}
	best := &d.scored[0]
	margin := math.Inf(1)
	if len(d.scored) > 1 {
		margin = best.weight - d.scored[1].weight
	}
	m := Match{Decision: Link, By: ByScore, Weight: best.weight, Margin: margin, ID: x.subject[x.name[best.name].subject].id}
	l := &best.got.levels
	zh, en := "名称各部分合起来足够像，第二像的差得远。", "The parts of the names agree well enough, and the second best is far behind."
	switch {
	case best.weight < x.opt.Link:
		m.Decision = Ask
		zh, en = "像，但不足以自动认定，请核对。", "It is alike, but not enough to be linked without asking."
	case l[branchAt] >= branchOne:
		m.Decision = Ask
		zh, en = "像，但一个是分支机构、另一个不是（或是另一个分支），请核对。", "It is alike, but one is a branch and the other is not (or is another branch); check it."
	case l[numbersAt] == numbersDiffer:
		m.Decision = Ask
		zh, en = "像，但名称里的序号不同，请核对。", "It is alike, but the numbers in the names differ; check it."
	case l[placeAt] == placeDiffers:
		m.Decision = Ask
		zh, en = "像，但地名不同：各地常有同字号同行业的企业，请核对。", "It is alike, but the places differ, and other places often have bodies of the same trade name and business; check it."
	case l[tradeAt] >= tradeElsewhere || l[businessAt] >= businessPart:
		m.Decision = Ask
		zh, en = "像，但字号或行业用语只有部分相同，可能是关联企业，请核对。", "It is alike, but trade name or line of business agree only in part: it may be a sister company; check it."
	case best.code < 0:
		m.Decision = Ask
		zh, en = "像，但信用代码不同，请核对。", "It is alike, but the credit codes differ; check it."
	case margin < x.opt.Margin:
		m.Decision = Ask
		zh, en = "像，但不止一家这样像，请选定一家。", "It is alike, but not the only one; choose one."
	}
	m.ZH, m.EN = s.notes.zh+zh, joined(s.notes.en, en)
	d.candidates(s, &m)
	return m
}

func (d *decider) candidates(s *state, m *Match) {
	for i := range d.scored[:min(len(d.scored), d.x.opt.Shown)] {
		c := &d.scored[i]
		m.Candidates = append(m.Candidates, d.weighed(s, c))
	}
}

// leave finds nothing; what came closest is shown. Where a slip would make the code one of the register, and no other
// subject is like the name, a person is asked: it may have changed its name.
func (d *decider) leave(s *state, list []scored) Match {
	if s.slip != nil && !slices.Contains(s.denied, d.x.subject[s.slip.subject].id) {
		return d.decided(s, Ask, BySlip, s.slip.subject, int(d.x.subject[s.slip.subject].first),
			s.notes.zh+"库里也没有名称像的，可能改过名，请核对。", joined(s.notes.en, "No other subject has a name like it; it may have changed its name; check it."))
	}
	m := Match{Decision: Leave, By: ByNothing, ZH: s.notes.zh + "库里没有足够像的。", EN: joined(s.notes.en, "Nothing in the register is alike enough.")}
	if len(list) > 0 {
		m.Weight, m.Margin = list[0].weight, math.Inf(1)
		if len(list) > 1 {
			m.Margin = list[0].weight - list[1].weight
		}
		d.candidates(s, &m)
	}
	return m
}

// decided is a decision for one subject.
func (d *decider) decided(s *state, what Decision, by By, subject, name int, zh, en string) Match {
	return Match{Decision: what, By: by, ID: d.x.subject[subject].id, Margin: math.Inf(1), ZH: zh, EN: en,
		Candidates: []Candidate{d.candidate(s, subject, name, by)}}
}

// nowName is the name that a subject has now.
func (x *Index) nowName(subject int) string {
	r := &x.subject[subject]
	if r.names == 0 {
		return ""
	}
	return x.nameText(&x.name[r.first])
}
