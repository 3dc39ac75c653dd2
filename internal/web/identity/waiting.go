package identity

import (
	"context"
	"strconv"

	"eyas/internal/registry/fact"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// waits are the pairs of all registers that nobody has decided about. The database does not know where they lie.
func (s *room) waits() []frame.Wait {
	if s.Identities == nil {
		return nil
	}
	return []frame.Wait{{Key: "links", Path: "/links", Count: s.countOpen, First: s.firstOpen, Whole: true}}
}

// tabs are the queue of pairs and the merges.
func (s *room) tabs() []frame.Tab {
	if s.Identities == nil {
		return nil
	}
	return []frame.Tab{{Key: "links", Path: "/links"}, {Key: "merges", Path: "/merges", Count: s.countMerges}}
}

func (s *room) countOpen(ctx context.Context, _ string) (n int, err error) {
	for _, reg := range s.Pack.Registers {
		_, open, err := s.Identities.Questions(ctx, reg.ID, fact.Open, fact.Wanted{}, 0, 0)
		if err != nil {
			return 0, err
		}
		n += open
	}
	return n, nil
}

func (s *room) countMerges(ctx context.Context, _ string) (n int, err error) {
	for _, reg := range s.Pack.Registers {
		_, standing, err := s.Identities.Merges(ctx, reg.ID, fact.Standing, fact.Wanted{}, 0, 0)
		if err != nil {
			return 0, err
		}
		n += standing
	}
	return n, nil
}

// firstOpen gives the likeliest pairs of each register.
func (s *room) firstOpen(ctx context.Context, ask *address.Ask, most int) (w frame.Waiting, err error) {
	for _, reg := range s.Pack.Registers {
		if len(w.List) >= most {
			break
		}
		list, _, err := s.Identities.Questions(ctx, reg.ID, fact.Open, fact.Wanted{}, 0, most-len(w.List))
		if err != nil {
			return w, err
		}
		for _, q := range list {
			if w.Oldest.IsZero() || q.RaisedAt.Before(w.Oldest) {
				w.Oldest = q.RaisedAt
			}
			w.List = append(w.List, frame.WaitingItem{Name: q.Subject.Name + " ↔ " + q.Candidate.Name, Note: reg.Name.In(ask.Lang),
				URL: ask.Link("/links", "register", reg.ID, "q", strconv.FormatInt(q.ID, 10))})
		}
	}
	return w, nil
}
