package places

import (
	"context"

	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// waits are the phrases of addresses of which nobody has said which district they mean. What has no district lies in no scope.
func (s *room) waits() []frame.Wait {
	if s.Places == nil {
		return nil
	}
	return []frame.Wait{{Key: "places", Path: "/places", Count: s.countPhrases, First: s.firstPhrases, Whole: true}}
}

func (s *room) tabs() []frame.Tab {
	if s.Places == nil {
		return nil
	}
	return []frame.Tab{{Key: "places", Path: "/places"}}
}

func (s *room) countPhrases(ctx context.Context, _ string) (int, error) {
	questions, err := s.Places.PlaceQuestions(ctx)
	if err != nil {
		return 0, err
	}
	return len(questions.List), nil
}

func (s *room) firstPhrases(ctx context.Context, ask *address.Ask, most int) (w frame.Waiting, err error) {
	questions, err := s.Places.PlaceQuestions(ctx)
	if err != nil {
		return w, err
	}
	for _, q := range questions.List[:min(len(questions.List), most)] {
		w.List = append(w.List, frame.WaitingItem{Name: q.Phrase, Note: s.Words(ask.Lang)("places.waiting", "n", q.Subjects), URL: ask.Link("/places")})
	}
	return w, nil
}
