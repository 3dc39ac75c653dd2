package storetest

import (
	"context"
	"testing"
	"time"

	"eyas/internal/registry"
	"eyas/internal/store"
)

// placeAnswers: answers come back newest first, and a phrase has one in force at most.
func placeAnswers(t *testing.T, db *store.DB) {
	first := registry.PlaceAnswer{ID: 1, Phrase: "湘潭道", Org: "120106", Actor: "甲", At: at}
	second := registry.PlaceAnswer{ID: 2, Phrase: "湘潭道", Org: "120104", Actor: "乙", At: at.Add(time.Hour)}
	write(t, db, func(ctx context.Context, w registry.Writer) error { return w.AddPlaceAnswer(ctx, &first) })
	err := db.Write(t.Context(), func(w registry.Writer) error { return w.AddPlaceAnswer(t.Context(), &second) })
	if err == nil {
		t.Error("a phrase got two answers")
	}
	write(t, db, func(ctx context.Context, w registry.Writer) error {
		if err := w.UndoPlaceAnswer(ctx, 1, at.Add(time.Minute), "丙"); err != nil {
			return err
		}
		return w.AddPlaceAnswer(ctx, &second)
	})
	first.UndoneAt, first.UndoneBy = at.Add(time.Minute), "丙"
	read(t, db, func(ctx context.Context, r registry.Reader) error {
		got, err := r.PlaceAnswers(ctx)
		equal(t, "answers", got, []registry.PlaceAnswer{second, first})
		return err
	})
}
