package registry

import (
	"context"
	"slices"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
)

// A subject that says no place lies where the one lies that it belongs to. So what somebody writes about such a subject must not tell
// whether the base has that other one: new ones are held (see package intake), and what is seen is not given to one that is not seen.

// knows reports, for each of some names of subjects to which those of a register belong, whether the actor sees one that it may mean. A
// code means the subject with that code alone: what the name beside it means does not count, for the base may have that code elsewhere.
func (g *Registry) knows(ctx context.Context, scope auth.Scope, reg *pack.Register, names []fact.Named) ([]bool, error) {
	self, known := auth.As(ctx, auth.Self), make([]bool, len(names))
	names = slices.Clone(names)
	for i := range names {
		names[i] = byCodeAlone(names[i])
	}
	meant, err := g.dossiers.Meant(self, reg.Belongs(), names)
	if err != nil {
		return nil, err
	}
	lies, err := g.lies(self, g.orLike(meant), scope.By())
	for i, found := range meant {
		known[i] = slices.ContainsFunc(found, func(r fact.Ref) bool {
			l, is := lies[r.Subject]
			return is && scope.Holds(l)
		})
	}
	return known, err
}

// byCodeAlone leaves the code of a name that has one.
func byCodeAlone(n fact.Named) fact.Named {
	if n.Code != "" {
		n.Key = ""
	}
	return n
}

// orLike returns the subjects that were meant; where none was, one that was meant before, so that the answer takes as long.
func (g *Registry) orLike(meant [][]fact.Ref) (ids []int64) {
	for _, found := range meant {
		for _, r := range found {
			ids = append(ids, r.Subject)
		}
	}
	if len(ids) > 0 {
		g.alike.unit.Store(ids[0])
		return ids
	}
	return []int64{g.alike.unit.Load()}
}

// standing tells how some subjects lie by what they say themselves.
func (g *Registry) standing(ctx context.Context, subjects []int64) (map[int64]intake.Lying, error) {
	list := make(map[int64]intake.Lying, len(subjects))
	err := g.profiles.EachOf(auth.As(ctx, auth.Self), slices.Clone(subjects), func(reg *pack.Register, p *fact.Profile) error {
		s := intake.Lying{Gone: p.Gone, Held: p.Held != "", Placed: orgsOf(g.base.Pack, reg, p) != nil, Void: voided(reg, p)}
		if v := reg.Belongs(); v != nil {
			s.Names = fact.NamedIn(g.base.Pack, v, p.Value)
		}
		list[p.Subject] = s
		return nil
	})
	return list, err
}

// voided reports whether a place of a subject is void.
func voided(reg *pack.Register, p *fact.Profile) bool {
	district, zone := reg.PlaceAttributes()
	return slices.ContainsFunc(p.Facts, func(f fact.Fact) bool { return f.Void && (f.Attr == district || f.Attr == zone) })
}

// adrift returns those of some subjects of a register that say no place and belong only to subjects that the actor does not see.
func (g *Registry) adrift(ctx context.Context, scope auth.Scope, reg *pack.Register, subjects []int64) (map[int64]bool, error) {
	standing, err := g.standing(ctx, subjects)
	if err != nil {
		return nil, err
	}
	var names []fact.Named
	var of []int64
	for id, s := range standing {
		if s.Gone || s.Held || s.Placed {
			continue
		}
		for _, n := range s.Names {
			names, of = append(names, n), append(of, id)
		}
	}
	known, err := g.knows(ctx, scope, reg, names)
	if err != nil {
		return nil, err
	}
	list, own := map[int64]bool{}, map[int64]bool{}
	for i, id := range of {
		list[id] = true
		own[id] = own[id] || known[i]
	}
	for id := range own {
		if own[id] {
			delete(list, id)
		}
	}
	return list, nil
}

// anchored returns a context in which nothing is written by which a subject that says no place would lie with one that the actor does
// not see, and did not before. He could lose sight of it, or not, and learn whether the base has that one.
func (g *Registry) anchored(ctx context.Context) context.Context {
	scope, part, err := g.narrow(ctx)
	if err != nil || !part {
		return ctx // rooms decide about what may be done at all
	}
	return derive.Watched(ctx, func(ctx context.Context, reg *pack.Register, subjects []int64, read func(context.Context, func(context.Context) error) error, settle func() error) error {
		if reg.Belongs() == nil {
			return settle()
		}
		look := func() (list map[int64]bool, err error) {
			err = read(ctx, func(ctx context.Context) error {
				list, err = g.adrift(ctx, scope, reg, subjects)
				return err
			})
			return list, err
		}
		before, err := look()
		if err != nil {
			return err
		}
		if err := settle(); err != nil {
			return err
		}
		after, err := look()
		if err != nil {
			return err
		}
		for id := range after {
			if !before[id] {
				return errAdrift()
			}
		}
		return nil
	})
}

func errAdrift() error {
	return fault.New(fault.Forbidden, "这样一来，有主体不写明所属区，只归不在本机构的单位，没有保存。请写明所属区；改归别的机构的，请由市局办理。",
		"By this, a subject would say no district and belong only to a unit that is not your organisation's, so nothing was saved. Say its district, or ask the city bureau.")
}

// namedBeside finds, where a code leads to no subject that the actor sees, those that the name beside it means, as if the base had none
// with that code.
func (g *Registry) namedBeside(ctx context.Context, list []dossier.Related, m fact.Moment) error {
	if _, part, err := g.narrow(ctx); err != nil || !part || !m.KnownOn.IsZero() {
		return err
	}
	for i := range list {
		n := &list[i]
		key := fact.BoundedKey(cell.NameKey(n.Name))
		if len(n.Found) > 0 || n.Code == "" || key == "" {
			continue
		}
		meant, err := g.dossiers.Meant(passed(ctx), n.Relation, []fact.Named{{Key: key}})
		if err != nil {
			return err
		}
		if n.Found, err = g.among(ctx, meant[0]); err != nil {
			return err
		}
	}
	return nil
}

// LieSeen is Lie of a subject that the actor sees, as if there were only the subjects that he sees: what lies with another one does not
// tell that the base has that one.
func (g *Registry) LieSeen(ctx context.Context, subject int64) (auth.Lie, error) {
	if _, err := g.see(ctx, subject); err != nil {
		return auth.Lie{}, err
	}
	l, err := g.Lie(ctx, subject, "")
	if err != nil {
		return l, err
	}
	var seen []int64
	for _, id := range l.Subjects {
		held, err := g.holds(ctx, id)
		if err != nil {
			return l, err
		}
		if held {
			seen = append(seen, id)
		}
	}
	if len(seen) == len(l.Subjects) {
		return l, nil
	}
	l.Subjects = seen
	said := false
	var orgs []string
	err = g.profiles.EachOf(auth.As(ctx, auth.Self), slices.Clone(seen), func(reg *pack.Register, p *fact.Profile) error {
		own := orgsOf(g.base.Pack, reg, p)
		if p.Subject == l.Subjects[0] {
			said = own != nil
			return nil
		}
		orgs = append(orgs, own...)
		return nil
	})
	if !said {
		l.Orgs = orgs
	}
	return l, err
}

// askedByUnit reports, of each of some profiles of what is held for organisations, whether it says no place and belongs to a subject of
// a scope that is none of who brought it.
func (g *Registry) askedByUnit(ctx context.Context, scope auth.Scope, reg *pack.Register, names [][]fact.Named, orgs []string) ([]bool, error) {
	own := make([]bool, len(names))
	v := reg.Belongs()
	all := slices.Concat(names...)
	if v == nil || len(all) == 0 {
		return own, nil
	}
	self := auth.As(ctx, auth.Self)
	meant, err := g.dossiers.Meant(self, v, all)
	if err != nil {
		return nil, err
	}
	lies, err := g.lies(self, g.orLike(meant), "")
	if err != nil {
		return nil, err
	}
	at := 0
	for i := range names {
		for range names[i] {
			found := meant[at]
			at++
			own[i] = own[i] || len(found) == 1 && slices.ContainsFunc(lies[found[0].Subject].Orgs, func(o string) bool {
				return scope.Has(o) && !g.base.Pack.Orgs.Within(o, orgs[i])
			})
		}
	}
	return own, nil
}

// unitsOf are the subjects that a profile belongs to, when it says no place.
func (g *Registry) unitsOf(reg *pack.Register, p *fact.Profile) []fact.Named {
	if v := reg.Belongs(); v != nil && orgsOf(g.base.Pack, reg, p) == nil {
		return fact.NamedIn(g.base.Pack, v, p.Value)
	}
	return nil
}
