package e2e

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// A doubted value is found, corrected with one click, taken back, asked about and found right.
func TestDoubtedValue(t *testing.T) {
	p := openAt(t, fresh(t))
	p.visit("/import?lang=zh-CN")
	p.sendFile(file(t, "年报.csv", "企业名称,统一社会信用代码,所属区,2019年销售收入（元）,2020年销售收入（元）,2021年销售收入（元）\n"+
		"天津甲科技有限公司,91120110YY00087E20,东丽区,52000000,5460,57000000\n天津乙科技有限公司,91120116YY000GEW63,滨海新区,31000000,33000000,34000000\n"))
	p.arrive(`document.querySelector("table.preview-columns") !== null`)
	p.click("button[value=import]")
	p.arrive(`location.pathname.startsWith("/import/record/")`)

	search := func() {
		t.Helper()
		p.visit("/quality?lang=zh-CN")
		for p.count(`p.note a[href*="/jobs/"]`) > 0 {
			p.visit("/quality?lang=zh-CN")
		}
		p.visit("/quality?lang=zh-CN")
	}
	search()
	if got := p.text("h1"); !strings.HasPrefix(got, "企业库：1 个值存疑") {
		t.Fatalf("headline %q", got)
	}
	p.accessible()
	p.press("j")
	p.press("x")
	p.until(`!document.querySelector("[data-picked]").hidden`)
	p.size(390, 844)
	p.accessible()
	p.size(1440, 900)

	// What is picked is given to somebody, together.
	p.enter("#d-assignee", "东丽区科技局")
	p.follow("#decide button[value=assign]")
	if got := p.text(`.quality-list td[data-label="处理情况"]`); got != "已交办 · 东丽区科技局" {
		t.Errorf("after assigning it is %q", got)
	}
	p.visit("/quality?lang=zh-CN&assignee=" + url.QueryEscape("东丽区科技局"))
	if got := p.count(".quality-list tbody td.pick"); got != 1 {
		t.Errorf("%d values are assigned", got)
	}

	// Its own page shows the years beside it, and leads to the very cell.
	p.follow(".quality-list tbody th a")
	if got := p.text("h1"); !strings.Contains(got, "2020") || !strings.Contains(got, "5,460 元") {
		t.Errorf("the value's page says %q", got)
	}
	if p.count("table.finding-beside tr.doubted") != 1 {
		t.Error("the doubted year is not marked")
	}
	p.accessible()
	p.follow("button[value=ask]")
	search()
	if got := p.text(`.quality-list td[data-label="处理情况"]`); got != "已问企业 · 东丽区科技局" {
		t.Errorf("after asking it is %q", got)
	}
	p.follow(".quality-list tbody th a")
	p.follow(`a[href*="/letter"]`)
	if got := p.text("article.letter"); !strings.Contains(got, "天津甲科技有限公司") || !strings.Contains(got, "2020") {
		t.Errorf("the letter says %q", got)
	}
	p.accessible()
	p.do("print", emulatePrint)
	if shown := ask[string](p, `[...document.body.children].concat([...document.querySelectorAll("main > *")]).filter(e => e.offsetParent && e.innerText.trim()).map(e => e.tagName + "." + e.className).join(" ")`); shown != "MAIN. ARTICLE.letter" {
		t.Errorf("on paper the letter has %q", shown)
	}
	p.do("screen", emulateScreen)

	// One click corrects; the original can be brought back.
	search()
	p.follow(`.quality-list button[name="one"]`)
	if got := p.text(".band.done"); !strings.Contains(got, "已保存") || !strings.Contains(got, "撤销") {
		t.Errorf("after correcting: %q", got)
	}
	p.accessible()
	saved := p.where()
	search()
	if got := p.text("h1"); got != "企业库没有存疑的值" {
		t.Errorf("after correcting the headline is %q", got)
	}
	p.visit("/enterprises/91120110YY00087E20?lang=zh-CN&tab=data")
	if !strings.Contains(p.text("main"), "5,460") {
		t.Error("the enterprise does not show the corrected sales")
	}
	p.visit(saved)
	p.follow(".band.done button")
	search()
	if got := p.text("h1"); !strings.HasPrefix(got, "企业库：1 个值存疑") {
		t.Errorf("taken back, the headline is %q", got)
	}

	// Found right, with a reason.
	p.follow(".quality-list tbody th a")
	p.enter("#d-why", "当年停产")
	p.follow("button[value=dismiss]")
	if got := p.text("h1"); got != "企业库没有存疑的值" {
		t.Errorf("found right, the headline is %q", got)
	}
}

// The doubted values of the city are a list: filtered under its heads and beside, by name and by day, with columns to choose, and
// the file has the rows and the columns of the page.
func TestQualityIsAList(t *testing.T) {
	p := open(t)
	p.visit("/quality?lang=zh-CN")
	if p.count(".quality-list") == 0 { // nobody has searched the city yet
		p.follow(`.band form[action*="/quality/search"] button`)
		for p.visit("/quality?lang=zh-CN"); p.count(`p.note a[href*="/jobs/"]`) > 0; {
			p.visit("/quality?lang=zh-CN")
		}
	}
	for _, lang := range []string{"en", "zh-CN"} {
		p.visit("/quality?lang=" + lang)
		p.accessible()
		p.size(390, 844)
		p.accessible()
		if wide := ask[int](p, `document.documentElement.scrollWidth`); wide > 390 {
			t.Errorf("on a phone the page in %s is %d px wide", lang, wide)
		}
		if ask[int](p, `Array.from(document.querySelectorAll(".quality-list tbody td.pick input[type=checkbox]")).filter(tick => tick.offsetHeight > 0).length`) == 0 || p.count("#decide button") < 3 {
			t.Errorf("on a phone nothing can be decided, in %s", lang)
		}
		p.size(1440, 900)
	}

	// The list comes first: the button of a row is near the top, and after a decision the next row has the focus.
	if top := ask[float64](p, `document.querySelector('.quality-list button[name="one"]').getBoundingClientRect().top + scrollY`); top > 500 {
		t.Errorf("the first button is %.0f px down", top)
	}
	p.click(".quality-by summary")
	p.accessible()
	values := ask[[]string](p, `[...document.querySelectorAll('.quality-list button[name="one"]')].map(b => b.value)`)
	if len(values) > 2 {
		p.follow(`.quality-list button[value="` + values[1] + `"]`)
		if got := ask[string](p, `document.activeElement.value || ""`); got != values[2] {
			t.Errorf("after correcting %s the focus is at %q, want %s; at %s", values[1], got, values[2], p.where())
		}
		p.accessible()
		p.follow(".band.done form button")
	}

	// By rule, under its head; by name; in another order.
	heads, rows := p.shown()
	if len(rows) == 0 || column(heads, "疑点") < 0 {
		t.Fatalf("heads %q, %d rows", heads, len(rows))
	}
	name, rule := rows[0][0], ask[string](p, `document.querySelector('.list [name="rule"]').value`)
	p.sieve("rule")
	p.click(`.list [name="rule"][value="` + rule + `"]`)
	p.accessible()
	p.send()
	if got := p.where(); !strings.Contains(got, "rule="+rule) {
		t.Errorf("filtered by the rule it is at %s", got)
	}
	p.enter(`.list [name="text"]`, name)
	p.press("\r")
	p.arrive(`location.search.includes("text=")`)
	_, rows = p.shown()
	if len(rows) == 0 {
		t.Errorf("%s is not found", name)
	}
	for _, row := range rows {
		if row[0] != name {
			t.Errorf("a row of %q when %q is looked for", row[0], name)
		}
	}
	if got := p.count(".chips a"); got != 2 {
		t.Errorf("%d filters can be taken off", got)
	}

	// Columns, and the file.
	p.visit("/quality?lang=zh-CN&sort=name&desc=1&c.kind=slip&from.found=2000-01-01&col=found&col=kind&col=attr")
	heads, rows = p.shown()
	if want := []string{"名称", "查出时间", "种类", "数据项"}; !slices.Equal(heads, want) || len(rows) == 0 {
		t.Fatalf("heads %q, want %q; %d rows", heads, want, len(rows))
	}
	for _, row := range rows {
		if row[2] != "单位" {
			t.Errorf("of another kind: %q", row)
		}
	}
	p.accessible()
	answer, err := http.Get(p.base + ask[string](p, `document.querySelector('.actions a[href*=".xlsx"]').getAttribute("href")`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	book, err := excelize.OpenReader(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	file, err := book.GetRows(book.GetSheetList()[0])
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(file, func(row []string) bool { return len(row) > 1 && row[0] == "名称" })
	if at < 0 || !slices.Equal(file[at], heads) || len(file) <= at+len(rows) {
		t.Fatalf("the file has the heads at %d of %d rows, the page has %d rows", at, len(file), len(rows))
	}
	for i, row := range rows {
		if got := file[at+1+i]; got[0] != row[0] || got[1] != row[1] || got[2] != row[2] {
			t.Errorf("row %d is %q in the file, %q on the page", i, got, row)
		}
	}
	p.visit("/quality?col=-&lang=zh-CN")
}
