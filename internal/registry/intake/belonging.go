package intake

import (
	"context"
	"slices"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/layout"
)

// A subject that says no place lies where the subject lies that it belongs to (pack.Register.BelongsBy). Who brings one that belongs
// to a subject which he does not see would lose sight of it as soon as the base has that other subject, and so learn that it does. So
// a new one is held, whether or not the base has the other. A row that gives such a place to a subject that he sees is refused.

// Standing is how a stored subject lies.
type Standing struct {
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

// units are the subjects where a row lies by what it says, as far as that is not its own place.
func (l *Limit) units(p *pack.Pack, reg *pack.Register, r *layout.Reading) []fact.Named {
	if l.Outside(reg, r.Facts) || l.Placed(reg, r.Facts) {
		return nil
	}
	return unitsOf(p, reg, r)
}

// unit is a name of a subject to which others belong, as a key.
type unit struct{ code, key string }

// units remembers which of the names that stand in a file mean subjects that somebody sees.
type units struct {
	limit *Limit
	reg   *pack.Register
	known map[unit]bool
}

// ask asks about those names that were not asked about.
func (u *units) ask(ctx context.Context, names []fact.Named) error {
	fresh := make([]fact.Named, 0, len(names))
	for _, n := range names {
		key := unit{n.Code, n.Key}
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
			u.known[unit{n.Code, n.Key}] = known[i]
		}
	}
	return nil
}

// strange reports whether a row belongs to subjects of which somebody sees none. They were asked about before.
func (u *units) strange(names []fact.Named) bool {
	return len(names) > 0 && !slices.ContainsFunc(names, func(n fact.Named) bool { return u.known[unit{n.Code, n.Key}] })
}

// strangeIn says of some lists of names whether each has names and somebody sees none of what they mean; nil without a limit.
func (l *Limit) strangeIn(ctx context.Context, reg *pack.Register, names ...[]fact.Named) ([]bool, error) {
	if l == nil {
		return nil, nil
	}
	u := units{l, reg, map[unit]bool{}}
	if err := u.ask(ctx, slices.Concat(names...)); err != nil {
		return nil, err
	}
	list := make([]bool, len(names))
	for i := range names {
		list[i] = u.strange(names[i])
	}
	return list, nil
}

// at is the place of a row in a file.
type at struct{ sheet, row int }

// belonging is a row that belongs to others.
type belonging struct {
	readyRow
	names  []fact.Named
	placed bool
}

// belong finds out which of some rows make held subjects, because they belong to subjects that are not seen, and which are refused.
func (o *others) belong(ctx context.Context, resolver *identity.Resolver, rows []belonging) error {
	var names []fact.Named
	for i := range rows {
		names = append(names, rows[i].names...)
	}
	if err := o.units.ask(ctx, names); err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r belonging) bool { return !o.units.strange(r.names) })
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
	standing, err := o.limit.Standing(ctx, ids)
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
			o.refused[at{r.sheet, r.number}] = true
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
