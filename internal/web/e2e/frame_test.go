package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// One control narrows every page to a part of the city; it stands in the address and is carried by every link.
func TestScopeIsOneControl(t *testing.T) {
	p := open(t)
	p.visit("/?lang=zh-CN")
	p.set("#scope", "120110")
	if lead := p.text("h1"); !strings.HasPrefix(lead, "东丽区") || !strings.Contains(p.where(), "scope=120110") {
		t.Errorf("%q at %s", lead, p.where())
	}
	if strings.Contains(p.where(), "date=") {
		t.Errorf("today is pinned: %s", p.where())
	}
	p.accessible()
	n := p.text("h1 a")
	p.follow("h1 a")
	if lead := p.text("h1"); lead != n+" 家企业" {
		t.Errorf("the list says %q, the ladder %s", lead, n)
	}
	p.follow(`nav.rail a[href^="/lab"]`)
	if !strings.Contains(p.where(), "scope=120110") || !strings.Contains(p.text("main"), n+" 家") {
		t.Errorf("the lab does not know the scope: %s", p.where())
	}
	before := p.text(`[data-key="before.met"]`)
	ask[bool](p, `(slider => { slider.value = slider.min; for (const kind of ["input", "change"]) slider.dispatchEvent(new Event(kind, {bubbles: true})); return true })(document.querySelector("input[type=range]"))`)
	p.until(`location.search.includes("set=")`)
	if got := p.text(`[data-key="before.met"]`); got != before || !strings.Contains(p.where(), "scope=120110") {
		t.Errorf("a moved slider forgets the scope: %s were met, %s then, at %s", before, got, p.where())
	}
	p.follow(`nav.rail a[href^="/import"]`)
	if got := p.text(".band-scope"); !strings.Contains(got, "不分区") {
		t.Errorf("imports say %q", got)
	}
	p.follow(".band-scope a")
	if strings.Contains(p.where(), "scope=") {
		t.Errorf("the scope stays: %s", p.where())
	}
}

// The search is a field with a list of options, walked without losing the focus; Ctrl-/ shows the keys and ? the help.
func TestKeysOfEveryPage(t *testing.T) {
	p := open(t)
	p.visit("/enterprises?lang=zh-CN")
	p.press("k", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	p.until(`document.activeElement.id === "find"`)
	p.enter("#find", "高企")
	p.until(`document.querySelectorAll("#palette [role=option]").length > 2 && document.getElementById("find").getAttribute("aria-expanded") === "true"`)
	p.accessible()
	p.do("down", chromedp.KeyEvent(kb.ArrowDown))
	p.until(`(at => at && document.getElementById(at).getAttribute("aria-selected") === "true" && document.activeElement.id === "find")(document.getElementById("find").getAttribute("aria-activedescendant"))`)
	if _, err := chromedp.RunResponse(p.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.where(), "v.hnte=met") {
		t.Errorf("高企 leads to %s", p.where())
	}
	p.press("/", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	p.until(`document.getElementById("keys").open`)
	p.accessible()
	p.do("close", chromedp.KeyEvent(kb.Escape))
	p.until(`!document.getElementById("keys").open`)
	if _, err := chromedp.RunResponse(p.ctx, chromedp.KeyEvent("?")); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(p.where(), "/help/enterprises") {
		t.Errorf("? leads to %s", p.where())
	}
	p.accessible()
}

// A phone has four doors at its lower edge, the search and the date in one line, and the headline near the top of every page.
func TestFrameOnAPhone(t *testing.T) {
	p := open(t)
	p.size(390, 844)
	for _, lang := range []string{"zh-CN", "en"} {
		for _, path := range []string{"/", "/enterprises", "/todo", "/import", "/quality", "/links", "/merges", "/places", "/registers", "/registers/carrier", "/lab", "/help/import", "/search?q=导入"} {
			sep := "?"
			if strings.Contains(path, "?") {
				sep = "&"
			}
			p.visit(path + sep + "lang=" + lang)
			if top := ask[int](p, `Math.round(document.querySelector("h1").getBoundingClientRect().top)`); top > 200 {
				t.Errorf("%s in %s: the headline begins at %d px", path, lang, top)
			}
			if wide := ask[int](p, "document.documentElement.scrollWidth"); wide > 390 {
				t.Errorf("%s in %s is %d px wide", path, lang, wide)
			}
			if small := ask[string](p, `[...document.querySelectorAll(".top input, .top select, .top summary, .phone-bar > ul > li > a, .phone-bar summary")].filter(e => e.offsetParent && e.checkVisibility({contentVisibilityAuto: true}) && !e.matches("details:not([open]) > :not(summary) *") && Math.min(e.offsetWidth, e.offsetHeight) < 24).map(e => e.outerHTML.slice(0, 80)).join()`); small != "" {
				t.Errorf("%s in %s: too small to touch: %s", path, lang, small)
			}
		}
	}
	p.visit("/todo?lang=zh-CN")
	if n := ask[int](p, `[...document.querySelectorAll(".phone-bar > ul > li > a, .phone-bar > ul > li > details > summary")].filter(e => e.offsetParent).length`); n != 4 {
		t.Errorf("%d doors", n)
	}
	if line := ask[bool](p, `(a => Math.abs(a[0] - a[1]) < 8)(["find", "asof"].map(id => document.getElementById(id).getBoundingClientRect().top))`); !line {
		t.Error("search and date are not in one line")
	}
	p.accessible()
	p.click(".phone-more summary")
	p.until(`document.querySelector(".phone-more").open`)
	p.accessible()
	p.follow(`.more-box a[href^="/lab"]`)
	if !strings.HasPrefix(p.where(), "/lab") {
		t.Errorf("more leads to %s", p.where())
	}
}

// Larger letters are chosen once and hold on every page, whose parts still fit.
func TestLargeLetters(t *testing.T) {
	p := open(t)
	p.visit("/todo?lang=zh-CN")
	size := func() string { return ask[string](p, `getComputedStyle(document.documentElement).fontSize`) }
	usual := size()
	p.click(".person > summary")
	p.accessible()
	p.follow(`.person-box .type-largest`)
	if size() == usual || !strings.HasPrefix(p.where(), "/todo") {
		t.Errorf("letters of %s, at first %s, at %s", size(), usual, p.where())
	}
	t.Cleanup(func() { p.visit("/todo"); p.click(".person > summary"); p.follow(`.person-box .type-usual`) })
	for _, width := range []int64{390, 1440} {
		p.size(width, 900)
		for _, path := range []string{"/", "/enterprises", "/registers/carrier", "/import", "/links", "/places", "/help/links"} {
			p.visit(path)
			if wide := ask[int64](p, "document.documentElement.scrollWidth"); wide > width {
				t.Errorf("%s at %d px is %d px wide", path, width, wide)
			}
		}
		p.visit("/enterprises")
		p.accessible()
	}
	p.size(1440, 900)
}

// A second click on a button that writes sends nothing; a form that only asks is sent each time.
func TestSecondClick(t *testing.T) {
	p := open(t)
	p.visit("/jobs")
	sent := func(method string) int {
		return ask[int](p, `(() => {
			const form = document.createElement("form");
			form.method = "`+method+`";
			form.innerHTML = "<button>x</button>";
			document.body.append(form);
			let sent = 0;
			form.ownerDocument.defaultView.addEventListener("submit", (e) => { if (e.target === form) { if (!e.defaultPrevented) sent++; e.preventDefault(); } });
			form.firstElementChild.click();
			form.firstElementChild.click();
			return sent;
		})()`)
	}
	if post, get := sent("post"), sent("get"); post != 1 || get != 2 {
		t.Errorf("two clicks send %d writes and %d questions", post, get)
	}
}

// On a very wide screen facts and text stay as wide as they are read; only tables grow.
func TestWideScreen(t *testing.T) {
	p := open(t)
	p.size(2560, 1200)
	for _, path := range []string{"/", "/enterprises", "/todo", "/import", "/links", "/help/lab"} {
		p.visit(path + "?lang=zh-CN")
		if wide := ask[int](p, `Math.round(Math.max(...[...document.querySelectorAll("main h1, main .lead, main .band, main p, main dl")].map(e => e.getBoundingClientRect().width)))`); wide > 1280 {
			t.Errorf("%s has text of %d px", path, wide)
		}
	}
	p.visit("/enterprises?lang=zh-CN")
	if wide := ask[int](p, `document.querySelector("table.list").offsetWidth`); wide < 1800 {
		t.Errorf("the table is %d px wide", wide)
	}
}

// A list on paper has no filters and says which rows are printed; the frame's bars stay on the screen.
func TestPaper(t *testing.T) {
	p := open(t)
	media := func(name string) {
		p.do("media "+name, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
			_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: name})
			return chromedp.Void{}, err
		})
	}
	p.visit("/enterprises?lang=zh-CN&v.tsme=near")
	media("print")
	defer media("")
	for _, gone := range []string{".top", "nav.rail", ".phone-bar", ".list thead input", ".sieve", ".pager", ".switch", ".under"} {
		if ask[bool](p, fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.offsetParent)`, gone)) {
			t.Errorf("%s is printed", gone)
		}
	}
	said := p.text("p.paper-only")
	if !strings.Contains(said, "名单共 "+strings.Fields(p.text("h1"))[0]) || !strings.Contains(p.text(".foot"), "生成于") || !strings.Contains(p.text(".foot"), "city.db") {
		t.Errorf("the paper says %q and %q", said, p.text(".foot"))
	}
}
