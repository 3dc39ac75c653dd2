package registry_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

func TestImportAndRead(t *testing.T) {
	both(t, func(r *rig) {
		ctx := context.Background()
		src := r.file("register.csv",
			"统一社会信用代码,企业名称,所属区,成立日期,2020年销售收入（万元）,职工总数2020,备注",
			code(1)+",甲科技（天津）有限公司,东丽区,2015-03-01,\"1,200.5\",120,甲",
			code(2)+",乙科技有限公司,西青,2016/7/8,,38,",
			",,,2012-01-01,50,,没有名字",
			",丙研究所,南开区,2010-01-01,300,不详,")
		report, id := r.take(src, enterprise)
		r.counts(report, 3, 0, 1)
		if id != 1 || report.Import != 1 || report.RefusalCount != 2 {
			t := r.t
			t.Errorf("import %d, %d refusals: %+v", id, report.RefusalCount, report.Refusals)
		}
		if fmt.Sprint(report.Unmapped) != "[备注]" {
			r.t.Errorf("unmapped: %q", report.Unmapped)
		}
		p := r.one(code(1))
		if f := p.Fact("sales", 2020); f == nil || f.Value.Num != 1_200_500_000 || f.Cell != 5 {
			r.t.Errorf("sales of 2020 are %+v", f)
		}
		if f := p.Fact("district", 0); f == nil || f.Value.Str != "120110" {
			r.t.Errorf("district is %+v", f)
		}
		if q := r.one("甲科技 (天津) 有限公司"); q.Subject != p.Subject || q.Name != "甲科技（天津）有限公司" {
			r.t.Errorf("by name: %+v", q)
		}
		facts, err := r.Sourced(ctx, p.Subject)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, f := range facts {
			if f.Attr.ID == "sales" {
				want := fact.Address{Import: 1, File: "register.csv", Row: 2, Column: "2020年销售收入（万元）", Cell: "E2", Raw: "1,200.5", Actor: "local", At: f.Source.At, Record: 1}
				if f.Source != want || len(f.Losers) != 0 {
					r.t.Errorf("source of sales: %+v", f)
				}
			}
		}
		rec, err := r.Record(ctx, 3)
		if err != nil || rec.Subject != 0 || rec.Row != 4 || rec.Cells[6] != "没有名字" || rec.Headers[0] != "统一社会信用代码" || !strings.Contains(rec.Reason, "neither") {
			r.t.Errorf("refused record: %+v, %v", rec, err)
		}
		list, total, err := r.Imports(ctx, fact.Wanted{}, 0, 10)
		if err != nil || total != 1 || len(list) != 1 || list[0].Report.Rows != 4 || list[0].Report.Refusals != nil {
			r.t.Errorf("imports: %+v, %d, %v", list, total, err)
		}
		one, err := r.ImportByID(ctx, 1)
		if err != nil || len(one.Report.Refusals) != 2 || one.Report.Refusals[0].Text.ZH == "" || one.Options.Register != "enterprise" {
			r.t.Errorf("import 1: %+v, %v", one, err)
		}
		r.sound()
	})
}

func TestSameFileTwice(t *testing.T) {
	both(t, func(r *rig) {
		ctx := context.Background()
		src := r.file("2020年报.csv", "统一社会信用代码,企业名称,销售收入（元）", code(1)+",甲,100", code(2)+",乙,200", ",,5")
		r.take(src, enterprise)
		before, change := r.base(), must(r.Change(ctx))

		report, id := r.take(src, enterprise)
		r.counts(report, 0, 2, 1)
		if id != 0 || report.Import != 0 || len(report.Refusals) != 1 || report.Refusals[0].Reason == "" {
			r.t.Errorf("the second time: import %d, %+v", id, report)
		}
		// A copy under another name, understood in the same way.
		copied := r.file("副本 2020.csv", "统一社会信用代码,企业名称,销售收入（元）", code(1)+",甲,100", code(2)+",乙,200", ",,5")
		if _, id = r.take(copied, enterprise); id != 0 {
			r.t.Errorf("a copy was written as import %d", id)
		}
		if r.base() != before || must(r.Change(ctx)) != change {
			r.t.Error("the base changed")
		}
		if _, total, _ := r.Imports(ctx, fact.Wanted{}, 0, 1); total != 1 {
			r.t.Errorf("%d imports", total)
		}
		// The same bytes that mean another year are another import.
		other := r.file("2019年报.csv", "统一社会信用代码,企业名称,销售收入（元）", code(1)+",甲,100", code(2)+",乙,200", ",,5")
		report, id = r.take(other, enterprise)
		r.counts(report, 2, 0, 1)
		if id == 0 {
			r.t.Error("figures of another year were taken for the same")
		}
		if f := r.one(code(1)).Fact("sales", 2019); f == nil || f.Value.Num != 10000 {
			r.t.Errorf("sales of 2019: %+v", f)
		}
		r.sound()
	})
}

// Another file that says nothing new is kept as a source, and changes no profile.
func TestUnchangedIsKept(t *testing.T) {
	both(t, func(r *rig) {
		ctx := context.Background()
		r.take(r.file("a.csv", "统一社会信用代码,企业名称,2020年销售收入（元）", code(1)+",甲（天津）,100", code(2)+",乙,200"), enterprise)
		before, change := r.base(), must(r.Change(ctx))
		report, id := r.take(r.file("b.csv", "企业名称,统一社会信用代码,2020年销售收入（元）", "甲(天津),"+code(1)+",100", "乙,"+code(2)+","), enterprise)
		r.counts(report, 0, 2, 0)
		if r.base() != before {
			r.t.Error("the base changed")
		}
		if err := r.Scan(ctx, change, func(p *fact.Profile) error { r.t.Errorf("%s is read again", p.Name); return nil }); err != nil {
			r.t.Fatal(err)
		}
		for _, f := range must(r.Sourced(ctx, r.one(code(1)).Subject)) {
			if f.Attr.ID == "sales" && (f.Source.Import != 1 || len(f.Losers) != 1 || f.Losers[0].Source.Import != id) {
				r.t.Errorf("sources of sales: %+v", f)
			}
		}
		r.undo(1) // what it confirmed now stands on its own
		p := r.one(code(1))
		if f := p.Fact("sales", 2020); f == nil || f.Value.Num != 10000 || must(r.Record(ctx, f.Record)).Import.ID != id {
			r.t.Errorf("sales after undoing: %+v", f)
		}
		if r.one(code(2)).Fact("sales", 2020) != nil {
			r.t.Error("a value of the undone import is left")
		}
		r.sound()
	})
}

func TestLaterWinsBlankNeverErases(t *testing.T) {
	both(t, func(r *rig) {
		head := "统一社会信用代码,企业名称,2020年销售收入（元）,2020年研发费用（元）,是否上市"
		_, first := r.take(r.file("a.csv", head, code(1)+",甲,100,7,否"), enterprise)
		report, second := r.take(r.file("b.csv", head, code(1)+",甲,300,,是", code(1)+",,200,-,"), enterprise)
		r.counts(report, 2, 0, 0) // in one file too the later row wins
		check := func(when string, sales, listed float64) {
			r.t.Helper()
			p := r.one(code(1))
			if f := p.Fact("sales", 2020); f == nil || f.Value.Num != sales*100 {
				r.t.Errorf("%s: sales %+v, want %v yuan", when, f, sales)
			}
			if f := p.Fact("rd_expense", 2020); f == nil || f.Value.Num != 700 {
				r.t.Errorf("%s: R&D %+v", when, f)
			}
			if f := p.Fact("listed", 0); f == nil || f.Value.Int != int64(listed) {
				r.t.Errorf("%s: listed %+v", when, f)
			}
		}
		check("after both", 200, 1)
		r.undo(second)
		check("after undoing the second", 100, 0)
		r.sound()
		r.undo(first)
		if refs := must(r.Find(context.Background(), code(1))); len(refs) != 0 {
			r.t.Errorf("found though gone: %v", refs)
		}
		r.sound()
	})
}

func TestCompleteMakesBlankNo(t *testing.T) {
	r := sqlite(t)
	ctx := context.Background()
	opt := enterprise
	r.take(r.file("a.csv", "统一社会信用代码,企业名称,是否上市", code(1)+",甲,是", code(2)+",乙,"), opt)
	opt.Complete = []string{"listed", "abnormal_list"}
	_, id := r.take(r.file("b.csv", "统一社会信用代码,企业名称,是否上市", code(1)+",甲,", code(2)+",乙,是"), opt)
	for _, c := range []struct {
		code, attr string
		value      int64
		column     string
	}{
		{code(1), "listed", 0, "是否上市"}, // a later complete list says no
		{code(2), "listed", 1, "是否上市"},
		{code(1), "abnormal_list", 0, ""}, // no such column
	} {
		found := false
		for _, f := range must(r.Sourced(ctx, r.one(c.code).Subject)) {
			if f.Attr.ID == c.attr {
				found = true
				if f.Value.Int != c.value || f.Source.Column != c.column || f.Source.Import != id {
					t.Errorf("%s %s: %+v", c.code, c.attr, f)
				}
			}
		}
		if !found {
			t.Errorf("%s: no %s", c.code, c.attr)
		}
	}
	r.sound()
}

// What rows without a code are about: see resolver for the rules one by one.
func TestByName(t *testing.T) {
	both(t, func(r *rig) {
		head := "统一社会信用代码,企业名称,2020年销售收入（元）,2020年职工总数"
		_, first := r.take(r.file("a.csv", head, ",甲公司,100,", "123,乙公司,50,"), enterprise)
		p := r.one("甲公司")
		if p.Code != "" {
			r.t.Fatalf("code %s", p.Code)
		}
		// The code comes later: it is the same enterprise.
		_, second := r.take(r.file("b.csv", head, code(1)+",甲公司,,20"), enterprise)
		q := r.one(code(1))
		if q.Subject != p.Subject || q.Fact("sales", 2020) == nil || q.Fact("staff", 2020) == nil {
			r.t.Errorf("not adopted: %+v", q)
		}
		r.sound()
		// Without the file that brought the code it is known by name only.
		r.undo(second)
		if q = r.one("甲公司"); q.Subject != p.Subject || q.Code != "" || q.Fact("staff", 2020) != nil {
			r.t.Errorf("after undoing: %+v", q)
		}
		// Two enterprises of one name: a row by name is about neither.
		r.take(r.file("c.csv", head, code(3)+",丁公司,1,", code(4)+",丁公司,2,", ",丁公司,3,", ",丁公司,,4"), enterprise)
		refs := must(r.Find(context.Background(), "丁公司"))
		if len(refs) != 3 || refs[2].Code != "" {
			r.t.Fatalf("three of one name: %v", refs)
		}
		last := must(r.Profile(context.Background(), refs[2].Subject))
		if f := last.Fact("sales", 2020); f == nil || f.Value.Num != 300 || last.Fact("staff", 2020) == nil {
			r.t.Errorf("by name only: %+v", last)
		}
		r.undo(first)
		r.sound()
	})
}

// Whether a register is large is counted, and all its live subjects come whichever way they are read.
func TestSizeOfRegisters(t *testing.T) {
	both(t, func(r *rig) {
		ctx := context.Background()
		head := "统一社会信用代码,企业名称,2020年销售收入（元）"
		r.take(r.file("a.csv", head, code(1)+",甲,100", code(2)+",乙,200", ",丙,300"), enterprise)
		_, last := r.take(r.file("b.csv", head, code(4)+",丁,100"), enterprise)
		r.undo(last)
		for n, want := range map[int]bool{0: true, 2: true, 3: false, 4: false} {
			if more := must(r.MoreThan(ctx, enterprise.Register, n)); more != want {
				r.t.Errorf("more than %d: %v", n, more)
			}
		}
		if more := must(r.MoreThan(ctx, "carrier", 0)); more {
			r.t.Error("an empty register has subjects")
		}
		if _, err := r.MoreThan(ctx, "nothing", 0); fault.Of(err) != fault.Invalid {
			r.t.Errorf("a register that there is not: %v", err)
		}
		var names []string
		if err := r.EachProfile(ctx, enterprise.Register, 0, func(p *fact.Profile) error {
			if !p.Gone {
				names = append(names, p.Name)
			}
			return nil
		}); err != nil || strings.Join(names, ",") != "甲,乙,丙" {
			r.t.Errorf("%v, %v", names, err)
		}
	})
}

func TestUndoAndAgain(t *testing.T) {
	both(t, func(r *rig) {
		ctx := context.Background()
		head := "统一社会信用代码,企业名称,2020年销售收入（元）"
		src := r.file("a.csv", head, code(1)+",甲,100", ",乙,200")
		_, first := r.take(src, enterprise)
		before := strings.ReplaceAll(r.base(), "\n", " ")
		r.undo(first)
		seq := must(r.db.VerifyAudit(ctx)).Size
		r.undo(first) // again: nothing
		if now := must(r.db.VerifyAudit(ctx)).Size; now != seq {
			r.t.Error("undoing what was undone is in the log")
		}
		i := must(r.ImportByID(ctx, first))
		if i.UndoneAt.IsZero() || i.UndoneBy != "local" {
			r.t.Errorf("undone at %v by %q", i.UndoneAt, i.UndoneBy)
		}
		n := 0
		if err := r.Scan(ctx, 0, func(p *fact.Profile) error {
			if n++; !p.Gone || len(p.Facts) != 0 {
				r.t.Errorf("not gone: %+v", p)
			}
			return nil
		}); err != nil || n != 2 {
			r.t.Errorf("%d subjects, %v", n, err)
		}
		// The same file brings the same subjects back.
		report, second := r.take(src, enterprise)
		r.counts(report, 2, 0, 0)
		if second == first {
			r.t.Error("the same import")
		}
		after := strings.ReplaceAll(r.base(), "\n", " ")
		if strip(after) != strip(before) {
			r.t.Errorf("came back as\n%s\nwas\n%s", after, before)
		}
		r.sound()
		if err := r.Undo(ctx, 99, nil); fault.Of(err) != fault.NotFound {
			r.t.Errorf("undo what is not there: %v", err)
		}
	})
}

// strip takes the records out of a base that was written down.
func strip(s string) string {
	var b strings.Builder
	for _, f := range strings.Fields(s) {
		f, _, _ = strings.Cut(f, "(")
		b.WriteString(f + " ")
	}
	return b.String()
}

func TestScanChanged(t *testing.T) {
	both(t, func(r *rig) {
		ctx := context.Background()
		head := "统一社会信用代码,企业名称,2020年销售收入（元）"
		_, first := r.take(r.file("a.csv", head, code(1)+",甲,1", code(2)+",乙,2", code(3)+",丙,3"), enterprise)
		one := must(r.Change(ctx))
		r.take(r.file("b.csv", head, code(4)+",丁,4", code(2)+",乙,22", code(3)+",丙,3"), enterprise)
		two := must(r.Change(ctx))
		seen := func(after int64) (s string) {
			if err := r.Scan(ctx, after, func(p *fact.Profile) error {
				s += fmt.Sprintf("%d:%v ", p.Subject, p.Gone)
				return nil
			}); err != nil {
				r.t.Fatal(err)
			}
			return s
		}
		if got := seen(one); got != "2:false 4:false " {
			r.t.Errorf("after the first: %s", got)
		}
		if got := seen(two); got != "" {
			r.t.Errorf("after the second: %s", got)
		}
		r.undo(first)
		if got := seen(two); got != "1:true 2:false 3:false " { // 3 stands on the second file now: another source
			r.t.Errorf("after undoing: %s", got)
		}
	})
}

func TestPreviewSaysWhatImportDoes(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in short runs: one goroutine walks through it for long")
	}
	both(t, func(r *rig) {
		ctx := context.Background()
		head := "统一社会信用代码,企业名称,2020年销售收入（元）,年度"
		r.take(r.file("a.csv", head, code(1)+",甲,1,", code(2)+",乙,2,", ",丙,3,"), enterprise)
		lines := []string{head}
		for i := range 3000 { // over several batches, with rows about the same subjects far apart
			n := i%1400 + 1
			lines = append(lines, fmt.Sprintf("%s,企业%d,%d,", code(n), n, i/1400))
		}
		lines = append(lines, ",,,", ",丙,3,", "123,,5,", code(2)+",新名,2,", ",企业7,1,", ",企业8,9,")
		src := r.file("b.csv", lines...)
		before := r.base()
		p, err := r.Preview(ctx, src, enterprise, nil)
		if err != nil {
			r.t.Fatal(err)
		}
		if r.base() != before || must(r.db.VerifyAudit(ctx)).Size != 1 {
			r.t.Error("the preview wrote")
		}
		if len(p.Sheets) != 1 || len(p.Sheets[0].Columns) != 4 || len(p.Sheets[0].Sample) == 0 || p.Sheets[0].HeaderRow != 1 {
			r.t.Errorf("sheets: %+v", p.Sheets)
		}
		report, _ := r.take(src, enterprise)
		if report.Rows != 3005 || p.Report.Rows != report.Rows || p.Report.Accepted != report.Accepted || p.Report.Unchanged != report.Unchanged || p.Report.Refused != report.Refused {
			r.t.Errorf("preview %+v\nimport %+v", p.Report, report)
		}
		if p.New != 1398 || p.Updated != 2 {
			r.t.Errorf("%d new, %d updated", p.New, p.Updated)
		}
		// And of a file that is in force already.
		p, err = r.Preview(ctx, src, enterprise, nil)
		if err != nil || p.New != 0 || p.Updated != 0 || p.Report.Accepted != 0 || len(p.Sheets) != 1 {
			r.t.Errorf("preview of the same: %+v, %v", p, err)
		}
		r.sound()
	})
}

func TestProgress(t *testing.T) {
	r := sqlite(t)
	lines := []string{"统一社会信用代码,企业名称"}
	for i := range 4000 {
		lines = append(lines, fmt.Sprintf("%s,企业%d", code(i), i))
	}
	var all []derive.Progress
	src := r.file("a.csv", lines...)
	if _, _, err := r.Import(t.Context(), src, enterprise, func(p derive.Progress) { all = append(all, p) }); err != nil {
		t.Fatal(err)
	}
	info, _ := os.Stat(src.Path)
	for i, p := range all {
		if p.Stage != "writing" || p.TotalBytes != info.Size() || i > 0 && (p.Rows < all[i-1].Rows || p.Bytes < all[i-1].Bytes || p.Elapsed <= all[i-1].Elapsed) {
			t.Errorf("progress %d: %+v", i, p)
		}
	}
	if last := all[len(all)-1]; last.Rows != 4000 || last.Bytes != info.Size() || len(all) < 2 { // at each chunk, and at the end
		t.Errorf("%d times, at last %+v", len(all), last)
	}
}

func TestEveryWriteIsDecidedAndLogged(t *testing.T) {
	r := sqlite(t)
	ctx := t.Context()
	src := r.file("a.csv", "统一社会信用代码,企业名称", code(1)+",甲")
	reader := r.WithActors(auth.Fixed(map[string]auth.Role{"wang": auth.Reader}))
	for actor, reg := range map[string]*registry.Registry{"wang": reader, "": r.Registry, "somebody": r.Registry} {
		if _, _, err := reg.Import(auth.As(ctx, actor), src, enterprise, nil); fault.Of(err) != fault.Forbidden {
			t.Errorf("%q imported: %v", actor, err)
		}
		if err := reg.Undo(auth.As(ctx, actor), 1, nil); fault.Of(err) != fault.Forbidden {
			t.Errorf("%q took back: %v", actor, err)
		}
		if err := reg.Remember(auth.As(ctx, actor), "enterprise", map[string]string{"x": "-"}); fault.Of(err) != fault.Forbidden {
			t.Errorf("%q remembered: %v", actor, err)
		}
	}
	for _, c := range []struct {
		actor   string
		reg     *registry.Registry
		refused bool
	}{{"wang", reader, false}, {"wang", r.Registry, true}, {"", r.Registry, true}, {auth.Local, reader, true}, {auth.Local, r.Registry, false}, {auth.Self, reader, false}} {
		as := auth.As(ctx, c.actor)
		_, _, listed := c.reg.Imports(as, fact.Wanted{}, 0, 10)
		counted := c.reg.Scan(as, 0, func(*fact.Profile) error { return nil })
		_, _, asked := c.reg.Questions(as, "enterprise", fact.Open, fact.Wanted{}, 0, 10)
		_, answered := c.reg.PlaceAnswers(as)
		_, found := c.reg.FindIn(as, "enterprise", "甲")
		for i, err := range []error{listed, counted, asked, answered, found} {
			if refused := fault.Of(err) == fault.Forbidden; refused != c.refused || err != nil && !refused {
				t.Errorf("%q reads (%d): %v", c.actor, i, err)
			}
		}
	}
	_, id := r.take(src, enterprise)
	if err := r.Remember(ctx, "enterprise", map[string]string{"研发": "rd_expense"}); err != nil {
		t.Fatal(err)
	}
	r.undo(id)
	var log []string
	if err := r.db.Audit(ctx, func(e audit.Entry) error {
		log = append(log, fmt.Sprint(e.Seq, " ", e.Actor, " ", e.Action, " ", e.Subject))
		if !strings.HasPrefix(e.Detail, "{") {
			t.Errorf("detail %q", e.Detail)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(log, "; "), "1 local import import/1; 2 local remember mapping/enterprise; 3 local undo import/1"; got != want {
		t.Errorf("log: %s", got)
	}
	if m := must(r.Remembered(ctx, "enterprise")); m["研发"] != "rd_expense" {
		t.Errorf("remembered: %v", m)
	}
	if m := must(r.Remembered(ctx, "person")); len(m) != 0 {
		t.Errorf("remembered of another register: %v", m)
	}
}

func TestFind(t *testing.T) {
	both(t, func(r *rig) {
		lines := []string{"统一社会信用代码,企业名称"}
		for i := range 30 {
			lines = append(lines, fmt.Sprintf("%s,天津第%d科技有限公司", code(i), i))
		}
		lines = append(lines, ",百分之百%公司", ",天津第1科技有限公司A")
		r.take(r.file("a.csv", lines...), enterprise)
		for text, want := range map[string]int{
			code(3): 1, strings.ToLower(code(3)): 1, " " + code(3) + " ": 1, "天津第1科技有限公司": 1, "天津第1科技": 2, "科技": 20, "%公": 1, "没有": 0, "": 0, "  ": 0,
		} {
			if refs := must(r.Find(context.Background(), text)); len(refs) != want {
				r.t.Errorf("%q finds %d: %v", text, len(refs), refs)
			}
		}
	})
}

func TestSynthetic(t *testing.T) {
	r := sqlite(t)
	opt := enterprise
	opt.Synthetic = true
	if must(r.Synthetic(t.Context())) {
		t.Error("an empty base is synthetic")
	}
	_, id := r.take(r.file("a.csv", "统一社会信用代码,企业名称", code(1)+",甲"), opt)
	if !must(r.Synthetic(t.Context())) {
		t.Error("not synthetic")
	}
	r.undo(id)
	if must(r.Synthetic(t.Context())) {
		t.Error("synthetic though undone")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
