package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"eyas/internal/registry"
)

func (t *transaction) PlaceAnswers(ctx context.Context) (list []registry.PlaceAnswer, err error) {
	err = t.each(ctx, `SELECT id, phrase, org, actor, at, undone_at, undone_by FROM place_answer ORDER BY id DESC`, nil, func(rows *sql.Rows) error {
		var a registry.PlaceAnswer
		var at int64
		var undone sql.NullInt64
		if err := rows.Scan(&a.ID, &a.Phrase, &a.Org, &a.Actor, &at, &undone, &a.UndoneBy); err != nil {
			return err
		}
		a.At = time.UnixMilli(at).UTC()
		if undone.Valid {
			a.UndoneAt = time.UnixMilli(undone.Int64).UTC()
		}
		list = append(list, a)
		return nil
	})
	return list, err
}

func (t *transaction) AddPlaceAnswer(ctx context.Context, a *registry.PlaceAnswer) error {
	if _, err := t.exec(ctx, `INSERT INTO place_answer (id, phrase, org, actor, at) VALUES (?, ?, ?, ?, ?)`,
		a.ID, a.Phrase, a.Org, a.Actor, a.At.UnixMilli()); err != nil {
		return fmt.Errorf("store: add the answer about %q: %w", a.Phrase, err)
	}
	t.touch("place", a.ID, "")
	return nil
}

func (t *transaction) UndoPlaceAnswer(ctx context.Context, id int64, at time.Time, by string) error {
	if _, err := t.exec(ctx, `UPDATE place_answer SET undone_at = ?, undone_by = ? WHERE id = ?`, at.UnixMilli(), by, id); err != nil {
		return fmt.Errorf("store: take back answer %d: %w", id, err)
	}
	t.touch("place", id, "")
	return nil
}
