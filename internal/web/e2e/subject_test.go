package e2e

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// emulatePrint shows a page as it is printed; emulateScreen takes that back.
var (
	emulatePrint  = emulateMedia("print")
	emulateScreen = emulateMedia("screen")
)

func emulateMedia(media string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media})
		return chromedp.Void{}, err
	}
}

// sheets counts the pages of A4 that a page is on paper.
func (p *tab) sheets() int {
	p.Helper()
	pdf, err := chromedp.Run(p.ctx, chromedp.PrintToPDF())
	if err != nil {
		p.Fatal(err)
	}
	return len(regexp.MustCompile(`/Type\s*/Page[^s]`).FindAll(pdf, -1))
}

// below gives how far below the top of another element an element begins, in pixels.
func (p *tab) below(selector, other string) int {
	p.Helper()
	return ask[int](p, `Math.round(document.querySelector("`+selector+`").getBoundingClientRect().top - document.querySelector("`+other+`").getBoundingClientRect().top)`)
}

// Why not a high-tech enterprise, and what is missing? From the start page to the answer in two clicks, and all of it on the
// first screen, at a desk and on a phone; what is behind it is behind tabs.
func TestWhyNotAndWhatIsMissing(t *testing.T) {
	p := open(t)
	p.visit("/?lang=zh-CN")
	p.follow(`table.funnel a[href*="only.hnte=score"]`)
	p.follow("table.list tbody tr:first-child th a")
	said := p.text("p.stands")
	if !strings.Contains(said, "国家高新技术企业") {
		t.Errorf("the page says %q", said)
	}
	p.click(`a[data-opens="rule-hnte"]`)
	p.until(`document.querySelector("#rule-hnte").open`)
	if plan := p.text("#rule-hnte .plan"); strings.Contains(plan, "不是企业能改变的") || !regexp.MustCompile(`最高可得 \d+ 分（仍需专家评分）`).MatchString(plan) {
		t.Errorf("the plan says %q", plan)
	}
	if first := p.text("#rule-hnte tbody.criterion"); !strings.Contains(first, "不符合") {
		t.Errorf("the first criterion is %q", first)
	}
	ends := ask[int](p, `Math.round(document.querySelector("#rule-hnte tbody.criterion").getBoundingClientRect().bottom)`)
	if ends > 900 {
		t.Errorf("the first criterion ends at %d px", ends)
	}
	if high := ask[int](p, `document.documentElement.scrollHeight`); high > 1800 {
		t.Errorf("the page is %d px high", high)
	}
	p.accessible()

	// Tabs, and what an address points at, wherever it stands.
	p.click("a[data-tab=data]")
	p.until(`document.querySelector("#rule-hnte").offsetParent === null && document.querySelector("table.yearly").offsetParent !== null`)
	p.accessible()
	if here := p.where(); !strings.Contains(here, "tab=data") {
		t.Errorf("the address of the tab is %s", here)
	}
	path, _, _ := strings.Cut(p.where(), "?")
	for hash, shown := range map[string]string{"rule-tsme": "#rule-tsme > summary", "provenance": "#provenance", "of-name": "#of-name"} {
		p.visit("/?lang=zh-CN")
		p.visit(path + "?lang=zh-CN#" + hash)
		p.arrive(`document.querySelector("` + shown + `") !== null && document.querySelector("` + shown + `").offsetParent !== null`)
		p.until(`(() => { const r = document.querySelector("` + shown + `").getBoundingClientRect(); return r.top >= document.querySelector("header.top").getBoundingClientRect().bottom && r.top < window.innerHeight })()`)
	}
	p.click("a[data-tab=relations]")
	p.accessible()
	p.follow(`.object-tabs a[href*="/history"]`)
	if p.text("p.stands") != said {
		t.Errorf("on the history it says %q", p.text("p.stands"))
	}
	p.accessible()
	p.follow(".object-tabs a")
	if p.text("p.stands") != said {
		t.Errorf("back from the history it says %q", p.text("p.stands"))
	}

	p.size(390, 844)
	p.visit(path + "?rule=hnte")
	if at := p.below("p.stands", "main"); at > 200 {
		t.Errorf("on a phone the sentence begins %d px below the top of the page", at)
	}
	if wide := ask[int](p, "document.documentElement.scrollWidth"); wide > 390 {
		t.Errorf("the page is %d px wide", wide)
	}
	if small := ask[string](p, `[...document.querySelectorAll("main a, main button, main summary, main input")].filter(e => e.offsetParent && e.getBoundingClientRect().height < 24 && getComputedStyle(e).display !== "inline").map(e => e.outerHTML.slice(0, 80)).join("\n")`); small != "" {
		t.Errorf("targets below 24 px: %s", small)
	}
	p.accessible()
	p.visit(path + "?lang=en&tab=data")
	p.accessible()
	if wide := ask[int](p, "document.documentElement.scrollWidth"); wide > 390 {
		t.Errorf("in English the data are %d px wide", wide)
	}
}

// On paper an enterprise is three sheets at most, with what all tabs have.
func TestSubjectOnPaper(t *testing.T) {
	p := open(t)
	for _, lang := range []string{"zh-CN", "en"} {
		p.visit("/enterprises?v.hnte=met&lang=" + lang)
		p.follow("table.list tbody tr:first-child th a")
		if n := p.sheets(); n > 3 {
			t.Errorf("%s: %d sheets", lang, n)
		}
		p.do("print", emulatePrint)
		for _, selector := range []string{"p.stands", ".standing", ".criteria", "table.yearly", "table.facts"} {
			if !ask[bool](p, `[...document.querySelectorAll("`+selector+`")].some(e => e.offsetParent)`) {
				t.Errorf("%s: on paper there is no %s", lang, selector)
			}
		}
		p.do("screen", emulateScreen)
	}
}
