package row

import (
	"context"
	"fmt"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
)

// The joins of linkage land in a table of their own, in chunks. In the last transaction two statements move the links of
// all joined subjects.

// Join lands which subjects the records count for when the batch is in force. A later call for the same subject replaces
// the earlier one.
func (t BatchRows) Join(ctx context.Context, joins []fact.JoinRow) (err error) {
	defer fault.At(&err, "row.Join(%d joins)", len(joins))
	var none []int64
	kept := make([]fact.JoinRow, 0, len(joins))
	for _, j := range joins {
		if j.Into == 0 {
			none = append(none, j.Subject)
		} else {
			kept = append(kept, j)
		}
	}
	if err := base.ExecAmong(ctx, t.Tx, `DELETE FROM batch_join WHERE subject_id IN {in}`, none); err != nil {
		return fmt.Errorf("store: take joins back: %w", err)
	}
	return t.Insert(ctx, `INSERT INTO batch_join (subject_id, into_subject)`, ` ON CONFLICT (subject_id) DO UPDATE SET into_subject = excluded.into_subject`,
		2, len(kept), func(args []any, i int) []any { return append(args, kept[i].Subject, kept[i].Into) })
}

// As Attach does for one subject: records that name it themselves, and those that were counted for another one already.
// The factors are those of linkSum.
var attachJoined = []string{
	`UPDATE link SET subject_id = j.into_subject, origin = j.subject_id,
		seal = seal + (j.into_subject - link.subject_id) * 1000003 + (j.subject_id - link.origin) * 7919
		FROM batch_join j WHERE link.subject_id = j.subject_id AND link.origin = 0`,
	`UPDATE link SET subject_id = j.into_subject, seal = seal + (j.into_subject - link.subject_id) * 1000003
		FROM batch_join j WHERE link.origin <> 0 AND link.origin = j.subject_id AND link.subject_id <> j.into_subject`,
}

// AttachJoined puts the landed joins in force.
func (t BatchRows) AttachJoined(ctx context.Context) error {
	for _, text := range attachJoined {
		if _, err := t.Exec(ctx, text); err != nil {
			return fmt.Errorf("store: attach what was joined: %w", err)
		}
	}
	return nil
}

// LandMerges lands merges under ids that the batch has reserved. They stay hidden until ShowLanded.
func (t BatchRows) LandMerges(ctx context.Context, rows []fact.MergeRow) (err error) {
	defer fault.At(&err, "row.LandMerges(%d rows)", len(rows))
	return MergeRows(t).AddMerges(ctx, rows)
}

// LandQuestions lands questions under ids that the batch has reserved. They stay hidden until ShowLanded.
func (t BatchRows) LandQuestions(ctx context.Context, rows []fact.QuestionRow) (err error) {
	defer fault.At(&err, "row.LandQuestions(%d rows)", len(rows))
	return QuestionRows(t).AddQuestions(ctx, rows)
}

// ShowLanded removes some of the landed rows and shows the rest. Call it in the last transaction.
func (t BatchRows) ShowLanded(ctx context.Context, without fact.Landed) (err error) {
	defer fault.At(&err, "row.ShowLanded")
	t.showing = true
	if err := t.takeBack(ctx, fact.LastMerge, without.Merges); err != nil {
		return err
	}
	return t.takeBack(ctx, fact.LastAsked, without.Questions)
}

// takeBack removes landed rows. Their ids stay unused.
func (t BatchRows) takeBack(ctx context.Context, of fact.Counter, ids []int64) error {
	table := LandTables[of]
	if err := base.ExecAmong(ctx, t.Tx, `DELETE FROM `+table+` WHERE id IN {in}`, ids); err != nil {
		return fmt.Errorf("store: take %d of %s back: %w", len(ids), table, err)
	}
	for _, id := range ids {
		t.Touch(table, id, "")
		if _, err := t.Exec(ctx, addGap, string(of), id, id); err != nil {
			return err
		}
	}
	return nil
}
