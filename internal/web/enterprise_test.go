package web

import (
	"net/url"
	"strings"
	"testing"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/rule/col"
)

func TestEnterpriseList(t *testing.T) {
	d, _ := rig(t, 300)
	h := handler(t, d)
	doc := parse(t, get(h, "/enterprises?lang=en&v.tsme=near&sort=-sales").Body.String())
	if got := len(find(doc, "table.list tbody tr")); got != 50 {
		t.Errorf("%d rows on a page", got)
	}
	var verdicts []string
	for _, td := range find(doc, "table.list td") {
		if attr(td, "data-label") == "Technology-based SME" {
			verdicts = append(verdicts, text(td))
		}
	}
	if len(verdicts) != 50 {
		t.Errorf("%d verdicts", len(verdicts))
	}
	for _, v := range verdicts {
		if v != "One short" {
			t.Errorf("a row is %q", v)
		}
	}
	if got := texts(find(doc, ".chips a")); len(got) != 1 || !strings.Contains(got[0], "Technology-based SME: One short") {
		t.Errorf("chips %q", got)
	}
	sorted := ""
	for _, th := range find(doc, "th[aria-sort]") {
		sorted += text(find(th, "a")[0]) + attr(th, "aria-sort")
	}
	if sorted != "2020 sales ↓descending" {
		t.Errorf("sorted: %q", sorted)
	}
	second := attr(find(doc, "a[rel=next]")[0], "href")
	if !strings.Contains(second, "v.tsme=near") || !strings.Contains(second, "sort=-sales") || !strings.Contains(second, "page=2") {
		t.Errorf("the next page forgets: %s", second)
	}
}

func TestEnterpriseListRefusesNonsense(t *testing.T) {
	d, _ := rig(t, 20)
	h := handler(t, d)
	for q, want := range map[string]int{
		"v.none=met": 422, "v.tsme=maybe": 422, "only.tsme=nothing": 422, "missing=none": 422, "missing=staff@x": 422, "missing=district@2020": 422,
		"sort=none": 422, "id=x": 422, "in=1": 404, "zone=none": 404, "date=x": 422, "assume=staff": 422,
		"page=999": 200, "page=-1": 422, "page=x": 422, "col=none": 200, "unit=x": 422, "v.tsme=": 200, "text=%00%ff": 422,
	} {
		if w := get(h, "/enterprises?"+q); w.Code != want {
			t.Errorf("%s answers %d, want %d", q, w.Code, want)
		}
	}
}

// Columns and the money unit are taken from the address, remembered, and left again.
func TestEnterpriseColumns(t *testing.T) {
	d, _ := rig(t, 20)
	h := handler(t, d)
	heads := func(url string, cookies ...string) (heads []string, set string) {
		w := get(h, url, "Cookie", strings.Join(cookies, "; "))
		for _, th := range find(parse(t, w.Body.String()), "table.list thead th") {
			if links := find(th, "a"); len(links) > 0 {
				heads = append(heads, text(links[0]))
			}
		}
		return heads, strings.Join(w.Header().Values("Set-Cookie"), "\n")
	}
	got, set := heads("/enterprises?lang=en&col=code&col=staff@2019&col=sales&unit=yi")
	if want := "Name,Uscc,2019 staff,2020 sales"; strings.Join(got, ",") != want {
		t.Errorf("heads %q, want %q", got, want)
	}
	if !strings.Contains(set, "cols=code|staff@2019|sales;") || !strings.Contains(set, "unit=yi;") {
		t.Errorf("not remembered: %s", set)
	}
	if again, _ := heads("/enterprises?lang=en", "cols=code|staff@2019|sales"); strings.Join(again, ",") != strings.Join(got, ",") {
		t.Errorf("remembered columns give %q", again)
	}
	if _, set := heads("/enterprises?lang=en&col=-", "cols=code"); !strings.Contains(set, "cols=;") {
		t.Errorf("the usual columns do not come back: %s", set)
	}
}

func TestEnterpriseExport(t *testing.T) {
	d, f := rig(t, 120)
	f.rename = nil
	h := handler(t, d)
	page := parse(t, get(h, "/enterprises?lang=en&v.eaglet=met&col=code&col=sales&col=v.eaglet").Body.String())
	var links []string
	for _, a := range find(page, ".actions a") {
		if strings.HasPrefix(attr(a, "href"), "/enterprises.xlsx") {
			links = append(links, attr(a, "href"))
		}
	}
	if len(links) != 2 {
		t.Fatalf("links to files: %q", links)
	}
	if w := get(h, links[1]); !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") || !strings.Contains(w.Body.String(), "Name,Uscc,2020 sales（10k yuan）,Eaglet [not imported]\n") {
		t.Errorf("the link to the CSV gives %s: %.200s", w.Header().Get("Content-Type"), w.Body)
	}
	x := readExport(t, get(h, links[0]), "Enterprises")
	if x.above[0] != "Enterprises" || !strings.Contains(x.above[1], "2021-03-31") || !strings.Contains(x.above[2], "Eaglet: Met") ||
		strings.Join(x.head, "|") != "Name|Uscc|2020 sales（10k yuan）|Eaglet [not imported]" {
		t.Errorf("notes and head: %q %q", x.above, x.head)
	}
	total := strings.Fields(text(one(t, page, "h1")))[0]
	if figure.Num(len(x.rows)) != total {
		t.Errorf("%d rows, the page says %s", len(x.rows), total)
	}
	for _, r := range x.rows {
		if len(r) != 4 || r[3] != "Met" {
			t.Errorf("row %q", r)
		}
	}
	ids := attr(find(page, "td.pick input")[0], "value") + "&id=" + attr(find(page, "td.pick input")[2], "value")
	if x = readExport(t, get(h, "/enterprises.xlsx?lang=en&id="+ids), "Enterprises"); len(x.rows) != 2 {
		t.Errorf("selected rows: %d", len(x.rows))
	}
}

func TestEnterprisePage(t *testing.T) {
	d, f := rig(t, 60)
	h := handler(t, d)
	code := string(f.t.Codes.At(3))
	doc := parse(t, get(h, "/enterprises/"+code+"?lang=en&rule=tsme").Body.String())
	if got := text(one(t, doc, "h1")); got != string(f.t.Names.At(3)) {
		t.Errorf("headline %q", got)
	}
	if got := len(find(doc, ".standing li")); got != 2 {
		t.Errorf("%d cards", got)
	}
	if got := find(doc, "details.recognition[open]"); len(got) != 1 || attr(got[0], "id") != "rule-tsme" {
		t.Errorf("not the asked recognition is open")
	}
	tsme := one(t, doc, "#rule-tsme")
	if got := len(find(tsme, "tbody.criterion")); got != 5 {
		t.Errorf("%d criteria", got)
	}
	for _, body := range find(tsme, "tbody.criterion") {
		if len(find(body, ".verdict")) == 0 {
			t.Errorf("no verdict: %q", text(body))
		}
	}
	if got := texts(find(tsme, ".status-modelled")); len(got) != 1 {
		t.Errorf("the modelled criterion is not marked once: %q", got)
	}
	source := find(tsme, "td.from a")[0]
	if !strings.Contains(text(source), "2020年报.xlsx · 企业 · ") {
		t.Errorf("source %q", text(source))
	}
	row := parse(t, get(h, attr(source, "href")).Body.String())
	if got := text(one(t, row, "h1")); got != "2020年报.xlsx, row 17" {
		t.Errorf("source row %q", got)
	}
	if got := len(find(doc, "#conflicts tbody tr")); got == 0 {
		t.Error("values on which sources differ are not shown")
	}
	if w := get(h, "/enterprises/s-3?lang=en"); w.Code != 200 {
		t.Errorf("by number: %d", w.Code)
	}
	for _, none := range []string{"/enterprises/91120000000000000X", "/enterprises/s-99999", "/enterprises/s-x", "/records/99", "/records/x"} {
		if w := get(h, none); w.Code != 404 {
			t.Errorf("%s answers %d", none, w.Code)
		}
	}
}

// What came in a file stays text, wherever it is shown.
func TestNamesAreEscaped(t *testing.T) {
	d, f := rig(t, 30)
	evil := `<script>alert("1")</script>&'"`
	f.rename = map[int64]string{f.t.Subjects[0]: evil}
	d.Pack.Registers[0].Name = pack.Text{ZH: evil, EN: evil}
	h := handler(t, d)
	for _, u := range []string{"/enterprises/s-" + figure.Num(f.t.Subjects[0]), "/search?q=" + url.QueryEscape(evil), "/enterprises?text=" + url.QueryEscape(evil), "/search?part=1&q=" + url.QueryEscape(evil), "/records/7", "/?date=" + url.QueryEscape(evil)} {
		body := get(h, u).Body.String()
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<b>甲") {
			t.Errorf("%s runs what it should show", u)
		}
	}
	if got := text(one(t, parse(t, get(h, "/enterprises/s-"+figure.Num(f.t.Subjects[0])).Body.String()), "h1")); got != evil {
		t.Errorf("the name is shown as %q", got)
	}
}

func TestContactsAreMasked(t *testing.T) {
	d, _ := rig(t, 10)
	h := handler(t, d)
	body := get(h, "/records/7?cell=C17&lang=en").Body.String()
	for _, open := range []string{"13812340000", "13912345678"} {
		if strings.Contains(body, open) {
			t.Errorf("%s is shown", open)
		}
	}
	if !strings.Contains(body, "138****0000") || !strings.Contains(body, "139****5678") {
		t.Error("masked numbers are not shown")
	}
	marked := find(parse(t, body), "tr.marked")
	if len(marked) != 1 || !strings.HasPrefix(text(marked[0]), "C职工总数50") {
		t.Errorf("marked %q", texts(marked))
	}
}

func TestSearch(t *testing.T) {
	d, f := rig(t, 200)
	h := handler(t, d)
	name := []rune(string(f.t.Names.At(5)))
	piece := string(name[len(name)-8 : len(name)-4])
	full := parse(t, get(h, "/search?lang=en&q="+url.QueryEscape(piece)).Body.String())
	if len(find(full, ".hits li a")) == 0 || text(find(full, ".hits mark")[0]) != piece {
		t.Errorf("search for %q finds nothing", piece)
	}
	part := get(h, "/search?part=1&lang=en&q="+url.QueryEscape(piece)).Body.String()
	if strings.Contains(part, "<html") || !strings.Contains(part, "data-hit") {
		t.Error("the palette does not get the answers alone")
	}
	if body := get(h, "/search?lang=en&q=Dongli").Body.String(); !strings.Contains(body, `href="/?lang=en&amp;scope=120110"`) {
		t.Error("a district is not found")
	}
	if body := get(h, "/search?lang=en&q=zzzz").Body.String(); !strings.Contains(body, "Nothing was found") {
		t.Error("no word on finding nothing")
	}
}

// A value that an assumption supplies says so where it is used, and has no source.
func TestAssumedValueIsMarked(t *testing.T) {
	d, f := rig(t, 300)
	h := handler(t, d)
	b := f.t.Bools[col.Key{Attr: "abnormal_list"}]
	row := 0
	for b.Valid.Get(row) {
		row++
	}
	url := "/enterprises/" + string(f.t.Codes.At(row)) + "?lang=en&rule=tsme"
	conduct := func(page string) string {
		for _, body := range find(one(t, parse(t, page), "#rule-tsme"), "tbody.criterion") {
			if s := text(body); strings.HasPrefix(s, "Conduct") {
				return s
			}
		}
		return ""
	}
	if got := conduct(get(h, url).Body.String()); !strings.Contains(got, "blank") || !strings.Contains(got, "Data missing") {
		t.Errorf("without the assumption: %q", got)
	}
	if got := conduct(get(h, url+"&assume=abnormal_list").Body.String()); !strings.Contains(got, "assumed “no”") || !strings.Contains(got, "Met") || strings.Contains(got, ".xlsx") {
		t.Errorf("with the assumption: %q", got)
	}
}
