package people

import (
	"context"
	"database/sql"
	"time"

	"eyas/internal/fault"
	"eyas/internal/people"
)

const failureKey = `how = ? AND account = ? AND address = ?`

func (t Rows) failures(ctx context.Context, tail string, args ...any) (list []people.Failure, err error) {
	err = t.Each(ctx, `SELECT how, account, address, n, told FROM person_failure `+tail, args, func(rows *sql.Rows) error {
		var f people.Failure
		var told int64
		err := rows.Scan(&f.How, &f.Account, &f.Address, &f.N, &told)
		if told > 0 {
			f.Told = time.UnixMilli(told).UTC()
		}
		list = append(list, f)
		return err
	})
	return list, err
}

func (t Rows) FailureKnown(ctx context.Context, f people.Failure, since time.Time) (known bool, others int, err error) {
	defer fault.At(&err, "people.FailureKnown")
	var one int64
	if known, err = t.One(ctx, `SELECT 1 FROM person_failure WHERE `+failureKey, []any{f.How, f.Account, f.Address}, &one); err != nil || known {
		return known, 0, err
	}
	_, err = t.One(ctx, `SELECT COUNT(*) FROM person_failure WHERE told > ? OR told = 0`, []any{since.UnixMilli()}, &others)
	return false, others, err
}

func (t Rows) CountFailure(ctx context.Context, f people.Failure) (_ people.Failure, err error) {
	defer fault.At(&err, "people.CountFailure")
	if _, err := t.Exec(ctx, `INSERT INTO person_failure (how, account, address, n, told) VALUES (?, ?, ?, 1, 0) ON CONFLICT (how, account, address) DO UPDATE SET n = person_failure.n + 1`,
		f.How, f.Account, f.Address); err != nil {
		return f, err
	}
	return t.failure(ctx, f)
}

// failure reads a count; a zero one when there is none.
func (t Rows) failure(ctx context.Context, f people.Failure) (people.Failure, error) {
	have, err := first(t.failures(ctx, `WHERE `+failureKey, f.How, f.Account, f.Address))
	if have == nil {
		have = &people.Failure{How: f.How, Account: f.Account, Address: f.Address}
	}
	return *have, err
}

func (t Rows) Failures(ctx context.Context, told time.Time) (_ []people.Failure, err error) {
	defer fault.At(&err, "people.Failures")
	return t.failures(ctx, `WHERE told <= ? AND n > 0 ORDER BY told, how, account, address LIMIT 500`, told.UnixMilli())
}

func (t Rows) ForgetFailures(ctx context.Context, told time.Time) (err error) {
	defer fault.At(&err, "people.ForgetFailures")
	_, err = t.Exec(ctx, `DELETE FROM person_failure WHERE told <= ? AND n = 0`, told.UnixMilli())
	return err
}

func (t Rows) TakeFailures(ctx context.Context, f people.Failure, at time.Time) (_ people.Failure, err error) {
	defer fault.At(&err, "people.TakeFailures")
	if f, err = t.failure(ctx, f); err != nil || f.N == 0 {
		return f, err
	}
	_, err = t.Exec(ctx, `UPDATE person_failure SET n = 0, told = ? WHERE `+failureKey, at.UnixMilli(), f.How, f.Account, f.Address)
	return f, err
}
