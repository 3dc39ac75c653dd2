package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"eyas/internal/auth"
	"eyas/internal/pack"
)

// precedenceSetting is under which the base keeps by which rankings its profiles were derived.
const precedenceSetting = "precedence"

func (g *Registry) precedence() string {
	sum := sha256.Sum256([]byte(g.pack.Precedence()))
	return hex.EncodeToString(sum[:])
}

// Outdated reports whether profiles were derived by other rankings of sources than the pack has now.
func (g *Registry) Outdated(ctx context.Context) (yes bool, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		by, err := r.Setting(ctx, precedenceSetting)
		if err != nil {
			return err
		}
		last, err := r.Counter(ctx, LastSubject)
		yes = last > 0 && by != g.precedence()
		return err
	})
	return yes, err
}

// Rederive derives every profile of every register again, as one batch, and says how many came out differently.
func (g *Registry) Rederive(ctx context.Context, actor string, progress func(Progress)) (changed int, err error) {
	if err := auth.Decide(g.actors.Actor(actor), auth.Derive, auth.Resource{}); err != nil {
		return 0, err
	}
	err = g.inBulk(ctx, "derive", progress, func(ctx context.Context, b *bulk) error {
		changed = 0
		for _, reg := range g.pack.Registers {
			if _, err := g.ready(ctx, reg); err != nil {
				return err
			}
			ids, err := subjectsOf(ctx, b, reg)
			if err != nil {
				return err
			}
			if len(ids) == 0 {
				continue
			}
			n, err := b.settle(ctx, reg, ids, Progress{Stage: "deriving"}, progress)
			if err != nil {
				return err
			}
			changed += n
		}
		b.last = append(b.last, func(ctx context.Context, w BatchWriter) error {
			if err := w.Set(ctx, precedenceSetting, g.precedence()); err != nil {
				return err
			}
			return g.log(ctx, w, actor, "derive", "base", map[string]any{"changed": changed})
		})
		return nil
	})
	return changed, err
}

// subjectsOf gives the subjects of a register, ascending.
func subjectsOf(ctx context.Context, b *bulk, reg *pack.Register) (ids []int64, err error) {
	err = b.Read(ctx, func(r Reader) error {
		for last := int64(0); ; last = ids[len(ids)-1] {
			part, err := r.Next(ctx, reg.ID, last, 1<<16)
			if err != nil || len(part) == 0 {
				return err
			}
			ids = append(ids, part...)
		}
	})
	return ids, err
}
