package matter

import (
	"context"
	"database/sql"

	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
)

// Carrying implements desk.Writer.
func (t Rows) Carrying(ctx context.Context) context.Context { return t.db.Carrying(ctx, t.Tx) }

const certificateColumns = `case_id, no, register, subject, kind, number, token, last, revoked, never`

// AddCertificate implements desk.Writer.
func (t Rows) AddCertificate(ctx context.Context, x desk.Certificate) (err error) {
	defer fault.At(&err, "matter.AddCertificate(case %d)", x.Case)
	var id int64
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM certificate`, nil, &id); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO certificate (id, `+certificateColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
		id, x.Case, x.No, x.Register, x.Subject, x.Kind, x.Number, x.Token, string(x.Last), string(x.Revoked))
	return err
}

// EndCertificate implements desk.Writer.
func (t Rows) EndCertificate(ctx context.Context, id int64, no int, revoked matter.Day, never bool) (err error) {
	defer fault.At(&err, "matter.EndCertificate(case %d)", id)
	gone := 0
	if never {
		gone = 1
	}
	_, err = t.Exec(ctx, `UPDATE certificate SET revoked = ?, never = ? WHERE case_id = ? AND no = ?`, string(revoked), gone, id, no)
	return err
}

// Next implements desk.Writer.
func (t Rows) Next(ctx context.Context, series string) (n int64, err error) {
	defer fault.At(&err, "matter.Next(series %s)", series)
	found, err := t.One(ctx, `SELECT last FROM certificate_series WHERE name = ?`, []any{series}, &n)
	if err != nil {
		return 0, err
	}
	n++
	if found {
		_, err = t.Exec(ctx, `UPDATE certificate_series SET last = ? WHERE name = ?`, n, series)
	} else {
		_, err = t.Exec(ctx, `INSERT INTO certificate_series (name, last) VALUES (?, ?)`, series, n)
	}
	return n, err
}

// Numbered implements desk.Reader.
func (t Rows) Numbered(ctx context.Context, kind, number string) (id int64, err error) {
	defer fault.At(&err, "matter.Numbered(certificate %s)", kind)
	_, err = t.One(ctx, `SELECT case_id FROM certificate WHERE kind = ? AND number = ? AND never = 0`, []any{kind, number}, &id)
	return id, err
}

// Certified implements desk.Reader.
func (t Rows) Certified(ctx context.Context, token string) (_ *desk.Certificate, err error) {
	defer fault.At(&err, "matter.Certified")
	list, err := t.certificates(ctx, `token = ?`, token)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Certificates implements desk.Reader.
func (t Rows) Certificates(ctx context.Context, id int64) (list []desk.Certificate, err error) {
	defer fault.At(&err, "matter.Certificates(case %d)", id)
	return t.certificates(ctx, `case_id = ?`, id)
}

func (t Rows) certificates(ctx context.Context, where string, args ...any) (list []desk.Certificate, err error) {
	err = t.Each(ctx, `SELECT `+certificateColumns+` FROM certificate WHERE `+where+` ORDER BY case_id, no`, args, func(rows *sql.Rows) error {
		var x desk.Certificate
		var never int64
		err := rows.Scan(&x.Case, &x.No, &x.Register, &x.Subject, &x.Kind, &x.Number, &x.Token, &x.Last, &x.Revoked, &never)
		x.Never = never == 1
		list = append(list, x)
		return err
	})
	return list, err
}
