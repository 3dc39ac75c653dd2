package registry

import (
	"context"
	"slices"
)

// EachProfile gives the profiles of any register that changed after a value of the change counter, by subject; from
// the beginning (0) on, the live ones. The profile is used again for the next.
func (g *Registry) EachProfile(ctx context.Context, register string, afterChange int64, fn func(*Profile) error) error {
	reg, err := g.register(register)
	if err != nil {
		return err
	}
	return g.base.Read(ctx, func(r Reader) error {
		var ids []int64
		if afterChange > 0 {
			ids, err = r.Changed(ctx, register, afterChange)
		} else { // by the index of names: reading all profiles would take as long as the largest register is
			err = r.EachName(ctx, register, false, func(subject int64, _ string) error {
				ids = append(ids, subject)
				return nil
			})
			slices.Sort(ids)
		}
		if err != nil {
			return err
		}
		n, err := g.codec(ctx, r, reg)
		if err != nil {
			return err
		}
		return eachOf(ctx, r, n, ids, fn)
	})
}

// EachOf gives the profiles of some subjects of one register, by subject. The profile is used again for the next.
func (g *Registry) EachOf(ctx context.Context, register string, subjects []int64, fn func(*Profile) error) error {
	reg, err := g.register(register)
	if err != nil {
		return err
	}
	return g.base.Read(ctx, func(r Reader) error {
		n, err := g.codec(ctx, r, reg)
		if err != nil {
			return err
		}
		return eachOf(ctx, r, n, subjects, fn)
	})
}

func eachOf(ctx context.Context, r Reader, n *codec, ids []int64, fn func(*Profile) error) error {
	var p Profile
	for part := range slices.Chunk(ids, batchRows) {
		rows, err := r.Profiles(ctx, part)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := n.profile(&rows[i], &p); err != nil {
				return err
			}
			if err := fn(&p); err != nil {
				return err
			}
		}
	}
	return nil
}

// RegisterOf gives the register that a subject is in; a fault when there is no such subject.
func (g *Registry) RegisterOf(ctx context.Context, subject int64) (register string, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		rows, err := r.Profiles(ctx, []int64{subject})
		if err == nil && len(rows) == 0 {
			err = noSubject(subject)
		}
		if err == nil {
			register = rows[0].Register
		}
		return err
	})
	return register, err
}

// LastImports gives, for each register, its newest import that is in force, and how many there are.
func (g *Registry) LastImports(ctx context.Context) (last map[string]Import, count map[string]int, err error) {
	last, count = map[string]Import{}, map[string]int{}
	err = g.base.Read(ctx, func(r Reader) error {
		rows, err := r.LastImports(ctx)
		for i := range rows {
			one, err := rows[i].ImportRow.view("")
			if err != nil {
				return err
			}
			last[one.Register], count[one.Register] = *one, rows[i].Count
		}
		return err
	})
	return last, count, err
}
