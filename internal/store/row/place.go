package row

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
)

func (t PlaceRows) PlaceAnswers(ctx context.Context) (list []fact.PlaceAnswer, err error) {
	defer fault.At(&err, "row.PlaceAnswers")
	err = t.Each(ctx, `SELECT id, phrase, org, actor, at, undone_at, undone_by FROM place_answer ORDER BY id DESC`, nil, func(rows *sql.Rows) error {
		var a fact.PlaceAnswer
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

func (t PlaceRows) AddPlaceAnswer(ctx context.Context, a *fact.PlaceAnswer) error {
	if _, err := t.Exec(ctx, `INSERT INTO place_answer (id, phrase, org, actor, at) VALUES (?, ?, ?, ?, ?)`,
		a.ID, a.Phrase, a.Org, a.Actor, a.At.UnixMilli()); err != nil {
		return fmt.Errorf("store: add the answer about %q: %w", a.Phrase, err)
	}
	t.Touch("place", a.ID, "")
	return nil
}

func (t PlaceRows) UndoPlaceAnswer(ctx context.Context, id int64, at time.Time, by string) error {
	if _, err := t.Exec(ctx, `UPDATE place_answer SET undone_at = ?, undone_by = ? WHERE id = ?`, at.UnixMilli(), by, id); err != nil {
		return fmt.Errorf("store: take back answer %d: %w", id, err)
	}
	t.Touch("place", id, "")
	return nil
}
