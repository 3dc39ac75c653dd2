package link

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"eyas/internal/registry/cell"
	"eyas/internal/registry/link/orgname"
)

// decider decides rows. It reuses its memory and is not safe for concurrent use.
type decider struct {
	x        *Index
	parser   orgname.Parser
	finder   finder
	comparer comparer
	parts    orgname.Parts
	runes    []rune
	scored   []scored
}

// scored is a subject with its best name.
type scored struct {
	name   int
	got    comparison
	weight float64
	code   int // −1: the row has a valid code and the subject another code
}

var deciders = sync.Pool{New: func() any { return &decider{} }}

func (x *Index) decider() *decider {
	return &decider{x: x, parser: orgname.Parser{Words: x.words}}
}

// Match decides a row. It is safe for concurrent use, but not at the same time as Learn or Remember.
func (x *Index) Match(row Row) Match {
	d := deciders.Get().(*decider)
	if d.x != x {
		d.x, d.parser.Words = x, x.words
	}
	m := d.match(&row)
	deciders.Put(d)
	return m
}

// state is what is known about a row while it is decided.
type state struct {
	row    *Row
	code   string // the row's code if it is usable
	check  cell.State
	key    uint64
	denied []int64 // ids of subjects that people excluded, and Row.Except
	notes  notes
	slip   *slip // the nearest code, if its subject has another name
}

// notes are sentences about the code that are added to a later decision.
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
	if row.Except != 0 {
		s.denied = append(s.denied, row.Except)
	}
	d.parser.Begin(row.Name, &d.parts)
	if !d.parts.Empty {
		s.key = d.parts.Key | 1
	}
	if row.Code != "" {
		if m, done := d.byCode(&s); done {
			return m
		}
	}
	if m, done := d.byIdentifier(&s); done {
		return m
	}
	if d.parts.Empty {
		return d.leave(&s, nil)
	}
	for _, a := range x.said[s.key] {
		if !a.Same {
			s.denied = append(s.denied, a.Subject)
			continue
		}
		if i := x.answered[a.Subject]; i >= 0 && a.Subject != row.Except {
			return d.decided(&s, Link, ByAnswer, i, int(x.subject[i].first), "有人确认过，这个名称就是它。", "A person confirmed that this name belongs to this subject.")
		}
	}
	if m, done := d.byName(&s); done {
		return m
	}
	return d.byScore(&s)
}

// plain returns the key of the row's name in plain writing.
func (d *decider) plain() uint64 {
	d.whole()
	return d.parts.Plain | 1
}

// whole parses the rest of the row's name, if it was not parsed yet.
func (d *decider) whole() {
	if !d.parts.Taken {
		d.parser.Finish(&d.parts)
	}
}

// exact reports whether a row is decided without scoring, by its code, an answer or a name. Learn uses it. It does not
// look at older identifiers.
func (d *decider) exact(row *Row) bool {
	s := state{row: row}
	d.parser.Parse(row.Name, &d.parts)
	if d.parts.Empty {
		return true
	}
	s.key = d.parts.Key | 1
	x := d.x
	if code, check := x.readCode(row.Code); check != cell.NoCode && x.withCode(code) >= 0 {
		return true
	}
	if len(x.said[s.key]) > 0 {
		return true
	}
	for i := x.byPlain.first(d.parts.Plain | 1); i >= 0; i = x.byPlain.after(i) {
		if x.name[i].plain == d.parts.Plain|1 && x.subject[x.name[i].subject].id != row.Except {
			return true
		}
	}
	return d.elsewhere(&s)
}

// compared returns the comparison with the best name of every candidate, for Learn.
func (d *decider) compared(row *Row) []comparison {
	s := state{row: row}
	if row.Except != 0 {
		s.denied = append(s.denied, row.Except)
	}
	d.parser.Parse(row.Name, &d.parts)
	if d.parts.Empty {
		return nil
	}
	d.score(&s)
	out := make([]comparison, len(d.scored))
	for i := range d.scored {
		out[i] = d.scored[i].got
	}
	return out
}

// score weighs the candidates and sorts them, best first.
func (d *decider) score(s *state) {
	x := d.x
	d.whole()
	address := uint32(0)
	if s.row.Address != "" {
		d.runes = d.runes[:0]
		for _, c := range cell.NameKey(s.row.Address) {
			d.runes = append(d.runes, c)
		}
		address = orgname.Hash32(d.runes, 'a') | 1
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
		if s.check == cell.GoodCode && x.coded(n.subject) {
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

// otherCode is subtracted from the weight of a candidate with another code than the row's, if the row's is valid. In
// bits.
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
	zh, en := "名称各部分合起来足够像，第二像的差得远。", "The parts of the names agree well enough, and the second candidate is far behind."
	switch {
	case best.weight < x.opt.Link:
		m.Decision = Ask
		zh, en = "像，但不足以自动认定，请核对。", "The names are similar, but not enough to link without asking."
	case l[branchAt] >= branchOne:
		m.Decision = Ask
		zh, en = "像，但一个是分支机构、另一个不是（或是另一个分支），请核对。", "The names are similar, but one is a branch and the other is not (or is another branch); check it."
	case l[numbersAt] == numbersDiffer:
		m.Decision = Ask
		zh, en = "像，但名称里的序号不同，请核对。", "The names are similar, but the numbers in them differ; check it."
	case l[placeAt] == placeDiffers:
		m.Decision = Ask
		zh, en = "像，但地名不同：各地常有同字号同行业的企业，请核对。", "The names are similar, but the places differ. Enterprises with the same trade name and business often exist in other places; check it."
	case l[tradeAt] >= tradeElsewhere || l[businessAt] >= businessPart:
		m.Decision = Ask
		zh, en = "像，但字号或行业用语只有部分相同，可能是关联企业，请核对。", "The names are similar, but the trade name or the line of business agrees only in part. It may be a sister company; check it."
	case best.code < 0:
		m.Decision = Ask
		zh, en = "像，但代码不同，请核对。", "The names are similar, but the codes differ; check it."
	case margin < x.opt.Margin:
		m.Decision = Ask
		zh, en = "像，但不止一家这样像，请选定一家。", "There is more than one similar name; choose one."
	}
	m.ZH, m.EN = s.notes.zh+zh, joined(s.notes.en, en)
	d.candidates(s, &m, x.opt.Shown)
	return m
}

func (d *decider) candidates(s *state, m *Match, most int) {
	for i := range d.scored[:min(len(d.scored), most)] {
		c := &d.scored[i]
		m.Candidates = append(m.Candidates, d.weighed(s, c))
	}
}

// leave returns Leave with the most similar candidate. If a slip leads to a code of the register and no name is
// similar, it returns Ask instead, because the enterprise may have changed its name.
func (d *decider) leave(s *state, list []scored) Match {
	if s.slip != nil && !slices.Contains(s.denied, d.x.subject[s.slip.subject].id) {
		return d.decided(s, Ask, BySlip, s.slip.subject, int(d.x.subject[s.slip.subject].first),
			s.notes.zh+"库里也没有名称像的，可能改过名，请核对。", joined(s.notes.en, "No other subject has a similar name. It may have changed its name; check it."))
	}
	m := Match{Decision: Leave, By: ByNothing, ZH: s.notes.zh + "库里没有足够像的。", EN: joined(s.notes.en, "No name in the register is similar enough.")}
	if d.parts.Empty {
		m.ZH, m.EN = s.notes.zh+"没有名称可比。", joined(s.notes.en, "There is no name to compare.")
	}
	if len(list) > 0 {
		m.Weight, m.Margin = list[0].weight, math.Inf(1)
		if len(list) > 1 {
			m.Margin = list[0].weight - list[1].weight
		}
		d.candidates(s, &m, 1)
	}
	return m
}

// decided returns a decision for one subject.
func (d *decider) decided(s *state, what Decision, by By, subject, name int, zh, en string) Match {
	return Match{Decision: what, By: by, ID: d.x.subject[subject].id, Margin: math.Inf(1), ZH: zh, EN: en,
		Candidates: []Candidate{d.candidate(s, subject, name, by)}}
}

// nowName returns the current name of a subject.
func (x *Index) nowName(subject int) string {
	r := &x.subject[subject]
	if r.names == 0 {
		return ""
	}
	return x.nameText(&x.name[r.first])
}
