package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"eyas/internal/auth"
	"eyas/internal/matter"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/link"
)

// besides is what a list is compared with: the cases of a matter that the actor sees.
type besides struct {
	d     *Desk
	m     *pack.MatterType
	stage *pack.Stage // the outside one
	o     Outcome
	whole bool // the actor sees all subjects
	seen  func(subject int64) bool
	of    map[int64][]*Listed // cases by subject
	lines []*Listed           // in their order
	rows  map[int64]*Row      // of those that the list may be about
	names map[int64]*fact.Ref // of subjects whose cases wait outside
	pairs *link.Index         // over names; nil: there are none
}

// plan is what a list makes of the cases.
type plan struct {
	Compared
	moves []move
	clear []int64 // cases of which the list leaves nothing to ask
}

// move is a case that a row moves.
type move struct {
	line  *Listed
	visit int
	row   *intake.ListedRow
}

// besides reads what a list is compared with.
func (d *Desk) besides(ctx context.Context, m *pack.MatterType, stage *pack.Stage, o Outcome, rows []intake.ListedRow) (*besides, error) {
	scope, err := d.scope(ctx, m.Register)
	if err != nil {
		return nil, err
	}
	b := &besides{d: d, m: m, stage: stage, o: o, whole: scope.Whole(), of: map[int64][]*Listed{}, rows: map[int64]*Row{}, names: map[int64]*fact.Ref{}}
	if b.seen, err = d.Seen(ctx, m.Register); err != nil {
		return nil, err
	}
	named := map[int64]bool{}
	for i := range rows {
		named[rows[i].Subject], named[rows[i].Named] = true, true
	}
	err = d.Storage.ReadCases(ctx, func(r Reader) error {
		w := Wanted{Matter: m.ID, Limit: 1000, All: scope.Whole(), Orgs: scope.Orgs(), Subjects: scope.Subjects()}
		for {
			part, err := r.List(ctx, w)
			if err != nil {
				return err
			}
			for i := range part {
				x := &part[i]
				if x.Subject, err = d.Root(ctx, x.Subject); err != nil {
					return err
				}
				b.of[x.Subject] = append(b.of[x.Subject], x)
				b.lines = append(b.lines, x)
				if named[x.Subject] || b.waits(x) {
					if b.rows[x.ID], err = r.Case(ctx, x.ID); err != nil {
						return err
					}
				}
			}
			if len(part) < w.Limit {
				return nil
			}
			w.After = part[len(part)-1].ID
		}
	})
	if err != nil {
		return nil, err
	}
	return b, b.name(ctx)
}

// waits reports whether a case is in the outside stage.
func (b *besides) waits(x *Listed) bool { return slices.Contains(x.Stages, b.stage.ID) }

// name reads the names of the subjects whose cases wait, to find rows that are nearly about one of them.
func (b *besides) name(ctx context.Context) error {
	var entries []link.Entry
	for _, x := range b.lines {
		if !b.waits(x) || b.names[x.Subject] != nil {
			continue
		}
		p, err := b.d.Profile(auth.As(ctx, auth.Self), x.Subject)
		if err != nil {
			return err
		}
		b.names[x.Subject] = &fact.Ref{Subject: x.Subject, Code: p.Code, Name: p.Name}
		entries = append(entries, link.Entry{ID: x.Subject, Code: p.Code, Name: p.Name})
	}
	if len(entries) > 0 {
		b.pairs = link.Build(slices.Values(entries), link.Options{})
	}
	return nil
}

// year is the year of a case: that in which it was begun.
func (b *besides) year(x *Listed) int { return x.Opened.In(b.d.now().Location()).Year() }

// yearOf is the year of a row; 0: it says none.
func (b *besides) yearOf(r *intake.ListedRow) int {
	if y, err := strconv.Atoi(r.Key); err == nil && y >= 1900 && y < 3000 {
		return y
	}
	return b.o.Year
}

// compare decides what each row is about. It reads nothing.
func (b *besides) compare(rows []intake.ListedRow) *plan {
	p := &plan{}
	found := map[int64]bool{} // cases that the list has, or may have
	latest := b.latest(rows, p, found)
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Faulty != (pack.Text{}):
			p.Refused = append(p.Refused, r.Faulty)
			for _, x := range b.of[r.Subject] { // it is on the list, whatever that says of it
				found[x.ID] = true
			}
		case r.Subject == 0:
			b.nobody(r, p, found)
		case !b.seen(r.Subject):
			p.Elsewhere++
		case latest[i]:
			b.somebody(r, p, found)
		}
	}
	if !b.o.Whole {
		return p
	}
	years := map[int]bool{b.o.Year: true}
	if b.o.Year == 0 {
		delete(years, 0)
		for i := range rows {
			years[b.yearOf(&rows[i])] = true
		}
	}
	for _, x := range b.lines {
		if r := b.rows[x.ID]; b.waits(x) && !found[x.ID] && years[b.year(x)] && (b.o.Org == "" || r.District == b.o.Org || r.Park == b.o.Org) {
			p.NotOnList++
			b.question(p, NotOnList, nil, x, "在这里申报、等外部系统结果，完整名单里没有", "it waits here for the other system, and the complete list does not have it")
		}
	}
	return p
}

// latest marks the rows that count: of those about one subject and one year the one with the latest day. Two of one day that say
// different things are asked about; what they may be about is on the list.
func (b *besides) latest(rows []intake.ListedRow, p *plan, found map[int64]bool) []bool {
	type one struct {
		subject int64
		year    int
	}
	counts := make([]bool, len(rows))
	best, asked := map[one]int{}, map[string]bool{}
	for i := range rows {
		r := &rows[i]
		if r.Subject == 0 || r.Faulty != (pack.Text{}) {
			continue
		}
		k := one{r.Subject, b.yearOf(r)}
		j, twice := best[k]
		switch {
		case !twice || r.On > rows[j].On:
			if twice {
				counts[j] = false
			}
			best[k], counts[i] = i, true
		case r.On == rows[j].On && r.State != rows[j].State:
			counts[j] = false
			if again := fmt.Sprint(k, r.State); b.seen(r.Subject) && !asked[again] {
				asked[again] = true
				for _, x := range b.of[r.Subject] {
					found[x.ID] = true
				}
				p.Asked++
				b.question(p, Unclear, r, b.only(r), fmt.Sprintf("名单第 %d 行和第 %d 行说的是同一家、同一天，状态不同", rows[j].Row, r.Row), fmt.Sprintf("rows %d and %d of the list are about one subject on one day, and say different states", rows[j].Row, r.Row))
			}
		}
	}
	return counts
}

// only is the one case of the row's subject; nil when there is none, or more than one.
func (b *besides) only(r *intake.ListedRow) *Listed {
	if list := b.of[r.Subject]; len(list) == 1 {
		return list[0]
	}
	return nil
}

// nobody is a row that finds no subject for sure. If it is nearly about a case that waits, somebody is asked.
func (b *besides) nobody(r *intake.ListedRow, p *plan, found map[int64]bool) {
	near, why := int64(0), pack.Text{}
	if r.Named != 0 && b.seen(r.Named) && len(b.of[r.Named]) > 0 {
		near, why = r.Named, pack.Text{ZH: "名称对得上，代码对不上", EN: "the name is known, the code is not its"}
	} else if b.pairs != nil {
		if m := b.pairs.Match(link.Row{Name: r.Name, Code: r.Code}); m.Decision != link.Leave && (m.By != link.ByScore || alike(r.Name, b.names[m.ID].Name) >= 0.6) {
			near, why = m.ID, pack.Text{ZH: "名称或代码相近，不能确定", EN: "the name or the code is similar, which is not sure"}
		}
	}
	for _, x := range b.of[near] {
		if near == 0 || !b.waits(x) && len(b.of[near]) > 1 {
			continue
		}
		found[x.ID] = true
		p.Asked++
		b.question(p, Unclear, r, x, fmt.Sprintf("名单第 %d 行“%s”可能是它：%s", r.Row, r.Name, why.ZH), fmt.Sprintf("row %d of the list, “%s”, may be about it: %s", r.Row, r.Name, why.EN))
		return
	}
	if !b.whole { // whether somebody else knows it is not told
		p.Elsewhere++
		return
	}
	p.NotFiledHere++
	b.question(p, NotFiledHere, r, nil, fmt.Sprintf("名单第 %d 行“%s”：库里没有这家", r.Row, r.Name), fmt.Sprintf("row %d of the list, “%s”: nobody of that name or code is in the register", r.Row, r.Name))
}

// alike is how much of two names is the same, from 0 to 1, by pairs of neighbouring characters. Few cases wait at a time, too few to learn
// from which words say little: a score alone would ask about names that share only the usual ones.
func alike(a, b string) float64 {
	pairs := func(s string) map[string]int {
		r, n := []rune(cell.NameKey(s)), map[string]int{}
		for i := 1; i < len(r); i++ {
			n[string(r[i-1:i+1])]++
		}
		return n
	}
	x, y := pairs(a), pairs(b)
	same, all := 0, 0
	for p, n := range x {
		same, all = same+min(n, y[p]), all+n
	}
	for _, n := range y {
		all += n
	}
	if all == 0 {
		return 0
	}
	return 2 * float64(same) / float64(all)
}

// somebody is a row about a subject that the actor sees.
func (b *besides) somebody(r *intake.ListedRow, p *plan, found map[int64]bool) {
	year := b.yearOf(r)
	var of, open []*Listed
	for _, x := range b.of[r.Subject] {
		if year != 0 && b.year(x) != year {
			continue
		}
		if of = append(of, x); x.End == "" {
			open = append(open, x)
		}
	}
	if len(open) > 0 {
		of = open
	}
	if len(of) == 0 {
		waiting := slices.DeleteFunc(slices.Clone(b.of[r.Subject]), func(x *Listed) bool { return !b.waits(x) })
		if len(waiting) == 0 {
			p.NotFiledHere++
			b.question(p, NotFiledHere, r, nil, fmt.Sprintf("名单第 %d 行“%s”：没有在这里申报", r.Row, r.Name), fmt.Sprintf("row %d of the list, “%s”: it was not filed here", r.Row, r.Name))
			return
		}
		found[waiting[0].ID] = true
		p.Asked++
		b.question(p, Unclear, r, waiting[0], fmt.Sprintf("名单第 %d 行说的是 %d 年，这里等结果的是 %d 年的", r.Row, year, b.year(waiting[0])), fmt.Sprintf("row %d of the list is of %d; what waits here is of %d", r.Row, year, b.year(waiting[0])))
		return
	}
	for _, x := range of {
		found[x.ID] = true
	}
	if len(of) > 1 {
		p.Asked++
		b.question(p, Unclear, r, of[0], fmt.Sprintf("名单第 %d 行：同一年有 %d 件，不知道是哪一件", r.Row, len(of)), fmt.Sprintf("row %d of the list: there are %d cases of one year, and nobody knows which is meant", r.Row, len(of)))
		return
	}
	p.Matched++
	b.matched(r, of[0], p)
}

// matched is a row that is about a case.
func (b *besides) matched(r *intake.ListedRow, x *Listed, p *plan) {
	c := b.rows[x.ID].Case
	i := slices.IndexFunc(b.stage.Outside.States, func(s pack.OutsideState) bool { return s.Code == r.State })
	does := ""
	if i >= 0 {
		does = b.stage.Outside.States[i].Outcome
	}
	ask := func(zh, en string) {
		p.Asked++
		b.question(p, Unclear, r, x, fmt.Sprintf("名单第 %d 行说“%s”，%s", r.Row, b.state(r.State).ZH, zh), fmt.Sprintf("row %d of the list says “%s”; %s", r.Row, b.state(r.State).EN, en))
	}
	var open, last *matter.Visit
	for _, v := range c.Visits {
		if v.Stage != b.stage.ID {
			continue
		}
		if last = v; v.Closed.IsZero() {
			open = v
		}
	}
	moves := does == pack.OutcomePass || does == pack.OutcomeRefuse
	switch {
	case last == nil && moves:
		ask("这里还没有报出去", "here it was not passed on yet")
	case last == nil:
		p.Unchanged++
	case open == nil && i < 0, open == nil && moves && does != last.Outcome && last.Outcome != matter.OutcomeCancelled:
		ask("和这里登记的结果不一致", "here another result is recorded")
	case open == nil:
		p.Unchanged++
		p.clear = append(p.clear, x.ID)
	case i < 0:
		ask("这个事项没有规定这种状态怎么办", "the matter does not say what such a state does")
	case b.known(open, r):
		p.Unchanged++
		p.clear = append(p.clear, x.ID)
	default:
		p.moves, p.clear = append(p.moves, move{x, open.ID, r}), append(p.clear, x.ID)
	}
}

// known reports whether a visit has what the row says, or something newer.
func (b *besides) known(v *matter.Visit, r *intake.ListedRow) bool {
	on := dayOf(r.On)
	return slices.ContainsFunc(v.Reported, func(x matter.Report) bool { return x.On > on || x.On == on && x.State == r.State })
}

// state names a state of the other system.
func (b *besides) state(code string) pack.Text {
	if list := b.d.Pack.CodeList("outside_state"); list != nil {
		for _, i := range list.Items {
			if i.Code == code {
				return i.Name
			}
		}
	}
	return pack.Text{ZH: code, EN: code}
}

// question adds one.
func (b *besides) question(p *plan, kind string, r *intake.ListedRow, x *Listed, zh, en string) {
	q := Question{Kind: kind, Said: pack.Text{ZH: zh + "。", EN: en + "."}}
	year := b.o.Year
	who := ""
	if r != nil {
		q.Row, q.State, q.On, q.Subject, year = r.Row, r.State, dayOf(r.On), r.Subject, b.yearOf(r)
		if who = r.Code; who == "" {
			who = r.Name
		}
	}
	if x != nil {
		q.Case, q.Subject, year = x.ID, x.Subject, b.year(x)
		if row := b.rows[x.ID]; row != nil {
			q.District, q.Park = row.District, row.Park
		}
		who = fmt.Sprint("case ", x.ID)
	} else if q.Subject != 0 {
		who = fmt.Sprint("subject ", q.Subject)
	}
	q.Name = fmt.Sprintf("%s %s %d %s", kind, who, year, q.State)
	p.Questions = append(p.Questions, q)
}
