package registry

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/sight"
)

// limited returns a context in which somebody who sees a part of the registers brings rows about his own subjects; see
// intake.Limit.
func (g *Registry) limited(ctx context.Context) (context.Context, error) {
	scope, part, err := g.narrow(ctx)
	if err != nil || !part {
		return ctx, err
	}
	outside := func(reg *pack.Register, p *fact.Profile) bool {
		if len(scope.Orgs()) == 0 {
			return true // who sees single subjects brings nothing new
		}
		orgs := orgsOf(g.base.Pack, reg, p)
		return orgs != nil && !slices.ContainsFunc(orgs, scope.Has)
	}
	return intake.Limited(passed(ctx), intake.Limit{
		Holds:   g.holds,
		Outside: func(reg *pack.Register, facts []fact.Fact) bool { return outside(reg, &fact.Profile{Facts: facts}) },
		Placed: func(reg *pack.Register, facts []fact.Fact) bool {
			return orgsOf(g.base.Pack, reg, &fact.Profile{Facts: facts}) != nil
		},
		Knows: func(ctx context.Context, reg *pack.Register, names []fact.Named) ([]bool, error) {
			return g.knows(ctx, scope, reg, names)
		},
		Lying: g.standing,
		Elsewhere: func(ctx context.Context, subject int64) (elsewhere bool, err error) {
			err = g.profiles.EachOf(auth.As(ctx, auth.Self), []int64{subject}, func(reg *pack.Register, p *fact.Profile) error {
				elsewhere = p.Gone || p.Held.Open() && outside(reg, p)
				return nil
			})
			return elsewhere, err
		},
		Alone: func(ctx context.Context, subject int64) (bool, error) {
			return g.intakes.BroughtAlone(auth.As(ctx, auth.Self), g.actors.Acting(ctx).ID, subject)
		},
		Actor: g.actors.Acting(ctx).ID,
		Org:   g.actors.Acting(ctx).Org,
		Orgs:  scope.Orgs(),
	}), nil
}

// Preview is intake.Intake.Preview for who may import. Of subjects that he does not see it tells nothing.
func (g *Registry) Preview(ctx context.Context, src layout.Source, opt layout.Options, progress func(derive.Progress)) (*intake.Preview, error) {
	if err := g.actors.Decide(ctx, auth.Import, auth.Resource{Register: opt.Register}); err != nil {
		return nil, err
	}
	ctx, err := g.limited(ctx)
	if err != nil {
		return nil, err
	}
	return g.intakes.Preview(ctx, src, opt, progress)
}

// Import is intake.Intake.Import. Rows about subjects that the actor does not see make held ones; see intake.Limit.
func (g *Registry) Import(ctx context.Context, src layout.Source, opt layout.Options, progress func(derive.Progress)) (*intake.FileReport, int64, error) {
	ctx, err := g.limited(ctx)
	if err != nil {
		return nil, 0, err
	}
	return g.intakes.Import(ctx, src, opt, progress)
}

// Enter is intake.Intake.Enter about a subject that the actor sees, or a new one of his.
func (g *Registry) Enter(ctx context.Context, e intake.Entry) (importID, subject int64, err error) {
	if e.Subject != 0 {
		if _, err := g.see(ctx, e.Subject); err != nil {
			return 0, 0, err
		}
	}
	if hides, reg := g.hides(ctx), g.base.Pack.Register(e.Register); hides != nil && reg != nil {
		for _, key := range e.Keys() {
			id, _, _ := strings.Cut(key, "@")
			if hides(reg.Attribute(id)) {
				return 0, 0, intake.NoAttribute(reg, id)
			}
		}
	}
	if ctx, err = g.limited(ctx); err != nil {
		return 0, 0, err
	}
	return g.intakes.Enter(g.anchored(ctx), e)
}

// Undo is intake.Intake.Undo of an import that the actor sees.
func (g *Registry) Undo(ctx context.Context, importID int64, progress func(derive.Progress)) error {
	if _, err := g.base.May(ctx, auth.Undo, auth.Resource{ID: fmt.Sprint(importID)}); err != nil {
		return err
	}
	ctx, err := g.own(ctx, importID)
	if err != nil {
		return err
	}
	return g.intakes.Undo(g.anchored(ctx), importID, progress)
}

// Remember is intake.Intake.Remember.
func (g *Registry) Remember(ctx context.Context, register string, mapping map[string]string) error {
	return g.intakes.Remember(passed(ctx), register, mapping)
}

// Together is intake.Intake.Together.
func (g *Registry) Together(ctx context.Context, progress func(derive.Progress), fn func(ctx context.Context) error) error {
	return g.intakes.Together(passed(ctx), progress, fn)
}

// Link is identity.Identities.Link for who sees all registers: it compares all subjects with all.
func (g *Registry) Link(ctx context.Context, register string, progress func(derive.Progress)) (*identity.Linkage, error) {
	_, part, err := g.narrow(ctx)
	if err != nil {
		return nil, err
	}
	if part {
		return nil, errWhole()
	}
	return g.identities.Link(ctx, register, progress)
}

// Upon is sight.Sight.Upon of things that the actor sees.
func (g *Registry) Upon(ctx context.Context, seen sight.Seen, write func(context.Context) error) error {
	if err := g.saw(ctx, seen); err != nil {
		return err
	}
	return g.sights.Upon(passed(ctx), seen, write)
}

// Unchanged is sight.Sight.Unchanged of things that the actor sees.
func (g *Registry) Unchanged(ctx context.Context, seen sight.Seen) error {
	if err := g.saw(ctx, seen); err != nil {
		return err
	}
	return g.sights.Unchanged(passed(ctx), seen)
}

// saw refuses what a form says was seen and the actor does not see.
func (g *Registry) saw(ctx context.Context, seen sight.Seen) error {
	_, part, err := g.narrow(ctx)
	if err != nil || !part {
		return err
	}
	for thing := range seen {
		kind, rest, _ := strings.Cut(thing, ":")
		first, _, _ := strings.Cut(rest, "/")
		id, bad := strconv.ParseInt(first, 10, 64)
		if bad != nil {
			continue
		}
		switch kind {
		case "value", "subject":
			_, err = g.see(ctx, id)
		case "record":
			_, err = g.Record(ctx, id)
		case "question":
			_, err = g.QuestionByID(ctx, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Attest is intake.Intake.Attest: a case that the actor may act in writes it, whatever of the registers he sees.
func (g *Registry) Attest(ctx context.Context, e intake.Entry) (importID int64, err error) {
	return g.intakes.Attest(passed(ctx), g.actors.Acting(ctx).ID, e)
}

// Listed is intake.Intake.ReadListed for who compares a list with cases. It tells of all subjects: the caller leaves out what the actor may
// not see.
func (g *Registry) Listed(ctx context.Context, src layout.Source, opt layout.Options) ([]intake.ListedRow, error) {
	return g.intakes.ReadListed(passed(ctx), src, opt)
}
