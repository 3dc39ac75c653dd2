package row

import (
	"context"
	"database/sql"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
)

// HeldSubjects returns subjects of a register, ascending, that were ever held, with numbers above after.
func (t SubjectRows) HeldSubjects(ctx context.Context, register string, after int64, limit int) (list []int64, err error) {
	defer fault.At(&err, "row.HeldSubjects(register %s)", register)
	err = t.Each(ctx, `SELECT subject FROM held WHERE register = ? AND subject > ? ORDER BY subject LIMIT ?`, []any{register, after, limit}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, err
}

// Of an answer without a merge, merge_id holds the number of records, below 0.
const heldColumns = `subject, register, org, owner, state, reason, merge_id, decided, decided_by`

func (t *Tx) heldAnswers(ctx context.Context, tail string, args []any) (list []fact.HeldAnswer, err error) {
	err = t.Each(ctx, `SELECT `+heldColumns+` FROM held_answer a WHERE `+tail, args, func(rows *sql.Rows) error {
		var a fact.HeldAnswer
		err := rows.Scan(&a.Subject, &a.Register, &a.Org, &a.Owner, &a.State, &a.Reason, &a.Merge, &a.Decided, &a.DecidedBy)
		if a.Merge < 0 {
			a.Merge, a.Records = 0, int(-a.Merge)
		}
		list = append(list, a)
		return err
	})
	return list, err
}

// HeldAnswer returns what was answered about a held subject; nil: nothing yet.
func (t SubjectRows) HeldAnswer(ctx context.Context, subject int64) (_ *fact.HeldAnswer, err error) {
	defer fault.At(&err, "row.HeldAnswer(subject %d)", subject)
	list, err := t.heldAnswers(ctx, `subject = ?`, []any{subject})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// HeldAnswers returns answers, the newest first; of a person those about what he had brought for an organisation, for an empty
// id all.
func (t SubjectRows) HeldAnswers(ctx context.Context, actor, org string, limit int) (list []fact.HeldAnswer, err error) {
	defer fault.At(&err, "row.HeldAnswers(limit %d)", limit)
	const order = ` ORDER BY decided DESC, subject DESC LIMIT ?`
	if actor == "" {
		return t.heldAnswers(ctx, `state <> 'open'`+order, []any{limit})
	}
	const by = `EXISTS (SELECT 1 FROM link l JOIN record r ON r.id = l.record_id JOIN import i ON i.id = r.import_id WHERE i.actor = ? AND i.at <= a.decided AND `
	return t.heldAnswers(ctx, `state <> 'open' AND org = ? AND (`+by+`l.subject_id = a.subject) OR `+by+`l.origin = a.subject AND l.origin <> 0))`+order, []any{org, actor, actor, limit})
}

// SetHeldAnswer writes an answer in the place of an earlier one.
func (t SubjectRows) SetHeldAnswer(ctx context.Context, a *fact.HeldAnswer) (err error) {
	defer fault.At(&err, "row.SetHeldAnswer(subject %d)", a.Subject)
	merge := a.Merge
	if merge == 0 {
		merge = -int64(a.Records)
	}
	_, err = t.Exec(ctx, `INSERT INTO held_answer (`+heldColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (subject) DO UPDATE SET
		owner = excluded.owner, state = excluded.state, reason = excluded.reason, merge_id = excluded.merge_id, decided = excluded.decided, decided_by = excluded.decided_by`,
		a.Subject, a.Register, a.Org, a.Owner, string(a.State), a.Reason, merge, a.Decided, a.DecidedBy)
	t.Touch("held", a.Subject, "")
	return err
}
