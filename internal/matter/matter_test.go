package matter

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/tri"
)

// story is a case with acts that must, or must not, succeed.
type story struct {
	*rig
	t *testing.T
}

func tell(t *testing.T, matter, day string) *story {
	t.Helper()
	p := thirdPack(t)
	return &story{newRig(t, p, p.Matter(matter), day), t}
}

func (s *story) person(id string) Person {
	for _, p := range everybody() {
		if p.ID == id {
			return p
		}
	}
	s.t.Fatalf("there is nobody called %s", id)
	return Person{}
}

// in fills in the open visit of a stage.
func (s *story) in(stage string) int {
	s.t.Helper()
	for _, v := range s.c.Open() {
		if v.Stage == stage {
			return v.ID
		}
	}
	s.t.Fatalf("%s is not open; open are %v", stage, s.stages())
	return 0
}

func (s *story) stages() (list []string) {
	for _, v := range s.c.Open() {
		list = append(list, v.Stage)
	}
	slices.Sort(list)
	return list
}

func (s *story) must(id, do, stage string, a Act) {
	s.t.Helper()
	a.Do = do
	if stage != "" {
		a.Visit = s.in(stage)
	}
	before := len(s.c.Visits)
	if err := s.do(s.person(id), a); err != nil {
		s.t.Fatalf("%s %s %s: %v", id, do, stage, err)
	}
	if err := s.fresh(before); err != nil {
		s.t.Error(err)
	}
	if err := s.check(); err != nil {
		s.t.Error(err)
	}
}

func (s *story) refused(code fault.Code, says, id, do, stage string, a Act) {
	s.t.Helper()
	a.Do = do
	if stage != "" {
		a.Visit = s.in(stage)
	}
	err := s.do(s.person(id), a)
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code || !strings.Contains(f.ZH, says) {
		s.t.Errorf("%s %s %s: %v (%s), want %s with %q", id, do, stage, err, fault.Of(err), code, says)
	}
}

func (s *story) open(want ...string) {
	s.t.Helper()
	if got := s.stages(); !slices.Equal(got, want) {
		s.t.Errorf("open are %v, want %v", got, want)
	}
}

func (s *story) days(n int) {
	s.t.Helper()
	for range n {
		s.now = s.now.AddDate(0, 0, 1)
		if err := s.ticks(); err != nil {
			s.t.Fatal(err)
		}
	}
}

// filed is a case of the third matter that was filed and accepted, in two branches.
func filed(t *testing.T) *story {
	s := tell(t, "third", "2021-03-01")
	s.holds["amount > staff"] = tri.False
	s.must("firm0", ActPass, "file", Act{})
	s.must("district_officer0", ActPass, "look", Act{})
	s.open("one", "two")
	return s
}

var why = Act{Note: "因为"}

func to(stage string) Act { return Act{Note: "因为", To: stage} }

// A draft is kept with fields missing, and filed only when nothing is.
func TestDraft(t *testing.T) {
	s := tell(t, "hnte", "2021-05-06")
	f := s.form(1)
	f.Values["main_product"] = ""
	f.Values["sales@B"] = "很多"
	f.Files["audit"] = nil
	f.Files["commitment"] = []File{{Name: "a.exe"}}
	s.must("firm0", ActSave, "pool", Act{Form: &f})
	list, err := Problems(s.m, s.c.Form, nil, s.world())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range list {
		got = append(got, p.Kind+" "+p.Field)
	}
	if want := []string{"missing main_product", "unreadable sales@B", "missing audit", "unreadable commitment"}; !slices.Equal(got, want) {
		t.Errorf("problems %v, want %v", got, want)
	}
	s.refused(fault.Invalid, "还不能提交，有 4 处", "firm0", ActPass, "pool", Act{})
	f.Values["nosuch"] = "1"
	s.refused(fault.Invalid, "没有字段", "firm0", ActSave, "pool", Act{Form: &f})
	s.refused(fault.Forbidden, "没有权限", "stranger", ActSave, "pool", Act{})
	s.refused(fault.Forbidden, "没有权限", "bureau0", ActPass, "pool", Act{})

	// A paper is promised until a working day; the case goes on, and the day is watched.
	f = s.form(2)
	f.Files["audit"] = nil
	s.refused(fault.Invalid, "不能承诺后补", "firm0", ActPass, "pool", Act{Form: &f, Promise: []string{"commitment"}})
	s.must("firm0", ActPass, "pool", Act{Form: &f, Promise: []string{"audit"}})
	if p := s.c.Promises[0]; p.Until != "2021-05-26" || !p.Known { // fifteen working days; Saturday 8 May is worked
		t.Errorf("promised until %s", p.Until)
	}
	s.refused(fault.Invalid, "", "firm0", ActFulfil, "", Act{Files: map[string][]File{"commitment": {{Name: "a.pdf"}}}})
	s.days(20)
	if s.c.Promises[0].Broken {
		t.Error("broken on its last day")
	}
	s.days(1)
	if !s.c.Promises[0].Broken || s.events[len(s.events)-1].Person.ID != TheClock {
		t.Error("nobody said that the promise was broken")
	}
	s.must("firm1", ActFulfil, "", Act{Files: map[string][]File{"audit": {{Name: "a.pdf"}}}})
	s.refused(fault.Conflict, "没有承诺", "firm1", ActFulfil, "", Act{})
}

// 会签: both must pass, in any order; 加签 and 减签; 转办; 委派 comes back.
func TestSigning(t *testing.T) {
	s := filed(t)
	s.must("bureau0", ActPass, "one", Act{})
	s.open("one", "two")
	s.refused(fault.Forbidden, "没有权限", "bureau1", ActPass, "one", Act{}) // the seat of the city has acted
	s.must("district_officer1", ActDelegate, "one", to("district_officer0"))
	s.refused(fault.Forbidden, "没有权限", "district_officer1", ActPass, "one", Act{})
	s.refused(fault.Forbidden, "没有权限", "district_officer0", ActPass, "one", Act{}) // he gives an opinion only
	s.refused(fault.Invalid, "意见", "district_officer0", ActAnswer, "one", Act{})
	s.must("district_officer0", ActAnswer, "one", why)
	s.must("district_officer1", ActAdd, "one", to("expert1"))
	s.must("district_officer1", ActAdd, "one", to("expert2"))
	s.refused(fault.Conflict, "已经加签", "district_officer1", ActAdd, "one", to("expert2"))
	s.must("expert1", ActPass, "one", Act{})
	s.must("district_officer1", ActPass, "one", Act{})
	s.open("one", "two") // one who was added has not acted
	s.refused(fault.Forbidden, "没有权限", "district_officer1", ActRemove, "one", to("expert2"))
	s.must("expert2", ActPass, "one", Act{})
	s.open("one_b", "two")

	s.refused(fault.Invalid, "没有 bureau 这个角色", "bureau0", ActTransfer, "two", to("park0"))
	s.must("bureau0", ActTransfer, "two", to("bureau2"))
	s.refused(fault.Forbidden, "没有权限", "bureau0", ActPass, "two", Act{})
	s.must("bureau_admin0", ActTransfer, "two", to("bureau3")) // the clerk hands over what others have
	s.refused(fault.Invalid, "理由", "bureau3", ActRefuse, "two", Act{})
	s.must("bureau3", ActPass, "two", Act{})

	// A removed one is not waited for.
	s.must("bureau1", ActAdd, "inner_a", to("expert3"))
	s.must("bureau1", ActPass, "inner_a", Act{})
	s.open("inner_a", "inner_b", "one_b")
}

// 或签: the first one decides.
func TestAnySigns(t *testing.T) {
	s := filed(t)
	s.must("bureau0", ActPass, "one", Act{})
	s.must("district_officer0", ActPass, "one", Act{})
	s.must("bureau3", ActPass, "one_b", Act{})
	s.open("two")
	if v := s.c.Visits[4]; v.Stage != "one_b" || v.Seats[0].State != SeatGone || v.Seats[1].State != SeatDone {
		t.Errorf("%+v", v)
	}
}

// A return step by step undoes what came after, keeps what the matter says, and leaves the branch beside alone.
func TestReturnAgain(t *testing.T) {
	s := filed(t)
	s.must("bureau0", ActPass, "one", Act{})
	s.must("district_officer0", ActPass, "one", Act{})
	s.must("bureau0", ActPass, "one_b", Act{})
	s.must("bureau1", ActPass, "two", Act{})
	s.must("bureau1", ActPass, "inner_a", Act{})
	s.must("district_reviewer0", ActPass, "inner_b", Act{})
	s.refused(fault.Forbidden, "你办过", "bureau1", ActPass, "inner_meet", Act{}) // who acted in inner_a is apart
	s.refused(fault.Invalid, "不能退回到", "bureau2", ActReturn, "inner_meet", to("one"))
	s.must("bureau2", ActReturn, "inner_meet", to("two"))
	s.open("two") // the other branch waits where they meet
	if len(s.c.Arrived) != 1 || s.c.Arrived[0].Stage != "meet" {
		t.Errorf("arrived %+v", s.c.Arrived)
	}
	void := map[string]int{}
	for _, v := range s.c.Visits {
		if v.Void {
			void[v.Stage]++
		}
	}
	if void["two"] != 1 || void["inner_a"] != 1 || void["inner_b"] != 0 || void["one"] != 0 {
		t.Errorf("void are %v", void)
	}
	s.must("bureau1", ActPass, "two", Act{})
	s.open("inner_a") // the approval of inner_b was kept
	if v := s.c.Visits[len(s.c.Visits)-1]; v.Stage != "inner_b" || v.Carried == 0 || v.By != "district_reviewer0" {
		t.Errorf("not carried: %+v", v)
	}
	s.must("bureau3", ActPass, "inner_a", Act{})
	s.must("bureau2", ActPass, "inner_meet", Act{})
	s.open("meet")

	// From where all meet into one branch: the other need not come again.
	s.must("bureau2", ActReturn, "meet", to("one"))
	s.open("one")
	s.must("bureau0", ActPass, "one", Act{})
	s.must("district_officer0", ActPass, "one", Act{})
	s.must("bureau0", ActPass, "one_b", Act{})
	s.open("meet")

	// To before the split: everything but what the matter keeps.
	s.must("bureau2", ActReturn, "meet", to("look"))
	s.open("look")
	s.must("district_officer0", ActPass, "look", Act{}) // who acted there before
	s.open("one")
	s.must("bureau0", ActPass, "one", Act{})
	s.must("district_officer0", ActPass, "one", Act{})
	s.must("bureau0", ActPass, "one_b", Act{})
	s.open("meet")
}

// A return straight back leaves everything else as it is, and comes back to who returned it.
func TestReturnBack(t *testing.T) {
	s := filed(t)
	s.must("bureau0", ActPass, "one", Act{})
	s.must("district_officer0", ActPass, "one", Act{})
	s.refused(fault.Invalid, "理由", "bureau3", ActReturn, "one_b", Act{To: "applicant"})
	s.must("bureau3", ActReturn, "one_b", to("applicant"))
	s.open("file", "two")
	f := s.form(3)
	s.must("firm0", ActPass, "file", Act{Form: &f})
	s.open("one_b", "two")
	s.refused(fault.Forbidden, "没有权限", "bureau0", ActPass, "one_b", Act{}) // it waits for who returned it
	s.must("bureau3", ActReturn, "one_b", to("previous"))
	s.open("one", "two")
	s.must("bureau0", ActPass, "one", Act{})
	s.must("district_officer0", ActPass, "one", Act{})
	s.must("bureau3", ActPass, "one_b", Act{})
	s.open("two")
}

// 补正 stops the clock of the visit; 挂起 all clocks. The days that were left go on.
func TestClockStands(t *testing.T) {
	s := tell(t, "third", "2021-09-27")
	s.must("firm0", ActPass, "file", Act{})
	due := func(stage string) Day { return s.c.Visit(s.in(stage)).Clock.Due }
	if d := due("look"); d != "2021-10-09" { // five working days, over the national holiday: 28, 29, 30, 8, 9 (a Saturday)
		t.Errorf("due on %s", d)
	}
	s.days(2) // 29 September; three working days are left
	s.refused(fault.Invalid, "逐项", "district_officer0", ActSupplement, "look", Act{})
	s.refused(fault.Invalid, "没有字段或材料", "district_officer0", ActSupplement, "look", Act{Remarks: []Remark{{"nosuch", "x"}}})
	s.must("district_officer0", ActSupplement, "look", Act{Remarks: []Remark{{"lines[1].what", "写清楚"}}})
	s.refused(fault.Conflict, "补正", "district_officer0", ActPass, "look", Act{})
	s.refused(fault.Conflict, "补正", "district_officer0", ActRefuse, "look", why)
	s.days(9) // 8 October: the seven days are over
	if a := s.c.Visit(s.in("look")).Asked[0]; !a.Late || a.Due != "2021-10-06" {
		t.Errorf("%+v", a)
	}
	f := s.form(2)
	s.must("firm1", ActSupply, "look", Act{Form: &f})
	if d := due("look"); d != "2021-10-12" { // 9 (a Saturday), 11, 12
		t.Errorf("after the supplement due on %s", d)
	}
	s.refused(fault.Invalid, "理由", "district_officer0", ActSuspend, "", Act{})
	s.must("district_officer0", ActSuspend, "", why)
	s.refused(fault.Conflict, "挂起", "district_officer0", ActPass, "look", Act{})
	s.refused(fault.Forbidden, "没有权限", "firm0", ActResume, "", Act{})
	s.days(30)
	s.must("district_officer0", ActResume, "", Act{})
	if d := due("look"); d != "2021-11-10" { // resumed on Sunday 7 November
		t.Errorf("after the suspension due on %s", d)
	}
	if w := s.c.Visit(s.in("look")).Clock; w.Warned || w.Late {
		t.Errorf("%+v", w)
	}
	s.days(1)
	if w := s.c.Visit(s.in("look")).Clock; !w.Warned {
		t.Error("no warning two working days before")
	}
	s.days(2)
	if w := s.c.Visit(s.in("look")).Clock; w.Late {
		t.Error("late on the last day")
	}
	s.days(1)
	if w := s.c.Visit(s.in("look")).Clock; !w.Late {
		t.Error("not late after it")
	}
	// The next visit of the stage has a clock of its own.
	s.must("district_officer0", ActReturn, "look", to("applicant"))
	s.must("firm0", ActPass, "file", Act{})
	if w := s.c.Visit(s.in("look")).Clock; w.Warned || w.Late || w.Due != "2021-11-18" {
		t.Errorf("%+v", w)
	}
}

// A public notice: an objection stops its clock; one that is upheld ends it; the clock ends it otherwise.
func TestNotice(t *testing.T) {
	for _, upheld := range []bool{false, true} {
		s := filed(t)
		for _, x := range [][2]string{{"bureau0", "one"}, {"district_officer0", "one"}, {"bureau0", "one_b"}, {"bureau1", "two"}, {"bureau1", "inner_a"}, {"district_reviewer0", "inner_b"}, {"bureau2", "inner_meet"}} {
			s.must(x[0], ActPass, x[1], Act{})
		}
		for i, points := range []float64{0, 2, 3, 4, 5} { // the lowest and the highest do not count
			e := "expert" + string(rune('0'+i))
			s.must("bureau0", ActAdd, "meet", to(e))
			s.refused(fault.Conflict, "打分", e, ActPass, "meet", Act{})
			s.refused(fault.Invalid, "0 到 5", e, ActScore, "meet", Act{Points: map[string]float64{"a": 6, "b": 0}})
			if i < 4 {
				s.must(e, ActScore, "meet", Act{Points: map[string]float64{"a": points, "b": 2}})
			}
		}
		s.refused(fault.Conflict, "没有打分", "bureau0", ActPass, "meet", Act{})
		s.must("expert4", ActScore, "meet", Act{Points: map[string]float64{"a": 5, "b": 2}})
		s.must("bureau0", ActPass, "meet", Act{})
		if v := s.c.Visit(s.in("show") - 1); v.Score == nil || *v.Score != 5 {
			t.Errorf("the score is %v", v.Score)
		}
		s.refused(fault.Conflict, "时钟", "bureau0", ActPass, "show", Act{})
		s.days(2)
		s.must("other", ActObject, "show", why)
		s.days(20)
		s.open("show")
		s.must("bureau0", ActSettle, "show", Act{Note: "经查", Upheld: upheld})
		if upheld {
			if s.c.End != "no" {
				t.Errorf("the end is %q", s.c.End)
			}
			s.refused(fault.Conflict, "办结", "bureau0", ActCopy, "", to("firm0"))
			continue
		}
		s.days(7)
		s.open("out")
		s.refused(fault.Invalid, "没有状态", "bureau0", ActReport, "out", Act{State: "paid", On: s.world().Today()})
		s.refused(fault.Invalid, "日期", "bureau0", ActReport, "out", Act{State: "granted", On: "2099-01-01"})
		s.must("bureau0", ActReport, "out", Act{State: "submitted", On: s.world().Today()})
		s.must("bureau0", ActReport, "out", Act{State: "returned", On: s.world().Today()})
		s.open("file")
		s.must("firm0", ActPass, "file", Act{})
		s.must("bureau0", ActReport, "out", Act{State: "granted", On: s.world().Today()})
		s.must("firm0", ActPass, "later", Act{})
		s.days(31)
		if s.c.End != "yes" || s.events[len(s.events)-1].Person.ID != TheClock {
			t.Errorf("the end is %q", s.c.End)
		}
	}
}

// Nobody there: the clerk gets a seat, visibly; nothing passes by itself.
func TestNobody(t *testing.T) {
	s := tell(t, "third", "2021-03-01")
	s.absent["district_officer0"], s.absent["district_officer1"] = true, true
	s.must("firm0", ActPass, "file", Act{})
	v := s.c.Visit(s.in("look"))
	if v.Seats[0].Empty != "nobody" || len(v.Seats) != 2 || v.Seats[1].Kind != SeatClerk {
		t.Errorf("%+v", v.Seats)
	}
	s.must("bureau_admin1", ActPass, "look", Act{})
	if v := s.c.Visits[1]; v.By != "bureau_admin1" || v.Seats[1].Outcome != pack.OutcomePass {
		t.Errorf("%+v", v)
	}
	// The park of the case is there; in a case without one, nobody could take the seat. Who is there and leaves is noticed by the clock.
	s.absent["bureau0"], s.absent["bureau1"], s.absent["bureau2"], s.absent["bureau3"] = true, true, true, true
	s.days(1)
	if v := s.c.Visit(s.in("two")); v.Seats[0].Empty != "nobody" || v.Seats[1].Kind != SeatClerk {
		t.Errorf("%+v", v.Seats)
	}
	s.must("bureau_admin0", ActUrge, "two", Act{})
	s.refused(fault.Conflict, "今天", "bureau_admin0", ActUrge, "two", Act{})
	s.must("firm0", ActUrge, "two", Act{})
}

// What somebody does not know yet: an older sight of the same visit is one, another branch is none.
func TestChanged(t *testing.T) {
	s := filed(t)
	seen := s.c.Seq
	one, two := s.in("one"), s.in("two")
	s.must("bureau0", ActPass, "one", Act{})
	since := s.events[seen:]
	if !Changed(Act{Do: ActPass, Visit: one}, since) || Changed(Act{Do: ActPass, Visit: two}, since) || Changed(Act{Do: ActPass, Visit: one}, nil) {
		t.Error("what has changed is not told apart")
	}
}

// The applicant withdraws where the matter allows it; the clerk declares void.
func TestWithdraw(t *testing.T) {
	s := tell(t, "third", "2021-03-01")
	s.must("firm0", ActPass, "file", Act{})
	s.refused(fault.Forbidden, "没有权限", "district_officer0", ActWithdraw, "", Act{})
	s.must("firm1", ActWithdraw, "", Act{})
	if s.c.End != "withdrawn" {
		t.Error(s.c.End)
	}
	s = filed(t)
	s.refused(fault.Conflict, "不能撤回", "firm0", ActWithdraw, "", Act{})
	s.refused(fault.Forbidden, "没有权限", "bureau0", ActVoid, "", why)
	s.must("bureau_admin0", ActVoid, "", why)
	if s.c.End != "void" {
		t.Error(s.c.End)
	}
}

// Two conditions that are not known: nothing follows, and it is said what is missing.
func TestUnknownCondition(t *testing.T) {
	s := tell(t, "third", "2021-03-01")
	s.must("firm0", ActPass, "file", Act{})
	s.holds["amount > staff"] = tri.Unknown
	s.refused(fault.Conflict, "staff", "district_officer0", ActPass, "look", Act{})
	s.holds["amount > staff"] = tri.True
	s.must("district_officer0", ActPass, "look", Act{})
	s.open("alone", "one", "two")
}
