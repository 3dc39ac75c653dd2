package registry

import (
	"context"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
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
	lies, err := g.lies(ctx, []int64{subject}, by)
	if err == nil && len(lies) == 0 {
		err = derive.NoSubject(subject)
	}
	if err != nil {
		return l, err
	}
	return lies[subject], nil
}

// lies is Lie for some subjects that are not merged into others. Those that do not exist are left out. The order of ids is
// changed.
func (g *Registry) lies(ctx context.Context, ids []int64, by string) (map[int64]auth.Lie, error) {
	f, err := g.look(ctx, ids, by)
	return f.lies, err
}

// look is lies, and tells what it had to read.
func (g *Registry) look(ctx context.Context, ids []int64, by string) (f found, err error) {
	lies := map[int64]auth.Lie{}
	f.lies = lies
	named, held := map[*pack.Relation]*belonging{}, map[int64]fact.Held{}
	today := int64(fact.DayOf(g.base.Clock().In(g.base.Pack.Zone)))
	if err := g.profiles.EachOf(ctx, ids, func(reg *pack.Register, p *fact.Profile) error {
		lies[p.Subject] = auth.Lie{Register: reg.ID, Subjects: []int64{p.Subject}, Orgs: g.claimed(p.Held, orgsOf(g.base.Pack, reg, p))}
		v := reg.Belongs()
		if v == nil {
			return nil
		}
		if p.Held != "" {
			held[p.Subject] = p.Held
		}
		to := named[v]
		if to == nil {
			to = &belonging{}
			named[v] = to
		}
		for _, n := range fact.NamedIn(g.base.Pack, v, p.Value) {
			if n.Until == nil || *n.Until >= today {
				if p.Held != "" {
					n = byCodeAlone(n)
				}
				to.subjects, to.names = append(to.subjects, p.Subject), append(to.names, n)
			}
		}
		return nil
	}); err != nil {
		return f, err
	}
	for v, to := range named {
		f.belonged = f.belonged || len(to.names) > 0
		if err := g.belong(ctx, v, to, lies, held); err != nil {
			return f, err
		}
	}
	f.asked, err = g.broughtBy(ctx, by, lies)
	return f, err
}

// belonging are names of subjects to which others belong: the i-th subject names the i-th name.
type belonging struct {
	subjects []int64
	names    []fact.Named
}

// belong adds to what is known of subjects the subjects that they belong to, and, of those that say no place, the places of these. A
// name that may mean several subjects means none.
func (g *Registry) belong(ctx context.Context, v *pack.Relation, to *belonging, lies map[int64]auth.Lie, held map[int64]fact.Held) error {
	meant, err := g.dossiers.Meant(ctx, v, to.names)
	if err != nil {
		return err
	}
	g.exemplary(v, to, meant)
	var owners []int64
	for _, found := range meant {
		if len(found) == 1 {
			owners = append(owners, found[0].Subject)
		}
	}
	places := map[int64][]string{}
	if err := g.profiles.EachOf(ctx, owners, func(reg *pack.Register, p *fact.Profile) error {
		places[p.Subject] = orgsOf(g.base.Pack, reg, p)
		return nil
	}); err != nil {
		return err
	}
	if owners == nil && len(held) > 0 { // takes as long as one that is found
		if err := g.profiles.EachOf(ctx, []int64{g.alike.unit.Load()}, func(*pack.Register, *fact.Profile) error { return nil }); err != nil {
			return err
		}
	}
	said := map[int64]bool{}
	for id, l := range lies {
		said[id] = l.Orgs != nil
	}
	for i, found := range meant {
		if len(found) != 1 {
			continue
		}
		id, owner := to.subjects[i], found[0].Subject
		l := lies[id]
		if h := held[id]; h != "" { // whom it belongs to does not know of it yet: elsewhere it lies nowhere
			if !said[id] {
				l.Orgs = append(l.Orgs, g.claimed(h, places[owner])...)
			}
			lies[id] = l
			continue
		}
		l.Subjects = append(l.Subjects, owner)
		if !said[id] {
			l.Orgs = append(l.Orgs, places[owner]...)
		}
		lies[id] = l
	}
	return nil
}

// broughtBy marks those of which nobody knows where they lie, and of which a person brought a record. asked reports whether there
// are any of whom that had to be asked.
func (g *Registry) broughtBy(ctx context.Context, by string, lies map[int64]auth.Lie) (asked bool, _ error) {
	if by == "" {
		return false, nil
	}
	var nowhere []int64
	for id, l := range lies {
		if l.Orgs == nil {
			nowhere = append(nowhere, id)
		}
	}
	if len(nowhere) == 0 {
		return false, nil
	}
	slices.Sort(nowhere)
	brought, err := g.intakes.BroughtBy(ctx, by, nowhere)
	for _, id := range brought {
		l := lies[id]
		l.By = by
		lies[id] = l
	}
	return true, err
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

// ValueNow returns the value of a text attribute of a subject as its profile has it now, empty when it is not known, and the number of
// the change by which the profile became so. It asks for no rights, for package mandate.
func (g *Registry) ValueNow(ctx context.Context, subject int64, attr string) (value string, change int64, err error) {
	defer fault.At(&err, "registry.ValueNow(subject %d, attribute %s)", subject, attr)
	p, err := g.profiles.Profile(auth.As(ctx, auth.Self), subject)
	if err != nil {
		return "", 0, err
	}
	if v := p.Value(attr); v != nil && !p.Gone {
		value = v.Str
	}
	return value, p.Change, nil
}

// ValuesSince is profile.Profiles.ValuesSince. It asks for no rights, for package mandate.
func (g *Registry) ValuesSince(ctx context.Context, subject int64, attr string, since time.Time) (_ []string, err error) {
	defer fault.At(&err, "registry.ValuesSince(subject %d, attribute %s)", subject, attr)
	return g.profiles.ValuesSince(auth.As(ctx, auth.Self), subject, attr, since)
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
		return g.intakes.BroughtBy(ctx, s.By(), subjects)
	}
	for part := range slices.Chunk(slices.Clone(subjects), fact.BatchRows) {
		lies, err := g.lies(ctx, part, s.By())
		if err != nil {
			return nil, err
		}
		for id, l := range lies {
			if s.Holds(l) {
				held = append(held, id)
			}
		}
	}
	slices.Sort(held)
	return held, nil
}

// Brought returns those of some subjects of a register, and of those of it that are held, of which a person brought a record that
// is in force. It asks for no rights.
func (g *Registry) Brought(ctx context.Context, register, by string, subjects []int64) (list []int64, err error) {
	defer fault.At(&err, "registry.Brought(register %s, %d subjects)", register, len(subjects))
	ctx = auth.As(ctx, auth.Self)
	held, err := g.identities.HeldOf(ctx, register)
	if err != nil {
		return nil, err
	}
	if len(held) > 0 {
		subjects = slices.Concat(subjects, held)
		slices.Sort(subjects)
		subjects = slices.Compact(subjects)
	}
	return g.intakes.BroughtBy(ctx, by, subjects)
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
			ids := make([]int64, len(page))
			for i, n := range page {
				ids[i] = n.Subject
			}
			lies, err := g.lies(ctx, ids, "")
			if err != nil {
				return nil, err
			}
			for id, l := range lies {
				if s.Holds(l) {
					list = append(list, id)
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

// claimed leaves of the places that a held subject says those of who brought it: what it says of others is not true before its owner
// has said so. The places of other subjects stay.
func (g *Registry) claimed(h fact.Held, orgs []string) (own []string) {
	if h == "" {
		return orgs
	}
	for _, o := range orgs {
		if g.base.Pack.Orgs.Within(o, h.Org()) {
			own = append(own, o)
		}
	}
	return own
}
