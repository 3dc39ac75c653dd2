package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// ownCity starts a server over a small demonstration city of its own, for journeys that write.
func ownCity(t *testing.T) string {
	t.Helper()
	if house.skip != "" {
		t.Skip(house.skip)
	}
	db := filepath.Join(t.TempDir(), "city.db")
	if out, err := exec.Command(house.program, "demo", "--db", db, "--rows", "60", "--seed", "1").CombinedOutput(); err != nil {
		t.Fatalf("filling the base: %v\n%s", err, out)
	}
	url, stop, err := startServer(db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return url
}

// narrow reports a page that is wider than a phone.
func (p *tab) narrow() {
	p.Helper()
	if wide := ask[int](p, `document.documentElement.scrollWidth`); wide > 390 {
		p.Errorf("%s is %d px wide on a phone", p.where(), wide)
	}
}

// A value is corrected: what is typed is in the unit of the label, is said in yuan while it is typed, is asked about when it
// is far from what was known, and is taken back on the page and in the history.
func TestAnAmountIsCorrected(t *testing.T) {
	p := openAt(t, askedBase(t))
	p.visit("/s/3/correct?key=sales@2020&lang=zh-CN")
	p.accessible()
	p.enter("#value", "350")
	if got := p.text("output.echo"); got != "= 3,500,000 元" {
		t.Errorf("350 comes to %q", got)
	}
	p.enter("#value", "0000")
	if got := p.text("output.echo"); got != "= 35,000,000,000 元" {
		t.Errorf("3500000 comes to %q", got)
	}
	p.expect("422")
	p.follow("form.correct button.primary")
	p.until(`document.activeElement.matches(".errors")`)
	if n := p.count(".errors a"); n != 2 {
		t.Errorf("%d things are listed: %s", n, p.text(".errors"))
	}
	p.accessible()
	p.size(390, 800)
	p.accessible()
	p.narrow()
	p.size(1440, 900)
	p.click(`.errors a[href="#reason"]`)
	p.until(`document.activeElement.id === "reason"`)
	p.enter("#reason", "看过年报原件")
	p.follow(`.question button[name="as"]`)
	if got := p.text("main .done"); !strings.Contains(got, "350 万元（= 3,500,000 元）") {
		t.Errorf("saved: %q", got)
	}
	p.accessible()
	p.follow("main .done button")
	if got := p.text("main .done"); !strings.Contains(got, "已撤销") {
		t.Errorf("taken back: %q", got)
	}
	p.visit("/s/3/history")
	if got := p.text("#writes tbody tr"); !strings.Contains(got, "已撤销") || !strings.Contains(got, "看过年报原件") {
		t.Errorf("the history says %q", got)
	}
	p.accessible()
	p.size(390, 800)
	p.accessible()
	p.narrow()
}

// A carrier takes tenants in five clicks from the start page: they are pasted, shown as understood, and saved; one more click
// takes them back.
func TestACarrierWithTenants(t *testing.T) {
	base := ownCity(t)
	p := openAt(t, base)
	p.visit("/enterprises?lang=zh-CN&sort=name")
	codes := ask[[]string](p, `[...document.querySelectorAll("table.list tbody th a")].map(a => a.href.replace(/^.*\/([0-9A-Z]{18}).*$/, "$1")).filter(code => code.length === 18).slice(0, 6)`)
	clicks := 0
	click := func(selector string) {
		t.Helper()
		clicks++
		p.follow(selector)
	}
	p.visit("/?lang=zh-CN")
	click(`nav.rail a[href*="/registers"]`)
	click(`table.registers a[href*="/registers/carrier"]`)
	click("table.list tbody tr:first-child th a")
	carrier := p.text("h1")
	click(`.ways a[href*="enterprise.tenant_of"]`)
	p.accessible()
	p.enter("#lines", strings.Join(codes, "\n")+"\n没有这家公司")
	p.until(fmt.Sprintf(`document.querySelectorAll("table.understood tbody tr").length === %d`, len(codes)+1))
	if got := p.text("table.understood tbody tr:last-child"); !strings.Contains(got, "库里没有找到") {
		t.Errorf("a line that names nobody: %q", got)
	}
	p.accessible()
	writes := p.count("table.understood tr.is-ready, table.understood tr.is-moves")
	p.size(390, 800)
	p.accessible()
	p.narrow()
	p.size(1440, 900)
	click("form.relate button.primary")
	if clicks != 5 {
		t.Errorf("%d clicks", clicks)
	}
	if got := p.text("h1"); got != carrier {
		t.Errorf("back at %q, not %q", got, carrier)
	}
	band := p.text("main .done")
	if want := fmt.Sprintf("共 %d 个", writes); writes > 3 && !strings.Contains(band, want) || !strings.Contains(band, "已保存") {
		t.Errorf("saved: %q, %d written", band, writes)
	}
	tenants := ask[string](p, `document.getElementById("enterprise.tenant_of").innerText`)
	for _, code := range codes {
		if !strings.Contains(tenants, code) {
			t.Errorf("%s is no tenant", code)
		}
	}
	p.follow("main .done button")
	if got := p.text("main .done"); !strings.Contains(got, "已撤销") {
		t.Errorf("taken back: %q", got)
	}
}

// Forms are filled in by keyboard alone: names are proposed and taken by arrow and Enter, Enter saves, and what is wrong has
// the focus.
func TestAFormByKeyboard(t *testing.T) {
	p := openAt(t, ownCity(t))
	p.visit("/registers/carrier/new?lang=zh-CN")
	p.accessible()
	if widths := ask[int](p, `new Set([...document.querySelectorAll(".subject-form .field")].map(f => Math.round(f.getBoundingClientRect().left))).size`); widths != 1 {
		t.Errorf("the fields stand in %d columns", widths)
	}
	p.do("focus", chromedp.Focus(chromedp.CSS("#f-name")))
	p.expect("422")
	if _, err := chromedp.RunResponse(p.ctx, chromedp.KeyEvent(kb.Enter)); err != nil { // Enter saves
		t.Fatal(err)
	}
	p.until(`document.activeElement.matches(".errors")`)
	if got := p.text(".errors"); !strings.Contains(got, "请填写载体名称") {
		t.Errorf("refused with %q", got)
	}
	p.accessible()
	p.enter("#f-name", "键盘孵化器")
	p.do("choose", chromedp.SetValue(chromedp.CSS("#f-carrier_kind"), "incubator"), chromedp.SetValue(chromedp.CSS("#f-district"), "120110"))
	p.enter("#f-operator", "海河大学")
	p.until(`document.querySelector("#f-operator").dataset.answered === "海河大学" && !document.querySelector("#f-operator ~ .proposals").hidden`)
	p.accessible()
	p.press(kb.ArrowDown)
	marked := p.text(`.proposals [aria-selected="true"] span`)
	p.press(kb.Enter)
	if got := ask[string](p, `document.querySelector("#f-operator").value`); got == "" || got != marked {
		t.Errorf("took %q, marked was %q", got, marked)
	}
	if got := ask[string](p, `document.querySelector("#f-operator_code").value`); len(got) != 18 {
		t.Errorf("the code is %q", got)
	}
	if p.where() != "/registers/carrier/new?lang=zh-CN" {
		t.Error("taking a proposal sent the form")
	}
	p.size(390, 800)
	p.accessible()
	p.narrow()
	p.do("focus", chromedp.Focus(chromedp.CSS("#f-name")))
	if _, err := chromedp.RunResponse(p.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		t.Fatal(err)
	}
	if got := p.text("h1"); got != "键盘孵化器" {
		t.Errorf("saved %q: %s", got, p.text("main"))
	}
	p.narrow()
	// The name is known now, and whoever enters it again is asked.
	p.visit("/registers/carrier/new")
	p.enter("#f-name", "键盘孵化器")
	p.do("choose", chromedp.SetValue(chromedp.CSS("#f-carrier_kind"), "incubator"), chromedp.SetValue(chromedp.CSS("#f-district"), "120110"))
	p.follow(".subject-form > .actions button.primary")
	if got := p.text(".question"); !strings.Contains(got, "是同一家，去看") || !strings.Contains(got, "不是，新建") {
		t.Errorf("asked: %q", got)
	}
	p.accessible()
	p.narrow()
	for _, at := range ask[[]int](p, `[...document.querySelectorAll("main button:not([tabindex]), main .button, main input:not([type=hidden]):not([type=radio]), main select")].filter(e => e.offsetParent && e.getClientRects().length === 1).map(e => Math.round(e.getBoundingClientRect().height))`) {
		if at < 24 {
			t.Errorf("a target of %d px", at)
		}
	}
}
