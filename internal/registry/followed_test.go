package registry_test

import (
	"fmt"
	"strings"
	"testing"

	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
)

// Undoing an import takes back what linkage merged because of it, and says so before. Nobody has said that the two are different:
// when the file comes again, they are merged again. A merge that other rows stand for too stays.
func TestUndoTakesBackWhatFollowed(t *testing.T) {
	both(t, func(r *rig) {
		ctx := t.Context()
		linkable(r)
		must(r.Link(ctx, "enterprise", nil))
		imports, _, err := r.Imports(ctx, fact.Wanted{}, 0, 10)
		if err != nil || len(imports) != 2 {
			t.Fatalf("%d imports, %v", len(imports), err)
		}
		market, list := imports[1].ID, imports[0].ID
		followed, n, err := r.Followed(ctx, list, 2)
		if err != nil || n != 3 || len(followed) != 2 {
			t.Fatalf("followed: %d of %d, %v", len(followed), n, err)
		}
		if _, n, err := r.Followed(ctx, market, 10); err != nil || n != 3 {
			t.Errorf("after the register: %d %v", n, err)
		}
		// One of the names comes in another file too: its merge stands on both.
		r.take(r.file("more.csv", "企业名称,2020年职工总数", "天津宏源水泵厂,21"), enterprise)
		owed, n, err := r.Owed(ctx, list, 10)
		if err != nil || n != 2 || len(owed) != 2 {
			t.Fatalf("owed: %+v %d, %v", owed, n, err)
		}
		for _, m := range owed {
			if m.From.Name == "天津宏源水泵厂" {
				t.Error("a merge that another file stands for would be undone")
			}
		}
		if err := r.Undo(ctx, list, nil); err != nil {
			t.Fatal(err)
		}
		if _, n, err := r.Owed(ctx, list, 10); err != nil || n != 0 {
			t.Errorf("owed after undoing: %d, %v", n, err)
		}
		if _, n, err := r.Merges(ctx, "enterprise", fact.Standing, fact.Wanted{}, 0, 10); err != nil || n != 1 {
			t.Errorf("%d merges stand after undoing, %v", n, err)
		}
		wantNum(t, r.one(code(2)), "staff", 2020, 21)
		r.sound()
		// Undone twice is undone once.
		change := must(r.Change(ctx))
		if err := r.Undo(ctx, list, nil); err != nil || must(r.Change(ctx)) != change {
			t.Errorf("undoing again changed something: %v", err)
		}
		if _, n, err := r.Questions(ctx, "enterprise", fact.Different, fact.Wanted{}, 0, 10); err != nil || n != 0 {
			t.Errorf("%d pairs are said to be different, %v", n, err)
		}
		r.take(r.file("list2.csv", "企业名称,2020年职工总数,注册号", "天津市海泰精工机械有限责任公司,10,"), enterprise)
		if done := must(r.Link(ctx, "enterprise", nil)); done.Linked != 1 {
			t.Errorf("the name comes again and is merged %d times", done.Linked)
		}
		r.sound()
	})
}

// What an import brought and changed is told by subject, from what to what, page by page.
func TestChanges(t *testing.T) {
	both(t, func(r *rig) {
		ctx := t.Context()
		head := "统一社会信用代码,企业名称,2020年职工总数,2020年销售收入（万元）"
		first := []string{head}
		for i := range 7 {
			first = append(first, fmt.Sprintf("%s,天津第%d公司,%d,%d", code(i+1), i+1, 10+i, 100+i))
		}
		_, one := r.take(r.file("a.csv", first...), enterprise)
		report, two := r.take(r.file("b.csv", head,
			code(1)+",天津第1公司,10,100", // the same
			code(2)+",天津第2公司,99,101", // another number of staff
			code(9)+",天津新来公司,5,50",   // new
			code(3)+",天津第3公司,12,",    // a blank says nothing
			code(4)+",天津改名公司,13,103", // another name
		), enterprise)
		if e := report.Effect; !e.Counted || e.Brought != 1 || e.Updated != 2 {
			t.Errorf("%+v", e)
		}
		imp, err := r.ImportByID(ctx, two)
		if err != nil || imp.Report.Effect != report.Effect {
			t.Errorf("kept: %+v, %v", imp.Report.Effect, err)
		}
		list, next, err := r.Changes(ctx, two, 0, true, 10)
		if err != nil || next != 0 || len(list) != 1 || list[0].Subject.Code != code(9) || !list[0].New {
			t.Errorf("new: %+v next %d, %v", list, next, err)
		}
		list, next, err = r.Changes(ctx, two, 0, false, 10)
		if err != nil || next != 0 || len(list) != 2 {
			t.Fatalf("changed: %+v next %d, %v", list, next, err)
		}
		say := func(c intake.Altered) string {
			var parts []string
			for _, v := range c.Values {
				from, to := "-", "-"
				if v.From != nil {
					from = fmt.Sprint(v.From.Value.Num, v.From.Value.Str)
				}
				if v.To != nil {
					to = fmt.Sprint(v.To.Value.Num, v.To.Value.Str)
				}
				parts = append(parts, fmt.Sprintf("%s@%d %s→%s", v.Attr.ID, v.Year, from, to))
			}
			return c.Subject.Code + " " + strings.Join(parts, ", ")
		}
		if got := say(list[0]); got != code(2)+" staff@2020 11→99" {
			t.Errorf("%s", got)
		}
		if got := say(list[1]); !strings.Contains(got, "name@0 0天津第4公司→0天津改名公司") {
			t.Errorf("%s", got)
		}
		// Page by page, and each once.
		seen := map[int64]bool{}
		for from := int64(0); ; {
			list, next, err := r.Changes(ctx, one, from, true, 3)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range list {
				if seen[c.Subject.Subject] {
					t.Errorf("%s is listed twice", c.Subject.Name)
				}
				seen[c.Subject.Subject] = true
			}
			if next == 0 {
				break
			}
			from = next
		}
		if len(seen) != 7 {
			t.Errorf("%d subjects are new by the first file", len(seen))
		}
		if err := r.Undo(ctx, two, nil); err != nil {
			t.Fatal(err)
		}
		if list, next, err := r.Changes(ctx, two, 0, false, 10); err != nil || len(list) != 0 || next != 0 {
			t.Errorf("of an undone import: %+v %d %v", list, next, err)
		}
	})
}

// A wrong code beside a name that the base knows gets one mend: the code that the base has.
func TestWrongCodeIsMendedByName(t *testing.T) {
	r := sqlite(t)
	r.take(r.file("a.csv", "统一社会信用代码,企业名称", "91110000600037341L,天津甲公司", code(2)+",天津乙公司"), enterprise)
	p, err := r.Preview(t.Context(), r.file("b.csv", "统一社会信用代码,企业名称", "91110000600037341N,天津甲公司", "9111000060003734,天津乙公司", "91110000600037341M,天津丙公司"), enterprise, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range p.Report.Warnings {
		if w.Column == "统一社会信用代码" {
			got = append(got, fmt.Sprintf("%d%v", w.Row, w.Readings))
			if len(w.Readings) == 1 && !strings.Contains(w.Text.ZH, w.Readings[0]) {
				t.Errorf("%s", w.Text.ZH)
			}
			if strings.Contains(w.Text.ZH, "；") && strings.Count(w.Text.ZH, "应为") > 2 {
				t.Errorf("several guesses: %s", w.Text.ZH)
			}
		}
	}
	if want := fmt.Sprint("2[91110000600037341L]", "|", "3[", code(2), "]", "|", "4[]"); strings.Join(got, "|") != want {
		t.Errorf("%v, want %s", got, want)
	}
}
