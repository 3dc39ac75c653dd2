package registry

import (
	"context"
	"slices"

	"eyas/internal/pack"
)

// EachProfile is Scan for any register; of others than the first, gone subjects are left out when all are asked for.
func (g *Registry) EachProfile(ctx context.Context, register string, afterChange int64, fn func(*Profile) error) error {
	reg, err := g.register(register)
	if err != nil {
		return err
	}
	return g.base.Read(ctx, func(r Reader) error {
		pass, err := g.reader(ctx, r, reg, fn)
		if err != nil {
			return err
		}
		reread, err := r.Counter(ctx, Reread)
		if err != nil {
			return err
		}
		var ids []int64
		switch {
		case afterChange > 0 && afterChange >= reread:
			ids, err = r.Changed(ctx, register, afterChange)
		case reg == g.main():
			return r.EachProfile(ctx, register, pass)
		default: // by the index of names: reading all profiles would take as long as the largest register is
			err = r.EachName(ctx, register, false, func(subject int64, _ string) error {
				ids = append(ids, subject)
				return nil
			})
			slices.Sort(ids)
		}
		if err != nil {
			return err
		}
		return eachOf(ctx, r, ids, pass)
	})
}

// reader gives a function that reads stored profiles as they are now and passes them on, in memory that is used again.
func (g *Registry) reader(ctx context.Context, r Reader, reg *pack.Register, fn func(*Profile) error) (func(*ProfileRow) error, error) {
	n, err := g.codec(ctx, r, reg)
	if err != nil {
		return nil, err
	}
	lists, err := g.wholeLists(ctx, r, reg, Moment{})
	if err != nil {
		return nil, err
	}
	var p Profile
	return func(row *ProfileRow) error {
		if err := n.profile(row, lists, &p); err != nil {
			return err
		}
		return fn(&p)
	}, nil
}

func eachOf(ctx context.Context, r Reader, ids []int64, pass func(*ProfileRow) error) error {
	for part := range slices.Chunk(ids, batchRows) {
		rows, err := r.Profiles(ctx, part)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := pass(&rows[i]); err != nil {
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

// LastImports gives, for each register, its newest import that is in force, and how many there are; by what was known
// at a moment.
func (g *Registry) LastImports(ctx context.Context, m Moment) (last map[string]Import, count map[string]int, err error) {
	last, count = map[string]Import{}, map[string]int{}
	err = g.base.Read(ctx, func(r Reader) error {
		rows, err := r.LastImports(ctx, m.before(g.pack))
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
