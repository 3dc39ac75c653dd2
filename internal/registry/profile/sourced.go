package profile

import (
	"context"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Sourced returns every value of a subject's profile with its address, and the values of other records for the same
// attribute and year, the newest first: values that lost, and values that confirm the winner.
func (g *Profiles) Sourced(ctx context.Context, subject int64) (_ []fact.SourcedFact, err error) {
	defer fault.At(&err, "profile.Sourced(subject %d)", subject)
	return g.SourcedAt(ctx, subject, fact.Moment{})
}

// SourcedAt does what Sourced does as of a moment. When a value was declared wrong and no other is known, the winner is
// void.
func (g *Profiles) SourcedAt(ctx context.Context, subject int64, m fact.Moment) (list []fact.SourcedFact, err error) {
	defer fault.At(&err, "profile.SourcedAt(subject %d)", subject)
	err = g.subjectAt(ctx, subject, m, func(r Reader, d *derive.Deriver, old *fact.ProfileRow, records []fact.RecordRow) error {
		list, err = g.sourced(ctx, r, d, old.Subject, records, m)
		return err
	})
	return list, err
}

func (g *Profiles) sourced(ctx context.Context, r fact.ListReader, d *derive.Deriver, subject int64, records []fact.RecordRow, m fact.Moment) ([]fact.SourcedFact, error) {
	lists, err := g.base.WholeLists(ctx, r, d.Register, m)
	if err != nil {
		return nil, err
	}
	list, _, err := d.Sourced(ctx, subject, records, lists)
	return list, err
}
