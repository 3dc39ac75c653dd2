package quality

import (
	"context"
	"slices"

	"eyas/internal/quality"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// waits are the doubted values that nobody has decided about.
func (s *room) waits() []frame.Wait {
	if s.Quality == nil {
		return nil
	}
	return []frame.Wait{{Key: "quality", Path: "/quality", Count: s.countDoubted, First: s.firstDoubted}}
}

func (s *room) tabs() []frame.Tab {
	if s.Quality == nil {
		return nil
	}
	return []frame.Tab{{Key: "quality", Path: "/quality"}}
}

// tallied counts the open findings of a register in a scope. Findings say the district only.
func (s *room) tallied(ctx context.Context, register, scope string) ([]quality.Tally, error) {
	list, _, err := s.Quality.Tallies(ctx, register)
	return s.inScope(list, scope), err
}

// inScope keeps the tallies of the districts of a scope.
func (s *room) inScope(list []quality.Tally, scope string) []quality.Tally {
	districts := s.City.DistrictsOf(scope)
	if districts == nil {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(t quality.Tally) bool { return !slices.Contains(districts, t.District) })
}

func (s *room) countDoubted(ctx context.Context, scope string) (n int, err error) {
	for _, reg := range s.Quality.Registers() {
		list, err := s.tallied(ctx, reg.ID, scope)
		if err != nil {
			return 0, err
		}
		for _, t := range list {
			n += t.N
		}
	}
	return n, nil
}

// firstDoubted gives the gravest findings of the registers, and since when the oldest stands there.
func (s *room) firstDoubted(ctx context.Context, ask *address.Ask, most int) (w frame.Waiting, err error) {
	districts := s.City.DistrictsOf(ask.Scope)
	for _, reg := range s.Quality.Registers() {
		old, _, err := s.Quality.Listed(ctx, quality.Filter{Register: reg.ID, Districts: districts, Sort: "found"}, 0, 1)
		if err != nil {
			return w, err
		}
		if len(old) > 0 && (w.Oldest.IsZero() || old[0].FoundAt.Before(w.Oldest)) {
			w.Oldest = old[0].FoundAt
		}
		if len(w.List) >= most {
			continue
		}
		list, _, err := s.Quality.Listed(ctx, quality.Filter{Register: reg.ID, Districts: districts, Sort: "severity"}, 0, most-len(w.List))
		if err != nil {
			return w, err
		}
		for i := range list {
			if x, ok := s.findingRow(ask, &list[i]); ok {
				w.List = append(w.List, frame.WaitingItem{Name: x.Name + " · " + x.Attr, Note: x.Rule, URL: x.URL})
			}
		}
	}
	return w, nil
}
