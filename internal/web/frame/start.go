package frame

import (
	"context"
	"time"

	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
)

// startView is the page in the place of one that has no enterprises to show.
type startView struct {
	Empty    bool   // nothing was ever imported: the demonstration city is offered
	Earliest string // the first day of knowledge on which something is known, where an earlier one was asked for
	URL      string // the same page, on which there is something
}

// imported lists what was imported.
type imported interface {
	Imports(ctx context.Context, w fact.Wanted, offset, limit int) (list []intake.Import, total int, err error)
}

// startOf says why there are no enterprises: nothing was imported, or nothing was known on the day that is asked for. With is the
// address of the page with some names changed.
func startOf(ctx context.Context, imports imported, zone *time.Location, known string, with func(pairs ...string) string) (*startView, error) {
	v := &startView{Empty: true}
	if imports == nil {
		return v, nil
	}
	_, all, err := imports.Imports(ctx, fact.Wanted{}, 0, 0)
	if err != nil || all == 0 {
		return v, err
	}
	inForce := false
	first, n, err := imports.Imports(ctx, fact.Wanted{By: "when", Undone: &inForce}, 0, 1)
	if err != nil {
		return nil, err
	}
	if n == 0 { // all were taken back
		return v, nil
	}
	v.Empty = false
	v.URL = with("known", "", "date", "")
	if day := first[0].At.In(zone); known != "" && known < day.Format(time.DateOnly) {
		v.Earliest = day.Format(time.DateOnly)
		v.URL = with("known", v.Earliest)
	}
	return v, nil
}
