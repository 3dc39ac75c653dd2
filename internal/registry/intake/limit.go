package intake

import (
	"context"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/table"
)

// A person of one organisation brings what concerns it. A row about a subject of another organisation is refused with one
// sentence, whether the base knows that subject or the row itself says another place; the city sees the refused row and finds
// out. Nothing else is told: no name and no code beyond those of the row.

// Limit is what somebody may bring who sees a part of the registers.
type Limit struct {
	// Holds reports whether he sees a subject.
	Holds func(ctx context.Context, subject int64) (bool, error)
	// Outside reports whether the values of a row say a place that is none of his.
	Outside func(reg *pack.Register, facts []fact.Fact) bool
	// Actor is his id: of other imports nothing is told.
	Actor string
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

// outsideText is said of what concerns another organisation.
var outsideText = pack.Text{
	ZH: "这一行所说的主体不属于您的机构，没有采用。市局能看到这一行，会转给它所属的机构核对。",
	EN: "The subject of this row does not belong to your organisation, and the row was not taken. The city bureau sees it and passes it on.",
}

func errOutside() error {
	return fault.New(fault.Forbidden, "所填的主体不属于您的机构，没有保存。请交市局办理。",
		"The subject does not belong to your organisation, and nothing was saved. Hand it to the city bureau.")
}

// admits refuses an entry about a subject of another organisation; nil admits everything.
func (l *Limit) admits(ctx context.Context, reg *pack.Register, subject int64, fresh bool, facts []fact.Fact) error {
	switch {
	case l == nil:
		return nil
	case fresh && l.Outside(reg, facts):
		return errOutside()
	case fresh:
		return nil
	}
	held, err := l.Holds(ctx, subject)
	if err == nil && !held {
		err = errOutside()
	}
	return err
}

// others are the subjects of other organisations that rows of a file are about, by what the rows say.
type others struct {
	limit *Limit
	reg   *pack.Register
	about map[string]bool
}

// has reports whether a row is about a subject of another organisation.
func (o *others) has(r *layout.Reading) bool {
	return o != nil && (o.about[sayingOf(r)] || o.limit.Outside(o.reg, r.Facts))
}

// sayingOf is what a row says about whom it is.
func sayingOf(r *layout.Reading) string {
	return r.Code + pack.KeySeparator + fact.BoundedKey(fact.Storable(r.NameKey))
}

// othersIn reads a file and finds the rows about subjects of other organisations; nil without a limit.
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
	o := &others{limit, reg, map[string]bool{}}
	resolver, err := identity.NewResolver(ctx, r, reg.ID, fact.BatchRows)
	if err != nil {
		return nil, err
	}
	held := map[int64]bool{}
	rows := make([]readyRow, 0, fact.BatchRows)
	check := func() error {
		if err := resolver.Prepare(ctx, namings(rows)); err != nil {
			return err
		}
		for i := range rows {
			subject := resolver.Known(rows[i].code, rows[i].key)
			if subject == 0 {
				continue
			}
			seen, asked := held[subject]
			if !asked {
				if seen, err = limit.Holds(ctx, subject); err != nil {
					return err
				}
				held[subject] = seen
			}
			if !seen {
				o.about[rows[i].code+pack.KeySeparator+rows[i].key] = true
			}
		}
		rows = rows[:0]
		return nil
	}
	var reading layout.Reading
	err = in.Sheets(func(index int, l *layout.Layout, s *table.Sheet) error {
		return in.Each(index, l, s, func(_ int, l *layout.Layout, from table.Row) error {
			if _, holds := in.Convert(l, from, &reading); !holds || reading.Refuse != nil {
				return nil
			}
			rows = append(rows, readyRow{code: reading.Code, key: fact.BoundedKey(fact.Storable(reading.NameKey))})
			if len(rows) == cap(rows) {
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
