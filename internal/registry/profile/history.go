package profile

import (
	"context"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// SaidFact is one value that one record states.
type SaidFact struct {
	fact.Fact
	Source fact.Address
	How    fact.How  // how the record is linked to the subject
	Undone time.Time // when its import was undone; zero: in force
	Wins   bool      // the value counts now
}

// History returns every value that records have ever stated about a subject, in the order of import, also those of undone
// imports.
func (g *Profiles) History(ctx context.Context, subject int64) (list []SaidFact, err error) {
	defer fault.At(&err, "profile.History(subject %d)", subject)
	err = g.subjectAt(ctx, subject, fact.Moment{}, func(r Reader, d *derive.Deriver, old *fact.ProfileRow, inForce []fact.RecordRow) error {
		now, err := g.sourced(ctx, r, d, subject, inForce, fact.Moment{})
		if err != nil {
			return err
		}
		type place struct {
			record int64
			cell   int
			attr   string
			year   int
		}
		wins := map[place]bool{}
		for _, f := range now {
			wins[place{f.Record, f.Cell, f.Attr.ID, f.Year}] = true
		}
		records, err := r.LinkedEver(ctx, []int64{subject})
		if err != nil {
			return err
		}
		for i := range records {
			r := &records[i]
			from, err := d.Load(ctx, r.Import)
			if err != nil {
				return err
			}
			reading, err := d.Reading(ctx, r)
			if err != nil {
				return err
			}
			for _, f := range reading.Facts {
				a, err := d.Address(ctx, r, f.Cell)
				if err != nil {
					return err
				}
				list = append(list, SaidFact{Fact: f, Source: a, How: r.How, Undone: from.UndoneAt,
					Wins: from.UndoneAt.IsZero() && wins[place{r.ID, f.Cell, f.Attr.ID, f.Year}]})
			}
		}
		return nil
	})
	return list, err
}

// LinkedRecord is a record that counts for a subject, and how that is known.
type LinkedRecord struct {
	Record     int64
	RowSubject int64 // the subject that the row itself names, when it was merged into this one; 0: the same
	How        fact.How
	Evidence   string
	Source     fact.Address
	Undone     time.Time // when its import was undone; zero: in force
}

// LinkedRecords returns the records of a subject, the oldest first, also those of undone imports.
func (g *Profiles) LinkedRecords(ctx context.Context, subject int64) (list []LinkedRecord, err error) {
	defer fault.At(&err, "profile.LinkedRecords(subject %d)", subject)
	err = g.subjectAt(ctx, subject, fact.Moment{}, func(r Reader, d *derive.Deriver, old *fact.ProfileRow, _ []fact.RecordRow) error {
		records, err := r.LinkedEver(ctx, []int64{subject})
		if err != nil {
			return err
		}
		for i := range records {
			r := &records[i]
			from, err := d.Load(ctx, r.Import)
			if err != nil {
				return err
			}
			a, err := d.Address(ctx, r, 0)
			if err != nil {
				return err
			}
			list = append(list, LinkedRecord{r.ID, r.RowSubject, r.How, r.Evidence, a, from.UndoneAt})
		}
		return nil
	})
	return list, err
}
