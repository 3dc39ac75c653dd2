// Package dossier combines everything that is known about a subject: its facts, the subjects that it names and the
// subjects that name it.
package dossier

import (
	"context"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/profile"
)

// Dossiers reads the dossiers of a base.
type Dossiers struct {
	base     *derive.Base
	rooms    Storage
	profiles *profile.Profiles
}

// New returns the dossiers of a base.
func New(base *derive.Base, rooms Storage, profiles *profile.Profiles) *Dossiers {
	return &Dossiers{base, rooms, profiles}
}

// Dossier is everything that is known about a subject as of a moment.
type Dossier struct {
	*fact.Profile
	Facts   []fact.SourcedFact // see profile.Profiles.SourcedAt
	Names   []Related          // see Dossiers.Names
	NamedBy []*pack.Relation   // relations through which other subjects name it; see Dossiers.NamedBy
}

// DossierAt returns everything that is known about a subject as of a moment. It uses one snapshot and reads the records
// once.
func (g *Dossiers) DossierAt(ctx context.Context, subject int64, m fact.Moment) (_ *Dossier, err error) {
	defer fault.At(&err, "dossier.DossierAt(subject %d)", subject)
	if !m.KnownOn.IsZero() {
		return g.dossierThen(ctx, subject, m)
	}
	f := &Dossier{Profile: &fact.Profile{}}
	err = g.rooms.Subjects().Read(ctx, func(r Reader) error {
		row, err := derive.ProfileOf(ctx, r, subject)
		if err != nil {
			return err
		}
		reg, err := g.base.RegisterOf(row.Register)
		if err != nil {
			return err
		}
		d, err := g.base.DeriverAt(ctx, r, reg, m)
		if err != nil {
			return err
		}
		lists, err := g.base.WholeLists(ctx, r, reg, m)
		if err != nil {
			return err
		}
		records, err := r.Linked(ctx, []int64{subject})
		if err != nil {
			return err
		}
		said := make([][][]fact.Named, len(reg.Relations)) // by relation and record
		d.Heard = func(x *layout.Reading) {
			for i, v := range reg.Relations {
				said[i] = append(said[i], fact.NamedIn(d.Pack, v, x.Value))
			}
		}
		var made derive.Derived
		if f.Facts, made, err = d.Sourced(ctx, subject, records, lists); err != nil {
			return err
		}
		then := &fact.Profile{}
		d.Profile(&made, row, len(records), lists, then)
		if f.Profile = then; m.Latest() { // the stored profile, which lists and counts use too
			f.Profile = &fact.Profile{}
			if err := d.Rules.Profile(row, lists, f.Profile); err != nil {
				return err
			}
		}
		for i, v := range reg.Relations {
			f.Names = append(f.Names, namesOf(d, v, then, records, said[i])...)
		}
		for i := range f.Names {
			n := &f.Names[i]
			if n.Found, err = g.meant(ctx, r, n.Relation.To, n.Code, n.key, m); err != nil {
				return err
			}
		}
		f.NamedBy, err = g.namedThrough(ctx, r, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// namedThrough returns the relations through which other subjects name a subject now.
func (g *Dossiers) namedThrough(ctx context.Context, r Reader, row *fact.ProfileRow) (list []*pack.Relation, err error) {
	relations := g.base.Pack.RelationsTo(row.Register)
	if len(relations) == 0 {
		return nil, nil
	}
	code, key, err := g.knownAs(ctx, r, row)
	if err != nil {
		return nil, err
	}
	found, err := r.MentionedThrough(ctx, code, key)
	for _, v := range relations {
		if slices.Contains(found[v.From], v.ID) {
			list = append(list, v)
		}
	}
	return list, err
}

// dossierThen returns a dossier as it was known at an earlier time.
func (g *Dossiers) dossierThen(ctx context.Context, subject int64, m fact.Moment) (f *Dossier, err error) {
	f = &Dossier{}
	if f.Profile, err = g.profiles.ProfileAt(ctx, subject, m); err != nil {
		return nil, err
	}
	if f.Facts, err = g.profiles.SourcedAt(ctx, subject, m); err != nil {
		return nil, err
	}
	register, err := g.profiles.RegisterOf(ctx, subject)
	if err != nil {
		return nil, err
	}
	if f.Names, err = g.Names(ctx, subject, register, m); err != nil {
		return nil, err
	}
	relations := g.base.Pack.RelationsTo(register)
	some, err := g.Mentioned(ctx, subject, relations, m)
	for i, v := range relations {
		if some[i] {
			f.NamedBy = append(f.NamedBy, v)
		}
	}
	return f, err
}
