package identity

import (
	"context"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// found is the largest number of subjects that Find returns.
const found = 20

// Find is FindIn for the pack's main register.
func (g *Identities) Find(ctx context.Context, text string) ([]fact.Ref, error) {
	return g.FindIn(ctx, g.base.Pack.Main().ID, text)
}

// FindIn returns the active subject with a code; otherwise those with a name; otherwise those whose name contains the
// text. When only merged subjects have the code or the name, it returns the subjects that they were merged into.
func (g *Identities) FindIn(ctx context.Context, register, text string) (refs []fact.Ref, err error) {
	defer fault.At(&err, "identity.FindIn(register %s)", register)
	reg, err := g.base.RegisterOf(register)
	if err != nil {
		return nil, err
	}
	code := strings.ToUpper(cell.NameKey(text)) // width and spaces are normalised as in a file
	key := fact.BoundedKey(cell.NameKey(text))
	if key == "" {
		return nil, nil
	}
	look := newEyes(lookOf(ctx))
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		subjects, err := look.byCode(ctx, r, reg.ID, []string{code})
		if err != nil {
			return err
		}
		ids, err := liveRoots(ctx, r, subjects)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			if subjects, err = look.byKey(ctx, r, reg.ID, []string{key}); err != nil {
				return err
			}
			if ids, err = liveRoots(ctx, r, subjects); err != nil {
				return err
			}
		}
		var rows []fact.ProfileRow
		if len(ids) > 0 {
			rows, err = r.Profiles(ctx, ids[:min(len(ids), found)])
		} else {
			rows, err = r.Search(ctx, reg.ID, key, found)
		}
		for _, p := range rows {
			refs = append(refs, fact.Ref{Subject: p.Subject, Code: p.Code, Name: p.Name})
		}
		return err
	})
	return refs, err
}

// liveRoots returns the active ones of subjects, ascending. When there is none, it returns the subjects that the inactive
// ones were merged into.
func liveRoots(ctx context.Context, r fact.MergeFinder, subjects []fact.SubjectRow) (ids []int64, err error) {
	for _, s := range subjects {
		if !s.Gone {
			ids = append(ids, s.Subject)
		}
	}
	if len(ids) > 0 {
		slices.Sort(ids)
		return ids, nil
	}
	for _, s := range subjects {
		root, err := derive.RootOf(ctx, r, s.Subject)
		if err != nil {
			return nil, err
		}
		if root != s.Subject && !slices.Contains(ids, root) {
			ids = append(ids, root)
		}
		if len(ids) == found {
			break
		}
	}
	slices.Sort(ids)
	return ids, nil
}
