package registry

import (
	"context"
	"slices"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Where a subject lies is said in one place, here: its own district, zone and park as its profile has them now; where it says
// none of them, those of the subject that it belongs to (pack.Register.BelongsBy); and as long as neither is known, whoever
// brought a record of it.

// Lie returns where a subject lies and what it belongs to; a fault with code NotFound when there is no such subject. by is the
// person of whom it is asked whether he brought a record of it; empty: nobody. It asks for no rights.
func (g *Registry) Lie(ctx context.Context, subject int64, by string) (l auth.Lie, err error) {
	defer fault.At(&err, "registry.Lie(subject %d)", subject)
	ctx = auth.As(ctx, auth.Self)
	if subject, err = g.identities.Root(ctx, subject); err != nil {
		return l, err
	}
	reg, p, err := g.profileOf(ctx, subject)
	if err != nil {
		return l, err
	}
	l.Subjects, l.Orgs = []int64{subject}, orgsOf(g.base.Pack, reg, p)
	owners, err := g.owners(ctx, reg, p)
	if err != nil {
		return l, err
	}
	own := l.Orgs
	for _, o := range owners {
		l.Subjects = append(l.Subjects, o.Subject)
		if own != nil {
			continue
		}
		of, profile, err := g.profileOf(ctx, o.Subject)
		if err != nil {
			return l, err
		}
		l.Orgs = append(l.Orgs, orgsOf(g.base.Pack, of, profile)...)
	}
	if l.Orgs == nil && by != "" {
		brought, err := g.intakes.Brought(ctx, by, []int64{subject})
		if err != nil {
			return l, err
		}
		if len(brought) > 0 {
			l.By = by
		}
	}
	return l, nil
}

// profileOf returns the profile of a subject and its register.
func (g *Registry) profileOf(ctx context.Context, subject int64) (*pack.Register, *fact.Profile, error) {
	p, err := g.profiles.Profile(ctx, subject)
	if err != nil {
		return nil, nil, err
	}
	register, err := g.profiles.RegisterOf(ctx, subject)
	if err != nil {
		return nil, nil, err
	}
	reg, err := g.base.RegisterOf(register)
	return reg, p, err
}

// orgsOf returns the district, zone and park that a profile says, as far as the city has them; nil: none.
func orgsOf(p *pack.Pack, reg *pack.Register, of *fact.Profile) (orgs []string) {
	district, zone := reg.PlaceAttributes()
	for _, a := range []*pack.Attribute{district, zone} {
		if a == nil {
			continue
		}
		if v := of.Value(a.ID); v != nil {
			if o := p.Orgs.ByID(v.Str); o.IsDistrict() || o.IsZone() {
				orgs = append(orgs, o.ID)
			}
		}
	}
	return orgs
}

// owners returns the subjects that a subject belongs to today. One that may mean several subjects means none.
func (g *Registry) owners(ctx context.Context, reg *pack.Register, p *fact.Profile) (list []fact.Ref, err error) {
	v := reg.Belongs()
	if v == nil {
		return nil, nil
	}
	today := fact.DayOf(g.base.Clock().In(g.base.Pack.Zone))
	for _, n := range fact.NamedIn(g.base.Pack, v, p.Value) {
		if n.Until != nil && *n.Until < int64(today) {
			continue
		}
		found, err := g.dossiers.Meant(ctx, v, n)
		if err != nil {
			return nil, err
		}
		if len(found) == 1 {
			list = append(list, found[0])
		}
	}
	return list, nil
}

// Within returns those of some subjects of a register, ascending, that a scope holds. It is for subjects that do not say
// themselves where they lie. It asks for no rights.
func (g *Registry) Within(ctx context.Context, register string, subjects []int64, s auth.Scope) (held []int64, err error) {
	defer fault.At(&err, "registry.Within(register %s, %d subjects)", register, len(subjects))
	ctx = auth.As(ctx, auth.Self)
	reg, err := g.base.RegisterOf(register)
	if err != nil {
		return nil, err
	}
	if reg.Belongs() == nil { // only who brought them is left to ask for
		if s.By() == "" {
			return nil, nil
		}
		return g.intakes.Brought(ctx, s.By(), subjects)
	}
	for _, id := range subjects {
		l, err := g.Lie(ctx, id, s.By())
		if err != nil {
			return nil, err
		}
		if s.Holds(l) {
			held = append(held, id)
		}
	}
	slices.Sort(held)
	return held, nil
}

// belongingPage is how many subjects are read together that name one.
const belongingPage = 500

// Belonging returns the subjects of a register, ascending, that are single subjects of a scope or belong to one. It asks for no
// rights.
func (g *Registry) Belonging(ctx context.Context, register string, s auth.Scope) (list []int64, err error) {
	defer fault.At(&err, "registry.Belonging(register %s)", register)
	ctx = auth.As(ctx, auth.Self)
	reg, err := g.base.RegisterOf(register)
	if err != nil {
		return nil, err
	}
	for _, id := range s.Subjects() {
		of, err := g.profiles.RegisterOf(ctx, id)
		if err != nil {
			return nil, err
		}
		if of == register {
			list = append(list, id)
		}
		v := reg.Belongs()
		if v == nil || !slices.Contains(v.To, of) {
			continue
		}
		for offset := 0; ; offset += belongingPage {
			page, total, err := g.dossiers.NamedBy(ctx, id, v, fact.Moment{}, offset, belongingPage)
			if err != nil {
				return nil, err
			}
			for _, n := range page {
				l, err := g.Lie(ctx, n.Subject, "")
				if err != nil {
					return nil, err
				}
				if s.Holds(l) {
					list = append(list, n.Subject)
				}
			}
			if offset+belongingPage >= total {
				break
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}
