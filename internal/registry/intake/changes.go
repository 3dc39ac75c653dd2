package intake

import (
	"context"
	"fmt"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Altered is what an import did to one subject.
type Altered struct {
	Record  int64    // its first row about the subject
	Subject fact.Ref // as it is now
	New     bool     // no earlier import in force names it; Values is empty then
	Values  []ChangedValue
}

// ChangedValue is a value before and after an import. A value that was not there, or is there no more, is nil.
type ChangedValue struct {
	Attr     *pack.Attribute
	Year     int // 0: not yearly
	From, To *fact.Fact
}

const (
	// changesRead is how many rows are read together, at most. The first are fewer: most imports fill a page with them.
	changesRead = 500
	// changesMost is how many rows one call of Changes looks at, so that a page comes soon even where few rows changed anything.
	changesMost = 10 * changesRead
)

// Changes returns what an import in force did, as the records that are in force now show it: the subjects that it brought, or else
// earlier subjects with the values that it changed. It begins with the record from (0: the first one), returns at most limit
// subjects in the order of the rows, and next, the record to go on with; 0 at the end. A page may have fewer subjects than limit,
// or none, before the end. An import that was undone has no changes.
func (g *Intake) Changes(ctx context.Context, importID, from int64, brought bool, limit int) (list []Altered, next int64, err error) {
	defer fault.At(&err, "intake.Changes(import %d, record %d)", importID, from)
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		row, err := derive.WantedImport(ctx, r, importID)
		if err != nil || !row.UndoneAt.IsZero() {
			return err
		}
		reg, err := g.base.RegisterOf(row.Register)
		if err != nil {
			return err
		}
		d, err := g.base.Deriver(ctx, r, reg)
		if err != nil {
			return err
		}
		c := changes{r: r, d: d, of: row, brought: brought}
		read := min(2*max(limit, 1), changesRead)
		for at, seen := max(from, row.FirstRecord), 0; ; {
			links, err := r.LinksAfter(ctx, at, row.LastRecord, read)
			if err != nil || len(links) == 0 {
				next = 0
				return err
			}
			if list, next, err = c.among(ctx, links, list, limit); err != nil || next != 0 {
				return err
			}
			at, seen = links[len(links)-1].Record+1, seen+len(links)
			if len(links) < read {
				return nil
			}
			read = min(2*read, changesRead)
			if seen >= changesMost {
				next = at
				return nil
			}
		}
	})
	return list, next, err
}

// changes is the work of Changes.
type changes struct {
	r       Reader
	d       *derive.Deriver
	of      *fact.ImportRow
	brought bool
}

// among appends the changes among some rows. next is not 0 when there is no room for more: the record to go on with.
func (c *changes) among(ctx context.Context, links []fact.LinkRow, list []Altered, limit int) (_ []Altered, next int64, err error) {
	var ids []int64
	for i := range links {
		ids = append(ids, links[i].Subject)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	rows, err := c.r.Profiles(ctx, ids)
	if err != nil {
		return nil, 0, err
	}
	profiles := map[int64]*fact.ProfileRow{}
	for i := range rows {
		profiles[rows[i].Subject] = &rows[i]
	}
	rest, err := c.r.Linked(ctx, ids)
	if err != nil {
		return nil, 0, err
	}
	records := map[int64][]fact.RecordRow{}
	for _, id := range ids {
		records[id], rest = derive.OfSubject(rest, id)
	}
	for i := range links {
		l := &links[i]
		own, p := records[l.Subject], profiles[l.Subject]
		begin := slices.IndexFunc(own, func(r fact.RecordRow) bool { return r.ID >= c.of.FirstRecord })
		if begin < 0 || p == nil || own[begin].ID != l.Record || (begin == 0) != c.brought { // begin 0: nothing in force is earlier
			continue
		}
		if len(list) >= limit {
			return list, l.Record, nil
		}
		change := Altered{Record: l.Record, Subject: fact.Ref{Subject: p.Subject, Code: p.Code, Name: p.Name}, New: c.brought}
		if !c.brought {
			if change.Values, err = c.values(ctx, p, own, begin); err != nil {
				return nil, 0, err
			}
			if len(change.Values) == 0 {
				continue
			}
		}
		list = append(list, change)
	}
	return list, 0, nil
}

// values compares what a subject's records give without the import, up to it, and with it. The records from begin on are of the
// import or later ones.
func (c *changes) values(ctx context.Context, p *fact.ProfileRow, own []fact.RecordRow, begin int) (list []ChangedValue, err error) {
	end := begin
	for end < len(own) && own[end].ID <= c.of.LastRecord {
		end++
	}
	var before, after fact.Profile
	if err := c.d.ProfileAt(ctx, p, own[:begin:begin], nil, &before); err != nil {
		return nil, fmt.Errorf("intake.values(subject %d): %w", p.Subject, err)
	}
	if err := c.d.ProfileAt(ctx, p, own[:end:end], nil, &after); err != nil {
		return nil, fmt.Errorf("intake.values(subject %d): %w", p.Subject, err)
	}
	a, b := before.Facts, after.Facts
	for len(a) > 0 || len(b) > 0 {
		order := 0
		switch {
		case len(a) == 0:
			order = 1
		case len(b) == 0:
			order = -1
		default:
			order = fact.Compare(a[0], b[0])
		}
		switch {
		case order < 0:
			list = append(list, ChangedValue{a[0].Attr, a[0].Year, &a[0], nil})
			a = a[1:]
		case order > 0:
			list = append(list, ChangedValue{b[0].Attr, b[0].Year, nil, &b[0]})
			b = b[1:]
		default:
			if a[0].Value != b[0].Value {
				list = append(list, ChangedValue{b[0].Attr, b[0].Year, &a[0], &b[0]})
			}
			a, b = a[1:], b[1:]
		}
	}
	return list, nil
}
