package registry

import (
	"context"
	"slices"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/profile"
)

// What an actor reads of single subjects passes here. A subject outside his scope is answered as one that does not exist, with
// the same words. A field of a class that he may not see is not there.

// Sight tells which subjects of a register the actor of a context may see, as the columns in memory have it.
type Sight interface {
	Seen(ctx context.Context, register string) (func(subject int64) bool, error)
}

// See has lists of questions, merges and findings ask columns in memory whom an actor sees. It is set before the first request.
func (g *Registry) See(s Sight) { g.sight = s }

// narrow returns the scope of the actor, and whether it is only a part of the registers.
func (g *Registry) narrow(ctx context.Context) (auth.Scope, bool, error) {
	s, err := g.actors.Scope(ctx, "")
	return s, !s.Whole(), err
}

// holds reports whether the actor sees a subject. One that does not exist is not seen, and one that was merged into another is seen
// with that one.
func (g *Registry) holds(ctx context.Context, subject int64) (bool, error) {
	scope, part, err := g.narrow(ctx)
	if err != nil || !part {
		return err == nil, err
	}
	return auth.Held(ctx, subject, func() (bool, error) {
		root, err := g.identities.Root(auth.As(ctx, auth.Self), subject)
		switch {
		case fault.Of(err) == fault.NotFound:
			return false, nil
		case err != nil:
			return false, err
		case root != subject:
			return g.holds(ctx, root)
		}
		self := auth.As(ctx, auth.Self)
		f, err := g.look(self, []int64{root}, scope.By())
		if err != nil {
			return false, err
		}
		if l, known := f.lies[root]; known && scope.Holds(l) {
			return true, nil
		}
		return false, g.evened(self, root, f, scope.By())
	})
}

// see returns a context in which the rooms may read about a subject; the fault of one that does not exist when the actor does
// not see it.
func (g *Registry) see(ctx context.Context, subject int64) (context.Context, error) {
	held, err := g.holds(ctx, subject)
	if err == nil && !held {
		err = derive.NoSubject(subject)
	}
	return passed(ctx), err
}

// Seen returns which subjects of a register the actor may see, for lists of what is about subjects. The function may be called
// for many: it asks the columns in memory where there are any.
func (g *Registry) Seen(ctx context.Context, register string) (_ func(subject int64) bool, err error) {
	defer fault.At(&err, "registry.Seen(register %s)", register)
	_, part, err := g.narrow(ctx)
	if err != nil {
		return nil, err
	}
	if !part {
		return func(int64) bool { return true }, nil
	}
	if _, err := g.actors.Scope(ctx, register); fault.Of(err) == fault.Forbidden {
		return func(int64) bool { return false }, nil // his role is not about this register
	}
	if g.sight != nil {
		return g.sight.Seen(ctx, register)
	}
	known := map[int64]bool{}
	return func(subject int64) bool {
		held, asked := known[subject]
		if !asked {
			held, _ = g.holds(ctx, subject) // what cannot be read is not seen
			known[subject] = held
		}
		return held
	}, nil
}

// hides returns which attributes the actor may not see; nil when he sees all.
func (g *Registry) hides(ctx context.Context) func(a *pack.Attribute) bool {
	classes := g.actors.Classes(ctx)
	if len(classes) == len(pack.AllClasses()) {
		return nil
	}
	return func(a *pack.Attribute) bool {
		return a != nil && a.Class != "" && !slices.Contains(classes, a.Class)
	}
}

// shown leaves out of a profile what the actor may not see.
func (g *Registry) shown(ctx context.Context, p *fact.Profile, err error) (*fact.Profile, error) {
	if hides := g.hides(ctx); hides != nil && p != nil {
		p.Facts = slices.DeleteFunc(slices.Clone(p.Facts), func(f fact.Fact) bool { return hides(f.Attr) })
	}
	return p, err
}

func (g *Registry) sourced(ctx context.Context, list []fact.SourcedFact, err error) ([]fact.SourcedFact, error) {
	if hides := g.hides(ctx); hides != nil {
		list = slices.DeleteFunc(list, func(f fact.SourcedFact) bool { return hides(f.Attr) })
	}
	return list, err
}

// Profile is profile.Profiles.Profile of a subject that the actor sees.
func (g *Registry) Profile(ctx context.Context, subject int64) (*fact.Profile, error) {
	return g.ProfileAt(ctx, subject, fact.Moment{})
}

// ProfileAt is profile.Profiles.ProfileAt of a subject that the actor sees.
func (g *Registry) ProfileAt(ctx context.Context, subject int64, m fact.Moment) (*fact.Profile, error) {
	ctx, err := g.see(ctx, subject)
	if err != nil {
		return nil, err
	}
	p, err := g.profiles.ProfileAt(ctx, subject, m)
	return g.shown(ctx, p, err)
}

// Sourced is profile.Profiles.Sourced of a subject that the actor sees.
func (g *Registry) Sourced(ctx context.Context, subject int64) ([]fact.SourcedFact, error) {
	return g.SourcedAt(ctx, subject, fact.Moment{})
}

// SourcedAt is profile.Profiles.SourcedAt of a subject that the actor sees.
func (g *Registry) SourcedAt(ctx context.Context, subject int64, m fact.Moment) ([]fact.SourcedFact, error) {
	ctx, err := g.see(ctx, subject)
	if err != nil {
		return nil, err
	}
	list, err := g.profiles.SourcedAt(ctx, subject, m)
	return g.sourced(ctx, list, err)
}

// History is profile.Profiles.History of a subject that the actor sees.
func (g *Registry) History(ctx context.Context, subject int64) ([]profile.SaidFact, error) {
	ctx, err := g.see(ctx, subject)
	if err != nil {
		return nil, err
	}
	list, err := g.profiles.History(ctx, subject)
	if hides := g.hides(ctx); hides != nil {
		list = slices.DeleteFunc(list, func(f profile.SaidFact) bool { return hides(f.Attr) })
	}
	return list, err
}

// LinkedRecords is profile.Profiles.LinkedRecords of a subject that the actor sees.
func (g *Registry) LinkedRecords(ctx context.Context, subject int64) ([]profile.LinkedRecord, error) {
	ctx, err := g.see(ctx, subject)
	if err != nil {
		return nil, err
	}
	return g.profiles.LinkedRecords(ctx, subject)
}

// RegisterOf is profile.Profiles.RegisterOf of a subject that the actor sees.
func (g *Registry) RegisterOf(ctx context.Context, subject int64) (string, error) {
	ctx, err := g.see(ctx, subject)
	if err != nil {
		return "", err
	}
	return g.profiles.RegisterOf(ctx, subject)
}

// Root is identity.Identities.Root of a subject that the actor sees; of another one it is the subject itself, as of one that
// does not exist.
func (g *Registry) Root(ctx context.Context, subject int64) (int64, error) {
	held, err := g.holds(ctx, subject)
	if err != nil || !held {
		return subject, err
	}
	return g.identities.Root(passed(ctx), subject)
}

// Find is identity.Identities.Find among the subjects that the actor sees.
func (g *Registry) Find(ctx context.Context, text string) ([]fact.Ref, error) {
	return g.FindIn(ctx, g.base.Pack.Main().ID, text)
}

// FindIn is identity.Identities.FindIn among the subjects that the actor sees.
func (g *Registry) FindIn(ctx context.Context, register, text string) (list []fact.Ref, err error) {
	scope, part, err := g.narrow(ctx)
	if err != nil {
		return nil, err
	}
	in := passed(ctx)
	if part { // what he brought is found as if it were the only one
		in = identity.Through(in, &identity.Look{Org: g.actors.Acting(ctx).Org, Orgs: scope.Orgs(), Sees: g.holds})
	}
	if list, err = g.identities.FindIn(in, register, text); err != nil {
		return nil, err
	}
	if len(list) == 0 { // takes as long as one that is hidden
		_, err := g.holds(ctx, missing)
		return nil, err
	}
	return g.among(ctx, list)
}

// among leaves the subjects that the actor sees.
func (g *Registry) among(ctx context.Context, list []fact.Ref) (seen []fact.Ref, err error) {
	for _, r := range list {
		held, err := g.holds(ctx, r.Subject)
		if err != nil {
			return nil, err
		}
		if held {
			seen = append(seen, r)
		}
	}
	return seen, nil
}

// decide has holds know of several subjects in few queries, where it remembers at all. None of them may be merged into another.
func (g *Registry) decide(ctx context.Context, list []fact.Ref) error {
	scope, part, err := g.narrow(ctx)
	if err != nil || !part || len(list) < 2 || !auth.Remembers(ctx) {
		return err
	}
	ids := make([]int64, len(list))
	for i, r := range list {
		ids[i] = r.Subject
	}
	lies, err := g.lies(auth.As(ctx, auth.Self), ids, scope.By())
	if err != nil {
		return err
	}
	for id, l := range lies {
		if _, err := auth.Held(ctx, id, func() (bool, error) { return scope.Holds(l), nil }); err != nil {
			return err
		}
	}
	return nil
}

// DossierAt is dossier.Dossiers.DossierAt of a subject that the actor sees. Other subjects are in it as far as he sees them:
// what its own records say of them stays.
func (g *Registry) DossierAt(ctx context.Context, subject int64, m fact.Moment) (*dossier.Dossier, error) {
	ctx, err := g.see(ctx, subject)
	if err != nil {
		return nil, err
	}
	d, err := g.dossiers.DossierAt(ctx, subject, m)
	if err != nil {
		return nil, err
	}
	if d.Profile, err = g.shown(ctx, d.Profile, nil); err != nil {
		return nil, err
	}
	if d.Facts, err = g.sourced(ctx, d.Facts, nil); err != nil {
		return nil, err
	}
	if d.Names, err = g.named(ctx, d.Names, m); err != nil {
		return nil, err
	}
	if _, part, err := g.narrow(ctx); err != nil || !part {
		return d, err
	}
	var through []*pack.Relation
	for _, v := range d.NamedBy {
		some, err := g.namedBySome(ctx, subject, v, m)
		if err != nil {
			return nil, err
		}
		if some {
			through = append(through, v)
		}
	}
	d.NamedBy = through
	return d, nil
}

// named leaves out of relations the subjects that the actor does not see, and relations through fields that he does not see.
func (g *Registry) named(ctx context.Context, list []dossier.Related, m fact.Moment) (_ []dossier.Related, err error) {
	if hides := g.hides(ctx); hides != nil {
		list = slices.DeleteFunc(list, func(n dossier.Related) bool {
			reg := g.base.Pack.Register(n.Relation.From)
			return reg != nil && (hides(reg.Attribute(n.Relation.CodeAttr)) || hides(reg.Attribute(n.Relation.NameAttr)))
		})
	}
	var all []fact.Ref
	for i := range list {
		all = append(all, list[i].Found...)
	}
	if m.KnownOn.IsZero() { // those of a past day may be merged since
		if err := g.decide(ctx, all); err != nil {
			return nil, err
		}
	}
	for i := range list {
		if list[i].Found, err = g.among(ctx, list[i].Found); err != nil {
			return nil, err
		}
	}
	return list, g.namedBeside(ctx, list, m)
}

// Names is dossier.Dossiers.Names of a subject that the actor sees, with the other subjects that he sees.
func (g *Registry) Names(ctx context.Context, subject int64, register string, m fact.Moment) ([]dossier.Related, error) {
	ctx, err := g.see(ctx, subject)
	if err != nil {
		return nil, err
	}
	list, err := g.dossiers.Names(ctx, subject, register, m)
	if err != nil {
		return nil, err
	}
	return g.named(ctx, list, m)
}

// Mentioned is dossier.Dossiers.Mentioned of a subject that the actor sees, by subjects that he sees.
func (g *Registry) Mentioned(ctx context.Context, subject int64, relations []*pack.Relation, m fact.Moment) (some []bool, err error) {
	if ctx, err = g.see(ctx, subject); err != nil {
		return nil, err
	}
	if _, part, err := g.narrow(ctx); err != nil || !part {
		some, err := g.dossiers.Mentioned(ctx, subject, relations, m)
		return some, err
	}
	some = make([]bool, len(relations))
	for i, v := range relations {
		if some[i], err = g.namedBySome(ctx, subject, v, m); err != nil {
			return nil, err
		}
	}
	return some, nil
}

// NamedBy is dossier.Dossiers.NamedBy of a subject that the actor sees, by subjects that he sees. The total counts these.
func (g *Registry) NamedBy(ctx context.Context, subject int64, v *pack.Relation, m fact.Moment, offset, limit int) (list []dossier.Naming, total int, err error) {
	if ctx, err = g.see(ctx, subject); err != nil {
		return nil, 0, err
	}
	if _, part, err := g.narrow(ctx); err != nil || !part {
		list, total, err := g.dossiers.NamedBy(ctx, subject, v, m, offset, limit)
		return list, total, err
	}
	err = g.eachNamedBy(ctx, subject, v, m, func(n dossier.Naming) bool {
		if total++; total > offset && len(list) < limit {
			list = append(list, n)
		}
		return true
	})
	return list, total, err
}

// namedBySome reports whether a subject that the actor sees names a subject through a relation.
func (g *Registry) namedBySome(ctx context.Context, subject int64, v *pack.Relation, m fact.Moment) (some bool, err error) {
	err = g.eachNamedBy(ctx, subject, v, m, func(dossier.Naming) bool {
		some = true
		return false
	})
	return some, err
}

// firstNaming is how many are read first, of which one often suffices.
const firstNaming = 10

// namingPage is the key of some of those that name a subject, before anybody's rights; naming are they, and the number of all.
type (
	namingPage struct {
		subject int64
		through *pack.Relation
		moment  fact.Moment
		from    int
	}
	naming struct {
		list []dossier.Naming
		all  int
	}
)

// eachNamedBy passes the subjects that the actor sees and that name a subject through a relation, until fn says that it is enough.
func (g *Registry) eachNamedBy(ctx context.Context, subject int64, v *pack.Relation, m fact.Moment, fn func(dossier.Naming) bool) error {
	seen, err := g.Seen(ctx, v.From)
	if err != nil {
		return err
	}
	for at, rows := 0, firstNaming; ; at, rows = at+rows, belongingPage {
		page, err := auth.Kept(ctx, namingPage{subject, v, m, at}, func() (p naming, err error) {
			p.list, p.all, err = g.dossiers.NamedBy(ctx, subject, v, m, at, rows)
			return p, err
		})
		if err != nil {
			return err
		}
		for _, n := range page.list {
			if seen(n.Subject) && !fn(n) {
				return nil
			}
		}
		if at+rows >= page.all {
			return nil
		}
	}
}
