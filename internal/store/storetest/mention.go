package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"eyas/internal/registry/fact"
	"eyas/internal/store"
)

// Whom records name is found by code and by name, while their imports are in force.
func mentions(t *testing.T, db *store.DB) {
	five, nine := int64(5), int64(-9)
	write(t, db, func(ctx context.Context, w tables) error {
		for id := int64(1); id <= 2; id++ {
			if err := w.AddImport(ctx, anImport(id)); err != nil {
				return err
			}
		}
		var records []fact.RecordRow
		var links []fact.LinkRow
		for _, id := range []int64{11, 12, 13, 21} {
			records = append(records, fact.RecordRow{ID: id, Import: id / 10, Cells: []byte{0}})
			links = append(links, fact.LinkRow{Record: id, Subject: id % 10, How: fact.ByCode, Evidence: "91"})
		}
		if err := w.AddRecords(ctx, records); err != nil {
			return err
		}
		if err := w.AddLinks(ctx, links); err != nil {
			return err
		}
		if err := w.AddMentions(ctx, "person", []fact.MentionRow{
			{Record: 11, Relation: "works_at", Code: "A", NameKey: "甲", From: &five, Until: &nine},
			{Record: 12, Relation: "works_at", NameKey: "甲"}, {Record: 13, Relation: "works_at", Code: "B", NameKey: "甲"},
			{Record: 11, Relation: "serves", Code: "A"}, {Record: 11, NameKey: "赵六"},
		}); err != nil {
			return err
		}
		return w.AddMentions(ctx, "person", []fact.MentionRow{{Record: 21, Relation: "works_at", Code: "A"}, {Record: 21, NameKey: "赵六"}})
	})
	check := func(what, relation, code, key string, want ...fact.Mention) {
		t.Helper()
		read(t, db, func(ctx context.Context, r tables) error {
			list, total, err := r.Mentions(ctx, "person", relation, code, key, time.Time{}, 0, 10)
			equal(t, what, list, want)
			equal(t, what+", how many", total, len(want))
			if err != nil {
				return err
			}
			found, err := r.MentionedThrough(ctx, code, key)
			equal(t, what+", through which relation", slices.Contains(found["person"], relation), len(want) > 0)
			return err
		})
	}
	one := fact.Mention{Subject: 1, Record: 11, From: &five, Until: &nine}
	check("by code or name", "works_at", "A", "甲", fact.Mention{Subject: 1, Record: 21}, fact.Mention{Subject: 2, Record: 12})
	check("by code", "works_at", "B", "", fact.Mention{Subject: 3, Record: 13})
	check("by name, of one without a code", "works_at", "", "甲", one, fact.Mention{Subject: 2, Record: 12}, fact.Mention{Subject: 3, Record: 13})
	check("another relation", "serves", "A", "甲", fact.Mention{Subject: 1, Record: 11})
	check("own names", "", "", "赵六", fact.Mention{Subject: 1, Record: 21})
	check("a relation that is not there", "owns", "A", "甲")
	check("nobody", "works_at", "", "")
	read(t, db, func(ctx context.Context, r tables) error {
		list, total, err := r.Mentions(ctx, "person", "works_at", "A", "甲", time.Time{}, 1, 1)
		equal(t, "second page", list, []fact.Mention{{Subject: 2, Record: 12}})
		equal(t, "of how many", total, 2)
		if err != nil {
			return err
		}
		last, err := r.LastImports(ctx, time.Time{})
		want := *anImport(2)
		want.Layouts, want.Lists = "", ""
		if len(last) == 1 {
			last[0].Layouts = ""
		}
		equal(t, "last imports", last, []fact.RegisterImport{{ImportRow: want, Count: 2}})
		return err
	})
	undone := at.Add(time.Hour)
	write(t, db, func(ctx context.Context, w tables) error { return w.MarkUndone(ctx, 2, undone, "local") })
	check("after undoing", "works_at", "A", "", one)
	for _, c := range []struct {
		before time.Time
		want   []fact.Mention
		last   int64
	}{
		{at, nil, 0}, {at.Add(time.Minute), []fact.Mention{{Subject: 1, Record: 21}}, 2}, {undone, []fact.Mention{{Subject: 1, Record: 21}}, 2}, {undone.Add(1e6), []fact.Mention{one}, 1},
	} {
		read(t, db, func(ctx context.Context, r tables) error {
			list, total, err := r.Mentions(ctx, "person", "works_at", "A", "", c.before, 0, 10)
			equal(t, "before "+c.before.String(), list, c.want)
			equal(t, "how many before "+c.before.String(), total, len(c.want))
			if err != nil {
				return err
			}
			imports, err := r.LastImports(ctx, c.before)
			if c.last == 0 != (len(imports) == 0) || len(imports) == 1 && imports[0].ID != c.last {
				t.Errorf("last imports before %s: %v", c.before, imports)
			}
			return err
		})
	}
}
