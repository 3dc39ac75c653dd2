package e2e

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// From the funnel to a list, to an enterprise, to the very cell that a value came from.
func TestFromNumberToCell(t *testing.T) {
	p := open(t)
	p.visit("/?lang=zh-CN")
	if lead := p.text("h1"); !strings.Contains(lead, "家符合") {
		t.Errorf("headline %q", lead)
	}
	if p.count(".band-synthetic") != 1 {
		t.Error("synthetic data are not marked")
	}
	p.accessible()

	near := p.text("table.funnel tbody tr:first-child td.n:nth-of-type(3) a")
	p.follow("table.funnel tbody tr:first-child td.n:nth-of-type(3) a")
	if lead := p.text("h1"); !strings.HasPrefix(lead, near+" ") {
		t.Errorf("the list has %q, the funnel said %s", lead, near)
	}
	if p.count(".chips a") != 1 {
		t.Error("the filter is not named")
	}
	p.accessible()

	name := p.text("table.list tbody tr:nth-child(2) th a")
	p.press("j")
	p.press("j")
	p.until(`document.activeElement.closest("tr").rowIndex === 2`)
	if _, err := chromedp.RunResponse(p.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		t.Fatal(err)
	}
	if got := p.text("h1"); got != name {
		t.Errorf("Enter opened %q, not %q", got, name)
	}
	if p.count(".standing .card") < 6 || p.count("details.recognition[open]") != 1 {
		t.Error("the recognitions are not shown")
	}
	p.accessible()

	p.follow("details.recognition[open] td.from a")
	if p.count("tr.marked") != 1 {
		t.Error("the cell is not marked in its row")
	}
	p.accessible()
	p.follow(".crumbs a")
	if got := p.text("h1"); got != name {
		t.Errorf("the row leads back to %q", got)
	}
}

// A card opens its criteria without leaving the page, and the address follows.
func TestCardsOpen(t *testing.T) {
	p := open(t)
	p.visit("/enterprises?lang=en")
	p.follow("table.list tbody tr:first-child th a")
	p.click(".standing li:nth-child(3) a")
	p.until(`new URLSearchParams(location.search).get("rule") !== null && document.querySelectorAll("details.recognition[open]").length === 1`)
	opened := ask[string](p, `document.querySelector("details.recognition[open]").id`)
	p.visit(p.where())
	if again := ask[string](p, `document.querySelector("details.recognition[open]").id`); again != opened {
		t.Errorf("the address opens %s, not %s", again, opened)
	}
	p.accessible()
}

// The palette answers while typing, and the keyboard goes to the answer.
func TestSearchPalette(t *testing.T) {
	p := open(t)
	p.visit("/enterprises?lang=zh-CN")
	name := p.text("table.list tbody tr:nth-child(5) th a")
	p.visit("/?lang=zh-CN")
	p.press("/")
	p.until(`document.activeElement.id === "find"`)
	// The browser is sent the character apart from the key, so it lands in the field: a keyboard's would not.
	ask[string](p, `document.getElementById("find").value = ""`)
	p.enter("#find", name)
	p.until(`document.querySelectorAll("#palette [data-hit] mark").length > 0`)
	p.accessible()
	p.do("choose", chromedp.KeyEvent(kb.ArrowDown))
	if _, err := chromedp.RunResponse(p.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		t.Fatal(err)
	}
	if got := p.text("h1"); got != name {
		t.Errorf("found %q, not %q", got, name)
	}
	p.press("k", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	p.until(`document.activeElement.id === "find"`)
	p.visit("/search?q=" + url.QueryEscape(string([]rune(name)[:4])) + "&lang=zh-CN")
	p.accessible()
}

// Filters under the heads stand in the address, and come off by their chips.
func TestListFilters(t *testing.T) {
	p := open(t)
	p.visit("/enterprises?lang=zh-CN")
	all := p.text("h1")
	p.sieve("in")
	p.click(`.list [name="in"][value="120116"]`)
	p.send()
	if p.text("h1") == all || !strings.Contains(p.where(), "in=120116") {
		t.Errorf("the district changes nothing: %s at %s", p.text("h1"), p.where())
	}
	p.follow("table.list thead th:nth-child(2) a")
	if !strings.Contains(p.where(), "in=120116") || !strings.Contains(p.where(), "sort=name") {
		t.Errorf("sorting forgets the filter: %s", p.where())
	}
	p.press("j")
	p.press("x")
	p.until(`!document.querySelector("[data-picked]").hidden`)
	p.follow(".chips a")
	if p.text("h1") != all {
		t.Errorf("without the filter: %q, at first %q", p.text("h1"), all)
	}
	p.click(".chooser summary")
	p.accessible()
}

// Another day is one control; the page says that it is not today.
func TestOtherDay(t *testing.T) {
	p := open(t)
	p.visit("/?lang=zh-CN")
	if p.count("main > .band:not(.band-synthetic)") != 0 {
		t.Error("a band on today's page")
	}
	p.set("#asof", "2021-03-31")
	if !strings.Contains(p.where(), "date=2021-03-31") || p.count("main > .band:not(.band-synthetic)") != 1 {
		t.Errorf("no band, or the address forgets: %s", p.where())
	}
	p.follow("h1 a")
	if !strings.Contains(p.where(), "date=2021-03-31") {
		t.Errorf("the list forgets the day: %s", p.where())
	}
}

// A phone gets cards of three facts and one action, and nothing is wider than its screen.
func TestPhone(t *testing.T) {
	p := open(t)
	p.size(390, 844)
	for _, path := range []string{"/?lang=zh-CN", "/enterprises?lang=zh-CN", "/enterprises?lang=en", "/search?q=科技&lang=zh-CN"} {
		p.visit(path)
		if wide := ask[int](p, "document.documentElement.scrollWidth"); wide > 390 {
			t.Errorf("%s is %d px wide", path, wide)
		}
		p.accessible()
	}
	p.visit("/enterprises?lang=zh-CN")
	if n := ask[int](p, `[...document.querySelectorAll("table.list tbody tr:first-child td.fact")].filter(e => e.offsetParent).length`); n != 3 {
		t.Errorf("a card shows %d facts", n)
	}
	p.follow("table.list tbody tr:first-child td.act a")
	if wide := ask[int](p, "document.documentElement.scrollWidth"); wide > 390 {
		t.Errorf("an enterprise is %d px wide", wide)
	}
	p.accessible()
}

// The dark theme of large screens keeps its contrast.
func TestDarkTheme(t *testing.T) {
	p := open(t)
	p.size(1920, 1080)
	p.visit("/?theme=dark&lang=zh-CN&assume=abnormal_list")
	if ground := ask[string](p, "getComputedStyle(document.documentElement).backgroundColor"); ground == "rgb(255, 255, 255)" {
		t.Error("the page is light")
	}
	p.accessible()
	p.visit("/enterprises?theme=dark&v.tsme=near&lang=zh-CN")
	p.accessible()
	p.follow("table.list tbody tr:first-child th a")
	if !strings.Contains(p.where(), "theme=dark") {
		t.Errorf("the theme is not carried: %s", p.where())
	}
	p.accessible()
	p.visit("/lab?theme=dark&rule=tsme&lang=zh-CN")
	p.accessible()
}
