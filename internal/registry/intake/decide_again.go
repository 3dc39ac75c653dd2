package intake

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
)

// rivalry decides again which subjects the rows of a batch are about, when other writers meanwhile wrote subjects with
// the same code or name.
type rivalry struct {
	g    *Intake
	bulk *derive.Bulk
}

// decide links rows of the batch again when other writers brought the same code or name meanwhile. It returns subjects
// and those that the rows were and are linked to.
func (a *rivalry) decide(ctx context.Context, subjects []int64) (all []int64, err error) {
	err = a.g.rooms.Landing().Write(ctx, func(w LandingWriter) error {
		all, err = a.decideAgain(ctx, w, subjects)
		return err
	})
	return all, err
}

func (a *rivalry) decideAgain(ctx context.Context, w LandingWriter, subjects []int64) ([]int64, error) {
	of, err := derive.RegistersOf(ctx, w, subjects)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(subjects)
	for _, register := range slices.Sorted(maps.Keys(of)) {
		rivals, err := rivalsOf(ctx, w, register, of[register])
		if err != nil {
			return nil, err
		}
		if len(rivals) == 0 {
			continue
		}
		more, err := a.decideRows(ctx, w, register, rivals)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// rivalsOf returns the subjects known only to the batch that have the same code as one of subjects, or that the batch
// made under the same name.
func rivalsOf(ctx context.Context, w LandingWriter, register string, subjects []int64) ([]int64, error) {
	standing, err := w.Standing(ctx, subjects)
	if err != nil {
		return nil, err
	}
	byCode, byKey := map[string]fact.SubjectRow{}, map[string]fact.SubjectRow{}
	for _, s := range standing {
		if s.Code != "" {
			byCode[s.Code] = s
		}
		if !s.Gone && s.NameKey != "" {
			byKey[s.NameKey] = s
		}
	}
	rivals := map[int64]bool{}
	holders, err := w.SubjectsByCode(ctx, register, slices.Sorted(maps.Keys(byCode)))
	if err != nil {
		return nil, err
	}
	for _, h := range holders {
		if byCode[h.Code].Subject != h.Subject {
			rivals[h.Subject] = true
		}
	}
	named, err := w.SubjectsByKey(ctx, register, slices.Sorted(maps.Keys(byKey)))
	if err != nil {
		return nil, err
	}
	made := map[int64]bool{}
	for _, h := range named {
		if s := byKey[h.NameKey]; !h.Gone && h.Subject != s.Subject && (h.Code == "" || s.Code == "") {
			made[h.Subject] = true
		}
	}
	known, err := w.Standing(ctx, slices.Sorted(maps.Keys(made)))
	if err != nil {
		return nil, err
	}
	for _, s := range known {
		delete(made, s.Subject)
	}
	maps.Copy(rivals, made)
	return slices.Sorted(maps.Keys(rivals)), nil
}

// decideRows detaches the batch's records from the rivals and decides again, in their order, which subjects they are
// about.
func (a *rivalry) decideRows(ctx context.Context, w LandingWriter, register string, rivals []int64) (subjects []int64, err error) {
	reg, err := a.g.base.RegisterOf(register)
	if err != nil {
		return nil, err
	}
	d, err := a.g.base.Deriver(ctx, w, reg)
	if err != nil {
		return nil, err
	}
	d.Aloud = true // name keys are needed
	rows, err := a.broughtRows(ctx, w, d, rivals)
	if err != nil {
		return nil, err
	}
	if subjects, err = leave(ctx, w, rivals); err != nil {
		return nil, err
	}
	r, err := identity.NewResolver(limitOf(ctx).look(ctx), w, register, 0)
	if err != nil {
		return nil, err
	}
	if err := r.Prepare(ctx, namings(rows)); err != nil {
		return nil, err
	}
	var made []fact.ProfileRow
	for i := range rows {
		if rows[i].away {
			r.Away(rows[i].code, rows[i].key)
		}
	}
	for i := range rows {
		got := r.Decide(rows[i].code, rows[i].key)
		link := fact.LinkRow{Record: rows[i].record, Subject: got.Subject, RowSubject: got.RowSubject, How: got.How, Evidence: rows[i].key}
		if got.How == fact.ByCode {
			link.Evidence = rows[i].code
		}
		if err := w.SetLink(ctx, link); err != nil {
			return nil, err
		}
		if got.Fresh {
			if _, err := w.Advance(ctx, fact.LastSubject, 1); err != nil {
				return nil, err
			}
			row := fact.ProfileRow{Subject: got.Subject, Register: register, Facts: d.Rules.Append(nil, nil), Gone: true}
			row.Hold(got.Held, rows[i].code, rows[i].key)
			made = append(made, row)
		}
		subjects = append(subjects, got.Subject)
	}
	return subjects, w.AddProfiles(ctx, made)
}

// broughtRows reads again the records of subjects that the batch brought.
func (a *rivalry) broughtRows(ctx context.Context, w fact.LinkedReader, d *derive.Deriver, subjects []int64) (rows []readyRow, err error) {
	linked, err := w.Linked(ctx, subjects)
	if err != nil {
		return nil, err
	}
	limit := limitOf(ctx)
	var names [][]fact.Named
	for i := range linked {
		l := &linked[i]
		if !a.bulk.Announced[l.Import] || l.How == fact.ByPerson {
			continue
		}
		reading, err := d.Reading(ctx, l)
		if err != nil {
			return nil, err
		}
		row := readyRow{record: l.ID, code: strings.Clone(reading.Code), key: strings.Clone(fact.BoundedKey(fact.Storable(reading.NameKey)))}
		if limit != nil {
			row.away = limit.Outside(d.Register, reading.Facts)
			names = append(names, limit.unitsBeside(a.g.base.Pack, d.Register, reading))
		}
		rows = append(rows, row)
	}
	if err := limit.heldBy(ctx, d.Register, rows, names); err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(x, y readyRow) int { return cmp.Compare(x.record, y.record) })
	return rows, nil
}

// leave discards the subjects that only the batch knew, and takes back the codes that it gave to other subjects. It
// returns the latter.
func leave(ctx context.Context, w LandingWriter, rivals []int64) (left []int64, err error) {
	standing, err := w.Standing(ctx, rivals)
	if err != nil {
		return nil, err
	}
	codes := map[int64]string{}
	for _, s := range standing {
		codes[s.Subject] = s.Code
	}
	profiles, err := w.Profiles(ctx, rivals)
	if err != nil {
		return nil, err
	}
	var made []int64
	for i := range profiles {
		p := &profiles[i]
		code, known := codes[p.Subject]
		if !known {
			made = append(made, p.Subject)
			continue
		}
		left = append(left, p.Subject)
		p.Code = code
		if err := w.SetProfiles(ctx, profiles[i:i+1]); err != nil {
			return nil, err
		}
	}
	return left, w.Discard(ctx, made)
}
