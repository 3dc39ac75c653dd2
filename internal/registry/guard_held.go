package registry

import (
	"context"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
)

// What an organisation brought about a subject that it does not see is answered by who sees that subject; where the base has no such
// subject, by who sees the place that the row says, or the one that it belongs to when it says none, and otherwise by the city. Who brought
// it is not asked, and sees the answer only.

// asked reports whether the actor is asked about something held.
func (g *Registry) asked(ctx context.Context, b *identity.Brought) (bool, error) {
	scope, part, err := g.narrow(ctx)
	if err != nil || !part {
		return err == nil, err
	}
	if _, err := g.actors.Scope(ctx, b.Register); fault.Of(err) == fault.Forbidden {
		return false, nil
	}
	if b.Several { // the city finds out about which it is
		return false, nil
	}
	if b.Owner.Subject != 0 {
		return g.holds(ctx, b.Owner.Subject)
	}
	p, err := g.profiles.Brought(auth.As(ctx, auth.Self), b.Subject.Subject, time.Time{}) // what was refused is in no profile
	if err != nil {
		return false, err
	}
	reg := g.base.Pack.Register(b.Register)
	if reg == nil {
		return false, nil
	}
	if g.lying(scope, reg, p, b.Org) {
		return true, nil
	}
	own, err := g.askedByUnit(ctx, scope, reg, [][]fact.Named{g.unitsOf(reg, p)}, []string{b.Org})
	return err == nil && own[0], err
}

// lying reports whether a profile says a place of a scope that is none of who brought it.
func (g *Registry) lying(scope auth.Scope, reg *pack.Register, p *fact.Profile, org string) bool {
	return slices.ContainsFunc(orgsOf(g.base.Pack, reg, p), func(o string) bool { return scope.Has(o) && !g.base.Pack.Orgs.Within(o, org) })
}

// askedOf is asked about much that is held of one register, in few queries.
func (g *Registry) askedOf(ctx context.Context, register string, held []identity.Brought) ([]bool, error) {
	own := make([]bool, len(held))
	scope, part, err := g.narrow(ctx)
	if err != nil || !part {
		for i := range own {
			own[i] = err == nil
		}
		return own, err
	}
	if _, err := g.actors.Scope(ctx, register); fault.Of(err) == fault.Forbidden {
		return own, nil
	}
	about, without := map[int64][]int{}, map[int64]int{}
	var owners, alone []int64
	for i := range held {
		switch b := &held[i]; {
		case b.Several:
		case b.Owner.Subject != 0:
			if about[b.Owner.Subject] == nil {
				owners = append(owners, b.Owner.Subject)
			}
			about[b.Owner.Subject] = append(about[b.Owner.Subject], i)
		default:
			alone = append(alone, b.Subject.Subject)
			without[b.Subject.Subject] = i
		}
	}
	self := auth.As(ctx, auth.Self)
	for some := range slices.Chunk(owners, fact.BatchRows) {
		lies, err := g.lies(self, some, scope.By())
		if err != nil {
			return nil, err
		}
		for id, l := range lies {
			for _, i := range about[id] {
				own[i] = scope.Holds(l)
			}
		}
	}
	var names [][]fact.Named
	var orgs []string
	var of []int
	if err := g.profiles.EachOf(self, alone, func(reg *pack.Register, p *fact.Profile) error {
		i := without[p.Subject]
		own[i] = g.lying(scope, reg, p, held[i].Org)
		if units := g.unitsOf(reg, p); len(units) > 0 {
			names, orgs, of = append(names, units), append(orgs, held[i].Org), append(of, i)
		}
		return nil
	}); err != nil || len(of) == 0 {
		return own, err
	}
	byUnit, err := g.askedByUnit(ctx, scope, g.base.Pack.Register(register), names, orgs)
	for k, is := range byUnit {
		own[of[k]] = own[of[k]] || is
	}
	return own, err
}

// Asked returns one page of what is held and the actor is asked about, the oldest first, and the number of all.
func (g *Registry) Asked(ctx context.Context, offset, limit int) (list []identity.Brought, total int, err error) {
	defer fault.At(&err, "registry.Asked(offset %d)", offset)
	if err := g.actors.Decide(ctx, auth.Link, auth.Resource{}); err != nil {
		return nil, 0, err
	}
	for _, reg := range g.base.Pack.Registers {
		var held []identity.Brought
		if err := g.identities.EachHeld(passed(ctx), reg.ID, func(b identity.Brought) error {
			held = append(held, b)
			return nil
		}); err != nil {
			return nil, 0, err
		}
		own, err := g.askedOf(ctx, reg.ID, held)
		if err != nil {
			return nil, 0, err
		}
		for i := range held {
			if !own[i] {
				continue
			}
			if total++; total > offset && len(list) < limit {
				list = append(list, held[i])
			}
		}
	}
	return list, total, nil
}

// Held returns something held that the actor is asked about, with what it says and what his own subject says, as far as he sees the
// fields; a fault with code NotFound when he is not asked.
func (g *Registry) Held(ctx context.Context, subject int64) (b *identity.Brought, says, now *fact.Profile, err error) {
	defer fault.At(&err, "registry.Held(subject %d)", subject)
	if err := g.actors.Decide(ctx, auth.Link, auth.Resource{}); err != nil {
		return nil, nil, nil, err
	}
	if b, err = g.identities.Held(passed(ctx), subject); err != nil {
		return nil, nil, nil, err
	}
	own, err := g.asked(ctx, b)
	if err == nil && !own {
		err = identity.NoHeld(subject)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	if says, err = g.profiles.Profile(auth.As(ctx, auth.Self), subject); err != nil {
		return nil, nil, nil, err
	}
	if says, err = g.shown(ctx, says, nil); err != nil || b.Owner.Subject == 0 {
		return b, says, nil, err
	}
	now, err = g.Profile(ctx, b.Owner.Subject)
	return b, says, now, err
}

// Outcomes returns the newest answers about what the actor brought: his own rows' code and name, the answer and its reason. Of whose
// subject it is, and who answered, nothing is told.
func (g *Registry) Outcomes(ctx context.Context, limit int) (list []identity.Brought, err error) {
	defer fault.At(&err, "registry.Outcomes(limit %d)", limit)
	if _, _, err := g.narrow(ctx); err != nil {
		return nil, err
	}
	who := g.actors.Acting(ctx)
	all, err := g.identities.HeldAnswers(passed(ctx), who.ID, who.Org, limit)
	if err != nil {
		return nil, err
	}
	for _, b := range all {
		if b.State == fact.HeldYes && b.Owner.Subject == 0 { // it is a subject like others, which may be called otherwise now
			p, err := g.profiles.Brought(auth.As(ctx, auth.Self), b.Subject.Subject, b.Decided)
			if err != nil {
				return nil, err
			}
			if b.Subject.Code, b.Subject.Name = p.Code, p.Name; p.Code == "" && p.Name == "" {
				continue // what was brought is undone
			}
		}
		b.Owner, b.By = fact.Ref{}, ""
		list = append(list, b)
	}
	return list, nil
}

// Answers returns the newest answers that the actor could have given: about subjects that he sees.
func (g *Registry) Answers(ctx context.Context, limit int) (list []identity.Brought, err error) {
	defer fault.At(&err, "registry.Answers(limit %d)", limit)
	if err := g.actors.Decide(ctx, auth.Link, auth.Resource{}); err != nil {
		return nil, err
	}
	all, err := g.identities.HeldAnswers(passed(ctx), "", "", mostAnswers)
	if err != nil {
		return nil, err
	}
	for i := range all {
		own, err := g.asked(ctx, &all[i])
		if err != nil {
			return nil, err
		}
		if own && len(list) < limit {
			list = append(list, all[i])
		}
	}
	return list, nil
}

// mostAnswers is how many answers are looked through for those that the actor could have given.
const mostAnswers = 1000

// AnswerHeld is identity.Identities.AnswerHeld of something that the actor is asked about, and that he was shown to be about a subject;
// 0: about none. What would move that subject out of his sight is not taken.
func (g *Registry) AnswerHeld(ctx context.Context, subject, owner int64, take bool, reason string) error {
	if _, _, _, err := g.Held(ctx, subject); err != nil {
		return err
	}
	scope, part, err := g.narrow(ctx)
	if err != nil {
		return err
	}
	reply := identity.Reply{Take: take, Reason: reason, Owner: owner}
	if part {
		reply.Taken = func(ctx context.Context, owner int64) error {
			lies, err := g.lies(auth.As(ctx, auth.Self), []int64{owner}, scope.By())
			if err == nil && !scope.Holds(lies[owner]) {
				err = fault.New(fault.Forbidden, "采用后，这个主体就不在本机构了，没有采用。主体迁出，请由市局登记迁移。",
					"Taken, it would move your subject out of your organisation, so it was not taken. The city bureau records that a subject has moved.")
			}
			return err
		}
	}
	return g.identities.AnswerHeld(passed(g.anchored(ctx)), subject, reply)
}

// UndoHeld is identity.Identities.UndoHeld of an answer that the actor could have given.
func (g *Registry) UndoHeld(ctx context.Context, subject int64) error {
	if err := g.actors.Decide(ctx, auth.Link, auth.Resource{}); err != nil {
		return err
	}
	b, err := g.identities.HeldAnswered(passed(ctx), subject)
	if err != nil {
		return err
	}
	own, err := g.asked(ctx, b)
	if err == nil && !own {
		err = identity.NoHeld(subject)
	}
	if err != nil {
		return err
	}
	return g.identities.UndoHeld(passed(g.anchored(ctx)), subject)
}

// HeldWithin returns, ascending, the subjects of a register that are held, and those of them that a scope holds. It asks for no
// rights.
func (g *Registry) HeldWithin(ctx context.Context, register string, s auth.Scope) (all, seen []int64, err error) {
	defer fault.At(&err, "registry.HeldWithin(register %s)", register)
	ctx = auth.As(ctx, auth.Self)
	if all, err = g.identities.HeldOf(ctx, register); err != nil || len(all) == 0 {
		return nil, nil, err
	}
	lies, err := g.lies(ctx, append([]int64(nil), all...), s.By())
	if err != nil {
		return nil, nil, err
	}
	for _, id := range all {
		if l, known := lies[id]; known && s.Holds(l) {
			seen = append(seen, id)
		}
	}
	return all, seen, nil
}
