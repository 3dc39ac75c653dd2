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
	err = b.base.Read(ctx, func(r Reader) error {
		list, err = r.FindingsOf(ctx, []int64{subject})
		return err
	})
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(f Row) bool {
		rule := b.pack.QualityRule(f.Rule)
		return !f.ResolvedAt.IsZero() || f.Value == "" || rule == nil || rule.Kind == pack.Lacking || rule.Kind == pack.Stale
	})
	order := []string{"high", "medium", "low"}
	slices.SortStableFunc(list, func(a, b2 Row) int {
		return slices.Index(order, b.pack.QualityRule(a.Rule).Severity) - slices.Index(order, b.pack.QualityRule(b2.Rule).Severity)
	})
	return list, nil
}
