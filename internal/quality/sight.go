package quality

import (
	"context"
	"slices"

	"eyas/internal/auth"
)

// shows tells which findings of a register the actor may see: of subjects that he sees, about fields that he sees. nil means
// all.
func (b *Board) shows(ctx context.Context, register string) (func(Key) bool, error) {
	scope, err := b.actors.Scope(ctx, register)
	if err != nil {
		return nil, err
	}
	hidden := map[string]bool{}
	classes := b.actors.Classes(ctx)
	reg := b.pack.Register(register)
	if reg != nil {
		for _, a := range reg.Attributes {
			if a.Class != "" && !slices.Contains(classes, a.Class) {
				hidden[a.ID] = true
			}
		}
	}
	if scope.Whole() {
		all, err := b.actors.Scope(ctx, "")
		switch {
		case err != nil:
			return nil, err
		case len(hidden) == 0 && all.Whole():
			return nil, nil
		}
		return func(k Key) bool { return !hidden[k.Attribute] }, nil
	}
	seen, err := b.reg.Seen(ctx, register)
	if err != nil {
		return nil, err
	}
	return func(k Key) bool { return !hidden[k.Attribute] && seen(k.Subject) }, nil
}

// findingsRead is how many findings are read together from which those are chosen that the actor sees.
const findingsRead = 1000

// each passes the findings that fit a filter and that the actor sees, in the order of the filter.
func (b *Board) each(ctx context.Context, f Filter, shows func(Key) bool, fn func(*Row)) error {
	scope, err := b.actors.Scope(ctx, f.Register)
	if err != nil {
		return err
	}
	f.Districts = b.districtsOf(scope, f.Districts)
	ctx = passed(ctx)
	for at := 0; ; at += findingsRead {
		page, total, err := b.listed(ctx, f, at, findingsRead)
		if err != nil {
			return err
		}
		for i := range page {
			if shows(page[i].Key) {
				fn(&page[i])
			}
		}
		if at+findingsRead >= total || len(page) == 0 {
			return nil
		}
	}
}

// districtsOf bounds a filter to the districts in which a scope can see something, so that no more is read than needed. A
// scope of a zone alone may lie in any district.
func (b *Board) districtsOf(s auth.Scope, asked []string) []string {
	if s.Whole() || len(s.Orgs()) == 0 {
		return asked
	}
	within := []string{""}
	for _, id := range s.Orgs() {
		o := b.pack.Orgs.ByID(id)
		if o.IsDistrict() {
			within = append(within, id)
		}
	}
	if len(within) == 1 {
		return asked
	}
	if asked == nil {
		return within
	}
	return slices.DeleteFunc(slices.Clone(asked), func(id string) bool { return !slices.Contains(within, id) })
}

// sees tells which of the open findings in memory the actor may see, by a function of shows. Those of districts where he sees
// nothing are not asked about. nil means all.
func (b *Board) sees(ctx context.Context, register string, shows func(Key) bool) (func(*Slim) bool, error) {
	if shows == nil {
		return nil, nil
	}
	scope, err := b.actors.Scope(ctx, register)
	if err != nil {
		return nil, err
	}
	within := b.districtsOf(scope, nil)
	return func(f *Slim) bool { return (within == nil || slices.Contains(within, f.District)) && shows(f.Key) }, nil
}
