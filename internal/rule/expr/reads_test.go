package expr

import (
	"fmt"
	"slices"
	"testing"

	"eyas/internal/pack"
)

func register(attributes ...string) *pack.Register {
	r := &pack.Register{ID: "enterprise"}
	for _, text := range attributes {
		var id, kind string
		var star string
		fmt.Sscan(text, &id, &kind, &star)
		r.Attributes = append(r.Attributes, &pack.Attribute{ID: id, Index: len(r.Attributes), Kind: pack.Kind(kind), Yearly: star == "*", Unit: map[string]string{"money": "yuan"}[kind]})
	}
	r.Attribute("")
	return r
}

// What an expression reads comes from its syntax tree: a name inside a text or another name does not count.
func TestReads(t *testing.T) {
	reg := register("sales money *", "staff integer *", "listed boolean", "listed_on date", "district code", "registered_on date", "from date", "until date")
	reg.Certificates = []*pack.Certificate{{ID: "hnte", From: "from", Until: "until"}}
	for source, want := range map[string][]string{
		"listed_on >= year_end(0)":                    {"listed_on 0"},
		"!listed && district == 'staff'":              {"listed 0", "district 0"},
		"sales >= sales.ago(3) * 2.0":                 {"sales 2020", "sales 2017"},
		"sum_years(sales, 2, registered_on) > 0.0":    {"registered_on 0", "sales 2020", "sales 2019"},
		"held('hnte') || held('other')":               {"from 0", "until 0"},
		"score.total >= number('score.pass')":         nil,
		"unheard_of > 3.0":                            nil,
		"district in city_districts && staff > staff": {"district 0", "staff 2020"},
		"no expression at all":                        nil,
	} {
		var got []string
		for _, r := range ReadsOf(reg, source) {
			k := r.Key(2020)
			got = append(got, fmt.Sprint(k.Attr, " ", k.Year))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s reads %v, want %v", source, got, want)
		}
	}
}
