package profile

import (
	"context"
	"fmt"
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
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		old, err := derive.ProfileOf(ctx, r, subject)
		if err != nil {
			return err
		}
		reg, err := g.base.RegisterOf(old.Register)
		if err != nil {
			return err
		}
		d, err := g.base.DeriverAt(ctx, r, reg, fact.Moment{})
		if err != nil {
			return err
		}
		d.Only = []string{attr}
		once := &readOnce{from: r}
		moments, err := g.writes(ctx, once, d, subject, since)
		if err != nil {
			return err
		}
		var before []fact.RecordRow
		for i, m := range moments {
			past, err := g.base.PastOf(ctx, once, reg.ID, []int64{subject}, m)
			if err != nil {
				return err
			}
			records, err := past.Records(ctx, once, d, subject, m)
			if err != nil {
				return err
			}
			if i > 0 && slices.EqualFunc(records, before, sameRecord) {
				values = append(values, values[i-1])
				continue
			}
			var p fact.Profile
			if err := d.ProfileAt(ctx, old, records, nil, &p); err != nil { // lists that are whole tell nothing about texts
				return err
			}
			values, before = append(values, valueOf(&p, attr)), records
		}
		now, _, err := g.base.ProfileNow(ctx, r, subject)
		if err == nil {
			values = append(values, valueOf(now, attr))
		}
		return err
	})
	return values, err
}

func valueOf(p *fact.Profile, attr string) string {
	if v := p.Value(attr); v != nil && !p.Gone {
		return v.Str
	}
	return ""
}

// sameRecord reports whether two readings of a record count in the same way.
func sameRecord(a, b fact.RecordRow) bool {
	return a.ID == b.ID && a.Subject == b.Subject && a.RowSubject == b.RowSubject && a.How == b.How
}

// readOnce reads what has ever been written about subjects once: it is the same for all moments.
type readOnce struct {
	from interface {
		fact.PastReader
		fact.EverReader
	}
	merges  map[string][]fact.MergeRow
	moves   map[string][]fact.RelinkRow
	records map[string][]fact.RecordRow
}

func (o *readOnce) MergesOf(ctx context.Context, register string, subjects []int64) ([]fact.MergeRow, error) {
	return once(&o.merges, fmt.Sprint(register, subjects), func() ([]fact.MergeRow, error) { return o.from.MergesOf(ctx, register, subjects) })
}

func (o *readOnce) RelinksOf(ctx context.Context, subjects []int64) ([]fact.RelinkRow, error) {
	return once(&o.moves, fmt.Sprint(subjects), func() ([]fact.RelinkRow, error) { return o.from.RelinksOf(ctx, subjects) })
}

func (o *readOnce) LinkedEver(ctx context.Context, subjects []int64) ([]fact.RecordRow, error) {
	return once(&o.records, fmt.Sprint(subjects), func() ([]fact.RecordRow, error) { return o.from.LinkedEver(ctx, subjects) })
}

// once gives the caller a list of his own.
func once[T any](kept *map[string][]T, key string, read func() ([]T, error)) ([]T, error) {
	list, is := (*kept)[key]
	if !is {
		var err error
		if list, err = read(); err != nil {
			return nil, err
		}
		if *kept == nil {
			*kept = map[string][]T{}
		}
		(*kept)[key] = list
	}
	return slices.Clone(list), nil
}

// writes are the moments around all writes that may have changed a subject since a time: imports of records that ever counted for it
// or for a subject that it was ever connected with, merges and moves, and that these were taken back.
func (g *Profiles) writes(ctx context.Context, r *readOnce, d *derive.Deriver, subject int64, since time.Time) (moments []fact.Moment, err error) {
	since = since.Truncate(time.Millisecond).Add(time.Millisecond) // times are kept in milliseconds
	ends := []time.Time{since}
	add := func(at time.Time) {
		if at = at.Truncate(time.Millisecond); !at.Before(since) {
			ends = append(ends, at, at.Add(time.Millisecond))
		}
	}
	past, err := g.base.PastOf(ctx, r, d.Register.ID, []int64{subject}, fact.Moment{})
	if err != nil {
		return nil, err
	}
	group := past.Group()
	merges, err := r.MergesOf(ctx, d.Register.ID, group)
	if err != nil {
		return nil, err
	}
	for i := range merges {
		add(merges[i].At)
		add(merges[i].UndoneAt)
	}
	moves, err := r.RelinksOf(ctx, group)
	if err != nil {
		return nil, err
	}
	for i := range moves {
		add(moves[i].At)
		add(moves[i].UndoneAt)
	}
	records, err := r.LinkedEver(ctx, group)
	if err != nil {
		return nil, err
	}
	for i := range records {
		of, err := d.Load(ctx, records[i].Import)
		if err != nil {
			return nil, err
		}
		add(of.At)
		add(of.UndoneAt)
	}
	slices.SortFunc(ends, time.Time.Compare)
	for _, end := range slices.CompactFunc(ends, time.Time.Equal) {
		moments = append(moments, fact.Moment{KnownOn: end, Exact: true})
	}
	return moments, nil
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
