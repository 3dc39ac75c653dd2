package hook

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"eyas/internal/fault"
	"eyas/internal/hook"
	"eyas/internal/store/base"
	"eyas/internal/store/dialect"
)

const deliveryColumns = `id, hook, message, type, at, content, state, tries, due, ended`

func scanDelivery(scan func(...any) error) (d hook.Delivery, err error) {
	var at, due int64
	var ended sql.NullInt64
	var content string
	if err := scan(&d.ID, &d.Hook, &d.Message, &d.Type, &at, &content, &d.State, &d.Tries, &due, &ended); err != nil {
		return d, err
	}
	d.At, d.Due = milli(at), milli(due)
	if ended.Valid {
		d.Ended = milli(ended.Int64)
	}
	return d, json.Unmarshal([]byte(content), &d.Content)
}

func (t Rows) deliveries(ctx context.Context, text string, args []any) (list []hook.Delivery, err error) {
	err = t.Each(ctx, text, args, func(rows *sql.Rows) error {
		d, err := scanDelivery(rows.Scan)
		list = append(list, d)
		return err
	})
	return list, err
}

// Deliveries implements hook.Reader.
func (t Rows) Deliveries(ctx context.Context, id int64, states []hook.DeliveryState, offset, limit int) (list []hook.Delivery, total int, err error) {
	defer fault.At(&err, "hook.Deliveries(hook %d)", id)
	where, args := `hook = ?`, []any{id}
	if len(states) > 0 {
		where += ` AND state IN ` + dialect.Marks(1, len(states))
		for _, s := range states {
			args = append(args, string(s))
		}
	}
	if _, err := t.One(ctx, `SELECT COUNT(*) FROM hook_delivery WHERE `+where, args, &total); err != nil {
		return nil, 0, err
	}
	if list, err = t.deliveries(ctx, `SELECT `+deliveryColumns+` FROM hook_delivery WHERE `+where+` ORDER BY id DESC LIMIT ? OFFSET ?`, append(args, limit, offset)); err != nil {
		return nil, 0, err
	}
	at, ids := map[int64]int{}, []int64{}
	for i := range list {
		at[list[i].ID] = i
		ids = append(ids, list[i].ID)
	}
	err = base.Among(ctx, t, `SELECT delivery, n, at, status, ms, trouble, answer FROM hook_attempt WHERE delivery IN {in}`, nil, ids, func(rows *sql.Rows) error {
		var a hook.Attempt
		var delivery, when, ms int64
		if err := rows.Scan(&delivery, &a.N, &when, &a.Status, &ms, &a.Trouble, &a.Answer); err != nil {
			return err
		}
		a.At, a.Took = milli(when), time.Duration(ms)*time.Millisecond
		d := &list[at[delivery]]
		d.Attempts = append(d.Attempts, a)
		return nil
	})
	for i := range list {
		slices.SortFunc(list[i].Attempts, func(a, b hook.Attempt) int { return b.N - a.N })
	}
	return list, total, err
}

// Delivery implements hook.Reader.
func (t Rows) Delivery(ctx context.Context, id, delivery int64) (_ *hook.Delivery, err error) {
	defer fault.At(&err, "hook.Delivery(hook %d, message %d)", id, delivery)
	list, err := t.deliveries(ctx, `SELECT `+deliveryColumns+` FROM hook_delivery WHERE hook = ? AND id = ?`, []any{id, delivery})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Count implements hook.Reader.
func (t Rows) Count(ctx context.Context, id int64) (_ map[hook.DeliveryState]int, err error) {
	defer fault.At(&err, "hook.Count(hook %d)", id)
	counts := map[hook.DeliveryState]int{}
	err = t.Each(ctx, `SELECT state, COUNT(*) FROM hook_delivery WHERE hook = ? GROUP BY state`, []any{id}, func(rows *sql.Rows) error {
		var s hook.DeliveryState
		var n int
		err := rows.Scan(&s, &n)
		counts[s] = n
		return err
	})
	return counts, err
}

// Due implements hook.Reader.
func (t Rows) Due(ctx context.Context, now time.Time) (list []int64, err error) {
	defer fault.At(&err, "hook.Due")
	err = t.Each(ctx, `SELECT id FROM hook h WHERE state = 'on' AND EXISTS (SELECT 1 FROM hook_delivery d WHERE d.hook = h.id AND d.state = 'waiting' AND d.due <= ? AND d.lease <= ?) ORDER BY id`,
		[]any{now.UnixMilli(), now.UnixMilli()}, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			list = append(list, id)
			return err
		})
	return list, err
}

// Received implements hook.Reader.
func (t Rows) Received(ctx context.Context, id int64, since time.Time) (_ bool, err error) {
	defer fault.At(&err, "hook.Received(hook %d)", id)
	var one int64
	return t.One(ctx, `SELECT 1 FROM hook_delivery WHERE hook = ? AND state = 'done' AND ended > ? LIMIT 1`, []any{id, since.UnixMilli()}, &one)
}

// Tell implements hook.Messages. Without a name of a mark it adds the messages only.
func (t Rows) Tell(ctx context.Context, id int64, what string, from, to int64, list []hook.Delivery) (_ bool, err error) {
	defer fault.At(&err, "hook.Tell(hook %d, %s)", id, what)
	if what != "" {
		done, err := t.Exec(ctx, `INSERT INTO hook_mark (hook, what, mark) VALUES (?, ?, ?) ON CONFLICT (hook, what) DO UPDATE SET mark = excluded.mark WHERE hook_mark.mark = ?`, id, what, to, from)
		if err != nil {
			return false, err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return false, err
		}
	}
	var last int64
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(id), 0) FROM hook_delivery`, nil, &last); err != nil {
		return false, err
	}
	for i := range list {
		d := &list[i]
		content, err := json.Marshal(d.Content)
		if err != nil {
			return false, err
		}
		d.ID = last + int64(i) + 1
		_, err = t.Exec(ctx, `INSERT INTO hook_delivery (id, hook, message, type, at, content, state, tries, due, owner, lease) VALUES `+dialect.Marks(1, 11),
			d.ID, id, d.Message, d.Type, d.At.UnixMilli(), string(content), string(hook.Waiting), 0, d.Due.UnixMilli(), "", 0)
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// Claim implements hook.Messages.
func (t Rows) Claim(ctx context.Context, id int64, owner string, now, until time.Time, limit int) (list []hook.Delivery, err error) {
	defer fault.At(&err, "hook.Claim(hook %d)", id)
	list, err = t.deliveries(ctx, `SELECT `+deliveryColumns+` FROM hook_delivery WHERE hook = ? AND state = 'waiting' AND due <= ? AND lease <= ? ORDER BY due, id LIMIT ?`,
		[]any{id, now.UnixMilli(), now.UnixMilli(), limit})
	if err != nil {
		return nil, err
	}
	for i := range list {
		if _, err := t.Exec(ctx, `UPDATE hook_delivery SET owner = ?, lease = ? WHERE id = ?`, owner, until.UnixMilli(), list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Attempted implements hook.Messages.
func (t Rows) Attempted(ctx context.Context, d *hook.Delivery, owner string, a hook.Attempt) (err error) {
	defer fault.At(&err, "hook.Attempted(message %d)", d.ID)
	var n int64
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(n), 0) + 1 FROM hook_attempt WHERE delivery = ?`, []any{d.ID}, &n); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO hook_attempt (delivery, n, at, status, ms, trouble, answer) VALUES `+dialect.Marks(1, 7), d.ID, n, a.At.UnixMilli(), a.Status, a.Took.Milliseconds(), string(a.Trouble), a.Answer)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `UPDATE hook_delivery SET state = ?, tries = ?, due = ?, owner = '', lease = 0, ended = ? WHERE id = ? AND owner = ?`, string(d.State), d.Tries, d.Due.UnixMilli(),
		sql.NullInt64{Int64: d.Ended.UnixMilli(), Valid: !d.Ended.IsZero()}, d.ID, owner)
	return err
}

// Put implements hook.Messages.
func (t Rows) Put(ctx context.Context, d *hook.Delivery, owner string, due time.Time) (err error) {
	defer fault.At(&err, "hook.Put(message %d)", d.ID)
	_, err = t.Exec(ctx, `UPDATE hook_delivery SET due = ?, owner = '', lease = 0 WHERE id = ? AND owner = ?`, due.UnixMilli(), d.ID, owner)
	return err
}

// Drop implements hook.Messages.
func (t Rows) Drop(ctx context.Context, d *hook.Delivery, owner string) (err error) {
	defer fault.At(&err, "hook.Drop(message %d)", d.ID)
	if _, err := t.Exec(ctx, `DELETE FROM hook_attempt WHERE delivery = ?`, d.ID); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `DELETE FROM hook_delivery WHERE id = ? AND owner = ?`, d.ID, owner)
	return err
}

// Again implements hook.Messages.
func (t Rows) Again(ctx context.Context, id, delivery int64, since, now time.Time) (_ int, err error) {
	defer fault.At(&err, "hook.Again(hook %d, message %d)", id, delivery)
	where, args := ` WHERE hook = ? AND state = 'failed' AND at >= ?`, []any{now.UnixMilli(), id, since.UnixMilli()}
	if delivery != 0 {
		where, args = ` WHERE hook = ? AND id = ? AND lease <= ?`, []any{now.UnixMilli(), id, delivery, now.UnixMilli()}
	}
	done, err := t.Exec(ctx, `UPDATE hook_delivery SET state = 'waiting', tries = 0, due = ?, ended = NULL`+where, args...)
	if err != nil {
		return 0, err
	}
	n, err := done.RowsAffected()
	return int(n), err
}

// Sweep implements hook.Messages.
func (t Rows) Sweep(ctx context.Context, before time.Time) (err error) {
	defer fault.At(&err, "hook.Sweep")
	if _, err := t.Exec(ctx, `DELETE FROM hook_attempt WHERE delivery IN (SELECT id FROM hook_delivery WHERE ended IS NOT NULL AND ended < ?)`, before.UnixMilli()); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `DELETE FROM hook_delivery WHERE ended IS NOT NULL AND ended < ?`, before.UnixMilli())
	return err
}
