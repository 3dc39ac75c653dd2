package people

import (
	"context"
	"database/sql"
	"time"

	"eyas/internal/fault"
	"eyas/internal/people"
	"eyas/internal/store/dialect"
)

const apiTokenColumns = `id, token, person, grant_id, name, bounds, per_minute, made, made_by, expires, ended, ended_by`

// apiTokenRow is a token of the API as it is read, with its last use.
type apiTokenRow struct {
	people.APIToken
	made, expires int64
	ended, used   sql.NullInt64
	from          sql.NullString
}

// cells are where the columns of apiTokenColumns, and those of its use, are read to.
func (t *apiTokenRow) cells() []any {
	return []any{&t.ID, &t.Key, &t.Person, &t.Grant, &t.Name, &t.Bounds, &t.PerMinute, &t.made, &t.MadeBy, &t.expires, &t.ended, &t.EndedBy, &t.used, &t.from}
}

func (t *apiTokenRow) token() people.APIToken {
	t.Made, t.Expires = time.UnixMilli(t.made).UTC(), time.UnixMilli(t.expires).UTC()
	t.Ended, t.Used, t.UsedFrom = timeOf(t.ended), timeOf(t.used), t.from.String
	return t.APIToken
}

// APITokens implements people.Reader.
func (t Rows) APITokens(ctx context.Context, person string) (list []people.APIToken, err error) {
	defer fault.At(&err, "people.APITokens(person %s)", person)
	err = t.Each(ctx, `SELECT `+of("t", apiTokenColumns)+`, u.used, u.address FROM api_token t LEFT JOIN api_token_use u ON u.id = t.id WHERE t.person = ? ORDER BY t.id DESC`, []any{person}, func(rows *sql.Rows) error {
		var x apiTokenRow
		err := rows.Scan(x.cells()...)
		list = append(list, x.token())
		return err
	})
	return list, err
}

// apiEntering reads all that decides who acts under a token.
var apiEntering = `SELECT ` + of("t", apiTokenColumns) + `, u.used, u.address, ` + of("p", personColumns) + `, ` + of("g", grantColumns) + `
FROM api_token t JOIN person p ON p.id = t.person JOIN person_grant g ON g.id = t.grant_id LEFT JOIN api_token_use u ON u.id = t.id WHERE t.token = ?`

// APIEntering implements people.Reader.
func (t Rows) APIEntering(ctx context.Context, key string) (e *people.APIEntering, err error) {
	defer fault.At(&err, "people.APIEntering")
	err = t.Each(ctx, apiEntering, []any{key}, func(rows *sql.Rows) error {
		var x apiTokenRow
		var p personRow
		var g grantRow
		err := rows.Scan(append(append(x.cells(), p.cells()...), g.cells()...)...)
		e = &people.APIEntering{Token: x.token(), Person: p.person(), Grant: g.grant()}
		return err
	})
	return e, err
}

// AddAPIToken implements people.Writer.
func (t Rows) AddAPIToken(ctx context.Context, x *people.APIToken) (err error) {
	defer fault.At(&err, "people.AddAPIToken(person %s)", x.Person)
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM api_token`, nil, &x.ID); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO api_token (`+apiTokenColumns+`) VALUES `+dialect.Marks(1, 12), x.ID, x.Key, x.Person, x.Grant, x.Name, x.Bounds, x.PerMinute, x.Made.UnixMilli(), x.MadeBy, x.Expires.UnixMilli(), nullTime(x.Ended), x.EndedBy)
	t.Touch("api-token", x.ID, "")
	return err
}

// EndAPIToken implements people.Writer.
func (t Rows) EndAPIToken(ctx context.Context, id int64, at time.Time, by string) (err error) {
	defer fault.At(&err, "people.EndAPIToken(token %d)", id)
	_, err = t.Exec(ctx, `UPDATE api_token SET ended = ?, ended_by = ? WHERE id = ? AND ended IS NULL`, at.UnixMilli(), by, id)
	t.Touch("api-token", id, "")
	return err
}

// TouchAPIToken implements people.Aside.
func (t Rows) TouchAPIToken(ctx context.Context, id int64, at time.Time, address string) (err error) {
	defer fault.At(&err, "people.TouchAPIToken(token %d)", id)
	_, err = t.Exec(ctx, `INSERT INTO api_token_use (id, used, address) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET used = excluded.used, address = excluded.address`, id, at.UnixMilli(), address)
	return err
}
