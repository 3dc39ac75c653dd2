package registry

import (
	"cmp"
	"context"
	"slices"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
)

// Related is a subject as another one's record names it.
type Related struct {
	Relation *pack.Relation
	Code     string // as it was written; empty where only a name was
	Name     string
	From     *int64 // days since 1970-01-01; nil: not said
	Until    *int64
	Record   int64 // the record that says so
	Found    []Ref // whom it means: one where that is certain, several that share the name, none that is known
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

// Names gives whom a subject names, as its profile says now.
func (g *Registry) Names(ctx context.Context, p *Profile, register string) (list []Related, err error) {
	reg, err := g.register(register)
	if err != nil {
		return nil, err
	}
	err = g.base.Read(ctx, func(r Reader) error {
		for _, v := range reg.Relations {
			for _, n := range namedIn(g.pack, v, p.value) {
				one := Related{Relation: v, Code: n.Code, Name: n.Name, From: n.From, Until: n.Until}
				for _, id := range []string{v.NameAttr, v.CodeAttr} {
					if f := p.Fact(id, 0); id != "" && f != nil {
						one.Record = f.Record
					}
				}
				if one.Found, err = g.meant(ctx, r, v.To, n.Code, n.key); err != nil {
					return err
				}
				list = append(list, one)
			}
		}
		return nil
	})
	return list, err
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
func (g *Registry) meant(ctx context.Context, r Reader, registers []string, code, key string) ([]Ref, error) {
	if code != "" {
		for _, id := range registers {
			found, err := r.SubjectsByCode(ctx, id, []string{code})
			if err != nil {
				return nil, err
			}
			if found = live(found); len(found) > 0 {
				return refs(ctx, r, []int64{found[0].Subject})
			}
		}
	}
	if key == "" {
		return nil, nil
	}
	var ids []int64
	for _, id := range registers {
		own, err := g.bearing(ctx, r, id, key)
		if err != nil {
			return nil, err
		}
		ids = append(ids, own...)
	}
	return refs(ctx, r, ids[:min(len(ids), mostMeant)])
}

// bearing gives the live subjects of a register that have a name.
func (g *Registry) bearing(ctx context.Context, r Reader, register, key string) (ids []int64, err error) {
	reg := g.pack.Register(register)
	if reg != nil && namesApart(reg) {
		list, _, err := r.Mentions(ctx, register, "", "", key, 0, mostMeant)
		for _, m := range list {
			ids = append(ids, m.Subject)
		}
		return ids, err
	}
	found, err := r.SubjectsByKey(ctx, register, []string{key})
	for _, s := range live(found) {
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

// NamedBy gives the subjects that name a subject through a relation, by their number, and how many there are. A record
// names it by its code; by its name where the record has no code, or where the subject has none and nobody else of its
// register bears the name.
func (g *Registry) NamedBy(ctx context.Context, subject int64, v *pack.Relation, offset, limit int) (list []Naming, total int, err error) {
	reg, err := g.register(v.From)
	if err != nil {
		return nil, 0, err
	}
	err = g.base.Read(ctx, func(r Reader) error {
		own, err := r.Profiles(ctx, []int64{subject})
		if err != nil {
			return err
		}
		if len(own) == 0 {
			return noSubject(subject)
		}
		code, key := own[0].Code, boundedKey(cell.NameKey(own[0].Name))
		if key != "" {
			same, err := g.bearing(ctx, r, own[0].Register, key)
			if err != nil {
				return err
			}
			if len(same) > 1 {
				key = "" // nothing says which of them is meant
			}
		}
		rows, n, err := r.Mentions(ctx, v.From, v.ID, code, key, offset, limit)
		if err != nil {
			return err
		}
		total = n
		ids := make([]int64, len(rows))
		for i, m := range rows {
			ids[i] = m.Subject
		}
		pass, err := g.reader(ctx, r, reg, func(p *Profile) error {
			at := slices.IndexFunc(rows, func(m Mention) bool { return m.Subject == p.Subject })
			one := Naming{Ref: Ref{p.Subject, p.Code, p.Name}, Register: v.From, From: rows[at].From, Until: rows[at].Until, Record: rows[at].Record}
			for _, n := range namedIn(g.pack, v, p.value) {
				if n.Code != "" && n.Code == code || n.key != "" && n.key == key && (n.Code == "" || code == "") {
					one.Current, one.From, one.Until = true, n.From, n.Until
				}
			}
			list = append(list, one)
			return nil
		})
		if err != nil {
			return err
		}
		if err := eachOf(ctx, r, ids, pass); err != nil {
			return err
		}
		slices.SortFunc(list, func(a, b Naming) int { return cmp.Compare(a.Subject, b.Subject) })
		return nil
	})
	return list, total, err
}
