// Package matter stores cases of matters, for the room matter/desk.
package matter

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/store/dialect"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
)

var _ desk.Storage = (*Cases)(nil)

// Cases is the storage of cases in a base.
type Cases struct{ db *room.DB }

// Of returns the cases of a base.
func Of(db *room.DB) *Cases { return &Cases{db} }

// Rows reads and writes cases in an open transaction.
type Rows struct {
	*row.Tx
	db *room.DB
}

var _ desk.Writer = Rows{}

// ReadCases implements desk.Storage.
func (s *Cases) ReadCases(ctx context.Context, fn func(desk.Reader) error) error {
	return s.db.Reading(ctx, func(t *row.Tx) error { return fn(Rows{t, s.db}) })
}

// lock makes those who write one case go one after another on PostgreSQL, and those who begin one.
const lock = 20210340

// WriteCases implements desk.Storage.
func (s *Cases) WriteCases(ctx context.Context, id int64, fn func(desk.Writer) error) (err error) {
	defer fault.At(&err, "matter.WriteCases(case %d)", id)
	return s.db.Changing(ctx, func(t *row.Tx) error {
		if s.db.Base.Dialect.Dollar {
			if _, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(?)`, int64(lock)<<32|id); err != nil {
				return err
			}
		}
		return fn(Rows{t, s.db})
	})
}

// Log implements desk.Writer.
func (t Rows) Log(ctx context.Context, e audit.Entry) (err error) {
	defer fault.At(&err, "matter.Log(%s)", e.Action)
	return row.LogRows{Tx: t.Tx}.Log(ctx, e)
}

// Case implements desk.Reader.
func (t Rows) Case(ctx context.Context, id int64) (_ *desk.Row, err error) {
	defer fault.At(&err, "matter.Case(case %d)", id)
	r := &desk.Row{Case: &matter.Case{}}
	var stages, state string
	var known int64
	found, err := t.One(ctx, `SELECT register, district, park, stages, due, due_known, wake, state FROM matter_case WHERE id = ?`, []any{id},
		&r.Register, &r.District, &r.Park, &stages, &r.Due, &known, &r.Wake, &state)
	if err != nil || !found {
		return nil, err
	}
	r.Stages, r.DueKnown = strings.Fields(stages), known == 1
	if err := json.Unmarshal([]byte(state), r.Case); err != nil {
		return nil, fmt.Errorf("the state of case %d: %w", id, err)
	}
	return r, nil
}

// Events implements desk.Reader.
func (t Rows) Events(ctx context.Context, id int64, after int) (list []matter.Event, err error) {
	defer fault.At(&err, "matter.Events(case %d, after %d)", id, after)
	err = t.Each(ctx, `SELECT body FROM case_event WHERE case_id = ? AND seq > ? ORDER BY seq`, []any{id, after}, func(rows *sql.Rows) error {
		var body string
		var e matter.Event
		if err := rows.Scan(&body); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(body), &e)
		list = append(list, e)
		return err
	})
	return list, err
}

// Begun implements desk.Reader.
func (t Rows) Begun(ctx context.Context, person, key string) (id int64, err error) {
	defer fault.At(&err, "matter.Begun(person %s)", person)
	_, err = t.One(ctx, `SELECT case_id FROM case_event WHERE person = ? AND name = ? AND name <> '' AND seq = 1`, []any{person, key}, &id)
	return id, err
}

// List implements desk.Reader.
func (t Rows) List(ctx context.Context, w desk.Wanted) (list []desk.Listed, err error) {
	defer fault.At(&err, "matter.List(matter %s)", w.Matter)
	from, where, args := `matter_case c`, []string{`c.id > ?`}, []any{w.After}
	order := `c.id`
	if w.Stage != "" {
		from, where, order = `case_stage s JOIN matter_case c ON c.id = s.case_id`, []string{`s.matter = ? AND s.stage = ? AND s.case_id > ?`}, `s.case_id`
		args = []any{w.Matter, w.Stage, w.After}
	}
	only := func(text string, values ...any) {
		where, args = append(where, text), append(args, values...)
	}
	if w.Matter != "" {
		only(`c.matter = ?`, w.Matter)
	}
	if w.End != "" {
		only(`c.ended = ?`, w.End)
	}
	if w.Org != "" {
		only(`(c.district = ? OR c.park = ?)`, w.Org, w.Org)
	}
	if n := len(w.Registers); n > 0 {
		values := make([]any, n)
		for i, r := range w.Registers {
			values[i] = r
		}
		only(`c.register IN `+dialect.Marks(1, n), values...)
	}
	if w.Subject != 0 {
		only(`c.subject = ?`, w.Subject)
	}
	if !w.All {
		in, values := `0 = 1`, []any{}
		if n := len(w.Orgs); n > 0 {
			in += ` OR c.district IN ` + dialect.Marks(1, n) + ` OR c.park IN ` + dialect.Marks(1, n)
			for range 2 {
				for _, o := range w.Orgs {
					values = append(values, o)
				}
			}
		}
		if n := len(w.Subjects); n > 0 {
			in += ` OR c.subject IN ` + dialect.Marks(1, n)
			for _, s := range w.Subjects {
				values = append(values, s)
			}
		}
		only(`(`+in+`)`, values...)
	}
	args = append(args, w.Limit)
	err = t.Each(ctx, `SELECT c.id, c.matter, c.subject, c.stages, c.ended, c.due, c.due_known, c.opened FROM `+from+` WHERE `+strings.Join(where, ` AND `)+` ORDER BY `+order+` LIMIT ?`, args, func(rows *sql.Rows) error {
		var l desk.Listed
		var stages string
		var known, opened int64
		err := rows.Scan(&l.ID, &l.Matter, &l.Subject, &stages, &l.End, &l.Due, &known, &opened)
		l.Stages, l.DueKnown, l.Opened = strings.Fields(stages), known == 1, time.UnixMilli(opened).UTC()
		list = append(list, l)
		return err
	})
	return list, err
}

// noDue sorts what has no last day behind what has one.
const noDue = "9999-12-31"

// Inbox implements desk.Reader.
func (t Rows) Inbox(ctx context.Context, p matter.Person, limit int) (list []desk.Waiting, err error) {
	defer fault.At(&err, "matter.Inbox(person %s)", p.ID)
	const head = `SELECT s.case_id, s.visit, s.no, s.stage, s.due, c.matter, c.subject FROM case_seat s JOIN matter_case c ON c.id = s.case_id WHERE `
	scan := func(rows *sql.Rows) error {
		var w desk.Waiting
		err := rows.Scan(&w.Case, &w.Visit, &w.Seat, &w.Stage, &w.Due, &w.Matter, &w.Subject)
		if w.Due == noDue {
			w.Due = ""
		}
		list = append(list, w)
		return err
	}
	if p.All {
		return list, t.Each(ctx, head+`s.due >= '' ORDER BY s.due, s.case_id LIMIT ?`, []any{limit}, scan)
	}
	// Each half is in the order of its index; what is kept is the beginning of both.
	if err := t.Each(ctx, head+`s.person = ? AND s.person <> '' ORDER BY s.due, s.case_id LIMIT ?`, []any{p.ID, limit}, scan); err != nil {
		return nil, err
	}
	if err := t.Each(ctx, head+`s.person = '' AND s.role = ? AND s.org = ? AND s.subject = ? ORDER BY s.due, s.case_id LIMIT ?`, []any{p.Role, orgOf(p), p.Subject, limit}, scan); err != nil {
		return nil, err
	}
	return desk.Earliest(list, limit), nil
}

// orgOf is the organisation of the seats of a person: none for who acts for a subject.
func orgOf(p matter.Person) string {
	if p.Subject != 0 {
		return ""
	}
	return p.Org
}

// Waking implements desk.Reader.
func (t Rows) Waking(ctx context.Context, day matter.Day, limit int) (list []int64, err error) {
	defer fault.At(&err, "matter.Waking(%s)", string(day))
	err = t.Each(ctx, `SELECT id FROM matter_case WHERE wake <> '' AND wake <= ? ORDER BY wake, id LIMIT ?`, []any{string(day), limit}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, err
}

// Holders implements desk.Reader.
func (t Rows) Holders(ctx context.Context, role, org string, subject int64, day matter.Day) (list []string, err error) {
	defer fault.At(&err, "matter.Holders(role %s, org %s, subject %d)", role, org, subject)
	err = t.Each(ctx, `SELECT DISTINCT g.person FROM person_grant g JOIN person p ON p.id = g.person
WHERE g.role = ? AND g.org = ? AND g.subject = ? AND g.state = 'given' AND p.state = 'active' AND g.from_day <= ? AND (g.until_day = '' OR g.until_day >= ?) ORDER BY g.person`,
		[]any{role, org, subject, string(day), string(day)}, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			list = append(list, id)
			return err
		})
	return list, err
}

// AddCase implements desk.Writer.
func (t Rows) AddCase(ctx context.Context, r *desk.Row) (err error) {
	defer fault.At(&err, "matter.AddCase(matter %s, subject %d)", r.Case.Matter, r.Case.Subject)
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM matter_case`, nil, &r.Case.ID); err != nil {
		return err
	}
	values, err := valuesOf(r)
	if err != nil {
		return err
	}
	c := r.Case
	_, err = t.Exec(ctx, `INSERT INTO matter_case (id, matter, version, register, subject, district, park, opened, seq, stages, ended, due, due_known, wake, state) VALUES `+dialect.Marks(1, 15),
		append([]any{c.ID, c.Matter, c.Version, r.Register, c.Subject, r.District, r.Park, c.Opened.UnixMilli()}, values...)...)
	if err != nil {
		return err
	}
	return t.findable(ctx, r)
}

// SetCase implements desk.Writer.
func (t Rows) SetCase(ctx context.Context, r *desk.Row) (err error) {
	defer fault.At(&err, "matter.SetCase(case %d)", r.Case.ID)
	values, err := valuesOf(r)
	if err != nil {
		return err
	}
	if _, err := t.Exec(ctx, `UPDATE matter_case SET seq = ?, stages = ?, ended = ?, due = ?, due_known = ?, wake = ?, state = ? WHERE id = ?`, append(values, r.Case.ID)...); err != nil {
		return err
	}
	for _, table := range []string{`case_stage`, `case_seat`} {
		if _, err := t.Exec(ctx, `DELETE FROM `+table+` WHERE case_id = ?`, r.Case.ID); err != nil {
			return err
		}
	}
	return t.findable(ctx, r)
}

// valuesOf are the columns of a case that change.
func valuesOf(r *desk.Row) ([]any, error) {
	state, err := json.Marshal(r.Case)
	if err != nil {
		return nil, err
	}
	known := 0
	if r.DueKnown {
		known = 1
	}
	return []any{r.Case.Seq, strings.Join(r.Stages, " "), r.Case.End, string(r.Due), known, string(r.Wake), string(state)}, nil
}

// findable writes by which stages and seats a case is found.
func (t Rows) findable(ctx context.Context, r *desk.Row) error {
	c := r.Case
	for _, s := range r.Stages {
		if _, err := t.Exec(ctx, `INSERT INTO case_stage (case_id, matter, stage) VALUES (?, ?, ?)`, c.ID, c.Matter, s); err != nil {
			return err
		}
	}
	for _, v := range c.Open() {
		due := string(v.Clock.Due)
		if due == "" || v.Clock.Stands() {
			due = noDue
		}
		for _, s := range v.Seats {
			if s.State != matter.SeatOpen || s.Kind != matter.SeatSupply && v.Asks() {
				continue
			}
			if _, err := t.Exec(ctx, `INSERT INTO case_seat (case_id, visit, no, person, role, org, subject, stage, due) VALUES `+dialect.Marks(1, 9), c.ID, v.ID, s.No, s.Person, s.Role, s.Org, s.Subject, v.Stage, due); err != nil {
				return err
			}
		}
	}
	return nil
}

// AddEvent implements desk.Writer.
func (t Rows) AddEvent(ctx context.Context, id int64, e *matter.Event) (err error) {
	defer fault.At(&err, "matter.AddEvent(case %d, event %d)", id, e.Seq)
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO case_event (case_id, seq, at, person, act, name, body) VALUES `+dialect.Marks(1, 7), id, e.Seq, e.At.UnixMilli(), e.Person.ID, e.Act.Do, e.Act.Key, string(body))
	t.Touch("case-event", id, fmt.Sprint(e.Seq))
	if err != nil {
		return err
	}
	return t.tie(ctx, id, e)
}
