package row

import (
	"cmp"
	"context"
	"fmt"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/seal"
	"eyas/internal/vault"
)

// Erase deletes the value of one cell of a source record for good. Its digest stays. The seed of the record is deleted,
// and only the salts of the other values are kept, so that the base can still be verified against its log, and a guess of
// the value cannot be checked. column counts from 0; an empty cell is an error. The caller derives the subject again and
// logs the erasure.
func (t *Tx) Erase(ctx context.Context, record int64, column int) (err error) {
	defer fault.At(&err, "row.Erase(record %d, column %d)", record, column)
	r, err := RecordRows{t}.Record(ctx, record)
	if err != nil {
		return err
	}
	var b fact.BlockRow
	found, err := t.One(ctx, `SELECT first_record, last_record, seeds FROM block WHERE first_record <= ? AND last_record >= ? ORDER BY first_record DESC LIMIT 1`,
		[]any{record, record}, &b.First, &b.Last, &b.Seeds)
	if err != nil {
		return err
	}
	if r == nil || !found {
		return fmt.Errorf("store: erase: record %d has no digest", record)
	}
	before, err := t.erasure(ctx, record)
	if err != nil {
		return err
	}
	var d fact.Digester
	e, cells, err := d.Erase(r, b.Seed(record), before, column)
	if err != nil {
		return err
	}
	clear(b.Seed(record))
	r.Cells = cells
	var register string
	if _, err := t.One(ctx, `SELECT register FROM import WHERE id = ?`, []any{r.Import}, &register); err != nil {
		return err
	}
	kept := any(seal.Append(nil, seal.RecordSum(r), cells))
	if t.Confidential(register) { // what is left is of the highest class, too
		kept = vault.Hidden(seal.Append(nil, seal.RecordSum(r), cells))
	}
	for _, s := range []struct {
		text string
		args []any
	}{
		{`UPDATE record SET cells = ? WHERE id = ?`, []any{kept, record}},
		{`UPDATE block SET seeds = ? WHERE first_record = ?`, []any{vault.Hidden(b.Seeds), b.First}},
		{`INSERT INTO erasure (record_id, cells, salts, digests) VALUES (?, ?, ?, ?)
			ON CONFLICT (record_id) DO UPDATE SET salts = excluded.salts, digests = excluded.digests`, []any{record, e.Cells, e.Salts, e.Digests}},
	} {
		if _, err := t.Exec(ctx, s.text, s.args...); err != nil {
			return fmt.Errorf("store: erase a value of record %d: %w", record, err)
		}
	}
	t.Touch("erasure", record, "")
	return t.OweRewrite(ctx)
}

// ErasedBefore reports whether a cell was erased before; column counts from 0.
func (t RecordRows) ErasedBefore(ctx context.Context, record int64, column int) (yes bool, err error) {
	defer fault.At(&err, "row.ErasedBefore(record %d, column %d)", record, column)
	e, err := t.erasure(ctx, record)
	if e == nil || err != nil {
		return false, err
	}
	return e.Has(column), nil
}

// rewriteOwed is the setting that says that pages of the file still hold what was erased, or what stood in clear before it was sealed.
const rewriteOwed = "rewrite.owed"

// OweRewrite writes down, with what makes it so, that the file of a base in SQLite is to be written anew. A server frees such space by
// itself.
func (t *Tx) OweRewrite(ctx context.Context) (err error) {
	defer fault.At(&err, "row.OweRewrite")
	if t.Dialect.Dollar {
		return nil
	}
	_, err = t.Exec(ctx, `INSERT INTO setting (name, value) VALUES (?, '1') ON CONFLICT (name) DO NOTHING`, rewriteOwed)
	return err
}

// RewriteOwed reports whether the file is to be written anew.
func (t *Tx) RewriteOwed(ctx context.Context) (yes bool, err error) {
	defer fault.At(&err, "row.RewriteOwed")
	var value string
	return t.One(ctx, `SELECT value FROM setting WHERE name = ?`, []any{rewriteOwed}, &value)
}

// Rewritten says that the file was written anew.
func (t *Tx) Rewritten(ctx context.Context) (err error) {
	defer fault.At(&err, "row.Rewritten")
	_, err = t.Exec(ctx, `DELETE FROM setting WHERE name = ?`, rewriteOwed)
	return err
}

// Forget deletes a text beside an entry of the log for good. Its digest stays in the entry; its salt is deleted, so that
// a guess of the text cannot be checked. The caller logs the erasure.
func (t *Tx) Forget(ctx context.Context, seq int64, name string) error {
	done, err := t.Exec(ctx, `UPDATE audit_text SET salt = NULL, text = NULL WHERE seq = ? AND name = ?`, seq, name)
	if err != nil {
		return fmt.Errorf("store: erase %s of entry %d: %w", name, seq, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return cmp.Or(err, fmt.Errorf("store: entry %d of the log has no text %s", seq, name))
	}
	t.Touch("forgotten", seq, name)
	return nil
}

// EraseCell is Erase.
func (t RecordRows) EraseCell(ctx context.Context, record int64, column int) error {
	return t.Erase(ctx, record, column)
}
