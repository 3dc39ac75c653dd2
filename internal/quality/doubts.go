package quality

import (
	"context"
	"slices"

	"eyas/internal/pack"
)

// Doubts gives the values of one subject that are doubted now, the gravest first; a value that several rules doubt comes
// several times. What is missing or old is not among them, and what was found to be right is not either. The database answers by
// the subject.
func (b *Board) Doubts(ctx context.Context, subject int64) (list []Row, err error) {
	err = b.base.Read(passed(ctx), func(r Reader) error {
		list, err = r.FindingsOf(ctx, []int64{subject})
		return err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	shows, err := b.shows(ctx, list[0].Register)
	if err != nil {
		return nil, err
	}
	if shows != nil {
		list = slices.DeleteFunc(list, func(f Row) bool { return !shows(f.Key) })
	}
	list = slices.DeleteFunc(list, func(f Row) bool {
		rule := b.pack.QualityRule(f.Rule)
		return !f.ResolvedAt.IsZero() || f.Value == "" || rule == nil || rule.Kind == pack.Lacking || rule.Kind == pack.Stale
	})
	slices.SortStableFunc(list, func(x, y Row) int { return b.gravity(x.Rule) - b.gravity(y.Rule) })
	return list, nil
}

// gravity orders rules: the gravest first, those of one gravity as the pack has them.
func (b *Board) gravity(rule string) int {
	at := slices.IndexFunc(b.pack.Quality, func(r *pack.QualityRule) bool { return r.ID == rule })
	return slices.Index([]string{"high", "medium", "low"}, b.pack.Quality[at].Severity)*len(b.pack.Quality) + at
}
