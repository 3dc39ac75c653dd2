package registry

import (
	"cmp"
	"context"
	"slices"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
)

// Related is a subject as another one's profile, or an earlier record, names it.
type Related struct {
	Relation *pack.Relation
	Code     string // as it was written; empty where only a name was
	Name     string
	From     *int64 // days since 1970-01-01; nil: not said
	Until    *int64
	Record   int64 // the record that says so
	Current  bool  // the profile says so; else an earlier record did
	Found    []Ref // whom it means: one where that is certain, several that share the name, none that is known
	key      string
}

// Naming is a subject that names another.
type Naming struct {
	Ref
	Register string
	From     *int64
	Until    *int64
	Record   int64 // the newest record that says so
	Current  bool  // its profile still says so; else a later record names somebody else
}

// Names gives whom a subject names as of a moment: relation by relation, first as its profile says, then whom or when
// else its records named, the newest first.
func (g *Registry) Names(ctx context.Context, subject int64, register string, m Moment) (list []Related, err error) {
	reg, err := g.register(register)
	if err != nil || len(reg.Relations) == 0 {
		return nil, err
	}
	err = g.withRecords(ctx, reg, []int64{subject}, m, func(d *deriver, _ int64, p *Profile, records []RecordRow) error {
		for _, v := range reg.Relations {
			names, err := d.names(ctx, v, p, records)
			if err != nil {
				return err
			}
			list = append(list, names...)
		}
		for i := range list {
			if list[i].Found, err = g.meant(ctx, d.from, list[i].Relation.To, list[i].Code, list[i].key, m); err != nil {
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

// withRecords gives subjects as of a moment with their records. Where it is asked what was known, a subject that was
// merged then stands for the one that it was merged into; asked is as it was given.
func (g *Registry) withRecords(ctx context.Context, reg *pack.Register, subjects []int64, m Moment, fn func(d *deriver, asked int64, p *Profile, records []RecordRow) error) error {
	return g.base.Read(ctx, func(r Reader) error {
		d, err := g.deriver(ctx, r, reg)
		if err != nil {
			return err
		}
		if !m.HeldOn.IsZero() {
			d.codec.held = dayOf(m.HeldOn)
		}
		lists, err := g.wholeLists(ctx, r, reg, m)
		if err != nil {
			return err
		}
		records, err := r.Linked(ctx, slices.Sorted(slices.Values(subjects)))
		if err != nil {
			return err
		}
		for _, asked := range subjects {
			subject := asked
			own := slices.DeleteFunc(slices.Clone(records), func(x RecordRow) bool { return x.Subject != asked })
			if !m.KnownOn.IsZero() {
				past, err := g.pastOf(ctx, r, reg.ID, []int64{asked}, m)
				if err != nil {
					return err
				}
				subject = past.root(asked)
				if own, err = past.records(ctx, d, subject, m); err != nil {
					return err
				}
			}
			row, err := oneProfile(ctx, r, subject)
			if err != nil {
				return err
			}
			var p Profile
			if err := d.profileAt(ctx, row, own, lists, &p); err != nil {
				return err
			}
			if err := fn(d, asked, &p, own); err != nil {
				return err
			}
		}
		return nil
	})
}

// names gives whom a subject names through a relation, by its profile and its records.
func (d *deriver) names(ctx context.Context, v *pack.Relation, p *Profile, records []RecordRow) (list []Related, err error) {
	said := make([][]named, len(records))
	for i := range records {
		reading, err := d.read(ctx, &records[i])
		if err != nil {
			return nil, err
		}
		said[i] = namedIn(d.pack, v, reading.value)
	}
	for _, n := range namedIn(d.pack, v, p.value) {
		one := Related{Relation: v, Code: n.Code, Name: n.Name, Current: true, key: n.key}
		for _, id := range []string{v.NameAttr, v.CodeAttr} {
			if f := p.Fact(id, 0); id != "" && f != nil {
				one.Record = f.Record
			}
		}
		// A blank does not erase: a day of the profile may have come with another one that was named before.
		own := func(day *int64, attr string, of func(named) *int64) *int64 {
			f := p.Fact(attr, 0)
			if f == nil {
				return nil
			}
			at := slices.IndexFunc(records, func(r RecordRow) bool { return r.ID == f.Record })
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
		one.From = own(n.From, v.FromAttr, func(x named) *int64 { return x.From })
		one.Until = own(n.Until, v.UntilAttr, func(x named) *int64 { return x.Until })
		list = append(list, one)
	}
	for i, names := range slices.Backward(said) {
		for _, n := range names {
			if !slices.ContainsFunc(list, func(r Related) bool { return r.means(n) && (r.From == nil || n.From == nil || *r.From == *n.From) }) {
				list = append(list, Related{Relation: v, Code: n.Code, Name: n.Name, From: n.From, Until: n.Until, Record: records[i].ID, key: n.key})
			}
		}
	}
	return list, nil
}

// means reports whether the one that is listed is the one that is named.
func (r *Related) means(n named) bool {
	return r.Code != "" && r.Code == n.Code || r.key != "" && r.key == n.key && (r.Code == "" || n.Code == "")
}

// refsAt leaves those of whom something was known at a moment, named as they were then.
func (g *Registry) refsAt(ctx context.Context, refs []Ref, m Moment) (known []Ref, err error) {
	for _, ref := range refs {
		p, err := g.ProfileAt(ctx, ref.Subject, m)
		if err != nil {
			return nil, err
		}
		if !p.Gone {
			known = append(known, Ref{p.Subject, p.Code, p.Name})
		}
	}
	return known, nil
}

// value finds a single value of a record; nil where it has none.
func (r *Reading) value(attr string) *Value {
	for i := range r.Facts {
		if f := &r.Facts[i]; f.Attr.ID == attr && f.Year == 0 {
			return &f.Value
		}
	}
	return nil
}

func (p *Profile) value(attr string) *Value {
	if f := p.Fact(attr, 0); f != nil {
		return &f.Value
	}
	return nil
}

// mostMeant is how many subjects of one name are looked at.
const mostMeant = 20

// meant finds whom a code or a name means in some registers: the one with the code, else those with the name.
// Where it is asked what was known, those that are gone now are among them.
func (g *Registry) meant(ctx context.Context, r Reader, registers []string, code, key string, m Moment) ([]Ref, error) {
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

// bearing gives the live subjects of a register that have a name; gone ones too where it is asked what was known.
func (g *Registry) bearing(ctx context.Context, r Reader, register, key string, m Moment) (ids []int64, err error) {
	reg := g.pack.Register(register)
	if reg != nil && namesApart(reg) {
		list, _, err := r.Mentions(ctx, register, "", "", key, m.before(g.pack), 0, mostMeant)
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

func live(list []SubjectRow) []SubjectRow {
	return slices.DeleteFunc(list, func(s SubjectRow) bool { return s.Gone })
}

func refs(ctx context.Context, r Reader, ids []int64) (list []Ref, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	slices.Sort(ids)
	rows, err := r.Profiles(ctx, slices.Compact(ids))
	for _, p := range rows {
		list = append(list, Ref{Subject: p.Subject, Code: p.Code, Name: p.Name})
	}
	return list, err
}

// Mentioned gives, for some relations, whether any subject names a subject through it; see NamedBy.
func (g *Registry) Mentioned(ctx context.Context, subject int64, relations []*pack.Relation, m Moment) (some []bool, err error) {
	some = make([]bool, len(relations))
	err = g.base.Read(ctx, func(r Reader) error {
		code, key, err := g.knownAs(ctx, r, subject)
		if err != nil {
			return err
		}
		for i, v := range relations {
			_, total, err := r.Mentions(ctx, v.From, v.ID, code, key, m.before(g.pack), 0, 0)
			if err != nil {
				return err
			}
			some[i] = total > 0
		}
		return nil
	})
	return some, err
}

// knownAs gives the code and the key of the name by which others name a subject; no key where several bear the name.
func (g *Registry) knownAs(ctx context.Context, r Reader, subject int64) (code, key string, err error) {
	own, err := r.Profiles(ctx, []int64{subject})
	if err != nil {
		return "", "", err
	}
	if len(own) == 0 {
		return "", "", noSubject(subject)
	}
	code, key = own[0].Code, boundedKey(cell.NameKey(own[0].Name))
	if key == "" {
		return code, key, nil
	}
	same, err := g.bearing(ctx, r, own[0].Register, key, Moment{})
	if len(same) > 1 {
		key = "" // nothing says which of them is meant
	}
	return code, key, err
}

// NamedBy gives the subjects that name a subject through a relation, as of a moment, by their number, and how many there
// are. A record names it by its code; by its name where the record has no code, or where the subject has none and nobody
// else of its register bears the name.
func (g *Registry) NamedBy(ctx context.Context, subject int64, v *pack.Relation, m Moment, offset, limit int) (list []Naming, total int, err error) {
	reg, err := g.register(v.From)
	if err != nil {
		return nil, 0, err
	}
	var rows []Mention
	var code, key string
	err = g.base.Read(ctx, func(r Reader) error {
		if code, key, err = g.knownAs(ctx, r, subject); err != nil {
			return err
		}
		rows, total, err = r.Mentions(ctx, v.From, v.ID, code, key, m.before(g.pack), offset, limit)
		return err
	})
	if err != nil || len(rows) == 0 {
		return nil, total, err
	}
	ids := make([]int64, len(rows))
	for i, m := range rows {
		ids[i] = m.Subject
	}
	wanted := named{Code: code, key: key}
	err = g.withRecords(ctx, reg, ids, m, func(d *deriver, asked int64, p *Profile, records []RecordRow) error {
		listed := slices.ContainsFunc(list, func(n Naming) bool { return n.Subject == p.Subject })
		if p.Gone || listed {
			return nil
		}
		said := rows[slices.Index(ids, asked)]
		one := Naming{Ref: Ref{p.Subject, p.Code, p.Name}, Register: v.From, From: said.From, Until: said.Until, Record: said.Record}
		names, err := d.names(ctx, v, p, records)
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
