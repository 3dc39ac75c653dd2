package registry

import (
	"context"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
)

// What an organisation brought about a subject that it does not see is answered by who sees that subject; where the base has no such
// subject, by who sees the place that the row says, and otherwise by the city. Who brought it is not asked, and sees the answer only.

// asked reports whether the actor is asked about something held.
func (g *Registry) asked(ctx context.Context, b *identity.Brought) (bool, error) {
	scope, part, err := g.narrow(ctx)
	if err != nil || !part {
		return err == nil, err
	}
	if _, err := g.actors.Scope(ctx, b.Register); fault.Of(err) == fault.Forbidden {
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
	for _, o := range orgsOf(g.base.Pack, reg, p) {
		if scope.Has(o) && !g.base.Pack.Orgs.Within(o, b.Org) {
			return true, nil
		}
	}
	return false, nil
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
		for i := range held {
			own, err := g.asked(ctx, &held[i])
			if err != nil {
				return nil, 0, err
			}
			if !own {
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
	if list, err = g.identities.HeldAnswers(passed(ctx), g.actors.Acting(ctx).ID, limit); err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Owner, list[i].By = fact.Ref{}, ""
	}
	return list, nil
}

// Answers returns the newest answers that the actor could have given: about subjects that he sees.
func (g *Registry) Answers(ctx context.Context, limit int) (list []identity.Brought, err error) {
	defer fault.At(&err, "registry.Answers(limit %d)", limit)
	if err := g.actors.Decide(ctx, auth.Link, auth.Resource{}); err != nil {
		return nil, err
	}
	all, err := g.identities.HeldAnswers(passed(ctx), "", mostAnswers)
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

// AnswerHeld is identity.Identities.AnswerHeld of something that the actor is asked about.
func (g *Registry) AnswerHeld(ctx context.Context, subject int64, take bool, reason string) error {
	if _, _, _, err := g.Held(ctx, subject); err != nil {
		return err
	}
	return g.identities.AnswerHeld(passed(ctx), subject, take, reason)
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
	return g.identities.UndoHeld(passed(ctx), subject)
}

// HeldWithin returns, ascending, the subjects of a register that are held, and those of them that a scope holds. It asks for no
// rights.
func (g *Registry) HeldWithin(ctx context.Context, register string, s auth.Scope) (all, seen []int64, err error) {
	defer fault.At(&err, "registry.HeldWithin(register %s)", register)
	ctx = auth.As(ctx, auth.Self)
	if err := g.identities.EachHeld(ctx, register, func(b identity.Brought) error {
		all = append(all, b.Subject.Subject)
		return nil
	}); err != nil || len(all) == 0 {
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
