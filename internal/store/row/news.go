package row

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
)

// News is the set of registers that a transaction has changed; true means that every profile of the register must be read
// again.
type News map[string]bool

// Note adds a register to the news.
func (n *News) Note(register string, whole bool) {
	if *n == nil {
		*n = News{}
	}
	(*n)[register] = (*n)[register] || whole
}

func (t CounterRows) NoteChange(_ context.Context, register string, whole bool) error {
	t.News.Note(register, whole)
	return nil
}

// numberNews stores the change number of each register that the transaction changed and notifies other processes, which
// hear of it after the commit. For a batch, the last transaction does it once.
func (t *Tx) numberNews(ctx context.Context) error {
	if t.own != nil {
		for register, whole := range t.News {
			t.own.News.Note(register, whole)
		}
		if t.News = nil; t.Forced {
			t.News = t.own.News
		}
	}
	if len(t.News) == 0 {
		return nil
	}
	change, err := CounterRows{t}.Counter(ctx, fact.LastChange)
	if err == nil && !t.advanced {
		change, err = CounterRows{t}.Advance(ctx, fact.LastChange, 1)
	}
	if err != nil {
		return err
	}
	for _, register := range slices.Sorted(maps.Keys(t.News)) {
		reread := int64(0)
		if t.News[register] {
			reread = change
		}
		_, err := t.Exec(ctx, `INSERT INTO register_change (register, change, reread) VALUES (?, ?, ?) ON CONFLICT (register) DO UPDATE SET change = excluded.change,
			reread = CASE WHEN excluded.reread > register_change.reread THEN excluded.reread ELSE register_change.reread END`, register, change, reread)
		if err != nil {
			return fmt.Errorf("store: change %d of register %s: %w", change, register, err)
		}
	}
	if t.Dialect.Notify != "" {
		if _, err := t.Exec(ctx, t.Dialect.Notify); err != nil {
			return fmt.Errorf("store: tell other processes: %w", err)
		}
	}
	return nil
}

func (t CounterRows) Changes(ctx context.Context, register string) (change, reread int64, err error) {
	defer fault.At(&err, "row.Changes(register %s)", register)
	found, err := t.One(ctx, `SELECT change, reread FROM register_change WHERE register = ?`, []any{register}, &change, &reread)
	if err == nil && !found { // nothing was ever written in it: it is as old as the history is known
		_, err = t.One(ctx, `SELECT COALESCE(MIN(change), 0) FROM history`, nil, &change)
	}
	return change, reread, err
}

// AllChanges returns the last change of every register.
func (t *Tx) AllChanges(ctx context.Context) (_ map[string]int64, err error) {
	defer fault.At(&err, "row.AllChanges")
	all := map[string]int64{}
	err = t.Each(ctx, `SELECT register, change FROM register_change`, nil, func(rows *sql.Rows) error {
		var register string
		var change int64
		err := rows.Scan(&register, &change)
		all[register] = change
		return err
	})
	return all, err
}
