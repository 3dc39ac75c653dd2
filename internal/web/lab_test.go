package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"eyas/internal/rule"
	"eyas/internal/rule/col"

	"pgregory.net/rapid"
)

const labAddress = "/lab?rule=tsme&date=2021-03-31"

func TestLabPage(t *testing.T) {
	h, _ := labHandler(t, 2000)
	for lang, c := range map[string]struct{ name, article string }{"zh-CN": {"国家科技型中小企业", "职工总数上限"}, "en": {"Technology-based SME", "Most staff"}} {
		w := get(h, labAddress+"&set=score.pass=30&set=sales.max=5亿元&lang="+lang)
		if w.Code != 200 {
			t.Fatalf("%s: %d %s", lang, w.Code, w.Body)
		}
		if !strings.HasPrefix(w.Header().Get("Server-Timing"), "lab;dur=") {
			t.Errorf("Server-Timing %q", w.Header().Get("Server-Timing"))
		}
		doc := parse(t, w.Body.String())
		if got := text(one(t, doc, ".lab-tabs a[aria-current=true]")); got != c.name {
			t.Errorf("%s: tab %q", lang, got)
		}
		if !strings.Contains(text(one(t, doc, "form.lab-numbers")), c.article) {
			t.Errorf("%s: no %q", lang, c.article)
		}
		if got := len(find(doc, ".lab-number")); got != 6 {
			t.Errorf("%d sliders", got)
		}
		if got := len(find(doc, ".lab-number.moved")); got != 2 {
			t.Errorf("%d moved sliders", got)
		}
		if got := attr(one(t, doc, "#n-sales-max"), "value"); got != "5" {
			t.Errorf("sales.max is %q 亿元", got)
		}
		for _, area := range find(doc, "path.area") {
			if attr(area, "d") == "" || attr(area, "style") != "" {
				t.Error("an area without outline, or with a style of its own")
			}
		}
		if got := len(find(doc, "path.area")); got != 16+6 {
			t.Errorf("%d areas", got)
		}
		if len(find(doc, "svg.map")) != 1 || !strings.Contains(w.Body.String(), map[string]string{"zh-CN": "示意图", "en": "sketch"}[lang]) {
			t.Error("no map, or it does not say that it is a sketch")
		}
		if got := len(find(doc, ".lab-group .status-modelled")); got != 1 {
			t.Errorf("%d groups are marked as modelled", got)
		}
	}
}

// What the page shows, what its script gets and what the rules say are the same figures, and they add up.
func TestWhatIfAddsUp(t *testing.T) {
	h, d := labHandler(t, 3000)
	table := mainBase(d).(tableBase).table
	rapid.Check(t, func(t *rapid.T) {
		q := url.Values{"rule": {"tsme"}, "date": {"2021-03-31"}}
		numbers := map[string]float64{}
		if rapid.Bool().Draw(t, "pass") {
			v := rapid.IntRange(0, 100).Draw(t, "score.pass")
			q.Add("set", fmt.Sprintf("score.pass=%d", v))
			numbers["score.pass"] = float64(v)
		}
		if rapid.Bool().Draw(t, "sales") {
			v := rapid.IntRange(1, 500).Draw(t, "sales.max")
			q.Add("set", fmt.Sprintf("sales.max=%d万元", 100*v))
			numbers["sales.max"] = float64(v) * 1e8
		}
		if rapid.Bool().Draw(t, "assume") {
			q.Set("assume", "abnormal_list")
		}
		if rapid.Bool().Draw(t, "open") {
			q.Add("open", "staff.max")
		}
		w := get(h, "/lab/what-if?"+q.Encode())
		var got moved
		if err := json.Unmarshal(w.Body.Bytes(), &got); w.Code != 200 || err != nil {
			t.Fatalf("%d %v %s", w.Code, err, w.Body)
		}
		opt := rule.Options{Date: date(2021, 3, 31)}
		if q.Get("assume") != "" {
			opt.Assume = []string{"abnormal_list"}
		}
		want, err := d.Rules.WhatIf(table, opt, "tsme", numbers)
		if err != nil {
			t.Fatal(err)
		}
		if got.Before != want.Before || got.After != want.After || got.Entered != want.Entered.Count() || got.Left != want.Left.Count() {
			t.Fatalf("got %+v, want %+v → %+v", got, want.Before, want.After)
		}
		for name, tallies := range map[string][]movedOf{"districts": got.Districts, "industries": got.Industries} {
			var sum movedOf
			for _, c := range tallies {
				sum.Before, sum.After, sum.Entered, sum.Left = sum.Before+c.Before, sum.After+c.After, sum.Entered+c.Entered, sum.Left+c.Left
				if c.Before+c.Entered-c.Left != c.After || c.Before < 0 {
					t.Fatalf("%s: %+v", name, c)
				}
			}
			if sum.Before != got.Before.Met || sum.After != got.After.Met || sum.Entered != got.Entered || sum.Left != got.Left {
				t.Fatalf("%s add up to %+v, the whole is %+v", name, sum, got)
			}
		}
	})
}

func TestLabLists(t *testing.T) {
	h, d := labHandler(t, 3000)
	table := mainBase(d).(tableBase).table
	address := labAddress + "&set=score.pass=30"
	var answer moved
	if err := json.Unmarshal(get(h, strings.Replace(address, "/lab", "/lab/what-if", 1)).Body.Bytes(), &answer); err != nil || answer.Entered == 0 {
		t.Fatalf("%+v %v", answer, err)
	}
	doc := parse(t, get(h, address).Body.String())
	for _, link := range find(doc, ".lab-answer a") {
		page := get(h, attr(link, "href"))
		if page.Code != 200 {
			t.Fatalf("%s: %d", attr(link, "href"), page.Code)
		}
		if got := text(one(t, parse(t, page.Body.String()), "h1")); !strings.Contains(got, text(link)+" 家") {
			t.Errorf("%q does not have the %s of the headline", got, text(link))
		}
	}
	// Every district's list has as many rows as its figure, all of that district; pages go to the end.
	seen := 0
	for _, c := range answer.Districts {
		next := address + "&who=entered&district=" + url.QueryEscape(c.Code)
		next = strings.Replace(next, "/lab?", "/lab/list?", 1)
		n := 0
		for next != "" {
			page := parse(t, get(h, next).Body.String())
			rows := find(page, "table.list tbody th[scope=row]")
			n += len(rows)
			next = ""
			for _, a := range find(page, ".pager a[rel=next]") {
				next = attr(a, "href")
			}
		}
		if n != c.Entered {
			t.Errorf("district %s lists %d, the table says %d", c.Code, n, c.Entered)
		}
		seen += n
	}
	if seen != answer.Entered {
		t.Errorf("%d rows in all districts' lists, %d entered", seen, answer.Entered)
	}
	w := get(h, strings.Replace(address, "/lab?", "/lab/list.xlsx?", 1)+"&who=entered")
	x := readExport(t, w, "")
	if len(x.rows) != answer.Entered {
		t.Fatalf("%d rows exported; want %d", len(x.rows), answer.Entered)
	}
	if at := rowNamed(table, x.rows[0][0]); !bytes.Equal([]byte(x.rows[0][0]), table.Names.At(at)) || x.rows[0][1] != string(table.Codes.At(at)) {
		t.Errorf("first row %v", x.rows[0])
	}
	for _, bad := range []string{"&who=all", "&set=score.pass=x"} {
		if w := get(h, strings.Replace(labAddress, "/lab?", "/lab/list?", 1)+bad); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
}

func rowNamed(t *col.Table, name string) int {
	for i := range t.N {
		if string(t.Names.At(i)) == name {
			return i
		}
	}
	return 0
}

func TestLabWithoutScript(t *testing.T) {
	h, _ := labHandler(t, 100)
	w := get(h, labAddress+"&form=1&n.score.pass=55&n.sales.max=2&n.staff.max=&n.share.min=12.5&assume=abnormal_list")
	want := "/lab?assume=abnormal_list&date=2021-03-31&rule=tsme&set=score.pass%3D55&set=share.min%3D12.5%25"
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
		t.Errorf("%d %s, want %s", w.Code, w.Header().Get("Location"), want)
	}
	doc := parse(t, get(h, want).Body.String())
	if got := text(one(t, doc, ".lab-top .assumed")); !strings.Contains(got, "经营异常名录") {
		t.Errorf("the assumption is not named beside the count: %q", got)
	}
}

func TestLabSaysWhatItCannotAnswer(t *testing.T) {
	h, _ := labHandler(t, 100)
	for address, c := range map[string]struct {
		status int
		says   string
	}{
		"/lab?rule=tsme&date=2010-01-01":      {http.StatusUnprocessableEntity, "2017-05-03"},
		"/lab?rule=eaglet&date=2021-08-01":    {http.StatusUnprocessableEntity, ""},
		"/lab?rule=cats":                      {http.StatusNotFound, "cats"},
		"/lab?rule=tsme&date=2021-13-01":      {http.StatusUnprocessableEntity, "2021-13-01"},
		labAddress + "&set=score.pass=hoch":   {http.StatusOK, "hoch"},
		labAddress + "&set=no.number=1":       {http.StatusOK, "no.number"},
		"/lab/curve?rule=tsme&number=nothing": {http.StatusNotFound, "nothing"},
	} {
		w := get(h, address)
		if w.Code != c.status && !(c.status == http.StatusUnprocessableEntity && w.Code == http.StatusNotFound) || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %d, want %d and %q", address, w.Code, c.status, c.says)
		}
	}
	// The list of recognitions stays, so that another can be chosen.
	doc := parse(t, get(h, "/lab?rule=tsme&date=2010-01-01").Body.String())
	if len(find(doc, ".lab-tabs a")) != 2 || len(find(doc, ".errors")) != 1 {
		t.Error("no way on from a day without law")
	}
	if w := get(h, "/lab/what-if?rule=tsme&date=2021-03-31&set=score.pass=hoch"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("what-if with a figure that cannot be read: %d", w.Code)
	}
}

func TestCurve(t *testing.T) {
	h, d := labHandler(t, 2000)
	base := "/lab/curve?rule=tsme&date=2021-03-31&number=score.pass&set=score.pass=30"
	doc := parse(t, get(h, base).Body.String())
	rows := find(doc, "table.curve-table tbody tr")
	last := 1 << 30
	for _, row := range rows {
		var value, met int
		fmt.Sscan(text(find(row, "td.n")[0]), &value)
		fmt.Sscan(strings.ReplaceAll(text(find(row, "td.n")[1]), ",", ""), &met)
		if met > last {
			t.Fatalf("a higher pass mark lets more in: %d at %d", met, value)
		}
		last = met
		want, err := d.Rules.WhatIf(mainBase(d).(tableBase).table, rule.Options{Date: date(2021, 3, 31)}, "tsme", map[string]float64{"score.pass": float64(value)})
		if err != nil || want.After.Met != met {
			t.Errorf("at %d the curve says %d, the what-if %d (%v)", value, met, want.After.Met, err)
		}
	}
	if now := find(doc, "tr.now td.n"); len(now) != 2 || text(now[0]) != "30" {
		t.Errorf("now: %v", texts(now))
	}
	part := get(h, base+"&part=1").Body.String()
	if strings.Contains(part, "<html") || len(find(parse(t, part), "svg.curve")) != 1 {
		t.Error("the part is not the picture alone")
	}
}

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// moved and movedOf are what a script reads of an answer of the lab.
type moved struct {
	Before, After         rule.Count
	Entered, Left         int
	Districts, Industries []movedOf
}

type movedOf struct {
	Code                         string
	Before, After, Entered, Left int
}
