package profile

import (
	"context"
	"time"

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

// Brought returns what the records in force of a subject say that were brought until a time, whether or not its owner has refused
// them. With a zero time it is what all say.
func (g *Profiles) Brought(ctx context.Context, subject int64, until time.Time) (found *fact.Profile, err error) {
	defer fault.At(&err, "profile.Brought(subject %d)", subject)
	err = g.subjectAt(ctx, subject, fact.Moment{}, func(r Reader, d *derive.Deriver, old *fact.ProfileRow, records []fact.RecordRow) error {
		row, until := *old, until.UnixMilli()
		row.Held = ""
		if until > 0 {
			row.Code, row.Name = "", "" // it may have got others since
			kept := records[:0]
			for _, one := range records {
				i, err := d.Load(ctx, one.Import)
				if err != nil {
					return err
				}
				if i.At.UnixMilli() <= until {
					kept = append(kept, one)
				}
			}
			records = kept
		}
		found = &fact.Profile{}
		return d.ProfileAt(ctx, &row, records, nil, found)
	})
	return found, err
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
