package web

import (
	"net/url"
	"strings"
	"testing"

	"eyas/internal/job"
)

// Work in the background is a list as all are: filtered by kind, state and who, and each row leads to its page.
func TestJobsAreAList(t *testing.T) {
	r := newImportRig(t)
	r.wait(r.to(r.post(r.previewed(), url.Values{"year": {"2020"}, "action": {"import"}})))
	r.settle()
	for _, lang := range []string{"zh-CN", "en"} {
		w := get(r, "/jobs?lang="+lang)
		doc := parse(t, w.Body.String())
		if rows := texts(find(doc, "table.list tbody tr")); len(rows) < 2 || !strings.Contains(strings.Join(rows, "|"), "annual.csv") {
			t.Errorf("%s: %d %q", lang, w.Code, rows)
		}
	}
	for at, want := range map[string]int{"c.kind=import": 1, "c.kind=undo": 0, "c.state=failed": 0, "c.kind=preview&c.state=done": 1, "text=ANNUAL&c.kind=import": 1, "text=nothing": 0,
		"t.who=" + url.QueryEscape("操作") + "&c.kind=import": 1, "t.who=local": 0, "to.when=2000-01-01": 0} {
		doc := parse(t, get(r, "/jobs?lang=zh-CN&"+at).Body.String())
		if got := len(find(doc, "table.list tbody th")); got != want {
			t.Errorf("%s: %d rows, want %d", at, got, want)
		}
	}
	if w := get(r, "/jobs?c.kind=cats"); w.Code != 422 {
		t.Errorf("an unknown kind: %d", w.Code)
	}
	link := attr(find(parse(t, get(r, "/jobs?c.kind=preview").Body.String()), "table.list tbody th a")[0], "href")
	if w := get(r, link); w.Code != 200 && w.Code != 303 {
		t.Errorf("%s: %d", link, w.Code)
	}
	x := readExport(t, get(r, "/jobs.xlsx?lang=zh-CN&c.kind=import"), "")
	if len(x.rows) != 1 || !strings.Contains(strings.Join(x.rows[0], "|"), "annual.csv") || x.head[0] != "做什么" {
		t.Errorf("exported: %q %q", x.head, x.rows)
	}
	if page := get(r, "/jobs?c.kind=import").Body.String(); !strings.Contains(page, `href="/jobs.xlsx?c.kind=import`) {
		t.Error("the page does not export what it shows")
	}
	// A title of the program's own words is in the language of the reader, not of who began the work.
	if _, _, err := r.deps.Jobs.Start(t.Context(), job.Spec{Kind: "quality", Title: "数据质量", Back: "/quality", Key: "quality", Repeat: true}); err != nil {
		t.Fatal(err)
	}
	r.settle()
	if page := get(r, "/jobs?c.kind=quality&lang=en").Body.String(); strings.Contains(page, "数据质量") || !strings.Contains(page, "Data quality") {
		t.Error("the title of a search is not in English")
	}
}
