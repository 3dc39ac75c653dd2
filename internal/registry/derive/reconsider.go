package derive

import (
	"context"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// rereadWhole makes readers read every profile of a register again when an import with a whole list comes into force or
// is undone: the list also says "no" about everybody who is not in it.
func (g *Base) rereadWhole(ctx context.Context, w fact.ChangeNoter, i *fact.ImportRow) error {
	if i.Whole == "" {
		return nil
	}
	return w.NoteChange(ctx, i.Register, true)
}

// reconsider marks subjects as changed when an open question connects them with one of subjects and that one is in a
// whole list: whether the list says "no" about them depends on the question. Their stored profiles stay the same; readers
// read only these profiles again. Call it after links and questions were written.
func (g *Base) reconsider(ctx context.Context, w reconsiderWriter, register string, subjects []int64) error {
	lists, err := w.Whole(ctx, register, false)
	if err != nil || len(lists) == 0 || len(subjects) == 0 {
		return err
	}
	subjects = slices.Compact(slices.Sorted(slices.Values(subjects)))
	listed, err := inLists(ctx, w, lists, subjects)
	if err != nil || !listed {
		return err
	}
	questions, err := w.QuestionsOf(ctx, register, subjects)
	if err != nil {
		return err
	}
	var asked []int64
	for i := range questions {
		if _, found := slices.BinarySearch(subjects, questions[i].Subject); found {
			asked = append(asked, questions[i].Candidate)
		}
	}
	return g.markChanged(ctx, w, asked)
}

// Reread lands unchanged profiles of subjects, so that readers read them again when the batch comes into force. It does
// so only when some of listed are in a whole list. When an import brings or removes a list, the whole register is read
// again anyway.
func (b *Bulk) Reread(ctx context.Context, reg *pack.Register, listed, subjects []int64) (err error) {
	defer fault.At(&err, "derive.Reread(register %s, %d subjects)", reg.ID, len(subjects))
	subjects = slices.Compact(slices.Sorted(slices.Values(subjects)))
	if len(subjects) == 0 {
		return nil
	}
	found := false
	if err := ReadIn(ctx, b, b.g.rooms.Deriving(), func(r RoomReader) error {
		lists, err := r.Whole(ctx, reg.ID, false)
		if err == nil && len(lists) > 0 {
			found, err = inLists(ctx, r, lists, slices.Compact(slices.Sorted(slices.Values(listed))))
		}
		return err
	}); err != nil || !found {
		return err
	}
	for part := range slices.Chunk(subjects, fact.BatchRows) {
		var rows []fact.ProfileRow
		if err := ReadIn(ctx, b, b.g.rooms.Deriving(), func(r RoomReader) (err error) {
			rows, err = r.Profiles(ctx, part)
			return err
		}); err != nil {
			return err
		}
		if err := b.land(ctx, rows); err != nil {
			return err
		}
	}
	return nil
}

// inLists reports whether any record of some subjects belongs to one of the lists.
func inLists(ctx context.Context, r fact.LinkedReader, lists []fact.ImportRow, subjects []int64) (bool, error) {
	for part := range slices.Chunk(subjects, fact.BatchRows) {
		records, err := r.Linked(ctx, part)
		if err != nil {
			return false, err
		}
		for i := range records {
			for k := range lists {
				if records[i].ID >= lists[k].FirstRecord && records[i].ID <= lists[k].LastRecord {
					return true, nil
				}
			}
		}
	}
	return false, nil
}

// markChanged gives unchanged profiles a new change number, so that readers read them again.
func (g *Base) markChanged(ctx context.Context, w markWriter, subjects []int64) error {
	subjects = slices.Compact(slices.Sorted(slices.Values(subjects)))
	if len(subjects) == 0 {
		return nil
	}
	change, err := w.Advance(ctx, fact.LastChange, 1)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(subjects, fact.BatchRows) {
		rows, err := w.Profiles(ctx, part)
		if err != nil {
			return err
		}
		for i := range rows {
			rows[i].Change = change
		}
		if err := w.SetProfiles(ctx, rows); err != nil {
			return err
		}
	}
	return nil
}

// WholeLists returns, for each attribute (by index), the whole lists in force at the transaction time of m, the oldest
// first.
func (g *Base) WholeLists(ctx context.Context, r fact.ListReader, reg *pack.Register, m fact.Moment) (_ map[int][]WholeList, err error) {
	defer fault.At(&err, "derive.WholeLists(register %s)", reg.ID)
	rows, err := r.Whole(ctx, reg.ID, !m.KnownOn.IsZero())
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	lists := map[int][]WholeList{}
	for i := range rows {
		row := &rows[i]
		if !m.Knows(g.Pack, row) {
			continue
		}
		o := fact.OriginOf(g.Pack, row)
		later := !m.HeldOn.IsZero() && o.Dated && o.Day > fact.DayOf(m.HeldOn)
		doubt, err := r.Doubted(ctx, reg.ID, row.FirstRecord, row.LastRecord)
		if err != nil {
			return nil, err
		}
		for _, id := range strings.Split(row.Whole, ",") {
			if a := reg.Attribute(id); a != nil && a.Kind == pack.Boolean {
				lists[a.Index] = append(lists[a.Index], WholeList{a, row.ID, row.FirstRecord, row.LastRecord, o, later, doubt})
			}
		}
	}
	for _, l := range lists {
		slices.SortStableFunc(l, func(a, b WholeList) int { return int(a.origin.Day - b.origin.Day) })
	}
	return lists, nil
}
