package registry

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"eyas/internal/pack"
	places "eyas/internal/registry/place"
)

// repair makes right, in one transaction, what the batch and others did about some subjects without knowing of each
// other: links follow the merges of now, a code or a name that others gave to a subject is not another one's, and
// profiles follow from all records.
func (b *bulk) repair(ctx context.Context, w BatchWriter, subjects []int64) error {
	if len(subjects) == 0 {
		return nil
	}
	set, err := followMerges(ctx, w, subjects)
	if err != nil {
		return err
	}
	for _, s := range set {
		b.others[s] = true
	}
	if len(b.brings) > 0 {
		if set, err = b.decideAgain(ctx, w, set); err != nil {
			return err
		}
	}
	of, err := registersOf(ctx, w, set)
	if err != nil {
		return err
	}
	for _, register := range slices.Sorted(maps.Keys(of)) {
		reg, err := b.g.register(register)
		if err != nil {
			return err
		}
		d, err := b.g.deriver(ctx, w, reg)
		if err != nil {
			return err
		}
		for part := range slices.Chunk(of[register], batchRows) {
			profiles, _, err := d.rederive(ctx, part)
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

// registersOf divides subjects, ascending, by register.
func registersOf(ctx context.Context, r Reader, subjects []int64) (map[string][]int64, error) {
	rows, err := r.Profiles(ctx, subjects)
	of := map[string][]int64{}
	for i := range rows {
		of[rows[i].Register] = append(of[rows[i].Register], rows[i].Subject)
	}
	return of, err
}

// followMerges attaches the records of subjects that were merged, or parted, to whom they count for now. It gives the
// subjects and those that they were merged with.
func followMerges(ctx context.Context, w BatchWriter, subjects []int64) ([]int64, error) {
	merges, err := w.MergesOf(ctx, "", subjects)
	if err != nil || len(merges) == 0 {
		return subjects, err
	}
	var joined []int64
	for i := range merges {
		joined = append(joined, merges[i].From, merges[i].Into)
	}
	slices.Sort(joined)
	all := slices.Concat(subjects, joined)
	for _, s := range slices.Compact(joined) {
		root, err := rootOf(ctx, w, s)
		if err != nil {
			return nil, err
		}
		if err := w.Attach(ctx, []int64{s}, root); err != nil {
			return nil, err
		}
		all = append(all, root)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// decideAgain decides whom rows of the batch are about where others brought the same code or name meanwhile. It gives
// the subjects and those that the rows were and are linked to.
func (b *bulk) decideAgain(ctx context.Context, w BatchWriter, subjects []int64) ([]int64, error) {
	of, err := registersOf(ctx, w, subjects)
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
		more, err := b.decideRows(ctx, w, register, rivals)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// rivalsOf gives the subjects that have, for the batch alone, a code that others gave to one of some subjects, or that
// the batch made under its name.
func rivalsOf(ctx context.Context, w BatchWriter, register string, subjects []int64) ([]int64, error) {
	standing, err := w.Standing(ctx, subjects)
	if err != nil {
		return nil, err
	}
	byCode, byKey := map[string]SubjectRow{}, map[string]SubjectRow{}
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

// decideRows takes the batch's records of rivals away from them and decides anew whom they are about, in their order.
func (b *bulk) decideRows(ctx context.Context, w BatchWriter, register string, rivals []int64) (subjects []int64, err error) {
	reg, err := b.g.register(register)
	if err != nil {
		return nil, err
	}
	d, err := b.g.deriver(ctx, w, reg)
	if err != nil {
		return nil, err
	}
	d.aloud = true // the keys of names are wanted
	rows, err := b.broughtRows(ctx, w, d, rivals)
	if err != nil {
		return nil, err
	}
	if subjects, err = leave(ctx, w, rivals); err != nil {
		return nil, err
	}
	r, err := newResolver(ctx, w, register, 0)
	if err != nil {
		return nil, err
	}
	if err := r.prepare(ctx, rows); err != nil {
		return nil, err
	}
	var made []ProfileRow
	for i := range rows {
		got := r.decide(rows[i].code, rows[i].key)
		link := LinkRow{Record: rows[i].record, Subject: got.subject, Origin: got.origin, How: got.how, Evidence: rows[i].key}
		if got.how == ByCode {
			link.Evidence = rows[i].code
		}
		if err := w.SetLink(ctx, link); err != nil {
			return nil, err
		}
		if got.fresh {
			if _, err := w.Advance(ctx, LastSubject, 1); err != nil {
				return nil, err
			}
			made = append(made, ProfileRow{Subject: got.subject, Register: register, Facts: d.codec.appendFacts(nil, nil), Gone: true})
		}
		subjects = append(subjects, got.subject)
	}
	return subjects, w.AddProfiles(ctx, made)
}

// broughtRows reads again the batch's records of subjects.
func (b *bulk) broughtRows(ctx context.Context, w BatchWriter, d *deriver, subjects []int64) (rows []row, err error) {
	linked, err := w.Linked(ctx, subjects)
	if err != nil {
		return nil, err
	}
	for i := range linked {
		l := &linked[i]
		if !b.brings[l.Import] || l.How == ByPerson {
			continue
		}
		reading, err := d.read(ctx, l)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row{record: l.ID, code: strings.Clone(reading.Code), key: strings.Clone(boundedKey(storable(reading.NameKey)))})
	}
	slices.SortFunc(rows, func(x, y row) int { return cmp.Compare(x.record, y.record) })
	return rows, nil
}

// leave takes away the subjects that only the batch knew, and the codes that it gave to others; those it gives.
func leave(ctx context.Context, w BatchWriter, rivals []int64) (left []int64, err error) {
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

// readdressed finds, when answers about places came or went meanwhile, the subjects of the batch whose addresses have
// their words, and derives them again.
func (b *bulk) readdressed(ctx context.Context) error {
	var phrases []string
	ids := map[*pack.Register][]int64{}
	err := b.Read(ctx, func(r Reader) error {
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
		for _, reg := range b.g.pack.Registers {
			if ids[reg], err = b.g.addressed(ctx, r, reg, phrases); err != nil {
				return err
			}
		}
		return nil
	})
	for reg, list := range ids {
		if err == nil {
			_, err = b.settle(ctx, reg, list, Progress{Stage: "deriving"}, nil)
		}
	}
	return err
}

// addressed gives the subjects of a register whose address has one of some phrases, ascending.
func (g *Registry) addressed(ctx context.Context, r Reader, reg *pack.Register, phrases []string) (ids []int64, err error) {
	if reg.Attribute(addressAttr) == nil {
		return nil, nil
	}
	n, err := g.codec(ctx, r, reg)
	if err != nil {
		return nil, err
	}
	var facts []Fact
	err = r.EachProfile(ctx, reg.ID, func(row *ProfileRow) error {
		if facts, err = n.readFacts(facts[:0], row.Facts); err != nil {
			return badProfile(row.Subject, err)
		}
		for i := range facts {
			if f := &facts[i]; f.Attr.ID == addressAttr {
				folded := places.Fold(f.Value.Str)
				if slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(folded, p) }) {
					ids = append(ids, row.Subject)
				}
			}
		}
		return nil
	})
	return slices.Compact(ids), err
}
