package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"eyas/internal/auth"
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

// Rederive derives every profile of every register again, in one transaction, and says how many came out differently.
func (g *Registry) Rederive(ctx context.Context, actor string, progress func(Progress)) (changed int, err error) {
	if err := auth.Decide(g.actors.Actor(actor), auth.Derive, auth.Resource{}); err != nil {
		return 0, err
	}
	err = g.base.Write(ctx, func(w Writer) error {
		changed = 0
		for _, reg := range g.pack.Registers {
			if _, err := g.numbered(ctx, w, reg); err != nil {
				return err
			}
			var ids []int64
			for last := int64(0); ; last = ids[len(ids)-1] {
				part, err := w.Next(ctx, reg.ID, last, 1<<16)
				if err != nil {
					return err
				}
				if len(part) == 0 {
					break
				}
				ids = append(ids, part...)
			}
			if len(ids) == 0 {
				continue
			}
			n, err := g.settle(ctx, w, reg, ids, Progress{Stage: "deriving"}, progress)
			if err != nil {
				return err
			}
			changed += n
		}
		if err := w.Set(ctx, precedenceSetting, g.precedence()); err != nil {
			return err
		}
		return g.log(ctx, w, actor, "derive", "base", map[string]any{"changed": changed})
	})
	return changed, err
}
