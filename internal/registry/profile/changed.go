package profile

import (
	"context"

	"eyas/internal/fault"
)

// ChangedSince returns the subjects of a register, ascending, that have changed since a value of its change counter, and the counter's
// value now. whole means that all of them may read differently since, so that none is named.
func (g *Profiles) ChangedSince(ctx context.Context, register string, after int64) (subjects []int64, now int64, whole bool, err error) {
	defer fault.At(&err, "profile.ChangedSince(register %s, after %d)", register, after)
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		var reread int64
		if now, reread, err = r.Changes(ctx, register); err != nil {
			return err
		}
		if whole = reread > after; whole {
			return nil
		}
		subjects, err = r.Changed(ctx, register, after)
		return err
	})
	return subjects, now, whole, err
}
