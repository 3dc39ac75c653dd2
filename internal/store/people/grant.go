package people

import (
	"context"
	"database/sql"
	"time"

	"eyas/internal/fault"
	"eyas/internal/people"
	"eyas/internal/store/dialect"
)

const grantColumns = `id, person, role, org, subject, code, from_day, until_day, state, reason, proposed_by, proposed_at, decided_by, decided_at, taken_by, taken_at`

// grantRow is a grant as it is read.
type grantRow struct {
	people.Grant
	proposed, decided, taken sql.NullInt64
}

// cells are where the columns of grantColumns are read to.
func (g *grantRow) cells() []any {
	return []any{&g.ID, &g.Person, &g.Role, &g.Org, &g.Subject, &g.Code, &g.From, &g.Until, &g.State, &g.Reason, &g.ProposedBy, &g.proposed, &g.DecidedBy, &g.decided, &g.TakenBy, &g.taken}
}

func (g *grantRow) grant() people.Grant {
	g.ProposedAt, g.DecidedAt, g.TakenAt = timeOf(g.proposed), timeOf(g.decided), timeOf(g.taken)
	return g.Grant
}

func (t Rows) grants(ctx context.Context, tail string, args ...any) (list []people.Grant, err error) {
	err = t.Each(ctx, `SELECT `+grantColumns+` FROM person_grant `+tail, args, func(rows *sql.Rows) error {
		var g grantRow
		err := rows.Scan(g.cells()...)
		list = append(list, g.grant())
		return err
	})
	return list, err
}

func (t Rows) Grants(ctx context.Context, person string) (_ []people.Grant, err error) {
	defer fault.At(&err, "people.Grants(person %s)", person)
	return t.grants(ctx, `WHERE person = ? ORDER BY id`, person)
}

func (t Rows) Grant(ctx context.Context, id int64) (_ *people.Grant, err error) {
	defer fault.At(&err, "people.Grant(grant %d)", id)
	return first(t.grants(ctx, `WHERE id = ?`, id))
}

func (t Rows) Proposals(ctx context.Context) (_ []people.Grant, err error) {
	defer fault.At(&err, "people.Proposals")
	return t.grants(ctx, `WHERE state = 'proposed' ORDER BY id`)
}

func (t Rows) AddGrant(ctx context.Context, g *people.Grant) (err error) {
	defer fault.At(&err, "people.AddGrant(person %s)", g.Person)
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM person_grant`, nil, &g.ID); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO person_grant (`+grantColumns+`) VALUES `+dialect.Marks(1, 16), g.ID, g.Person, string(g.Role), g.Org, g.Subject, g.Code, g.From, g.Until, string(g.State), g.Reason,
		g.ProposedBy, nullTime(g.ProposedAt), g.DecidedBy, nullTime(g.DecidedAt), g.TakenBy, nullTime(g.TakenAt))
	t.Touch("grant", g.ID, "")
	return err
}

func (t Rows) SetGrant(ctx context.Context, g *people.Grant) (err error) {
	defer fault.At(&err, "people.SetGrant(grant %d)", g.ID)
	_, err = t.Exec(ctx, `UPDATE person_grant SET subject = ?, from_day = ?, until_day = ?, state = ?, reason = ?, decided_by = ?, decided_at = ?, taken_by = ?, taken_at = ? WHERE id = ?`,
		g.Subject, g.From, g.Until, string(g.State), g.Reason, g.DecidedBy, nullTime(g.DecidedAt), g.TakenBy, nullTime(g.TakenAt), g.ID)
	t.Touch("grant", g.ID, "")
	return err
}

func (t Rows) Deputies(ctx context.Context, person string) (list []people.Deputy, err error) {
	defer fault.At(&err, "people.Deputies(person %s)", person)
	err = t.Each(ctx, `SELECT id, person, deputy, from_day, until_day, made, made_by, ended FROM person_deputy WHERE person = ? OR deputy = ? ORDER BY id`, []any{person, person}, func(rows *sql.Rows) error {
		var d people.Deputy
		var made int64
		var ended sql.NullInt64
		err := rows.Scan(&d.ID, &d.Person, &d.Deputy, &d.From, &d.Until, &made, &d.MadeBy, &ended)
		d.Made, d.Ended = time.UnixMilli(made).UTC(), timeOf(ended)
		list = append(list, d)
		return err
	})
	return list, err
}

func (t Rows) AddDeputy(ctx context.Context, d *people.Deputy) (err error) {
	defer fault.At(&err, "people.AddDeputy(person %s)", d.Person)
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM person_deputy`, nil, &d.ID); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO person_deputy (id, person, deputy, from_day, until_day, made, made_by, ended) VALUES `+dialect.Marks(1, 8), d.ID, d.Person, d.Deputy, d.From, d.Until,
		d.Made.UnixMilli(), d.MadeBy, nullTime(d.Ended))
	t.Touch("deputy", d.ID, "")
	return err
}

func (t Rows) EndDeputy(ctx context.Context, id int64, at time.Time) (err error) {
	defer fault.At(&err, "people.EndDeputy(deputy %d)", id)
	_, err = t.Exec(ctx, `UPDATE person_deputy SET ended = ? WHERE id = ? AND ended IS NULL`, at.UnixMilli(), id)
	t.Touch("deputy", id, "")
	return err
}
