package oplog

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/store/base"
	"eyas/internal/store/dialect"
)

// List returns entries, the newest first, with the texts that were not erased: at most limit of them after the first
// offset, and how many there are in all. A list that asks for nothing finds its page by the number of the entry.
func (l *Log) List(ctx context.Context, w audit.Wanted, offset, limit int) (list []audit.Entry, total int, err error) {
	defer fault.At(&err, "oplog.List(offset %d)", offset)
	err = l.reading(ctx, func(t *Tx) error {
		var seqs []int64
		if w.Any() {
			var last int64
			if _, err := t.One(ctx, `SELECT COALESCE(MAX(seq), 0) FROM audit_entry`, nil, &last); err != nil {
				return err
			}
			if w.Until > 0 {
				last = min(last, w.Until)
			}
			total = int(last)
			for seq := last - int64(offset); seq > 0 && len(seqs) < limit; seq-- {
				seqs = append(seqs, seq)
			}
		} else {
			where, args := conditions(&w)
			if _, err := t.One(ctx, `SELECT COUNT(*) FROM audit_entry WHERE `+where, args, &total); err != nil {
				return err
			}
			if limit > 0 {
				err := t.Each(ctx, `SELECT seq FROM audit_entry WHERE `+where+` ORDER BY seq DESC LIMIT ? OFFSET ?`, append(args, limit, offset), func(rows *sql.Rows) error {
					var seq int64
					err := rows.Scan(&seq)
					seqs = append(seqs, seq)
					return err
				})
				if err != nil {
					return err
				}
			}
		}
		list, err = t.entriesOf(ctx, seqs)
		return err
	})
	return list, total, err
}

// conditions returns the SQL condition of a list.
func conditions(w *audit.Wanted) (string, []any) {
	where, args := []string{"1 = 1"}, []any{}
	among := func(column string, values []string) string {
		for _, v := range values {
			args = append(args, v)
		}
		return column + ` IN ` + dialect.Marks(1, len(values))
	}
	for _, x := range []struct {
		column string
		values []string
	}{{"action", w.Actions}, {"kind", w.Kinds}, {"org", w.Orgs}} {
		if len(x.values) > 0 {
			where = append(where, among(x.column, x.values))
		}
	}
	if w.Actor != "" || len(w.Actors) > 0 {
		var any []string
		if len(w.Actors) > 0 {
			any = append(any, among("actor", w.Actors))
		}
		if w.Actor != "" {
			any = append(any, `lower(actor) LIKE ? ESCAPE '!'`)
			args = append(args, "%"+strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(w.Actor))+"%")
		}
		where = append(where, `(`+strings.Join(any, ` OR `)+`)`)
	}
	if len(w.Subjects)+len(w.Begins) > 0 {
		var any []string
		if len(w.Subjects) > 0 {
			any = append(any, among("subject", w.Subjects))
		}
		for _, b := range w.Begins { // the byte after the last one of the beginning ends the range
			any = append(any, `subject >= ? AND subject < ?`)
			args = append(args, b, b[:len(b)-1]+string(b[len(b)-1]+1))
		}
		where = append(where, `(`+strings.Join(any, ` OR `)+`)`)
	}
	if !w.From.IsZero() {
		where, args = append(where, `at >= ?`), append(args, w.From.UnixMilli())
	}
	if !w.To.IsZero() {
		where, args = append(where, `at < ?`), append(args, w.To.UnixMilli())
	}
	if w.Until > 0 {
		where, args = append(where, `seq <= ?`), append(args, w.Until)
	}
	if len(w.Chosen) > 0 {
		where = append(where, `seq IN `+dialect.Marks(1, len(w.Chosen)))
		for _, seq := range w.Chosen {
			args = append(args, seq)
		}
	}
	return strings.Join(where, ` AND `), args
}

// Entry returns one entry with its texts; found is false when there is none with this number.
func (l *Log) Entry(ctx context.Context, seq int64) (e audit.Entry, found bool, err error) {
	defer fault.At(&err, "oplog.Entry(seq %d)", seq)
	err = l.reading(ctx, func(t *Tx) error {
		list, err := t.entriesOf(ctx, []int64{seq})
		if found = len(list) > 0; found {
			e = list[0]
		}
		return err
	})
	return e, found, err
}

// entriesOf returns the entries with some numbers, the newest first.
func (t *Tx) entriesOf(ctx context.Context, seqs []int64) (list []audit.Entry, err error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	texts := map[int64]map[string]string{}
	err = base.Among(ctx, t, `SELECT seq, name, text FROM audit_text WHERE salt IS NOT NULL AND seq IN {in}`, nil, seqs, func(rows *sql.Rows) error {
		var seq int64
		var name string
		var text sql.NullString
		err := rows.Scan(&seq, &name, &text)
		if texts[seq] == nil {
			texts[seq] = map[string]string{}
		}
		texts[seq][name] = text.String
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: texts of entries: %w", err)
	}
	err = base.Among(ctx, t, Entries+` WHERE seq IN {in}`, nil, seqs, func(rows *sql.Rows) error {
		e, err := ScanEntry(rows)
		e.Texts = texts[e.Seq]
		list = append(list, e)
		return err
	})
	slices.SortFunc(list, func(a, b audit.Entry) int { return int(b.Seq - a.Seq) })
	return list, err
}

// Head returns the newest head.
func (l *Log) Head(ctx context.Context) (h audit.Head, err error) {
	defer fault.At(&err, "oplog.Head")
	if l.Hash == "" {
		return h, nil
	}
	err = l.reading(ctx, func(t *Tx) (err error) {
		h, err = t.sealedHead(ctx)
		return err
	})
	return h, err
}
