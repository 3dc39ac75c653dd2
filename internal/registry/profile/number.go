package profile

import (
	"context"

	"eyas/internal/fault"
)

// WithNumber returns the subjects whose profile holds an identity number, or held it: the caller compares. It is found by a
// keyed hash, so the number itself stands in no index.
func (g *Profiles) WithNumber(ctx context.Context, number string) (list []int64, err error) {
	defer fault.At(&err, "profile.WithNumber")
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		list, err = r.SubjectsByNumber(ctx, number)
		return err
	})
	return list, err
}
