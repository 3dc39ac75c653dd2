package dossier

import (
	"context"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Meant returns, for each of some names in a relation, the subjects that it may mean now: one when it is certain. Many names
// cost a few queries and not a few for each.
func (g *Dossiers) Meant(ctx context.Context, v *pack.Relation, names []fact.Named) (meant [][]fact.Ref, err error) {
	defer fault.At(&err, "dossier.Meant(relation %s, %d names)", v.ID, len(names))
	meant = make([][]fact.Ref, len(names))
	err = g.rooms.Subjects().Read(ctx, func(r Reader) error {
		ids, err := g.meantNow(ctx, r, v.To, names)
		if err != nil {
			return err
		}
		all := slices.Concat(ids...)
		slices.Sort(all)
		refs := map[int64]fact.Ref{}
		if err := derive.EachOf(ctx, r, slices.Compact(all), func(p *fact.ProfileRow) error {
			refs[p.Subject] = fact.Ref{Subject: p.Subject, Code: p.Code, Name: p.Name}
			return nil
		}); err != nil {
			return err
		}
		for i, list := range ids {
			for _, id := range list {
				if ref, ok := refs[id]; ok {
					meant[i] = append(meant[i], ref)
				}
			}
		}
		return nil
	})
	return meant, err
}

// meantNow is meant for many names at the present time: the ids for each, ascending.
func (g *Dossiers) meantNow(ctx context.Context, r Reader, registers []string, names []fact.Named) ([][]int64, error) {
	ids := make([][]int64, len(names))
	var codes, keys []string
	for _, n := range names {
		if n.Code != "" {
			codes = append(codes, n.Code)
		}
	}
	byCode, err := g.withCodes(ctx, r, registers, distinct(codes))
	if err != nil {
		return nil, err
	}
	for i, n := range names {
		if id, ok := byCode[n.Code]; ok {
			ids[i] = []int64{id}
		} else if n.Key != "" {
			keys = append(keys, n.Key)
		}
	}
	byKey, err := g.withNames(ctx, r, registers, distinct(keys))
	if err != nil {
		return nil, err
	}
	for i, n := range names {
		if ids[i] == nil && n.Key != "" {
			found := byKey[n.Key]
			ids[i] = slices.Sorted(slices.Values(found[:min(len(found), mostMeant)]))
		}
	}
	return ids, nil
}

// withCodes returns the live subject with each code, in the first of the registers that has one.
func (g *Dossiers) withCodes(ctx context.Context, r Reader, registers, codes []string) (map[string]int64, error) {
	byCode := map[string]int64{}
	for _, id := range registers {
		for part := range slices.Chunk(codes, fact.BatchRows) {
			found, err := r.SubjectsByCode(ctx, id, part)
			if err != nil {
				return nil, err
			}
			for _, s := range live(found) {
				if _, known := byCode[s.Code]; !known {
					byCode[s.Code] = s.Subject
				}
			}
		}
	}
	return byCode, nil
}

// withNames returns the live subjects of the registers that have each name.
func (g *Dossiers) withNames(ctx context.Context, r Reader, registers, keys []string) (map[string][]int64, error) {
	byKey := map[string][]int64{}
	for _, id := range registers {
		if reg := g.base.Pack.Register(id); reg != nil && fact.NamesApart(reg) {
			for _, key := range keys {
				own, err := g.bearing(ctx, r, id, key, fact.Moment{})
				if err != nil {
					return nil, err
				}
				byKey[key] = append(byKey[key], own...)
			}
			continue
		}
		own := map[string][]int64{}
		for part := range slices.Chunk(keys, fact.BatchRows) {
			found, err := r.SubjectsByKey(ctx, id, part)
			if err != nil {
				return nil, err
			}
			for _, s := range live(found) {
				own[s.NameKey] = append(own[s.NameKey], s.Subject)
			}
		}
		for key, list := range own {
			slices.Sort(list)
			byKey[key] = append(byKey[key], list...)
		}
	}
	return byKey, nil
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
