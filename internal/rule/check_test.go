package rule

import (
	"strings"
	"testing"

	"eyas/internal/pack"
)

// Each mistake is reported at its position, with a sentence that says how to correct it.
func TestCheckFindsMistakes(t *testing.T) {
	at := pack.Pos{File: "rules/x.yaml", Line: 7, Column: 11}
	one := func(when string) *pack.Rule {
		return &pack.Rule{Criteria: []*pack.Criterion{{ID: "c", When: when, Pos: at}}, Numbers: []*pack.Number{}}
	}
	unused := one("listed")
	unused.Numbers = []*pack.Number{{Name: "idle", Pos: at}}
	scored := one("60.0 <= score.total")
	scored.Score = &pack.Score{Items: []*pack.Item{{ID: "i", Range: &[2]float64{0, 8}, Pos: at}}}
	half := one("score.total >= 1")
	half.Score = &pack.Score{Items: []*pack.Item{{ID: "i", Range: &[2]float64{0, 8.5}, Pos: at}}}
	both := one("ratio(rd, ip1) >= 0.5")
	both.Levers = []*pack.Lever{{ID: "a", Attributes: []string{"rd"}}, {ID: "b", Attributes: []string{"ip1"}}}
	for name, c := range map[string]struct {
		rule *pack.Rule
		want string
	}{
		"attribute":    {one("listed && slaes > 1.0"), `rules/x.yaml:7:21: the register has no attribute "slaes"`},
		"second line":  {one("listed &&\n  slaes > 1.0"), `rules/x.yaml:8:13: the register has no attribute "slaes"`},
		"number":       {one("sales > number('max')"), `the rule has no number "max": declare it under numbers`},
		"certificate":  {one("held('eaglet')"), `no certificate "eaglet"`},
		"score item":   {one("score.total > 1"), "the rule has no such score item"},
		"type":         {one("sales"), "this expression gives double; yes or no is needed here"},
		"syntax":       {one("sales >"), "rules/x.yaml:7:"},
		"division":     {one("rd / sales > 0.1"), "rules/x.yaml:7:14: dividing attributes with /"},
		"ratio in sum": {one("ratio(rd, sales) + 1.0 > 2.0"), "no matching overload"},
		"year":         {one("sales.ago(99) > 1.0"), "write attribute.ago(n)"},
		"unused":       {unused, `nothing uses the number "idle"`},
		"score side":   {scored, "it can only stand on the left of >= or >"},
		"half points":  {half, "points must be whole numbers"},
		"two levers":   {both, "one comparison depends on the levers [a b]"},
	} {
		errs := Check(testPack(c.rule))
		if len(errs) == 0 || !strings.Contains(errs.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, errs, c.want)
		}
		for _, e := range errs {
			if e.ZH == "" {
				t.Errorf("%s: no Chinese sentence for %q", name, e.Text)
			}
		}
	}
}
