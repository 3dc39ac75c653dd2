package registry_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/profile"
)

// Two subjects that are one have one profile; taken apart they are what they were.
func TestMerge(t *testing.T) {
	both(t, func(r *rig) {
		ctx := t.Context()
		head := "统一社会信用代码,企业名称,2020年销售收入（元）,2020年职工总数"
		r.take(r.file("a.csv", head, code(1)+",东平顺康沙石销售有限公司,100,"), enterprise)
		r.take(r.file("b.csv", head, ",东平县顺康沙石销售有限公司,,7"), enterprise)
		before := r.base()
		from, into := r.one("东平县顺康沙石销售有限公司").Subject, r.one(code(1)).Subject
		id, err := r.Merge(ctx, into, from, "同一家") // the one with a code stays, whichever way round
		if err != nil {
			t.Fatal(err)
		}
		p := r.one(code(1))
		if p.Subject != into || p.Name != "东平顺康沙石销售有限公司" {
			t.Errorf("%d %s", p.Subject, p.Name)
		}
		wantNum(t, p, "staff", 2020, 7)
		wantNum(t, p, "sales", 2020, 100_00)
		if root := must(r.Root(ctx, from)); root != into {
			t.Errorf("%d counts for %d", from, root)
		}
		// A row that names the one is about the other, and does not rename it.
		report, again := r.take(r.file("c.csv", head, ",东平县顺康沙石销售有限公司,,8"), enterprise)
		r.counts(report, 1, 0, 0)
		p = r.one(code(1))
		wantNum(t, p, "staff", 2020, 8)
		if p.Name != "东平顺康沙石销售有限公司" {
			t.Errorf("it is called %s", p.Name)
		}
		r.sound()
		if _, err := r.Merge(ctx, from, into, ""); fault.Of(err) != fault.Conflict {
			t.Errorf("merged twice: %v", err)
		}
		if _, err := r.Merge(ctx, into, into, ""); fault.Of(err) != fault.Invalid {
			t.Errorf("merged with itself: %v", err)
		}
		if _, err := r.Merge(auth.As(ctx, "nobody"), from, into, ""); fault.Of(err) != fault.Forbidden {
			t.Errorf("merged by nobody: %v", err)
		}
		// The row that came since goes back with the subject that it names.
		for range 2 {
			if err := r.Unmerge(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		wantNum(t, r.one("东平县顺康沙石销售有限公司"), "staff", 2020, 8)
		r.undo(again)
		if after := r.base(); after != before {
			t.Errorf("after:\n%sbefore:\n%s", after, before)
		}
		r.sound()
		if err := r.Unmerge(ctx, 99); fault.Of(err) != fault.NotFound {
			t.Errorf("a merge that is none: %v", err)
		}
		list, total, err := r.Merges(ctx, "enterprise", fact.Undone, fact.Wanted{}, 0, 10)
		if err != nil || total != 1 || list[0].UndoneAt.IsZero() || list[0].From.Name != "东平县顺康沙石销售有限公司" {
			t.Errorf("%+v %v", list, err)
		}
	})
}

// A record whose code is wrong is moved: its values go with it, its code does not.
func TestRelink(t *testing.T) {
	both(t, func(r *rig) {
		ctx := t.Context()
		head := "统一社会信用代码,企业名称,2020年销售收入（元）"
		r.take(r.file("a.csv", head, code(1)+",甲公司,100", code(2)+",乙公司,5"), enterprise)
		r.take(r.file("b.csv", head, code(1)+",乙公司,6"), enterprise) // 乙's figure under 甲's code
		before := r.base()
		wrong := r.one(code(1)).Fact("sales", 2020).Record
		id, err := r.Relink(ctx, wrong, r.one(code(2)).Subject, "代码抄错")
		if err != nil {
			t.Fatal(err)
		}
		if p := r.one(code(1)); p.Name != "甲公司" {
			t.Errorf("it is called %s", p.Name)
		}
		wantNum(t, r.one(code(1)), "sales", 2020, 100_00)
		wantNum(t, r.one(code(2)), "sales", 2020, 6_00)
		r.sound()
		own, err := r.Relink(ctx, wrong, 0, "是另一家")
		if err != nil {
			t.Fatal(err)
		}
		wantNum(t, r.one(code(2)), "sales", 2020, 5_00)
		r.sound()
		if err := r.UndoRelink(ctx, id); fault.Of(err) != fault.Conflict {
			t.Errorf("out of order: %v", err)
		}
		for _, id := range []int64{own, own, id} {
			if err := r.UndoRelink(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		if after := strings.SplitAfter(r.base(), "\n"); strings.Join(after[:len(after)-2], "") != before { // the subject of its own is gone
			t.Errorf("after:\n%sbefore:\n%s", after, before)
		}
		r.sound()
		r.dossiers("enterprise")
	})
}

// Whatever is imported, merged, moved, entered and taken back, in any order: profiles are what their records come to,
// and once all but the imports is taken back the base is what the imports alone come to.
func TestJoinsAreUndone(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in short runs: one goroutine walks through it for long")
	}
	rapid.Check(t, func(rt *rapid.T) {
		ctx := context.Background()
		r := short(t, rt)
		head := "统一社会信用代码,企业名称,2020年销售收入（元）"
		var merges, moves, entries []int64
		subjects := func() (ids []int64) {
			r.Scan(ctx, 0, func(p *fact.Profile) error { ids = append(ids, p.Subject); return nil })
			return ids
		}
		n := rapid.IntRange(2, 9).Draw(rt, "steps")
		for i := range n {
			known := subjects()
			kind := rapid.IntRange(0, 5).Draw(rt, "kind")
			if len(known) < 2 {
				kind = 0
			}
			pick := func(what string) int64 { return rapid.SampledFrom(known).Draw(rt, what) }
			var err error
			var id int64
			switch kind {
			case 0, 1:
				var rows []string
				for j := range rapid.IntRange(1, 4).Draw(rt, "rows") {
					c := ""
					if k := rapid.IntRange(0, 3).Draw(rt, "code"); k > 0 {
						c = code(k)
					}
					rows = append(rows, fmt.Sprintf("%s,%s,%d", c, rapid.SampledFrom([]string{"甲公司", "乙公司", "丙公司"}).Draw(rt, "name"), 10*i+j))
				}
				src := r.file(fmt.Sprintf("%d.csv", i), append([]string{head}, rows...)...)
				r.take(src, enterprise)
				continue
			case 2:
				if id, err = r.Merge(ctx, pick("from"), pick("into"), ""); err == nil {
					merges = append(merges, id)
				}
			case 3:
				var records []profile.LinkedRecord
				if records, err = r.LinkedRecords(ctx, pick("of")); err == nil && len(records) > 0 {
					if id, err = r.Relink(ctx, records[0].Record, pick("to"), ""); err == nil {
						moves = append(moves, id)
					}
				}
			case 4:
				if id, _, err = r.Enter(ctx, intake.Entry{Register: "enterprise", Subject: pick("subject"), Values: map[string]string{"sales@2020": "1"}, Source: "correction"}); err == nil {
					entries = append(entries, id)
				}
			case 5:
				if len(merges) > 0 {
					err = r.Unmerge(ctx, rapid.SampledFrom(merges).Draw(rt, "merge"))
				}
			}
			if f := fault.Of(err); err != nil && f != fault.Invalid && f != fault.Conflict {
				rt.Fatalf("step %d, kind %d: %v", i, kind, err)
			}
			r.sound()
		}
		for i := len(moves) - 1; i >= 0; i-- {
			if err := r.UndoRelink(ctx, moves[i]); err != nil {
				rt.Fatal(err)
			}
		}
		for _, id := range merges {
			if err := r.Unmerge(ctx, id); err != nil {
				rt.Fatal(err)
			}
		}
		for _, id := range entries {
			if err := r.Undo(ctx, id, nil); err != nil {
				rt.Fatal(err)
			}
		}
		r.sound()
		if err := r.Scan(ctx, 0, func(p *fact.Profile) error {
			root, err := r.Root(ctx, p.Subject)
			if root != p.Subject {
				rt.Errorf("%d still counts for %d", p.Subject, root)
			}
			return err
		}); err != nil {
			rt.Fatal(err)
		}
	})
}
