package web

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
	"testing"

	"eyas/internal/web/address"

	"github.com/xuri/excelize/v2"
)

func TestDirectory(t *testing.T) {
	d, f := rig(t, 120)
	f.synthetic = true
	h := handler(t, d)
	for lang, lead := range map[string]string{"zh-CN": "库里有 120 家企业。", "en": "120 enterprises in the base."} {
		w := get(h, "/directory?lang="+lang)
		if w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		doc := parse(t, w.Body.String())
		checkPage(t, "/directory", lang, w.Body.String(), doc)
		if got := text(one(t, doc, "main h1")); got != lead {
			t.Errorf("headline %q", got)
		}
		if n := len(find(doc, "ul.directory-rows li")); n != 50 {
			t.Errorf("%d rows on the first page", n)
		}
	}
	// Pages hold every enterprise once.
	seen := map[string]bool{}
	for _, page := range []string{"1", "2", "3"} {
		for _, a := range find(parse(t, get(h, "/directory?page="+page).Body.String()), "ul.directory-rows a") {
			seen[attr(a, "href")] = true
		}
	}
	if len(seen) != 120 {
		t.Errorf("three pages show %d enterprises", len(seen))
	}

	row := 16 // has a former name
	name, former, code := string(f.t.Names.At(row)), string(f.t.Former(row)), string(f.t.Codes.At(row))
	first := func(q string) string {
		t.Helper()
		w := get(h, "/directory?part=1&lang=en&q="+url.QueryEscape(q))
		if w.Code != 200 || strings.Contains(w.Body.String(), "<html") {
			t.Fatalf("%q: %d %s", q, w.Code, w.Body)
		}
		if hits := find(parse(t, w.Body.String()), "ul.directory-rows a"); len(hits) > 0 {
			return text(hits[0])
		}
		return ""
	}
	for _, q := range []string{name, code, former} {
		if got := first(q); !strings.Contains(got, name) || !strings.Contains(got, code) {
			t.Errorf("%q finds %q first, not %s", q, got, name)
		}
	}
	if got := first(former); !strings.Contains(got, "formerly "+former) {
		t.Errorf("%q does not say how it was found: %q", former, got)
	}
	if got := first("zzzzzzzz"); got != "" {
		t.Errorf("nothing finds %q", got)
	}
	// Words apart by blanks need not stand together.
	runes := []rune(name)
	apart := string(runes[:2]) + " " + string(runes[len(runes)-2:])
	doc := parse(t, get(h, "/directory?q="+url.QueryEscape(apart)).Body.String())
	if !slices.ContainsFunc(texts(find(doc, "ul.directory-rows a")), func(s string) bool { return strings.Contains(s, code) }) {
		t.Errorf("%q does not find %s", apart, name)
	}
	// The export is that of the list of the same text.
	if got := attr(one(t, parse(t, get(h, "/directory?q="+url.QueryEscape(former)).Body.String()), "p.found-head a"), "href"); got != "/enterprises.xlsx?text="+url.QueryEscape(former) {
		t.Errorf("export from %s", got)
	}
	book, err := excelize.OpenReader(bytes.NewReader(get(h, "/enterprises.xlsx?text="+url.QueryEscape(former)).Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil || !slices.ContainsFunc(rows, func(cells []string) bool { return slices.Contains(cells, code) }) {
		t.Errorf("the export does not find the former name: %v, %v", rows, err)
	}
	for _, bad := range []string{"0", "-1", "x", "1.5"} {
		if w := get(h, "/directory?page="+bad); w.Code != 422 {
			t.Errorf("page %s: %d", bad, w.Code)
		}
	}
	for _, q := range []string{"%ff%fe", "%00"} {
		if w := get(h, "/directory?q="+q); w.Code != 422 {
			t.Errorf("%q: %d", q, w.Code)
		}
	}
	for _, q := range []string{strings.Repeat("a", 5000), "<script>", "；"} {
		if w := get(h, "/directory?q="+q); w.Code != 200 || strings.Contains(w.Body.String(), "<script>") {
			t.Errorf("%q: %d", q, w.Code)
		}
	}
	if w := get(h, "/directory?page=999999999&q=a"); w.Code != 200 {
		t.Errorf("a page behind the last: %d", w.Code)
	}
	if w := get(h, "/search?part=1&lang=en&q="+url.QueryEscape(former)); !strings.Contains(text(parse(t, w.Body.String())), "formerly "+former) {
		t.Errorf("the palette does not say how it was found: %s", w.Body)
	}
}

func TestDirectoryShowsRecognitions(t *testing.T) {
	d, _ := rig(t, 120)
	outcomes, table, err := mainBase(d).Outcomes(t.Context(), address.Midnight(d.Clock()), nil)
	if err != nil {
		t.Fatal(err)
	}
	h := handler(t, d)
	for _, o := range outcomes {
		o.Met.Each(func(row int) {
			doc := parse(t, get(h, "/directory?lang=en&q="+string(table.Codes.At(row))).Body.String())
			if !slices.Contains(texts(find(doc, "span.badge-met")), o.Rule.Name.In("en")) {
				t.Errorf("row %d meets %s and does not show it", row, o.Rule.ID)
			}
		})
	}
}
