package profile

import (
	"context"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// ProfileAt returns the profile of a subject as of a moment. It is inactive (Gone) when nothing was known then.
func (g *Profiles) ProfileAt(ctx context.Context, subject int64, m fact.Moment) (found *fact.Profile, err error) {
	defer fault.At(&err, "profile.ProfileAt(subject %d)", subject)
	if !m.Latest() {
		err = g.subjectAt(ctx, subject, m, func(r Reader, d *derive.Deriver, old *fact.ProfileRow, records []fact.RecordRow) error {
			lists, err := g.base.WholeLists(ctx, r, d.Register, m)
			if err != nil {
				return err
			}
			found = &fact.Profile{}
			return d.ProfileAt(ctx, old, records, lists, found)
		})
		return found, err
	}
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		found, _, err = g.base.ProfileNow(ctx, r, subject)
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// subjectAt passes the records of a subject at a moment, in the order of import, and a deriver for that moment to fn.
func (g *Profiles) subjectAt(ctx context.Context, subject int64, m fact.Moment, fn func(r Reader, d *derive.Deriver, old *fact.ProfileRow, records []fact.RecordRow) error) error {
	return g.rooms.Profiles().Read(ctx, func(r Reader) error {
		old, err := derive.ProfileOf(ctx, r, subject)
		if err != nil {
			return err
		}
		reg, err := g.base.RegisterOf(old.Register)
		if err != nil {
			return err
		}
		d, err := g.base.DeriverAt(ctx, r, reg, m)
		if err != nil {
			return err
		}
		if m.KnownOn.IsZero() {
			records, err := r.Linked(ctx, []int64{subject})
			if err != nil {
				return err
			}
			return fn(r, d, old, records)
		}
		past, err := g.base.PastOf(ctx, r, reg.ID, []int64{subject}, m)
		if err != nil {
			return err
		}
		records, err := past.Records(ctx, r, d, subject, m)
		if err != nil {
			return err
		}
		return fn(r, d, old, records)
	})
}
