package e2e

import (
	"strings"
	"testing"
)

// A value is corrected with a reason, the page says where the new one is from and what lost against it, and the
// correction is taken back with one click.
func TestAValueIsCorrected(t *testing.T) {
	p := openAt(t, askedBase(t))
	p.visit("/enterprises/91120104MA05QX2C7T?lang=zh-CN")
	p.click("a[data-tab=data]")
	p.click("details.origins > summary")
	p.accessible()
	if got := p.text("#of-registered_on"); !strings.Contains(got, "市场主体登记.csv · E4") || !strings.Contains(got, "市场主体登记 · 截至 2021-03-01") {
		t.Errorf("source %q", got)
	}
	if got := p.text("#of-district td:nth-child(2) + td"); !strings.Contains(got, "推断") {
		t.Errorf("the inferred district says %q", got)
	}
	p.follow(`[id="of-sales@2020"] td.act a`)
	p.accessible()
	if got := p.text("dl.says"); !strings.Contains(got, "300") {
		t.Errorf("the value now: %q", got)
	}
	p.expect("422")
	p.enter("#value", "很多")
	p.enter("#reason", "看过年报原件")
	p.follow("form.correct button.primary")
	if got := p.text(".errors"); !strings.Contains(got, "不是金额") {
		t.Errorf("refused with %q", got)
	}
	p.accessible()
	ask[bool](p, `(document.querySelector("#value").value = "350万元") !== ""`)
	p.follow("form.correct button.primary")
	if got := p.text("main .done"); !strings.Contains(got, "已保存") || !strings.Contains(got, "= 3,500,000 元") {
		t.Errorf("confirmed by %q", got)
	}
	saved := p.where()
	p.click("a[data-tab=data]")
	p.click("details.origins > summary")
	p.click(`[id="of-sales@2020"] details summary`)
	row := p.text(`[id="of-sales@2020"]`)
	for _, part := range []string{"350", "人工更正", "看过年报原件", "300", "来源次序在后"} {
		if !strings.Contains(row, part) {
			t.Errorf("the row has no %q: %s", part, row)
		}
	}
	p.accessible()
	p.follow(`section.provenance .actions a`)
	p.accessible()
	if got := p.text(`[id="of-sales@2020"] tbody`); !strings.Contains(got, "350") || !strings.Contains(got, "300") {
		t.Errorf("history %q", got)
	}
	p.visit(saved)
	p.follow("main .done button")
	if got := p.text("main .done"); !strings.Contains(got, "已撤销") || p.count("main .done button") != 0 {
		t.Errorf("taken back: %q", got)
	}
	p.size(390, 800)
	p.click("a[data-tab=data]")
	p.click("details.origins > summary")
	p.accessible()
	if wide := ask[bool](p, `document.documentElement.scrollWidth > 390`); wide {
		t.Error("the page is wider than a phone")
	}
}

// Two subjects are merged by hand, the address of the one leads to the other, and a record is moved away.
func TestSubjectsAreMergedAndRecordsMoved(t *testing.T) {
	p := openAt(t, askedBase(t))
	p.visit("/s/1/records?lang=zh-CN")
	p.enter("#find-other", "天津市东平科技有限公司")
	p.follow("form.seek button")
	p.accessible()
	p.follow("form.choose button.primary")
	if got := p.text(".band"); !strings.Contains(got, "已保存") || !strings.Contains(got, "并入") {
		t.Errorf("merged: %q", got)
	}
	p.accessible()
	if n := p.count("table.linked-records tbody tr"); n != 2 {
		t.Errorf("%d records", n)
	}
	p.visit("/enterprises/s-2")
	if got := p.where(); !strings.HasPrefix(got, "/enterprises/s-1?from=2") {
		t.Errorf("the merged subject's page leads to %s", got)
	}
	if got := p.text("main .band"); !strings.Contains(got, "“天津市东平科技有限公司”已并入") {
		t.Errorf("note %q", got)
	}
	p.visit("/s/1/records")
	p.follow("table.linked-records tbody tr:nth-child(2) td:last-child a")
	p.accessible()
	p.click(`form.choose input[value="0"]`) // a subject of its own
	p.follow("form.choose button.primary")
	if got := p.text(".band"); !strings.Contains(got, "来源记录从") {
		t.Errorf("moved: %q", got)
	}
	p.accessible()
	p.follow("table.moves form button")
	if got := p.text(".band"); got != "移动已撤销。" {
		t.Errorf("taken back: %q", got)
	}
	p.visit("/s/1/records")
	p.follow("table.merges form button")
	if n := p.count("table.linked-records tbody tr"); n != 1 {
		t.Errorf("%d records after taking the merge back", n)
	}
	p.size(390, 800)
	p.accessible()
	if wide := ask[bool](p, `document.documentElement.scrollWidth > 390`); wide {
		t.Error("the page is wider than a phone")
	}
}
