// Package retention stores plans of erasure and legal holds, for the room retention.
package retention

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/retention"
	"eyas/internal/store/dialect"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
)

var _ retention.Storage = (*Retention)(nil)

// Retention is the storage of plans and holds in a base.
type Retention struct{ db *room.DB }

// Of returns the plans and holds of a base.
func Of(db *room.DB) *Retention { return &Retention{db} }

// Rows reads and writes plans and holds in an open transaction.
type Rows struct{ *row.Tx }

var _ retention.Writer = Rows{}

// lock makes those who write plans go one after another on PostgreSQL.
const lock = 20210338

// ReadRetention implements retention.Storage.
func (s *Retention) ReadRetention(ctx context.Context, fn func(retention.Reader) error) error {
	return s.db.Reading(ctx, func(t *row.Tx) error { return fn(Rows{t}) })
}

// WriteRetention implements retention.Storage.
func (s *Retention) WriteRetention(ctx context.Context, fn func(retention.Writer) error) error {
	return s.db.Changing(ctx, func(t *row.Tx) error {
		if s.db.Base.Dialect.Dollar {
			if _, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(?)`, int64(lock)); err != nil {
				return err
			}
		}
		return fn(Rows{t})
	})
}

// Log implements retention.Writer.
func (t Rows) Log(ctx context.Context, e audit.Entry) (err error) {
	defer fault.At(&err, "retention.Log(%s)", e.Action)
	return row.LogRows(t).Log(ctx, e)
}

func timeOf(ms sql.NullInt64) (at time.Time) {
	if ms.Valid {
		at = time.UnixMilli(ms.Int64).UTC()
	}
	return at
}

func msOf(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UnixMilli()
}

func (t Rows) next(ctx context.Context, table string) (id int64, err error) {
	_, err = t.One(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM `+table, nil, &id)
	return id, err
}

const planColumns = `id, kind, subject, register, fields, day, reason, cells, parts, state, asked, asked_by, asked_org, decided, decided_by, answer, ended, erased, kept`

func (t Rows) plans(ctx context.Context, tail string, args ...any) (list []retention.Plan, err error) {
	err = t.Each(ctx, `SELECT `+planColumns+` FROM erasure_plan `+tail, args, func(rows *sql.Rows) error {
		var p retention.Plan
		var fields string
		var asked int64
		var decided, ended sql.NullInt64
		err := rows.Scan(&p.ID, &p.Kind, &p.Subject, &p.Register, &fields, &p.Day, &p.Reason, &p.Cells, &p.Parts, &p.State, &asked, &p.AskedBy, &p.AskedOrg,
			&decided, &p.DecidedBy, &p.Answer, &ended, &p.Erased, &p.Kept)
		p.Asked, p.Decided, p.Ended = time.UnixMilli(asked).UTC(), timeOf(decided), timeOf(ended)
		if fields != "" {
			p.Fields = strings.Split(fields, ",")
		}
		list = append(list, p)
		return err
	})
	return list, err
}

// Plan implements retention.Reader.
func (t Rows) Plan(ctx context.Context, id int64) (_ *retention.Plan, err error) {
	defer fault.At(&err, "retention.Plan(plan %d)", id)
	list, err := t.plans(ctx, `WHERE id = ?`, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Plans implements retention.Reader.
func (t Rows) Plans(ctx context.Context, states []retention.State, subject int64, offset, limit int) (list []retention.Plan, total int, err error) {
	defer fault.At(&err, "retention.Plans")
	where, args := `WHERE state IN (`, []any{}
	for i, s := range states {
		if i > 0 {
			where += `, `
		}
		where, args = where+`?`, append(args, string(s))
	}
	where += `)`
	if subject != 0 {
		where, args = where+` AND subject = ?`, append(args, subject)
	}
	if _, err = t.One(ctx, `SELECT COUNT(*) FROM erasure_plan `+where, args, &total); err != nil || limit == 0 {
		return nil, total, err
	}
	list, err = t.plans(ctx, where+` ORDER BY id DESC LIMIT ? OFFSET ?`, append(args, limit, offset)...)
	return list, total, err
}

// Parts implements retention.Reader.
func (t Rows) Parts(ctx context.Context, plan int64) (list []retention.Part, err error) {
	defer fault.At(&err, "retention.Parts(plan %d)", plan)
	err = t.Each(ctx, `SELECT n, import_id, register, column_no, attribute, rule, first, members, through, erased, kept FROM erasure_part WHERE plan = ? ORDER BY n`, []any{plan}, func(rows *sql.Rows) error {
		var p retention.Part
		var members []byte
		if err := rows.Scan(&p.N, &p.Import, &p.Register, &p.Column, &p.Attribute, &p.Rule, &p.First, &members, &p.Through, &p.Erased, &p.Kept); err != nil {
			return err
		}
		p.Members = roaring.New()
		_, err := p.Members.FromBuffer(members)
		list = append(list, p)
		return err
	})
	return list, err
}

func planValues(p *retention.Plan) []any {
	return []any{p.ID, string(p.Kind), p.Subject, p.Register, strings.Join(p.Fields, ","), p.Day, p.Reason, p.Cells, p.Parts, string(p.State), p.Asked.UnixMilli(), p.AskedBy, p.AskedOrg,
		msOf(p.Decided), p.DecidedBy, p.Answer, msOf(p.Ended), p.Erased, p.Kept}
}

// touch has the log prove a plan that somebody has asked for.
func (t Rows) touch(p *retention.Plan) {
	if p.State != retention.Counted {
		t.Touch("erasure-plan", p.ID, "")
	}
}

// AddPlan implements retention.Writer.
func (t Rows) AddPlan(ctx context.Context, p *retention.Plan, parts []retention.Part) (err error) {
	defer fault.At(&err, "retention.AddPlan(%s)", p.Kind)
	if p.ID, err = t.next(ctx, "erasure_plan"); err != nil {
		return err
	}
	if _, err := t.Exec(ctx, `INSERT INTO erasure_plan (`+planColumns+`) VALUES `+dialect.Marks(1, 19), planValues(p)...); err != nil {
		return err
	}
	for i := range parts {
		x := &parts[i]
		members, err := x.Members.ToBytes()
		if err != nil {
			return err
		}
		_, err = t.Exec(ctx, `INSERT INTO erasure_part (plan, n, import_id, register, column_no, attribute, rule, first, cells, members, through, erased, kept) VALUES `+dialect.Marks(1, 13),
			p.ID, x.N, x.Import, x.Register, x.Column, x.Attribute, x.Rule, x.First, int64(x.Members.GetCardinality()), members, x.Through, x.Erased, x.Kept)
		if err != nil {
			return err
		}
	}
	t.touch(p)
	return nil
}

// SetPlan implements retention.Writer.
func (t Rows) SetPlan(ctx context.Context, p *retention.Plan) (err error) {
	defer fault.At(&err, "retention.SetPlan(plan %d)", p.ID)
	_, err = t.Exec(ctx, `UPDATE erasure_plan SET kind = ?, subject = ?, register = ?, fields = ?, day = ?, reason = ?, cells = ?, parts = ?, state = ?, asked = ?, asked_by = ?, asked_org = ?,
		decided = ?, decided_by = ?, answer = ?, ended = ?, erased = ?, kept = ? WHERE id = ?`, append(planValues(p)[1:], p.ID)...)
	t.touch(p)
	return err
}

// DropCounted implements retention.Writer.
func (t Rows) DropCounted(ctx context.Context) (err error) {
	defer fault.At(&err, "retention.DropCounted")
	for _, text := range []string{`DELETE FROM erasure_part WHERE plan IN (SELECT id FROM erasure_plan WHERE state = ?)`, `DELETE FROM erasure_plan WHERE state = ?`} {
		if _, err := t.Exec(ctx, text, string(retention.Counted)); err != nil {
			return err
		}
	}
	return nil
}

// SetPart implements retention.Writer.
func (t Rows) SetPart(ctx context.Context, plan int64, p *retention.Part) (err error) {
	defer fault.At(&err, "retention.SetPart(plan %d, part %d)", plan, p.N)
	_, err = t.Exec(ctx, `UPDATE erasure_part SET through = ?, erased = ?, kept = ? WHERE plan = ? AND n = ?`, p.Through, p.Erased, p.Kept, plan, p.N)
	return err
}

const holdColumns = `id, kind, ref, register, reason, until_day, made, made_by, ended, ended_by, ended_reason`

func (t Rows) holds(ctx context.Context, tail string, args ...any) (list []retention.Hold, err error) {
	err = t.Each(ctx, `SELECT `+holdColumns+` FROM legal_hold `+tail, args, func(rows *sql.Rows) error {
		var h retention.Hold
		var made int64
		var ended sql.NullInt64
		err := rows.Scan(&h.ID, &h.Kind, &h.Ref, &h.Register, &h.Reason, &h.Until, &made, &h.MadeBy, &ended, &h.EndedBy, &h.EndedReason)
		h.Made, h.Ended = time.UnixMilli(made).UTC(), timeOf(ended)
		list = append(list, h)
		return err
	})
	return list, err
}

// Hold implements retention.Reader.
func (t Rows) Hold(ctx context.Context, id int64) (_ *retention.Hold, err error) {
	defer fault.At(&err, "retention.Hold(hold %d)", id)
	list, err := t.holds(ctx, `WHERE id = ?`, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Holds implements retention.Reader. A limit of 0 is none.
func (t Rows) Holds(ctx context.Context, day string, limit int) (list []retention.Hold, err error) {
	defer fault.At(&err, "retention.Holds(%s)", day)
	tail, args := ``, []any{}
	if day != "" {
		tail, args = `WHERE ended IS NULL AND until_day >= ?`, append(args, day)
	}
	tail += ` ORDER BY id DESC`
	if limit > 0 {
		tail, args = tail+` LIMIT ?`, append(args, limit)
	}
	return t.holds(ctx, tail, args...)
}

// AddHold implements retention.Writer.
func (t Rows) AddHold(ctx context.Context, h *retention.Hold) (err error) {
	defer fault.At(&err, "retention.AddHold(%s)", h.Kind)
	if h.ID, err = t.next(ctx, "legal_hold"); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO legal_hold (`+holdColumns+`) VALUES `+dialect.Marks(1, 11), h.ID, string(h.Kind), h.Ref, h.Register, h.Reason, h.Until, h.Made.UnixMilli(), h.MadeBy, nil, "", "")
	t.Touch("hold", h.ID, "")
	return err
}

// EndHold implements retention.Writer.
func (t Rows) EndHold(ctx context.Context, h *retention.Hold) (err error) {
	defer fault.At(&err, "retention.EndHold(hold %d)", h.ID)
	_, err = t.Exec(ctx, `UPDATE legal_hold SET ended = ?, ended_by = ?, ended_reason = ? WHERE id = ? AND ended IS NULL`, msOf(h.Ended), h.EndedBy, h.EndedReason, h.ID)
	t.Touch("hold", h.ID, "")
	return err
}

// OriginalOf implements retention.Reader.
func (t Rows) OriginalOf(ctx context.Context, importID int64) (_ *retention.Original, err error) {
	defer fault.At(&err, "retention.OriginalOf(import %d)", importID)
	var o retention.Original
	var at int64
	found, err := t.One(ctx, `SELECT id, import_id, plan, what, was, now, at FROM original_change WHERE import_id = ? ORDER BY id DESC LIMIT 1`, []any{importID}, &o.ID, &o.Import, &o.Plan, &o.What, &o.Was, &o.Now, &at)
	if err != nil || !found {
		return nil, err
	}
	o.At = time.UnixMilli(at).UTC()
	return &o, nil
}

// AddOriginal implements retention.Writer.
func (t Rows) AddOriginal(ctx context.Context, o *retention.Original) (err error) {
	defer fault.At(&err, "retention.AddOriginal(import %d)", o.Import)
	if o.ID, err = t.next(ctx, "original_change"); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO original_change (id, import_id, plan, what, was, now, at) VALUES `+dialect.Marks(1, 7), o.ID, o.Import, o.Plan, o.What, o.Was, o.Now, o.At.UnixMilli())
	t.Touch("original", o.ID, "")
	return err
}
