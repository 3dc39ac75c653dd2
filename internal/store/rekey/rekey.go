// Package rekey carries a base over to a new key. It reads every text and blob of every table, in short transactions, and
// seals anew what an older key sealed. What an older program left in clear is sealed too. It can be stopped at any moment,
// also by a kill, and goes on where something is left when it is called again.
package rekey

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/store/base"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
	"eyas/internal/store/veil"
	"eyas/internal/vault"
)

// Done is what a call has done so far.
type Done struct {
	Key    string // by which everything is sealed at the end
	Table  string // being read; empty at the end
	Sealed int    // values that were sealed anew
	Clear  int    // of them, those that stood in clear
}

// Keys returns the ids of the keys that the base may need: the current one first, then those that a rotation has not
// finished with. It is empty when nothing was sealed yet.
func Keys(ctx context.Context, db *room.DB) (ids []string, err error) {
	defer fault.At(&err, "rekey.Keys")
	err = db.Reading(ctx, func(t *row.Tx) error {
		return t.Each(ctx, `SELECT id FROM cipher_key ORDER BY current DESC, id`, nil, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		})
	})
	return ids, err
}

// Current returns the key by which a base seals. Where it has none yet, the newest key of the ring becomes that, or a new one.
// A key that the base names and the ring does not have is a fault: nothing is sealed by another one.
func Current(ctx context.Context, db *room.DB, ring *vault.Ring) (key string, err error) {
	defer fault.At(&err, "rekey.Current")
	const named = `SELECT id FROM cipher_key WHERE current = 1`
	err = db.Reading(ctx, func(t *row.Tx) error {
		_, err := t.One(ctx, named, nil, &key)
		return err
	})
	switch {
	case err != nil:
		return "", err
	case key != "":
		return key, ready(ring, key)
	}
	return key, db.Changing(ctx, func(t *row.Tx) error {
		if db.Base.Dialect.Dollar {
			if _, err := t.Exec(ctx, veil.Shared); err != nil {
				return err
			}
		}
		first, err := ring.Ready("")
		if err != nil {
			return err
		}
		if _, err := t.Exec(ctx, `INSERT INTO cipher_key (id, current) SELECT ?, 1 WHERE NOT EXISTS (SELECT 1 FROM cipher_key WHERE current = 1)`, first); err != nil {
			return err
		}
		if _, err := t.One(ctx, named, nil, &key); err != nil { // another one may have been faster
			return err
		}
		return ready(ring, key)
	})
}

// ready is Ready of a key that a base names.
func ready(ring *vault.Ring, key string) error {
	_, err := ring.Ready(key)
	return err
}

// Base seals all that is to be sealed in a base by a new key, or by the one that an unfinished call has made. e is the entry
// of the log for the beginning.
func Base(ctx context.Context, db *room.DB, ring *vault.Ring, c vault.Cipher, e audit.Entry, told func(Done) error) (d Done, err error) {
	defer fault.At(&err, "rekey.Base")
	before, err := Keys(ctx, db)
	if err != nil {
		return d, err
	}
	for _, id := range before {
		if _, err := ring.Ready(id); err != nil {
			return d, err
		}
	}
	if d.Key, err = begin(ctx, db, ring, c, e); err != nil {
		return d, err
	}
	w := &work{db: db, ring: ring, done: &d, told: told}
	for again := true; again; { // until a whole pass finds nothing, and nothing has moved past it
		was := d.Sealed
		if err := w.pass(ctx); err != nil {
			return d, err
		}
		if again = d.Sealed > was; again {
			continue
		}
		for _, id := range before {
			if id == d.Key {
				continue
			}
			table, err := Holds(ctx, db, id)
			if err != nil {
				return d, err
			}
			again = again || table != ""
		}
	}
	d.Table = ""
	err = db.Changing(ctx, func(t *row.Tx) error {
		if err := w.still(ctx, t); err != nil {
			return err
		}
		_, err := t.Exec(ctx, `DELETE FROM cipher_key WHERE current = 0`)
		return err
	})
	return d, err
}

// Holds returns a table in which something is sealed by a key; empty: there is none.
func Holds(ctx context.Context, db *room.DB, key string) (table string, err error) {
	defer fault.At(&err, "rekey.Holds(key %s)", key)
	id, err := hex.DecodeString(key)
	if err != nil {
		return "", nil // no key has such an id
	}
	list, err := (&work{db: db}).columns(ctx)
	if err != nil {
		return "", err
	}
	blob := vault.BlobMark + string(id)
	text := vault.TextMark + base64.RawStdEncoding.EncodeToString(id)[:len(id)*4/3]
	err = db.Reading(veil.Raw(ctx), func(t *row.Tx) error {
		for _, c := range list {
			from := any(text)
			n := utf8.RuneCountInString(text)
			if c.blob {
				from, n = []byte(blob), len(blob)
			}
			var one int64
			found, err := t.One(veil.Raw(ctx), fmt.Sprintf(`SELECT 1 FROM %s WHERE substr(%s, 1, %d) = ? LIMIT 1`, c.table, c.name, n), []any{from}, &one)
			if err != nil {
				return err
			}
			if found {
				table = c.table
				return nil
			}
		}
		return nil
	})
	return table, err
}

// begin makes a new key and names it in the base, or finds the one that a rotation named that has not finished. From then on
// every writer uses it.
func begin(ctx context.Context, db *room.DB, ring *vault.Ring, c vault.Cipher, e audit.Entry) (key string, err error) {
	return key, db.Changing(ctx, func(t *row.Tx) error {
		if db.Base.Dialect.Dollar {
			if _, err := t.Exec(ctx, veil.Alone); err != nil {
				return err
			}
		}
		var n int
		if _, err := t.One(ctx, `SELECT COUNT(*), COALESCE(MAX(CASE WHEN current = 1 THEN id END), '') FROM cipher_key`, nil, &n, &key); err != nil || n > 1 {
			return err
		}
		if key, err = ring.Make(c); err != nil {
			return err
		}
		if e, err = e.WithDetail(map[string]any{"key": key, "cipher": string(c)}); err != nil {
			return err
		}
		if _, err := t.Exec(ctx, `UPDATE cipher_key SET current = 0`); err != nil {
			return err
		}
		if _, err := t.Exec(ctx, `INSERT INTO cipher_key (id, current) VALUES (?, 1)`, key); err != nil {
			return err
		}
		return row.LogRows{Tx: t}.Log(ctx, e)
	})
}

type work struct {
	db   *room.DB
	ring *vault.Ring
	done *Done
	told func(Done) error
}

// column is a column that may hold what is to be sealed.
type column struct {
	table, name string
	blob        bool
	force       string // SQL: which rows are sealed whatever they hold
}

// compared are columns that statements compare. They hold no identity number, and are never sealed.
var compared = map[string]bool{
	"profile.code": true, "profile.name": true, "profile.name_key": true, "profile_prior.code": true, "profile_prior.name": true, "profile_prior.name_key": true,
	"mention.code": true, "mention.name_key": true, "cipher_key.id": true, "file.sha256": true, "import.sha256": true, "number_mark.mark": true,
}

// pass reads all columns once.
func (w *work) pass(ctx context.Context) error {
	list, err := w.columns(ctx)
	if err != nil {
		return err
	}
	for _, c := range list {
		if err := w.column(ctx, c); err != nil {
			return fmt.Errorf("rekey: %s.%s: %w", c.table, c.name, err)
		}
	}
	return nil
}

// columns lists the texts and blobs of all tables; those whose sealing depends on others come after them.
func (w *work) columns(ctx context.Context) (list []column, err error) {
	text := `SELECT m.name, p.name, p.type FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND p.type IN ('TEXT', 'BLOB') ORDER BY 1, 2`
	if w.db.Base.Dialect.Dollar {
		text = `SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() AND data_type IN ('text', 'bytea') ORDER BY 1, 2`
	}
	ids := "''"
	for _, id := range w.db.Base.Confidential() {
		ids += `, '` + strings.ReplaceAll(id, "'", "''") + `'`
	}
	ofRegister := `register IN (SELECT number FROM register WHERE id IN (` + ids + `))`
	recordOf := `EXISTS (SELECT 1 FROM import i WHERE i.id = record.import_id AND i.register IN (` + ids + `))`
	force := map[string]string{
		"file_piece.raw": `1 = 1`, "person_secret.sealed": `1 = 1`, "hook_secret.sealed": `1 = 1`, "profile.facts": ofRegister, "profile_prior.facts": ofRegister,
		"record.cells": recordOf, "record.reason": recordOf, "import.lists": `register IN (` + ids + `) AND lists <> '{}'`,
		"finding.value": `value <> '' AND register IN (` + ids + `)`, "finding.offer": `offer <> '' AND register IN (` + ids + `)`, "finding.because": `because <> '' AND register IN (` + ids + `)`,
		"block.seeds":     `EXISTS (SELECT 1 FROM record r WHERE r.id BETWEEN block.first_record AND block.last_record AND substr(r.cells, 1, 8) = ` + w.blobMark() + `)`,
		"audit_text.salt": `text LIKE '` + vault.TextMark + `%'`,
	}
	var last []column
	err = w.db.Reading(ctx, func(t *row.Tx) error {
		return t.Each(ctx, text, nil, func(rows *sql.Rows) error {
			c := column{force: `1 = 0`}
			var kind string
			if err := rows.Scan(&c.table, &c.name, &kind); err != nil || strings.HasPrefix(c.table, "sqlite_") || compared[c.table+"."+c.name] {
				return err
			}
			c.blob = kind == "BLOB" || kind == "bytea"
			if f := force[c.table+"."+c.name]; f != "" {
				c.force = f
			}
			if c.name == "seeds" || c.name == "salt" {
				last = append(last, c)
			} else {
				list = append(list, c)
			}
			return nil
		})
	})
	return append(list, last...), err
}

// blobMark is the beginning of sealed blobs as SQL.
func (w *work) blobMark() string {
	if w.db.Base.Dialect.Dollar {
		return fmt.Sprintf(`'\x%x'::bytea`, vault.BlobMark)
	}
	return fmt.Sprintf(`x'%x'`, vault.BlobMark)
}

// Sizes of a transaction.
const (
	rowsAtOnce  = 256 // values of up to some kilobytes
	largeAtOnce = 4   // of up to a megabyte
	pagesAtOnce = 32  // of PostgreSQL, 8 KB each, and what is stored out of line
	patience    = 5 * time.Second
)

// column carries over the values of a column, some at a time.
func (w *work) column(ctx context.Context, c column) error {
	w.done.Table = c.table
	raw := veil.Raw(ctx)
	limit := rowsAtOnce
	if c.table == "file_piece" || c.table == "import" {
		limit = largeAtOnce
	}
	after, more := int64(-1<<62), true
	if w.db.Base.Dialect.Dollar {
		after = 0
	}
	for more {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := w.db.Aside(ctx, 0, patience, func(t *row.Tx) (err error) {
			after, more, err = w.some(raw, t, c, after, limit)
			return err
		})
		if errors.Is(err, base.ErrBusy) {
			continue
		}
		if err != nil {
			return err
		}
		if w.told != nil {
			if err := w.told(*w.done); err != nil {
				return err
			}
		}
	}
	return nil
}

type value struct {
	at  any
	was any
}

// still fails when another key was named meanwhile: somebody else carries the base over to that one.
func (w *work) still(ctx context.Context, t *row.Tx) error {
	if w.db.Base.Dialect.Dollar {
		if _, err := t.Exec(ctx, veil.Shared); err != nil {
			return err
		}
	}
	var key string
	if _, err := t.One(ctx, `SELECT id FROM cipher_key WHERE current = 1`, nil, &key); err != nil {
		return err
	}
	if key != w.done.Key {
		return fault.New(fault.Conflict, "底库已经改用另一把密钥 "+key+"：有人同时在更换密钥。这一次停下了，什么都没有丢；请等另一次做完。",
			"The base uses another key by now, "+key+": somebody else replaces the key at the same time. This run has stopped and nothing is lost. Wait until the other one has finished.")
	}
	return nil
}

// some carries over the values behind a place, and returns the place to go on from.
func (w *work) some(ctx context.Context, t *row.Tx, c column, after int64, limit int) (next int64, more bool, err error) {
	if err := w.still(ctx, t); err != nil {
		return 0, false, err
	}
	var args []any
	text := `SELECT rowid, ` + c.name + `, CASE WHEN ` + c.force + ` THEN 1 ELSE 0 END FROM ` + c.table + ` WHERE rowid > ? ORDER BY rowid LIMIT ?`
	args = []any{after, limit}
	if w.db.Base.Dialect.Dollar {
		var pages int64
		if _, err := t.One(ctx, `SELECT pg_relation_size(CAST(CAST(? AS TEXT) AS regclass)) / current_setting('block_size')::bigint`, []any{c.table}, &pages); err != nil {
			return 0, false, err
		}
		next = after + pagesAtOnce
		more = next < pages
		args = nil
		text = fmt.Sprintf(`SELECT CAST(ctid AS TEXT), %s, CASE WHEN %s THEN 1 ELSE 0 END FROM %s WHERE ctid >= '(%d,0)'::tid AND ctid < '(%d,0)'::tid`, c.name, c.force, c.table, after, next)
	}
	var list []value
	n := 0
	err = t.Each(ctx, text, args, func(rows *sql.Rows) error {
		var v value
		var force int64
		if err := rows.Scan(&v.at, &v.was, &force); err != nil {
			return err
		}
		n++
		if at, ok := v.at.(int64); ok {
			next = at
		}
		if w.concerns(v.was, force != 0) {
			list = append(list, v)
		}
		return nil
	})
	if err != nil {
		return 0, false, err
	}
	if !w.db.Base.Dialect.Dollar {
		more = n == limit
	}
	for _, v := range list {
		if err := w.carry(ctx, t, c, v); err != nil {
			return 0, false, err
		}
	}
	return next, more, nil
}

// concerns reports whether a value is to be sealed anew.
func (w *work) concerns(v any, force bool) bool {
	switch v := v.(type) {
	case []byte:
		if vault.IsSealed(v) {
			return vault.KeyOf(v) != w.done.Key
		}
		return len(v) > 0 && (force || vault.Holds(v))
	case string:
		if vault.IsSealed(v) {
			return vault.KeyOf(v) != w.done.Key
		}
		return v != "" && (force || vault.Holds(v))
	}
	return false
}

// carry seals a value, unless somebody has changed it meanwhile: then it is sealed by the new key already, or is found by
// the next pass.
func (w *work) carry(ctx context.Context, t *row.Tx, c column, v value) (err error) {
	var now any
	switch was := v.was.(type) {
	case []byte:
		plain := was
		if !vault.IsSealed(was) {
			w.done.Clear++
			if err = t.OweRewrite(ctx); err != nil { // with the first of them: a run that is stopped may have no other one
				return err
			}
		} else if plain, err = w.ring.Open(was); err != nil {
			return err
		}
		now, err = w.ring.Seal(w.done.Key, plain)
	case string:
		plain := was
		if !vault.IsSealed(was) {
			w.done.Clear++
			if err = t.OweRewrite(ctx); err != nil { // with the first of them: a run that is stopped may have no other one
				return err
			}
		} else if plain, err = w.ring.OpenText(was); err != nil {
			return err
		}
		now, err = w.ring.SealText(w.done.Key, plain)
	}
	if err != nil {
		return err
	}
	w.done.Sealed++
	place := `rowid = ?`
	if w.db.Base.Dialect.Dollar {
		place = `ctid = CAST(CAST(? AS TEXT) AS tid)`
	}
	_, err = t.Exec(ctx, `UPDATE `+c.table+` SET `+c.name+` = ? WHERE `+place+` AND `+c.name+` = ?`, now, v.at, v.was)
	return err
}
