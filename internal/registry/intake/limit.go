package intake

import (
	"cmp"
	"context"

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
	// Standing tells how some stored subjects lie, in few queries.
	Standing func(ctx context.Context, subjects []int64) (map[int64]Standing, error)
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
	limit   *Limit
	reg     *pack.Register
	away    map[string]bool // what is said of a place elsewhere: whether it is of a subject that he sees
	units   units
	refused map[at]bool // rows that give a subject that he sees to one that he does not see
}

// refuses says why a row is refused; nil: it is not.
func (o *others) refuses(where at, r *layout.Reading) *pack.Text {
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
	o := &others{limit, reg, map[string]bool{}, units{limit, reg, map[unit]bool{}}, map[at]bool{}}
	resolver, err := identity.NewResolver(limit.look(ctx), r, reg.ID, fact.BatchRows)
	if err != nil {
		return nil, err
	}
	rows := make([]readyRow, 0, fact.BatchRows)
	var belongings []belonging
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
				belongings = append(belongings, belonging{row, names, limit.Placed(reg, reading.Facts)})
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
