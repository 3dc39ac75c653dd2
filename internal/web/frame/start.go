package frame

import (
	"net/http"
	"time"

	"eyas/internal/registry/fact"
	"eyas/internal/web/address"
)

// startView is the page in the place of one that has no enterprises to show.
type startView struct {
	Empty    bool   // nothing was ever imported: the demonstration city is offered
	Earliest string // the first day of knowledge on which something is known, where an earlier one was asked for
	URL      string // the same page, on which there is something
}

// startView says why there are no enterprises: nothing was imported, or nothing was known on the day that is asked for.
func (f *Frame) startView(r *http.Request, ask *address.Ask) (*startView, error) {
	v := &startView{Empty: true}
	if f.Imports == nil {
		return v, nil
	}
	_, all, err := f.Imports.Imports(r.Context(), fact.Wanted{}, 0, 0)
	if err != nil || all == 0 {
		return v, err
	}
	inForce := false
	first, n, err := f.Imports.Imports(r.Context(), fact.Wanted{By: "when", Undone: &inForce}, 0, 1)
	if err != nil {
		return nil, err
	}
	if n == 0 { // all were taken back
		return v, nil
	}
	v.Empty = false
	v.URL = ask.With("known", "", "date", "")
	if day := first[0].At.In(f.Pack.Zone); ask.KnownDay() != "" && ask.KnownDay() < day.Format(time.DateOnly) {
		v.Earliest = day.Format(time.DateOnly)
		v.URL = ask.With("known", v.Earliest)
	}
	return v, nil
}
