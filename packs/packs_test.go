package packs_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/packs"
)

// tianjin loads the pack afresh, so that a test may change it.
func tianjin(t testing.TB) *pack.Pack {
	t.Helper()
	p, err := pack.Load(packs.FS, "tianjin")
	if errs, ok := err.(pack.Errors); ok {
		t.Fatal("\n" + errs.Show("en"))
	}
	return p
}

func date(t testing.TB, text string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTianjin(t *testing.T) {
	p := tianjin(t)
	kinds, members := map[string]int{}, 0
	for _, o := range p.Orgs {
		kinds[o.Kind]++
		if o.Name.EN == "" || o.Status == "" {
			t.Errorf("%s has no English name or no status", o.ID)
		}
	}
	for _, g := range p.Groups {
		members += len(g.Members)
	}
	if kinds["city"] != 1 || kinds["district"] != 16 || kinds["park"] != 5 || len(p.Groups) != 4 || members != 16 {
		t.Errorf("orgs are %v, %d groups with %d districts", kinds, len(p.Groups), members)
	}
	var ids []string
	for _, r := range p.Rules {
		ids = append(ids, r.ID)
		for _, n := range r.Numbers {
			if n.Label.EN == "" || n.Min >= n.Max && n.Name != "route.years" {
				t.Errorf("%s: %s has no label or no slider", r.ID, n.Name)
			}
		}
	}
	want := []string{"tsme", "hnte", "eaglet", "gazelle", "leader", "leader_cultivated", "unicorn", "unicorn_seed"}
	if !slices.Equal(ids, want) {
		t.Errorf("the ladder is %v, want %v", ids, want)
	}
	for id, count := range map[string]int{"industry": 1971, "hightech_field": 314} {
		i := slices.IndexFunc(p.Codes, func(c *pack.CodeList) bool { return c.ID == id })
		if got := len(p.Codes[i].Items); got != count {
			t.Errorf("%s has %d codes, want %d", id, got, count)
		}
	}
}

func TestExpressions(t *testing.T) {
	p := tianjin(t)
	if errs := rule.Check(p); len(errs) > 0 {
		t.Error("\n" + p.Annotate(errs).Show("en"))
	}
}

// Each recognition is in force from the day of its document; some have no start.
func TestDatesInForce(t *testing.T) {
	p := tianjin(t)
	for _, tc := range []struct {
		rule, day string
		status    pack.Status // empty: none in force
	}{
		{"tsme", "2017-05-02", ""}, {"tsme", "2017-05-03", pack.Verified}, {"hnte", "2015-12-31", ""}, {"hnte", "2016-01-01", pack.Verified},
		{"eaglet", "2018-12-31", ""}, {"eaglet", "2019-01-01", pack.Modelled}, {"eaglet", "2021-07-08", pack.Modelled}, {"eaglet", "2021-07-09", pack.Quoted},
		{"gazelle", "2001-01-01", pack.Modelled}, {"leader", "2001-01-01", pack.Modelled}, {"leader_cultivated", "2001-01-01", pack.Modelled},
		{"unicorn", "2001-01-01", pack.Verified}, {"unicorn_seed", "2001-01-01", pack.Modelled},
	} {
		_, law, err := p.Rule(tc.rule, date(t, tc.day))
		switch {
		case tc.status == "" && err == nil:
			t.Errorf("%s is in force on %s", tc.rule, tc.day)
		case tc.status != "" && (err != nil || law.Status != tc.status):
			t.Errorf("%s on %s: %v, %v", tc.rule, tc.day, law, err)
		}
	}
}

func TestCases(t *testing.T) {
	p := tianjin(t)
	s, err := rule.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.RunCases() {
		if !r.OK {
			t.Errorf("%v: %s: %s", r.Case.Pos, r.Case.Name, strings.Join(r.Wrong, "; "))
		}
	}
}

// Each figure, moved a little to either side, must be noticed by a case: so both sides of every boundary have one.
func TestCasesHoldEveryFigure(t *testing.T) {
	if testing.Short() {
		t.Skip("moves every figure: left out of short runs")
	}
	p := tianjin(t)
	rules, cases := p.Rules, p.Tests
	for _, r := range rules {
		p.Rules, p.Tests = []*pack.Rule{r}, nil
		for _, c := range cases {
			if c.Rule == r.ID {
				p.Tests = append(p.Tests, c)
			}
		}
		for _, n := range r.Numbers {
			for _, by := range nudges(r.ID, n) {
				was := n.Value
				n.Value += by
				s, err := rule.Compile(p)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.ContainsFunc(s.RunCases(), func(c rule.CaseResult) bool { return !c.OK }) {
					t.Errorf("%s: no case notices that %s is %v instead of %v", r.ID, n.Name, n.Value, was)
				}
				n.Value = was
			}
		}
	}
}

// nudges are the smallest moves that a subject can show: a fen, one of a count, and for shares half a percent,
// since a share of staff has no smaller steps. The points of tsme are even.
func nudges(id string, n *pack.Number) []float64 {
	switch {
	case n.Unit == "percent":
		return []float64{-0.005, 0.005}
	case id == "tsme" && n.Name == "score.pass":
		return []float64{-2, 2}
	}
	return []float64{-1, 1}
}

// tooGeneral are names of the domain's list that files use for other things too. A list of permits has its 有效期至 as well:
// under it nobody's certificate may be renewed.
var tooGeneral = map[string]bool{"cert_hnte_until 有效期至": true}

// The register has every attribute that the domain's list has, under the same names.
func TestRegisterHasTheDomainsAttributes(t *testing.T) {
	f, err := os.Open("../../shared/domain/attributes.csv")
	if err != nil {
		t.Skip("../shared is absent: the domain's list of attributes is not compared")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	reg := tianjin(t).Registers[0]
	for _, row := range rows[1:] {
		a := reg.Attribute(row[0])
		if a == nil {
			t.Errorf("%s is missing", row[0])
			continue
		}
		if a.Name.ZH != row[1] || a.Name.EN != row[2] || string(a.Kind) != row[3] || a.Unit != row[4] || a.Yearly != (row[5] == "yes") {
			t.Errorf("%s is %+v, the list has %v", a.ID, a, row)
		}
		for _, alias := range strings.Split(row[6], "|") {
			if alias != "" && !slices.Contains(a.Aliases, alias) && !tooGeneral[a.ID+" "+alias] {
				t.Errorf("%s lacks the alias %s", a.ID, alias)
			}
		}
		note := row[7]
		if a.Personal != (note == "personal") || a.Expert != (note == "expert") || a.Manual != (note == "expert" || note == "manual finding" || a.ID == "hightech_field" || a.ID == "conduct_ok") {
			t.Errorf("%s: personal %v, expert %v, manual %v; the list says %q", a.ID, a.Personal, a.Expert, a.Manual, note)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := pack.Load(packs.FS, "tianjin"); err != nil {
			b.Fatal(err)
		}
	}
}

// Every register can be spoken of, listed and filled in, in both languages, and keeps personal data apart.
func TestRegistersAreWhole(t *testing.T) {
	p := tianjin(t)
	want := []string{"enterprise", "carrier", "platform", "institution", "person", "achievement", "demand", "finance_product", "instrument"}
	var ids []string
	for _, r := range p.Registers {
		ids = append(ids, r.ID)
		if r.One.ZH == "" || r.One.EN == "" || r.Measure == "" || len(r.Listed) == 0 || len(r.Filtered) == 0 || len(r.Sections) == 0 {
			t.Errorf("%s: what one is called, the list, the filters or the sections are missing", r.ID)
		}
		if r.ID != "enterprise" && r.Status != pack.Modelled {
			t.Errorf("%s: nobody compared its attributes with an official return, yet its status is %q", r.ID, r.Status)
		}
		if r.Title().Example == "" || !r.Title().Required {
			t.Errorf("%s: the name has no example or is not asked for", r.ID)
		}
		for _, a := range r.Attributes {
			private := slices.Contains([]string{"phone", "email", "contact", "manager", "director", "keeper", "representative", "id_number", "born_on", "sex"}, a.ID)
			if private != a.Personal {
				t.Errorf("%s.%s: personal is %v", r.ID, a.ID, a.Personal)
			}
			if a.Personal && (slices.Contains(r.Listed, a.ID) || slices.Contains(r.Filtered, a.ID)) {
				t.Errorf("%s: lists show %s, which is personal", r.ID, a.ID)
			}
		}
		if r.ID != "institution" && len(r.Relations) == 0 {
			t.Errorf("%s names nobody", r.ID)
		}
	}
	if !slices.Equal(ids, want) {
		t.Errorf("registers are %v", ids)
	}
	for _, id := range []string{"enterprise", "carrier", "institution", "person", "platform"} {
		if len(p.RelationsTo(id)) == 0 {
			t.Errorf("nobody names %s", id)
		}
	}
}
