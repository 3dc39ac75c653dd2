package profile

import (
	"context"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Outdated reports whether profiles were derived with rankings of sources other than the pack's current ones.
func (g *Profiles) Outdated(ctx context.Context) (yes bool, err error) {
	defer fault.At(&err, "profile.Outdated")
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		by, err := r.Setting(ctx, derive.PrecedenceSetting)
		if err != nil {
			return err
		}
		last, err := r.Counter(ctx, fact.LastSubject)
		yes = last > 0 && by != g.base.Precedence()
		return err
	})
	return yes, err
}

// Rederive derives every profile of every register again, as one batch. changed is the number of profiles that came out
// differently.
func (g *Profiles) Rederive(ctx context.Context, progress func(derive.Progress)) (changed int, err error) {
	defer fault.At(&err, "profile.Rederive")
	actor, err := g.base.May(ctx, auth.Derive, auth.Resource{})
	if err != nil {
		return 0, err
	}
	err = g.base.InBulk(ctx, "derive", progress, func(ctx context.Context, b *derive.Bulk) error {
		for _, reg := range g.base.Pack.Registers {
			if _, err := g.base.Ready(ctx, reg); err != nil {
				return err
			}
		}
		if changed, err = b.SettleAll(ctx, derive.Progress{Stage: "deriving"}, progress); err != nil {
			return err
		}
		b.AtLast(func(ctx context.Context) error {
			return g.rooms.Profiles().Within(ctx, func(ctx context.Context, w Writer) error {
				if err := w.Set(ctx, derive.PrecedenceSetting, g.base.Precedence()); err != nil {
					return err
				}
				return g.base.Log(ctx, actor, "derive", "base", map[string]any{"changed": changed})
			})
		})
		return nil
	})
	return changed, err
}
