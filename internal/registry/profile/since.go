package profile

import (
	"context"
	"slices"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// ValuesSince returns the values that a text attribute of a subject has had from a time until now, in their order: the one at that
// time, the one before and the one after each write that may have changed it, and the present one. An unknown value is empty. The
// base's own history says it, so that a value is among them whether or not anybody read it while it held.
func (g *Profiles) ValuesSince(ctx context.Context, subject int64, attr string, since time.Time) (values []string, err error) {
	defer fault.At(&err, "profile.ValuesSince(subject %d, attribute %s)", subject, attr)
	moments, err := g.writes(ctx, subject, since)
	if err != nil {
		return nil, err
	}
	for _, m := range moments {
		p, err := g.ProfileAt(ctx, subject, m)
		if err != nil {
			return nil, err
		}
		value := ""
		if v := p.Value(attr); v != nil && !p.Gone {
			value = v.Str
		}
		values = append(values, value)
	}
	return values, nil
}

// writes are the moments around all writes that may have changed a subject since a time: imports of records that ever counted for it
// or for a subject that it was ever connected with, merges and moves, and that these were taken back. The last moment is now.
func (g *Profiles) writes(ctx context.Context, subject int64, since time.Time) (moments []fact.Moment, err error) {
	since = since.Truncate(time.Millisecond).Add(time.Millisecond) // times are kept in milliseconds
	ends := []time.Time{since}
	add := func(at time.Time) {
		if at = at.Truncate(time.Millisecond); !at.Before(since) {
			ends = append(ends, at, at.Add(time.Millisecond))
		}
	}
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		old, err := derive.ProfileOf(ctx, r, subject)
		if err != nil {
			return err
		}
		reg, err := g.base.RegisterOf(old.Register)
		if err != nil {
			return err
		}
		past, err := g.base.PastOf(ctx, r, reg.ID, []int64{subject}, fact.Moment{})
		if err != nil {
			return err
		}
		group := past.Group()
		merges, err := r.MergesOf(ctx, reg.ID, group)
		if err != nil {
			return err
		}
		for i := range merges {
			add(merges[i].At)
			add(merges[i].UndoneAt)
		}
		moves, err := r.RelinksOf(ctx, group)
		if err != nil {
			return err
		}
		for i := range moves {
			add(moves[i].At)
			add(moves[i].UndoneAt)
		}
		d, err := g.base.DeriverAt(ctx, r, reg, fact.Moment{})
		if err != nil {
			return err
		}
		records, err := r.LinkedEver(ctx, group)
		if err != nil {
			return err
		}
		for i := range records {
			of, err := d.Load(ctx, records[i].Import)
			if err != nil {
				return err
			}
			add(of.At)
			add(of.UndoneAt)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(ends, time.Time.Compare)
	for _, end := range slices.CompactFunc(ends, time.Time.Equal) {
		moments = append(moments, fact.Moment{KnownOn: end, Exact: true})
	}
	return append(moments, fact.Moment{}), nil
}

// Connected returns the subjects, ascending, with which a subject was ever connected by a merge or a move of records, also by one that was
// taken back, and itself. A fault with code NotFound: there is no such subject.
func (g *Profiles) Connected(ctx context.Context, subject int64) (list []int64, err error) {
	defer fault.At(&err, "profile.Connected(subject %d)", subject)
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		old, err := derive.ProfileOf(ctx, r, subject)
		if err != nil {
			return err
		}
		past, err := g.base.PastOf(ctx, r, old.Register, []int64{subject}, fact.Moment{})
		if err == nil {
			list = slices.Clone(past.Group())
		}
		return err
	})
	return list, err
}
