package web

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"eyas/internal/figure"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// The lists of the lab are searched, filtered, sorted, given columns and exported as those of registers are, and stay lists of the trial.
func TestLabListIsAList(t *testing.T) {
	h, d := labHandler(t, 3000)
	table := mainBase(d).(tableBase).table
	const trial = "rule=tsme&date=2021-03-31&set=score.pass=30&set=sales.max=5亿元&lang=zh-CN&who=entered"
	want, err := d.Rules.WhatIf(table, rule.Options{Date: date(2021, 3, 31)}, "tsme", map[string]float64{"score.pass": 30, "sales.max": 5e10})
	if err != nil {
		t.Fatal(err)
	}
	word := func(attr string, row int) string {
		d := table.Dicts[col.Key{Attr: attr}]
		return d.Words[d.Val[row]]
	}
	sales := table.Nums[col.Key{Attr: "sales", Year: 2020}]
	first := -1
	want.Entered.Each(func(row int) {
		if first < 0 && sales.Valid.Get(row) {
			first = row
		}
	})
	outside := -1
	for row := range table.N {
		if outside < 0 && !want.Entered.Get(row) {
			outside = row
		}
	}
	id := func(row int) string { return fmt.Sprint(table.Subjects[row]) }
	district := word("district", first)
	was, err := d.Rules.Screen(table, rule.Options{Date: date(2021, 3, 31)}, "tsme")
	if err != nil {
		t.Fatal(err)
	}
	for query, fits := range map[string]func(row int) bool{
		"":                                       func(int) bool { return true },
		"&page=99":                               func(int) bool { return true },
		"&district=" + district:                  func(row int) bool { return word("district", row) == district },
		"&in=" + district:                        func(row int) bool { return word("district", row) == district },
		"&from.sales=20000":                      func(row int) bool { return sales.Valid.Get(row) && sales.Val[row] >= 2e10 },
		"&from.sales=2&unit=yi":                  func(row int) bool { return sales.Valid.Get(row) && sales.Val[row] >= 2e10 },
		"&v.tsme=unmet":                          was[0].Unmet.Get, // by the law's numbers
		"&text=" + string(table.Codes.At(first)): func(row int) bool { return row == first },
		"&id=" + id(first) + "&id=" + id(outside): func(row int) bool { return row == first },
		"&district=" + district + "&from.sales=20000&sort=-sales": func(row int) bool {
			return word("district", row) == district && sales.Valid.Get(row) && sales.Val[row] >= 2e10
		},
	} {
		var names []string
		want.Entered.Each(func(row int) {
			if fits(row) {
				names = append(names, string(table.Names.At(row)))
			}
		})
		w := get(h, "/lab/list?"+trial+query)
		if w.Code != 200 {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
			continue
		}
		page := parse(t, w.Body.String())
		if got := text(one(t, page, "h1 .num")); got != figure.Num(len(names))+" 家" {
			t.Errorf("%s: %q, want %d", query, got, len(names))
		}
		if rows := len(find(page, "table.list tbody th[scope=row]")); rows == 0 != (len(names) == 0) {
			t.Errorf("%s: %d rows of %d", query, rows, len(names))
		}
		x := readExport(t, get(h, attr(exportLink(t, page), "href")), "")
		var got []string
		for _, r := range x.rows {
			got = append(got, r[0])
		}
		slices.Sort(names)
		slices.Sort(got)
		if !slices.Equal(got, names) {
			t.Errorf("%s: the file has %d rows, want %d", query, len(got), len(names))
		}
	}

	// What the filters, the picked rows and the file are sent with is the same trial.
	page := parse(t, get(h, "/lab/list?"+trial+"&district="+district+"&from.sales=1").Body.String())
	for _, form := range []string{"form#filters", "form#select"} {
		sent := url.Values{}
		for _, field := range find(one(t, page, form), "input[type=hidden]") {
			sent.Add(attr(field, "name"), attr(field, "value"))
		}
		if sets := sent["set"]; !slices.Equal(sets, []string{"sales.max=5亿元", "score.pass=30"}) {
			t.Errorf("%s sends the numbers %q", form, sets)
		}
		for name, value := range map[string]string{"rule": "tsme", "date": "2021-03-31", "who": "entered", "district": district} {
			if got := sent[name]; !slices.Equal(got, []string{value}) {
				t.Errorf("%s sends %s=%q", form, name, got)
			}
		}
	}
	picked := url.Values{}
	for _, field := range find(one(t, page, "form#select"), "input[type=hidden]") {
		picked.Add(attr(field, "name"), attr(field, "value"))
	}
	picked["id"] = []string{id(first), id(outside)}
	if x := readExport(t, get(h, attr(one(t, page, "form#select"), "action")+"?"+picked.Encode()), ""); len(x.rows) != 1 || x.rows[0][0] != string(table.Names.At(first)) {
		t.Errorf("picked: %q", x.rows)
	}

	// Fields of the form of the lab, as it is sent without script, mean the numbers and are no filters.
	w := get(h, "/lab/list?rule=tsme&date=2021-03-31&n.score.pass=30&n.sales.max=5&lang=zh-CN&who=entered")
	if w.Code != 200 {
		t.Fatalf("fields of the form: %d", w.Code)
	}
	if got := text(one(t, parse(t, w.Body.String()), "h1 .num")); got != figure.Num(want.Entered.Count())+" 家" {
		t.Errorf("fields of the form: %q, want %d", got, want.Entered.Count())
	}
}

// Columns are remembered for each list of the lab, and the file has those of the page.
func TestLabListColumns(t *testing.T) {
	h, _ := labHandler(t, 500)
	const list = "/lab/list?rule=tsme&date=2021-03-31&set=score.pass=30&lang=en&who="
	heads := func(page *html.Node) string { return strings.Join(texts(find(page, "table.list thead th a")), "|") }
	w := get(h, list+"entered&col=v.tsme&col=staff@2019")
	chosen := heads(parse(t, w.Body.String()))
	if want := "Name|Technology-based SME (in force)|2019 staff"; chosen != want {
		t.Errorf("heads %q, want %q", chosen, want)
	}
	cookie := w.Header().Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "cols-lab-enterprise-entered=v.tsme|staff@2019;") {
		t.Errorf("remembered: %q", cookie)
	}
	cookie, _, _ = strings.Cut(cookie, ";")
	if got := heads(parse(t, get(h, list+"entered", "Cookie", cookie).Body.String())); got != chosen {
		t.Errorf("the next visit has %q", got)
	}
	usual := heads(parse(t, get(h, list+"left").Body.String()))
	if got := heads(parse(t, get(h, list+"left", "Cookie", cookie).Body.String())); got != usual || got == chosen {
		t.Errorf("another list has %q, want %q", got, usual)
	}
	x := readExport(t, get(h, strings.Replace(list, "/list?", "/list.xlsx?", 1)+"entered", "Cookie", cookie), "")
	if got := strings.Join(x.head, "|"); got != "Name|Uscc|Technology-based SME (in force) [not imported]|2019 staff" {
		t.Errorf("the file has %q", got)
	}
	for query, status := range map[string]int{"&col=none": 200, "&sort=none": 422, "&c.none=1": 422, "&from.sales=x": 422, "&in=1": 404, "&n.none=1": 200, "&page=x": 422} {
		if w := get(h, list+"entered"+query); w.Code != status {
			t.Errorf("%s answers %d, want %d", query, w.Code, status)
		}
	}
}

// exportLink is the button that exports the list of a page.
func exportLink(t *testing.T, page *html.Node) *html.Node {
	t.Helper()
	for _, a := range find(page, ".actions a.button") {
		if strings.HasPrefix(attr(a, "href"), "/lab/list.xlsx?") {
			return a
		}
	}
	t.Fatal("no link to the export")
	return nil
}
