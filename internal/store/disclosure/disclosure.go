// Package disclosure stores to whom data of subjects were disclosed, for the room disclosure.
package disclosure

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/store/base"
	"eyas/internal/store/dialect"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
)

var _ disclosure.Storage = (*Disclosures)(nil)

// Disclosures is the storage of disclosures in a base.
type Disclosures struct{ db *room.DB }

// Of returns the disclosures of a base.
func Of(db *room.DB) *Disclosures { return &Disclosures{db} }

// Rows reads and writes the tables of disclosures in an open transaction.
type Rows struct{ *row.Tx }

var _ disclosure.Writer = Rows{}

const (
	// lock makes those who write disclosures go one after another on PostgreSQL.
	lock = 20210335
	// patience is how long a short write waits before it is tried again.
	patience = 5 * time.Second
)

// ReadDisclosures implements disclosure.Storage.
func (s *Disclosures) ReadDisclosures(ctx context.Context, fn func(disclosure.Reader) error) error {
	return s.db.Reading(ctx, func(t *row.Tx) error { return fn(Rows{t}) })
}

// WriteUnmasking implements disclosure.Storage.
func (s *Disclosures) WriteUnmasking(ctx context.Context, fn func(disclosure.Writer) error) error {
	return s.db.Changing(ctx, func(t *row.Tx) error {
		if s.db.Base.Dialect.Dollar {
			if _, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(?)`, int64(lock)); err != nil {
				return err
			}
		}
		return fn(Rows{t})
	})
}

// WriteDisclosures implements disclosure.Storage.
func (s *Disclosures) WriteDisclosures(ctx context.Context, fn func(disclosure.Counter) error) error {
	for {
		err := s.db.Aside(ctx, lock, patience, func(t *row.Tx) error { return fn(Rows{t}) })
		if !errors.Is(err, base.ErrBusy) {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// Log implements disclosure.Writer.
func (t Rows) Log(ctx context.Context, e audit.Entry) (err error) {
	defer fault.At(&err, "disclosure.Log(%s)", e.Action)
	return row.LogRows(t).Log(ctx, e)
}

// Unmasked implements disclosure.Reader.
func (t Rows) Unmasked(ctx context.Context, subject int64, person, session string, at time.Time) (u *disclosure.Unmasking, err error) {
	defer fault.At(&err, "disclosure.Unmasked(subject %d)", subject)
	var x disclosure.Unmasking
	var fields string
	var began, ends int64
	found, err := t.One(ctx, `SELECT id, subject, register, person, role, org, session, fields, purpose, began, ends FROM unmasking
		WHERE subject = ? AND person = ? AND session = ? AND ends > ? AND ended IS NULL ORDER BY ends DESC, id DESC LIMIT 1`, []any{subject, person, session, at.UnixMilli()},
		&x.ID, &x.Subject, &x.Register, &x.Person, &x.Role, &x.Org, &x.Session, &fields, &x.Purpose, &began, &ends)
	if err != nil || !found {
		return nil, err
	}
	x.Fields, x.Began, x.Ends = split(fields), time.UnixMilli(began).UTC(), time.UnixMilli(ends).UTC()
	return &x, nil
}

// AddUnmasking implements disclosure.Writer.
func (t Rows) AddUnmasking(ctx context.Context, u *disclosure.Unmasking) (err error) {
	defer fault.At(&err, "disclosure.AddUnmasking(subject %d)", u.Subject)
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM unmasking`, nil, &u.ID); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO unmasking (id, subject, register, person, role, org, session, fields, purpose, began, ends) VALUES `+dialect.Marks(1, 11),
		u.ID, u.Subject, u.Register, u.Person, string(u.Role), u.Org, u.Session, strings.Join(u.Fields, ","), u.Purpose, u.Began.UnixMilli(), u.Ends.UnixMilli())
	t.Touch("unmasking", u.ID, "")
	return err
}

// EndUnmaskings implements disclosure.Writer.
func (t Rows) EndUnmaskings(ctx context.Context, subject int64, person, session string, at time.Time) (ended int, err error) {
	defer fault.At(&err, "disclosure.EndUnmaskings(subject %d)", subject)
	var ids []int64
	err = t.Each(ctx, `SELECT id FROM unmasking WHERE subject = ? AND person = ? AND session = ? AND ends > ? AND ended IS NULL`, []any{subject, person, session, at.UnixMilli()}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if _, err := t.Exec(ctx, `UPDATE unmasking SET ended = ? WHERE id = ?`, at.UnixMilli(), id); err != nil {
			return 0, err
		}
		t.Touch("unmasking", id, "")
	}
	return len(ids), nil
}

// AddLooks implements disclosure.Counter.
func (t Rows) AddLooks(ctx context.Context, list []disclosure.Look) (err error) {
	defer fault.At(&err, "disclosure.AddLooks(%d looks)", len(list))
	return t.Insert(ctx, `INSERT INTO look (subject, day, person, role, org, what, purpose, times)`,
		` ON CONFLICT (subject, day, person, role, org, what, purpose) DO UPDATE SET times = look.times + excluded.times`, 8, len(list), func(args []any, i int) []any {
			x := &list[i]
			return append(args, x.Subject, x.Day, x.Person, string(x.Role), x.Org, string(x.What), x.Purpose, x.Times)
		})
}

// Looks implements disclosure.Reader.
func (t Rows) Looks(ctx context.Context, subjects []int64, offset, limit int) (list []disclosure.Look, total int, err error) {
	defer fault.At(&err, "disclosure.Looks(subjects %v)", subjects)
	in, args := among(subjects)
	if _, err := t.One(ctx, `SELECT COUNT(*) FROM look WHERE subject IN `+in, args, &total); err != nil {
		return nil, 0, err
	}
	err = t.Each(ctx, `SELECT subject, day, person, role, org, what, purpose, times FROM look WHERE subject IN `+in+` ORDER BY day DESC, person, role, org, what, purpose, subject LIMIT ? OFFSET ?`,
		append(args, limit, offset), func(rows *sql.Rows) error {
			var x disclosure.Look
			err := rows.Scan(&x.Subject, &x.Day, &x.Person, &x.Role, &x.Org, &x.What, &x.Purpose, &x.Times)
			list = append(list, x)
			return err
		})
	return list, total, err
}

// AddExport implements disclosure.Counter.
func (t Rows) AddExport(ctx context.Context, e *disclosure.Export, m *disclosure.Members) (err error) {
	defer fault.At(&err, "disclosure.AddExport(%s)", e.What)
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM exported`, nil, &e.ID); err != nil {
		return err
	}
	if _, err := t.Exec(ctx, `INSERT INTO exported (id, at, person, role, org, what, purpose, fields, subject, subjects) VALUES `+dialect.Marks(1, 10),
		e.ID, e.At.UnixMilli(), e.Person, string(e.Role), e.Org, e.What, e.Purpose, strings.Join(e.Fields, ","), e.Subject, e.Subjects); err != nil {
		return err
	}
	if e.Subject != 0 { // a block of its own, so that one query finds both
		m = &disclosure.Members{}
		m.Add(e.Subject)
	}
	for block, members := range m.Blocks() {
		if _, err := t.Exec(ctx, `INSERT INTO exported_part (block, export, members) VALUES (?, ?, ?)`, block, e.ID, members); err != nil {
			return err
		}
	}
	return nil
}

// Exports implements disclosure.Reader.
func (t Rows) Exports(ctx context.Context, subjects []int64, before int64, limit int) (list []disclosure.Export, more bool, err error) {
	defer fault.At(&err, "disclosure.Exports(subjects %v)", subjects)
	blocks := map[int64][]int64{}
	for _, id := range subjects {
		blocks[disclosure.BlockOf(id)] = append(blocks[disclosure.BlockOf(id)], id)
	}
	var ids []int64
	for block := range blocks {
		ids = append(ids, block)
	}
	in, args := among(ids)
	text := `SELECT e.id, e.at, e.person, e.role, e.org, e.what, e.purpose, e.fields, e.subject, e.subjects, p.block, p.members FROM exported_part p JOIN exported e ON e.id = p.export WHERE p.block IN ` + in
	if before > 0 {
		text, args = text+` AND p.export < ?`, append(args, before)
	}
	err = t.Each(ctx, text+` ORDER BY p.export DESC, p.block`, args, func(rows *sql.Rows) error {
		var e disclosure.Export
		var fields string
		var at, block int64
		var members []byte
		if err := rows.Scan(&e.ID, &at, &e.Person, &e.Role, &e.Org, &e.What, &e.Purpose, &fields, &e.Subject, &e.Subjects, &block, &members); err != nil {
			return err
		}
		if n := len(list); n > 0 && list[n-1].ID == e.ID {
			return nil
		}
		for _, id := range blocks[block] {
			has, err := disclosure.InBlock(members, id)
			if err != nil {
				return err
			}
			if !has {
				continue
			}
			if len(list) == limit {
				more = true
				return errEnough
			}
			e.Fields, e.At = split(fields), time.UnixMilli(at).UTC()
			list = append(list, e)
			break
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return list, more, err
}

// errEnough ends a walk through rows.
var errEnough = errors.New("store: enough")

// among writes ids as a list of parameters.
func among(ids []int64) (marks string, args []any) {
	for _, id := range ids {
		args = append(args, id)
	}
	return dialect.Marks(1, len(ids)), args
}

func split(fields string) []string {
	if fields == "" {
		return nil
	}
	return strings.Split(fields, ",")
}
