package intake

import (
	"cmp"
	"context"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/table"
)

// A person of one organisation brings what concerns it. His rows are resolved as if there were only the subjects that he sees (see
// identity.Look): a row about another one makes a subject of its own, which is held until the owner answers, and all that he is
// told is what he would be told of a subject that nobody has. A row that says a place of another organisation makes a held subject,
// too. Only a row that says such a place of a subject that he sees is refused: so nobody moves a subject out of his own sight.

// Limit is what somebody may bring who sees a part of the registers.
type Limit struct {
	// Holds reports whether he sees a subject.
	Holds func(ctx context.Context, subject int64) (bool, error)
	// Outside reports whether the values of a row say a place that is none of his.
	Outside func(reg *pack.Register, facts []fact.Fact) bool
	// Elsewhere reports whether a subject that he sees is held and says such a place itself: more rows of that may follow.
	Elsewhere func(ctx context.Context, subject int64) (bool, error)
	// Alone reports whether he alone ever brought records of a subject.
	Alone func(ctx context.Context, subject int64) (bool, error)
	// Placed reports whether the values of a row say a place.
	Placed func(reg *pack.Register, facts []fact.Fact) bool
	// Knows reports, for each of some names of subjects to which those of a register belong, whether he sees one that it may mean. Many
	// names cost few queries.
	Knows func(ctx context.Context, reg *pack.Register, names []fact.Named) ([]bool, error)
	// Lying tells how some stored subjects lie, in few queries.
	Lying func(ctx context.Context, subjects []int64) (map[int64]Lying, error)
	// Actor is his id: of other imports nothing is told.
	Actor string
	Org   string   // for which he acts
	Orgs  []string // that and those below it
}

type limitKey struct{}

// Limited returns a context in which imports and entries are bounded by a limit.
func Limited(ctx context.Context, l Limit) context.Context {
	return context.WithValue(ctx, limitKey{}, &l)
}

// limitOf is the limit of a context; nil when there is none.
func limitOf(ctx context.Context) *Limit {
	l, _ := ctx.Value(limitKey{}).(*Limit)
	return l
}

// look returns a context in which rows are resolved by what he sees.
func (l *Limit) look(ctx context.Context) context.Context {
	if l == nil {
		return ctx
	}
	return identity.Through(ctx, &identity.Look{Org: l.Org, Orgs: l.Orgs, Sees: l.Holds, Alone: l.Alone})
}

// own reports whether a row that says a place elsewhere is refused, by the subject that it is about; 0: a new one.
func (l *Limit) own(ctx context.Context, subject int64) (bool, error) {
	if subject == 0 {
		return false, nil
	}
	elsewhere, err := l.Elsewhere(ctx, subject)
	return !elsewhere, err
}

// outsideText is said of a row that says another place of a subject that he sees.
var outsideText = pack.Text{
	ZH: "这一行把本机构的主体说成在别的机构，没有采用。主体迁出，请由市局办理。",
	EN: "This row says that a subject of your organisation lies in another one, and was not taken. The city bureau records that a subject has moved.",
}

func errOutside() error {
	return fault.New(fault.Forbidden, "所填的地方不属于您的机构，没有保存。主体迁出，请由市局办理。",
		"The place that you give is not your organisation's, and nothing was saved. The city bureau records that a subject has moved.")
}

// others are what rows of a file say about whom they are that say a place elsewhere.
type others struct {
	limit     *Limit
	reg       *pack.Register
	away      map[string]bool // what is said of a place elsewhere: whether it is of a subject that he sees
	unitsSeen knownUnits
	refused   map[rowPlace]bool // rows that give a subject that he sees to one that he does not see
}

// refuses says why a row is refused; nil: it is not.
func (o *others) refuses(where rowPlace, r *layout.Reading) *pack.Text {
	switch {
	case o == nil:
		return nil
	case o.refused[where]:
		return &strayText
	case o.away[sayingOf(r.Code, fact.BoundedKey(fact.Storable(r.NameKey)))] && o.limit.Outside(o.reg, r.Facts):
		return &outsideText
	}
	return nil
}

// tell tells a resolver of the rows whose new subjects are held.
func (o *others) tell(r *identity.Resolver) {
	if o != nil {
		for saying := range o.away {
			r.Away(saying, "")
		}
	}
}

// sayingOf is what a row says about whom it is.
func sayingOf(code, key string) string { return cmp.Or(code, key) }

// othersIn reads a file and finds the rows that say a place elsewhere; nil without a limit.
func (g *Intake) othersIn(ctx context.Context, r Reader, reg *pack.Register, src layout.Source, opt layout.Options) (*others, error) {
	limit := limitOf(ctx)
	if limit == nil {
		return nil, nil
	}
	in, err := g.base.Open(ctx, r, reg, src, opt)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	o := &others{limit, reg, map[string]bool{}, knownUnits{limit, reg, map[unitName]bool{}}, map[rowPlace]bool{}}
	resolver, err := identity.NewResolver(limit.look(ctx), r, reg.ID, fact.BatchRows)
	if err != nil {
		return nil, err
	}
	rows := make([]readyRow, 0, fact.BatchRows)
	var belongings []belongingRow
	check := func() error {
		if err := o.belong(ctx, resolver, belongings); err != nil {
			return err
		}
		belongings = belongings[:0]
		if err := resolver.Prepare(ctx, namings(rows)); err != nil {
			return err
		}
		for i := range rows {
			own, err := limit.own(ctx, resolver.Known(rows[i].code, rows[i].key))
			if err != nil {
				return err
			}
			o.away[sayingOf(rows[i].code, rows[i].key)] = own
		}
		rows = rows[:0]
		return nil
	}
	var reading layout.Reading
	err = in.Sheets(func(index int, l *layout.Layout, s *table.Sheet) error {
		return in.Each(index, l, s, func(index int, l *layout.Layout, from table.Row) error {
			if _, holds := in.Convert(l, from, &reading); !holds || reading.Refuse != nil {
				return nil
			}
			row := readyRow{sheet: index, number: from.Number, code: reading.Code, key: fact.BoundedKey(fact.Storable(reading.NameKey))}
			if limit.Outside(reg, reading.Facts) {
				rows = append(rows, row)
			} else if names := unitsOf(g.base.Pack, reg, &reading); len(names) > 0 {
				belongings = append(belongings, belongingRow{row, names, limit.Placed(reg, reading.Facts)})
			}
			if len(rows) == cap(rows) || len(belongings) == cap(rows) {
				return check()
			}
			return ctx.Err()
		})
	})
	if err != nil {
		return nil, err
	}
	return o, check()
}

// A subject that says no place lies where the subject lies that it belongs to (pack.Register.BelongsBy). Who brings one that belongs
// to a subject which he does not see would lose sight of it as soon as the base has that other subject, and so learn that it does. So
// a new one is held, whether or not the base has the other. A row that gives such a place to a subject that he sees is refused.

// Lying is how a stored subject lies.
type Lying struct {
	Gone, Held bool
	Placed     bool // it says a place itself
	Void       bool // a place that it said is void
	Names      []fact.Named
}

// unitsOf are the subjects that a row belongs to by what it says.
func unitsOf(p *pack.Pack, reg *pack.Register, r *layout.Reading) []fact.Named {
	v := reg.Belongs()
	if v == nil {
		return nil
	}
	return fact.NamedIn(p, v, r.Value)
}

// unitsBeside are the subjects where a row lies by what it says, as far as that is not its own place.
func (l *Limit) unitsBeside(p *pack.Pack, reg *pack.Register, r *layout.Reading) []fact.Named {
	if l.Outside(reg, r.Facts) || l.Placed(reg, r.Facts) {
		return nil
	}
	return unitsOf(p, reg, r)
}

// unitName is a name of a subject to which others belong, as a key.
type unitName struct{ code, key string }

// knownUnits remembers which of the names that stand in a file mean subjects that somebody sees.
type knownUnits struct {
	limit *Limit
	reg   *pack.Register
	known map[unitName]bool
}

// ask asks about those names that were not asked about.
func (u *knownUnits) ask(ctx context.Context, names []fact.Named) error {
	fresh := make([]fact.Named, 0, len(names))
	for _, n := range names {
		key := unitName{n.Code, n.Key}
		if _, asked := u.known[key]; !asked {
			u.known[key] = false
			fresh = append(fresh, n)
		}
	}
	for part := range slices.Chunk(fresh, fact.BatchRows) {
		known, err := u.limit.Knows(ctx, u.reg, part)
		if err != nil {
			return err
		}
		for i, n := range part {
			u.known[unitName{n.Code, n.Key}] = known[i]
		}
	}
	return nil
}

// strange reports whether a row belongs to subjects of which somebody sees none. They were asked about before.
func (u *knownUnits) strange(names []fact.Named) bool {
	return len(names) > 0 && !slices.ContainsFunc(names, func(n fact.Named) bool { return u.known[unitName{n.Code, n.Key}] })
}

// strangeIn says of some lists of names whether each has names and somebody sees none of what they mean; nil without a limit.
func (l *Limit) strangeIn(ctx context.Context, reg *pack.Register, names ...[]fact.Named) ([]bool, error) {
	if l == nil {
		return nil, nil
	}
	u := knownUnits{l, reg, map[unitName]bool{}}
	if err := u.ask(ctx, slices.Concat(names...)); err != nil {
		return nil, err
	}
	list := make([]bool, len(names))
	for i := range names {
		list[i] = u.strange(names[i])
	}
	return list, nil
}

// rowPlace is the place of a row in a file.
type rowPlace struct{ sheet, row int }

// belongingRow is a row that belongs to others.
type belongingRow struct {
	readyRow
	names  []fact.Named
	placed bool
}

// belong finds out which of some rows make held subjects, because they belong to subjects that are not seen, and which are refused.
func (o *others) belong(ctx context.Context, resolver *identity.Resolver, rows []belongingRow) error {
	var names []fact.Named
	for i := range rows {
		names = append(names, rows[i].names...)
	}
	if err := o.unitsSeen.ask(ctx, names); err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r belongingRow) bool { return !o.unitsSeen.strange(r.names) })
	if len(rows) == 0 {
		return nil
	}
	if err := resolver.Prepare(ctx, func(yield func(code, key string) bool) {
		for i := range rows {
			if !yield(rows[i].code, rows[i].key) {
				return
			}
		}
	}); err != nil {
		return err
	}
	var ids []int64
	for i := range rows {
		if s := resolver.Known(rows[i].code, rows[i].key); s != 0 {
			ids = append(ids, s)
		}
	}
	standing, err := o.limit.Lying(ctx, ids)
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		s, stored := standing[resolver.Known(r.code, r.key)]
		switch {
		case !stored || s.Gone:
			if saying := sayingOf(r.code, r.key); !r.placed && !o.away[saying] {
				o.away[saying] = false
			}
		case s.Held || s.Placed || r.placed && !s.Void || slices.EqualFunc(s.Names, r.names, sameUnit):
		default:
			o.refused[rowPlace{r.sheet, r.number}] = true
		}
	}
	return nil
}

func sameUnit(a, b fact.Named) bool { return a.Code == b.Code && a.Key == b.Key }

// strayText is said of a row that gives a subject that he sees, and that says no place, to one that he does not see.
var strayText = pack.Text{
	ZH: "这一行把没有写明所属区的主体改归不在本机构的单位，没有采用。请在同一行写明所属区；改归别的机构的，请由市局办理。",
	EN: "This row gives a subject without a place of its own to a unit that is not your organisation's, and was not taken. Say its district in the same row, or ask the city bureau.",
}

// heldBy says of rows of a batch that are decided again whether a new subject of each is held, by what it belongs to.
func (l *Limit) heldBy(ctx context.Context, reg *pack.Register, rows []readyRow, names [][]fact.Named) error {
	strange, err := l.strangeIn(ctx, reg, names...)
	for i := range strange {
		rows[i].away = rows[i].away || strange[i]
	}
	return err
}
