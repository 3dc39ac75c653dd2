package rule

import (
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/tri"
)

// explained explains one subject of the Tianjin pack. Its values are written as in a test of the pack.
func explained(t *testing.T, id string, given map[string]string) *Explanation {
	t.Helper()
	s, p := tianjin(t)
	tab, err := caseTable(p.Registers[0], given)
	if err != nil {
		t.Fatal(err)
	}
	x, err := s.Explain(tab, 0, id, Options{Date: time.Date(2021, 8, 31, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *Explanation) criterion(t *testing.T, id string) CriterionView {
	t.Helper()
	for _, c := range x.Criteria {
		if c.Criterion.ID == id {
			return c
		}
	}
	t.Fatalf("no criterion %s", id)
	return CriterionView{}
}

// Years before registration are neither inputs nor missing.
func TestExplainAsksOnlyForWhatCounts(t *testing.T) {
	x := explained(t, "hnte", map[string]string{"registered_on": "2019-05-01", "rd_expense@2020": "50万元", "sales@2020": "1000万元", "sales@2019": "800万元"})
	c := x.criterion(t, "rnd")
	if c.Verdict != tri.Unknown || len(c.Missing) != 1 || c.Missing[0].Attr.ID != "rd_expense" || c.Missing[0].Year != 2019 {
		t.Errorf("rnd is %v for want of %v, want unknown for want of rd_expense@2019", c.Verdict, c.Missing)
	}
	for _, in := range c.Inputs {
		if in.Year == 2018 {
			t.Errorf("%s of 2018, before registration, is an input", in.Attr.ID)
		}
	}
}

func TestGapsAreInUnits(t *testing.T) {
	x := explained(t, "hnte", map[string]string{"staff@2020": "120", "st_staff@2020": "11", "registered_on": "2015-01-01",
		"rd_expense@2020": "100万元", "rd_expense@2019": "100万元", "rd_expense@2018": "100万元", "sales@2020": "3000万元", "sales@2019": "2000万元", "sales@2018": "2000万元",
		"rd_expense_domestic@2020": "100万元", "rd_expense_domestic@2019": "100万元", "rd_expense_domestic@2018": "100万元"})
	staff := x.criterion(t, "staff").Gaps
	if len(staff) != 1 || staff[0].Attr.ID != "st_staff" || staff[0].Change != 1 {
		t.Errorf("the gap of staff is %+v, want one more of st_staff", staff)
	}
	rnd := x.criterion(t, "rnd").Gaps
	if len(rnd) != 1 || rnd[0].Attr.ID != "rd_expense" || rnd[0].Change != 50*1e4*100 {
		t.Errorf("the gap of rnd is %+v, want 500,000 yuan more of rd_expense", rnd)
	}
}

func TestPlanMovesWhatCanMove(t *testing.T) {
	given := map[string]string{"resident_enterprise": "是", "goods_allowed": "是", "conduct_ok": "是", "abnormal_list": "否", "breach_list": "否",
		"staff@2020": "100", "st_staff@2020": "28", "sales@2020": "1000万元", "assets@2020": "1000万元", "costs@2020": "900万元", "rd_expense@2020": "39万元",
		"ip_class1": "0", "ip_class2": "2", "national_award_top3": "否", "rd_institution": "否", "standards_led": "否"}
	x := explained(t, "tsme", given)
	// 16 + 20 + 12 = 48 points. R&D to 4 % is 10 points for a relative change of 1/39; staff to 30 % is 4 points for
	// 2/28; together they make 62, which is cheaper than R&D to 5 % (20 points) for 11/39.
	if x.Verdict != tri.False || !x.Plan.Possible || len(x.Plan.Changes) != 2 {
		t.Fatalf("verdict %v, plan %+v", x.Verdict, x.Plan)
	}
	want := map[string]float64{"st_staff": 30, "rd_expense": 40 * 1e4 * 100}
	for _, c := range x.Plan.Changes {
		if c.To != want[c.Attr.ID] {
			t.Errorf("%s to %g, want %g", c.Attr.ID, c.To, want[c.Attr.ID])
		}
	}
	given["staff@2020"] = "501"
	if x = explained(t, "tsme", given); x.Plan.Possible || x.Plan.Why != "fixed" || len(x.Plan.Blocking) != 1 || x.Plan.Blocking[0].ID != "staff" {
		t.Errorf("too many staff: plan %+v, want none because of staff", x.Plan)
	}
	delete(given, "staff@2020")
	if x = explained(t, "tsme", given); x.Plan.Possible || x.Plan.Why != "missing" {
		t.Errorf("staff blank: plan %+v, want none until the figure is there", x.Plan)
	}
}

func TestLawNamesTheFirstDate(t *testing.T) {
	s, _ := tianjin(t)
	_, _, err := s.Law("tsme", time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC))
	if err == nil || err.Error() != "no version of tsme is in force on 2016-01-01; the earliest applies from 2017-05-03" {
		t.Errorf("error %v", err)
	}
	if _, law, err := s.Law("eaglet", time.Date(2021, 7, 8, 0, 0, 0, 0, time.UTC)); err != nil || law.Status != pack.Modelled {
		t.Errorf("eaglet on 2021-07-08: %v, %v", law, err)
	}
	if _, law, err := s.Law("eaglet", time.Date(2021, 7, 9, 0, 0, 0, 0, time.UTC)); err != nil || law.Status != pack.Quoted {
		t.Errorf("eaglet on 2021-07-09: %v, %v", law, err)
	}
}

func TestPackCases(t *testing.T) {
	s, _ := tianjin(t)
	for _, r := range s.RunCases() {
		for _, w := range r.Wrong {
			t.Errorf("%s (%s): %s", r.Case.Name, r.Case.Pos, w)
		}
	}
}
