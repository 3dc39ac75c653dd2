package rule

import (
	"maps"
	"slices"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/tri"
)

// scoredShort is an enterprise that lacks points alone for a certificate of high and new technology.
var scoredShort = map[string]string{"registered_on": "2015-01-01", "ip_core": "是", "hightech_field": "1", "conduct_ok": "是", "staff@2020": "100", "st_staff@2020": "30",
	"rd_expense@2020": "300万元", "rd_expense@2019": "300万元", "rd_expense@2018": "300万元", "rd_expense_domestic@2020": "300万元", "rd_expense_domestic@2019": "300万元", "rd_expense_domestic@2018": "300万元",
	"sales@2020": "2000万元", "sales@2019": "2000万元", "sales@2018": "2000万元", "hightech_income@2020": "1800万元", "total_income@2020": "2000万元",
	"net_assets@2020": "1000万元", "net_assets@2019": "1000万元", "net_assets@2018": "1000万元",
	"ip_class1": "0", "ip_class2": "1", "ip_own_research": "是", "conversions": "4", "standards_led": "否", "standards_joined": "否"}

func with(given map[string]string, pairs ...string) map[string]string {
	m := maps.Clone(given)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

// A score that falls short says by which change of one figure it may suffice, and how far it then goes, by the score table.
func TestRaisesOfAScore(t *testing.T) {
	// 8 + 8 + 2 + 6 of the rights, 24 of the conversions, 20 of the management: 68 at most.
	x := explained(t, "hnte", scoredShort)
	score := x.criterion(t, "score")
	if x.ScoreHigh != 68 || score.Verdict != tri.False || !score.Scored || x.criterion(t, "staff").Scored {
		t.Fatalf("%g points at most, the criterion is %v", x.ScoreHigh, score.Verdict)
	}
	got := map[string]Raise{}
	for _, r := range x.Raises {
		got[r.Changes[0].Attr.ID] = r
	}
	for id, want := range map[string]struct{ to, high float64 }{"conversions": {5, 74}, "ip_class1": {1, 74}, "ip_class2": {5, 72}} {
		if r := got[id]; len(r.Changes) != 1 || r.Changes[0].To != want.to || r.High != want.high || !r.Enough {
			t.Errorf("%s: %+v, want %g up to %g points", id, r, want.to, want.high)
		}
	}
	if len(got) != 3 {
		t.Errorf("raises by %v", slices.Collect(maps.Keys(got)))
	}
	if !x.Plan.Possible || len(x.Plan.Assumes) != 1 || x.Plan.Assumes[0].ID != "score" || x.Plan.High <= 70 || x.Plan.Low >= x.Plan.High {
		t.Errorf("plan %+v", x.Plan)
	}
	// A raise that is not enough says so: the rights stay below their next bands.
	x = explained(t, "hnte", with(scoredShort, "conversions", "0", "ip_class2", "0"))
	for _, r := range x.Raises {
		if r.Enough {
			t.Errorf("%s to %g is not enough for %g points of 70", r.Changes[0].Attr.ID, r.Changes[0].To, r.High)
		}
	}
	if x = explained(t, "hnte", with(scoredShort, "ip_class1", "3")); x.criterion(t, "score").Verdict == tri.False {
		t.Errorf("with rights of class I the score still fails: %g", x.ScoreHigh)
	}
}

// Alternatives are ways of one choice; what must hold besides is a duty.
func TestAlternativesAreWays(t *testing.T) {
	given := map[string]string{"staff@2020": "100", "st_staff@2020": "5", "sales@2020": "1000万元", "costs@2020": "900万元", "rd_expense@2020": "5万元",
		"ip_class1": "0", "ip_class2": "0", "national_award_top3": "否", "rd_institution": "否", "standards_led": "否", "conduct_ok": "否", "abnormal_list": "是", "breach_list": "否"}
	x := explained(t, "tsme", given)
	ways := map[int]int{}
	for _, g := range x.criterion(t, "score").Gaps {
		if g.Choice != 1 {
			t.Errorf("%+v is no alternative", g)
		}
		ways[g.Way]++
	}
	if want := map[int]int{1: 2, 2: 1, 3: 1, 4: 1, 5: 1}; !maps.Equal(ways, want) { // points in all and of the staff; or the certificate, …
		t.Errorf("ways %v, want %v", ways, want)
	}
	for _, g := range x.criterion(t, "conduct").Gaps {
		if g.Choice != 0 || g.Way != 0 {
			t.Errorf("%+v is an alternative", g)
		}
	}
	if n := len(x.criterion(t, "conduct").Gaps); n != 2 {
		t.Errorf("%d duties", n)
	}
	delete(given, "rd_institution")
	delete(given, "standards_led")
	if c := explained(t, "tsme", given).criterion(t, "score"); c.Verdict != tri.Unknown || !c.AnyOf {
		t.Errorf("with two routes open: %v, any of %v", c.Verdict, c.AnyOf)
	}
	given["standards_led"] = "否"
	if c := explained(t, "tsme", given).criterion(t, "score"); c.Verdict != tri.Unknown || c.AnyOf {
		t.Errorf("with one route open: %v, any of %v", c.Verdict, c.AnyOf)
	}
}

// Of the figures of several tiers, those of the tier that applies decide.
func TestNumbersOfTheTier(t *testing.T) {
	for sales, want := range map[string]string{"2000万元": "rnd.small_share", "6000万元": "rnd.medium_share", "9亿元": "rnd.large_share"} {
		c := explained(t, "hnte", with(scoredShort, "sales@2020", sales)).criterion(t, "rnd")
		if len(c.Numbers) != 1 || c.Numbers[0].Name != want || len(c.Others) != 4 {
			t.Errorf("sales of %s: %d numbers decide, %d are of other tiers", sales, len(c.Numbers), len(c.Others))
		}
	}
	if c := explained(t, "hnte", with(scoredShort, "sales@2020", "")).criterion(t, "rnd"); len(c.Numbers) != 5 {
		t.Errorf("without sales %d numbers decide", len(c.Numbers))
	}
}

// A plan goes no further than the rule lets it; what would be needed is said and not planned.
func TestPlanStaysWithinReason(t *testing.T) {
	given := with(scoredShort, "rd_expense@2020", "1万元", "rd_expense_domestic@2020", "1万元", "rd_expense@2019", "1万元", "rd_expense_domestic@2019", "1万元",
		"rd_expense@2018", "1万元", "rd_expense_domestic@2018", "1万元", "conversions", "5")
	x := explained(t, "hnte", given)
	if x.Plan.Possible || x.Plan.Why != "beyond" || len(x.Plan.Changes) != 0 {
		t.Fatalf("plan %+v, want none", x.Plan)
	}
	if len(x.Plan.Beyond) == 0 || x.Plan.Beyond[0].Attr.ID != "rd_expense" || x.Plan.Beyond[0].To != 298e6 || x.Plan.Beyond[0].Lever.Times != 3 {
		t.Errorf("beyond %+v", x.Plan.Beyond)
	}
	// Three times what there is will do: 100 in place of 50 of three years.
	x = explained(t, "hnte", with(given, "rd_expense@2020", "120万元", "rd_expense_domestic@2020", "120万元", "rd_expense@2019", "60万元", "rd_expense_domestic@2019", "60万元",
		"rd_expense@2018", "60万元", "rd_expense_domestic@2018", "60万元"))
	if !x.Plan.Possible || len(x.Plan.Changes) != 2 || x.Plan.Changes[0].To != 180e6 {
		t.Errorf("plan %+v", x.Plan)
	}
}

// Nothing is planned that rests on a doubted value. The verdict is what it is.
func TestNoPlanFromADoubtedValue(t *testing.T) {
	s, p := tianjin(t)
	tab, err := caseTable(p.Registers[slices.IndexFunc(p.Registers, func(r *pack.Register) bool { return r.ID == "enterprise" })], with(scoredShort, "st_staff@2020", "9"))
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2021, 8, 31, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		doubted col.Key
		why     string
	}{{col.Key{Attr: "staff", Year: 2020}, "doubted"}, {col.Key{Attr: "st_staff", Year: 2020}, "doubted"}, {col.Key{Attr: "taxes", Year: 2020}, ""}} {
		x, err := s.Explain(tab, 0, "hnte", Options{Date: day, Doubted: []col.Key{tt.doubted}})
		if err != nil {
			t.Fatal(err)
		}
		if x.Verdict != tri.False || x.Plan.Why != tt.why || x.Plan.Possible != (tt.why == "") {
			t.Errorf("%v doubted: %v, plan %+v", tt.doubted, x.Verdict, x.Plan)
		}
		if tt.why != "" && (len(x.Plan.Doubted) != 1 || x.Plan.Doubted[0].Attr.ID != tt.doubted.Attr || len(x.Plan.Changes) != 0) {
			t.Errorf("%v doubted: says %+v", tt.doubted, x.Plan.Doubted)
		}
	}
}
