package derive

import (
	"context"
	"maps"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// repair corrects, in one transaction, what the batch and other writers did to some subjects without knowing of each
// other. Links follow the merges of now; a code or a name that another writer gave to one subject is not given to a
// second one; profiles are derived from all records.
func (b *Bulk) repair(ctx context.Context, w BatchWriter, subjects []int64) error {
	if len(subjects) == 0 {
		return nil
	}
	set, err := followMerges(ctx, w, subjects)
	if err != nil {
		return err
	}
	for _, s := range set {
		b.Others[s] = true
	}
	if len(b.Announced) > 0 {
		if set, err = b.decide(ctx, set); err != nil {
			return err
		}
	}
	of, err := RegistersOf(ctx, w, set)
	if err != nil {
		return err
	}
	for _, register := range slices.Sorted(maps.Keys(of)) {
		reg, err := b.g.RegisterOf(register)
		if err != nil {
			return err
		}
		d, err := b.deriver(ctx, w, reg)
		if err != nil {
			return err
		}
		for part := range slices.Chunk(of[register], fact.BatchRows) {
			profiles, err := d.Rederive(ctx, part)
			if err != nil {
				return err
			}
			if err := b.put(ctx, w, profiles); err != nil {
				return err
			}
		}
	}
	return nil
}

// RegistersOf groups subjects, ascending, by register.
func RegistersOf(ctx context.Context, r fact.ProfileReader, subjects []int64) (_ map[string][]int64, err error) {
	defer fault.At(&err, "derive.RegistersOf(%d subjects)", len(subjects))
	rows, err := r.Profiles(ctx, subjects)
	of := map[string][]int64{}
	for i := range rows {
		of[rows[i].Register] = append(of[rows[i].Register], rows[i].Subject)
	}
	return of, err
}

// readdressed derives again the subjects of the batch whose addresses contain a phrase whose answer changed meanwhile.
func (b *Bulk) readdressed(ctx context.Context) error {
	var phrases []string
	var ids map[*pack.Register][]int64
	err := ReadIn(ctx, b, b.g.rooms.Deriving(), func(r RoomReader) error {
		now, err := placesAnswered(ctx, r)
		if err != nil {
			return err
		}
		for _, pair := range [][2]map[string]string{{now, b.answers}, {b.answers, now}} {
			for phrase, org := range pair[0] {
				if pair[1][phrase] != org {
					phrases = append(phrases, phrase)
				}
			}
		}
		b.answers = now
		if len(phrases) == 0 {
			return nil
		}
		ids, err = b.g.Addressed(ctx, r, phrases)
		return err
	})
	for reg, list := range ids {
		if err == nil {
			_, err = b.Settle(ctx, reg, list, Progress{Stage: "deriving"}, nil)
		}
	}
	return err
}
