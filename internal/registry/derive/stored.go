package derive

import (
	"context"
	"fmt"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// ProfileOf returns the stored profile of a subject; a fault with code NotFound when there is no such subject.
func ProfileOf(ctx context.Context, r fact.ProfileReader, subject int64) (_ *fact.ProfileRow, err error) {
	defer fault.At(&err, "derive.ProfileOf(subject %d)", subject)
	rows, err := r.Profiles(ctx, []int64{subject})
	if err == nil && len(rows) == 0 {
		err = NoSubject(subject)
	}
	if err != nil {
		return nil, err
	}
	return &rows[0], nil
}

// ProfileAt derives into p the profile that results from the records that count at a moment.
func (d *Deriver) ProfileAt(ctx context.Context, old *fact.ProfileRow, records []fact.RecordRow, lists map[int][]WholeList, p *fact.Profile) error {
	made, err := d.derive(ctx, records, nil)
	if err != nil {
		return fmt.Errorf("derive.ProfileAt(subject %d): %w", old.Subject, err)
	}
	d.Profile(&made, old, len(records), lists, p)
	return nil
}

// Profile makes p the profile of what was derived from a subject's records. records is their number.
func (d *Deriver) Profile(made *Derived, old *fact.ProfileRow, records int, lists map[int][]WholeList, p *fact.Profile) {
	row := made.ProfileRow
	switch {
	case old.Held.Refused():
		row.Code, row.Name, row.Gone = old.Code, old.Name, true
		made.facts = nil
	case records == 0:
		row.Code, row.Name, row.Gone = old.Code, old.Name, true
	case !made.own:
		row.Code = old.Code
	}
	facts := append(p.Facts[:0], made.facts...)
	if !row.Gone {
		facts = d.Rules.declare(old.Subject, facts, lists)
	}
	facts = fact.WithoutVoid(facts)
	*p = fact.Profile{Subject: old.Subject, Code: row.Code, Name: row.Name, Facts: facts, Gone: row.Gone, Change: old.Change, Held: old.Held}
}

// Reader returns a function that decodes stored profiles and passes them to fn. The profile is reused by the next call.
func (g *Base) Reader(ctx context.Context, r StoredReader, reg *pack.Register, fn func(*fact.Profile) error) (_ func(*fact.ProfileRow) error, err error) {
	defer fault.At(&err, "derive.Reader(register %s)", reg.ID)
	n, err := g.rulesOf(ctx, r, reg)
	if err != nil {
		return nil, err
	}
	lists, err := g.WholeLists(ctx, r, reg, fact.Moment{})
	if err != nil {
		return nil, err
	}
	var p fact.Profile
	return func(row *fact.ProfileRow) error {
		if err := n.Profile(row, lists, &p); err != nil {
			return err
		}
		return fn(&p)
	}, nil
}

// EachOf passes the stored profiles of some subjects to pass, by ascending subject.
func EachOf(ctx context.Context, r fact.ProfileReader, ids []int64, pass func(*fact.ProfileRow) error) (err error) {
	defer fault.At(&err, "derive.EachOf(%d subjects)", len(ids))
	for part := range slices.Chunk(ids, fact.BatchRows) {
		rows, err := r.Profiles(ctx, part)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := pass(&rows[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// LinkedRecord returns a record that is linked to a subject; a fault when it does not exist or was refused.
func LinkedRecord(ctx context.Context, r fact.RecordReader, id int64) (_ *fact.RecordRow, err error) {
	defer fault.At(&err, "derive.LinkedRecord(record %d)", id)
	row, err := r.Record(ctx, id)
	if err != nil {
		return nil, err
	}
	if row == nil || row.Subject == 0 {
		return nil, fault.New(fault.NotFound, fmt.Sprintf("没有编号为 %d、已写入的来源记录。", id), fmt.Sprintf("There is no accepted source record number %d.", id))
	}
	return row, nil
}

// WantedImport returns an import by its id; a fault when there is none.
func WantedImport(ctx context.Context, r fact.ImportFinder, id int64) (_ *fact.ImportRow, err error) {
	defer fault.At(&err, "derive.WantedImport(import %d)", id)
	row, err := r.Import(ctx, id)
	if err == nil && row == nil {
		err = NoImport(id)
	}
	return row, err
}

// ImportOf returns the import that brought a record.
func ImportOf(ctx context.Context, r fact.ImportFinder, row *fact.RecordRow) (_ *fact.ImportRow, err error) {
	defer fault.At(&err, "derive.ImportOf(record %d)", row.ID)
	return WantedImport(ctx, r, row.Import)
}

// WantedQuestion returns a question by its id; a fault when it does not exist.
func WantedQuestion(ctx context.Context, r fact.QuestionFinder, id int64) (_ *fact.QuestionRow, err error) {
	defer fault.At(&err, "derive.WantedQuestion(question %d)", id)
	row, err := r.Question(ctx, id)
	if err == nil && row == nil {
		err = NoQuestion(id)
	}
	return row, err
}

// ProfileNow returns the current profile of a subject and its register, as the transaction of r sees it.
func (g *Base) ProfileNow(ctx context.Context, r StoredReader, subject int64) (_ *fact.Profile, _ *pack.Register, err error) {
	defer fault.At(&err, "derive.ProfileNow(subject %d)", subject)
	row, err := ProfileOf(ctx, r, subject)
	if err != nil {
		return nil, nil, err
	}
	reg, err := g.RegisterOf(row.Register)
	if err != nil {
		return nil, nil, err
	}
	n, err := g.rulesOf(ctx, r, reg)
	if err != nil {
		return nil, nil, err
	}
	lists, err := g.WholeLists(ctx, r, reg, fact.Moment{})
	if err != nil {
		return nil, nil, err
	}
	p := &fact.Profile{}
	return p, reg, n.Profile(row, lists, p)
}
