package web

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"eyas/internal/figure"
	"eyas/internal/rule/col"
	"eyas/internal/web/city"
)

// A scope rules the list, its file, the ladder, the lab and the search as a date does: what each says of a district is what the
// table holds of it, and every link carries it.
func TestScopeRulesEveryPage(t *testing.T) {
	d, f := rig(t, 500)
	h := handler(t, d)
	c := city.New(d.Pack)
	var whole, part whatIfAnswer
	if err := json.Unmarshal(get(h, "/lab/what-if?rule=tsme&set=score.pass%3D40").Body.Bytes(), &whole); err != nil {
		t.Fatal(err)
	}
	for _, scope := range []string{"120116", "120110", "group:inner"} {
		rows := c.RowsIn(f.t, city.ParsePlace(scope))
		n := rows.Count()
		if n == 0 || n == f.t.N {
			t.Fatalf("%s has %d rows", scope, n)
		}
		carry := "scope=" + url.QueryEscape(scope)
		list := parse(t, get(h, "/enterprises?lang=en&"+carry).Body.String())
		if got := text(one(t, list, "h1")); got != figure.Num(n)+" enterprises" {
			t.Errorf("%s: the list says %q, want %d", scope, got, n)
		}
		for _, selector := range []string{"nav.rail a", "table.list tbody th a", "thead th a"} {
			if href := attr(find(list, selector)[0], "href"); !strings.Contains(href, carry) {
				t.Errorf("%s: %s forgets the scope: %s", scope, selector, href)
			}
		}
		ladder := parse(t, get(h, "/?lang=en&"+carry).Body.String())
		if got := text(find(ladder, "h1 a")[0]); got != figure.Num(n) {
			t.Errorf("%s: the ladder counts %s, want %d", scope, got, n)
		}
		behind := parse(t, get(h, attr(find(ladder, "table.funnel td.n a")[0], "href")).Body.String())
		if met, got := text(find(ladder, "table.funnel td.n a")[0]), text(one(t, behind, "h1")); !strings.HasPrefix(got, met+" ") {
			t.Errorf("%s: %s are met, the list says %q", scope, met, got)
		}
		if err := json.Unmarshal(get(h, "/lab/what-if?rule=tsme&set=score.pass%3D40&"+carry).Body.Bytes(), &part); err != nil {
			t.Fatal(err)
		}
		sum := tallyOf{}
		for _, x := range whole.Districts {
			if o := c.Org[x.Code]; o != nil && (x.Code == scope || scope == "group:inner" && strings.HasPrefix(x.Code, "12010")) {
				sum.Before, sum.After, sum.Entered, sum.Left = sum.Before+x.Before, sum.After+x.After, sum.Entered+x.Entered, sum.Left+x.Left
			}
		}
		if part.Before.Met != sum.Before || part.After.Met != sum.After || part.Entered != sum.Entered || part.Left != sum.Left {
			t.Errorf("%s: the lab says %+v, its districts %+v", scope, part, sum)
		}
		book, err := excelize.OpenReader(get(h, "/enterprises.xlsx?"+carry).Body)
		if err != nil {
			t.Fatal(err)
		}
		if lines, _ := book.GetRows(book.GetSheetName(0)); len(lines) < n || len(lines) > n+8 {
			t.Errorf("%s: the file has %d lines for %d rows", scope, len(lines), n)
		}
		name := string(f.t.Names.At(firstRow(rows)))
		if got := len(find(parse(t, get(h, "/search?part=1&"+carry+"&q="+url.QueryEscape(name)).Body.String()), "[data-hit] mark")); got == 0 {
			t.Errorf("%s: %s is not found in its own scope", scope, name)
		}
		other := firstRow(not(rows, f.t.N))
		outside := parse(t, get(h, "/search?lang=en&"+carry+"&q="+string(f.t.Codes.At(other))).Body.String())
		if got := find(outside, ".hits mark"); len(got) > 0 {
			t.Errorf("%s: what lies outside is found: %v", scope, texts(got))
		}
	}
	// A filter of the page works within the scope.
	if got := text(one(t, parse(t, get(h, "/enterprises?lang=en&scope=120110&in=120116").Body.String()), "h1")); got != "0 enterprises" {
		t.Errorf("another district within a scope: %q", got)
	}
	w := get(h, "/enterprises?lang=en&scope=999")
	if doc := parse(t, w.Body.String()); w.Code != 404 || text(one(t, doc, "h1")) != "500 enterprises" || !strings.Contains(text(one(t, doc, "[data-notice]")), "999") {
		t.Errorf("a part that the city does not have: %d %s", w.Code, text(one(t, doc, "main")))
	}
}

type tallyOf struct {
	Code                         string
	Before, After, Entered, Left int
}

type whatIfAnswer struct {
	Before, After struct{ Met int }
	Entered, Left int
	Districts     []tallyOf
}

func firstRow(rows col.Bitmap) (first int) {
	first = -1
	rows.Each(func(row int) {
		if first < 0 {
			first = row
		}
	})
	return first
}

func not(rows col.Bitmap, n int) col.Bitmap {
	rest := col.All(n)
	rest.AndNot(rows)
	return rest
}

// A zone narrows a register that says zones, gives the district of one that says districts only, and says so where a register
// says neither.
func TestScopeOfAZone(t *testing.T) {
	d := town(t)
	h := handler(t, d)
	_, table, err := mainBase(d).Outcomes(t.Context(), d.Clock(), nil)
	if err != nil {
		t.Fatal(err)
	}
	zones := table.Dicts[col.Key{Attr: "zone"}]
	count := map[string]int{}
	for row := range table.N {
		count[zones.Words[zones.Val[row]]]++
	}
	checked := 0
	for id, n := range count {
		if o := d.Pack.Orgs.ByID(id); o == nil || !o.IsPark() && o.Parent == "120000" {
			continue
		}
		checked++
		if got := text(one(t, parse(t, get(h, "/enterprises?scope="+id).Body.String()), "h1")); got != strconv.Itoa(n)+" 家企业" {
			t.Errorf("%s: %q, want %d", id, got, n)
		}
	}
	if checked == 0 {
		t.Error("no enterprise lies in a zone")
	}
	for at, want := range map[string]string{"/registers/institution?scope=teda": "滨海新区", "/registers/finance_product?scope=teda": "没有登记所在的区", "/links?scope=teda": "不分区"} {
		if got := text(one(t, parse(t, get(h, at).Body.String()), ".band-scope")); !strings.Contains(got, want) {
			t.Errorf("%s says %q", at, got)
		}
	}
	within := text(one(t, parse(t, get(h, "/registers/institution?scope=120116").Body.String()), "h1"))
	if got := text(one(t, parse(t, get(h, "/registers/institution?scope=teda").Body.String()), "h1")); got != within {
		t.Errorf("institutions of a zone: %q, of its district: %q", got, within)
	}
}

// The day of a page counts the subjects that there were: the list, its file, the ladder and the register's line agree; a search
// still finds one that came later, and its page says why it is not counted.
func TestNotCountedBeforeItsFirstDay(t *testing.T) {
	d, f := rig(t, 400)
	h := handler(t, d)
	begins := f.t.Dates[col.Key{Attr: d.Pack.Main().BeginsAttr}]
	day := time.Date(2018, 6, 30, 0, 0, 0, 0, time.UTC)
	n, later := 0, -1
	for row := range f.t.N {
		switch {
		case !begins.Valid.Get(row) || int64(begins.Val[row]) <= day.Unix()/86400:
			n++
		case len(f.t.Codes.At(row)) > 0:
			later = row
		}
	}
	if n == 0 || later < 0 {
		t.Fatalf("%d rows began by the day, %d later", n, later)
	}
	on := "date=" + day.Format(time.DateOnly) + "&lang=en"
	if got := text(one(t, parse(t, get(h, "/enterprises?"+on).Body.String()), "h1")); got != figure.Num(n)+" enterprises" {
		t.Errorf("the list says %q, want %d", got, n)
	}
	if got := text(find(parse(t, get(h, "/?"+on).Body.String()), "h1 a")[0]); got != figure.Num(n) {
		t.Errorf("the ladder counts %s, want %d", got, n)
	}
	code := string(f.t.Codes.At(later))
	if got := get(h, "/search?q="+code+"&"+on).Body.String(); !strings.Contains(got, code) {
		t.Error("a search does not find what came later")
	}
	if got := text(one(t, parse(t, get(h, "/enterprises/"+code+"?"+on).Body.String()), "p.stands")); !strings.Contains(got, "Lists and numbers of this day leave it out") {
		t.Errorf("its page says %q", got)
	}
	if got := text(one(t, parse(t, get(h, "/enterprises/"+code+"?lang=en").Body.String()), "p.stands")); strings.Contains(got, "leave it out") {
		t.Errorf("today its page says %q", got)
	}
}
