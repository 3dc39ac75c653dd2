package profile

import (
	"context"
	"fmt"
	"slices"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Check derives every profile again from the records and links in force, on one snapshot and without writing, and passes
// each profile that differs from the stored one to found. packs are the marks of the packs that profiles were derived
// with since all of them were derived. If there is a mark other than this registry's, profiles may differ for a good
// reason, and sure is false. Code and name of inactive subjects are not compared: they stay as they last were. A subject
// without a code may have had to give it up, see codeYielded.
func (g *Profiles) Check(ctx context.Context, packs map[string]bool, progress func(derive.Progress), found func(audit.Problem)) (profiles int, sure bool, err error) {
	defer fault.At(&err, "profile.Check")
	sure = len(packs) == 0 || len(packs) == 1 && packs[g.base.PackMark()]
	tell := g.base.Teller(derive.Progress{Stage: "deriving"}, progress)
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		for _, reg := range g.base.Pack.Registers {
			d, err := g.base.Deriver(ctx, r, reg)
			if err != nil {
				return err
			}
			for last := int64(0); ; {
				ids, err := r.Next(ctx, reg.ID, last, fact.BatchRows)
				if err != nil {
					return err
				}
				if len(ids) == 0 {
					break
				}
				last = ids[len(ids)-1]
				profiles += len(ids)
				different, err := d.Rederive(ctx, ids)
				if err != nil {
					return err
				}
				for i := range different {
					p := &different[i]
					yielded, err := codeYielded(ctx, r, p)
					if err != nil {
						return err
					}
					if yielded {
						continue
					}
					found(audit.Problem{What: "profile.changed", Key: fmt.Sprint(p.Subject),
						ZH: fmt.Sprintf("主体 %d（%s）的档案与它的来源记录推导出的不一致。", p.Subject, p.Name),
						EN: fmt.Sprintf("the profile of subject %d (%s) is not what its records give", p.Subject, p.Name)})
				}
				tell(profiles, 0, false)
			}
		}
		return nil
	})
	tell(profiles, 0, true)
	return profiles, sure, err
}

// codeYielded reports whether a stored profile differs from the derived one only in that it has no code. Another subject
// had the code when the profile was derived (see yieldCodes), and may no longer have it.
func codeYielded(ctx context.Context, r fact.ProfileReader, p *fact.ProfileRow) (bool, error) {
	olds, err := r.Profiles(ctx, []int64{p.Subject})
	if err != nil || len(olds) == 0 {
		return false, err
	}
	old := &olds[0]
	return old.Code == "" && old.Gone == p.Gone && old.Name == p.Name && old.NameKey == p.NameKey && slices.Equal(old.Facts, p.Facts), nil
}
