package judge_test

import (
	"slices"
	"testing"

	"eyas/internal/pack"
	"eyas/internal/quality/judge"
)

// TestRegisters tests the rules of the other registers on both sides of their limits. Required attributes are given in
// each.
func TestRegisters(t *testing.T) {
	p := tianjin(t)
	required := map[string]map[string]string{
		"carrier": {"name": "甲", "carrier_kind": "incubator", "district": "120110"}, "platform": {"name": "甲", "platform_kind": "lab", "host": "乙"},
		"institution": {"name": "甲", "institution_kind": "university"}, "person": {"name": "甲", "person_kind": "expert", "unit": "乙"},
		"achievement": {"name": "甲", "owner": "乙"}, "demand": {"name": "甲", "demand_kind": "technology", "proposer": "乙"},
		"finance_product": {"name": "甲", "finance_kind": "loan", "provider": "乙"}, "instrument": {"name": "甲", "owner": "乙"},
	}
	type given = map[string]string
	for _, x := range []struct {
		register string
		given    given
		want     string
	}{
		{"carrier", given{}, ""},
		{"carrier", given{"district": ""}, "carrier_blank district"},
		{"carrier", given{"opened_on": "2022-06-30", "recognised_on": "2022-07-01"}, "carrier_when recognised_on"},
		{"carrier", given{"opened_on": "2016-05-01", "recognised_on": "2016-04-30"}, "carrier_recognised_before recognised_on"},
		{"carrier", given{"area": "1000", "incubation_area": "1000", "public_area": "1001"}, "carrier_area public_area"},
		{"carrier", given{"tenants@2020": "60", "tenants_tech@2020": "60", "graduates@2020": "-1"}, "carrier_negative graduates@2020"},
		{"carrier", given{"tenants@2020": "60", "tenants_tech@2020": "61"}, "carrier_tech_tenants tenants_tech@2020"},
		{"carrier", given{"incubation_area": "400", "tenants@2020": "100"}, ""},
		{"carrier", given{"incubation_area": "400", "tenants@2020": "101"}, "carrier_crowded tenants@2020"},
		{"carrier", given{"income@2020": "100", "rent_income@2020": "100.01"}, "carrier_income rent_income@2020"},
		{"carrier", given{"operator_code": "91120116MA0000000X"}, "carrier_code operator_code"},
		{"platform", given{"approved_on": "2017-11-30", "valid_until": "2017-11-29"}, "platform_span valid_until"},
		{"institution", given{"staff@2020": "10", "rd_staff@2020": "11"}, "institution_rd_staff rd_staff@2020"},
		{"institution", given{"registered_on": "1895-10-02"}, ""},
		{"person", given{"born_on": "2022-07-01"}, "person_when born_on"},
		{"person", given{"worked_from": "2009-09-01", "worked_until": "2009-08-31"}, "person_worked worked_until"},
		{"person", given{"served_from": "2021-01-01", "served_until": "2023-12-31"}, ""},
		{"person", given{"unit": ""}, "person_blank unit"},
		{"achievement", given{"trl": "9"}, ""},
		{"achievement", given{"trl": "10"}, "achievement_trl trl"},
		{"achievement", given{"completed_on": "2020-06-15", "registered_on": "2020-06-14"}, "achievement_registered_before registered_on"},
		{"demand", given{"proposed_on": "2021-03-10", "wanted_by": "2021-03-09", "solved_on": "2021-03-10"}, "demand_span wanted_by"},
		{"finance_product", given{"amount_min": "500000", "amount_max": "500000", "rate_from": "0.0385", "rate_to": "0.052"}, ""},
		{"finance_product", given{"amount_min": "500001", "amount_max": "500000"}, "finance_product_amounts amount_min"},
		{"finance_product", given{"rate_from": "4.35"}, "finance_product_rate rate_from"},
		{"instrument", given{"hours_used@2020": "8784", "hours_shared@2020": "420"}, ""},
		{"instrument", given{"hours_used@2020": "8785"}, "instrument_hours hours_used@2020"},
		{"instrument", given{"hours_used@2020": "400", "hours_shared@2020": "420"}, "instrument_shared hours_shared@2020"},
		{"instrument", given{"made_on": "2018-03-02", "in_use_on": "2018-03-01"}, "instrument_made in_use_on"},
	} {
		values := given{}
		for _, from := range []given{required[x.register], x.given} {
			for k, v := range from {
				if values[k] = v; v == "" {
					delete(values, k)
				}
			}
		}
		for i, reg := range p.Registers {
			if reg.ID != x.register {
				continue
			}
			j, err := judge.New(p, judge.Options{Register: reg.ID, Date: day})
			if err != nil {
				t.Fatal(err)
			}
			j.Settle()
			s := subject(t, p.Registers[i], values)
			if got := written(j.Check(&s, nil)); got != x.want {
				t.Errorf("%s %v finds %q, want %q", x.register, x.given, got, x.want)
			}
		}
	}
	for _, reg := range p.Registers[1:] {
		for _, a := range reg.Attributes {
			i := slices.IndexFunc(p.Quality, func(r *pack.QualityRule) bool { return r.Register == reg.ID && r.Test == "absent" })
			if a.Required != slices.Contains(p.Quality[i].Attributes, a.ID) {
				t.Errorf("%s of %s is required in forms: %v, and doubted when blank: not so", a.ID, reg.ID, a.Required)
			}
		}
	}
}
