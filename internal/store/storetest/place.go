package storetest

import (
	"context"
	"testing"
	"time"

	"eyas/internal/registry/fact"
	"eyas/internal/store"
)

// placeAnswers: answers come back newest first, and a phrase has one in force at most.
func placeAnswers(t *testing.T, db *store.DB) {
	first := fact.PlaceAnswer{ID: 1, Phrase: "湘潭道", Org: "120106", Actor: "甲", At: at}
	second := fact.PlaceAnswer{ID: 2, Phrase: "湘潭道", Org: "120104", Actor: "乙", At: at.Add(time.Hour)}
	write(t, db, func(ctx context.Context, w tables) error { return w.AddPlaceAnswer(ctx, &first) })
	err := in(db).Write(t.Context(), func(w tables) error { return w.AddPlaceAnswer(t.Context(), &second) })
	if err == nil {
		t.Error("a phrase got two answers")
	}
	write(t, db, func(ctx context.Context, w tables) error {
		if err := w.UndoPlaceAnswer(ctx, 1, at.Add(time.Minute), "丙"); err != nil {
			return err
		}
		return w.AddPlaceAnswer(ctx, &second)
	})
	first.UndoneAt, first.UndoneBy = at.Add(time.Minute), "丙"
	read(t, db, func(ctx context.Context, r tables) error {
		got, err := r.PlaceAnswers(ctx)
		equal(t, "answers", got, []fact.PlaceAnswer{second, first})
		return err
	})
}
