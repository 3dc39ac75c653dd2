package e2e

import (
	"strings"
	"testing"
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
	if got := p.text("h1"); !strings.HasPrefix(got, "企业库：1 个值可疑") {
		t.Fatalf("headline %q", got)
	}
	p.accessible()
	p.press("j")
	p.press("x")
	p.until(`!document.querySelector("[data-picked]").hidden`)
	p.size(390, 844)
	p.accessible()
	p.size(1440, 900)

	// Its own page shows the years beside it, and leads to the very cell.
	p.follow(".quality-list tbody th a")
	if got := p.text("h1"); !strings.Contains(got, "2020") || !strings.Contains(got, "5460 元") {
		t.Errorf("the value's page says %q", got)
	}
	if p.count("table.finding-beside tr.doubted") != 1 {
		t.Error("the doubted year is not marked")
	}
	p.accessible()
	p.follow("button[value=ask]")
	search()
	if got := p.text(`.quality-list td[data-label="处理情况"]`); got != "已问企业" {
		t.Errorf("after asking it is %q", got)
	}
	p.follow(".quality-list tbody th a")
	p.follow(`a[href*="/letter"]`)
	if got := p.text("article.letter"); !strings.Contains(got, "天津甲科技有限公司") || !strings.Contains(got, "2020") {
		t.Errorf("the letter says %q", got)
	}
	p.accessible()

	// One click corrects; the original can be brought back.
	search()
	p.follow(`.quality-list button[name="one"]`)
	if got := p.text(".band.done"); !strings.Contains(got, "已按建议改正") {
		t.Errorf("after correcting: %q", got)
	}
	p.accessible()
	undo := ask[string](p, `document.querySelector(".band.done a").getAttribute("href")`)
	search()
	if got := p.text("h1"); got != "企业库没有可疑的值" {
		t.Errorf("after correcting the headline is %q", got)
	}
	p.visit("/enterprises/91120110YY00087E20?lang=zh-CN")
	if !strings.Contains(p.text("main"), "5,460") {
		t.Error("the enterprise does not show the corrected sales")
	}
	p.visit(undo)
	p.click("main form button[type=submit]")
	p.arrive(`/^\/import\/record\/\d+$/.test(location.pathname)`)
	search()
	if got := p.text("h1"); !strings.HasPrefix(got, "企业库：1 个值可疑") {
		t.Errorf("taken back, the headline is %q", got)
	}

	// Found right, with a reason.
	p.follow(".quality-list tbody th a")
	p.enter("#d-why", "当年停产")
	p.follow("button[value=dismiss]")
	if got := p.text("h1"); got != "企业库没有可疑的值" {
		t.Errorf("found right, the headline is %q", got)
	}
}
