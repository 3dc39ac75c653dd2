package registry_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
)

// A register, and lists that were typed by hand.
func linkable(r *rig) {
	r.take(r.file("market.csv", "统一社会信用代码,企业名称,曾用名,注册号,注册地址",
		code(1)+",天津海泰精工机械有限公司,,120193000011111,天津市西青区海泰大道1号",
		code(2)+",天津市北辰区宏源泵业有限公司,天津宏源水泵厂,,天津市北辰区",
		code(3)+",天津瑞丰生物科技有限公司,,,",
		code(4)+",天津瑞丰生物科技有限公司武清分公司,,,",
		code(5)+",天津中科智能装备制造有限公司,,,",
	), enterprise)
	r.take(r.file("list.csv", "企业名称,2020年职工总数,注册号",
		"天津市海泰精工机械有限责任公司,10,",
		"天津宏源水泵厂,20,",
		"天津某某餐饮店,30,",
		"天津老名字公司,40,120193000011111",
	), enterprise)
}

// What is certain is merged and what is not is asked; a second pass changes nothing; what a person took apart stays so.
func TestLink(t *testing.T) {
	both(t, func(r *rig) {
		ctx := t.Context()
		linkable(r)
		done := must(r.Link(ctx, "enterprise", nil))
		if done.Known != 5 || done.Looked != 4 || done.Linked != 3 || done.Left != 1 {
			t.Errorf("%+v", done)
		}
		wantNum(t, r.one(code(2)), "staff", 2020, 20)
		p := r.one(code(1))
		if p.Name != "天津海泰精工机械有限公司" || p.Code != code(1) {
			t.Errorf("it is %s %s", p.Name, p.Code)
		}
		r.sound()
		before := r.base()
		change := must(r.Change(ctx))
		if again := must(r.Link(ctx, "enterprise", nil)); again.Linked != 0 || must(r.Change(ctx)) != change || r.base() != before {
			t.Errorf("a second pass does something: %+v", again)
		}
		merges, _, err := r.Merges(ctx, "enterprise", "", fact.Wanted{}, 0, 10)
		if err != nil || len(merges) != 3 || merges[0].Actor != "linkage" || len(merges[0].Evidence) == 0 {
			t.Fatalf("%+v %v", merges, err)
		}
		for _, m := range merges {
			if m.From.Name == "天津宏源水泵厂" {
				if m.How != "former" {
					t.Errorf("went by %s", m.How)
				}
				if err := r.Unmerge(ctx, m.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		if again := must(r.Link(ctx, "enterprise", nil)); again.Linked != 0 {
			t.Errorf("what was taken apart is put together again: %+v", again)
		}
		list, total, err := r.Questions(ctx, "enterprise", fact.Different, fact.Wanted{}, 0, 10)
		if err != nil || total != 1 || list[0].Subject.Name != "天津宏源水泵厂" || list[0].DecidedBy != "local" {
			t.Errorf("%+v %v", list, err)
		}
		// Asked anew, and answered with yes: merged by a person.
		if err := r.Answer(ctx, list[0].ID, fact.Same, "营业执照可证"); err != nil {
			t.Fatal(err)
		}
		wantNum(t, r.one(code(2)), "staff", 2020, 20)
		if err := r.Answer(ctx, list[0].ID, fact.Different, ""); err != nil {
			t.Fatal(err)
		}
		wantNum(t, r.one("天津宏源水泵厂"), "staff", 2020, 20)
		r.sound()
	})
}

// unlogged is a database that fails to log one action.
type unlogged struct {
	*store.DB
	action string
}

type unloggedRoom struct {
	fact.Room[derive.RoomReader, derive.RoomWriter]
	action string
}

type unloggedWriter struct {
	derive.RoomWriter
	action string
}

var errUnlogged = errors.New("the log cannot be written")

func (u unlogged) Deriving() fact.Room[derive.RoomReader, derive.RoomWriter] {
	return unloggedRoom{u.DB.Deriving(), u.action}
}

func (u unloggedRoom) Write(ctx context.Context, fn func(derive.RoomWriter) error) error {
	return u.Room.Write(ctx, func(w derive.RoomWriter) error { return fn(unloggedWriter{w, u.action}) })
}

func (w unloggedWriter) Log(ctx context.Context, e audit.Entry) error {
	if e.Action == w.action {
		return errUnlogged
	}
	return w.RoomWriter.Log(ctx, e)
}

// Another answer takes the one before apart and is written in one: when it fails, what was merged stays merged.
func TestAnswerIsWhole(t *testing.T) {
	both(t, func(r *rig) {
		ctx := t.Context()
		linkable(r)
		must(r.Link(ctx, "enterprise", nil))
		merges, _, err := r.Merges(ctx, "enterprise", "", fact.Wanted{}, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Unmerge(ctx, merges[0].ID); err != nil { // which asks
			t.Fatal(err)
		}
		list, _, err := r.Questions(ctx, "enterprise", fact.Different, fact.Wanted{}, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		question := list[0].ID
		if err := r.Answer(ctx, question, fact.Same, "营业执照可证"); err != nil {
			t.Fatal(err)
		}
		before := r.base()
		failing := registry.New(r.pack, unlogged{r.db, "answer"}, func() time.Time { return r.now })
		if err := failing.Answer(ctx, question, fact.Later, "再看"); !errors.Is(err, errUnlogged) {
			t.Fatal(err)
		}
		if q := must(r.QuestionByID(ctx, question)); q.State != fact.Same || r.base() != before {
			t.Errorf("half an answer stays: %+v", q)
		}
		r.sound()
		if err := r.Answer(ctx, question, fact.Different, "两家"); err != nil {
			t.Fatal(err)
		}
		if q := must(r.QuestionByID(ctx, question)); q.State != fact.Different || q.Reason != "两家" || q.Merge != 0 {
			t.Errorf("answered otherwise: %+v", q)
		}
		r.sound()
	})
}

// A name that is later typed again goes where the merge said.
func TestLinkedNamesAreRemembered(t *testing.T) {
	r := sqlite(t)
	linkable(r)
	must(r.Link(t.Context(), "enterprise", nil))
	report, _ := r.take(r.file("next.csv", "企业名称,2021年职工总数", "天津市海泰精工机械有限责任公司,11"), enterprise)
	r.counts(report, 1, 0, 0)
	wantNum(t, r.one(code(1)), "staff", 2021, 11)
	records := must(r.LinkedRecords(t.Context(), r.one(code(1)).Subject))
	last := records[len(records)-1]
	if last.RowSubject == 0 || last.How != fact.ByName {
		t.Errorf("%+v", last)
	}
}

// A branch is not its parent; what is only alike is asked, and let go of when it is gone.
func TestLinkAsks(t *testing.T) {
	r := sqlite(t)
	ctx := t.Context()
	linkable(r)
	_, id := r.take(r.file("typo.csv", "企业名称,2020年职工总数", "天津瑞丰生物科技有限公司宝坻分公司,1", "天津中科智能制造公司,2"), enterprise)
	must(r.Link(ctx, "enterprise", nil))
	if p := r.one(code(3)); p.Fact("staff", 2020) != nil {
		t.Error("a branch was linked to its parent")
	}
	_, n, err := r.Questions(ctx, "enterprise", fact.Open, fact.Wanted{}, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	r.undo(id)
	done := must(r.Link(ctx, "enterprise", nil))
	if n == 0 || done.Settled != 0 { // they were let go of when the list was taken back
		t.Errorf("%d questions, %d settled", n, done.Settled)
	}
	if _, left, _ := r.Questions(ctx, "enterprise", fact.Open, fact.Wanted{}, 0, 10); left != 0 {
		t.Errorf("%d questions about who is gone", left)
	}
}

// A code with a slip is not another enterprise: the check character fails, one change mends it, and the name agrees.
func TestLinkMendsCodes(t *testing.T) {
	r := sqlite(t)
	linkable(r)
	wrong := []byte(code(5))
	wrong[10]++
	r.take(r.file("slip.csv", "统一社会信用代码,企业名称,2020年职工总数", string(wrong)+",天津中科智能装备制造有限公司,77"), enterprise)
	must(r.Link(t.Context(), "enterprise", nil))
	p := r.one(code(5))
	wantNum(t, p, "staff", 2020, 77)
	if p.Code != code(5) {
		t.Errorf("its code became %s", p.Code)
	}
	if refs := must(r.Find(t.Context(), string(wrong))); len(refs) != 1 || refs[0].Subject != p.Subject {
		t.Errorf("the wrong code finds %v", refs)
	}
	r.sound()
}

// Those known by name only may be one another; the older stays, and a pair is put together once.
func TestLinkAmongNames(t *testing.T) {
	r := sqlite(t)
	ctx := t.Context()
	r.take(r.file("a.csv", "企业名称,2020年职工总数", "天津市无码食品有限公司,1", "天津另一家餐饮店,2"), enterprise)
	r.take(r.file("b.csv", "企业名称,2020年职工总数", "天津无码食品有限责任公司,3"), enterprise)
	done := must(r.Link(ctx, "enterprise", nil))
	if done.Linked != 1 {
		t.Errorf("%+v", done)
	}
	p := r.one("天津市无码食品有限公司")
	wantNum(t, p, "staff", 2020, 3)
	if again := must(r.Link(ctx, "enterprise", nil)); again.Linked != 0 {
		t.Errorf("%+v", again)
	}
	r.sound()
	// People of one name are not one person.
	r.take(r.file("p.csv", "姓名,工作单位", "钱七,甲大学", "钱七,乙大学"), layout.Options{Register: "person"})
	if done := must(r.Link(ctx, "person", nil)); done.Looked != 0 {
		t.Errorf("%+v", done)
	}
}

// While it is asked whether somebody is one that a whole list names, his absence says nothing; once it is answered it
// does. What is on the list from a day on was not known to be on it before.
func TestWholeListWhileAsked(t *testing.T) {
	r := sqlite(t)
	ctx := t.Context()
	linkable(r)
	r.take(r.file("abnormal.csv", "企业名称", "天津瑞丰生物科技有限公司宝坻分公司"), from("abnormal", "2021-03-01"))
	known := must(r.Change(ctx))
	must(r.Link(ctx, "enterprise", nil))
	var again []string // whom those who follow the changes read again
	if err := r.EachProfile(ctx, "enterprise", known, func(p *fact.Profile) error { again = append(again, p.Code); return nil }); err != nil || !slices.Contains(again, code(3)) {
		t.Errorf("read again: %v, %v", again, err)
	}
	open, n, err := r.Questions(ctx, "enterprise", fact.Open, fact.Wanted{}, 0, 10)
	if err != nil || n != 1 || open[0].Candidate.Code != code(3) {
		t.Fatalf("%+v, %v", open, err)
	}
	state := func() string {
		switch f := r.one(code(3)).Fact("abnormal_list", 0); {
		case f == nil:
			return "?"
		case f.Value.Int == 1:
			return "Y"
		}
		return "N"
	}
	if got := state(); got != "?" {
		t.Errorf("while it is asked: %s", got)
	}
	before := must(r.Change(ctx))
	if err := r.Answer(ctx, open[0].ID, fact.Different, ""); err != nil {
		t.Fatal(err)
	}
	if got := state(); got != "N" || must(r.Change(ctx)) == before {
		t.Errorf("told apart: %s", got)
	}
	if err := r.Answer(ctx, open[0].ID, fact.Same, ""); err != nil {
		t.Fatal(err)
	}
	if got := state(); got != "Y" {
		t.Errorf("the same: %s", got)
	}
	at := must(r.ProfileAt(ctx, r.one(code(3)).Subject, fact.Moment{HeldOn: day("2021-02-01")}))
	if f := at.Fact("abnormal_list", 0); f != nil {
		t.Errorf("in February nothing was said: %+v", f)
	}
}
