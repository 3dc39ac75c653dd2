package placing

import (
	"context"
	"errors"
	"slices"

	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// errMany is returned when other writers changed more subjects meanwhile than are derived in one transaction.
var errMany = errors.New("registry: much has been written meanwhile")

// placing changes the district that a phrase stands for to org; empty means none. wanted reports whether there is
// anything to change, and change does it. The subjects whose address contains the phrase are searched while other writers
// write. A few of them are derived again in the transaction of the change; many of them land as a batch.
func (g *Answers) placing(ctx context.Context, phrase, org string, wanted func(context.Context, Reader) (bool, error), change func(context.Context, Writer) error) error {
	needed := false
	if err := g.rooms.Places().Read(ctx, func(r Reader) (err error) { needed, err = wanted(ctx, r); return err }); err != nil || !needed {
		return err
	}
	having, seen, err := g.book.addressed(ctx, g, phrase)
	if err != nil {
		return err
	}
	many := 0
	for _, ids := range having {
		many += len(ids)
	}
	if many <= fact.BatchRows {
		err := g.rooms.Places().Within(ctx, func(ctx context.Context, w Writer) error {
			if err := change(ctx, w); err != nil {
				return err
			}
			for _, reg := range g.base.Pack.Registers {
				if reg.Attribute(layout.AddressAttr) == nil {
					continue
				}
				later, err := w.Changed(ctx, reg.ID, seen)
				if err != nil {
					return err
				}
				if len(later) > fact.BatchRows {
					return errMany
				}
				all := slices.Concat(having[reg], later)
				slices.Sort(all)
				if _, err := g.base.Numbered(ctx, reg); err != nil {
					return err
				}
				if _, err := g.base.Settle(ctx, reg, slices.Compact(all), derive.Progress{}, nil); err != nil {
					return err
				}
			}
			return nil
		})
		if !errors.Is(err, errMany) {
			return err
		}
	}
	return g.base.InBulk(ctx, "place", nil, func(ctx context.Context, b *derive.Bulk) error {
		b.Says = map[string]string{phrase: org}
		var subjects map[*pack.Register][]int64
		if err := derive.ReadIn(ctx, b, g.rooms.Places(), func(r Reader) (err error) {
			subjects, err = g.base.Addressed(ctx, r, []string{phrase})
			return err
		}); err != nil {
			return err
		}
		for _, reg := range g.base.Pack.Registers {
			if reg.Attribute(layout.AddressAttr) == nil {
				continue
			}
			if _, err := g.base.Ready(ctx, reg); err != nil {
				return err
			}
			if _, err := b.Settle(ctx, reg, subjects[reg], derive.Progress{}, nil); err != nil {
				return err
			}
		}
		b.AtLast(func(ctx context.Context) error {
			return g.rooms.Places().Within(ctx, func(ctx context.Context, w Writer) error { return change(ctx, w) })
		})
		return nil
	})
}

// eachNamed passes the profiles of some subjects of a register. The profile is reused for the next one.
func (g *Answers) eachNamed(ctx context.Context, reg *pack.Register, subjects []int64, fn func(*fact.Profile)) error {
	return g.rooms.Places().Read(ctx, func(r Reader) error {
		pass, err := g.base.Reader(ctx, r, reg, func(p *fact.Profile) error { fn(p); return nil })
		if err != nil {
			return err
		}
		return derive.EachOf(ctx, r, subjects, pass)
	})
}
