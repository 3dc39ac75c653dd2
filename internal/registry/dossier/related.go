package dossier

import (
	"cmp"
	"context"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Related is a subject that the profile or an earlier record of another one names.
type Related struct {
	Relation *pack.Relation
	Code     string // as written; empty when only a name was given
	Name     string
	From     *int64 // days since 1970-01-01; nil: not given
	Until    *int64
	Record   int64      // the record that says so
	Current  bool       // named by the profile; otherwise by an earlier record
	Found    []fact.Ref // the subjects that it may mean: one when it is certain, several with the same name, or none
	key      string
}

// Naming is a subject that names another one.
type Naming struct {
	fact.Ref
	Register string
	From     *int64
	Until    *int64
	Record   int64 // the newest record that names it
	Current  bool  // the profile still names it; otherwise a later record names another subject
}

// Names returns the subjects that a subject names as of a moment, relation by relation: first those in its profile, then
// those that only its records name, the newest first.
func (g *Dossiers) Names(ctx context.Context, subject int64, register string, m fact.Moment) (list []Related, err error) {
	defer fault.At(&err, "dossier.Names(subject %d, register %s)", subject, register)
	reg, err := g.base.RegisterOf(register)
	if err != nil || len(reg.Relations) == 0 {
		return nil, err
	}
	err = g.withRecords(ctx, reg, []int64{subject}, m, func(r Reader, d *derive.Deriver, _ int64, p *fact.Profile, records []fact.RecordRow) error {
		for _, v := range reg.Relations {
			names, err := names(ctx, d, v, p, records)
			if err != nil {
				return err
			}
			list = append(list, names...)
		}
		for i := range list {
			if list[i].Found, err = g.meant(ctx, r, list[i].Relation.To, list[i].Code, list[i].key, m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || m.KnownOn.IsZero() {
		return list, err
	}
	for i := range list {
		list[i].Found, err = g.refsAt(ctx, list[i].Found, m)
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// withRecords passes subjects as of a moment with their records. For a past transaction time, a subject that was merged
// then is replaced by the one that it was merged into; asked is the given id.
func (g *Dossiers) withRecords(ctx context.Context, reg *pack.Register, subjects []int64, m fact.Moment, fn func(r Reader, d *derive.Deriver, asked int64, p *fact.Profile, records []fact.RecordRow) error) error {
	return g.rooms.Subjects().Read(ctx, func(r Reader) error {
		d, err := g.base.DeriverAt(ctx, r, reg, m)
		if err != nil {
			return err
		}
		lists, err := g.base.WholeLists(ctx, r, reg, m)
		if err != nil {
			return err
		}
		records, err := r.Linked(ctx, slices.Sorted(slices.Values(subjects)))
		if err != nil {
			return err
		}
		for _, asked := range subjects {
			subject := asked
			own := slices.DeleteFunc(slices.Clone(records), func(x fact.RecordRow) bool { return x.Subject != asked })
			if !m.KnownOn.IsZero() {
				past, err := g.base.PastOf(ctx, r, reg.ID, []int64{asked}, m)
				if err != nil {
					return err
				}
				subject = past.Root(asked)
				if own, err = past.Records(ctx, r, d, subject, m); err != nil {
					return err
				}
			}
			row, err := derive.ProfileOf(ctx, r, subject)
			if err != nil {
				return err
			}
			var p fact.Profile
			if err := d.ProfileAt(ctx, row, own, lists, &p); err != nil {
				return err
			}
			if err := fn(r, d, asked, &p, own); err != nil {
				return err
			}
		}
		return nil
	})
}

// names returns the subjects that a subject names through a relation, in its profile and its records.
func names(ctx context.Context, d *derive.Deriver, v *pack.Relation, p *fact.Profile, records []fact.RecordRow) (list []Related, err error) {
	said := make([][]fact.Named, len(records))
	for i := range records {
		reading, err := d.Reading(ctx, &records[i])
		if err != nil {
			return nil, err
		}
		said[i] = fact.NamedIn(d.Pack, v, reading.Value)
	}
	return namesOf(d, v, p, records, said), nil
}

// namesOf does what names does after the records were read. said holds the subjects that each record names.
func namesOf(d *derive.Deriver, v *pack.Relation, p *fact.Profile, records []fact.RecordRow, said [][]fact.Named) (list []Related) {
	for _, n := range fact.NamedIn(d.Pack, v, p.Value) {
		one := Related{Relation: v, Code: n.Code, Name: n.Name, Current: true, key: n.Key}
		for _, id := range []string{v.NameAttr, v.CodeAttr} {
			if f := p.Fact(id, 0); id != "" && f != nil {
				one.Record = f.Record
			}
		}
		// A blank does not erase: a day in the profile may come from a record that named another subject.
		own := func(day *int64, attr string, of func(fact.Named) *int64) *int64 {
			f := p.Fact(attr, 0)
			if f == nil {
				return nil
			}
			at := slices.IndexFunc(records, func(r fact.RecordRow) bool { return r.ID == f.Record })
			if at < 0 || len(said[at]) == 0 || slices.ContainsFunc(said[at], one.means) {
				return day
			}
			for _, names := range slices.Backward(said) {
				for _, x := range names {
					if one.means(x) && of(x) != nil {
						return of(x)
					}
				}
			}
			return nil
		}
		one.From = own(n.From, v.FromAttr, func(x fact.Named) *int64 { return x.From })
		one.Until = own(n.Until, v.UntilAttr, func(x fact.Named) *int64 { return x.Until })
		list = append(list, one)
	}
	for i, names := range slices.Backward(said) {
		for _, n := range names {
			if !slices.ContainsFunc(list, func(r Related) bool { return r.means(n) && (r.From == nil || n.From == nil || *r.From == *n.From) }) {
				list = append(list, Related{Relation: v, Code: n.Code, Name: n.Name, From: n.From, Until: n.Until, Record: records[i].ID, key: n.Key})
			}
		}
	}
	return list
}

// means reports whether a listed subject is the one that a record names.
func (r *Related) means(n fact.Named) bool {
	return r.Code != "" && r.Code == n.Code || r.key != "" && r.key == n.Key && (r.Code == "" || n.Code == "")
}

// refsAt keeps the subjects about which something was known at a moment, with their names at that time.
func (g *Dossiers) refsAt(ctx context.Context, refs []fact.Ref, m fact.Moment) (known []fact.Ref, err error) {
	for _, ref := range refs {
		p, err := g.profiles.ProfileAt(ctx, ref.Subject, m)
		if err != nil {
			return nil, err
		}
		if !p.Gone {
			known = append(known, fact.Ref{Subject: p.Subject, Code: p.Code, Name: p.Name})
		}
	}
	return known, nil
}

// mostMeant limits the number of subjects with one name that are looked up.
const mostMeant = 20

// meant returns the subjects of some registers that a code or a name means: the one with the code, otherwise those with
// the name. For a past transaction time it includes subjects that are inactive now.
func (g *Dossiers) meant(ctx context.Context, r Reader, registers []string, code, key string, m fact.Moment) ([]fact.Ref, error) {
	if code != "" {
		for _, id := range registers {
			found, err := r.SubjectsByCode(ctx, id, []string{code})
			if err != nil {
				return nil, err
			}
			if m.KnownOn.IsZero() {
				found = live(found)
			}
			if len(found) > 0 {
				return refs(ctx, r, []int64{found[0].Subject})
			}
		}
	}
	if key == "" {
		return nil, nil
	}
	var ids []int64
	for _, id := range registers {
		own, err := g.bearing(ctx, r, id, key, m)
		if err != nil {
			return nil, err
		}
		ids = append(ids, own...)
	}
	return refs(ctx, r, ids[:min(len(ids), mostMeant)])
}

// bearing returns the active subjects of a register that have a name. For a past transaction time it includes inactive
// ones.
func (g *Dossiers) bearing(ctx context.Context, r Reader, register, key string, m fact.Moment) (ids []int64, err error) {
	reg := g.base.Pack.Register(register)
	if reg != nil && fact.NamesApart(reg) {
		list, _, err := r.Mentions(ctx, register, "", "", key, m.Before(g.base.Pack), 0, mostMeant)
		for _, m := range list {
			ids = append(ids, m.Subject)
		}
		return ids, err
	}
	found, err := r.SubjectsByKey(ctx, register, []string{key})
	if m.KnownOn.IsZero() {
		found = live(found)
	}
	for _, s := range found {
		ids = append(ids, s.Subject)
	}
	slices.Sort(ids)
	return ids, err
}

func live(list []fact.SubjectRow) []fact.SubjectRow {
	return slices.DeleteFunc(list, func(s fact.SubjectRow) bool { return s.Gone })
}

func refs(ctx context.Context, r fact.ProfileReader, ids []int64) (list []fact.Ref, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	slices.Sort(ids)
	rows, err := r.Profiles(ctx, slices.Compact(ids))
	for _, p := range rows {
		list = append(list, fact.Ref{Subject: p.Subject, Code: p.Code, Name: p.Name})
	}
	return list, err
}

// Mentioned reports, for each of some relations, whether any subject names a subject through it; see NamedBy.
func (g *Dossiers) Mentioned(ctx context.Context, subject int64, relations []*pack.Relation, m fact.Moment) (some []bool, err error) {
	defer fault.At(&err, "dossier.Mentioned(subject %d)", subject)
	some = make([]bool, len(relations))
	err = g.rooms.Subjects().Read(ctx, func(r Reader) error {
		row, err := derive.ProfileOf(ctx, r, subject)
		if err != nil {
			return err
		}
		code, key, err := g.knownAs(ctx, r, row)
		if err != nil {
			return err
		}
		for i, v := range relations {
			_, total, err := r.Mentions(ctx, v.From, v.ID, code, key, m.Before(g.base.Pack), 0, 0)
			if err != nil {
				return err
			}
			some[i] = total > 0
		}
		return nil
	})
	return some, err
}

// knownAs returns the code and the name key by which others name a subject. The key is empty when several subjects have
// the name.
func (g *Dossiers) knownAs(ctx context.Context, r Reader, row *fact.ProfileRow) (code, key string, err error) {
	code, key = row.Code, fact.BoundedKey(cell.NameKey(row.Name))
	if key == "" {
		return code, key, nil
	}
	same, err := g.bearing(ctx, r, row.Register, key, fact.Moment{})
	if len(same) > 1 {
		key = "" // it is unknown which of them is meant
	}
	return code, key, err
}

// NamedBy returns one page of the subjects that name a subject through a relation as of a moment, by id, and their total
// number. A record names the subject by its code. It names it by its name when the record has no code, or when the
// subject has none and no other subject of its register has the name.
func (g *Dossiers) NamedBy(ctx context.Context, subject int64, v *pack.Relation, m fact.Moment, offset, limit int) (list []Naming, total int, err error) {
	defer fault.At(&err, "dossier.NamedBy(subject %d, relation %s)", subject, v.ID)
	reg, err := g.base.RegisterOf(v.From)
	if err != nil {
		return nil, 0, err
	}
	var rows []fact.Mention
	var code, key string
	err = g.rooms.Subjects().Read(ctx, func(r Reader) error {
		row, err := derive.ProfileOf(ctx, r, subject)
		if err != nil {
			return err
		}
		if code, key, err = g.knownAs(ctx, r, row); err != nil {
			return err
		}
		rows, total, err = r.Mentions(ctx, v.From, v.ID, code, key, m.Before(g.base.Pack), offset, limit)
		return err
	})
	if err != nil || len(rows) == 0 {
		return nil, total, err
	}
	ids := make([]int64, len(rows))
	for i, m := range rows {
		ids[i] = m.Subject
	}
	wanted := fact.Named{Code: code, Key: key}
	err = g.withRecords(ctx, reg, ids, m, func(r Reader, d *derive.Deriver, asked int64, p *fact.Profile, records []fact.RecordRow) error {
		listed := slices.ContainsFunc(list, func(n Naming) bool { return n.Subject == p.Subject })
		if p.Gone || listed {
			return nil
		}
		said := rows[slices.Index(ids, asked)]
		one := Naming{Ref: fact.Ref{Subject: p.Subject, Code: p.Code, Name: p.Name}, Register: v.From, From: said.From, Until: said.Until, Record: said.Record}
		names, err := names(ctx, d, v, p, records)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(names, func(n Related) bool { return n.Current && n.means(wanted) }); i >= 0 {
			one.Current, one.From, one.Until = true, names[i].From, names[i].Until
		}
		list = append(list, one)
		return nil
	})
	slices.SortFunc(list, func(a, b Naming) int { return cmp.Compare(a.Subject, b.Subject) })
	return list, total, err
}
