package e2e

import (
	"strings"
	"testing"
)

const addresses = `企业名称,注册地址
天津甲科技有限公司,天津新技术产业园区华苑产业区海泰西路1号
天津乙科技有限公司,天津市华苑产业区物华道2号
天津丙科技有限公司,天津市湘潭道1号
威海丁科技有限公司,威海市高区天津路130号
天津戊科技有限公司,天津市南开区白堤路17号
`

// Addresses that do not tell their district are asked about once, by key or by click, and answers can be taken back.
func TestPlacesAreAskedOnce(t *testing.T) {
	p := openAt(t, fresh(t))
	p.visit("/import?lang=zh-CN")
	p.sendFile(file(t, "地址.csv", addresses))
	p.arrive(`document.querySelector("table.preview-columns") !== null`)
	p.click("button[value=import]")
	p.arrive(`location.pathname.startsWith("/import/record/")`)

	p.visit("/places")
	p.accessible()
	if lead := p.text("h1"); !strings.Contains(lead, "有 2 处写法") || !strings.Contains(lead, "3 家企业") {
		t.Errorf("headline %q", lead)
	}
	p.expect("威海市高区天津路130号")
	p.press("j")
	p.press("2") // the second candidate of 华苑产业区
	p.arrive(`new URLSearchParams(location.search).has("saved")`)
	if got := p.text("main .done"); !strings.Contains(got, "华苑产业区") || !strings.Contains(got, "西青区") {
		t.Errorf("the answer is confirmed by %q", got)
	}
	p.accessible()
	if n := p.count("table.places tbody tr"); n != 1 {
		t.Errorf("%d phrases are left", n)
	}
	p.click("main .done button")
	p.arrive(`document.querySelectorAll("table.places tbody tr").length === 2`)
	p.size(390, 800)
	p.accessible()
	if wide := ask[bool](p, `document.documentElement.scrollWidth > 390`); wide {
		t.Error("the page is wider than a phone")
	}
	p.press("k")
	p.press("1")
	p.arrive(`new URLSearchParams(location.search).has("saved")`)
	p.visit("/places?lang=en")
	p.expect("Nankai")
}
