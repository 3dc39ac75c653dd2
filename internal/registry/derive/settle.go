package derive

import (
	"context"
	"slices"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// settle derives subjects, which must be ascending, again and writes the profiles that changed.
func (g *Base) settle(ctx context.Context, w settleWriter, reg *pack.Register, subjects []int64, what Progress, progress func(Progress)) (changed int, err error) {
	d, err := g.Deriver(ctx, w, reg)
	if err != nil {
		return 0, err
	}
	change, err := w.Counter(ctx, fact.LastChange)
	if err != nil {
		return 0, err
	}
	what.TotalRows = len(subjects)
	tell := g.Teller(what, progress)
	done := 0
	for part := range slices.Chunk(subjects, fact.BatchRows) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		profiles, err := d.Rederive(ctx, part)
		if err != nil {
			return 0, err
		}
		for i := range profiles {
			profiles[i].Change = change + 1
		}
		if err := w.SetProfiles(ctx, profiles); err != nil {
			return 0, err
		}
		if err := w.Concern(ctx, part); err != nil {
			return 0, err
		}
		if err := g.mootGone(ctx, w, profiles); err != nil {
			return 0, err
		}
		changed += len(profiles)
		done += len(part)
		tell(done, 0, false)
	}
	if changed > 0 {
		if _, err := w.Advance(ctx, fact.LastChange, 1); err != nil {
			return 0, err
		}
	}
	if done > 0 { // profiles of past days may change even if those of today do not
		if err := w.NoteChange(ctx, reg.ID, false); err != nil {
			return 0, err
		}
	}
	tell(done, 0, true)
	return changed, nil
}

// mootGone marks open questions about inactive subjects as moot. Linkage asks them again when the subjects become active.
func (g *Base) mootGone(ctx context.Context, w fact.QuestionWriter, profiles []fact.ProfileRow) error {
	var gone []int64
	for i := range profiles {
		if profiles[i].Gone {
			gone = append(gone, profiles[i].Subject)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	list, err := w.QuestionsOf(ctx, "", gone)
	if err != nil {
		return err
	}
	for i := range list {
		q := &list[i]
		if q.State != fact.Open && q.State != fact.Later {
			continue
		}
		q.State, q.DecidedBy, q.DecidedAt = fact.Moot, LinkageActor, g.Clock().UTC()
		if err := w.SetQuestion(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// LinkageActor is the actor of merges made by linkage. The operation log also names who started the linkage.
const LinkageActor = "linkage"
