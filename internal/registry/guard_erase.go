package registry

import (
	"context"

	"eyas/internal/auth"
	"eyas/internal/registry/intake"
)

// KeptOfSubject returns the cells with values of all records of a subject that the actor sees, also of undone imports. Fields that he
// may not see are left out.
func (g *Registry) KeptOfSubject(ctx context.Context, subject int64) (list []intake.KeptCell, err error) {
	ctx, err = g.see(ctx, subject)
	if err != nil {
		return nil, err
	}
	linked, err := g.profiles.LinkedRecords(ctx, subject)
	if err != nil {
		return nil, err
	}
	records := make([]int64, len(linked))
	for i := range linked {
		records[i] = linked[i].Record
	}
	all, err := g.intakes.KeptCells(ctx, records)
	if err != nil {
		return nil, err
	}
	hides := g.hides(ctx)
	for _, c := range all {
		if hides == nil || !hides(c.Attr) {
			list = append(list, c)
		}
	}
	return list, nil
}

// EraseColumn is intake.Intake.EraseColumn for who may approve erasures. Whether the cells are those that were approved, package
// retention has checked: somebody who sees a part of the registers approves what is about his own subjects.
func (g *Registry) EraseColumn(ctx context.Context, b intake.Erasable, also func(context.Context, intake.Blanked) error) (intake.Blanked, error) {
	if err := g.actors.Decide(ctx, auth.ApproveErasure, auth.Resource{}); err != nil {
		return intake.Blanked{}, err
	}
	return g.intakes.EraseColumn(passed(ctx), b, also)
}

// HolesIn is intake.Intake.HolesIn for who may approve erasures.
func (g *Registry) HolesIn(ctx context.Context, sha256 string) (intake.Holes, []int64, error) {
	if err := g.actors.Decide(ctx, auth.ApproveErasure, auth.Resource{}); err != nil {
		return nil, nil, err
	}
	return g.intakes.HolesIn(passed(ctx), sha256)
}

// Connected is profile.Profiles.Connected. It asks for no rights, for package retention: what is held stays held when it is merged or moved.
func (g *Registry) Connected(ctx context.Context, subject int64) ([]int64, error) {
	return g.profiles.Connected(auth.As(ctx, auth.Self), subject)
}
