package web

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"eyas/internal/figure"
	"eyas/internal/rule/col"
)

// Addresses of lists mean what they have always meant, and what is new in them is what the columns hold.
func TestAddressesOfLists(t *testing.T) {
	d, f := rig(t, 600)
	h := handler(t, d)
	table := f.t
	outcomes, _, err := mainBase(d).Outcomes(t.Context(), rigDay, nil)
	if err != nil {
		t.Fatal(err)
	}
	tsme := outcomes[0]
	word := func(attr string, row int) string {
		c := table.Dicts[col.Key{Attr: attr}]
		return c.Words[c.Val[row]]
	}
	sales := table.Nums[col.Key{Attr: "sales", Year: 2020}]
	older := table.Nums[col.Key{Attr: "sales", Year: 2019}]
	on := table.Dates[col.Key{Attr: "registered_on"}]
	abnormal := table.Bools[col.Key{Attr: "abnormal_list"}]
	inCity := func(row int) bool {
		w := word("district", row)
		return strings.HasPrefix(w, "1201")
	}
	criterion := tsme.Criteria[0]
	const yuan500 = 500e6 // 500万元 in fen
	for address, fits := range map[string]func(row int) bool{
		// as they were
		"":                                    func(int) bool { return true },
		"in=120116":                           func(row int) bool { return word("district", row) == "120116" },
		"in=group:inner":                      func(row int) bool { w := word("district", row); return w >= "120101" && w <= "120106" },
		"in=?":                                func(row int) bool { return !inCity(row) },
		"zone=huayuan":                        func(row int) bool { return word("zone", row) == "huayuan" },
		"industry=65":                         func(row int) bool { return strings.HasPrefix(word("industry", row), "65") },
		"v.tsme=near":                         tsme.Near.Get,
		"v.tsme=pending":                      tsme.Pending.Get,
		"v.tsme=":                             func(int) bool { return true },
		"only.tsme=" + criterion.Criterion.ID: criterion.Only.Get,
		"missing=sales":                       func(row int) bool { return !sales.Valid.Get(row) },
		"missing=sales@2020":                  func(row int) bool { return !sales.Valid.Get(row) },
		"missing=sales@2019&missing=registered_on": func(row int) bool { return !older.Valid.Get(row) && !on.Valid.Get(row) },
		"missing=district":                         func(row int) bool { return word("district", row) == "" },
		"missing=address":                          func(row int) bool { return !table.Texts[col.Key{Attr: "address"}].Get(row) },
		"id=" + strconv.FormatInt(table.Subjects[7], 10) + "&id=" + strconv.FormatInt(table.Subjects[9], 10): func(row int) bool { return row == 7 || row == 9 },
		"v.tsme=unmet&in=120116&missing=zone": func(row int) bool {
			return tsme.Unmet.Get(row) && word("district", row) == "120116" && word("zone", row) == ""
		},
		// as they are besides
		"in=120116&in=120101":                           func(row int) bool { w := word("district", row); return w == "120116" || w == "120101" },
		"c.district=120116":                             func(row int) bool { return word("district", row) == "120116" },
		"in=120116&missing=district":                    func(row int) bool { w := word("district", row); return w == "120116" || w == "" },
		"industry=73&c.industry=7340":                   func(row int) bool { return word("industry", row) == "7340" },
		"industry=73&t.industry=34":                     func(row int) bool { return word("industry", row) == "7340" },
		"in=120116&t.district=" + url.QueryEscape("和平"): func(int) bool { return false },
		"v.tsme=met&v.tsme=near":                        func(row int) bool { return tsme.Met.Get(row) || tsme.Near.Get(row) },
		"from.sales=500":                                func(row int) bool { return sales.Valid.Get(row) && sales.Val[row] >= yuan500 },
		"from.sales@2020=500万元":                         func(row int) bool { return sales.Valid.Get(row) && sales.Val[row] >= yuan500 },
		"from.sales=0.05&unit=yi":                       func(row int) bool { return sales.Valid.Get(row) && sales.Val[row] >= yuan500 },
		"from.sales=5,000,000&unit=yuan":                func(row int) bool { return sales.Valid.Get(row) && sales.Val[row] >= yuan500 },
		"to.sales@2019=500":                             func(row int) bool { return older.Valid.Get(row) && older.Val[row] <= yuan500 },
		"to.sales=500&missing=sales":                    func(row int) bool { return !sales.Valid.Get(row) || sales.Val[row] <= yuan500 },
		"from.registered_on=2015-01-01&to.registered_on=2018-12-31": func(row int) bool {
			return on.Valid.Get(row) && on.Val[row] >= 16436 && on.Val[row] <= 17896
		},
		"b.abnormal_list=no":                        func(row int) bool { return abnormal.Valid.Get(row) && !abnormal.Val.Get(row) },
		"b.abnormal_list=no&b.abnormal_list=yes":    abnormal.Valid.Get,
		"b.abnormal_list=yes&missing=abnormal_list": func(row int) bool { return !abnormal.Valid.Get(row) || abnormal.Val.Get(row) },
		"from.s.tsme=60":                            func(row int) bool { return tsme.ScoreLow[row] >= 60 },
		"t.industry=" + url.QueryEscape("软件"):       func(row int) bool { return strings.HasPrefix(word("industry", row), "I65") },
	} {
		want := 0
		for row := range table.N {
			if fits(row) {
				want++
			}
		}
		for _, path := range []string{"/enterprises", "/enterprises.xlsx"} {
			w := get(h, path+"?lang=zh-CN&"+address)
			if w.Code != 200 {
				t.Errorf("%s?%s answers %d: %s", path, address, w.Code, text(one(t, parse(t, w.Body.String()), "main")))
				continue
			}
			if path == "/enterprises" {
				if got := text(one(t, parse(t, w.Body.String()), "h1")); got != figure.Num(want)+" 家企业" {
					t.Errorf("%s?%s: %q, want %d", path, address, got, want)
				}
			}
		}
	}
	for address, status := range map[string]int{
		"from.sales=x": 422, "from.registered_on=never": 422, "b.abnormal_list=perhaps": 422, "b.staff=yes": 422, "from.district=1": 422, "c.staff=1": 422, "t.phone=138": 422, "from.s.tsme=x": 422,
		"missing=phone": 200, "sort=address": 200, "sort=v.tsme": 200, "sort=-s.tsme": 200, "sort=o.tsme": 200, "in=1": 404, "zone=none": 404, "col=phone": 200, "col=-": 200,
	} {
		if w := get(h, "/enterprises?"+address); w.Code != status {
			t.Errorf("%s answers %d, want %d", address, w.Code, status)
		}
	}
}
