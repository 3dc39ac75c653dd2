package registry

import (
	"context"
	"slices"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
)

// What hooks ask: they look at what is stored, not at columns in memory, which may come to know of a change later than a hook does.

// ChangedSince is profile.Profiles.ChangedSince. It asks for no rights: SeenOf leaves what an actor sees.
func (g *Registry) ChangedSince(ctx context.Context, register string, after int64) (subjects []int64, now int64, whole bool, err error) {
	defer fault.At(&err, "registry.ChangedSince(register %s, after %d)", register, after)
	return g.profiles.ChangedSince(auth.As(ctx, auth.Self), register, after)
}

// SeenOf returns those of some subjects of a register that the actor sees, in their order, as they are stored now.
func (g *Registry) SeenOf(ctx context.Context, register string, subjects []int64) (seen []int64, err error) {
	defer fault.At(&err, "registry.SeenOf(register %s, %d subjects)", register, len(subjects))
	scope, part, err := g.narrow(ctx)
	if err != nil {
		return nil, err
	}
	if !part {
		return subjects, nil
	}
	if _, err := g.actors.Scope(ctx, register); err != nil {
		if fault.Of(err) == fault.Forbidden { // his role is not about this register
			return nil, nil
		}
		return nil, err
	}
	for some := range slices.Chunk(subjects, fact.BatchRows) {
		lies, err := g.lies(auth.As(ctx, auth.Self), slices.Clone(some), scope.By())
		if err != nil {
			return nil, err
		}
		for _, id := range some {
			if l, known := lies[id]; known && l.Register == register && scope.Holds(l) {
				seen = append(seen, id)
			}
		}
	}
	return seen, nil
}
