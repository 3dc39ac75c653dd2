package derive

import (
	"context"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// rereadWhole makes readers read every profile of a register anew when an import that is the whole list of something comes or goes:
// it speaks of everybody who is not in it.
func (g *Base) rereadWhole(ctx context.Context, w fact.ChangeNoter, i *fact.ImportRow) error {
	if i.Whole == "" {
		return nil
	}
	return w.NoteChange(ctx, i.Register, true)
}

// reconsider marks the subjects as changed that an open question relates to one of subjects, when one of these is in a
// whole list: whether the list says "no" of the others depends on that question. Stored profiles stay as they are;
// readers read those subjects again, and nobody else. It is called after links and questions were written.
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

// Reread lands subjects as they are, so that readers read them again when the batch is in force, provided that some of
// listed are in a whole list. An import that brings or
// takes a list has the whole register read again.
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

// inLists reports whether a record of some subjects is one of the records of lists.
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

// markChanged gives profiles that stay as they are a new change number, so that readers read them again.
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

// WholeLists gives, for each attribute, the lists in force as known at a time, the oldest first.
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
