// Package storetest is the one suite that every database must pass.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/registry/fact"
	"eyas/internal/store"
)

// Run runs the suite; open gives an empty database that is closed when its test ends.
func Run(t *testing.T, open func(t *testing.T) *store.DB) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, db *store.DB)
	}{
		{"Empty", empty},
		{"Counters", counters},
		{"Attributes", attributes},
		{"Imports", imports},
		{"Records", records},
		{"Profiles", profiles},
		{"Mentions", mentions},
		{"Findings", findings},
		{"Subjects", subjects},
		{"Search", search},
		{"Held", held},
		{"Brought", brought},
		{"CodeIsUnique", codeIsUnique},
		{"ManyRows", manyRows},
		{"Mapping", mapping},
		{"PlaceAnswers", placeAnswers},
		{"Audit", auditChain},
		{"AllOrNothing", allOrNothing},
		{"Together", together},
		{"Snapshot", snapshot},
		{"Beside", beside},
		{"Between", between},
		{"WritersQueue", writersQueue},
		{"Cancelled", cancelled},
		{"AnyText", anyText},
		{"Merges", merges},
		{"Questions", questions},
		{"Listed", listed},
		{"Origins", origins},
		{"Jobs", jobs},
		{"JobTexts", jobTexts},
		{"JobsBeside", jobsBeside},
		{"JobsShared", jobsShared},
		{"Files", files},
		{"FilesDamaged", filesDamaged},
		{"FilesInterrupted", filesInterrupted},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

var at = time.Date(2021, 3, 31, 8, 30, 0, 5_000_000, time.UTC)

func read(t *testing.T, db *store.DB, fn func(context.Context, tables) error) {
	t.Helper()
	ctx := context.Background()
	if err := in(db).Read(ctx, func(r tables) error { return fn(ctx, r) }); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, db *store.DB, fn func(context.Context, tables) error) {
	t.Helper()
	ctx := context.Background()
	if err := in(db).Write(ctx, func(w tables) error { return fn(ctx, w) }); err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func empty(t *testing.T, db *store.DB) {
	if db.Base() == "" || db.Name() == "" {
		t.Errorf("base %q, name %q", db.Base(), db.Name())
	}
	read(t, db, func(ctx context.Context, r tables) error {
		list, total, err := r.Imports(ctx, fact.Wanted{}, 0, 10)
		equal(t, "imports", len(list)+total, 0)
		if err != nil {
			return err
		}
		i, err := r.Import(ctx, 1)
		equal(t, "import", i, (*fact.ImportRow)(nil))
		if err != nil {
			return err
		}
		rec, err := r.Record(ctx, 1)
		equal(t, "record", rec, (*fact.RecordRow)(nil))
		if err != nil {
			return err
		}
		ps, err := r.Profiles(ctx, nil)
		equal(t, "profiles of nobody", len(ps), 0)
		if err != nil {
			return err
		}
		yes, err := r.Synthetic(ctx)
		equal(t, "synthetic", yes, false)
		return err
	})
}

func counters(t *testing.T, db *store.DB) {
	write(t, db, func(ctx context.Context, w tables) error {
		for _, c := range []fact.Counter{fact.LastImport, fact.LastRecord, fact.LastSubject, fact.LastChange} {
			n, err := w.Counter(ctx, c)
			if err != nil || n != 0 {
				return fmt.Errorf("%s begins at %d: %w", c, n, err)
			}
			if n, err = w.Advance(ctx, c, 5); err != nil || n != 5 {
				return fmt.Errorf("%s advanced to %d: %w", c, n, err)
			}
		}
		if _, err := w.Counter(ctx, "unheard of"); err == nil {
			t.Error("a counter that does not exist has a value")
		}
		return nil
	})
	read(t, db, func(ctx context.Context, r tables) error {
		n, err := r.Counter(ctx, fact.LastChange)
		equal(t, "change", n, int64(5))
		return err
	})
}

func attributes(t *testing.T, db *store.DB) {
	want := map[string]int{"name": 1, "sales": 2}
	write(t, db, func(ctx context.Context, w tables) error {
		if err := w.AddAttributes(ctx, "enterprise", want); err != nil {
			return err
		}
		return w.AddAttributes(ctx, "carrier", map[string]int{"name": 1})
	})
	read(t, db, func(ctx context.Context, r tables) error {
		got, err := r.Attributes(ctx, "enterprise")
		equal(t, "attributes", got, want)
		return err
	})
	err := in(db).Write(t.Context(), func(w tables) error {
		return w.AddAttributes(t.Context(), "enterprise", map[string]int{"assets": 2})
	})
	if err == nil {
		t.Error("two attributes have one number")
	}
}

func anImport(id int64) *fact.ImportRow {
	return &fact.ImportRow{
		ID: id, Register: "enterprise", File: fmt.Sprintf("年报%d.csv", id), SHA256: strings.Repeat("ab", 32), Size: 1 << 40, Actor: "local", At: at,
		Synthetic: id%2 == 0, FirstRecord: id*10 + 1, LastRecord: id*10 + 9, Rows: 9, Accepted: 4, Unchanged: 3, Refused: 2, RefusalCount: 7, WarningCount: 8,
		Options: `{"Year":2020}`, Layouts: `[{"sheet":"表1"}]`, Lists: `{"unmapped":["备注"]}`,
	}
}

func imports(t *testing.T, db *store.DB) {
	write(t, db, func(ctx context.Context, w tables) error {
		for id := int64(1); id <= 3; id++ {
			if err := w.AddImport(ctx, anImport(id)); err != nil {
				return err
			}
		}
		return w.MarkUndone(ctx, 2, at.Add(time.Hour), "wang")
	})
	read(t, db, func(ctx context.Context, r tables) error {
		undone := anImport(2)
		undone.UndoneAt, undone.UndoneBy = at.Add(time.Hour), "wang"
		got, err := r.Import(ctx, 2)
		equal(t, "one import", got, undone)
		if err != nil {
			return err
		}
		list, total, err := r.Imports(ctx, fact.Wanted{}, 1, 1)
		undone.Layouts, undone.Lists = "", ""
		equal(t, "second page of imports", list, []fact.ImportRow{*undone})
		equal(t, "number of imports", total, 3)
		if err != nil {
			return err
		}
		force, err := r.InForce(ctx, "enterprise", strings.Repeat("ab", 32))
		if err != nil {
			return err
		}
		var ids []int64
		for _, i := range force {
			ids = append(ids, i.ID)
			equal(t, "layouts", i.Layouts, `[{"sheet":"表1"}]`)
		}
		equal(t, "in force", ids, []int64{1, 3})
		if force, err = r.InForce(ctx, "carrier", strings.Repeat("ab", 32)); err != nil || len(force) > 0 {
			t.Errorf("in force in another register: %v, %v", force, err)
		}
		yes, err := r.Synthetic(ctx)
		equal(t, "synthetic though undone", yes, false)
		return err
	})
	write(t, db, func(ctx context.Context, w tables) error { return w.AddImport(ctx, anImport(4)) })
	read(t, db, func(ctx context.Context, r tables) error {
		yes, err := r.Synthetic(ctx)
		equal(t, "synthetic", yes, true)
		return err
	})
}

func records(t *testing.T, db *store.DB) {
	rec := func(id, importID int64, subject int64, reason string) fact.RecordRow {
		return fact.RecordRow{ID: id, Import: importID, Sheet: 1, Row: int(id) + 2, Cells: []byte{0, 1, 0xff, byte(id)}, Reason: reason, Subject: subject}
	}
	write(t, db, func(ctx context.Context, w tables) error {
		for id := int64(1); id <= 2; id++ {
			if err := w.AddImport(ctx, anImport(id)); err != nil {
				return err
			}
		}
		if err := w.AddRecords(ctx, []fact.RecordRow{rec(11, 1, 0, ""), rec(12, 1, 0, `{"ZH":"无名"}`), rec(13, 1, 0, ""), rec(21, 2, 0, "")}); err != nil {
			return err
		}
		return w.AddLinks(ctx, []fact.LinkRow{
			{Record: 11, Subject: 8, How: fact.ByCode, Evidence: "91"}, {Record: 13, Subject: 7, How: fact.ByName, Evidence: "甲"},
			{Record: 21, Subject: 8, How: fact.ByAdopted, Evidence: "乙"},
		})
	})
	linked := func(r fact.RecordRow, how fact.How) fact.RecordRow {
		r.How = how
		return r
	}
	each := func(r tables, importID int64, refused bool) (ids []int64) {
		err := r.EachRecord(t.Context(), importID, refused, func(rec *fact.RecordRow) error {
			equal(t, "cells", bytes.Clone(rec.Cells), []byte{0, 1, 0xff, byte(rec.ID)})
			ids = append(ids, rec.ID)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return ids
	}
	read(t, db, func(ctx context.Context, r tables) error {
		got, err := r.Record(ctx, 13)
		want := linked(rec(13, 1, 7, ""), fact.ByName)
		want.Evidence = "甲"
		equal(t, "record", got, &want)
		if err != nil {
			return err
		}
		got, err = r.Record(ctx, 12)
		want = rec(12, 1, 0, `{"ZH":"无名"}`)
		equal(t, "refused record", got, &want)
		if err != nil {
			return err
		}
		equal(t, "all", each(r, 1, false), []int64{11, 12, 13})
		equal(t, "refused", each(r, 1, true), []int64{12})
		of, err := r.SubjectsOf(ctx, 1)
		equal(t, "subjects of an import", of, []int64{7, 8})
		if err != nil {
			return err
		}
		list, err := r.Linked(ctx, []int64{7, 8, 9})
		equal(t, "linked", list, []fact.RecordRow{linked(rec(13, 1, 7, ""), fact.ByName), linked(rec(11, 1, 8, ""), fact.ByCode), linked(rec(21, 2, 8, ""), fact.ByAdopted)})
		return err
	})
	write(t, db, func(ctx context.Context, w tables) error {
		if err := w.MarkUndone(ctx, 1, at, "local"); err != nil {
			return err
		}
		list, err := w.Linked(ctx, []int64{7, 8})
		equal(t, "linked after undoing", list, []fact.RecordRow{linked(rec(21, 2, 8, ""), fact.ByAdopted)})
		if err != nil {
			return err
		}
		ever, err := w.LinkedEver(ctx, []int64{7})
		want := linked(rec(13, 1, 7, ""), fact.ByName)
		want.Evidence = "甲"
		equal(t, "linked ever", ever, []fact.RecordRow{want})
		return err
	})
}

func aProfile(id int64) fact.ProfileRow {
	return fact.ProfileRow{
		Subject: id, Register: "enterprise", Code: fmt.Sprintf("91120110MA%08d", id), Name: fmt.Sprintf("甲（%d）公司", id), NameKey: fmt.Sprintf("甲(%d)公司", id),
		Facts: []byte{1, 0, 0xfe, byte(id)}, Change: id / 3,
	}
}

func profiles(t *testing.T, db *store.DB) {
	one, two, three := aProfile(1), aProfile(2), aProfile(3)
	write(t, db, func(ctx context.Context, w tables) error {
		if err := w.AddProfiles(ctx, []fact.ProfileRow{one, two, three}); err != nil {
			return err
		}
		two.Code, two.Name, two.NameKey, two.Facts, two.Gone, two.Change = "", "乙", "乙key", []byte{1, 0}, true, 9
		return w.SetProfiles(ctx, []fact.ProfileRow{two})
	})
	read(t, db, func(ctx context.Context, r tables) error {
		got, err := r.Profiles(ctx, []int64{3, 2, 99})
		equal(t, "profiles", got, []fact.ProfileRow{two, three})
		if err != nil {
			return err
		}
		got = nil
		err = r.EachProfile(ctx, "enterprise", func(p *fact.ProfileRow) error {
			c := *p
			c.Facts = append([]byte{}, p.Facts...)
			got = append(got, c)
			return nil
		})
		equal(t, "each profile", got, []fact.ProfileRow{one, two, three})
		if err != nil {
			return err
		}
		ids, err := r.Changed(ctx, "enterprise", 0)
		equal(t, "changed", ids, []int64{2, 3})
		return err
	})
}

func subjects(t *testing.T, db *store.DB) {
	named := fact.ProfileRow{Subject: 4, Register: "enterprise", Name: "丁", NameKey: "丁", Facts: []byte{1, 0}}
	gone := fact.ProfileRow{Subject: 5, Register: "enterprise", Name: "丁", NameKey: "丁", Facts: []byte{1, 0}, Gone: true}
	other := aProfile(6)
	other.Register = "carrier"
	write(t, db, func(ctx context.Context, w tables) error {
		return w.AddProfiles(ctx, []fact.ProfileRow{aProfile(1), aProfile(2), named, gone, other})
	})
	read(t, db, func(ctx context.Context, r tables) error {
		one := fact.SubjectRow{Subject: 1, Code: aProfile(1).Code, NameKey: aProfile(1).NameKey}
		got, err := r.SubjectsByCode(ctx, "enterprise", []string{one.Code, other.Code, "", "nobody"})
		equal(t, "by code", got, []fact.SubjectRow{one})
		if err != nil {
			return err
		}
		got, err = r.SubjectsByKey(ctx, "enterprise", []string{"丁", "nobody"})
		if len(got) == 2 && got[0].Subject > got[1].Subject {
			got[0], got[1] = got[1], got[0]
		}
		equal(t, "by name", got, []fact.SubjectRow{{Subject: 4, NameKey: "丁"}, {Subject: 5, NameKey: "丁", Gone: true}})
		if err != nil {
			return err
		}
		each := func(fn func(func(int64, string) error) error) (s string) {
			if err := fn(func(subject int64, text string) error { s += fmt.Sprint(subject, text, " "); return nil }); err != nil {
				t.Error(err)
			}
			return s
		}
		equal(t, "codes", each(func(fn func(int64, string) error) error { return r.EachCode(ctx, "enterprise", fn) }), "191120110MA00000001 291120110MA00000002 ")
		equal(t, "names of the gone", each(func(fn func(int64, string) error) error { return r.EachName(ctx, "enterprise", true, fn) }), "5丁 ")
		names := each(func(fn func(int64, string) error) error { return r.EachName(ctx, "enterprise", false, fn) })
		for _, want := range []string{"1甲(1)公司 ", "2甲(2)公司 ", "4丁 "} {
			if !strings.Contains(names, want) || strings.Count(names, " ") != 3 {
				t.Errorf("names of the living: %s", names)
			}
		}
		return nil
	})
}

func search(t *testing.T, db *store.DB) {
	var rows []fact.ProfileRow
	for i, name := range []string{"b%公司", "a_公司", `c\公司`, "d公司", "e公司"} {
		rows = append(rows, fact.ProfileRow{Subject: int64(i + 1), Register: "enterprise", Name: strings.ToUpper(name), NameKey: name, Facts: []byte{}, Gone: name == "e公司"})
	}
	write(t, db, func(ctx context.Context, w tables) error { return w.AddProfiles(ctx, rows) })
	for _, c := range []struct {
		part  string
		limit int
		want  string
	}{
		{"公司", 10, "A_公司 B%公司 C\\公司 D公司"}, // in the order of names, without who is gone
		{"公司", 2, "A_公司 B%公司"},
		{"%", 10, "B%公司"}, // a wildcard is a character
		{"_", 10, "A_公司"},
		{`\`, 10, `C\公司`},
		{"没有", 10, ""},
	} {
		read(t, db, func(ctx context.Context, r tables) error {
			got, err := r.Search(ctx, "enterprise", c.part, c.limit)
			var names []string
			for _, p := range got {
				names = append(names, p.Name)
			}
			equal(t, "search "+c.part, strings.Join(names, " "), c.want)
			return err
		})
	}
}

func codeIsUnique(t *testing.T, db *store.DB) {
	again := aProfile(2)
	again.Code = aProfile(1).Code
	err := in(db).Write(t.Context(), func(w tables) error {
		return w.AddProfiles(t.Context(), []fact.ProfileRow{aProfile(1), again})
	})
	if err == nil {
		t.Error("two subjects have one code")
	}
	again.Register = "carrier"
	err = in(db).Write(t.Context(), func(w tables) error {
		one, two := aProfile(3), aProfile(4)
		one.Code, two.Code = "", "" // without a code there may be many
		return w.AddProfiles(t.Context(), []fact.ProfileRow{aProfile(1), again, one, two})
	})
	if err != nil {
		t.Error(err)
	}
}

// Lists longer than one statement takes, and not a multiple of it; some rows longer than one statement should be.
func manyRows(t *testing.T, db *store.DB) {
	const n = 1000
	var rows []fact.ProfileRow
	var ids []int64
	var codes []string
	for id := int64(1); id <= n; id++ {
		row := aProfile(id)
		if id > 200 && id < 210 || id == n {
			row.Facts = bytes.Repeat([]byte{byte(id)}, 300_000)
		}
		rows, ids, codes = append(rows, row), append(ids, id), append(codes, row.Code)
	}
	write(t, db, func(ctx context.Context, w tables) error {
		if err := w.AddProfiles(ctx, rows); err != nil {
			return err
		}
		for i := range rows {
			rows[i].Change = 1000
		}
		return w.SetProfiles(ctx, rows)
	})
	read(t, db, func(ctx context.Context, r tables) error {
		got, err := r.Profiles(ctx, ids)
		equal(t, "profiles", got, rows)
		if err != nil {
			return err
		}
		found, err := r.SubjectsByCode(ctx, "enterprise", codes)
		equal(t, "by code", len(found), n)
		return err
	})
}

func mapping(t *testing.T, db *store.DB) {
	write(t, db, func(ctx context.Context, w tables) error {
		if err := w.Remember(ctx, "local", "person", at, map[string]string{"备注": "skills"}); err != nil {
			return err
		}
		return w.Remember(ctx, "local", "enterprise", at, map[string]string{"研发经费": "rd_expense", "备注": "-"})
	})
	write(t, db, func(ctx context.Context, w tables) error {
		return w.Remember(ctx, "local", "enterprise", at, map[string]string{"研发经费": "rd_expense@2020"})
	})
	read(t, db, func(ctx context.Context, r tables) error {
		got, err := r.Remembered(ctx, "enterprise")
		if err != nil {
			return err
		}
		equal(t, "mapping", got, map[string]string{"研发经费": "rd_expense@2020", "备注": "-"})
		got, err = r.Remembered(ctx, "person")
		equal(t, "mapping of another register", got, map[string]string{"备注": "skills"})
		return err
	})
}

func auditChain(t *testing.T, db *store.DB) {
	head, err := db.VerifyAudit(t.Context())
	if err != nil || head.Size != 0 {
		t.Fatalf("an empty log: %v, %v", head, err)
	}
	for i := range 3 {
		write(t, db, func(ctx context.Context, w tables) error {
			for j := range 2 {
				if err := w.Log(ctx, audit.Entry{At: at, Actor: "local", Action: "import", Subject: fmt.Sprintf("import/%d.%d", i, j), Detail: `{"文件":"a.csv"}`}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if head, err = db.VerifyAudit(t.Context()); err != nil || head.Size != 6 {
		t.Fatalf("head %d: %v", head.Size, err)
	}
}

var errStop = errors.New("stop")

// Text comes back as it went in, whatever it holds.
func anyText(t *testing.T, db *store.DB) {
	p := aProfile(1)
	p.Name = "'; DROP TABLE profile; -- \" ? $1 \\ 㐀𠀀 \u200b\n\t"
	p.NameKey = "?'$2"
	p.Facts = make([]byte, 1<<20)
	for i := range p.Facts {
		p.Facts[i] = byte(i * 7)
	}
	write(t, db, func(ctx context.Context, w tables) error {
		return w.AddProfiles(ctx, []fact.ProfileRow{p})
	})
	read(t, db, func(ctx context.Context, r tables) error {
		got, err := r.Profiles(ctx, []int64{1})
		equal(t, "profile", got, []fact.ProfileRow{p})
		return err
	})
}
