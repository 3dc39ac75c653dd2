package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const renamed = `统一社会信用代码,企业名称,曾用名,注册号,所属区
91120110MA06XJ4K0N,天津新星科技有限公司,天津老星电子有限公司；老星,120105000012345,东丽区
,天津海河软件有限公司,,120105000099999,南开
,天津海光装备有限公司,,,西青
`

// The directory answers while someone types: by name, former name, old number and pinyin; keys choose and open.
func TestDirectory(t *testing.T) {
	p := openAt(t, fresh(t))
	p.visit("/import?lang=zh-CN")
	p.sendFile(file(t, "名录.csv", renamed))
	p.arrive(`document.querySelector("table.preview-columns") !== null`)
	p.click("button[value=import]")
	p.arrive(`location.pathname.startsWith("/import/record/")`)

	p.visit("/directory")
	p.accessible()
	p.expect("名录里有 3 家企业")
	for _, c := range []struct{ typed, name, how string }{
		{"老星", "天津新星科技有限公司", "曾用名 老星"},
		{"12010500009", "天津海河软件有限公司", "注册号 120105000099999"},
		{"hgzb", "天津海光装备有限公司", ""},
		{"haihe", "天津海河软件有限公司", ""},
		{"xj4k", "天津新星科技有限公司", ""},
	} {
		p.assign("#q", c.typed)
		p.until(`document.getElementById("found").dataset.answered === "` + c.typed + `"`)
		if n := p.count("ul.directory-rows li"); n != 1 {
			t.Errorf("%q finds %d enterprises", c.typed, n)
		}
		if got := p.text("ul.directory-rows li:first-child .who"); !strings.Contains(got, c.name) || !strings.Contains(got, c.how) {
			t.Errorf("%q finds %q", c.typed, got)
		}
	}
	p.accessible()
	p.assign("#q", "天津")
	p.until(`document.getElementById("found").dataset.answered === "天津"`)
	if got := ask[string](p, `decodeURIComponent(location.search)`); !strings.Contains(got, "q=天津") {
		t.Errorf("the address does not carry the text: %s", got)
	}
	p.click("#q")
	p.press(kb.ArrowDown)
	p.press(kb.ArrowDown)
	p.press(kb.ArrowUp)
	want := ask[string](p, `document.querySelector(".directory-rows a.at .name").textContent`)
	if _, err := chromedp.RunResponse(p.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		t.Fatal(err)
	}
	if got := p.text("h1"); !strings.Contains(got, want) {
		t.Errorf("Enter opened %q, not %q", got, want)
	}
	p.size(390, 800)
	p.visit("/directory?q=老星&lang=en")
	p.accessible()
	p.expect("formerly")
	if ask[bool](p, `document.documentElement.scrollWidth > 390`) {
		t.Error("the page is wider than a phone")
	}
}
